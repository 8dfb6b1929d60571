//! `?format=`: every list page by page as JSON, or whole as a file.

use std::{
    future::{Ready, ready},
    str::FromStr,
};

use actix_web::{
    Error, FromRequest, HttpMessage, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{Method, header::ACCEPT},
    middleware::Next,
    web::Data,
};
use serde_json::{Map, Value, json};
use utoipa::openapi::path::ParameterIn;

use super::{
    actor,
    body::body,
    files::sent,
    page::{Cursor, Limit, Query, Typed, access, page},
    paper,
    problem::Problem,
    reach::forget,
    schema,
    server::request_id,
};
use crate::{
    app::{App, Principal, export::Format},
    domain::{refusal::Refusal, words::words},
    report::{
        self,
        lists::{List, Paged},
    },
};

words! {
    /// In which form a list is answered.
    Form {
        /// Page by page.
        Json = "json" "JSON",
        /// Whole, for spreadsheets.
        Csv = "csv" "CSV",
        /// Whole, for spreadsheets, with numbers that are numbers and texts that stay texts.
        Xlsx = "xlsx" "Excel",
        /// Whole, one item a line as the pages have it.
        Jsonl = "jsonl" "JSON lines",
        /// Whole, on A4 paper, of lists that have a form for it.
        Pdf = "pdf" "PDF",
    }
}

body! {
    /// In which form a list is answered.
    FormQuery {
        /// `json`, page by page; or the whole list in one file, whatever `limit` and `next` say: `csv` and `xlsx`
        /// with Chinese headings, `jsonl` with one item a line, `pdf` on paper. As `Accept` says if absent. Whoever takes a file
        /// leaves a line with its name and hash in the audit log.
        format: Option<Typed<Form>>,
    }
}

/// The name of the parameter.
pub(super) const PARAMETER: &str = "format";

/// What is no list and has a form on paper.
const FORMS: [&str; 1] = ["/purchase-requests/{id}"];

impl Form {
    /// What the address of a file is answered as.
    const fn media(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::Csv => "text/csv",
            Self::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            Self::Jsonl => "application/jsonl",
            Self::Pdf => "application/pdf",
        }
    }

    const fn file(self) -> Option<Format> {
        match self {
            Self::Json | Self::Pdf => None,
            Self::Csv => Some(Format::Csv),
            Self::Xlsx => Some(Format::Xlsx),
            Self::Jsonl => Some(Format::Jsonl),
        }
    }

    /// What the asker accepts, where it is a file.
    fn accepted(request: &HttpRequest) -> Option<Self> {
        let accept = request.headers().get(ACCEPT)?.to_str().ok()?;
        let mut files = [Self::Csv, Self::Xlsx, Self::Jsonl, Self::Pdf].into_iter();
        files.find(|form| accept.contains(form.media()))
    }
}

