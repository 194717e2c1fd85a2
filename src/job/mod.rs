//! A job: one list of codes, sent to one program in batches, that can say at any
//! moment, and after any crash, what is known of each code.
//!
//! A state machine without I/O, clock or chance. [`Job::poll`] says what to do;
//! what came of it goes into a `handle_…` function; then it is polled again.
//! Every change is a record of the [journal](Job::poll), and what is known
//! follows from the records alone, so that a job which is resumed knows what
//! the one that broke off knew.
//!
//! ```text
//!                       ┌─ 429, 409, 401, 403, 404, no token, unsent, pause ─┐
//!                       ▼                                                   │
//!  ┌─────────┐  saved, then sent   ┌─────────┐  2xx            ┌────────┐   │
//!  │ pending ├────────────────────►│ sending ├────────────────►│ queued ├─┐ │
//!  └────┬────┘                     └┬───┬──┬─┘                 └────────┘ │ │
//!       │ abandon     400, 413, 422 │   │  └──────────────────────────────┼─┘
//!       ▼                           ▼   │ no proof: 5xx, no answer, crash │
//!  ┌───────────┐           ┌──────────┐ ▼                                 │
//!  │ abandoned │           │ rejected │┌─────────┐ an outcome             ▼ an outcome
//!  └───────────┘           └──────────┘│ unknown ├───────────► distributed, failed
//!       ▲                              └┬───┬──┬─┘                        ▲
//!       └───────────── abandon ─────────┘   │  └── queued, by operator ───┘
//!                                           └── resend: sending again; unless it is
//!                                               accepted, unknown again
//! ```
//!
//! The five promises, and where they are kept:
//!
//! 1. *No silent second send*: only what is idle leaves, or what the operator
//!    said to resend (`launch`).
//! 2. *Write ahead*: a request leaves after the record that it is about to
//!    ([`Job::handle_saved`]).
//! 3. *Nothing lost, nothing invented*: states follow from evidence
//!    (`ledger.rs`).
//! 4. *Webhooks in any order*: outcomes have a total order (`is_better`), and
//!    those that belong to another send are not kept.
//! 5. *Resume is exact*: what is written is what is applied, live and on resume
//!    ([`Recovery`]).
//!
//! Beside outcomes there is usage, as Uber's read endpoints tell of it
//! ([`Job::handle_usage`]): the strongest evidence, whose table is in `ledger.rs`.

mod journal;
mod ledger;
mod recovery;
#[cfg(test)]
mod tests;
mod texts;

use self::journal::{put, put_text};
use self::ledger::{DISTRIBUTED, Evidence, FAILED, Ledger, PauseStage, Proof};
use crate::code::Code;
use crate::error::{Error, ErrorCode, Queued};
use crate::http::{Request, ResponseHead};
use crate::json::Json;
use crate::text::{decimal, text};
use crate::uber::api::Api;
use crate::uber::distribute;
use crate::uber::id::{self, ProgramId};
use crate::uber::policy::{self, BatchStep, Operation, Verdict};
use crate::uber::{response, retry};
use crate::webhook::event::{Outcome, Status, WebhookEvent, mask};

pub use self::ledger::{By, CodeState, Decision};
pub use self::recovery::Recovery;

/// So many codes stand in one record, and are saved at once.
pub const CODES_AT_ONCE: usize = 16_384;
/// So many answers in a row that prove nothing halt the job: an outage must not
/// make a million codes unknown.
pub const MOST_UNKNOWN_IN_A_ROW: u32 = 3;
/// A timer that fires late may be made up for by so much.
const PACING_SLACK_MS: f64 = 100.0;

/// How a job goes about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Codes in one request, from 1 to [`distribute::MOST_CODES`]. A job that is
    /// resumed keeps its own.
    pub batch_size: usize,
    /// The job pauses by itself once its first codes, this many, have been answered. They
    /// have batches of their own: the last one ends there. 0 for no pause, and no effect
    /// where the list has no more codes. A job that is resumed keeps its own.
    pub pause_after: usize,
    /// Requests under way at a time, from 1.
    pub concurrency: usize,
    /// The least time between two requests, in milliseconds: finite, and 0 for no
    /// pacing.
    pub interval_ms: f64,
    /// Whether another token can be had for one that was rejected.
    pub renews: bool,
    /// How often in a row getting a token may fail in passing.
    pub max_retries: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_size: 500,
            pause_after: 0,
            concurrency: 2,
            interval_ms: 50.0,
            renews: true,
            max_retries: 2,
        }
    }
}

