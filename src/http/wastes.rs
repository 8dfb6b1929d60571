//! `POST /wastes`: 转废.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
    waste_codes::ListedCode,
};
use crate::{
    app::App,
    domain::{
        ids::Label,
        quantity::Quantity,
        verb::{IntoVessel, Source, Waste},
    },
};

body! {
    /// Containers become hazardous waste.
    WasteBody {
        /// The scanned labels, at most 500.
        labels: Vec<Label>,
        /// What waste they are: a code of the 国家危险废物名录.
        code: ListedCode,
        /// Why.
        reason: String,
        /// The label of the waste container that takes what is in them; left out: they are waste
        /// themselves, with whatever is in them.
        into: Option<Label>,
        /// How much of the one container goes there; left out: everything.
        amount: Option<Quantity>,
        /// Of the one container: the number of the checkout whose part somebody holds goes there.
        source: Option<Source>,
        /// What it takes up in the waste container with what else goes in, as water; needed where no
        /// density tells.
        taken_up: Option<Quantity>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl WasteBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Waste {
        Waste {
            labels: self.labels,
            code: self.code.0,
            into: self.into.map(|label| IntoVessel {
                label,
                amount: self.amount,
                source: self.source,
                taken_up: self.taken_up,
            }),
            reason: self.reason,
            claim: self.when.into(),
        }
    }
}

/// Turns containers into waste, where they stand, or pours what is in them into a waste container: all of
/// them or none.
#[utoipa::path(
    request_body = WasteBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/wastes")]
pub async fn discard(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Waste>,
    body: Body<WasteBody>,
) -> Result<HttpResponse, Problem> {
    let verb = body.value.into_verb();
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
