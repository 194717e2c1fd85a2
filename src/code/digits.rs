//! The digits of a code, eight at once in a 64-bit word, the first in the lowest byte.
//! Nothing here branches on a digit: its kind is random, so branch prediction would fail.
//! `digits_simd.rs` does the same for the published wasm.

use super::TEXT_LENGTH;

/// The offsets of the digits of each four bytes in the text, in two groups of four.
const DIGITS: [(usize, usize); 4] = [(0, 4), (9, 14), (19, 24), (28, 32)];

/// Reads a text whose hyphens were checked. None if it has another character than digits.
#[allow(clippy::inline_always)] // A call costs more than its body.
#[inline(always)]
pub(super) fn decode_uuid(text: &[u8; TEXT_LENGTH]) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    let mut fault = 0;
    for (out, (first, second)) in bytes.as_chunks_mut().0.iter_mut().zip(DIGITS) {
        let digits = four(text, first) | four(text, second) << 32;
        fault |= invalid_hex_mask(digits);
        *out = decode_hex8(digits).to_le_bytes();
    }
    (fault == 0).then_some(bytes)
}

/// Four bytes of the text, the first in the lowest byte.
#[allow(clippy::inline_always)]
#[inline(always)]
fn four(text: &[u8; TEXT_LENGTH], at: usize) -> u64 {
    let four = text.get(at..).and_then(<[u8]>::first_chunk).copied().unwrap_or_default();
    u32::from_le_bytes(four).into()
}

/// Writes the text, in lower case.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn encode_uuid(bytes: [u8; 16], text: &mut [u8; TEXT_LENGTH]) {
    *text = [b'-'; TEXT_LENGTH];
    for (bytes, (first, second)) in bytes.as_chunks().0.iter().zip(DIGITS) {
        let digits = encode_hex8(u32::from_le_bytes(*bytes)).to_le_bytes();
        for (at, digits) in [first, second].into_iter().zip(digits.as_chunks::<4>().0) {
            if let Some(out) = text.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
                *out = *digits;
            }
        }
    }
}

/// The same byte eight times.
const fn splat(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// Zero if all eight bytes are hexadecimal digits, in either case.
#[allow(clippy::inline_always)] // A call costs more than its body.
#[inline(always)]
const fn invalid_hex_mask(digits: u64) -> u64 {
    let high = splat(0x80);
    // Seven bits of each byte, so that no sum carries over: the highest bit tells whether
    // the byte is at least the first of a range, or beyond the last.
    let number = digits & !high;
    let is_number = (number + splat(0x80 - b'0')) & !(number + splat(0x80 - b'9' - 1));
    let letter = (digits | splat(0x20)) & !high;
    let is_letter = (letter + splat(0x80 - b'a')) & !(letter + splat(0x80 - b'f' - 1));
    (!(is_number | is_letter) | digits) & high
}

/// Decodes eight digits to four bytes.
#[allow(clippy::inline_always)] // A call costs more than its body.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)]
const fn decode_hex8(digits: u64) -> u32 {
    // Bit 6 is set for letters, and the low half of `a` is 1.
    let values = (digits & splat(0x0f)) + ((digits >> 6) & splat(1)) * 9;
    let pairs = (values << 4 | values >> 8) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs | pairs >> 8) & 0x0000_ffff_0000_ffff;
    (fours | fours >> 16) as u32
}

/// Encodes four bytes as eight digits, in lower case.
#[allow(clippy::inline_always)] // A call costs more than its body.
#[inline(always)]
const fn encode_hex8(bytes: u32) -> u64 {
    let fours = bytes as u64;
    let pairs = (fours | fours << 16) & 0x0000_ffff_0000_ffff;
    let bytes = (pairs | pairs << 8) & 0x00ff_00ff_00ff_00ff;
    let values = (bytes >> 4 | bytes << 8) & splat(0x0f);
    // There are 39 characters between the digits and the letters.
    values + splat(b'0') + (((values + splat(6)) >> 4) & splat(1)) * 39
}
