//! A voucher code: the `code_id` of Get Voucher Codes, which is a UUID.

pub mod list;
pub mod rejected;
#[cfg(target_feature = "simd128")]
pub(crate) mod simd;

use std::fmt;

use crate::code::rejected::RejectReason;

/// A voucher code, held as the 16 bytes of its UUID.
///
/// Its `Debug` form is shortened: a code is worth money.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code([u8; 16]);

/// The length of a code's text, in bytes.
pub const TEXT_LENGTH: usize = 36;

impl Code {
    /// Where there is no code yet.
    pub(crate) const NONE: Self = Self([0; 16]);

    /// Reads the hyphenated 8-4-4-4-12 form, in either case, and nothing else:
    /// no white space, no braces, no URN.
    pub fn parse(text: &[u8]) -> Result<Self, RejectReason> {
        match text.try_into().ok().and_then(Self::read) {
            Some(Self::NONE) => Err(RejectReason::NilUuid),
            Some(code) => Ok(code),
            None => Err(RejectReason::NotAUuid),
        }
    }

    /// Reads a text that has the length of a code: none if it has not its form.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(crate) fn read(text: &[u8; TEXT_LENGTH]) -> Option<Self> {
        let hyphens = [text[8], text[13], text[18], text[23]];
        if hyphens != [b'-'; 4] {
            return None;
        }
        digits::read(text).map(Self)
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
    pub(crate) const fn from_id(id: [u8; 16]) -> Self {
        Self(id)
    }

    /// Appends the text form, in lower case.
    pub fn write_to(self, text: &mut String) {
        let mut spelled = [0; TEXT_LENGTH];
        spell(self.0, &mut spelled);
        text.push_str(str::from_utf8(&spelled).unwrap_or_default());
    }
}

/// Writes the text of a code, in lower case: ASCII.
pub(crate) use digits::spell;

#[cfg(target_feature = "simd128")]
use crate::code::simd as digits;

/// The digits of a text, eight at a time.
#[cfg(not(target_feature = "simd128"))]
mod digits {
    use super::{TEXT_LENGTH, not_hexadecimal, packed, spelled};

    /// Where the digits of each four bytes stand in a text, in twos of four.
    const DIGITS: [(usize, usize); 4] = [(0, 4), (9, 14), (19, 24), (28, 32)];

    /// Reads a text whose hyphens were looked at: none if a digit is no digit.
    #[allow(clippy::inline_always)] // A call costs more than what it does.
    #[inline(always)]
    pub(super) fn read(text: &[u8; TEXT_LENGTH]) -> Option<[u8; 16]> {
        let mut bytes = [0; 16];
        let mut fault = 0;
        for (out, (first, second)) in bytes.as_chunks_mut().0.iter_mut().zip(DIGITS) {
            let digits = four(text, first) | four(text, second) << 32;
            fault |= not_hexadecimal(digits);
            *out = packed(digits).to_le_bytes();
        }
        (fault == 0).then_some(bytes)
    }

    /// Four bytes of a text, the first one lowest.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn four(text: &[u8; TEXT_LENGTH], at: usize) -> u64 {
        let four = text.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
        u32::from_le_bytes(four).into()
    }

    /// Writes the text, in lower case.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(crate) fn spell(bytes: [u8; 16], text: &mut [u8; TEXT_LENGTH]) {
        *text = [b'-'; TEXT_LENGTH];
        for (bytes, (first, second)) in bytes.as_chunks().0.iter().zip(DIGITS) {
            let digits = spelled(u32::from_le_bytes(*bytes)).to_le_bytes();
            for (at, digits) in [first, second].into_iter().zip(digits.as_chunks::<4>().0) {
                if let Some(out) = text.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                    *out = *digits;
                }
            }
        }
    }
}

// Eight digits at once, one in each byte of a word, the first in the lowest.
// Which kind a digit is, is a coin toss, so nothing here branches.

/// The same byte eight times.
const fn eight(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Zero if all eight bytes are hexadecimal digits, in either case.
#[allow(clippy::inline_always)] // A call costs more than what it does.
#[inline(always)]
pub(crate) const fn not_hexadecimal(digits: u64) -> u64 {
    let high = eight(0x80);
    // Seven bits a byte, so that no sum carries over: its highest bit says
    // whether the byte is at least the first of a range, or beyond the last.
    let number = digits & !high;
    let is_number = (number + eight(0x80 - b'0')) & !(number + eight(0x80 - b'9' - 1));
    let letter = (digits | eight(0x20)) & !high;
    let is_letter = (letter + eight(0x80 - b'a')) & !(letter + eight(0x80 - b'f' - 1));
    (!(is_number | is_letter) | digits) & high
}

/// The four bytes that eight digits spell.
#[allow(clippy::inline_always)] // A call costs more than what it does.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
pub(crate) const fn packed(digits: u64) -> u32 {
    // Bit 6 tells a letter, and the low half of `a` is 1.
    let values = (digits & eight(0x0f)) + ((digits >> 6) & eight(1)) * 9;
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    (fours | fours >> 16) as u32
}

/// The eight digits that spell four bytes, in lower case.
#[allow(clippy::inline_always)] // A call costs more than what it does.
#[inline(always)]
pub(crate) const fn spelled(bytes: u32) -> u64 {
    let fours = bytes as u64;
    let pairs = (fours | fours << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
    let values = (bytes >> 4 | bytes << 8) & eight(0x0f);
    // 39 lie between the digits and the letters.
    values + eight(b'0') + (((values + eight(6)) >> 4) & eight(1)) * 39
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
            assert_eq!(Code::parse(bad.as_bytes()), Err(RejectReason::NotAUuid), "{bad:?}");
        }
        assert_eq!(
            Code::parse(b"00000000-0000-0000-0000-000000000000"),
            Err(RejectReason::NilUuid)
        );
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

    /// Eight digits are judged at once, and all of them together.
    #[test]
    fn two_faults_do_not_make_up_for_one_another() {
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
    fn what_is_no_uuid_of_zeros_is_a_code() {
        for place in 0..16 {
            for bit in 0..8 {
                let mut bytes = [0; 16];
                bytes[place] = 1 << bit;
                let code = Code::from_bytes(bytes).unwrap();
                assert_eq!(Code::parse(code.to_string().as_bytes()), Ok(code));
            }
        }
        assert_eq!(Code::from_bytes([0; 16]), None);
    }
}
