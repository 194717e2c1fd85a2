//! What a value is, and the form in which two values compare.

use std::ops::RangeInclusive;

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nothing,
    Email,
    /// A telephone number with its country code.
    Phone,
    /// Digits, as of a telephone number without a country code; or the text of a code.
    LocalPhone,
    /// The text of a code, if it is anything.
    Other,
}

/// A value, as it compares with others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// So many digits a telephone number has, with its country code.
const PHONE_DIGITS: RangeInclusive<usize> = 5..=15;

impl Contact {
    /// Reads a value that is trimmed.
    pub(super) fn of(value: &str) -> Self {
        let kind = kind(value);
        let text = match kind {
            Kind::Phone => value.chars().filter(|char| !is_separator(*char)).collect(),
            _ => value.chars().map(lower_case).collect(),
        };
        Self { kind, text }
    }
}

/// Whether a value is an e-mail address, or a telephone number with its country code.
pub(crate) fn is_address(value: &str) -> bool {
    matches!(kind(value), Kind::Email | Kind::Phone)
}

fn kind(value: &str) -> Kind {
    let (mut digits, mut ats, mut others, mut blanks) = (0, 0, 0, 0);
    let number = value.strip_prefix('+');
    for char in number.unwrap_or(value).chars() {
        match char {
            '0'..='9' => digits += 1,
            '@' => ats += 1,
            _ if char.is_whitespace() || char.is_control() => {
                blanks += 1;
                others += usize::from(!is_separator(char));
            }
            _ if is_separator(char) => {}
            _ => others += 1,
        }
    }
    let bytes = value.as_bytes();
    if value.is_empty() {
        Kind::Nothing
    } else if ats == 1 && blanks == 0 && bytes.first() != Some(&b'@') && bytes.last() != Some(&b'@')
    {
        Kind::Email
    } else if ats + others > 0 || !PHONE_DIGITS.contains(&digits) {
        Kind::Other
    } else if number.is_some() {
        Kind::Phone
    } else {
        Kind::LocalPhone
    }
}

/// What people write between the digits of a telephone number.
const fn is_separator(char: char) -> bool {
    matches!(
        char,
        ' ' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '-' | '\u{2010}'
            ..='\u{2013}' | '.' | '/' | '(' | ')'
    )
}

/// The small letter of a capital one, of Latin, Greek and Cyrillic. The standard
/// library's table of all letters takes kilobytes of wasm.
fn lower_case(char: char) -> char {
    let code = u32::from(char);
    let lower = match code {
        0x41..=0x5a | 0xc0..=0xd6 | 0xd8..=0xde | 0x391..=0x3a1 | 0x3a3..=0x3ab | 0x410..=0x42f => {
            code + 32
        }
        0x400..=0x40f => code + 80,
        0x178 => 0xff,
        0x100..=0x12f | 0x132..=0x137 | 0x14a..=0x177 => code | 1,
        0x139..=0x148 | 0x179..=0x17e => code + code % 2,
        _ => code,
    };
    char::from_u32(lower).unwrap_or(char)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_it_looks_like() {
        for (value, kind, text) in [
            ("", Kind::Nothing, ""),
            ("Ann@Example.COM", Kind::Email, "ann@example.com"),
            ("JÜRGEN@EXAMPLE.DE", Kind::Email, "jürgen@example.de"),
            ("a+b@x", Kind::Email, "a+b@x"),
            ("12345@x.com", Kind::Email, "12345@x.com"),
            ("+1 555 0100", Kind::Phone, "+15550100"),
            ("+1 (555) 010-0", Kind::Phone, "+15550100"),
            ("+49\u{a0}170.12\u{2011}34/5", Kind::Phone, "+4917012345"),
            ("+49170", Kind::Phone, "+49170"),
            ("15550100", Kind::LocalPhone, "15550100"),
            ("0049 170 1234", Kind::LocalPhone, "0049 170 1234"),
            ("EXAMPLE1", Kind::Other, "example1"),
            ("1234", Kind::Other, "1234"),
            ("+1234", Kind::Other, "+1234"),
            ("+1 555 0100 ext. 5", Kind::Other, "+1 555 0100 ext. 5"),
            ("@x", Kind::Other, "@x"),
            ("x@", Kind::Other, "x@"),
            ("a@b@c", Kind::Other, "a@b@c"),
            ("ann @x.com", Kind::Other, "ann @x.com"),
            ("a@x\nb@x", Kind::Other, "a@x\nb@x"),
            ("+15550100\n+15550101", Kind::Other, "+15550100\n+15550101"),
            ("+1234567890123456", Kind::Other, "+1234567890123456"),
            ("++15550100", Kind::Other, "++15550100"),
            ("+1 555 +0100", Kind::Other, "+1 555 +0100"),
        ] {
            let contact = Contact::of(value);
            assert_eq!((contact.kind, contact.text.as_str()), (kind, text), "{value:?}");
            assert_eq!(is_address(value), matches!(kind, Kind::Email | Kind::Phone), "{value:?}");
        }
    }

    /// Of the letters that have a small one, those that people have in addresses.
    #[test]
    fn small_letters_are_those_of_the_standard_library() {
        for char in ('\0'..'\u{180}').chain('Α'..='Ϋ').chain('Ѐ'..='џ') {
            let mut lower = char.to_lowercase();
            let lower = lower.next().filter(|_| lower.next().is_none());
            // The Turkish dotted and dotless i are letters of their own.
            if !matches!(char, 'İ' | 'ı') {
                assert_eq!(Some(lower_case(char)), lower, "{char} {:x}", u32::from(char));
            }
            assert_eq!(lower_case(lower_case(char)), lower_case(char));
        }
    }
}
