//! Writes the journal, and knows what it already contains.

use super::record::Record;
use super::sending::Stage;
use super::{CODES_AT_ONCE, Job, recovery};
use crate::error::Error;

impl Job {
    /// Whether everything that was reported or decided is in the journal.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.saving.is_none() && self.writer.log.is_empty() && self.is_created()
    }

    /// Whether the whole list is in the journal or is being appended.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.written == self.ledger.begin.total
    }

    /// The length of the journal once everything is saved, in bytes.
    #[must_use]
    pub fn journal_end(&self) -> u64 {
        self.writer.end
    }

    pub(super) fn save(&mut self) -> Option<Vec<u8>> {
        if self.saving.is_some() || self.journal_failed {
            return None;
        }
        if !self.is_created() {
            self.write_codes();
        }
        if self.writer.log.is_empty() {
            return None;
        }
        self.saving = Some(self.writer.end);
        for flight in &mut self.flights {
            if flight.stage == Stage::Unsaved {
                flight.stage = Stage::Saving;
            }
        }
        Some(std::mem::take(&mut self.writer.log))
    }

    /// Writes the next part of the list.
    pub(super) fn write_codes(&mut self) {
        let end = self.ledger.begin.total.min(self.written + CODES_AT_ONCE);
        let mut codes = Vec::new();
        for slice in self.ledger.codes.so_far().slices(self.written..end) {
            codes.extend_from_slice(slice);
        }
        self.written = end;
        self.log(Record::Codes(&codes));
    }

    /// Confirms that the journal now contains the bytes of [`Action::Save`](super::Action::Save).
    pub fn handle_saved(&mut self) {
        self.saved = self.saving.take().unwrap_or(self.saved);
        for flight in &mut self.flights {
            if flight.stage == Stage::Saving {
                flight.stage = Stage::NeedsToken;
            }
        }
    }

    /// Handles a failed append. The content of the journal is no longer known, so nothing
    /// more is saved or sent: the run ends after the requests that are under way, and the
    /// job has to be resumed.
    pub fn handle_save_failed(&mut self) {
        self.saving = None;
        self.journal_failed = true;
        self.stopping = true;
    }

    /// Refuses a journal with `found` bytes of complete records, if it had more before.
    pub fn ensure_journal(&self, found: u64) -> Result<(), Error> {
        if found < self.saved { Err(recovery::lost()) } else { Ok(()) }
    }

    /// Writes a record and applies it.
    pub(super) fn record(&mut self, record: Record<'_>) {
        self.log(record);
        // A record that the job writes can always follow.
        let applied = self.ledger.apply(record);
        debug_assert!(applied.is_some(), "a record that can't be");
    }

    /// Writes a record that was already applied.
    pub(super) fn log(&mut self, record: Record<'_>) {
        // Only the first record may not fit, and then no job is created.
        if !self.journal_failed
            && let Some(body) = record.encode()
        {
            self.writer.record(&body);
        }
    }
}