impl Settings {
    /// Refuses what no job can go by: it would ask for nothing, or for ever.
    fn check(&self) -> Result<(), Error> {
        let goes = (1..=distribute::MOST_CODES).contains(&self.batch_size)
            && self.concurrency > 0
            && self.interval_ms.is_finite()
            && self.interval_ms >= 0.0;
        if goes {
            return Ok(());
        }
        let fault = "`batchSize`, `concurrency` or the time between requests is out of range";
        Err(Error::validation(ErrorCode::InvalidOptions, fault))
    }
}

/// What a job asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append this to the journal, then [`Job::handle_saved`]. One at a time.
    Save(Vec<u8>),
    /// Get a token for this batch, then [`Job::handle_token`].
    NeedToken {
        /// The batch.
        batch: usize,
        /// Whether the one that it had was rejected.
        renew: bool,
    },
    /// Send this, then [`Job::handle_response`], [`Job::handle_lost`] or
    /// [`Job::handle_unsent`].
    Send {
        /// The batch.
        batch: usize,
        /// Without the token.
        request: Request,
    },
    /// Poll again at that time, or after the next `handle_…`.
    Wait(u64),
    /// Poll again after the next `handle_…`.
    Idle,
    /// The run is over; said once. [`Job::take_halt`] tells why, if it broke off.
    Done,
}

/// How far a job is, in codes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// All codes.
    pub total: usize,
    /// How many are in each state, in the order of [`CodeState::ALL`].
    pub counts: [u32; 8],
    /// How many of the pending ones are known to be in use, by an earlier send or none
    /// of ours: they still leave, unless their batch is abandoned.
    pub used_before: u32,
    /// Requests that left, or were about to when the process ended.
    pub requests: u32,
    /// How many of them were repeated.
    pub retries: u32,
    /// When the job was created, in epoch milliseconds.
    pub started_at: u64,
    /// How long the run may still take, in milliseconds, if that can be told.
    pub eta_ms: Option<u64>,
    /// Until when nothing leaves because Uber, or the way to it, asked for
    /// patience; in epoch milliseconds.
    pub waiting_until: Option<u64>,
    /// Whether the job has paused by itself after its first codes ([`Settings::pause_after`]),
    /// and none of the others has left: the next run sends them.
    pub paused_after: bool,
}

impl Progress {
    /// How many codes are in that state.
    #[must_use]
    pub fn count(&self, state: CodeState) -> u32 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// Whether nothing is pending, sending or unknown.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        let [pending, sending, _, _, _, _, unknown, _] = self.counts;
        pending + sending + unknown == 0
    }
}

/// One batch, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchInfo<'a> {
    /// The state of its codes that have no outcome; queued, if all have one.
    pub state: CodeState,
    /// How many codes it has.
    pub codes: u32,
    /// How many of them have an outcome, or are known to be in use.
    pub reported: u32,
    /// How many of them are known to be in use.
    pub used: u32,
    /// What the state of its codes that have no outcome rests on.
    pub by: By,
    /// Whether it was given up before it left, so that nothing of it is queued.
    pub cancelled: bool,
    /// How often it was about to leave.
    pub attempts: u32,
    /// When it last was, in epoch milliseconds; 0 if never.
    pub sent_at: u64,
    /// The last answer that was no acceptance: our code for it, its status, and
    /// Uber's code.
    pub last_error: Option<(ErrorCode, u16, Option<&'a str>)>,
    /// Whether `last_error` is about a request that never left.
    pub unsent: bool,
}

/// One code, as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeInfo<'a> {
    /// The code.
    pub code: Code,
    /// What is known of it.
    pub state: CodeState,
    /// Its batch.
    pub batch: usize,
    /// Why it failed, if it did and that was told.
    pub reason: Option<&'a str>,
    /// What the state rests on.
    pub by: By,
}

