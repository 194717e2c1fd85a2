//! Webhooks: the vectors that the JavaScript tests also run, and random bodies.

// clippy.toml's exceptions don't cover the helper functions of a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use serde_json::{Value, json};
use uber_vouchers::code::Code;
use uber_vouchers::error::{ErrorClass, ErrorCode, Queued};
use uber_vouchers::json::Json;
use uber_vouchers::secret::SigningKey;
use uber_vouchers::webhook::event::{Status, WebhookEvent, read};
use uber_vouchers::webhook::signature::{sign, verify};

// A second implementation of the crate's documentation.
#[allow(unreachable_pub)]
#[path = "../fuzz/src/event.rs"]
mod model;

const CODE: &str = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";

fn vectors(kind: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("vectors/webhooks.json")).unwrap();
    vectors[kind].as_array().unwrap().clone()
}

fn bytes(vector: &Value) -> Vec<u8> {
    if let Some(text) = vector["body"].as_str() {
        return text.into();
    }
    let digits = vector["hex"].as_str().unwrap();
    (0..digits.len() / 2)
        .map(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
        .collect()
}

fn keys(vector: &Value) -> Vec<SigningKey> {
    let keys = vector["keys"].as_array().unwrap();
    keys.iter().map(|key| SigningKey::new(key.as_str().unwrap())).collect()
}

fn json(value: &Value) -> Json<'static> {
    serde_json::from_value(value.clone()).unwrap()
}

/// Reads an event without outcomes from the caller.
fn read_own(body: &Value) -> WebhookEvent<'static> {
    read(&json(body), None, &Json::Null).unwrap()
}

#[test]
fn signatures() {
    for vector in vectors("signatures") {
        let name = &vector["name"];
        let (body, keys) = (bytes(&vector), keys(&vector));
        let found = verify(&body, vector["signature"].as_str(), &keys);
        let code = found.as_ref().err().map(|error| error.code.as_str());
        assert_eq!(json!(code), vector["error"], "{name}");
        if let Err(error) = found {
            assert_eq!((error.queued, error.code.class()), (Queued::No, ErrorClass::Webhook));
        } else {
            let made = vector["signature"].as_str().unwrap().to_lowercase();
            assert!(keys.iter().any(|key| sign(key, &body) == made), "{name}");
        }
    }
}

#[test]
fn a_changed_bit_is_refused() {
    let key = [SigningKey::new("example-signing-key")];
    let body = br#"{"event_type":"voucher_program_code_distributed"}"#;
    let signature = sign(&key[0], body);
    assert_eq!(verify(body, Some(&signature), &key), Ok(()));
    for at in 0..body.len() {
        for bit in 0..8 {
            let mut other = *body;
            other[at] ^= 1 << bit;
            let error = verify(&other, Some(&signature), &key).unwrap_err();
            assert_eq!(error.code, ErrorCode::SignatureMismatch, "{at} {bit}");
        }
    }
    for at in 0..64 {
        for digit in "0123456789abcdef".chars().filter(|digit| !signature[at..].starts_with(*digit))
        {
            let other = format!("{}{digit}{}", &signature[..at], &signature[at + 1..]);
            let error = verify(body, Some(&other), &key).unwrap_err();
            assert_eq!(error.code, ErrorCode::SignatureMismatch, "{other}");
        }
    }
}

#[test]
fn events() {
    for vector in vectors("events") {
        let environment = vector["environment"].as_str();
        let event = read(&json(&vector["body"]), environment, &Json::Null).unwrap();
        compare(&event, &vector);
    }
}

/// Texts that parsers read differently: members with the same name, and deep nesting.
#[test]
fn texts() {
    for vector in vectors("texts") {
        let body = serde_json::from_str::<Json>(vector["body"].as_str().unwrap());
        assert_eq!(body.is_ok(), !vector["expect"].is_null(), "{}", vector["name"]);
        if let Ok(body) = body {
            compare(&read(&body, None, &Json::Null).unwrap(), &vector);
        }
    }
}

