//! Creates a job from its journal, or from a list of codes.

use super::journal::Reader;
use super::ledger::Ledger;
use super::record::{Begin, Record};
use super::{Job, Settings};
use crate::code::Code;
use crate::error::{Error, ErrorCode, Queued};
use crate::uber::api::Api;
use crate::uber::id::{self, ProgramId};

/// Reads a journal, then creates the job.
///
/// [`Recovery::push`] reads the journal, [`Recovery::add_codes`] adds the codes of a job
/// to create. If the journal already contains the job, the job is resumed; a journal
/// whose creation is incomplete counts as empty.
pub struct Recovery {
    api: Api,
    settings: Settings,
    reader: Reader,
    /// How many bytes the journal is known to have had.
    known: u64,
    ledger: Ledger,
    whole: bool,
    /// How many leading codes of the journal have been matched so far.
    matched: usize,
    /// Whether an added code differs from the journal's.
    differs: bool,
    seed: u64,
}

impl Recovery {
    /// A recovery that has read nothing yet.
    #[must_use]
    pub fn new(api: Api, settings: Settings) -> Self {
        Self {
            api,
            settings,
            reader: Reader::default(),
            known: 0,
            ledger: Ledger::default(),
            whole: false,
            matched: 0,
            differs: false,
            seed: 0,
        }
    }

    /// Sets a random number, for codes that an attacker may have chosen; see
    /// [`CodeListBuilder::new`](crate::code::list::CodeListBuilder::new).
    #[must_use]
    pub fn seeded(mut self, seed: u64) -> Self {
        self.seed = seed;
        self.ledger.codes.set_seed(seed);
        self
    }

