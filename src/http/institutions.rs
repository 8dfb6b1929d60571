//! `/institutions`: founding through the link that the first start prints, and whom the asker may read.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    founders::Founders,
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    server::request_id,
};
use crate::{
    app::{App, FounderForm, FoundingForm},
    domain::{
        ids::{InstitutionId, RegionCode, Uscc},
        institution::InstitutionKind,
    },
    report::institutions::Institutions,
};

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
        founders: Founders,
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
    if app.catalogue().region_tree().ever(given.region).is_none() {
        return Err(Problem::field(
            "/region",
            "region_unknown",
            "没有这个行政区划代码。请从 /api/v1/regions 中选择。",
            "There is no region with this code; choose one of /api/v1/regions.",
        ));
    }
    let form = FoundingForm {
        name: given.name,
        uscc: given.uscc,
        region: given.region,
        kind: given.kind,
        founders: given
            .founders
            .0
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

body! {
    /// Which part of the list.
    InstitutionsQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<InstitutionId>>,
    }
}

/// The own institution and, for a bureau, those in its region, each with the head of its ledger.
#[utoipa::path(params(InstitutionsQuery), responses((status = 200, body = answers::Institutions)))]
#[get("/institutions")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<InstitutionsQuery>,
) -> Result<HttpResponse, Problem> {
    let regions = Arc::clone(listing.app().catalogue().region_tree());
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Institutions {
        after,
        limit,
        regions: Arc::clone(&regions),
    };
    listing.answer(&permit.who, part, ask).await
}
