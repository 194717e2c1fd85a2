//! Checks from outside: what was sent, what came back, what the operator decided and what
//! the server knows. Nothing of it comes from the state machine.

mod journal;
mod outcomes;
mod sends;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use uber_vouchers::code::Code;
use uber_vouchers::job::{CodeState, Decision, Job, Progress, Source};

use self::journal::{SENDING, indices_in_use, number, records};
pub use self::outcomes::{Report, outcomes, states};
use crate::plan::Plan;

/// What the checker knows about one code.
#[derive(Clone, Debug, Default)]
struct History {
    /// Requests with it that were sent and not proven to be refused.
    open: BTreeSet<u64>,
    /// Those of them for which the operator decided to resend.
    excused: BTreeSet<u64>,
    /// How often it was sent because the operator decided so.
    resent: u32,
    /// Whether any request with it was accepted, as far as the client saw.
    accepted: bool,
    /// Whether a request with it was refused because of its content.
    refused: bool,
    said_queued: bool,
    abandoned: bool,
    /// Abandoned before it was sent: no outcome can belong to this job.
    cancelled: bool,
    /// All that the server ever reported about it.
    told: Vec<Result<(), Option<String>>>,
    /// The part of it that belonged to another send.
    gone: Vec<Result<(), Option<String>>>,
    /// Whether the job knows that it is in use, and did not lose that in a crash.
    known_used: bool,
    /// Whether the job reported that.
    settled_by_usage: bool,
    /// The content of events that were unreadable.
    received: Vec<Result<(), Option<String>>>,
}

#[derive(Clone, Debug)]
pub struct Checker {
    codes: Vec<Code>,
    indices: BTreeMap<Code, usize>,
    histories: Vec<History>,
    requests: BTreeMap<u64, Vec<usize>>,
    /// Indices of refused codes, and how much had been reported about them, until the
    /// journal contains the refusal.
    refusals: BTreeMap<usize, usize>,
    /// Batches that the operator ever decided to resend.
    resends: BTreeSet<usize>,
    duplicates: u64,
    batch_size: usize,
    /// The job pauses after this many codes; 0 for no pause.
    pause_after: usize,
    /// Whether a run began after one that reported the pause.
    is_past_pause: bool,
}

/// A broken promise.
pub type Verdict = Result<(), String>;

macro_rules! must {
    ($condition:expr, $($text:tt)*) => {
        if !$condition {
            return Err(format!($($text)*));
        }
    };
}
use must;

impl Checker {
    pub fn new(codes: &[Code], plan: &Plan) -> Self {
        let pauses = plan.pause_after < codes.len();
        Self {
            codes: codes.to_vec(),
            indices: codes.iter().copied().zip(0..).collect(),
            histories: vec![History::default(); codes.len()],
            requests: BTreeMap::new(),
            refusals: BTreeMap::new(),
            resends: BTreeSet::new(),
            duplicates: plan.duplicates,
            batch_size: plan.batch_size,
            pause_after: if pauses { plan.pause_after } else { 0 },
            is_past_pause: false,
        }
    }

    /// A process starts with this journal.
    pub fn reopened(&mut self, journal: &[u8], job: &Job) {
        let behind = (0..self.pause_after).step_by(self.batch_size).count();
        // Otherwise it is before the pause, or at it, and the journal says which.
        self.is_past_pause = records(journal).any(|body| match *body {
            [SENDING, a, b, c, d, ..] => number(&[a, b, c, d]) >= behind,
            _ => false,
        });
        let known = indices_in_use(journal);
        for ((index, history), result) in self.histories.iter_mut().enumerate().zip(job.results()) {
            history.known_used = known.contains(&index);
            history.settled_by_usage = result.by == Source::Usage;
        }
    }

    /// The journal contains everything, or what it lacks is lost with the process.
    pub fn saved(&mut self, everything: bool) {
        for (index, told) in std::mem::take(&mut self.refusals) {
            if everything {
                let history = &mut self.histories[index];
                history.gone.extend(history.told.drain(..told));
            }
        }
    }

