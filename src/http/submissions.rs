//! `/submissions`: 报送 of a period to the bureau, and its list.

use std::sync::Arc;

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
    page::{Cursor, Limit, Query, cursor, page},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{submission::Period, verb::Submit},
    report::{period_file::SubmittedPeriod, submissions::Submissions},
};

body! {
    /// A month or a year of one's own ledger.
    SubmissionBody {
        /// As 2026-11, from the end of the month on; as 2026, from 1 December on.
        period: Period,
        /// Why, when it was submitted before.
        reason: Option<String>,
    }
}

/// Submits a period: nothing is typed, the figures are those of the ledger up to this entry.
#[utoipa::path(
    request_body = SubmissionBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/submissions")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Submit>,
    body: Body<SubmissionBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(Submit {
        period: body.value.period,
        reason: body.value.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |_| json!({}))
    })
    .await
}

body! {
    /// Which periods.
    SubmissionsQuery {
        /// Only this one; a bureau is told the last month of each institution if absent.
        period: Option<Period>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// The periods of the institution, latest first, those to come to the bureau included; for a bureau one
/// period of every institution in its region.
#[utoipa::path(
    params(SubmissionsQuery),
    responses((status = 200, body = answers::Submissions)),
)]
#[get("/submissions")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    query: Query<SubmissionsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = Submissions {
        period: query.0.period,
        after: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
        regions: Arc::clone(app.catalogue().region_tree()),
    };
    Ok(page(app.read(&permit.who, asked).await?))
}

body! {
    /// Which corrections.
    CorrectionsQuery {
        /// Most corrections.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<i64>>,
    }
}

/// A period, the ledger as it was submitted, and what was recorded of the period since (更正): late, taken
/// back, or of a year before it was over.
#[utoipa::path(
    params(CorrectionsQuery),
    responses((status = 200, body = answers::PeriodFile)),
)]
#[get("/submissions/{period}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    period: Path<String>,
    query: Query<CorrectionsQuery>,
) -> Result<HttpResponse, Problem> {
    let period: Period = period.parse().map_err(|_| Problem::NotFound)?;
    let asked = SubmittedPeriod {
        period,
        after: query.0.next.map(|cursor| cursor.0),
        limit: Limit::of(query.0.limit),
    };
    let found = app.read(&permit.who, asked).await?;
    let mut file = found.ok_or(Problem::NotFound)?;
    file.next = file.next.as_deref().map(cursor);
    Ok(HttpResponse::Ok().json(file))
}
