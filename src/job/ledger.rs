//! What is known about each code of a job: evidence, and the states that follow from it.
//!
//! The ledger makes no decisions. It is changed only by [`Ledger::apply`], which takes a
//! record: one that is being written while the job runs, or one that is read when the job
//! is resumed. So both lead to the same states.
//!
//! # A code that is known to be in use
//!
//! If a recipient has claimed or used a code, it was delivered: no other evidence is as
//! strong. Uber's read endpoints report the use, but not which send delivered the code.
//! So usage belongs to the code, while an outcome of a webhook belongs to a send. A read
//! that shows no usage proves nothing, and writes no record.
//!
//! | The code is | then usage makes it | and afterwards |
//! | --- | --- | --- |
//! | pending | pending still, counted in `used_before` | it is sent, unless the operator abandons its batch. While its first request is under way it is `sending`; accepted or unknown, it is distributed by usage; refused for now, pending as before; refused for good, rejected |
//! | sending | distributed by usage | it stays so whatever the response, even if it proves that this request queued nothing, because the code was delivered. No other request sends it |
//! | queued, unknown | distributed by usage | a resend leaves it out |
//! | failed, by a webhook | distributed by usage | a webhook changes nothing any more |
//! | distributed, by a webhook | distributed by usage | the same |
//! | rejected, or abandoned before it was sent | unchanged | Uber has nothing from this job, and the job does not send it |
//! | abandoned after it was sent | distributed by usage | as with an outcome that comes late |
//!
//! So the order of usage, webhooks, responses and decisions does not matter, with one
//! intended exception: usage that was known *before* a code was sent does not stop it
//! from being sent. A code that is distributed by usage stays so.

mod batch;
mod outcome_order;

use self::outcome_order::{FIRST_REASON, USED, USED_BEFORE};
use super::record::{self, Begin, Record};
use super::state::{CodeState, Evidence, SendResult, Source};
use super::texts::Texts;
use crate::code::list::CodeListBuilder;
use crate::error::ErrorCode;
use crate::uber::distribute::MAX_CODES;

pub(super) use self::batch::PauseStage;
use self::batch::{Batch, Pause};
pub(super) use self::outcome_order::{DISTRIBUTED, FAILED};
#[cfg(test)]
pub(super) use self::outcome_order::{MAX_NUMBERED_REASONS, MAX_SHOWN_REASONS};

/// Limits the memory reserved for a length read from a journal, which may be wrong.
/// Longer lists grow.
const MAX_RESERVED: usize = 1 << 24;

/// What is known about every code.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) begin: Begin<String>,
    pub(super) pause: Pause,
    pub(super) codes: CodeListBuilder,
    /// One per code: 0 for none, [`USED`], [`USED_BEFORE`], or else as in the record of
    /// outcomes.
    outcomes: Vec<u16>,
    pub(super) batches: Vec<Batch>,
    uber_codes: Texts,
    reasons: Texts,
    /// How many codes are in each state, in the order of [`CodeState::ALL`].
    pub(super) counts: [u32; 8],
    /// How many of the pending codes are known to be in use.
    pub(super) used_before: u32,
    pub(super) requests: u32,
    pub(super) retries: u32,
}

impl Ledger {
    /// Applies a record. None if it can't follow the records before it.
    pub(super) fn apply(&mut self, record: Record<'_>) -> Option<()> {
        match record {
            Record::Begin(begin) => self.begin(begin)?,
            Record::Codes(codes) => self.insert_codes(codes)?,
            Record::Sending { batch, at } => self.send(batch, at)?,
            Record::Response { batch, result, status, error, uber_code } => {
                let evidence = self.batches.get(batch)?.evidence.answered(result)?;
                self.record_response(batch, result, status, error, uber_code)?;
                self.set(batch, evidence);
            }
            Record::Reason(reason) => self.add_reason(reason)?,
            Record::Outcomes(outcomes) => {
                for outcome in outcomes {
                    let (index, outcome) = record::read_outcome(*outcome);
                    self.record_outcome(index, outcome)?;
                }
            }
            Record::Decision { batch, decision } => {
                let evidence = self.batches.get(batch)?.evidence.decided(decision)?;
                self.set(batch, evidence);
            }
            Record::Resumed { restored } => {
                if !self.is_complete() {
                    return None;
                }
                for batch in 0..self.batches.len() {
                    let evidence = self.batches.get(batch)?.evidence;
                    if evidence.is_sending() || restored && evidence.is_waiting() {
                        self.set(batch, Evidence::Unknown);
                    }
                }
            }
            Record::Usage(indices) => {
                for index in indices {
                    self.apply_usage(record::read_index(*index))?;
                }
            }
            Record::Pause { codes } => self.pause_after(codes)?,
            Record::Paused => {
                if !self.is_complete() || self.pause.stage != PauseStage::Ahead {
                    return None;
                }
                self.pause.stage = PauseStage::Reached;
            }
        }
        Some(())
    }

