//! One cell: what it holds, and whether that is a code.

use super::message;
use crate::code::Code;
use crate::error::{Reason, Rejected};

/// The content of a cell, as much of it as can matter.
#[derive(Clone, Default)]
pub(super) struct Cell {
    pub(super) bytes: Vec<u8>,
    /// There was more than white space beyond [`Self::LONGEST`].
    pub(super) overflow: bool,
}

impl Cell {
    /// Holds a program id of 256 characters, and a code, with much white space
    /// around. White space in front is not kept.
    pub(super) const LONGEST: usize = 2_048;
    /// Characters of a rejected value that are shown.
    pub(super) const SHOWN: usize = 80;

    pub(super) fn extend(&mut self, run: &[u8]) {
        let run = if self.bytes.is_empty() { run.trim_ascii_start() } else { run };
        let room = Self::LONGEST.saturating_sub(self.bytes.len()).min(run.len());
        let (kept, rest) = run.split_at_checked(room).unwrap_or_default();
        self.bytes.extend_from_slice(kept);
        self.overflow |= !rest.trim_ascii_start().is_empty();
    }

    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.overflow = false;
    }

    /// Leaves what comes before the first delimiter or line end.
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

    /// The text without the white space around it; none if it is not UTF-8.
    pub(super) fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text.trim()),
            // Cut inside of a character.
            Err(error) if self.overflow && error.error_len().is_none() => Some(""),
            Err(_) => None,
        }
    }

    pub(super) fn code(&self) -> Result<Code, (Reason, &'static str)> {
        let text = self.text().ok_or((Reason::NotUtf8, message::NOT_UTF8))?;
        if self.overflow {
            return Err((Reason::NotAUuid, message::NO_UUID));
        }
        Code::parse(text.as_bytes()).map_err(|reason| {
            let message = match reason {
                Reason::NilUuid => message::NIL,
                _ if text.is_empty() => message::EMPTY,
                _ if is_code_text(text) => message::CODE_TEXT,
                _ if is_other_form(text) => message::OTHER_FORM,
                _ => message::NO_UUID,
            };
            (reason, message)
        })
    }

    pub(super) fn rejected(&self, line: u64, reason: Reason, message: &'static str) -> Rejected {
        let mut text = String::new();
        match str::from_utf8(&self.bytes) {
            Ok(valid) => text.push_str(valid),
            // What it would be in another encoding is anybody's guess.
            Err(_) => text.extend(self.bytes.iter().map(|byte| match byte {
                0..0x80 => char::from(*byte),
                _ => char::REPLACEMENT_CHARACTER,
            })),
        }
        let text = text.trim();
        let mut value: String = text.chars().take(Self::SHOWN).collect();
        if self.overflow || value.len() < text.len() {
            value.push('…');
        }
        Rejected { line, value, reason, message }
    }
}

pub(super) const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// White space that can stand around quotes.
pub(super) const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// Whether a rider could type that.
pub(super) fn is_code_text(text: &str) -> bool {
    (4..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether that is a UUID, but not in the hyphenated form.
pub(super) fn is_other_form(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32
        && text.bytes().all(|byte| {
            byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_' | b'{' | b'}' | b'(' | b')')
        })
}
