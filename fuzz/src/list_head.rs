//! What comes before the rows of a list: the encoding, the format and the layout.

use uber_vouchers::error::Reason;

use crate::list::{
    Header, NO_DELIMITER, Options, Rejected, Row, code, draws_in, header, is_end, is_invisible,
    is_space, line_numbers, outside_quotes, shown,
};

const SIGNATURES: [&[u8]; 11] = [
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"%PDF-",
    b"{\\rtf",
    b"\x1f\x8b",
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07",
    b"\xfd7zXZ\0",
    b"\x28\xb5\x2f\xfd",
    b"BZh91AY&SY",
];

/// The text of a file without its byte order mark, or the one issue of it.
pub fn decoded(input: &[u8]) -> Result<Vec<u8>, Rejected> {
    let refused = |reason| Err((1, String::new(), reason));
    if SIGNATURES.iter().any(|signature| input.starts_with(signature)) {
        return refused(Reason::UnsupportedFormat);
    }
    let order: fn([u8; 2]) -> u16 = match input {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] => return refused(Reason::NotUtf8),
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        [first, second, ..] if (*first == 0) != (*second == 0) => return refused(Reason::NotUtf8),
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
    // Half a character and half a unit are one fault.
    if !rest.is_empty() && !half {
        text.push(0xff);
    }
    Ok(text)
}

/// What is to be done with a text.
pub enum Layout {
    /// There is nothing.
    Nothing,
    Refuse(Rejected),
    /// The rows begin there.
    Begin {
        at: usize,
        delimiter: u8,
    },
}

pub fn layout(text: &[u8], options: Options) -> Layout {
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
                Some(_) => Layout::Refuse((numbers[at], String::new(), Reason::MissingColumn)),
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
    let begin = |delimiter| Layout::Begin { at, delimiter };
    let refuse = || Layout::Refuse((1, String::new(), Reason::UnsupportedFormat));
    let found = separator.unwrap_or_else(|| delimiter(row));
    let first = trial(row, numbers[at], found, options);
    if first.is_clear {
        return begin(found);
    }
    let has_pipes = separator.is_none() && row.contains(&b'|');
    let is_piped = has_pipes && trial(row, numbers[at], b'|', options).is_clear;
    if options.header_row.is_some() {
        return begin(if is_piped || has_pipes && found == NO_DELIMITER { b'|' } else { found });
    }
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
    if !is_piped && row.get(257..262) == Some(b"ustar") {
        return refuse();
    }

    let is_lone = found == NO_DELIMITER && options.program.is_none();
    let mut line_start = end;
    let mut seen = 0;
    while line_start < text.len() {
        let rest = &text[line_start..];
        let length = rest.iter().position(|byte| is_end(*byte)).map_or(rest.len(), |end| end + 1);
        let (line, number) = (&rest[..length], numbers[line_start]);
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
        if is_lone && code(line).is_ok() {
            return begin(found);
        }
        let by = separator.unwrap_or_else(|| delimiter(line));
        let by = [by, b'|'].into_iter().find(|by| trial(line, number, *by, options).is_header);
        match by {
            Some(NO_DELIMITER) if is_lone => return begin(found),
            Some(_) => return Layout::Refuse((numbers[at], first.value, Reason::MissingColumn)),
            None if has_pipes && is_lone && seen == 0 && line.contains(&b'|') => {
                return begin(b'|');
            }
            None => {}
        }
        seen += 1;
        if seen == 100 {
            break;
        }
    }
    begin(if is_piped { b'|' } else { found })
}

struct Trial {
    is_header: bool,
    /// It says by itself what to do.
    is_clear: bool,
    /// What would be shown of it.
    value: String,
}

/// What a row would be as the first one.
fn trial(row: &[u8], _line: u64, delimiter: u8, options: Options) -> Trial {
    let read = Row::read(row, delimiter);
    let is_lost = delimiter != NO_DELIMITER || options.program.is_some();
    if read.malformed || draws_in(&read, row, delimiter, None) {
        let value = if is_lost { String::new() } else { shown(&read.cut_cell(0, delimiter, true)) };
        return Trial { is_header: false, is_clear: false, value };
    }
    let (is_header, is_clear, value) = match header(&read, options) {
        Header::Columns(..) => (true, true, String::new()),
        Header::Codes(..) | Header::Refused(Reason::AmbiguousColumn, _) => {
            (false, true, String::new())
        }
        // Nothing at all is no reason to wait.
        Header::Blank => (true, true, String::new()),
        Header::Lone => {
            let cell = read.cell(0);
            (false, code(&cell).is_ok(), shown(&cell))
        }
        Header::Refused(_, value) => (false, false, value),
    };
    Trial { is_header, is_clear, value }
}

fn separator_of(line: &[u8]) -> Option<u8> {
    let text = str::from_utf8(line).ok()?.trim_end_matches([' ', '\r', '\n']);
    let text = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    let (name, value) = text.split_at_checked(4)?;
    match value.as_bytes() {
        [byte]
            if name.eq_ignore_ascii_case("sep=")
                && !byte.is_ascii_alphanumeric()
                && *byte != b'"' =>
        {
            Some(*byte)
        }
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
    let Ok(line) = str::from_utf8(line) else { return false };
    let line = line.trim();
    if line.starts_with("```") || line.starts_with("~~~") {
        return true;
    }
    if line.contains('|') && line.contains('-') && line.chars().all(|char| "|-: \t".contains(char))
    {
        return true;
    }
    let digits = line.len() - line.trim_start_matches(|char: char| char.is_ascii_digit()).len();
    let rest = match (digits, line[digits..].chars().next()) {
        (0, Some('-' | '*' | '+')) | (1.., Some('.' | ')')) => &line[digits + 1..],
        _ => return false,
    };
    let Some(rest) = rest.strip_prefix([' ', '\t']).map(str::trim_start) else { return false };
    let rest = rest.strip_prefix("[ ]").or_else(|| rest.strip_prefix("[x]")).unwrap_or(rest);
    let rest = rest.trim_matches(|char: char| char == '*' || char.is_whitespace());
    // White space within what is trimmed is taken off there too.
    code(rest.as_bytes()).is_ok()
}

/// The first row with its end, as far as that can be told while the delimiter
/// is unknown; and whether it ends between quotes.
fn first_row(input: &[u8]) -> (&[u8], bool) {
    let outside = outside_quotes(input);
    match (0..input.len()).find(|place| outside[*place] && is_end(input[*place])) {
        Some(end) => (&input[..=end], false),
        // One more byte would be between quotes.
        None => (input, !outside_quotes(&[input, b"x"].concat())[input.len()]),
    }
}

/// The one of comma, semicolon and tab that stands most often outside of quotes,
/// tabs at the ends aside.
fn delimiter(row: &[u8]) -> u8 {
    let outside = outside_quotes(row);
    let is_edge = |byte: &u8| is_space(*byte) || is_end(*byte);
    let start = row.iter().position(|byte| !is_edge(byte)).unwrap_or(row.len());
    // What is between quotes is no end, even if it is white space.
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
