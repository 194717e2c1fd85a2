//! The part of a list before its rows: the encoding, the format and the layout.

use uber_vouchers::code::rejected::RejectReason;

use crate::list::{
    Header, NO_DELIMITER, Options, Rejected, Row, bare, code, draws_in, header, is_end,
    is_invisible, is_space, line_numbers, outside_quotes,
};

const SIGNATURES: [&[u8]; 7] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
];

/// The text of a file without its byte order mark, or the only error of the file.
pub(crate) fn decoded(input: &[u8]) -> Result<Vec<u8>, Rejected> {
    let refused = |reason| Err((1, String::new(), reason));
    if SIGNATURES.iter().any(|signature| input.starts_with(signature)) {
        return refused(RejectReason::UnsupportedFormat);
    }
    let order: fn([u8; 2]) -> u16 = match input {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return refused(RejectReason::NotUtf8),
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [first, second, ..] if (*first == 0) != (*second == 0) => {
            return refused(RejectReason::NotUtf8);
        }
        _ => return Ok(input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).to_vec()),
    };
    let (units, rest) = input[2..].as_chunks();
    let mut text = Vec::new();
    let mut half = false;
    for char in char::decode_utf16(units.iter().copied().map(order)) {
        match char {
            Ok(char) => text.extend_from_slice(char.to_string().as_bytes()),
            Err(_) => text.push(0xff),
        }
        half = matches!(&char, Err(error) if error.unpaired_surrogate() < 0xdc00);
    }
    // An unpaired surrogate and half a unit are one error.
    if !rest.is_empty() && !half {
        text.push(0xff);
    }
    Ok(text)
}

/// How a text is read.
pub(crate) enum Layout {
    /// It is empty.
    Nothing,
    Refuse(Rejected),
    /// The rows begin here.
    Begin {
        at: usize,
        delimiter: u8,
        is_header_below: bool,
    },
}

pub(crate) fn layout(text: &[u8], options: Options) -> Layout {
    let numbers = line_numbers(text);
    let mut separator = None;
    let mut at = 0;
    if let Some(wanted) = options.header_row {
        let begins = numbers.iter().position(|number| *number >= wanted);
        at = begins.unwrap_or(text.len()).min(text.len());
        let first = text.iter().position(|byte| is_end(*byte)).map(|end| &text[..=end]);
        if let Some(first) = first.filter(|_| at > 0) {
            separator = separator_of(&first[..first.len().min(16)]);
        }
        if begins.is_none() {
            at = text.len();
        }
    }
    let (row, end) = loop {
        if at == text.len() {
            return match options.header_row {
                Some(_) => {
                    Layout::Refuse((numbers[at], String::new(), RejectReason::MissingColumn))
                }
                None => Layout::Nothing,
            };
        }
        let (row, open) = first_row(&text[at..]);
        if !open && is_blank(row) {
            at += row.len();
            continue;
        }
        if let (None, Some(found)) = (separator, separator_of(row)) {
            separator = Some(found);
            at += row.len();
            continue;
        }
        break (row, at + row.len());
    };
    let begin = |delimiter| Layout::Begin { at, delimiter, is_header_below: false };
    let refuse = || Layout::Refuse((1, String::new(), RejectReason::UnsupportedFormat));
    let found = separator.unwrap_or_else(|| delimiter(row));
    let first = trial(row, found, options);
    if first.is_clear {
        return begin(found);
    }
    let has_pipes = separator.is_none() && row.contains(&b'|');
    let is_piped = has_pipes && trial(row, b'|', options).is_clear;
    let json = match row.trim_ascii() {
        [open @ (b'{' | b'['), rest @ ..] => {
            let next = rest.trim_ascii_start().first();
            next.is_none_or(|byte| b"\"{[]}".contains(byte)).then_some(*open)
        }
        _ => None,
    };
    if !is_piped && (json.is_some() || is_markup(row) || is_markdown(row)) {
        return refuse();
    }

    let is_lone = found == NO_DELIMITER && options.program.is_none();
    // If the caller says which row is the header, no other row is considered.
    let mut line_start = if options.header_row.is_some() { text.len() } else { end };
    while line_start < text.len() {
        let rest = &text[line_start..];
        let length = rest.iter().position(|byte| is_end(*byte)).map_or(rest.len(), |end| end + 1);
        let line = &rest[..length];
        line_start += length;
        if is_blank(line) {
            continue;
        }
        if is_markdown(line) {
            return refuse();
        }
        if is_piped {
            return begin(b'|');
        }
        for by in separator.map_or(vec![NO_DELIMITER, b',', b';', b'\t', b'|'], |one| vec![one]) {
            let trial = trial(line, by, options);
            if trial.is_header {
                return Layout::Begin { at, delimiter: found, is_header_below: trial.cells > 1 };
            }
            if trial.is_clear && !trial.is_data && is_lone {
                return begin(found);
            }
        }
    }
    begin(if is_piped || has_pipes && is_lone { b'|' } else { found })
}

