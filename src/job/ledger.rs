//! What is known of each code of a job: evidence, and the states that follow
//! from it.
//!
//! The ledger makes no decisions. It changes through [`Ledger::apply`] alone, which
//! takes a record: the one that is being written while a job runs, and the one
//! that is read when it is resumed. So both give the same states.
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
//! | sending | distributed by usage | it stays so whatever the answer is, even if it proves that this request queued nothing, because the code was delivered. No other request sends it |
//! | queued, unknown | distributed by usage | a resend leaves it out |
//! | failed, by a webhook | distributed by usage | a webhook changes nothing any more |
//! | distributed, by a webhook | distributed by usage | the same |
//! | rejected, or abandoned before it left | as it was | nothing of this job is with Uber, and nothing of it leaves |
//! | abandoned after it had left | distributed by usage | as with an outcome that comes late |
//!
//! So the order of usage, webhooks, responses and decisions does not matter, with one
//! intended exception: usage that was known *before* a code was sent does not stop it
//! from being sent. A code that is distributed by usage stays so.

mod batch;
mod outcomes;

use self::outcomes::{FIRST_REASON, USED, USED_BEFORE};
use super::record::{self, Begin, Record};
use super::state::{By, CodeState, Evidence, Proof};
use super::texts::Texts;
use crate::code::list::CodeListBuilder;
use crate::error::ErrorCode;
use crate::uber::distribute::MOST_CODES;

pub(super) use self::batch::PauseStage;
use self::batch::{Batch, Pause};
pub(super) use self::outcomes::{DISTRIBUTED, FAILED};
#[cfg(test)]
pub(super) use self::outcomes::{MOST_REASONS, REASONS_SHOWN};

/// Most codes to reserve memory for, because a number in a journal may be anything. A longer list grows.
const MOST_RESERVED: usize = 1 << 24;

