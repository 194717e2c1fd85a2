//! Reads lists of codes in a plain way: all of the input is in memory, and every step
//! creates a new value. Slow, and short enough to be checked by eye.

use std::collections::HashSet;
use std::ops::Range;

use uber_vouchers::code::rejected::RejectReason;
use uber_vouchers::uber::id::ProgramId;

use crate::list_head::{Layout, decoded, layout};

const CODE_NAMES: [&str; 4] = ["code_id", "code_uuid", "uuid", "code"];
const PROGRAM_NAMES: [&str; 3] = ["voucher_program_id", "program_id", "program"];
/// The bytes of a cell that count.
const LONGEST_CELL: usize = 2_048;
pub(crate) const NO_DELIMITER: u8 = b'\n';

/// A rejected row: its line, its text, and the reason.
pub type Rejected = (u64, String, RejectReason);

/// A list, as the crate should read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The codes in lower case, in the order first seen.
    pub codes: Vec<String>,
    /// How many duplicates there were.
    pub duplicates: u64,
    /// All rejected rows.
    pub rejected: Vec<Rejected>,
    seen: HashSet<String>,
}

impl List {
    fn insert(&mut self, code: String) {
        if self.seen.insert(code.clone()) {
            self.codes.push(code);
        } else {
            self.duplicates += 1;
        }
    }
}

/// The result: a list, or with a column of programs one for each of them.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Codes of no program, and all rejected rows.
    pub all: List,
    /// The lists of the programs, in the order first seen.
    pub programs: Vec<(String, List)>,
}

impl Read {
    fn program(&mut self, name: &str) -> Option<&mut List> {
        let id = ProgramId::new(name).ok()?.as_str().to_owned();
        let place = self.programs.iter().position(|(have, _)| *have == id).unwrap_or_else(|| {
            self.programs.push((id, List::default()));
            self.programs.len() - 1
        });
        Some(&mut self.programs[place].1)
    }

    fn reject(&mut self, rejected: Rejected) {
        self.all.rejected.push(rejected);
    }
}

/// How a column is selected.
#[derive(Clone, Copy)]
pub enum Wanted<'a> {
    /// The column with the best usual name.
    Usual,
    /// The column with this name.
    Named(&'a str),
    /// The column with this number, from 1.
    Number(usize),
}

/// The options of the reader.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// The column of the codes.
    pub column: Wanted<'a>,
    /// The column of the programs, if there is one.
    pub program: Option<Wanted<'a>>,
    /// The line of the header.
    pub header_row: Option<u64>,
}

/// Reads a file.
pub fn read(input: &[u8], options: Options) -> Read {
    let mut read = Read::default();
    let text = match decoded(input) {
        Ok(text) => text,
        Err(rejected) => {
            read.reject(rejected);
            return read;
        }
    };
    let (mut at, delimiter, is_header_below) = match layout(&text, options) {
        Layout::Nothing => return read,
        Layout::Refuse(rejected) => {
            read.reject(rejected);
            return read;
        }
        Layout::Begin { at, delimiter, is_header_below } => (at, delimiter, is_header_below),
    };
    let numbers = line_numbers(&text);
    let mut columns = None;
    let mut shape = Shape::default();
    while at < text.len() {
        let row = Row::read(&text[at..], delimiter);
        let (line, lines) = (numbers[at], row.lines(&numbers[at..]));
        let code_column = columns.map(|(code, _)| code);
        let draws_in = draws_in(&row, &text[at..], delimiter, code_column);
        at += row.length;
        if row.malformed || draws_in {
            let is_lost = columns.is_none()
                && (delimiter != NO_DELIMITER || options.program.is_some() || is_header_below);
            let value = if is_lost {
                String::new()
            } else {
                shown(&row.cut_cell(code_column.unwrap_or(0), delimiter, !row.malformed))
            };
            reject_lines(&mut read, &lines, value, None);
            if is_lost {
                return read;
            }
            columns = Some(columns.unwrap_or((0, None)));
            continue;
        }
        let Some(found) = columns else {
            match header(&row, options) {
                Header::Blank => {}
                Header::Columns(code, program) => {
                    columns = Some((code, program));
                    shape = Shape::new(&row);
                }
                Header::Codes(code, program) => {
                    columns = Some((code, program));
                    shape = Shape { header: row.cells.len(), ..Shape::new(&row) };
                    (shape.named, shape.width) = (shape.header, shape.header);
                    data(&mut read, &row, (line, &lines), (code, program), options, &mut shape);
                }
                Header::Lone if is_header_below => {
                    read.reject((line, shown(&row.cell(0)), RejectReason::MissingColumn));
                    return read;
                }
                Header::Lone => {
                    columns = Some((0, None));
                    data(&mut read, &row, (line, &lines), (0, None), options, &mut shape);
                }
                Header::Refused(reason, value) => {
                    read.reject((line, value, reason));
                    return read;
                }
            }
            continue;
        };
        data(&mut read, &row, (line, &lines), found, options, &mut shape);
    }
    read
}

