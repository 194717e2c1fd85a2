//! One run: a virtual clock, the sandbox as the server, a journal on a disk that
//! fails, an operator who decides at random, and a process that dies between
//! any two effects.

mod usage;

use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::error::{Error, ErrorCode};
use uber_vouchers::http::{BaseUrl, Headers, Request, ResponseHead};
use uber_vouchers::job::{Action, CodeState, Decision, Job, Recovery, Settings};
use uber_vouchers::json::Json;
use uber_vouchers::sandbox::{Answer, Faults, IncomingRequest, Options, ProgramSpec, Sandbox};
use uber_vouchers::secret::AccessToken;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::response;
use uber_vouchers::webhook::event;

use crate::checker::{Checker, Report, Verdict, outcomes, states};
use crate::plan::Plan;
use crate::random::Random;

const BEGINNING: u64 = 1_767_225_600_000;
const DAY: u64 = 86_400_000;
const TIMEOUT: u64 = 30_000;
/// A run that takes more effects than this does not come to rest.
const MOST_EFFECTS: u32 = 20_000;
/// A machine that asks for more at one moment turns in circles.
const MOST_POLLS: u32 = 1_000;
/// A torn append leaves this many zeros or more, if any.
const FEWEST_ZEROS: usize = 8;

/// A driver that is deliberately wrong, to see that it is caught.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Takes a record for saved before it is.
    SendsBeforeSaving,
    /// Appends after a torn tail.
    KeepsTornTail,
    /// Throws away the events that it can't read.
    DropsUnread,
}

/// What was taken in.
#[derive(Clone)]
enum Told {
    Reports(Vec<Report>),
    Used(Vec<Code>),
}

impl Told {
    fn tell(&self, job: &mut Job) {
        match self {
            Told::Reports(reports) => job.handle_outcomes(&outcomes(reports)),
            Told::Used(codes) => job.handle_usage(codes.iter().copied()),
        };
    }
}

enum Effect {
    Saved {
        bytes: Vec<u8>,
        lands: usize,
        ok: bool,
    },
    Token {
        batch: usize,
        renew: bool,
    },
    Answered {
        batch: usize,
        request: u64,
        head: ResponseHead,
        body: Vec<u8>,
    },
    Lost {
        batch: usize,
    },
    Unsent {
        batch: usize,
        request: u64,
    },
    Wake,
    Webhooks,
    /// What Uber said about usage, if it said anything.
    Read(Option<Vec<Code>>),
    Start,
    Restart,
}

struct Event {
    at: u64,
    /// Among events of one moment, the order is drawn.
    order: u64,
    process: u32,
    effect: Effect,
}

pub struct World {
    plan: Plan,
    broken: Option<Broken>,
    random: Random,
    now: u64,
    events: Vec<Event>,
    sandbox: Sandbox,
    program: String,
    codes: Vec<Code>,
    token: AccessToken,
    checker: Checker,
    /// What is on the disk.
    journal: Vec<u8>,
    /// Where the creation ends in it; 0 before it has ended.
    created: usize,
    job: Option<Job>,
    process: u32,
    /// The job's last append failed.
    failed: bool,
    /// Under way to the disk.
    appending: Option<Vec<u8>>,
    /// The journal is an older copy, and does not say so yet.
    restored: bool,
    /// How long the journal was when an append was last confirmed.
    known: usize,
    /// Nothing may leave before the next run.
    paused: bool,
    unacknowledged: Vec<u64>,
    wake: Option<u64>,
    /// Everything that was taken in, for the last check.
    told: Vec<Told>,
    /// Events that could not be read when they came.
    unread: Vec<Vec<Report>>,
    /// Whether they can be read by now.
    learned: bool,
    requests: u64,
    crashes: u32,
    calm: bool,
    finished: bool,
    effects: u32,
    pub trace: Vec<String>,
}

pub fn run(plan: &Plan, broken: Option<Broken>) -> (Verdict, Vec<String>) {
    let mut world = World::new(plan.clone(), broken);
    let verdict = world.live();
    (verdict, world.trace)
}

