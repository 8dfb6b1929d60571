//! `POST /uses`: 使用.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    problem::Problem,
    receipt::consumption,
};
use crate::{
    app::App,
    domain::{
        ids::Label,
        quantity::Quantity,
        verb::{Source, Use},
    },
};

body! {
    /// Something is used up.
    UseBody {
        /// The scanned label.
        label: Label,
        /// How much.
        amount: Quantity,
        /// The entry of the checkout it is of, or `container`; left out: the one thing that is out, or
        /// the container itself when nothing is.
        source: Option<Source>,
        /// 用途.
        purpose: Option<String>,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl UseBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self) -> Use {
        Use {
            label: self.label,
            source: self.source,
            amount: self.amount,
            purpose: self.purpose.unwrap_or_default(),
            claim: self.when.into(),
        }
    }
}

/// Uses up something of what was checked out, or straight from a container.
#[utoipa::path(
    request_body = UseBody,
    responses((status = 201, body = answers::Consumption)),
    params(KeyHeader),
)]
#[post("/uses")]
pub async fn consume(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::Checkout>,
    body: Body<UseBody>,
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
