//! Outcomes that Uber reports, and codes that are in use.

use super::Job;
use super::ledger::{DISTRIBUTED, FAILED};
use super::record::{self, Record};
use super::state::CodeState;
use crate::code::Code;
use crate::uber::id;
use crate::webhook::event::{Outcome, Status, WebhookEvent, mask};

/// The length at which a record of outcomes or usage ends, and the next one begins.
const LONGEST_RECORD: usize = 1 << 18;

impl Job {
    /// Handles a webhook event of this program or another. Returns how many codes of this
    /// job got a new or changed outcome.
    pub fn handle_event(&mut self, event: &WebhookEvent) -> u32 {
        if self.concerns(event.program_id()) { self.handle_outcomes(&event.outcomes) } else { 0 }
    }

    /// Whether an event of this program can concern this job; true if it names no
    /// program. A UUID is the same program in any form.
    #[must_use]
    pub fn concerns(&self, program: Option<&str>) -> bool {
        program.is_none_or(|program| id::is_same(program, self.program.as_str()))
    }

    /// Handles outcomes of codes, of this job or of others.
    pub fn handle_outcomes(&mut self, reported: &[Outcome]) -> u32 {
        let mut settled = 0;
        let mut outcomes = Vec::new();
        for Outcome { code, status, reason } in reported {
            let Some(index) = self.ledger.codes.find(*code) else { continue };
            if !self.ledger.accepts_outcome(index) {
                continue;
            }
            let outcome = match (status, reason) {
                (Status::Distributed, _) => DISTRIBUTED,
                (Status::Failed, None) => FAILED,
                (Status::Failed, Some(reason)) => {
                    // Masked again, because the caller may have parsed the event itself.
                    let reason = &*mask(reason);
                    if self.ledger.wants_reason(reason) {
                        if self.ledger.reasons_full() {
                            // The reasons are about to be renumbered.
                            self.log_outcomes(&mut outcomes);
                        }
                        self.record(Record::Reason(reason));
                    }
                    self.ledger.failed_outcome(reason)
                }
            };
            if self.ledger.is_better(outcome, index) {
                self.ledger.record_outcome(index, outcome);
                settled += u32::from(self.ledger.outcome_visible(index));
                outcomes.push(record::outcome(index, outcome));
                if outcomes.as_flattened().len() >= LONGEST_RECORD {
                    self.log_outcomes(&mut outcomes);
                }
            }
        }
        self.log_outcomes(&mut outcomes);
        settled
    }

    /// Handles codes, of this job or of others, that a recipient has claimed or used.
    /// Returns how many codes of this job became distributed.
    pub fn handle_usage(&mut self, codes: impl IntoIterator<Item = Code>) -> u32 {
        // In the journal, usage comes after the list.
        while !self.is_created() {
            self.write_codes();
        }
        let before = self.ledger.count_of(CodeState::Distributed);
        let mut indices = Vec::new();
        for code in codes {
            let Some(index) = self.ledger.codes.find(code) else { continue };
            if self.ledger.apply_usage(index).is_some() {
                indices.push(record::index(index));
                if indices.as_flattened().len() >= LONGEST_RECORD {
                    self.log_usage(&mut indices);
                }
            }
        }
        self.log_usage(&mut indices);
        self.ledger.count_of(CodeState::Distributed) - before
    }

    /// Writes outcomes that were already applied.
    fn log_outcomes(&mut self, outcomes: &mut Vec<[u8; 6]>) {
        if !outcomes.is_empty() {
            self.log(Record::Outcomes(outcomes));
            outcomes.clear();
        }
    }

    /// Writes usage that was already applied.
    fn log_usage(&mut self, indices: &mut Vec<[u8; 4]>) {
        if !indices.is_empty() {
            self.log(Record::Usage(indices));
            indices.clear();
        }
    }
}
