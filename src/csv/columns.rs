//! Finds the columns of the codes and of the programs.

use super::cell::{Cell, Content, bare, trim};
use super::character::is_invisible;
use super::message;
use super::programs::READS_ALL;
use super::{CODE_COLUMNS, PHONE_COLUMNS, PROGRAM_COLUMNS, RECIPIENT_COLUMNS};
use crate::code::rejected::RejectReason;
use crate::recipients::lower_case;

/// How the caller selects a column.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The column with the best of the usual names.
    #[default]
    Usual,
    /// The column with this name. If several columns have it, the number selects one,
    /// from 1; without a number they are refused.
    Named(String, Option<usize>),
    /// The column with this number, from 1. If the first row has a code in it, the file
    /// has no header.
    Number(usize),
}

impl From<Option<&str>> for Column {
    fn from(name: Option<&str>) -> Self {
        name.map_or(Self::Usual, |name| Self::Named(name.to_owned(), None))
    }
}

/// The indices of the columns that are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    /// The codes; or the recipients, usually e-mail addresses.
    pub(super) code: usize,
    program: Option<usize>,
}

impl Columns {
    /// The programs; or the recipients' telephone numbers.
    pub(super) const fn program(self) -> Option<usize> {
        if READS_ALL { self.program } else { None }
    }
}

/// How the first row is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum FirstRow {
    Header(Columns),
    /// Data: the given column contains a code, or the row has a single cell.
    Data(Columns),
    /// The file can't be read.
    Fault(RejectReason, &'static str),
}

/// The first row: collects its cells, and finds the columns by name.
#[derive(Default)]
pub(super) struct Header {
    code: ColumnSelector,
    program: Option<ColumnSelector>,
    content: Content,
    /// Whether the caller said that this row is the header.
    is_given: bool,
    cells: Cells,
}

/// What the cells of the first row contain.
#[derive(Default)]
struct Cells {
    count: usize,
    /// The number of cells up to the last non-empty one.
    named_count: usize,
    /// The cell to show if the row can't be used: the first one, or the first code.
    sample: Cell,
    has_code: bool,
    /// Whether the column that the caller gave by number contains a code, or nearly one.
    begins_with_code: bool,
    is_usual: bool,
}

impl Header {
    /// Sets the columns to find. `is_given`: the row is the header.
    pub(super) fn set_columns(&mut self, column: Column, program: Option<Column>, is_given: bool) {
        self.code.column = column;
        if READS_ALL {
            self.program = program.map(|column| ColumnSelector::new(column, &PROGRAM));
        }
        self.is_given = is_given;
    }

    /// Expects recipients: in the given columns, or else in a column of e-mail addresses,
    /// of telephone numbers, or both.
    pub(super) fn expect_recipients(&mut self) {
        self.content = Content::Recipients;
        self.code.names = &RECIPIENT;
        if let Some(phone) = &mut self.program {
            phone.names = &PHONE;
        } else if self.code.column == Column::Usual {
            self.program = Some(ColumnSelector::new(Column::Usual, &PHONE));
        }
    }

    pub(super) const fn content(&self) -> Content {
        if READS_ALL { self.content } else { Content::Codes }
    }

    pub(super) fn is_by_program(&self) -> bool {
        READS_ALL && self.program.is_some() && self.content() == Content::Codes
    }

    pub(super) const fn is_given(&self) -> bool {
        self.is_given
    }

    /// How many cells the row has.
    pub(super) const fn count(&self) -> usize {
        self.cells.count
    }

    pub(super) const fn named_count(&self) -> usize {
        self.cells.named_count
    }

    /// The cell to show if the row can't be used.
    pub(super) const fn sample(&self) -> &Cell {
        &self.cells.sample
    }

    /// Resets the state for another row.
    pub(super) fn reset(&mut self) {
        self.cells = Cells::default();
        self.code.equals = 0;
        if READS_ALL && let Some(program) = &mut self.program {
            program.equals = 0;
        }
    }

    /// Adds the next cell.
    pub(super) fn consider(&mut self, cell: &Cell) {
        let cells = &mut self.cells;
        let index = cells.count;
        cells.count += 1;
        if !cell.is_empty() {
            cells.named_count = cells.count;
        }
        let is_code = cell.contains(self.content);
        if is_code && !cells.has_code || cells.sample.is_empty() {
            cells.has_code |= is_code;
            cells.sample = cell.clone();
        }
        let Some(name) = cell.text().map(bare) else { return };
        cells.is_usual = self.code.is_usual(name);
        if self.code.consider(name, index) && self.code.is_number() {
            cells.begins_with_code |= is_code || cell.looks_like_code();
        }
        if READS_ALL && let Some(program) = &mut self.program {
            let is_column = program.consider(name, index) && program.is_number();
            cells.begins_with_code |= is_column && is_code && self.content == Content::Recipients;
        }
    }

