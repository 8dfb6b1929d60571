//! `GET /containers/{label}`: the scan.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{ids::Label, refusal::Refusal},
};

/// What a label stands for. An unknown label and one of another institution get the same answer.
#[get("/containers/{label}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    label: Path<String>,
) -> Result<HttpResponse, Problem> {
    let label: Label = label.parse().map_err(|_| Refusal::LabelUnknown {})?;
    let container = app.container(&permit.who, label).await?;
    let amount = container
        .content()
        .map_err(|_| Refusal::Inconsistent {
            what: "content of a container",
        })?
        .to_amount();
    Ok(HttpResponse::Ok().json(json!({
        "label": label,
        "product": container.identity.product,
        "status": container.standing.status,
        "amount": amount,
        "place": container.standing.place,
        "holder": container.standing.holder,
        "lot": container.identity.lot,
        "maker": container.identity.maker,
        "supplier": container.identity.supplier,
        "expires_on": container.identity.expires_on,
        "last_entry": container.last_entry,
    })))
}
