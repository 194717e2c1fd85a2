//! Characters that don't belong into a code, by name.

use super::message;
use crate::text::{decimal, text};

/// Whether nobody sees it: what Unicode calls ignorable by default, and the
/// blank of Braille.
pub(super) const fn is_invisible(char: char) -> bool {
    matches!(
        char,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Says what keeps something from being a code that looks like one: the first
/// character that no code has and its place in `shown`, or the number of digits.
/// `bare` is what is left of `shown` without what may stand around.
pub(super) fn describe(shown: &str, bare: &str) -> String {
    let begin = shown.find(bare).unwrap_or_default();
    let end = begin + bare.len();
    let mut place = 0;
    let mut digits = 0;
    for (at, char) in shown.char_indices() {
        place += 1;
        if char.is_ascii_hexdigit() {
            digits += 1;
        } else if (begin..end).contains(&at) && char != '-' {
            let mut itself = String::new();
            let name = name(char).unwrap_or_else(|| {
                itself.push(char);
                &itself
            });
            let place = decimal(place);
            return text(&["Character ", &place, " is ", &point(char), " (", name, message::HOLDS]);
        }
    }
    text(&["There are ", &decimal(digits), message::DIGITS])
}

/// As Unicode writes it: `U+2013`.
fn point(char: char) -> String {
    let mut text = String::from("U+");
    let value = u32::from(char);
    let digits = (32 - value.leading_zeros()).div_ceil(4).max(4);
    for digit in (0..digits).rev() {
        let digit = char::from_digit(value >> (digit * 4) & 0xf, 16).unwrap_or_default();
        text.push(digit.to_ascii_uppercase());
    }
    text
}

/// What people call it, where it can't be told by its looks.
fn name(char: char) -> Option<&'static str> {
    Some(match char {
        '\0' => "NUL",
        ' ' => "space",
        '\u{a0}' | '\u{2007}' | '\u{202f}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{feff}' => "byte order mark",
        '\u{2010}' => "typographic hyphen",
        '\u{2011}' => "non-breaking hyphen",
        '\u{2012}' => "figure dash",
        '\u{2013}' => "en dash",
        '\u{2014}' => "em dash",
        '\u{2212}' => "minus sign",
        '‘'..='‟' => "typographic quote",
        '！'..='～' => "full-width character",
        _ if char.is_control() => "control character",
        _ if char.is_whitespace() => "white space",
        _ if is_invisible(char) => "invisible character",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_that_no_code_has_is_named_with_its_place() {
        for (shown, says) in [
            ("1f913a96–f52c–42a0-aa0b-a2ba53b2d631", "Character 9 is U+2013 (en dash)."),
            (
                "１f913a96-f52c-42a0-aa0b-a2ba53b2d631",
                "Character 1 is U+FF11 (full-width character).",
            ),
            ("1f913a96-f52c-42a0-aa0b-a2ba53b2d631\0", "Character 37 is U+0000 (NUL)."),
            (
                "1f913a96-f52c-42a0\u{200b}-aa0b-a2ba53b2d631",
                "Character 19 is U+200B (zero-width space).",
            ),
            ("1f913a96-f52c-42a0-aa0b-a2ba53b2d63g", "Character 36 is U+0067 (g)."),
            ("1f913a96-f52c-42a0-aa0b-a2ba53b2d63О", "Character 36 is U+041E (О)."),
            ("1f913a96 f52c 42a0 aa0b a2ba53b2d631", "Character 9 is U+0020 (space)."),
            ("1f913a96-f52c-42a0-aa0b-a2ba53b2d631😀", "Character 37 is U+1F600 (😀)."),
        ] {
            let told = describe(shown, shown);
            assert!(told.starts_with(says), "{shown}: {told}");
        }
        // Counted in what is shown, which has the quotes.
        let told = describe("\"1f913a96_f52c\"", "1f913a96_f52c");
        assert!(told.starts_with("Character 10 is U+005F (_)."), "{told}");
        let told =
            describe("1f913a96-f52c-42a0-aa0b-a2ba53b2d63", "1f913a96-f52c-42a0-aa0b-a2ba53b2d63");
        assert!(told.starts_with("There are 31 digits"), "{told}");
    }

    #[test]
    fn what_nobody_sees_has_a_name() {
        for point in 0..0x11_0000 {
            let Some(char) = char::from_u32(point) else { continue };
            if is_invisible(char) || char.is_control() || char.is_whitespace() {
                assert!(name(char).is_some(), "{point:x}");
                assert!(
                    !char.is_alphanumeric()
                        || char == '\u{3164}'
                        || char == '\u{ffa0}'
                        || (0x115f..=0x1160).contains(&point),
                    "{point:x}"
                );
            }
        }
    }
}
