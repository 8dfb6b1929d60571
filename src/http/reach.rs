//! `?institution=`: a bureau reads another institution of its region through the routes that the
//! institution reads itself.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, Uri},
    middleware::Next,
    web::Data,
};

use super::{
    Access, actor,
    body::body,
    listing,
    page::{Query, access},
    problem::Problem,
    server::request_id,
};
use crate::{
    app::{App, Looked, Principal},
    domain::{ids::InstitutionId, people::Permission},
};

body! {
    /// Whose data are read.
    ReachQuery {
        /// An institution in the region of the bureau; the own one if absent. A look at single entries
        /// or containers leaves a line in its audit log.
        institution: Option<InstitutionId>,
    }
}

/// The name of the parameter.
pub(super) const PARAMETER: &str = "institution";

/// What tells no single container or entry: looked at without a trace.
const SUMS: [&str; 13] = [
    "/checkpoint",
    "/consistency",
    "/counts",
    "/departments",
    "/institutions",
    "/mass-balance",
    "/places",
    "/products",
    "/stock",
    "/storage-map",
    "/submissions",
    "/submissions/{period}",
    "/usage-table",
];

/// Whether a route takes `institution`.
#[must_use]
pub fn reaches(method: &str, access: Access) -> bool {
    method == Method::GET.as_str()
        && matches!(
            access,
            Access::Needs(Permission::ReadStock | Permission::ReadLedger)
        )
}

/// Reads `institution` of the address, and lets the routes behind read there.
///
/// # Errors
/// Only errors of the connection itself; [`Problem`]s are answers, and are noted as those of routes are.
pub async fn extend(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Err(problem) = read_elsewhere(&mut request).await {
        return Ok(request.error_response(problem).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

async fn read_elsewhere(request: &mut ServiceRequest) -> Result<(), Problem> {
    // Asked of every request: what follows costs a walk over all routes.
    if !request.query_string().split('&').any(is_own) {
        return Ok(());
    }
    let method = request.method().as_str().to_owned();
    let (Some(pattern), Some(who)) = (request.match_pattern(), actor::asker(request.request()))
    else {
        return Ok(());
    };
    let may_read = access(&method, &pattern)
        .filter(|access| reaches(&method, *access) && actor::is_let_in(request.request(), *access));
    let (Some(institution), rest) = (match may_read {
        Some(_) => taken(request.query_string())?,
        None => (None, String::new()),
    }) else {
        return Ok(());
    };
    let app = request.app_data::<Data<App>>().cloned();
    let app = app.ok_or(Problem::Fault)?;
    let reader = app.reaching(&who, institution).await?;
    let route = pattern.strip_prefix("/api/v1").unwrap_or(&pattern);
    if reader.reads != reader.institution && !SUMS.contains(&route) {
        let path = request.path().trim_start_matches("/api/v1");
        let said = listing::said(request.request());
        let looked = Looked::of(&method, path, &said);
        let id = request_id(request.request());
        app.note_inspection(&reader, &id, looked).await?;
    }
    actor::extend(&mut request.extensions_mut(), reader);
    forget(request, &rest)
}

fn is_own(piece: &str) -> bool {
    piece.split('=').next() == Some(PARAMETER)
}

/// What addresses in an answer need at their end so that they lead to what the asker reads.
pub(super) fn kept(who: &Principal) -> String {
    if who.is_named {
        format!("&{PARAMETER}={}", who.reads)
    } else {
        String::new()
    }
}

/// The institution, and the query without it.
fn taken(query: &str) -> Result<(Option<InstitutionId>, String), Problem> {
    // Between two `&`, or behind the last one, there may be nothing.
    let pieces = query.split('&').filter(|piece| !piece.is_empty());
    let (own, rest): (Vec<_>, Vec<_>) = pieces.partition(|piece| is_own(piece));
    let own = Query::<ReachQuery>::read(&own.join("&"))?;
    Ok((own.0.institution, rest.join("&")))
}

/// The routes themselves know nothing of what was taken out of the query.
pub(super) fn forget(request: &mut ServiceRequest, rest: &str) -> Result<(), Problem> {
    let mut parts = request.uri().clone().into_parts();
    let path = request.path();
    let text = if rest.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{rest}")
    };
    parts.path_and_query = Some(text.parse().map_err(|_| Problem::BadRequest)?);
    request.head_mut().uri = Uri::from_parts(parts).map_err(|_| Problem::BadRequest)?;
    Ok(())
}
