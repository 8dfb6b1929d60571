//! `/sessions`: signing in, going on, and out.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    cookie::{Cookie, SameSite},
    delete, get, post,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::{Body, body},
    limits::Limits,
    problem::Problem,
    seconds::login,
    server::terminal,
};
use crate::{
    app::{App, Principal, Secrets, SignedIn as Begun},
    domain::{desk::SessionId, ids::InstitutionId, ledger::Actor, refusal::Refusal},
};

/// The cookie with the refresh code.
const REFRESH: &str = "refresh";

body! {
    /// Who signs in.
    SessionBody {
        /// The institution.
        institution: InstitutionId,
        /// 工号, or `badge`.
        staff_number: Option<String>,
        /// What was scanned from the badge.
        badge: Option<String>,
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

/// An access token for 15 minutes, and a refresh code in a cookie that scripts cannot read.
fn begun(request: &HttpRequest, mut response: HttpResponseBuilder, begun: Begun) -> HttpResponse {
    let cookie = Cookie::build(REFRESH, begun.refresh)
        .path("/api/v1/sessions")
        .http_only(true)
        .same_site(SameSite::Strict)
        .secure(request.connection_info().scheme() == "https")
        .finish();
    response.cookie(cookie).json(json!({
        "token": begun.token,
        "expires_in": begun.expires_in,
        "who": shown(&begun.principal),
    }))
}

/// Begins a session.
#[utoipa::path(request_body = SessionBody, responses((status = 201, body = answers::SignedInAs)))]
#[post("/sessions")]
pub async fn sign_in(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    body: Body<SessionBody>,
) -> Result<HttpResponse, Problem> {
    let terminal = terminal(&request);
    limits.sign_in(&terminal)?;
    let given = body.value;
    let signed_in = app
        .sign_in(Secrets {
            institution: given.institution,
            login: login(given.staff_number, given.badge, "/staff_number")?,
            secret: given.secret,
            asker: Actor::unknown(terminal),
        })
        .await?;
    Ok(begun(&request, HttpResponse::Created(), signed_in))
}

/// Goes on with the session of the cookie; the code in it is replaced.
#[utoipa::path(responses((status = 200, body = answers::SignedInAs)))]
#[post("/sessions/refresh")]
pub async fn refresh(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
) -> Result<HttpResponse, Problem> {
    limits.sign_in(&terminal(&request))?;
    let cookie = request.cookie(REFRESH).ok_or(Refusal::SessionInvalid {})?;
    let signed_in = app.refresh(cookie.value()).await?;
    Ok(begun(&request, HttpResponse::Ok(), signed_in))
}

/// The live sessions of whoever is signed in, oldest first.
#[utoipa::path(responses((status = 200, body = answers::Sessions)))]
#[get("/sessions")]
pub async fn list(app: Data<App>, signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    let sessions = app.sessions(&signed_in.0).await?;
    let items = sessions.iter().map(|(id, session)| {
        json!({
            "session": format!("{id:032x}"),
            "created_at": session.created_at,
            "expires_at": session.expires_at,
            "terminal": session.terminal,
            "current": *id == signed_in.0.session,
        })
    });
    Ok(HttpResponse::Ok().json(json!({ "items": items.collect::<Vec<_>>() })))
}

/// Who is signed in.
#[utoipa::path(responses((status = 200, body = answers::Who)))]
#[get("/sessions/current")]
pub async fn current(signed_in: SignedIn) -> HttpResponse {
    HttpResponse::Ok().json(shown(&signed_in.0))
}

/// Ends the session at once.
#[utoipa::path(responses((status = 204)))]
#[delete("/sessions/current")]
pub async fn sign_out(app: Data<App>, signed_in: SignedIn) -> Result<HttpResponse, Problem> {
    app.sign_out(&signed_in.0, signed_in.0.session).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Ends another session of one's own: the one left open at a shared PC.
#[utoipa::path(responses((status = 204)))]
#[delete("/sessions/{id}")]
pub async fn end(
    app: Data<App>,
    signed_in: SignedIn,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let session = SessionId::from_str_radix(&id, 16).map_err(|_| Refusal::SessionUnknown {})?;
    app.sign_out(&signed_in.0, session).await?;
    Ok(HttpResponse::NoContent().finish())
}
