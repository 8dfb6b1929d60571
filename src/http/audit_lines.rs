//! `/audit-lines`: 审计日志.

use actix_web::{HttpResponse, get};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    listing::Listing,
    page::{Cursor, Limit, Query, Typed},
    problem::Problem,
};
use crate::{
    domain::{ids::Seq, ledger::AuditOutcome},
    report::audit::AuditLog,
};

body! {
    /// Which lines.
    AuditQuery {
        /// Only looks of bureaus (督导查阅).
        looks: Option<Typed<bool>>,
        /// Only what ended so.
        outcome: Option<Typed<AuditOutcome>>,
        /// Most lines.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<Seq>>,
    }
}

/// The audit log of the institution, the latest line first: what was tried and refused, and who of which
/// bureau looked at what. A page may hold fewer lines than asked for, even none, while `next` says that the
/// log goes on.
#[utoipa::path(params(AuditQuery), responses((status = 200, body = answers::AuditLog)))]
#[get("/audit-lines")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadAudit>,
    query: Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |before, limit| AuditLog {
        looks: asked.looks.is_some_and(|looks| looks.0),
        outcome: asked.outcome.map(|outcome| outcome.0),
        before,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
