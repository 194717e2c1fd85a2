//! An edge worker in Rust that distributes codes, and receives their outcomes from
//! Uber's webhooks. Build it for `wasm32-unknown-unknown`.
//!
//! | | |
//! | --- | --- |
//! | `POST /distribute/{program}` | the body is a file of codes; needs `Authorization: Bearer OPERATOR_KEY` |
//! | `POST /webhook` | receives outcomes from Uber |
//!
//! Secrets: `UBER_CLIENT_ID`, `UBER_CLIENT_SECRET`, `UBER_SIGNING_KEY` and
//! `OPERATOR_KEY`; variables: `UBER_ORGANIZATION_ID` and, for a sandbox,
//! `UBER_BASE_URL` and `UBER_TOKEN_URL`.
//!
//! It stores nothing: a repeated upload is a second send. A job (`uber_vouchers::job`)
//! with its journal in a Durable Object prevents that.

#![forbid(unsafe_code)]

use uber_vouchers::csv::{self, CodeReader};
use uber_vouchers::error::{Error, ErrorClass, ErrorCode};
use uber_vouchers::http::{BaseUrl, Request as Call, ResponseHead};
use uber_vouchers::json::Json;
use uber_vouchers::secret::{AccessToken, ClientSecret, SigningKey};
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::distribute;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::policy::{Operation, Verdict};
use uber_vouchers::uber::response;
use uber_vouchers::uber::token::{self, AppCredentials, Scope, TOKEN_URL};
use uber_vouchers::webhook::{event, signature};
use worker::js_sys::{self, Uint8Array};
use worker::{
    Context, Date, Env, Fetch, Headers, Method, Request, RequestInit, RequestRedirect, Response,
    console_log, event as entry,
};

#[entry(fetch)]
async fn fetch(mut request: Request, env: Env, _context: Context) -> worker::Result<Response> {
    let path = request.path();
    let done = match (request.method(), path.strip_prefix("/distribute/")) {
        (Method::Post, Some(program)) if is_operator(&request, &env)? => {
            let body = request.bytes().await?;
            distribute_file(&env, program, &body).await
        }
        (Method::Post, Some(_)) => return Response::error("Who are you?", 401),
        (Method::Post, None) if path == "/webhook" => {
            let signature = request.headers().get("X-Uber-Signature")?;
            let environment = request.headers().get("X-Environment")?;
            let body = request.bytes().await?;
            take_webhook(&env, &body, signature.as_deref(), environment.as_deref())
        }
        _ => return Response::error("There is nothing at this address", 404),
    };
    match done {
        Ok(text) => Response::ok(text),
        Err(error) => {
            let status = match error.code.class() {
                ErrorClass::Webhook => 401,
                ErrorClass::Validation => 400,
                _ => 502,
            };
            let queued = error.queued.as_str();
            Response::error(format!("{error}\n{}\nqueued: {queued}", error.hint()), status)
        }
    }
}

/// Compares MACs, so that the time reveals nothing about the key.
fn is_operator(request: &Request, env: &Env) -> worker::Result<bool> {
    let key = env.secret("OPERATOR_KEY")?.to_string();
    let given = request.headers().get("Authorization")?.unwrap_or_default();
    let given = given.strip_prefix("Bearer ").unwrap_or_default();
    let mac = signature::sign(&SigningKey::new(key.as_str()), given.as_bytes());
    Ok(signature::verify(key.as_bytes(), Some(&mac), &[SigningKey::new(key.as_str())]).is_ok())
}

