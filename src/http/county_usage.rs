//! `GET /usage-table` of a bureau's region: page by page, or whole as CSV that is made institution by
//! institution while it is sent.

use std::sync::Arc;

use actix_web::{
    HttpResponse, rt,
    web::{Bytes, Data},
};
use serde_json::json;
use tokio::sync::mpsc::{Sender, channel};

use super::{
    files::{Broken, Pieces, attached},
    page::{Form, Limit, page_and},
    problem::Problem,
    usage_table::{UsageQuery, line_after},
};
use crate::{
    app::{
        App, Principal,
        export::{Format, csv_rows, csv_table},
    },
    domain::{catalogue::Regions, institution::Origin, refusal::Refusal, time::When},
    report::{
        county::{County, CountyOf},
        county_usage::{CountySites, CountyUsage, days},
        usage_table::{Table, UsageTable},
    },
};

/// The table of the region of whoever asks.
///
/// # Errors
/// [`Refusal::InstitutionNeeded`] for numbers that are an institution's own, and those of the report.
pub(super) async fn answer(
    app: &Data<App>,
    who: &Principal,
    asked: UsageQuery,
    form: Form,
    regions: Arc<Regions>,
) -> Result<HttpResponse, Problem> {
    let own = [
        ("place", asked.place.is_some()),
        ("product", asked.product.is_some()),
    ];
    if let Some((parameter, _)) = own.into_iter().find(|(_, given)| *given) {
        return Err(Refusal::InstitutionNeeded { parameter }.into());
    }
    let usage = CountyUsage {
        of: CountyOf {
            regions,
            region: asked.region,
            right_in: false,
            as_of: CountyUsage::end(asked.to),
        },
        table: UsageTable {
            from: asked.from,
            to: asked.to,
            end: None,
            place: None,
            class: asked.class,
            substance: asked.substance,
            product: None,
            after: None,
            limit: None,
        },
        after: line_after(asked.next)?,
        limit: Limit::of(asked.limit),
    };
    if form == Form::Csv {
        let county = app.read(who, CountySites(usage.clone())).await??;
        return Ok(file(app, who, usage, county));
    }
    let table = app.read(who, usage).await??;
    let period = json!({
        "from": asked.from.begin(),
        "to": asked.to.map(When::end),
    });
    let beside = json!({
        "period": period,
        "region": table.county.region,
        "institutions": table.county.sites,
        "heads": table.county.heads(),
    });
    Ok(page_and(table.page, beside))
}

/// The whole table, named after the region, the period and all heads at its end.
fn file(app: &Data<App>, who: &Principal, usage: CountyUsage, county: County) -> HttpResponse {
    let is_demo = county
        .sites
        .iter()
        .any(|site| site.of.origin == Origin::Demo);
    let demo = if is_demo { "演示-" } else { "" };
    let heads: String = county.heads().chars().take(16).collect();
    let (region, days) = (county.region, days(usage.table.from, usage.table.to));
    let name = format!(
        "{demo}usage-table-region-{region}-{days}-{heads}.{}",
        Format::Csv
    );
    let (pieces, sent) = channel(1);
    let (app, who) = (app.clone(), who.clone());
    rt::spawn(async move { tables(&app, &who, &usage, &county, &pieces).await });
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(attached(name))
        .body(Pieces(sent))
}

/// Hands over the table of one institution after the other; whoever reads slowly holds it up, and whoever has
/// gone ends it. What cannot be read breaks the file off: it is then shorter than it says it is.
async fn tables(
    app: &App,
    who: &Principal,
    usage: &CountyUsage,
    county: &County,
    pieces: &Sender<Result<Bytes, Broken>>,
) {
    let headings = csv_table(Table::headings(), []).map_err(|_| Broken);
    if pieces.send(headings.map(Bytes::from)).await.is_err() {
        return;
    }
    for site in &county.sites {
        let at = Principal {
            reads: site.institution,
            ..who.clone()
        };
        let piece = match app.read(&at, usage.of_site(site)).await {
            Ok(Ok(table)) => csv_rows(table.rows()).map_err(|_| Broken),
            Ok(Err(_)) | Err(_) => Err(Broken),
        };
        let is_broken = piece.is_err();
        if pieces.send(piece.map(Bytes::from)).await.is_err() || is_broken {
            return;
        }
    }
}
