//! Text without the formatting of the standard library, which would be an eighth of the
//! wasm: it supports padding, signs and bases that no message here needs.

/// Concatenates texts.
pub(crate) fn text(pieces: &[&str]) -> String {
    let mut joined = String::new();
    for piece in pieces {
        joined.push_str(piece);
    }
    joined
}

/// Writes a whole number in decimal digits.
pub(crate) fn decimal(number: u64) -> String {
    digits(number, 10, 1)
}

/// Writes a whole number with at least `least` digits, in a base up to 16.
pub(crate) fn digits(mut number: u64, base: u64, least: usize) -> String {
    let mut digits = String::new();
    while digits.len() < least || number > 0 {
        #[allow(clippy::cast_possible_truncation)] // Below 16.
        let digit = (number % base) as u8;
        digits.insert(0, char::from(if digit < 10 { b'0' + digit } else { b'A' - 10 + digit }));
        number /= base;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_match_the_standard_library() {
        for number in [0, 7, 10, 429, 30_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
        for number in [0, 0xabc, 0x1_f600] {
            assert_eq!(digits(number, 16, 4), format!("{number:04X}"));
        }
        assert_eq!(text(&["a", "", "b"]), "ab");
    }
}
