//! The text of a code, sixteen characters at a time: the same as `digits.rs`, for the
//! published wasm, where every code of a long list passes through here.

use core::arch::wasm32::{
    i8x16_all_true, i8x16_shuffle, u8x16_add, u8x16_gt, u8x16_lt, u8x16_narrow_i16x8, u8x16_shr,
    u8x16_splat, u8x16_sub, u16x8_shl, u16x8_shr, u16x8_splat, u32x4, u32x4_extract_lane, u64x2,
    u64x2_extract_lane, v128, v128_and, v128_bitselect, v128_or,
};

use crate::code::TEXT_LENGTH;

/// Reads a text whose hyphens were checked. None if it has another character than digits.
#[allow(clippy::inline_always)] // A call costs more than its body.
#[inline(always)]
pub(crate) fn decode_uuid(text: &[u8; TEXT_LENGTH]) -> Option<[u8; 16]> {
    let (parts, rest) = text.as_chunks();
    let [first, second] = *parts else { return None };
    let (first, second) = (load(first), load(second));
    let rest = u32x4(rest.try_into().map_or(0, u32::from_le_bytes), 0, 0, 0);
    let front =
        i8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17>(first, second);
    let back =
        i8x16_shuffle::<3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19>(second, rest);
    Some(store(u8x16_narrow_i16x8(pairs(front)?, pairs(back)?)))
}

/// The bytes of sixteen digits, in lanes of 16 bits.
#[allow(clippy::inline_always)]
#[inline(always)]
fn pairs(digits: v128) -> Option<v128> {
    let number = u8x16_sub(digits, u8x16_splat(b'0'));
    let letter = u8x16_sub(v128_or(digits, u8x16_splat(0x20)), u8x16_splat(b'a'));
    let is_number = u8x16_lt(number, u8x16_splat(10));
    let is_letter = u8x16_lt(letter, u8x16_splat(6));
    if !i8x16_all_true(v128_or(is_number, is_letter)) {
        return None;
    }
    let values = v128_bitselect(number, u8x16_add(letter, u8x16_splat(10)), is_number);
    let pairs = v128_or(u16x8_shl(values, 4), u16x8_shr(values, 8));
    Some(v128_and(pairs, u16x8_splat(0xff)))
}

/// Writes the text, in lower case.
#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn encode_uuid(bytes: [u8; 16], text: &mut [u8; TEXT_LENGTH]) {
    let bytes = load(bytes);
    let (high, low) = (digits(u8x16_shr(bytes, 4)), digits(v128_and(bytes, u8x16_splat(0x0f))));
    let front = i8x16_shuffle::<0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23>(high, low);
    let back =
        i8x16_shuffle::<8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31>(high, low);
    let hyphens = u8x16_splat(b'-');
    let first =
        i8x16_shuffle::<0, 1, 2, 3, 4, 5, 6, 7, 16, 8, 9, 10, 11, 16, 12, 13>(front, hyphens);
    let rest = i8x16_shuffle::<0, 0, 16, 0, 1, 2, 3, 16, 4, 5, 6, 7, 8, 9, 10, 11>(back, hyphens);
    let second = i8x16_shuffle::<14, 15, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31>(
        front, rest,
    );
    // Not a loop, which would go through memory.
    let Some((one, text)) = text.split_first_chunk_mut() else { return };
    let Some((two, text)) = text.split_first_chunk_mut() else { return };
    let Some(end) = text.first_chunk_mut() else { return };
    *one = store(first);
    *two = store(second);
    *end = u32x4_extract_lane::<3>(back).to_le_bytes();
}

/// The digits for sixteen values below 16.
#[allow(clippy::inline_always)]
#[inline(always)]
fn digits(values: v128) -> v128 {
    // There are 39 characters between the digits and the letters.
    let letters = v128_and(u8x16_gt(values, u8x16_splat(9)), u8x16_splat(39));
    u8x16_add(u8x16_add(values, u8x16_splat(b'0')), letters)
}

#[allow(clippy::inline_always)]
#[inline(always)]
pub(crate) fn load(bytes: [u8; 16]) -> v128 {
    let bytes = u128::from_le_bytes(bytes);
    #[allow(clippy::cast_possible_truncation)]
    u64x2(bytes as u64, (bytes >> 64) as u64)
}

#[allow(clippy::inline_always)]
#[inline(always)]
fn store(bytes: v128) -> [u8; 16] {
    let (low, high) = (u64x2_extract_lane::<0>(bytes), u64x2_extract_lane::<1>(bytes));
    (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
}
