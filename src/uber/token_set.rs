//! A token from Uber's token endpoint, or the reason that there is none.

use crate::error::{Error, ErrorCode, Queued};
use crate::http::ResponseHead;
use crate::json::Json;
use crate::secret::{AccessToken, RefreshToken};
use crate::text::text;
use crate::uber::{policy, response};

/// A token is renewed this long before it expires, or a tenth of its lifetime if that is
/// less: a token that lives for a minute would never be used.
const EARLY_MS: u64 = 60_000;
/// The assumed lifetime of a token if the response does not state one.
const LIFE_UNTOLD_S: f64 = 3_600.0;

/// A token and its details.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSet {
    /// What goes into the `Authorization` header.
    pub access_token: AccessToken,
    /// When it expires, in epoch milliseconds.
    pub expires_at: u64,
    /// When to request the next one, in epoch milliseconds.
    pub renew_at: u64,
    /// What it may be used for, separated by spaces.
    pub scope: String,
    /// The token that gets the next one, for an administrator's token.
    pub refresh_token: Option<RefreshToken>,
}

impl TokenSet {
    /// Whether it is too close to its expiry to be used.
    #[must_use]
    pub const fn is_stale(&self, now: u64) -> bool {
        self.renew_at <= now
    }
}

/// When to renew a token of which only the expiry is known; both in epoch milliseconds.
#[must_use]
pub const fn renew_at(expires_at: u64) -> u64 {
    expires_at.saturating_sub(EARLY_MS)
}

/// Reads the response of the token endpoint. `parsed` is the body as JSON, or null;
/// `refresh` is the refresh token that was used, which stays valid if the response
/// contains no new one.
pub fn parse_response(
    head: &ResponseHead,
    body: &str,
    parsed: &Json,
    refresh: Option<&RefreshToken>,
    now: u64,
) -> Result<TokenSet, Error> {
    // Some gateways respond with 200 to everything.
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
        parts.hint = "Sign the administrator in again, and keep each new set of tokens.";
    }
    // A body that should contain a token is not shown to the caller.
    if let (true, Some(api)) = (is_ok, &mut error.parts_mut().api) {
        api.body.clear();
    }
    Err(error)
}

/// Temporary errors of the token endpoint.
const PASSING: [&str; 3] = ["temporarily_unavailable", "server_error", "slow_down"];

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
const fn milliseconds(number: f64) -> u64 {
    // A cast saturates, so the result is neither negative nor infinite.
    number as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    fn head(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
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
    fn a_short_lived_token_is_used_for_most_of_its_lifetime() {
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
    fn a_2xx_with_an_error_is_that_error() {
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
    fn a_spent_grant_is_reported() {
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
    fn a_refused_token_request_queued_nothing() {
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
