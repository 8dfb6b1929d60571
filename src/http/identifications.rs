//! `POST /products/{id}/identifications`: 识别.

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
    app::App,
    domain::{ids::ProductId, ledger::Act, refusal::Refusal, verb::Identify},
};

body! {
    /// By what the hazards are known.
    IdentificationBody {
        /// The safety data sheet or test report, by its title or number.
        document: String,
        /// Whether it is hazardous, as the document says.
        hazardous: bool,
    }
}

/// Identifies a product whose hazards were not known: it can be received and used from now on.
#[utoipa::path(
    request_body = IdentificationBody,
    responses((status = 201, body = answers::ProductMade)),
    params(KeyHeader),
)]
#[post("/products/{id}/identifications")]
pub async fn identify(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    id: Path<String>,
    body: Body<IdentificationBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Identify {
        product: id.parse().map_err(|_| Refusal::ProductUnknown {
            product: ProductId::MIN,
        })?,
        document: body.value.document,
        hazardous: body.value.hazardous,
    };
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| {
            answer(done, |record| {
                let Act::Product(product) = &record.act else {
                    return json!({});
                };
                json!({ "product": product.id, "classes": product.classes })
            })
        },
    )
    .await
}
