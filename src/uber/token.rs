//! Access tokens: Uber's OAuth token endpoint.

use crate::error::{Error, ErrorCode, Queued};
use crate::http::{BaseUrl, Method, Request, ResponseHead, form};
use crate::json::Json;
use crate::secret::{
    AccessToken, AuthorizationCode, ClientSecret, PADDED, RefreshToken, is_padded,
};
use crate::text::text;
use crate::uber::{policy, response};

/// Where Uber gives tokens (stated).
pub const TOKEN_URL: &str = "https://auth.uber.com/oauth/v2/token";
/// Where Uber asks an administrator to sign in (stated).
pub const AUTHORIZE_URL: &str = "https://auth.uber.com/oauth/v2/authorize";

/// A token is renewed this long before it expires, or a tenth of its life if
/// that is less: one that lives for a minute would never be used.
const EARLY_MS: u64 = 60_000;
/// How long a token is taken to live when the answer does not say.
const LIFE_UNTOLD_S: f64 = 3_600.0;

/// What a token of this app may be used for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scope {
    /// The organization's own app.
    #[default]
    VoucherPrograms,
    /// A third-party app that the organization has authorized.
    Aggregator,
}

impl Scope {
    /// The scope as Uber spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::VoucherPrograms => "organizations.voucher_programs",
            Scope::Aggregator => "organizations.voucher_programs.aggregator",
        }
    }
}

/// The scope of an administrator's own token, with what makes it renewable.
pub const DELEGATED: &str = "organizations.voucher_programs.delegated offline_access";

/// An app, as registered in Uber's developer dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppCredentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: ClientSecret,
    /// Where tokens come from.
    pub token_url: BaseUrl,
}

/// A token and what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// What goes into the `Authorization` header.
    pub access_token: AccessToken,
    /// When it ends, in epoch milliseconds.
    pub expires_at: u64,
    /// When the next one is asked for, in epoch milliseconds.
    pub renew_at: u64,
    /// What it may be used for, space separated.
    pub scope: String,
    /// What gets the next one, for an administrator's token.
    pub refresh_token: Option<RefreshToken>,
}

impl TokenSet {
    /// Whether it is too old to be used: close to its end.
    #[must_use]
    pub const fn is_stale(&self, now: u64) -> bool {
        self.renew_at <= now
    }
}

/// When to renew a token of which only the end is known; both in epoch
/// milliseconds.
#[must_use]
pub const fn renew_at(expires_at: u64) -> u64 {
    expires_at.saturating_sub(EARLY_MS)
}

impl AppCredentials {
    /// Asks for a token of the app's own.
    #[must_use]
    pub fn client_credentials(&self, scope: Scope) -> Request {
        self.request(&[("grant_type", "client_credentials"), ("scope", scope.as_str())])
    }

    /// Exchanges the code that the sign-in page sent back. A code works once.
    #[must_use]
    pub fn authorization_code(&self, code: &AuthorizationCode, redirect_uri: &str) -> Request {
        self.request(&[
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri),
            ("code", code.expose()),
            ("scope", DELEGATED),
        ])
    }

    /// Asks for the next token of an administrator.
    #[must_use]
    pub fn refresh_token(&self, token: &RefreshToken) -> Request {
        self.request(&[("grant_type", "refresh_token"), ("refresh_token", token.expose())])
    }

    /// Adds what is known of the app to an error of [`parse_response`].
    #[must_use]
    pub fn explain(&self, error: Error) -> Error {
        let is_padded = is_padded(&self.client_id) || is_padded(self.client_secret.expose());
        if error.code == ErrorCode::TokenRejected && is_padded {
            return error.with_hint(PADDED);
        }
        error
    }

    fn request(&self, fields: &[(&str, &str)]) -> Request {
        let app = [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.expose()),
        ];
        Request {
            method: Method::Post,
            url: self.token_url.as_str().to_owned(),
            headers: vec![
                ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
                ("Accept", "application/json".to_owned()),
            ],
            body: Some(form(&[app.as_slice(), fields].concat()).into_bytes()),
        }
    }
}

/// The page where an administrator signs in, which sends the code to
/// `redirect_uri`. `state` is what the caller compares then, against forgery.
#[must_use]
pub fn authorization_url(
    authorize_url: &BaseUrl,
    client_id: &str,
    redirect_uri: &str,
    state: &str,
) -> String {
    let query = form(&[
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_uri),
        ("scope", DELEGATED),
        ("state", state),
    ]);
    text(&[authorize_url.as_str(), "?", &query])
}