impl World {
    fn new(plan: Plan, broken: Option<Broken>) -> Self {
        let mut sandbox = Sandbox::new(Options {
            seed: plan.seed,
            faults: plan.faults(),
            failure_rate: plan.failure_rate,
            event_form: plan.event_form,
            use_rate: plan.use_rate,
            ..Options::default()
        });
        let count = u32::try_from(plan.codes).unwrap();
        let spec = ProgramSpec { codes: count, ..ProgramSpec::default() };
        let created = sandbox.create_program(spec, BEGINNING).unwrap();
        let token = sandbox.issue_token(BEGINNING);
        Self {
            checker: Checker::new(&created.codes, &plan),
            random: Random(plan.seed),
            broken,
            now: BEGINNING,
            events: vec![],
            sandbox,
            program: created.program_id.as_str().to_owned(),
            codes: created.codes,
            token,
            journal: vec![],
            created: 0,
            job: None,
            process: 0,
            failed: false,
            appending: None,
            restored: false,
            known: 0,
            paused: false,
            unacknowledged: vec![],
            wake: None,
            told: vec![],
            unread: vec![],
            learned: false,
            requests: 0,
            crashes: 0,
            calm: false,
            finished: false,
            effects: 0,
            trace: vec![],
            plan,
        }
    }

    fn api() -> Api {
        let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
        Api::new(base_url, OrganizationId::new("org").unwrap(), "en_US").unwrap()
    }

    fn recovery(&self) -> Recovery {
        let settings = Settings {
            batch_size: self.plan.batch_size,
            pause_after: self.plan.pause_after,
            concurrency: self.plan.concurrency,
            interval_ms: self.plan.interval_ms,
            ..Settings::default()
        };
        Recovery::new(Self::api(), settings)
    }

    fn say(&mut self, what: &str) {
        self.trace.push(format!("{:>10} {what}", self.now - BEGINNING));
    }

    fn after(&mut self, ms: u64, effect: Effect) {
        let (at, order) = (self.now + ms, self.random.next());
        self.events.push(Event { at, order, process: self.process, effect });
    }

    fn live(&mut self) -> Verdict {
        self.after(0, Effect::Restart);
        while let Some(event) = self.next() {
            self.effects += 1;
            if self.effects > MOST_EFFECTS {
                return Err("it does not come to rest".to_owned());
            }
            if self.effects > self.plan.effects && !self.calm {
                self.calm();
            }
            self.now = self.now.max(event.at);
            if !self.calm {
                self.interfere()?;
            }
            self.take(event)?;
            self.turn()?;
            if self.finished && self.events.iter().all(|event| matches!(event.effect, Effect::Wake))
            {
                break;
            }
        }
        self.rest()
    }

    fn next(&mut self) -> Option<Event> {
        let place = (0..self.events.len())
            .min_by_key(|place| (self.events[*place].at, self.events[*place].order))?;
        Some(self.events.swap_remove(place))
    }

    /// From here on nothing goes wrong, so everything must come to its end.
    fn calm(&mut self) {
        self.say("the calm");
        self.calm = true;
        self.sandbox.set_faults(Faults::default());
    }

