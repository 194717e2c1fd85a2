//! How a response changes a batch, and the run.

use super::Job;
use super::record::Record;
use super::sending::Stage;
use super::state::SendResult;
use crate::error::{Error, ErrorCode, Queued};
use crate::http::ResponseHead;
use crate::json::Json;
use crate::uber::policy::{self, BatchStep, Operation, Verdict};
use crate::uber::{response, retry};

/// The job halts after this many consecutive responses that prove nothing, so that an
/// outage does not make a million codes unknown.
pub const MAX_CONSECUTIVE_UNKNOWN: u32 = 3;

/// The longest error code of Uber that is stored, in bytes: codes are short names.
const MAX_UBER_CODE_LEN: usize = 64;

impl Job {
    /// Handles the response to a batch's request. `body` is the part that arrived, and
    /// `parsed` the body as JSON, or null. Returns the error that the response stands
    /// for.
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
            (self.single_flight, self.consecutive_refusals, self.consecutive_unknown) =
                (false, 0, 0);
            self.renewed_batches.clear();
            self.answered += u64::from(self.ledger.size(batch));
            self.finish_flight(batch, SendResult::Accepted, None);
            return None;
        }
        let error = response::to_error(head, body, parsed, Operation::Distribute, now);
        if let Verdict::Unproven(_) = verdict {
            self.record_unknown(batch, &error);
            return Some(error);
        }
        self.consecutive_unknown = 0;
        match policy::after_refusal(head.status) {
            // Once, with another token.
            BatchStep::RenewToken
                if self.settings.renews && !self.renewed_batches.contains(&batch) =>
            {
                self.renewed_batches.push(batch);
                self.finish_flight(batch, SendResult::Retry, Some(&error));
            }
            BatchStep::Wait => {
                self.back_off(Some(head), now, random);
                self.finish_flight(batch, SendResult::Retry, Some(&error));
            }
            BatchStep::Reject => {
                self.answered += u64::from(self.ledger.size(batch));
                self.finish_flight(batch, SendResult::Refused, Some(&error));
            }
            BatchStep::RenewToken | BatchStep::Stop => {
                self.finish_flight(batch, SendResult::Retry, Some(&error));
                self.stop(error.clone());
            }
        }
        Some(error)
    }

    /// Handles a request without a response. It may have reached Uber.
    pub fn handle_lost(&mut self, batch: usize, error: &Error) {
        if self.flight(batch, Stage::Sent).is_some() {
            self.record_unknown(batch, error);
        }
    }

    /// Handles a request that was never sent. It is retried without a limit, because it
    /// can't have queued anything.
    pub fn handle_unsent(&mut self, batch: usize, error: &Error, now: u64, random: f64) {
        if self.flight(batch, Stage::Sent).is_some() {
            self.back_off(None, now, random);
            self.finish_flight(batch, SendResult::Retry, Some(error));
        }
    }

    /// Sends nothing for as long as the response asks, or for a time that grows with each
    /// failure.
    pub(super) fn back_off(&mut self, head: Option<&ResponseHead>, now: u64, random: f64) {
        let wait = retry::wait(head, self.consecutive_refusals, now, random);
        self.server_not_before = self.server_not_before.max(now.saturating_add(wait));
        self.consecutive_refusals += 1;
    }

    fn record_unknown(&mut self, batch: usize, error: &Error) {
        self.answered += u64::from(self.ledger.size(batch));
        self.finish_flight(batch, SendResult::Unknown, Some(error));
        self.consecutive_unknown += 1;
        if self.consecutive_unknown >= MAX_CONSECUTIVE_UNKNOWN {
            let message = "Three requests in a row had no conclusive response";
            let halted = Error::new(ErrorCode::Halted, Queued::Unknown, message);
            self.stop(halted.caused_by(error.clone()));
        }
    }

    /// Keeps the first reason to stop.
    pub(super) fn stop(&mut self, error: Error) {
        self.stopping = true;
        self.halt.get_or_insert(error);
    }

    /// Ends the flight of a batch.
    pub(super) fn finish_flight(
        &mut self,
        batch: usize,
        result: SendResult,
        error: Option<&Error>,
    ) {
        self.flights.retain(|flight| flight.batch != batch);
        let (mut code, mut status, mut uber_code) = ("", 0, "");
        if let Some(error) = error {
            code = error.code.as_str();
            if let Some(api) = &error.api {
                status = api.status;
                uber_code = api.uber_code.as_deref().unwrap_or_default();
            }
        }
        // Only error codes that look like identifiers are stored.
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
        if uber_code.len() > MAX_UBER_CODE_LEN || !uber_code.bytes().all(is_name) {
            uber_code = "";
        }
        self.record(Record::Response { batch, result, status, error: code, uber_code });
        self.first_waiting = self.first_waiting.min(batch);
    }
}
