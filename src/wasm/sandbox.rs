//! The sandbox for JavaScript: only converts values.

use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::{JsFuture, future_to_promise};

use super::value::{json_stringify, parse_json, to_js};
use crate::code::Code;
use crate::json::Json;
use crate::protocol::shapes::sandbox::{
    CoreProgram, CoreReply, CoreWebhook, SandboxProgramSummary,
};
use crate::sandbox::{
    Answer, EventForm, Fault, Faults, IncomingRequest, Options, ProgramSpec, Sandbox, Webhook,
};
use crate::secret::{ClientSecret, SigningKey};

/// The wasm part of a sandbox. JavaScript keeps it private in its own object.
#[wasm_bindgen(js_name = Sandbox)]
pub struct SandboxBinding(Sandbox);

#[wasm_bindgen(js_class = Sandbox)]
impl SandboxBinding {
    /// Reads the options from a plain object. JavaScript has checked names, types and
    /// ranges. Absent members keep their defaults.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(given: &JsValue) -> SandboxBinding {
        let given = json_stringify(given);
        let given = parse_json(&given);
        let text = |name| given.get(name).text().map(str::to_owned);
        let mut options = Options {
            organization_id: text("organizationId"),
            client_id: text("clientId"),
            client_secret: text("clientSecret").map(ClientSecret::new),
            ..Options::default()
        };
        if let Some(seed) = given.get("seed").number() {
            options.seed = seed_of(seed);
        }
        if let Some(key) = text("signingKey") {
            options.signing_key = SigningKey::new(key);
        }
        if let [low, high] = given.get("latencyMs").items() {
            options.latency_ms = (whole(low), whole(high));
        }
        let mut binding = Self(Sandbox::new(options));
        binding.configure(&given);
        binding
    }

    /// Creates a program: its id, and its codes, one a line. A string says why not.
    #[wasm_bindgen(js_name = createProgram)]
    pub fn create_program(&mut self, given: &JsValue, now: f64) -> JsValue {
        match self.0.create_program(spec_of(&parse_json(&json_stringify(given))), whole_number(now))
        {
            Err(error) => error.message.as_str().into(),
            Ok(created) => to_js(CoreProgram::of(&created)),
        }
    }

    /// The programs.
    #[must_use]
    pub fn programs(&self) -> Array {
        let programs = self.0.programs().map(|program| to_js(SandboxProgramSummary::of(program)));
        programs.collect()
    }

    /// The codes that were sent, one per line, with how often: `code count`.
    #[must_use]
    pub fn deliveries(&self, program_id: &str) -> Option<String> {
        Some(lines_of(&self.0.deliveries(program_id)?))
    }

    /// The codes that were used by now, one per line, with how often: `code count`.
    pub fn uses(&mut self, program_id: &str, now: f64) -> Option<String> {
        Some(lines_of(&self.0.uses(program_id, whole_number(now))?))
    }

    /// How many codes of all programs were used by now.
    #[wasm_bindgen(js_name = usedCodes)]
    pub fn used_codes(&mut self, now: f64) -> usize {
        self.0.used_codes(whole_number(now))
    }

    /// Handles a request at once: `headers` is a list of names and values. Resolves with
    /// the response after its delay, for which `wait` waits on the caller's clock.
    pub fn handle(
        &mut self,
        method: String,
        target: String,
        headers: &JsValue,
        body: Vec<u8>,
        now: f64,
        wait: &Function,
    ) -> Promise {
        let request = incoming(method, target, &parse_json(&json_stringify(headers)), body);
        let reply = self.0.handle(&request, whole_number(now));
        #[allow(clippy::cast_precision_loss)]
        let waiting = wait.call1(&JsValue::UNDEFINED, &(reply.after_ms as f64).into());
        future_to_promise(async move {
            JsFuture::from(Promise::resolve(&waiting?)).await?;
            Ok(answer(&reply.answer))
        })
    }

    /// The webhooks that are due by now and neither delivered nor under way.
    #[wasm_bindgen(js_name = dueWebhooks)]
    pub fn due_webhooks(&mut self, now: f64) -> Array {
        let due = self.0.due_webhooks(whole_number(now));
        due.iter().map(webhook).collect()
    }

    /// Takes the first webhook that is due by now; `webhookAnswered` returns it.
    #[wasm_bindgen(js_name = takeDueWebhook)]
    pub fn take_due_webhook(&mut self, now: f64) -> JsValue {
        let taken = self.0.take_due_webhooks(whole_number(now), 1);
        taken.first().map_or(JsValue::UNDEFINED, webhook)
    }

    /// Records whether the receiver acknowledged it. If not, it will be sent again.
    #[wasm_bindgen(js_name = webhookAnswered)]
    pub fn webhook_answered(&mut self, id: f64, acknowledged: bool, now: f64) {
        self.0.webhook_answered(whole_number(id), acknowledged, whole_number(now));
    }

    /// How many webhooks are neither acknowledged nor given up.
    #[wasm_bindgen(js_name = waitingWebhooks)]
    #[must_use]
    pub fn waiting_webhooks(&self) -> usize {
        self.0.waiting_webhooks()
    }

    /// How many webhooks were acknowledged.
    #[wasm_bindgen(js_name = deliveredWebhooks)]
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn delivered_webhooks(&self) -> f64 {
        self.0.delivered_webhooks() as f64
    }

    /// Repeats an input: `head` has the time `at` and one of `program`, `request`,
    /// `answered`, `redeemed`, `cancelled` and `configured`, as the JavaScript journal
    /// stores them. A string says why not.
    pub fn repeat(&mut self, head: &JsValue, body: Vec<u8>) -> Option<String> {
        let head = json_stringify(head);
        let head = parse_json(&head);
        let now = whole(head.get("at"));
        self.0.pass_time(now);
        if let [Json::Text(method), Json::Text(target), headers] = head.get("request").items() {
            self.0.repeat(incoming(method.to_string(), target.to_string(), headers, body), now);
        } else if let [id, due_at, acknowledged] = head.get("answered").items() {
            if !self.0.take_webhook(whole(id), whole(due_at)) {
                return Some("there is no such webhook".to_owned());
            }
            self.0.webhook_answered(whole(id), *acknowledged == Json::Bool(true), now);
        } else if let Some((program, code)) = program_and_code(head.get("redeemed")) {
            return missing(code.is_some_and(|code| self.0.redeem(program, code)));
        } else if let Some((program, code)) = program_and_code(head.get("cancelled")) {
            return missing(code.is_some_and(|code| self.0.cancel(program, code, now)));
        } else if let program @ Json::Object(_) = head.get("program") {
            let created = self.0.create_program(spec_of(program), now);
            return created.err().map(|error| error.message.clone());
        } else if let settings @ Json::Object(_) = head.get("configured") {
            self.configure(settings);
        } else {
            return Some("nothing like it is known".to_owned());
        }
        None
    }

    /// When the next webhook is due, if one waits.
    #[wasm_bindgen(js_name = nextWebhookAt)]
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn next_webhook_at(&self) -> Option<f64> {
        self.0.next_webhook_at().map(|at| at as f64)
    }
}

