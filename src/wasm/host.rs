//! The functions that JavaScript provides for a call (`src/js/wasm/host.ts`).
//!
//! None of them throws. An asynchronous one returns a promise of an outcome, or the
//! outcome if it is known at once: an object with a `kind`. JavaScript handles errors of
//! foreign code.

use js_sys::Object;
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

    /// A deadline, which the caller's signal also ends.
    #[wasm_bindgen(structural, method)]
    pub fn deadline(this: &Host, ms: f64, signal: &JsValue) -> Deadline;

    /// Converts ASCII to a string.
    #[wasm_bindgen(structural, method)]
    pub fn text(this: &Host, ascii: &[u8]) -> JsValue;

    /// The only way to `fetch`: the global one, an injected one and a service binding.
    /// With some of these, gloo-net's request never settles.
    #[wasm_bindgen(structural, method)]
    pub fn send(this: &Host, url: &str, init: &Object, attempt: u32, within: &Deadline) -> JsValue;

    /// Reads the body as text: what arrives within `patience_ms`, or all of it if that is
    /// 0.
    #[wasm_bindgen(structural, method)]
    pub fn read(this: &Host, answer: &JsValue, patience_ms: f64, within: &Deadline) -> JsValue;

    /// The token for a call, other than `rejected`.
    #[wasm_bindgen(structural, method)]
    pub fn token(this: &Host, rejected: Option<&str>, ms: f64, signal: &JsValue) -> JsValue;

    /// Waits on the caller's clock.
    #[wasm_bindgen(structural, method)]
    pub fn wait(this: &Host, ms: f64, signal: &JsValue) -> JsValue;

    /// A running deadline.
    pub type Deadline;

    /// Stops the timer. An unread body is read to its end in the background, so that its
    /// connection can be reused.
    #[wasm_bindgen(structural, method)]
    fn end(this: &Deadline);

    /// The outcome with which a promise of the host resolves.
    type Outcome;

    #[wasm_bindgen(structural, method, getter)]
    fn kind(this: &Outcome) -> u32;

    #[wasm_bindgen(structural, method, getter)]
    fn value(this: &Outcome) -> JsValue;

    #[wasm_bindgen(structural, method, getter, js_name = requestSent)]
    fn has_left(this: &Outcome) -> bool;
}

/// Stops its deadline when it is dropped.
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
    /// The value of an outcome, or why there is none.
    pub fn of(outcome: JsValue) -> Result<JsValue, Self> {
        let outcome: Outcome = outcome.unchecked_into();
        let (kind, value) = (known(HostOutcome::from_number(outcome.kind())), outcome.value());
        if kind == HostOutcome::Done {
            Ok(value)
        } else {
            Err(Self { kind, value, has_left: outcome.has_left() })
        }
    }

    /// What the error means for a request.
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

    /// The error of a request that was never sent.
    pub fn into_unsent(self, doing: &str) -> JsValue {
        Failure::with_cause(Error::unsent(doing.to_owned() + " failed"), self.value).into()
    }

    /// The error for the caller.
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
