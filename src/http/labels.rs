//! `/labels`: pictures of one label, sheets of many.

use actix_web::{
    HttpResponse, get, post,
    web::{Data, Path, block},
};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    face::{face, problem},
    page::{Query, Typed},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{ids::Label, refusal::Refusal, verb::MOST_CONTAINERS},
    label::{self, Code, Face, SheetTemplate, Template},
    report::labels::Printing,
};

body! {
    /// How one label is drawn.
    LabelQuery {
        /// Size and code; `50x30-code128` if absent.
        template: Option<Typed<Template>>,
        /// Dots an inch of a PNG, 203 to 1200; 300 if absent.
        dpi: Option<Typed<u32>>,
        /// A PNG in black and white only, for thermal heads.
        one_bit: Option<Typed<bool>>,
    }
}

/// The label of a container as `.svg` or `.png`.
#[utoipa::path(
    params(LabelQuery),
    responses((status = 200, content((String = "image/svg+xml"), (answers::Binary = "image/png")))),
)]
#[get("/labels/{file}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    file: Path<String>,
    query: Query<LabelQuery>,
) -> Result<HttpResponse, Problem> {
    let (label, ending) = file.rsplit_once('.').ok_or(Problem::NotFound)?;
    let asked = query.0;
    let template = asked
        .template
        .map_or(Template::Roll50x30Code128, |one| one.0);
    let (dpi, one_bit) = (
        asked.dpi.map_or(300, |dpi| dpi.0),
        asked.one_bit.is_some_and(|one_bit| one_bit.0),
    );
    let (media, is_svg) = match ending {
        "svg" => ("image/svg+xml", true),
        "png" => ("image/png", false),
        _ => return Err(Problem::NotFound),
    };
    let label: Label = label.parse().map_err(|_| Refusal::LabelUnknown {})?;
    let printing = Printing {
        labels: vec![label],
        dates: prints_dates(template),
    };
    let printed = app.read(&permit.who, printing).await??;
    let face: Vec<Face> = printed
        .iter()
        .map(|printed| face(app.catalogue(), printed))
        .collect();
    let drawn = block(move || {
        let face = face.first().ok_or(label::LabelError::Empty)?;
        if is_svg {
            label::svg(face, template).map(String::into_bytes)
        } else {
            label::png(face, template, dpi, one_bit)
        }
    });
    let drawn = drawn.await.map_err(|_| Problem::Fault)?;
    let drawn = drawn.map_err(|error| problem(&error))?;
    Ok(HttpResponse::Ok().content_type(media).body(drawn))
}

/// Only the large labels have room for the days of receipt and of opening.
const fn prints_dates(template: Template) -> bool {
    matches!(template, Template::Roll70x50Code128 | Template::Roll70x50Qr)
}

body! {
    /// Labels on paper.
    SheetBody {
        /// The labels, in the order in which they are printed, at most 500.
        labels: Vec<Label>,
        /// A roll of labels of this size; absent: A4 with 24 labels a page.
        template: Option<Typed<Template>>,
        /// A4: `qr` or `code128`; `code128` if absent.
        code: Option<Typed<Code>>,
        /// A4: the first free label of the first page, 1 to 24.
        start: Option<Typed<u8>>,
        /// A4: how far everything moves to the right, micrometres.
        dx_um: Option<Typed<i32>>,
        /// A4: how far everything moves down, micrometres.
        dy_um: Option<Typed<i32>>,
    }
}

/// The labels of many containers as one PDF. Nothing is written, so no key is needed.
#[utoipa::path(
    request_body = SheetBody,
    responses((status = 200, body = answers::Binary, content_type = "application/pdf")),
)]
#[post("/labels/sheets")]
pub async fn sheet(
    app: Data<App>,
    permit: Permit<may::Receive>,
    body: Body<SheetBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    if given.labels.len() > MOST_CONTAINERS {
        let most = MOST_CONTAINERS;
        return Err(Refusal::TooManyContainers { most }.into());
    }
    let template = match given.template {
        Some(Typed(template)) => SheetTemplate::Roll(template),
        None => SheetTemplate::A4 {
            code: given.code.map_or(Code::Code128, |code| code.0),
            start: given.start.map_or(1, |start| start.0),
            dx_um: given.dx_um.map_or(0, |dx| dx.0),
            dy_um: given.dy_um.map_or(0, |dy| dy.0),
        },
    };
    let printing = Printing {
        labels: given.labels,
        dates: given.template.is_some_and(|one| prints_dates(one.0)),
    };
    let printed = app.read(&permit.who, printing).await??;
    let faces: Vec<Face> = printed
        .iter()
        .map(|printed| face(app.catalogue(), printed))
        .collect();
    let drawn = block(move || label::sheet(&faces, template));
    let drawn = drawn.await.map_err(|_| Problem::Fault)?;
    let drawn = drawn.map_err(|error| problem(&error))?;
    Ok(HttpResponse::Ok()
        .content_type("application/pdf")
        .body(drawn))
}
