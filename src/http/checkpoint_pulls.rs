//! `/checkpoint-pulls`: 核存, the signed heads of the institutions of a region.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    page::{Cursor, Limit, Query, page},
    problem::Problem,
    receipt::answer,
    server::request_id,
};
use crate::{
    app::App,
    domain::{ids::InstitutionId, refusal::Refusal, verb::AcknowledgeHead},
    report::pulled_heads::{PulledHeads, Pulls},
};

body! {
    /// Whose heads are pulled.
    PullBody {
        /// Of this institution; of all in the region if absent.
        site: Option<InstitutionId>,
    }
}

body! {
    /// Why the ledger goes on from a head that does not continue what was kept.
    AcknowledgementBody {
        /// What was found out.
        reason: String,
    }
}

body! {
    /// Which pulls.
    PullsQuery {
        /// All of this institution, the oldest first; the latest of each if absent.
        site: Option<InstitutionId>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<i64>>,
    }
}

/// Pulls the signed heads, keeps those that continue what was kept, and answers how it stands with each. To
/// pull twice is to pull once: a head that is kept already leaves nothing.
#[utoipa::path(request_body = PullBody, responses((status = 200, body = answers::PulledHeads)))]
#[post("/checkpoint-pulls")]
pub async fn pull(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::PullCheckpoints>,
    body: Body<PullBody>,
) -> Result<HttpResponse, Problem> {
    let site = body.value.site;
    app.pull(&permit.who, &request_id(&request), site).await?;
    let heads = PulledHeads {
        of: site.map_or(Pulls::LatestOfEach, Pulls::Latest),
        after: None,
        limit: Limit::of(None),
    };
    Ok(page(app.read(&permit.who, heads).await?))
}

/// What was pulled.
#[utoipa::path(params(PullsQuery), responses((status = 200, body = answers::PulledHeads)))]
#[get("/checkpoint-pulls")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::PullCheckpoints>,
    query: Query<PullsQuery>,
) -> Result<HttpResponse, Problem> {
    let heads = PulledHeads {
        of: query.0.site.map_or(Pulls::LatestOfEach, Pulls::All),
        after: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
    };
    Ok(page(app.read(&permit.who, heads).await?))
}

/// Says why, and lets the institution's heads be kept again from there on.
#[utoipa::path(
    request_body = AcknowledgementBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/checkpoint-pulls/{id}/acknowledgements")]
pub async fn acknowledge(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::PullCheckpoints>,
    id: Path<String>,
    body: Body<AcknowledgementBody>,
) -> Result<HttpResponse, Problem> {
    let unknown = |_| Problem::NotFound;
    let site: InstitutionId = id.parse().map_err(unknown)?;
    let site = app.reaching(&permit.who, site).await?.reads;
    let verb = AcknowledgeHead {
        site,
        reason: body.value.reason,
    };
    if site == permit.who.institution {
        return Err(Refusal::PullNotOpen { site }.into());
    }
    let given = &body.json;
    write(&request, &app, &permit.who, given, Box::new(verb), |done| {
        answer(done, |_| json!({}))
    })
    .await
}
