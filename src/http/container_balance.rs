//! `GET /mass-balance/containers`: 物料平衡 container by container.

use actix_web::{HttpResponse, get};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    mass_balance::shown,
    page::{Cursor, Limit, Query},
    problem::Problem,
};
use crate::{
    domain::{
        ids::{Label, PlaceId, Serial},
        product::SubstanceKey,
        substance::ControlClass,
        time::When,
    },
    report::{container_balance::ContainerBalances, usage_table::UsageTable},
};

body! {
    /// Which balances.
    ContainerBalanceQuery {
        /// Where the period begins.
        from: When,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// Only of the container with this label.
        label: Option<Label>,
        /// Only what was at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only of this control class on the last day of the period.
        class: Option<ControlClass>,
        /// Only of this substance.
        substance: Option<SubstanceKey>,
        /// Most lines of a page.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
    }
}

/// Of each container what was in it or held out of it, what came and went, and the gap. It reads the entries that
/// each went through, not those of the period.
#[utoipa::path(params(ContainerBalanceQuery), responses((status = 200, body = answers::MassBalance)))]
#[get("/mass-balance/containers")]
pub async fn show(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<ContainerBalanceQuery>,
) -> Result<HttpResponse, Problem> {
    let (asked, who) = (query.0, &permit.who);
    let limit = Limit::of(asked.limit);
    let ask = move |after, limit| ContainerBalances {
        table: UsageTable {
            from: asked.from,
            to: asked.to,
            end: None,
            place: asked.place,
            class: asked.class,
            substance: asked.substance.clone(),
            product: None,
            after: None,
            limit: None,
        },
        label: asked.label,
        after,
        limit,
    };
    if let Some(file) = listing.file(who, ask.clone()).await? {
        return Ok(file);
    }
    let part = ask(asked.next.map(|next| next.0), limit);
    Ok(shown(listing.app().read(who, part).await??))
}