/// Reads the token endpoint's answer. `parsed` is the body as JSON where it is
/// that; `refresh` is the refresh token that was used, which stays in use if the
/// answer brings none.
pub fn parse_response(
    head: &ResponseHead,
    body: &str,
    parsed: &Json,
    refresh: Option<&RefreshToken>,
    now: u64,
) -> Result<TokenSet, Error> {
    // Some gateways answer 200 to everything.
    let error = parsed.get("error").text().filter(|error| !error.is_empty());
    let is_ok = matches!(head.status, 200..=299);
    if is_ok
        && error.is_none()
        && let Some(token) = parsed
            .get("access_token")
            .text()
            .map(AccessToken::new)
            .filter(AccessToken::fits_a_header)
    {
        let life = parsed.get("expires_in").number().unwrap_or(LIFE_UNTOLD_S);
        let life = milliseconds(life * 1000.0);
        let expires_at = now.saturating_add(life);
        return Ok(TokenSet {
            access_token: token,
            expires_at,
            renew_at: expires_at - EARLY_MS.min(life / 10).min(expires_at),
            scope: parsed.get("scope").text().unwrap_or_default().to_owned(),
            refresh_token: parsed
                .get("refresh_token")
                .text()
                .map(RefreshToken::new)
                .or_else(|| refresh.cloned()),
        });
    }
    let passes = error.is_none_or(|error| PASSING.contains(&error));
    let code = policy::token_error(head.status, passes);
    let is_spent = code == ErrorCode::TokenRejected && error == Some("invalid_grant");
    let mut error = response::with_detail(code, Queued::No, head, body, parsed, now);
    if is_spent {
        let what = if refresh.is_some() { "The refresh token" } else { "The authorization code" };
        let parts = error.parts_mut();
        parts.message = text(&[what, " is spent, expired or revoked"]);
        parts.hint = "Sign the administrator in again, and keep what `onTokens` gives.";
    }
    // A body that was to hold a token is not for the caller's eyes.
    if let (true, Some(api)) = (is_ok, &mut error.parts_mut().api) {
        api.body.clear();
    }
    Err(error)
}

