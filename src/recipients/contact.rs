//! The kind of a value, and the form in which values are compared.

use std::mem;
use std::ops::RangeInclusive;

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Nothing,
    Email,
    /// A telephone number with a country code.
    Phone,
    /// Digits: a telephone number without a country code, or the text of a code.
    LocalPhone,
    /// A number whose last digits a spreadsheet has replaced by an exponent: `1.555E+12`.
    Shortened,
    /// Without a digit: possibly the text of a code, or the name of a column.
    Words,
    /// Possibly the text of a code.
    Other,
}

/// A value in the form in which it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Contact {
    pub(super) kind: Kind,
    pub(super) text: String,
}

/// How many digits a telephone number has, with its country code.
const PHONE_DIGITS: RangeInclusive<usize> = 5..=15;

impl Contact {
    /// Reads a trimmed value.
    pub(super) fn of(value: &str) -> Self {
        let mut kind = kind(value);
        let mut name = String::new();
        let mut text = String::new();
        if kind == Kind::Phone {
            text.push('+');
        }
        for char in number_in(value).filter(|_| kind == Kind::Phone).unwrap_or(value).chars() {
            match (kind, char) {
                (Kind::Email, '<') => name = mem::take(&mut text),
                (Kind::Email, '>') => {}
                (Kind::Phone, _) if !char.is_ascii_digit() => {}
                _ => text.push(lower_case(char)),
            }
        }
        // The name may be the same address, but not another one.
        if name.bytes().any(|byte| byte == b'@') && name.strip_suffix(' ').unwrap_or(&name) != text
        {
            // Not the address: a text must not be found as what it is not.
            (kind, text) = (Kind::Other, value.to_owned());
        }
        Self { kind, text }
    }
}

/// Whether a value is an e-mail address, or a telephone number with a country code.
pub(crate) fn is_address(value: &str) -> bool {
    matches!(kind(value), Kind::Email | Kind::Phone)
}

/// The telephone number behind `+`, or behind `00`, the prefix in nearly all countries. No
/// country code begins with 0.
fn number_in(value: &str) -> Option<&str> {
    let behind_zeros =
        value.strip_prefix("00").filter(|number| number.as_bytes().first() != Some(&b'0'));
    value.strip_prefix('+').or(behind_zeros)
}

fn kind(value: &str) -> Kind {
    #[derive(Default)]
    struct Counts {
        digits: usize,
        ats: usize,
        blanks: usize,
        dots: usize,
        exponents: usize,
        marks: usize,
        others: usize,
    }
    let number = number_in(value);
    let mut counts = Counts::default();
    for char in number.unwrap_or(value).chars() {
        let count = match char {
            '0'..='9' => &mut counts.digits,
            '@' => &mut counts.ats,
            '.' => &mut counts.dots,
            'E' | 'e' => &mut counts.exponents,
            '+' | ',' => &mut counts.marks,
            // The address in `Ada Okafor <ada@example.com>`, as mail programs copy it.
            '<' if value.ends_with('>') => {
                counts = Counts::default();
                continue;
            }
            _ if char.is_whitespace() || char.is_control() => {
                counts.others += usize::from(!is_separator(char));
                &mut counts.blanks
            }
            _ if is_separator(char) => continue,
            _ => &mut counts.others,
        };
        *count += 1;
    }
    let Counts { digits, ats, blanks, dots, exponents, marks, others } = counts;
    let bytes = value.as_bytes();
    if value.is_empty() {
        Kind::Nothing
    } else if ats == 1 && blanks == 0 && bytes.first() != Some(&b'@') && bytes.last() != Some(&b'@')
    {
        Kind::Email
    } else if digits + ats + dots == 0 {
        Kind::Words
    } else if ats + others == 0 && exponents == 1 && dots + marks > 0 {
        Kind::Shortened
    } else if ats + others + exponents + marks > 0 || !PHONE_DIGITS.contains(&digits) {
        Kind::Other
    } else if number.is_some() {
        Kind::Phone
    } else {
        Kind::LocalPhone
    }
}

/// Characters between the digits of a telephone number.
const fn is_separator(char: char) -> bool {
    matches!(
        char,
        ' ' | '\u{a0}' | '\u{2007}' | '\u{202f}' | '-' | '\u{2010}'
            ..='\u{2013}' | '.' | '/' | '(' | ')'
    )
}

/// The lower case of a Latin, Greek or Cyrillic letter. The standard library's table of
/// all letters takes kilobytes of wasm.
#[inline(never)]
pub(crate) fn lower_case(char: char) -> char {
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
            ("0049 170 1234", Kind::Phone, "+491701234"),
            ("00 (49) 170-1234", Kind::Phone, "+491701234"),
            ("000 170 1234", Kind::LocalPhone, "000 170 1234"),
            ("0170 1234", Kind::LocalPhone, "0170 1234"),
            ("001234", Kind::Other, "001234"),
            ("0012345678901234567", Kind::Other, "0012345678901234567"),
            ("Ada <Ada@x>", Kind::Email, "ada@x"),
            ("<ada@x>", Kind::Email, "ada@x"),
            ("\"Roe, Ada\" <ada@x>", Kind::Email, "ada@x"),
            ("Ada@x <Ada@x>", Kind::Email, "ada@x"),
            ("bob@x <ada@x>", Kind::Other, "bob@x <ada@x>"),
            ("Bob <bob@x>; Ada <ada@x>", Kind::Other, "Bob <bob@x>; Ada <ada@x>"),
            ("Ada <ada>", Kind::Words, "ada <ada>"),
            ("ada@x>", Kind::Email, "ada@x"),
            ("1.555E+12", Kind::Shortened, "1.555e+12"),
            ("1,555E+12", Kind::Shortened, "1,555e+12"),
            ("1E+12", Kind::Shortened, "1e+12"),
            ("4.9e11", Kind::Shortened, "4.9e11"),
            ("12E34", Kind::Other, "12e34"),
            ("E+", Kind::Words, "e+"),
            ("Tel.-Nr", Kind::Other, "tel.-nr"),
            ("TEXT", Kind::Words, "text"),
            ("1,555", Kind::Other, "1,555"),
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
            // A second address in the name is noticed later.
            let is_one = matches!(kind, Kind::Email | Kind::Phone) || text.ends_with("<ada@x>");
            assert_eq!(is_address(value), is_one, "{value:?}");
        }
    }

    /// Checks the letters with a lower case that occur in addresses.
    #[test]
    fn lower_case_matches_the_standard_library() {
        for char in ('\0'..'\u{180}').chain('Α'..='Ϋ').chain('Ѐ'..='џ') {
            let mut lower = char.to_lowercase();
            let lower = lower.next().filter(|_| lower.next().is_none());
            // The Turkish dotted and dotless i are different letters.
            if !matches!(char, 'İ' | 'ı') {
                assert_eq!(Some(lower_case(char)), lower, "{char} {:x}", u32::from(char));
            }
            assert_eq!(lower_case(lower_case(char)), lower_case(char));
        }
    }
}
