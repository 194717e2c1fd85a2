//! What must hold, told from outside: from what left, what came back, what the
//! operator said and what the server knows. None of it asks the machine.

use std::collections::{BTreeMap, BTreeSet};

use uber_vouchers::code::Code;
use uber_vouchers::job::CodeState::{Pending, Sending};
use uber_vouchers::job::{By, CodeInfo, CodeState, Decision, Job, Progress};
use uber_vouchers::webhook::event::{Outcome, Status};

use crate::plan::Plan;

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

    fn batch(&self, batch: usize) -> std::ops::Range<usize> {
        let (size, pause) = (self.batch_size, self.pause_after);
        // As many as it takes for the codes before the pause, and no code in two of them.
        let ends: Vec<usize> =
            (0..pause).step_by(size).map(|start| pause.min(start + size)).collect();
        let rest = (pause..self.codes.len()).step_by(size);
        let starts: Vec<usize> = (0..pause).step_by(size).chain(rest).collect();
        let Some(start) = starts.get(batch).copied() else { return 0..0 };
        let end = ends.get(batch).copied().unwrap_or((start + size).min(self.codes.len()));
        start..end
    }

    /// A run begins, of a job that says whether it stands at its pause.
    pub fn run_begins(&mut self, is_paused: bool) {
        self.is_past_pause |= is_paused;
    }

    /// A run is over. It says that the job has paused if nothing else ended it and it
    /// sent the first codes alone.
    pub fn run_ended(&self, job: &Job, is_paused: bool, is_cut_short: bool) -> Verdict {
        let is_due = self.pause_after > 0 && !self.is_past_pause;
        if is_paused {
            must!(self.pause_after > 0, "pause: there is none, and the job says that it paused");
            let first = || job.results().take(self.pause_after);
            let open = first().find(|code| matches!(code.state, Pending | Sending));
            must!(open.is_none(), "pause: {open:?} was not answered before it");
        } else {
            must!(!is_due || is_cut_short, "pause: the run ended, and does not say why");
        }
        Ok(())
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
            must!(
                self.is_past_pause || self.pause_after == 0 || place < self.pause_after,
                "pause: code {place} left in the run of the first {}",
                self.pause_after
            );
            places.push(place);
            let history = &mut self.histories[place];
            let unproven = history.open.difference(&history.excused).next();
            must!(
                unproven.is_none(),
                "promise 1: code {place} leaves again, though request {unproven:?} may have been queued"
            );
            must!(
                !history.settled_by_usage && (!history.known_used || history.open.is_empty()),
                "usage: code {place} leaves again, though it is known to be in use"
            );
            history.resent += u32::from(!history.open.is_empty());
            history.open.insert(request);
        }
        self.requests.insert(request, places);
        Ok(())
    }

    /// A request holds what is said to be in it: nothing that is still to be sent is left
    /// out, whatever is known of it.
    pub fn left_whole(&self, job: &Job, batch: usize, codes: &[Code]) -> Verdict {
        let sending: Vec<Code> = self
            .batch(batch)
            .filter_map(|place| job.code(place))
            .filter(|result| result.state == CodeState::Sending)
            .map(|result| result.code)
            .collect();
        must!(sending == codes, "promise 3: {sending:?} are sending, {codes:?} leave");
        Ok(())
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
        let is_settled = |place| job.code(place).is_some_and(|result| result.by == By::Usage);
        if state == Some(CodeState::Pending) || self.batch(batch).all(is_settled) {
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

/// What is known of a code, as it is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    pub state: CodeState,
    pub by: By,
    pub reason: Option<String>,
}

impl Known {
    fn by_usage() -> Self {
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
fn best(old: Known, outcome: &Result<(), Option<String>>) -> Known {
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

const SENDING: u8 = 3;
const ANSWER: u8 = 4;
const RESUMED: u8 = 8;
const USAGE: u8 = 9;

/// The kind of the last record that says whether a batch is under way, read from
/// the bytes as the format's documentation has them.
fn last_word(journal: &[u8], batch: usize) -> Option<u8> {
    let mut last = None;
    for body in records(journal) {
        // What a torn journal holds may be no record at all.
        match *body {
            [kind @ (SENDING | ANSWER), a, b, c, d, ..] if number(&[a, b, c, d]) == batch => {
                last = Some(kind);
            }
            [RESUMED, ..] => last = Some(RESUMED),
            _ => {}
        }
    }
    last
}

/// The places of all codes that the journal says are in use.
fn places_in_use(journal: &[u8]) -> BTreeSet<usize> {
    let usage = records(journal).filter(|body| body.first() == Some(&USAGE));
    usage.flat_map(|body| body[1..].chunks(4).map(number)).collect()
}

/// The bodies of the records, as the format's documentation has them.
fn records(journal: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut at = 4;
    std::iter::from_fn(move || {
        let length = number(journal.get(at..at + 4)?);
        let body = journal.get(at + 8..at + 8 + length)?;
        at += 8 + length + 8;
        Some(body)
    })
}

fn number(bytes: &[u8]) -> usize {
    u32::from_le_bytes(bytes.try_into().unwrap()) as usize
}
