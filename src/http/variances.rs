//! `/stocktakes/{id}/variances`: 盘盈盘亏、疑似丢失.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::{answer, labels},
};
use crate::{
    app::{App, Done},
    domain::{
        ids::{IncidentId, Label, StocktakeId},
        ledger::Act,
        verb::Variance,
    },
};

body! {
    /// What was counted twice is posted.
    VarianceBody {
        /// The containers, at most 500.
        labels: Vec<Label>,
        /// Why, as far as is known.
        reason: String,
    }
}

body! {
    /// The same, signed for.
    SignedVarianceBody {
        /// The stocktake.
        stocktake: StocktakeId,
        .. /// What is posted.
        posted: VarianceBody,
    }
}

impl SignedVarianceBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Variance {
        Variance {
            stocktake: self.stocktake,
            labels: self.posted.labels,
            reason: self.posted.reason,
        }
    }
}

fn posted(done: Done<'_>) -> String {
    answer(done, |record| {
        let incident: Option<IncidentId> = if let Act::Loss(loss) = &record.act {
            Some(loss.incident.id)
        } else {
            None
        };
        json!({ "labels": labels(record), "incident": incident })
    })
}

/// Makes the book say what was counted twice. What is missing of watched classes (剧毒、易制爆、易制毒、麻精) is a
/// suspected loss: it opens an incident, whose number the answer names.
#[utoipa::path(
    request_body = VarianceBody,
    responses((status = 201, body = answers::VariancePosted)),
    params(KeyHeader),
)]
#[post("/stocktakes/{id}/variances")]
pub async fn post_variance(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Adjust>,
    id: Path<String>,
    body: Body<VarianceBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(Variance {
        stocktake: id.parse().map_err(|_| Problem::NotFound)?,
        labels: body.value.labels,
        reason: body.value.reason,
    });
    write(&request, &app, &permit.who, &body.json, verb, posted).await
}