/// The line number of each byte, and of the next byte after the input; both bytes of a CR
/// LF have the same number.
pub(crate) fn line_numbers(input: &[u8]) -> Vec<u64> {
    let mut numbers = vec![1];
    for (place, byte) in input.iter().enumerate() {
        let behind_return = place > 0 && input[place - 1] == b'\r';
        let ends = *byte == b'\r' || *byte == b'\n' && !behind_return;
        numbers.push(numbers[place] + u64::from(ends));
    }
    numbers
}

pub(crate) fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

pub(crate) fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t' || byte == 0x0b || byte == 0x0c
}

/// Whether each byte is outside quotes. A quote opens at the start of a cell, and after
/// one that could be the first of two; any delimiter starts a cell.
pub(crate) fn outside_quotes(input: &[u8]) -> Vec<bool> {
    let mut outside = Vec::new();
    let (mut quoted, mut may_open) = (false, true);
    for byte in input {
        outside.push(!quoted);
        if quoted {
            if *byte == b'"' {
                (quoted, may_open) = (false, true);
            }
        } else if *byte == b'"' && may_open {
            quoted = true;
        } else if matches!(byte, b',' | b';' | b'\t') {
            may_open = true;
        } else if !is_space(*byte) {
            may_open = false;
        }
    }
    outside
}

/// One row: the content of its cells, and where its lines end.
pub(crate) struct Row {
    /// With its line end.
    length: usize,
    pub(crate) cells: Vec<Vec<u8>>,
    pub(crate) malformed: bool,
    /// The offsets of non-blank bytes.
    filled: Vec<usize>,
    /// The quoted cells: the column, and the range between the quotes.
    quoted: Vec<(usize, Range<usize>)>,
    /// The offsets of the delimiters between its cells.
    delimiters: Vec<usize>,
    spans_lines: bool,
}

impl Row {
    pub(crate) fn read(input: &[u8], delimiter: u8) -> Self {
        let mut row = Self {
            length: 0,
            cells: vec![Vec::new()],
            malformed: false,
            filled: Vec::new(),
            quoted: Vec::new(),
            delimiters: Vec::new(),
            spans_lines: false,
        };
        let mut at = 0;
        let ends = |at: usize| at >= input.len() || is_end(input[at]);
        loop {
            while !ends(at) && is_space(input[at]) && input[at] != delimiter {
                at += 1;
            }
            let column = row.cells.len() - 1;
            let cell = row.cells.last_mut().unwrap();
            if !ends(at) && input[at] == b'"' && delimiter != b'"' {
                at += 1;
                let opened = at;
                loop {
                    match input.get(at) {
                        None => {
                            row.malformed = true;
                            break;
                        }
                        Some(b'"') if input.get(at + 1) == Some(&b'"') => {
                            cell.push(b'"');
                            row.filled.push(at + 1);
                            at += 2;
                        }
                        Some(b'"') => {
                            row.quoted.push((column, opened..at));
                            row.spans_lines |= input[opened..at].iter().any(|byte| is_end(*byte));
                            at += 1;
                            break;
                        }
                        Some(byte) => {
                            cell.push(*byte);
                            if *byte > b' ' && *byte != delimiter {
                                row.filled.push(at);
                            }
                            at += 1;
                        }
                    }
                }
                while !ends(at) && is_space(input[at]) && input[at] != delimiter {
                    at += 1;
                }
                if !ends(at) && input[at] != delimiter {
                    row.malformed = true;
                    row.filled.push(at);
                }
                if row.malformed {
                    while !ends(at) {
                        at += 1;
                    }
                }
            } else {
                while !ends(at) && input[at] != delimiter {
                    cell.push(input[at]);
                    if input[at] > b' ' {
                        row.filled.push(at);
                    }
                    at += 1;
                }
            }
            if ends(at) {
                row.length = (at + 1).min(input.len());
                return row;
            }
            row.delimiters.push(at);
            at += 1;
            row.cells.push(Vec::new());
        }
    }