    fn begin(&mut self, begin: Begin<&str>) -> Option<()> {
        let fits = begin.total > 0 && (1..=MAX_CODES).contains(&begin.batch_size);
        if self.begin.total > 0 || !fits {
            return None;
        }
        // A job that is being created already has its codes.
        if self.codes.so_far().is_empty() {
            self.codes.reserve(begin.total.min(MAX_RESERVED));
        }
        let Begin { id, created_at, batch_size, total, duplicates, .. } = begin;
        let [base_url, organization, program] =
            [begin.base_url, begin.organization, begin.program].map(String::from);
        self.begin = Begin {
            id,
            created_at,
            batch_size,
            total,
            duplicates,
            base_url,
            organization,
            program,
        };
        Some(())
    }

    /// Sets the pause, before the batches are created.
    fn pause_after(&mut self, codes: usize) -> Option<()> {
        let Begin { total, batch_size, .. } = self.begin;
        if !(1..total).contains(&codes) || self.is_complete() || self.pause.codes > 0 {
            return None;
        }
        let batches = codes.div_ceil(batch_size);
        self.pause = Pause { codes, batches, stage: PauseStage::Ahead };
        Some(())
    }

    /// Records that a batch is about to be sent.
    fn send(&mut self, batch_index: usize, at: u64) -> Option<()> {
        let batch = self.batches.get_mut(batch_index)?;
        let evidence = batch.evidence.sent()?;
        if batch_index >= self.pause.batches {
            if self.pause.stage == PauseStage::Ahead {
                return None;
            }
            self.pause.stage = PauseStage::Over;
        }
        self.requests += 1;
        self.retries += u32::from(batch.attempts > 0);
        batch.attempts += 1;
        batch.sent_at = at;
        self.set(batch_index, evidence);
        Some(())
    }

    /// Adds codes of the list: each once, and no more than its length.
    fn insert_codes(&mut self, codes: &[[u8; 16]]) -> Option<()> {
        let length = self.codes.so_far().len() + codes.len();
        self.codes.insert_bytes(codes)?;
        if codes.is_empty() || length > self.begin.total || self.codes.so_far().len() < length {
            return None;
        }
        self.create_batches();
        Some(())
    }

