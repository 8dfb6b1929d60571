//! `POST /checkouts`: 领用.

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
    app::{App, Principal},
    domain::{
        ids::{Label, PersonId},
        quantity::Quantity,
        verb::{Checkout, Take},
    },
};

body! {
    /// A container, or part of what is in it, goes to a person.
    CheckoutBody {
        /// The scanned label.
        label: Label,
        /// How much; left out: the whole container.
        amount: Option<Quantity>,
        /// 领用人; left out: whoever is signed in.
        receiver: Option<PersonId>,
        /// 用途.
        purpose: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl CheckoutBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self, who: &Principal) -> Checkout {
        Checkout {
            label: self.label,
            take: self.amount.map_or(Take::Whole, Take::Part),
            receiver: self.receiver.unwrap_or(who.person),
            purpose: self.purpose.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Checks out an ordinary container, or part of it, to a person.
#[utoipa::path(
    request_body = CheckoutBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/checkouts")]
pub async fn check_out(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Checkout>,
    body: Body<CheckoutBody>,
) -> Result<HttpResponse, Problem> {
    let verb = body.value.into_verb(&permit.who);
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
