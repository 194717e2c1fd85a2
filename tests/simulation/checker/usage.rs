//! Codes in use, and events that were unreadable.

use std::collections::BTreeSet;

use uber_vouchers::code::Code;
use uber_vouchers::job::{CodeState, Job, Source};

use super::outcomes::{Known, Report, best, states};
use super::{Checker, Verdict, must};

impl Checker {
    /// The job learned that these codes are in use: codes that were sent are settled for
    /// good, and nothing else changes.
    pub fn used(
        &mut self,
        before: &[Known],
        after: &[Known],
        used: &[Code],
        settled: u32,
    ) -> Verdict {
        let mut changed = 0;
        for (index, (old, new)) in before.iter().zip(after).enumerate() {
            let history = &mut self.histories[index];
            let expected = match old.state {
                _ if !used.contains(&self.codes[index]) => old.clone(),
                CodeState::Rejected => old.clone(),
                CodeState::Abandoned if history.cancelled => old.clone(),
                CodeState::Pending => {
                    history.known_used = true;
                    old.clone()
                }
                // Known before it was sent, and not settled yet.
                CodeState::Sending if history.known_used => old.clone(),
                _ => {
                    history.known_used = true;
                    Known::by_usage()
                }
            };
            must!(*new == expected, "usage: code {index} became {new:?} instead of {expected:?}");
            changed += u32::from(old.state != new.state);
        }
        must!(settled == changed, "usage: {changed} codes changed, {settled} were said to");
        Ok(())
    }

    /// Codes that are reported as used are in use and stay so, and pending ones are
    /// counted.
    pub fn used_truly(&mut self, job: &Job, uses: &[(Code, u32)]) -> Verdict {
        let uses: BTreeSet<Code> = uses.iter().map(|(code, _)| *code).collect();
        for (index, result) in job.results().enumerate() {
            let history = &mut self.histories[index];
            if result.by == Source::Usage {
                must!(
                    result.state == CodeState::Distributed && uses.contains(&result.code),
                    "usage: code {index} is {:?} by usage, but was not used",
                    result.state
                );
                history.settled_by_usage = true;
            }
            must!(
                !history.settled_by_usage || result.by == Source::Usage,
                "usage: code {index} was known to be in use, and is {:?}",
                result.state
            );
        }
        Ok(())
    }

    /// An event that is still unreadable.
    pub fn received(&mut self, reports: &[Report]) {
        for Report { code, outcome } in reports {
            if let Some(index) = self.indices.get(code) {
                self.histories[*index].received.push(outcome.clone());
            }
        }
    }

    /// After a complete read, every code in use is known to be in use.
    pub fn all_used_is_settled(&self, job: &Job, uses: &[(Code, u32)]) -> Verdict {
        for (code, _) in uses {
            let Some(index) = self.indices.get(code) else { continue };
            let Some(result) = job.code(*index) else { continue };
            must!(
                result.by == Source::Usage || self.takes_nothing(*index, result.state),
                "usage: code {index} is in use, and {:?}",
                result.state
            );
        }
        Ok(())
    }

    /// Once it can be read, an earlier event has the same effect as if it had been
    /// readable then.
    pub fn all_received_is_settled(&self, job: &Job) -> Verdict {
        for (index, (history, state)) in self.histories.iter().zip(states(job)).enumerate() {
            let best = history.received.iter().fold(state.clone(), best);
            must!(
                state == best || self.takes_nothing(index, state.state),
                "unread: code {index} is {state:?}, and {best:?} was kept"
            );
        }
        Ok(())
    }

    /// Whether Uber has nothing of it.
    fn takes_nothing(&self, index: usize, state: CodeState) -> bool {
        match state {
            CodeState::Pending | CodeState::Rejected => true,
            CodeState::Abandoned => self.histories[index].cancelled,
            _ => false,
        }
    }
}
