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
        let plain = self.plain()?;
        if self.byte() == Some(b'"') {
            self.at += 1;
            return Some(Cow::Borrowed(plain));
        }
        self.escaped(plain.to_owned()).map(Cow::Owned)
    }

    /// The text up to the next special byte.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn plain(&mut self) -> Option<&'a str> {
        let from = self.at;
        self.at += first_special(self.text.as_bytes().get(from..)?)?;
        self.text.get(from..self.at)
    }

    #[cfg_attr(hot_paths, inline(never))]
    fn escaped(&mut self, mut string: String) -> Option<String> {
        loop {
            let special = self.byte()?;
            self.at += 1;
            match special {
                b'"' => return Some(string),
                b'\\' => string.push(self.escape()?),
                _ => return None,
            }
            string.push_str(self.plain()?);
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

    /// A character in one or two UTF-16 units. An unpaired surrogate is replaced, as it
    /// is when JavaScript's strings are converted to UTF-8.
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

/// The position of the first byte that is not allowed unescaped in a string.
#[inline]
fn first_special(bytes: &[u8]) -> Option<usize> {
    const BYTES: usize = size_of::<u64>();
    const ONES: u64 = u64::from_ne_bytes([1; BYTES]);
    let (words, rest) = bytes.as_chunks::<BYTES>();
    for (number, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        // Marks a byte by its highest bit. Only the first mark is reliable.
        let below = |word: u64, limit: u8| word.wrapping_sub(ONES * u64::from(limit)) & !word;
        let equal = |wanted: u8| below(word ^ (ONES * u64::from(wanted)), 1);
        let found = (below(word, b' ') | equal(b'"') | equal(b'\\')) & (ONES << 7);
        if found != 0 {
            return Some(number * BYTES + found.trailing_zeros() as usize / BYTES);
        }
    }
    let found = rest.iter().position(|byte| is_special(*byte))?;
    Some(words.len() * BYTES + found)
}

/// Whether a byte is not allowed unescaped in a string.
pub(crate) fn is_special(byte: u8) -> bool {
    byte < b' ' || matches!(byte, b'"' | b'\\')
}
