//! Distributes codes from a native program: the core decides, `ureq` sends.
//!
//! ```text
//! npm run sandbox                               # in another terminal
//! cargo run --example distribute                # all codes of the first program, listed one by one
//! cargo run --example distribute -- PROGRAM codes.csv
//! ```
//!
//! It uses plain HTTP and so reaches this machine only. To reach Uber, enable the
//! feature `rustls` of `ureq`, and use [`BaseUrl::PRODUCTION`].

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use uber_vouchers::code::list::CodeList;
use uber_vouchers::csv::CodeReader;
use uber_vouchers::error::{Error, ErrorCode};
use uber_vouchers::http::{BaseUrl, Method, Request, ResponseHead};
use uber_vouchers::json::Json;
use uber_vouchers::secret::{AccessToken, ClientSecret};
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::policy::{Operation, Verdict};
use uber_vouchers::uber::response;
use uber_vouchers::uber::retry::{Attempt, Retry, RetryDecision};
use uber_vouchers::uber::token::{self, AppCredentials, Scope};
use uber_vouchers::uber::{codes, distribute, programs};

fn main() {
    if let Err(error) = run() {
        let queued = match error.queued.as_str() {
            "no" => "Nothing was queued.",
            _ => "Something may have been queued: find out before you send again.",
        };
        eprintln!("{error}\n{}\n{queued}", error.hint());
        std::process::exit(1);
    }
}

fn run() -> Result<(), Error> {
    let mut client = Client::new()?;
    let mut arguments = env::args().skip(1);
    let (program, list) = match (arguments.next(), arguments.next()) {
        (Some(program), Some(file)) => (ProgramId::new(program)?, read(&file)?),
        (program, _) => {
            let program = match program {
                Some(program) => program,
                None => client.first_program()?,
            };
            let program = ProgramId::new(program)?;
            let list = client.codes(&program)?;
            (program, list)
        }
    };
    // Report all faults of the file before anything is sent.
    for rejected in list.rejected() {
        eprintln!("line {}: {}", rejected.line, rejected.message);
    }
    distribute::ensure_no_rejected(list.rejected_count(), list.len() as u64)?;

    let request = distribute::request(&client.api, &program, list.iter())?;
    client.call(&request, Operation::Distribute)?;
    println!("{} codes of program {} are queued.", list.len(), program.as_str());
    Ok(())
}

fn read(file: &str) -> Result<CodeList, Error> {
    let fault = |error: std::io::Error| {
        Error::validation(ErrorCode::InvalidOptions, format!("{file} can't be read: {error}"))
    };
    let mut input = std::fs::File::open(file).map_err(fault)?;
    let mut reader = CodeReader::new(None);
    let mut piece = vec![0; 1 << 16];
    loop {
        let length = input.read(&mut piece).map_err(fault)?;
        if length == 0 {
            return Ok(reader.finish());
        }
        reader.push(piece.get(..length).unwrap_or_default());
    }
}

struct Client {
    api: Api,
    app: AppCredentials,
    agent: ureq::Agent,
    token: Option<AccessToken>,
}

