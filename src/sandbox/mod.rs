//! A stateful simulation of Uber's voucher API.
//!
//! It takes a request and the time, and returns the response and its delay. It does no
//! I/O and reads no clock, and all randomness comes from one seed: the same seed and the
//! same calls give the same run. [`Sandbox::deliveries`] returns what Uber never reports:
//! how often each code was sent to its recipient.
//!
//! | Served | |
//! | --- | --- |
//! | `POST /oauth/v2/token` | client credentials, authorization code, refresh token |
//! | `GET /oauth/v2/authorize` | back to the app at once, with a code |
//! | `POST /v1/organizations/{org}/voucher-programs/search` | Search Programs |
//! | `GET /v1/organizations/{org}/voucher-programs/{id}` | Get Program |
//! | `GET …/{id}/codes` | Get Voucher Codes |
//! | `GET …/{id}/guests` | Get Guests |
//! | `POST …/{id}/codes/distribute` | Bulk Distribution |
//!
//! It is strict where Uber's documentation is: scopes, grants, errors, 100 token requests
//! an hour, 500 requests in 5 seconds. Where nothing is known it is lenient, and each
//! choice is marked as one. Its choices for distribute:
//!
//! - No body, `{}` and an empty list all mean every code. (That an absent or an empty
//!   list means every code is stated; the accepted forms are unknown.)
//! - `"codes": null`, anything but a list of strings, and a code of another program cause
//!   a 400 for the whole request.
//! - A code listed twice is sent twice.
//! - The status of the program and the size of the list make no difference.
//! - The body of a 200 is `{}`, with an `X-Uber-Trace-Id`.

mod calls;
mod date;
mod endpoints;
mod events;
mod exchange;
mod faults;
mod form;
mod guests;
mod options;
mod programs;
mod random;
mod tokens;
mod uses;
mod webhooks;

use std::collections::{BTreeMap, VecDeque};

use serde_json::Value;

pub use events::{Outcome, Webhook};
pub use exchange::{Answer, IncomingRequest, Reply};
pub use faults::{Fault, Faults};
pub use options::{DEFAULT_SIGNING_KEY, EventForm, Options};
pub use programs::{CreatedProgram, MAX_CODES, ProgramSpec};
pub use tokens::{SCOPE, SCOPE_AGGREGATOR, SCOPE_DELEGATED};

use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::secret::AccessToken;
use programs::Program;
use tokens::Tokens;
use uses::Uses;
use webhooks::Webhooks;

/// The simulation. Clone it to branch a run.
#[derive(Clone, Debug)]
pub struct Sandbox {
    options: Options,
    programs: Vec<Program>,
    tokens: Tokens,
    webhooks: Webhooks,
    uses: Uses,
    requests: u64,
    recent: BTreeMap<String, VecDeque<u64>>,
}

