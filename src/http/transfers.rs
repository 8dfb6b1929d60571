//! `/transfers`: 调拨 between institutions.

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::movement,
};
use crate::{
    app::App,
    domain::{
        ids::{InstitutionId, Label},
        people::Role,
        time::Time,
        transfer::{Carriage, TransferState},
        verb::Consign,
    },
    report::transfers::{Direction, OneTransfer, TransferKey, Transfers},
};

body! {
    /// Whole containers leave for another institution.
    TransferBody {
        /// To which institution.
        to: InstitutionId,
        /// The scanned labels, at most 500.
        labels: Vec<Label>,
        /// 承运单位, or who carries it.
        carrier: String,
        /// 车牌号.
        vehicle: Option<String>,
        /// 押运人员 by name; one at least with what is signed for.
        escorts: Option<Vec<String>>,
        /// 封签号.
        seal: Option<String>,
        /// 预计到达.
        expected_at: Time,
        /// What for.
        purpose: String,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl TransferBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Consign {
        Consign {
            to: self.to,
            labels: self.labels,
            carriage: Carriage {
                carrier: self.carrier,
                vehicle: self.vehicle,
                escorts: self.escorts.unwrap_or_default(),
                seal: self.seal,
                expected_at: self.expected_at,
            },
            purpose: self.purpose,
            claim: self.when.into(),
        }
    }
}

/// Sends whole containers to another institution: all of them or none. They are on the road until each was
/// accepted or refused there; the number of the entry in the receipt is the number of the transfer.
#[utoipa::path(
    request_body = TransferBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/transfers")]
pub async fn send(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Move>,
    body: Body<TransferBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(body.value.into_verb());
    let who = &permit.who;
    write(&request, &app, who, &body.json, verb, movement).await
}

body! {
    /// Which transfers.
    TransfersQuery {
        /// Only those that go this way, seen from the institution.
        direction: Option<Typed<Direction>>,
        /// Only those that stand so.
        state: Option<Typed<TransferState>>,
        /// Only those that should have arrived and were not accepted.
        overdue: Option<Typed<bool>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<TransferKey>>,
    }
}

/// The transfers from and to the institution; an officer of a bureau sees those from and to its region,
/// without their labels.
#[utoipa::path(params(TransfersQuery), responses((status = 200, body = answers::Transfers)))]
#[get("/transfers")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<TransfersQuery>,
) -> Result<HttpResponse, Problem> {
    let (asked, who) = (query.0, &permit.who);
    let region = who.reads == who.institution && who.roles.contains(&Role::Bureau);
    let regions = Arc::clone(listing.app().catalogue().region_tree());
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Transfers {
        direction: asked.direction.map(|direction| direction.0),
        state: asked.state.map(|state| state.0),
        overdue: asked.overdue.is_some_and(|overdue| overdue.0),
        region,
        regions: Arc::clone(&regions),
        after,
        limit,
    };
    listing.answer(who, part, ask).await
}

/// One transfer, by its sender and the number of the sender's entry, with what became of each container.
#[utoipa::path(responses((status = 200, body = answers::Transfer)))]
#[get("/transfers/{institution}/{seq}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    app.of_one(&permit.who, "transfers").await?;
    let (sender, entry) = path.into_inner();
    let key = |text: String| text.parse().map_err(|_| Problem::NotFound);
    let entry = entry.parse().map_err(|_| Problem::NotFound)?;
    let one = OneTransfer(TransferKey(key(sender)?, entry));
    Ok(HttpResponse::Ok().json(app.read(&permit.who, one).await??))
}
