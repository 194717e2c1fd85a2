//! What a file is, if it is no list of codes: named once, and not rejected row by
//! row.

use super::cell::{bare, is_line_end};
use super::message;
use crate::code::Code;
use crate::error::{Reason, Rejected};
use crate::text::text;

/// What the first bytes say.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Utf8 {
        has_mark: bool,
    },
    Utf16 {
        is_big_endian: bool,
    },
    /// A ZIP archive, whose entries say of what.
    Zip,
    /// An encoding that is not read.
    Encoding(&'static str),
    /// Something else.
    Other(&'static str),
}

/// Where one is the beginning of another, the longer one comes first.
static SIGNATURES: [(&[u8], Start); 16] = [
    (b"\xef\xbb\xbf", Start::Utf8 { has_mark: true }),
    (b"\xff\xfe\0\0", Start::Encoding("UTF-32")),
    (b"\0\0\xfe\xff", Start::Encoding("UTF-32")),
    (b"\xff\xfe", Start::Utf16 { is_big_endian: false }),
    (b"\xfe\xff", Start::Utf16 { is_big_endian: true }),
    (b"PK\x03\x04", Start::Zip),
    (b"PK\x05\x06", Start::Zip),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Start::Other("an XLS workbook, or one with a password")),
    (b"%PDF-", Start::Other("a PDF document")),
    (b"{\\rtf", Start::Other("an RTF document")),
    (b"\x1f\x8b", Start::Other("a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", Start::Other("a 7z archive")),
    (b"Rar!\x1a\x07", Start::Other("a RAR archive")),
    (b"\xfd7zXZ\0", Start::Other("an xz archive")),
    (b"\x28\xb5\x2f\xfd", Start::Other("a Zstandard archive")),
    (b"BZh91AY&SY", Start::Other("a bzip2 archive")),
];

/// Judges the first bytes; nothing while more have to come.
pub(super) fn of_start(start: &[u8], is_all: bool) -> Option<Start> {
    let could_be = |(bytes, _): &(&[u8], _)| bytes.len() > start.len() && bytes.starts_with(start);
    if !is_all && (start.len() < 2 || SIGNATURES.iter().any(could_be)) {
        return None;
    }
    let found = SIGNATURES.iter().find(|(bytes, _)| start.starts_with(bytes));
    Some(match (found, start) {
        (Some((_, found)), _) => *found,
        (_, [first, second, ..]) if (*first == 0) != (*second == 0) => {
            Start::Encoding("UTF-16 without a byte order mark")
        }
        _ => Start::Utf8 { has_mark: false },
    })
}

/// What a ZIP archive is, by its first entries.
pub(super) fn of_zip(mut bytes: &[u8]) -> &'static str {
    const HEADER: &[u8; 4] = b"PK\x03\x04";
    while let Some(at) = bytes.windows(4).position(|four| four == HEADER) {
        bytes = bytes.get(at + 4..).unwrap_or_default();
        let length = |at| match bytes.get(at..) {
            Some([low, high, ..]) => usize::from(u16::from_le_bytes([*low, *high])),
            _ => 0,
        };
        // The lengths of the name and of what is behind it, then both.
        let entry = bytes.get(26..).unwrap_or_default();
        let (name, rest) = entry.split_at_checked(length(22)).unwrap_or((entry, &[]));
        let content = rest.get(length(24)..).unwrap_or_default();
        if name.starts_with(b"xl/") {
            return "an XLSX workbook";
        }
        if name.ends_with(b".iwa") || name.starts_with(b"Index") {
            return "a Numbers spreadsheet";
        }
        if name == b"mimetype" && content.starts_with(b"application/vnd.oasis.opendocument.spr") {
            return "an ODS spreadsheet";
        }
    }
    "a ZIP archive"
}

pub(super) const JSON: &str = "JSON";
pub(super) const JSON_LINES: &str = "JSON lines";
pub(super) const MARKDOWN: &str = "Markdown";

