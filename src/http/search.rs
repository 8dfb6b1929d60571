//! `GET /search`: the one search box.

use actix_web::{HttpResponse, get, web::Data};

use super::{
    actor::{Permit, may},
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{app::App, domain::ids::ProductId, report::search::Search};

body! {
    /// What was typed.
    SearchQuery {
        /// Name, alias, pinyin or its initials, CAS number, lot, or the last six digits or more of a label.
        q: String,
        /// Most products.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<ProductId>>,
    }
}

/// Products that are found, each with its containers and where they are.
#[utoipa::path(params(SearchQuery), responses((status = 200, body = answers::SearchResults)))]
#[get("/search")]
pub async fn list(
    app: Data<App>,
    permit: Permit<may::ReadStock>,
    query: Query<SearchQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let search = Search {
        text: asked.q,
        after: asked.next.map(|cursor| cursor.0),
        limit: Limit::of(asked.limit),
    };
    Ok(page(app.read(&permit.who, search).await?))
}