fn compare(event: &WebhookEvent<'_>, vector: &Value) {
    let expect = &vector["expect"];
    let name = &vector["name"];
    let found = json!({
        "id": event.id(),
        "type": event.event_type(),
        "organizationId": event.organization_id(),
        "programId": event.program_id(),
        "environment": event.environment(),
        "occurredAt": event.occurred_at(),
        "resourceHref": event.resource_href(),
        "unread": event.unread(),
        "outcomes": event.outcomes.iter().map(|outcome| json!({
            "code": outcome.code.to_string(),
            "status": outcome.status.as_str(),
            "reason": outcome.reason,
        })).collect::<Vec<_>>(),
    });
    assert_eq!(found, *expect, "{name}");
}

#[test]
fn a_body_that_is_not_an_object_is_malformed() {
    for body in
        [json!(null), json!(1), json!("x"), json!(true), json!([]), json!([{ "event_type": "x" }])]
    {
        let error = read(&json(&body), None, &Json::Null).unwrap_err();
        assert_eq!((error.code, error.queued), (ErrorCode::MalformedBody, Queued::No), "{body}");
    }
}

#[test]
fn the_callers_own_outcomes_are_read() {
    let body = json!({ "event_type": "x", "code_uuid": CODE, "reason": "why" });
    let given = json!([
        { "code": CODE.to_uppercase(), "status": "distributed" },
        { "code": CODE, "status": "failed", "reason": "jane@example.com" },
        { "code": CODE, "status": "failed", "reason": null },
    ]);
    let event = read(&json(&body), None, &json(&given)).unwrap();
    let found: Vec<_> = event
        .outcomes
        .iter()
        .map(|outcome| (outcome.code, outcome.status, outcome.reason.as_deref()))
        .collect();
    let code = Code::parse(CODE.as_bytes()).unwrap();
    assert_eq!(
        found,
        [
            (code, Status::Distributed, None),
            (code, Status::Failed, Some("[email]")),
            (code, Status::Failed, None),
        ]
    );
    assert!(read(&json(&body), None, &json(&json!([]))).unwrap().outcomes.is_empty());
    for wrong in [
        json!({}),
        json!("x"),
        json!(true),
        json!([null]),
        json!([[]]),
        json!([{}]),
        json!([{ "code": CODE }]),
        json!([{ "code": CODE, "reason": "why" }]),
        json!([{ "code": CODE, "status": "FAILED" }]),
        json!([{ "code": CODE, "status": "success" }]),
        json!([{ "code": "EXAMPLE1", "status": "failed" }]),
        json!([{ "code_uuid": CODE, "status": "failed" }]),
        json!([{ "code": CODE, "status": "failed" }, { "code": CODE, "status": "" }]),
    ] {
        let error = read(&json(&body), None, &json(&wrong)).unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidOptions, "{wrong}");
        // The caller's outcomes are irrelevant if the body is not an event.
        let error = read(&Json::Null, None, &json(&wrong)).unwrap_err();
        assert_eq!(error.code, ErrorCode::MalformedBody, "{wrong}");
    }
}

