//! A voucher code: the `code_id` of Get Voucher Codes, which is a UUID.

use std::fmt;

use crate::error::Reason;

/// A voucher code, held as the 16 bytes of its UUID.
///
/// Its `Debug` form is shortened: a code is worth money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 16]);

/// The length of a code's text, in bytes.
pub const TEXT_LENGTH: usize = 36;

impl Code {
    /// Reads the hyphenated 8-4-4-4-12 form, in either case, and nothing else:
    /// no white space, no braces, no URN.
    pub fn parse(text: &[u8]) -> Result<Self, Reason> {
        let text: &[u8; TEXT_LENGTH] = text.try_into().map_err(|_| Reason::NotAUuid)?;
        let mut bytes = [0; 16];
        let mut fault = 0;
        let mut rest = text.as_slice();
        let mut out = bytes.iter_mut();
        for (group, digits) in [8_usize, 4, 4, 4, 12].into_iter().enumerate() {
            if group > 0 {
                let Some((hyphen, after)) = rest.split_first() else {
                    return Err(Reason::NotAUuid);
                };
                fault |= hyphen ^ b'-';
                rest = after;
            }
            let (hex, after) = rest.split_at(digits);
            rest = after;
            for (pair, byte) in hex.chunks_exact(2).zip(&mut out) {
                if let [high, low] = pair {
                    let (high, low) = (digit(*high), digit(*low));
                    fault |= (high | low) & 0xf0;
                    *byte = high << 4 | low & 0x0f;
                }
            }
        }
        if fault != 0 {
            Err(Reason::NotAUuid)
        } else if bytes == [0; 16] {
            Err(Reason::NilUuid)
        } else {
            Ok(Self(bytes))
        }
    }

    /// The 16 bytes of the UUID.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// The code with these 16 bytes; none for 16 zeros.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        (bytes != [0; 16]).then_some(Self(bytes))
    }

    /// A code of a list that was read before.
    #[cfg(all(target_arch = "wasm32", feature = "client"))]
    pub(crate) const fn from_id(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// Appends the text form, in lower case.
    pub fn write_to(self, text: &mut String) {
        let mut digits = [b'-'; TEXT_LENGTH];
        let mut out = digits.as_mut_slice();
        for (place, byte) in self.0.iter().enumerate() {
            if matches!(place, 4 | 6 | 8 | 10) {
                out = out.get_mut(1..).unwrap_or_default();
            }
            let Some(([high, low], rest)) = out.split_first_chunk_mut() else { break };
            (*high, *low) = (hex(byte >> 4), hex(byte & 15));
            out = rest;
        }
        text.push_str(str::from_utf8(&digits).unwrap_or_default());
    }
}

/// A hexadecimal digit, without a branch: which kind it is, is a coin toss.
const fn hex(value: u8) -> u8 {
    // 39 lie between the digits and the letters.
    value + b'0' + (((9_u8.wrapping_sub(value)) >> 7) * 39)
}

/// The value of a hexadecimal digit; of anything else, a number above 15. Both
/// ranges are tried without a branch: which one it is, is a coin toss.
pub(crate) const fn digit(byte: u8) -> u8 {
    let number = byte.wrapping_sub(b'0');
    let letter = (byte | 0x20).wrapping_sub(b'a');
    let number = number | (if number < 10 { 0 } else { 0xff });
    let letter = letter.wrapping_add(10) | (if letter < 6 { 0 } else { 0xff });
    number & letter
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
    fn either_case_in_lower_case_out() {
        let code = Code::parse(TEXT.as_bytes()).unwrap();
        assert_eq!(code, Code::parse(TEXT.to_uppercase().as_bytes()).unwrap());
        assert_eq!(code.to_string(), TEXT);
        assert_eq!(Code::from_bytes(*code.as_bytes()), Some(code));
        assert_eq!(format!("{code:?}"), "Code(1f91…)");
    }

    #[test]
    fn nothing_but_that_form() {
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
            assert_eq!(Code::parse(bad.as_bytes()), Err(Reason::NotAUuid), "{bad:?}");
        }
        assert_eq!(Code::parse(b"00000000-0000-0000-0000-000000000000"), Err(Reason::NilUuid));
    }

    #[test]
    fn every_byte_at_every_place_is_judged() {
        for place in 0..TEXT_LENGTH {
            for byte in 0..=u8::MAX {
                let mut text = TEXT.as_bytes().to_vec();
                text[place] = byte;
                let valid = if TEXT.as_bytes()[place] == b'-' {
                    byte == b'-'
                } else {
                    byte.is_ascii_hexdigit()
                };
                assert_eq!(Code::parse(&text).is_ok(), valid, "{byte} at {place}");
            }
        }
    }
}
