//! One call: a token, an attempt, and what the core says comes next.
//!
//! A state machine, driven by JavaScript: a future with all of this between its
//! awaits would be several kilobytes.

use std::rc::Rc;

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;

use super::client::Inner;
use super::host::{Cut, Host, Running};
use crate::error::Queued;
use crate::http::{Head, Request};
use crate::secret::Secret;
use crate::uber::response::Verdict;
use crate::uber::retry::{Attempt, Retry, Rule, Step};

/// One call, and how it may be repeated.
pub struct Exchange {
    pub client: Rc<Inner>,
    pub request: Request,
    pub rule: Rule,
    pub signal: JsValue,
    pub timeout_ms: f64,
    pub retry: Retry,
    /// The token in use, or the one that was rejected.
    pub token: Option<Secret>,
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
    Sent(Running),
    /// What is wanted of its body, within the same time.
    Body(#[allow(dead_code)] Running, Head),
    /// The time of the next attempt.
    Pause,
}

/// How a call goes on.
pub enum Next {
    /// Wait for this, if it is a promise, then take the next step.
    Wait(JsValue),
    /// It is over.
    End(Ended),
}

/// What came of a call in the end.
pub struct Ended {
    pub head: Head,
    /// As far as it was wanted, and came.
    pub body: String,
    pub attempts: u32,
}

impl Exchange {
    /// Takes what was waited for. Fails if no answer will come.
    pub fn step(&mut self, came: JsValue) -> Result<Next, JsValue> {
        let (in_doubt, doing) = match self.rule {
            Rule::Distribute => (Queued::Unknown, "The request"),
            Rule::Read => (Queued::No, "The request"),
            Rule::ClientToken | Rule::SpentToken => (Queued::No, "Getting a token"),
        };
        let stage = std::mem::replace(&mut self.stage, Stage::New);
        if matches!(stage, Stage::New) {
            return Ok(self.start());
        }
        let came = Cut::unless_done(came);
        let step = match (stage, came) {
            (Stage::Token, Err(cut)) => {
                return Err(cut.into_error(Queued::No, "Getting a token"));
            }
            (Stage::Token, Ok(token)) => {
                self.token = token.as_string().map(Secret::new);
                return Ok(self.send());
            }
            (Stage::Pause, Err(cut)) => {
                return Err(cut.into_error(Queued::No, "Waiting to try again"));
            }
            (Stage::New | Stage::Pause, _) => return Ok(self.start()),
            (Stage::Sent(deadline), Ok(answer)) => {
                let head = head_of(&answer);
                let accepted = Verdict::of(&head) == Verdict::Accepted;
                let step = if accepted { Step::Stop } else { self.after(Attempt::Answered(&head)) };
                if step == Step::Stop || step == Step::RenewToken && !self.renews() {
                    let is_result = accepted && self.rule != Rule::Distribute;
                    let patience_ms = match Verdict::body_patience_ms(&head) {
                        _ if is_result => 0.0,
                        Some(patience_ms) => patience_ms,
                        None => return Ok(self.end(head, String::new())),
                    };
                    let body = self.client.host.read(&answer, patience_ms, &deadline.0);
                    self.stage = Stage::Body(deadline, head);
                    return Ok(Next::Wait(body));
                }
                step
            }
            (Stage::Body(_, head), Ok(body)) => {
                return Ok(self.end(head, body.as_string().unwrap_or_default()));
            }
            (Stage::Sent(_) | Stage::Body(..), Err(cut)) => {
                let attempt = cut.attempt();
                match self.after(attempt) {
                    Step::Stop if attempt == Attempt::Unsent => return Err(cut.into_unsent(doing)),
                    Step::Stop => return Err(cut.into_error(in_doubt, doing)),
                    step => step,
                }
            }
        };
        let Step::Wait(ms) = step else { return Ok(self.start()) };
        self.token = None;
        self.stage = Stage::Pause;
        #[allow(clippy::cast_precision_loss)]
        Ok(Next::Wait(self.client.host.wait(ms as f64, &self.signal)))
    }

    fn start(&mut self) -> Next {
        if !self.is_authorized() {
            return self.send();
        }
        self.stage = Stage::Token;
        let rejected = self.token.as_ref().map(Secret::expose);
        Next::Wait(self.client.host.token(rejected, self.timeout_ms, &self.signal))
    }

    fn send(&mut self) -> Next {
        self.attempts += 1;
        let host = &self.client.host;
        let extra: &[_] = if self.is_authorized() { &self.client.headers } else { &[] };
        let deadline = Running(host.deadline(self.timeout_ms, &self.signal));
        let init = init(host, &self.request, extra, self.token.as_ref());
        let sent = host.send(&self.request.url, &init, self.attempts, &deadline.0);
        self.stage = Stage::Sent(deadline);
        Next::Wait(sent)
    }

    fn end(&self, head: Head, body: String) -> Next {
        Next::End(Ended { head, body, attempts: self.attempts })
    }

    fn after(&mut self, attempt: Attempt<'_>) -> Step {
        self.retry.after(attempt, epoch_ms(&self.client.host), js_sys::Math::random())
    }

    /// Whether the host is asked for a token.
    fn is_authorized(&self) -> bool {
        matches!(self.rule, Rule::Distribute | Rule::Read)
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
    token: Option<&Secret>,
) -> Object {
    let fields = gloo_net::http::Headers::new();
    // The caller's fields first: `set` lets ours win, whatever their case.
    // All were checked before, so that `set` can't throw.
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
        // Fails on no plain object.
        let _ = Reflect::set(&init, &JsValue::from_str(name), value);
    };
    put("method", &JsValue::from_str(request.method.as_str()));
    put("headers", &fields.into_raw());
    // A repeated POST is a second send.
    put("redirect", &JsValue::from_str("manual"));
    if let Some(body) = &request.body {
        put("body", &host.text(body));
    }
    init
}

fn head_of(answer: &JsValue) -> Head {
    let member = |name| Reflect::get(answer, &JsValue::from_str(name)).unwrap_or_default();
    let lines = member("lines").as_string().unwrap_or_default();
    head_from(member("status").as_f64().unwrap_or_default(), &lines)
}

/// A head as the transport hands it over: the fields' names and values are lines.
pub fn head_from(status: f64, mut lines: &str) -> Head {
    let mut line = || {
        // The standard library's searchers take a kilobyte of wasm.
        let end = lines.bytes().position(|byte| byte == b'\n')?;
        let (line, behind) = lines.split_at_checked(end)?;
        lines = behind.get(1..)?;
        Some(line)
    };
    let fields = std::iter::from_fn(|| Some((line()?, line()?)));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Head { status: status as u16, headers: fields.collect() }
}

/// The time in whole epoch milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn epoch_ms(host: &Host) -> u64 {
    host.now() as u64
}
