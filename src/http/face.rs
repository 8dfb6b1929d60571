//! The face of a label from what the ledger and the lists say of its container.

use super::problem::{FieldError, Problem};
use crate::{
    domain::{
        catalogue::Catalogue,
        product::Product,
        quantity::{Dimension, Quantity},
        substance::{ControlClass, SignalWord, Substance},
        vessel::Vessel,
    },
    label::{ClassMark, Face, LabelError, Pictogram, Rgb},
    report::labels::{LabelOn, Printed},
};

/// What is drawn on the label.
#[must_use]
pub fn face(catalogue: &Catalogue, printed: &Printed) -> Face {
    let said = match &printed.on {
        LabelOn::Container(product, classes) => of_product(catalogue, product, classes),
        LabelOn::Waste(vessel, _) => of_waste(vessel),
    };
    let place: Vec<&str> = printed.place_path.iter().map(String::as_str).collect();
    // The innermost two names find the cabinet; a label has no room for the whole path.
    let near = place.get(place.len().saturating_sub(2)..);
    Face {
        label: printed.label,
        name: said.name,
        qualifier: said.qualifier,
        cas: said.cas,
        classes: said.classes,
        signal_word: said.signal_word,
        pictograms: said.pictograms,
        amount: match &printed.on {
            LabelOn::Container(..) => about(printed.amount),
            LabelOn::Waste(..) => printed.amount.to_string(),
        },
        contents: match &printed.on {
            LabelOn::Container(..) => None,
            LabelOn::Waste(_, contents) => Some(contents.join("、")),
        },
        expires_on: printed.expires_on,
        received_on: printed.received_on,
        opened_on: printed.opened_on,
        place: near.unwrap_or_default().join(" "),
        custodian: (!printed.custodians.is_empty()).then(|| printed.custodians.join("、")),
        institution: printed.institution.clone(),
        demo: printed.demo,
    }
}

/// What a label says of what is in the container.
struct Content {
    name: String,
    qualifier: Option<String>,
    cas: Option<String>,
    classes: Vec<ClassMark>,
    signal_word: Option<String>,
    pictograms: Vec<Pictogram>,
}

fn of_product(catalogue: &Catalogue, product: &Product, classes: &[ControlClass]) -> Content {
    let listed: Option<&Substance> = product
        .substance
        .as_ref()
        .and_then(|id| id.parse().ok())
        .and_then(|id| catalogue.substance(&id));
    let pictograms = listed.map_or(&[][..], |listed| &listed.pictograms);
    Content {
        name: product.name.clone(),
        qualifier: product.qualifier.clone(),
        cas: product.cas.as_ref().map(ToString::to_string),
        classes: classes.iter().map(|class| mark(*class)).collect(),
        signal_word: listed
            .and_then(|listed| listed.signal_word)
            .map(SignalWord::name_zh)
            .map(ToOwned::to_owned),
        pictograms: pictograms
            .iter()
            .filter_map(|pictogram| pictogram.code().parse::<Pictogram>().ok())
            .collect(),
    }
}

/// The orange of the labels of hazardous waste (HJ 1276-2022).
const WASTE_ORANGE: Rgb = Rgb(255, 150, 0);

fn of_waste(vessel: &Vessel) -> Content {
    let hazards = vessel.hazards.iter().map(|hazard| ClassMark {
        text: hazard.name_zh().to_owned(),
        colour: WASTE_ORANGE,
    });
    Content {
        name: "危险废物".to_owned(),
        qualifier: Some(format!("{} {}", vessel.code, vessel.kind.name_zh())),
        cas: None,
        classes: hazards.collect(),
        signal_word: None,
        pictograms: Vec::new(),
    }
}

fn mark(class: ControlClass) -> ClassMark {
    let digits = class.colour().trim_start_matches('#');
    let part = |at: usize| {
        let pair = digits.get(at..at + 2).unwrap_or_default();
        u8::from_str_radix(pair, 16).unwrap_or_default()
    };
    ClassMark {
        text: class.name_zh().to_owned(),
        colour: Rgb(part(0), part(2), part(4)),
    }
}

/// What cannot be drawn as asked, at the field that asks it.
#[must_use]
pub fn problem(error: &LabelError) -> Problem {
    let pointer = match error {
        LabelError::Template => "/template",
        LabelError::Resolution(_) => "/dpi",
        LabelError::Start(_) => "/start",
        LabelError::Offset(_) => "/dx_um",
        LabelError::Empty => "/labels",
        LabelError::Nameless | LabelError::Pictogram | LabelError::Drawing(_) => {
            tracing::error!(%error, "a label was not drawn");
            return Problem::Fault;
        }
    };
    Problem::Fields(vec![FieldError {
        pointer: pointer.to_owned(),
        code: error.code(),
        detail: (error.message(false), error.message(true)),
    }])
}

/// An amount as short as a label needs it: what was weighed is in the book to the nanolitre.
fn about(amount: Quantity) -> String {
    let step = match (amount.dimension(), amount.amount()) {
        (Dimension::Mass | Dimension::Volume, 1_000_000_000..) => 1_000_000,
        (Dimension::Mass | Dimension::Volume, 1_000_000..) => 100_000,
        (Dimension::Mass | Dimension::Volume | Dimension::Count, _) => 1,
    };
    let rest = amount.amount() % step;
    match Quantity::new(amount.dimension(), amount.amount() - rest) {
        Ok(shown) if rest != 0 => format!("约{shown}"),
        Ok(_) | Err(_) => amount.to_string(),
    }
}
