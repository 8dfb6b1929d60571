//! `GET /counts/containers`: the containers that a figure of the counts is made of.

use actix_web::{HttpResponse, get};
use serde::Serialize;

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed, cursor, page_and},
    problem::Problem,
    reach,
};
use crate::{
    domain::{
        ids::{PlaceId, ProductId, Serial},
        time::When,
    },
    report::{
        counted::{CountedContainer, CountedContainers},
        counts::{AsOf, At},
    },
};

body! {
    /// Of which moment.
    MomentQuery {
        /// The moment, with what was recorded at it; a day counts in full; now if absent.
        as_of: Option<When>,
        /// Of so many entries, as `head` says: the same figures again, whatever was written since.
        size: Option<Typed<u64>>,
    }
}

impl From<MomentQuery> for AsOf {
    fn from(asked: MomentQuery) -> Self {
        Self {
            when: asked.as_of,
            size: asked.size.map(|size| size.0),
        }
    }
}

body! {
    /// Which containers.
    CountedQuery {
        /// The product.
        product: ProductId,
        /// Only at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only there: `places`, `persons`, or one place without those below it.
        at: Option<At>,
        /// Most containers.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
        .. /// Of which moment.
        moment: MomentQuery,
    }
}

/// A container with the way down.
#[derive(Serialize)]
struct Shown {
    #[serde(flatten)]
    container: CountedContainer,
    down: String,
}

/// The containers of a product that count, as they stood at that moment.
#[utoipa::path(params(CountedQuery), responses((status = 200, body = answers::CountedContainers)))]
#[get("/counts/containers")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<CountedQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let ask = move |after, limit| CountedContainers {
        product: asked.product,
        place: asked.place,
        at: asked.at,
        as_of: asked.moment.clone().into(),
        after,
        limit,
    };
    if let Some(file) = listing.file(&permit.who, ask.clone()).await? {
        return Ok(file);
    }
    let containers = ask(asked.next.map(|cursor| cursor.0), Limit::of(asked.limit));
    let inventory = listing.app().read(&permit.who, containers).await??;
    let (moment, kept) = (inventory.moment, reach::kept(&permit.who));
    let lines = inventory.page.map(|container| {
        let label = container.label;
        let from = cursor(&container.entry.to_string());
        Shown {
            container,
            down: format!("/api/v1/containers/{label}/history?next={from}{kept}"),
        }
    });
    Ok(page_and(lines, moment))
}
