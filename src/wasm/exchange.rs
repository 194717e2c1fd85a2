//! The loop around every call: a token, an attempt, and what the core says
//! comes next.

use js_sys::{Object, Reflect};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::failure::thrown;
use super::from_js;
use super::host::{Cut, Host, Running, outcome};
use crate::answer::Verdict;
use crate::error::{Error, ErrorCode, Queued};
use crate::http::{Head, Request};
use crate::json::Json;
use crate::retry::{Attempt, Retry, Rule, Step};
use crate::secret::Secret;

#[wasm_bindgen]
extern "C" {
    /// An answer whose head has come.
    type Answer;

    // `[status, [[name, value], …]]`
    #[wasm_bindgen(structural, method, getter)]
    fn head(this: &Answer) -> JsValue;
}

/// One call, and how it may be repeated.
pub struct Exchange<'a> {
    pub host: &'a Host,
    pub request: &'a Request,
    pub rule: Rule,
    /// Whether the host is asked for a token, and gets a rejected one renewed.
    pub authorized: bool,
    pub renews: bool,
    /// The caller's own header fields.
    pub extra: &'a [(String, String)],
    pub signal: JsValue,
    pub timeout_ms: f64,
    pub max_retries: u32,
}

/// What came of a call in the end.
pub struct Ended {
    pub head: Head,
    /// Empty for a distribute call that was accepted: it is not waited for.
    pub body: String,
    pub attempts: u32,
}

impl Exchange<'_> {
    /// Runs the call: an answer, accepted or not, or the error that no answer
    /// came.
    pub async fn run(&self) -> Result<Ended, JsValue> {
        let (in_doubt, doing) = match self.rule {
            Rule::Distribute => (Queued::Unknown, "The request"),
            Rule::Read => (Queued::No, "The request"),
            Rule::ClientToken | Rule::SpentToken => (Queued::No, "Getting a token"),
        };
        let mut retry = Retry::new(self.rule, self.max_retries);
        let mut token: Option<Secret> = None;
        let mut attempts = 0;
        loop {
            if self.authorized {
                token = self.token(token.as_ref().filter(|_| attempts > 0)).await?;
            }
            attempts += 1;
            let deadline = Running(self.host.deadline(self.timeout_ms, &self.signal));
            let init = init(self.request, self.extra, token.as_ref());
            let sent = self.host.send(&self.request.url, &init, attempts, &deadline.0);
            let step = match outcome(sent).await {
                Ok(answer) => {
                    let head = head_of(&answer);
                    let accepted = Verdict::of(&head) == Verdict::Accepted;
                    let mut step = Step::Stop;
                    if !accepted {
                        step = self.after(&mut retry, Attempt::Answered(&head));
                    }
                    if step == Step::Stop || (step == Step::RenewToken && !self.renews) {
                        // The head of a 2xx is all that a distribute call waits for.
                        if accepted && self.rule == Rule::Distribute {
                            return Ok(Ended { head, body: String::new(), attempts });
                        }
                        match outcome(self.host.read(&answer, !accepted, &deadline.0)).await {
                            Ok(body) => {
                                let body = body.as_string().unwrap_or_default();
                                return Ok(Ended { head, body, attempts });
                            }
                            Err(cut) => self.cut(&mut retry, cut, in_doubt, doing)?,
                        }
                    } else {
                        step
                    }
                }
                Err(cut) => self.cut(&mut retry, cut, in_doubt, doing)?,
            };
            drop(deadline);
            if let Step::Wait(ms) = step {
                token = None;
                #[allow(clippy::cast_precision_loss)]
                outcome(self.host.wait(ms as f64, &self.signal))
                    .await
                    .map_err(|cut| cut.into_error(Queued::No, "Waiting to try again"))?;
            }
        }
    }

    fn after(&self, retry: &mut Retry, attempt: Attempt<'_>) -> Step {
        retry.after(attempt, epoch_ms(self.host), js_sys::Math::random())
    }

    /// What comes after an attempt without an answer; the error, if nothing.
    fn cut(
        &self,
        retry: &mut Retry,
        cut: Cut,
        in_doubt: Queued,
        doing: &str,
    ) -> Result<Step, JsValue> {
        let attempt = if cut.is_failure() { Attempt::Failed } else { Attempt::GivenUp };
        match self.after(retry, attempt) {
            Step::Stop => Err(cut.into_error(in_doubt, doing)),
            step => Ok(step),
        }
    }

    async fn token(&self, rejected: Option<&Secret>) -> Result<Option<Secret>, JsValue> {
        let rejected = rejected.map(Secret::expose);
        let token = outcome(self.host.token(rejected, self.timeout_ms, &self.signal))
            .await
            .map_err(|cut| cut.into_error(Queued::No, "Getting a token"))?;
        if token.is_undefined() {
            return Ok(None);
        }
        let token = token.as_string().map(Secret::new).filter(Secret::fits_a_header);
        token.map(Some).ok_or_else(|| {
            let fault = "`auth.accessToken` is no token that can stand in a header";
            thrown(Error::validation(ErrorCode::InvalidOptions, fault))
        })
    }
}

/// What `fetch` is given beside the URL.
pub fn init(request: &Request, extra: &[(String, String)], token: Option<&Secret>) -> Object {
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
        put("body", &JsValue::from_str(body));
    }
    init
}

fn head_of(answer: &JsValue) -> Head {
    use wasm_bindgen::JsCast;
    head_from(&from_js(&answer.unchecked_ref::<Answer>().head()))
}

/// A head as the transport hands it over: `[status, [[name, value], …]]`.
pub fn head_from(told: &Json) -> Head {
    let [Json::Number(status), Json::List(fields), ..] = told.items() else {
        return Head::default();
    };
    let fields = fields.iter().filter_map(|field| match field.items() {
        [Json::Text(name), Json::Text(value)] => Some((name, value.as_str())),
        _ => None,
    });
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    Head { status: *status as u16, headers: fields.collect() }
}

/// The time in whole epoch milliseconds.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
pub fn epoch_ms(host: &Host) -> u64 {
    host.now() as u64
}

/// A body as the host's parser reads it; null where it is no JSON.
pub fn parse(body: &str) -> Json {
    js_sys::JSON::parse(body).map_or(Json::Null, |value| from_js(&value))
}