    /// The journal is an older copy, from before some refusals.
    pub fn restored(&mut self) {
        for history in &mut self.histories {
            history.told.append(&mut history.gone);
        }
    }

    /// Whether the operator's decision must be accepted.
    pub fn may_decide(job: &Job, batch: usize, decision: Decision) -> bool {
        match job.batch(batch).map(|batch| batch.state) {
            Some(CodeState::Unknown) => true,
            Some(CodeState::Pending) => decision == Decision::Abandon,
            _ => false,
        }
    }

    /// The operator's decision was accepted.
    pub fn decided(&mut self, batch: usize, was: CodeState, decision: Decision) {
        if decision == Decision::Resend {
            self.resends.insert(batch);
        }
        for index in self.batch(batch) {
            let history = &mut self.histories[index];
            match decision {
                Decision::Resend => history.excused.extend(&history.open),
                Decision::Queued => history.said_queued = true,
                Decision::Abandon => {
                    history.abandoned = true;
                    history.cancelled = was == CodeState::Pending;
                }
            }
        }
    }

    /// What must hold at any time. Promise 3.
    pub fn consistent(&self, job: &Job, now: u64) -> Verdict {
        let progress = job.progress(now);
        let mut counts = [0; 8];
        let (mut seen, mut used_before) = (0, 0);
        for (result, code) in job.results().zip(&self.codes) {
            must!(result.code == *code, "promise 3: {code:?} is not at its index");
            counts[result.state as usize] += 1;
            let is_known = self.histories[seen].known_used;
            used_before += u32::from(is_known && result.state == CodeState::Pending);
            seen += 1;
        }
        must!(seen == self.codes.len() && progress.total == seen, "promise 3: {seen} codes");
        must!(
            progress.counts == counts,
            "promise 3: the counts {:?} are not what the codes say: {counts:?}",
            progress.counts
        );
        let Progress { used_before: told, .. } = progress;
        must!(told == used_before, "usage: {told} were used before, instead of {used_before}");
        must!(
            job.duplicates() == self.duplicates,
            "promise 3: {} duplicates were lost",
            self.duplicates
        );
        Ok(())
    }

    /// A state is never better than the evidence. Promises 1 and 3.
    pub fn truthful(&self, job: &Job, deliveries: &[(Code, u32)]) -> Verdict {
        let truth: BTreeMap<Code, u32> = deliveries.iter().copied().collect();
        for (index, result) in job.results().enumerate() {
            let history = &self.histories[index];
            let times = truth.get(&result.code).copied().unwrap_or_default();
            must!(
                times <= 1 + history.resent,
                "promise 1: code {index} was delivered {times} times, resent {}",
                history.resent
            );
            let (state, by) = (result.state, result.by);
            let fine = match state {
                CodeState::Queued if by == Source::Operator => history.said_queued,
                CodeState::Queued => history.accepted && times > 0,
                CodeState::Distributed if by == Source::Usage => history.known_used,
                CodeState::Distributed => history.told.contains(&Ok(())),
                CodeState::Failed => history.told.iter().any(|told| {
                    told.as_ref().err().is_some_and(|told| told.as_deref() == result.reason)
                }),
                CodeState::Rejected => times == 0 && history.open.is_empty() && history.refused,
                CodeState::Pending => times == 0 && history.open.is_empty(),
                CodeState::Abandoned => history.abandoned,
                CodeState::Sending => true,
                // It must have been about to be sent.
                CodeState::Unknown => job
                    .batch(result.batch)
                    .is_some_and(|batch| batch.attempts > 0 || history.open.is_empty()),
            };
            must!(
                fine,
                "promise 3: code {index} is {state:?} by {by:?}, delivered {times} times: {history:?}"
            );
        }
        Ok(())
    }
}
