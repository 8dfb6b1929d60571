//! `GET /containers/{label}`: the scan, and what happened to the container.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, Seq},
        refusal::Refusal,
    },
    report::history::History,
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
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    path: Path<String>,
    query: Query<HistoryQuery>,
) -> Result<HttpResponse, Problem> {
    let history = History {
        label: label(&path)?,
        from: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
    };
    Ok(page(app.read(&permit.who, history).await??))
}
