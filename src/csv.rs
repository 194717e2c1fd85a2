//! Codes out of a stream of bytes: plain lines, or a column of a CSV.
//!
//! Bytes come in chunks that may be cut anywhere; what comes out does not
//! depend on the cuts. Nothing but the codes, the program ids and the first
//! rejected values is kept, whatever the input is.
//!
//! ```text
//! bytes ─► Start ───────► Scan ─────────────► Rows ─────────► Lists
//!          byte order     which delimiter     cells of the    lists of codes,
//!          mark, UTF-16   has the first row   columns asked   rejections
//! ```
//!
//! `Rows` reads byte after byte, and is the parser. `Rows::fast_row` is a
//! shortcut for what nearly every row is: no quotes, all there, a valid code.
//! It takes such a row or leaves it; it never judges.
//!
//! **The layout.** The first row that is not empty decides. Its delimiter is
//! the one of comma, semicolon and tab that it has most often outside quotes,
//! tabs at its ends aside. Without any there is one column, and a header only
//! if the cell is a known name: a mistyped first code has to be rejected, not
//! taken for a header. With a delimiter, the first row is the header. A file
//! of several columns without a header is refused as a whole, at its first
//! row: which of its UUIDs are codes would be a guess, and what is sent can't
//! be taken back.
//!
//! **Quotes** are RFC 4180's, with spaces and tabs around them. A row whose
//! quotes don't match ends with the line on which that shows; every line up to
//! there that isn't blank counts as rejected, so that none is lost unseen. A
//! quote that is closed much later by chance, exactly before a delimiter, can't
//! be told from a cell of many lines.

use crate::code::{Code, TEXT_LENGTH};
use crate::error::{Reason, Rejected};
use crate::id::ProgramId;
use crate::list::{Batch, CodeList, CodeListBuilder, KEPT_REJECTED};

/// The names by which the column of the codes is found, the best first.
pub const CODE_COLUMNS: [&str; 4] = ["code_id", "code_uuid", "uuid", "code"];
/// The names by which the column of the programs is found, the best first.
pub const PROGRAM_COLUMNS: [&str; 3] = ["voucher_program_id", "program_id", "program"];

/// Reads codes: bytes through [`Self::push`], or the entries of a list of
/// strings through the other methods. Call one of the two `finish` at the end.
pub struct CodeReader {
    input: Input,
    lists: Lists,
    entries: u64,
    /// How many bytes are to come in all, until room was made for them.
    expected: Option<u64>,
    bytes: u64,
}

impl CodeReader {
    /// So many bytes tell how many codes the rest holds.
    const JUDGED_BY: u64 = 1 << 16;

    /// A reader into one list, which looks for the column of that name, or for
    /// the usual ones.
    #[must_use]
    pub fn new(column: Option<&str>) -> Self {
        Self::with(column, None)
    }

    /// A reader of a CSV with a column of programs, into one list for each.
    #[must_use]
    pub fn by_program(program_column: Option<&str>, column: Option<&str>) -> Self {
        Self::with(column, Some(Wanted::new(program_column, &PROGRAM_COLUMNS)))
    }

    fn with(column: Option<&str>, program: Option<Wanted>) -> Self {
        let lists = Lists { by_program: program.is_some(), ..Lists::default() };
        let rows = Rows::new(Wanted::new(column, &CODE_COLUMNS), program);
        Self { input: Input::new(rows), lists, entries: 0, expected: None, bytes: 0 }
    }

    /// Says how many bytes there will be, where that is known: room for their
    /// codes is then made at once, and not by doubling it. They may be more or
    /// fewer.
    pub fn expect(&mut self, bytes: u64) {
        self.expected = Some(bytes);
    }

    /// Takes the next bytes of a file.
    pub fn push(&mut self, chunk: &[u8]) {
        self.input.push(chunk, &mut self.lists);
        self.make_room(chunk);
    }

    /// Makes room for what is expected, by what a first part of it held.
    fn make_room(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        if self.bytes >= Self::JUDGED_BY
            && let Some(expected) = self.expected.take()
            && !self.lists.by_program
        {
            let codes = expected.saturating_mul(self.valid()) / self.bytes;
            self.lists.all.reserve(usize::try_from(codes).unwrap_or(usize::MAX));
        }
    }

    /// Takes one entry of a list of strings; its line is its place in the list.
    pub fn push_entry(&mut self, text: &str) {
        self.entry(text.as_bytes());
    }

