//! `POST /receipts`: 验收入库.

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
        container::Identity,
        ids::{OrderId, PermitId, PersonId, PlaceId, ProductId},
        quantity::{Density, Quantity},
        verb::{Lot, Receive},
    },
};

body! {
    /// N equal containers arrive.
    ReceiptBody {
        /// What arrives.
        product: ProductId,
        /// How many containers, 1 to 500.
        count: u32,
        /// What is in each.
        each: Quantity,
        /// Where they are put.
        place: PlaceId,
        /// 批号.
        lot: Option<String>,
        /// 生产厂家.
        maker: Option<String>,
        /// 供货单位.
        supplier: Option<String>,
        /// 有效期至.
        expires_on: Option<NaiveDate>,
        /// Reference to the safety data sheet.
        sds: Option<String>,
        /// Weight of the empty container, so that what is left can be weighed later.
        tare: Option<Mass>,
        /// Density of this lot, if better known than the product's.
        density: Option<Density>,
        /// 验收人; two for classes whose policy asks for it.
        acceptors: Option<Vec<PersonId>>,
        /// The permits and filings on which it was bought: what arrives is drawn off each of them.
        permits: Option<Vec<PermitId>>,
        /// The order that it fills.
        order: Option<OrderId>,
        /// Delivery note, in words.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl ReceiptBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Receive {
        Receive {
            lot: Lot {
                identity: Identity {
                    product: self.product,
                    dimension: self.each.dimension(),
                    lot: self.lot,
                    maker: self.maker,
                    supplier: self.supplier,
                    expires_on: self.expires_on,
                    sds: self.sds,
                    tare_ug: self.tare.map(|Mass(tare)| tare.amount()),
                    density: self.density,
                    parent: None,
                    came_from: None,
                    mixed: false,
                },
                count: self.count,
                each: self.each,
                place: self.place,
            },
            acceptors: self.acceptors.unwrap_or_default(),
            permits: self.permits.into_iter().flatten().collect(),
            order: self.order,
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Receives N containers of one product in one act and gives each its label.
#[utoipa::path(
    request_body = ReceiptBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/receipts")]
pub async fn receive(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Receive>,
    body: Body<ReceiptBody>,
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
