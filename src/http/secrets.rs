//! `POST /secrets`: everybody sets their own secret, with a one-time code.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    body::{Body, body},
    limits::Limits,
    problem::Problem,
    server::terminal,
};
use crate::{
    app::{App, Login, Secrets},
    domain::{ids::InstitutionId, ledger::Actor},
};

body! {
    /// A new secret.
    SecretBody {
        /// The institution.
        institution: InstitutionId,
        /// 工号.
        staff_number: String,
        /// The one-time code.
        code: String,
        /// The new secret: at least 6 digits or 8 characters.
        secret: String,
    }
}

/// Sets one's own secret; every session of the person ends.
#[utoipa::path(request_body = SecretBody, responses((status = 204)))]
#[post("/secrets")]
pub async fn set(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    body: Body<SecretBody>,
) -> Result<HttpResponse, Problem> {
    limits.sign_in(&terminal(&request))?;
    let given = body.value;
    let secrets = Secrets {
        institution: given.institution,
        login: Login::StaffNumber(given.staff_number),
        secret: given.secret,
        asker: Actor::unknown(terminal(&request)),
    };
    app.set_secret(secrets, &given.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
