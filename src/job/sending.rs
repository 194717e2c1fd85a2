//! When a batch is sent: pacing, tokens, and the requests that are under way.

use super::ledger::PauseStage;
use super::record::Record;
use super::state::SendResult;
use super::{Action, Job};
use crate::error::Error;
use crate::uber::policy;
use crate::uber::{distribute, retry};

/// A late timer makes up for at most this much delay.
const PACING_SLACK_MS: f64 = 100.0;

/// How far the sending of a batch is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Its record is in the log.
    Unsaved,
    /// Its record is being saved.
    Saving,
    /// It needs a token.
    NeedsToken,
    /// A token was asked for.
    AwaitingToken,
    /// It can be sent.
    Ready,
    /// It was sent.
    Sent,
}

#[derive(Clone, Debug)]
pub(super) struct Flight {
    pub(super) batch: usize,
    pub(super) stage: Stage,
    /// Whether it had a token that was rejected.
    renew: bool,
}

impl Job {
    /// Returns the next action. `now` is in epoch milliseconds.
    pub fn poll(&mut self, now: u64) -> Action {
        let wait = self.start_batches(now);
        if self.stopping {
            self.cancel_unsent();
        }
        if let Some(action) = self.next_effect() {
            return action;
        }
        if self.reaches_pause() {
            self.record(Record::Paused);
        }
        // One append saves new requests together with earlier responses.
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

    /// Whether the job has just reached its pause. After a halt, the next run records
    /// that.
    fn reaches_pause(&mut self) -> bool {
        self.running
            && self.ledger.pause.stage == PauseStage::Ahead
            && self.flights.is_empty()
            && self.halt.is_none()
            && !self.journal_failed
            && self.is_created()
            && self.waiting_batch().is_none()
    }

    fn is_over(&mut self) -> bool {
        self.flights.is_empty()
            && self.saving.is_none()
            && (self.journal_failed || self.writer.log.is_empty())
            && (self.stopping || self.waiting_batch().is_none())
    }

    /// Starts the batches that may start. If more only have to wait, returns when they
    /// may start.
    fn start_batches(&mut self, now: u64) -> Option<u64> {
        let most = if self.single_flight { 1 } else { self.settings.concurrency };
        while self.running && !self.stopping && self.is_created() && self.flights.len() < most {
            let batch = self.waiting_batch()?;
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = self
                .server_not_before
                .max(self.shared_not_before)
                .max(self.pacing_not_before.ceil() as u64);
            if at > now {
                return Some(at);
            }
            #[allow(clippy::cast_precision_loss)]
            let earliest = now as f64 - PACING_SLACK_MS;
            self.pacing_not_before =
                self.pacing_not_before.max(earliest) + self.settings.interval_ms;
            self.record(Record::Sending { batch, at: now });
            let renew = self.renewed_batches.contains(&batch);
            self.flights.push(Flight { batch, stage: Stage::Unsaved, renew });
        }
        None
    }

    /// The first batch to send in this run.
    fn waiting_batch(&mut self) -> Option<usize> {
        while let Some(batch) = self.ledger.batches.get(self.first_waiting) {
            if self.first_waiting >= self.ledger.pause.batches && !self.continues_after_pause {
                return None;
            }
            if batch.evidence.is_waiting() && self.ledger.is_unsettled(self.first_waiting) {
                return Some(self.first_waiting);
            }
            self.first_waiting += 1;
        }
        None
    }

    /// Cancels batches that were not sent yet.
    fn cancel_unsent(&mut self) {
        let mut index = 0;
        while let Some(flight) = self.flights.get(index) {
            if flight.stage == Stage::Sent {
                index += 1;
            } else {
                self.finish_flight(flight.batch, SendResult::Retry, None);
            }
        }
    }

    fn next_effect(&mut self) -> Option<Action> {
        let mut index = 0;
        while let Some(flight) = self.flights.get_mut(index) {
            let batch = flight.batch;
            match flight.stage {
                Stage::NeedsToken => {
                    flight.stage = Stage::AwaitingToken;
                    return Some(Action::NeedToken { batch, renew: flight.renew });
                }
                Stage::Ready => {
                    let codes = self.ledger.to_send(batch);
                    if let Ok(request) =
                        distribute::request_from_ids(&self.api, &self.program, &codes)
                    {
                        flight.stage = Stage::Sent;
                        return Some(Action::Send { batch, request });
                    }
                    // All of its codes have an outcome by now.
                    self.finish_flight(batch, SendResult::Retry, None);
                }
                _ => index += 1,
            }
        }
        None
    }

    pub(super) fn flight(&mut self, batch: usize, stage: Stage) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.batch == batch && flight.stage == stage)
    }

    /// Confirms that the token for this batch is available.
    pub fn handle_token(&mut self, batch: usize) {
        self.token_failures = 0;
        if let Some(flight) = self.flight(batch, Stage::AwaitingToken) {
            flight.stage = Stage::Ready;
        }
    }

    /// Handles a failure to get a token. Returns true if this ends the run.
    pub fn handle_no_token(&mut self, batch: usize, error: Error, now: u64, random: f64) -> bool {
        if self.flight(batch, Stage::AwaitingToken).is_none() {
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
            self.server_not_before =
                now.saturating_add(retry::wait(None, self.token_failures, now, random));
            self.token_failures += 1;
        }
        // The progress shows until when the job waits.
        let error = error.unsent.then_some(error);
        self.finish_flight(batch, SendResult::Retry, error.as_ref());
        halts
    }
}
