//! Who asks, and whether they may: the permission is the type of the extractor.

use std::{
    future::{Ready, ready},
    marker::PhantomData,
};

use actix_web::{
    FromRequest, HttpMessage, HttpRequest,
    body::MessageBody,
    dev::{Extensions, Payload, ServiceRequest, ServiceResponse},
    http::header::AUTHORIZATION,
    middleware::Next,
    web::Data,
};

use super::{Access, problem::Problem, server::terminal};
use crate::{
    app::{App, Principal},
    domain::{people::Permission, refusal::Refusal},
};

/// Somebody signed in, whatever the role.
#[derive(Clone, Debug)]
pub struct SignedIn(pub Principal);

/// A permission as a type.
pub trait Needed {
    /// The permission.
    const PERMISSION: Permission;
}

/// Somebody signed in who holds the permission `P`.
#[derive(Clone, Debug)]
pub struct Permit<P> {
    /// Who.
    pub who: Principal,
    permission: PhantomData<P>,
}

macro_rules! permissions {
    ($($name:ident)*) => {
        /// The permissions as types.
        pub mod may {
            $(
                #[doc = concat!("See [`crate::domain::people::Permission::", stringify!($name), "`].")]
                #[derive(Clone, Copy, Debug)]
                pub struct $name;

                impl super::Needed for $name {
                    const PERMISSION: super::Permission = super::Permission::$name;
                }
            )*
        }
    };
}

permissions! {
    ReadStock ReadLedger ReadAudit ReadPeople Import Receive Move Checkout Waste Reverse ManagePlaces
    ManagePeople RequestPurchases ApprovePurchases ManagePurchases
    ManagePolicy Stocktake Adjust ReportIncidents EndIncidents Submit Review
}

/// What became of the token of a request.
#[derive(Clone)]
struct Identified(Result<Principal, Problem>);

/// Finds out who asks before anything of the request is read, so that nobody learns from their bad
/// fields what they may not do at all. The extractors below only look at what was found.
///
/// # Errors
/// Only errors of the connection itself.
pub async fn identify(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let token = request
        .headers()
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    if let (Some(token), Some(app)) = (token, request.app_data::<Data<App>>()) {
        // Where the request comes from, not where the session began.
        let terminal = terminal(request.request());
        let at = |who| Principal { terminal, ..who };
        let who = app.principal(token).await.map(at).map_err(Problem::from);
        if let Ok(who) = &who {
            let span = tracing::Span::current();
            span.record("institution", who.institution.get());
            span.record("person", who.person.get());
        }
        request.extensions_mut().insert(Identified(who));
    }
    next.call(request).await
}

/// Whoever asks goes on as another reader.
pub(super) fn extend(extensions: &mut Extensions, reader: Principal) {
    extensions.insert(Identified(Ok(reader)));
}

/// Who asks, if a living session says so.
#[must_use]
pub fn asker(request: &HttpRequest) -> Option<Principal> {
    let extensions = request.extensions();
    extensions.get::<Identified>()?.0.as_ref().ok().cloned()
}

/// Whether whoever asks may use a route.
#[must_use]
pub fn is_let_in(request: &HttpRequest, access: Access) -> bool {
    match access {
        Access::Anyone => true,
        Access::SignedIn => asker(request).is_some(),
        Access::Needs(permission) => asker(request).is_some_and(|who| who.may(permission)),
    }
}

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let identified = request.extensions().get::<Identified>().cloned();
        ready(match identified {
            Some(Identified(who)) => who.map(Self),
            None => Err(Refusal::SessionInvalid {}.into()),
        })
    }
}

impl<P: Needed + 'static> FromRequest for Permit<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let SignedIn(who) = match SignedIn::from_request(request, payload).into_inner() {
            Ok(signed_in) => signed_in,
            Err(problem) => return ready(Err(problem)),
        };
        ready(if who.may(P::PERMISSION) {
            Ok(Self {
                who,
                permission: PhantomData,
            })
        } else {
            Err(Refusal::NotPermitted {}.into())
        })
    }
}