impl SandboxBinding {
    /// Sets all settings; absent ones get their defaults.
    fn configure(&mut self, settings: &Json) {
        let number = |name| settings.get(name).number().unwrap_or_default();
        let form = settings.get("eventForm").text().and_then(EventForm::from_name);
        self.0.set_failure_rate(number("failureRate"));
        self.0.set_event_form(form.unwrap_or(EventForm::Batch));
        self.0.set_use_rate(number("useRate"));
        self.0.set_faults(faults_of(settings.get("faults")));
    }
}

fn program_and_code<'a>(input: &'a Json) -> Option<(&'a str, Option<Code>)> {
    let [Json::Text(program), Json::Text(code)] = input.items() else { return None };
    Some((program, Code::parse(code.as_bytes()).ok()))
}

fn missing(is_found: bool) -> Option<String> {
    (!is_found).then(|| "there is no such code".to_owned())
}

/// Codes and counts, one per line.
fn lines_of(counts: &[(Code, u32)]) -> String {
    let mut lines = String::new();
    for (code, times) in counts {
        code.write_to(&mut lines);
        lines.push(' ');
        lines.push_str(&times.to_string());
        lines.push('\n');
    }
    lines
}

fn answer(answer: &Answer) -> JsValue {
    let body = match answer {
        Answer::Response(response) => response.body.as_slice(),
        Answer::Lost | Answer::Hang => &[],
    };
    with_body(to_js(CoreReply::of(answer)), body)
}

fn webhook(webhook: &Webhook) -> JsValue {
    with_body(to_js(CoreWebhook::of(webhook)), &webhook.body)
}

fn spec_of(given: &Json) -> ProgramSpec {
    let text = |name| given.get(name).text().map(str::to_owned);
    let count = |name| {
        let count = given.get(name).number();
        count.map(|count| whole_number(count).try_into().unwrap_or(u32::MAX))
    };
    let usual = ProgramSpec::default();
    ProgramSpec {
        codes: count("codes").unwrap_or(usual.codes),
        id: text("id"),
        name: text("name"),
        currency_code: text("currencyCode"),
        guests: count("guests"),
        ..usual
    }
}

fn faults_of(given: &Json) -> Faults {
    let mut faults = Faults::default();
    for (name, probability) in given.members() {
        if let (Some(fault), Some(probability)) = (Fault::from_name(name), probability.number()) {
            faults = faults.with(fault, probability);
        }
    }
    faults
}

fn incoming(method: String, target: String, headers: &Json, body: Vec<u8>) -> IncomingRequest {
    let headers = headers.items().iter().filter_map(|field| match field.items() {
        [Json::Text(name), Json::Text(value)] => Some((name, &**value)),
        _ => None,
    });
    IncomingRequest { method, target, headers: headers.collect(), body }
}

/// That object, with these bytes as its `body`.
fn with_body(described: JsValue, body: &[u8]) -> JsValue {
    // Setting a member of an object created here can't fail.
    let _ = Reflect::set(&described, &"body".into(), &Uint8Array::from(body));
    described
}

fn whole(value: &Json) -> u64 {
    whole_number(value.number().unwrap_or_default())
}

// `as` saturates, which is what a time or a count out of range should do.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_number(value: f64) -> u64 {
    value as u64
}

/// Any safe integer, even a negative one, is a seed.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn seed_of(value: f64) -> u64 {
    value as i64 as u64
}