    /// Whether all records of the job's creation were applied.
    pub(super) fn is_complete(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Stores the response to a batch, unless it was accepted.
    fn record_response(
        &mut self,
        batch_index: usize,
        result: SendResult,
        status: u16,
        error: &str,
        uber_code: &str,
    ) -> Option<()> {
        let uber_code = match self.uber_codes.find(uber_code) {
            _ if uber_code.is_empty() => None,
            Ok(at) => self.uber_codes.number_at(at),
            Err(at) => self.uber_codes.insert(at, uber_code),
        };
        let batch = self.batches.get_mut(batch_index)?;
        if result != SendResult::Accepted {
            batch.error = ErrorCode::from_name(error);
            (batch.status, batch.uber_code) = (status, uber_code);
            // If the request was sent, only a response proves this.
            batch.unsent = result == SendResult::Retry && status == 0;
        }
        Some(())
    }

    /// Changes the evidence of a batch, and updates the counts.
    fn set(&mut self, batch_index: usize, evidence: Evidence) {
        self.count(batch_index, u32::wrapping_sub);
        if let Some(batch) = self.batches.get_mut(batch_index) {
            batch.evidence = evidence;
            if !evidence.retains_outcomes() {
                // These outcomes belong to another send.
                (batch.distributed, batch.failed) = (0, 0);
                for index in self.indices(batch_index) {
                    if let Some(outcome) = self.outcomes.get_mut(index) {
                        // Usage belongs to the code, no matter which send delivered it.
                        *outcome = if *outcome < USED_BEFORE { 0 } else { *outcome };
                    }
                }
            }
        }
        self.count(batch_index, u32::wrapping_add);
    }

    /// Uber's error code with this number.
    pub(super) fn uber_code_at(&self, number: u16) -> Option<&str> {
        self.uber_codes.get(number)
    }

    /// The evidence for the batch of a code.
    fn evidence(&self, index: usize) -> Option<Evidence> {
        let batch = self.batch_of(index)?;
        self.batches.get(batch).map(|batch| batch.evidence)
    }

    /// Adds a batch to the counts, or removes it from them.
    fn count(&mut self, batch_index: usize, tally: fn(u32, u32) -> u32) {
        let size = self.size(batch_index);
        let Some(batch) = self.batches.get(batch_index) else { return };
        let mut rest = size;
        if batch.evidence == Evidence::Idle {
            self.used_before = tally(self.used_before, batch.used_before);
        }
        for (state, number) in [
            (CodeState::Distributed, batch.reached()),
            (CodeState::Failed, batch.reported() - batch.reached()),
            (batch.evidence.state(), u32::MAX),
        ] {
            let number = number.min(rest);
            rest -= number;
            if let Some(count) = self.counts.get_mut(state as usize) {
                *count = tally(*count, number);
            }
        }
    }

    /// How many codes are in this state.
    pub(super) fn count_of(&self, state: CodeState) -> u32 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// The state of the batch's codes that have no outcome. If all codes have one, the
    /// batch was queued.
    pub(super) fn batch_state(&self, batch_index: usize) -> CodeState {
        let Some(batch) = self.batches.get(batch_index) else { return CodeState::Pending };
        if batch.reported() == self.size(batch_index) {
            return CodeState::Queued;
        }
        batch.evidence.state()
    }

    /// The state of a code, its source, and why the code failed.
    pub(super) fn state(&self, index: usize) -> Option<(CodeState, Source, Option<u16>)> {
        let evidence = self.evidence(index)?;
        Some(match *self.outcomes.get(index)? {
            USED => (CodeState::Distributed, Source::Usage, None),
            USED_BEFORE if evidence.outcomes_visible() => {
                (CodeState::Distributed, Source::Usage, None)
            }
            USED_BEFORE => (evidence.state(), evidence.by(), None),
            DISTRIBUTED if evidence.outcomes_visible() => {
                (CodeState::Distributed, Source::Webhook, None)
            }
            outcome if outcome > 0 && evidence.outcomes_visible() => {
                let reason = outcome.checked_sub(FIRST_REASON);
                (CodeState::Failed, Source::Webhook, reason.filter(|reason| self.is_shown(*reason)))
            }
            _ => (evidence.state(), evidence.by(), None),
        })
    }

    /// The codes in a batch's next request: for a first send, all except those known to be
    /// in use since then; for a resend, those without an outcome.
    pub(super) fn to_send(&self, batch: usize) -> Vec<[u8; 16]> {
        let again = self
            .batches
            .get(batch)
            .is_some_and(|batch| matches!(batch.evidence, Evidence::Resend | Evidence::Resending));
        let indices = self.indices(batch);
        let mut codes = Vec::with_capacity(indices.len());
        for slice in self.codes.so_far().slices(indices.clone()) {
            codes.extend_from_slice(slice);
        }
        let mut outcomes = self.outcomes.get(indices).unwrap_or_default().iter();
        codes.retain(|_| {
            outcomes.next().is_some_and(|outcome| match *outcome {
                0 => true,
                USED => false,
                _ => !again,
            })
        });
        codes
    }

    /// Whether a code of the batch has no outcome yet.
    pub(super) fn is_unsettled(&self, batch_index: usize) -> bool {
        self.batches.get(batch_index).is_some_and(|batch| batch.reported() < self.size(batch_index))
    }
}
