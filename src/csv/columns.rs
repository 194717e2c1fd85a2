//! Which column holds the codes, and which the programs.

use super::cell::{Cell, bare};
use super::character::is_invisible;
use super::message;
use super::{CODE_COLUMNS, PROGRAM_COLUMNS};
use crate::error::Reason;
use crate::text::text;

/// Which column is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Column {
    /// The one with the best of the usual names.
    #[default]
    Usual,
    /// The one of that name; of several, the one that comes as the so many, from
    /// 1. Without that number, several are refused.
    Named(String, Option<usize>),
    /// The one at that place, from 1. If the first row has a code there, there is
    /// no header.
    Number(usize),
}

impl From<Option<&str>> for Column {
    fn from(name: Option<&str>) -> Self {
        name.map_or(Self::Usual, |name| Self::Named(name.to_owned(), None))
    }
}

/// Where in a row the cells are that are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) code: usize,
    pub(super) program: Option<usize>,
}

/// What the first row is.
pub(super) enum FirstRow {
    Header(Columns),
    /// It has a code where the caller says that the codes are, or is of one cell.
    Data(Columns),
    /// Nothing can be read.
    Fault(Reason, String),
}

/// The first row: collects its cells, and finds the columns by their names.
#[allow(clippy::struct_excessive_bools)] // They are independent of one another.
#[derive(Clone)]
pub(super) struct Header {
    code: ColumnSelector,
    program: Option<ColumnSelector>,
    /// The caller says that this is the header.
    is_certain: bool,
    /// What to show if it can't be used: the first cell, or a code in it.
    pub(super) shown: Cell,
    holds_code: bool,
    /// A code, or nearly one, is in the column that the caller gave by number.
    begins_with_code: bool,
    is_usual: bool,
    cells: usize,
    named: usize,
}

impl Header {
    pub(super) fn new(column: Column, program: Option<Column>, is_certain: bool) -> Self {
        Self {
            code: ColumnSelector::new(column, &CODE),
            program: program.map(|column| ColumnSelector::new(column, &PROGRAM)),
            is_certain,
            shown: Cell::default(),
            holds_code: false,
            begins_with_code: false,
            is_usual: false,
            cells: 0,
            named: 0,
        }
    }

    pub(super) const fn is_by_program(&self) -> bool {
        self.program.is_some()
    }

    /// How many cells the row has.
    pub(super) const fn cells(&self) -> usize {
        self.cells
    }

    /// How many of them there are up to the last that isn't empty.
    pub(super) const fn named(&self) -> usize {
        self.named
    }

    /// Forgets a row in which nothing stood.
    pub(super) fn reset(&mut self) {
        (self.cells, self.named) = (0, 0);
        self.code.reset();
        if let Some(program) = &mut self.program {
            program.reset();
        }
    }

    /// Takes the next cell.
    pub(super) fn consider(&mut self, cell: &Cell) {
        let index = self.cells;
        self.cells += 1;
        if !cell.is_empty() {
            self.named = self.cells;
        }
        let is_code = cell.code().is_ok();
        if is_code && !self.holds_code || self.shown.is_empty() {
            self.holds_code |= is_code;
            self.shown = cell.clone();
        }
        let Some(name) = cell.text().map(bare) else { return };
        self.is_usual = is_code_column(name);
        if self.code.consider(name, index) && matches!(self.code.column, Column::Number(_)) {
            self.begins_with_code = cell.looks_like_code();
        }
        if let Some(program) = &mut self.program {
            program.consider(name, index);
        }
    }

    /// Says what the row is, when all its cells are there.
    pub(super) fn judge(&self) -> FirstRow {
        let no_header = || FirstRow::Fault(Reason::MissingColumn, message::NO_HEADER.into());
        let first = Columns::default();
        let is_lone = self.cells == 1 && self.program.is_none() && !self.is_usual;
        let program = self.program.as_ref().map(ColumnSelector::index).transpose();
        let (reason, fault) = match (self.code.index(), program) {
            (Ok(_), Ok(_)) if self.begins_with_code && self.is_certain => return no_header(),
            (Ok(code), Ok(program)) if self.begins_with_code => {
                return FirstRow::Data(Columns { code, program });
            }
            // The caller's number says nothing of whether there is a header.
            (Ok(_), _) if is_lone && !self.is_certain && self.code.is_number() => {
                return FirstRow::Data(first);
            }
            (Ok(code), Ok(program)) => return FirstRow::Header(Columns { code, program }),
            // A mistyped first code has to be rejected, and not taken for a header.
            (Err(_), _) if is_lone && !self.is_certain && !self.code.is_number() => {
                return FirstRow::Data(first);
            }
            (Err(_), _) if is_lone && !self.holds_code && self.code.column == Column::Usual => {
                return FirstRow::Header(first);
            }
            (Err(fault), _) | (_, Err(fault)) => fault,
        };
        if self.holds_code && reason == Reason::MissingColumn {
            return no_header();
        }
        FirstRow::Fault(reason, fault)
    }
}

