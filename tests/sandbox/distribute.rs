//! What distribute sends, and what it refuses.

use std::collections::BTreeMap;

use serde_json::json;

use crate::bench::{NOW, bench, options, response, status_and_code};

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
fn every_form_of_a_request_for_all_codes() {
    for everybody in ["", "{}", r#"{"codes":[]}"#, r#"{"unknown":[1]}"#] {
        let mut bench = bench(4, options());
        assert_eq!(response(bench.distribute(everybody)).head.status, 200, "{everybody}");
        assert_eq!(bench.delivered().len(), 4, "{everybody}");
    }
}

#[test]
fn one_invalid_code_refuses_the_request() {
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
