//! `/purchase-lists`: 采购清单, a sheet as purchase requests; first a dry run, then as it was shown.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    idempotency::{KeyHeader, key, respond},
    problem::Problem,
    purchase_list_form::PurchaseListForm,
    purchase_requests::made,
    server::request_id,
    upload::InTime,
};
use crate::{
    app::{App, AppError, Key},
    domain::refusal::Refusal,
    import::{PurchaseLine, Severity, purchase_list},
};

/// Reads a purchase list and tells, without changing anything, what each row would ask for, and every cell that is
/// wrong. A product that is not in the register, or is measured otherwise, is an error and never made by the way.
#[utoipa::path(
    request_body(content = answers::PurchaseListSheet, content_type = "multipart/form-data"),
    responses((status = 200, body = answers::PurchaseListRead)),
)]
#[post("/purchase-lists")]
pub async fn read(
    app: Data<App>,
    permit: Permit<may::RequestPurchases>,
    form: InTime<PurchaseListForm>,
) -> Result<HttpResponse, Problem> {
    let (upload, _) = form.0.into_upload()?;
    let list = purchase_list(&app, &permit.who, upload).await;
    Ok(HttpResponse::Ok().json(list.map_err(Problem::from)?))
}

/// Makes a purchase request of every row of a list that was read before and is still the same: `list_sha256` says
/// which. The same key again makes nothing twice, and goes on where it was stopped.
#[utoipa::path(
    request_body(content = answers::PurchaseListSheet, content_type = "multipart/form-data"),
    responses((status = 201, body = answers::PurchaseListTaken)),
    params(KeyHeader),
)]
#[post("/purchase-lists/acceptance")]
pub async fn accept(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::RequestPurchases>,
    form: InTime<PurchaseListForm>,
) -> Result<HttpResponse, Problem> {
    let (upload, shown) = form.0.into_upload()?;
    let who = &permit.who;
    let list = purchase_list(&app, who, upload)
        .await
        .map_err(Problem::from)?;
    if !list.acceptable {
        let found = list.errors.iter();
        let wrong = found.filter(|one| one.severity == Severity::Error).count();
        return Err(Refusal::PurchaseListWrong { wrong }.into());
    }
    if shown.as_ref() != Some(&list.list_sha256) {
        return Err(Refusal::PurchaseListChanged {}.into());
    }
    let mut requests = Vec::new();
    let mut all_replayed = true;
    for line in &list.lines {
        let key = line_key(&request, &app, line)?;
        let verb = Box::new(line.verb());
        let id = request_id(&request);
        match app.execute(who, &id, Some(key), verb, made).await {
            Ok((answer, replayed)) => {
                all_replayed &= replayed;
                let mut answer: Value = serde_json::from_str(&answer).unwrap_or_default();
                if let Value::Object(object) = &mut answer {
                    object.insert("row".to_owned(), json!(line.row));
                }
                requests.push(answer);
            }
            Err(AppError::Refused(refusal)) if !requests.is_empty() => {
                return Err(Refusal::PurchaseListStopped {
                    made: requests.len(),
                    row: line.row,
                    code: refusal.code(),
                }
                .into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let answer = json!({ "requests": requests }).to_string();
    Ok(respond(answer, all_replayed))
}

/// The key of a row: that of the request, and its number; what the row asks for is its fingerprint.
fn line_key(request: &HttpRequest, app: &App, line: &PurchaseLine) -> Result<Key, Problem> {
    let asked = json!({
        "product": line.product, "quantity": line.quantity, "department": line.department,
        "purpose": line.purpose,
    });
    let own = key(request, app, &asked)?;
    let digest = crate::domain::canonical::sha256(own.key.as_bytes()).to_hex();
    let short: String = digest.chars().take(40).collect();
    Ok(Key {
        key: format!("list-{short}-{}", line.row),
        fingerprint: own.fingerprint,
    })
}
