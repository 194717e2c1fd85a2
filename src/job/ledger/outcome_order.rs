//! Reported outcomes of codes, their reasons, and which codes are in use.

use std::cmp::Ordering;

use super::Ledger;
use crate::job::state::Evidence;

/// Distributed; greater numbers mean failed.
pub(in crate::job) const DISTRIBUTED: u16 = 1;
/// Failed without a reason; greater numbers have a reason.
pub(in crate::job) const FAILED: u16 = 2;
pub(super) const FIRST_REASON: u16 = 3;
/// In use, known since the code was sent: greater than any reason.
pub(super) const USED: u16 = u16::MAX;
/// In use, known before the code was sent.
pub(super) const USED_BEFORE: u16 = u16::MAX - 1;
/// The most reasons that can be numbered at once: an outcome has two bytes.
pub(in crate::job) const MAX_NUMBERED_REASONS: usize = 65_000;
/// The most reasons that are shown: those that sort first.
pub(in crate::job) const MAX_SHOWN_REASONS: usize = 60_000;

impl Ledger {
    /// Adds a new reason.
    pub(super) fn add_reason(&mut self, reason: &str) -> Option<()> {
        if self.reasons_full() {
            self.keep_shown_reasons();
        }
        let at = self.reasons.find(reason).err()?;
        self.reasons.insert(at, reason).map(drop)
    }

    /// Whether another reason would renumber the table.
    pub(in crate::job) fn reasons_full(&self) -> bool {
        self.reasons.len() >= MAX_NUMBERED_REASONS
    }

    /// Keeps only the reasons that are shown, numbered in their order.
    fn keep_shown_reasons(&mut self) {
        let numbers = self.reasons.keep_first(MAX_SHOWN_REASONS);
        for outcome in self.outcomes.iter_mut().filter(|outcome| **outcome < USED_BEFORE) {
            if let Some(before) = outcome.checked_sub(FIRST_REASON) {
                // `FAILED` stays for codes whose reason was dropped.
                *outcome = FAILED + numbers.get(usize::from(before)).copied().unwrap_or_default();
            }
        }
    }

    /// Whether a reason is new, and sorts before one that is not shown.
    pub(in crate::job) fn wants_reason(&self, reason: &str) -> bool {
        self.reasons.find(reason).is_err_and(|at| at < MAX_SHOWN_REASONS)
    }

    /// Records that a code is in use, unless that is known.
    pub(in crate::job) fn apply_usage(&mut self, index: usize) -> Option<()> {
        let outcome = match self.evidence(index)? {
            Evidence::Idle => USED_BEFORE,
            evidence if evidence.retains_outcomes() => USED,
            // Uber has none of this batch, and it will not be sent.
            _ => return None,
        };
        let is_news = *self.outcomes.get(index)? < USED_BEFORE;
        if is_news { self.set_outcome(index, outcome) } else { None }
    }

    /// Records an outcome that is better than the current one.
    pub(in crate::job) fn record_outcome(&mut self, index: usize, outcome: u16) -> Option<()> {
        let is_known = outcome
            .checked_sub(FIRST_REASON)
            .is_none_or(|number| usize::from(number) < self.reasons.len());
        if outcome == 0 || !is_known || !self.accepts_outcome(index) {
            return None;
        }
        self.set_outcome(index, outcome)
    }

    /// Sets the outcome of a code, and updates the counts.
    fn set_outcome(&mut self, index: usize, outcome: u16) -> Option<()> {
        let before = std::mem::replace(self.outcomes.get_mut(index)?, outcome);
        let at = self.batch_of(index)?;
        self.count(at, u32::wrapping_sub);
        let batch = self.batches.get_mut(at)?;
        if let Some(tally) = batch.tally(before) {
            *tally -= 1;
        }
        if let Some(tally) = batch.tally(outcome) {
            *tally += 1;
        }
        self.count(at, u32::wrapping_add);
        Some(())
    }

    /// Whether this outcome says more than the current one. A total order, so that
    /// outcomes may arrive in any order: in use, distributed before failed, a reason
    /// before none, then the smaller reason.
    pub(in crate::job) fn is_better(&self, outcome: u16, index: usize) -> bool {
        let Some(before) = self.outcomes.get(index).copied() else { return false };
        let rank = |outcome| match outcome {
            0 => 0,
            FAILED => 1,
            DISTRIBUTED => 3,
            USED | USED_BEFORE => 4,
            _ => 2,
        };
        match rank(before).cmp(&rank(outcome)) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.reason(outcome) < self.reason(before),
        }
    }

    fn reason(&self, outcome: u16) -> Option<&str> {
        self.reason_at(outcome.checked_sub(FIRST_REASON)?)
    }

    /// The reason with this number.
    pub(in crate::job) fn reason_at(&self, number: u16) -> Option<&str> {
        self.reasons.get(number)
    }

    /// The outcome for this reason; `FAILED` if the reason has no number.
    pub(in crate::job) fn failed_outcome(&self, reason: &str) -> u16 {
        let number = self.reasons.find(reason).ok().and_then(|at| self.reasons.number_at(at));
        number.map_or(FAILED, |number| number + FIRST_REASON)
    }

    /// Whether a reason is among those that are shown.
    pub(super) fn is_shown(&self, number: u16) -> bool {
        self.reasons.len() <= MAX_SHOWN_REASONS
            || self.reason_at(number).is_some_and(|reason| {
                self.reasons.find(reason).is_ok_and(|at| at < MAX_SHOWN_REASONS)
            })
    }

    /// Whether an outcome of this code can belong to a send of this job.
    pub(in crate::job) fn accepts_outcome(&self, index: usize) -> bool {
        self.evidence(index).is_some_and(Evidence::retains_outcomes)
    }

    /// Whether an outcome of this code is visible yet.
    pub(in crate::job) fn outcome_visible(&self, index: usize) -> bool {
        self.evidence(index).is_some_and(Evidence::outcomes_visible)
    }
}
