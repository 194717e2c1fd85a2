//! The calls of a client. All go through one function, because each exported function
//! adds glue code; `src/js/client/calls.ts` gives them names, `src/js/wasm/results.ts`
//! types.

use std::rc::Rc;

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::call::{CallResponse, CallState, CallStep, Stage, epoch_ms};
use super::error::to_js_error;
use super::host::Host;
use super::value::{json_stringify, json_to_js, known, parse_json, text_of, to_js};
use crate::error::Error;
use crate::http::{BaseUrl, Request};
use crate::json::Json;
use crate::protocol::ClientOperation;
use crate::protocol::shapes::calls::{self, Accepted, Codes, GuestPage, Receipt, TokenSet};
use crate::secret::{AuthorizationCode, ClientSecret, RefreshToken};
use crate::uber::api::Api;
use crate::uber::id::{OrganizationId, ProgramId};
use crate::uber::policy::{Operation, Verdict};
use crate::uber::response;
use crate::uber::retry::Retry;
use crate::uber::token::{self, AppCredentials, Scope};
use crate::uber::{codes, distribute, guests, programs};

/// The wasm part of a client. JavaScript keeps it private in its own object.
#[wasm_bindgen]
pub struct Client(Rc<Inner>);

/// The state of a client.
pub struct Inner {
    pub host: Host,
    pub api: Api,
    app: AppCredentials,
    scope: Scope,
    pub renews: bool,
    pub headers: Vec<(String, String)>,
}

#[wasm_bindgen]
impl Client {
    /// Reads the options from a plain object. JavaScript has checked names and types, the
    /// core checks values.
    #[wasm_bindgen(constructor)]
    pub fn new(options: &JsValue, host: Host) -> Result<Client, JsValue> {
        Inner::new(&parse_json(&json_stringify(options)), host)
            .map(|inner| Self(Rc::new(inner)))
            .map_err(to_js_error)
    }

    /// Starts a call. `input` is a plain object; `ids` are the codes to distribute, 16
    /// bytes each.
    pub fn call(
        &self,
        operation: u32,
        input: &JsValue,
        ids: &[u8],
        signal: JsValue,
    ) -> Result<Call, JsValue> {
        let operation = known(ClientOperation::from_number(operation));
        let client = Rc::clone(&self.0);
        let text = json_stringify(input);
        let input = parse_json(&text);
        let kind = repetition(operation, &input);
        let request = client.request(operation, &input, ids).map_err(to_js_error)?;
        let state = client.call_state(request, kind, &input, signal);
        Ok(Call { client, state, operation, text, count: ids.len() as u64 / 16 })
    }
}

/// A call under way. `src/js/client/bound-client.ts` drives it: an executor of futures
/// would be a twentieth of the wasm, and take half a millisecond of a cold start.
#[wasm_bindgen]
pub struct Call {
    client: Rc<Inner>,
    state: CallState,
    operation: ClientOperation,
    text: String,
    count: u64,
}

#[wasm_bindgen]
impl Call {
    /// Resumes the call, first with undefined. Returns `[promise]` to await, or
    /// `[undefined, result]`.
    pub fn step(&mut self, input: JsValue) -> Result<Array, JsValue> {
        match self.state.step(input)? {
            CallStep::Wait(pending) => Ok(Array::of1(&pending)),
            CallStep::End(response) => self
                .client
                .result(self.operation, self.state.operation, &self.text, self.count, &response)
                .map(|result| Array::of2(&JsValue::UNDEFINED, &result))
                .map_err(to_js_error),
        }
    }
}

#[cfg(feature = "jobs")]
impl Client {
    /// The state of the client.
    pub(super) fn inner(&self) -> Rc<Inner> {
        Rc::clone(&self.0)
    }
}

