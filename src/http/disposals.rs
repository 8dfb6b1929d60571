//! `POST /disposals`: 处置.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

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
        ids::{Label, PersonId},
        verb::{Dispose, OnBalance},
    },
};

body! {
    /// A container as it stood on the balance.
    WeighedBody {
        /// The scanned label.
        label: Label,
        /// Gross weight.
        gross: Mass,
    }
}

body! {
    /// Waste leaves for good.
    DisposalBody {
        /// The containers, at most 500, each weighed.
        items: Vec<WeighedBody>,
        /// 见证人, two at least.
        witnesses: Vec<PersonId>,
        /// 处置单位: who takes it, or how it is destroyed here.
        handler: String,
        /// 联单编号, for what leaves.
        manifest: Option<String>,
        /// A remark.
        reason: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl DisposalBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Dispose {
        let items = self.items.into_iter().map(|item| OnBalance {
            label: item.label,
            gross: item.gross.0,
        });
        Dispose {
            items: items.collect(),
            witnesses: self.witnesses,
            handler: self.handler,
            manifest: self.manifest,
            reason: self.reason.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Disposes of waste, weighed before two witnesses: all of it or none.
#[utoipa::path(
    request_body = DisposalBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/disposals")]
pub async fn dispose(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Waste>,
    body: Body<DisposalBody>,
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
