//! Masks personal data in text from outside, before it is shown or stored.

/// Longer text is truncated to this many characters.
const LONGEST_TEXT: usize = 200;

/// Hides e-mail addresses and telephone numbers, and shortens the rest.
///
/// Masks rather too much: any word with an `@`, and any seven digits separated only by
/// spaces, dots and the like, even those of a date.
pub(crate) fn mask(text: &str) -> String {
    let masked = replace(text.as_bytes(), is_email_byte, |byte| byte == b'@', 1, b"[email]");
    let masked = replace(&masked, is_phone_byte, |byte| byte.is_ascii_digit(), 7, b" [phone] ");
    let mut masked = String::from_utf8(masked.trim_ascii().to_owned()).unwrap_or_default();
    if let Some((end, _)) = masked.char_indices().nth(LONGEST_TEXT) {
        masked.truncate(end);
    }
    masked
}

/// Replaces each run of matching bytes that contains at least `least` significant ones.
fn replace(
    text: &[u8],
    belongs: fn(u8) -> bool,
    counts: fn(u8) -> bool,
    least: usize,
    by: &[u8],
) -> Vec<u8> {
    let mut replaced = Vec::new();
    // Significant bytes match too, so every one of them is in exactly one run.
    for run in text.chunk_by(|one, next| belongs(*one) == belongs(*next)) {
        let count = run.iter().filter(|byte| counts(**byte)).count();
        replaced.extend_from_slice(if count < least { run } else { by });
    }
    replaced
}

/// Whether a byte can be part of an e-mail address: not a space, and none of the specials
/// of RFC 5322 except `@` and `.`.
fn is_email_byte(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b',' | b';' | b':' | b'"' | b'\\'
    )
}

/// Whether a byte can be part of a telephone number. Some dashes and spaces are not
/// ASCII, so every non-ASCII byte counts.
fn is_phone_byte(byte: u8) -> bool {
    byte.is_ascii_digit()
        || matches!(byte, b' ' | b'(' | b')' | b'+' | b'-' | b'.' | b'/')
        || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `src/js/personal-data.ts` masks in the same way: its test reads the same examples.
    #[test]
    fn the_examples_are_masked() {
        let examples = include_str!("../tests/vectors/personal-data.json");
        let examples: serde_json::Value = serde_json::from_str(examples).unwrap();
        let examples = examples.as_array().unwrap();
        assert!(!examples.is_empty());
        for example in examples {
            let text = example["text"].as_str().unwrap();
            assert_eq!(mask(text), example["masked"].as_str().unwrap(), "{text:?}");
        }
    }
}