    /// Its lines: the first, and all that are not blank.
    fn lines(&self, numbers: &[u64]) -> Vec<u64> {
        let mut lines = vec![numbers[0]];
        for place in &self.filled {
            if lines.last() != Some(&numbers[*place]) {
                lines.push(numbers[*place]);
            }
        }
        lines
    }

    pub(crate) fn cell(&self, column: usize) -> Vec<u8> {
        self.cells.get(column).cloned().unwrap_or_default()
    }

    /// A cell of a row with unmatched quotes: the last one, or any if `is_any`, ends
    /// where it would end without quotes.
    pub(crate) fn cut_cell(&self, column: usize, delimiter: u8, is_any: bool) -> Vec<u8> {
        let cell = self.cell(column);
        let cell = cell.trim_ascii_start();
        let cell = if is_any || column + 1 == self.cells.len() {
            let kept = &cell[..cell.len().min(LONGEST_CELL)];
            match kept.iter().position(|byte| *byte == delimiter || is_end(*byte)) {
                Some(end) => &cell[..end],
                None => cell,
            }
        } else {
            cell
        };
        cell.to_vec()
    }
}

/// Whether quotes enclose lines with codes: read as if no quote had been opened, a line
/// of a quoted cell has one in this column (in any, if it is not known). The cell of the
/// codes may span lines if it is one code.
pub(crate) fn draws_in(row: &Row, input: &[u8], delimiter: u8, column: Option<usize>) -> bool {
    row.quoted.iter().any(|(index, quoted)| {
        let content = &input[quoted.clone()];
        let is_own = *index == column.unwrap_or(0) && (column.is_some() || row.cells.len() == 1);
        if !content.iter().any(|byte| is_end(*byte)) || is_own && code(&row.cell(*index)).is_ok() {
            return false;
        }
        // The column in which the quotes are opened, on their line.
        let line = input[..quoted.start].iter().rposition(|byte| is_end(*byte));
        let begin = line.map_or(0, |end| end + 1);
        let mut at =
            row.delimiters.iter().filter(|place| (begin..quoted.start).contains(place)).count();
        for (_, before) in &row.quoted {
            // In a cell that ends on this line, the bytes that look like delimiters
            // count.
            if before.start < begin && (begin..quoted.start).contains(&before.end) {
                let last = &input[begin..before.end];
                at += last.split(|byte| *byte == delimiter).count() - 1;
            }
        }
        content.split(|byte| is_end(*byte)).any(|line| {
            let first = std::mem::take(&mut at);
            let cells = line.split(|byte| *byte == delimiter).enumerate();
            cells.into_iter().any(|(place, cell)| {
                // Doubled quotes are one quote here too.
                let cell = String::from_utf8_lossy(cell).replace("\"\"", "\"");
                column.is_none_or(|column| column == first + place) && code(cell.as_bytes()).is_ok()
            })
        })
    })
}

/// The usual shape of the rows of a file.
#[derive(Clone, Default)]
struct Shape {
    header: usize,
    width: usize,
    named: usize,
    /// The columns before the codes that have had UUIDs.
    uuids: HashSet<usize>,
    taken: usize,
}

impl Shape {
    fn new(header: &Row) -> Self {
        let cells = header.cells.len();
        let is_empty = |cell: &Vec<u8>| text(cell).as_deref() == Some("") && !counted(cell).1;
        let named = header.cells.iter().rposition(|cell| !is_empty(cell)).map_or(0, |at| at + 1);
        Self { header: cells, width: cells, named, ..Self::default() }
    }