/// Errors of the token endpoint that may pass by themselves.
const PASSING: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn milliseconds(number: f64) -> u64 {
    // A cast saturates: nothing negative, nothing infinite.
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app() -> AppCredentials {
        AppCredentials {
            client_id: "id".into(),
            client_secret: ClientSecret::new("s&cret"),
            token_url: BaseUrl::new(TOKEN_URL, "tokenUrl").unwrap(),
        }
    }

    fn json(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    fn head(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
    }

    #[test]
    fn the_three_grants_byte_for_byte() {
        let request = app().client_credentials(Scope::Aggregator);
        assert_eq!(request.url, "https://auth.uber.com/oauth/v2/token");
        assert_eq!(request.headers[0].1, "application/x-www-form-urlencoded");
        assert_eq!(
            request.body.unwrap(),
            b"client_id=id&client_secret=s%26cret&grant_type=client_credentials&scope=organizations.voucher_programs.aggregator"
        );
        assert_eq!(
            app()
                .authorization_code(&AuthorizationCode::new("c/1"), "https://me.example/back?x=1")
                .body
                .unwrap(),
            b"client_id=id&client_secret=s%26cret&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fme.example%2Fback%3Fx%3D1&code=c%2F1&scope=organizations.voucher_programs.delegated%20offline_access"
        );
        assert_eq!(
            app().refresh_token(&RefreshToken::new("r")).body.unwrap(),
            b"client_id=id&client_secret=s%26cret&grant_type=refresh_token&refresh_token=r"
        );
    }

    #[test]
    fn white_space_around_a_secret_is_told_of_and_kept() {
        let rejected = || parse_response(&head(401), "", &Json::Null, None, 0).unwrap_err();
        for (client_id, secret) in
            [("id", "secret\n"), (" id", "secret"), ("id\r\n", "secret\u{a0}")]
        {
            let app = AppCredentials {
                client_id: client_id.into(),
                client_secret: ClientSecret::new(secret),
                ..app()
            };
            let error = app.explain(rejected());
            assert!(error.hint().contains("white space"), "{client_id:?} {secret:?}");
            assert!(!error.hint().contains("secret\n"));
            let body = app.client_credentials(Scope::VoucherPrograms).body.unwrap();
            assert!(body.windows(3).any(|part| part == b"%0A" || part == b"%20"), "{body:?}");
            let unavailable = parse_response(&head(500), "", &Json::Null, None, 0).unwrap_err();
            assert_eq!(app.explain(unavailable).hint(), ErrorCode::TokenUnavailable.hint());
        }
        assert_eq!(app().explain(rejected()).hint(), ErrorCode::TokenRejected.hint());
    }

    #[test]
    fn the_sign_in_page() {
        let url = BaseUrl::new(AUTHORIZE_URL, "authorizeUrl").unwrap();
        assert_eq!(
            authorization_url(&url, "id", "https://me.example/back", "a b"),
            "https://auth.uber.com/oauth/v2/authorize?response_type=code&client_id=id&redirect_uri=https%3A%2F%2Fme.example%2Fback&scope=organizations.voucher_programs.delegated%20offline_access&state=a%20b"
        );
    }

    #[test]
    fn a_token_is_read_and_kept() {
        let body = json(
            r#"{"access_token":"opaque","token_type":"Bearer","expires_in":2592000,"scope":"organizations.voucher_programs"}"#,
        );
        let tokens = parse_response(&head(200), "", &body, None, 1_000).unwrap();
        assert_eq!(tokens.expires_at, 2_592_001_000);
        assert!(!tokens.is_stale(2_592_001_000 - 60_001));
        assert!(tokens.is_stale(2_592_001_000 - 60_000));
        assert_eq!(renew_at(tokens.expires_at), tokens.renew_at);
        assert_eq!(renew_at(1), 0);
        assert_eq!((tokens.access_token.expose(), tokens.refresh_token), ("opaque", None));
    }

    #[test]
    fn a_short_life_leaves_most_of_it_for_use() {
        for (life, early) in
            [("45", 4_500), ("60", 6_000), ("600", 60_000), ("601", 60_000), ("0.5", 50)]
        {
            let body = json(&format!(r#"{{"access_token":"a","expires_in":{life}}}"#));
            let tokens = parse_response(&head(200), "", &body, None, 1_000).unwrap();
            assert_eq!(tokens.expires_at - tokens.renew_at, early, "{life}");
            assert!(!tokens.is_stale(1_000) && tokens.is_stale(tokens.renew_at));
        }
        for life in ["0", "-5"] {
            let body = json(&format!(r#"{{"access_token":"a","expires_in":{life}}}"#));
            assert!(parse_response(&head(200), "", &body, None, 0).unwrap().is_stale(0), "{life}");
        }
    }

    #[test]
    fn a_2xx_with_an_error_is_what_the_error_says() {
        for (error, code) in [
            ("invalid_client", ErrorCode::TokenRejected),
            ("invalid_scope", ErrorCode::TokenRejected),
            ("anything", ErrorCode::TokenRejected),
            ("temporarily_unavailable", ErrorCode::TokenUnavailable),
            ("server_error", ErrorCode::TokenUnavailable),
        ] {
            let body = Json::object().with("error", error).with("access_token", "a");
            let found = parse_response(&head(200), "x", &body, None, 0).unwrap_err();
            assert_eq!((found.code, found.queued), (code, Queued::No), "{error}");
            let api = found.api.as_ref().unwrap();
            assert_eq!((api.uber_code.as_deref(), api.body.as_str()), (Some(error), ""));
        }
        let fine = Json::object().with("error", "").with("access_token", "a");
        assert!(parse_response(&head(200), "", &fine, None, 0).is_ok());
    }

    #[test]
    fn a_spent_grant_is_told_as_such() {
        let body = json(r#"{"error":"invalid_grant","error_description":"x"}"#);
        for (refresh, what) in
            [(Some(RefreshToken::new("r")), "refresh token"), (None, "authorization code")]
        {
            for status in [200, 400, 401] {
                let error =
                    parse_response(&head(status), "", &body, refresh.as_ref(), 0).unwrap_err();
                assert_eq!(error.code, ErrorCode::TokenRejected);
                assert_eq!(error.message, format!("The {what} is spent, expired or revoked"));
                assert!(error.hint().starts_with("Sign the administrator in again"));
            }
            let error = parse_response(&head(503), "", &body, refresh.as_ref(), 0).unwrap_err();
            assert_eq!(error.hint(), ErrorCode::TokenUnavailable.hint());
        }
    }

    #[test]
    fn a_refresh_token_stays_unless_it_is_replaced() {
        let used = RefreshToken::new("old");
        let read = |body: &str| {
            parse_response(&head(200), "", &json(body), Some(&used), 0).unwrap().refresh_token
        };
        assert_eq!(read(r#"{"access_token":"b"}"#), Some(RefreshToken::new("old")));
        assert_eq!(
            read(r#"{"access_token":"b","refresh_token":"new"}"#),
            Some(RefreshToken::new("new"))
        );
    }

    #[test]
    fn what_the_endpoint_refuses_was_never_queued() {
        let body = r#"{"error":"invalid_scope","error_description":"scope(s) are invalid"}"#;
        for (status, code) in [
            (400, ErrorCode::TokenRejected),
            (401, ErrorCode::TokenRejected),
            (429, ErrorCode::TokenUnavailable),
            (503, ErrorCode::TokenUnavailable),
            (302, ErrorCode::TokenUnavailable),
            (0, ErrorCode::TokenUnavailable),
        ] {
            let error = parse_response(&head(status), body, &json(body), None, 0).unwrap_err();
            assert_eq!((error.code, error.queued), (code, Queued::No), "{status}");
            assert_eq!(error.api.clone().unwrap().uber_code.as_deref(), Some("invalid_scope"));
        }
    }

    #[test]
    fn a_2xx_without_a_usable_token_shows_no_body() {
        for body in [
            r#"{"access_token":""}"#,
            r#"{"access_token":"a\nb"}"#,
            r#"{"token":"hunter2"}"#,
            "null",
        ] {
            let error = parse_response(&head(200), body, &json(body), None, 0).unwrap_err();
            assert_eq!(error.code, ErrorCode::TokenUnavailable);
            assert_eq!(error.api.clone().unwrap().body, "");
        }
    }
}