struct Trial {
    is_header: bool,
    /// It settles the layout.
    is_clear: bool,
    /// It is a row of several cells, with codes.
    is_data: bool,
    cells: usize,
}

/// The use of a row if it is the first one.
fn trial(row: &[u8], delimiter: u8, options: Options) -> Trial {
    let read = Row::read(row, delimiter);
    let cells = read.cells.len();
    if read.malformed || draws_in(&read, row, delimiter, None) {
        return Trial { is_header: false, is_clear: false, is_data: false, cells };
    }
    let (is_header, is_clear, is_data) = match header(&read, options) {
        Header::Columns(..) => (true, true, false),
        Header::Codes(..) => (false, true, cells > 1),
        Header::Refused(RejectReason::AmbiguousColumn, _) | Header::Blank => (false, true, false),
        Header::Lone => (false, code(&read.cell(0)).is_ok(), false),
        Header::Refused(..) => (false, false, false),
    };
    Trial { is_header, is_clear, is_data, cells }
}

fn separator_of(line: &[u8]) -> Option<u8> {
    let text = bare(str::from_utf8(line).ok()?);
    let value = text.to_ascii_lowercase().strip_prefix("sep=")?.to_owned();
    match value.as_bytes() {
        [] if line.contains(&b'\t') => Some(b'\t'),
        [byte] if !byte.is_ascii_alphanumeric() => Some(*byte),
        _ => None,
    }
}

fn is_blank(row: &[u8]) -> bool {
    let blank = |char: char| char.is_whitespace() || is_invisible(char) || ",;|\"".contains(char);
    str::from_utf8(row).is_ok_and(|row| row.chars().all(blank))
}

fn is_markup(line: &[u8]) -> bool {
    let [b'<', rest @ ..] = line.trim_ascii() else { return false };
    let name = rest.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    matches!(rest, [b'!' | b'?', ..])
        || name > 0 && rest.get(name).is_none_or(|byte| b" \t/>".contains(byte))
}

fn is_markdown(line: &[u8]) -> bool {
    // As bytes, one for each character.
    let line: String = line.iter().map(|byte| char::from(*byte)).collect();
    let line = line.trim_matches([' ', '\t', '\n', '\r', '\x0c']);
    let is_rule = line.contains('|')
        && line.contains('-')
        && line.chars().all(|char| "|-: \t".contains(char));
    let is_fence = line.starts_with("```");
    let line = line.trim_end_matches(['`', '*']);
    let item = line.len().checked_sub(36).and_then(|at| line.split_at_checked(at));
    is_fence
        || is_rule
        || item.is_some_and(|(mark, text)| {
            let is_mark = if mark.starts_with(|char: char| char.is_ascii_digit()) {
                mark.contains(' ') && mark.contains(['.', ')'])
            } else {
                mark.starts_with("- ") || mark.starts_with("* ") || mark.starts_with("+ ")
            };
            is_mark
                && mark.chars().all(|char| "0123456789[]x` !\"#$%&'()*+,-.".contains(char))
                && code(text.as_bytes()).is_ok()
                && text.is_ascii()
                && !text.contains([' ', '"', '\'', '`'])
        })
}

/// The first row with its end, as far as it is known while the delimiter is unknown; and
/// whether it ends between quotes.
fn first_row(input: &[u8]) -> (&[u8], bool) {
    let outside = outside_quotes(input);
    match (0..input.len()).find(|place| outside[*place] && is_end(input[*place])) {
        Some(end) => (&input[..=end], false),
        // One more byte would be between quotes.
        None => (input, !outside_quotes(&[input, b"x"].concat())[input.len()]),
    }
}

/// The one of comma, semicolon and tab that occurs most often outside quotes, not
/// counting tabs at the ends.
fn delimiter(row: &[u8]) -> u8 {
    let outside = outside_quotes(row);
    let is_edge = |byte: &u8| is_space(*byte) || is_end(*byte);
    let start = row.iter().position(|byte| !is_edge(byte)).unwrap_or(row.len());
    // Bytes between quotes are not an end, even if they are white space.
    let end = (0..row.len()).rev().find(|place| !outside[*place] || !is_edge(&row[*place]));
    let inner = start..end.map_or(start, |end| end + 1);
    let count =
        |wanted: u8| inner.clone().filter(|place| outside[*place] && row[*place] == wanted).count();
    let mut best = NO_DELIMITER;
    let mut most = 0;
    for wanted in [b',', b';', b'\t'] {
        if count(wanted) > most {
            (best, most) = (wanted, count(wanted));
        }
    }
    best
}