    /// Decides how the row is used, once it is complete.
    pub(super) fn decide(&self) -> FirstRow {
        let Cells { count, has_code, begins_with_code, is_usual, .. } = self.cells;
        let is_lone = count == 1 && !self.is_by_program() && !is_usual;
        let is_number = self.code.is_number();
        let code = self.code.index();
        let found = match &self.program {
            _ if !READS_ALL => code.map(|code| Columns { code, program: None }),
            None => code.map(|code| Columns { code, program: None }),
            // The second column is optional, unless it is given.
            Some(phone) if self.content() == Content::Recipients => code.and_then(|code| {
                let program = match phone.index() {
                    Err(fault) if phone.column != Column::Usual => return Err(fault),
                    found => found.ok().filter(|phone| *phone != code),
                };
                Ok(Columns { code, program })
            }),
            Some(program) => code.and_then(|code| {
                program.index().map(|program| Columns { code, program: Some(program) })
            }),
        };
        match found {
            Ok(_) if begins_with_code && self.is_given => {}
            Ok(columns) if begins_with_code => return FirstRow::Data(columns),
            // A column number does not tell whether there is a header, and a mistyped
            // first code must be rejected, not used as a header.
            _ if is_lone && !self.is_given && is_number == found.is_ok() => {
                return FirstRow::Data(Columns::default());
            }
            Ok(columns) => return FirstRow::Header(columns),
            Err(_) if is_lone && !has_code && self.code.column == Column::Usual => {
                return FirstRow::Header(Columns::default());
            }
            Err((reason, fault)) if !has_code || reason == RejectReason::AmbiguousColumn => {
                return FirstRow::Fault(reason, fault);
            }
            Err(_) => {}
        }
        FirstRow::Fault(RejectReason::MissingColumn, message::NO_HEADER)
    }
}

/// The usual names of a column, and the messages if it can't be found.
struct Names {
    /// The best first.
    usual: &'static [&'static str],
    missing_message: &'static str,
    not_found_message: &'static str,
    ambiguous_message: &'static str,
}

static CODE: Names = Names {
    usual: &CODE_COLUMNS,
    missing_message: message::NO_COLUMN,
    not_found_message: message::NO_SUCH_COLUMN,
    ambiguous_message: message::SEVERAL_COLUMNS,
};
static PROGRAM: Names = Names {
    usual: &PROGRAM_COLUMNS,
    missing_message: message::NO_PROGRAM_COLUMN,
    not_found_message: message::NO_SUCH_PROGRAM_COLUMN,
    ambiguous_message: message::SEVERAL_PROGRAM_COLUMNS,
};
static RECIPIENT: Names = Names {
    usual: &RECIPIENT_COLUMNS,
    missing_message: message::NO_RECIPIENT_COLUMN,
    not_found_message: message::NO_SUCH_COLUMN,
    ambiguous_message: message::SEVERAL_COLUMNS,
};
static PHONE: Names = Names {
    usual: PHONE_COLUMNS,
    missing_message: message::NO_RECIPIENT_COLUMN,
    not_found_message: message::NO_SUCH_COLUMN,
    ambiguous_message: message::SEVERAL_COLUMNS,
};

/// Finds a column in the header.
struct ColumnSelector {
    column: Column,
    names: &'static Names,
    /// How many columns have the best name so far, and the rank of that name: 0 is best.
    equals: usize,
    rank: usize,
    /// The selected column.
    index: usize,
}

impl Default for ColumnSelector {
    fn default() -> Self {
        Self::new(Column::Usual, &CODE)
    }
}

impl ColumnSelector {
    const fn new(column: Column, names: &'static Names) -> Self {
        Self { column, names, equals: 0, rank: 0, index: 0 }
    }

    /// Whether this is a usual name of the column.
    fn is_usual(&self, text: &str) -> bool {
        self.names.usual.iter().any(|name| is_same_name(name, text))
    }

    const fn is_number(&self) -> bool {
        matches!(self.column, Column::Number(_))
    }

    /// Which of several columns with this name the caller means.
    const fn occurrence(&self) -> Option<usize> {
        if let Column::Named(_, occurrence) = self.column { occurrence } else { None }
    }

    const fn is_ambiguous(&self) -> bool {
        self.equals > 1 && self.occurrence().is_none()
    }

    /// Considers a cell of the header. True if no column has a better name so far.
    fn consider(&mut self, name: &str, index: usize) -> bool {
        let rank = match &self.column {
            Column::Number(number) => (index + 1 == *number).then_some(0),
            // An exact match of the given name is better than any other.
            Column::Named(wanted, None) if name == trim(wanted) => Some(0),
            Column::Named(wanted, _) => is_same_name(wanted, name).then_some(1),
            Column::Usual => self.names.usual.iter().position(|usual| is_same_name(usual, name)),
        };
        let Some(rank) = rank.filter(|rank| self.equals == 0 || *rank <= self.rank) else {
            return false;
        };
        if rank != self.rank {
            self.equals = 0;
        }
        self.equals += 1;
        self.rank = rank;
        if self.equals == 1 || self.occurrence() == Some(self.equals) {
            self.index = index;
        }
        true
    }

    /// The index of the column, or why it can't be found.
    fn index(&self) -> Result<usize, (RejectReason, &'static str)> {
        let fault = if self.equals >= self.occurrence().unwrap_or(1) {
            if !self.is_ambiguous() {
                return Ok(self.index);
            }
            (RejectReason::AmbiguousColumn, self.names.ambiguous_message)
        } else if self.column == Column::Usual {
            (RejectReason::MissingColumn, self.names.missing_message)
        } else {
            (RejectReason::MissingColumn, self.names.not_found_message)
        };
        Err(fault)
    }
}

/// Whether this is a usual name of the column of the codes.
pub(super) fn is_code_column(text: &str) -> bool {
    CODE_COLUMNS.iter().any(|name| is_same_name(name, text))
}

/// Compares column names, ignoring case, white space, underscores,
/// hyphens and invisible characters.
fn is_same_name(one: &str, other: &str) -> bool {
    letters(one).next().is_some() && letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let counts =
        |char: &char| !char.is_whitespace() && !matches!(char, '_' | '-') && !is_invisible(*char);
    let lower = |char: char| if READS_ALL { lower_case(char) } else { char.to_ascii_lowercase() };
    name.chars().filter(counts).map(lower)
}
