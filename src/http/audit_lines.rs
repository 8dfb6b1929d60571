//! `/audit-lines`: 审计日志.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, Typed, page},
    problem::Problem,
};
use crate::{
    app::App,
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
    app: Data<App>,
    permit: Permit<may::ReadAudit>,
    query: Query<AuditQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let log = AuditLog {
        looks: asked.looks.is_some_and(|looks| looks.0),
        outcome: asked.outcome.map(|outcome| outcome.0),
        before: asked.next.map(|cursor| cursor.0),
        limit: Limit::of(asked.limit),
    };
    Ok(page(app.read(&permit.who, log).await?))
}
