//! The other side of the wire: a stateful simulation of Uber's voucher API.
//!
//! It takes a request and the time, and says what comes back and when. It does
//! no I/O, reads no clock, and all chance comes from one seed: same seed and same
//! calls, same run. What the calls are for is [`Sandbox::deliveries`], the truth
//! that Uber never tells: how often each code went to its recipient.
//!
//! | Served | |
//! | --- | --- |
//! | `POST /oauth/v2/token` | client credentials, authorization code, refresh token |
//! | `GET /oauth/v2/authorize` | back to the app at once, with a code |
//! | `POST /v1/organizations/{org}/voucher-programs/search` | Search Programs |
//! | `GET /v1/organizations/{org}/voucher-programs/{id}` | Get Program |
//! | `GET …/{id}/codes` | Get Voucher Codes |
//! | `GET …/{id}/guests` | Get Guests |
//! | `POST …/{id}/codes/distribute` | Bulk Distribution |
//!
//! It is strict where Uber's documentation is: scopes, grants, errors, 100 token
//! requests an hour, 500 requests in 5 seconds. Where nothing is known it is
//! lenient, and each choice is marked as one. Its choices for distribute:
//!
//! - No body, `{}` and an empty list all reach everybody. (That an absent or an
//!   empty list means all is stated; the accepted forms are unknown.)
//! - `"codes": null`, anything but a list of strings, and a code that is none of
//!   the program's refuse the whole request with 400.
//! - A code listed twice is sent twice.
//! - The status of the program and the size of the list make no difference.
//! - The answer of a 200 is `{}`, with a `X-Uber-Trace-Id`.

mod date;
mod exchange;
mod faults;
mod form;
mod guests;
mod options;
mod programs;
mod random;
mod tokens;
mod uses;
mod webhooks;

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

pub use exchange::{Answer, IncomingRequest, Reply};
pub use faults::{Fault, Faults};
pub use options::{DEFAULT_SIGNING_KEY, EventForm, Options};
pub use programs::{CreatedProgram, MOST_CODES, ProgramSpec};
pub use tokens::{SCOPE, SCOPE_AGGREGATOR, SCOPE_DELEGATED};
pub use webhooks::{Outcome, Webhook};

use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::http::Response;
use crate::secret::AccessToken;
use date::http_date;
use exchange::{json as json_answer, refusal, with_body, with_header};
use form::{Form, decode};
use programs::Program;
use random::{Purpose, Random};
use tokens::{Grant, Tokens};
use uses::Uses;
use webhooks::Webhooks;

/// 500 requests in 5 seconds per app (stated, general guide). That the window
/// slides is a choice. The 2,000 an hour per user token are not simulated.
const WINDOW: u64 = 5_000;
const REQUESTS_PER_WINDOW: usize = 500;

/// The simulation. Clone it to branch off a run.
#[derive(Clone, Debug)]
pub struct Sandbox {
    options: Options,
    programs: Vec<Program>,
    tokens: Tokens,
    webhooks: Webhooks,
    uses: Uses,
    requests: u64,
    recent: BTreeMap<String, VecDeque<u64>>,
}

/// What a request comes to, before any fault.
struct Verdict {
    response: Response,
    queue: Option<Queue>,
}

/// What distribute would send.
struct Queue {
    organization: String,
    program: usize,
    places: Vec<u32>,
}

impl From<Response> for Verdict {
    fn from(response: Response) -> Self {
        Self { response, queue: None }
    }
}

