//! HTTP as plain data: requests and responses.

mod base_url;
pub(crate) mod date;
mod encode;

use std::fmt;

pub use base_url::BaseUrl;
pub use encode::{form, percent_encode};

/// The methods that Uber's voucher API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

impl Method {
    /// The method as it is sent.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request that is ready to send, except for the `Authorization` header, which the
/// caller adds.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL. Never contains a secret or a recipient's data.
    pub url: String,
    /// Header fields. The case of the names follows Uber's documentation.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if any: JSON or a form, as UTF-8.
    pub body: Option<Vec<u8>>,
}

// The body may contain a client secret or codes that are worth money.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Request({} {})", self.method.as_str(), self.url)
    }
}

/// The header fields of a response; names are case-insensitive.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

// Only names: a gateway may put anything into the values.
impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Headers {
    /// The first value with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All fields in the order received, with names in lower case.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Uber's own fields (`x-uber-*`), which its support asks for.
    #[must_use]
    pub fn uber_headers(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| name.starts_with("x-uber-")).cloned().collect()
    }
}

impl<N: AsRef<str>, V: Into<String>> FromIterator<(N, V)> for Headers {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        Self(
            fields
                .into_iter()
                .map(|(name, value)| (name.as_ref().to_ascii_lowercase(), value.into()))
                .collect(),
        )
    }
}

/// A response before its body has arrived.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status; 0 if the host exposes none (an opaque redirect in a page).
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
}

impl ResponseHead {
    /// Whether the body is declared to be a web page: a login form or a captive portal,
    /// not Uber's API.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.has_type(b"text/html") || self.has_type(b"application/xhtml+xml")
    }

    /// Whether the body is a problem of RFC 9457, which this package's worker returns and
    /// Uber does not.
    #[must_use]
    pub fn is_problem(&self) -> bool {
        self.has_type(b"application/problem+json")
    }

    fn has_type(&self, name: &[u8]) -> bool {
        self.headers.get("content-type").is_some_and(|value| {
            let media_type = value.as_bytes().split(|byte| *byte == b';').next();
            media_type.is_some_and(|found| found.trim_ascii().eq_ignore_ascii_case(name))
        })
    }
}

/// A whole response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status and header fields.
    pub head: ResponseHead,
    /// The part of the body that arrived.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Response({}, {} bytes)", self.head.status, self.body.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_prints_no_body() {
        let request = Request {
            method: Method::Post,
            url: "https://auth.uber.com/oauth/v2/token".into(),
            headers: vec![],
            body: Some(b"client_secret=hunter2".to_vec()),
        };
        assert_eq!(format!("{request:?}"), "Request(POST https://auth.uber.com/oauth/v2/token)");
    }

    #[test]
    fn a_response_prints_header_names_only() {
        let head = ResponseHead {
            status: 200,
            headers: [("X-Uber-Trace", "hunter2"), ("x-uber", "y"), ("Date", "now")]
                .into_iter()
                .collect(),
        };
        assert_eq!(format!("{:?}", head.headers), r#"["x-uber-trace", "x-uber", "date"]"#);
        assert_eq!(
            head.headers.uber_headers(),
            [("x-uber-trace".to_owned(), "hunter2".to_owned())]
        );
        assert_eq!(head.headers.get("DATE"), Some("now"));
        assert_eq!(head.headers.get("Dat"), None);
        let response = Response { head, body: b"hunter2".to_vec() };
        assert_eq!(format!("{response:?}"), "Response(200, 7 bytes)");
    }

    #[test]
    fn html_is_recognised_by_its_media_type() {
        let head = |value: &str| ResponseHead {
            status: 200,
            headers: [("Content-Type", value)].into_iter().collect(),
        };
        assert!(head("text/html").is_html());
        assert!(head("Text/HTML; charset=utf-8").is_html());
        assert!(head("application/xhtml+xml").is_html());
        assert!(!head("application/json").is_html());
        assert!(!head("text/htmlx").is_html());
        assert!(!ResponseHead::default().is_html());
    }
}
