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

/// Whether two ids mean the same. To Uber a UUID is the same in either case, with
/// or without hyphens and braces, and as a URN.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other || uuid(one).is_some_and(|uuid_of_one| Some(uuid_of_one) == uuid(other))
}

fn uuid(id: &str) -> Option<u128> {
    let (mut uuid, mut digits) = (0, 0);
    for byte in id.strip_prefix("urn:uuid:").unwrap_or(id).bytes() {
        if let Some(digit) = char::from(byte).to_digit(16) {
            uuid = uuid << 4 | u128::from(digit);
            digits += 1;
        } else if !matches!(byte, b'{' | b'}' | b'-') {
            return None;
        }
    }
    (digits == 32).then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `canonicalId` of the worker has it.
    #[test]
    fn a_uuid_is_the_same_however_it_is_written() {
        let id = "11111111-2222-4333-8444-abcdefabcdef";
        for same in [
            "11111111-2222-4333-8444-ABCDEFabcdef",
            "{11111111-2222-4333-8444-abcdefabcdef}",
            "11111111222243338444abcdefabcdef",
            "urn:uuid:11111111-2222-4333-8444-ABCDEFABCDEF",
        ] {
            assert!(is_same(id, same) && is_same(same, id), "{same}");
        }
        for other in ["", "x", "11111111-2222-4333-8444-abcdefabcdee", "urn:uuid:", &id[1..]] {
            assert!(!is_same(id, other) && !is_same(other, id), "{other}");
        }
        assert!(is_same("Program", "Program") && !is_same("Program", "program"));
        assert!(!is_same(&format!("{id}0"), id) && !is_same("é", id));
    }

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
}