    /// Takes entries of 36 bytes each, back to back.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub fn push_fixed(&mut self, records: &[u8]) {
        if let Some(expected) = self.expected.take() {
            let codes = expected / TEXT_LENGTH as u64;
            self.lists.all.reserve(usize::try_from(codes).unwrap_or(usize::MAX));
        }
        let mut batch = Batch::new();
        let (whole, rest) = records.as_chunks();
        for record in whole {
            match Code::read(record) {
                Some(code) if code != Code::NONE => {
                    self.entries += 1;
                    batch.add(code, &mut self.lists.all);
                }
                _ => self.entry(record),
            }
        }
        if !rest.is_empty() {
            self.entry(rest);
        }
        batch.flush(&mut self.lists.all);
    }

    /// Takes note of an entry that is no string.
    pub fn reject_entry(&mut self) {
        self.entries += 1;
        self.lists.all.reject(Rejected {
            line: self.entries,
            value: String::new(),
            reason: Reason::NotAString,
            message: message::NO_STRING,
        });
    }

    /// How many distinct codes there are so far.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.lists.distinct() as u64
    }

    /// How many duplicates there are so far.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.lists.all.so_far().duplicates() + self.lists.duplicates
    }

    /// How many rows or entries were rejected so far.
    #[must_use]
    pub const fn rejected_count(&self) -> u64 {
        self.lists.all.so_far().rejected_count()
    }

    /// The list, when all was pushed.
    #[must_use]
    pub fn finish(mut self) -> CodeList {
        self.input.finish(&mut self.lists);
        self.lists.all.finish()
    }

    /// How many programs there are so far, in a reader of several.
    #[must_use]
    pub const fn programs(&self) -> usize {
        self.lists.programs.len()
    }

    /// The lists of the programs, when all was pushed; codes without a program
    /// are in `rejections`.
    #[must_use]
    pub fn finish_programs(mut self) -> ProgramLists {
        self.input.finish(&mut self.lists);
        let rejections = self.lists.all.finish();
        let mut programs = Vec::with_capacity(self.lists.programs.len());
        for (program, list) in self.lists.programs {
            programs.push((program, list.finish()));
        }
        ProgramLists { programs, rejections }
    }

    fn entry(&mut self, text: &[u8]) {
        self.entries += 1;
        let mut cell = Cell::default();
        cell.extend(text);
        match cell.code() {
            Ok(code) => _ = self.lists.all.insert(code),
            Err((reason, message)) => {
                self.lists.all.reject(cell.rejected(self.entries, reason, message));
            }
        }
    }
}

/// One list of codes for each program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramLists {
    /// The programs that have a row, in the order first seen. A rejected row of
    /// a known program is in its list too, so that the list can't be sent by
    /// somebody who has not seen it.
    pub programs: Vec<(ProgramId, CodeList)>,
    /// A list without codes that holds all rows that were rejected.
    pub rejections: CodeList,
}

/// Where rows go.
#[derive(Default)]
struct Lists {
    /// Codes of no program in particular, and everything that was rejected.
    all: CodeListBuilder,
    by_program: bool,
    programs: Vec<(ProgramId, CodeListBuilder)>,
    /// The places of the programs, in the order of their names.
    places: Vec<usize>,
    /// The place of the last row's program, which is mostly that of the next.
    last: usize,
    distinct: usize,
    duplicates: u64,
}

impl Lists {
    const fn distinct(&self) -> usize {
        self.all.so_far().len() + self.distinct
    }

    /// Takes a code. Refuses a program that is no program id.
    fn accept(&mut self, code: Code, program: &str) -> bool {
        if !self.by_program {
            self.all.insert(code);
            return true;
        }
        let Some(list) = self.list(program) else { return false };
        if list.insert(code) {
            self.distinct += 1;
        } else {
            self.duplicates += 1;
        }
        true
    }

    fn reject(&mut self, rejected: Rejected, program: Option<&str>) {
        if let Some(list) = program.and_then(|program| self.list(program)) {
            list.reject(rejected.clone());
        }
        self.all.reject(rejected);
    }

    /// Counts rejections beyond those that are kept.
    fn reject_more(&mut self, count: u64) {
        self.all.reject_more(count);
    }

    /// The list of a program; none if that is no program id.
    fn list(&mut self, program: &str) -> Option<&mut CodeListBuilder> {
        let name = |programs: &[(ProgramId, CodeListBuilder)], place: usize| {
            programs.get(place).map(|(id, _)| id.as_str() == program)
        };
        if name(&self.programs, self.last) != Some(true) {
            let found = self.places.binary_search_by(|place| {
                self.programs.get(*place).map_or("", |(id, _)| id.as_str()).cmp(program)
            });
            self.last = match found {
                Ok(found) => self.places.get(found).copied()?,
                Err(free) => {
                    let place = self.programs.len();
                    self.programs.push((ProgramId::new(program).ok()?, CodeListBuilder::new()));
                    self.places.insert(free, place);
                    place
                }
            };
        }
        self.programs.get_mut(self.last).map(|(_, list)| list)
    }
}

/// What comes before the rows.
struct Input {
    stage: Stage,
    rows: Rows,
}

enum Stage {
    /// Fewer than the three bytes that tell the encoding.
    Start(Vec<u8>),
    Scan(Scan),
    Rows,
    /// Nothing can be read from the rest.
    Over,
}

impl Input {
    const fn new(rows: Rows) -> Self {
        Self { stage: Stage::Start(Vec::new()), rows }
    }

