//! `POST /labels/reprints`: 重印标签.

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
    domain::{ids::Label, verb::Reprint},
};

body! {
    /// A label is replaced.
    ReprintBody {
        /// The label.
        label: Label,
        /// Why: unreadable, lost.
        reason: String,
    }
}

/// Gives a container a new label, which the answer names; the old one is dead at once.
#[utoipa::path(
    request_body = ReprintBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/labels/reprints")]
pub async fn reprint(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Receive>,
    body: Body<ReprintBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Reprint {
        label: body.value.label,
        reason: body.value.reason,
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
