//! Masks personal data in text from outside, before it is shown or stored.

/// Longer text is cut to this many characters.
const LONGEST_TEXT: usize = 200;

/// Hides e-mail addresses and telephone numbers, and shortens what is left.
///
/// Rather too much than too little: a word with an `@` goes as a whole, and so
/// do seven digits with nothing but spaces, points and the like between them,
/// which a date has too.
pub(crate) fn mask(text: &str) -> String {
    let masked = replace(text.as_bytes(), is_email_byte, |byte| byte == b'@', 1, b"[email]");
    let masked = replace(&masked, is_phone_byte, |byte| byte.is_ascii_digit(), 7, b" [phone] ");
    let mut masked = String::from_utf8(masked.trim_ascii().to_owned()).unwrap_or_default();
    if let Some((end, _)) = masked.char_indices().nth(LONGEST_TEXT) {
        masked.truncate(end);
    }
    masked
}

/// Replaces each run of bytes that belong together, if so many of them count.
fn replace(
    text: &[u8],
    belongs: fn(u8) -> bool,
    counts: fn(u8) -> bool,
    least: usize,
    by: &[u8],
) -> Vec<u8> {
    let mut replaced = Vec::new();
    // What counts belongs, so that no other run can have any of it.
    for run in text.chunk_by(|one, next| belongs(*one) == belongs(*next)) {
        let count = run.iter().filter(|byte| counts(**byte)).count();
        replaced.extend_from_slice(if count < least { run } else { by });
    }
    replaced
}

/// Whether a byte can be part of an e-mail address: no space, and none of RFC 5322's
/// specials save `@` and `.`.
fn is_email_byte(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b',' | b';' | b':' | b'"' | b'\\'
    )
}

/// Whether a byte can be part of a telephone number. Beyond ASCII there are dashes and
/// spaces, so all of that can.
fn is_phone_byte(byte: u8) -> bool {
    byte.is_ascii_digit()
        || matches!(byte, b' ' | b'(' | b')' | b'+' | b'-' | b'.' | b'/')
        || byte >= 0x80
}