    fn push(&mut self, mut chunk: &[u8], sink: &mut Lists) {
        if let Stage::Start(start) = &mut self.stage {
            while start.len() < 3 {
                let Some((byte, rest)) = chunk.split_first() else {
                    return;
                };
                start.push(*byte);
                chunk = rest;
            }
            self.open(sink);
        }
        self.read(chunk, sink);
    }

    fn finish(&mut self, sink: &mut Lists) {
        if matches!(self.stage, Stage::Start(_)) {
            self.open(sink);
        }
        if let Stage::Scan(scan) = &mut self.stage {
            let scan = std::mem::take(scan);
            self.decide(&scan, sink);
        }
        if matches!(self.stage, Stage::Rows) {
            self.rows.finish(sink);
        }
        self.stage = Stage::Over;
    }

    /// Judges the encoding by the first three bytes, or all there are.
    fn open(&mut self, sink: &mut Lists) {
        let Stage::Start(start) = &mut self.stage else {
            return;
        };
        let start = std::mem::take(start);
        let utf16 = match start.as_slice() {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => true,
            [first, second, ..] => (*first == 0) != (*second == 0),
            _ => false,
        };
        if utf16 {
            let (reason, message) = (Reason::NotUtf8, message::UTF16);
            sink.reject(Rejected { line: 1, value: String::new(), reason, message }, None);
            self.stage = Stage::Over;
        } else {
            self.stage = Stage::Scan(Scan::default());
            self.read(start.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&start), sink);
        }
    }

    fn read(&mut self, mut chunk: &[u8], sink: &mut Lists) {
        while let Stage::Scan(scan) = &mut self.stage {
            let Some((byte, rest)) = chunk.split_first() else {
                return;
            };
            chunk = rest;
            if scan.take(*byte) {
                let scan = std::mem::take(scan);
                self.decide(&scan, sink);
            }
        }
        self.read_rows(chunk, sink);
    }

    /// Lets the rows begin with what was scanned, unless that is an empty row.
    fn decide(&mut self, scan: &Scan, sink: &mut Lists) {
        if scan.is_empty() {
            scan.row.iter().for_each(|byte| self.rows.lines.pass(*byte));
        } else {
            self.rows.begin(scan.delimiter());
            self.stage = Stage::Rows;
            self.read_rows(&scan.row, sink);
        }
    }

    fn read_rows(&mut self, chunk: &[u8], sink: &mut Lists) {
        if matches!(self.stage, Stage::Rows) {
            self.rows.read(chunk, sink);
            if self.rows.over {
                self.stage = Stage::Over;
            }
        }
    }
}

/// The first row that is not empty, held back until its delimiter is known.
#[derive(Default)]
struct Scan {
    row: Vec<u8>,
    place: Place,
    commas: usize,
    semicolons: usize,
    tabs: usize,
    /// Tabs since the last byte that is no white space.
    tabs_behind: usize,
    begun: bool,
}

impl Scan {
    /// A longer row is judged by its beginning.
    const LONGEST: usize = 1 << 16;

    /// Takes a byte. True if the row is complete.
    fn take(&mut self, byte: u8) -> bool {
        self.row.push(byte);
        if self.place == Place::Quoted {
            if byte == b'"' {
                self.place = Place::Quote;
            }
            return self.row.len() >= Self::LONGEST;
        }
        match byte {
            b'\n' | b'\r' => return true,
            b'\t' => {
                self.tabs_behind += 1;
                self.place = Place::Start;
            }
            _ if is_space(byte) => {}
            _ => {
                if self.begun {
                    self.tabs += self.tabs_behind;
                }
                self.begun = true;
                self.tabs_behind = 0;
                self.place = match (byte, self.place) {
                    (b',', _) => {
                        self.commas += 1;
                        Place::Start
                    }
                    (b';', _) => {
                        self.semicolons += 1;
                        Place::Start
                    }
                    (b'"', Place::Start | Place::Quote) => Place::Quoted,
                    _ => Place::Bare,
                };
            }
        }
        self.row.len() >= Self::LONGEST
    }

    fn delimiter(&self) -> u8 {
        let most = self.commas.max(self.semicolons).max(self.tabs);
        match most {
            0 => NO_DELIMITER,
            _ if most == self.commas => b',',
            _ if most == self.semicolons => b';',
            _ => b'\t',
        }
    }

    /// Whether there is nothing but white space and empty cells.
    fn is_empty(&self) -> bool {
        let nothing = |char: char| char.is_whitespace() || matches!(char, ',' | ';' | '"');
        self.place != Place::Quoted
            && std::str::from_utf8(&self.row).is_ok_and(|row| row.chars().all(nothing))
    }
}

/// Where in a row the next byte is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Place {
    /// At the start of a cell, or in the white space there.
    #[default]
    Start,
    /// In a cell without quotes.
    Bare,
    /// Between quotes.
    Quoted,
    /// Behind a quote that closes the cell or is the first of two.
    Quote,
    /// Behind the closing quote, in white space.
    Closed,
    /// In a row whose quotes don't match: on the way to the end of the line.
    Malformed,
}

