//! The calls of a client. All go through one function, because each brings its
//! glue along; `src/js/client/client.ts` gives them their names and types.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::exchange::{Ended, Exchange, Next, Stage, epoch_ms};
use super::failure::{headers, thrown};
use super::host::Host;
use super::{from_text, known, number, text_of, to_js};
use crate::error::Error;
use crate::http::{BaseUrl, Request};
use crate::json::Json;
use crate::protocol::ClientOperation as Operation;
use crate::secret::Secret;
use crate::uber::api::Api;
use crate::uber::id::{OrganizationId, ProgramId};
use crate::uber::response::{self, Effect, Verdict};
use crate::uber::retry::{Retry, Rule};
use crate::uber::token::{self, App, Scope};
use crate::uber::{codes, distribute, guests, programs};

/// A client, as the JavaScript side holds it behind its own plain object.
#[wasm_bindgen]
pub struct Client(Rc<Inner>);

/// What a client is made of.
pub struct Inner {
    pub host: Host,
    pub api: Api,
    app: App,
    scope: Scope,
    pub renews: bool,
    pub headers: Vec<(String, String)>,
}

#[wasm_bindgen]
impl Client {
    /// Takes the options as a plain object; the JavaScript side has checked
    /// names and types, the core checks values.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: Host) -> Result<Client, JsValue> {
        Inner::new(&from_text(&text_of(options)), host)
            .map(|inner| Self(Rc::new(inner)))
            .map_err(thrown)
    }

    /// Begins one call. `input` is a plain object; `ids` are the codes to
    /// distribute, 16 bytes each.
    pub fn call(
        &self,
        operation: u32,
        input: &JsValue,
        ids: &[u8],
        signal: JsValue,
    ) -> Result<Call, JsValue> {
        let operation = known(Operation::from_number(operation));
        let client = Rc::clone(&self.0);
        let text = text_of(input);
        let input = from_text(&text);
        let (request, rule) = client.request(operation, &input, ids).map_err(thrown)?;
        let exchange = client.exchange(request, rule, &input, signal);
        Ok(Call { client, exchange, operation, text, count: ids.len() as u64 / 16 })
    }
}

/// A call that is under way. The loop around it is in `src/js/client/client.ts`: an
/// executor of futures, with the promises and closures that it needs, would be a
/// twentieth of the wasm, and half a millisecond of a cold start.
#[wasm_bindgen]
pub struct Call {
    client: Rc<Inner>,
    exchange: Exchange,
    operation: Operation,
    text: String,
    count: u64,
}

#[wasm_bindgen]
impl Call {
    /// Takes what was waited for; at first, nothing. Gives what to wait for, if it
    /// is a promise, or nothing and then the result.
    pub fn step(&mut self, came: JsValue) -> Result<Array, JsValue> {
        match self.exchange.step(came)? {
            Next::Wait(coming) => Ok(Array::of1(&coming)),
            Next::End(ended) => self
                .client
                .result(self.operation, &self.text, self.count, &ended)
                .map(|result| Array::of2(&JsValue::UNDEFINED, &result))
                .map_err(thrown),
        }
    }
}

impl Client {
    /// What it is made of.
    pub(super) fn inner(&self) -> Rc<Inner> {
        Rc::clone(&self.0)
    }
}

impl Inner {
    fn new(options: &Json, host: Host) -> Result<Self, Error> {
        let text = |name| options.get(name).text().unwrap_or_default();
        let mut headers = Vec::new();
        for field in options.get("headers").items() {
            if let [Json::Text(name), Json::Text(value)] = field.items() {
                headers.push((name.to_string(), value.to_string()));
            }
        }
        let auth = options.get("auth");
        let scope = match auth.get("scope").text() {
            Some(scope) if scope == Scope::Aggregator.as_str() => Scope::Aggregator,
            _ => Scope::VoucherPrograms,
        };
        Ok(Self {
            api: Api::new(
                BaseUrl::new(text("baseUrl"), "baseUrl")?,
                OrganizationId::new(text("organizationId"))?,
                text("acceptLanguage"),
            )?,
            app: App {
                client_id: auth.get("clientId").text().unwrap_or_default().to_owned(),
                client_secret: Secret::new(auth.get("clientSecret").text().unwrap_or_default()),
                token_url: BaseUrl::new(
                    auth.get("tokenUrl").text().unwrap_or(token::TOKEN_URL),
                    "tokenUrl",
                )?,
            },
            scope,
            renews: options.get("renews").is_true(),
            headers,
            host,
        })
    }

