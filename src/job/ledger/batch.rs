//! The batches of a job: which codes each has, and what is known about it.

use super::Ledger;
use super::outcome_order::{DISTRIBUTED, USED, USED_BEFORE};
use crate::error::ErrorCode;
use crate::job::record::Begin;
use crate::job::state::Evidence;

/// One batch.
#[derive(Clone, Debug)]
pub(in crate::job) struct Batch {
    pub(in crate::job) evidence: Evidence,
    /// The error of the last response that did not accept the batch.
    pub(in crate::job) error: Option<ErrorCode>,
    pub(in crate::job) status: u16,
    /// The number of Uber's code in that response, in the table of Uber's codes.
    pub(in crate::job) uber_code: Option<u16>,
    /// Whether the error is about a request that was never sent.
    pub(in crate::job) unsent: bool,
    pub(in crate::job) attempts: u32,
    pub(in crate::job) distributed: u32,
    pub(in crate::job) failed: u32,
    /// Codes that became known to be in use after they were sent.
    pub(super) used: u32,
    /// Codes that were known to be in use before they were sent.
    pub(super) used_before: u32,
    pub(in crate::job) sent_at: u64,
}

impl Batch {
    /// How many codes are known to be delivered.
    pub(super) const fn reached(&self) -> u32 {
        let shown =
            if self.evidence.outcomes_visible() { self.distributed + self.used_before } else { 0 };
        self.used + shown
    }

    /// How many outcomes are visible.
    pub(in crate::job) const fn reported(&self) -> u32 {
        self.reached() + if self.evidence.outcomes_visible() { self.failed } else { 0 }
    }

    /// How many codes are known to be in use, sent or not.
    pub(in crate::job) const fn known_used(&self) -> u32 {
        self.used + self.used_before
    }

    /// The count that includes codes with this outcome.
    pub(super) const fn tally(&mut self, outcome: u16) -> Option<&mut u32> {
        match outcome {
            0 => None,
            DISTRIBUTED => Some(&mut self.distributed),
            USED => Some(&mut self.used),
            USED_BEFORE => Some(&mut self.used_before),
            _ => Some(&mut self.failed),
        }
    }
}

/// Where a job pauses automatically.
#[derive(Default)]
pub(in crate::job) struct Pause {
    /// The number of codes before the pause; 0 for no pause.
    pub(in crate::job) codes: usize,
    /// How many batches these codes fill: the last one ends at the pause.
    pub(in crate::job) batches: usize,
    pub(in crate::job) stage: PauseStage,
}

/// Where a job is relative to its pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::job) enum PauseStage {
    /// Codes after the pause were sent, or the job has no pause.
    #[default]
    Over,
    /// As far as the journal knows, not all codes before the pause have a response.
    Ahead,
    /// All codes before the pause have a response, and none after it was sent.
    Reached,
}

impl Ledger {
    /// Creates the batches once all codes are known.
    pub(in crate::job) fn create_batches(&mut self) {
        let Begin { total, batch_size, .. } = self.begin;
        if self.codes.so_far().len() != total || !self.batches.is_empty() {
            return;
        }
        let idle = Batch {
            evidence: Evidence::Idle,
            error: None,
            status: 0,
            uber_code: None,
            unsent: false,
            attempts: 0,
            distributed: 0,
            failed: 0,
            used: 0,
            used_before: 0,
            sent_at: 0,
        };
        let Pause { codes, batches, .. } = self.pause;
        self.batches = vec![idle; batches + (total - codes).div_ceil(batch_size)];
        self.outcomes = vec![0; total];
        let [pending, ..] = &mut self.counts;
        *pending = u32::try_from(total).unwrap_or(u32::MAX);
    }

    /// The indices of a batch's codes.
    pub(in crate::job) fn indices(&self, batch: usize) -> std::ops::Range<usize> {
        let Begin { batch_size, total, .. } = self.begin;
        let Pause { codes, batches, .. } = self.pause;
        let (first, end) = match batch.checked_sub(batches) {
            None => (batch.saturating_mul(batch_size), codes),
            Some(after) => (codes.saturating_add(after.saturating_mul(batch_size)), total),
        };
        let start = first.min(end);
        start..start.saturating_add(batch_size).min(end)
    }

    /// The batch of a code.
    pub(in crate::job) fn batch_of(&self, index: usize) -> Option<usize> {
        let Pause { codes, batches, .. } = self.pause;
        let (before, index) = match index.checked_sub(codes) {
            None => (0, index),
            Some(after) => (batches, after),
        };
        Some(before + index.checked_div(self.begin.batch_size)?)
    }

    /// How many codes a batch has.
    #[allow(clippy::cast_possible_truncation)]
    pub(in crate::job) fn size(&self, batch: usize) -> u32 {
        self.indices(batch).len() as u32
    }
}
