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
//!    said to resend (`start_batches`).
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

mod answers;
mod decisions;
mod journal;
mod ledger;
mod outcomes;
mod record;
mod recovery;
mod report;
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

pub use self::answers::MOST_UNKNOWN_IN_A_ROW;
pub use self::recovery::Recovery;
#[cfg(all(target_arch = "wasm32", feature = "jobs"))]
pub(crate) use self::report::Row;
pub use self::report::{BatchInfo, CodeInfo, Progress};
pub use self::settings::Settings;
pub use self::state::{By, CodeState, Decision};

/// So many codes stand in one record, and are saved at once.
pub const CODES_AT_ONCE: usize = 16_384;

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
    journal_failed: bool,
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
    server_not_before: u64,
    /// Nothing leaves before that: whoever runs it shares a rate with others.
    shared_not_before: u64,
    /// Nothing leaves before that: pacing.
    pacing_not_before: f64,
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
            journal_failed: false,
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
            server_not_before: 0,
            shared_not_before: 0,
            pacing_not_before: 0.0,
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
        self.stopping = self.journal_failed;
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
        self.shared_not_before = until;
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
}
