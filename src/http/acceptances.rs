//! `POST /acceptances`: 调入验收.

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
        ids::{InstitutionId, Label, PersonId, PlaceId, ProductId, Seq},
        quantity::Quantity,
        transfer::RefusedLine,
        verb::{Accept, Arrived},
    },
};

body! {
    /// A container that has arrived.
    ArrivedBody {
        /// The label that it bears from its sender, scanned.
        label: Label,
        /// What it is here; left out: the one product that is the same.
        product: Option<ProductId>,
        /// Where it is put.
        place: PlaceId,
        /// What is in it, if less than was sent.
        amount: Option<Quantity>,
    }
}

body! {
    /// A container that is sent back, or did not come, and why or how.
    RefusedBody {
        /// The label that it bears from its sender.
        label: Label,
        /// Why.
        reason: String,
    }
}

body! {
    /// What becomes of every container of a transfer.
    AcceptanceBody {
        /// The sender.
        from: InstitutionId,
        /// The sender's entry: the number of the transfer.
        entry: Seq,
        /// What is accepted.
        accepted: Option<Vec<ArrivedBody>>,
        /// What is refused.
        refused: Option<Vec<RefusedBody>>,
        /// What did not arrive (未到货).
        missing: Option<Vec<RefusedBody>>,
        /// 验收人; two where the policy of a class asks for it.
        acceptors: Option<Vec<PersonId>>,
        /// A remark.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl AcceptanceBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Accept {
        let arrived = |line: ArrivedBody| Arrived {
            label: line.label,
            product: line.product,
            place: line.place,
            amount: line.amount,
        };
        let refused = |line: RefusedBody| RefusedLine {
            label: line.label,
            reason: line.reason,
        };
        let (accepted, not) = (self.accepted.into_iter(), self.refused.into_iter());
        let missing = self.missing.into_iter();
        Accept {
            from: self.from,
            entry: self.entry,
            accepted: accepted.flatten().map(arrived).collect(),
            refused: not.flatten().map(refused).collect(),
            missing: missing.flatten().map(refused).collect(),
            acceptors: self.acceptors.unwrap_or_default(),
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Accepts, refuses or misses every container of a transfer, each named by the label that it bears from its sender;
/// answers the labels of the new containers in the order of those accepted.
#[utoipa::path(
    request_body = AcceptanceBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/acceptances")]
pub async fn accept(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Receive>,
    body: Body<AcceptanceBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(body.value.into_verb());
    let who = &permit.who;
    write(&request, &app, who, &body.json, verb, movement).await
}