/// Reads `format` of the address of a list, or what is accepted, and lets the route behind answer so.
///
/// # Errors
/// Only errors of the connection itself; [`Problem`]s are answers.
pub async fn choose(
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Err(problem) = chosen(&mut request) {
        return Ok(request.error_response(problem).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn chosen(request: &mut ServiceRequest) -> Result<(), Problem> {
    let is_named = request.query_string().split('&').any(is_own);
    let accepted = Form::accepted(request.request());
    // Asked of every request: what follows costs a walk over all lists.
    if !is_named && accepted.is_none() || request.method() != Method::GET {
        return Ok(());
    }
    let Some(pattern) = request.match_pattern() else {
        return Ok(());
    };
    let route = pattern.strip_prefix("/api/v1").unwrap_or(&pattern);
    let is_let_in =
        access("GET", &pattern).is_some_and(|access| actor::is_let_in(request.request(), access));
    if List::of(route).is_none() && !FORMS.contains(&route) || !is_let_in {
        return Ok(());
    }
    let pieces = request
        .query_string()
        .split('&')
        .filter(|piece| !piece.is_empty());
    let (own, rest): (Vec<_>, Vec<_>) = pieces.partition(|piece| is_own(piece));
    let (own, rest) = (own.join("&"), rest.join("&"));
    let form = Query::<FormQuery>::read(&own)?.0.format.map(|form| form.0);
    if is_named {
        forget(request, &rest)?;
    }
    request
        .extensions_mut()
        .insert(form.or(accepted).unwrap_or(Form::Json));
    Ok(())
}

fn is_own(piece: &str) -> bool {
    piece.split('=').next() == Some(PARAMETER)
}

/// The query with the form that is answered in, for whoever keeps what was asked.
pub(super) fn said(request: &HttpRequest) -> String {
    let query = request.query_string();
    match Form::accepted(request) {
        Some(form) if !query.split('&').any(is_own) => {
            let and = if query.is_empty() { "" } else { "&" };
            format!("{query}{and}{PARAMETER}={form}")
        }
        Some(_) | None => query.to_owned(),
    }
}

/// Answers a list as it was asked for.
pub struct Listing {
    app: Data<App>,
    request: HttpRequest,
    form: Form,
}

impl FromRequest for Listing {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let form = request.extensions().get::<Form>().copied();
        let app = request.app_data::<Data<App>>().cloned();
        ready(app.ok_or(Problem::Fault).map(|app| Self {
            app,
            request: request.clone(),
            form: form.unwrap_or(Form::Json),
        }))
    }
}

impl Listing {
    /// What was asked.
    pub(super) const fn request(&self) -> &HttpRequest {
        &self.request
    }

    /// The program behind it.
    pub(super) fn app(&self) -> &App {
        &self.app
    }

    /// Whether the form of something that is no list was asked for.
    ///
    /// # Errors
    /// [`Refusal::PrintUnavailable`] for every other file of it.
    pub(super) fn is_paper(&self) -> Result<bool, Problem> {
        match self.form {
            Form::Json => Ok(false),
            Form::Pdf => Ok(true),
            Form::Csv | Form::Xlsx | Form::Jsonl => Err(Refusal::FormOnly {}.into()),
        }
    }

    /// Answers the page behind a key, or the whole list as a file: `ask` makes the query for a page behind a key
    /// with so many items at most.
    ///
    /// # Errors
    /// Those of the list, and of files ([`App::take`]).
    pub(super) async fn answer<K, Q>(
        &self,
        who: &Principal,
        (limit, next): (Option<Limit>, Option<Cursor<K>>),
        ask: impl Fn(Option<K>, usize) -> Q + Clone + Send + 'static,
    ) -> Result<HttpResponse, Problem>
    where
        K: FromStr + 'static,
        Q: report::Query,
        Q::Answer: Paged,
    {
        if let Some(file) = self.file(who, ask.clone()).await? {
            return Ok(file);
        }
        let asked = ask(next.map(|cursor| cursor.0), Limit::of(limit));
        let answered = self.app.read(who, asked).await?;
        Ok(page(answered.page()?))
    }

    /// The whole list as a file, if that was asked for.
    ///
    /// # Errors
    /// Those of the list, and of files ([`App::take`]).
    pub(super) async fn file<K, Q>(
        &self,
        who: &Principal,
        ask: impl Fn(Option<K>, usize) -> Q + Clone + Send + 'static,
    ) -> Result<Option<HttpResponse>, Problem>
    where
        K: FromStr + 'static,
        Q: report::Query,
        Q::Answer: Paged,
    {
        if self.form == Form::Json {
            return Ok(None);
        }
        let pattern = self.request.match_pattern().unwrap_or_default();
        let route = pattern.strip_prefix("/api/v1").unwrap_or(&pattern);
        let list = List::of(route).ok_or(Problem::Fault)?;
        // The page behind a key that the list itself has given.
        let behind = move |key: Option<String>, limit: usize| match key {
            None => Some(ask(None, limit)),
            Some(key) => Some(ask(Some(key.parse().ok()?), limit)),
        };
        let (id, route) = (request_id(&self.request), format!("GET {route}"));
        let Some(format) = self.form.file() else {
            return paper::printed(self, who, (list, route), behind)
                .await
                .map(Some);
        };
        let made = self
            .app
            .take(who, &id, route, (list, format), behind)
            .await?;
        Ok(Some(sent(made, self.form.media())))
    }
}

/// What the document says of the forms in which a route is answered.
pub(super) fn describe(operation: &mut Map<String, Value>, route: &str) {
    let list = List::of(route);
    if list.is_none() && !FORMS.contains(&route) {
        return;
    }
    let own = schema::parameters::<FormQuery>(&ParameterIn::Query);
    let all = operation.entry("parameters").or_insert_with(|| json!([]));
    if let (Value::Array(all), Ok(Value::Array(own))) = (all, serde_json::to_value(own)) {
        all.extend(own);
    }
    let content = operation
        .get_mut("responses")
        .and_then(|responses| responses.pointer_mut("/200/content"));
    if let (Some(Value::Object(content)), Some(list)) = (content, list) {
        let headings = list.headings().join("、");
        for form in [Form::Csv, Form::Xlsx, Form::Jsonl, Form::Pdf] {
            let what = match form {
                Form::Json | Form::Csv | Form::Xlsx => headings.clone(),
                Form::Jsonl => "One item of `items` a line.".to_owned(),
                Form::Pdf if list.print.is_empty() => continue,
                Form::Pdf => "A4.".to_owned(),
            };
            let schema = json!({"type": "string", "format": "binary", "description": what});
            content.insert(form.media().to_owned(), json!({"schema": schema}));
        }
    }
}
