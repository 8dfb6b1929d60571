//! `POST /badges`: 换发胸牌.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{ids::PersonId, verb::SetBadge},
};

body! {
    /// A badge for a person.
    BadgeBody {
        /// Whose it is from now on.
        person: PersonId,
        /// What the scanner reads from it; only a keyed digest is kept.
        badge: String,
    }
}

/// Gives a badge to a person; the one before it is dead at once.
#[utoipa::path(
    request_body = BadgeBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/badges")]
pub async fn set(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<BadgeBody>,
) -> Result<HttpResponse, Problem> {
    let BadgeBody { person, badge } = body.value;
    let digest = app.badge_digest(&badge);
    let verb = SetBadge { person, digest };
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| answer(done, |_| json!({})),
    )
    .await
}
