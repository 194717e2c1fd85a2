//! What was reported of codes, the reasons that came with it, and which are in use.

use std::cmp::Ordering;

use super::Ledger;
use crate::job::state::Evidence;

/// Distributed; above it, failed.
pub(in crate::job) const DISTRIBUTED: u16 = 1;
/// Failed without a reason; above it, the reasons.
pub(in crate::job) const FAILED: u16 = 2;
pub(super) const FIRST_REASON: u16 = 3;
/// Known to be in use, since it left: more than any reason.
pub(super) const USED: u16 = u16::MAX;
/// Known to be in use when it had not left yet.
pub(super) const USED_BEFORE: u16 = u16::MAX - 1;
/// So many reasons have a number at a time: an outcome has two bytes.
pub(in crate::job) const MOST_REASONS: usize = 65_000;
/// So many are shown, those that sort first.
pub(in crate::job) const REASONS_SHOWN: usize = 60_000;

impl Ledger {
    /// Takes a reason that is not there yet.
    pub(super) fn add_reason(&mut self, reason: &str) -> Option<()> {
        if self.has_all_reasons() {
            self.forget_reasons();
        }
        let at = self.reasons.look(reason).err()?;
        self.reasons.insert(at, reason).map(drop)
    }

    /// Whether the numbers of the reasons change before another one comes.
    pub(in crate::job) fn has_all_reasons(&self) -> bool {
        self.reasons.len() >= MOST_REASONS
    }

    /// Leaves the reasons that are shown, numbered in their order.
    fn forget_reasons(&mut self) {
        let numbers = self.reasons.keep_first(REASONS_SHOWN);
        for outcome in self.outcomes.iter_mut().filter(|outcome| **outcome < USED_BEFORE) {
            if let Some(before) = outcome.checked_sub(FIRST_REASON) {
                // Behind `FAILED`, which is left of those that go.
                *outcome = FAILED + numbers.get(usize::from(before)).copied().unwrap_or_default();
            }
        }
    }

    /// Whether a reason is new, and sorts before one that is not shown.
    pub(in crate::job) fn wants_reason(&self, reason: &str) -> bool {
        self.reasons.look(reason).is_err_and(|at| at < REASONS_SHOWN)
    }

    /// Takes note that a code is in use, if that is news, whichever send brought it.
    pub(in crate::job) fn apply_usage(&mut self, place: usize) -> Option<()> {
        let outcome = match self.evidence(place)? {
            Evidence::Idle => USED_BEFORE,
            evidence if evidence.retains_outcomes() => USED,
            // Nothing of it is with Uber, and nothing leaves.
            _ => return None,
        };
        let is_news = *self.outcomes.get(place)? < USED_BEFORE;
        if is_news { self.set_outcome(place, outcome) } else { None }
    }

    /// Takes note of an outcome that is better than the one there is.
    pub(in crate::job) fn report(&mut self, place: usize, outcome: u16) -> Option<()> {
        let is_known = outcome
            .checked_sub(FIRST_REASON)
            .is_none_or(|number| usize::from(number) < self.reasons.len());
        if outcome == 0 || !is_known || !self.accepts_outcome(place) {
            return None;
        }
        self.set_outcome(place, outcome)
    }

    /// A code is known to have another outcome; the counts stay true.
    fn set_outcome(&mut self, place: usize, outcome: u16) -> Option<()> {
        let before = std::mem::replace(self.outcomes.get_mut(place)?, outcome);
        let at = self.batch_of(place)?;
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

    /// Whether this outcome says more than the one there is. A total order, so
    /// that it does not matter in which one they come: in use, distributed before
    /// failed, a reason before none, then the smaller reason.
    pub(in crate::job) fn is_better(&self, outcome: u16, place: usize) -> bool {
        let Some(before) = self.outcomes.get(place).copied() else { return false };
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

    /// The reason of that number.
    pub(in crate::job) fn reason_at(&self, number: u16) -> Option<&str> {
        self.reasons.get(number)
    }

    /// The outcome that says: failed for this reason, if that has its place.
    pub(in crate::job) fn failed_for(&self, reason: &str) -> u16 {
        let number = self.reasons.look(reason).ok().and_then(|at| self.reasons.number_at(at));
        number.map_or(FAILED, |number| number + FIRST_REASON)
    }

    /// Whether a reason is among those that sort first.
    pub(super) fn is_shown(&self, number: u16) -> bool {
        self.reasons.len() <= REASONS_SHOWN
            || self
                .reason_at(number)
                .is_some_and(|reason| self.reasons.look(reason).is_ok_and(|at| at < REASONS_SHOWN))
    }

    /// Whether an outcome of this code can belong to a send of this job.
    pub(in crate::job) fn accepts_outcome(&self, place: usize) -> bool {
        self.evidence(place).is_some_and(Evidence::retains_outcomes)
    }

    /// Whether it counts by now.
    pub(in crate::job) fn outcome_visible(&self, place: usize) -> bool {
        self.evidence(place).is_some_and(Evidence::outcomes_visible)
    }
}