/// What is known of one code.
pub(crate) struct Row {
    pub(crate) code: Code,
    pub(crate) state: CodeState,
    pub(crate) batch: usize,
    pub(crate) by: By,
    pub(crate) reason: Option<u16>,
}

/// How far a batch is on its way out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its record is in the log.
    Logged,
    /// Its record is being saved.
    Saving,
    /// It needs a token.
    Tokenless,
    /// A token was asked for.
    Asked,
    /// It can leave.
    Ready,
    /// It has left.
    Out,
}

#[derive(Clone, Debug)]
struct Flight {
    batch: usize,
    stage: Stage,
    /// Whether the token that it had was rejected.
    renew: bool,
}

/// The state machine of a bulk distribution.
// Each flag is a question of its own: two of them don't make a state.
#[allow(clippy::struct_excessive_bools)]
pub struct Job {
    api: Api,
    program: ProgramId,
    settings: Settings,
    ledger: Ledger,
    writer: journal::Writer,
    /// So many codes are in the log already.
    written: usize,
    /// Where the journal ends once the append that is under way is done.
    saving: Option<u64>,
    /// Where it ended after the last one.
    saved: u64,
    /// An append failed: what the journal holds is not known any more.
    broken: bool,
    running: bool,
    stopping: bool,
    halt: Option<Error>,
    /// Whether this run sends what comes after the pause.
    passes_pause: bool,
    flights: Vec<Flight>,
    /// Until a first request was accepted, one leaves at a time.
    probing: bool,
    unknowns: u32,
    refusals: u32,
    token_failures: u32,
    /// Batches whose token was rejected since a request was last accepted.
    unauthorized: Vec<usize>,
    /// Nothing leaves before that: the server asked for it.
    gate: u64,
    /// Nothing leaves before that: whoever runs it shares a rate with others.
    held: u64,
    /// Nothing leaves before that: pacing.
    slot: f64,
    /// No batch before this one is waiting.
    next: usize,
    /// For the estimate: when the run began, and how many codes were answered since.
    run_since: u64,
    answered: u64,
}

impl Job {
    /// A job whose journal is to be written: the first polls save it. It begins
    /// with no code; [`Recovery`] gives it those.
    fn new(api: Api, program: ProgramId, settings: Settings, ledger: Ledger) -> Self {
        Self {
            api,
            program,
            settings,
            written: ledger.begin.total,
            ledger,
            writer: journal::Writer::default(),
            saving: None,
            saved: 0,
            broken: false,
            running: false,
            stopping: false,
            halt: None,
            passes_pause: false,
            flights: Vec::new(),
            probing: true,
            unknowns: 0,
            refusals: 0,
            token_failures: 0,
            unauthorized: Vec::new(),
            gate: 0,
            held: 0,
            slot: 0.0,
            next: 0,
            run_since: 0,
            answered: 0,
        }
    }

