//! The sandbox from outside: each endpoint, each limit, each fault, and that
//! nothing but the seed decides.
#![cfg(feature = "sandbox")]
// Clippy takes only what is marked `#[test]` for a test, not what helps one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use uber_vouchers::code::Code;
use uber_vouchers::http::Response;
use uber_vouchers::json::Json;
use uber_vouchers::sandbox::{
    Answer, EventForm, Fault, Faults, IncomingRequest, Options, Outcome, ProgramSpec, Reply, SCOPE,
    SCOPE_AGGREGATOR, SCOPE_DELEGATED, Sandbox, Webhook,
};
use uber_vouchers::secret::{AccessToken, ClientSecret, SigningKey};
use uber_vouchers::webhook::signature::sign;

const NOW: u64 = 1_767_225_600_000;
const HOUR: u64 = 3_600_000;
const ORG: &str = "11111111-2222-4333-8444-000000000000";

/// A sandbox with one program and a token for it.
struct Bench {
    sandbox: Sandbox,
    token: AccessToken,
    program: String,
    codes: Vec<Code>,
    now: u64,
}

fn options() -> Options {
    Options {
        organization_id: Some(ORG.into()),
        client_id: Some("app".into()),
        client_secret: Some(ClientSecret::new("s3cret")),
        signing_key: SigningKey::new("example-signing-key"),
        ..Options::default()
    }
}

fn bench(codes: u32, options: Options) -> Bench {
    let mut sandbox = Sandbox::new(options);
    let spec = ProgramSpec { codes, ..ProgramSpec::default() };
    let created = sandbox.create_program(spec, NOW).unwrap();
    Bench {
        token: sandbox.issue_token(NOW),
        sandbox,
        program: created.program_id.as_str().to_owned(),
        codes: created.codes,
        now: NOW,
    }
}

fn faulty(fault: Fault, codes: u32) -> Bench {
    bench(codes, Options { faults: Faults::default().with(fault, 1.0), ..options() })
}

fn incoming(method: &str, target: &str, headers: &[(&str, String)], body: &str) -> IncomingRequest {
    IncomingRequest {
        method: method.into(),
        target: target.into(),
        headers: headers.iter().cloned().collect(),
        body: body.into(),
    }
}

fn response(reply: Reply) -> Response {
    match reply.answer {
        Answer::Response(response) => response,
        other => panic!("no answer: {other:?}"),
    }
}

fn body(response: &Response) -> Value {
    serde_json::from_slice(&response.body).unwrap()
}

fn status_and_code(response: &Response) -> (u16, String) {
    let body = body(response);
    let code = body.get("code").or(body.get("error")).unwrap();
    (response.head.status, code.as_str().unwrap().to_owned())
}

impl Bench {
    fn send(&mut self, method: &str, path: &str, body: &str) -> Reply {
        let headers = [
            ("Authorization", format!("Bearer {}", self.token.expose())),
            ("Content-Type", "application/json".into()),
        ];
        let target = format!("/v1/organizations/{ORG}/voucher-programs{path}");
        self.sandbox.handle(&incoming(method, &target, &headers, body), self.now)
    }

    fn distribute(&mut self, body: &str) -> Reply {
        let path = format!("/{}/codes/distribute", self.program);
        self.send("POST", &path, body)
    }

    fn distribute_some(&mut self, count: usize) -> Reply {
        let codes: Vec<String> = self.codes[..count].iter().map(Code::to_string).collect();
        self.distribute(&json!({ "codes": codes }).to_string())
    }

    fn delivered(&self) -> BTreeMap<Code, u32> {
        let deliveries = self.sandbox.deliveries(&self.program).unwrap();
        deliveries.into_iter().collect()
    }

    fn token_request(&mut self, form: &str) -> Response {
        let headers = [("Content-Type", "application/x-www-form-urlencoded".into())];
        let form = format!("client_id=app&client_secret=s3cret&{form}");
        let request = incoming("POST", "/oauth/v2/token", &headers, &form);
        response(self.sandbox.handle(&request, self.now))
    }

    fn app_token(&mut self, scope: &str) -> Response {
        self.token_request(&format!("grant_type=client_credentials&scope={scope}"))
    }

    fn all_webhooks(&mut self) -> Vec<Webhook> {
        self.sandbox.take_due_webhooks(u64::MAX, usize::MAX)
    }
}

fn parsed(webhook: &Webhook) -> Value {
    serde_json::from_slice(&webhook.body).unwrap()
}

// Tokens.