/// For any body: nothing panics, each outcome is of a code in the body, and each failure
/// and each success has a word for it in the body.
#[test]
fn no_outcome_is_invented() {
    let codes = [CODE, "2b7e1516-28ae-4d2a-abf7-158809cf4f3c"];
    #[rustfmt::skip]
    let words = [
        "distributed", "FAILED", "pending", "", "why", "jane@example.com", "x", codes[0], codes[1],
    ];
    #[rustfmt::skip]
    let names = [
        "event_type", "code_uuid", "code_id", "code", "status", "reason", "codes", "failures",
        "cancelCodeFailures", "guests", "webhook_meta", "event_time", "event_id", "", "data", "result",
        "failed_codes", "distributed_codes", "voucher_program_id",
    ];
    let mut random = Random(1);
    let mut met = [0; 3];
    for round in 0..60_000 {
        let mut body = json!({ "event_type": "voucher_program_code_distributed" });
        for _ in 0..random.below(5) {
            let name = names[random.below(names.len())];
            let value = match random.below(2) {
                0 => draw(&mut random, &names, &words, 3),
                _ => (0..3).map(|_| draw(&mut random, &names, &words, 2)).collect(),
            };
            if name != "event_type" {
                body[name] = value;
            }
        }
        let text = body.to_string().to_lowercase();
        let event = read_own(&body);
        met[event.outcomes.len().min(2)] += 1;
        // As in the table of the documentation, implemented a second time.
        let told = event.outcomes.iter().map(|outcome| {
            let reached = outcome.status == Status::Distributed;
            (outcome.code.to_string(), reached, outcome.reason.is_some())
        });
        assert_eq!(told.collect::<Vec<_>>(), model::outcomes(&body), "{round}: {body}");
        for outcome in &event.outcomes {
            assert!(text.contains(&outcome.code.to_string()), "{round}: {body}");
            let words: &[&str] = match outcome.status {
                Status::Distributed => &["distributed"],
                Status::Failed => &["failed", "\"reason\"", "failures"],
            };
            assert!(words.iter().any(|word| text.contains(word)), "{round}: {body}");
        }
        assert!(event.outcomes.iter().all(|outcome| !has(outcome.reason.as_deref(), '@')));
        assert_eq!(event.unread(), event.outcomes.is_empty());
    }
    // All cases occurred often enough.
    assert!(met.iter().all(|times| *times > 100), "{met:?}");
}

fn draw(random: &mut Random, names: &[&str], words: &[&str], depth: usize) -> Value {
    match random.below(if depth == 0 { 4 } else { 8 }) {
        0 => json!(null),
        1 => json!(random.below(2) == 1),
        2 => json!(random.below(1 << 20)),
        3 => json!(words[random.below(words.len())]),
        4 | 5 => (0..random.below(4)).map(|_| draw(random, names, words, depth - 1)).collect(),
        _ => {
            let code = words[words.len() - 1 - random.below(3)];
            let mut object = match random.below(3) {
                0 => json!({ "code": { "id": code } }),
                _ => json!({ "code_uuid": code }),
            };
            for name in ["status", "reason", names[random.below(names.len())]] {
                if random.below(2) == 0 {
                    object[name] = draw(random, names, words, depth - 1);
                }
            }
            object
        }
    }
}

fn has(text: Option<&str>, char: char) -> bool {
    text.is_some_and(|text| text.contains(char))
}

/// Any text passes through the masks unchanged, or is hidden.
#[test]
fn addresses_and_numbers_are_masked() {
    #[rustfmt::skip]
    let parts = [
        "jane", "@", "example.com", " ", "+1", "415", "555", "2671", "-", "(", ")", ".", "é", "\u{a0}",
        "<", ">", "x", "\n", "🎟", "\u{2011}", ",", "\"", "'", "/", ":",
    ];
    let mut random = Random(2);
    let mut masked = 0;
    for round in 0..30_000 {
        let text: String =
            (0..random.below(40)).map(|_| parts[random.below(parts.len())]).collect();
        let body = json!({ "event_type": "distribution", "code_uuid": CODE, "reason": text });
        let outcomes = read_own(&body).outcomes;
        assert_eq!(outcomes.len(), usize::from(!text.is_empty()));
        let Some(reason) = outcomes.first().and_then(|outcome| outcome.reason.as_deref()) else {
            continue;
        };
        assert!(reason.chars().count() <= 200);
        assert!(!has(Some(reason), '@'), "{round}: {text:?} {reason:?}");
        let digits = reason.split(|char: char| {
            char.is_ascii() && !char.is_ascii_digit() && !" ()+-./".contains(char)
        });
        let most = digits.map(|run| run.chars().filter(char::is_ascii_digit).count()).max();
        assert!(most < Some(7), "{round}: {text:?} {reason:?}");
        masked += usize::from(reason.contains("[email]") && reason.contains("[phone]"));
    }
    assert!(masked > 500, "{masked}");
}

/// A small deterministic generator (xorshift), which is good enough for inputs.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}
