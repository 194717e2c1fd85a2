//! Strings of JSON text, with their escapes.

use std::borrow::Cow;

use super::Reader;

impl<'a> Reader<'a> {
    #[cfg_attr(hot_paths, optimize(speed))]
    pub(super) fn string(&mut self) -> Option<Cow<'a, str>> {
        if self.byte()? != b'"' {
            return None;
        }
        self.at += 1;
        let mut string = Cow::Borrowed("");
        loop {
            let rest = self.text.get(self.at..)?;
            let end = rest.bytes().position(is_special)?;
            let (plain, behind) = rest.split_at_checked(end)?;
            self.at += end + 1;
            // Without an escape, it is a piece of the text.
            string += plain;
            match behind.bytes().next()? {
                b'"' => return Some(string),
                b'\\' => string.to_mut().push(self.escape()?),
                _ => return None,
            }
        }
    }

    #[cfg_attr(hot_paths, inline(never))]
    fn escape(&mut self) -> Option<char> {
        let byte = self.byte()?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => self.unit_escape()?,
            _ => return None,
        })
    }

    /// A character written as one or two UTF-16 units; half of one is replaced, as
    /// it is where JavaScript's strings become UTF-8.
    fn unit_escape(&mut self) -> Option<char> {
        let first = self.unit()?;
        let behind = self.at;
        if (0xd800..0xdc00).contains(&first)
            && self.text.get(behind..)?.starts_with("\\u")
            && let Some(second) = {
                self.at += 2;
                self.unit()
            }
            && (0xdc00..0xe000).contains(&second)
        {
            return char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00));
        }
        self.at = behind;
        Some(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn unit(&mut self) -> Option<u32> {
        let digits = self.text.as_bytes().get(self.at..)?.first_chunk::<4>()?;
        self.at += 4;
        digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
    }
}

/// Whether a byte can't stand in a string as it is.
fn is_special(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}