impl Client {
    /// Reads the environment; the defaults are those of `npm run sandbox`.
    fn new() -> Result<Self, Error> {
        let value = |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.into());
        let base_url =
            BaseUrl::new(&value("UBER_BASE_URL", "http://127.0.0.1:8788"), "UBER_BASE_URL")?;
        if base_url.as_str().starts_with("https:") {
            let message = "This example has no TLS: it is for a sandbox on this machine";
            return Err(Error::validation(ErrorCode::InvalidOptions, message));
        }
        let token_url = format!("{}/oauth/v2/token", base_url.as_str());
        let organization = value("UBER_ORGANIZATION_ID", "0f8e1c1e-5a7d-4d0a-9b0e-6f1d2c3b4a59");
        let organization = OrganizationId::new(organization)?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs(30)))
            // The core evaluates every status, and a redirected POST is a second send.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .build()
            .into();
        Ok(Self {
            api: Api::new(base_url, organization, Api::DEFAULT_LANGUAGE)?,
            app: AppCredentials {
                client_id: value("UBER_CLIENT_ID", "sandbox-client"),
                client_secret: ClientSecret::new(value("UBER_CLIENT_SECRET", "sandbox-secret")),
                token_url: BaseUrl::new(&token_url, "UBER_BASE_URL")?,
            },
            agent,
            token: None,
        })
    }

    fn first_program(&mut self) -> Result<String, Error> {
        let request = programs::request(&self.api, Some("ACTIVE"), 1, 0)?;
        let body = self.call(&request, Operation::Read)?;
        let found = programs::list(&body).unwrap_or_default();
        let none = || Error::validation(ErrorCode::InvalidProgramId, "There is no active program");
        Ok(found.first().ok_or_else(none)?.id.to_owned())
    }

    fn codes(&mut self, program: &ProgramId) -> Result<CodeList, Error> {
        let request = codes::request(&self.api, program, false);
        let body = self.call(&request, Operation::Read)?;
        let mut reader = CodeReader::new(None);
        for code in codes::list(&body).unwrap_or_default() {
            reader.push_entry(code.id);
        }
        Ok(reader.finish())
    }

    /// Sends a request until it is accepted, or the core ends the retries.
    fn call(&mut self, request: &Request, operation: Operation) -> Result<Json<'static>, Error> {
        let mut retry = Retry::new(operation, 2);
        loop {
            let token = self.token()?;
            let answer = self.send(request, Some(&token), operation);
            let attempt = match &answer {
                Ok((head, body)) => {
                    let parsed = serde_json::from_str(body).unwrap_or_default();
                    if Verdict::of_answer(head, body, &parsed) == Verdict::Accepted {
                        return Ok(parsed);
                    }
                    Attempt::Answered(head)
                }
                Err(error) if error.code == ErrorCode::Timeout => Attempt::GivenUp,
                Err(_) => Attempt::Failed,
            };
            match retry.after(attempt, now(), random()) {
                // Waiting is the caller's task: the core never waits.
                #[allow(clippy::disallowed_methods)]
                RetryDecision::Wait(ms) => thread::sleep(Duration::from_millis(ms)),
                RetryDecision::RenewToken => self.token = None,
                RetryDecision::Stop => {
                    return Err(match answer {
                        Ok((head, body)) => {
                            let parsed = serde_json::from_str(&body).unwrap_or_default();
                            response::to_error(&head, &body, &parsed, operation, now())
                        }
                        Err(error) => error,
                    });
                }
            }
        }
    }

    fn token(&mut self) -> Result<AccessToken, Error> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        let request = self.app.client_credentials(Scope::VoucherPrograms);
        let (head, body) = self.send(&request, None, Operation::ClientToken)?;
        let parsed = serde_json::from_str(&body).unwrap_or_default();
        let tokens = token::parse_response(&head, &body, &parsed, None, now())?;
        self.token = Some(tokens.access_token.clone());
        Ok(tokens.access_token)
    }

    /// One attempt. The request may have been sent even if there was no response.
    fn send(
        &self,
        request: &Request,
        token: Option<&AccessToken>,
        operation: Operation,
    ) -> Result<(ResponseHead, String), Error> {
        let wrong = |error: ureq::http::Error| {
            Error::validation(ErrorCode::InvalidOptions, "The request can't be built")
                .with_source(error)
        };
        let mut builder =
            ureq::http::Request::builder().method(request.method.as_str()).uri(&request.url);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        if let Some(token) = token {
            builder = builder.header("Authorization", format!("Bearer {}", token.expose()));
        }
        let answer = match (request.method, &request.body) {
            (Method::Post, Some(body)) => {
                self.agent.run(builder.body(body.as_slice()).map_err(wrong)?)
            }
            _ => self.agent.run(builder.body(()).map_err(wrong)?),
        };
        let mut answer = answer.map_err(|error| {
            let code = match error {
                ureq::Error::Timeout(_) => ErrorCode::Timeout,
                _ => ErrorCode::ConnectionFailed,
            };
            Error::new(code, operation.lost(true), "There was no response").with_source(error)
        })?;
        let fields = answer.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let head = ResponseHead { status: answer.status().as_u16(), headers: fields.collect() };
        // The status line is the evidence, even if reading the body fails.
        let body = answer.body_mut().read_to_string().unwrap_or_default();
        Ok((head, body))
    }
}

// The core never reads the clock; its caller does.
#[allow(clippy::disallowed_methods)]
fn now() -> u64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX)
}

/// Random enough to spread clients: each hasher has a random seed.
fn random() -> f64 {
    f64::from(u32::try_from(RandomState::new().hash_one(0) >> 32).unwrap_or_default())
        / f64::from(u32::MAX)
}