    /// The id of the job.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        self.ledger.begin.id
    }

    /// The program whose codes it sends.
    #[must_use]
    pub fn program(&self) -> &ProgramId {
        &self.program
    }

    /// How many codes are in one request.
    #[must_use]
    pub fn batch_size(&self) -> usize {
        self.ledger.begin.batch_size
    }

    /// How many codes were dropped from its input, because they stood there before.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.ledger.begin.duplicates
    }

    /// Begins a run, or goes on with one that was paused.
    pub fn start(&mut self, now: u64) {
        self.running = true;
        self.stopping = self.broken;
        self.halt = None;
        self.passes_pause = self.ledger.pause.stage != PauseStage::Ahead;
        self.probing = true;
        self.unknowns = 0;
        self.token_failures = 0;
        self.unauthorized.clear();
        self.run_since = now;
        self.answered = 0;
    }

    /// Lets no request leave before that time: for jobs that share one rate.
    pub fn hold(&mut self, until: u64) {
        self.held = until;
    }

    /// Ends the run early: nothing new leaves, what is under way is awaited.
    pub fn pause(&mut self) {
        self.stopping = true;
    }

    /// Whether there is a run.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Why the run broke off, if it did.
    pub fn take_halt(&mut self) -> Option<Error> {
        self.halt.take()
    }

    /// Whether all that was reported or decided is in the journal.
    #[must_use]
    pub fn is_saved(&self) -> bool {
        self.saving.is_none() && self.writer.log.is_empty() && self.is_created()
    }

    /// Whether the whole list is in the journal, or is on its way there.
    #[must_use]
    pub fn is_created(&self) -> bool {
        self.written == self.ledger.begin.total
    }

    /// Where the journal ends once everything is saved, in bytes.
    #[must_use]
    pub fn journal_end(&self) -> u64 {
        self.writer.end
    }

    /// Says what to do next. `now` is in epoch milliseconds.
    pub fn poll(&mut self, now: u64) -> Action {
        let wait = self.launch(now);
        if self.stopping {
            self.recall();
        }
        if let Some(action) = self.depart() {
            return action;
        }
        if self.reaches_pause() {
            self.record(&[journal::PAUSED]);
        }
        // What was just launched is saved along with what was answered before.
        if let Some(bytes) = self.save() {
            return Action::Save(bytes);
        }
        match wait {
            Some(at) => Action::Wait(at),
            None if self.running && self.is_over() => {
                self.running = false;
                Action::Done
            }
            None => Action::Idle,
        }
    }

    /// Whether the first codes have been answered, and the journal is to have that. After
    /// a halt it is not: the next run says so first.
    fn reaches_pause(&mut self) -> bool {
        self.running
            && self.ledger.pause.stage == PauseStage::Ahead
            && self.flights.is_empty()
            && self.halt.is_none()
            && !self.broken
            && self.is_created()
            && self.waiting_batch().is_none()
    }

    fn is_over(&mut self) -> bool {
        self.flights.is_empty()
            && self.saving.is_none()
            && (self.broken || self.writer.log.is_empty())
            && (self.stopping || self.waiting_batch().is_none())
    }

    /// Starts what may start; says when more may, if time is all that it lacks.
    fn launch(&mut self, now: u64) -> Option<u64> {
        let most = if self.probing { 1 } else { self.settings.concurrency };
        while self.running && !self.stopping && self.is_created() && self.flights.len() < most {
            let batch = self.waiting_batch()?;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = self.gate.max(self.held).max(self.slot.ceil() as u64);
            if at > now {
                return Some(at);
            }
            #[allow(clippy::cast_precision_loss)]
            let earliest = now as f64 - PACING_SLACK_MS;
            self.slot = self.slot.max(earliest) + self.settings.interval_ms;
            let mut record = about(journal::SENDING, batch);
            put(&mut record, now, 8);
            self.record(&record);
            let renew = self.unauthorized.contains(&batch);
            self.flights.push(Flight { batch, stage: Stage::Logged, renew });
        }
        None
    }

    /// The first batch that is to leave in this run.
    fn waiting_batch(&mut self) -> Option<usize> {
        while let Some(batch) = self.ledger.batches.get(self.next) {
            if self.next >= self.ledger.pause.batches && !self.passes_pause {
                return None;
            }
            if batch.evidence.is_waiting() && self.ledger.is_unsettled(self.next) {
                return Some(self.next);
            }
            self.next += 1;
        }
        None
    }

    fn save(&mut self) -> Option<Vec<u8>> {
        if self.saving.is_some() || self.broken {
            return None;
        }
        if !self.is_created() {
            self.write_codes();
        }
        if self.writer.log.is_empty() {
            return None;
        }
        self.saving = Some(self.writer.end);
        for flight in &mut self.flights {
            if flight.stage == Stage::Logged {
                flight.stage = Stage::Saving;
            }
        }
        Some(std::mem::take(&mut self.writer.log))
    }

    /// Writes the next part of the list.
    fn write_codes(&mut self) {
        let end = self.ledger.begin.total.min(self.written + CODES_AT_ONCE);
        let mut body = vec![journal::CODES];
        for codes in self.ledger.codes.so_far().slices(self.written..end) {
            body.extend_from_slice(codes.as_flattened());
        }
        self.written = end;
        self.writer.record(&body);
    }

    /// Takes back what has not left.
    fn recall(&mut self) {
        let mut place = 0;
        while let Some(flight) = self.flights.get(place) {
            if flight.stage == Stage::Out {
                place += 1;
            } else {
                self.land(flight.batch, Proof::Again, None);
            }
        }
    }

    fn depart(&mut self) -> Option<Action> {
        let mut place = 0;
        while let Some(flight) = self.flights.get_mut(place) {
            let batch = flight.batch;
            match flight.stage {
                Stage::Tokenless => {
                    flight.stage = Stage::Asked;
                    return Some(Action::NeedToken { batch, renew: flight.renew });
                }
                Stage::Ready => {
                    let codes = self.ledger.to_send(batch);
                    if let Ok(request) =
                        distribute::request_from_ids(&self.api, &self.program, &codes)
                    {
                        flight.stage = Stage::Out;
                        return Some(Action::Send { batch, request });
                    }
                    // All of its codes got their outcome meanwhile.
                    self.land(batch, Proof::Again, None);
                }
                _ => place += 1,
            }
        }
        None
    }

    /// The journal has what [`Action::Save`] gave.
    pub fn handle_saved(&mut self) {
        self.saved = self.saving.take().unwrap_or(self.saved);
        for flight in &mut self.flights {
            if flight.stage == Stage::Saving {
                flight.stage = Stage::Tokenless;
            }
        }
    }

    /// The journal failed. What it holds is not known any more, so nothing is
    /// saved or sent again: what is under way is awaited, then the run is over,
    /// and the job has to be resumed.
    pub fn handle_save_failed(&mut self) {
        self.saving = None;
        self.broken = true;
        self.stopping = true;
    }

    /// Refuses a journal that is found to have so many bytes of whole records, if it
    /// had more before.
    pub fn ensure_journal(&self, found: u64) -> Result<(), Error> {
        if found < self.saved { Err(recovery::lost()) } else { Ok(()) }
    }

    /// The token that a batch needs is there.
    pub fn handle_token(&mut self, batch: usize) {
        self.token_failures = 0;
        if let Some(flight) = self.flight(batch, Stage::Asked) {
            flight.stage = Stage::Ready;
        }
    }

    /// The token is not to be had. True if that ends the run.
    pub fn handle_no_token(&mut self, batch: usize, error: Error, now: u64, random: f64) -> bool {
        if self.flight(batch, Stage::Asked).is_none() {
            return false;
        }
        let status = error.api.as_ref().map_or(0, |api| api.status);
        let passes = policy::may_ask_token_again(error.code, status);
        let halts = !error.unsent && (!passes || self.token_failures >= self.settings.max_retries);
        if halts {
            self.stop(error.clone());
        } else if error.unsent {
            self.back_off(None, now, random);
        } else {
            self.gate = now.saturating_add(retry::wait(None, self.token_failures, now, random));
            self.token_failures += 1;
        }
        // What is waited for is to be seen.
        let error = error.unsent.then_some(error);
        self.land(batch, Proof::Again, error.as_ref());
        halts
    }

    /// An answer to a batch's request. `body` is as much of it as came, `parsed`
    /// the same as JSON where it is that. Gives the error that it means.
    pub fn handle_response(
        &mut self,
        batch: usize,
        head: &ResponseHead,
        body: &str,
        parsed: &Json,
        now: u64,
        random: f64,
    ) -> Option<Error> {
        self.flight(batch, Stage::Out)?;
        let verdict = Verdict::of_answer(head, body, parsed);
        if verdict == Verdict::Accepted {
            (self.probing, self.refusals, self.unknowns) = (false, 0, 0);
            self.unauthorized.clear();
            self.answered += u64::from(self.ledger.size(batch));
            self.land(batch, Proof::Accepted, None);
            return None;
        }
        let error = response::to_error(head, body, parsed, Operation::Distribute, now);
        if let Verdict::Unproven(_) = verdict {
            self.doubt(batch, &error);
            return Some(error);
        }
        self.unknowns = 0;
        match policy::after_refusal(head.status) {
            // Once, with another token.
            BatchStep::RenewToken
                if self.settings.renews && !self.unauthorized.contains(&batch) =>
            {
                self.unauthorized.push(batch);
                self.land(batch, Proof::Again, Some(&error));
            }
            BatchStep::Wait => {
                self.back_off(Some(head), now, random);
                self.land(batch, Proof::Again, Some(&error));
            }
            BatchStep::Reject => {
                self.answered += u64::from(self.ledger.size(batch));
                self.land(batch, Proof::Refused, Some(&error));
            }
            BatchStep::RenewToken | BatchStep::Stop => {
                self.land(batch, Proof::Again, Some(&error));
                self.stop(error.clone());
            }
        }
        Some(error)
    }

    /// No answer came to a batch's request, which may have reached Uber.
    pub fn handle_lost(&mut self, batch: usize, error: &Error) {
        if self.flight(batch, Stage::Out).is_some() {
            self.doubt(batch, error);
        }
    }

    /// A batch's request never left. It is tried again however long that takes,
    /// since nothing can be queued by it.
    pub fn handle_unsent(&mut self, batch: usize, error: &Error, now: u64, random: f64) {
        if self.flight(batch, Stage::Out).is_some() {
            self.back_off(None, now, random);
            self.land(batch, Proof::Again, Some(error));
        }
    }

    /// Lets nothing leave for as long as the answer asks, or for longer each time.
    fn back_off(&mut self, head: Option<&ResponseHead>, now: u64, random: f64) {
        let wait = retry::wait(head, self.refusals, now, random);
        self.gate = self.gate.max(now.saturating_add(wait));
        self.refusals += 1;
    }

    fn doubt(&mut self, batch: usize, error: &Error) {
        self.answered += u64::from(self.ledger.size(batch));
        self.land(batch, Proof::Nothing, Some(error));
        self.unknowns += 1;
        if self.unknowns >= MOST_UNKNOWN_IN_A_ROW {
            let message = "Three requests in a row got no answer that proves anything";
            self.stop(Error::new(ErrorCode::Halted, Queued::Unknown, message));
        }
    }

    /// The first reason to stop is the one that is told.
    fn stop(&mut self, error: Error) {
        self.stopping = true;
        self.halt.get_or_insert(error);
    }

    fn flight(&mut self, batch: usize, stage: Stage) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.batch == batch && flight.stage == stage)
    }

    /// A batch is no longer under way.
    fn land(&mut self, batch: usize, proof: Proof, error: Option<&Error>) {
        self.flights.retain(|flight| flight.batch != batch);
        let (mut code, mut status, mut uber_code) = ("", 0, "");
        if let Some(error) = error {
            code = error.code.as_str();
            if let Some(api) = &error.api {
                status = api.status;
                uber_code = api.uber_code.as_deref().unwrap_or_default();
            }
        }
        // Nothing but a name is kept of what came from outside.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if uber_code.len() > LONGEST_NAME || !uber_code.bytes().all(is_name) {
            uber_code = "";
        }
        let mut record = about(journal::ANSWER, batch);
        put(&mut record, proof as u64, 1);
        put(&mut record, status.into(), 2);
        // Both are short.
        let _ = put_text(&mut record, code).and_then(|()| put_text(&mut record, uber_code));
        self.record(&record);
        self.next = self.next.min(batch);
    }

    /// Writes a record, and takes note of it.
    fn record(&mut self, record: &[u8]) {
        self.log(record);
        // A record that the machine writes follows from what was before.
        let applied = self.ledger.apply(record);
        debug_assert!(applied.is_some(), "a record that can't be: {record:?}");
    }

    /// A webhook, of this program or another. Gives how many codes of this job it
    /// settled, or settled anew.
    pub fn handle_event(&mut self, event: &WebhookEvent) -> u32 {
        if self.concerns(event.program_id()) { self.handle_outcomes(&event.outcomes) } else { 0 }
    }

    /// Whether what is reported of this program, if one is named, can be of this
    /// job. A UUID is the same program however it is written.
    #[must_use]
    pub fn concerns(&self, program: Option<&str>) -> bool {
        program.is_none_or(|program| id::is_same(program, self.program.as_str()))
    }

    /// What became of codes, of this job or of others.
    pub fn handle_outcomes(&mut self, reported: &[Outcome]) -> u32 {
        let mut settled = 0;
        let mut outcomes = vec![journal::OUTCOMES];
        for Outcome { code, status, reason } in reported {
            let Some(place) = self.ledger.codes.find(*code) else { continue };
            if !self.ledger.takes_outcome(place) {
                continue;
            }
            let outcome = match (status, reason) {
                (Status::Distributed, _) => DISTRIBUTED,
                (Status::Failed, None) => FAILED,
                (Status::Failed, Some(reason)) => {
                    // Nobody's address gets into a journal, whoever read the event.
                    let reason = &*mask(reason);
                    if self.ledger.wants_reason(reason) {
                        if self.ledger.has_all_reasons() {
                            // Those so far go by numbers that are about to change.
                            self.log_pieces(&mut outcomes);
                        }
                        self.record(&[&[journal::REASON], reason.as_bytes()].concat());
                    }
                    self.ledger.failed_for(reason)
                }
            };
            if self.ledger.is_better(outcome, place) {
                self.ledger.report(place, outcome);
                settled += u32::from(self.ledger.shows_outcome(place));
                put(&mut outcomes, place as u64, 4);
                put(&mut outcomes, outcome.into(), 2);
                if outcomes.len() > LONGEST_RECORD {
                    self.log_pieces(&mut outcomes);
                }
            }
        }
        self.log_pieces(&mut outcomes);
        settled
    }

    /// These codes, of this job or of others, are in use: a recipient has claimed or used
    /// each. Gives how many of this job became distributed by that.
    pub fn handle_usage(&mut self, codes: impl IntoIterator<Item = Code>) -> u32 {
        // In the journal it comes after the list that it is about.
        while !self.is_created() {
            self.write_codes();
        }
        let before = self.ledger.count_of(CodeState::Distributed);
        let mut places = vec![journal::USAGE];
        for code in codes {
            let Some(place) = self.ledger.codes.find(code) else { continue };
            if self.ledger.apply_usage(place).is_some() {
                put(&mut places, place as u64, 4);
                if places.len() > LONGEST_RECORD {
                    self.log_pieces(&mut places);
                }
            }
        }
        self.log_pieces(&mut places);
        self.ledger.count_of(CodeState::Distributed) - before
    }

    /// Writes a record that was applied already, and begins the next one of its kind.
    fn log_pieces(&mut self, record: &mut Vec<u8>) {
        if record.len() > 1 {
            self.log(record);
            record.truncate(1);
        }
    }

    /// Writes a record that was applied already.
    fn log(&mut self, record: &[u8]) {
        if !self.broken {
            self.writer.record(record);
        }
    }

    /// The operator's decision about one batch, or about all that it fits.
    /// Refuses a batch that is neither unknown nor, to be abandoned, pending, and
    /// any before the list is saved. Codes that have their outcome keep it.
    pub fn resolve(&mut self, batch: Option<usize>, decision: Decision) -> Result<(), Error> {
        if !self.is_created() {
            // In the journal it would come before the batches that it is about.
            let message = "The list is not saved yet, so there is nothing to decide about";
            return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
        }
        let batches = match batch {
            Some(batch) if self.can_resolve(batch, decision) => batch..batch + 1,
            Some(batch) => {
                let number = decimal(batch as u64);
                let message = text(&["Batch ", &number, " is not one to be decided about"]);
                return Err(Error::new(ErrorCode::NotUnknown, Queued::No, message));
            }
            None => 0..self.ledger.batches.len(),
        };
        for batch in batches {
            if self.can_resolve(batch, decision) {
                let mut record = about(journal::DECISION, batch);
                put(&mut record, decision as u64, 1);
                self.record(&record);
                self.next = self.next.min(batch);
            }
        }
        Ok(())
    }

    fn can_resolve(&self, batch: usize, decision: Decision) -> bool {
        self.ledger.is_unsettled(batch)
            && self.ledger.batches.get(batch).is_some_and(|batch| {
                batch.evidence.is_open()
                    || decision == Decision::Abandon && batch.evidence == Evidence::Idle
            })
    }

    /// How far the job is. `now` is in epoch milliseconds.
    #[must_use]
    pub fn progress(&self, now: u64) -> Progress {
        let Ledger { begin, counts, used_before, requests, retries, .. } = &self.ledger;
        Progress {
            total: begin.total,
            counts: *counts,
            used_before: *used_before,
            requests: *requests,
            retries: *retries,
            started_at: begin.created_at,
            eta_ms: self.estimate(now),
            waiting_until: (self.running && !self.stopping && self.gate > now).then_some(self.gate),
            paused_after: !self.running && self.ledger.pause.stage == PauseStage::Reached,
        }
    }

    /// By the pace of this run so far.
    fn estimate(&self, now: u64) -> Option<u64> {
        let Ledger { begin, pause, counts: [pending, sending, ..], .. } = &self.ledger;
        let later = if self.passes_pause { 0 } else { begin.total - pause.codes };
        let left = (u64::from(*pending) + u64::from(*sending)).saturating_sub(later as u64);
        if !self.running || self.stopping {
            return None;
        }
        let elapsed = now.saturating_sub(self.run_since);
        let estimate = left.saturating_mul(elapsed).checked_div(self.answered)?;
        Some(estimate.max(self.gate.saturating_sub(now)))
    }

    /// How many batches there are.
    #[must_use]
    pub fn batches(&self) -> usize {
        self.ledger.batches.len()
    }

    /// One batch.
    #[must_use]
    pub fn batch(&self, place: usize) -> Option<BatchInfo<'_>> {
        let batch = self.ledger.batches.get(place)?;
        let uber_code = batch.uber_code.and_then(|number| self.ledger.uber_code_at(number));
        Some(BatchInfo {
            state: self.ledger.batch_state(place),
            codes: self.ledger.size(place),
            reported: batch.reported(),
            used: batch.known_used(),
            by: batch.evidence.by(),
            cancelled: batch.evidence == Evidence::Cancelled,
            attempts: batch.attempts,
            sent_at: batch.sent_at,
            last_error: batch.error.map(|code| (code, batch.status, uber_code)),
            unsent: batch.unsent,
        })
    }

    /// One code, by its place in the list.
    #[must_use]
    pub fn code(&self, place: usize) -> Option<CodeInfo<'_>> {
        let Row { code, state, batch, by, reason } = self.row(place)?;
        let reason = reason.and_then(|reason| self.ledger.reason_at(reason));
        Some(CodeInfo { code, state, batch, reason, by })
    }

    /// The place of a code in the list, if it is there.
    pub fn find(&mut self, code: Code) -> Option<usize> {
        self.ledger.codes.find(code)
    }

    /// The same, with the number of the reason.
    pub(crate) fn row(&self, place: usize) -> Option<Row> {
        let code = self.ledger.codes.so_far().get(place)?;
        let (state, by, reason) = self.ledger.state(place)?;
        let batch = self.ledger.batch_of(place)?;
        Some(Row { code, state, batch, by, reason })
    }

    /// The reason of that number, from 1.
    #[cfg(all(target_arch = "wasm32", feature = "client"))]
    pub(crate) fn reason_at(&self, number: u16) -> Option<&str> {
        self.ledger.reason_at(number.checked_sub(1)?)
    }

    /// All codes, in the order of the list.
    pub fn results(&self) -> impl Iterator<Item = CodeInfo<'_>> {
        (0..self.ledger.begin.total).filter_map(|place| self.code(place))
    }
}

/// The beginning of a record about a batch.
fn about(kind: u8, batch: usize) -> Vec<u8> {
    let mut record = vec![kind];
    put(&mut record, batch as u64, 4);
    record
}

/// Uber's codes are short names.
const LONGEST_NAME: usize = 64;
/// A record of outcomes or usage that is longer is ended.
const LONGEST_RECORD: usize = 1 << 18;
