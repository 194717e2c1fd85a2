//! What an answer makes of a batch, and of the run.

use super::Job;
use super::record::Record;
use super::sending::Stage;
use super::state::Proof;
use crate::error::{Error, ErrorCode, Queued};
use crate::http::ResponseHead;
use crate::json::Json;
use crate::uber::policy::{self, BatchStep, Operation, Verdict};
use crate::uber::{response, retry};

/// So many answers in a row that prove nothing halt the job: an outage must not
/// make a million codes unknown.
pub const MOST_UNKNOWN_IN_A_ROW: u32 = 3;

/// Uber's codes are short names.
const LONGEST_NAME: usize = 64;

impl Job {
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
        self.flight(batch, Stage::Sent)?;
        let verdict = Verdict::of_answer(head, body, parsed);
        if verdict == Verdict::Accepted {
            (self.probing, self.refusals, self.unknowns) = (false, 0, 0);
            self.unauthorized.clear();
            self.answered += u64::from(self.ledger.size(batch));
            self.finish_flight(batch, Proof::Accepted, None);
            return None;
        }
        let error = response::to_error(head, body, parsed, Operation::Distribute, now);
        if let Verdict::Unproven(_) = verdict {
            self.record_unknown(batch, &error);
            return Some(error);
        }
        self.unknowns = 0;
        match policy::after_refusal(head.status) {
            // Once, with another token.
            BatchStep::RenewToken
                if self.settings.renews && !self.unauthorized.contains(&batch) =>
            {
                self.unauthorized.push(batch);
                self.finish_flight(batch, Proof::Retry, Some(&error));
            }
            BatchStep::Wait => {
                self.back_off(Some(head), now, random);
                self.finish_flight(batch, Proof::Retry, Some(&error));
            }
            BatchStep::Reject => {
                self.answered += u64::from(self.ledger.size(batch));
                self.finish_flight(batch, Proof::Refused, Some(&error));
            }
            BatchStep::RenewToken | BatchStep::Stop => {
                self.finish_flight(batch, Proof::Retry, Some(&error));
                self.stop(error.clone());
            }
        }
        Some(error)
    }

    /// No answer came to a batch's request, which may have reached Uber.
    pub fn handle_lost(&mut self, batch: usize, error: &Error) {
        if self.flight(batch, Stage::Sent).is_some() {
            self.record_unknown(batch, error);
        }
    }

    /// A batch's request never left. It is tried again however long that takes,
    /// since nothing can be queued by it.
    pub fn handle_unsent(&mut self, batch: usize, error: &Error, now: u64, random: f64) {
        if self.flight(batch, Stage::Sent).is_some() {
            self.back_off(None, now, random);
            self.finish_flight(batch, Proof::Retry, Some(error));
        }
    }

    /// Lets nothing leave for as long as the answer asks, or for longer each time.
    pub(super) fn back_off(&mut self, head: Option<&ResponseHead>, now: u64, random: f64) {
        let wait = retry::wait(head, self.refusals, now, random);
        self.server_not_before = self.server_not_before.max(now.saturating_add(wait));
        self.refusals += 1;
    }

    fn record_unknown(&mut self, batch: usize, error: &Error) {
        self.answered += u64::from(self.ledger.size(batch));
        self.finish_flight(batch, Proof::Unknown, Some(error));
        self.unknowns += 1;
        if self.unknowns >= MOST_UNKNOWN_IN_A_ROW {
            let message = "Three requests in a row got no answer that proves anything";
            let halted = Error::new(ErrorCode::Halted, Queued::Unknown, message);
            self.stop(halted.caused_by(error.clone()));
        }
    }

    /// The first reason to stop is the one that is told.
    pub(super) fn stop(&mut self, error: Error) {
        self.stopping = true;
        self.halt.get_or_insert(error);
    }

    /// A batch is no longer under way.
    pub(super) fn finish_flight(&mut self, batch: usize, proof: Proof, error: Option<&Error>) {
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
        self.record(Record::Answer { batch, proof, status, error: code, uber_code });
        self.next = self.next.min(batch);
    }
}
