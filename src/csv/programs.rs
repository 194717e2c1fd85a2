//! Collects the rows: codes in one list, or in one for each program; recipients in the
//! matcher that finds their codes.

use crate::code::Code;
use crate::code::list::{CodeList, CodeListBuilder, KEPT_REJECTED};
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::recipients::MatchRows;
use crate::text_index::TextIndex;
use crate::uber::id::ProgramId;

/// One list of codes for each program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramLists {
    /// The programs that have a row, in the order first seen. A rejected row of a known
    /// program also counts in its list, so that the list is not sent by accident. The row
    /// is kept there if it is one of the first [`KEPT_REJECTED`] of all programs.
    pub programs: Vec<(ProgramId, CodeList)>,
    /// A list without codes that contains the rejected rows of all programs.
    pub rejections: CodeList,
}

/// Whether lists of several programs and of recipients are read: a module that only
/// distributes leaves them out.
pub(super) const READS_ALL: bool = !crate::error::ONLY_DISTRIBUTES;

/// Collects codes, or recipients, from rows.
#[derive(Default)]
pub(super) struct Collector {
    /// Codes of no particular program, and all rejected rows.
    pub(super) all: CodeListBuilder,
    pub(super) by_program: bool,
    /// Matches rows to guests, in a list of recipients. Only the matched codes go into
    /// `all`.
    pub(super) recipients: Option<Box<dyn MatchRows>>,
    programs: Vec<(ProgramId, CodeListBuilder)>,
    index: TextIndex,
    /// The number of the last row's program: the next row usually has the same.
    last_program: usize,
    distinct: usize,
    duplicates: u64,
    /// In a trial, nothing is kept but the reason of the first rejection.
    pub(super) is_trial: bool,
    pub(super) fault: Option<RejectReason>,
    seed: u64,
}

impl Collector {
    /// Starts with empty lists: one, or one for each program.
    pub(super) fn configure(&mut self, by_program: bool, seed: u64) {
        *self = Self { by_program, seed, all: CodeListBuilder::new(seed), ..Self::default() };
    }

    pub(super) const fn is_by_program(&self) -> bool {
        READS_ALL && self.by_program
    }

    /// How many programs have a row.
    pub(super) const fn count(&self) -> usize {
        self.programs.len()
    }

    pub(super) const fn distinct(&self) -> usize {
        self.all.so_far().len() + self.distinct
    }

    pub(super) const fn duplicates(&self) -> u64 {
        self.all.so_far().duplicates() + self.duplicates
    }

    pub(super) const fn begin_trial(&mut self) {
        self.is_trial = true;
    }

    /// Why the first row was rejected.
    pub(super) const fn end_trial(&mut self) -> Option<RejectReason> {
        self.is_trial = false;
        self.fault.take()
    }

    /// Adds a code. Refuses an invalid program id.
    pub(super) fn accept(&mut self, code: Code, program: &str) -> bool {
        if self.is_trial {
            return true;
        }
        if !self.is_by_program() {
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

    pub(super) fn reject(&mut self, rejected: RejectedEntry, program: Option<&str>) {
        if self.is_trial {
            self.fault = self.fault.or(Some(rejected.reason));
            return;
        }
        if READS_ALL && let Some(recipients) = &mut self.recipients {
            recipients.reject(rejected);
            return;
        }
        // One limit for all programs, because their number is unlimited.
        let is_kept = self.all.so_far().rejected().len() < KEPT_REJECTED;
        let program = program.filter(|_| self.is_by_program());
        if let Some(list) = program.and_then(|program| self.list(program)) {
            if is_kept {
                list.reject(rejected.clone());
            } else {
                list.reject_more(1);
            }
        }
        self.all.reject(rejected);
    }

    /// Counts rejections beyond those that are kept.
    pub(super) fn reject_more(&mut self, count: u64) {
        if self.is_trial {
            return;
        }
        match &mut self.recipients {
            Some(recipients) if READS_ALL => recipients.reject_more(count),
            _ => self.all.reject_more(count),
        }
    }

    pub(super) fn finish(self) -> CodeList {
        self.all.finish()
    }

    pub(super) fn finish_programs(self) -> ProgramLists {
        let mut programs = Vec::new();
        if READS_ALL {
            for (program, list) in self.programs {
                programs.push((program, list.finish()));
            }
        }
        ProgramLists { programs, rejections: self.all.finish() }
    }

    /// Whether a row of this program was seen.
    pub(super) fn knows(&self, program: &str) -> bool {
        self.is_by_program() && self.index.find(program, &|number| self.id(number)).is_ok()
    }

    fn id(&self, number: usize) -> &str {
        self.programs.get(number).map_or("", |(id, _)| id.as_str())
    }

    /// The list of a program. None if the program id is invalid.
    fn list(&mut self, program: &str) -> Option<&mut CodeListBuilder> {
        if self.programs.get(self.last_program).is_none_or(|(id, _)| id.as_str() != program) {
            self.last_program = match self.index.find(program, &|number| self.id(number)) {
                Ok(number) => number,
                Err(gap) => {
                    let number = self.programs.len();
                    let list = CodeListBuilder::new(self.seed);
                    self.programs.push((ProgramId::new(program).ok()?, list));
                    self.index.insert(gap, number);
                    number
                }
            };
        }
        self.programs.get_mut(self.last_program).map(|(_, list)| list)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by_program() -> Collector {
        let mut collector = Collector::default();
        collector.configure(true, 0);
        collector
    }

    fn code(number: usize) -> Code {
        Code::from_bytes((number as u128 + 1).to_be_bytes()).unwrap()
    }

    fn rejected(line: usize) -> RejectedEntry {
        let (line, value) = (line as u64, String::new());
        RejectedEntry { line, value, reason: RejectReason::NotAUuid, message: String::new() }
    }

    /// In ascending, descending and shuffled order.
    #[test]
    fn each_program_is_found_again() {
        const COUNT: usize = 5_000;
        for step in [1, COUNT - 1, 1_777] {
            let mut collector = by_program();
            let names = || (0..COUNT).map(|at| format!("p{:04}", at * step % COUNT));
            for (number, name) in names().enumerate() {
                assert!(collector.accept(code(number), &name));
            }
            for (number, name) in names().enumerate() {
                assert!(collector.accept(code(number), &name));
            }
            assert_eq!((collector.distinct(), collector.duplicates()), (COUNT, COUNT as u64));
            let ProgramLists { programs, .. } = collector.finish_programs();
            assert!(programs.iter().map(|(id, _)| id.as_str().to_owned()).eq(names()));
        }
    }

    #[test]
    fn an_invalid_program_id_is_not_kept() {
        let mut collector = by_program();
        for name in ["", "..", "p", "..", "\u{1}"] {
            assert_eq!(collector.accept(code(1), name), name == "p");
        }
        assert_eq!(collector.finish_programs().programs.len(), 1);
    }

    #[test]
    fn rejected_rows_are_kept_up_to_one_limit_for_all_programs() {
        let mut collector = by_program();
        for row in 0..5_000 {
            collector.reject(rejected(row), Some(&format!("p{}", row / 300)));
        }
        let ProgramLists { programs, rejections } = collector.finish_programs();
        assert_eq!((rejections.rejected_count(), rejections.rejected().len()), (5_000, 1_000));
        let kept: Vec<_> = programs.iter().map(|(_, list)| list.rejected().len()).collect();
        assert_eq!(kept[..5], [300, 300, 300, 100, 0]);
        assert_eq!(kept.iter().sum::<usize>(), 1_000);
        assert!(programs.iter().take(16).all(|(_, list)| list.rejected_count() == 300));
    }
}
