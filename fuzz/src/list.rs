//! Lists of codes, read the plain way: all of the input is there, and every
//! step makes a new value. Slow, and short enough to be checked by eye.

use std::collections::HashSet;

use uber_vouchers::error::Reason;
use uber_vouchers::id::ProgramId;

const CODE_NAMES: [&str; 4] = ["code_id", "code_uuid", "uuid", "code"];
const PROGRAM_NAMES: [&str; 3] = ["voucher_program_id", "program_id", "program"];
/// So many bytes of a cell count.
const LONGEST_CELL: usize = 2_048;
const NO_DELIMITER: u8 = b'\n';

/// A row that was refused: its line, what stood there, and why.
pub type Rejected = (u64, String, Reason);

/// A list, as the crate should read it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The codes in lower case, in the order first seen.
    pub codes: Vec<String>,
    /// How many came again.
    pub duplicates: u64,
    /// All that were refused.
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

/// What was read: a list, or with a column of programs one for each of them.
#[derive(Clone, Debug, Default)]
pub struct Read {
    /// Codes of no program, and all that was refused.
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

/// Reads a file. `program` is there if it has a column of programs, and in both
/// options the caller's name for the column.
pub fn read(input: &[u8], column: Option<&str>, program: Option<Option<&str>>) -> Read {
    let mut read = Read::default();
    let zeros = |byte: usize| input.get(byte).map(|byte| *byte == 0);
    if input.len() >= 2
        && (zeros(0) != zeros(1) || matches!(input[..2], [0xff, 0xfe] | [0xfe, 0xff]))
    {
        read.reject((1, String::new(), Reason::NotUtf8));
        return read;
    }
    let input = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input);

    // The first row that is not empty has the delimiter.
    let mut at = 0;
    let first = loop {
        let (row, open) = first_row(&input[at..]);
        let blank = |char: char| char.is_whitespace() || ",;\"".contains(char);
        if open || str::from_utf8(row).map_or(true, |row| !row.chars().all(blank)) {
            break row;
        }
        at += row.len();
        if at == input.len() {
            return read;
        }
    };
    let numbers = line_numbers(input);
    let delimiter = delimiter(first);

    let mut layout = None;
    while at < input.len() {
        let row = Row::read(&input[at..], delimiter);
        let line = numbers[at];
        let lines = row.lines(&numbers[at..]);
        at += row.length;
        match &layout {
            None if row.malformed => {
                let one_column = delimiter == NO_DELIMITER && program.is_none();
                let value =
                    if one_column { shown(&row.cut_cell(0, delimiter)) } else { String::new() };
                reject_lines(&mut read, &lines, value);
                if !one_column {
                    return read;
                }
                layout = Some((0, None));
            }
            None => match header(&row, column, program) {
                Header::Blank => {}
                Header::Columns(code, program) => layout = Some((code, program)),
                Header::Data => {
                    layout = Some((0, None));
                    data(&mut read, &row, line, (0, None), program.is_some());
                }
                Header::Useless(value) => {
                    read.reject((line, value, Reason::MissingColumn));
                    return read;
                }
            },
            Some((code, _)) if row.malformed => {
                let value = shown(&row.cut_cell(*code, delimiter));
                reject_lines(&mut read, &lines, value);
            }
            Some(columns) => data(&mut read, &row, line, *columns, program.is_some()),
        }
    }
    read
}

/// The number of the line in which each byte stands, and what would come next;
/// both bytes of a CR LF are of the same one.
fn line_numbers(input: &[u8]) -> Vec<u64> {
    let mut numbers = vec![1];
    for (place, byte) in input.iter().enumerate() {
        let behind_return = place > 0 && input[place - 1] == b'\r';
        let ends = *byte == b'\r' || *byte == b'\n' && !behind_return;
        numbers.push(numbers[place] + u64::from(ends));
    }
    numbers
}

fn is_end(byte: u8) -> bool {
    byte == b'\n' || byte == b'\r'
}