/// What a first line that is neither a code nor a header belongs to.
pub(super) fn of_first_line(line: &[u8]) -> Option<&'static str> {
    if line.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    match line.trim_ascii() {
        [b'{' | b'[', rest @ ..] => {
            let next = rest.trim_ascii_start().first();
            next.is_none_or(|byte| b"\"{[]}".contains(byte)).then_some(JSON)
        }
        [b'<', rest @ ..] => {
            let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
            let is_tag = match (rest.first(), rest.get(name)) {
                (Some(b'!' | b'?'), _) => true,
                (_, behind) => name > 0 && behind.is_none_or(|byte| b" \t/>".contains(byte)),
            };
            is_tag.then_some("HTML or XML")
        }
        _ => is_markdown(line).then_some(MARKDOWN),
    }
}

/// Whether a line of JSON may be one of many: it ends as it begins.
pub(super) fn may_be_json_line(line: &[u8]) -> bool {
    matches!(line.trim_ascii(), [b'{', .., b'}'] | [b'[', .., b']'])
}

/// Whether a line is Markdown and nothing else: a fence, what is below the head of
/// a table, a code as an item of a list.
pub(super) fn is_markdown(line: &[u8]) -> bool {
    let line = str::from_utf8(line).unwrap_or_default().trim();
    let is_rule = line.contains('|')
        && line.contains('-')
        && line.chars().all(|char| matches!(char, '|' | '-' | ':' | ' ' | '\t'));
    is_rule
        || line.starts_with("```")
        || line.starts_with("~~~")
        || item(line).is_some_and(|item| Code::parse(item.as_bytes()).is_ok())
}

/// The text of an item of a list.
fn item(line: &str) -> Option<&str> {
    let number = line.trim_start_matches(|char: char| char.is_ascii_digit());
    let text = if number.len() < line.len() {
        number.strip_prefix(['.', ')'])?
    } else {
        line.strip_prefix(['-', '*', '+'])?
    };
    let text = text.strip_prefix([' ', '\t'])?.trim_start();
    let text = text.strip_prefix("[ ]").or_else(|| text.strip_prefix("[x]")).unwrap_or(text);
    Some(bare(text.trim_matches(|char: char| char == '*' || char.is_whitespace())))
}

/// The delimiter that a first line `sep=;` gives, as spreadsheets read it.
pub(super) fn separator(line: &[u8]) -> Option<u8> {
    let mut line = line;
    while let [rest @ .., last] = line
        && (is_line_end(*last) || *last == b' ')
    {
        line = rest;
    }
    if let [b'"', inner @ .., b'"'] = line {
        line = inner;
    }
    match line {
        [name @ .., b'=', separator]
            if name.eq_ignore_ascii_case(b"sep")
                && separator.is_ascii()
                && !separator.is_ascii_alphanumeric()
                && *separator != b'"' =>
        {
            Some(*separator)
        }
        _ => None,
    }
}

/// The one issue of a file that is something else.
pub(super) fn other(format: &str) -> Rejected {
    rejected(Reason::UnsupportedFormat, &[message::THIS_IS, format, message::NO_LIST])
}

/// The one issue of a file in an encoding that is not read.
pub(super) fn encoding(name: &str) -> Rejected {
    rejected(Reason::NotUtf8, &[message::THIS_IS, name, message::SAVE_AS_UTF8])
}

