//! `/handovers`: 保管交接.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, key, respond},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    returns::MeasureBody,
    server::request_id,
    signing_requests::shown,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PersonId, PlaceId, Seq},
        request::Proposal,
        verb::{HandOver, JointCount, Look},
    },
    report::handovers::Handovers,
};

body! {
    /// A container as it was seen.
    LookBody {
        /// The scanned label.
        label: Label,
        .. /// How much, measured or weighed.
        measured: MeasureBody,
    }
}

impl LookBody {
    /// What was seen of which container.
    pub(super) const fn look(&self) -> Look {
        Look {
            label: self.label,
            measure: self.measured.0,
        }
    }
}

body! {
    /// A place passes from one custodian to another.
    HandoverBody {
        /// The place: exactly that of an appointment of `from`.
        place: PlaceId,
        /// Who keeps it no longer.
        from: PersonId,
        /// Who keeps it from now on: appointed already to it, or to a place around it.
        to: PersonId,
        /// In the absence of `from`: another custodian, who counts with `to` and signs.
        by: Option<PersonId>,
        /// Everything controlled that stands there and in it, at most 500, as both saw it.
        counted: Vec<LookBody>,
        /// A remark; in the absence of `from` why.
        reason: Option<String>,
    }
}

impl HandoverBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> HandOver {
        let counted = self.counted.iter().map(|look| JointCount {
            label: look.label,
            measure: look.measured.0,
        });
        HandOver {
            place: self.place,
            from: self.from,
            to: self.to,
            by: self.by,
            counted: counted.collect(),
            reason: self.reason.unwrap_or_default(),
        }
    }
}

/// Begins a handover: makes the signing request that whoever hands over (`hands_over`) and whoever takes over
/// (`takes_over`) sign, each with their own secret. The last signature makes the entry.
#[utoipa::path(
    request_body = HandoverBody,
    responses((status = 201, body = answers::SigningRequest)),
    params(KeyHeader),
)]
#[post("/handovers")]
pub async fn begin(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Stocktake>,
    body: Body<HandoverBody>,
) -> Result<HttpResponse, Problem> {
    let key = key(&request, &app, &body.json)?;
    let proposal = Proposal::Handover(body.value.into_verb());
    let (made, replayed) = app
        .request_signatures(&permit.who, &request_id(&request), Some(key), proposal)
        .await?;
    Ok(respond(json!(shown(&app, &made)).to_string(), replayed))
}

body! {
    /// Which handovers.
    HandoversQuery {
        /// Only of this place and those in it.
        place: Option<PlaceId>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// The handovers, the latest first.
#[utoipa::path(params(HandoversQuery), responses((status = 200, body = answers::Handovers)))]
#[get("/handovers")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<HandoversQuery>,
) -> Result<HttpResponse, Problem> {
    let place = query.0.place;
    let part = (query.0.limit, query.0.next);
    let ask = move |before, limit| Handovers {
        place,
        before,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
