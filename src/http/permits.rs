//! `/permits`: 许可备案.

use actix_web::{
    HttpRequest, HttpResponse, get, post, put,
    web::{Data, Path},
};
use chrono::NaiveDate;
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    page::{Cursor, Limit, Query, page},
    permit_form::PermitLineBody,
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::PermitId,
        ledger::Act,
        permit,
        verb::{SetPermit, Verb},
    },
    report::permits::Permits,
};

body! {
    /// A permit or filing, as the document says.
    PermitBody {
        /// What kind of document.
        kind: permit::PermitKind,
        /// 编号.
        number: String,
        /// 发证机关, or whoever took the filing.
        issuer: String,
        /// First day.
        from: NaiveDate,
        /// Last day; left out where the document names none.
        until: Option<NaiveDate>,
        /// What may be bought, at least one line.
        lines: Vec<PermitLineBody>,
        /// Good for one receipt.
        single_use: Option<bool>,
        /// No longer valid.
        revoked: Option<bool>,
    }
}

async fn set(
    id: Option<PermitId>,
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    if given.until.is_some_and(|until| until < given.from) {
        return Err(Problem::field(
            "/until",
            "period_reversed",
            "截止日早于起始日，请核对证件上的有效期。",
            "The last day is before the first; check the days on the document.",
        ));
    }
    let verb: Box<dyn Verb> = Box::new(SetPermit {
        id,
        permit: permit::Permit {
            id: PermitId::MIN,
            kind: given.kind,
            number: given.number,
            issuer: given.issuer,
            from: given.from,
            until: given.until,
            lines: PermitLineBody::into_lines(given.lines, &app)?,
            single_use: given.single_use.unwrap_or(false),
            revoked: given.revoked.unwrap_or(false),
        },
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |record| {
            let Act::Permit(permit) = &record.act else {
                return json!({});
            };
            json!({ "permit": permit.id })
        })
    })
    .await
}

/// Records a permit or filing.
#[utoipa::path(
    request_body = PermitBody,
    responses((status = 201, body = answers::PermitMade)),
    params(KeyHeader),
)]
#[post("/permits")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    set(None, request, app, permit, body).await
}

/// Corrects a permit, or revokes it; what was received against it stays drawn.
#[utoipa::path(
    request_body = PermitBody,
    responses((status = 201, body = answers::PermitMade)),
    params(KeyHeader),
)]
#[put("/permits/{id}")]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePurchases>,
    id: Path<String>,
    body: Body<PermitBody>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    set(Some(id), request, app, permit, body).await
}

body! {
    /// Which permits.
    PermitsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<PermitId>>,
    }
}

/// The permits and filings with what is left of them, revoked ones as well.
#[utoipa::path(params(PermitsQuery), responses((status = 200, body = answers::Permits)))]
#[get("/permits")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<PermitsQuery>,
) -> Result<HttpResponse, Problem> {
    let after = query.0.next.map(|cursor| cursor.0);
    let limit = Limit::of(query.0.limit);
    let permits = Permits { after, limit };
    Ok(page(app.read(&permit.who, permits).await?))
}
