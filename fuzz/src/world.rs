//! A job, its journal, and a driver: a world in which anything can happen at any time,
//! and which keeps its own account of what was sent.

use std::collections::{BTreeMap, BTreeSet};

use arbitrary::{Arbitrary, Result, Unstructured};
use uber_vouchers::code::Code;
use uber_vouchers::error::{Error, ErrorCode};
use uber_vouchers::http::{BaseUrl, ResponseHead};
use uber_vouchers::job::{Action, CodeState, Decision, Job, Recovery, Settings, Source};
use uber_vouchers::json::Json;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::response::error_from_record;
use uber_vouchers::webhook::event::{Outcome, Status};

use crate::journal::{MAGIC, is_leaving, records};

const START: u64 = 1_700_000_000_000;

/// The code at this index of the list; from the last index on, codes of no list.
pub fn code(index: usize) -> Code {
    Code::from_bytes((0x1f91_3a96_0000_4000_8000_0000_0000_0001 + index as u128).to_be_bytes())
        .unwrap()
}

/// Adds the codes of a job in one of the two ways.
fn add_codes(recovery: &mut Recovery, total: usize) {
    for index in 0..total {
        let code = code(index);
        if total.is_multiple_of(2) {
            recovery.add_codes(code.as_bytes(), total);
        } else {
            recovery.add_distinct_codes(code.as_bytes(), total);
        }
    }
}

