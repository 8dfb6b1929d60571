//! `POST /rules/major-hazard-evaluations`: 重大危险源辨识 of what the body names; nothing is read or written.

use actix_web::{HttpResponse, post, web::Data};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::{Body, Reading, body},
    problem::Problem,
};
use crate::{
    app::App,
    domain::{
        catalogue::Thresholds,
        exact::Exact,
        hazard::{Celsius, Hazard, HazardClass},
        ids::Cas,
        refusal::Refusal,
        rule::major_hazard::{Evaluation, Item, Process, State, evaluate},
    },
};

/// Most chemicals of a unit.
const MOST_ITEMS: usize = 1_000;

body! {
    /// A unit: a building or a diked tank area, not a department and not the whole hospital (GB 18218 3.5, 3.6).
    MajorHazardBody {
        /// Permanent residents within 500 m of the boundary; asked for where S reaches 1.
        population_500m: Option<u32>,
        /// What is in it, at most 1,000; for the statutory S by design maximum (4.2.2).
        items: Vec<MajorHazardItemBody>,
    }
}

body! {
    /// A chemical.
    MajorHazardItemBody {
        /// 品名.
        name: String,
        /// CAS number.
        cas: Option<Cas>,
        /// Strength or form, as 含量37%.
        qualifier: Option<String>,
        /// q, tonnes.
        quantity_t: Exact,
        /// Its hazards, where they are known better than from the catalogue: they take the place of those.
        hazards: Option<Vec<HazardBody>>,
        /// Its state at 20 °C; left out: as its hazards or its melting and boiling points say.
        state: Option<State>,
        /// Boiling point at 101.3 kPa, °C.
        boiling_point_c: Option<Celsius>,
        /// How a flammable liquid is handled; left out: stored.
        process: Option<Process>,
    }
}

body! {
    /// A hazard.
    HazardBody {
        /// 危险性种类, a code of the GB 30000 classes: FL 易燃液体, AO 急性毒性-经口.
        class: HazardClass,
        /// 类别, as printed: 类别2, 1.1项, A型.
        category: String,
    }
}

impl MajorHazardItemBody {
    fn into_item(self) -> Item {
        let hazards = self.hazards.map(|all| {
            let each = all.into_iter().map(|one| Hazard {
                class: one.class,
                category: one.category,
            });
            each.collect()
        });
        Item {
            name: self.name,
            qualifier: self.qualifier,
            cas: self.cas,
            quantity: self.quantity_t,
            hazards,
            state: self.state,
            boiling: self.boiling_point_c,
            process: self.process.unwrap_or(Process::Storage),
        }
    }
}

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
