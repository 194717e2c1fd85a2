//! Access tokens: Uber's OAuth token endpoint.

use crate::error::{Error, ErrorCode};
use crate::http::{BaseUrl, Method, Request, form};
use crate::secret::{AuthorizationCode, ClientSecret, PADDED, RefreshToken, is_padded};
use crate::text::text;

pub use super::token_set::{TokenSet, parse_response, renew_at};

/// Where Uber issues tokens (stated).
pub const TOKEN_URL: &str = "https://auth.uber.com/oauth/v2/token";
/// Where an administrator signs in at Uber (stated).
pub const AUTHORIZE_URL: &str = "https://auth.uber.com/oauth/v2/authorize";

/// What a token of the app may be used for.
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
    /// The scope as Uber writes it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Scope::VoucherPrograms => "organizations.voucher_programs",
            Scope::Aggregator => "organizations.voucher_programs.aggregator",
        }
    }
}

/// The scope of an administrator's token, with the scope that makes it renewable.
pub const DELEGATED: &str = "organizations.voucher_programs.delegated offline_access";

/// An app, as registered in Uber's developer dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppCredentials {
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: ClientSecret,
    /// The token endpoint.
    pub token_url: BaseUrl,
}

impl AppCredentials {
    /// Requests a token for the app itself.
    #[must_use]
    pub fn client_credentials(&self, scope: Scope) -> Request {
        self.request(&[("grant_type", "client_credentials"), ("scope", scope.as_str())])
    }

    /// Exchanges the code from the sign-in page. A code works only once.
    #[must_use]
    pub fn authorization_code(&self, code: &AuthorizationCode, redirect_uri: &str) -> Request {
        self.request(&[
            ("grant_type", "authorization_code"),
            ("redirect_uri", redirect_uri),
            ("code", code.expose()),
            ("scope", DELEGATED),
        ])
    }

    /// Requests an administrator's next token.
    #[must_use]
    pub fn refresh_token(&self, token: &RefreshToken) -> Request {
        self.request(&[("grant_type", "refresh_token"), ("refresh_token", token.expose())])
    }

    /// Adds what is known about the app to an error of [`parse_response`].
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

/// The page on which an administrator signs in. It sends the code to `redirect_uri`, with
/// `state`, which the caller compares to detect forgery.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::ResponseHead;
    use crate::json::Json;

    fn app() -> AppCredentials {
        AppCredentials {
            client_id: "id".into(),
            client_secret: ClientSecret::new("s&cret"),
            token_url: BaseUrl::new(TOKEN_URL, "tokenUrl").unwrap(),
        }
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
    fn white_space_around_a_secret_is_reported_and_kept() {
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
}