/// The organization of all worlds.
pub fn api() -> Api {
    let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
    Api::new(base_url, OrganizationId::new("o").unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
}

/// The counts match the codes, and no code is lost or moved.
pub fn check_counts(job: &Job, total: usize) {
    let progress = job.progress(START);
    let mut counts = [0; 8];
    let mut batches =
        (0..job.batches()).flat_map(|batch| vec![batch; job.batch(batch).unwrap().codes as usize]);
    for (index, result) in job.results().enumerate() {
        assert_eq!(result.code, code(index));
        assert_eq!(Some(result.batch), batches.next());
        counts[result.state as usize] += 1;
    }
    assert_eq!(progress.counts, counts);
    assert_eq!(counts.iter().sum::<u32>() as usize, total);
    assert_eq!((progress.total, job.results().count()), (total, total));
    let batches: u32 = (0..job.batches()).map(|index| job.batch(index).unwrap().codes).sum();
    assert_eq!(batches as usize, total);
}

/// What happens next.
#[derive(Clone, Debug)]
pub enum Event {
    /// The job is polled.
    Poll,
    /// Its append succeeded.
    Saved,
    /// Its append failed, or may have.
    SaveFailed,
    /// A requested token arrived.
    Token(u8),
    /// It did not: 0 permanently, 1 temporarily, otherwise for now.
    NoToken(u8, u8),
    /// A response to one of the requests arrived: a status, and how long to wait.
    Answer(u8, u16, u8),
    /// No response arrived.
    Lost(u8),
    /// Outcomes: indices, and the outcome of each.
    Report(Vec<(u8, u8)>),
    /// The operator decides.
    Resolve(Option<u8>, Decision),
    /// A run starts.
    Start,
    /// The run is paused.
    Pause,
    /// Other jobs share the rate.
    Hold(u8),
    /// Time passes.
    Tick(u16),
    /// The process ends after a part of an append, and is restarted.
    Crash(u8),
    /// The journal is an older copy, without this many records.
    Restored(u8),
    /// A call about a batch that has no pending action.
    Stray(u8, u8),
}

impl<'a> Arbitrary<'a> for Event {
    // By hand, so that a byte is an event and seeds can be written.
    fn arbitrary(u: &mut Unstructured<'a>) -> Result<Self> {
        Ok(match u.int_in_range(0..=31)? {
            0..=7 => Event::Poll,
            8..=11 => Event::Saved,
            12 => Event::SaveFailed,
            13..=15 => Event::Token(u.arbitrary()?),
            16 => Event::NoToken(u.arbitrary()?, u.int_in_range(0..=4)?),
            17..=19 => {
                let common =
                    [200, 200, 400, 401, 403, 404, 408, 409, 413, 422, 429, 499, 500, 503, 302];
                let which = u.arbitrary()?;
                let status = match u.int_in_range(0..=31_usize)? {
                    31 => u.int_in_range(0..=999)?,
                    index => common[index % common.len()],
                };
                Event::Answer(which, status, u.int_in_range(0..=3)?)
            }
            20 => Event::Lost(u.arbitrary()?),
            21 | 22 => {
                let count = u.int_in_range(1..=4)?;
                Event::Report((0..count).map(|_| u.arbitrary()).collect::<Result<_>>()?)
            }
            23 | 24 => {
                let batch = u.int_in_range(0..=15)?;
                let decision =
                    *u.choose(&[Decision::Resend, Decision::Queued, Decision::Abandon])?;
                Event::Resolve((batch < 12).then_some(batch), decision)
            }
            25 => Event::Start,
            26 => Event::Pause,
            27 => Event::Hold(u.arbitrary()?),
            28 => Event::Tick(u.arbitrary()?),
            29 => Event::Crash(u.arbitrary()?),
            30 => Event::Restored(u.arbitrary()?),
            _ => Event::Stray(u.arbitrary()?, u.int_in_range(0..=4)?),
        })
    }
}

/// What the world knows about one code.
// Each flag is an event that happened, independent of the others.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Debug, Default)]
struct History {
    /// Requests with it that may have been queued.
    open: BTreeSet<u64>,
    /// Those of them for which the operator decided to resend.
    excused: BTreeSet<u64>,
    accepted: bool,
    refused: bool,
    said_queued: bool,
    abandoned: bool,
    /// All that was ever reported about it: a reason, if it failed.
    told: BTreeSet<Option<Option<String>>>,
}

/// A job, and everything that can happen to it.
pub struct World {
    job: Job,
    settings: Settings,
    total: usize,
    now: u64,
    /// What has been saved.
    pub journal: Vec<u8>,
    saving: Option<Vec<u8>>,
    broken: bool,
    /// The journal is an older copy, and this was not stated yet.
    restored: bool,
    asked: Vec<usize>,
    out: Vec<(usize, u64)>,
    requests: BTreeMap<u64, Vec<usize>>,
    histories: Vec<History>,
}

impl World {
    /// A job that was just created.
    pub fn new(u: &mut Unstructured<'_>) -> Result<Self> {
        let total = u.int_in_range(1..=12)?;
        let settings = Settings {
            batch_size: u.int_in_range(1..=5)?,
            pause_after: 0,
            concurrency: u.int_in_range(1..=4)?,
            interval_ms: *u.choose(&[0.0, 50.0, 1e3])?,
            renews: u.arbitrary()?,
            max_retries: u.int_in_range(0..=3)?,
        };
        let mut recovery = Recovery::new(api(), settings.clone());
        add_codes(&mut recovery, total);
        let job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 3, START).unwrap();
        Ok(Self {
            job,
            settings,
            total,
            now: START,
            journal: Vec::new(),
            saving: None,
            broken: false,
            restored: false,
            asked: Vec::new(),
            out: Vec::new(),
            requests: BTreeMap::new(),
            histories: vec![History::default(); total],
        })
    }

    /// Handles an event; then everything must still be true.
    pub fn take(&mut self, event: Event) {
        match event {
            Event::Poll => _ = self.poll(),
            Event::Saved => self.saved(),
            Event::SaveFailed => {
                if let Some(bytes) = &self.saving {
                    self.journal.extend_from_slice(&bytes[..bytes.len() / 2]);
                    self.saving = None;
                    self.broken = true;
                    self.job.handle_save_failed();
                }
            }
            Event::Token(which) => {
                if let Some(batch) = pick(&mut self.asked, which) {
                    self.job.handle_token(batch);
                }
            }
            Event::NoToken(which, kind) => {
                if let Some(batch) = pick(&mut self.asked, which) {
                    self.job.handle_no_token(batch, token_error(kind), self.now, 0.5);
                }
            }
            Event::Answer(which, status, wait) => {
                if let Some((batch, request)) = pick(&mut self.out, which) {
                    self.answer(batch, request, status, wait);
                }
            }
            Event::Lost(which) => {
                if let Some((batch, _)) = pick(&mut self.out, which) {
                    self.job.handle_lost(batch, &error_from_record(ErrorCode::Timeout, 0, None));
                }
            }
            Event::Report(reports) => self.report(&reports),
            Event::Resolve(batch, decision) => self.resolve(batch.map(usize::from), decision),
            Event::Start => self.job.start(self.now),
            Event::Pause => self.job.pause(),
            Event::Hold(ms) => self.job.hold(self.now + u64::from(ms)),
            Event::Tick(ms) => self.now += u64::from(ms),
            Event::Crash(torn) => self.crash(torn),
            Event::Restored(records) => self.restore(records),
            Event::Stray(batch, what) => self.stray(usize::from(batch), what),
        }
        check_counts(&self.job, self.total);
        self.check_truth();
    }

    /// From here on everything succeeds, so the job must finish.
    pub fn finish(mut self) {
        self.check_replay();
        if self.broken {
            self.crash(255);
        }
        self.job.start(self.now);
        for _ in 0..10_000 {
            if let Some((batch, request)) = self.out.pop() {
                self.answer(batch, request, 200, 0);
            }
            if let Some(batch) = self.asked.pop() {
                self.job.handle_token(batch);
            }
            self.saved();
            match self.poll() {
                Action::Wait(until) => self.now = until,
                // It ends the paused run first, and is then started again.
                Action::Done if self.job.progress(self.now).count(CodeState::Pending) > 0 => {
                    self.job.start(self.now);
                }
                Action::Done => break,
                Action::Idle if self.out.is_empty() && self.asked.is_empty() => {
                    assert!(self.saving.is_some(), "nothing is under way, and it is not done");
                }
                _ => {}
            }
        }
        let progress = self.job.progress(self.now);
        assert_eq!(progress.count(CodeState::Pending) + progress.count(CodeState::Sending), 0);
        assert!(!self.job.is_running() && self.job.is_saved());
        check_counts(&self.job, self.total);
        self.check_truth();
        self.check_replay();
    }

    fn poll(&mut self) -> Action {
        let action = self.job.poll(self.now);
        match &action {
            Action::Save(bytes) => {
                assert!(self.saving.is_none() && !self.broken && !bytes.is_empty());
                self.saving = Some(bytes.clone());
            }
            Action::NeedToken { batch, .. } => self.asked.push(*batch),
            Action::Send { batch, request } => self.left(*batch, request.body.as_deref().unwrap()),
            Action::Wait(until) => assert!(*until > self.now),
            Action::Done => {
                assert!(self.out.is_empty() && self.saving.is_none() && !self.job.is_running());
                // Unanswered requests for tokens are dropped.
                self.asked.clear();
            }
            Action::Idle => {}
        }
        action
    }

    fn saved(&mut self) {
        if let Some(bytes) = self.saving.take() {
            self.journal.extend(bytes);
            self.restored = false;
            self.job.handle_saved();
            let end = self.job.journal_end();
            assert!(end >= self.journal.len() as u64);
            assert_eq!(
                end == self.journal.len() as u64 && self.job.is_created(),
                self.job.is_saved()
            );
        }
    }

    /// A request is sent: after its record, with its own codes, and with nothing that may
    /// already have been queued.
    fn left(&mut self, batch: usize, body: &[u8]) {
        assert!(is_leaving(&self.journal, batch), "it left before its record was saved");
        assert!(!self.out.iter().any(|(out, _)| *out == batch), "it is under way already");
        let request = self.requests.len() as u64;
        let body: serde_json::Value = serde_json::from_slice(body).unwrap();
        let codes = body["codes"].as_array().unwrap();
        assert!(!codes.is_empty(), "an empty list would reach everybody");
        let mut indices = Vec::new();
        for text in codes {
            let index = (0..self.total)
                .find(|index| code(*index).to_string() == text.as_str().unwrap())
                .unwrap();
            assert_eq!(index / self.job.batch_size(), batch);
            assert!(!indices.contains(&index));
            indices.push(index);
            let history = &mut self.histories[index];
            assert!(history.open.is_subset(&history.excused), "a second send without proof");
            history.open.insert(request);
        }
        self.requests.insert(request, indices);
        self.out.push((batch, request));
    }

    fn answer(&mut self, batch: usize, request: u64, status: u16, wait: u8) {
        let fields = [vec![], vec![("retry-after", "0")], vec![("retry-after", "7")]];
        let page = vec![("content-type", "text/html")];
        let is_page = usize::from(wait) == fields.len();
        let headers = fields.get(usize::from(wait)).unwrap_or(&page).iter().copied().collect();
        let head = ResponseHead { status, headers };
        // With an error code of Uber's, a 200 would not be an acceptance.
        let parsed = match status {
            200..=299 => Json::object(),
            _ => Json::object().with("code", "ubers_own"),
        };
        let error = self.job.handle_response(batch, &head, "{}", &parsed, self.now, 0.5);
        let accepted = (200..300).contains(&status) && !is_page;
        assert_eq!(error.is_none(), accepted);
        for index in self.requests[&request].clone() {
            let history = &mut self.histories[index];
            if (400..500).contains(&status) && !matches!(status, 408 | 499) {
                history.open.remove(&request);
            }
            history.accepted |= accepted;
            history.refused |= matches!(status, 400 | 413 | 422);
        }
    }

    fn report(&mut self, reports: &[(u8, u8)]) {
        let mut outcomes = Vec::new();
        for (index, what) in reports {
            // Some codes belong to other jobs.
            let index = usize::from(*index) % (self.total + 2);
            let (status, reason) = match what % 4 {
                0 => (Status::Distributed, None),
                1 => (Status::Failed, None),
                _ => (Status::Failed, Some(["b", "a", "c"][usize::from(*what) / 4 % 3])),
            };
            let reason = reason.map(str::to_owned);
            if let Some(history) = self.histories.get_mut(index) {
                history.told.insert((status == Status::Failed).then(|| reason.clone()));
            }
            outcomes.push(Outcome { code: code(index), status, reason });
        }
        let before = self.seen();
        let settled = self.job.handle_outcomes(&outcomes);
        assert!(settled as usize <= outcomes.len());
        for (index, (old, new)) in before.iter().zip(self.seen()).enumerate() {
            let told = outcomes.iter().any(|outcome| outcome.code == code(index));
            assert!(told || *old == new, "it was settled by a report on others");
        }
        // Repeated, or in another order, it changes nothing.
        let after = self.seen();
        assert_eq!(self.job.handle_outcomes(&outcomes), 0);
        outcomes.reverse();
        assert_eq!(self.job.handle_outcomes(&outcomes), 0);
        assert_eq!(self.seen(), after);
    }

    fn resolve(&mut self, batch: Option<usize>, decision: Decision) {
        let states: Vec<_> =
            (0..self.job.batches()).map(|index| self.job.batch(index).unwrap().state).collect();
        let fits = |state: CodeState| {
            state == CodeState::Unknown
                || state == CodeState::Pending && decision == Decision::Abandon
        };
        let created = self.job.is_created();
        let taken = self.job.resolve(batch, decision);
        if !created {
            assert!(taken.is_err());
            return;
        }
        if let Some(batch) = batch {
            let fitting = states.get(batch).is_some_and(|state| fits(*state));
            assert_eq!(taken.is_ok(), fitting);
        }
        for (index, state) in states.iter().enumerate() {
            if fits(*state) && batch.is_none_or(|batch| batch == index) {
                let size = self.job.batch_size();
                for history in self.histories.iter_mut().skip(index * size).take(size) {
                    match decision {
                        Decision::Resend => history.excused.extend(&history.open),
                        Decision::Queued => history.said_queued = true,
                        Decision::Abandon => history.abandoned = true,
                    }
                }
            }
        }
    }

    /// Calls without a pending action change nothing.
    fn stray(&mut self, batch: usize, what: u8) {
        if self.out.iter().any(|(out, _)| *out == batch) || self.asked.contains(&batch) {
            return;
        }
        let before = (self.seen(), self.job.journal_end());
        let error = error_from_record(ErrorCode::Timeout, 0, None);
        let head = ResponseHead { status: 200, ..ResponseHead::default() };
        match what {
            0 => self.job.handle_lost(batch, &error),
            1 => {
                let error = self.job.handle_response(batch, &head, "", &Json::Null, self.now, 0.5);
                assert_eq!(error, None);
            }
            2 => assert!(!self.job.handle_no_token(batch, error, self.now, 0.5)),
            3 => self.job.handle_token(batch),
            _ => self.job.handle_outcomes(&[]).eq(&0).then_some(()).unwrap(),
        }
        assert_eq!(before, (self.seen(), self.job.journal_end()));
    }

    fn crash(&mut self, torn: u8) {
        let appended = self.saving.take().unwrap_or_default();
        self.journal.extend_from_slice(&appended[..appended.len() * usize::from(torn) / 255]);
        self.resume();
    }

    /// Without its last records, but with all codes.
    fn restore(&mut self, lost: u8) {
        let records = records(&self.journal);
        let created = 2;
        if records.len() > created {
            let kept = records.len() - usize::from(lost) % (records.len() - created + 1);
            let end = records[kept - 1].1;
            self.journal.truncate(end);
            self.restored = true;
            self.resume();
        }
    }

    fn resume(&mut self) {
        let mut recovery = Recovery::new(api(), self.settings.clone());
        recovery.push(&self.journal).unwrap();
        let kept = usize::try_from(recovery.kept()).unwrap();
        assert!(kept <= self.journal.len());
        self.journal.truncate(kept);
        self.saving = None;
        self.broken = false;
        self.asked.clear();
        self.out.clear();
        if kept > 0 {
            self.job = recovery.resume(self.restored).unwrap();
            return;
        }
        // Its creation is incomplete, so nothing can have been sent.
        assert!(self.requests.is_empty());
        add_codes(&mut recovery, self.total);
        self.job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 3, self.now).unwrap();
    }

    /// The visible state of each code.
    fn seen(&self) -> Vec<(CodeState, Source, Option<String>)> {
        let reason = |reason: Option<&str>| reason.map(str::to_owned);
        self.job.results().map(|one| (one.state, one.by, reason(one.reason))).collect()
    }

    /// No state is better than its evidence.
    fn check_truth(&self) {
        for ((state, by, reason), history) in self.seen().into_iter().zip(&self.histories) {
            let fine = match state {
                CodeState::Queued if by == Source::Operator => history.said_queued,
                CodeState::Queued => history.accepted,
                CodeState::Distributed => history.told.contains(&None),
                CodeState::Failed => history.told.contains(&Some(reason)),
                CodeState::Rejected => history.open.is_empty() && history.refused,
                CodeState::Pending => history.open.is_empty(),
                CodeState::Abandoned => history.abandoned,
                CodeState::Sending | CodeState::Unknown => true,
            };
            assert!(fine, "{state:?} by {by:?} of {history:?}");
        }
    }

    /// The journal leads to the same states as the job; only a batch under way is unknown
    /// there, or shows an outcome that waited for its response.
    fn check_replay(&self) {
        if !self.job.is_saved() || self.broken {
            return;
        }
        let mut recovery = Recovery::new(api(), self.settings.clone());
        recovery.push(&self.journal).unwrap();
        assert_eq!(recovery.kept(), self.journal.len() as u64);
        let again = recovery.resume(false).unwrap();
        for (one, other) in self.job.results().zip(again.results()) {
            if one.state == CodeState::Sending {
                use CodeState::{Distributed, Failed, Unknown};
                assert!(matches!(other.state, Unknown | Distributed | Failed));
            } else {
                assert_eq!(one, other);
            }
        }
        let (one, other) = (self.job.progress(self.now), again.progress(self.now));
        assert_eq!(
            (one.requests, one.retries, one.started_at),
            (other.requests, other.retries, other.started_at)
        );
        assert_eq!((again.id(), again.duplicates()), (self.job.id(), self.job.duplicates()));
        assert_eq!(records(&self.journal).last().map(|(_, end)| *end), Some(self.journal.len()));
        assert!(self.journal.starts_with(&MAGIC));
    }
}

fn pick<T>(from: &mut Vec<T>, which: u8) -> Option<T> {
    let index = usize::from(which).checked_rem(from.len())?;
    Some(from.remove(index))
}

fn token_error(kind: u8) -> Error {
    match kind {
        0 => error_from_record(ErrorCode::TokenRejected, 401, None),
        1 => error_from_record(ErrorCode::TokenUnavailable, 503, None),
        2 => error_from_record(ErrorCode::TokenUnavailable, 429, None),
        3 => error_from_record(ErrorCode::ConnectionFailed, 0, None),
        _ => error_from_record(ErrorCode::Timeout, 0, None),
    }
}
