//! `POST /institutions`: founding through the link that the first start prints.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::json;

use super::{
    answers,
    body::{Body, body},
    problem::Problem,
    server::request_id,
};
use crate::{
    app::{App, FounderForm, FoundingForm},
    domain::{
        ids::{IdentityNumber, RegionCode, Uscc},
        institution::InstitutionKind,
        people::Role,
    },
};

body! {
    /// One of the three first persons.
    FounderBody {
        /// Name.
        name: String,
        /// 工号.
        staff_number: String,
        /// 身份证号; only a keyed digest of it is kept.
        identity_number: IdentityNumber,
        /// What the person is to be.
        roles: Vec<Role>,
    }
}

body! {
    /// An institution and its three first persons.
    FoundingBody {
        /// The code of the founding link.
        code: String,
        /// Full name.
        name: String,
        /// 统一社会信用代码.
        uscc: Uscc,
        /// 行政区划代码.
        region: RegionCode,
        /// What kind.
        kind: InstitutionKind,
        /// The three first persons: one administrator, two who are not.
        founders: Vec<FounderBody>,
    }
}

/// Founds the institution; answers the founders' one-time codes, once.
#[utoipa::path(request_body = FoundingBody, responses((status = 201, body = answers::Founded)))]
#[post("/institutions")]
pub async fn found(
    request: HttpRequest,
    app: Data<App>,
    body: Body<FoundingBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let form = FoundingForm {
        name: given.name,
        uscc: given.uscc,
        region: given.region,
        kind: given.kind,
        founders: given
            .founders
            .into_iter()
            .map(|founder| FounderForm {
                name: founder.name,
                staff_number: founder.staff_number,
                identity: founder.identity_number,
                roles: founder.roles,
            })
            .collect(),
    };
    let founding = app.found(&given.code, form, &request_id(&request)).await?;
    let codes = founding
        .codes
        .iter()
        .map(|(staff_number, code)| json!({ "staff_number": staff_number, "code": code }));
    Ok(HttpResponse::Created().json(json!({
        "institution": founding.institution,
        "codes": codes.collect::<Vec<_>>(),
    })))
}
