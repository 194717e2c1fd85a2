//! Recognises files that are not lists of codes, so that one error names the format
//! instead of one error for each row.

use super::cell::{bare, has};
use super::message;
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::code::{Code, TEXT_LENGTH};
use crate::text::text;

/// What the first bytes identify.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Signature {
    Utf8,
    Utf16 {
        is_big_endian: bool,
    },
    /// A ZIP archive: its entries identify the format.
    Zip,
    /// An unsupported encoding.
    Encoding,
    /// Something else.
    Other,
}

/// First bytes of formats, and their names. If one is a prefix of another, the longer one
/// comes first.
static SIGNATURES: [(&[u8], Signature, &str); 12] = [
    (b"\xef\xbb\xbf", Signature::Utf8, ""),
    (b"\xff\xfe\0\0", Signature::Encoding, "UTF-32"),
    (b"\0\0\xfe\xff", Signature::Encoding, "UTF-32"),
    (b"\xff\xfe", Signature::Utf16 { is_big_endian: false }, ""),
    (b"\xfe\xff", Signature::Utf16 { is_big_endian: true }, ""),
    (b"PK\x03\x04", Signature::Zip, ""),
    (b"PK\x05\x06", Signature::Zip, ""),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        Signature::Other,
        "an XLS workbook, or one with a password",
    ),
    (b"%PDF-", Signature::Other, "a PDF document"),
    (b"\x1f\x8b", Signature::Other, "a gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", Signature::Other, "a 7z archive"),
    (b"Rar!\x1a\x07", Signature::Other, "a RAR archive"),
];

/// Identifies the format by its first bytes. None if more bytes are needed. Returns the
/// format, its name, and the number of bytes to skip.
pub(super) fn identify(start: &[u8], is_all: bool) -> Option<(Signature, &'static str, usize)> {
    let mut found = None;
    for (bytes, kind, name) in &SIGNATURES {
        if found.is_none() && start.starts_with(bytes) {
            found = Some((*kind, *name, bytes.len()));
        }
        if !is_all && bytes.len() > start.len() && bytes.starts_with(start) {
            return None;
        }
    }
    match start {
        _ if found.is_some() => found,
        [first, second, ..] if (*first == 0) != (*second == 0) => {
            Some((Signature::Encoding, "UTF-16 without a byte order mark", 0))
        }
        [_, _, ..] => Some((Signature::Utf8, "", 0)),
        _ => is_all.then_some((Signature::Utf8, "", 0)),
    }
}

/// The format of a ZIP archive, by its entries.
pub(super) fn of_zip(bytes: &[u8]) -> &'static str {
    let has = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if has(b"xl/w") {
        "an XLSX workbook"
    } else if has(b"opendocument.spreadsheet") {
        "an ODS spreadsheet"
    } else if has(b".iwa") {
        "a Numbers spreadsheet"
    } else {
        "a ZIP archive"
    }
}

const JSON: &str = "JSON or JSON lines";
pub(super) const MARKDOWN: &str = "Markdown";

/// The format of a first line that is neither a code nor a header.
pub(super) fn of_first_line(line: &[u8]) -> Option<&'static str> {
    let name_behind = |name: &[u8]| {
        let length = name.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
        (length, name.get(length).copied().unwrap_or(b' '))
    };
    match line.trim_ascii() {
        [b'{' | b'[', rest @ ..] => {
            let next = rest.trim_ascii_start().first().unwrap_or(&b'"');
            matches!(next, b'"' | b'{' | b'[' | b']' | b'}').then_some(JSON)
        }
        [b'<', b'!' | b'?', ..] => Some("HTML or XML"),
        [b'<', rest @ ..] => match name_behind(rest) {
            (1.., b' ' | b'\t' | b'/' | b'>') => Some("HTML or XML"),
            _ => None,
        },
        line => is_markdown(line).then_some(MARKDOWN),
    }
}