/// In place of a delimiter when there is one column. A line end is looked for
/// first, so this is never met.
const NO_DELIMITER: u8 = b'\n';

/// The number of the physical line.
struct Lines {
    line: u64,
    behind_return: bool,
}

impl Lines {
    fn pass(&mut self, byte: u8) {
        if byte == b'\r' || byte == b'\n' && !self.behind_return {
            self.line += 1;
        }
        self.behind_return = byte == b'\r';
    }
}

/// A column to be found in the header.
struct Wanted {
    /// The caller's name for it.
    name: Option<String>,
    usual: &'static [&'static str],
    /// The best so far: its rank among the names, its place in the row.
    found: Option<(usize, usize)>,
}

impl Wanted {
    fn new(name: Option<&str>, usual: &'static [&'static str]) -> Self {
        Self { name: name.map(|name| name.trim().to_owned()), usual, found: None }
    }

    /// Whether that is one of the usual names, whatever the caller's is.
    fn is_usual(&self, cell: &str) -> bool {
        self.usual.iter().any(|name| same_name(name, cell))
    }

    fn look(&mut self, cell: &str, place: usize) {
        let rank = match &self.name {
            Some(name) => same_name(name, cell).then_some(0),
            None => self.usual.iter().position(|name| same_name(name, cell)),
        };
        if let Some(rank) = rank
            && self.found.is_none_or(|(best, _)| rank < best)
        {
            self.found = Some((rank, place));
        }
    }

    fn place(&self) -> Option<usize> {
        self.found.map(|(_, place)| place)
    }
}

/// Compares names of columns: case (of ASCII letters) does not count, and
/// spaces and hyphens are as good as underscores.
fn same_name(one: &str, other: &str) -> bool {
    let fold = |byte: u8| match byte {
        b' ' | b'-' => b'_',
        _ => byte.to_ascii_lowercase(),
    };
    !one.is_empty() && one.bytes().map(fold).eq(other.bytes().map(fold))
}

/// The header while it is awaited.
struct Header {
    code: Wanted,
    program: Option<Wanted>,
    /// What to show if it can't be used: the first cell, or a code in it.
    shown: Cell,
    holds_code: bool,
}

impl Header {
    fn look(&mut self, cell: &Cell, place: usize) {
        let holds_code = cell.code().is_ok() && !self.holds_code;
        if holds_code || self.shown.is_empty() {
            self.holds_code |= holds_code;
            self.shown = cell.clone();
        }
        let Some(text) = cell.text() else {
            return;
        };
        self.code.look(text, place);
        if let Some(program) = &mut self.program {
            program.look(text, place);
        }
    }

    fn fault(&self) -> &'static str {
        let (column, named, unnamed) = match &self.program {
            Some(program) if self.code.found.is_some() => {
                (program, message::NO_SUCH_PROGRAM_COLUMN, message::NO_PROGRAM_COLUMN)
            }
            _ => (&self.code, message::NO_SUCH_COLUMN, message::NO_COLUMN),
        };
        if self.holds_code {
            message::NO_HEADER
        } else if column.name.is_some() {
            named
        } else {
            unnamed
        }
    }
}

/// The state machine of rows and cells.
struct Rows {
    lines: Lines,
    delimiter: u8,
    /// Present until the layout is known.
    header: Option<Header>,
    code_column: usize,
    program_column: Option<usize>,
    /// Nothing of the rest can be read.
    over: bool,

    // The row under way.
    place: Place,
    /// Not one byte of the row was read yet.
    fresh: bool,
    line: u64,
    column: usize,
    code: Cell,
    program: Cell,
    /// Something stands in another column than that of the codes.
    filled: bool,

    /// Its physical lines, for the case that its quotes don't match.
    span: Span,
}

/// The physical lines of a row that are not blank.
#[derive(Default)]
struct Span {
    count: u64,
    /// The first of them: as many as can be shown.
    lines: Vec<u64>,
    /// The line under way is one.
    filled: bool,
}

impl Rows {
    fn new(code: Wanted, program: Option<Wanted>) -> Self {
        Self {
            lines: Lines { line: 1, behind_return: false },
            delimiter: NO_DELIMITER,
            header: Some(Header { code, program, shown: Cell::default(), holds_code: false }),
            code_column: 0,
            program_column: None,
            over: false,
            place: Place::Start,
            fresh: true,
            line: 1,
            column: 0,
            code: Cell::default(),
            program: Cell::default(),
            filled: false,
            span: Span::default(),
        }
    }

    const fn begin(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.line = self.lines.line;
    }

