//! Codes that a quote draws in.
//!
//! A stray quote (`"16 inch`) makes one cell of all lines up to the next quote,
//! which may stand just before a delimiter by chance. An honest cell of many lines
//! has no code where a row would have one. So the lines within quotes are read
//! once more, as if no quote had been opened.

use super::cell::{Cell, Content};

/// The lines of the quoted cells of a row.
#[allow(clippy::struct_excessive_bools)] // They are independent of one another.
#[derive(Default)]
pub(super) struct QuotedLines {
    /// The column on the line, as if no quote had been opened.
    column: usize,
    /// The same where the quotes were opened.
    opened_at: usize,
    pub(super) holds: Content,
    /// The cell under way, if it is where a code would be.
    cell: Cell,
    has_code: bool,
    spans_lines: bool,
    /// What is found, in any cell but that of the codes, and in that.
    in_other: bool,
    in_own: bool,
}

impl QuotedLines {
    /// Quotes are opened.
    pub(super) fn open(&mut self) {
        self.opened_at = self.column;
        (self.has_code, self.spans_lines) = (false, false);
        self.cell.clear();
    }

    /// Takes content between quotes. A code would be in that column; in any,
    /// while it isn't known.
    pub(super) fn content(&mut self, run: &[u8], delimiter: u8, wanted: Option<usize>) {
        if wanted.is_some_and(|wanted| wanted < self.column) {
            return;
        }
        for (index, cell) in run.split(|byte| *byte == delimiter).enumerate() {
            if index > 0 {
                self.end_raw_cell();
                self.column += 1;
            }
            if wanted.is_none_or(|wanted| wanted == self.column) {
                self.cell.extend(cell);
            }
        }
    }

    fn end_raw_cell(&mut self) {
        self.has_code |= self.cell.holds(self.holds);
        self.cell.clear();
    }

    /// A line ends between quotes.
    pub(super) fn end_line(&mut self) {
        self.end_raw_cell();
        self.column = 0;
        self.spans_lines = true;
    }

    /// The quotes are closed. `is_own`: of the cell that holds the code.
    pub(super) fn close(&mut self, is_own: bool) {
        if !self.spans_lines {
            self.column = self.opened_at;
            return;
        }
        self.end_raw_cell();
        if self.has_code {
            self.in_own |= is_own;
            self.in_other |= !is_own;
        }
    }

    /// A cell ends.
    pub(super) const fn end_cell(&mut self) {
        self.column += 1;
    }

    /// Whether codes were drawn in. The cell of the codes may be of many lines if
    /// it holds one code and nothing else.
    pub(super) fn have_codes(&self, is_own_a_code: impl FnOnce() -> bool) -> bool {
        self.in_other || self.in_own && !is_own_a_code()
    }

    pub(super) fn end_row(&mut self) {
        self.column = 0;
        (self.in_other, self.in_own) = (false, false);
    }
}
