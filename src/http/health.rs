//! `/health/live` and `/health/ready`.

use actix_web::{HttpResponse, get, web::Data};
use serde_json::json;

use super::problem::Problem;
use crate::app::App;

/// The process answers.
#[get("/health/live")]
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// The database answers too.
#[get("/health/ready")]
pub async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    let institutions = app.institutions().await?;
    Ok(HttpResponse::Ok().json(json!({ "status": "ready", "institutions": institutions.len() })))
}