/// What a column is called.
struct Names {
    /// The best first.
    usual: &'static [&'static str],
    listed: &'static str,
    /// What the caller names it by.
    option: &'static str,
}

static CODE: Names =
    Names { usual: &CODE_COLUMNS, listed: "code_id, code_uuid, uuid or code", option: "column" };
static PROGRAM: Names = Names {
    usual: &PROGRAM_COLUMNS,
    listed: "voucher_program_id, program_id or program",
    option: "programColumn",
};

/// Looks for a column in the header.
#[derive(Clone)]
struct ColumnSelector {
    column: Column,
    names: &'static Names,
    /// The best so far: how good its name is, 0 before 1; and its index.
    best: Option<(usize, usize)>,
    /// How many have a name as good.
    equals: usize,
}

impl ColumnSelector {
    const fn new(column: Column, names: &'static Names) -> Self {
        Self { column, names, best: None, equals: 0 }
    }

    const fn is_number(&self) -> bool {
        matches!(self.column, Column::Number(_))
    }

    /// Takes a cell of the header. True if it is the best so far.
    fn consider(&mut self, cell: &str, index: usize) -> bool {
        let rank = match &self.column {
            Column::Number(number) => (index + 1 == *number).then_some(0),
            // To the letter what the caller says: no other can be meant.
            Column::Named(name, None) if cell == name.trim() => Some(0),
            Column::Named(name, _) => is_same_name(name, cell).then_some(1),
            Column::Usual => self.names.usual.iter().position(|name| is_same_name(name, cell)),
        };
        let Some(rank) = rank else { return false };
        self.equals = match self.best {
            Some((best, _)) if best < rank => return false,
            Some((best, _)) if best == rank => self.equals + 1,
            _ => 1,
        };
        let wanted = if let Column::Named(_, Some(number)) = self.column { number } else { 1 };
        if self.equals == 1 || self.equals == wanted {
            self.best = Some((rank, index));
        }
        true
    }

    fn reset(&mut self) {
        (self.best, self.equals) = (None, 0);
    }

    /// Where the column is; or why that can't be said.
    fn index(&self) -> Result<usize, (Reason, String)> {
        let Names { usual, listed, option } = self.names;
        let several = |name| {
            let parts = [message::SEVERAL, name, message::WHICH, option, message::NUMBER_OR_NAME];
            Err((Reason::AmbiguousColumn, text(&parts)))
        };
        let parts = match (&self.column, self.best) {
            (Column::Named(_, Some(number)), Some((_, index))) if self.equals >= *number => {
                return Ok(index);
            }
            (Column::Named(_, Some(_)), _) => {
                [message::NO_COLUMN_GIVEN, "", "", option, message::GIVES]
            }
            (_, Some((_, index))) if self.equals == 1 => return Ok(index),
            (Column::Named(name, _), Some(_)) => return several(name),
            (_, Some((rank, _))) => return several(usual.get(rank).copied().unwrap_or_default()),
            (Column::Usual, None) => {
                [message::NO_COLUMN, listed, message::NAME_IT, option, message::END]
            }
            _ => [message::NO_COLUMN_GIVEN, "", "", option, message::GIVES],
        };
        Err((Reason::MissingColumn, text(&parts)))
    }
}

/// Whether that is a usual name of the column of the codes.
pub(super) fn is_code_column(text: &str) -> bool {
    CODE_COLUMNS.iter().any(|name| is_same_name(name, text))
}

/// Compares names of columns: case (of ASCII letters), white space, underscores,
/// hyphens and what nobody sees don't count.
fn is_same_name(one: &str, other: &str) -> bool {
    letters(one).next().is_some() && letters(one).eq(letters(other))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    let counts =
        |char: &char| !char.is_whitespace() && !matches!(char, '_' | '-') && !is_invisible(*char);
    name.chars().filter(counts).map(|char| char.to_ascii_lowercase())
}
