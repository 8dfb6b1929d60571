//! `POST /moves`: 移库.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    body::{Body, body},
    claim::ClaimBody,
    idempotency::write,
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId},
        verb::Move,
    },
};

body! {
    /// Containers go to another place.
    MoveBody {
        /// The scanned labels, at most 500.
        labels: Vec<Label>,
        /// Where they go.
        to: PlaceId,
        /// Why.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

/// Moves containers to one place: all of them or none.
#[post("/moves")]
pub async fn move_containers(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Move>,
    body: Body<MoveBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let verb = Move {
        labels: given.labels,
        to: given.to,
        reason: given.reason.unwrap_or_default(),
        claim: given.when.into(),
    };
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