#[test]
fn client_credentials_and_what_they_are_refused_for() {
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
fn a_hundred_tokens_an_hour_and_the_next_one_ends_the_oldest() {
    let mut bench = bench(1, options());
    // The bench itself holds the first token.
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
fn a_token_ends_after_thirty_days() {
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
fn the_delegated_grant_from_end_to_end() {
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
fn without_offline_access_no_refresh_token_and_codes_end() {
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
fn a_wrong_authorization_request() {
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
fn who_may_call_and_what_is_there() {
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
fn who_is_not_configured_is_not_checked() {
    let mut bench = bench(1, Options::default());
    let answer = bench.app_token(SCOPE);
    assert_eq!(answer.head.status, 200);
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
}

#[test]
fn programs_are_found_and_shown() {
    let mut bench = bench(7, options());
    for (name, status) in [("Gala", "UPCOMING"), ("Gone", "CANCELED")] {
        let spec = ProgramSpec {
            id: Some(format!("id/{name}")),
            name: Some(name.into()),
            status: Some(status.into()),
            ..ProgramSpec::default()
        };
        bench.sandbox.create_program(spec, NOW + 5).unwrap();
    }
    let taken = ProgramSpec { id: Some("id/Gala".into()), ..ProgramSpec::default() };
    assert!(bench.sandbox.create_program(taken, NOW).is_err());
    let names = |bench: &mut Bench, query: &str| {
        let found = body(&response(bench.send("POST", "/search", query)));
        let items = found["voucher_programs"].as_array().unwrap().iter();
        items.map(|item| item["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&mut bench, r#"{"limit":10,"offset":0}"#), ["Program 1", "Gala", "Gone"]);
    assert_eq!(names(&mut bench, r#"{"limit":1,"offset":1}"#), ["Gala"]);
    assert_eq!(
        names(&mut bench, r#"{"limit":9,"offset":0,"program_status":"CANCELED"}"#),
        ["Gone"]
    );
    assert!(names(&mut bench, r#"{"limit":9,"offset":3}"#).is_empty());
    for wrong in [
        "",
        "{}",
        r#"{"limit":1}"#,
        r#"{"limit":-1,"offset":0}"#,
        r#"{"limit":1,"offset":0,"program_status":"x"}"#,
    ] {
        let answer = response(bench.send("POST", "/search", wrong));
        assert_eq!(status_and_code(&answer), (400, "invalid_request".into()), "{wrong}");
    }
    let details = body(&response(bench.send("GET", "/id%2FGala?include_guests=true", "")));
    assert_eq!(
        (details["name"].as_str(), details["status"].as_str()),
        (Some("Gala"), Some("UPCOMING"))
    );
    assert_eq!((details["created_at"].as_u64(), &details["guests"]), (Some(NOW + 5), &json!([])));
    let path = format!("/{}/codes?include_usage=true", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    assert_eq!(list["total_number_of_codes"], 7);
    assert_eq!(list["codes"][6]["code_id"], bench.codes[6].to_string());
    assert_eq!(list["codes"][6]["usage_count"], 0);
}

/// Uber documents neither the members of a guest's code nor where the token stands.
#[test]
fn guests_come_in_pages_and_show_who_has_redeemed() {
    let mut bench = bench(5, options());
    let (first, program) = (bench.codes[1], bench.program.clone());
    assert!(bench.sandbox.redeem(&program, first) && bench.sandbox.redeem(&program, first));
    assert!(!bench.sandbox.redeem("another", first));
    let mut read = |query: &str| {
        let path = format!("/{program}/guests{query}");
        response(bench.send("GET", &path, ""))
    };
    let mut guests = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let page = body(&read(&query));
        guests.extend(page["guests"].as_array().unwrap().clone());
        let Some(token) = page["next_token"].as_str() else { break };
        query = format!("?limit=2&page_token={token}");
    }
    assert_eq!(guests.len(), 5);
    assert_eq!(guests[1]["code"]["code_id"], first.to_string());
    assert_eq!(guests[1]["voucher"]["usage_count"], 2);
    assert!(guests[0]["voucher"].is_null());
    assert_eq!(body(&read("")).get("next_token"), None);
    for wrong in ["?page_token=0", "?page_token=5", "?page_token=x"] {
        assert_eq!(read(wrong).head.status, 400, "{wrong}");
    }
    let listed =
        body(&response(bench.send("GET", &format!("/{program}/codes?include_usage=true"), "")));
    assert_eq!(
        (&listed["codes"][1]["usage_count"], &listed["codes"][0]["usage_count"]),
        (&json!(2), &json!(0))
    );
    let details = body(&response(bench.send("GET", &format!("/{program}"), "")));
    assert_eq!(
        (&details["usage_trip_count"], &details["usage_voucher_claim_count"]),
        (&json!(2), &json!(1))
    );
}

#[test]
fn a_program_counts_money_in_its_currency() {
    let mut bench = bench(1, options());
    let spec = ProgramSpec {
        codes: 4,
        currency_code: Some("EUR".into()),
        guests: Some(3),
        ..ProgramSpec::default()
    };
    let created = bench.sandbox.create_program(spec, NOW).unwrap();
    let (program, codes) = (created.program_id.as_str().to_owned(), created.codes);
    assert!(bench.sandbox.redeem(&program, codes[0]) && bench.sandbox.redeem(&program, codes[0]));
    assert!(bench.sandbox.cancel(&program, codes[3], NOW + 7));
    assert!(bench.sandbox.cancel(&program, codes[3], NOW + 9));
    assert!(!bench.sandbox.cancel("another", codes[3], NOW));
    let mut read = |path: &str| {
        let response = response(bench.send("GET", &format!("/{program}{path}"), ""));
        (response.head.status, body(&response))
    };
    let (_, details) = read("");
    for (member, value) in [
        ("total_dollar_exposure", json!(80)),
        ("currency_code", json!("EUR")),
        ("usage_amount", json!(20)),
        ("usage_amount_currency", json!("EUR")),
    ] {
        assert_eq!(details[member], value, "{member}");
    }
    let (_, listed) = read("/codes?include_usage=true");
    assert_eq!(
        (&listed["codes"][0]["usage_amount"], &listed["codes"][0]["currency_code"]),
        (&json!(20.0), &json!("EUR"))
    );
    let cancelled = |index: usize| listed["codes"][index].get("canceled_at").cloned();
    assert_eq!((cancelled(0), cancelled(3)), (None, Some(json!(NOW + 7))));
    let (_, page) = read("/guests?limit=2");
    assert_eq!(page["guests"][0]["voucher"]["currency_code"], "EUR");
    assert_eq!(page["next_token"], "2");
    let (_, page) = read("/guests?limit=2&page_token=2");
    assert_eq!(page["guests"].as_array().unwrap().len(), 1);
    assert_eq!(read("/guests?page_token=3").0, 400);
    for wrong in ["", "eur", "EURO", "E1R"] {
        let currency_code = Some(wrong.to_owned());
        let spec = ProgramSpec { currency_code, ..ProgramSpec::default() };
        let refused = bench.sandbox.create_program(spec, NOW).unwrap_err();
        assert!(refused.message.contains("`currencyCode`"), "{wrong}");
    }
}

#[test]
fn distribute_sends_the_listed_codes_each_time() {
    let mut bench = bench(5, options());
    let answer = response(bench.distribute_some(2));
    assert_eq!((answer.head.status, answer.body.as_slice()), (200, b"{}".as_slice()));
    assert_eq!(answer.head.headers.uber_headers().len(), 1);
    let shouted = bench.codes[1].to_string().to_uppercase();
    response(bench.distribute(&json!({ "codes": [shouted, shouted], "other": 1 }).to_string()));
    let expected = [(bench.codes[0], 1), (bench.codes[1], 3)];
    assert_eq!(bench.delivered(), BTreeMap::from(expected));
    assert!(bench.sandbox.deliveries("nope").is_none());
}

#[test]
fn every_way_to_reach_everybody() {
    for everybody in ["", "{}", r#"{"codes":[]}"#, r#"{"unknown":[1]}"#] {
        let mut bench = bench(4, options());
        assert_eq!(response(bench.distribute(everybody)).head.status, 200, "{everybody}");
        assert_eq!(bench.delivered().len(), 4, "{everybody}");
    }
}

#[test]
fn one_wrong_code_refuses_all() {
    let mut bench = bench(2, options());
    let good = bench.codes[0];
    for wrong in [
        "nonsense".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "\u{0}".to_owned(),
        r#"{"codes":null}"#.to_owned(),
        r#"{"codes":"x"}"#.to_owned(),
        r#"{"codes":{}}"#.to_owned(),
        r#"{"codes":[1]}"#.to_owned(),
        r#"{"codes":[""]}"#.to_owned(),
        format!(r#"{{"codes":["{good}","EXAMPLE1"]}}"#),
        format!(r#"{{"codes":["{good}","1f913a96-f52c-42a0-aa0b-a2ba53b2d631"]}}"#),
        format!(r#"{{"codes":["{good}"]"#),
    ] {
        let answer = response(bench.distribute(&wrong));
        assert_eq!(status_and_code(&answer), (400, "invalid_request".into()), "{wrong}");
    }
    assert!(bench.delivered().is_empty());
}

#[test]
fn five_hundred_requests_in_five_seconds() {
    let mut bench = bench(1, options());
    for place in 0..500 {
        bench.now = NOW + place;
        assert_eq!(response(bench.send("GET", "/nope", "")).head.status, 404);
    }
    let answer = response(bench.distribute("{}"));
    assert_eq!(answer.body, br#"{"code":"rate_limited","message":"Exceeded rate limit"}"#);
    assert_eq!(answer.head.status, 429);
    bench.now = NOW + 4_999;
    assert_eq!(response(bench.distribute("{}")).head.status, 429);
    bench.now = NOW + 5_000;
    assert_eq!(response(bench.distribute("{}")).head.status, 200);
    assert_eq!(response(bench.distribute("{}")).head.status, 429);
}

// Faults.

#[test]
fn each_fault_answers_and_queues_as_it_says() {
    for (fault, status, code, queued) in [
        (Fault::RateLimited, 429, "rate_limited", 0),
        (Fault::Unauthorized, 401, "unauthorized", 0),
        (Fault::BadRequest, 400, "invalid_request", 0),
        (Fault::ErrorBefore, 500, "internal_server_error", 0),
        (Fault::ErrorAfter, 500, "internal_server_error", 50),
    ] {
        let mut bench = faulty(fault, 50);
        let answer = response(bench.distribute_some(50));
        assert_eq!(status_and_code(&answer), (status, code.to_owned()), "{fault:?}");
        assert_eq!(bench.delivered().len(), queued, "{fault:?}");
    }
    for (fault, queued) in [(Fault::LostBefore, 0), (Fault::LostAfter, 50)] {
        let mut bench = faulty(fault, 50);
        assert_eq!(bench.distribute_some(50).answer, Answer::Lost);
        assert_eq!(bench.delivered().len(), queued, "{fault:?}");
    }
    let mut bench = faulty(Fault::HtmlOk, 50);
    let answer = response(bench.distribute_some(50));
    assert!(answer.head.status == 200 && answer.head.is_html());
    assert!(bench.delivered().is_empty());
}

#[test]
fn a_partial_error_queues_some_but_not_all() {
    for codes in [2_usize, 3, 50] {
        for seed in 0..20 {
            let faults = Faults::default().with(Fault::ErrorPartial, 1.0);
            let mut bench = bench(50, Options { seed, faults, ..options() });
            let answer = response(bench.distribute_some(codes));
            assert_eq!(answer.head.status, 500);
            assert!((1..codes).contains(&bench.delivered().len()));
        }
    }
}

#[test]
fn a_coin_decides_what_a_hang_and_a_gateway_error_queued() {
    for fault in [Fault::Hang, Fault::HtmlError] {
        let mut bench = faulty(fault, 1);
        for _ in 0..100 {
            match bench.distribute_some(1).answer {
                Answer::Response(answer) => {
                    assert!(fault == Fault::HtmlError && answer.head.status == 502);
                    assert!(answer.head.is_html());
                }
                answer => assert!(fault == Fault::Hang && answer == Answer::Hang),
            }
        }
        let times = bench.delivered()[&bench.codes[0]];
        assert!((25..75).contains(&times), "{fault:?}: {times}");
    }
}

#[test]
fn a_refusal_comes_before_an_error_after() {
    for fault in [Fault::ErrorAfter, Fault::ErrorPartial] {
        let mut bench = faulty(fault, 1);
        assert_eq!(response(bench.distribute("[]")).head.status, 400);
    }
}

#[test]
fn the_token_endpoint_has_no_faults() {
    for fault in Fault::ALL {
        let mut bench = faulty(*fault, 1);
        assert_eq!(bench.app_token(SCOPE).head.status, 200, "{fault:?}");
    }
}

#[test]
fn retry_after_comes_in_seconds_as_a_date_or_not_at_all() {
    let mut bench = faulty(Fault::RateLimited, 1);
    let (mut seconds, mut dates, mut absent) = (0, 0, 0);
    for _ in 0..90 {
        let answer = response(bench.distribute("{}"));
        assert!(answer.head.headers.get("date").unwrap().ends_with("Jan 2026 00:00:00 GMT"));
        match answer.head.headers.get("retry-after") {
            None => absent += 1,
            Some(value) if value.ends_with(" GMT") => dates += 1,
            Some(value) => {
                assert!((1..=5).contains(&value.parse::<u32>().unwrap()));
                seconds += 1;
            }
        }
    }
    assert!(seconds > 10 && dates > 10 && absent > 10, "{seconds} {dates} {absent}");
}

#[test]
fn faults_strike_as_often_as_told_and_move_no_other() {
    let run = |faults: Faults| {
        let mut bench = bench(1, Options { faults, ..options() });
        (0..400)
            .map(|_| {
                bench.now += 20;
                match bench.send("GET", "/search", "").answer {
                    Answer::Response(answer) => answer.head.status,
                    Answer::Lost => 1,
                    Answer::Hang => 2,
                }
            })
            .collect::<Vec<_>>()
    };
    let one = run(Faults::default().with(Fault::LostBefore, 0.25));
    let lost = one.iter().filter(|seen| **seen == 1).count();
    assert!((70..130).contains(&lost), "{lost}");
    let both = run(Faults::default().with(Fault::LostBefore, 0.25).with(Fault::RateLimited, 0.25));
    for (alone, together) in one.iter().zip(both) {
        assert!(together == *alone || together == 429);
    }
}

#[test]
fn latency_is_drawn_within_its_range() {
    let latency_ms = (100, 103);
    let mut bench = bench(1, Options { latency_ms, ..options() });
    let mut seen: Vec<u64> = (0..50).map(|_| bench.distribute("{}").after_ms).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [100, 101, 102, 103]);
}

// Webhooks.

#[test]
fn every_delivery_is_reported_once_signed() {
    let mut bench = bench(250, Options { failure_rate: 0.2, ..options() });
    response(bench.distribute("{}"));
    response(bench.distribute_some(3));
    assert!(bench.sandbox.due_webhooks(NOW).is_empty());
    assert!(bench.sandbox.next_webhook_at().unwrap() > NOW);
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.len(), 4);
    assert_eq!(bench.sandbox.next_webhook_at(), None);
    let mut reported: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for webhook in &webhooks {
        let event = parsed(webhook);
        assert_eq!(event["event_type"], "voucher_program_code_distributed");
        assert_eq!(
            (event["organization_id"].as_str(), event["voucher_program_id"].as_str()),
            (Some(ORG), Some(bench.program.as_str()))
        );
        let href = event["resource_href"].as_str().unwrap();
        assert!(href.starts_with("https://api.uber.com/v1/organizations/"), "{href}");
        let timestamp = event["webhook_meta"]["webhook_msg_timestamp"].as_u64().unwrap();
        assert_eq!(timestamp, webhook.due_at / 1_000);
        let header =
            |name: &str| &webhook.headers.iter().find(|(have, _)| *have == name).unwrap().1;
        assert_eq!(header("X-Environment"), "sandbox");
        assert_eq!(header("Content-Type"), "application/json");
        assert_eq!(
            *header("X-Uber-Signature"),
            sign(&SigningKey::new("example-signing-key"), &webhook.body)
        );
        // A receiver that signs what it has parsed must fail.
        assert_ne!(event.to_string().into_bytes(), webhook.body);
        for code in event["codes"].as_array().unwrap() {
            let reason = code.get("reason").map(|reason| reason.as_str().unwrap().to_owned());
            assert_eq!(code["status"], if reason.is_some() { "failed" } else { "distributed" });
            reported
                .entry(code["code_uuid"].as_str().unwrap().to_owned())
                .or_default()
                .push(reason);
        }
    }
    assert_eq!(reported.len(), 250);
    let mut failed = 0;
    for (code, times) in bench.delivered() {
        let reasons = &reported[&code.to_string()];
        assert_eq!(reasons.len(), times as usize);
        for (nth, reason) in (1..).zip(reasons) {
            let expected = reason.clone().map_or(Outcome::Distributed, Outcome::Failed);
            assert_eq!(bench.sandbox.outcome(code, nth), expected);
            failed += usize::from(reason.is_some());
        }
    }
    assert!((25..80).contains(&failed), "{failed}");
    let mut ids: Vec<_> = webhooks
        .iter()
        .map(|webhook| parsed(webhook)["webhook_meta"]["webhook_msg_uuid"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), webhooks.len());
}

#[test]
fn what_is_not_acknowledged_comes_again_seven_times_in_all() {
    let mut bench = bench(1, options());
    response(bench.distribute("{}"));
    let mut at = bench.sandbox.next_webhook_at().unwrap();
    let first = bench.sandbox.due_webhooks(at);
    for (attempt, backoff) in (1..=7).zip([30, 60, 120, 240, 480, 960, 0]) {
        assert!(bench.sandbox.take_due_webhooks(at - 1, 9).is_empty());
        let taken = bench.sandbox.take_due_webhooks(at, 9);
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].attempt, &taken[0].body), (attempt, &first[0].body));
        // Under way: neither due nor taken again.
        assert!(bench.sandbox.due_webhooks(at).is_empty());
        bench.sandbox.webhook_answered(taken[0].id, false, at);
        at += backoff * 1_000;
        let next = (attempt < 7).then_some(at);
        assert_eq!(bench.sandbox.next_webhook_at(), next);
    }
}

#[test]
fn an_acknowledged_webhook_is_gone() {
    let mut bench = bench(250, options());
    response(bench.distribute("{}"));
    let taken = bench.sandbox.take_due_webhooks(u64::MAX, 2);
    assert_eq!(taken.len(), 2);
    for webhook in taken {
        bench.sandbox.webhook_answered(webhook.id, true, NOW);
        bench.sandbox.webhook_answered(webhook.id, false, NOW);
    }
    assert_eq!(bench.all_webhooks().len(), 1);
}

#[test]
fn a_bulk_is_reported_within_seconds_in_order() {
    let mut bench = bench(30_000, options());
    response(bench.distribute("{}"));
    bench.now += 1;
    response(bench.distribute_some(1));
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.len(), 301);
    assert!(webhooks.iter().all(|webhook| (1_000..=5_001).contains(&(webhook.due_at - NOW))));
    let reported: Vec<Value> = webhooks
        .iter()
        .flat_map(|webhook| parsed(webhook)["codes"].as_array().unwrap().clone())
        .collect();
    let sent = bench.codes.iter().chain(bench.codes.first());
    assert!(
        reported
            .iter()
            .map(|code| code["code_uuid"].as_str().unwrap().to_owned())
            .eq(sent.map(Code::to_string))
    );
}

#[test]
fn how_many_webhooks_wait_and_were_delivered() {
    let mut bench = bench(250, options());
    let counts =
        |bench: &Bench| (bench.sandbox.waiting_webhooks(), bench.sandbox.delivered_webhooks());
    assert_eq!(counts(&bench), (0, 0));
    response(bench.distribute("{}"));
    assert_eq!(counts(&bench), (3, 0));
    let taken = bench.all_webhooks();
    assert_eq!(counts(&bench), (3, 0));
    bench.sandbox.webhook_answered(taken[0].id, true, NOW);
    bench.sandbox.webhook_answered(taken[1].id, false, NOW);
    assert_eq!(counts(&bench), (2, 1));
    for _ in 1..7 {
        bench.all_webhooks();
        bench.sandbox.webhook_answered(taken[1].id, false, NOW);
    }
    assert_eq!(counts(&bench), (1, 1));
}

#[test]
fn another_failure_rate_leaves_what_is_queued() {
    let mut bench = bench(300, options());
    response(bench.distribute("{}"));
    let before = bench.sandbox.due_webhooks(u64::MAX);
    bench.sandbox.set_failure_rate(1.0);
    assert_eq!(bench.sandbox.due_webhooks(u64::MAX), before);
    response(bench.distribute("{}"));
    let failed = |webhook: &Webhook| parsed(webhook)["codes"][0]["status"] == "failed";
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.iter().filter(|webhook| failed(webhook)).count(), 3);
    for webhook in &webhooks {
        bench.sandbox.webhook_answered(webhook.id, false, NOW);
    }
    bench.sandbox.set_failure_rate(0.0);
    let again = bench.all_webhooks();
    assert!(
        again.iter().map(|webhook| &webhook.body).eq(webhooks.iter().map(|webhook| &webhook.body))
    );
}

#[test]
fn programs_are_listed_in_their_order() {
    let mut sandbox = Sandbox::new(options());
    for (id, name, codes) in [("b", Some("Lunch"), 3), ("a", None, 0)] {
        let (id, name) = (Some(id.into()), name.map(str::to_owned));
        sandbox
            .create_program(ProgramSpec { id, name, codes, ..ProgramSpec::default() }, NOW)
            .unwrap();
    }
    let programs: Vec<_> = sandbox.programs().collect();
    assert_eq!(programs, [("b", "Lunch", 3), ("a", "Program 2", 0)]);
}

#[test]
fn webhook_faults() {
    let run = |fault| {
        let mut bench = faulty(fault, 2_000);
        assert_eq!(response(bench.distribute("{}")).head.status, 200);
        let program = bench.program.clone();
        (bench.all_webhooks(), program)
    };
    let (webhooks, _) = run(Fault::WebhookLost);
    assert!(webhooks.is_empty());

    let (webhooks, _) = run(Fault::WebhookDuplicated);
    assert_eq!(webhooks.len(), 40);
    let ids: std::collections::BTreeSet<_> = webhooks
        .iter()
        .map(|webhook| parsed(webhook)["webhook_meta"]["webhook_msg_uuid"].to_string())
        .collect();
    assert!((21..40).contains(&ids.len()), "{}", ids.len());

    let (webhooks, _) = run(Fault::WebhookReordered);
    let created =
        |webhook: &Webhook| parsed(webhook)["webhook_meta"]["webhook_msg_timestamp"].as_u64();
    assert_eq!(webhooks.len(), 20);
    assert!(webhooks.windows(2).any(|pair| created(&pair[0]) > created(&pair[1])));
    assert!(webhooks.windows(2).all(|pair| pair[0].due_at <= pair[1].due_at));

    let (webhooks, program) = run(Fault::WebhookForeign);
    assert_eq!(webhooks.len(), 40);
    let own = webhooks.iter().map(parsed).filter(|event| {
        event["event_type"] == "voucher_program_code_distributed"
            && event["voucher_program_id"] == program.as_str()
    });
    assert_eq!(own.count(), 20);
    let key = SigningKey::new("example-signing-key");
    assert!(webhooks.iter().all(|webhook| webhook.headers[2].1 == sign(&key, &webhook.body)));
}

// The whole.

fn transcript(seed: u64) -> (Vec<Reply>, BTreeMap<Code, u32>, Vec<Webhook>) {
    let faults =
        Fault::ALL.iter().fold(Faults::default(), |faults, fault| faults.with(*fault, 0.05));
    let mut bench = bench(300, Options { seed, faults, failure_rate: 0.1, ..options() });
    let replies = (0..300)
        .map(|place| {
            bench.now += 100;
            if place % 7 == 0 {
                bench.send("POST", "/search", r#"{"limit":1,"offset":0}"#)
            } else {
                bench.distribute_some(1 + place % 250)
            }
        })
        .collect();
    (replies, bench.delivered(), bench.all_webhooks())
}

#[test]
fn same_seed_same_run() {
    assert!(transcript(1) == transcript(1));
    assert!(transcript(1) != transcript(2));
}

#[test]
fn the_same_inputs_lead_to_the_same_sandbox() {
    let faults =
        Fault::ALL.iter().fold(Faults::default(), |faults, fault| faults.with(*fault, 0.05));
    let options = Options { faults, failure_rate: 0.1, ..options() };
    let mut one = bench(300, options.clone());
    let mut other = bench(300, options);
    let token = one.token.expose().to_owned();
    for place in 0..300 {
        one.now += 100;
        let headers = [
            ("Authorization", format!("Bearer {token}")),
            ("Content-Type", "application/json".into()),
        ];
        let path = format!("/v1/organizations/{ORG}/voucher-programs/{}/codes", one.program);
        let request = if place % 3 == 0 {
            incoming("GET", &format!("{path}?include_usage=true"), &headers, "")
        } else {
            let codes: Vec<String> =
                one.codes[..=place % 250].iter().map(Code::to_string).collect();
            let body = json!({ "codes": codes }).to_string();
            incoming("POST", &format!("{path}/distribute"), &headers, &body)
        };
        one.sandbox.handle(&request, one.now);
        other.sandbox.repeat(request, one.now);
        // Of webhooks, only the answers are repeated.
        for webhook in one.sandbox.take_due_webhooks(one.now, 3) {
            let acknowledged = webhook.id % 3 > 0;
            one.sandbox.webhook_answered(webhook.id, acknowledged, one.now);
            assert!(other.sandbox.take_webhook(webhook.id, webhook.due_at));
            assert!(!other.sandbox.take_webhook(webhook.id, webhook.due_at));
            other.sandbox.webhook_answered(webhook.id, acknowledged, one.now);
        }
    }
    other.now = one.now;
    assert_eq!(one.delivered(), other.delivered());
    assert!(one.sandbox.delivered_webhooks() > 100);
    assert_eq!(one.sandbox.delivered_webhooks(), other.sandbox.delivered_webhooks());
    assert_eq!(one.sandbox.waiting_webhooks(), other.sandbox.waiting_webhooks());
    assert_eq!(one.distribute("{}"), other.distribute("{}"));
    assert_eq!(one.app_token(SCOPE), other.app_token(SCOPE));
    assert!(one.all_webhooks() == other.all_webhooks());
}

#[test]
fn a_clone_runs_on_alike() {
    let mut one = faulty(Fault::ErrorPartial, 100);
    let mut other = Bench {
        sandbox: one.sandbox.clone(),
        token: one.token.clone(),
        program: one.program.clone(),
        codes: one.codes.clone(),
        now: NOW,
    };
    assert_eq!(one.distribute("{}"), other.distribute("{}"));
    assert_eq!(one.delivered(), other.delivered());
}

#[test]
fn a_large_program() {
    let mut bench = bench(30_000, options());
    let path = format!("/{}/codes", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    assert_eq!(list["codes"].as_array().unwrap().len(), 30_000);
    response(bench.distribute_some(30_000));
    assert_eq!(bench.delivered().len(), 30_000);
    assert_eq!(bench.all_webhooks().len(), 300);
}

// The forms of the event, and use.

fn of_form(event_form: EventForm) -> (Bench, Vec<Value>) {
    let mut bench = bench(250, Options { failure_rate: 0.2, event_form, ..options() });
    response(bench.distribute("{}"));
    let events = bench.all_webhooks().iter().map(parsed).collect();
    (bench, events)
}

fn failed(bench: &Bench) -> Vec<(String, String)> {
    let mut failed = Vec::new();
    for code in &bench.codes {
        if let Outcome::Failed(reason) = bench.sandbox.outcome(*code, 1) {
            failed.push((code.to_string(), reason));
        }
    }
    failed
}

fn texts(entry: &Value, names: [&str; 2]) -> (String, String) {
    let text = |name| entry[name].as_str().unwrap().to_owned();
    (text(names[0]), text(names[1]))
}

#[test]
fn an_event_for_each_code() {
    let (bench, events) = of_form(EventForm::Code);
    assert_eq!(events.len(), 250);
    for (event, code) in events.iter().zip(&bench.codes) {
        assert_eq!(event["code_uuid"], code.to_string());
        assert_eq!(event["event_type"], "voucher_program_code_distributed");
    }
    let failures = events.iter().filter(|event| event["status"] == "failed");
    let failures: Vec<_> = failures.map(|event| texts(event, ["code_uuid", "reason"])).collect();
    assert_eq!(failures, failed(&bench));
}

#[test]
fn events_of_failures_alone() {
    let (bench, events) = of_form(EventForm::Failures);
    assert_eq!(events.len(), 1);
    let entries = events[0]["failed_codes"].as_array().unwrap();
    let entries: Vec<_> =
        entries.iter().map(|entry| texts(entry, ["code_uuid", "reason"])).collect();
    assert_eq!(entries, failed(&bench));
    assert!((25..80).contains(&entries.len()), "{}", entries.len());
}

#[test]
fn where_nothing_failed_events_of_failures_do_not_come() {
    let mut bench = bench(250, Options { event_form: EventForm::Failures, ..options() });
    response(bench.distribute("{}"));
    assert_eq!((bench.all_webhooks().len(), bench.sandbox.next_webhook_at()), (0, None));
}

/// They hold everything, so that somebody who knows the form can read them.
#[test]
fn opaque_events_hold_all_outcomes_where_none_is_read() {
    let (mut bench, events) = of_form(EventForm::Opaque);
    assert_eq!(events.len(), 3);
    let mut codes = Vec::new();
    let mut failures = Vec::new();
    for event in &events {
        for entry in event["report"].as_array().unwrap() {
            let (code, reason) = (entry[0].as_str().unwrap(), entry[2].as_str());
            assert_eq!(entry[1], if reason.is_some() { 2 } else { 1 });
            codes.push(code.to_owned());
            failures.extend(reason.map(|reason| (code.to_owned(), reason.to_owned())));
        }
    }
    assert!(codes.iter().eq(bench.codes.iter().map(Code::to_string).collect::<Vec<_>>().iter()));
    assert_eq!(failures, failed(&bench));
    response(bench.distribute_some(5));
    for webhook in bench.all_webhooks() {
        let text = std::str::from_utf8(&webhook.body).unwrap();
        let body: Json = serde_json::from_str(text).unwrap();
        let event = uber_vouchers::webhook::event::read(&body, None, &Json::Null).unwrap();
        assert!(event.outcomes.is_empty());
    }
}

#[test]
fn another_form_leaves_what_is_queued() {
    let mut bench = bench(1, options());
    response(bench.distribute("{}"));
    bench.sandbox.set_event_form(EventForm::Opaque);
    response(bench.distribute("{}"));
    let mut lists: Vec<_> = bench.all_webhooks().iter().map(parsed).collect();
    assert!(lists.remove(0)["codes"].is_array());
    assert!(lists.remove(0)["report"].is_array());
}

/// Days in milliseconds.
const DAY: u64 = 86_400_000;

#[test]
fn people_use_what_reached_them_as_time_moves() {
    let options = Options { failure_rate: 0.2, use_rate: 0.5, ..options() };
    let mut bench = bench(2_000, options);
    response(bench.distribute_some(1_000));
    assert_eq!(bench.sandbox.used_codes(NOW), 0);
    let mut before = 0;
    for at in [NOW + 600_000, NOW + DAY, NOW + 3 * DAY] {
        let used = bench.sandbox.uses(&bench.program, at).unwrap().len();
        assert!(used > before, "{used} after {before}");
        before = used;
    }
    assert_eq!(bench.sandbox.used_codes(NOW + 30 * DAY), before);
    assert!((320..480).contains(&before), "{before}");
    let delivered = bench.delivered();
    for (code, times) in bench.sandbox.uses(&bench.program, NOW + 3 * DAY).unwrap() {
        assert_eq!((delivered.get(&code), times), (Some(&1), 1));
        assert_eq!(bench.sandbox.outcome(code, 1), Outcome::Distributed);
    }
    assert!(bench.sandbox.uses("another", NOW).is_none());
    bench.now = NOW + 3 * DAY;
    let path = format!("/{}/codes?include_usage=true", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    let listed = list["codes"].as_array().unwrap();
    assert_eq!(listed.iter().filter(|code| code["usage_count"] == 1).count(), before);
    let used: Vec<Value> = bench.all_webhooks().iter().map(parsed).collect();
    let used: Vec<_> = used
        .iter()
        .filter(|event| event["event_type"] == "voucher_program_code_redeemed")
        .collect();
    assert_eq!(used.len(), before);
    assert!(used.iter().all(|event| event["voucher_program_id"] == bench.program));
}

#[test]
fn a_use_is_announced_when_it_happens_and_not_before() {
    let mut bench = bench(1, Options { use_rate: 1.0, ..options() });
    response(bench.distribute("{}"));
    let code = bench.codes[0];
    // The event about the distribution, and then the use.
    let taken = bench.all_webhooks();
    let [distributed, used] = taken.as_slice() else { panic!("{}", taken.len()) };
    let is_used = |event: &Webhook| parsed(event)["event_type"] == "voucher_program_code_redeemed";
    let [used, _] = if is_used(used) { [used, distributed] } else { [distributed, used] };
    let at = used.due_at;
    let again = |until: u64| {
        let mut bench = self::bench(1, Options { use_rate: 1.0, ..options() });
        response(bench.distribute("{}"));
        bench.sandbox.uses(&bench.program, until).unwrap()
    };
    assert_eq!(again(at - 1), []);
    assert_eq!(again(at), [(code, 1)]);
}

#[test]
fn a_voucher_is_used_once_however_often_it_is_sent() {
    let mut bench = bench(50, Options { use_rate: 1.0, ..options() });
    for _ in 0..3 {
        response(bench.distribute("{}"));
    }
    let (program, first) = (bench.program.clone(), bench.codes[0]);
    assert!(bench.sandbox.redeem(&program, first));
    let uses = bench.sandbox.uses(&program, NOW + 3 * DAY).unwrap();
    assert_eq!(uses.len(), 50);
    assert!(uses.iter().all(|(_, times)| *times == 1));
}
