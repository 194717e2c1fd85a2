//! Values that must never be printed.

use std::fmt;

/// A string whose `Debug` form is `[redacted]`: an access token, a client
/// secret, a refresh token, an authorization code or a signing key.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A token that Uber's API accepts as `Authorization: Bearer …`.
pub type AccessToken = Secret;
/// The secret of an app in Uber's developer dashboard.
pub type ClientSecret = Secret;
/// The key that signs webhooks.
pub type SigningKey = Secret;

impl Secret {
    /// Takes the secret out of the reach of `Debug`.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself. The name is long so that its uses can be found.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether this can stand in an HTTP header: visible ASCII, not empty.
    #[must_use]
    pub fn fits_a_header(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// What to do about one that [`is_padded`], where it was refused.
pub(crate) const PADDED: &str =
    "A key, id or secret begins or ends with white space, such as a line break: take that off.";

/// Whether something came along as it was copied: a line break, white space or an
/// invisible character at its beginning or end. It may be meant, so it is never taken
/// off in silence; what Uber gives is visible ASCII.
pub(crate) fn is_padded(text: &str) -> bool {
    let is_stray = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_graphic());
    is_stray(text.as_bytes().first()) || is_stray(text.as_bytes().last())
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_prints_it() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "[redacted]");
    }

    #[test]
    fn what_was_copied_along_is_seen() {
        for padded in ["a\n", "a\r\n", " a", "a\u{a0}", "\u{feff}a", "a\u{200b}", "\0a", " ", "\n"]
        {
            assert!(is_padded(padded), "{padded:?}");
        }
        for text in ["", "a", "a b", "a\nb", "aéa", "\"a\""] {
            assert!(!is_padded(text), "{text:?}");
        }
    }

    #[test]
    fn a_header_takes_visible_ascii_only() {
        assert!(Secret::new("abc.DEF-123").fits_a_header());
        for bad in ["", "a b", "a\nb", "é", "\u{7f}"] {
            assert!(!Secret::new(bad).fits_a_header(), "{bad:?}");
        }
    }
}
