//! One run: a virtual clock, the sandbox as the server, a journal on a disk that fails,
//! an operator who decides at random, and a process that dies between any two effects.

mod operator;
mod process;
mod server;
mod usage;

use uber_vouchers::code::Code;
use uber_vouchers::http::ResponseHead;
use uber_vouchers::job::{Action, Job};
use uber_vouchers::sandbox::{Faults, Options, ProgramSpec, Sandbox};
use uber_vouchers::secret::AccessToken;

use crate::checker::{Checker, Report, Verdict, outcomes, states};
use crate::plan::Plan;
use crate::random::Random;

const BEGINNING: u64 = 1_767_225_600_000;

const DAY: u64 = 86_400_000;

/// A run with more effects than this does not end.
const MAX_EFFECTS: u32 = 20_000;

/// A job that requests more actions at one time is in an endless loop.
const MAX_POLLS: u32 = 1_000;

/// A driver with a deliberate bug, to see that the checker detects it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// Confirms a record before it is saved.
    SendsBeforeSaving,
    /// Appends after a torn tail.
    KeepsTornTail,
    /// Discards events that it can't read.
    DropsUnread,
}

/// A report that was applied.
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
    /// Uber's usage, if it responded.
    Read(Option<Vec<Code>>),
    Start,
    Restart,
}

struct Event {
    at: u64,
    /// Events at the same time are in random order.
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
    /// The content of the disk.
    journal: Vec<u8>,
    /// The offset at which the creation ends; 0 before it has ended.
    created: usize,
    job: Option<Job>,
    process: u32,
    /// The job's last append failed.
    failed: bool,
    /// Bytes on their way to the disk.
    appending: Option<Vec<u8>>,
    /// The journal is an older copy, and this was not stated yet.
    restored: bool,
    /// The length of the journal when an append was last confirmed.
    known: usize,
    /// Nothing may be sent before the next run.
    paused: bool,
    unacknowledged: Vec<u64>,
    wake: Option<u64>,
    /// Everything that was applied, for the last check.
    told: Vec<Told>,
    /// Events that were unreadable when they arrived.
    unread: Vec<Vec<Report>>,
    /// Whether they are readable by now.
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
            if self.effects > MAX_EFFECTS {
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
        let index = (0..self.events.len())
            .min_by_key(|index| (self.events[*index].at, self.events[*index].order))?;
        Some(self.events.swap_remove(index))
    }

    /// From here on nothing fails, so everything must be settled.
    fn calm(&mut self) {
        self.say("the calm");
        self.calm = true;
        self.sandbox.set_faults(Faults::default());
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
                self.take_answer(batch, request, &head, &body);
            }
            Effect::Unsent { batch, request } => self.take_unsent(batch, request)?,
            Effect::Lost { batch } => self.take_loss(batch),
        }
        Ok(())
    }

    /// Performs the actions of the job.
    fn turn(&mut self) -> Verdict {
        for _ in 0..MAX_POLLS {
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

    /// What must hold whenever the job has no action.
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

    /// At the end, everything is settled.
    fn rest(&mut self) -> Verdict {
        let Some(job) = &self.job else { return Err("there is no job at the end".to_owned()) };
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

    /// The same webhooks and reads in other orders, and repeated, give the same result.
    /// Promise 4.
    fn shuffle(&mut self) -> Verdict {
        if self.broken.is_some() || self.created == 0 {
            return Ok(());
        }
        let mut ends = Vec::new();
        for _ in 0..2 {
            let recovery = self.read(self.journal[..self.created].to_vec())?;
            // As if all requests had been sent and no response had arrived.
            let mut job = self.open(recovery, true, true)?;
            let mut told = self.told.clone();
            for index in (1..told.len()).rev() {
                told.swap(index, self.random.below(index + 1));
            }
            for one in &told {
                one.tell(&mut job);
                if self.random.chance(0.3) {
                    told[self.random.below(told.len())].tell(&mut job);
                }
            }
            // The random subset may not have been everything.
            for one in &told {
                one.tell(&mut job);
            }
            ends.push(states(&job));
        }
        if ends[0] == ends[1] { Ok(()) } else { Err("promise 4: the order matters".to_owned()) }
    }
}
