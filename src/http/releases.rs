//! `/emergency-releases`: 应急发放, and those who countersign it.

use actix_web::{
    HttpRequest, HttpResponse, get, post,
    web::{Data, Path},
};
use serde_json::json;

use super::{
    actor::{Permit, SignedIn, may},
    answers,
    body::{Body, Given, body},
    checkouts::TakeBody,
    claim::ClaimBody,
    entries::seq,
    idempotency::{KeyHeader, key, respond},
    limits::Limits,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    proofs::{SignerBody, proofs},
    receipt::answer,
    server::request_id,
};
use crate::{
    app::{App, Principal},
    domain::{
        ids::{Label, PersonId, Seq},
        ledger::Part,
        merkle::Hash,
        verb::{Checkout, Release},
    },
    report::emergencies::Emergencies,
};

body! {
    /// A checkout that cannot wait for the second custodian.
    ReleaseBody {
        /// The scanned label.
        label: Label,
        /// 领用人; left out: whoever is signed in.
        receiver: Given<PersonId>,
        /// Why it cannot wait.
        reason: String,
        .. /// How much.
        take: TakeBody,
        .. /// When it happened.
        when: ClaimBody,
    }
}

impl ReleaseBody {
    /// The verb that it asks for.
    pub(super) fn into_verb(self, who: &Principal) -> Release {
        Release(Checkout {
            label: self.label,
            take: self.take.0,
            receiver: self.receiver.0.unwrap_or(who.person),
            purpose: self.reason,
            claim: self.when.into(),
        })
    }
}

body! {
    /// Which emergency releases.
    ReleasesQuery {
        /// 1: only those that are not countersigned yet.
        open: Option<Typed<u8>>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// The emergency releases, the latest first, each with what there is to countersign.
#[utoipa::path(params(ReleasesQuery), responses((status = 200, body = answers::Releases)))]
#[get("/emergency-releases")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<ReleasesQuery>,
) -> Result<HttpResponse, Problem> {
    listing
        .app()
        .of_one(&permit.who, "emergency-releases")
        .await?;
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |before, limit| Emergencies {
        open: asked.open.is_some_and(|open| open.0 > 0),
        before,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

body! {
    /// Others answer for an emergency release.
    CountersignaturesBody {
        /// The hash that the list showed, base64.
        payload_hash: Hash,
        /// The proofs: one person, or both at one desk.
        proofs: Vec<SignerBody>,
    }
}

/// Countersigns an emergency release: with the second person it is settled.
#[utoipa::path(
    request_body = CountersignaturesBody,
    responses((status = 201, body = answers::Written)),
    params(KeyHeader),
)]
#[post("/emergency-releases/{seq}/countersignatures")]
pub async fn countersign(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    signed_in: SignedIn,
    path: Path<String>,
    body: Body<CountersignaturesBody>,
) -> Result<HttpResponse, Problem> {
    let SignedIn(who) = signed_in;
    let key = key(&request, &app, &body.json)?;
    let signers = body.value.proofs.into_iter();
    let signers = signers.map(|signer| (signer, Part::Approver)).collect();
    let (answer, replayed) = app
        .countersign(
            &who,
            &request_id(&request),
            Some(key),
            seq(&path)?,
            (body.value.payload_hash, proofs(signers, &who, &limits)?),
            |done| answer(done, |_| json!({})),
        )
        .await?;
    Ok(respond(answer, replayed))
}
