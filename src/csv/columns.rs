//! Which column holds the codes, and which the programs.

use super::cell::Cell;
use super::message;

/// A column to be found in the header.
pub(super) struct Wanted {
    /// The caller's name for it.
    pub(super) name: Option<String>,
    pub(super) usual: &'static [&'static str],
    /// The best so far: its rank among the names, its place in the row.
    pub(super) found: Option<(usize, usize)>,
}

impl Wanted {
    pub(super) fn new(name: Option<&str>, usual: &'static [&'static str]) -> Self {
        Self { name: name.map(|name| name.trim().to_owned()), usual, found: None }
    }

    /// Whether that is one of the usual names, whatever the caller's is.
    pub(super) fn is_usual(&self, cell: &str) -> bool {
        self.usual.iter().any(|name| same_name(name, cell))
    }

    pub(super) fn look(&mut self, cell: &str, place: usize) {
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

    pub(super) fn place(&self) -> Option<usize> {
        self.found.map(|(_, place)| place)
    }
}

/// Compares names of columns: case (of ASCII letters) does not count, and
/// spaces and hyphens are as good as underscores.
pub(super) fn same_name(one: &str, other: &str) -> bool {
    let fold = |byte: u8| match byte {
        b' ' | b'-' => b'_',
        _ => byte.to_ascii_lowercase(),
    };
    !one.is_empty() && one.bytes().map(fold).eq(other.bytes().map(fold))
}

/// The header while it is awaited.
pub(super) struct Header {
    pub(super) code: Wanted,
    pub(super) program: Option<Wanted>,
    /// What to show if it can't be used: the first cell, or a code in it.
    pub(super) shown: Cell,
    pub(super) holds_code: bool,
}

impl Header {
    pub(super) fn look(&mut self, cell: &Cell, place: usize) {
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

    pub(super) fn fault(&self) -> &'static str {
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
