//! One cell: what it holds, and whether that is a code.

use super::character::{Look, is_invisible};
use super::columns::is_code_column;
use super::message;
use super::programs::READS_ALL;
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::code::{Code, TEXT_LENGTH};
use crate::recipients::is_address;

/// What the cells of a list hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Content {
    #[default]
    Codes,
    Recipients,
}

/// The content of a cell, up to a limit.
#[derive(Clone, Default)]
pub(super) struct Cell {
    bytes: Vec<u8>,
    /// Whether the content goes on beyond [`Self::LONGEST`], white space aside.
    overflow: bool,
}

impl Cell {
    /// Bytes that are kept: enough for a program id of 256 characters, or a code, with
    /// much white space around it. Leading white space is not kept.
    pub(super) const LONGEST: usize = 2_048;
    /// Characters of a rejected value that are shown.
    pub(super) const SHOWN: usize = 80;

    pub(super) fn extend(&mut self, run: &[u8]) {
        let run = if self.bytes.is_empty() { run.trim_ascii_start() } else { run };
        let room = Self::LONGEST.saturating_sub(self.bytes.len());
        let (kept, rest) = run.split_at_checked(room).unwrap_or((run, &[]));
        self.bytes.extend_from_slice(kept);
        self.overflow |= !rest.trim_ascii_start().is_empty();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.overflow = false;
    }

    /// Keeps only the part before the first delimiter or line end.
    pub(super) fn cut(&mut self, delimiter: u8) {
        let end = self.bytes.iter().position(|byte| *byte == delimiter || is_line_end(*byte));
        if let Some(end) = end {
            self.bytes.truncate(end);
            self.overflow = false;
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.overflow && self.text() == Some("")
    }

    pub(super) const fn is_too_long(&self) -> bool {
        self.overflow
    }

    /// Whether it holds this kind of content.
    pub(super) fn holds(&self, content: Content) -> bool {
        match content {
            Content::Recipients if READS_ALL => {
                self.text().is_some_and(|text| is_address(bare(text)))
            }
            _ => self.bytes.len() >= TEXT_LENGTH && self.code().is_ok(),
        }
    }

    /// The text without surrounding white space; none if it is not UTF-8.
    pub(super) fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(trim(text)),
            // The limit cut a character in two.
            Err(error) if self.overflow && error.error_len().is_none() => Some(""),
            Err(_) => None,
        }
    }

    /// The program id in it; none if it is not UTF-8.
    pub(super) fn program_id(&self) -> Option<&str> {
        self.text().map(program_id)
    }

    pub(super) fn code(&self) -> Result<Code, RejectReason> {
        // Nearly every cell holds a code and nothing else.
        if let Ok(code) = Code::parse(&self.bytes) {
            return Ok(code);
        }
        let text = self.text().ok_or(RejectReason::NotUtf8)?;
        if self.overflow {
            return Err(RejectReason::NotAUuid);
        }
        Code::parse(bare(text).as_bytes())
    }

    /// Says in a sentence why [`Self::code`] found none.
    pub(super) fn fault(&self, reason: RejectReason) -> String {
        let Some(text) = self.text() else { return message::NOT_UTF8.to_owned() };
        let bare = bare(text);
        let message = match reason {
            RejectReason::NilUuid => message::NIL,
            _ if self.overflow => message::NO_UUID,
            _ if bare.is_empty() => message::EMPTY,
            _ if is_code_column(bare) => message::NAME_OF_COLUMN,
            _ if is_code_text(bare) => message::CODE_TEXT,
            _ => {
                let look = Look::at(text, bare);
                if look.is_other_form() {
                    message::OTHER_FORM
                } else if look.is_like_code() {
                    return look.describe();
                } else {
                    message::NO_UUID
                }
            }
        };
        message.to_owned()
    }

    /// Whether the cell may be a mistyped code.
    pub(super) fn looks_like_code(&self) -> bool {
        let text = self.text().unwrap_or_default();
        !self.overflow && Look::at(text, text).is_like_code()
    }

    pub(super) fn rejected(
        &self,
        line: u64,
        reason: RejectReason,
        message: String,
    ) -> RejectedEntry {
        let mut text = String::new();
        match str::from_utf8(&self.bytes) {
            Ok(valid) => text.push_str(valid),
            // The encoding is unknown: only the ASCII characters are shown.
            Err(_) => text.extend(self.bytes.iter().map(|byte| match byte {
                0..0x80 => char::from(*byte),
                _ => char::REPLACEMENT_CHARACTER,
            })),
        }
        let text = trim(&text);
        let end = text.char_indices().nth(Self::SHOWN).map_or(text.len(), |(at, _)| at);
        let mut value = text.get(..end).unwrap_or_default().to_owned();
        if self.overflow || end < text.len() {
            value.push('…');
        }
        RejectedEntry { line, value, reason, message }
    }
}

