//! `PUT /people/{id}/department`: 调岗.

use actix_web::{
    HttpRequest, HttpResponse, put,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    people::person_id,
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{ids::DepartmentId, people::Assignment, verb::Assign},
};

body! {
    /// Where a person works.
    AssignmentBody {
        /// The department; absent for none.
        department: Option<DepartmentId>,
    }
}

/// Puts a person into a department (调岗), or into none.
#[utoipa::path(
    request_body = AssignmentBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[put("/people/{id}/department")]
pub async fn assign(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    id: Path<String>,
    body: Body<AssignmentBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Assign(Assignment {
        person: person_id(&id)?,
        department: body.value.department,
    });
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| answer(done, |_| json!({})),
    )
    .await
}