    fn uuids_of(row: &Row, columns: Range<usize>) -> HashSet<usize> {
        columns.filter(|column| code(&row.cell(*column)).is_ok()).collect()
    }

    /// Whether its cells may have shifted.
    fn is_shifted(
        &self,
        row: &Row,
        (code_column, program): (usize, Option<usize>),
        is_known: bool,
    ) -> bool {
        let is_filled = |cell: &&Vec<u8>| cell.iter().any(|byte| *byte > b' ');
        let cells = row.cells.len();
        let filled = row.cells.iter().filter(is_filled).count();
        let content = row.cells.iter().rposition(|cell| is_filled(&cell)).map_or(0, |at| at + 1);
        let extra = content.saturating_sub(self.named).max(cells.saturating_sub(self.width));
        let is_first = code_column.max(program.unwrap_or(0)) < 1 + usize::from(program.is_some());
        let is_fixed = is_first && (code_column == 0 || !row.spans_lines);
        if self.header == 0 || is_fixed || extra == 0 {
            return false;
        }
        let before = Self::uuids_of(row, 0..code_column);
        let behind = Self::uuids_of(row, code_column + 1..code_column + extra + 1);
        filled > self.header
            || !behind.is_empty() && !is_first
            || (code_column.saturating_sub(extra)..code_column)
                .any(|column| self.uuids.contains(&column) && !before.contains(&column))
            || self.taken > 0 && program.is_some_and(|at| at > code_column + 1) && !is_known
    }

    fn take(&mut self, row: &Row, code_column: usize) {
        if self.taken == 16 {
            return;
        }
        let is_filled = |cell: &Vec<u8>| cell.iter().any(|byte| *byte > b' ');
        let content = row.cells.iter().rposition(is_filled).map_or(0, |at| at + 1);
        if self.taken == 0 && content <= self.header {
            self.width = self.width.max(row.cells.len());
        }
        if self.taken == 0 && row.cells.len() <= self.header {
            self.named = self.named.max(content);
        }
        self.uuids.extend(Self::uuids_of(row, 0..code_column));
        self.taken += 1;
    }
}

fn reject_lines(read: &mut Read, lines: &[u64], value: String, program: Option<&str>) {
    let mut value = Some(value);
    for line in lines {
        let rejected = (*line, value.take().unwrap_or_default(), RejectReason::MalformedCsv);
        if *line == lines[0]
            && let Some(list) = program.and_then(|program| read.program(program))
        {
            list.rejected.push(rejected.clone());
        }
        read.reject(rejected);
    }
}

/// The part of a cell that counts, and whether there is more.
fn counted(cell: &[u8]) -> (&[u8], bool) {
    let cell = cell.trim_ascii_start();
    let (counted, rest) = cell.split_at(cell.len().min(LONGEST_CELL));
    (counted, !rest.trim_ascii_start().is_empty())
}

/// Whether a character is invisible.
pub(crate) fn is_invisible(char: char) -> bool {
    let ranges = [
        (0xad, 0xad),
        (0x34f, 0x34f),
        (0x61c, 0x61c),
        (0x115f, 0x1160),
        (0x17b4, 0x17b5),
        (0x180b, 0x180f),
        (0x200b, 0x200f),
        (0x202a, 0x202e),
        (0x2060, 0x206f),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xfe00, 0xfe0f),
        (0xfeff, 0xfeff),
        (0xffa0, 0xffa0),
        (0xfff0, 0xfffb),
        (0xe0000, 0xe0fff),
    ];
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&u32::from(char)))
}

fn trim(text: &str) -> &str {
    text.trim_matches(|char: char| char.is_whitespace() || is_invisible(char))
}

/// The text between quotes.
fn unquoted(text: &str) -> Option<&str> {
    let quotes: Vec<char> = "\"'`´«»‹›‘’‚‛“”„‟".chars().collect();
    let inner = text.strip_prefix(&quotes[..])?;
    inner.strip_suffix(&quotes[..])
}

pub(crate) fn bare(text: &str) -> &str {
    let text = trim(text);
    let inner = unquoted(text).or_else(|| text.strip_prefix('=').and_then(unquoted));
    inner.map_or(text, bare)
}

