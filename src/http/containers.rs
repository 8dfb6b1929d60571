//! `GET /containers/{label}`: the scan, and what happened to the container.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        container::Status,
        ids::{Label, PlaceId, ProductId, Seq, Serial},
        refusal::Refusal,
        substance::ControlClass,
    },
    report::{containers::Containers, history::History},
};

/// A label in an address; what is no label is as unknown as one of another institution.
fn label(text: &str) -> Result<Label, Refusal> {
    text.parse().map_err(|_| Refusal::LabelUnknown {})
}

/// What a label stands for. An unknown label and one of another institution get the same answer.
#[utoipa::path(responses((status = 200, body = answers::Container)))]
#[get("/containers/{label}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    Ok(HttpResponse::Ok().json(app.scan(&permit.who, label(&path)?).await?))
}

body! {
    /// Which part of the history.
    HistoryQuery {
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// What happened to the container, the latest first.
#[utoipa::path(params(HistoryQuery), responses((status = 200, body = answers::ContainerHistory)))]
#[get("/containers/{label}/history")]
pub async fn history(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    path: Path<String>,
    query: Query<HistoryQuery>,
) -> Result<HttpResponse, Problem> {
    let label = label(&path)?;
    let part = (query.0.limit, query.0.next);
    let ask = move |from, limit| History { label, from, limit };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// Which containers.
    ContainersQuery {
        /// Only at this place and below.
        place: Option<PlaceId>,
        /// Only of this product.
        product: Option<ProductId>,
        /// Only of this control class today.
        class: Option<ControlClass>,
        /// Only those that are so.
        status: Option<Typed<Status>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Serial>>,
    }
}

/// The containers as they stand, by number. With a part of them a page may hold fewer than asked for, even none,
/// while `next` says that the list goes on.
#[utoipa::path(params(ContainersQuery), responses((status = 200, body = answers::Containers)))]
#[get("/containers")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<ContainersQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Containers {
        place: asked.place,
        product: asked.product,
        class: asked.class,
        status: asked.status.map(|status| status.0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