fn rejected(reason: Reason, parts: &[&str]) -> Rejected {
    Rejected { line: 1, value: String::new(), reason, message: text(parts).into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_is_judged_as_soon_as_it_can_be() {
        for (bytes, enough) in [
            (&b"1f913a96"[..], 2),
            (b"\xef\xbb\xbfcode_id", 3),
            (b"\xff\xfe1\0f\0", 3),
            (b"\xff\xfe\0\0", 4),
            (b"\xfe\xff\0", 2),
            (b"PK\x03\x04\x14", 4),
            (b"PKW,code_id", 3),
            (b"7z3a96", 3),
            (b"{\"codes\":[", 2),
            (b"%PDF-1.7", 5),
        ] {
            for length in 0..bytes.len() {
                let found = of_start(&bytes[..length], false);
                assert_eq!(found.is_some(), length >= enough, "{length} {}", bytes.escape_ascii());
                assert!(length < enough || found == of_start(bytes, true));
            }
        }
        assert!(of_start(b"", true) == Some(Start::Utf8 { has_mark: false }));
        assert!(of_start(b"\xff\xfe", true) == Some(Start::Utf16 { is_big_endian: false }));
        // The beginning of a signature, and no more.
        assert!(of_start(b"PK", true) == Some(Start::Utf8 { has_mark: false }));
    }

    fn entry(name: &str, content: &str) -> Vec<u8> {
        let mut entry = b"PK\x03\x04".to_vec();
        entry.extend([0; 22]);
        entry.extend([u8::try_from(name.len()).unwrap(), 0, 2, 0]);
        entry.extend(name.bytes().chain([7, 7]).chain(content.bytes()));
        entry
    }

    #[test]
    fn a_zip_archive_is_what_its_entries_say() {
        let spreadsheet = "application/vnd.oasis.opendocument.spreadsheet";
        for (entries, says) in [
            (
                vec![("[Content_Types].xml", "…"), ("_rels/.rels", ""), ("xl/workbook.xml", "")],
                "XLSX",
            ),
            (vec![("[Content_Types].xml", "…"), ("word/document.xml", "")], "ZIP"),
            (vec![("mimetype", spreadsheet), ("content.xml", "")], "ODS"),
            (vec![("mimetype", "application/vnd.oasis.opendocument.text")], "ZIP"),
            (vec![("preview.jpg", "…"), ("Index/Document.iwa", "")], "Numbers"),
            (vec![("codes.csv", "…")], "ZIP"),
            (vec![], "ZIP"),
        ] {
            let bytes: Vec<_> =
                entries.iter().flat_map(|(name, content)| entry(name, content)).collect();
            assert!(of_zip(&bytes).contains(says), "{entries:?}");
            // What is cut off may say less, and must not end in a panic.
            (0..bytes.len()).for_each(|end| _ = of_zip(&bytes[..end]));
        }
    }

    #[test]
    fn a_first_line_says_what_it_belongs_to() {
        const CODE: &str = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
        for (line, format) in [
            ("[", Some(JSON)),
            (" {\r", Some(JSON)),
            ("[]", Some(JSON)),
            ("[ \"x\"", Some(JSON)),
            ("{\"codes\": [", Some(JSON)),
            ("[code_id],[name]", None),
            ("{1f913a96-f52c-42a0-aa0b-a2ba53b2d631}", None),
            ("<!doctype html>", Some("HTML or XML")),
            ("<?xml version=\"1.0\"?>", Some("HTML or XML")),
            ("<table>", Some("HTML or XML")),
            ("<html lang=\"en\">", Some("HTML or XML")),
            ("<br/>", Some("HTML or XML")),
            ("<1f913a96-f52c-42a0-aa0b-a2ba53b2d631>", None),
            ("< none >", None),
            ("```text", Some(MARKDOWN)),
            ("# Codes", None),
            ("- item", None),
            ("-1f913a96-f52c-42a0-aa0b-a2ba53b2d631", None),
            ("", None),
        ] {
            assert_eq!(of_first_line(line.as_bytes()), format, "{line}");
        }
        for mark in ["- ", "* ", "+  ", "1. ", "12) ", "- [ ] ", "- [x] "] {
            for line in
                [format!("{mark}{CODE}"), format!("{mark}`{CODE}` "), format!("{mark}**{CODE}**")]
            {
                assert_eq!(of_first_line(line.as_bytes()), Some(MARKDOWN), "{line}");
            }
        }
        for (line, is) in [
            ("| --- | :-: |", true),
            ("|-|", true),
            ("--- | ---", true),
            ("---", false),
            ("||", false),
            ("---+---", false),
        ] {
            assert_eq!(is_markdown(line.as_bytes()), is, "{line}");
        }
    }

    #[test]
    fn spreadsheets_say_which_delimiter_they_have() {
        for (line, found) in [
            ("sep=;", Some(b';')),
            ("SEP=,\r", Some(b',')),
            ("sep=\t\n", Some(b'\t')),
            ("\"sep=|\" \n", Some(b'|')),
            ("sep=", None),
            ("sep=;;", None),
            ("sep=x", None),
            ("sep=\"", None),
            ("step=;", None),
            ("sep=é", None),
        ] {
            assert_eq!(separator(line.as_bytes()), found, "{line:?}");
        }
    }
}
