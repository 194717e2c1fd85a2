//! What must hold, told from outside: from what left, what came back, what the
//! operator said and what the server knows. None of it asks the machine.

use std::collections::{BTreeMap, BTreeSet};

use uber_vouchers::code::Code;
use uber_vouchers::job::{By, CodeState, Decision, Job};
use uber_vouchers::webhook::event::{Outcome, Status};

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

impl Checker {
    pub fn new(codes: &[Code], batch_size: usize, duplicates: u64) -> Self {
        Self {
            codes: codes.to_vec(),
            places: codes.iter().copied().zip(0..).collect(),
            histories: vec![History::default(); codes.len()],
            requests: BTreeMap::new(),
            refusals: BTreeMap::new(),
            resends: BTreeSet::new(),
            duplicates,
            batch_size,
        }
    }

    fn batch(&self, batch: usize) -> std::ops::Range<usize> {
        let start = (batch * self.batch_size).min(self.codes.len());
        start..(start + self.batch_size).min(self.codes.len())
    }

    /// A request leaves. Promises 1 and 2.
    pub fn left(&mut self, request: u64, batch: usize, codes: &[Code], journal: &[u8]) -> Verdict {
        must!(!codes.is_empty(), "an empty list would reach everybody");
        must!(
            last_word(journal, batch) == Some(SENDING),
            "promise 2: batch {batch} left before its record was durable"
        );
        let mut places = Vec::new();
        for code in codes {
            let place = self.places.get(code).copied();
            let Some(place) = place.filter(|place| self.batch(batch).contains(place)) else {
                return Err(format!("{code:?} is not of batch {batch}"));
            };
            must!(!places.contains(&place), "{code:?} stands twice in a request");
            places.push(place);
            let history = &mut self.histories[place];
            let unproven = history.open.difference(&history.excused).next();
            must!(
                unproven.is_none(),
                "promise 1: code {place} leaves again, though request {unproven:?} may have been queued"
            );
            history.resent += u32::from(!history.open.is_empty());
            history.open.insert(request);
        }
        self.requests.insert(request, places);
        Ok(())
    }

    /// An answer was seen.
    pub fn answered(&mut self, request: u64, status: u16, contradicts: bool) {
        let refused = (400..500).contains(&status) && !matches!(status, 408 | 499);
        for place in self.requests.get(&request).cloned().unwrap_or_default() {
            let history = &mut self.histories[place];
            if refused {
                history.open.remove(&request);
            }
            history.refused |= matches!(status, 400 | 413 | 422);
            history.accepted |= (200..300).contains(&status) && !contradicts;
        }
    }

    /// No connection was made for a request, so it is not open any more.
    pub fn unsent(&mut self, request: u64) {
        for place in self.requests.get(&request).into_iter().flatten() {
            self.histories[*place].open.remove(&request);
        }
    }

    /// A batch whose request never left is as if it had not been tried. Promise 3.
    pub fn returned(&mut self, job: &Job, batch: usize) -> Verdict {
        let state = job.batch(batch).map(|batch| batch.state);
        if state == Some(CodeState::Pending) {
            self.never_left(batch);
        } else {
            must!(
                self.resends.contains(&batch),
                "promise 3: batch {batch} never left, and is {state:?}"
            );
        }
        Ok(())
    }

    /// A batch is known not to have been sent: what was reported of it by now
    /// belongs to another send, once the journal has that.
    pub fn never_left(&mut self, batch: usize) {
        for place in self.batch(batch) {
            self.refusals.insert(place, self.histories[place].told.len());
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

    /// Something was reported.
    pub fn told(&mut self, before: &[State], reports: &[Report]) {
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
        before: &[State],
        after: &[State],
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
                    new.state == expected.state && new.reason == expected.reason,
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

    /// What holds at any moment. Promise 3.
    pub fn consistent(&self, job: &Job, now: u64) -> Verdict {
        let progress = job.progress(now);
        let mut counts = [0; 8];
        let mut seen = 0;
        for (result, code) in job.results().zip(&self.codes) {
            must!(result.code == *code, "promise 3: {code:?} is not at its place");
            counts[result.state as usize] += 1;
            seen += 1;
        }
        must!(seen == self.codes.len() && progress.total == seen, "promise 3: {seen} codes");
        must!(
            progress.counts == counts,
            "promise 3: the counts {:?} are not what the codes say: {counts:?}",
            progress.counts
        );
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

/// What is known of a code, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    pub state: CodeState,
    pub reason: Option<String>,
}

pub fn states(job: &Job) -> Vec<State> {
    job.results()
        .map(|result| State { state: result.state, reason: result.reason.map(str::to_owned) })
        .collect()
}

/// Distributed before failed, a reason before none, then the smaller reason.
fn best(old: State, outcome: &Result<(), Option<String>>) -> State {
    let new = match outcome {
        Ok(()) => State { state: CodeState::Distributed, reason: None },
        Err(reason) => State { state: CodeState::Failed, reason: reason.clone() },
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

const SENDING: u8 = 3;
const ANSWER: u8 = 4;
const RESUMED: u8 = 8;

/// The kind of the last record that says whether a batch is under way, read from
/// the bytes as the format's documentation has them.
fn last_word(journal: &[u8], batch: usize) -> Option<u8> {
    let mut last = None;
    let mut at = 4;
    while let Some(header) = journal.get(at..at + 8) {
        let length = u32::from_le_bytes(header[..4].try_into().unwrap()) as usize;
        let body = journal.get(at + 8..at + 8 + length)?;
        let about = |body: &[u8]| u32::from_le_bytes(body[1..5].try_into().unwrap()) as usize;
        match body[0] {
            SENDING | ANSWER if about(body) == batch => last = Some(body[0]),
            RESUMED => last = Some(RESUMED),
            _ => {}
        }
        at += 8 + length + 8;
    }
    last
}
