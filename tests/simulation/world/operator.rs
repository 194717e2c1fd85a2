//! The operator, who pauses and decides at random.

use uber_vouchers::job::{CodeState, Decision, Job};

use super::World;
use crate::checker::{Checker, Verdict};

impl World {
    /// What happens between two effects.
    pub(super) fn interfere(&mut self) -> Verdict {
        if self.job.is_none() {
            return Ok(());
        }
        if self.crashes < self.plan.crashes && self.random.chance(self.plan.crash) {
            self.crash();
            return Ok(());
        }
        if self.random.chance(self.plan.operator) {
            self.decide_at_random()?;
        }
        if self.random.chance(self.plan.pause) {
            self.pause();
        }
        if !self.failed && self.random.chance(self.plan.foreign) {
            self.report_of_others()?;
        }
        if self.random.chance(0.05) {
            self.compare_with_a_copy()?;
        }
        self.use_and_read()
    }

    fn pause(&mut self) {
        let Some(job) = &mut self.job else { return };
        job.pause();
        self.paused = true;
        self.say("pause");
    }

    /// What listeners, journals and token sources may do while they are called.
    pub(super) fn within_an_action(&mut self) -> Verdict {
        if self.calm || self.failed || !self.random.chance(self.plan.within) {
            return Ok(());
        }
        match self.random.below(4) {
            0 => self.pause(),
            1 => self.decide_at_random()?,
            2 => self.apply_what_is_used_now()?,
            _ => self.report_of_others()?,
        }
        Ok(())
    }

    fn decide_at_random(&mut self) -> Verdict {
        let all = [Decision::Resend, Decision::Queued, Decision::Abandon];
        let decision = all[self.random.below(3)];
        let Some(job) = &self.job else { return Ok(()) };
        let batch = self.random.below(job.batches() + 1);
        self.decide(batch, decision)
    }

    fn decide(&mut self, batch: usize, decision: Decision) -> Verdict {
        let Some(job) = self.job.as_mut().filter(|_| !self.failed) else { return Ok(()) };
        let may = Checker::may_decide(job, batch, decision);
        let was = job.batch(batch).map_or(CodeState::Pending, |batch| batch.state);
        let taken = job.resolve(Some(batch), decision).is_ok();
        if may != taken {
            return Err(format!("{decision:?} about batch {batch}: {taken} instead of {may}"));
        }
        if taken {
            self.checker.decided(batch, was, decision);
            self.say(&format!("the operator says of batch {batch}: {decision:?}"));
        }
        Ok(())
    }

    /// Without faults, the operator leaves nothing undecided.
    pub(super) fn decide_about_all(&mut self) -> Verdict {
        let batches = self.job.as_ref().map_or(0, Job::batches);
        for batch in 0..batches {
            let unknown = self
                .job
                .as_ref()
                .and_then(|job| job.batch(batch))
                .is_some_and(|batch| batch.state == CodeState::Unknown);
            if unknown {
                let all = [Decision::Resend, Decision::Queued, Decision::Abandon];
                let decision = all[self.random.below(3)];
                self.decide(batch, decision)?;
            }
        }
        Ok(())
    }
}
