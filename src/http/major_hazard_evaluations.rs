//! `POST /rules/major-hazard-evaluations`: 重大危险源辨识 of what the body names; nothing is read or written.

use actix_web::{HttpResponse, post, web::Data};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::{Body, Reading},
    major_hazard_form::{MajorHazardBody, MajorHazardItemBody},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        catalogue::Thresholds,
        exact::Exact,
        refusal::Refusal,
        rule::major_hazard::{Evaluation, Item, evaluate},
    },
};

/// Most chemicals of a unit.
const MOST_ITEMS: usize = 1_000;

/// An exact number, and its value with ten decimals where it has no last one.
fn number(fields: &mut Value, name: &str, number: Option<&Exact>) {
    let rounded = number.filter(|number| number.decimal().is_none());
    if let Value::Object(fields) = fields {
        fields.insert(name.to_owned(), json!(number));
        let rounded = rounded.map(|number| number.rounded(10));
        fields.insert(format!("{name}_rounded"), json!(rounded));
    }
}

fn shown(asked: &[Item], evaluation: &Evaluation) -> Value {
    let items = asked.iter().zip(&evaluation.items).map(|(item, judged)| {
        let mut fields = json!({
            "name": item.name,
            "cas": item.cas,
            "quantity_t": item.quantity,
            "taken_for": judged.taken_for,
            "threshold_t": judged.threshold,
            "beta": judged.beta,
            "basis": judged.basis.name_zh(),
            "line": judged.line,
            "why": judged.why,
            "missing": judged.missing,
        });
        number(&mut fields, "ratio", judged.ratio.as_ref());
        fields
    });
    let mut whole = json!({
        "is_major_hazard": evaluation.is_major_hazard,
        "alpha": evaluation.alpha,
        "level": evaluation.level,
        "items": items.collect::<Vec<_>>(),
        "missing": evaluation.missing,
        "source": "GB 18218-2018",
        "reliability": "seen",
    });
    number(&mut whole, "s", Some(&evaluation.s));
    number(&mut whole, "r", evaluation.r.as_ref());
    whole
}

/// Whether a unit with these chemicals is a 危险化学品重大危险源, and of which level (GB 18218-2018). Exact: nothing is
/// rounded before it is compared. What cannot be told is named and never taken for nothing.
#[utoipa::path(
    request_body = MajorHazardBody,
    responses((status = 200, body = answers::MajorHazardEvaluation)),
)]
#[post("/rules/major-hazard-evaluations")]
pub async fn judge(
    app: Data<App>,
    _signed_in: SignedIn,
    body: Body<MajorHazardBody>,
) -> Result<HttpResponse, Problem> {
    let MajorHazardBody {
        population_500m,
        items,
    } = body.value;
    if items.len() > MOST_ITEMS {
        let mut reading = Reading::default();
        reading.below("items", |reading| {
            reading.refuse(
                "too_many_items",
                format!("一次最多 {MOST_ITEMS} 种。请按辨识单元（一栋建筑或一个罐区）分次提交。"),
                format!("At most {MOST_ITEMS} at a time: ask for one building or tank area after the other."),
            );
        });
        return Err(reading.into_problem());
    }
    let tables = Thresholds::embedded().map_err(|_| Refusal::Inconsistent {
        what: "tables of GB 18218-2018",
    })?;
    let items: Vec<Item> = items
        .into_iter()
        .map(MajorHazardItemBody::into_item)
        .collect();
    let evaluation = evaluate(tables, app.catalogue(), &items, population_500m);
    Ok(HttpResponse::Ok().json(shown(&items, &evaluation)))
}