impl Sandbox {
    /// A sandbox without any program.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self {
            tokens: Tokens::new(options.seed),
            options,
            programs: Vec::new(),
            webhooks: Webhooks::default(),
            uses: Uses::default(),
            requests: 0,
            recent: BTreeMap::new(),
        }
    }

    /// Creates a program with its codes. Refuses an id that is taken or no path
    /// segment, an unknown status, what can be no currency, and more than [`MOST_CODES`]
    /// codes.
    pub fn create_program(&mut self, spec: ProgramSpec, now: u64) -> Result<CreatedProgram, Error> {
        let number = u64::try_from(self.programs.len()).unwrap_or_default() + 1;
        let program = Program::new(self.options.seed, number, spec, now)?;
        if self.program(&program.id).is_some() {
            return Err(Error::validation(
                ErrorCode::InvalidOptions,
                format!("`id`: there is a program {} already", program.id),
            ));
        }
        let created = program.created();
        self.programs.push(program);
        created
    }

    /// A token for the organization's own app, as if the token endpoint had been
    /// asked, but outside of its hourly limit.
    pub fn issue_token(&mut self, now: u64) -> AccessToken {
        let client_id = self.options.client_id.clone().unwrap_or_default();
        let answer = self.tokens.issue_to_app(&client_id, SCOPE.to_owned(), now);
        let token = answer.get("access_token").and_then(Value::as_str);
        AccessToken::new(token.unwrap_or_default())
    }

    /// The recipient of a code redeems it, whether it was ever sent or not: it may
    /// have reached them in another way. False if there is no such code.
    pub fn redeem(&mut self, program_id: &str, code: Code) -> bool {
        let found = self.program(program_id).and_then(|place| self.programs.get_mut(place));
        let Some(program) = found else { return false };
        let Some(place) = program.place(code) else { return false };
        program.redeem(place, u32::MAX);
        true
    }

    /// Cancels a code of a program, as *Cancel Codes* does. False if there is no such
    /// code.
    pub fn cancel(&mut self, program_id: &str, code: Code, now: u64) -> bool {
        let found = self.program(program_id).and_then(|place| self.programs.get_mut(place));
        let Some(program) = found else { return false };
        let Some(place) = program.place(code).and_then(|place| usize::try_from(place).ok()) else {
            return false;
        };
        program.cancel(place, now);
        true
    }

    /// The truth of use: the codes of a program that were used by now, in the
    /// program's order, and how often each was. None where there is no such program.
    pub fn uses(&mut self, program_id: &str, now: u64) -> Option<Vec<(Code, u32)>> {
        self.pass_time(now);
        let program = self.programs.get(self.program(program_id)?)?;
        Some(program.uses())
    }

    /// How many codes of all programs were used by now.
    pub fn used_codes(&mut self, now: u64) -> usize {
        self.pass_time(now);
        self.programs.iter().map(Program::used).sum()
    }

    /// Recipients use what they are to use by now. All other functions that take the
    /// time do so first; [`Sandbox::redeem`], which takes none, wants it called before
    /// where a run is to be repeated exactly.
    pub fn pass_time(&mut self, now: u64) {
        while let Some(((at, program, place), organization)) = self.uses.take_due(now) {
            if let Some(program) = self.programs.get_mut(program)
                && program.redeem(place, 1)
            {
                self.webhooks.report_use(&self.options, organization, program, at);
            }
        }
    }

    /// From now on, these faults.
    pub fn set_faults(&mut self, faults: Faults) {
        self.options.faults = faults;
    }

    /// From now on, events look like this. Those that wait already stay as they are.
    pub fn set_event_form(&mut self, event_form: EventForm) {
        self.options.event_form = event_form;
    }

    /// From now on, this share of recipients use what they get.
    pub fn set_use_rate(&mut self, use_rate: f64) {
        self.options.use_rate = use_rate;
    }

    /// From now on, this share of deliveries fails. Those that were queued before
    /// keep their outcomes.
    pub fn set_failure_rate(&mut self, failure_rate: f64) {
        self.options.failure_rate = failure_rate;
    }

    /// The programs: id, name, and how many codes each has, in the order of
    /// their creation.
    pub fn programs(&self) -> impl Iterator<Item = (&str, &str, usize)> {
        self.programs.iter().map(Program::summary)
    }

    /// The truth: the codes of a program that were sent to their recipients, in
    /// the program's order, and how often each was. A delivery counts when it is
    /// queued, also one whose outcome turns out to be "failed". None where there
    /// is no such program.
    #[must_use]
    pub fn deliveries(&self, program_id: &str) -> Option<Vec<(Code, u32)>> {
        let program = self.programs.get(self.program(program_id)?)?;
        Some(program.deliveries())
    }

    /// What became of a code's delivery number `nth` (from 1), or will, at the
    /// failure rate that is set now.
    #[must_use]
    pub fn outcome(&self, code: Code, nth: u32) -> Outcome {
        webhooks::outcome(self.options.seed, self.options.failure_rate, code, nth)
    }

    /// The webhooks due by now that are neither delivered nor under way.
    pub fn due_webhooks(&mut self, now: u64) -> Vec<Webhook> {
        self.pass_time(now);
        self.webhooks.due(&self.options, now)
    }

    /// Takes at most `most` of the webhooks due by now. Each is under way until
    /// [`Sandbox::webhook_answered`].
    pub fn take_due_webhooks(&mut self, now: u64, most: usize) -> Vec<Webhook> {
        self.pass_time(now);
        self.webhooks.take_due(&self.options, now, most)
    }

    /// Takes this webhook, due or not; false if it does not wait at that time.
    /// For a run that is repeated, of which only the answers are known.
    pub fn take_webhook(&mut self, id: u64, due_at: u64) -> bool {
        self.pass_time(due_at);
        self.webhooks.take(id, due_at)
    }

    /// The receiver answered a webhook with 200, or it did not: then it goes out
    /// again after 30 seconds, a minute, two …, seven times in all.
    pub fn webhook_answered(&mut self, id: u64, acknowledged: bool, now: u64) {
        self.webhooks.answered(id, acknowledged, now);
    }

    /// How many webhooks are neither acknowledged nor given up, due or not, those
    /// under way among them.
    #[must_use]
    pub fn waiting_webhooks(&self) -> usize {
        self.webhooks.waiting()
    }

    /// How many webhooks were acknowledged.
    #[must_use]
    pub fn delivered_webhooks(&self) -> u64 {
        self.webhooks.delivered()
    }

    /// When the next webhook is due, if one waits or a use to come may bring one.
    #[must_use]
    pub fn next_webhook_at(&self) -> Option<u64> {
        [self.webhooks.next_due_at(), self.uses.next_at()].into_iter().flatten().min()
    }

    /// Takes a request that arrives now. What it queues is queued at once,
    /// whenever the answer comes.
    pub fn handle(&mut self, request: &IncomingRequest, now: u64) -> Reply {
        self.pass_time(now);
        self.requests += 1;
        let (low, high) = self.options.latency_ms;
        let mut latency = Random::new(self.options.seed, Purpose::Latency, self.requests);
        let answer = match (request.method.as_str(), request.path()) {
            ("POST", "/oauth/v2/token") => {
                Answer::Response(self.tokens.exchange(request, &self.options, now))
            }
            ("GET", "/oauth/v2/authorize") => {
                Answer::Response(self.tokens.authorize(request, &self.options, now))
            }
            _ => self.call(request, now),
        };
        let after_ms = latency.between(low, high);
        Reply {
            after_ms,
            answer: match answer {
                Answer::Response(response) => {
                    Answer::Response(self.stamped(response, now.saturating_add(after_ms)))
                }
                unanswered => unanswered,
            },
        }
    }

    /// Takes a request of a run that is repeated, whose answer nobody waits for.
    pub fn repeat(&mut self, mut request: IncomingRequest, now: u64) {
        // A program does the same to the sandbox as the list of its codes, which
        // may have millions.
        if request.method == "GET" {
            request.target = match request.path().strip_suffix("/codes") {
                Some(program) => program.to_owned(),
                None => request.target,
            };
        }
        let _ = self.handle(&request, now);
    }

    /// A call to the API, with its faults.
    fn call(&mut self, request: &IncomingRequest, now: u64) -> Answer {
        let mut detail = Random::new(self.options.seed, Purpose::FaultDetail, self.requests);
        let Some(fault) = self.fault() else {
            let verdict = self.judge(request, now);
            self.queue(verdict.queue, now);
            return Answer::Response(verdict.response);
        };
        let queued = match fault {
            Fault::ErrorAfter | Fault::ErrorPartial | Fault::LostAfter => true,
            Fault::Hang | Fault::HtmlError => detail.coin(),
            _ => false,
        };
        if queued {
            let verdict = self.judge(request, now);
            // A request that is refused anyway never gets as far as a 500.
            let internal = matches!(fault, Fault::ErrorAfter | Fault::ErrorPartial);
            if internal && verdict.response.head.status != 200 {
                return Answer::Response(verdict.response);
            }
            let queue = if fault == Fault::ErrorPartial {
                verdict.queue.map(|queue| self.part_of(queue))
            } else {
                verdict.queue
            };
            self.queue(queue, now);
        }
        Answer::Response(match fault {
            Fault::LostBefore | Fault::LostAfter => return Answer::Lost,
            Fault::Hang => return Answer::Hang,
            Fault::RateLimited => with_retry_after(too_many_requests(), &mut detail, now),
            Fault::Unauthorized => unauthorized(),
            Fault::BadRequest => invalid("The request is not valid"),
            Fault::HtmlError => {
                with_body(502, "text/html", "<html><h1>502 Bad Gateway</h1></html>")
            }
            Fault::HtmlOk => with_body(
                200,
                "text/html; charset=utf-8",
                "<!doctype html><title>Welcome</title><p>Sign in to use this network.",
            ),
            _ => refusal(500, "internal_server_error", "Internal server error"),
        })
    }

    /// The first fault that strikes this request.
    fn fault(&self) -> Option<Fault> {
        (0..).zip(Fault::ALL).find_map(|(place, fault)| {
            let key = self.requests << 5 | place;
            let of_webhooks = matches!(
                fault,
                Fault::WebhookLost
                    | Fault::WebhookDuplicated
                    | Fault::WebhookReordered
                    | Fault::WebhookForeign
            );
            let strikes = Random::new(self.options.seed, Purpose::Fault, key)
                .chance(self.options.faults.probability(*fault));
            (strikes && !of_webhooks).then_some(*fault)
        })
    }

    /// Each code by coin, but not all of several, and not none of several.
    fn part_of(&self, queue: Queue) -> Queue {
        let mut random = Random::new(self.options.seed, Purpose::Partial, self.requests);
        let total = queue.places.len();
        let mut places = queue.places.clone();
        places.retain(|_| random.coin());
        if total > 1 && places.len() == total {
            places.pop();
        }
        if total > 1 && places.is_empty() {
            places.extend(queue.places.first());
        }
        Queue { places, ..queue }
    }

    /// Sends to the recipients, and announces the outcomes.
    fn queue(&mut self, queue: Option<Queue>, now: u64) {
        let Some(queue) = queue else { return };
        let Some(program) = self.programs.get_mut(queue.program) else {
            return;
        };
        let mut deliveries = Vec::with_capacity(queue.places.len());
        for place in queue.places {
            let Some(delivery) = program.deliver(place) else { continue };
            let place = (queue.program, place);
            self.uses.expect(&self.options, &queue.organization, place, delivery, now);
            deliveries.push(delivery);
        }
        self.webhooks.report(&self.options, &queue.organization, &program.id, &deliveries, now);
    }

    /// What a call comes to: who is it, how often, what, where, with which body.
    fn judge(&mut self, request: &IncomingRequest, now: u64) -> Verdict {
        let authorization = request.headers.get("authorization");
        let Some(grant) = self.tokens.check(authorization, now).cloned() else {
            return unauthorized().into();
        };
        if !self.within_limit(&grant.client_id, now) {
            return too_many_requests().into();
        }
        let segments: Vec<String> =
            request.path().split('/').skip(1).map(|segment| decode(segment, false)).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        let ["v1", "organizations", organization, "voucher-programs", rest @ ..] =
            segments.as_slice()
        else {
            return not_found("There is no such resource").into();
        };
        let allowed = |sandbox: &Self| sandbox.may_use(&grant, organization);
        match (request.method.as_str(), rest) {
            ("POST", ["search"]) => allowed(self).unwrap_or_else(|| self.search(request)).into(),
            (method, [id, action @ ..])
                if matches!(
                    (method, action),
                    ("GET", [] | ["codes" | "guests"]) | ("POST", ["codes", "distribute"])
                ) =>
            {
                if let Some(refusal) = allowed(self) {
                    return refusal.into();
                }
                let found = self.program(id);
                let Some((place, program)) =
                    found.and_then(|place| Some((place, self.programs.get(place)?)))
                else {
                    return not_found("Program is not found").into();
                };
                let asks_for = |name| Form::url_encoded(request.query()).get(name) == Some("true");
                match action {
                    [] => json_answer(200, &program.details(asks_for("include_guests"))).into(),
                    ["guests"] => {
                        let query = Form::url_encoded(request.query());
                        let limit = query.get("limit").and_then(|limit| limit.parse().ok());
                        match program.guests(limit, query.get("page_token")) {
                            Some(page) => json_answer(200, &page).into(),
                            None => invalid("page_token is not valid").into(),
                        }
                    }
                    ["codes"] => {
                        let list = program.list(asks_for("include_usage"));
                        with_body(200, "application/json", list).into()
                    }
                    _ => match listed(program, &request.body) {
                        Err(message) => invalid(message).into(),
                        Ok(places) => Verdict {
                            response: json_answer(200, &json!({})),
                            queue: Some(Queue {
                                organization: (*organization).to_owned(),
                                program: place,
                                places,
                            }),
                        },
                    },
                }
            }
            _ => not_found("There is no such resource").into(),
        }
    }

    /// The refusal, if this token is not good for this organization. A token that
    /// lacks the scope has also been seen to be answered with 401 elsewhere.
    fn may_use(&self, grant: &Grant, organization: &str) -> Option<Response> {
        let known = self.options.organization_id.as_deref();
        if grant.covers_vouchers() && known.is_none_or(|known| known == organization) {
            None
        } else if grant.has(SCOPE_AGGREGATOR) {
            // Documented for generate and cancel.
            Some(refusal(403, "unauthorized", "The organization has not authorized this app"))
        } else {
            Some(refusal(403, "user_not_allowed", "The caller has no access to this API"))
        }
    }

    /// `limit` and `offset` are required, `program_status` may filter (stated).
    fn search(&self, request: &IncomingRequest) -> Response {
        let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        let number = |name: &str| {
            let number = body.get(name)?.as_u64()?;
            usize::try_from(number).ok()
        };
        let (Some(limit), Some(offset)) = (number("limit"), number("offset")) else {
            return invalid("limit and offset are required");
        };
        let status = match body.get("program_status") {
            None | Some(Value::Null) => None,
            Some(Value::String(status))
                if crate::uber::programs::STATUSES.contains(&status.as_str()) =>
            {
                Some(status.as_str())
            }
            Some(_) => return invalid("program_status is not valid"),
        };
        let items: Vec<Value> = self
            .programs
            .iter()
            .filter(|program| status.is_none_or(|status| program.has_status(status)))
            .skip(offset)
            .take(limit)
            .map(Program::search_item)
            .collect();
        json_answer(200, &json!({ "voucher_programs": items }))
    }

    fn within_limit(&mut self, client_id: &str, now: u64) -> bool {
        let recent = self.recent.entry(client_id.to_owned()).or_default();
        while recent.front().is_some_and(|at| at.saturating_add(WINDOW) <= now) {
            recent.pop_front();
        }
        let within = recent.len() < REQUESTS_PER_WINDOW;
        if within {
            recent.push_back(now);
        }
        within
    }

    /// Where that program stands.
    fn program(&self, id: &str) -> Option<usize> {
        self.programs.iter().position(|program| program.id == id)
    }

    /// The fields of every answer. No request id is documented; a trace id has
    /// been seen on webhooks.
    fn stamped(&self, response: Response, at: u64) -> Response {
        let trace = Random::new(self.options.seed, Purpose::Trace, self.requests).uuid();
        let dated = with_header(response, "date", &http_date(at));
        with_header(dated, "x-uber-trace-id", &trace.to_string())
    }
}

