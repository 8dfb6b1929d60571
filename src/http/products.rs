//! `/products`: 品名.

use actix_web::{HttpRequest, HttpResponse, get, post, web::Data};
use serde_json::json;

use super::{
    actor::{Permit, may},
    answers,
    body::{Body, body},
    idempotency::{KeyHeader, write},
    listing::Listing,
    page::{Cursor, Limit, Query},
    problem::Problem,
    receipt::answer,
};
use crate::{
    app::App,
    domain::{
        ids::{Cas, ProductId},
        ledger::Act,
        quantity::Dimension,
        substance::ControlClass,
        verb::SetProduct,
    },
    report::products::Products,
};

body! {
    /// A product.
    ProductBody {
        /// 品名.
        name: String,
        /// Concentration or form.
        qualifier: Option<String>,
        /// CAS number.
        cas: Option<Cas>,
        /// The code of the listed substance, where name and qualifier leave several.
        substance: Option<String>,
        /// The dimension its containers are booked in.
        dimension: Dimension,
    }
}

/// Makes a product; its control classes come from the regulated lists.
#[utoipa::path(
    request_body = ProductBody,
    responses((status = 201, body = answers::ProductMade)),
    params(KeyHeader),
)]
#[post("/products")]
pub async fn create(
    request: HttpRequest,
    app: Data<App>,
    permit: Permit<may::ManagePlaces>,
    body: Body<ProductBody>,
) -> Result<HttpResponse, Problem> {
    let given = body.value;
    let product = app.product(
        given.name,
        given.qualifier,
        given.cas,
        given.dimension,
        given.substance.as_deref(),
    )?;
    let verb = SetProduct { id: None, product };
    write(
        &request,
        &app,
        &permit.who,
        &body.json,
        Box::new(verb),
        |done| {
            answer(done, |record| {
                let Act::Product(product) = &record.act else {
                    return json!({});
                };
                json!({ "product": product.id, "classes": product.classes })
            })
        },
    )
    .await
}

body! {
    /// Which products.
    ProductsQuery {
        /// Only of this control class today.
        class: Option<ControlClass>,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<ProductId>>,
    }
}

/// The products, by number.
#[utoipa::path(params(ProductsQuery), responses((status = 200, body = answers::Products)))]
#[get("/products")]
pub async fn list(
    listing: Listing,
    permit: Permit<may::ReadStock>,
    query: Query<ProductsQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let part = (asked.limit, asked.next);
    let ask = move |after, limit| Products {
        class: asked.class,
        after,
        limit,
    };
    listing.answer(&permit.who, part, ask).await
}
