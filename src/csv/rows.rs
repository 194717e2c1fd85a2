//! The parser: a state machine over bytes, cells and rows.

use std::slice;

use super::cell::{Cell, Content, is_line_end, is_space};
use super::columns::{Columns, FirstRow, Header};
use super::fast_rows::find_special;
use super::lines::{Lines, RowLines};
use super::programs::Collector;
use super::quoted::QuotedLines;
use super::shape::RowShape;
use crate::code::list::KEPT_REJECTED;
use crate::code::rejected::RejectReason;

mod complete;

/// The state of the cell parser.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum CellState {
    /// At the start of a cell, or in leading white space.
    #[default]
    Start,
    /// In a cell without quotes.
    Bare,
    /// Between quotes.
    Quoted,
    /// After a quote that closes the cell, or is the first of a doubled one.
    Quote,
    /// In white space after the closing quote.
    Closed,
    /// In a row with unmatched quotes, up to the end of the line.
    Malformed,
}

/// Represents no delimiter, if there is one column. Line ends are checked first, so it
/// never matches.
pub(super) const NO_DELIMITER: u8 = b'\n';

/// The state machine of rows and cells.
#[allow(clippy::struct_excessive_bools)] // They are independent of one another.
#[derive(Default)]
pub(super) struct RowParser {
    pub(super) lines: Lines,
    pub(super) delimiter: u8,
    pub(super) header: Header,
    /// Whether the columns are known.
    pub(super) has_columns: bool,
    pub(super) columns: Columns,
    pub(super) shape: RowShape,
    /// The row that seems to be the header, if it is not the first one; and whether the
    /// first row has several cells, so that the file can't be read.
    pub(super) later_header: Option<(u64, bool)>,
    /// Whether the row after the first one is a recipient, in a list with one column.
    pub(super) has_recipient_below: bool,
    /// Whether the rest can't be read.
    pub(super) is_finished: bool,

    // The current row.
    state: CellState,
    /// Whether a byte of the row was read.
    has_begun: bool,
    pub(super) line: u64,
    column: usize,
    code: Cell,
    program: Cell,
    /// The physical lines of the row, in case its quotes don't match.
    row_lines: RowLines,
    quoted: QuotedLines,
}

/// What a row is if it is the first one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRowGuess {
    /// Neither a header nor a code.
    Neither,
    Header {
        cells: usize,
    },
    /// The first row of data, with these columns and this number of cells.
    Data(Columns, usize),
    /// Settled: no later row can change it.
    Settled,
}

impl RowParser {
    /// Reads recipients instead of codes.
    pub(super) fn expect_recipients(&mut self) {
        self.header.expect_recipients();
        self.shape.content = self.header.content();
        self.quoted.content = self.header.content();
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

    /// Reads the first row of some bytes with this delimiter, and discards it.
    pub(super) fn try_row(
        &mut self,
        row: &[u8],
        delimiter: u8,
        collector: &mut Collector,
    ) -> FirstRowGuess {
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
        let guess = match (fault, self.header.decide()) {
            (Some(RejectReason::MalformedCsv), _) => FirstRowGuess::Neither,
            _ if !self.has_columns || fault == Some(RejectReason::AmbiguousColumn) => {
                FirstRowGuess::Settled
            }
            (_, FirstRow::Data(columns)) if self.header.count() > 1 => {
                FirstRowGuess::Data(columns, self.header.count())
            }
            (Some(_), _) => FirstRowGuess::Neither,
            (None, FirstRow::Header(_)) => FirstRowGuess::Header { cells: self.header.count() },
            _ => FirstRowGuess::Settled,
        };
        self.lines = lines;
        self.has_columns = false;
        self.is_finished = false;
        self.columns = Columns::default();
        self.header.reset();
        guess
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
                self.extend_cell(content);
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

    /// How many of the next bytes are only content of the cell, which `step` would add
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
                self.extend_cell(&[byte]);
                self.quoted.end_line();
                self.row_lines.is_filled = false;
                self.lines.advance(byte);
            } else {
                self.end_row(collector);
                self.lines.advance(byte);
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
                self.extend_cell(b"\"");
            }
            (CellState::Quoted, b'"') => self.state = CellState::Quote,
            (CellState::Start | CellState::Closed, _) if is_space(byte) => {}
            (CellState::Quote, _) if is_space(byte) => self.close_quotes(CellState::Closed),
            (CellState::Quote | CellState::Closed, _) => {
                // `"Roe, Ada" <ada@example.com>`
                if byte == b'<' && self.header.content() == Content::Recipients {
                    self.close_quotes(CellState::Bare);
                } else {
                    self.state = CellState::Malformed;
                }
                self.row_lines.is_filled = true;
                self.extend_cell(&[byte]);
            }
            (CellState::Start, _) => {
                self.state = CellState::Bare;
                self.extend_cell(&[byte]);
            }
            (CellState::Bare | CellState::Quoted | CellState::Malformed, _) => {
                self.extend_cell(&[byte]);
            }
        }
    }

    /// Adds content to the cell.
    fn extend_cell(&mut self, content: &[u8]) {
        let delimiter = self.delimiter;
        self.row_lines.is_filled = self.row_lines.is_filled
            || content.iter().any(|byte| *byte > b' ' && *byte != delimiter);
        if self.state == CellState::Malformed {
            return;
        }
        let is_header = !self.has_columns;
        if self.state == CellState::Quoted {
            let code_column = (!is_header).then_some(self.columns.code);
            self.quoted.extend(content, delimiter, code_column);
        }
        if is_header || self.column == self.columns.code {
            self.code.extend(content);
        }
        if !is_header {
            self.shape.extend(content);
        }
        if self.columns.program() == Some(self.column) {
            self.program.extend(content);
        }
    }

    fn close_quotes(&mut self, state: CellState) {
        if self.state == CellState::Quote {
            // Until the columns are known, the first column counts as that of the codes.
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

    /// Ends a line inside a row.
    fn end_line(&mut self) {
        if self.row_lines.is_filled || self.lines.line == self.line {
            self.row_lines.count += 1;
            if self.row_lines.first.len() < KEPT_REJECTED {
                self.row_lines.first.push(self.lines.line);
            }
        }
    }
}
