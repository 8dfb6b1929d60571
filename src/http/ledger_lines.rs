//! `GET /ledger-lines`, 流水, and `GET /controlled-ledger`, 双人台账.

use actix_web::{HttpResponse, get};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
};
use crate::{
    domain::{
        ids::{PlaceId, ProductId},
        time::When,
    },
    report::{
        controlled_book::ControlledBook,
        ledger_lines::{LedgerLines, LineAt},
    },
};

body! {
    /// Which lines.
    LedgerLinesQuery {
        /// Where the period begins; with the first entry if absent.
        from: Option<When>,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<LineAt>>,
    }
}

/// The ledger line by line, one for each posting, in the order in which it was written. What a line took is `out`,
/// what it brought is `in`; the lines of an entry sum to zero.
#[utoipa::path(params(LedgerLinesQuery), responses((status = 200, body = answers::LedgerLines)))]
#[get("/ledger-lines")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<LedgerLinesQuery>,
) -> Result<HttpResponse, Problem> {
    let (from, to) = (query.0.from, query.0.to);
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| LedgerLines {
        from,
        to,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// Which part of the book.
    BookQuery {
        /// Only of this product.
        product: Option<ProductId>,
        /// Of this place and what lies in it: what moves in and out of it is then told, too.
        place: Option<PlaceId>,
        /// Where the period begins; with the first entry if absent.
        from: Option<When>,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// Of what two persons keep, every entry with the balance before and after and both names.
#[utoipa::path(params(BookQuery), responses((status = 200, body = answers::ControlledLedger)))]
#[get("/controlled-ledger")]
pub async fn book(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<BookQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| ControlledBook {
        product: asked.product,
        place: asked.place,
        from: asked.from,
        to: asked.to,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
