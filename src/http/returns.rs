//! `POST /returns`: 归还.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use serde_json::{Map, Value};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Fields, Mass, Reading, body, take},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::consumption,
    schema::described,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId},
        quantity::Quantity,
        verb::{GiveBack, Measure, Source},
    },
};

body! {
    /// Something comes back.
    ReturnBody {
        /// The scanned label.
        label: Label,
        /// The entry of the checkout it is of, or `container`; left out: the one thing that is out.
        source: Option<Source>,
        /// Where a whole container is put; left out: where it stood before.
        place: Option<PlaceId>,
        /// A remark.
        reason: Option<String>,
        .. /// How much, measured or weighed.
        measured: MeasureBody,
        .. /// When it happened.
        when: ClaimBody,
    }
}

/// Either `amount`, or `gross` with `tare` (left out: the tare recorded for the container).
#[derive(Clone, Copy, Debug)]
pub struct MeasureBody(pub(super) Measure);

described! {
    true
    /// Either `amount`, or `gross` with `tare`.
    MeasureBody {
        /// How much, if it was measured.
        amount: Option<Quantity>,
        /// What the balance shows, if it was weighed.
        gross: Option<Mass>,
        /// Weight of the empty vessel; left out: that recorded for the container.
        tare: Option<Mass>,
    }
}

impl Fields for MeasureBody {
    fn read_object(object: &mut Map<String, Value>, reading: &mut Reading) -> Option<Self> {
        let amount: Option<Option<Quantity>> = take(object, "amount", reading);
        let gross: Option<Option<Mass>> = take(object, "gross", reading);
        let tare: Option<Option<Mass>> = take(object, "tare", reading);
        match (amount?, gross?, tare?) {
            (Some(amount), None, None) => Some(Self(Measure::Amount(amount))),
            (None, Some(Mass(gross)), tare) => Some(Self(Measure::Weight {
                gross,
                tare: tare.map(|Mass(tare)| tare),
            })),
            (amount, _, _) => {
                let field = if amount.is_some() { "amount" } else { "gross" };
                reading.below(field, |reading| {
                    reading.refuse(
                        "amount_or_gross",
                        "请填写数量，或填写毛重（及皮重），二者选一。",
                        "Give either the amount, or the gross weight (with the tare).",
                    );
                });
                None
            }
        }
    }
}

impl ReturnBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> GiveBack {
        GiveBack {
            label: self.label,
            source: self.source,
            measure: self.measured.0,
            place: self.place,
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Takes back what was checked out: a part into its container, a whole container to its place. What
/// does not come back is used up.
#[utoipa::path(
    request_body = ReturnBody,
    responses((status = 201, body = answers::Consumption)),
    params(KeyHeader),
)]
#[post("/returns")]
pub async fn give_back(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Checkout>,
    body: Body<ReturnBody>,
) -> Result<HttpResponse, Problem> {
    let verb = body.value.into_verb();
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        consumption,
    )
    .await
}
