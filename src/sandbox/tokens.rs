//! The token endpoint, and which tokens are valid.
//!
//! Stated by Uber's guides, for vouchers or for the OAuth service that they share: the
//! fields, the scopes, the lifetime of 30 days, the error names, 100 requests an hour,
//! and that token number 101 revokes the oldest. The sandbox's own choices:
//! - A refresh token works once, for a year; the response contains the next one.
//! - An authorization code works once, for ten minutes.
//! - Consent is always granted, without a page.
//! - Only tokens of the client-credentials grant count towards the hundred.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use serde_json::{Value, json};

use super::exchange::{IncomingRequest, empty, json as json_answer, with_header};
use super::form::Form;
use super::options::Options;
use super::random::{Purpose, Random};
use crate::http::{Response, percent_encode};
use crate::secret::ClientSecret;

/// The organization's own app (stated).
pub const SCOPE: &str = "organizations.voucher_programs";
/// A third-party app that the organization has authorized (stated).
pub const SCOPE_AGGREGATOR: &str = "organizations.voucher_programs.aggregator";
/// A signed-in administrator (stated).
pub const SCOPE_DELEGATED: &str = "organizations.voucher_programs.delegated";

const APP_SCOPES: [&str; 2] = [SCOPE, SCOPE_AGGREGATOR];
const USER_SCOPES: [&str; 3] = [SCOPE_DELEGATED, "vouchers.redeem", OFFLINE];
const OFFLINE: &str = "offline_access";

const OPAQUE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const HOUR: u64 = 3_600_000;
const REQUESTS_PER_HOUR: usize = 100;
const LIVE_TOKENS: usize = 100;
const TOKEN_LIFE_S: u64 = 2_592_000;
const CODE_LIFE: u64 = 600_000;
const REFRESH_LIFE: u64 = 365 * 24 * HOUR;

/// What a token allows.
#[derive(Clone, Debug)]
pub(super) struct Grant {
    pub(super) client_id: String,
    scope: String,
    expires_at: u64,
}

impl Grant {
    pub(super) fn has(&self, scope: &str) -> bool {
        self.scope.split(' ').any(|have| have == scope)
    }

    /// Whether it has any of the three voucher scopes.
    pub(super) fn covers_vouchers(&self) -> bool {
        [SCOPE, SCOPE_AGGREGATOR, SCOPE_DELEGATED].iter().any(|scope| self.has(scope))
    }
}

#[derive(Clone, Default)]
struct Client {
    /// When it requested app tokens, within the last hour.
    requests: VecDeque<u64>,
    /// Its app tokens, oldest first.
    issued: VecDeque<String>,
}

#[derive(Clone)]
struct AuthorizationCode {
    redirect_uri: String,
    grant: Grant,
}

/// All issued tokens and codes.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    seed: u64,
    clients: BTreeMap<String, Client>,
    access: BTreeMap<String, Grant>,
    refresh: BTreeMap<String, Grant>,
    codes: BTreeMap<String, AuthorizationCode>,
    drawn: u64,
}

// The keys of the map are tokens.
impl fmt::Debug for Tokens {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Tokens").finish_non_exhaustive()
    }
}

/// The `error`, its status, and `error_description`.
type Refusal = (&'static str, u16, &'static str);

// The status 401 of the first two is inferred or from a sibling guide, 400 of the third
// was observed, 429 is stated.
const INVALID_CLIENT: Refusal = ("invalid_client", 401, "client id or secret is wrong");
const INVALID_GRANT: Refusal = ("invalid_grant", 401, "the grant is not acceptable");
const INVALID_SCOPE: Refusal = ("invalid_scope", 400, "scope(s) are invalid");
const TOO_MANY: Refusal = ("too_many_requests", 429, "more than 100 tokens in an hour");

const fn missing(description: &'static str) -> Refusal {
    ("invalid_request", 400, description)
}

impl Tokens {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// What this `Authorization` header allows now.
    pub(super) fn check(&self, authorization: Option<&str>, now: u64) -> Option<&Grant> {
        let (scheme, token) = authorization?.split_once(' ')?;
        let grant = self.access.get(token.trim())?;
        (scheme.eq_ignore_ascii_case("bearer") && now < grant.expires_at).then_some(grant)
    }

    /// `POST /oauth/v2/token`.
    pub(super) fn exchange(
        &mut self,
        request: &IncomingRequest,
        options: &Options,
        now: u64,
    ) -> Response {
        let answer = match Form::of_body(request) {
            // JSON is refused (stated for sibling APIs).
            None => Err(missing("the body must be a form")),
            Some(form) => self.grant(&form, options, now),
        };
        let response = match answer {
            Ok(body) => json_answer(200, &body),
            Err((error, status, description)) => {
                json_answer(status, &json!({ "error": error, "error_description": description }))
            }
        };
        with_header(response, "cache-control", "no-store")
    }

