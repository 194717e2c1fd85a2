//! Where codes and rejected rows go: one list, or one for each program.

use crate::code::Code;
use crate::error::Rejected;
use crate::id::ProgramId;
use crate::list::{CodeList, CodeListBuilder};

/// One list of codes for each program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramLists {
    /// The programs that have a row, in the order first seen. A rejected row of
    /// a known program is in its list too, so that the list can't be sent by
    /// somebody who has not seen it.
    pub programs: Vec<(ProgramId, CodeList)>,
    /// A list without codes that holds all rows that were rejected.
    pub rejections: CodeList,
}

/// Where rows go.
#[derive(Default)]
pub(super) struct Lists {
    /// Codes of no program in particular, and everything that was rejected.
    pub(super) all: CodeListBuilder,
    pub(super) by_program: bool,
    pub(super) programs: Vec<(ProgramId, CodeListBuilder)>,
    /// The places of the programs, in the order of their names.
    pub(super) places: Vec<usize>,
    /// The place of the last row's program, which is mostly that of the next.
    pub(super) last: usize,
    pub(super) distinct: usize,
    pub(super) duplicates: u64,
}

impl Lists {
    pub(super) const fn distinct(&self) -> usize {
        self.all.so_far().len() + self.distinct
    }

    /// Takes a code. Refuses a program that is no program id.
    pub(super) fn accept(&mut self, code: Code, program: &str) -> bool {
        if !self.by_program {
            self.all.insert(code);
            return true;
        }
        let Some(list) = self.list(program) else { return false };
        if list.insert(code) {
            self.distinct += 1;
        } else {
            self.duplicates += 1;
        }
        true
    }

    pub(super) fn reject(&mut self, rejected: Rejected, program: Option<&str>) {
        if let Some(list) = program.and_then(|program| self.list(program)) {
            list.reject(rejected.clone());
        }
        self.all.reject(rejected);
    }

    /// Counts rejections beyond those that are kept.
    pub(super) fn reject_more(&mut self, count: u64) {
        self.all.reject_more(count);
    }

    /// The list of a program; none if that is no program id.
    pub(super) fn list(&mut self, program: &str) -> Option<&mut CodeListBuilder> {
        let name = |programs: &[(ProgramId, CodeListBuilder)], place: usize| {
            programs.get(place).map(|(id, _)| id.as_str() == program)
        };
        if name(&self.programs, self.last) != Some(true) {
            let found = self.places.binary_search_by(|place| {
                self.programs.get(*place).map_or("", |(id, _)| id.as_str()).cmp(program)
            });
            self.last = match found {
                Ok(found) => self.places.get(found).copied()?,
                Err(free) => {
                    let place = self.programs.len();
                    self.programs.push((ProgramId::new(program).ok()?, CodeListBuilder::new()));
                    self.places.insert(free, place);
                    place
                }
            };
        }
        self.programs.get_mut(self.last).map(|(_, list)| list)
    }
}