    /// What happens between two effects.
    fn interfere(&mut self) -> Verdict {
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
    fn within_an_action(&mut self) -> Verdict {
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

    /// An append did not reach the disk as a whole.
    fn write_torn(&mut self, bytes: &[u8]) {
        self.journal.extend_from_slice(bytes);
        if self.random.chance(self.plan.zeros) {
            let zeros = FEWEST_ZEROS + self.random.below(100);
            self.journal.resize(self.journal.len() + zeros, 0);
            self.say(&format!("{zeros} zeros"));
        }
    }

    /// Where to cut instead, so that the copy ends in no zeros or in many: a few can
    /// be damage too, and are refused.
    fn without_a_few_zeros(&self, cut: usize) -> usize {
        let written = &self.journal[self.created..cut];
        let zeros = written.iter().rev().take_while(|byte| **byte == 0).count();
        if zeros < FEWEST_ZEROS { cut - zeros } else { cut }
    }

    fn crash(&mut self) {
        self.crashes += 1;
        self.process += 1;
        self.job = None;
        self.failed = false;
        self.wake = None;
        if let Some(bytes) = self.appending.take() {
            let kept = self.random.below(bytes.len() + 1);
            self.say(&format!("crash, {kept} of {} bytes written", bytes.len()));
            self.write_torn(&bytes[..kept]);
        } else {
            self.say("crash");
        }
        self.refuse_webhooks();
        let away = if self.random.chance(0.1) { 3 * DAY } else { self.random.between(0, 60_000) };
        self.after(away, Effect::Restart);
    }

    /// What was delivered and not acknowledged comes again.
    fn refuse_webhooks(&mut self) {
        self.checker.saved(false);
        for id in std::mem::take(&mut self.unacknowledged) {
            self.sandbox.webhook_answered(id, false, self.now);
        }
    }

    fn restart(&mut self) -> Verdict {
        let backup = !self.calm && self.created > 0 && self.random.chance(self.plan.backup);
        if backup {
            let cut = self.created + self.random.below(self.journal.len() - self.created + 1);
            let cut = self.without_a_few_zeros(cut);
            self.say(&format!("an older copy: {cut} of {} bytes", self.journal.len()));
            self.journal.truncate(cut);
            self.restored = true;
            self.checker.restored();
        }
        let restored = self.restored;
        self.refuse_what_is_lost()?;
        let mut recovery = self.read(self.journal.clone())?;
        recovery.expect_length(self.known as u64);
        let kept = usize::try_from(recovery.kept()).unwrap();
        let resumes = kept > 0 && (restored || self.random.chance(0.5));
        let job = self.open(recovery, resumes, restored)?;
        if self.broken != Some(Broken::KeepsTornTail) {
            self.journal.truncate(kept);
        }
        self.known = kept;
        self.say(&format!("open at {kept}"));
        self.checker.saved(false);
        self.checker.reopened(&self.journal[..kept], &job);
        self.checker.consistent(&job, self.now)?;
        self.job = Some(job);
        self.reread()?;
        self.after(0, Effect::Start);
        self.after(0, Effect::Webhooks);
        Ok(())
    }

    /// A journal with less in it than it had must not be gone on with as it is, and
    /// no job must begin anew on it.
    fn refuse_what_is_lost(&mut self) -> Verdict {
        if self.known == 0 || !self.random.chance(self.plan.lost) {
            return Ok(());
        }
        // What is torn says nothing: it is cut where a record may be whole.
        let cut = self.random.below(self.known.min(self.journal.len()));
        for resumes in [true, false] {
            let mut recovery = self.read(self.journal[..cut].to_vec())?;
            recovery.expect_length(self.known as u64);
            match self.open(recovery, resumes, false) {
                Err(error) if error.contains("journal_lost") => {}
                Err(error) => return Err(error),
                Ok(_) => return Err(format!("promise 5: {cut} of {} bytes", self.known)),
            }
        }
        Ok(())
    }

    fn open(
        &mut self,
        mut recovery: Recovery,
        resumes: bool,
        restored: bool,
    ) -> Result<Job, String> {
        let job = if resumes {
            recovery.resume(restored)
        } else {
            // Both ways in, each for half of the worlds.
            let offer = if self.codes.len().is_multiple_of(2) {
                Recovery::offer
            } else {
                Recovery::offer_distinct
            };
            for code in &self.codes {
                offer(&mut recovery, code.as_bytes(), self.codes.len());
            }
            let program = ProgramId::new(self.program.as_str()).unwrap();
            let id = u128::from(self.random.next()).to_le_bytes();
            recovery.create(program, id, self.plan.duplicates, self.now)
        };
        job.map_err(|error| format!("promise 5: it does not resume: {error}"))
    }

    /// Reads a journal in pieces of any size.
    #[allow(clippy::needless_pass_by_value)] // It is read while the world goes on.
    fn read(&mut self, journal: Vec<u8>) -> Result<Recovery, String> {
        let mut recovery = self.recovery();
        let mut rest = journal.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + self.random.below(rest.len()));
            let pushed = recovery.push(piece);
            pushed.map_err(|error| format!("promise 5: the journal is refused: {error}"))?;
            rest = after;
        }
        Ok(recovery)
    }

