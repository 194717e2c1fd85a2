//! Reports about a job: its progress, its batches, its codes.

use super::Job;
use super::ledger::{Ledger, PauseStage};
use super::state::{CodeState, Evidence, Source};
use crate::code::Code;
use crate::error::ErrorCode;

/// The progress of a job, in codes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// All codes.
    pub total: usize,
    /// How many are in each state, in the order of [`CodeState::ALL`].
    pub counts: [u32; 8],
    /// How many of the pending codes are known to be in use, no matter who sent them.
    /// They are sent anyway, unless their batch is abandoned.
    pub used_before: u32,
    /// Requests that were sent, or were about to be when the process ended.
    pub requests: u32,
    /// How many of them were retries.
    pub retries: u32,
    /// When the job was created, in epoch milliseconds.
    pub started_at: u64,
    /// The estimated time left of the run, in milliseconds, if known.
    pub eta_ms: Option<u64>,
    /// The time, in epoch milliseconds, before which nothing is sent, because Uber or a
    /// proxy asked to wait or could not be reached.
    pub waiting_until: Option<u64>,
    /// Whether the job has paused after its first codes ([`Settings::pause_after`]), and
    /// none of the others was sent: the next run sends them.
    ///
    /// [`Settings::pause_after`]: super::Settings::pause_after
    pub paused_after: bool,
}

impl Progress {
    /// How many codes are in this state.
    #[must_use]
    pub fn count(&self, state: CodeState) -> u32 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// Whether nothing is pending, sending or unknown.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let [pending, sending, _, _, _, _, unknown, _] = self.counts;
        pending + sending + unknown == 0
    }
}

/// One batch, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BatchInfo<'a> {
    /// The state of its codes that have no outcome; queued if all have one.
    pub state: CodeState,
    /// How many codes it has.
    pub codes: u32,
    /// How many of them have an outcome, or are known to be in use.
    pub reported: u32,
    /// How many of them are known to be in use.
    pub used: u32,
    /// The source of the state of its codes that have no outcome.
    pub by: Source,
    /// Whether it was abandoned before it was sent, so that none of it is queued.
    pub cancelled: bool,
    /// How often it was sent, or was about to be.
    pub attempts: u32,
    /// When it was last sent, in epoch milliseconds; 0 if never.
    pub sent_at: u64,
    /// The last response that did not accept it: this crate's error code, the status, and
    /// Uber's code.
    pub last_error: Option<(ErrorCode, u16, Option<&'a str>)>,
    /// Whether `last_error` is about a request that was never sent.
    pub unsent: bool,
}

/// One code, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CodeInfo<'a> {
    /// The code.
    pub code: Code,
    /// What is known about it.
    pub state: CodeState,
    /// Its batch.
    pub batch: usize,
    /// Why it failed, if it failed and Uber gave a reason.
    pub reason: Option<&'a str>,
    /// The source of the state.
    pub by: Source,
}

/// What is known about one code.
pub(crate) struct Row {
    pub(crate) code: Code,
    pub(crate) state: CodeState,
    pub(crate) batch: usize,
    pub(crate) by: Source,
    pub(crate) reason: Option<u16>,
}

impl Job {
    /// The progress of the job. `now` is in epoch milliseconds.
    #[must_use]
    pub fn progress(&self, now: u64) -> Progress {
        let Ledger { begin, counts, used_before, requests, retries, .. } = &self.ledger;
        Progress {
            total: begin.total,
            counts: *counts,
            used_before: *used_before,
            requests: *requests,
            retries: *retries,
            started_at: begin.created_at,
            eta_ms: self.estimate(now),
            waiting_until: (self.running && !self.stopping && self.server_not_before > now)
                .then_some(self.server_not_before),
            paused_after: !self.running && self.ledger.pause.stage == PauseStage::Reached,
        }
    }

    /// Estimates the time left from the pace of this run.
    fn estimate(&self, now: u64) -> Option<u64> {
        let Ledger { begin, pause, counts: [pending, sending, ..], .. } = &self.ledger;
        let later = if self.continues_after_pause { 0 } else { begin.total - pause.codes };
        let left = (u64::from(*pending) + u64::from(*sending)).saturating_sub(later as u64);
        if !self.running || self.stopping {
            return None;
        }
        let elapsed = now.saturating_sub(self.run_since);
        let estimate = left.saturating_mul(elapsed).checked_div(self.answered)?;
        Some(estimate.max(self.server_not_before.saturating_sub(now)))
    }

    /// How many batches there are.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.ledger.batches.len()
    }

    /// One batch.
    #[must_use]
    pub fn batch(&self, index: usize) -> Option<BatchInfo<'_>> {
        let batch = self.ledger.batches.get(index)?;
        let uber_code = batch.uber_code.and_then(|number| self.ledger.uber_code_at(number));
        Some(BatchInfo {
            state: self.ledger.batch_state(index),
            codes: self.ledger.size(index),
            reported: batch.reported(),
            used: batch.known_used(),
            by: batch.evidence.by(),
            cancelled: batch.evidence == Evidence::Cancelled,
            attempts: batch.attempts,
            sent_at: batch.sent_at,
            last_error: batch.error.map(|code| (code, batch.status, uber_code)),
            unsent: batch.unsent,
        })
    }

    /// One code, by its index in the list.
    #[must_use]
    pub fn code(&self, index: usize) -> Option<CodeInfo<'_>> {
        let Row { code, state, batch, by, reason } = self.row(index)?;
        let reason = reason.and_then(|reason| self.ledger.reason_at(reason));
        Some(CodeInfo { code, state, batch, reason, by })
    }

    /// The index of a code in the list, if it is in the list.
    pub fn find(&mut self, code: Code) -> Option<usize> {
        self.ledger.codes.find(code)
    }

    /// The same, with the number of the reason.
    pub(crate) fn row(&self, index: usize) -> Option<Row> {
        let code = self.ledger.codes.so_far().get(index)?;
        let (state, by, reason) = self.ledger.state(index)?;
        let batch = self.ledger.batch_of(index)?;
        Some(Row { code, state, batch, by, reason })
    }

    /// The reason with this number, from 1.
    #[cfg(all(target_arch = "wasm32", feature = "jobs"))]
    pub(crate) fn reason_at(&self, number: u16) -> Option<&str> {
        self.ledger.reason_at(number.checked_sub(1)?)
    }

    /// All codes, in the order of the list.
    pub fn results(&self) -> impl Iterator<Item = CodeInfo<'_>> {
        (0..self.ledger.begin.total).filter_map(|index| self.code(index))
    }
}
