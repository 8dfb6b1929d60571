//! `POST /disposals`: 处置.

use actix_web::{HttpRequest, HttpResponse, post, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, Mass, body},
    claim::ClaimBody,
    idempotency::{KeyHeader, write},
    limits::Limits,
    problem::Problem,
    proofs::{SignerBody, proofs as proven},
    receipt::movement,
};
use crate::{
    app::{App, Secrets},
    domain::{
        ids::{Label, PersonId},
        ledger::Part,
        verb::{Dispose, OnBalance, Witnessed},
    },
};

body! {
    /// A container as it stood on the balance.
    WeighedBody {
        /// The scanned label.
        label: Label,
        /// Gross weight.
        gross: Mass,
        /// Weight of the empty vessel; left out: what is recorded for the container.
        tare: Option<Mass>,
    }
}

body! {
    /// Waste leaves for good.
    DisposalBody {
        /// The containers, at most 500, each weighed.
        items: Vec<WeighedBody>,
        /// 见证人, two at least, neither who sends it nor who signs it.
        witnesses: Vec<PersonId>,
        /// 处置单位: who takes it, or how it is destroyed here.
        handler: String,
        /// 联单编号, for what leaves.
        manifest: Option<String>,
        /// A remark; why the weight differs from the book, where it does.
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
            tare: item.tare.map(|Mass(tare)| tare),
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

body! {
    /// A disposal with the secrets of its witnesses.
    WitnessedBody {
        /// The proof of each witness, at most 4.
        proofs: Option<Vec<SignerBody>>,
        .. /// What is disposed of.
        disposal: DisposalBody,
    }
}

/// Disposes of waste, weighed before two witnesses who each give their own secret: all of it or none.
/// What is controlled is signed by them and the custodians: `POST /signing-requests`.
#[utoipa::path(
    request_body = WitnessedBody,
    responses((status = 201, body = answers::Movement)),
    params(KeyHeader),
)]
#[post("/disposals")]
pub async fn dispose(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    permit: Permit<may::Waste>,
    body: Body<WitnessedBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let signers = given.proofs.unwrap_or_default().into_iter();
    let signers = signers.map(|signer| (signer, Part::Witness)).collect();
    let mut proofs = Vec::new();
    for proof in proven(signers, &permit.who, &limits)? {
        let secrets = Secrets {
            institution: permit.who.institution,
            login: proof.login,
            secret: proof.secret,
            asker: permit.who.actor(),
        };
        proofs.push(app.second(secrets).await?);
    }
    let verb = Witnessed {
        disposal: given.disposal.into_verb(),
        proofs,
    };
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
