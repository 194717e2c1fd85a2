//! Reported outcomes of codes, and their effects. Promises 3 and 4.

use uber_vouchers::code::Code;
use uber_vouchers::job::{CodeInfo, CodeState, Job, Source};
use uber_vouchers::webhook::event::{Outcome, Status};

use super::{Checker, Verdict, must};

/// The reported outcome of one code: an error means that it failed, and why.
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

/// The reports in the job's form.
pub fn outcomes(reports: &[Report]) -> Vec<Outcome> {
    let outcome = |Report { code, outcome }: &Report| Outcome {
        code: *code,
        status: if outcome.is_ok() { Status::Distributed } else { Status::Failed },
        reason: outcome.clone().err().flatten(),
    };
    reports.iter().map(outcome).collect()
}

/// The known state of a code, for comparisons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub state: CodeState,
    pub by: Source,
    pub reason: Option<String>,
}

impl Known {
    pub(super) fn by_usage() -> Self {
        Self { state: CodeState::Distributed, by: Source::Usage, reason: None }
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
        Ok(()) => Known { state: CodeState::Distributed, by: Source::Webhook, reason: None },
        Err(reason) => {
            Known { state: CodeState::Failed, by: Source::Webhook, reason: reason.clone() }
        }
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
    /// Records a report.
    pub fn told(&mut self, before: &[Known], reports: &[Report]) {
        for Report { code, outcome } in reports {
            // For a code that was not sent, it belongs to another send.
            if let Some(index) = self.indices.get(code)
                && !matches!(before[*index].state, CodeState::Pending | CodeState::Rejected)
            {
                self.histories[*index].told.push(outcome.clone());
            }
        }
    }

    /// A report may settle only its own codes, and each of them only for the better.
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
        for (index, (old, new)) in before.iter().zip(after).enumerate() {
            let code = self.codes[index];
            let mut expected = old.clone();
            for report in reports.iter().filter(|report| report.code == code) {
                // While sending, an outcome of an earlier send may be visible too.
                let shows =
                    matches!(expected.state, Unknown | Queued | Distributed | Failed | Abandoned);
                if !shows || expected.state == Abandoned && self.histories[index].cancelled {
                    continue;
                }
                expected = best(expected, &report.outcome);
            }
            let resent = old.state == CodeState::Sending;
            if !resent || new == old {
                must!(
                    *new == expected,
                    "promise 4: code {index} became {new:?} instead of {expected:?} by a report"
                );
            } else {
                must!(
                    reports.iter().any(|report| report.code == code),
                    "promise 4: code {index} was settled by a report on others"
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
