//! `POST /reclaims`: 退回入库.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{IncidentId, Label, PlaceId, Seq},
        quantity::Quantity,
        verb::{Reclaim, Returned},
    },
};

body! {
    /// A container that came back with less in it.
    ReturnedBody {
        /// The label.
        label: Label,
        /// What is in it.
        amount: Quantity,
    }
}

body! {
    /// Containers that the receiver of a transfer refused are back, or have gone missing on the way.
    ReclaimBody {
        /// The entry that sent them: the number of the transfer.
        entry: Seq,
        /// The scanned labels, at most 500 with those missing.
        labels: Option<Vec<Label>>,
        /// What did not come back; of a watched class it is reported as an incident before.
        missing: Option<Vec<Label>>,
        /// What came back with less in it than was sent, also named in `labels`; what is gone of a watched class is
        /// reported before, too.
        short: Option<Vec<ReturnedBody>>,
        /// That incident.
        incident: Option<IncidentId>,
        /// Where they are put.
        place: PlaceId,
        /// A remark.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl ReclaimBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Reclaim {
        Reclaim {
            entry: self.entry,
            labels: self.labels.unwrap_or_default(),
            missing: self.missing.unwrap_or_default(),
            short: self
                .short
                .unwrap_or_default()
                .into_iter()
                .map(|one| Returned {
                    label: one.label,
                    amount: one.amount,
                })
                .collect(),
            incident: self.incident,
            place: self.place,
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Takes back what the receiver of a transfer refused, or books it as missing: all that is named or none.
#[utoipa::path(
    request_body = ReclaimBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/reclaims")]
pub async fn reclaim(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Receive>,
    body: Body<ReclaimBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(body.value.into_verb());
    let who = &permit.who;
    write(&request, &app, who, &body.json, verb, movement).await
}
