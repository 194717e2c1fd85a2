//! The calls of a client.

use std::pin::Pin;
use std::rc::Rc;

use js_sys::Promise;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;

use super::exchange::{Ended, Exchange, epoch_ms, parse};
use super::failure::{headers, thrown};
use super::host::Host;
use super::{from_js, number, to_js};
use crate::answer::{self, Effect, Verdict};
use crate::api::Api;
use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::http::{BaseUrl, Request};
use crate::id::{OrganizationId, ProgramId};
use crate::json::Json;
use crate::retry::Rule;
use crate::secret::Secret;
use crate::token::{self, App, Scope};
use crate::{codes, distribute, programs};

/// A client, as the JavaScript side holds it behind its own plain object.
#[wasm_bindgen]
pub struct Client(Rc<Inner>);

/// What a client is made of.
pub struct Inner {
    host: Host,
    pub api: Api,
    app: App,
    scope: Scope,
    pub renews: bool,
    pub headers: Vec<(String, String)>,
    timeout_ms: f64,
    max_retries: u32,
}

#[wasm_bindgen]
extern "C" {
    /// The options of one call.
    pub type CallOptions;
    #[wasm_bindgen(structural, method, getter)]
    fn signal(this: &CallOptions) -> JsValue;
    #[wasm_bindgen(structural, method, getter, js_name = timeoutMs)]
    fn timeout_ms(this: &CallOptions) -> Option<f64>;
    #[wasm_bindgen(structural, method, getter, js_name = maxRetries)]
    fn max_retries(this: &CallOptions) -> Option<f64>;
}

#[wasm_bindgen]
impl Client {
    /// Takes the options as a plain object; the JavaScript side has checked
    /// names and types, the core checks values.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: Host) -> Result<Client, JsValue> {
        Inner::new(&from_js(options), host).map(|inner| Self(Rc::new(inner))).map_err(thrown)
    }

    /// Distributes these codes, 16 bytes each.
    pub fn distribute(
        &self,
        program: Option<String>,
        ids: &[u8],
        duplicates: f64,
        rejected_count: f64,
        options: CallOptions,
    ) -> Promise {
        let codes = ids.as_chunks().0;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let refused = distribute::refuse_rejected(rejected_count as u64, codes.len() as u64);
        let request = program_id(program).and_then(|program| {
            refused?;
            let codes = codes.iter().copied().map(Code::from_id);
            Ok((distribute::request(&self.0.api, &program, codes)?, program))
        });
        self.0.queue(request, number(ids.len() as u64 / 16), duplicates, options)
    }

    /// Distributes every code of the program.
    #[wasm_bindgen(js_name = distributeAll)]
    pub fn distribute_all(&self, program: Option<String>, options: CallOptions) -> Promise {
        let request = program_id(program)
            .map(|program| (distribute::request_for_everybody(&self.0.api, &program), program));
        self.0.queue(request, "all".into(), 0.0, options)
    }

    /// Get Voucher Codes.
    #[wasm_bindgen(js_name = listCodes)]
    pub fn list_codes(
        &self,
        program: Option<String>,
        usage: bool,
        options: CallOptions,
    ) -> Promise {
        let request =
            program_id(program).map(|program| codes::request(&self.0.api, &program, usage));
        self.0.list(request, options, codes::list)
    }

    /// Search Voucher Programs.
    #[wasm_bindgen(js_name = searchPrograms)]
    pub fn search_programs(
        &self,
        status: Option<String>,
        limit: u32,
        offset: u32,
        options: CallOptions,
    ) -> Promise {
        let request = programs::request(&self.0.api, status.as_deref(), limit, offset);
        self.0.list(request, options, programs::list)
    }

    /// Asks for a token: with a refresh token, with a code and the address it
    /// came to, or without either for one of the app's own.
    #[wasm_bindgen(js_name = requestToken)]
    pub fn request_token(&self, grant: &JsValue, signal: JsValue) -> Promise {
        let inner = Rc::clone(&self.0);
        let grant = from_js(grant);
        promise(async move {
            let secret = |name| grant.get(name).text().map(Secret::new);
            let refresh = secret("refreshToken");
            let (request, rule) = match (&refresh, secret("code")) {
                (Some(token), _) => (inner.app.refresh_token(token), Rule::SpentToken),
                (None, Some(code)) => {
                    let redirect_uri = grant.get("redirectUri").text().unwrap_or_default();
                    (inner.app.authorization_code(&code, redirect_uri), Rule::SpentToken)
                }
                (None, None) => (inner.app.client_credentials(inner.scope), Rule::ClientToken),
            };
            let exchange = Exchange {
                host: &inner.host,
                request: &request,
                rule,
                authorized: false,
                renews: false,
                extra: &[],
                signal,
                timeout_ms: inner.timeout_ms,
                max_retries: inner.max_retries,
            };
            let ended = exchange.run().await?;
            let (body, now) = (parse(&ended.body), epoch_ms(&inner.host));
            token::answer(&ended.head, &ended.body, &body, refresh.as_ref(), now)
                .map(|tokens| to_js(&tokens.write()))
                .map_err(thrown)
        })
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
                headers.push((name.clone(), value.clone()));
            }
        }
        let auth = options.get("auth");
        if let Json::Text(token) = auth.get("accessToken")
            && !Secret::new(token.as_str()).fits_a_header()
        {
            let fault = "`auth.accessToken` can't stand in a header";
            return Err(Error::validation(ErrorCode::InvalidOptions, fault));
        }
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
            timeout_ms: raw_number(options.get("timeoutMs")),
            max_retries: whole(raw_number(options.get("maxRetries"))),
            host,
        })
    }

    async fn exchange(
        &self,
        request: &Request,
        rule: Rule,
        call: &CallOptions,
    ) -> Result<Ended, JsValue> {
        let exchange = Exchange {
            host: &self.host,
            request,
            rule,
            authorized: true,
            renews: self.renews,
            extra: &self.headers,
            signal: call.signal(),
            timeout_ms: call.timeout_ms().unwrap_or(self.timeout_ms),
            max_retries: call.max_retries().map_or(self.max_retries, whole),
        };
        exchange.run().await
    }

    /// A call that queues; its result is a receipt.
    fn queue(
        self: &Rc<Self>,
        request: Result<(Request, ProgramId), Error>,
        codes: Json,
        duplicates: f64,
        call: CallOptions,
    ) -> Promise {
        let inner = Rc::clone(self);
        promise(async move {
            let (request, program) = request.map_err(thrown)?;
            let ended = inner.exchange(&request, Rule::Distribute, &call).await?;
            if Verdict::of(&ended.head) != Verdict::Accepted {
                return Err(inner.error(&ended, &parse(&ended.body), Effect::Queues));
            }
            let receipt = Json::object()
                .with("programId", program.as_str())
                .with("codes", codes)
                .with("duplicates", duplicates)
                .with("attempts", number(ended.attempts.into()))
                .with("queuedAt", number(epoch_ms(&inner.host)))
                .with("status", number(ended.head.status.into()))
                .with("headers", headers(ended.head.headers.ubers()));
            Ok(to_js(&receipt))
        })
    }

    /// A call that reads; its result is a list.
    fn list(
        self: &Rc<Self>,
        request: Result<Request, Error>,
        call: CallOptions,
        read: fn(&Json) -> Option<Json>,
    ) -> Promise {
        let inner = Rc::clone(self);
        promise(async move {
            let ended = inner.exchange(&request.map_err(thrown)?, Rule::Read, &call).await?;
            let body = parse(&ended.body);
            if Verdict::of(&ended.head) == Verdict::Accepted
                && let Some(list) = read(&body)
            {
                return Ok(to_js(&list));
            }
            Err(inner.error(&ended, &body, Effect::Reads))
        })
    }

    fn error(&self, ended: &Ended, body: &Json, effect: Effect) -> JsValue {
        thrown(answer::error(&ended.head, &ended.body, body, effect, epoch_ms(&self.host)))
    }
}

