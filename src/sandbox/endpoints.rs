//! The result of each endpoint, before any fault.

use serde_json::{Value, json};

use super::Sandbox;
use super::exchange::{IncomingRequest, json as json_answer, refusal, with_body};
use super::form::{Form, decode};
use super::programs::Program;
use super::tokens::{Grant, SCOPE_AGGREGATOR};
use crate::code::Code;
use crate::http::Response;

/// 500 requests in 5 seconds per app (stated, general guide). The sliding window is a
/// choice. The 2,000 requests an hour per user token are not simulated.
const WINDOW: u64 = 5_000;
const REQUESTS_PER_WINDOW: usize = 500;

/// The result of a request, before any fault.
pub(super) struct Verdict {
    pub(super) response: Response,
    pub(super) queue: Option<Queue>,
}

/// What a distribute call would send.
pub(super) struct Queue {
    pub(super) organization: String,
    pub(super) program: usize,
    pub(super) indices: Vec<u32>,
}

impl From<Response> for Verdict {
    fn from(response: Response) -> Self {
        Self { response, queue: None }
    }
}

impl Sandbox {
    /// Checks token, rate, path and body of a call, and returns its result.
    pub(super) fn judge(&mut self, request: &IncomingRequest, now: u64) -> Verdict {
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
                let Some((index, program)) =
                    found.and_then(|index| Some((index, self.programs.get(index)?)))
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
                        Ok(indices) => Verdict {
                            response: json_answer(200, &json!({})),
                            queue: Some(Queue {
                                organization: (*organization).to_owned(),
                                program: index,
                                indices,
                            }),
                        },
                    },
                }
            }
            _ => not_found("There is no such resource").into(),
        }
    }

    /// The refusal if this token is not valid for this organization. Elsewhere, a token
    /// without the scope was also observed to get a 401.
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
}

/// The indices of the codes in the body of a distribute call.
fn listed(program: &Program, body: &[u8]) -> Result<Vec<u32>, &'static str> {
    let everybody = || Ok((0..).zip(program.codes()).map(|(index, _)| index).collect());
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
            let code = Code::parse(text.as_bytes())
                .map_err(|_| "codes contains a value that is not a UUID")?;
            program.index_of(code).ok_or("codes contains a code of another program")
        })
        .collect()
}

pub(super) fn unauthorized() -> Response {
    refusal(401, "unauthorized", "Invalid OAuth 2.0 credentials provided.")
}

pub(super) fn too_many_requests() -> Response {
    refusal(429, "rate_limited", "Exceeded rate limit")
}

fn not_found(message: &str) -> Response {
    refusal(404, "resource_not_found", message)
}

pub(super) fn invalid(message: &str) -> Response {
    refusal(400, "invalid_request", message)
}
