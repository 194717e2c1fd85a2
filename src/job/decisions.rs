//! The operator's decisions.

use super::Job;
use super::record::Record;
use super::state::Decision;
use crate::error::{Error, ErrorCode, Queued};
use crate::text::{decimal, text};

impl Job {
    /// Applies the operator's decision to one batch, or to all batches that allow it.
    /// Refuses a batch that is not unknown (a pending one can be abandoned too), and any
    /// batch until the list is saved. Codes that have an outcome keep it.
    pub fn resolve(&mut self, batch: Option<usize>, decision: Decision) -> Result<(), Error> {
        if !self.is_created() {
            // The journal would contain the decision before the batches.
            let message = "The list is not saved yet, so no batch can be decided";
            return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
        }
        let batches = match batch {
            Some(batch) if self.can_resolve(batch, decision) => batch..batch + 1,
            Some(batch) => {
                let number = decimal(batch as u64);
                let message =
                    text(&["Batch ", &number, " is not unknown, so there is nothing to decide"]);
                return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
            }
            None => 0..self.ledger.batches.len(),
        };
        for batch in batches {
            if self.can_resolve(batch, decision) {
                self.record(Record::Decision { batch, decision });
                self.first_waiting = self.first_waiting.min(batch);
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