impl Inner {
    fn new(options: &Json, host: Host) -> Result<Self, Error> {
        let text = |name| text_of(options, name);
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
            app: AppCredentials {
                client_id: text_of(auth, "clientId").to_owned(),
                client_secret: ClientSecret::new(text_of(auth, "clientSecret")),
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

    /// The request of an operation.
    fn request(
        &self,
        operation: ClientOperation,
        input: &Json,
        ids: &[u8],
    ) -> Result<Request, Error> {
        let api = &self.api;
        match operation {
            ClientOperation::SearchPrograms => {
                let (limit, offset) = (input.get("limit"), input.get("offset"));
                let (limit, offset) = (whole(raw_number(limit)), whole(raw_number(offset)));
                return programs::request(api, input.get("status").text(), limit, offset);
            }
            ClientOperation::RequestToken => return Ok(self.token_request(input)),
            _ => {}
        }
        // All other operations are about one program.
        let program = ProgramId::new(text_of(input, "programId"))?;
        match operation {
            ClientOperation::Distribute => {
                let codes = ids.as_chunks().0;
                let rejected_count = whole_ms(raw_number(input.get("rejectedCount")));
                distribute::ensure_no_rejected(rejected_count, codes.len() as u64)?;
                distribute::request_from_ids(api, &program, codes)
            }
            ClientOperation::DistributeAll => Ok(distribute::distribute_all_request(api, &program)),
            ClientOperation::ListCodes => {
                Ok(codes::request(api, &program, input.get("includeUsage").is_true()))
            }
            ClientOperation::ListUsedCodes => Ok(codes::request(api, &program, true)),
            ClientOperation::GetProgram => Ok(programs::get_request(api, &program)),
            ClientOperation::ListGuests => {
                let page_size = whole(raw_number(input.get("pageSize")));
                let token = input.get("pageToken").text();
                Ok(guests::request(api, &program, page_size, token))
            }
            ClientOperation::SearchPrograms | ClientOperation::RequestToken => known(None),
        }
    }

    /// Uses a refresh token, or an authorization code with its redirect URI; otherwise
    /// requests a token for the app itself.
    fn token_request(&self, input: &Json) -> Request {
        let refresh_token = input.get("refreshToken").text().map(RefreshToken::new);
        let code = input.get("code").text().map(AuthorizationCode::new);
        match (refresh_token, code) {
            (Some(token), _) => self.app.refresh_token(&token),
            (None, Some(code)) => self.app.authorization_code(&code, text_of(input, "redirectUri")),
            (None, None) => self.app.client_credentials(self.scope),
        }
    }

    fn call_state(
        self: &Rc<Self>,
        request: Request,
        operation: Operation,
        input: &Json,
        signal: JsValue,
    ) -> CallState {
        // JSON has no infinite number, so infinity is null.
        let timeout_ms = match input.get("timeoutMs") {
            Json::Number(timeout_ms) => *timeout_ms,
            _ => f64::INFINITY,
        };
        let max_retries = whole(raw_number(input.get("maxRetries")));
        CallState {
            client: Rc::clone(self),
            request,
            operation,
            signal,
            timeout_ms,
            retry: Retry::new(operation, max_retries),
            token: None,
            attempts: 0,
            stage: Stage::New,
        }
    }

    /// The result of a response: a receipt, a list, a token, or an error.
    fn result(
        &self,
        operation: ClientOperation,
        kind: Operation,
        input: &str,
        count: u64,
        response: &CallResponse,
    ) -> Result<JsValue, Error> {
        let CallResponse { head, body, attempts } = response;
        let (now, input, parsed) = (epoch_ms(&self.host), parse_json(input), parse_json(body));
        let accepted = Verdict::of_answer(head, body, &parsed) == Verdict::Accepted;
        let refused = || Err(response::to_error(head, body, &parsed, kind, now));
        let result = match operation {
            ClientOperation::Distribute | ClientOperation::DistributeAll => {
                let codes = if operation == ClientOperation::Distribute {
                    Codes::Some(count)
                } else {
                    Codes::All
                };
                let receipt = Accepted {
                    program: text_of(&input, "programId"),
                    codes,
                    duplicates: raw_number(input.get("duplicates")),
                    attempts: *attempts,
                    now,
                    status: head.status,
                    headers: &head.headers.uber_headers(),
                };
                return if accepted { Ok(to_js(Receipt::of(&receipt))) } else { refused() };
            }
            ClientOperation::ListCodes => codes::list(&parsed).map(|codes| calls::codes(&codes)),
            #[cfg(feature = "jobs")]
            ClientOperation::ListUsedCodes => {
                codes::list(&parsed).map(|codes| calls::used_codes(&codes))
            }
            #[cfg(not(feature = "jobs"))]
            ClientOperation::ListUsedCodes => known(None),
            ClientOperation::SearchPrograms => {
                programs::list(&parsed).map(|programs| calls::programs(&programs))
            }
            ClientOperation::GetProgram => {
                let id = text_of(&input, "programId");
                programs::program(&parsed, id).map(|program| calls::program(&program))
            }
            ClientOperation::ListGuests => {
                let page = guests::page(&parsed);
                return match &page {
                    Some(page) if accepted => Ok(to_js(GuestPage::of(page))),
                    _ => refused(),
                };
            }
            ClientOperation::RequestToken => {
                let refresh = input.get("refreshToken").text().map(RefreshToken::new);
                let tokens = token::parse_response(head, body, &parsed, refresh.as_ref(), now);
                let tokens = tokens.map_err(|error| self.app.explain(error))?;
                return Ok(to_js(TokenSet::of(&tokens)));
            }
        };
        match result {
            Some(result) if accepted => Ok(json_to_js(result)),
            _ => refused(),
        }
    }
}

/// The kind of an operation, which decides how it may be repeated.
fn repetition(operation: ClientOperation, input: &Json) -> Operation {
    match operation {
        ClientOperation::Distribute | ClientOperation::DistributeAll => Operation::Distribute,
        ClientOperation::RequestToken => {
            let is_single_use =
                ["refreshToken", "code"].iter().any(|name| !text_of(input, name).is_empty());
            if is_single_use { Operation::SingleUseGrant } else { Operation::ClientToken }
        }
        _ => Operation::Read,
    }
}

/// When to renew a token of which only the expiry is known.
#[wasm_bindgen(js_name = renewAt)]
#[must_use]
#[allow(clippy::cast_precision_loss)]
pub fn renew_at(expires_at: f64) -> f64 {
    token::renew_at(whole_ms(expires_at)) as f64
}

/// The URL on which an administrator signs in.
#[wasm_bindgen(js_name = authorizationUrl)]
pub fn authorization_url(options: &JsValue) -> Result<JsValue, JsValue> {
    let options = json_stringify(options);
    let options = parse_json(&options);
    let text = |name| text_of(&options, name);
    let authorize_url = options.get("authorizeUrl").text().unwrap_or(token::AUTHORIZE_URL);
    let authorize_url = BaseUrl::new(authorize_url, "authorizeUrl").map_err(to_js_error)?;
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