    /// A copy of the journal, resumed, knows what the job knows. Promise 5.
    fn compare_with_a_copy(&mut self) -> Verdict {
        let is_saved = self.job.as_ref().is_some_and(Job::is_saved);
        if !is_saved || self.failed || self.broken.is_some() {
            return Ok(());
        }
        let recovery = self.read(self.journal.clone())?;
        let copy = self.open(recovery, true, false)?;
        let Some(job) = &self.job else { return Ok(()) };
        for (place, (live, copy)) in states(job).iter().zip(states(&copy)).enumerate() {
            let same = match live.state {
                CodeState::Sending => matches!(
                    copy.state,
                    CodeState::Unknown | CodeState::Distributed | CodeState::Failed
                ),
                _ => *live == copy,
            };
            if !same {
                return Err(format!("promise 5: code {place} is {live:?}, resumed {copy:?}"));
            }
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Verdict {
        let is_alive = event.process == self.process;
        match event.effect {
            Effect::Restart => return if self.job.is_none() { self.restart() } else { Ok(()) },
            Effect::Webhooks => return self.deliver(),
            Effect::Read(used) => return self.take_reading(used),
            _ if !is_alive => return Ok(()),
            Effect::Wake => self.wake = None,
            Effect::Start => {
                if self.calm {
                    self.decide_about_all()?;
                }
                if let Some(job) = self.job.as_mut().filter(|job| !job.is_running()) {
                    self.checker.run_begins(job.progress(self.now).paused_after);
                    job.start(self.now);
                    self.paused = false;
                    self.say("run");
                }
            }
            Effect::Saved { bytes, lands, ok } => {
                self.appending = None;
                self.say(&format!("append: {lands} of {} bytes, {ok}", bytes.len()));
                if ok {
                    self.journal.extend_from_slice(&bytes);
                    self.known = self.journal.len();
                } else {
                    self.write_torn(&bytes[..lands]);
                }
                let Some(job) = &mut self.job else { return Ok(()) };
                self.restored &= !ok;
                if !ok {
                    self.failed = true;
                    job.handle_save_failed();
                    self.refuse_webhooks();
                } else if self.broken != Some(Broken::SendsBeforeSaving) {
                    job.handle_saved();
                }
            }
            Effect::Token { batch, renew } => self.hand_token(batch, renew),
            Effect::Answered { batch, request, head, body } => {
                self.say(&format!("answer to {request}, batch {batch}: {}", head.status));
                let text = String::from_utf8_lossy(&body).into_owned();
                let contradicts = text.starts_with('<') || text.contains("error");
                self.checker.answered(request, head.status, contradicts);
                let parsed: Json = serde_json::from_str(&text).unwrap_or_default();
                let random = self.random.unit();
                if let Some(job) = &mut self.job {
                    job.handle_response(batch, &head, &text, &parsed, self.now, random);
                    let state = job.batch(batch).map(|batch| batch.state);
                    if matches!(state, Some(CodeState::Pending | CodeState::Rejected)) {
                        self.checker.never_left(batch);
                    }
                }
            }
            Effect::Unsent { batch, request } => {
                self.say(&format!("request {request}, batch {batch}, never left"));
                self.checker.unsent(request);
                let random = self.random.unit();
                if let Some(job) = &mut self.job {
                    let error = Error::unsent("no connection");
                    job.handle_unsent(batch, &error, self.now, random);
                    self.checker.returned(job, batch)?;
                }
            }
            Effect::Lost { batch } => {
                self.say(&format!("no answer to batch {batch}"));
                if let Some(job) = &mut self.job {
                    job.handle_lost(
                        batch,
                        &response::error_from_record(ErrorCode::Timeout, 0, None),
                    );
                }
            }
        }
        Ok(())
    }

    fn hand_token(&mut self, batch: usize, renew: bool) {
        if renew {
            self.token = self.sandbox.issue_token(self.now);
        }
        let fails = !self.calm && self.random.chance(self.plan.token_fails);
        let (permanent, random) = (self.random.chance(0.3), self.random.unit());
        if !self.calm && self.random.chance(self.plan.unsent) {
            let error = Error::unsent("no connection");
            let Some(job) = &mut self.job else { return };
            assert!(!job.handle_no_token(batch, error, self.now, random), "it halts");
            return;
        }
        let Some(job) = &mut self.job else { return };
        if fails {
            let code =
                if permanent { ErrorCode::TokenRejected } else { ErrorCode::ConnectionFailed };
            job.handle_no_token(
                batch,
                response::error_from_record(code, 0, None),
                self.now,
                random,
            );
        } else {
            job.handle_token(batch);
        }
    }

    /// Does what the machine asks for.
    fn turn(&mut self) -> Verdict {
        for _ in 0..MOST_POLLS {
            let Some(job) = &mut self.job else { return Ok(()) };
            match job.poll(self.now) {
                Action::Save(bytes) => self.append(bytes),
                Action::NeedToken { batch, renew } => {
                    let ms = self.random.between(0, 300);
                    self.after(ms, Effect::Token { batch, renew });
                }
                Action::Send { batch, request } => self.send(batch, &request)?,
                Action::Wait(until) => {
                    if self.wake != Some(until) {
                        self.wake = Some(until);
                        self.after(until.saturating_sub(self.now), Effect::Wake);
                    }
                    return self.look();
                }
                Action::Idle => return self.look(),
                Action::Done => {
                    self.done()?;
                    return self.look();
                }
            }
            self.within_an_action()?;
        }
        Err("it turns in circles".to_owned())
    }

    fn append(&mut self, bytes: Vec<u8>) {
        let fails = !self.calm && self.random.chance(self.plan.append_fails);
        let lands = match self.random.below(3) {
            _ if !fails => bytes.len(),
            // It failed, and is there.
            0 => bytes.len(),
            1 => 0,
            _ => self.random.below(bytes.len() + 1),
        };
        let most = if self.plan.slow_appends { 2_000 } else { 5 };
        let ms = self.random.between(0, most);
        self.appending = Some(bytes.clone());
        self.after(ms, Effect::Saved { bytes, lands, ok: !fails });
        if self.broken == Some(Broken::SendsBeforeSaving)
            && let Some(job) = &mut self.job
        {
            job.handle_saved();
        }
    }

    fn send(&mut self, batch: usize, request: &Request) -> Verdict {
        if self.paused {
            return Err(format!("batch {batch} leaves after a pause"));
        }
        self.requests += 1;
        let id = self.requests;
        let body: Value =
            serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap();
        let listed =
            body["codes"].as_array().ok_or("a request without a list reaches everybody")?;
        let codes: Vec<Code> = listed
            .iter()
            .map(|code| Code::parse(code.as_str().unwrap().as_bytes()).unwrap())
            .collect();
        self.say(&format!("request {id}: batch {batch}, {} codes", codes.len()));
        self.checker.left(id, batch, &codes, &self.journal)?;
        if let Some(job) = &self.job {
            self.checker.left_whole(job, batch, &codes)?;
        }
        if !self.calm && self.random.chance(self.plan.unsent) {
            let ms = self.random.between(1, 100);
            self.after(ms, Effect::Unsent { batch, request: id });
            return Ok(());
        }
        if !self.calm && self.random.chance(self.plan.refused) {
            let statuses = [400, 401, 402, 403, 404, 409, 413, 422, 429];
            let status = statuses[self.random.below(statuses.len())];
            let head = ResponseHead { status, headers: Headers::default() };
            let ms = self.random.between(1, 100);
            self.after(ms, Effect::Answered { batch, request: id, head, body: vec![] });
            return Ok(());
        }
        let incoming = IncomingRequest::new(request, Some(&self.token));
        let reply = self.sandbox.handle(&incoming, self.now);
        match reply.answer {
            Answer::Response(response) => {
                let (mut head, mut body) = (response.head, response.body);
                if head.is_html() && self.random.chance(0.5) {
                    head.headers = Headers::default();
                } else if head.status == 200
                    && !self.calm
                    && self.random.chance(self.plan.contradicts)
                {
                    body = br#"{"code":"internal_server_error"}"#.to_vec();
                }
                self.after(reply.after_ms, Effect::Answered { batch, request: id, head, body });
            }
            Answer::Lost => self.after(reply.after_ms, Effect::Lost { batch }),
            Answer::Hang => self.after(TIMEOUT, Effect::Lost { batch }),
        }
        // Sometimes before the answer.
        let ms = self.random.between(0, 6_000);
        self.after(ms, Effect::Webhooks);
        Ok(())
    }

    fn deliver(&mut self) -> Verdict {
        let most = 1 + self.random.below(4);
        for webhook in self.sandbox.take_due_webhooks(self.now, most) {
            let body: Json = serde_json::from_slice(&webhook.body).unwrap();
            let event = event::read(&body, None, &Json::Null).unwrap();
            let is_ours = event.program_id() == Some(&self.program);
            let reports: Vec<Report> = if is_ours {
                event.outcomes.into_iter().map(Report::from).collect()
            } else {
                vec![]
            };
            let opaque = usage::opaque_reports(&webhook.body);
            if is_ours && !opaque.is_empty() {
                // Kept before it is acknowledged, whatever the job does.
                self.sandbox.webhook_answered(webhook.id, true, self.now);
                self.keep_unread(opaque)?;
                continue;
            }
            let gone = !self.calm && self.random.chance(self.plan.late);
            if self.job.is_none() || self.failed || gone {
                self.sandbox.webhook_answered(webhook.id, false, self.now);
                continue;
            }
            self.unacknowledged.push(webhook.id);
            self.report(reports)?;
        }
        if let Some(at) = self.sandbox.next_webhook_at() {
            let late = if self.random.chance(self.plan.late) { 2 * DAY } else { 0 };
            let ms = at.saturating_sub(self.now) + self.random.between(0, 100);
            self.after(if self.calm { ms } else { ms + late }, Effect::Webhooks);
        }
        Ok(())
    }

    fn report(&mut self, reports: Vec<Report>) -> Verdict {
        let Some(job) = &mut self.job else { return Ok(()) };
        let before = states(job);
        self.checker.told(&before, &reports);
        let settled = job.handle_outcomes(&outcomes(&reports));
        let after = states(job);
        self.checker.reported(&before, &after, &reports, settled)?;
        self.say(&format!("webhook: {} reports, {settled} settled", reports.len()));
        self.told.push(Told::Reports(reports));
        Ok(())
    }

    /// Outcomes of codes of this job that somebody else has sent.
    fn report_of_others(&mut self) -> Verdict {
        let mut reports = Vec::new();
        for _ in 0..=self.random.below(3) {
            let code = self.codes[self.random.below(self.codes.len())];
            let reasons = [None, Some("a".to_owned()), Some("b".to_owned())];
            let reason = reasons[self.random.below(3)].clone();
            let outcome = if self.random.chance(0.5) { Ok(()) } else { Err(reason) };
            reports.push(Report { code, outcome });
        }
        self.report(reports)
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

    /// In the calm, the operator leaves nothing open.
    fn decide_about_all(&mut self) -> Verdict {
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

    fn done(&mut self) -> Verdict {
        let Some(job) = &mut self.job else { return Ok(()) };
        let halt = job.take_halt();
        let progress = job.progress(self.now);
        let (finished, paused) = (progress.is_finished(), progress.paused_after);
        let is_cut_short = self.failed || self.paused || halt.is_some();
        self.checker.run_ended(job, paused, is_cut_short)?;
        self.say(&format!("over: finished {finished}, paused after {paused}, {halt:?}"));
        self.finished = finished && self.calm && !self.failed;
        let ms = self.random.between(0, 60_000);
        if self.failed {
            // It has to be resumed.
            self.process += 1;
            self.job = None;
            self.failed = false;
            self.wake = None;
            self.after(ms, Effect::Restart);
        } else if !self.finished {
            self.after(ms, Effect::Start);
        }
        Ok(())
    }

    /// What must hold whenever the machine has nothing to do.
    fn look(&mut self) -> Verdict {
        let Some(job) = &self.job else { return Ok(()) };
        self.checker.consistent(job, self.now)?;
        let uses = self.sandbox.uses(&self.program, self.now).unwrap_or_default();
        self.checker.used_truly(job, &uses)?;
        if job.is_saved() && !self.failed {
            if self.created == 0 {
                self.created = self.journal.len();
            }
            self.checker.saved(true);
            for id in std::mem::take(&mut self.unacknowledged) {
                self.sandbox.webhook_answered(id, true, self.now);
            }
        }
        Ok(())
    }

    /// At the end everything has come to rest.
    fn rest(&mut self) -> Verdict {
        let Some(job) = &self.job else { return Err("there is no job in the end".to_owned()) };
        let progress = job.progress(self.now);
        if !progress.is_finished() {
            return Err(format!("it never ends: {progress:?}"));
        }
        let deliveries = self.sandbox.deliveries(&self.program).unwrap_or_default();
        self.checker.truthful(job, &deliveries)?;
        self.look_once_more()?;
        self.compare_with_a_copy()?;
        self.shuffle()
    }

    /// The same webhooks and readings in other orders, and again, end the same. Promise 4.
    fn shuffle(&mut self) -> Verdict {
        if self.broken.is_some() || self.created == 0 {
            return Ok(());
        }
        let mut ends = Vec::new();
        for _ in 0..2 {
            let recovery = self.read(self.journal[..self.created].to_vec())?;
            // As if all had left and nothing had come back.
            let mut job = self.open(recovery, true, true)?;
            let mut told = self.told.clone();
            for place in (1..told.len()).rev() {
                told.swap(place, self.random.below(place + 1));
            }
            for one in &told {
                one.tell(&mut job);
                if self.random.chance(0.3) {
                    told[self.random.below(told.len())].tell(&mut job);
                }
            }
            // What was drawn again may not have been all.
            for one in &told {
                one.tell(&mut job);
            }
            ends.push(states(&job));
        }
        if ends[0] == ends[1] { Ok(()) } else { Err("promise 4: the order matters".to_owned()) }
    }
}
