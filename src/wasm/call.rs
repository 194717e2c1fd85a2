//! One call: gets a token, sends a request, then does what the core decides.
//!
//! A state machine that JavaScript drives; a future would be several kilobytes larger.

use std::rc::Rc;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use super::client::Inner;
use super::host::{DeadlineGuard, Host, HostError};
use crate::http::{Request, ResponseHead};
use crate::secret::AccessToken;
use crate::uber::policy::{Operation, Verdict};
use crate::uber::retry::{Attempt, Retry, RetryDecision};

/// One call, and its retries.
pub struct CallState {
    pub client: Rc<Inner>,
    pub request: Request,
    pub operation: Operation,
    pub signal: JsValue,
    pub timeout_ms: f64,
    pub retry: Retry,
    /// The current token, or the one that was rejected.
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
    /// The head of a response.
    Sent(DeadlineGuard),
    /// The body of the response, as far as needed, before the same deadline.
    Body(#[allow(dead_code)] DeadlineGuard, ResponseHead),
    /// The delay before the next attempt.
    Pause,
}

/// The next step of a call.
pub enum CallStep {
    /// Await this value, which may be a promise, then resume with the result.
    Wait(JsValue),
    /// The call is over.
    End(CallResponse),
}

/// The response that ended a call.
pub struct CallResponse {
    pub head: ResponseHead,
    /// The part that was read.
    pub body: String,
    pub attempts: u32,
}

impl CallState {
    /// Resumes with the awaited value. Errors if the call failed for good.
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
                    let patience_ms = match Verdict::body_timeout_ms(&head) {
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

    /// Whether the call needs a token.
    fn is_authorized(&self) -> bool {
        self.operation.is_authorized()
    }

    /// Whether a rejected token can be renewed.
    fn renews(&self) -> bool {
        self.is_authorized() && self.client.renews
    }
}

/// Creates the options of `fetch`.
pub fn init(
    host: &Host,
    request: &Request,
    extra: &[(String, String)],
    token: Option<&AccessToken>,
) -> Object {
    let fields = gloo_net::http::Headers::new();
    // The caller's fields are set first, so that `set` lets this crate's replace them in
    // any case. All were validated before, so that `set` can't throw.
    for (name, value) in extra {
        fields.set(name, value);
    }
    for (name, value) in &request.headers {
        fields.set(name, value);
    }
    if let Some(token) = token {
        fields.set("Authorization", &("Bearer ".to_owned() + token.expose()));
    }
    let init = Object::new();
    let put = |name: &str, value: &JsValue| {
        // Never fails on a plain object.
        let _ = Reflect::set(&init, &JsValue::from_str(name), value);
    };
    put("method", &JsValue::from_str(request.method.as_str()));
    put("headers", &fields.into_raw());
    // A redirected POST would be a second send.
    put("redirect", &JsValue::from_str("manual"));
    if let Some(body) = &request.body {
        put("body", &host.text(body));
    }
    init
}

fn head_of(answer: &JsValue) -> ResponseHead {
    let member = |name| Reflect::get(answer, &JsValue::from_str(name)).unwrap_or_default();
    let lines = member("lines").as_string().unwrap_or_default();
    head_from(member("status").as_f64().unwrap_or_default(), &lines)
}

/// Reads a head from the transport: the names and values of its fields are lines.
pub fn head_from(status: f64, mut lines: &str) -> ResponseHead {
    let mut line = || {
        // The standard library's search takes a kilobyte of wasm.
        let end = lines.bytes().position(|byte| byte == b'\n')?;
        let (line, behind) = lines.split_at_checked(end)?;
        lines = behind.get(1..)?;
        Some(line)
    };
    let fields = std::iter::from_fn(|| Some((line()?, line()?)));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    ResponseHead { status: status as u16, headers: fields.collect() }
}

/// The current time in whole epoch milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn epoch_ms(host: &Host) -> u64 {
    host.now() as u64
}
