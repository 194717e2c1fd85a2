//! The parser: a state machine over bytes, cells and rows.

use std::slice;

use super::cell::{Cell, is_line_end, is_space};
use super::columns::{Columns, FirstRow, Header};
use super::fast_rows::find_special;
use super::lines::{Lines, RowLines};
use super::programs::Collector;
use super::quoted::QuotedLines;
use super::shape::Shape;
use crate::code::list::KEPT_REJECTED;
use crate::code::rejected::RejectReason;

mod complete;

/// Where in a cell the next byte is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum CellState {
    /// At the start of the cell, or in leading white space.
    #[default]
    Start,
    /// In a cell without quotes.
    Bare,
    /// Between quotes.
    Quoted,
    /// After a quote that closes the cell, or is the first of two.
    Quote,
    /// In white space after the closing quote.
    Closed,
    /// In a row whose quotes don't match, up to the end of the line.
    Malformed,
}

/// Stands for the delimiter when there is one column. Line ends are checked first, so
/// it never matches.
pub(super) const NO_DELIMITER: u8 = b'\n';

/// The state machine of rows and cells.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) lines: Lines,
    pub(super) delimiter: u8,
    pub(super) header: Header,
    /// The columns are known.
    pub(super) has_columns: bool,
    pub(super) columns: Columns,
    pub(super) shape: Shape,
    /// The row that seems to be the header, if it isn't the first; and whether the first
    /// has several cells, so that the file can't be read.
    pub(super) later_header: Option<(u64, bool)>,
    /// The rest can't be read.
    pub(super) is_finished: bool,

    // The row under way.
    state: CellState,
    /// A byte of the row was read.
    has_begun: bool,
    pub(super) line: u64,
    column: usize,
    code: Cell,
    program: Cell,
    /// Its physical lines, in case its quotes don't match.
    row_lines: RowLines,
    quoted: QuotedLines,
}

/// What a row would be if it were the first.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trial {
    /// Neither a header nor a code.
    Useless,
    Header {
        cells: usize,
    },
    /// The first row of data, with these columns and this number of cells.
    Data(Columns, usize),
    /// No later row can change what it is.
    Certain,
}

impl Rows {
    /// Reads recipients in place of codes.
    pub(super) fn expect_recipients(&mut self) {
        self.header.expect_recipients();
        self.shape.holds = self.header.holds();
        self.quoted.holds = self.header.holds();
    }

    pub(super) const fn begin(&mut self, delimiter: u8) {
        self.delimiter = delimiter;
        self.line = self.lines.line;
    }

    /// Starts without a header.
    pub(super) fn begin_data(&mut self, columns: Columns, cells: usize) {
        self.has_columns = true;
        self.columns = columns;
        self.shape.begin(columns, cells, cells);
    }

    /// Reads the first row of some bytes with this delimiter, without keeping it.
    pub(super) fn try_row(
        &mut self,
        row: &[u8],
        delimiter: u8,
        collector: &mut Collector,
    ) -> Trial {
        collector.begin_trial();
        let lines = self.lines;
        self.begin(delimiter);
        for byte in row {
            self.read(slice::from_ref(byte), collector);
            if self.has_columns {
                break;
            }
        }
        self.finish(collector);
        let fault = collector.end_trial();
        let trial = match (fault, self.header.judge()) {
            (Some(RejectReason::MalformedCsv), _) => Trial::Useless,
            _ if !self.has_columns || fault == Some(RejectReason::AmbiguousColumn) => {
                Trial::Certain
            }
            (_, FirstRow::Data(columns)) if self.header.count() > 1 => {
                Trial::Data(columns, self.header.count())
            }
            (Some(_), _) => Trial::Useless,
            (None, FirstRow::Header(_)) => Trial::Header { cells: self.header.count() },
            _ => Trial::Certain,
        };
        self.lines = lines;
        self.has_columns = false;
        self.is_finished = false;
        self.columns = Columns::default();
        self.header.reset();
        trial
    }