    /// What is to be asked, and how it may be repeated.
    fn request(
        &self,
        operation: Operation,
        input: &Json,
        ids: &[u8],
    ) -> Result<(Request, Rule), Error> {
        let api = &self.api;
        let program = || ProgramId::new(input.get("programId").text().unwrap_or_default());
        Ok(match operation {
            Operation::Distribute => {
                let program = program()?;
                let codes = ids.as_chunks().0;
                let rejected_count = whole_ms(raw_number(input.get("rejectedCount")));
                distribute::refuse_rejected(rejected_count, codes.len() as u64)?;
                (distribute::request_for(api, &program, codes)?, Rule::Distribute)
            }
            Operation::DistributeAll => {
                (distribute::request_for_everybody(api, &program()?), Rule::Distribute)
            }
            Operation::ListCodes => {
                let usage = input.get("includeUsage").is_true();
                (codes::request(api, &program()?, usage), Rule::Read)
            }
            Operation::SearchPrograms => {
                let (limit, offset) = (input.get("limit"), input.get("offset"));
                let (limit, offset) = (whole(raw_number(limit)), whole(raw_number(offset)));
                let status = input.get("status").text();
                (programs::request(api, status, limit, offset)?, Rule::Read)
            }
            Operation::GetProgram => (programs::get_request(api, &program()?), Rule::Read),
            Operation::ListGuests => {
                let page_size = whole(raw_number(input.get("pageSize")));
                let token = input.get("pageToken").text();
                (guests::request(api, &program()?, page_size, token), Rule::Read)
            }
            // With a refresh token, with a code and the address that it came to, or
            // without either for one of the app's own.
            Operation::RequestToken => {
                let secret = |name| input.get(name).text().map(Secret::new);
                match (secret("refreshToken"), secret("code")) {
                    (Some(token), _) => (self.app.refresh_token(&token), Rule::SpentToken),
                    (None, Some(code)) => {
                        let redirect_uri = input.get("redirectUri").text().unwrap_or_default();
                        (self.app.authorization_code(&code, redirect_uri), Rule::SpentToken)
                    }
                    (None, None) => (self.app.client_credentials(self.scope), Rule::ClientToken),
                }
            }
        })
    }

    fn exchange(
        self: &Rc<Self>,
        request: Request,
        rule: Rule,
        input: &Json,
        signal: JsValue,
    ) -> Exchange {
        // JSON has no infinite number: that is null.
        let timeout_ms = match input.get("timeoutMs") {
            Json::Number(timeout_ms) => *timeout_ms,
            _ => f64::INFINITY,
        };
        let max_retries = whole(raw_number(input.get("maxRetries")));
        Exchange {
            client: Rc::clone(self),
            request,
            rule,
            signal,
            timeout_ms,
            retry: Retry::new(rule, max_retries),
            token: None,
            attempts: 0,
            stage: Stage::New,
        }
    }

    /// What an answer means: a receipt, a list, a token, or an error.
    fn result(
        &self,
        operation: Operation,
        input: &str,
        count: u64,
        ended: &Ended,
    ) -> Result<JsValue, Error> {
        let Ended { head, body, attempts } = ended;
        let (now, input, parsed) = (epoch_ms(&self.host), from_text(input), from_text(body));
        let accepted = Verdict::of_answer(head, body, &parsed) == Verdict::Accepted;
        let (effect, list) = match operation {
            Operation::Distribute | Operation::DistributeAll if accepted => {
                let codes =
                    if operation == Operation::Distribute { number(count) } else { "all".into() };
                let receipt = Json::object()
                    .with("programId", input.get("programId").text().unwrap_or_default())
                    .with("codes", codes)
                    .with("duplicates", raw_number(input.get("duplicates")))
                    .with("attempts", number((*attempts).into()))
                    .with("queuedAt", number(now))
                    .with("status", number(head.status.into()))
                    .with("headers", headers(head.headers.ubers()));
                return Ok(to_js(&receipt));
            }
            Operation::Distribute | Operation::DistributeAll => (Effect::Queues, None),
            Operation::ListCodes => (Effect::Reads, codes::list(&parsed)),
            Operation::SearchPrograms => (Effect::Reads, programs::list(&parsed)),
            Operation::GetProgram => {
                let id = input.get("programId").text().unwrap_or_default();
                (Effect::Reads, programs::program(&parsed, id))
            }
            Operation::ListGuests => (Effect::Reads, guests::page(&parsed)),
            Operation::RequestToken => {
                let refresh = input.get("refreshToken").text().map(Secret::new);
                let tokens = token::answer(head, body, &parsed, refresh.as_ref(), now);
                let tokens = tokens.map_err(|error| self.app.explain(error))?;
                return Ok(to_js(&tokens.write()));
            }
        };
        match list {
            Some(list) if accepted => Ok(to_js(&list)),
            _ => Err(response::error(head, body, &parsed, effect, now)),
        }
    }
}

/// When to renew a token of which only the end is known.
#[wasm_bindgen(js_name = renewAt)]
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn renew_at(expires_at: f64) -> f64 {
    token::renew_at(whole_ms(expires_at)) as f64
}

/// Where an administrator signs in.
#[wasm_bindgen(js_name = authorizationUrl)]
pub fn authorization_url(options: &JsValue) -> Result<JsValue, JsValue> {
    let options = text_of(options);
    let options = from_text(&options);
    let text = |name| options.get(name).text().unwrap_or_default();
    let authorize_url = options.get("authorizeUrl").text().unwrap_or(token::AUTHORIZE_URL);
    let authorize_url = BaseUrl::new(authorize_url, "authorizeUrl").map_err(thrown)?;
    let (client_id, redirect_uri) = (text("clientId"), text("redirectUri"));
    let url = token::authorization_url(&authorize_url, client_id, redirect_uri, text("state"));
    Ok(JsValue::from_str(&url))
}

fn raw_number(value: &Json) -> f64 {
    if let Json::Number(number) = value { *number } else { 0.0 }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u32 {
    number as u32
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole_ms(number: f64) -> u64 {
    number as u64
}
