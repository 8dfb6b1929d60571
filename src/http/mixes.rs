//! `POST /mixes`: 配制.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};
use chrono::NaiveDate;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Mass, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId, ProductId},
        mixture::Solvent,
        quantity::{Density, Quantity},
        verb::{Input, Mix, Source},
    },
};

body! {
    /// What goes into a mixture out of one container.
    MixInputBody {
        /// The scanned label.
        label: Label,
        /// The number of the checkout, if what a person holds of it is meant.
        source: Option<Source>,
        /// How much.
        amount: Quantity,
    }
}

body! {
    /// What else goes in and is in no book, as water.
    SolventBody {
        /// What it is.
        name: String,
        /// How much, a mass or a volume.
        amount: Quantity,
        /// g/mL, where the amount is a volume; left out: unknown.
        density: Option<Density>,
    }
}

body! {
    /// A mixture is made.
    MixBody {
        /// What goes in, each container once.
        inputs: Vec<MixInputBody>,
        /// What else goes in.
        solvent: Option<SolventBody>,
        /// What is made.
        product: ProductId,
        /// Into how many equal containers it is filled.
        count: u32,
        /// What goes into each.
        each: Quantity,
        /// Where they are put; left out: beside the first container that something comes out of.
        place: Option<PlaceId>,
        /// 有效期至: no later than that of anything that goes in.
        expires_on: NaiveDate,
        /// 批号.
        lot: Option<String>,
        /// Weight of each empty container, so that what is left can be weighed later.
        tare: Option<Mass>,
        /// What for.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl MixBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Mix {
        let inputs = self.inputs.into_iter().map(|input| Input {
            label: input.label,
            source: input.source,
            amount: input.amount,
        });
        Mix {
            inputs: inputs.collect(),
            solvent: self.solvent.map(|solvent| Solvent {
                name: solvent.name,
                amount: solvent.amount,
                density: solvent.density,
            }),
            product: self.product,
            count: self.count,
            each: self.each,
            place: self.place,
            expires_on: self.expires_on,
            lot: self.lot,
            tare_ug: self.tare.map(|Mass(tare)| tare.amount()),
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Makes a mixture and fills it into N new containers, whose labels the answer names. What goes in of a
/// controlled class is signed for: `POST /signing-requests`.
#[utoipa::path(
    request_body = MixBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/mixes")]
pub async fn mix(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Checkout>,
    body: Body<MixBody>,
) -> Result<HttpResponse, Problem> {
    let verb = body.value.into_verb();
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        movement,
    )
    .await
}
