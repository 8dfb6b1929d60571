//! `GET /waste-codes`: 国家危险废物名录, and a code of it in a body.

use actix_web::{HttpResponse, get, web::Data};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::{Field, Reading, body},
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        catalogue::{Unlisted, WasteKind, WasteList},
        refusal::Refusal,
        waste::WasteCode,
    },
    report::Page,
};

/// A waste code that the list has today.
#[derive(Clone, Debug)]
pub struct ListedCode(pub WasteCode);

impl Field for ListedCode {
    fn read(value: Option<Value>, reading: &mut Reading) -> Option<Self> {
        let code = WasteCode::read(value, reading)?;
        let listed = WasteList::embedded().ok()?.find(&code).map(drop);
        match listed {
            Ok(()) => return Some(Self(code)),
            Err(Unlisted::Unknown) => reading.refuse(
                "waste_code_unknown",
                "《国家危险废物名录》的医疗和实验室部分没有这个代码。请在 /waste-codes 中查找。",
                "The list of hazardous wastes, as far as hospitals and laboratories go, has no such code; look it up in /waste-codes.",
            ),
            Err(Unlisted::Superseded(successor)) => reading.refuse(
                "waste_code_superseded",
                format!("该代码已废止，现行代码为 {successor}。请改用现行代码。"),
                format!("This code is superseded; it is {successor} now. Use that one."),
            ),
        }
        None
    }
}

body! {
    /// Which codes.
    WasteCodesQuery {
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<WasteCode>>,
    }
}

/// The codes of hazardous waste that hospitals and laboratories have, each with how far it was checked.
#[utoipa::path(params(WasteCodesQuery), responses((status = 200, body = answers::WasteCodes)))]
#[get("/waste-codes")]
pub async fn list(
    _app: Data<App>,
    _signed_in: SignedIn,
    query: Query<WasteCodesQuery>,
) -> Result<HttpResponse, Problem> {
    let list = WasteList::embedded().map_err(|_| Refusal::Inconsistent {
        what: "waste codes",
    })?;
    let shown = |kind: &WasteKind| -> Value {
        json!({
            "code": kind.code,
            "category": kind.category,
            "category_name": kind.category_name,
            "name": kind.name,
            "hazards": kind.hazards,
            "reliability": kind.reliability.code(),
        })
    };
    let listed = Page::of(
        list.kinds().collect(),
        |kind| kind.code.clone(),
        query.0.next.map(|cursor| cursor.0).as_ref(),
        Limit::of(query.0.limit),
        None,
    );
    Ok(page(listed.map(shown)))
}