/// The text of a cell. None if it is not UTF-8.
fn text(cell: &[u8]) -> Option<String> {
    let (cell, more) = counted(cell);
    match str::from_utf8(cell) {
        Ok(text) => Some(trim(text).to_owned()),
        Err(error) if more && error.error_len().is_none() => Some(String::new()),
        Err(_) => None,
    }
}

/// The program id in a cell.
fn program_id(cell: &[u8]) -> Option<String> {
    let text = text(cell)?;
    let inner = text.strip_prefix('=').and_then(unquoted);
    Some(inner.map_or(text.clone(), |inner| trim(inner).to_owned()))
}

/// The part of a cell that is shown.
pub(crate) fn shown(cell: &[u8]) -> String {
    let (cell, more) = counted(cell);
    let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' };
    let text =
        str::from_utf8(cell).map_or_else(|_| cell.iter().map(ascii).collect(), str::to_owned);
    let text = trim(&text);
    let short: String = text.chars().take(80).collect();
    if more || short.len() < text.len() { short + "…" } else { short }
}

/// The code in a cell, in lower case.
pub(crate) fn code(cell: &[u8]) -> Result<String, RejectReason> {
    let text = text(cell).ok_or(RejectReason::NotUtf8)?;
    let text = bare(&text).to_ascii_lowercase();
    let groups: Vec<_> = text.split('-').collect();
    let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if counted(cell).1
        || groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12])
        || !groups.iter().all(digits)
    {
        return Err(RejectReason::NotAUuid);
    }
    if text.bytes().all(|byte| byte == b'0' || byte == b'-') {
        return Err(RejectReason::NilUuid);
    }
    Ok(text)
}

/// Whether this may be a mistyped code.
fn looks_like_code(cell: &[u8]) -> bool {
    let text = if counted(cell).1 { String::new() } else { text(cell).unwrap_or_default() };
    let digit = |char: &char| {
        char.is_ascii_hexdigit() || "０１２３４５６７８９ＡＢＣＤＥＦａｂｃｄｅｆ".contains(*char)
    };
    text.chars().count() <= 80 && text.chars().filter(digit).count() >= 24
}

/// The use of a row that may be the header.
pub(crate) enum Header {
    Blank,
    /// The column of the codes, and of the programs.
    Columns(usize, Option<usize>),
    /// The same, of a row that already has codes.
    Codes(usize, Option<usize>),
    /// It has one cell, and is not a header.
    Lone,
    /// The file can't be read; this text is shown.
    Refused(RejectReason, String),
}

pub(crate) fn header(row: &Row, options: Options) -> Header {
    let is_empty = |cell: &Vec<u8>| text(cell).as_deref() == Some("") && !counted(cell).1;
    if row.cells.iter().all(is_empty) {
        return Header::Blank;
    }
    let first_code = row.cells.iter().find(|cell| code(cell).is_ok());
    let first = row.cells.iter().find(|cell| !is_empty(cell));
    let value = first_code.or(first).map(|cell| shown(cell)).unwrap_or_default();
    let missing = Header::Refused(RejectReason::MissingColumn, value.clone());

    let is_certain = options.header_row.is_some();
    let is_usual = find(&row.cells, Wanted::Usual, &CODE_NAMES) != Err(RejectReason::MissingColumn);
    let is_lone = row.cells.len() == 1 && options.program.is_none() && !is_usual;
    let is_number = matches!(options.column, Wanted::Number(_));
    let found = find(&row.cells, options.column, &CODE_NAMES);
    let program = options.program.map(|name| find(&row.cells, name, &PROGRAM_NAMES)).transpose();
    if let (Ok(column), Ok(program)) = (found, program)
        && is_number
        && looks_like_code(&row.cells[column])
    {
        return if is_certain { missing } else { Header::Codes(column, program) };
    }
    if is_lone && !is_certain && (found.is_ok() || !is_number) && (found.is_err() || is_number) {
        return Header::Lone;
    }
    match (found, program) {
        (Ok(column), Ok(program)) => Header::Columns(column, program),
        (Err(_), _)
            if is_lone && first_code.is_none() && matches!(options.column, Wanted::Usual) =>
        {
            Header::Columns(0, None)
        }
        (Err(reason), _) | (_, Err(reason)) => Header::Refused(reason, value),
    }
}