    fn grant(&mut self, form: &Form, options: &Options, now: u64) -> Result<Value, Refusal> {
        let field = |name| form.get(name);
        let client_id = field("client_id").ok_or(missing("client_id is missing"))?;
        let secret = field("client_secret").ok_or(missing("client_secret is missing"))?;
        let grant_type = field("grant_type").ok_or(missing("grant_type is missing"))?;
        let expected = options.client_secret.as_ref().map(ClientSecret::expose);
        if is_other(options.client_id.as_deref(), client_id) || is_other(expected, secret) {
            return Err(INVALID_CLIENT);
        }
        match grant_type {
            "client_credentials" => {
                let scope = field("scope").ok_or(missing("scope is missing"))?;
                self.count_request(client_id, now)?;
                let scope = allowed(scope, &APP_SCOPES)?;
                Ok(self.issue_to_app(client_id, scope, now))
            }
            "authorization_code" => {
                let code = field("code").ok_or(missing("code is missing"))?;
                let redirect_uri =
                    field("redirect_uri").ok_or(missing("redirect_uri is missing"))?;
                // Removed first, because every attempt spends the code.
                let code = self.codes.remove(code).ok_or(INVALID_GRANT)?;
                let fits = code.redirect_uri == redirect_uri
                    && code.grant.client_id == client_id
                    && now < code.grant.expires_at;
                if fits { Ok(self.issue_to_user(code.grant, now)) } else { Err(INVALID_GRANT) }
            }
            "refresh_token" => {
                let token = field("refresh_token").ok_or(missing("refresh_token is missing"))?;
                match self.refresh.get(token) {
                    Some(grant) if grant.client_id == client_id && now < grant.expires_at => {
                        let grant = grant.clone();
                        self.refresh.remove(token);
                        Ok(self.issue_to_user(grant, now))
                    }
                    _ => Err(INVALID_GRANT),
                }
            }
            _ => Err(INVALID_GRANT),
        }
    }

    /// `GET /oauth/v2/authorize`: redirects to the app with a code. Errors of the app or
    /// its URI are shown here, all others are sent to the app (RFC 6749).
    pub(super) fn authorize(
        &mut self,
        request: &IncomingRequest,
        options: &Options,
        now: u64,
    ) -> Response {
        let query = Form::url_encoded(request.query());
        let wrong = |error: &str| json_answer(400, &json!({ "error": error }));
        let Some(client_id) = query.get("client_id") else {
            return wrong("invalid_request");
        };
        if is_other(options.client_id.as_deref(), client_id) {
            return wrong("invalid_client");
        }
        let Some(redirect_uri) = query.get("redirect_uri").filter(|uri| uri.contains(':')) else {
            return wrong("invalid_request");
        };
        let outcome = if query.get("response_type") == Some("code") {
            allowed(query.get("scope").unwrap_or_default(), &USER_SCOPES)
                .map_err(|refusal| refusal.0)
        } else {
            Err("unsupported_response_type")
        };
        let mut location = redirect_uri.to_owned();
        let mut add = |name: &str, value: &str| {
            location.push(if location.contains('?') { '&' } else { '?' });
            location.push_str(name);
            location.push('=');
            location.push_str(&percent_encode(value));
        };
        match outcome {
            Err(error) => add("error", error),
            Ok(scope) => {
                let code = self.draw();
                add("code", &code);
                let grant = Grant {
                    client_id: client_id.to_owned(),
                    scope,
                    expires_at: now.saturating_add(CODE_LIFE),
                };
                let redirect_uri = redirect_uri.to_owned();
                self.codes.insert(code, AuthorizationCode { redirect_uri, grant });
            }
        }
        if let Some(state) = query.get("state") {
            add("state", state);
        }
        with_header(empty(302), "location", &location)
    }

    /// Issues a token to an app, as for a client-credentials request, but without the
    /// hourly limit.
    pub(super) fn issue_to_app(&mut self, client_id: &str, scope: String, now: u64) -> Value {
        let token = self.draw();
        let client = self.clients.entry(client_id.to_owned()).or_default();
        let access = &mut self.access;
        client.issued.retain(|token| {
            let live = access.get(token).is_some_and(|grant| now < grant.expires_at);
            if !live {
                access.remove(token);
            }
            live
        });
        while client.issued.len() >= LIVE_TOKENS {
            if let Some(oldest) = client.issued.pop_front() {
                access.remove(&oldest);
            }
        }
        client.issued.push_back(token.clone());
        self.access_token(token, client_id, scope, now)
    }