impl Sandbox {
    /// A sandbox without programs.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            tokens: Tokens::new(options.seed),
            options,
            programs: Vec::new(),
            webhooks: Webhooks::default(),
            uses: Uses::default(),
            requests: 0,
            recent: BTreeMap::new(),
        }
    }

    /// Creates a program with its codes. Refuses an id that is taken or not a path
    /// segment, an unknown status, an invalid currency, and more than [`MAX_CODES`]
    /// codes.
    pub fn create_program(&mut self, spec: ProgramSpec, now: u64) -> Result<CreatedProgram, Error> {
        let number = u64::try_from(self.programs.len()).unwrap_or_default() + 1;
        let program = Program::new(self.options.seed, number, spec, now)?;
        if self.program(&program.id).is_some() {
            return Err(Error::validation(
                ErrorCode::InvalidOptions,
                format!("`id`: there is a program {} already", program.id),
            ));
        }
        let created = program.created();
        self.programs.push(program);
        created
    }

    /// A token for the organization's own app, as from the token endpoint, but outside
    /// its hourly limit.
    pub fn issue_token(&mut self, now: u64) -> AccessToken {
        let client_id = self.options.client_id.clone().unwrap_or_default();
        let answer = self.tokens.issue_to_app(&client_id, SCOPE.to_owned(), now);
        let token = answer.get("access_token").and_then(Value::as_str);
        AccessToken::new(token.unwrap_or_default())
    }

    /// Redeems a code as its recipient, whether it was ever sent or not: it may have
    /// reached them in another way. False if there is no such code.
    pub fn redeem(&mut self, program_id: &str, code: Code) -> bool {
        let found = self.program(program_id).and_then(|index| self.programs.get_mut(index));
        let Some(program) = found else { return false };
        let Some(index) = program.index_of(code) else { return false };
        program.redeem(index, u32::MAX);
        true
    }

    /// Cancels a code of a program, as *Cancel Codes* does. False if there is no such
    /// code.
    pub fn cancel(&mut self, program_id: &str, code: Code, now: u64) -> bool {
        let found = self.program(program_id).and_then(|index| self.programs.get_mut(index));
        let Some(program) = found else { return false };
        let Some(index) = program.index_of(code).and_then(|index| usize::try_from(index).ok())
        else {
            return false;
        };
        program.cancel(index, now);
        true
    }

    /// The codes of a program that were used by now, in the program's order, and how often
    /// each was. None if there is no such program.
    pub fn uses(&mut self, program_id: &str, now: u64) -> Option<Vec<(Code, u32)>> {
        self.pass_time(now);
        let program = self.programs.get(self.program(program_id)?)?;
        Some(program.uses())
    }

    /// How many codes of all programs were used by now.
    pub fn used_codes(&mut self, now: u64) -> usize {
        self.pass_time(now);
        self.programs.iter().map(Program::used).sum()
    }

    /// Applies the uses that are due by now. All other functions that take the time do so
    /// first; call this before [`Sandbox::redeem`], which takes none, so that a run can
    /// be repeated exactly.
    pub fn pass_time(&mut self, now: u64) {
        while let Some(((at, program, index), organization)) = self.uses.take_due(now) {
            if let Some(program) = self.programs.get_mut(program)
                && program.redeem(index, 1)
            {
                self.webhooks.report_use(&self.options, organization, program, at);
            }
        }
    }

    /// Sets the faults from now on.
    pub fn set_faults(&mut self, faults: Faults) {
        self.options.faults = faults;
    }

    /// Sets the form of events from now on. Waiting events keep theirs.
    pub fn set_event_form(&mut self, event_form: EventForm) {
        self.options.event_form = event_form;
    }

    /// Sets the share of recipients who use their voucher, from now on.
    pub fn set_use_rate(&mut self, use_rate: f64) {
        self.options.use_rate = use_rate;
    }

    /// Sets the share of deliveries that fail, from now on. Deliveries that were queued
    /// before keep their outcomes.
    pub fn set_failure_rate(&mut self, failure_rate: f64) {
        self.options.failure_rate = failure_rate;
    }

    /// The programs in the order of their creation: id, name, and the number of codes.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.programs.iter().map(Program::summary)
    }

    /// The codes of a program that were sent to their recipients, in the program's order,
    /// and how often each was. A delivery counts when it is queued, even if its outcome is
    /// "failed". None if there is no such program.
    #[must_use]
    pub fn deliveries(&self, program_id: &str) -> Option<Vec<(Code, u32)>> {
        let program = self.programs.get(self.program(program_id)?)?;
        Some(program.deliveries())
    }

    /// The outcome of a code's delivery number `nth` (from 1), past or future, at the
    /// current failure rate.
    #[must_use]
    pub fn outcome(&self, code: Code, nth: u32) -> Outcome {
        events::outcome(self.options.seed, self.options.failure_rate, code, nth)
    }

    /// The webhooks that are due by now and neither delivered nor under way.
    pub fn due_webhooks(&mut self, now: u64) -> Vec<Webhook> {
        self.pass_time(now);
        self.webhooks.due(&self.options, now)
    }

    /// Takes at most `most` of the webhooks that are due by now. Each is under way until
    /// [`Sandbox::webhook_answered`].
    pub fn take_due_webhooks(&mut self, now: u64, most: usize) -> Vec<Webhook> {
        self.pass_time(now);
        self.webhooks.take_due(&self.options, now, most)
    }

    /// Takes this webhook, due or not; false if it is not waiting. For a replayed run, of
    /// which only the receiver's responses are known.
    pub fn take_webhook(&mut self, id: u64, due_at: u64) -> bool {
        self.pass_time(due_at);
        self.webhooks.take(id, due_at)
    }

    /// Records whether the receiver answered a webhook with 200. If it did not, the webhook
    /// is sent again after 30 seconds, a minute, two …, seven times in all.
    pub fn webhook_answered(&mut self, id: u64, acknowledged: bool, now: u64) {
        self.webhooks.answered(id, acknowledged, now);
    }

    /// How many webhooks are neither acknowledged nor given up, including those under way
    /// and those not yet due.
    #[must_use]
    pub fn waiting_webhooks(&self) -> usize {
        self.webhooks.waiting()
    }

    /// How many webhooks were acknowledged.
    #[must_use]
    pub fn delivered_webhooks(&self) -> u64 {
        self.webhooks.delivered()
    }

    /// When the next webhook is due, if one waits or a future use may cause one.
    #[must_use]
    pub fn next_webhook_at(&self) -> Option<u64> {
        [self.webhooks.next_due_at(), self.uses.next_at()].into_iter().flatten().min()
    }

    /// The index of a program.
    fn program(&self, id: &str) -> Option<usize> {
        self.programs.iter().position(|program| program.id == id)
    }
}
