//! Identifiers that stand in a path: the organization and the voucher program.
//!
//! Uber documents both as `string` and nothing more, so anything that can be
//! one path segment is let through, percent-encoded.

use crate::error::{Error, ErrorCode};
use crate::http::percent_encode;
use crate::text::text;

const LONGEST: usize = 256;

macro_rules! path_id {
    ($(#[$docs:meta])* $name:ident, $code:expr, $what:literal) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// Takes any text that can be one path segment: not empty, at most
            /// 256 characters, not `.` or `..`, no control character.
            pub fn new(id: impl Into<String>) -> Result<Self, Error> {
                let id = id.into();
                match fault(&id) {
                    None => Ok(Self(id)),
                    Some(fault) => Err(Error::validation($code, text(&[concat!("The ", $what, " id "), fault]))),
                }
            }

            /// The id as the caller gave it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub(crate) fn segment(&self) -> String {
                percent_encode(&self.0)
            }
        }
    };
}

path_id!(
    /// The organization that owns the voucher programs (`organization_id`).
    OrganizationId, ErrorCode::InvalidOrganizationId, "organization"
);
path_id!(
    /// A voucher program (`voucher_program_id`).
    ProgramId, ErrorCode::InvalidProgramId, "voucher program"
);

/// Whether two ids name the same thing. Uber's are UUIDs, which are the same in
/// either case, with or without hyphens and braces; any other ids have to be equal.
pub(crate) fn is_same_id(one: &str, other: &str) -> bool {
    one == other || digits(one).is_some_and(|one| digits(other) == Some(one))
}

/// The number that a UUID is.
fn digits(id: &str) -> Option<u128> {
    let (mut count, mut number) = (0, 0);
    for byte in id.bytes() {
        if !b"{}-".contains(&byte) {
            count += 1;
            number = number << 4 | u128::from(char::from(byte).to_digit(16)?);
        }
    }
    (count == 32).then_some(number)
}

fn fault(id: &str) -> Option<&'static str> {
    let (mut length, mut control) = (0, false);
    for character in id.chars() {
        length += 1;
        control |= character.is_control();
    }
    match id {
        "" => Some("is empty"),
        "." | ".." => Some("is a relative path"),
        _ if length > LONGEST => Some("is longer than 256 characters"),
        _ if control => Some("holds a control character"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_segment_or_nothing() {
        for (text, segment) in [
            ("11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-555555555555"),
            ("../x", "..%2Fx"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2e%2e", "%252e%252e"),
            ("🎟", "%F0%9F%8E%9F"),
            ("...", "..."),
        ] {
            assert_eq!(ProgramId::new(text).unwrap().segment(), segment);
        }
        let long = "x".repeat(257);
        for text in ["", ".", "..", "a\0b", "a\nb", "\u{85}", &long] {
            let error = ProgramId::new(text).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidProgramId, "{text:?}");
            let error = OrganizationId::new(text).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidOrganizationId, "{text:?}");
        }
        assert!(ProgramId::new("x".repeat(256)).is_ok());
        assert!(ProgramId::new("🎟".repeat(256)).is_ok());
    }

    #[test]
    fn a_uuid_is_the_same_in_every_form() {
        let id = "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10";
        for same in [
            "5F1A3B52-0C7E-4A52-8F3E-2F6F9F1F7A10",
            "5f1a3b520c7e4a528f3e2f6f9f1f7a10",
            "{5f1a3b52-0c7e-4A52-8f3e-2f6f9f1f7a10}",
        ] {
            assert!(is_same_id(id, same) && is_same_id(same, id), "{same}");
        }
        for other in [
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a11",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a1",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a1g",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a100",
            "",
        ] {
            assert!(!is_same_id(id, other) && !is_same_id(other, id), "{other}");
        }
        // Of no other id is it known that case makes no difference.
        assert!(is_same_id("Spring", "Spring") && !is_same_id("Spring", "spring"));
    }
}