    fn read(&mut self, mut rest: &[u8], sink: &mut Lists) {
        while let Some((byte, after)) = rest.split_first() {
            if self.over {
                return;
            }
            if self.fresh && self.header.is_none() {
                let taken = self.fast_rows(rest, sink);
                if taken > 0 {
                    rest = rest.get(taken..).unwrap_or_default();
                    continue;
                }
            }
            let (run, behind) = rest.split_at_checked(self.run(rest)).unwrap_or_default();
            if run.is_empty() {
                self.step(*byte, sink);
                rest = after;
            } else {
                self.lines.behind_return = false;
                self.content(run);
                rest = behind;
            }
        }
    }

    fn finish(&mut self, sink: &mut Lists) {
        if self.place == Place::Quoted {
            self.place = Place::Malformed;
        }
        if !self.fresh {
            self.end_row(sink);
        }
    }

    /// How many bytes from here on are content of the cell and nothing else:
    /// what `step` would take one by one.
    fn run(&self, rest: &[u8]) -> usize {
        let end = match self.place {
            Place::Bare => {
                let delimiter = self.delimiter;
                rest.iter().position(|byte| *byte == delimiter || is_line_end(*byte))
            }
            Place::Quoted => rest.iter().position(|byte| *byte == b'"' || is_line_end(*byte)),
            Place::Malformed => rest.iter().position(|byte| is_line_end(*byte)),
            Place::Start | Place::Quote | Place::Closed => Some(0),
        };
        end.unwrap_or(rest.len())
    }

    fn step(&mut self, byte: u8, sink: &mut Lists) {
        self.fresh = false;
        if is_line_end(byte) {
            if self.place == Place::Quoted {
                self.end_line();
                self.content(&[byte]);
                self.span.filled = false;
                self.lines.pass(byte);
            } else {
                self.end_row(sink);
                self.lines.pass(byte);
                self.line = self.lines.line;
            }
            return;
        }
        self.lines.behind_return = false;
        match (self.place, byte) {
            (Place::Start | Place::Bare | Place::Quote | Place::Closed, _)
                if byte == self.delimiter =>
            {
                self.end_cell();
            }
            (Place::Start, b'"') => self.place = Place::Quoted,
            (Place::Quote, b'"') => {
                self.place = Place::Quoted;
                self.content(b"\"");
            }
            (Place::Quoted, b'"') => self.place = Place::Quote,
            (Place::Start, _) if is_space(byte) => {}
            (Place::Quote | Place::Closed, _) if is_space(byte) => self.place = Place::Closed,
            (Place::Quote | Place::Closed, _) => {
                self.place = Place::Malformed;
                self.span.filled = true;
            }
            (Place::Start, _) => {
                self.place = Place::Bare;
                self.content(&[byte]);
            }
            (Place::Bare | Place::Quoted | Place::Malformed, _) => self.content(&[byte]),
        }
    }

    /// Takes content of a cell.
    fn content(&mut self, run: &[u8]) {
        let delimiter = self.delimiter;
        self.span.filled =
            self.span.filled || run.iter().any(|byte| *byte > b' ' && *byte != delimiter);
        if self.place == Place::Malformed {
            return;
        }
        let header = self.header.is_some();
        if header || self.column == self.code_column {
            self.code.extend(run);
        }
        if self.column != self.code_column {
            self.filled = self.filled || run.iter().any(|byte| *byte > b' ');
        }
        if self.program_column == Some(self.column) {
            self.program.extend(run);
        }
    }

    fn end_cell(&mut self) {
        if let Some(header) = &mut self.header {
            header.look(&self.code, self.column);
            self.code.clear();
        }
        self.column += 1;
        self.place = Place::Start;
    }

    /// A line ends inside of a row.
    fn end_line(&mut self) {
        if self.span.filled || self.lines.line == self.line {
            self.span.count += 1;
            if self.span.lines.len() < KEPT_REJECTED {
                self.span.lines.push(self.lines.line);
            }
        }
    }

    fn end_row(&mut self, sink: &mut Lists) {
        if self.place == Place::Malformed {
            self.end_malformed(sink);
        } else if let Some(header) = self.header.take() {
            self.end_header(header, sink);
        } else {
            self.end_data(false, sink);
        }
        self.place = Place::Start;
        self.fresh = true;
        self.column = 0;
        self.code.clear();
        self.program.clear();
        self.filled = false;
        self.span.count = 0;
        self.span.lines.clear();
        self.span.filled = false;
    }

    fn end_malformed(&mut self, sink: &mut Lists) {
        self.end_line();
        let one_column = self.delimiter == NO_DELIMITER;
        let lost = self.header.take().is_some_and(|header| {
            self.over = !one_column || header.program.is_some();
            self.over
        });
        if lost {
            self.code.clear();
        } else if self.column == self.code_column {
            // The quote that went wrong may have drawn in what is not the code's.
            self.code.cut(self.delimiter);
        }
        let mut message = if lost { message::MALFORMED_HEADER } else { message::MALFORMED };
        for line in &self.span.lines {
            sink.reject(self.code.rejected(*line, Reason::MalformedCsv, message), None);
            self.code.clear();
            message = message::SWALLOWED;
        }
        sink.reject_more(self.span.count - self.span.lines.len() as u64);
    }

