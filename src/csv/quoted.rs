//! Detects codes inside quoted cells.
//!
//! A stray quote (`"16 inch`) turns all lines up to the next quote into one cell, and
//! that quote may be before a delimiter by chance. A cell that really spans lines has no
//! code at the column of the codes. So the lines inside quotes are read a second time, as
//! if no quote had been opened.

use super::cell::{Cell, Content};

/// The lines of the quoted cells of a row.
#[allow(clippy::struct_excessive_bools)] // They are independent of one another.
#[derive(Default)]
pub(super) struct QuotedLines {
    /// The column in the line, as if no quote had been opened.
    column: usize,
    /// The column at which the quotes were opened.
    opened_at: usize,
    pub(super) content: Content,
    /// The current cell, if a code may be in it.
    cell: Cell,
    has_code: bool,
    spans_lines: bool,
    /// Whether codes were found in other cells, and in the cell of the code.
    in_other: bool,
    in_own: bool,
}

impl QuotedLines {
    /// Opens quotes.
    pub(super) fn open(&mut self) {
        self.opened_at = self.column;
        (self.has_code, self.spans_lines) = (false, false);
        self.cell.clear();
    }

    /// Adds content between quotes. `wanted` is the column of the codes; any column if it
    /// is not known yet.
    pub(super) fn extend(&mut self, content: &[u8], delimiter: u8, wanted: Option<usize>) {
        if wanted.is_some_and(|wanted| wanted < self.column) {
            return;
        }
        for (index, cell) in content.split(|byte| *byte == delimiter).enumerate() {
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
        self.has_code |= self.cell.contains(self.content);
        self.cell.clear();
    }

    /// Ends a line between quotes.
    pub(super) fn end_line(&mut self) {
        self.end_raw_cell();
        self.column = 0;
        self.spans_lines = true;
    }

    /// Closes quotes. `is_own`: of the cell of the code.
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

    /// Ends a cell.
    pub(super) const fn end_cell(&mut self) {
        self.column += 1;
    }

    /// Whether codes were found inside quotes. The cell of the code may span lines if it
    /// contains one code and nothing else.
    pub(super) fn have_codes(&self, is_own_a_code: impl FnOnce() -> bool) -> bool {
        self.in_other || self.in_own && !is_own_a_code()
    }

    pub(super) fn end_row(&mut self) {
        self.column = 0;
        (self.in_other, self.in_own) = (false, false);
    }
}
