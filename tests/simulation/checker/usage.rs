//! Codes that are in use, and events that nobody could read.

use std::collections::BTreeSet;

use uber_vouchers::code::Code;
use uber_vouchers::job::{By, CodeState, Job};

use super::outcomes::{Known, Report, best, states};
use super::{Checker, Verdict, must};

impl Checker {
    /// The job was told that these are in use: what has left is settled by that for good,
    /// and nothing else changes.
    pub fn used(
        &mut self,
        before: &[Known],
        after: &[Known],
        used: &[Code],
        settled: u32,
    ) -> Verdict {
        let mut changed = 0;
        for (place, (old, new)) in before.iter().zip(after).enumerate() {
            let history = &mut self.histories[place];
            let expected = match old.state {
                _ if !used.contains(&self.codes[place]) => old.clone(),
                CodeState::Rejected => old.clone(),
                CodeState::Abandoned if history.cancelled => old.clone(),
                CodeState::Pending => {
                    history.known_used = true;
                    old.clone()
                }
                // Known before it left, which has not come to its end.
                CodeState::Sending if history.known_used => old.clone(),
                _ => {
                    history.known_used = true;
                    Known::by_usage()
                }
            };
            must!(*new == expected, "usage: code {place} became {new:?} instead of {expected:?}");
            changed += u32::from(old.state != new.state);
        }
        must!(settled == changed, "usage: {changed} codes changed, {settled} were said to");
        Ok(())
    }

    /// What is said to be in use is, stays so, and what is pending is counted.
    pub fn used_truly(&mut self, job: &Job, uses: &[(Code, u32)]) -> Verdict {
        let uses: BTreeSet<Code> = uses.iter().map(|(code, _)| *code).collect();
        for (place, result) in job.results().enumerate() {
            let history = &mut self.histories[place];
            if result.by == By::Usage {
                must!(
                    result.state == CodeState::Distributed && uses.contains(&result.code),
                    "usage: code {place} is {:?} by usage, and nobody used it",
                    result.state
                );
                history.settled_by_usage = true;
            }
            must!(
                !history.settled_by_usage || result.by == By::Usage,
                "usage: code {place} was known to be in use, and is {:?}",
                result.state
            );
        }
        Ok(())
    }

    /// Nobody could read this yet.
    pub fn received(&mut self, reports: &[Report]) {
        for Report { code, outcome } in reports {
            if let Some(place) = self.places.get(code) {
                self.histories[*place].received.push(outcome.clone());
            }
        }
    }

    /// After a reading that lacks nothing, every code that is in use is known to be.
    pub fn all_used_is_settled(&self, job: &Job, uses: &[(Code, u32)]) -> Verdict {
        for (code, _) in uses {
            let Some(place) = self.places.get(code) else { continue };
            let Some(result) = job.code(*place) else { continue };
            must!(
                result.by == By::Usage || self.takes_nothing(*place, result.state),
                "usage: code {place} is in use, and {:?}",
                result.state
            );
        }
        Ok(())
    }

    /// Once it can be read, what came before says as much as if it had been read then.
    pub fn all_received_is_settled(&self, job: &Job) -> Verdict {
        for (place, (history, state)) in self.histories.iter().zip(states(job)).enumerate() {
            let best = history.received.iter().fold(state.clone(), best);
            must!(
                state == best || self.takes_nothing(place, state.state),
                "unread: code {place} is {state:?}, and {best:?} was kept"
            );
        }
        Ok(())
    }

    /// Whether nothing of it is with Uber.
    fn takes_nothing(&self, place: usize, state: CodeState) -> bool {
        match state {
            CodeState::Pending | CodeState::Rejected => true,
            CodeState::Abandoned => self.histories[place].cancelled,
            _ => false,
        }
    }
}
