//! A sheet that is uploaded comes in time, or is not waited for.

use std::pin::Pin;

use actix_multipart::form::{MultipartCollect, MultipartForm};
use actix_web::{FromRequest, HttpRequest, dev::Payload, rt::time::timeout, web::Data};

use super::{problem::Problem, server::Serving};

/// A form that came in time: ten times as long as an ordinary body may take.
pub struct InTime<F>(pub F);

impl<F: MultipartCollect + 'static> FromRequest for InTime<F> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Self::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let serving = request.app_data::<Data<Serving>>();
        let ordinary = serving.map_or(Serving::default().body_time, |serving| serving.body_time);
        let form = timeout(
            ordinary.saturating_mul(10),
            MultipartForm::<F>::from_request(request, payload),
        );
        Box::pin(async move {
            let form = form.await.map_err(|_| Problem::TooSlow)??;
            Ok(Self(form.into_inner()))
        })
    }
}
