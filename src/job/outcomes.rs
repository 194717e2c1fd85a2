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
    /// Takes a webhook, of this program or another. Returns for how many codes of this
    /// job it gave or changed the outcome.
    pub fn handle_event(&mut self, event: &WebhookEvent) -> u32 {
        if self.concerns(event.program_id()) { self.handle_outcomes(&event.outcomes) } else { 0 }
    }

    /// Whether an event of this program can concern this job; true if it names none. A
    /// UUID is the same program in any spelling.
    #[must_use]
    pub fn concerns(&self, program: Option<&str>) -> bool {
        program.is_none_or(|program| id::is_same(program, self.program.as_str()))
    }

    /// Takes outcomes of codes, of this job or of others.
    pub fn handle_outcomes(&mut self, reported: &[Outcome]) -> u32 {
        let mut settled = 0;
        let mut outcomes = Vec::new();
        for Outcome { code, status, reason } in reported {
            let Some(place) = self.ledger.codes.find(*code) else { continue };
            if !self.ledger.accepts_outcome(place) {
                continue;
            }
            let outcome = match (status, reason) {
                (Status::Distributed, _) => DISTRIBUTED,
                (Status::Failed, None) => FAILED,
                (Status::Failed, Some(reason)) => {
                    // Masked again, because the caller may have parsed the event itself.
                    let reason = &*mask(reason);
                    if self.ledger.wants_reason(reason) {
                        if self.ledger.has_all_reasons() {
                            // The numbers of the reasons are about to change.
                            self.log_outcomes(&mut outcomes);
                        }
                        self.record(Record::Reason(reason));
                    }
                    self.ledger.failed_for(reason)
                }
            };
            if self.ledger.is_better(outcome, place) {
                self.ledger.report(place, outcome);
                settled += u32::from(self.ledger.outcome_visible(place));
                outcomes.push(record::outcome(place, outcome));
                if outcomes.as_flattened().len() >= LONGEST_RECORD {
                    self.log_outcomes(&mut outcomes);
                }
            }
        }
        self.log_outcomes(&mut outcomes);
        settled
    }

    /// Takes codes, of this job or of others, that a recipient has claimed or used.
    /// Returns how many codes of this job became distributed.
    pub fn handle_usage(&mut self, codes: impl IntoIterator<Item = Code>) -> u32 {
        // The journal has it after the list.
        while !self.is_created() {
            self.write_codes();
        }
        let before = self.ledger.count_of(CodeState::Distributed);
        let mut places = Vec::new();
        for code in codes {
            let Some(place) = self.ledger.codes.find(code) else { continue };
            if self.ledger.apply_usage(place).is_some() {
                places.push(record::place(place));
                if places.as_flattened().len() >= LONGEST_RECORD {
                    self.log_usage(&mut places);
                }
            }
        }
        self.log_usage(&mut places);
        self.ledger.count_of(CodeState::Distributed) - before
    }

    /// Writes outcomes that were applied already.
    fn log_outcomes(&mut self, outcomes: &mut Vec<[u8; 6]>) {
        if !outcomes.is_empty() {
            self.log(Record::Outcomes(outcomes));
            outcomes.clear();
        }
    }

    /// Writes usage that was applied already.
    fn log_usage(&mut self, places: &mut Vec<[u8; 4]>) {
        if !places.is_empty() {
            self.log(Record::Usage(places));
            places.clear();
        }
    }
}
