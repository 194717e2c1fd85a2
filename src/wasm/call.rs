//! One call: get a token, send a request, then do what the core decides.
//!
//! A state machine that JavaScript drives: as a future it would be several
//! kilobytes larger.

use std::rc::Rc;

use wasm_bindgen::{JsCast, JsValue};

use super::client::Inner;
use super::host::{Answer, DeadlineGuard, Host, HostError};
use super::value::Plain;
use crate::http::{Request, ResponseHead};
use crate::secret::AccessToken;
use crate::uber::policy::{Operation, Verdict};
use crate::uber::retry::{Attempt, Retry, RetryDecision};

/// One call, and how it may be repeated.
pub struct CallState {
    pub client: Rc<Inner>,
    pub request: Request,
    pub operation: Operation,
    pub signal: JsValue,
    pub timeout_ms: f64,
    pub retry: Retry,
    /// The token in use, or the one that was rejected.
    pub token: Option<AccessToken>,
    pub attempts: u32,
    pub stage: Stage,
}

/// What a call waits for.
pub enum Stage {
    /// Nothing yet.
    New,
    /// A token.
    Token,
    /// The head of an answer.
    Sent(DeadlineGuard),
    /// What is wanted of its body, within the same time.
    Body(#[allow(dead_code)] DeadlineGuard, ResponseHead),
    /// The time of the next attempt.
    Pause,
}

/// What to do next.
pub enum CallStep {
    /// Await this, if it is a promise, then resume with it.
    Wait(JsValue),
    /// The call is over.
    End(CallResponse),
}

/// The response that ended a call.
pub struct CallResponse {
    pub head: ResponseHead,
    /// As much as was read.
    pub body: String,
    pub attempts: u32,
}

impl CallState {
    /// Resumes with the awaited value. Fails if the call failed for good.
    pub fn step(&mut self, input: JsValue) -> Result<CallStep, JsValue> {
        let doing = if self.is_authorized() { "The request" } else { "Getting a token" };
        let stage = std::mem::replace(&mut self.stage, Stage::New);
        if matches!(stage, Stage::New) {
            return Ok(self.start());
        }
        let result = HostError::of(input);
        let step = match (stage, result) {
            (Stage::Token, Err(error)) => {
                return Err(error.into_error(Operation::ClientToken, "Getting a token"));
            }
            (Stage::Token, Ok(token)) => {
                self.token = token.as_string().map(AccessToken::new);
                return Ok(self.send());
            }
            (Stage::Pause, Err(error)) => {
                return Err(error.into_error(Operation::Read, "Waiting to try again"));
            }
            (Stage::New | Stage::Pause, _) => return Ok(self.start()),
            (Stage::Sent(deadline), Ok(answer)) => {
                let head = head_of(&answer);
                let accepted = Verdict::of(&head) == Verdict::Accepted;
                let step = if accepted {
                    RetryDecision::Stop
                } else {
                    self.after(Attempt::Answered(&head))
                };
                if step == RetryDecision::Stop
                    || step == RetryDecision::RenewToken && !self.renews()
                {
                    let is_result = accepted && self.operation != Operation::Distribute;
                    let patience_ms = match Verdict::body_patience_ms(&head) {
                        _ if is_result => 0.0,
                        Some(patience_ms) => patience_ms,
                        None => return Ok(self.end(head, String::new())),
                    };
                    let body = self.client.host.read(&answer, patience_ms, &deadline.0);
                    self.stage = Stage::Body(deadline, head);
                    return Ok(CallStep::Wait(body));
                }
                step
            }
            (Stage::Body(_, head), Ok(body)) => {
                return Ok(self.end(head, body.as_string().unwrap_or_default()));
            }
            (Stage::Sent(_) | Stage::Body(..), Err(error)) => {
                let attempt = error.attempt();
                match self.after(attempt) {
                    RetryDecision::Stop if attempt == Attempt::Unsent => {
                        return Err(error.into_unsent(doing));
                    }
                    RetryDecision::Stop => return Err(error.into_error(self.operation, doing)),
                    step => step,
                }
            }
        };
        let RetryDecision::Wait(ms) = step else { return Ok(self.start()) };
        self.token = None;
        self.stage = Stage::Pause;
        #[allow(clippy::cast_precision_loss)]
        Ok(CallStep::Wait(self.client.host.wait(ms as f64, &self.signal)))
    }

    fn start(&mut self) -> CallStep {
        if !self.is_authorized() {
            return self.send();
        }
        self.stage = Stage::Token;
        let rejected = self.token.as_ref().map(AccessToken::expose);
        CallStep::Wait(self.client.host.token(rejected, self.timeout_ms, &self.signal))
    }

    fn send(&mut self) -> CallStep {
        self.attempts += 1;
        let host = &self.client.host;
        let extra: &[_] = if self.is_authorized() { &self.client.headers } else { &[] };
        let deadline = DeadlineGuard(host.deadline(self.timeout_ms, &self.signal));
        let init = init(host, &self.request, extra, self.token.as_ref());
        let sent = host.send(&self.request.url, &init, self.attempts, &deadline.0);
        self.stage = Stage::Sent(deadline);
        CallStep::Wait(sent)
    }

    fn end(&self, head: ResponseHead, body: String) -> CallStep {
        CallStep::End(CallResponse { head, body, attempts: self.attempts })
    }

    fn after(&mut self, attempt: Attempt<'_>) -> RetryDecision {
        self.retry.after(attempt, epoch_ms(&self.client.host), js_sys::Math::random())
    }

    /// Whether the host is asked for a token.
    fn is_authorized(&self) -> bool {
        self.operation.is_authorized()
    }

    /// Whether it gets one that was rejected renewed.
    fn renews(&self) -> bool {
        self.is_authorized() && self.client.renews
    }
}

/// What `fetch` is given beside the URL.
pub fn init(
    host: &Host,
    request: &Request,
    extra: &[(String, String)],
    token: Option<&AccessToken>,
) -> JsValue {
    // Of two fields with one name the last one stands. The caller's come first, and the
    // host has put them in small letters.
    let mut fields = Plain::new();
    for (name, value) in extra {
        fields = fields.text(name, value);
    }
    for (name, value) in &request.headers {
        fields = fields.text(&name.to_ascii_lowercase(), value);
    }
    if let Some(token) = token {
        fields = fields.text("authorization", &("Bearer ".to_owned() + token.expose()));
    }
    let init = Plain::new()
        .text("method", request.method.as_str())
        .with("headers", fields.into())
        // A repeated POST is a second send.
        .text("redirect", "manual");
    match &request.body {
        Some(body) => init.with("body", host.text(body)).into(),
        None => init.into(),
    }
}

fn head_of(answer: &JsValue) -> ResponseHead {
    let answer: &Answer = answer.unchecked_ref();
    head_from(answer.status(), &answer.lines().as_string().unwrap_or_default())
}

/// A head as the transport hands it over: the fields' names and values are lines.
pub fn head_from(status: f64, mut lines: &str) -> ResponseHead {
    let mut line = || {
        // The standard library's searchers take a kilobyte of wasm.
        let end = lines.bytes().position(|byte| byte == b'\n')?;
        let (line, behind) = lines.split_at_checked(end)?;
        lines = behind.get(1..)?;
        Some(line)
    };
    let fields = std::iter::from_fn(|| Some((line()?, line()?)));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    ResponseHead { status: status as u16, headers: fields.collect() }
}

/// The time in whole epoch milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn epoch_ms(host: &Host) -> u64 {
    host.now() as u64
}
