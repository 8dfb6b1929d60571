//! `POST /moves`: 移库.

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

impl MoveBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Move {
        Move {
            labels: self.labels,
            to: self.to,
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Moves containers to one place: all of them or none.
#[utoipa::path(
    request_body = MoveBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/moves")]
pub async fn move_containers(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Move>,
    body: Body<MoveBody>,
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
