//! Compares many bytes at once. In the result, each byte has one bit, in the order of the
//! bytes; it is set if the byte is equal.

#[cfg(not(target_feature = "simd128"))]
pub(super) use words::{BITS, BLOCK, marks, specials};

#[cfg(target_feature = "simd128")]
pub(super) use lanes::{BITS, BLOCK, marks, specials};

/// Eight bytes in a word.
#[cfg(not(target_feature = "simd128"))]
mod words {
    /// Bytes that are compared at once.
    pub(in crate::csv) const BLOCK: usize = 8;
    /// Bits of the result for each byte.
    pub(in crate::csv) const BITS: usize = 8;

    const ONES: u64 = u64::from_ne_bytes([1; BLOCK]);

    /// Marks quotes and line ends. Only the first mark is reliable.
    #[allow(clippy::inline_always)] // A call costs more than its body.
    #[inline(always)]
    pub(in crate::csv) const fn specials(block: [u8; BLOCK]) -> u64 {
        const fn found(word: u64, wanted: u8) -> u64 {
            let other = word ^ (ONES * wanted as u64);
            other.wrapping_sub(ONES) & !other
        }
        let word = u64::from_le_bytes(block);
        (found(word, b'\n') | found(word, b'\r') | found(word, b'"')) & (ONES << 7)
    }

    /// Marks quotes, line ends and delimiters.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(in crate::csv) const fn marks(block: [u8; BLOCK], delimiter: u8) -> (u64, u64, u64) {
        const fn found(word: u64, wanted: u8) -> u64 {
            const LOW: u64 = ONES * 0x7f;
            let other = word ^ (ONES * wanted as u64);
            !(((other & LOW) + LOW) | other | LOW)
        }
        let word = u64::from_le_bytes(block);
        (found(word, b'"'), found(word, b'\n') | found(word, b'\r'), found(word, delimiter))
    }
}

/// Sixteen bytes in the lanes of a vector, for the published wasm.
#[cfg(target_feature = "simd128")]
mod lanes {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, v128_or};

    use crate::code::digits::load;

    pub(in crate::csv) const BLOCK: usize = 16;
    pub(in crate::csv) const BITS: usize = 1;

    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(in crate::csv) fn specials(block: [u8; BLOCK]) -> u32 {
        let bytes = load(block);
        let found = |wanted| u8x16_eq(bytes, u8x16_splat(wanted));
        u8x16_bitmask(v128_or(v128_or(found(b'\n'), found(b'\r')), found(b'"'))).into()
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    pub(in crate::csv) fn marks(block: [u8; BLOCK], delimiter: u8) -> (u32, u32, u32) {
        let bytes = load(block);
        let found = |wanted| u8x16_eq(bytes, u8x16_splat(wanted));
        let bits = |found| u32::from(u8x16_bitmask(found));
        let line_ends = v128_or(found(b'\n'), found(b'\r'));
        (bits(found(b'"')), bits(line_ends), bits(found(delimiter)))
    }
}