    fn end_header(&mut self, mut header: Header, sink: &mut Lists) {
        if header.shown.is_empty() && self.code.is_empty() {
            self.header = Some(header);
            return;
        }
        header.look(&self.code, self.column);
        let program_found = header.program.as_ref().map(Wanted::place);
        match (header.code.place(), program_found) {
            (Some(code), None | Some(Some(_))) => {
                self.code_column = code;
                self.program_column = program_found.flatten();
            }
            // One column: a name that is not the one asked for is a header
            // still; anything else is the first code.
            (None, None)
                if self.column == 0
                    && !self.code.text().is_some_and(|text| header.code.is_usual(text)) =>
            {
                self.end_data(true, sink);
            }
            _ => {
                let fault = header.fault();
                sink.reject(header.shown.rejected(self.line, Reason::MissingColumn, fault), None);
                self.over = true;
            }
        }
    }

    fn end_data(&self, first: bool, sink: &mut Lists) {
        if !self.filled && self.code.is_empty() {
            return;
        }
        if let Err((cell, reason, message)) = self.judge(sink) {
            let message = match message {
                message::CODE_TEXT if first => message::FIRST_CODE_TEXT,
                message::NO_UUID if first => message::FIRST,
                _ => message,
            };
            let program = self.program.text().filter(|name| !name.is_empty());
            sink.reject(cell.rejected(self.line, reason, message), program);
        }
    }

    fn judge(&self, sink: &mut Lists) -> Result<(), (&Cell, Reason, &'static str)> {
        let (code, program) = (&self.code, &self.program);
        if self.column < self.code_column.max(self.program_column.unwrap_or(0)) {
            return Err((code, Reason::MissingColumn, message::SHORT_ROW));
        }
        let id = code.code().map_err(|(reason, message)| (code, reason, message))?;
        let name = program.text().ok_or((program, Reason::NotUtf8, message::NOT_UTF8))?;
        if self.program_column.is_some() && program.is_empty() {
            return Err((code, Reason::MissingColumn, message::EMPTY_PROGRAM));
        }
        if program.overflow || !sink.accept(id, name) {
            return Err((program, Reason::InvalidProgramId, message::NO_PROGRAM));
        }
        Ok(())
    }

    /// Takes rows from here on for as long as each is all there, free of quotes
    /// and valid. Says how many bytes they have.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn fast_rows(&mut self, rest: &[u8], sink: &mut Lists) -> usize {
        let mut taken = 0;
        let mut batch = Batch::new();
        while let Some(row) = rest.get(taken..).and_then(|rest| self.fast_row(rest)) {
            if !sink.by_program {
                batch.add(row.code, &mut sink.all);
            } else if !sink.accept(row.code, row.program) {
                break;
            }
            taken += row.length;
            self.lines.line += 1;
            self.lines.behind_return = row.behind_return;
        }
        batch.flush(&mut sink.all);
        self.line = self.lines.line;
        taken
    }

    /// Reads the row that begins here, if it is one to be taken.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn fast_row<'a>(&self, rest: &'a [u8]) -> Option<FastRow<'a>> {
        let delimiter = self.delimiter;
        // Mostly the row begins with its code, and only the rest is to search.
        let code = match rest.split_first_chunk() {
            Some((code, [byte, ..]))
                if self.code_column == 0 && (*byte == delimiter || is_line_end(*byte)) =>
            {
                Code::read(code).filter(|code| *code != Code::NONE)
            }
            _ => None,
        };
        let known = if code.is_some() { TEXT_LENGTH } else { 0 };
        let length = known + plain(rest.get(known..)?)?;
        let (row, end) = rest.split_at_checked(length)?;
        let (end, behind_return) = match end {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, false),
            [b'\r', ..] => (1, true),
            _ => return None,
        };
        let cell =
            |column| row.split(|byte| *byte == delimiter).nth(column).map(<[u8]>::trim_ascii);
        let code = match code {
            Some(code) => code,
            None => Code::parse(cell(self.code_column)?).ok()?,
        };
        let mut program = "";
        if let Some(column) = self.program_column {
            let cell = cell(column)?;
            program = std::str::from_utf8(cell).ok()?.trim();
            if program.is_empty() || cell.len() > Cell::LONGEST {
                return None;
            }
        }
        Some(FastRow { code, program, length: length + end, behind_return })
    }
}

/// A row that nothing has to be asked about.
struct FastRow<'a> {
    code: Code,
    program: &'a str,
    /// With its end.
    length: usize,
    behind_return: bool,
}

/// The content of a cell, as much of it as can matter.
#[derive(Clone, Default)]
struct Cell {
    bytes: Vec<u8>,
    /// There was more than white space beyond [`Self::LONGEST`].
    overflow: bool,
}

impl Cell {
    /// Holds a program id of 256 characters, and a code, with much white space
    /// around. White space in front is not kept.
    const LONGEST: usize = 2_048;
    /// Characters of a rejected value that are shown.
    const SHOWN: usize = 80;

