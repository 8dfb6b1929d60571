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
    problem::Problem,
    receipt::movement,
    server::request_id,
    signing_requests::{number, shown},
};
use crate::{
    app::{App, Proof, Signing},
    domain::{ledger::Part, merkle::Hash},
};

body! {
    /// One person's proof.
    ProofBody {
        /// 工号 or badge.
        login: String,
        /// The secret.
        secret: String,
        /// In which part: issuer, receiver or acceptor.
        part: Part,
    }
}

body! {
    /// One or more persons sign the payload with this hash.
    SignaturesBody {
        /// The hash that the screen showed, base64.
        payload_hash: Hash,
        /// The proofs; one call may carry all of them when everybody stands at one desk.
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
    signed_in: SignedIn,
    id: Path<String>,
    body: Body<SignaturesBody>,
) -> Result<HttpResponse, Problem> {
    let SignedIn(who) = signed_in;
    let key = key(&request, &app, &body.json)?;
    let given = body.value;
    let id = number(&id)?;
    let proofs = given.proofs.into_iter().map(|proof| Proof {
        login: proof.login,
        secret: proof.secret,
        part: proof.part,
    });
    let signing = Signing {
        id,
        payload_hash: given.payload_hash,
        proofs: proofs.collect(),
    };
    let (answer, replayed) = app
        .sign(&who, &request_id(&request), Some(key), signing, movement)
        .await?;
    if answer == NOT_POSTED {
        // Somebody's signature is still missing.
        let found = app.signing_request(&who, id).await?;
        return Ok(HttpResponse::Accepted().json(shown(&found)));
    }
    Ok(respond(answer, replayed))
}
