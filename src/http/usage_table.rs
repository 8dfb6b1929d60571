//! `GET /usage-table`: 管理使用一张表, as JSON page by page or whole as CSV.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue},
    web::Data,
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Form, Limit, Query, Typed, page_and},
    problem::Problem,
};
use crate::{
    app::{
        App,
        export::{Format, csv_table, stamped},
    },
    domain::{
        ids::{PlaceId, ProductId},
        substance::{ControlClass, SubstanceId},
        time::When,
    },
    report::usage_table::{LineKey, Table, UsageTable},
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
        substance: Option<SubstanceId>,
        /// Only of this product.
        product: Option<ProductId>,
        /// `json` or `csv`, which is the whole table in one file; as `Accept` says if absent.
        format: Option<Typed<Form>>,
        /// Most lines of a page.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<LineKey>>,
    }
}

/// What came to each place and went from it in a period, product by product, and what is with persons.
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
    let whole = UsageTable {
        from: asked.from,
        to: asked.to,
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
                after: asked.next.map(|cursor| cursor.0),
                limit: Some(Limit::of(asked.limit)),
                ..whole
            };
            let table = app.read(&permit.who, part).await??;
            let beside = json!({"period": table.period, "head": table.edition.head});
            Ok(page_and(table.page, beside))
        }
    }
}

/// The table as a file, named after the period and the head of the ledger at its end.
fn file(table: &Table) -> Result<HttpResponse, Problem> {
    let name = stamped(&table.name(), &table.edition, Format::Csv);
    let rows = csv_table(Table::headings(), table.rows()).map_err(|_| Problem::Fault)?;
    let named = if name.is_ascii() {
        DispositionParam::Filename(name)
    } else {
        DispositionParam::FilenameExt(ExtendedValue {
            charset: Charset::Ext("UTF-8".to_owned()),
            language_tag: None,
            value: name.into_bytes(),
        })
    };
    let disposition = ContentDisposition {
        disposition: DispositionType::Attachment,
        parameters: vec![named],
    };
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(disposition)
        .body(rows))
}
