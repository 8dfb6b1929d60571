//! `POST /moves`: 移库.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    body::{Body, body},
    idempotency::write,
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId},
        time::Time,
        verb::{Claim, Move},
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
        /// When it happened, if not now; at most 24 h back.
        occurred_at: Option<Time>,
    }
}

impl MoveBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Move {
        Move {
            labels: self.labels,
            to: self.to,
            reason: self.reason.unwrap_or_default(),
            claim: Claim {
                occurred_at: self.occurred_at,
                late: None,
            },
        }
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
