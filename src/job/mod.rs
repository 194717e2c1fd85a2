//! A job: one list of codes, sent to one program in batches. At any moment, and after any
//! crash, the state of each code is known.
//!
//! A state machine without I/O, clock or randomness. [`Job::poll`] returns the next
//! action; the caller performs it, passes the result to a `handle_…` function and polls
//! again. Every change is a record of the [journal](Job::poll), and all states follow
//! from the records alone, so a resumed job has the same states as the interrupted one.
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
//! 1. *No silent second send*: a batch is sent if it was never sent, if a response proved
//!    that nothing was queued, or if the operator decided to resend it (`start_batches`).
//! 2. *Write ahead*: a request is sent only after the record that announces it was saved
//!    ([`Job::handle_saved`]).
//! 3. *Nothing lost, nothing invented*: states follow from evidence (`ledger.rs`).
//! 4. *Webhooks in any order*: outcomes have a total order (`is_better`), and outcomes
//!    that belong to another send are not kept.
//! 5. *Resume is exact*: the same records are applied when they are written and when the
//!    job is resumed ([`Recovery`]).
//!
//! Besides outcomes there is usage, which Uber's read endpoints report
//! ([`Job::handle_usage`]): the strongest evidence. Its table is in `ledger.rs`.

mod decisions;
mod journal;
mod ledger;
mod outcomes;
mod record;
mod recovery;
mod report;
mod responses;
mod saving;
mod sending;
mod settings;
mod state;
#[cfg(test)]
mod tests;
mod texts;

use self::ledger::{Ledger, PauseStage};
use self::sending::Flight;
use crate::error::Error;
use crate::http::Request;
use crate::uber::api::Api;
use crate::uber::id::ProgramId;

pub use self::recovery::Recovery;
#[cfg(any(
    all(test, feature = "sandbox", not(target_arch = "wasm32")),
    all(target_arch = "wasm32", feature = "jobs")
))]
pub(crate) use self::report::Row;
pub use self::report::{BatchInfo, CodeInfo, Progress};
pub use self::responses::MAX_CONSECUTIVE_UNKNOWN;
pub use self::settings::Settings;
pub use self::state::{CodeState, Decision, Source};

/// Codes in one record, and in one append.
pub const CODES_AT_ONCE: usize = 16_384;

/// An action that a job requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Append this to the journal, then call [`Job::handle_saved`]. One at a time.
    Save(Vec<u8>),
    /// Get a token for this batch, then call [`Job::handle_token`] or
    /// [`Job::handle_no_token`].
    NeedToken {
        /// The batch.
        batch: usize,
        /// Whether to renew the token because the last one was rejected.
        renew: bool,
    },
    /// Send this, then call [`Job::handle_response`], [`Job::handle_lost`] or
    /// [`Job::handle_unsent`].
    Send {
        /// The batch.
        batch: usize,
        /// The request, without the token.
        request: Request,
    },
    /// Poll again at this time, or after the next `handle_…`.
    Wait(u64),
    /// Poll again after the next `handle_…`.
    Idle,
    /// The run is over; returned once. [`Job::take_halt`] returns the reason if it was stopped.
    Done,
}

/// The state machine of a bulk distribution.
// The flags are independent, so an enum would need every combination.
#[allow(clippy::struct_excessive_bools)]
pub struct Job {
    api: Api,
    program: ProgramId,
    settings: Settings,
    ledger: Ledger,
    writer: journal::Writer,
    /// How many codes were already written to the log.
    written: usize,
    /// The end of the journal after the current append.
    saving: Option<u64>,
    /// The end of the journal after the last append.
    saved: u64,
    /// An append failed, so what the journal holds is no longer known.
    journal_failed: bool,
    running: bool,
    stopping: bool,
    halt: Option<Error>,
    /// Whether this run sends the codes after the pause.
    continues_after_pause: bool,
    flights: Vec<Flight>,
    /// Whether a request was accepted: until then, one is sent at a time.
    single_flight: bool,
    consecutive_unknown: u32,
    consecutive_refusals: u32,
    token_failures: u32,
    /// Batches whose token was rejected since a request was last accepted.
    renewed_batches: Vec<usize>,
    /// Nothing is sent before this time, because the server asked for it.
    server_not_before: u64,
    /// Nothing is sent before this time, because the caller shares a rate with other jobs.
    shared_not_before: u64,
    /// Nothing is sent before this time, because of the job's own pacing.
    pacing_not_before: f64,
    /// The first batch that may be waiting.
    first_waiting: usize,
    /// For the estimate: when the run began, and how many codes have had a response
    /// since.
    run_since: u64,
    answered: u64,
}

impl Job {
    /// A job whose journal is still unwritten: the first polls save it. It has no codes
    /// until [`Recovery`] adds them.
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
            journal_failed: false,
            running: false,
            stopping: false,
            halt: None,
            continues_after_pause: false,
            flights: Vec::new(),
            single_flight: true,
            consecutive_unknown: 0,
            consecutive_refusals: 0,
            token_failures: 0,
            renewed_batches: Vec::new(),
            server_not_before: 0,
            shared_not_before: 0,
            pacing_not_before: 0.0,
            first_waiting: 0,
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

    /// How many duplicates were dropped from the list.
    #[must_use]
    pub fn duplicates(&self) -> u64 {
        self.ledger.begin.duplicates
    }

    /// Starts a run, or continues one that was paused.
    pub fn start(&mut self, now: u64) {
        self.running = true;
        self.stopping = self.journal_failed;
        self.halt = None;
        self.continues_after_pause = self.ledger.pause.stage != PauseStage::Ahead;
        self.single_flight = true;
        self.consecutive_unknown = 0;
        self.token_failures = 0;
        self.renewed_batches.clear();
        self.run_since = now;
        self.answered = 0;
    }

    /// Sends no request before this time. For jobs that share one rate.
    pub fn hold(&mut self, until: u64) {
        self.shared_not_before = until;
    }

    /// Ends the run early: sends nothing new, and waits for requests that are under way.
    pub fn pause(&mut self) {
        self.stopping = true;
    }

    /// Whether a run is under way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running
    }

    /// Why the run was stopped, if it was.
    pub fn take_halt(&mut self) -> Option<Error> {
        self.halt.take()
    }
}
