//! What JavaScript lends to a call (`src/js/wasm/host.ts`).
//!
//! None of these throws. What takes its time gives a promise, which resolves, or
//! what came at once: an object that says in `kind` what it is. Foreign code is
//! tamed on the other side.

use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::error::Failure;
use super::value::known;
use crate::error::{Error, ErrorCode};
use crate::protocol::HostOutcome;
use crate::uber::policy::Operation;
use crate::uber::retry::Attempt;

#[wasm_bindgen]
extern "C" {
    /// The host of one client.
    #[derive(Clone)]
    pub type Host;

    /// Epoch milliseconds.
    #[wasm_bindgen(structural, method)]
    pub fn now(this: &Host) -> f64;

    /// A time limit, which the caller's signal ends too.
    #[wasm_bindgen(structural, method)]
    pub fn deadline(this: &Host, ms: f64, signal: &JsValue) -> Deadline;

    /// ASCII as a string.
    #[wasm_bindgen(structural, method)]
    pub fn text(this: &Host, ascii: &[u8]) -> JsValue;

    /// The one path into `fetch`, for the global one, an injected one and a
    /// service binding. gloo-net's own never settles on some of what these do.
    #[wasm_bindgen(structural, method)]
    pub fn send(this: &Host, url: &str, init: &JsValue, attempt: u32, within: &Deadline)
    -> JsValue;

    /// Reads the body as text: what arrives within `patience_ms`, or all of it if
    /// that is 0.
    #[wasm_bindgen(structural, method)]
    pub fn read(this: &Host, answer: &JsValue, patience_ms: f64, within: &Deadline) -> JsValue;

    /// The token for a call: another one than `rejected`.
    #[wasm_bindgen(structural, method)]
    pub fn token(this: &Host, rejected: Option<&str>, ms: f64, signal: &JsValue) -> JsValue;

    /// Waits, on the caller's clock.
    #[wasm_bindgen(structural, method)]
    pub fn wait(this: &Host, ms: f64, signal: &JsValue) -> JsValue;

    /// An answer whose head has come.
    pub type Answer;

    #[wasm_bindgen(structural, method, getter)]
    pub fn status(this: &Answer) -> f64;

    #[wasm_bindgen(structural, method, getter)]
    pub fn lines(this: &Answer) -> JsValue;

    /// A deadline that is running.
    pub type Deadline;

    /// Stops the timer. A body that has not been read is read to its end in
    /// the background, so that its connection can be used again.
    #[wasm_bindgen(structural, method)]
    fn end(this: &Deadline);

    /// What a promise of the host resolves with.
    type Outcome;

    #[wasm_bindgen(structural, method, getter)]
    fn kind(this: &Outcome) -> u32;

    #[wasm_bindgen(structural, method, getter)]
    fn value(this: &Outcome) -> JsValue;

    #[wasm_bindgen(structural, method, getter, js_name = hasLeft)]
    fn has_left(this: &Outcome) -> bool;
}

/// Ends its deadline when it is dropped.
pub struct DeadlineGuard(pub Deadline);

impl Drop for DeadlineGuard {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// Why the host has no result.
pub struct HostError {
    kind: HostOutcome,
    value: JsValue,
    has_left: bool,
}

impl HostError {
    /// The value of what the host resolved with, or why there is none.
    pub fn of(outcome: JsValue) -> Result<JsValue, Self> {
        let outcome: Outcome = outcome.unchecked_into();
        let (kind, value) = (known(HostOutcome::from_number(outcome.kind())), outcome.value());
        if kind == HostOutcome::Done {
            Ok(value)
        } else {
            Err(Self { kind, value, has_left: outcome.has_left() })
        }
    }

    /// What it means for a request.
    pub fn attempt(&self) -> Attempt<'static> {
        match self.kind {
            HostOutcome::Failed if self.has_left => Attempt::Failed,
            HostOutcome::Failed => Attempt::Unsent,
            HostOutcome::Done
            | HostOutcome::Timeout
            | HostOutcome::Aborted
            | HostOutcome::Error => Attempt::GivenUp,
        }
    }

    /// The error for a request that never left.
    pub fn into_unsent(self, doing: &str) -> JsValue {
        Failure::with_cause(Error::unsent(doing.to_owned() + " failed"), self.value).into()
    }

    /// The error that a caller sees.
    pub fn into_error(self, operation: Operation, doing: &str) -> JsValue {
        let (code, what) = match self.kind {
            HostOutcome::Error => return self.value,
            HostOutcome::Timeout => (ErrorCode::Timeout, " took too long"),
            HostOutcome::Aborted => (ErrorCode::Aborted, " was aborted"),
            HostOutcome::Done | HostOutcome::Failed => (ErrorCode::ConnectionFailed, " failed"),
        };
        let queued = operation.lost(self.has_left);
        Failure::with_cause(Error::new(code, queued, doing.to_owned() + what), self.value).into()
    }
}
