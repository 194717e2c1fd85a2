//! Secrets that must never be printed, each with its own type.

use std::fmt;

macro_rules! secret {
    ($($(#[$docs:meta])* $name:ident;)*) => {
        $(
            $(#[$docs])*
            ///
            /// Its `Debug` form is `[redacted]`.
            #[derive(Clone, PartialEq, Eq)]
            pub struct $name(String);

            impl $name {
                /// Wraps the secret, so that `Debug` does not print it.
                #[must_use]
                pub fn new(text: impl Into<String>) -> Self {
                    Self(text.into())
                }

                /// Returns the secret. The long name makes its uses easy to find.
                #[must_use]
                pub fn expose(&self) -> &str {
                    &self.0
                }
            }

            impl fmt::Debug for $name {
                fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                    formatter.write_str("[redacted]")
                }
            }
        )*
    };
}

secret! {
    /// A token that Uber's API accepts as `Authorization: Bearer …`.
    AccessToken;
    /// The token that gets an administrator's next access token.
    RefreshToken;
    /// The code that the sign-in page returns; it can be exchanged for tokens once.
    AuthorizationCode;
    /// The secret of an app in Uber's developer dashboard.
    ClientSecret;
    /// The key that signs webhooks.
    SigningKey;
}

impl AccessToken {
    /// Whether this is valid in an HTTP header: visible ASCII, not empty.
    #[must_use]
    pub fn fits_a_header(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// The hint for a refused secret that [`is_padded`].
pub(crate) const PADDED: &str =
    "A key, id or secret begins or ends with white space, such as a line break: take that off.";

/// Whether the text begins or ends with a line break, white space or an invisible
/// character, which may come from copying. It is never removed silently, because it may
/// be intended; Uber's own values are visible ASCII.
pub(crate) fn is_padded(text: &str) -> bool {
    let is_stray = |byte: Option<&u8>| byte.is_some_and(|byte| !byte.is_ascii_graphic());
    is_stray(text.as_bytes().first()) || is_stray(text.as_bytes().last())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_prints_it() {
        assert_eq!(format!("{:?}", AccessToken::new("hunter2")), "[redacted]");
        assert_eq!(format!("{:?}", Some(SigningKey::new("hunter2"))), "Some([redacted])");
    }

    #[test]
    fn copied_white_space_is_detected() {
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
        assert!(AccessToken::new("abc.DEF-123").fits_a_header());
        for bad in ["", "a b", "a\nb", "é", "\u{7f}"] {
            assert!(!AccessToken::new(bad).fits_a_header(), "{bad:?}");
        }
    }
}
