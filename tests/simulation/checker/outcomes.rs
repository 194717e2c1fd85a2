//! What is reported of codes, and what may come of it. Promises 3 and 4.

use uber_vouchers::code::Code;
use uber_vouchers::job::{By, CodeInfo, CodeState, Job};
use uber_vouchers::webhook::event::{Outcome, Status};

use super::{Checker, Verdict, must};

/// What was reported of one code: that it failed, and why, is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub code: Code,
    pub outcome: Result<(), Option<String>>,
}

impl From<Outcome> for Report {
    fn from(Outcome { code, status, reason }: Outcome) -> Self {
        Self { code, outcome: if status == Status::Failed { Err(reason) } else { Ok(()) } }
    }
}

/// As the machine takes them.
pub fn outcomes(reports: &[Report]) -> Vec<Outcome> {
    let outcome = |Report { code, outcome }: &Report| Outcome {
        code: *code,
        status: if outcome.is_ok() { Status::Distributed } else { Status::Failed },
        reason: outcome.clone().err().flatten(),
    };
    reports.iter().map(outcome).collect()
}

/// What is known of a code, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub state: CodeState,
    pub by: By,
    pub reason: Option<String>,
}

impl Known {
    pub(super) fn by_usage() -> Self {
        Self { state: CodeState::Distributed, by: By::Usage, reason: None }
    }
}

pub fn states(job: &Job) -> Vec<Known> {
    let state = |result: CodeInfo<'_>| Known {
        state: result.state,
        by: result.by,
        reason: result.reason.map(str::to_owned),
    };
    job.results().map(state).collect()
}

/// Distributed before failed, a reason before none, then the smaller reason.
pub(super) fn best(old: Known, outcome: &Result<(), Option<String>>) -> Known {
    let new = match outcome {
        Ok(()) => Known { state: CodeState::Distributed, by: By::Webhook, reason: None },
        Err(reason) => Known { state: CodeState::Failed, by: By::Webhook, reason: reason.clone() },
    };
    match (old.state, new.state) {
        (CodeState::Distributed, _) => old,
        (CodeState::Failed, CodeState::Failed) => match (&old.reason, &new.reason) {
            (Some(a), Some(b)) if b < a => new,
            (None, Some(_)) => new,
            _ => old,
        },
        _ => new,
    }
}

impl Checker {
    /// Something was reported.
    pub fn told(&mut self, before: &[Known], reports: &[Report]) {
        for Report { code, outcome } in reports {
            // Of a code that was not sent, it belongs to another send.
            if let Some(place) = self.places.get(code)
                && !matches!(before[*place].state, CodeState::Pending | CodeState::Rejected)
            {
                self.histories[*place].told.push(outcome.clone());
            }
        }
    }

    /// What a report may do: settle its own codes, each for the better, no other.
    /// Promises 3 and 4.
    pub fn reported(
        &self,
        before: &[Known],
        after: &[Known],
        reports: &[Report],
        settled: u32,
    ) -> Verdict {
        use CodeState::{Abandoned, Distributed, Failed, Queued, Unknown};
        let mut changed = 0;
        for (place, (old, new)) in before.iter().zip(after).enumerate() {
            let code = self.codes[place];
            let mut expected = old.clone();
            for report in reports.iter().filter(|report| report.code == code) {
                // While sending, an outcome of an earlier send may show too.
                let shows =
                    matches!(expected.state, Unknown | Queued | Distributed | Failed | Abandoned);
                if !shows || expected.state == Abandoned && self.histories[place].cancelled {
                    continue;
                }
                expected = best(expected, &report.outcome);
            }
            let resent = old.state == CodeState::Sending;
            if !resent || new == old {
                must!(
                    *new == expected,
                    "promise 4: code {place} became {new:?} instead of {expected:?} by a report"
                );
            } else {
                must!(
                    reports.iter().any(|report| report.code == code),
                    "promise 4: code {place} was settled by a report on others"
                );
            }
            changed += u32::from(new != old);
        }
        must!(settled >= changed, "{changed} codes changed, {settled} were said to be settled");
        must!(
            settled as usize <= reports.len(),
            "{settled} codes were said to be settled by {} reports",
            reports.len()
        );
        Ok(())
    }
}
