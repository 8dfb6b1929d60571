//! `GET /usage-table`: 管理使用一张表, as JSON page by page or whole as CSV.

use std::str::FromStr;

use actix_web::{HttpRequest, HttpResponse, get, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    county_usage,
    files::attached,
    page::{Cursor, Form, Limit, Query, Typed, page_and},
    problem::Problem,
};
use crate::{
    app::{
        App,
        export::{Format, csv_table, stamped},
    },
    domain::{
        ids::{PlaceId, ProductId, RegionCode},
        product::SubstanceKey,
        refusal::Refusal,
        substance::ControlClass,
        time::When,
    },
    report::usage_table::{Table, UsageTable},
};

body! {
    /// Which part of the table.
    UsageQuery {
        /// Where the period begins.
        from: When,
        /// Where it ends: a day counts in full, a moment no longer; up to now if absent.
        to: Option<When>,
        /// Only at this place and below; what is with persons is then left out.
        place: Option<PlaceId>,
        /// Only of this control class on the last day of the period.
        class: Option<ControlClass>,
        /// Only of this substance.
        substance: Option<SubstanceKey>,
        /// Only of this product.
        product: Option<ProductId>,
        /// Of a bureau that names no institution: only this part of its region, by its code on the last day.
        region: Option<RegionCode>,
        /// `json` or `csv`, which is the whole table in one file; as `Accept` says if absent.
        format: Option<Typed<Form>>,
        /// Most lines of a page.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<String>>,
    }
}

/// What came to each place and went from it in a period, product by product, and what is with persons. A bureau
/// that names no institution gets the tables of its region, one institution after the other.
#[utoipa::path(
    params(UsageQuery),
    responses((status = 200, content(
        (answers::UsageTable = "application/json"),
        (answers::Binary = "text/csv"),
    ))),
)]
#[get("/usage-table")]
pub async fn show(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    query: Query<UsageQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let form = Form::of(asked.format, &request);
    if let Some(regions) = app.region_of(&permit.who).await? {
        return county_usage::answer(&app, &permit.who, asked, form, regions).await;
    }
    if asked.region.is_some() {
        return Err(Refusal::RegionNeeded {
            parameter: "region",
        }
        .into());
    }
    let whole = UsageTable {
        from: asked.from,
        to: asked.to,
        end: None,
        place: asked.place,
        class: asked.class,
        substance: asked.substance,
        product: asked.product,
        after: None,
        limit: None,
    };
    match form {
        Form::Csv => file(&app.read(&permit.who, whole).await??),
        Form::Json => {
            let part = UsageTable {
                after: line_after(asked.next)?,
                limit: Some(Limit::of(asked.limit)),
                ..whole
            };
            let table = app.read(&permit.who, part).await??;
            let beside = json!({"period": table.period, "head": table.edition.head});
            Ok(page_and(table.page, beside))
        }
    }
}

/// The line that a cursor names.
///
/// # Errors
/// [`Problem::Fields`] for one that this table has not given.
pub(super) fn line_after<K: FromStr>(next: Option<Cursor<String>>) -> Result<Option<K>, Problem> {
    let key = next.map(|cursor| cursor.0.parse()).transpose();
    key.map_err(|_| {
        Problem::field(
            "/next",
            "cursor_malformed",
            "next 须为上一页答复中的 next，原样填写；或省略以从头开始。",
            "next is the next of the page before, unchanged; leave it out to begin anew.",
        )
    })
}

/// The table as a file, named after the period and the head of the ledger at its end.
fn file(table: &Table) -> Result<HttpResponse, Problem> {
    let name = stamped(&table.name(), &table.edition, Format::Csv);
    let rows = csv_table(Table::headings(), table.rows()).map_err(|_| Problem::Fault)?;
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(attached(name))
        .body(rows))
}