fn is_space(byte: u8) -> bool {
    byte == b' ' || byte == b'\t' || byte == 0x0b || byte == 0x0c
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

/// Which bytes are outside of quotes. A quote opens at the start of a cell, and
/// behind one that could be the first of two; any delimiter starts a cell.
fn outside_quotes(input: &[u8]) -> Vec<bool> {
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

/// One row: what its cells hold, and where its lines end.
struct Row {
    /// With its end.
    length: usize,
    cells: Vec<Vec<u8>>,
    malformed: bool,
    /// Where in the row something stands.
    filled: Vec<usize>,
}

impl Row {
    fn read(input: &[u8], delimiter: u8) -> Self {
        let mut row =
            Self { length: 0, cells: vec![Vec::new()], malformed: false, filled: Vec::new() };
        let mut filled = Vec::new();
        let mut at = 0;
        let ends = |at: usize| at >= input.len() || is_end(input[at]);
        loop {
            while !ends(at) && is_space(input[at]) && input[at] != delimiter {
                at += 1;
            }
            let cell = row.cells.last_mut().unwrap();
            if !ends(at) && input[at] == b'"' {
                at += 1;
                loop {
                    match input.get(at) {
                        None => {
                            row.malformed = true;
                            break;
                        }
                        Some(b'"') if input.get(at + 1) == Some(&b'"') => {
                            cell.push(b'"');
                            filled.push(at + 1);
                            at += 2;
                        }
                        Some(b'"') => {
                            at += 1;
                            break;
                        }
                        Some(byte) => {
                            cell.push(*byte);
                            if *byte > b' ' && *byte != delimiter {
                                filled.push(at);
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
                    filled.push(at);
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
                        filled.push(at);
                    }
                    at += 1;
                }
            }
            if ends(at) {
                row.length = (at + 1).min(input.len());
                row.filled = filled;
                return row;
            }
            at += 1;
            row.cells.push(Vec::new());
        }
    }

    /// Its lines: the first, and all in which something stands.
    fn lines(&self, numbers: &[u64]) -> Vec<u64> {
        let mut lines = vec![numbers[0]];
        for place in &self.filled {
            if lines.last() != Some(&numbers[*place]) {
                lines.push(numbers[*place]);
            }
        }
        lines
    }

    fn cell(&self, column: usize) -> Vec<u8> {
        self.cells.get(column).cloned().unwrap_or_default()
    }

    /// A cell of a row whose quotes don't match: the last one ends where it would
    /// without quotes.
    fn cut_cell(&self, column: usize, delimiter: u8) -> Vec<u8> {
        let cell = self.cell(column);
        let cell = cell.trim_ascii_start();
        let cell = if column + 1 == self.cells.len() {
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

fn reject_lines(read: &mut Read, lines: &[u64], value: String) {
    let mut value = Some(value);
    for line in lines {
        read.reject((*line, value.take().unwrap_or_default(), Reason::MalformedCsv));
    }
}

/// What counts of a cell, and whether there is more.
fn counted(cell: &[u8]) -> (&[u8], bool) {
    let cell = cell.trim_ascii_start();
    let (counted, rest) = cell.split_at(cell.len().min(LONGEST_CELL));
    (counted, !rest.trim_ascii_start().is_empty())
}

/// The text of a cell; none if it is not UTF-8.
fn text(cell: &[u8]) -> Option<String> {
    let (cell, more) = counted(cell);
    match str::from_utf8(cell) {
        Ok(text) => Some(text.trim().to_owned()),
        Err(error) if more && error.error_len().is_none() => Some(String::new()),
        Err(_) => None,
    }
}

/// What is shown of a cell.
fn shown(cell: &[u8]) -> String {
    let (cell, more) = counted(cell);
    let ascii = |byte: &u8| if byte.is_ascii() { char::from(*byte) } else { '\u{fffd}' };
    let text =
        str::from_utf8(cell).map_or_else(|_| cell.iter().map(ascii).collect(), str::to_owned);
    let text = text.trim();
    let short: String = text.chars().take(80).collect();
    if more || short.len() < text.len() { short + "…" } else { short }
}

/// The code in a cell, in lower case.
fn code(cell: &[u8]) -> Result<String, Reason> {
    let text = text(cell).ok_or(Reason::NotUtf8)?.to_ascii_lowercase();
    let groups: Vec<_> = text.split('-').collect();
    let digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_hexdigit());
    if counted(cell).1
        || groups.iter().map(|group| group.len()).ne([8, 4, 4, 4, 12])
        || !groups.iter().all(digits)
    {
        return Err(Reason::NotAUuid);
    }
    if text.bytes().all(|byte| byte == b'0' || byte == b'-') {
        return Err(Reason::NilUuid);
    }
    Ok(text)
}

/// What a row is that may be the header.
enum Header {
    Blank,
    /// Where the codes are, and the programs.
    Columns(usize, Option<usize>),
    /// It is the first code already.
    Data,
    /// Nothing can be read; this is shown of it.
    Useless(String),
}

fn header(row: &Row, column: Option<&str>, program: Option<Option<&str>>) -> Header {
    let is_empty = |cell: &Vec<u8>| text(cell).as_deref() == Some("") && !counted(cell).1;
    if row.cells.iter().all(is_empty) {
        return Header::Blank;
    }
    let code_column = find(&row.cells, column, &CODE_NAMES);
    let program_column = program.map(|name| find(&row.cells, name, &PROGRAM_NAMES));
    match (code_column, program_column) {
        (Some(code), None) => Header::Columns(code, None),
        (Some(code), Some(Some(program))) => Header::Columns(code, Some(program)),
        (None, None) if row.cells.len() == 1 && find(&row.cells, None, &CODE_NAMES).is_none() => {
            Header::Data
        }
        _ => {
            let first_code = row.cells.iter().find(|cell| code(cell).is_ok());
            let first = row.cells.iter().find(|cell| !is_empty(cell));
            Header::Useless(first_code.or(first).map(|cell| shown(cell)).unwrap_or_default())
        }
    }
}

/// The column of the best name, the first of equals.
fn find(cells: &[Vec<u8>], name: Option<&str>, usual: &[&str]) -> Option<usize> {
    let fold = |name: &str| name.trim().to_ascii_lowercase().replace([' ', '-'], "_");
    let names: Vec<_> = name.map_or(usual.to_vec(), |name| vec![name]);
    names.iter().filter(|name| !name.trim().is_empty()).find_map(|name| {
        cells.iter().position(|cell| text(cell).is_some_and(|cell| fold(&cell) == fold(name)))
    })
}

fn data(read: &mut Read, row: &Row, line: u64, columns: (usize, Option<usize>), by_program: bool) {
    let (code_column, program_column) = columns;
    let cell = row.cell(code_column);
    let others = row.cells.iter().enumerate().filter(|(place, _)| *place != code_column);
    let filled = others.flat_map(|(_, cell)| cell).any(|byte| *byte > b' ');
    if !filled && text(&cell).as_deref() == Some("") && !counted(&cell).1 {
        return;
    }
    let program = program_column.map(|column| row.cell(column)).unwrap_or_default();
    let name = text(&program);
    let (shown_cell, reason) = match (code(&cell), &name) {
        _ if row.cells.len() <= code_column.max(program_column.unwrap_or(0)) => {
            (&cell, Reason::MissingColumn)
        }
        (Err(reason), _) => (&cell, reason),
        (_, None) => (&program, Reason::NotUtf8),
        (_, Some(name)) if program_column.is_some() && name.is_empty() => {
            (&cell, Reason::MissingColumn)
        }
        (Ok(code), Some(name)) => {
            let list = match by_program {
                _ if counted(&program).1 => None,
                true => read.program(name),
                false => Some(&mut read.all),
            };
            if let Some(list) = list {
                list.insert(code);
                return;
            }
            (&program, Reason::InvalidProgramId)
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