/// Whether a token is too old to be used.
#[wasm_bindgen(js_name = isStale)]
#[must_use]
pub fn is_stale(expires_at: f64, now: f64) -> bool {
    token::is_stale(whole_ms(expires_at), whole_ms(now))
}

/// Where an administrator signs in.
#[wasm_bindgen(js_name = authorizationUrl)]
pub fn authorization_url(options: &JsValue) -> Result<JsValue, JsValue> {
    let options = from_js(options);
    let text = |name| options.get(name).text().unwrap_or_default();
    let authorize_url = options.get("authorizeUrl").text().unwrap_or(token::AUTHORIZE_URL);
    let authorize_url = BaseUrl::new(authorize_url, "authorizeUrl").map_err(thrown)?;
    let (client_id, redirect_uri) = (text("clientId"), text("redirectUri"));
    let url = token::authorization_url(&authorize_url, client_id, redirect_uri, text("state"));
    Ok(JsValue::from_str(&url))
}

/// One promise type for all calls: each kind of future that is made a promise
/// of costs a kilobyte.
fn promise(work: impl Future<Output = Result<JsValue, JsValue>> + 'static) -> Promise {
    let work: Pin<Box<dyn Future<Output = Result<JsValue, JsValue>>>> = Box::pin(work);
    future_to_promise(work)
}

/// A program id as the caller gave it; none if that was no string.
pub fn program_id(id: Option<String>) -> Result<ProgramId, Error> {
    let fault =
        || Error::validation(ErrorCode::InvalidProgramId, "The voucher program id is no string");
    ProgramId::new(id.ok_or_else(fault)?)
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
