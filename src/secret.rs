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
    fn a_header_takes_visible_ascii_only() {
        assert!(Secret::new("abc.DEF-123").fits_a_header());
        for bad in ["", "a b", "a\nb", "é", "\u{7f}"] {
            assert!(!Secret::new(bad).fits_a_header(), "{bad:?}");
        }
    }
}
