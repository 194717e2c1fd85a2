//! A voucher code: the `code_id` of Get Voucher Codes, which is a UUID.

pub(crate) mod builder;
#[cfg(not(target_feature = "simd128"))]
mod digits;
#[cfg(target_feature = "simd128")]
#[path = "digits_simd.rs"]
pub(crate) mod digits;
mod index;
pub mod list;
pub(crate) mod pending;
pub mod rejected;

use std::fmt;
use std::str::FromStr;

use crate::code::rejected::RejectReason;

/// Writes the text of a code as ASCII, in lower case.
pub(crate) use digits::encode_uuid;

/// A voucher code, held as the 16 bytes of its UUID.
///
/// Its `Debug` form is shortened: a code is worth money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 16]);

/// The length of a code's text, in bytes.
pub const TEXT_LENGTH: usize = 36;

impl Code {
    /// Represents a missing code.
    pub(crate) const NONE: Self = Self([0; 16]);

    /// Reads the hyphenated 8-4-4-4-12 form in either case, and nothing else: no white
    /// space, no braces, no URN.
    pub fn parse(text: &[u8]) -> Result<Self, RejectReason> {
        match text.try_into().ok().and_then(Self::read) {
            Some(Self::NONE) => Err(RejectReason::NilUuid),
            Some(code) => Ok(code),
            None => Err(RejectReason::NotAUuid),
        }
    }

    /// Reads a text with the length of a code. None if it is not in the form of a code.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(crate) fn read(text: &[u8; TEXT_LENGTH]) -> Option<Self> {
        let hyphens = [text[8], text[13], text[18], text[23]];
        if hyphens != [b'-'; 4] {
            return None;
        }
        digits::decode_uuid(text).map(Self)
    }

    /// The 16 bytes of the UUID.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The code with these 16 bytes. None for 16 zeros.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// A code of a list that was validated before.
    pub(crate) const fn from_id(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// Appends the text form, in lower case.
    pub fn write_to(self, text: &mut String) {
        let mut digits = [0; TEXT_LENGTH];
        encode_uuid(self.0, &mut digits);
        text.push_str(str::from_utf8(&digits).unwrap_or_default());
    }
}

impl FromStr for Code {
    type Err = RejectReason;

    fn from_str(text: &str) -> Result<Self, RejectReason> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = String::with_capacity(TEXT_LENGTH);
        self.write_to(&mut text);
        formatter.write_str(&text)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, ..] = self.0;
        write!(formatter, "Code({a:02x}{b:02x}…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

    #[test]
    fn either_case_is_read_and_lower_case_written() {
        let code = Code::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(code, Code::parse(TEXT.to_uppercase().as_bytes()).unwrap());
        assert_eq!(code.to_string(), TEXT);
        assert_eq!(TEXT.parse(), Ok(code));
        assert_eq!(Code::from_bytes(*code.as_bytes()), Some(code));
        assert_eq!(format!("{code:?}"), "Code(1f91…)");
    }

    #[test]
    fn no_other_form_is_a_code() {
        for bad in [
            "",
            "EXAMPLE1",
            "1f913a96f52c42a0aa0ba2ba53b2d631",
            "{1f913a96-f52c-42a0-aa0b-a2ba53b2d631}",
            "1f913a96-f52c-42a0-aa0b-a2ba53b2d63",
            "1f913a96-f52c-42a0-aa0b-a2ba53b2d6311",
            "1f913a96-f52c-42a0-aa0b-a2ba53b2d63g",
            "1f913a96-f52c-42a0-aa0b-a2ba53b2d6gg",
            "1f913a96+f52c+42a0-aa0b-a2ba53b2d631",
            "1f913a96_f52c-42a0-aa0b-a2ba53b2d631",
            "1f913a9-6f52c-42a0-aa0b-a2ba53b2d631",
            " f913a96-f52c-42a0-aa0b-a2ba53b2d631",
        ] {
            assert_eq!(Code::parse(bad.as_bytes()), Err(RejectReason::NotAUuid), "{bad:?}");
        }
        assert_eq!(
            Code::parse(b"00000000-0000-0000-0000-000000000000"),
            Err(RejectReason::NilUuid)
        );
    }

    #[test]
    fn every_byte_at_every_index_is_validated() {
        for index in 0..TEXT_LENGTH {
            for byte in 0..=u8::MAX {
                let mut text = TEXT.as_bytes().to_vec();
                text[index] = byte;
                let valid = if TEXT.as_bytes()[index] == b'-' {
                    byte == b'-'
                } else {
                    byte.is_ascii_hexdigit()
                };
                assert_eq!(Code::parse(&text).is_ok(), valid, "{byte} at {index}");
            }
        }
    }

    /// Eight digits are validated at once, with one result.
    #[test]
    fn two_invalid_digits_do_not_cancel_out() {
        for (first, second) in (0..TEXT_LENGTH).flat_map(|at| (0..at).map(move |to| (at, to))) {
            for byte in [b'g', b'M', b' ', 0, 0xff] {
                let mut text = TEXT.as_bytes().to_vec();
                (text[first], text[second]) = (byte, byte);
                let read = Code::parse(&text);
                assert_eq!(read, Err(RejectReason::NotAUuid), "{byte} at {first} and {second}");
            }
        }
    }

    #[test]
    fn every_uuid_except_the_nil_uuid_is_a_code() {
        for index in 0..16 {
            for bit in 0..8 {
                let mut bytes = [0; 16];
                bytes[index] = 1 << bit;
                let code = Code::from_bytes(bytes).unwrap();
                assert_eq!(Code::parse(code.to_string().as_bytes()), Ok(code));
            }
        }
        assert_eq!(Code::from_bytes([0; 16]), None);
    }
}
