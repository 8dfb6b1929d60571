//! `/incidents/{id}/follow-ups` and `…/endings`: 续报、结案.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    claim::LateBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::{answer, movement},
};
use crate::{
    app::{App, Done},
    domain::{
        ids::IncidentId,
        incident::{Authority, Ending, IncidentKind, IncidentResult, Report, Sequel},
        time::Time,
        verb::{EndIncident, FollowUp},
    },
};

body! {
    /// An authority was told.
    ReportBody {
        /// Whom.
        to: Authority,
        /// When; more than a day back with `late` beside it.
        at: Time,
        /// Who took the report.
        whom: String,
        /// 回执编号, where there is one.
        receipt: Option<String>,
    }
}

body! {
    /// What became known of an incident or was done about it.
    FollowUpBody {
        /// In words.
        text: String,
        /// What kind it turned out to be.
        kind: Option<IncidentKind>,
        /// An authority was told.
        report: Option<ReportBody>,
        /// Why the report is recorded so late.
        late: Option<LateBody>,
    }
}

/// Adds to an incident.
#[utoipa::path(
    request_body = FollowUpBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/incidents/{id}/follow-ups")]
pub async fn follow_up(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ReportIncidents>,
    id: Path<String>,
    body: Body<FollowUpBody>,
) -> Result<HttpResponse, Problem> {
    let report = body.value.report.map(|told| Report {
        to: told.to,
        at: told.at,
        whom: told.whom,
        receipt: told.receipt,
    });
    let verb = Box::new(FollowUp {
        sequel: Sequel {
            incident: id.parse().map_err(|_| Problem::NotFound)?,
            kind: body.value.kind,
            report,
        },
        text: body.value.text,
        late: body.value.late.map(Into::into),
    });
    let written = |done: Done<'_>| answer(done, |_| json!({}));
    write(&request, &app, &permit.who, &body.json, verb, written).await
}

body! {
    /// How an incident ended.
    IncidentEndingBody {
        /// How: what is found again comes back into the book, what is written off leaves it.
        result: IncidentResult,
        /// In words.
        reason: String,
    }
}

body! {
    /// The same, signed for.
    SignedEndingBody {
        /// The incident.
        incident: IncidentId,
        .. /// How it ended.
        ended: IncidentEndingBody,
    }
}

impl SignedEndingBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> EndIncident {
        EndIncident {
            ending: Ending {
                incident: self.incident,
                result: self.ended.result,
            },
            reason: self.ended.reason,
        }
    }
}

/// Ends an incident that was reported as it must be. What that moves of controlled classes is signed for:
/// then it goes through a signing request.
#[utoipa::path(
    request_body = IncidentEndingBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/incidents/{id}/endings")]
pub async fn end(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::EndIncidents>,
    id: Path<String>,
    body: Body<IncidentEndingBody>,
) -> Result<HttpResponse, Problem> {
    let incident = id.parse().map_err(|_| Problem::NotFound)?;
    let ended = body.value;
    let verb = SignedEndingBody { incident, ended }.into_verb();
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        movement,
    )
    .await
}
