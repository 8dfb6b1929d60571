//! `POST /submissions/{period}/reviews`: 审核报送, by a bureau.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::{App, review::Reviewing},
    domain::{
        ids::{InstitutionId, Seq},
        submission::Period,
    },
};

body! {
    /// What the bureau says of a submission.
    ReviewBody {
        /// Whose, in the region of the bureau.
        institution: InstitutionId,
        /// The submission that was looked at: an entry of that ledger, as `/submissions` names it.
        entry: Seq,
        /// Accepted, which closes the period (锁定), or returned.
        accepted: bool,
        /// Why; needed where it is returned.
        reason: Option<String>,
    }
}

/// Accepts a submission, or returns it, in the bureau's own ledger; the institution sees it at once.
#[utoipa::path(
    request_body = ReviewBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/submissions/{period}/reviews")]
pub async fn review(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Review>,
    period: Path<String>,
    body: Body<ReviewBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let period: Period = period.parse().map_err(|_| Problem::NotFound)?;
    let about = Reviewing {
        period,
        institution: given.institution,
        entry: given.entry,
    };
    let said = (given.accepted, given.reason.unwrap_or_default());
    let verb = Box::new(app.review(&permit.who, about, said).await?);
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |_| json!({}))
    })
    .await
}
