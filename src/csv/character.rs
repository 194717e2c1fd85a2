//! Names of characters that are not allowed in a code.

use super::cell::Cell;
use super::message;
use crate::text::{decimal, digits, text};

/// Whether a character is invisible: Unicode's default ignorable characters, and the
/// blank Braille pattern.
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

/// How similar a text is to a code.
#[derive(Default)]
pub(super) struct CodeLikeness {
    characters: u64,
    digits: u64,
    /// The first character that is not allowed in a code, and its position.
    invalid: Option<(u64, char)>,
}

impl CodeLikeness {
    /// Examines the shown text. `bare` is its part without the quotes and white space
    /// around it.
    pub(super) fn of(shown: &str, bare: &str) -> Self {
        let mut likeness = Self::default();
        let begin = bare.as_ptr().addr() - shown.as_ptr().addr();
        let mut at = 0;
        for char in shown.chars() {
            likeness.characters += 1;
            let is_digit = char.is_ascii_hexdigit();
            // Also full-width digits.
            if is_digit || matches!(char, '０'..='９' | 'Ａ'..='Ｆ' | 'ａ'..='ｆ') {
                likeness.digits += 1;
            }
            if !is_digit
                && char != '-'
                && likeness.invalid.is_none()
                && at >= begin
                && at < begin + bare.len()
            {
                likeness.invalid = Some((likeness.characters, char));
            }
            at += char.len_utf8();
        }
        likeness
    }

    /// Whether it may be a mistyped code: it has most of the digits.
    pub(super) const fn is_like_code(&self) -> bool {
        self.digits >= 24 && self.characters <= Cell::SHOWN as u64
    }

    /// Whether it is a UUID in another form than the hyphenated one.
    pub(super) const fn is_other_form(&self) -> bool {
        matches!(
            (self.digits, self.invalid),
            // `urn:uuid:` contains a hexadecimal digit.
            (32, None | Some((_, '{' | '(' | '_'))) | (33, Some((_, 'u')))
        )
    }

    /// Describes why it is not a code.
    pub(super) fn describe(&self) -> String {
        let Some((number, char)) = self.invalid else {
            return text(&["There are ", &decimal(self.digits), message::DIGITS]);
        };
        let point = digits(u32::from(char).into(), 16, 4);
        let itself = String::from(char);
        let name = name(char).unwrap_or(&itself);
        text(&["Character ", &decimal(number), " is U+", &point, " (", name, message::HOLDS])
    }
}

/// The name of a character that is easily confused or invisible.
fn name(char: char) -> Option<&'static str> {
    Some(match char {
        '\0' => "NUL",
        ' ' => "space",
        '\u{a0}' => "no-break space",
        '\u{200b}' => "zero-width space",
        '\u{feff}' => "byte order mark",
        '\u{2011}' => "non-breaking hyphen",
        '\u{2010}'..='\u{2015}' | '\u{2212}' => "dash",
        '‘'..='‟' => "typographic quote",
        '！'..='～' => "full-width character",
        _ if is_invisible(char) || char.is_whitespace() || char.is_control() => {
            "invisible character"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_invalid_character_is_named_with_its_position() {
        for (shown, says) in [
            ("1f913a96–f52c–42a0-aa0b-a2ba53b2d631", "Character 9 is U+2013 (dash)."),
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
            let message = CodeLikeness::of(shown, shown).describe();
            assert!(message.starts_with(says), "{shown}: {message}");
        }
        // The position includes the quotes that are shown.
        let message = {
            let shown = "\"1f913a96_f52c\"";
            CodeLikeness::of(shown, &shown[1..14]).describe()
        };
        assert!(message.starts_with("Character 10 is U+005F (_)."), "{message}");
        let shown = "1f913a96-f52c-42a0-aa0b-a2ba53b2d63";
        let message = CodeLikeness::of(shown, shown).describe();
        assert!(message.starts_with("There are 31 digits"), "{message}");
    }

    #[test]
    fn invisible_characters_have_names() {
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