/// What is known of every code.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) begin: Begin<String>,
    pub(super) pause: Pause,
    pub(super) codes: CodeListBuilder,
    /// One a code: 0 none, [`USED`], [`USED_BEFORE`], else as the record of outcomes has it.
    outcomes: Vec<u16>,
    pub(super) batches: Vec<Batch>,
    uber_codes: Texts,
    reasons: Texts,
    /// How many codes are in each state, in the order of [`CodeState::ALL`].
    pub(super) counts: [u32; 8],
    /// How many of the pending ones are known to be in use.
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
            Record::Answer { batch, proof, status, error, uber_code } => {
                let evidence = self.batches.get(batch)?.evidence.answered(proof)?;
                self.note_answer(batch, proof, status, error, uber_code)?;
                self.set(batch, evidence);
            }
            Record::Reason(reason) => self.add_reason(reason)?,
            Record::Outcomes(outcomes) => {
                for outcome in outcomes {
                    let (place, outcome) = record::read_outcome(*outcome);
                    self.report(place, outcome)?;
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
            Record::Usage(places) => {
                for place in places {
                    self.apply_usage(record::read_place(*place))?;
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
        let fits = begin.total > 0 && (1..=MOST_CODES).contains(&begin.batch_size);
        if self.begin.total > 0 || !fits {
            return None;
        }
        // A job that is being created has its codes already.
        if self.codes.so_far().is_empty() {
            self.codes.reserve(begin.total.min(MOST_RESERVED));
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

    /// Sets the pause, before the batches are made.
    fn pause_after(&mut self, codes: usize) -> Option<()> {
        let Begin { total, batch_size, .. } = self.begin;
        if !(1..total).contains(&codes) || self.is_complete() || self.pause.codes > 0 {
            return None;
        }
        let batches = codes.div_ceil(batch_size);
        self.pause = Pause { codes, batches, stage: PauseStage::Ahead };
        Some(())
    }

    /// A batch is about to leave.
    fn send(&mut self, place: usize, at: u64) -> Option<()> {
        let batch = self.batches.get_mut(place)?;
        let evidence = batch.evidence.sent()?;
        if place >= self.pause.batches {
            if self.pause.stage == PauseStage::Ahead {
                return None;
            }
            self.pause.stage = PauseStage::Over;
        }
        self.requests += 1;
        self.retries += u32::from(batch.attempts > 0);
        batch.attempts += 1;
        batch.sent_at = at;
        self.set(place, evidence);
        Some(())
    }

    /// Takes codes of the list: each once, and no more than there are to be.
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

    /// Stores the response of a batch, unless it was accepted.
    fn note_answer(
        &mut self,
        place: usize,
        proof: Proof,
        status: u16,
        error: &str,
        uber_code: &str,
    ) -> Option<()> {
        let uber_code = match self.uber_codes.look(uber_code) {
            _ if uber_code.is_empty() => None,
            Ok(at) => self.uber_codes.number_at(at),
            Err(at) => self.uber_codes.insert(at, uber_code),
        };
        let batch = self.batches.get_mut(place)?;
        if proof != Proof::Accepted {
            batch.error = ErrorCode::from_name(error);
            (batch.status, batch.uber_code) = (status, uber_code);
            // For a request that was sent, only a response proves that.
            batch.unsent = proof == Proof::Retry && status == 0;
        }
        Some(())
    }

    /// Changes the evidence of a batch, and the counts with it.
    fn set(&mut self, place: usize, evidence: Evidence) {
        self.count(place, u32::wrapping_sub);
        if let Some(batch) = self.batches.get_mut(place) {
            batch.evidence = evidence;
            if !evidence.retains_outcomes() {
                // These outcomes belong to another send.
                (batch.distributed, batch.failed) = (0, 0);
                for place in self.places(place) {
                    if let Some(outcome) = self.outcomes.get_mut(place) {
                        // Usage belongs to the code, whichever send delivered it.
                        *outcome = if *outcome < USED_BEFORE { 0 } else { *outcome };
                    }
                }
            }
        }
        self.count(place, u32::wrapping_add);
    }

    /// Uber's error code with this number.
    pub(super) fn uber_code_at(&self, number: u16) -> Option<&str> {
        self.uber_codes.get(number)
    }

    /// The evidence for the batch of a code.
    fn evidence(&self, place: usize) -> Option<Evidence> {
        let batch = self.batch_of(place)?;
        self.batches.get(batch).map(|batch| batch.evidence)
    }

    /// Adds a batch to the counts, or takes it out.
    fn count(&mut self, place: usize, tally: fn(u32, u32) -> u32) {
        let size = self.size(place);
        let Some(batch) = self.batches.get(place) else { return };
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

    /// How many codes are in that state.
    pub(super) fn count_of(&self, state: CodeState) -> u32 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// The state of a batch as a whole: of its codes that have no outcome. If
    /// all have one, it was queued.
    pub(super) fn batch_state(&self, place: usize) -> CodeState {
        let Some(batch) = self.batches.get(place) else { return CodeState::Pending };
        if batch.reported() == self.size(place) {
            return CodeState::Queued;
        }
        batch.evidence.state()
    }

    /// The state of a code, what it rests on, and why it failed.
    pub(super) fn state(&self, place: usize) -> Option<(CodeState, By, Option<u16>)> {
        let evidence = self.evidence(place)?;
        Some(match *self.outcomes.get(place)? {
            USED => (CodeState::Distributed, By::Usage, None),
            USED_BEFORE if evidence.outcomes_visible() => (CodeState::Distributed, By::Usage, None),
            USED_BEFORE => (evidence.state(), evidence.by(), None),
            DISTRIBUTED if evidence.outcomes_visible() => {
                (CodeState::Distributed, By::Webhook, None)
            }
            outcome if outcome > 0 && evidence.outcomes_visible() => {
                let reason = outcome.checked_sub(FIRST_REASON);
                (CodeState::Failed, By::Webhook, reason.filter(|reason| self.is_shown(*reason)))
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
        let places = self.places(batch);
        let mut codes = Vec::with_capacity(places.len());
        for slice in self.codes.so_far().slices(places.clone()) {
            codes.extend_from_slice(slice);
        }
        let mut outcomes = self.outcomes.get(places).unwrap_or_default().iter();
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
    pub(super) fn is_unsettled(&self, place: usize) -> bool {
        self.batches.get(place).is_some_and(|batch| batch.reported() < self.size(place))
    }
}
