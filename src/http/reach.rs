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
    page::{Query, access},
    problem::Problem,
    server::request_id,
};
use crate::{
    app::App,
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
const SUMS: [&str; 10] = [
    "/checkpoint",
    "/consistency",
    "/counts",
    "/departments",
    "/institutions",
    "/places",
    "/products",
    "/stock",
    "/storage-map",
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
/// Only errors of the connection itself; [`Problem`]s are answers.
pub async fn extend(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let Some(pattern) = request.match_pattern() else {
        return next.call(request).await;
    };
    let method = request.method().as_str().to_owned();
    let asker = actor::asker(request.request());
    let may_read = access(&method, &pattern).filter(|access| reaches(&method, *access));
    let mut pieces = request.query_string().split('&');
    let is_asked = pieces.any(is_own);
    if let (Some(who), Some(access), true) = (asker, may_read, is_asked)
        && actor::is_let_in(request.request(), access)
    {
        let (institution, rest) = taken(request.query_string())?;
        if let Some(institution) = institution {
            let app = request.app_data::<Data<App>>().cloned();
            let app = app.ok_or(Problem::Fault)?;
            let reader = app
                .reaching(&who, institution)
                .await
                .map_err(Problem::from)?;
            let route = pattern.strip_prefix("/api/v1").unwrap_or(&pattern);
            if reader.reads != reader.institution && !SUMS.contains(&route) {
                let looked = request.path().trim_start_matches("/api/v1");
                let looked = format!("{method} {looked}");
                let id = request_id(request.request());
                let noted = app.note_inspection(&reader, &id, looked).await;
                noted.map_err(Problem::from)?;
            }
            actor::extend(&mut request.extensions_mut(), reader);
            forget(&mut request, &rest)?;
        }
    }
    next.call(request).await
}

fn is_own(piece: &str) -> bool {
    piece.split('=').next() == Some(PARAMETER)
}

/// The institution, and the query without it.
fn taken(query: &str) -> Result<(Option<InstitutionId>, String), Problem> {
    let (own, rest): (Vec<_>, Vec<_>) = query.split('&').partition(|piece| is_own(piece));
    let own = Query::<ReachQuery>::read(&own.join("&"))?;
    Ok((own.0.institution, rest.join("&")))
}

/// The routes themselves know nothing of it.
fn forget(request: &mut ServiceRequest, rest: &str) -> Result<(), Problem> {
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
