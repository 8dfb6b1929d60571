//! `POST /signing-requests/{id}/signatures`: people sign what they were shown.

use actix_web::{
    HttpRequest, HttpResponse, post,
    web::{Data, Path},
};

use super::{
    actor::SignedIn,
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, key, respond},
    limits::Limits,
    problem::Problem,
    proofs::{SignerBody, proofs},
    receipt::movement,
    server::request_id,
    signing_requests::{number, shown},
};
use crate::{
    app::{App, Signing},
    domain::{ledger::Part, merkle::Hash},
};

body! {
    /// One person's proof.
    ProofBody {
        /// In which part: issuer, receiver or acceptor.
        part: Part,
        .. /// Who signs.
        signer: SignerBody,
    }
}

body! {
    /// One or more persons sign the payload with this hash.
    SignaturesBody {
        /// The hash that the screen showed, base64.
        payload_hash: Hash,
        /// The proofs, at most 4; one call may carry all of them when everybody stands at one desk.
        proofs: Vec<ProofBody>,
    }
}

/// What a command answers that made no entry.
const NOT_POSTED: &str = "{}";

/// Signs; posts the movement when nothing is missing any more.
#[utoipa::path(
    request_body = SignaturesBody,
    responses((status = 201, body = answers::Movement), (status = 202, description = "signatures are still missing", body = answers::SigningRequest)),
    params(KeyHeader),
)]
#[post("/signing-requests/{id}/signatures")]
pub async fn sign(
    request: HttpRequest,
    app: Data<App>,
    limits: Data<Limits>,
    signed_in: SignedIn,
    id: Path<String>,
    body: Body<SignaturesBody>,
) -> Result<HttpResponse, Problem> {
    let SignedIn(who) = signed_in;
    let key = key(&request, &app, &body.json)?;
    let given = body.value;
    let id = number(&id)?;
    let given_proofs = given.proofs.into_iter();
    let signers = given_proofs.map(|proof| (proof.signer, proof.part));
    let signing = Signing {
        id,
        payload_hash: given.payload_hash,
        proofs: proofs(signers.collect(), &who, &limits)?,
    };
    let (answer, replayed) = app
        .sign(&who, &request_id(&request), Some(key), signing, movement)
        .await?;
    if answer == NOT_POSTED {
        // Somebody's signature is still missing.
        let found = app.signing_request(&who, id).await?;
        return Ok(HttpResponse::Accepted().json(shown(&app, &found)));
    }
    Ok(respond(answer, replayed))
}
