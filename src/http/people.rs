//! `/people`: 人员.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    codes::with_code,
    idempotency::{KeyHeader, accept},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::{DepartmentId, IdentityNumber, PersonId},
        ledger::Act,
        verb::Enrol,
    },
    report::people::People,
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
    listing: Listing,
    permit: Permit<may::ReadPeople>,
    query: Query<PeopleQuery>,
) -> Result<HttpResponse, Problem> {
    let part = (query.0.limit, query.0.next);
    let ask = |after, limit| People { after, limit };
    listing.answer(&permit.who, part, ask).await
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
