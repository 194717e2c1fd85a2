//! Whether the cells of a row are in the columns of the header.
//!
//! An unquoted cell that contains a delimiter (`Roe, Ann`) shifts all cells after it. The
//! row then has more cells than the header has names, and the cell in the column of the
//! codes may be something else, even another UUID.

use super::cell::{Cell, Content};
use super::columns::Columns;
use super::message;
use crate::text::{decimal, text};

/// The usual shape of the rows of a file.
#[derive(Default)]
pub(super) struct RowShape {
    pub(super) content: Content,
    columns: Columns,
    /// Whether another cell, which may contain a delimiter, comes before the cells that
    /// are read.
    can_shift: bool,
    /// Cells of the header, and the cells up to the last one with a name.
    header: usize,
    names: usize,
    /// Cells of a usual row: those of the header, and empty ones of the first row.
    usual_cells: usize,
    /// How many of these there are up to the last non-empty one.
    usual_named: usize,
    /// The columns (of the first 64) before the codes that also contain UUIDs.
    uuid_columns: u64,
    rows: u64,

    // The current row.
    cells: usize,
    filled_count: usize,
    last_filled: usize,
    row_uuids: u64,
    /// The first cell after the column of the codes that contains a code.
    next_code: Option<usize>,
    is_filled: bool,
    has_other: bool,
    cell: Cell,
}

impl RowShape {
    /// Rows after which the usual shape is known.
    const ROWS_TO_LEARN: u64 = 16;

    /// Starts with a header, or a first row, of `cells` cells.
    pub(super) fn begin(&mut self, columns: Columns, cells: usize, named: usize) {
        let wanted = 1 + usize::from(columns.program().is_some());
        self.columns = columns;
        self.can_shift = columns.code.max(columns.program().unwrap_or(0)) >= wanted;
        (self.header, self.usual_cells) = (cells, cells);
        (self.names, self.usual_named) = (named, named);
    }

    /// Adds content to the current cell.
    pub(super) fn extend(&mut self, content: &[u8]) {
        self.is_filled = self.is_filled || content.iter().any(|byte| *byte > b' ');
        if self.can_shift && self.cells != self.columns.code {
            self.cell.extend(content);
        }
    }

    pub(super) fn end_cell(&mut self) {
        let is_code = self.cell.contains(self.content);
        if is_code && self.cells < self.columns.code {
            self.row_uuids |= before(self.cells + 1) - before(self.cells);
        } else if is_code && self.next_code.is_none() {
            self.next_code = Some(self.cells);
        }
        self.cells += 1;
        if self.is_filled {
            self.has_other |= self.cells != self.columns.code + 1;
            self.filled_count += 1;
            self.last_filled = self.cells;
        }
        self.is_filled = false;
        self.cell.clear();
    }

    /// Whether a cell other than that of the code is not empty.
    pub(super) const fn has_other(&self) -> bool {
        self.has_other
    }

    /// Whether a cell of the complete row may have been shifted. `spans_lines`: the row
    /// has several lines.
    pub(super) fn is_shifted(
        &self,
        spans_lines: bool,
        is_known_program: impl FnOnce() -> bool,
    ) -> bool {
        let (code, program) = (self.columns.code, self.columns.program());
        let extra = self.extra();
        // Quotes can join the beginning of a row with the end of another, so a row of
        // several lines is checked even if no cell comes before the code.
        if extra == 0 || !self.can_shift && (code == 0 || !spans_lines) {
            return false;
        }
        // A column that usually contains UUIDs has none here: its UUID may be in the
        // column of the codes.
        let window = before(code) - before(code.saturating_sub(extra));
        self.filled_count > self.header
            || self.next_code.is_some_and(|next| next <= code + extra)
            || self.uuid_columns & !self.row_uuids & window != 0
            // A program id can't be recognised by its form.
            || self.rows > 0 && program.is_some_and(|program| program > code + 1) && !is_known_program()
    }

    /// The message for such a row.
    pub(super) fn fault(&self) -> String {
        let (cells, names) = (decimal(self.cells as u64), decimal(self.names as u64));
        text(&[message::CELLS, &cells, message::NAMES, &names, message::NEEDS_QUOTES])
    }

    /// How many more cells than usual the row has, not counting those that are empty in
    /// every row.
    fn extra(&self) -> usize {
        let content = self.last_filled.saturating_sub(self.usual_named);
        content.max(self.cells.saturating_sub(self.usual_cells))
    }

    /// Ends the row. Accepted rows define the usual shape.
    pub(super) fn end_row(&mut self, is_taken: bool) {
        if is_taken && self.rows < Self::ROWS_TO_LEARN {
            if self.rows == 0 && self.last_filled <= self.header {
                self.usual_cells = self.usual_cells.max(self.cells);
            }
            if self.rows == 0 && self.cells <= self.header {
                self.usual_named = self.usual_named.max(self.last_filled);
            }
            self.uuid_columns |= self.row_uuids;
            self.rows += 1;
        }
        (self.cells, self.filled_count, self.last_filled) = (0, 0, 0);
        (self.row_uuids, self.next_code) = (0, None);
        (self.is_filled, self.has_other) = (false, false);
        self.cell.clear();
    }

    /// Whether the usual shape is known.
    pub(super) const fn is_known(&self) -> bool {
        !self.can_shift || self.rows >= Self::ROWS_TO_LEARN
    }

    /// Whether a row without quotes has no more cells than usual.
    pub(super) fn fits(&self, cells: usize, row: &[u8], delimiter: u8) -> bool {
        !self.can_shift
            || cells <= self.usual_named
            || cells <= self.usual_cells && {
                let blank =
                    row.iter().rev().take_while(|byte| **byte == delimiter || **byte <= b' ');
                cells - blank.filter(|byte| **byte == delimiter).count() <= self.usual_named
            }
    }
}

/// The columns before `column` as bits; all columns from 63 on have no bit.
fn before(column: usize) -> u64 {
    (1 << column.min(63)) - 1
}
