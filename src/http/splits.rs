//! `POST /splits`: 分装.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use chrono::NaiveDate;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Mass, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId},
        quantity::Quantity,
        verb::Split,
    },
};

body! {
    /// New containers are filled from one.
    SplitBody {
        /// The scanned label of the container that is poured from.
        label: Label,
        /// How many are filled, 1 to 499.
        count: u32,
        /// What goes into each.
        each: Quantity,
        /// Where they are put; left out: beside the one they come from.
        place: Option<PlaceId>,
        /// 有效期至, when it is shorter than that of the container.
        expires_on: Option<NaiveDate>,
        /// Weight of each empty container, so that what is left can be weighed later.
        tare: Option<Mass>,
        /// What for.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl SplitBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Split {
        Split {
            label: self.label,
            count: self.count,
            each: self.each,
            place: self.place,
            expires_on: self.expires_on,
            tare_ug: self.tare.map(|Mass(tare)| tare.amount()),
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Fills N new containers from one and gives each its label, which the answer names.
#[utoipa::path(
    request_body = SplitBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/splits")]
pub async fn split(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Checkout>,
    body: Body<SplitBody>,
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
