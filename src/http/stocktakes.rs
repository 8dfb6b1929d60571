//! `/stocktakes`: 盘点.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::{App, AppError, Done, stocktake::drawn_by_chance},
    domain::{
        ids::{PlaceId, StocktakeId},
        ledger::Act,
        stocktake::{Amounts, StocktakeState},
        verb::BeginStocktake,
    },
    report::stocktakes::{OneStocktake, Stocktakes},
};

body! {
    /// What is counted.
    StocktakeBody {
        /// The place; what lies in it is counted, too.
        place: PlaceId,
        /// Of what the amounts are counted; left out: of controlled classes only.
        amounts: Option<Amounts>,
        /// How many containers are drawn (抽盘); left out: all are counted.
        sample_size: Option<Typed<u32>>,
        /// A remark.
        reason: Option<String>,
    }
}

fn begun(done: Done<'_>) -> String {
    answer(done, |record| {
        let Act::Stocktake(begun) = &record.act else {
            return json!({});
        };
        let seed = begun.sample.as_ref().map(|sample| &sample.seed);
        json!({
            "stocktake": begun.id,
            "expected": begun.expected,
            "expected_sha256": begun.expected_sha256,
            "seed": seed,
        })
    })
}

/// Begins a stocktake: what stands there is the list from now on, and the sample is drawn before anything
/// is counted.
#[utoipa::path(
    request_body = StocktakeBody,
    responses((status = 201, body = answers::StocktakeBegun)),
    params(KeyHeader),
)]
#[post("/stocktakes")]
pub async fn begin(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    body: Body<StocktakeBody>,
) -> Result<HttpResponse, Problem> {
    let sample = body.value.sample_size.map(|size| drawn_by_chance(size.0));
    let verb = Box::new(BeginStocktake {
        place: body.value.place,
        amounts: body.value.amounts.unwrap_or(Amounts::Controlled),
        sample: sample.transpose().map_err(AppError::from)?,
        reason: body.value.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, begun).await
}

body! {
    /// Which stocktakes.
    StocktakesQuery {
        /// Only those that are so.
        state: Option<Typed<StocktakeState>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<StocktakeId>>,
    }
}

/// The stocktakes.
#[utoipa::path(params(StocktakesQuery), responses((status = 200, body = answers::Stocktakes)))]
#[get("/stocktakes")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<StocktakesQuery>,
) -> Result<HttpResponse, Problem> {
    listing.app().of_one(&permit.who, "stocktakes").await?;
    let part = (query.0.limit, query.0.next);
    let ask = move |after, limit| Stocktakes {
        state: query.0.state.map(|state| state.0),
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

/// How a stocktake stands: what is in which bucket, and how much of that is left to do.
#[utoipa::path(responses((status = 200, body = answers::StocktakeStatus)))]
#[get("/stocktakes/{id}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    app.of_one(&permit.who, "stocktakes").await?;
    let one = OneStocktake(id.parse().map_err(|_| Problem::NotFound)?);
    Ok(HttpResponse::Ok().json(app.read(&permit.who, one).await??))
}
