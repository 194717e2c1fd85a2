//! HTTP as plain data: what to send, and what came back.

use std::fmt;

use crate::error::{Error, ErrorCode};
use crate::text::text;

/// The methods that Uber's voucher API uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `GET`
    Get,
    /// `POST`
    Post,
}

impl Method {
    /// The method as it stands on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Method::Get => "GET",
            Method::Post => "POST",
        }
    }
}

/// A request that is ready to leave, except for the `Authorization` header,
/// which whoever holds the token adds.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The whole URL. Never holds a secret or a recipient's data.
    pub url: String,
    /// Header fields. Names are in the case that Uber's documentation uses.
    pub headers: Vec<(&'static str, String)>,
    /// The body, if any: JSON or a form, as UTF-8.
    pub body: Option<Vec<u8>>,
}

// The body may hold a client secret or codes that are worth money.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Request({} {})", self.method.as_str(), self.url)
    }
}

/// The header fields of an answer; names are compared without regard to case.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(String, String)>);

// Only names: values can hold what a gateway chose to put there.
impl fmt::Debug for Headers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_list().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

impl Headers {
    /// The first value of that name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(have, _)| have.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// All fields, names in lower case, in the order received.
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

/// What is known of an answer before its body has come: enough to decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ResponseHead {
    /// The status; 0 where the host shows none (an opaque redirect in a page).
    pub status: u16,
    /// The header fields.
    pub headers: Headers,
}

impl ResponseHead {
    /// Whether the body says that it is a web page: a login form or a captive
    /// portal, not Uber's API.
    #[must_use]
    pub fn is_html(&self) -> bool {
        self.has_type(b"text/html") || self.has_type(b"application/xhtml+xml")
    }

    /// Whether the body is a problem of RFC 9457, as the worker of this package
    /// gives: none of Uber's.
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

/// A whole answer.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Status and header fields.
    pub head: ResponseHead,
    /// The body, as far as it came.
    pub body: Vec<u8>,
}

impl fmt::Debug for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Response({}, {} bytes)", self.head.status, self.body.len())
    }
}

/// Where Uber's API answers, or a worker that stands in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// `https://api.uber.com`, Uber's production API.
    pub const PRODUCTION: &'static str = "https://api.uber.com";

    /// Takes an absolute URL in the canonical form (scheme and host in lower
    /// case): `https`, or `http` to this very machine. No user name, query or
    /// fragment; `option` is the name that an error gives it.
    pub fn new(url: &str, option: &str) -> Result<Self, Error> {
        if is_base(url.as_bytes()) {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let rule = "` must be an https URL (or http to this machine) without user name or query";
        Err(Error::validation(ErrorCode::InvalidOptions, text(&["`", option, rule])))
    }

    /// The URL without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_base(url: &[u8]) -> bool {
    let (rest, secure) = match (url.strip_prefix(b"https://"), url.strip_prefix(b"http://")) {
        (Some(rest), _) => (rest, true),
        (_, Some(rest)) => (rest, false),
        _ => return false,
    };
    let mut path = rest.splitn(2, |byte| *byte == b'/');
    let authority = path.next().unwrap_or_default();
    let forbidden = |byte: &u8| !byte.is_ascii_graphic() || b"?#\\@".contains(byte);
    // An `@` is harmless in a path, but has no place in one of Uber's.
    !authority.is_empty() && !rest.iter().any(forbidden) && (secure || is_loopback(authority))
}

fn is_loopback(authority: &[u8]) -> bool {
    if let Some(port) = authority.strip_prefix(b"[::1]") {
        return port.is_empty() || port.starts_with(b":");
    }
    let host = authority.split(|byte| *byte == b':').next().unwrap_or_default();
    host == b"localhost" || host.ends_with(b".localhost") || is_loopback_v4(host)
}

/// `127.x.y.z`, in that form only.
fn is_loopback_v4(host: &[u8]) -> bool {
    let mut parts = 0;
    for part in host.split(|byte| *byte == b'.') {
        parts += 1;
        let is_number = matches!(part.len(), 1..=3) && part.iter().all(u8::is_ascii_digit);
        if !is_number
            || (parts == 1 && part != b"127")
            || (part.len() == 3 && part > b"255".as_slice())
        {
            return false;
        }
    }
    parts == 4
}

/// Percent-encodes all but RFC 3986's unreserved characters, so that the
/// result is one path segment, one query value or one form value.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }));
            }
        }
    }
    encoded
}

/// A form (`application/x-www-form-urlencoded`) or a query.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(&percent_encode(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_or_loopback() {
        for (text, kept) in [
            ("https://api.uber.com", "https://api.uber.com"),
            ("https://api.uber.com/", "https://api.uber.com"),
            ("https://example.com/uber//", "https://example.com/uber"),
            ("http://localhost:8787", "http://localhost:8787"),
            ("http://console.localhost/", "http://console.localhost"),
            ("http://127.8.9.1:1/x", "http://127.8.9.1:1/x"),
            ("http://127.255.0.99", "http://127.255.0.99"),
            ("http://[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(BaseUrl::new(text, "baseUrl").unwrap().as_str(), kept);
        }
        for text in [
            "",
            "api.uber.com",
            "/relative",
            "http://api.uber.com",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.256",
            "http://127.0.1",
            "http://127.0.0.x",
            "http://127.0.0.0001",
            "http://127.0.0.",
            "http://128.0.0.1",
            "http://[::1",
            "http://[::1]evil.example",
            "http://localhost@evil.example",
            "https://user:pw@api.uber.com",
            "https://api.uber.com?x",
            "https://api.uber.com/#x",
            "https://api.uber.com\\@evil.example",
            "https://",
            "https:///x",
            "https://a b",
            "ftp://api.uber.com",
            "HTTPS://api.uber.com",
            "javascript://localhost",
        ] {
            let error = BaseUrl::new(text, "baseUrl").unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOptions, "{text}");
            assert!(error.message.contains("`baseUrl`"), "{text}");
        }
    }

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
    fn an_answer_prints_names_only() {
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
    fn html_is_told_by_its_media_type() {
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

    #[test]
    fn forms_encode_everything_that_could_be_read_otherwise() {
        assert_eq!(form(&[("a", "x&b=y z+é"), ("c", "")]), "a=x%26b%3Dy%20z%2B%C3%A9&c=");
    }
}
