//! One cell: its content, and whether that is a code.

use super::character::{CodeLikeness, is_invisible};
use super::columns::is_code_column;
use super::message;
use super::programs::READS_ALL;
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::code::{Code, TEXT_LENGTH};
use crate::recipients::is_address;

/// What a list contains.
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
    /// Whether the content is longer than [`Self::LONGEST`], not counting white space.
    overflow: bool,
}

impl Cell {
    /// Bytes that are kept: enough for a program id of 256 characters, or a code, with
    /// much white space around it. Leading white space is not kept.
    pub(super) const LONGEST: usize = 2_048;
    /// Characters of a rejected value that are shown.
    pub(super) const SHOWN: usize = 80;

    pub(super) fn extend(&mut self, content: &[u8]) {
        let content = if self.bytes.is_empty() { content.trim_ascii_start() } else { content };
        let room = Self::LONGEST.saturating_sub(self.bytes.len());
        let (kept, rest) = content.split_at_checked(room).unwrap_or((content, &[]));
        self.bytes.extend_from_slice(kept);
        self.overflow |= !rest.trim_ascii_start().is_empty();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.overflow = false;
    }

    /// Keeps only the part before the first delimiter or line end.
    pub(super) fn truncate_at(&mut self, delimiter: u8) {
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

    /// Whether the cell contains a code; or an address, if recipients are read.
    pub(super) fn contains(&self, content: Content) -> bool {
        match content {
            Content::Recipients
                if READS_ALL && self.text().is_some_and(|text| is_address(bare(text))) =>
            {
                true
            }
            _ => self.bytes.len() >= TEXT_LENGTH && self.code().is_ok(),
        }
    }

    /// The text without surrounding white space. None if it is not UTF-8.
    pub(super) fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(trim(text)),
            // The limit split a character.
            Err(error) if self.overflow && error.error_len().is_none() => Some(""),
            Err(_) => None,
        }
    }

    /// The program id in the cell. None if it is not UTF-8.
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

    /// The message for a cell in which [`Self::code`] found no code.
    pub(super) fn message_for(&self, reason: RejectReason) -> String {
        let Some(text) = self.text() else { return message::NOT_UTF8.to_owned() };
        let bare = bare(text);
        let message = match reason {
            RejectReason::NilUuid => message::NIL,
            _ if self.overflow => message::NO_UUID,
            _ if bare.is_empty() => message::EMPTY,
            _ if is_code_column(bare) => message::NAME_OF_COLUMN,
            _ if is_code_text(bare) => message::CODE_TEXT,
            _ => {
                let likeness = CodeLikeness::of(text, bare);
                if likeness.is_other_form() {
                    message::OTHER_FORM
                } else if likeness.is_like_code() {
                    return likeness.describe();
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
        !self.overflow && CodeLikeness::of(text, text).is_like_code()
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
            // The encoding is unknown, so only ASCII characters are shown.
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

/// Removes white space and invisible characters around a text: they don't change its
/// meaning.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || is_invisible(char))
}

/// Also removes quotes, and the `="…"` with which spreadsheets keep a text from being
/// converted.
pub(super) fn bare(text: &str) -> &str {
    let mut text = trim(text);
    while let Some(inner) = unquoted(text.strip_prefix('=').unwrap_or(text)) {
        text = trim(inner);
    }
    text
}

/// The program id in a trimmed text. Quotes may be part of it.
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
#[allow(clippy::manual_contains)] // It is made for long slices, and is larger.
pub(super) fn has(bytes: &[u8], wanted: u8) -> bool {
    bytes.iter().any(|byte| *byte == wanted)
}

pub(super) const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space that may surround quotes.
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
    fn characters_around_a_code_are_removed() {
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
    fn nothing_else_is_removed() {
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
