//! How a job comes about: out of its journal, or out of a list of codes.

use super::journal::{BEGIN, MAGIC, RESUMED, Reader, put, put_text};
use super::ledger::Ledger;
use super::{Job, Settings};
use crate::api::Api;
use crate::code::Code;
use crate::distribute::MOST_CODES;
use crate::error::{Error, ErrorCode, Queued};
use crate::id::{ProgramId, is_same_id};
use crate::text::text;

/// Reads a journal, then makes the job.
///
/// [`Recovery::push`] takes the journal, [`Recovery::offer`] the codes of a job
/// that is to be created. A journal that holds the job already goes first; one
/// whose creation was cut off counts as empty.
pub struct Recovery {
    api: Api,
    settings: Settings,
    reader: Reader,
    ledger: Ledger,
    whole: bool,
    /// Of the codes in the journal, so many were offered, in their order.
    matched: usize,
    /// Whether others were offered.
    differs: bool,
}

impl Recovery {
    /// Nothing was read yet.
    #[must_use]
    pub fn new(api: Api, settings: Settings) -> Self {
        Self {
            api,
            settings,
            reader: Reader::default(),
            ledger: Ledger::default(),
            whole: false,
            matched: 0,
            differs: false,
        }
    }

    /// Takes bytes of the journal, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.reader.push(bytes);
        while let Some(body) = self.reader.next()? {
            if self.ledger.apply(body).is_none() {
                return Err(self.reader.misplaced());
            }
        }
        self.whole = self.ledger.is_whole();
        Ok(())
    }

    /// How much of the journal is to be kept: what comes after is torn, or all of
    /// a creation that was cut off.
    #[must_use]
    pub fn kept(&self) -> u64 {
        if self.whole { self.reader.end } else { 0 }
    }

    /// Takes codes of the job that is to be created, 16 bytes each. `total` says
    /// how many there will be in all. One that comes again is dropped.
    pub fn offer(&mut self, codes: &[u8], total: usize) {
        let codes = codes.as_chunks().0;
        if self.whole {
            return self.compare(codes);
        }
        self.start_over();
        self.ledger.codes.reserve(total);
        // Sixteen zeros are no code, and are left out.
        let _ = self.ledger.codes.insert_bytes(codes);
    }

    /// As [`Self::offer`], of codes that are known to be distinct, as those of a
    /// [`CodeList`](crate::list::CodeList): in a third of the time.
    pub fn offer_distinct(&mut self, codes: &[u8], total: usize) {
        let codes = codes.as_chunks().0;
        if self.whole {
            return self.compare(codes);
        }
        self.start_over();
        self.ledger.codes.reserve_distinct(total);
        self.ledger.codes.extend_distinct(codes);
    }

    /// Whether what is offered is what the journal has.
    fn compare(&mut self, offered: &[[u8; 16]]) {
        for id in offered {
            let Some(code) = Code::from_bytes(*id) else { continue };
            if self.ledger.codes.so_far().get(self.matched) == Some(code) {
                self.matched += 1;
            } else if self.ledger.codes.find(code).is_none_or(|place| place >= self.matched) {
                self.differs = true;
                return;
            }
        }
    }

    /// How many distinct codes were offered, unless the journal has the job.
    #[must_use]
    pub fn offered(&self) -> usize {
        self.ledger.codes.so_far().len()
    }

    /// A creation that was cut off starts again.
    fn start_over(&mut self) {
        if self.reader.end > 0 {
            self.ledger = Ledger::default();
            self.reader = Reader::default();
        }
    }

    /// The job that was offered: the one in the journal, if it is that one; else
    /// a new one with this id.
    pub fn create(
        mut self,
        program: ProgramId,
        id: [u8; 16],
        duplicates: u64,
        now: u64,
    ) -> Result<Job, Error> {
        if self.whole {
            if !is_same_id(&self.ledger.begin.program, program.as_str())
                || self.differs
                || self.matched != self.ledger.begin.total
            {
                return Err(mismatch("The journal holds another job"));
            }
            return self.resume(false);
        }
        self.refuse_foreign()?;
        self.start_over();
        let total = self.ledger.codes.so_far().len();
        if total == 0 {
            return Err(Error::validation(ErrorCode::EmptyCodes, "The list holds no code"));
        }
        if !(1..=MOST_CODES).contains(&self.settings.batch_size) {
            let fault = "`batchSize` must be from 1 to 30000";
            return Err(Error::validation(ErrorCode::InvalidOptions, fault));
        }
        let mut begin = vec![BEGIN];
        begin.extend_from_slice(&id);
        put(&mut begin, now, 8);
        put(&mut begin, self.settings.batch_size as u64, 4);
        put(&mut begin, total as u64, 4);
        put(&mut begin, duplicates, 8);
        put_text(&mut begin, self.api.base_url().as_str());
        put_text(&mut begin, self.api.organization().as_str());
        put_text(&mut begin, program.as_str());
        self.ledger.apply(&begin);
        self.ledger.lay_out();
        let mut job = Job::new(self.api, program, self.settings, self.ledger);
        job.writer.begin();
        job.writer.record(&begin);
        job.written = 0;
        Ok(job)
    }

    /// The job in the journal. What was under way when it broke off is unknown;
    /// of a journal that may lack its end (`restored`), also what had not left. Until
    /// that is saved, whoever resumes it once more has to say `restored` again.
    pub fn resume(self, restored: bool) -> Result<Job, Error> {
        self.refuse_foreign()?;
        if !self.whole {
            return Err(mismatch("The journal holds no job"));
        }
        let begin = &self.ledger.begin;
        if begin.base_url != self.api.base_url().as_str()
            || !is_same_id(&begin.organization, self.api.organization().as_str())
        {
            return Err(mismatch("The journal's job is of another organization or baseUrl"));
        }
        let program = ProgramId::new(begin.program.as_str())?;
        let mut job = Job::new(self.api, program, self.settings, self.ledger);
        job.writer.end = self.reader.end;
        job.record(&[RESUMED, restored.into()]);
        Ok(job)
    }

    /// What is no beginning of a journal must not be written over.
    fn refuse_foreign(&self) -> Result<(), Error> {
        if self.reader.end > 0 || MAGIC.starts_with(self.reader.rest()) {
            return Ok(());
        }
        Err(mismatch("This is no journal of a job"))
    }
}

fn mismatch(what: &str) -> Error {
    let message = text(&[what, "; it was left as it is"]);
    Error::new(ErrorCode::JournalMismatch, Queued::No, message)
}
