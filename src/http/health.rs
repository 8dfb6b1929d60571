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

/// The database answers, the writers write, what they write is signed, and everything in it is as its
/// entries say, as far as the verification in the background has come.
#[get("/health/ready")]
pub async fn ready(app: Data<App>) -> Result<HttpResponse, Problem> {
    let institutions = app.institutions().await?;
    if let Some(why) = app.unready() {
        return Err(Problem::NotReady(why));
    }
    let (verified, entries) = app.verified();
    Ok(HttpResponse::Ok().json(json!({
        "status": "ready",
        "institutions": institutions.len(),
        "verified": verified.as_str(),
        "entries": entries,
    })))
}
