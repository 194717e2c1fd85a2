//! The base URL of an API.

use crate::error::{Error, ErrorCode};
use crate::text::text;

/// The base URL of Uber's API, or of a worker in front of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl(String);

impl BaseUrl {
    /// `https://api.uber.com`, Uber's production API.
    pub const PRODUCTION: &'static str = "https://api.uber.com";

    /// Accepts an absolute URL in canonical form (scheme and host in lower case):
    /// `https`, or `http` to this machine. No user name, query or fragment. Errors name
    /// the URL by `option`.
    pub fn new(url: &str, option: &str) -> Result<Self, Error> {
        if is_base(url.as_bytes()) {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let rule = "` must be an https URL (or http to this machine) without user name or query";
        Err(Error::validation(ErrorCode::InvalidOptions, text(&["`", option, rule])))
    }

    /// The URL without a trailing slash.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_base(url: &[u8]) -> bool {
    let secure = url.strip_prefix(b"https://");
    let Some(rest) = secure.or_else(|| url.strip_prefix(b"http://")) else { return false };
    let authority = before(rest, b'/');
    let forbidden = |byte: &u8| !byte.is_ascii_graphic() || b"?#\\@".contains(byte);
    // An `@` would be harmless in a path, but Uber's paths have none.
    !authority.is_empty()
        && !rest.iter().any(forbidden)
        && (secure.is_some() || is_loopback(authority))
}

/// The bytes before the first `end`.
fn before(bytes: &[u8], end: u8) -> &[u8] {
    let length = bytes.iter().position(|byte| *byte == end).unwrap_or(bytes.len());
    bytes.get(..length).unwrap_or_default()
}

fn is_loopback(authority: &[u8]) -> bool {
    if let Some(port) = authority.strip_prefix(b"[::1]") {
        return port.is_empty() || port.starts_with(b":");
    }
    let host = before(authority, b':');
    host == b"localhost" || host.ends_with(b".localhost") || is_loopback_v4(host)
}

/// `127.x.y.z`, in this form only.
fn is_loopback_v4(host: &[u8]) -> bool {
    let Some(rest) = host.strip_prefix(b"127.") else { return false };
    let (mut points, mut digits, mut number) = (0, 0, 0);
    for byte in rest {
        match byte {
            b'0'..=b'9' if digits < 3 => {
                digits += 1;
                number = number * 10 + u32::from(byte - b'0');
            }
            b'.' if digits > 0 => (points, digits, number) = (points + 1, 0, 0),
            _ => return false,
        }
        if number > 255 {
            return false;
        }
    }
    points == 2 && digits > 0
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
}
