//! Whether the cells of a row stand where the header says.
//!
//! A cell that holds a delimiter and has no quotes (`Roe, Ann`) shifts all that
//! come after it. Then there are more cells than the header has names, and what
//! stands in the column of the codes may be something else, even another UUID.

use super::cell::{Cell, Content};
use super::columns::Columns;
use super::message;
use crate::text::{decimal, text};

/// What the rows of a file look like.
#[derive(Default)]
pub(super) struct Shape {
    pub(super) holds: Content,
    columns: Columns,
    /// Another cell comes before the wanted ones, and may hold a delimiter.
    can_shift: bool,
    /// Cells of the header, and those up to the last that has a name.
    header: usize,
    names: usize,
    /// Cells of a usual row: the header's, and empty ones that the first row has.
    width: usize,
    /// How many of these there are up to the last that isn't empty.
    named: usize,
    /// The columns (of the first 64) before the codes that hold UUIDs too.
    uuids: u64,
    rows: u64,

    // The row under way.
    cells: usize,
    filled: usize,
    content: usize,
    row_uuids: u64,
    /// The first cell after the column of the codes that is a code.
    next_code: Option<usize>,
    is_filled: bool,
    has_other: bool,
    cell: Cell,
}

impl Shape {
    /// Rows after which the usual shape is known.
    const LEARNT: u64 = 16;

    /// Starts with a header, or a first row, of that number of cells.
    pub(super) fn begin(&mut self, columns: Columns, cells: usize, named: usize) {
        let wanted = 1 + usize::from(columns.program().is_some());
        self.columns = columns;
        self.can_shift = columns.code.max(columns.program().unwrap_or(0)) >= wanted;
        (self.header, self.width) = (cells, cells);
        (self.names, self.named) = (named, named);
    }

    /// Takes content of the cell under way.
    pub(super) fn content(&mut self, run: &[u8]) {
        self.is_filled = self.is_filled || run.iter().any(|byte| *byte > b' ');
        if self.can_shift && self.cells != self.columns.code {
            self.cell.extend(run);
        }
    }

    pub(super) fn end_cell(&mut self) {
        let is_code = self.cell.holds(self.holds);
        if is_code && self.cells < self.columns.code {
            self.row_uuids |= before(self.cells + 1) - before(self.cells);
        } else if is_code && self.next_code.is_none() {
            self.next_code = Some(self.cells);
        }
        self.cells += 1;
        if self.is_filled {
            self.has_other |= self.cells != self.columns.code + 1;
            self.filled += 1;
            self.content = self.cells;
        }
        self.is_filled = false;
        self.cell.clear();
    }

    /// Whether a cell other than that of the code is not empty.
    pub(super) const fn has_other(&self) -> bool {
        self.has_other
    }

    /// Whether something in the row, which is complete, may have been shifted.
    /// `spans_lines`: the row has several lines.
    pub(super) fn is_shifted(
        &self,
        spans_lines: bool,
        is_known_program: impl FnOnce() -> bool,
    ) -> bool {
        let (code, program) = (self.columns.code, self.columns.program());
        let extra = self.extra();
        // Quotes can join the beginning of a row with the end of another.
        if extra == 0 || !self.can_shift && (code == 0 || !spans_lines) {
            return false;
        }
        // A column that usually has UUIDs has none here: its UUID may be where the code should be.
        let window = before(code) - before(code.saturating_sub(extra));
        self.filled > self.header
            || self.next_code.is_some_and(|next| next <= code + extra)
            || self.uuids & !self.row_uuids & window != 0
            // A program id can't be recognised by its form.
            || self.rows > 0 && program.is_some_and(|program| program > code + 1) && !is_known_program()
    }

    /// Says what is wrong with such a row.
    pub(super) fn fault(&self) -> String {
        let (cells, names) = (decimal(self.cells as u64), decimal(self.names as u64));
        text(&[message::CELLS, &cells, message::NAMES, &names, message::NEEDS_QUOTES])
    }

    /// How many cells more than usual the row has, beyond those that are empty as
    /// in every row.
    fn extra(&self) -> usize {
        let content = self.content.saturating_sub(self.named);
        content.max(self.cells.saturating_sub(self.width))
    }

    /// Ends the row. Accepted rows define the usual shape.
    pub(super) fn end_row(&mut self, is_taken: bool) {
        if is_taken && self.rows < Self::LEARNT {
            if self.rows == 0 && self.content <= self.header {
                self.width = self.width.max(self.cells);
            }
            if self.rows == 0 && self.cells <= self.header {
                self.named = self.named.max(self.content);
            }
            self.uuids |= self.row_uuids;
            self.rows += 1;
        }
        (self.cells, self.filled, self.content) = (0, 0, 0);
        (self.row_uuids, self.next_code) = (0, None);
        (self.is_filled, self.has_other) = (false, false);
        self.cell.clear();
    }

    /// Whether the usual shape is known.
    pub(super) const fn is_learnt(&self) -> bool {
        !self.can_shift || self.rows >= Self::LEARNT
    }

    /// Whether a row without quotes has no more cells than usual.
    pub(super) fn fits(&self, cells: usize, row: &[u8], delimiter: u8) -> bool {
        !self.can_shift
            || cells <= self.named
            || cells <= self.width && {
                let blank =
                    row.iter().rev().take_while(|byte| **byte == delimiter || **byte <= b' ');
                cells - blank.filter(|byte| **byte == delimiter).count() <= self.named
            }
    }
}

/// The columns before `column` as bits; all beyond 63 share one.
fn before(column: usize) -> u64 {
    (1 << column.min(63)) - 1
}
