//! A request as it arrives, and the response to the caller.

use std::fmt;

use serde_json::Value;

use crate::http::{Headers, Request, Response, ResponseHead};
use crate::secret::AccessToken;

/// A request as a server sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct IncomingRequest {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path and the query. The host is ignored: the token endpoint and the API have
    /// different hosts, and a sandbox serves both.
    pub target: String,
    /// The header fields, including `Authorization`.
    pub headers: Headers,
    /// The body; empty if there is none.
    pub body: Vec<u8>,
}

impl IncomingRequest {
    /// The request that arrives if `request` is sent with this token.
    #[must_use]
    pub fn new(request: &Request, token: Option<&AccessToken>) -> Self {
        let after_scheme = request.url.split_once("://").map(|(_, rest)| rest);
        let target = after_scheme.map_or(request.url.as_str(), |rest| {
            rest.find('/').map_or("/", |slash| rest.split_at(slash).1)
        });
        let authorization =
            token.map(|token| ("Authorization", format!("Bearer {}", token.expose())));
        Self {
            method: request.method.as_str().to_owned(),
            target: target.to_owned(),
            headers: request.headers.iter().cloned().chain(authorization).collect(),
            body: request.body.clone().unwrap_or_default(),
        }
    }

    pub(super) fn path(&self) -> &str {
        self.target.split(['?', '#']).next().unwrap_or_default()
    }

    pub(super) fn query(&self) -> &str {
        let before_fragment = self.target.split('#').next().unwrap_or_default();
        before_fragment.split_once('?').map_or("", |(_, query)| query)
    }

    /// The type of the body, in lower case, without parameters.
    pub(super) fn media_type(&self) -> String {
        let value = self.headers.get("content-type").unwrap_or_default();
        let media_type = value.split(';').next().unwrap_or_default();
        media_type.trim().to_ascii_lowercase()
    }
}

// The headers contain a token, the body a secret or codes.
impl fmt::Debug for IncomingRequest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IncomingRequest({} {})", self.method, self.path())
    }
}

/// The result of a request, and its delay.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The delay after the request, in milliseconds.
    pub after_ms: u64,
    /// The result.
    pub answer: Answer,
}

/// The result of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// A complete response.
    Response(Response),
    /// The connection breaks, without a response.
    Lost,
    /// Neither a response nor the end of the connection ever arrives.
    Hang,
}

/// A response without a body.
pub(super) fn empty(status: u16) -> Response {
    Response { head: ResponseHead { status, headers: Headers::default() }, body: Vec::new() }
}

pub(super) fn with_body(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Response {
    with_header(Response { body: body.into(), ..empty(status) }, "content-type", media_type)
}

pub(super) fn json(status: u16, body: &Value) -> Response {
    let text = body.to_string();
    let length = text.len().to_string();
    with_header(with_body(status, "application/json", text), "content-length", &length)
}

/// The form that is documented for Uber's rate limiter, and most used on that host:
/// `code` and `message`.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Response {
    json(status, &serde_json::json!({ "code": code, "message": message }))
}

pub(super) fn with_header(response: Response, name: &str, value: &str) -> Response {
    let fields = response.head.headers.iter().chain([(name, value)]);
    Response {
        head: ResponseHead { status: response.head.status, headers: fields.collect() },
        body: response.body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::Method;

    fn arriving(url: &str) -> IncomingRequest {
        let request = Request {
            method: Method::Post,
            url: url.to_owned(),
            headers: vec![("Content-Type", "Application/JSON; charset=utf-8".to_owned())],
            body: Some(b"{}".to_vec()),
        };
        IncomingRequest::new(&request, Some(&AccessToken::new("t0ken")))
    }

    #[test]
    fn the_host_is_left_out_and_the_token_added() {
        let request = arriving("https://api.uber.com/v1/x%2Fy?a=1#b");
        assert_eq!(request.target, "/v1/x%2Fy?a=1#b");
        assert_eq!((request.path(), request.query()), ("/v1/x%2Fy", "a=1"));
        assert_eq!(request.headers.get("authorization"), Some("Bearer t0ken"));
        assert_eq!(request.media_type(), "application/json");
        assert_eq!(arriving("https://api.uber.com").path(), "/");
        assert_eq!(arriving("/v1/x").path(), "/v1/x");
    }

    #[test]
    fn debug_prints_no_secret() {
        assert_eq!(
            format!("{:?}", arriving("https://api.uber.com/v1/x?secret=1")),
            "IncomingRequest(POST /v1/x)"
        );
    }
}
