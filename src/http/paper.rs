//! Lists on paper: `?format=pdf`.

use actix_web::{HttpResponse, web::block};

use super::{files::attached, listing::Listing, page::asked, problem::Problem, server::request_id};
use crate::{
    app::{
        Principal,
        export::{Edition, Gathered, GatheredLine},
    },
    domain::refusal::Refusal,
    label::print::{self, Print, PrintColumn, PrintRow},
    report::{
        Query,
        lists::{Cell, List, Paged},
    },
};

/// Columns beside which a paper lies on its side.
const MOST_UPRIGHT: usize = 8;

/// The whole list on paper, noted in the audit log.
///
/// # Errors
/// [`Refusal::PrintUnavailable`], [`Refusal::PrintTooLong`], and those of the list.
pub(super) async fn printed<Q>(
    listing: &Listing,
    who: &Principal,
    (list, route): (&'static List, String),
    ask: impl Fn(Option<String>, usize) -> Option<Q> + Clone + Send + 'static,
) -> Result<HttpResponse, Problem>
where
    Q: Query,
    Q::Answer: Paged,
{
    if list.print.is_empty() {
        return Err(Refusal::PrintUnavailable {}.into());
    }
    let app = listing.app();
    let asked = asked(listing.request());
    let gathered = app.gather(who, (list, asked), ask).await?;
    let (name, lines) = (format!("{}.pdf", gathered.name), gathered.lines.len());
    let foot = foot(&gathered.of, &who.name, &app.now().china_clock());
    let print = table(list, &gathered, foot);
    let paper = drawn(print).await?;
    let id = request_id(listing.request());
    let noted = (name.clone(), lines, paper.as_slice());
    app.note_printed(who, &id, route, noted).await?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .insert_header(attached(name))
        .body(paper))
}

/// Draws it where that holds nobody up.
///
/// # Errors
/// [`Problem::Fault`] when it cannot be drawn.
pub(super) async fn drawn(print: Print) -> Result<Vec<u8>, Problem> {
    let drawn = block(move || print::document(&print)).await;
    drawn
        .map_err(|_| Problem::Fault)?
        .map_err(|_| Problem::Fault)
}

/// Of which state of the ledger it is, and who printed it when.
pub(super) fn foot(of: &Edition, who: &str, when: &str) -> String {
    let head = of.head;
    let root: String = head.root.to_hex().chars().take(16).collect();
    format!(
        "台账共 {} 条记录，树根 {root}…　打印人 {who}　打印时间 {when}",
        head.size
    )
}

fn table(list: &List, gathered: &Gathered, foot: String) -> Print {
    let headings = list.headings();
    let at = |heading: &str| headings.iter().position(|one| one == heading);
    let columns: Vec<(usize, Option<usize>)> = list
        .print
        .iter()
        .map(|(heading, _)| {
            let unit = at(&format!("{heading}（单位）"));
            (at(heading).unwrap_or(usize::MAX), unit)
        })
        .collect();
    let is_number = |column: usize| {
        let mut cells = gathered
            .lines
            .iter()
            .filter_map(|line| line.cells.get(column));
        cells.any(|cell| matches!(cell, Cell::Number(_)))
    };
    let heads = list.print.iter().zip(&columns);
    let heads = heads.map(|((heading, weight), (column, _))| PrintColumn {
        heading: (*heading).to_owned(),
        weight: *weight,
        is_number: is_number(*column),
    });
    let heads = heads.collect();
    let rows = gathered.lines.iter().map(|line| row(list, line, &columns));
    Print {
        title: list.title.to_owned(),
        institution: gathered.of.institution.clone(),
        demo: gathered.of.origin.is_demo(),
        landscape: list.print.len() > MOST_UPRIGHT,
        details: gathered.about.clone(),
        columns: heads,
        rows: rows.collect(),
        signatures: list
            .signatures
            .iter()
            .map(|who| (*who).to_owned())
            .collect(),
        foot,
    }
}

fn row(list: &List, line: &GatheredLine, columns: &[(usize, Option<usize>)]) -> PrintRow {
    let texts = list
        .print
        .iter()
        .zip(columns)
        .map(|((heading, _), (at, unit))| {
            let Some(cell) = line.cells.get(*at) else {
                return if *heading == TICK { "□" } else { "" }.to_owned();
            };
            let unit = unit.and_then(|unit| line.cells.get(unit)).map(text);
            match unit {
                Some(unit) if !unit.is_empty() => format!("{} {unit}", text(cell)),
                Some(_) | None => text(cell),
            }
        });
    PrintRow {
        cells: texts.collect(),
        is_red: line.is_correction,
    }
}

/// The heading above boxes to tick.
const TICK: &str = "在";

fn text(cell: &Cell<'_>) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) | Cell::Number(text) => text.to_string(),
        Cell::Day(day) => day.to_string(),
        Cell::Time(time) => time.china_clock(),
    }
}
