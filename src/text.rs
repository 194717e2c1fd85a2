//! Text without the standard library's formatting, which would be an eighth of
//! the wasm: its numbers come with padding, signs and bases that no message here
//! needs.

/// Joins pieces of text.
pub(crate) fn text(pieces: &[&str]) -> String {
    let mut joined = String::new();
    for piece in pieces {
        joined.push_str(piece);
    }
    joined
}

/// A whole number in decimal digits.
pub(crate) fn decimal(mut number: u64) -> String {
    let mut digits = String::new();
    loop {
        #[allow(clippy::cast_possible_truncation)] // Below ten.
        digits.insert(0, char::from(b'0' + (number % 10) as u8));
        number /= 10;
        if number == 0 {
            return digits;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_standard_library() {
        for number in [0, 7, 10, 429, 30_000, u64::MAX] {
            assert_eq!(decimal(number), number.to_string());
        }
        assert_eq!(text(&["a", "", "b"]), "ab");
    }
}
