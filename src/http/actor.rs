//! Who asks, and whether they may: the permission is the type of the extractor.

use std::{future::Future, marker::PhantomData, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, http::header::AUTHORIZATION, web::Data};

use super::problem::Problem;
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
    ReadStock ReadLedger ReadAudit ReadPeople Receive Move Checkout Reverse ManagePlaces ManagePeople
    ManagePolicy
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let app = request.app_data::<Data<App>>().cloned();
        let token = request
            .headers()
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok())
            .and_then(|value| value.strip_prefix("Bearer "))
            .map(ToOwned::to_owned);
        Box::pin(async move {
            let app = app.ok_or(Problem::Fault)?;
            let token = token.ok_or(Refusal::SessionInvalid {})?;
            Ok(Self(app.principal(&token).await?))
        })
    }
}

impl<P: Needed + 'static> FromRequest for Permit<P> {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed_in = SignedIn::from_request(request, payload);
        Box::pin(async move {
            let SignedIn(who) = signed_in.await?;
            if who.may(P::PERMISSION) {
                Ok(Self {
                    who,
                    permission: PhantomData,
                })
            } else {
                Err(Refusal::NotPermitted {}.into())
            }
        })
    }
}
