//! `GET /substances`: the regulated lists, searched like the stock.

use actix_web::{HttpResponse, get, web::Data};
use serde_json::{Value, json};

use super::{
    actor::SignedIn,
    answers,
    body::body,
    page::{Cursor, Limit, Query, page},
    problem::Problem,
};
use crate::{
    app::App,
    domain::substance::{Substance, SubstanceId},
    report::Page,
};

body! {
    /// What was typed.
    SubstancesQuery {
        /// Name, alias, pinyin or its initials, or CAS number.
        q: String,
        /// Most items.
        limit: Option<Limit>,
        /// Where the page begins.
        next: Option<Cursor<SubstanceId>>,
    }
}

/// Listed substances with their classes today.
#[utoipa::path(params(SubstancesQuery), responses((status = 200, body = answers::Substances)))]
#[get("/substances")]
pub async fn list(
    app: Data<App>,
    _signed_in: SignedIn,
    query: Query<SubstancesQuery>,
) -> Result<HttpResponse, Problem> {
    let asked = query.0;
    let day = app.now().china_day();
    let shown = |substance: &Substance| -> Value {
        let classes = app.catalogue().classes_on(&substance.id, day);
        json!({
            "substance": substance.id,
            "name": substance.name,
            "aliases": substance.aliases,
            "qualifier": substance.qualifier,
            "cas": substance.cas,
            "signal_word": substance.signal_word,
            "pictograms": substance.pictograms,
            "classes": classes.iter().map(|on| on.class).collect::<Vec<_>>(),
        })
    };
    let listed = Page::of(
        app.catalogue().search(&asked.q).collect(),
        |substance| substance.id.clone(),
        asked.next.map(|cursor| cursor.0).as_ref(),
        Limit::of(asked.limit),
        None,
    );
    Ok(page(listed.map(shown)))
}
