//! Values that must never be printed, each kind a type of its own.

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
    /// What gets the next token of an administrator.
    RefreshToken;
    /// What the sign-in page sent back; it is exchanged for tokens once.
    AuthorizationCode;
    /// The secret of an app in Uber's developer dashboard.
    ClientSecret;
    /// The key that signs webhooks.
    SigningKey;
}

impl AccessToken {
    /// Whether this can stand in an HTTP header: visible ASCII, not empty.
    #[must_use]
    pub fn fits_a_header(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte.is_ascii_graphic())
    }
}

/// What to do about one that [`is_padded`], where it was refused.
pub(crate) const PADDED: &str =
    "A key, id or secret begins or ends with white space, such as a line break: take that off.";

/// Whether the text begins or ends with a line break, white space or an invisible
/// character, as a copied one may. It is never removed silently, since it may be meant;
/// what Uber gives is visible ASCII.
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
        assert!(AccessToken::new("abc.DEF-123").fits_a_header());
        for bad in ["", "a b", "a\nb", "é", "\u{7f}"] {
            assert!(!AccessToken::new(bad).fits_a_header(), "{bad:?}");
        }
    }
}
