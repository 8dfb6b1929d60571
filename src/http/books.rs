//! `/book-counts` and `/books`: 双本账. Neither what is asked nor what is answered to a count has an amount of the
//! ledger or of the other book.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use chrono::NaiveDate;
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    handovers::LookBody,
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{Label, PlaceId, Serial},
        ledger::Act,
        verb::KeepBook,
    },
    report::books::{BookPlaces, Books},
};

body! {
    /// What a custodian counted for the own book of the day.
    BookCountBody {
        /// The place that they keep: the containers stand at it or in it.
        place: PlaceId,
        /// The containers, at most 500, each once a day.
        counted: Vec<LookBody>,
        /// A remark.
        reason: Option<String>,
    }
}

fn booked(done: Done<'_>) -> String {
    answer(done, |record| {
        let Act::BookCount(count) = &record.act else {
            return json!({});
        };
        let labels = count.counted.iter().map(|entered| {
            let generation = entered.book.standing.generation;
            Label::new(record.institution, entered.serial, generation)
        });
        json!({ "labels": labels.collect::<Vec<_>>() })
    })
}

/// Writes into the sender's own book what they counted or weighed. The answer says nothing of the ledger or of
/// the other custodian's book: those are read afterwards.
#[utoipa::path(
    request_body = BookCountBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/book-counts")]
pub async fn book(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    body: Body<BookCountBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(KeepBook {
        place: body.value.place,
        counted: body.value.counted.iter().map(LookBody::look).collect(),
        reason: body.value.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, booked).await
}

body! {
    /// Which books.
    BooksQuery {
        /// Only of this place and those in it.
        place: Option<PlaceId>,
        /// The day in China; today if absent.
        day: Option<NaiveDate>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
    }
}

/// The books of a day (核对): of each container what every custodian counted, and what the ledger said at that
/// moment. Of today everything of which two books are asked; of a day that is over what was counted on it. Who
/// keeps a container and has not counted it today sees no amount of it.
#[utoipa::path(params(BooksQuery), responses((status = 200, body = answers::Books)))]
#[get("/books")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<BooksQuery>,
) -> Result<HttpResponse, Problem> {
    let who = &permit.who;
    let reader = (who.reads == who.institution).then_some(who.person);
    let (place, day) = (query.0.place, query.0.day);
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Books {
        place,
        day,
        reader,
        after,
        limit,
    };
    listing.answer(who, part, ask).await
}

body! {
    /// Which places.
    BookPlacesQuery {
        /// Only those where something has no two books yet today.
        behind: Option<Typed<bool>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<PlaceId>>,
    }
}

/// The places of whose stock two books are asked, and how far they are today.
#[utoipa::path(params(BookPlacesQuery), responses((status = 200, body = answers::BookPlaces)))]
#[get("/books/places")]
pub async fn places(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<BookPlacesQuery>,
) -> Result<HttpResponse, Problem> {
    let behind = query.0.behind.is_some_and(|behind| behind.0);
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| BookPlaces {
        behind,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
