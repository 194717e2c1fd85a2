//! What must hold, told from outside: from what left, what came back, what the
//! operator said and what the server knows. None of it asks the machine.

mod journal;
mod outcomes;
mod sends;
mod usage;

use std::collections::{BTreeMap, BTreeSet};

use uber_vouchers::code::Code;
use uber_vouchers::job::{By, CodeState, Decision, Job, Progress};

use self::journal::{SENDING, number, places_in_use, records};
pub use self::outcomes::{Report, outcomes, states};
use crate::plan::Plan;

/// What the checker knows of one code.
#[derive(Clone, Debug, Default)]
struct History {
    /// Requests that left with it and were not proven to be refused.
    open: BTreeSet<u64>,
    /// Those of them about which the operator said: resend.
    excused: BTreeSet<u64>,
    /// How often it left because the operator said so.
    resent: u32,
    /// Whether any request with it was accepted, as far as the client saw.
    accepted: bool,
    /// Whether a request with it was refused for what was in it.
    refused: bool,
    said_queued: bool,
    abandoned: bool,
    /// Given up before it was sent: no outcome can be of this job.
    cancelled: bool,
    /// What the server ever reported of it.
    told: Vec<Result<(), Option<String>>>,
    /// What of it belonged to another send.
    gone: Vec<Result<(), Option<String>>>,
    /// Whether the job was told that it is in use, and has not lost that with its end.
    known_used: bool,
    /// Whether the job said so of itself.
    settled_by_usage: bool,
    /// What stood in events that nobody could read.
    received: Vec<Result<(), Option<String>>>,
}

#[derive(Clone, Debug)]
pub struct Checker {
    codes: Vec<Code>,
    places: BTreeMap<Code, usize>,
    histories: Vec<History>,
    requests: BTreeMap<u64, Vec<usize>>,
    /// Places of codes that were refused, and how much had been reported of them,
    /// as long as the journal does not have it.
    refusals: BTreeMap<usize, usize>,
    /// Batches that the operator had sent again at any time.
    resends: BTreeSet<usize>,
    duplicates: u64,
    batch_size: usize,
    /// The job pauses after so many codes; 0 for no pause.
    pause_after: usize,
    /// Whether a run began after one that said that it had paused there.
    is_past_pause: bool,
}

/// A promise that was broken.
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
            places: codes.iter().copied().zip(0..).collect(),
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

    /// A process begins with this journal.
    pub fn reopened(&mut self, journal: &[u8], job: &Job) {
        let behind = (0..self.pause_after).step_by(self.batch_size).count();
        // Else it stands before the pause, or at it, and says which.
        self.is_past_pause = records(journal).any(|body| match *body {
            [SENDING, a, b, c, d, ..] => number(&[a, b, c, d]) >= behind,
            _ => false,
        });
        let known = places_in_use(journal);
        for ((place, history), result) in self.histories.iter_mut().enumerate().zip(job.results()) {
            history.known_used = known.contains(&place);
            history.settled_by_usage = result.by == By::Usage;
        }
    }

    /// The journal has everything, or what it lacked is lost with the process.
    pub fn saved(&mut self, everything: bool) {
        for (place, told) in std::mem::take(&mut self.refusals) {
            if everything {
                let history = &mut self.histories[place];
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

    /// The operator decided, or was refused. Gives what should have come of it.
    pub fn may_decide(job: &Job, batch: usize, decision: Decision) -> bool {
        match job.batch(batch).map(|batch| batch.state) {
            Some(CodeState::Unknown) => true,
            Some(CodeState::Pending) => decision == Decision::Abandon,
            _ => false,
        }
    }

    /// The operator's decision was taken.
    pub fn decided(&mut self, batch: usize, was: CodeState, decision: Decision) {
        if decision == Decision::Resend {
            self.resends.insert(batch);
        }
        for place in self.batch(batch) {
            let history = &mut self.histories[place];
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

    /// What holds at any moment. Promise 3.
    pub fn consistent(&self, job: &Job, now: u64) -> Verdict {
        let progress = job.progress(now);
        let mut counts = [0; 8];
        let (mut seen, mut used_before) = (0, 0);
        for (result, code) in job.results().zip(&self.codes) {
            must!(result.code == *code, "promise 3: {code:?} is not at its place");
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
        for (place, result) in job.results().enumerate() {
            let history = &self.histories[place];
            let times = truth.get(&result.code).copied().unwrap_or_default();
            must!(
                times <= 1 + history.resent,
                "promise 1: code {place} was delivered {times} times, resent {}",
                history.resent
            );
            let (state, by) = (result.state, result.by);
            let fine = match state {
                CodeState::Queued if by == By::Operator => history.said_queued,
                CodeState::Queued => history.accepted && times > 0,
                CodeState::Distributed if by == By::Usage => history.known_used,
                CodeState::Distributed => history.told.contains(&Ok(())),
                CodeState::Failed => history.told.iter().any(|told| {
                    told.as_ref().err().is_some_and(|told| told.as_deref() == result.reason)
                }),
                CodeState::Rejected => times == 0 && history.open.is_empty() && history.refused,
                CodeState::Pending => times == 0 && history.open.is_empty(),
                CodeState::Abandoned => history.abandoned,
                CodeState::Sending => true,
                // Something must have been about to leave.
                CodeState::Unknown => job
                    .batch(result.batch)
                    .is_some_and(|batch| batch.attempts > 0 || history.open.is_empty()),
            };
            must!(
                fine,
                "promise 3: code {place} is {state:?} by {by:?}, delivered {times} times: {history:?}"
            );
        }
        Ok(())
    }
}