    /// Reads the next bytes of the journal, in chunks of any size.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.read(bytes).map_err(|error| match error.code {
            // It was a journal before: these bytes were written after it was truncated.
            ErrorCode::JournalMismatch if self.known > 0 && !self.reader.is_named() => lost(),
            _ => error,
        })
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reader.push(bytes)?;
        while let Some(body) = self.reader.next()? {
            if Record::decode(body).and_then(|record| self.ledger.apply(record)).is_none() {
                return Err(self.reader.record_out_of_order());
            }
        }
        self.whole = self.ledger.is_complete();
        Ok(())
    }

    /// Sets how many bytes the journal had, if the caller knows, before any of it is
    /// read. A shorter journal was deleted, truncated or replaced by an older copy, and
    /// is refused.
    pub fn expect_length(&mut self, bytes: u64) {
        self.known = bytes;
    }

    /// How many bytes of the journal are complete records.
    #[must_use]
    pub fn whole_length(&self) -> u64 {
        self.reader.end
    }

    /// The length of the valid prefix of the journal. The rest is a torn record; 0 if the
    /// creation is incomplete.
    #[must_use]
    pub fn kept(&self) -> u64 {
        if self.whole { self.reader.end } else { 0 }
    }

    /// Adds codes of the job to create, 16 bytes each. `total` is the number of codes of
    /// the job. Duplicates are dropped.
    pub fn add_codes(&mut self, codes: &[u8], total: usize) {
        let codes = codes.as_chunks().0;
        if self.whole {
            return self.compare(codes);
        }
        self.start_over();
        self.ledger.codes.reserve(total);
        // Sixteen zeros are not a code.
        let _ = self.ledger.codes.insert_bytes(codes);
    }

    /// As [`Self::add_codes`], for codes that are known to be distinct, such as those of
    /// a [`CodeList`](crate::code::list::CodeList). It takes a third of the time.
    pub fn add_distinct_codes(&mut self, codes: &[u8], total: usize) {
        let codes = codes.as_chunks().0;
        if self.whole {
            return self.compare(codes);
        }
        self.start_over();
        self.ledger.codes.reserve_distinct(total);
        self.ledger.codes.extend_distinct(codes);
    }

    /// Compares the given codes with those in the journal.
    fn compare(&mut self, offered: &[[u8; 16]]) {
        for id in offered {
            let Some(code) = Code::from_bytes(*id) else { continue };
            if self.ledger.codes.so_far().get(self.matched) == Some(code) {
                self.matched += 1;
            } else if self.ledger.codes.find(code).is_none_or(|index| index >= self.matched) {
                self.differs = true;
                return;
            }
        }
    }

    /// How many distinct codes were added, unless the journal already contains the job.
    #[must_use]
    pub fn code_count(&self) -> usize {
        self.ledger.codes.so_far().len()
    }

    /// Starts over if the creation in the journal is incomplete.
    fn start_over(&mut self) {
        if self.reader.end > 0 && self.reader.end >= self.known {
            self.known = 0;
            self.ledger = Ledger::default();
            self.ledger.codes.set_seed(self.seed);
            self.reader = Reader::default();
        }
    }

    /// The job with the added codes: the one in the journal, if it is the same job;
    /// otherwise a new one with this id.
    pub fn create(
        mut self,
        program: ProgramId,
        id: [u8; 16],
        duplicates: u64,
        now: u64,
    ) -> Result<Job, Error> {
        self.check(false)?;
        if self.whole {
            if !id::is_same(&self.ledger.begin.program, program.as_str())
                || self.differs
                || self.matched != self.ledger.begin.total
            {
                return Err(mismatch("The journal belongs to another job; it was not changed"));
            }
            // More codes than intended must not be sent without a warning.
            let pause = self.pause_after(self.ledger.begin.total);
            if pause > 0 && pause != self.ledger.pause.codes {
                return Err(mismatch("The journal's job has a different pause, or none"));
            }
            return self.resume(false);
        }
        self.start_over();
        let total = self.ledger.codes.so_far().len();
        if total == 0 {
            return Err(Error::validation(ErrorCode::EmptyCodes, "The list has no codes"));
        }
        let pause = self.pause_after(total);
        let begin = Record::Begin(Begin {
            id,
            created_at: now,
            batch_size: self.settings.batch_size,
            total,
            duplicates,
            base_url: self.api.base_url().as_str(),
            organization: self.api.organization().as_str(),
            program: program.as_str(),
        });
        let body = begin.encode().ok_or_else(|| {
            let fault = "The base URL is too long for a journal";
            Error::validation(ErrorCode::InvalidOptions, fault)
        })?;
        self.ledger.apply(begin);
        let mut job = Job::new(self.api, program, self.settings, self.ledger);
        job.writer.write_header();
        job.writer.record(&body);
        if pause > 0 {
            job.record(Record::Pause { codes: pause });
        }
        job.ledger.create_batches();
        job.written = 0;
        Ok(job)
    }

    /// After how many codes a job of `total` codes pauses; 0 for no pause.
    fn pause_after(&self, total: usize) -> usize {
        if self.settings.pause_after < total { self.settings.pause_after } else { 0 }
    }

    /// The job in the journal. Batches that were under way are unknown; if the journal
    /// may be incomplete (`restored`), so are those that were not sent. Until that is
    /// saved, another resume needs `restored` again.
    pub fn resume(self, restored: bool) -> Result<Job, Error> {
        self.check(restored)?;
        if !self.whole {
            return Err(mismatch(if self.reader.is_empty() {
                "The journal does not exist or is empty: check its path or name"
            } else {
                "The journal has no job; it was not changed"
            }));
        }
        let begin = &self.ledger.begin;
        if begin.base_url != self.api.base_url().as_str()
            || !id::is_same(&begin.organization, self.api.organization().as_str())
        {
            let what = "The journal's job belongs to another organization or base URL";
            return Err(mismatch(what));
        }
        let program = ProgramId::new(begin.program.as_str())
            .map_err(|_| self.reader.record_out_of_order())?;
        let mut job = Job::new(self.api, program, self.settings, self.ledger);
        job.writer.end = self.reader.end;
        job.saved = self.reader.end;
        job.record(Record::Resumed { restored });
        Ok(job)
    }

    /// Refuses invalid settings, a file that is not a journal (it must not be
    /// overwritten), and a journal that is shorter than it was. A restored one may be
    /// shorter, if it still contains a job.
    fn check(&self, restored: bool) -> Result<(), Error> {
        self.settings.check()?;
        self.reader.finish()?;
        if self.reader.end < self.known && !(restored && self.whole) {
            return Err(lost());
        }
        Ok(())
    }
}

/// The error for a journal that is shorter than it was.
pub(super) fn lost() -> Error {
    let message = "The journal is shorter than it was: it was deleted, truncated, or replaced by an older copy";
    Error::new(ErrorCode::JournalLost, Queued::Unknown, message)
}

fn mismatch(message: &str) -> Error {
    Error::new(ErrorCode::JournalMismatch, Queued::No, message)
}
