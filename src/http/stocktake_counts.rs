//! `/stocktakes/{id}/counts`: one scan. Neither what is asked nor what is answered has an amount of the book.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Mass, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{Label, PlaceId},
        ledger::Act,
        quantity::Quantity,
        verb::{Measure, Scan},
    },
    report::stocktakes::SeenContainer,
};

body! {
    /// One scan of a stocktake.
    CountBody {
        /// The place scanned before: where whoever counts stands.
        place: PlaceId,
        /// What was scanned: a label, or any other code, which is kept as a finding.
        code: String,
        /// What is in it, if it was measured.
        amount: Option<Quantity>,
        /// What the balance shows, if it was weighed.
        gross: Option<Mass>,
        /// Weight of the empty vessel; left out: that recorded for the container.
        tare: Option<Mass>,
        /// It was looked for and is not there.
        absent: Option<bool>,
        /// What is misplaced stands here from now on.
        put_here: Option<bool>,
        /// A remark.
        reason: Option<String>,
    }
}

impl CountBody {
    /// How much there is, measured or weighed, or nothing about that.
    fn measure(&self) -> Result<Option<Measure>, Problem> {
        let absent = self.absent.unwrap_or(false);
        match (self.amount, &self.gross, &self.tare) {
            (None, None, None) => Ok(None),
            (Some(amount), None, None) if !absent => Ok(Some(Measure::Amount(amount))),
            (None, Some(Mass(gross)), tare) if !absent => Ok(Some(Measure::Weight {
                gross: *gross,
                tare: tare.as_ref().map(|Mass(tare)| *tare),
            })),
            (amount, _, _) => Err(Problem::field(
                if amount.is_some() {
                    "/amount"
                } else {
                    "/gross"
                },
                "amount_or_gross",
                "请填写清点数量，或填写毛重（及皮重），二者选一；未见的容器两者都不填。",
                "Give either the amount, or the gross weight (with the tare); for what is not there neither.",
            )),
        }
    }
}

/// What it was of is told as it stood then: the same key again gives the same answer.
fn counted(done: Done<'_>) -> String {
    answer(done, |record| {
        let Act::Count(count) = &record.act else {
            return json!({});
        };
        let label = count.seen.map(|sight| {
            let generation = sight.book.standing.generation;
            Label::new(record.institution, sight.serial, generation)
        });
        let containers = &done.facts.stock.containers;
        let scanned = count.seen.and_then(|sight| containers.get(sight.serial));
        let container =
            scanned.and_then(|one| SeenContainer::of(done.facts, record.recorded_at, one).ok());
        json!({
            "bucket": count.bucket,
            "label": label,
            "expected_place": count.seen.map(|sight| sight.book.standing.place),
            "put_here": count.put_here,
            "container": container,
        })
    })
}

/// Counts what was scanned. The answer says what it is, where the book has it and in which bucket it is;
/// what was counted before is refused, and nothing is written again.
#[utoipa::path(
    request_body = CountBody,
    responses((status = 201, body = answers::CountMade)),
    params(KeyHeader),
)]
#[post("/stocktakes/{id}/counts")]
pub async fn scan(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    id: Path<String>,
    body: Body<CountBody>,
) -> Result<HttpResponse, Problem> {
    let asked = body.value;
    let verb = Box::new(Scan {
        stocktake: id.parse().map_err(|_| Problem::NotFound)?,
        place: asked.place,
        measure: asked.measure()?,
        code: asked.code,
        absent: asked.absent.unwrap_or(false),
        put_here: asked.put_here.unwrap_or(false),
        reason: asked.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, counted).await
}