    fn extend(&mut self, run: &[u8]) {
        let run = if self.bytes.is_empty() { run.trim_ascii_start() } else { run };
        let room = Self::LONGEST.saturating_sub(self.bytes.len()).min(run.len());
        let (kept, rest) = run.split_at_checked(room).unwrap_or_default();
        self.bytes.extend_from_slice(kept);
        self.overflow |= !rest.trim_ascii_start().is_empty();
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.overflow = false;
    }

    /// Leaves what comes before the first delimiter or line end.
    fn cut(&mut self, delimiter: u8) {
        let end = self.bytes.iter().position(|byte| *byte == delimiter || is_line_end(*byte));
        if let Some(end) = end {
            self.bytes.truncate(end);
            self.overflow = false;
        }
    }

    fn is_empty(&self) -> bool {
        !self.overflow && self.text() == Some("")
    }

    /// The text without the white space around it; none if it is not UTF-8.
    fn text(&self) -> Option<&str> {
        match std::str::from_utf8(&self.bytes) {
            Ok(text) => Some(text.trim()),
            // Cut inside of a character.
            Err(error) if self.overflow && error.error_len().is_none() => Some(""),
            Err(_) => None,
        }
    }

    fn code(&self) -> Result<Code, (Reason, &'static str)> {
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

    fn rejected(&self, line: u64, reason: Reason, message: &'static str) -> Rejected {
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

const fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// How many bytes come before the first quote or line end, if there is one.
/// Eight at once: this is what most of a long file goes through.
#[cfg_attr(hot_paths, optimize(speed), inline(never))]
fn plain(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let mut found = 0;
        for wanted in [b'\n', b'\r', b'"'] {
            // The lowest high bit that this leaves is that of the first such byte.
            let other = word ^ (ONES * u64::from(wanted));
            found |= other.wrapping_sub(ONES) & !other;
        }
        let found = found & (ONES << 7);
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let end = |byte: &u8| is_line_end(*byte) || *byte == b'"';
    Some(words.len() * 8 + rest.iter().position(end)?)
}

/// White space that can stand around quotes.
const fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | 0x0b | 0x0c)
}

/// Whether a rider could type that.
fn is_code_text(text: &str) -> bool {
    (4..=16).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether that is a UUID, but not in the hyphenated form.
fn is_other_form(text: &str) -> bool {
    let text = text.strip_prefix("urn:uuid:").unwrap_or(text);
    let digits = text.bytes().filter(u8::is_ascii_hexdigit).count();
    digits == 32
        && text.bytes().all(|byte| {
            byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_' | b'{' | b'}' | b'(' | b')')
        })
}

mod message {
    pub(super) const NO_UUID: &str = "This is no code: a code is a UUID with hyphens.";
    pub(super) const OTHER_FORM: &str =
        "This is a UUID in another form: a code has 8-4-4-4-12 digits with hyphens.";
    pub(super) const CODE_TEXT: &str =
        "This looks like a code_text, which riders type. The code_id is needed, which is a UUID.";
    pub(super) const FIRST: &str =
        "This is no code. If it is a header, name it by the option column.";
    pub(super) const FIRST_CODE_TEXT: &str = "This looks like a code_text, which riders type. The code_id is needed, which is a UUID. If it is a header, name it by the option column.";
    pub(super) const EMPTY: &str = "There is nothing where the code should be.";
    pub(super) const NIL: &str = "This is the UUID of only zeros, which stands for none.";
    pub(super) const NO_STRING: &str = "This entry is no string.";
    pub(super) const NOT_UTF8: &str = "This is not UTF-8. Save the file as UTF-8.";
    pub(super) const UTF16: &str = "This file is UTF-16. Save it as UTF-8.";
    pub(super) const SHORT_ROW: &str = "This row ends before the column that is needed.";
    pub(super) const EMPTY_PROGRAM: &str = "There is nothing where the program id should be.";
    pub(super) const NO_PROGRAM: &str = "There is no program id in the program column of this row.";
    pub(super) const MALFORMED: &str = "The quotes of this row don't match.";
    pub(super) const MALFORMED_HEADER: &str =
        "The quotes of the header don't match. Nothing behind it was read.";
    pub(super) const SWALLOWED: &str =
        "This line was drawn into a row above, whose quotes don't match.";
    pub(super) const NO_HEADER: &str =
        "A header row with the names of the columns is missing. Nothing was read.";
    pub(super) const NO_COLUMN: &str = "No column is named code_id, code_uuid, uuid or code. Name it by the option column. Nothing was read.";
    pub(super) const NO_SUCH_COLUMN: &str =
        "No column has the name that the option column gives. Nothing was read.";
    pub(super) const NO_PROGRAM_COLUMN: &str = "No column is named voucher_program_id, program_id or program. Name it by the option programColumn. Nothing was read.";
    pub(super) const NO_SUCH_PROGRAM_COLUMN: &str =
        "No column has the name that the option programColumn gives. Nothing was read.";
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many rows of 37 bytes, or of 39 with a program.
    fn rows(count: u32, begin: &str, behind: &str) -> String {
        let row = |number| format!("{number:08x}-0000-4000-8000-000000000001{behind}\n");
        begin.to_owned() + &(1..=count).map(row).collect::<String>()
    }

    #[test]
    fn room_for_what_is_expected_is_made_once() {
        let input = rows(100_000, "code_id\n", "");
        let mut reader = CodeReader::new(None);
        reader.expect(input.len() as u64);
        // The first chunk is too short to judge by.
        let (header, rest) = input.split_at(8);
        reader.push(header.as_bytes());
        assert_eq!(reader.lists.all.room(), 0);
        let mut rooms = rest.as_bytes().chunks(1 << 16).map(|chunk| {
            reader.push(chunk);
            reader.lists.all.room()
        });
        let room = rooms.next().unwrap();
        assert!((99_000..200_000).contains(&room), "{room}");
        assert!(rooms.all(|later| later == room));
        assert_eq!(reader.valid(), 100_000);
    }

    #[test]
    fn room_is_made_for_a_list_of_known_length() {
        let records = rows(10_000, "", "").replace('\n', "");
        let mut reader = CodeReader::new(None);
        reader.expect(records.len() as u64);
        let mut pieces = records.as_bytes().chunks(36 * 2_048);
        reader.push_fixed(pieces.next().unwrap());
        let room = reader.lists.all.room();
        assert!((10_000..20_000).contains(&room), "{room}");
        pieces.for_each(|piece| reader.push_fixed(piece));
        assert_eq!((reader.valid(), reader.lists.all.room()), (10_000, room));
    }

    /// How many codes each program will have is not known.
    #[test]
    fn no_room_is_made_for_the_codes_of_programs() {
        let input = rows(10_000, "code_id,program\n", ",p");
        let mut reader = CodeReader::by_program(None, None);
        reader.expect(input.len() as u64);
        reader.push(input.as_bytes());
        assert_eq!((reader.valid(), reader.lists.all.room()), (10_000, 0));
    }

    /// What a reader of that header makes of a row on the shorter way: how long
    /// it is with its end, and of which program.
    fn short_way<'a>(header: &str, row: &'a str) -> Option<(usize, &'a str)> {
        let mut reader = CodeReader::by_program(None, None);
        reader.push(format!("{header}\n").as_bytes());
        let row = reader.input.rows.fast_row(row.as_bytes())?;
        assert_eq!(row.code.to_string(), "1f913a96-f52c-42a0-aa0b-a2ba53b2d631");
        Some((row.length, row.program))
    }

    /// Nearly every row does, and a long file is read so much faster. What it
    /// does not take is judged with care, so that only speed would tell.
    #[test]
    fn a_row_without_quotes_goes_the_shorter_way() {
        let code = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
        for end in ["\n", "\r\n", "\r"] {
            for (header, cells, program) in [
                ("code_id,program", [code, "p"], "p"),
                ("program;code_id", ["p", code], "p"),
                ("code_id\tprogram", [code, " p 1 "], "p 1"),
                ("program,code_id,x", ["p", code], "p"),
            ] {
                let delimiter = header.chars().find(|char| ",;\t".contains(*char)).unwrap();
                let row = cells.join(&delimiter.to_string()) + end;
                // What is behind may be anything.
                let rest = format!("{row}x\"");
                let found = short_way(header, &rest);
                assert_eq!(found.map(|(_, program)| program), Some(program), "{row:?}");
                assert_eq!(found.map(|(length, _)| length), Some(row.len()), "{row:?}");
            }
        }
        for row in [
            "",
            "\n",
            &format!("{code},p"),
            &format!("{code}\n"),
            &format!("{code},\n"),
            &format!("\"{code}\",p\n"),
            &format!("{code},\"p\"\n"),
            "x,p\n",
            "00000000-0000-0000-0000-000000000000,p\n",
        ] {
            assert_eq!(short_way("code_id,program", row), None, "{row:?}");
        }
    }

    #[test]
    fn the_first_quote_or_line_end_is_found() {
        for length in 0..40 {
            for (other, place) in
                [b'x', b',', b'!', b'#', 0x0b, 0x0c, 0x0e, 0, 0x80, 0x8a, 0xa2, 0xff]
                    .into_iter()
                    .flat_map(|other| (0..length).map(move |place| (other, place)))
            {
                let mut bytes = vec![other; length];
                assert_eq!(plain(&bytes), None);
                for wanted in [b'\n', b'\r', b'"'] {
                    bytes[place] = wanted;
                    assert_eq!(plain(&bytes), Some(place), "{wanted} among {other}");
                    // A later one does not count.
                    bytes[length - 1] = b'"';
                    assert_eq!(plain(&bytes), Some(place), "{wanted} among {other}");
                    bytes[length - 1] = other;
                }
            }
        }
    }
}
