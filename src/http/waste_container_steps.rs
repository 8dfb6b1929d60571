//! `/waste-containers/{label}/closings` and `…/moves`: 封口、移动.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    problem::Problem,
    waste_containers::stepped,
};
use crate::{
    app::App,
    domain::{
        ids::{Label, PlaceId},
        refusal::Refusal,
        verb::StepVessel,
        vessel::VesselEvent,
    },
};

body! {
    /// A waste container is full, or for another reason takes nothing more.
    WasteContainerClosingBody {
        /// A remark.
        reason: Option<String>,
    }
}

/// Closes a waste container: nothing goes in any more.
#[utoipa::path(
    request_body = WasteContainerClosingBody,
    responses((status = 201, body = answers::WasteContainerStepped)),
    params(KeyHeader),
)]
#[post("/waste-containers/{label}/closings")]
pub async fn close(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Waste>,
    path: Path<String>,
    body: Body<WasteContainerClosingBody>,
) -> Result<HttpResponse, Problem> {
    let verb = Box::new(StepVessel {
        label: path
            .parse()
            .map_err(|_| Refusal::WasteContainerUnknown {})?,
        what: VesselEvent::Close,
        reason: body.value.reason.unwrap_or_default(),
    });
    write(&request, &app, &permit.who, &body.json, verb, stepped).await
}

body! {
    /// A waste container is put elsewhere.
    WasteContainerMoveBody {
        /// Where.
        to: PlaceId,
        /// A remark.
        reason: Option<String>,
    }
}

body! {
    /// The same, signed for.
    SignedWasteContainerMoveBody {
        /// The label of the waste container.
        label: Label,
        .. /// Where it is put.
        moved: WasteContainerMoveBody,
    }
}

impl SignedWasteContainerMoveBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> StepVessel {
        StepVessel {
            label: self.label,
            what: VesselEvent::Move(self.moved.to),
            reason: self.moved.reason.unwrap_or_default(),
        }
    }
}

/// Puts a waste container elsewhere with everything in it. With something controlled in it that is signed
/// for: `POST /signing-requests`.
#[utoipa::path(
    request_body = WasteContainerMoveBody,
    responses((status = 201, body = answers::WasteContainerStepped)),
    params(KeyHeader),
)]
#[post("/waste-containers/{label}/moves")]
pub async fn carry(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Waste>,
    path: Path<String>,
    body: Body<WasteContainerMoveBody>,
) -> Result<HttpResponse, Problem> {
    let label = path
        .parse()
        .map_err(|_| Refusal::WasteContainerUnknown {})?;
    let moved = body.value;
    let verb = SignedWasteContainerMoveBody { label, moved }.into_verb();
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        stepped,
    )
    .await
}
