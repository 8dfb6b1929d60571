//! `/people`: 人员.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    codes::with_code,
    idempotency::{KeyHeader, accept},
    page::{Cursor, Limit, Query, one_more, page},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::{DepartmentId, IdentityNumber, PersonId},
        ledger::Act,
        people::Person,
        verb::Enrol,
    },
    report::Page,
};

body! {
    /// A person to enrol.
    PersonBody {
        /// Name.
        name: String,
        /// 工号.
        staff_number: String,
        /// The department they work in.
        department: Option<DepartmentId>,
        /// 身份证号; only a keyed digest of it is kept.
        identity_number: IdentityNumber,
    }
}

/// A person as they are answered.
pub(super) fn shown(person: &Person) -> Value {
    json!({
        "person": person.id,
        "name": person.name,
        "staff_number": person.staff_number,
        "department": person.department,
        "closed": person.closed,
        "suspended": person.suspended,
    })
}

/// The number of a person in an address.
///
/// # Errors
/// [`Problem::NotFound`] for what is no number.
pub fn person_id(text: &str) -> Result<PersonId, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}

body! {
    /// Which persons.
    PeopleQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<PersonId>>,
    }
}

/// Everybody who has or had an account.
#[utoipa::path(params(PeopleQuery), responses((status = 200, body = answers::People)))]
#[get("/people")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadPeople>,
    query: Query<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let limit = Limit::of(query.0.limit);
    let after = query.0.next.map_or(0, |cursor| cursor.0.get());
    let people = app.people(&permit.who, after, one_more(limit)).await?;
    let listed = Page::begun(people, limit, |person| person.id.to_string());
    Ok(page(listed.map(|person| shown(&person))))
}

/// Enrols a person; answers a one-time code to set a secret with, once: the same key again answers
/// without it.
#[utoipa::path(
    request_body = PersonBody,
    responses((status = 201, body = answers::PersonMade)),
    params(KeyHeader),
)]
#[post("/people")]
pub async fn enrol(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePeople>,
    body: Body<PersonBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let (code, code_digest) = app.new_code(permit.who.institution, &given.staff_number)?;
    let identity = app.identity_digest(&given.identity_number);
    let verb = Enrol {
        name: given.name,
        staff_number: given.staff_number,
        department: given.department,
        known: app.known(&permit.who, &identity).await?,
        identity,
        code_digest,
    };
    let answered = accept(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| {
            answer(done, |record| {
                let Act::Enrol(person) = &record.act else {
                    return json!({});
                };
                json!({ "person": person.id })
            })
        },
    )
    .await?;
    with_code(answered, &code)
}
