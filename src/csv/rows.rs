//! The parser: a state machine over bytes, rows and cells.

use super::cell::{Cell, is_line_end, is_space};
use super::columns::{Header, Wanted};
use super::message;
use super::programs::Collector;
use crate::error::Reason;
use crate::list::KEPT_REJECTED;

/// Where in a row the next byte is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Place {
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
pub(super) const NO_DELIMITER: u8 = b'\n';

/// The number of the physical line.
pub(super) struct Lines {
    pub(super) line: u64,
    pub(super) behind_return: bool,
}

impl Lines {
    pub(super) fn pass(&mut self, byte: u8) {
        if byte == b'\r' || byte == b'\n' && !self.behind_return {
            self.line += 1;
        }
        self.behind_return = byte == b'\r';
    }
}

/// The state machine of rows and cells.
pub(super) struct Rows {
    pub(super) lines: Lines,
    pub(super) delimiter: u8,
    /// Present until the layout is known.
    pub(super) header: Option<Header>,
    pub(super) code_column: usize,
    pub(super) program_column: Option<usize>,
    /// Nothing of the rest can be read.
    pub(super) over: bool,

    // The row under way.
    pub(super) place: Place,
    /// Not one byte of the row was read yet.
    pub(super) fresh: bool,
    pub(super) line: u64,
    pub(super) column: usize,
    pub(super) code: Cell,
    pub(super) program: Cell,
    /// Something stands in another column than that of the codes.
    pub(super) filled: bool,

    /// Its physical lines, for the case that its quotes don't match.
    pub(super) span: Span,
}

/// The physical lines of a row that are not blank.
#[derive(Default)]
pub(super) struct Span {
    pub(super) count: u64,
    /// The first of them: as many as can be shown.
    pub(super) lines: Vec<u64>,
    /// The line under way is one.
    pub(super) filled: bool,
}

impl Rows {
    pub(super) fn new(code: Wanted, program: Option<Wanted>) -> Self {
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

    pub(super) const fn begin(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.line = self.lines.line;
    }

    pub(super) fn read(&mut self, mut rest: &[u8], collector: &mut Collector) {
        while let Some((byte, after)) = rest.split_first() {
            if self.over {
                return;
            }
            if self.fresh && self.header.is_none() {
                let taken = self.fast_rows(rest, collector);
                if taken > 0 {
                    rest = rest.get(taken..).unwrap_or_default();
                    continue;
                }
            }
            let (run, behind) = rest.split_at_checked(self.run(rest)).unwrap_or_default();
            if run.is_empty() {
                self.step(*byte, collector);
                rest = after;
            } else {
                self.lines.behind_return = false;
                self.content(run);
                rest = behind;
            }
        }
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        if self.place == Place::Quoted {
            self.place = Place::Malformed;
        }
        if !self.fresh {
            self.end_row(collector);
        }
    }

    /// How many bytes from here on are content of the cell and nothing else:
    /// what `step` would take one by one.
    pub(super) fn run(&self, rest: &[u8]) -> usize {
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

    pub(super) fn step(&mut self, byte: u8, collector: &mut Collector) {
        self.fresh = false;
        if is_line_end(byte) {
            if self.place == Place::Quoted {
                self.end_line();
                self.content(&[byte]);
                self.span.filled = false;
                self.lines.pass(byte);
            } else {
                self.end_row(collector);
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
    pub(super) fn content(&mut self, run: &[u8]) {
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

    pub(super) fn end_cell(&mut self) {
        if let Some(header) = &mut self.header {
            header.look(&self.code, self.column);
            self.code.clear();
        }
        self.column += 1;
        self.place = Place::Start;
    }

    /// A line ends inside of a row.
    pub(super) fn end_line(&mut self) {
        if self.span.filled || self.lines.line == self.line {
            self.span.count += 1;
            if self.span.lines.len() < KEPT_REJECTED {
                self.span.lines.push(self.lines.line);
            }
        }
    }

    pub(super) fn end_row(&mut self, collector: &mut Collector) {
        if self.place == Place::Malformed {
            self.end_malformed(collector);
        } else if let Some(header) = self.header.take() {
            self.end_header(header, collector);
        } else {
            self.end_data(false, collector);
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

    pub(super) fn end_malformed(&mut self, collector: &mut Collector) {
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
            collector.reject(self.code.rejected(*line, Reason::MalformedCsv, message), None);
            self.code.clear();
            message = message::SWALLOWED;
        }
        collector.reject_more(self.span.count - self.span.lines.len() as u64);
    }

    pub(super) fn end_header(&mut self, mut header: Header, collector: &mut Collector) {
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
                self.end_data(true, collector);
            }
            _ => {
                let fault = header.fault();
                collector
                    .reject(header.shown.rejected(self.line, Reason::MissingColumn, fault), None);
                self.over = true;
            }
        }
    }

    pub(super) fn end_data(&self, first: bool, collector: &mut Collector) {
        if !self.filled && self.code.is_empty() {
            return;
        }
        if let Err((cell, reason, message)) = self.judge(collector) {
            let message = match message {
                message::CODE_TEXT if first => message::FIRST_CODE_TEXT,
                message::NO_UUID if first => message::FIRST,
                _ => message,
            };
            let program = self.program.text().filter(|name| !name.is_empty());
            collector.reject(cell.rejected(self.line, reason, message), program);
        }
    }

    pub(super) fn judge(
        &self,
        collector: &mut Collector,
    ) -> Result<(), (&Cell, Reason, &'static str)> {
        let (code, program) = (&self.code, &self.program);
        if self.column < self.code_column.max(self.program_column.unwrap_or(0)) {
            return Err((code, Reason::MissingColumn, message::SHORT_ROW));
        }
        let id = code.code().map_err(|(reason, message)| (code, reason, message))?;
        let name = program.text().ok_or((program, Reason::NotUtf8, message::NOT_UTF8))?;
        if self.program_column.is_some() && program.is_empty() {
            return Err((code, Reason::MissingColumn, message::EMPTY_PROGRAM));
        }
        if program.overflow || !collector.accept(id, name) {
            return Err((program, Reason::InvalidProgramId, message::NO_PROGRAM));
        }
        Ok(())
    }
}