/// The places of the codes that a body of distribute asks for.
fn listed(program: &Program, body: &[u8]) -> Result<Vec<u32>, &'static str> {
    let everybody = || Ok((0..).zip(program.codes()).map(|(place, _)| place).collect());
    if body.is_empty() {
        return everybody();
    }
    let Ok(Value::Object(members)) = serde_json::from_slice(body) else {
        return Err("The body is not a JSON object");
    };
    let Some(codes) = members.get("codes") else {
        return everybody();
    };
    let Some(codes) = codes.as_array() else {
        return Err("codes is not a list");
    };
    if codes.is_empty() {
        return everybody();
    }
    codes
        .iter()
        .map(|code| {
            let text = code.as_str().ok_or("codes is not a list of strings")?;
            let code = Code::parse(text.as_bytes()).map_err(|_| "codes holds what is no UUID")?;
            program.place(code).ok_or("codes holds what is no code of this program")
        })
        .collect()
}

fn unauthorized() -> Response {
    refusal(401, "unauthorized", "Invalid OAuth 2.0 credentials provided.")
}

fn too_many_requests() -> Response {
    refusal(429, "rate_limited", "Exceeded rate limit")
}

fn not_found(message: &str) -> Response {
    refusal(404, "resource_not_found", message)
}

fn invalid(message: &str) -> Response {
    refusal(400, "invalid_request", message)
}

/// None, in seconds, or as a date: whether and how Uber sends it is unknown.
fn with_retry_after(response: Response, random: &mut Random, now: u64) -> Response {
    let seconds = random.between(1, 5);
    match random.between(0, 2) {
        0 => response,
        1 => with_header(response, "retry-after", &seconds.to_string()),
        _ => {
            let date = http_date(now.saturating_add(seconds * 1_000));
            with_header(response, "retry-after", &date)
        }
    }
}
