//! A client that speaks JSON and shows the whole answer.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::conformance::assert_documented;
use super::server::SECRET;

static KEYS: AtomicU64 = AtomicU64::new(0);

/// A fresh idempotency key.
pub fn fresh_key() -> String {
    format!("test-key-{:012}", KEYS.fetch_add(1, Ordering::Relaxed))
}

/// A text as it stands in a query string.
pub fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Somebody who sends requests, signed in or not.
#[derive(Clone)]
pub struct Client {
    pub base: String,
    pub token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub json: Value,
    pub text: String,
    pub replayed: bool,
    pub etag: Option<String>,
    pub bytes: Vec<u8>,
    pub cookie: Option<String>,
    pub retry_after: Option<String>,
    headers: ureq::http::HeaderMap,
}

impl Answer {
    /// The code of a problem.
    pub fn code(&self) -> &str {
        self.json["code"].as_str().unwrap_or_default()
    }

    /// A header; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.map_or("", |value| value.to_str().unwrap())
    }

    /// The answer, which must have this status.
    #[track_caller]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", self.text);
        self
    }

    /// The answer, which must be a problem with this status and code.
    #[track_caller]
    pub fn refused(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status, self.code()), (status, code), "{}", self.text);
        self
    }
}

impl Client {
    /// The same person at another server.
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            token: self.token.clone(),
        }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None, None)
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None, None)
    }

    /// A POST with a fresh idempotency key.
    pub fn post(&self, path: &str, body: Value) -> Answer {
        self.post_with(path, &fresh_key(), body)
    }

    pub fn post_with(&self, path: &str, key: &str, body: Value) -> Answer {
        self.send("POST", path, Some(key), Some(body.to_string()))
    }

    /// A GET by somebody who has the answer with this tag.
    pub fn get_unless(&self, path: &str, tag: &str) -> Answer {
        self.send_with("GET", path, &[("If-None-Match", tag)], None)
            .unwrap()
    }

    pub fn send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<String>,
    ) -> Answer {
        self.try_send(method, path, key, body).unwrap()
    }

    /// As [`Client::send`], or what broke off before the whole answer had come.
    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<String>,
    ) -> Result<Answer, ureq::Error> {
        let key = key.map(|key| ("Idempotency-Key", key));
        self.send_with(method, path, key.as_slice(), body)
    }

    pub fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Answer, ureq::Error> {
        let body = body.map(|body| ("application/json".to_owned(), body.into_bytes()));
        self.transfer(method, path, headers, body)
    }

    /// A form with a file and other parts, as a browser sends it.
    pub fn upload(&self, path: &str, file: (&str, &[u8]), parts: &[(&str, &str)]) -> Answer {
        self.upload_with(path, &[], file, parts)
    }

    /// The same with headers.
    pub fn upload_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        file: (&str, &[u8]),
        parts: &[(&str, &str)],
    ) -> Answer {
        const BOUNDARY: &str = "a-boundary-that-no-sheet-holds";
        let mut form = Vec::new();
        for (name, text) in parts {
            form.extend_from_slice(
                format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n")
                    .as_bytes(),
            );
        }
        let (name, bytes) = file;
        form.extend_from_slice(
            format!(
                "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
                 Content-Type: application/octet-stream\r\n\r\n"
            )
            .as_bytes(),
        );
        form.extend_from_slice(bytes);
        form.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
        let kind = format!("multipart/form-data; boundary={BOUNDARY}");
        self.transfer("POST", path, headers, Some((kind, form)))
            .unwrap()
    }

    fn transfer(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<(String, Vec<u8>)>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base));
        if headers.iter().all(|(name, _)| *name != "Accept-Language") {
            request = request.header("Accept-Language", "en");
        }
        if let Some(token) = &self.token {
            request = request.header("Authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut response = match body {
            Some((kind, body)) => {
                agent.run(request.header("Content-Type", kind).body(body).unwrap())
            }
            None => agent.run(request.body(()).unwrap()),
        }?;
        let header = |name: &str| {
            let value = response.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        let (cookie, retry_after) = (header("Set-Cookie"), header("Retry-After"));
        let media = header("Content-Type").unwrap_or_default();
        let bytes = response.body_mut().read_to_vec()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let json: Value = serde_json::from_str(&text).unwrap_or(Value::Null);
        assert_documented(method, path, response.status().as_u16(), &media, &json);
        Ok(Answer {
            status: response.status().as_u16(),
            json,
            headers: response.headers().clone(),
            replayed: response.headers().get("Idempotent-Replayed").is_some(),
            etag: response
                .headers()
                .get("ETag")
                .map(|tag| tag.to_str().unwrap().to_owned()),
            text,
            cookie,
            retry_after,
            bytes,
        })
    }

    /// Sets [`SECRET`] with a one-time code.
    pub fn set_secret(&self, institution: &str, staff_number: &str, code: &str) {
        let body = json!({
            "institution": institution, "staff_number": staff_number, "code": code, "secret": SECRET,
        });
        self.post("/api/v1/secrets", body).expect(204);
    }

    /// Signs somebody of the first institution in with [`SECRET`].
    pub fn sign_in(&self, staff_number: &str) -> Self {
        self.sign_in_to("1", staff_number)
    }

    /// Signs somebody of an institution in with [`SECRET`].
    pub fn sign_in_to(&self, institution: &str, staff_number: &str) -> Self {
        self.sign_in_with(institution, staff_number, SECRET)
    }

    /// Signs somebody in with a secret.
    pub fn sign_in_with(&self, institution: &str, staff_number: &str, secret: &str) -> Self {
        let answer = self
            .post(
                "/api/v1/sessions",
                json!({"institution": institution, "staff_number": staff_number, "secret": secret}),
            )
            .expect(201);
        let token = answer.json["token"].as_str().unwrap().to_owned();
        Self {
            base: self.base.clone(),
            token: Some(token),
        }
    }
}
