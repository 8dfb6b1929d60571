//! `POST /checkouts`: 领用.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::{Map, Value};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Fields, Given, Reading, body, take},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
    schema::described,
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
        /// 领用人; left out: whoever is signed in.
        receiver: Given<PersonId>,
        /// 用途.
        purpose: Option<String>,
        .. /// How much.
        take: TakeBody,
        .. /// When it happened.
        when: ClaimBody,
    }
}

/// Either `amount`, or `whole`: nobody takes a whole container by leaving something out.
#[derive(Clone, Copy, Debug)]
pub struct TakeBody(pub(super) Take);

described! {
    true
    /// Either `amount`, or `whole`.
    TakeBody {
        /// How much is taken out of the container, which stays.
        amount: Given<Quantity>,
        /// `true`: the container itself is taken.
        whole: Given<bool>,
    }
}

impl Fields for TakeBody {
    fn read_object(object: &mut Map<String, Value>, reading: &mut Reading) -> Option<Self> {
        let amount: Option<Given<Quantity>> = take(object, "amount", reading);
        let whole: Option<Given<bool>> = take(object, "whole", reading);
        match (amount?.0, whole?.0) {
            (Some(amount), None | Some(false)) => Some(Self(Take::Part(amount))),
            (None, Some(true)) => Some(Self(Take::Whole)),
            _ => {
                reading.below("amount", |reading| {
                    reading.refuse(
                        "amount_or_whole",
                        "请填写领用数量 amount；整瓶领用请写 \"whole\": true。二者选一。",
                        "Give the amount, or \"whole\": true for the container itself: one of the two.",
                    );
                });
                None
            }
        }
    }
}

impl CheckoutBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self, who: &Principal) -> Checkout {
        Checkout {
            label: self.label,
            take: self.take.0,
            receiver: self.receiver.0.unwrap_or(who.person),
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
