//! Tokens: each grant, each limit, and what a token may be used for.

use uber_vouchers::http::Response;
use uber_vouchers::sandbox::{Options, SCOPE, SCOPE_AGGREGATOR, SCOPE_DELEGATED};
use uber_vouchers::secret::AccessToken;

use crate::bench::{
    Bench, HOUR, NOW, ORG, bench, body, incoming, options, response, status_and_code,
};

// Tokens.

#[test]
fn client_credentials_and_their_refusals() {
    let mut bench = bench(1, options());
    for scope in [SCOPE, SCOPE_AGGREGATOR] {
        let answer = bench.app_token(scope);
        let token = body(&answer);
        assert_eq!(answer.head.status, 200);
        assert_eq!(token["expires_in"], 2_592_000);
        assert_eq!(
            (token["token_type"].as_str(), token["scope"].as_str()),
            (Some("Bearer"), Some(scope))
        );
        assert!(token.get("refresh_token").is_none());
        bench.token = AccessToken::new(token["access_token"].as_str().unwrap());
        assert_eq!(response(bench.distribute("{}")).head.status, 200);
    }
    for (form, status, error) in [
        ("", 400, "invalid_request"),
        ("grant_type=client_credentials", 400, "invalid_request"),
        ("grant_type=client_credentials&scope=rides.read", 400, "invalid_scope"),
        (
            "grant_type=client_credentials&scope=organizations.voucher_programs+organizations.voucher_programs.delegated",
            400,
            "invalid_scope",
        ),
        ("grant_type=password&scope=x", 401, "invalid_grant"),
        ("grant_type=authorization_code&redirect_uri=https://a&code=x", 401, "invalid_grant"),
        ("grant_type=authorization_code&redirect_uri=https://a", 400, "invalid_request"),
        ("grant_type=refresh_token&refresh_token=x", 401, "invalid_grant"),
    ] {
        let answer = bench.token_request(form);
        assert_eq!(status_and_code(&answer), (status, error.to_owned()), "{form}");
    }
    for (content_type, form, status, error) in [
        ("application/json", "{\"client_id\":\"app\"}", 400, "invalid_request"),
        (
            "application/x-www-form-urlencoded",
            "client_secret=s3cret&grant_type=x",
            400,
            "invalid_request",
        ),
        (
            "application/x-www-form-urlencoded",
            "client_id=app&client_secret=no&grant_type=x",
            401,
            "invalid_client",
        ),
        (
            "application/x-www-form-urlencoded",
            "client_id=no&client_secret=s3cret&grant_type=x",
            401,
            "invalid_client",
        ),
    ] {
        let headers = [("Content-Type", content_type.into())];
        let request = incoming("POST", "/oauth/v2/token", &headers, form);
        let answer = response(bench.sandbox.handle(&request, NOW));
        assert_eq!(status_and_code(&answer), (status, error.to_owned()), "{form}");
    }
}

#[test]
fn a_hundred_tokens_an_hour_and_the_next_one_revokes_the_oldest() {
    let mut bench = bench(1, options());
    // The bench itself has the first token.
    for _ in 0..99 {
        assert_eq!(bench.app_token(SCOPE).head.status, 200);
    }
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
    assert_eq!(bench.app_token(SCOPE).head.status, 200);
    assert_eq!(status_and_code(&response(bench.distribute("{}"))), (401, "unauthorized".into()));
    assert_eq!(status_and_code(&bench.app_token(SCOPE)), (429, "too_many_requests".into()));
    bench.now += HOUR - 1;
    assert_eq!(bench.app_token(SCOPE).head.status, 429);
    bench.now += 1;
    assert_eq!(bench.app_token(SCOPE).head.status, 200);
}

#[test]
fn a_token_expires_after_thirty_days() {
    let mut bench = bench(1, options());
    bench.now += 2_592_000_000 - 1;
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
    bench.now += 1;
    assert_eq!(response(bench.distribute("{}")).head.status, 401);
}

fn authorize(bench: &mut Bench, query: &str) -> Response {
    let target = format!("/oauth/v2/authorize?{query}");
    response(bench.sandbox.handle(&incoming("GET", &target, &[], ""), bench.now))
}

fn code_in(answer: &Response) -> String {
    assert_eq!(answer.head.status, 302);
    let location = answer.head.headers.get("location").unwrap();
    let (_, code) = location.split_once("code=").unwrap();
    code.split('&').next().unwrap().to_owned()
}

#[test]
fn the_delegated_grant_end_to_end() {
    let mut bench = bench(1, options());
    let query = format!(
        "client_id=app&response_type=code&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1&state=a%26b&scope={SCOPE_DELEGATED}%20offline_access"
    );
    let answer = authorize(&mut bench, &query);
    let location = answer.head.headers.get("location").unwrap();
    assert!(location.starts_with("https://app.example/cb?x=1&code="), "{location}");
    assert!(location.ends_with("&state=a%26b"), "{location}");
    let code = code_in(&answer);
    let form = format!(
        "grant_type=authorization_code&code={code}&redirect_uri=https%3A%2F%2Fapp.example%2Fcb%3Fx%3D1"
    );
    let first = body(&bench.token_request(&form));
    bench.token = AccessToken::new(first["access_token"].as_str().unwrap());
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
    // Spent.
    assert_eq!(status_and_code(&bench.token_request(&form)), (401, "invalid_grant".into()));
    // Renewed, and the old one is spent too.
    let form = format!(
        "grant_type=refresh_token&refresh_token={}",
        first["refresh_token"].as_str().unwrap()
    );
    let second = body(&bench.token_request(&form));
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    bench.token = AccessToken::new(second["access_token"].as_str().unwrap());
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
    assert_eq!(bench.token_request(&form).head.status, 401);
}

