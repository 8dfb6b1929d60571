//! `/stocktakes/{id}/closings`: 结束盘点.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
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
    app::{App, Done},
    domain::{ledger::Act, verb::CloseStocktake},
};

body! {
    /// The end of a stocktake.
    StocktakeClosingBody {
        /// A remark.
        reason: Option<String>,
    }
}

/// Closes a stocktake in which nothing is left to do.
#[utoipa::path(
    request_body = StocktakeClosingBody,
    responses((status = 201, body = answers::StocktakeClosed)),
    params(KeyHeader),
)]
#[post("/stocktakes/{id}/closings")]
pub async fn close(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    id: Path<String>,
    body: Body<StocktakeClosingBody>,
) -> Result<HttpResponse, Problem> {
    let stocktake = id.parse().map_err(|_| Problem::NotFound)?;
    let reason = body.value.reason.unwrap_or_default();
    let verb = Box::new(CloseStocktake { stocktake, reason });
    let closed = |done: Done<'_>| {
        answer(done, |record| {
            if let Act::CloseStocktake(closing) = &record.act {
                json!({ "totals": closing.totals })
            } else {
                json!({})
            }
        })
    };
    write(&request, &app, &permit.who, &body.json, verb, closed).await
}