async fn distribute_file(env: &Env, program: &str, file: &[u8]) -> Result<String, Error> {
    let api = Api::new(
        BaseUrl::new(&setting(env, "UBER_BASE_URL", BaseUrl::PRODUCTION), "UBER_BASE_URL")?,
        OrganizationId::new(setting(env, "UBER_ORGANIZATION_ID", ""))?,
        Api::DEFAULT_LANGUAGE,
    )?;
    let program = ProgramId::new(program)?;
    // The codes come from outside: knowing the seed, somebody could choose slow ones.
    let seed = js_sys::Math::random().to_bits();
    let mut reader = CodeReader::with(csv::Options { seed, ..csv::Options::default() });
    reader.push(file);
    let list = reader.finish();
    distribute::ensure_no_rejected(list.rejected_count(), list.len() as u64)?;
    let call = distribute::request(&api, &program, list.iter())?;

    let token = token(env).await?;
    // Not repeated here: `retry::Retry` decides what may be repeated.
    let (head, body, parsed) = send(&call, Some(&token), Operation::Distribute).await?;
    match Verdict::of_answer(&head, &body, &parsed) {
        Verdict::Accepted => Ok(format!("{list:?} are queued.\n")),
        _ => Err(response::to_error(&head, &body, &parsed, Operation::Distribute, now())),
    }
}

/// Requests a token for each call: a real worker keeps it, since Uber issues 100 an
/// hour.
async fn token(env: &Env) -> Result<AccessToken, Error> {
    let app = AppCredentials {
        client_id: setting(env, "UBER_CLIENT_ID", ""),
        client_secret: ClientSecret::new(setting(env, "UBER_CLIENT_SECRET", "")),
        token_url: BaseUrl::new(&setting(env, "UBER_TOKEN_URL", TOKEN_URL), "UBER_TOKEN_URL")?,
    };
    let call = app.client_credentials(Scope::VoucherPrograms);
    let (head, body, parsed) = send(&call, None, Operation::ClientToken).await?;
    Ok(token::parse_response(&head, &body, &parsed, None, now())?.access_token)
}

fn take_webhook(
    env: &Env,
    body: &[u8],
    signature: Option<&str>,
    environment: Option<&str>,
) -> Result<String, Error> {
    let key = SigningKey::new(setting(env, "UBER_SIGNING_KEY", ""));
    signature::verify(body, signature, &[key])?;
    let parsed = serde_json::from_slice(body).unwrap_or_default();
    let event = event::read(&parsed, environment, &Json::Null)?;
    for outcome in &event.outcomes {
        console_log!("{:?}: {}", outcome.code, outcome.status.as_str());
    }
    Ok(String::new())
}

/// One attempt.
async fn send(
    call: &Call,
    token: Option<&AccessToken>,
    operation: Operation,
) -> Result<(ResponseHead, String, Json<'static>), Error> {
    let lost =
        |_| Error::new(ErrorCode::ConnectionFailed, operation.lost(true), "There was no response");
    let headers = Headers::new();
    for (name, value) in &call.headers {
        headers.set(name, value).map_err(lost)?;
    }
    if let Some(token) = token {
        headers.set("Authorization", &format!("Bearer {}", token.expose())).map_err(lost)?;
    }
    let mut init = RequestInit::new();
    init.with_method(Method::from(call.method.as_str().to_owned()))
        .with_headers(headers)
        // A redirected POST is a second send.
        .with_redirect(RequestRedirect::Manual)
        .with_body(call.body.as_deref().map(|body| Uint8Array::from(body).into()));
    let request = Request::new_with_init(&call.url, &init).map_err(lost)?;
    let mut answer = Fetch::Request(request).send().await.map_err(lost)?;
    let head = ResponseHead {
        status: answer.status_code(),
        headers: answer.headers().entries().collect(),
    };
    // The status line is the evidence, even if reading the body fails.
    let body = answer.text().await.unwrap_or_default();
    let parsed = serde_json::from_str(&body).unwrap_or_default();
    Ok((head, body, parsed))
}

/// A secret or a variable of that name.
fn setting(env: &Env, name: &str, default: &str) -> String {
    let secret = env.secret(name).map(|secret| secret.to_string());
    secret.or_else(|_| env.var(name).map(|value| value.to_string())).unwrap_or(default.to_owned())
}

fn now() -> u64 {
    Date::now().as_millis()
}