#[test]
fn without_offline_access_there_is_no_refresh_token_and_codes_expire() {
    let mut bench = bench(1, options());
    let query =
        format!("client_id=app&response_type=code&redirect_uri=https://a&scope={SCOPE_DELEGATED}");
    let form =
        |code: &str| format!("grant_type=authorization_code&redirect_uri=https://a&code={code}");
    let code = code_in(&authorize(&mut bench, &query));
    let tokens = body(&bench.token_request(&form(&code)));
    assert!(tokens.get("refresh_token").is_none());
    let code = code_in(&authorize(&mut bench, &query));
    assert_eq!(bench.token_request(&form(&code).replace("//a", "//b")).head.status, 401);
    let code = code_in(&authorize(&mut bench, &query));
    bench.now += 600_000;
    assert_eq!(bench.token_request(&form(&code)).head.status, 401);
}

#[test]
fn an_invalid_authorization_request() {
    let mut bench = bench(1, options());
    for (query, status) in [
        ("response_type=code&redirect_uri=https://a&scope=x", 400),
        ("client_id=no&response_type=code&redirect_uri=https://a&scope=x", 400),
        ("client_id=app&response_type=code&scope=x", 400),
        (
            "client_id=app&response_type=code&redirect_uri=https://a&scope=organizations.voucher_programs",
            302,
        ),
        ("client_id=app&response_type=token&redirect_uri=https://a&scope=x", 302),
    ] {
        let answer = authorize(&mut bench, query);
        assert_eq!(answer.head.status, status, "{query}");
        if status == 302 {
            let location = answer.head.headers.get("location").unwrap();
            assert!(location.starts_with("https://a?error="), "{location}");
        }
    }
}

// The API.

#[test]
fn callers_without_access_and_unknown_resources_are_refused() {
    let mut bench = bench(1, options());
    let program = bench.program.clone();
    let call = |bench: &mut Bench, token: Option<&str>, method: &str, target: &str| {
        let authorization = token.map(|token| ("Authorization", token.to_owned()));
        let request = incoming(method, target, authorization.as_slice(), "{}");
        status_and_code(&response(bench.sandbox.handle(&request, NOW)))
    };
    let good = format!("bearer {}", bench.token.expose());
    let base = format!("/v1/organizations/{ORG}/voucher-programs");
    let distribute = format!("{base}/{program}/codes/distribute");
    let refusal = |status, code: &str| (status, code.to_owned());
    for token in [None, Some("Bearer"), Some("Bearer nonsense")] {
        assert_eq!(call(&mut bench, token, "POST", &distribute), refusal(401, "unauthorized"));
    }
    let good = Some(good.as_str());
    for (method, target) in [
        ("GET", "/".to_owned()),
        ("GET", "/v1/organizations".to_owned()),
        ("GET", base.clone()),
        ("GET", distribute.clone()),
        ("POST", format!("{distribute}/x")),
        ("POST", format!("{base}/{program}/codes/generate")),
        ("POST", format!("{base}/nope/codes/distribute")),
        ("GET", format!("{base}/nope")),
        ("GET", format!("{base}/nope/codes")),
        ("DELETE", format!("{base}/{program}")),
        ("POST", distribute.replace("/v1/", "/v2/")),
    ] {
        assert_eq!(
            call(&mut bench, good, method, &target),
            refusal(404, "resource_not_found"),
            "{method} {target}"
        );
    }
    let elsewhere = distribute.replace(ORG, "another");
    assert_eq!(call(&mut bench, good, "POST", &elsewhere), refusal(403, "user_not_allowed"));
    let token = body(&bench.app_token(SCOPE_AGGREGATOR));
    let token = format!("Bearer {}", token["access_token"].as_str().unwrap());
    assert_eq!(call(&mut bench, Some(&token), "POST", &elsewhere), refusal(403, "unauthorized"));
    assert!(bench.delivered().is_empty());
}

#[test]
fn a_token_without_the_voucher_scope() {
    let mut bench = bench(1, options());
    let query = "client_id=app&response_type=code&redirect_uri=https://a&scope=vouchers.redeem";
    let code = code_in(&authorize(&mut bench, query));
    let form = format!("grant_type=authorization_code&redirect_uri=https://a&code={code}");
    let token = body(&bench.token_request(&form));
    bench.token = AccessToken::new(token["access_token"].as_str().unwrap());
    assert_eq!(
        status_and_code(&response(bench.distribute("{}"))),
        (403, "user_not_allowed".into())
    );
}

#[test]
fn an_unset_option_is_not_checked() {
    let mut bench = bench(1, Options::default());
    let answer = bench.app_token(SCOPE);
    assert_eq!(answer.head.status, 200);
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
}
