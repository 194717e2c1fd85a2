//! What the operator decides.

use super::Job;
use super::record::Record;
use super::state::Decision;
use crate::error::{Error, ErrorCode, Queued};
use crate::text::{decimal, text};

impl Job {
    /// The operator's decision about one batch, or about all that it fits.
    /// Refuses a batch that is neither unknown nor, to be abandoned, pending, and
    /// any before the list is saved. Codes that have their outcome keep it.
    pub fn resolve(&mut self, batch: Option<usize>, decision: Decision) -> Result<(), Error> {
        if !self.is_created() {
            // In the journal it would come before the batches that it is about.
            let message = "The list is not saved yet, so there is nothing to decide about";
            return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
        }
        let batches = match batch {
            Some(batch) if self.can_resolve(batch, decision) => batch..batch + 1,
            Some(batch) => {
                let number = decimal(batch as u64);
                let message = text(&["Batch ", &number, " is not one to be decided about"]);
                return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
            }
            None => 0..self.ledger.batches.len(),
        };
        for batch in batches {
            if self.can_resolve(batch, decision) {
                self.record(Record::Decision { batch, decision });
                self.next = self.next.min(batch);
            }
        }
        Ok(())
    }

    fn can_resolve(&self, batch: usize, decision: Decision) -> bool {
        self.ledger.is_unsettled(batch)
            && self
                .ledger
                .batches
                .get(batch)
                .is_some_and(|batch| batch.evidence.decided(decision).is_some())
    }
}
