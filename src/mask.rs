//! Text that others wrote, as it may be shown and kept.

/// Longer text is cut to this many characters.
const LONGEST_TEXT: usize = 200;

/// Hides e-mail addresses and telephone numbers, and shortens what is left.
///
/// Rather too much than too little: a word with an `@` goes as a whole, and so
/// do seven digits with nothing but spaces, points and the like between them,
/// which a date has too.
pub(crate) fn mask(text: &str) -> String {
    let masked = replace(text.as_bytes(), in_address, |byte| byte == b'@', 1, b"[email]");
    let masked = replace(&masked, in_number, |byte| byte.is_ascii_digit(), 7, b" [phone] ");
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

/// Whether it can stand in an address: no space, and none of RFC 5322's
/// specials save `@` and `.`.
fn in_address(byte: u8) -> bool {
    !matches!(
        byte,
        0..=b' ' | b'<' | b'>' | b'(' | b')' | b'[' | b']' | b',' | b';' | b':' | b'"' | b'\\'
    )
}

/// Whether it can stand in a telephone number. Beyond ASCII there are dashes and
/// spaces, so all of that can.
fn in_number(byte: u8) -> bool {
    byte.is_ascii_digit()
        || matches!(byte, b' ' | b'(' | b')' | b'+' | b'-' | b'.' | b'/')
        || byte >= 0x80
}
