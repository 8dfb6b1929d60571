//! `/sessions`: signing in and out.

use actix_web::{
    HttpRequest, HttpResponse,
    cookie::{Cookie, SameSite},
    delete, get, post,
    web::Data,
};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    body::{Body, body},
    problem::Problem,
    server::terminal,
};
use crate::{
    app::{App, Principal, Secrets},
    domain::ids::InstitutionId,
};

body! {
    /// Who signs in.
    SessionBody {
        /// The institution.
        institution: InstitutionId,
        /// 工号.
        staff_number: String,
        /// The secret.
        secret: String,
    }
}

fn shown(who: &Principal) -> Value {
    json!({
        "institution": who.institution,
        "person": who.person,
        "name": who.name,
        "roles": who.roles,
    })
}

/// Begins a session: an access token for 15 minutes, and a refresh code in a cookie that scripts
/// cannot read.
#[post("/sessions")]
pub async fn sign_in(
    request: HttpRequest,
    app: Data<App>,
    body: Body<SessionBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let signed_in = app
        .sign_in(Secrets {
            institution: given.institution,
            login: given.staff_number,
            secret: given.secret,
            terminal: terminal(&request),
        })
        .await?;
    let cookie = Cookie::build("refresh", signed_in.refresh)
        .path("/api/v1/sessions")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(request.connection_info().scheme() == "https")
        .finish();
    Ok(HttpResponse::Created().cookie(cookie).json(json!({
        "token": signed_in.token,
        "expires_in": signed_in.expires_in,
        "who": shown(&signed_in.principal),
    })))
}

/// Who is signed in.
#[get("/sessions/current")]
pub async fn current(signed_in: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(shown(&signed_in.0))
}

/// Ends the session at once.
#[delete("/sessions/current")]
pub async fn sign_out(app: Data<App>, signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    app.sign_out(&signed_in.0).await?;
    Ok(HttpResponse::NoContent().finish())
}