/// Removes white space and invisible characters around a text: neither changes its
/// meaning.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || is_invisible(char))
}

/// Removes quotes too, and the `="…"` with which spreadsheets keep a text from being
/// converted.
pub(super) fn bare(text: &str) -> &str {
    let mut text = trim(text);
    while let Some(inner) = unquoted(text.strip_prefix('=').unwrap_or(text)) {
        text = trim(inner);
    }
    text
}

/// The program id in a trimmed text. Quotes could be a part of it.
pub(super) fn program_id(text: &str) -> &str {
    text.strip_prefix('=').and_then(unquoted).map_or(text, trim)
}

/// The text between two quotes of any kind.
fn unquoted(text: &str) -> Option<&str> {
    let mut chars = text.chars();
    let is_quoted = is_quote(chars.next()?) && is_quote(chars.next_back()?);
    is_quoted.then_some(chars.as_str())
}

const fn is_quote(char: char) -> bool {
    matches!(char, '"' | '\'' | '`' | '´' | '«' | '»' | '‘'..='‟' | '‹' | '›')
}

/// Whether `bytes` contains this byte.
#[allow(clippy::manual_contains)] // Which is made for long slices, and is larger.
pub(super) fn has(bytes: &[u8], wanted: u8) -> bool {
    bytes.iter().any(|byte| *byte == wanted)
}

pub(super) const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space that can stand around quotes.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// Whether this may be the text of a code that riders type.
fn is_code_text(text: &str) -> bool {
    (4..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CODE: &str = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

    fn cell(text: &str) -> Cell {
        let mut cell = Cell::default();
        cell.extend(text.as_bytes());
        cell
    }

    #[test]
    fn what_stands_around_a_code_is_taken_off() {
        for (before, behind) in [
            (" ", "\u{a0}"),
            ("\u{feff}", ""),
            ("\u{200b}\u{2060}", "\u{200d}\u{ad}"),
            ("\u{202a}", "\u{202c}"),
            ("\u{2066} ", " \u{2069}"),
            ("\"", "\""),
            ("'", "'"),
            ("“", "”"),
            ("„", "“"),
            ("’", "’"),
            ("« ", " »"),
            ("`", "`"),
            ("=\"", "\""),
            ("\u{feff} =\" ", " \"\u{200b}"),
            ("\"=\"\"", "\"\"\""),
            ("\"'", "'\""),
            ("\u{fe0f}", "\u{e007f}"),
        ] {
            let text = format!("{before}{CODE}{behind}");
            assert_eq!(
                cell(&text).code().map(|code| code.to_string()),
                Ok(CODE.into()),
                "{text:?}"
            );
        }
    }

    /// Characters inside a code, or on one side only, change the meaning.
    #[test]
    fn nothing_else_is_taken_off() {
        for (before, behind) in
            [("\"", ""), ("", "'"), ("=", ""), ("\0", ""), ("", "\u{3}"), ("(", ")"), ("#", "")]
        {
            let text = format!("{before}{CODE}{behind}");
            assert_eq!(cell(&text).code(), Err(RejectReason::NotAUuid), "{text:?}");
        }
        assert_eq!(cell("\"\"").code(), Err(RejectReason::NotAUuid));
        assert_eq!(cell("\"").code(), Err(RejectReason::NotAUuid));
    }

    #[test]
    fn quotes_can_be_a_part_of_a_program_id() {
        for (text, id) in [
            ("=\"p\"", "p"),
            ("=\" p \"", "p"),
            ("\u{feff}p\u{200b}", "p"),
            ("'p'", "'p'"),
            ("=p", "=p"),
            ("=\"p", "=\"p"),
        ] {
            assert_eq!(cell(text).program_id(), Some(id), "{text:?}");
        }
    }
}