    fn issue_to_user(&mut self, grant: Grant, now: u64) -> Value {
        let token = self.draw();
        let renewable = grant.has(OFFLINE);
        let mut answer = self.access_token(token, &grant.client_id, grant.scope.clone(), now);
        if renewable {
            let token = self.draw();
            let expires_at = now.saturating_add(REFRESH_LIFE);
            self.refresh.insert(token.clone(), Grant { expires_at, ..grant });
            if let Some(members) = answer.as_object_mut() {
                members.insert("refresh_token".to_owned(), token.into());
            }
        }
        answer
    }

    fn access_token(&mut self, token: String, client_id: &str, scope: String, now: u64) -> Value {
        let answer = json!({
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFE_S,
            "scope": scope,
        });
        let grant = Grant {
            client_id: client_id.to_owned(),
            scope,
            expires_at: now.saturating_add(TOKEN_LIFE_S * 1_000),
        };
        self.access.insert(token, grant);
        answer
    }

    /// Every authenticated client-credentials request counts, granted or not.
    fn count_request(&mut self, client_id: &str, now: u64) -> Result<(), Refusal> {
        let requests = &mut self.clients.entry(client_id.to_owned()).or_default().requests;
        while requests.front().is_some_and(|at| at.saturating_add(HOUR) <= now) {
            requests.pop_front();
        }
        if requests.len() >= REQUESTS_PER_HOUR {
            return Err(TOO_MANY);
        }
        requests.push_back(now);
        Ok(())
    }

    /// Creates an opaque value.
    fn draw(&mut self) -> String {
        self.drawn += 1;
        let mut random = Random::new(self.seed, Purpose::Token, self.drawn);
        random.text(OPAQUE, 60)
    }
}

fn is_other(known: Option<&str>, given: &str) -> bool {
    known.is_some_and(|known| known != given)
}

/// The requested scopes, if there is at least one and all are of this kind: app scopes
/// and user scopes can't be mixed in one request (stated for a sibling).
fn allowed(scope: &str, kind: &[&str]) -> Result<String, Refusal> {
    let scopes: Vec<&str> = scope.split_whitespace().collect();
    if scopes.is_empty() || scopes.iter().any(|scope| !kind.contains(scope)) {
        return Err(INVALID_SCOPE);
    }
    Ok(scopes.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_of_one_kind() {
        assert_eq!(allowed(SCOPE, &APP_SCOPES), Ok(SCOPE.to_owned()));
        let both = format!(" {SCOPE}  {SCOPE_AGGREGATOR}");
        assert_eq!(allowed(&both, &APP_SCOPES), Ok(format!("{SCOPE} {SCOPE_AGGREGATOR}")));
        for scope in ["", " ", "rides.read", SCOPE_DELEGATED, &format!("{SCOPE} {SCOPE_DELEGATED}")]
        {
            assert_eq!(allowed(scope, &APP_SCOPES), Err(INVALID_SCOPE), "{scope}");
        }
    }

    #[test]
    fn token_101_revokes_the_oldest_and_expired_ones_do_not_count() {
        let mut tokens = Tokens::new(1);
        let issue = |tokens: &mut Tokens, now| {
            let answer = tokens.issue_to_app("app", SCOPE.to_owned(), now);
            format!("bearer {}", answer["access_token"].as_str().unwrap())
        };
        let first = issue(&mut tokens, 0);
        let second = issue(&mut tokens, 1);
        for _ in 2..100 {
            issue(&mut tokens, 2);
        }
        assert!(tokens.check(Some(&first), 3).is_some());
        let last = issue(&mut tokens, 3);
        assert!(tokens.check(Some(&first), 3).is_none());
        assert!(tokens.check(Some(&second), 3).is_some());
        let expiry = 1 + TOKEN_LIFE_S * 1_000;
        assert!(tokens.check(Some(&second), expiry - 1).is_some());
        assert!(tokens.check(Some(&second), expiry).is_none());
        assert!(tokens.check(Some(&last), expiry).is_some());
        issue(&mut tokens, expiry);
        assert!(tokens.check(Some(&last), expiry).is_some());
        assert_eq!(tokens.access.len(), 100);
    }

    #[test]
    fn only_bearer_tokens_are_accepted() {
        let tokens = Tokens::new(1);
        for header in [None, Some(""), Some("Bearer"), Some("Bearer x"), Some("Basic x")] {
            assert!(tokens.check(header, 0).is_none());
        }
    }
}