/// Whether a line can only be Markdown: a fence, the line below a table's head, a code as
/// a list item.
pub(super) fn is_markdown(line: &[u8]) -> bool {
    let mut line = line.trim_ascii();
    let is_rule = line.iter().all(|byte| matches!(byte, b'|' | b'-' | b':' | b' ' | b'\t'));
    if line.starts_with(b"```") || is_rule && has(line, b'|') && has(line, b'-') {
        return true;
    }
    while let [rest @ .., b'`' | b'*'] = line {
        line = rest;
    }
    let (mark, code) =
        line.split_at_checked(line.len().wrapping_sub(TEXT_LENGTH)).unwrap_or_default();
    let is_mark = match mark {
        [b'-' | b'*' | b'+', rest @ ..] => rest.first() == Some(&b' '),
        [b'0'..=b'9', ..] => has(mark, b' ') && (has(mark, b'.') || has(mark, b')')),
        _ => false,
    };
    let is_in_mark =
        |byte: &u8| matches!(byte, b'0'..=b'9' | b'[' | b']' | b'x' | b'`' | b' '..=b'.');
    is_mark && mark.iter().all(is_in_mark) && Code::parse(code).is_ok()
}

/// The delimiter in a first line `sep=;`, which spreadsheets understand.
pub(super) fn separator(line: &[u8]) -> Option<u8> {
    let (name, separator) = bare(str::from_utf8(line).ok()?).split_at_checked(4)?;
    match separator.as_bytes() {
        _ if !name.eq_ignore_ascii_case("sep=") => None,
        [separator] if !separator.is_ascii_alphanumeric() => Some(*separator),
        // `bare` removes a tab as white space.
        [] if has(line, b'\t') => Some(b'\t'),
        _ => None,
    }
}

/// The only entry for a file in another format, or in an unsupported encoding.
pub(super) fn unsupported(name: &str, is_encoding: bool) -> RejectedEntry {
    let (reason, behind) = if is_encoding {
        (RejectReason::NotUtf8, message::SAVE_AS_UTF8)
    } else {
        (RejectReason::UnsupportedFormat, message::NO_LIST)
    };
    let message = text(&[message::THIS_IS, name, behind]);
    RejectedEntry { line: 1, value: String::new(), reason, message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_identified_as_soon_as_possible() {
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
                let found = identify(&bytes[..length], false);
                assert_eq!(found.is_some(), length >= enough, "{length} {}", bytes.escape_ascii());
                assert!(length < enough || found == identify(bytes, true));
            }
        }
        let only = |start| identify(start, true).map(|(found, ..)| found);
        assert!(only(b"") == Some(Signature::Utf8) && only(b"x") == Some(Signature::Utf8));
        assert!(only(b"\xff\xfe") == Some(Signature::Utf16 { is_big_endian: false }));
        // An incomplete signature.
        assert!(only(b"PK") == Some(Signature::Utf8));
    }

    fn entry(name: &str, content: &str) -> Vec<u8> {
        let mut entry = b"PK\x03\x04".to_vec();
        entry.extend([0; 22]);
        entry.extend([u8::try_from(name.len()).unwrap(), 0, 2, 0]);
        entry.extend(name.bytes().chain([7, 7]).chain(content.bytes()));
        entry
    }

    #[test]
    fn a_zip_archive_is_identified_by_its_entries() {
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
            // A truncated file may be identified less exactly, but must not cause a
            // panic.
            (0..bytes.len()).for_each(|end| _ = of_zip(&bytes[..end]));
        }
    }

    #[test]
    fn a_first_line_identifies_the_format() {
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
    fn a_sep_line_sets_the_delimiter() {
        for (line, found) in [
            ("sep=;", Some(b';')),
            ("SEP=,\r", Some(b',')),
            ("sep=\t\n", Some(b'\t')),
            ("\"sep=|\" \n", Some(b'|')),
            ("sep=", None),
            ("sep=;;", None),
            ("sep=x", None),
            ("step=;", None),
            ("sep=é", None),
        ] {
            assert_eq!(separator(line.as_bytes()), found, "{line:?}");
        }
    }
}
