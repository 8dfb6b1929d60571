//! `/departments`: 科室.

use actix_web::{
    HttpRequest, HttpResponse, get, post, put,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::DepartmentId,
        ledger::Act,
        verb::{SetDepartment, Verb},
    },
    report::departments::Departments,
};

body! {
    /// A department.
    DepartmentBody {
        /// The name, unique among the open ones.
        name: String,
        /// No longer there; only when no place and no person belongs to it.
        closed: Option<bool>,
    }
}

async fn set(
    id: Option<DepartmentId>,
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<DepartmentBody>,
) -> Result<HttpResponse, Problem> {
    let verb: Box<dyn Verb> = Box::new(SetDepartment {
        id,
        name: body.value.name,
        closed: body.value.closed.unwrap_or(false),
    });
    write(&request, &app, &permit.who, &body.json, verb, |done| {
        answer(done, |record| {
            let Act::Department(department) = &record.act else {
                return json!({});
            };
            json!({ "department": department.id })
        })
    })
    .await
}

/// Makes a department.
#[utoipa::path(
    request_body = DepartmentBody,
    responses((status = 201, body = answers::DepartmentMade)),
    params(KeyHeader),
)]
#[post("/departments")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<DepartmentBody>,
) -> Result<HttpResponse, Problem> {
    set(None, request, app, permit, body).await
}

/// Renames or closes a department.
#[utoipa::path(
    request_body = DepartmentBody,
    responses((status = 201, body = answers::DepartmentMade)),
    params(KeyHeader),
)]
#[put("/departments/{id}")]
pub async fn change(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
    body: Body<DepartmentBody>,
) -> Result<HttpResponse, Problem> {
    let id = id.parse().map_err(|_| Problem::NotFound)?;
    set(Some(id), request, app, permit, body).await
}

body! {
    /// Which departments.
    DepartmentsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<DepartmentId>>,
    }
}

/// The departments, closed ones as well.
#[utoipa::path(params(DepartmentsQuery), responses((status = 200, body = answers::Departments)))]
#[get("/departments")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<DepartmentsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Departments { after, limit };
    listing.answer(&permit.who, part, ask).await
}
