//! `/entries`: 台账, an entry as it was written, and the proof that it is in the log.

use actix_web::{
    HttpResponse, get,
    web::{Data, Path},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Value, json};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
    receipt::receipt,
};
use crate::{
    app::{App, Receipt},
    domain::{ids::Seq, ledger::Kind},
    report::{
        entries::{Entries, WholeEntry},
        proof::Inclusion,
    },
};

body! {
    /// Which entries.
    EntriesQuery {
        /// Only of this kind.
        kind: Option<Typed<Kind>>,
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// The ledger, the latest entry first. With a kind a page may hold fewer lines than asked for, even
/// none, while `next` says that the ledger goes on.
#[utoipa::path(params(EntriesQuery), responses((status = 200, body = answers::Ledger)))]
#[get("/entries")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadLedger>,
    query: Query<EntriesQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |before, limit| Entries {
        kind: asked.kind.map(|kind| kind.0),
        before,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}

/// The number of an entry in an address.
pub(super) fn seq(text: &str) -> Result<Seq, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}

/// What an entry says, and the receipt that its writer got.
#[utoipa::path(responses((status = 200, body = answers::EntryShown)))]
#[get("/entries/{seq}")]
pub async fn show(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    path: Path<String>,
) -> Result<HttpResponse, Problem> {
    let seq = seq(&path)?;
    let written = app.read(&permit.who, WholeEntry(seq)).await??;
    let record: Value = serde_json::from_slice(&written.bytes).map_err(|_| Problem::Fault)?;
    let received = Receipt {
        institution: permit.who.reads,
        seq: written.head.size - 1,
        leaf_hash: written.leaf_hash,
        size: written.head.size,
        root: written.head.root,
    };
    Ok(HttpResponse::Ok().json(json!({
        "record": record,
        "receipt": receipt(received),
        "reversed_by": written.reversed_by,
    })))
}

body! {
    /// Against which head.
    ProofQuery {
        /// The size of a signed checkpoint; the latest one if absent.
        size: Option<Typed<u64>>,
    }
}

/// The proof that the entry is in the log, with the entry's bytes and the signed checkpoint.
#[utoipa::path(params(ProofQuery), responses((status = 200, body = answers::InclusionProof)))]
#[get("/entries/{seq}/proof")]
pub async fn proof(
    app: Data<App>,
    permit: Permit<may::ReadLedger>,
    path: Path<String>,
    query: Query<ProofQuery>,
) -> Result<HttpResponse, Problem> {
    let inclusion = Inclusion {
        entry: seq(&path)?,
        size: query.0.size.map(|size| size.0),
    };
    let proof = app.read(&permit.who, inclusion).await??;
    Ok(HttpResponse::Ok().json(json!({
        "leaf_index": proof.leaf_index,
        "tree_size": proof.tree_size,
        "hashes": proof.hashes,
        "checkpoint": proof.checkpoint,
        "entry": BASE64_STANDARD.encode(&proof.bytes),
    })))
}
