//! `POST /reversals`: 冲正.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{ids::Seq, verb::Reverse},
};

body! {
    /// An entry is taken back.
    ReversalBody {
        /// The entry.
        entry: Seq,
        /// What was wrong with it.
        reason: String,
    }
}

impl ReversalBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Reverse {
        Reverse {
            entry: self.entry,
            reason: self.reason,
        }
    }
}

/// Reverses a movement: the same lines negated, once.
#[utoipa::path(
    request_body = ReversalBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/reversals")]
pub async fn reverse(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Reverse>,
    body: Body<ReversalBody>,
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