    pub(super) fn read(&mut self, mut rest: &[u8], collector: &mut Collector) {
        while let Some((byte, after)) = rest.split_first() {
            if self.is_finished {
                return;
            }
            if !self.has_begun && self.has_columns {
                let taken = self.fast_rows(rest, collector);
                if taken > 0 {
                    rest = rest.get(taken..).unwrap_or_default();
                    continue;
                }
            }
            let (content, behind) =
                rest.split_at_checked(self.content_len(rest)).unwrap_or_default();
            if content.is_empty() {
                self.step(*byte, collector);
                rest = after;
            } else {
                self.lines.last_was_return = false;
                self.content(content);
                rest = behind;
            }
        }
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        if self.state == CellState::Quoted {
            self.state = CellState::Malformed;
        }
        if self.has_begun {
            self.end_row(collector);
        }
    }

    /// How many bytes from here on are only content of the cell: `step` would take them
    /// one by one.
    fn content_len(&self, rest: &[u8]) -> usize {
        let end = match self.state {
            CellState::Bare => {
                let delimiter = self.delimiter;
                rest.iter().position(|byte| *byte == delimiter || is_line_end(*byte))
            }
            CellState::Quoted => find_special(rest),
            CellState::Malformed => rest.iter().position(|byte| is_line_end(*byte)),
            CellState::Start | CellState::Quote | CellState::Closed => Some(0),
        };
        end.unwrap_or(rest.len())
    }

    fn step(&mut self, byte: u8, collector: &mut Collector) {
        self.has_begun = true;
        if is_line_end(byte) {
            if self.state == CellState::Quoted {
                self.end_line();
                self.content(&[byte]);
                self.quoted.end_line();
                self.row_lines.is_filled = false;
                self.lines.pass(byte);
            } else {
                self.end_row(collector);
                self.lines.pass(byte);
                self.line = self.lines.line;
            }
            return;
        }
        self.lines.last_was_return = false;
        match (self.state, byte) {
            (CellState::Start | CellState::Bare | CellState::Quote | CellState::Closed, _)
                if byte == self.delimiter =>
            {
                self.end_cell();
                self.column += 1;
                self.state = CellState::Start;
            }
            (CellState::Start, b'"') => {
                self.state = CellState::Quoted;
                self.quoted.open();
            }
            (CellState::Quote, b'"') => {
                self.state = CellState::Quoted;
                self.content(b"\"");
            }
            (CellState::Quoted, b'"') => self.state = CellState::Quote,
            (CellState::Start | CellState::Closed, _) if is_space(byte) => {}
            (CellState::Quote, _) if is_space(byte) => self.close_quotes(CellState::Closed),
            (CellState::Quote | CellState::Closed, _) => {
                self.state = CellState::Malformed;
                self.row_lines.is_filled = true;
            }
            (CellState::Start, _) => {
                self.state = CellState::Bare;
                self.content(&[byte]);
            }
            (CellState::Bare | CellState::Quoted | CellState::Malformed, _) => {
                self.content(&[byte]);
            }
        }
    }

    /// Takes content of a cell.
    fn content(&mut self, run: &[u8]) {
        let delimiter = self.delimiter;
        self.row_lines.is_filled =
            self.row_lines.is_filled || run.iter().any(|byte| *byte > b' ' && *byte != delimiter);
        if self.state == CellState::Malformed {
            return;
        }
        let is_header = !self.has_columns;
        if self.state == CellState::Quoted {
            let code_column = (!is_header).then_some(self.columns.code);
            self.quoted.content(run, delimiter, code_column);
        }
        if is_header || self.column == self.columns.code {
            self.code.extend(run);
        }
        if !is_header {
            self.shape.content(run);
        }
        if self.columns.program() == Some(self.column) {
            self.program.extend(run);
        }
    }

    fn close_quotes(&mut self, state: CellState) {
        if self.state == CellState::Quote {
            // Until the columns are known, a single column may be the codes.
            self.quoted.close(self.column == self.columns.code);
        }
        self.state = state;
    }

    fn end_cell(&mut self) {
        self.close_quotes(self.state);
        self.quoted.end_cell();
        if self.has_columns {
            self.shape.end_cell();
        } else {
            self.header.consider(&self.code);
            self.code.clear();
        }
    }

    /// A line ends inside a row.
    fn end_line(&mut self) {
        if self.row_lines.is_filled || self.lines.line == self.line {
            self.row_lines.count += 1;
            if self.row_lines.first.len() < KEPT_REJECTED {
                self.row_lines.first.push(self.lines.line);
            }
        }
    }
}