/// The column with the best name, which must be unique.
fn find(cells: &[Vec<u8>], wanted: Wanted, usual: &[&str]) -> Result<usize, RejectReason> {
    let fold = |name: &str| {
        let counts =
            |char: &char| !char.is_whitespace() && !is_invisible(*char) && !"_-".contains(*char);
        name.chars().filter(counts).collect::<String>().to_ascii_lowercase()
    };
    let texts: Vec<_> =
        cells.iter().map(|cell| text(cell).map(|text| bare(&text).to_owned())).collect();
    let columns = |is: &dyn Fn(&str) -> bool| -> Vec<usize> {
        (0..cells.len()).filter(|at| texts[*at].as_deref().is_some_and(is)).collect()
    };
    let named = |name: &str| columns(&|cell| !fold(name).is_empty() && fold(cell) == fold(name));
    let found = match wanted {
        Wanted::Number(number) => {
            columns(&|_| true).into_iter().filter(|at| at + 1 == number).collect()
        }
        Wanted::Named(name) => {
            let exact = columns(&|cell| cell == name.trim());
            if exact.is_empty() { named(name) } else { exact }
        }
        Wanted::Usual => {
            let all = usual.iter().map(|name| named(name));
            all.into_iter().find(|found| !found.is_empty()).unwrap_or_default()
        }
    };
    match found[..] {
        [] => Err(RejectReason::MissingColumn),
        [column] => Ok(column),
        _ => Err(RejectReason::AmbiguousColumn),
    }
}

fn data(
    read: &mut Read,
    row: &Row,
    (line, lines): (u64, &[u64]),
    columns: (usize, Option<usize>),
    options: Options,
    shape: &mut Shape,
) {
    let (code_column, program_column) = columns;
    let cell = row.cell(code_column);
    let others = row.cells.iter().enumerate().filter(|(place, _)| *place != code_column);
    let filled = others.flat_map(|(_, cell)| cell).any(|byte| *byte > b' ');
    if !filled && text(&cell).as_deref() == Some("") && !counted(&cell).1 {
        return;
    }
    let program = program_column.map(|column| row.cell(column)).unwrap_or_default();
    let name = program_id(&program);
    let is_known =
        name.as_deref().is_some_and(|name| read.programs.iter().any(|(id, _)| id == name));
    if shape.is_shifted(row, columns, is_known) {
        let name = name.filter(|name| program_column == Some(0) && !name.is_empty());
        reject_lines(read, lines, shown(&cell), name.as_deref());
        return;
    }
    let (shown_cell, reason) = match (code(&cell), &name) {
        _ if row.cells.len() <= code_column.max(program_column.unwrap_or(0)) => {
            (&cell, RejectReason::MissingColumn)
        }
        (Err(reason), _) => (&cell, reason),
        (_, None) => (&program, RejectReason::NotUtf8),
        _ if program_column.is_some()
            && text(&program).as_deref() == Some("")
            && !counted(&program).1 =>
        {
            (&cell, RejectReason::MissingColumn)
        }
        (Ok(code), Some(name)) => {
            let list = match options.program {
                _ if counted(&program).1 => None,
                Some(_) => read.program(name),
                None => Some(&mut read.all),
            };
            if let Some(list) = list {
                list.insert(code);
                shape.take(row, code_column);
                return;
            }
            (&program, RejectReason::InvalidProgramId)
        }
    };
    let rejected = (line, shown(shown_cell), reason);
    if let Some(name) = name.filter(|name| !name.is_empty())
        && let Some(list) = read.program(&name)
    {
        list.rejected.push(rejected.clone());
    }
    read.reject(rejected);
}

/// Reads a list of strings.
pub fn read_entries<'a>(entries: impl Iterator<Item = &'a str>) -> Read {
    let mut read = Read::default();
    for (line, entry) in (1..).zip(entries) {
        match code(entry.as_bytes()) {
            Ok(code) => read.all.insert(code),
            Err(reason) => read.reject((line, shown(entry.as_bytes()), reason)),
        }
    }
    read
}
