//! Identifiers that are path segments: the organization and the voucher program.
//!
//! Uber documents both only as `string`, so anything that can be one path segment is
//! accepted, and percent-encoded.

use std::fmt;
use std::str::FromStr;

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
            /// Accepts any text that can be one path segment: not empty, at most 256
            /// characters, no control characters, and no characters that make two ids
            /// look the same: invisible characters, combining marks, white space or a dot
            /// at an end.
            pub fn new(id: impl Into<String>) -> Result<Self, Error> {
                let id = id.into();
                match fault(&id) {
                    None => Ok(Self(id)),
                    Some(fault) => Err(Error::validation($code, text(&[concat!("The ", $what, " id "), fault]))),
                }
            }

            /// The id as the caller passed it.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            pub(crate) fn segment(&self) -> String {
                percent_encode(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(id: &str) -> Result<Self, Error> {
                Self::new(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
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

/// Characters that are invisible, that combine with the previous one, or that Unicode has
/// only for compatibility: with them, two ids could look the same. Ranges of first and
/// last characters. The worker refuses them too, by a generated expression.
pub(crate) const AMBIGUOUS: [(u32, u32); 33] = [
    (0xa0, 0xa0),
    (0xad, 0xad),
    (0x300, 0x36f),
    (0x483, 0x489),
    (0x591, 0x5c7),
    (0x600, 0x605),
    (0x610, 0x61c),
    (0x64b, 0x65f),
    (0x6d6, 0x6ed),
    (0x70f, 0x70f),
    (0x1100, 0x11ff),
    (0x1680, 0x1680),
    (0x17b4, 0x17b5),
    (0x180b, 0x180f),
    (0x1ab0, 0x1aff),
    (0x1dc0, 0x1dff),
    (0x2000, 0x200f),
    (0x2028, 0x202f),
    (0x205f, 0x206f),
    (0x20d0, 0x20ff),
    (0x2126, 0x212b),
    (0x3000, 0x3000),
    (0x3099, 0x309a),
    (0x3164, 0x3164),
    (0xd7b0, 0xd7ff),
    (0xf900, 0xfaff),
    (0xfe00, 0xfe0f),
    (0xfe20, 0xfe2f),
    (0xfeff, 0xfeff),
    (0xffa0, 0xffa0),
    (0xfff0, 0xfffb),
    (0x2f800, 0x2fa1f),
    (0xe0000, 0xe0fff),
];

fn fault(id: &str) -> Option<&'static str> {
    let (mut length, mut control, mut ambiguous) = (0, false, false);
    for character in id.chars() {
        length += 1;
        control |= character.is_control();
        ambiguous |= is_ambiguous(character);
    }
    match id {
        "" => Some("is empty"),
        "." | ".." => Some("is a relative path"),
        _ if length > LONGEST => Some("is longer than 256 characters"),
        _ if control => Some("contains a control character"),
        _ if ambiguous => Some("contains an invisible or combining character"),
        _ if id.ends_with(['.', ' ']) || id.starts_with(' ') => {
            Some("begins with a space, or ends with one or a dot")
        }
        _ => None,
    }
}

fn is_ambiguous(character: char) -> bool {
    let number = u32::from(character);
    number > 0x7f && AMBIGUOUS.iter().any(|(first, last)| (*first..=*last).contains(&number))
}

/// Whether two ids are the same. For Uber, a UUID is the same in either case, with or
/// without hyphens and braces, and as a URN.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    one == other || uuid(one).is_some_and(|uuid_of_one| Some(uuid_of_one) == uuid(other))
}

/// The case of a URN's prefix has no meaning.
const URN: &str = "urn:uuid:";

fn uuid(id: &str) -> Option<u128> {
    let (mut uuid, mut digits) = (0, 0);
    let digits_of_id = match id.split_at_checked(URN.len()) {
        Some((prefix, rest)) if prefix.eq_ignore_ascii_case(URN) => rest,
        _ => id,
    };
    for byte in digits_of_id.bytes() {
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

    /// The same as `canonicalId` in the worker.
    #[test]
    fn the_same_uuids_are_equal_as_in_the_worker() {
        let id = "11111111-2222-4333-8444-abcdefabcdef";
        for same in [
            "11111111-2222-4333-8444-ABCDEFabcdef",
            "{11111111-2222-4333-8444-abcdefabcdef}",
            "11111111222243338444abcdefabcdef",
            "urn:uuid:11111111-2222-4333-8444-ABCDEFABCDEF",
            "URN:UUID:11111111-2222-4333-8444-abcdefabcdef",
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
    fn an_id_is_one_segment_or_refused() {
        for (text, segment) in [
            ("11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-555555555555"),
            ("../x", "..%2Fx"),
            ("a/b", "a%2Fb"),
            ("a?b#c", "a%3Fb%23c"),
            ("%2e%2e", "%252e%252e"),
            ("🎟", "%F0%9F%8E%9F"),
            ("...x", "...x"),
            ("a b", "a%20b"),
            ("\u{e9}", "%C3%A9"),
        ] {
            assert_eq!(ProgramId::new(text).unwrap().segment(), segment);
        }
        let long = "x".repeat(257);
        let same = [
            "abc\u{200b}",
            "\u{feff}abc",
            "a\u{ad}bc",
            "ab\u{2060}c",
            "e\u{301}",
            "abc.",
            "abc ",
            " abc",
            "...",
            "\u{202e}abc",
            "\u{1112}\u{1161}",
            "\u{212b}",
            "\u{304b}\u{3099}",
            "a\u{fe0f}",
            "abc\u{e0020}",
            "abc\u{a0}",
        ];
        for text in same.into_iter().chain(["", ".", "..", "a\0b", "a\nb", "\u{85}", &long]) {
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
            assert!(is_same(id, same) && is_same(same, id), "{same}");
        }
        for other in [
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a11",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a1",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a1g",
            "5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a100",
            "",
        ] {
            assert!(!is_same(id, other) && !is_same(other, id), "{other}");
        }
        // Uber is not known to ignore case in other ids.
        assert!(is_same("Spring", "Spring") && !is_same("Spring", "spring"));
    }
}
