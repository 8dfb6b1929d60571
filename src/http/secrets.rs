//! `POST /secrets`: everybody sets their own secret, with a one-time code.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    body::{Body, body},
    problem::Problem,
    server::terminal,
};
use crate::{
    app::{App, Secrets},
    domain::ids::InstitutionId,
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

/// Sets one's own secret; every session of the person stays as it is.
#[post("/secrets")]
pub async fn set(
    request: HttpRequest,
    app: Data<App>,
    body: Body<SecretBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let secrets = Secrets {
        institution: given.institution,
        login: given.staff_number,
        secret: given.secret,
        terminal: terminal(&request),
    };
    app.set_secret(secrets, &given.code).await?;
    Ok(HttpResponse::NoContent().finish())
}
