//! Webhooks: signatures compared with the `hmac` crate, and bodies from which no outcome
//! may be invented.
//!
//! The input: the length of the key (1 byte), of the signature (1 byte), and where the
//! body is changed (1 byte); then key, signature and body.

#![no_main]

use hmac::{Hmac, KeyInit, Mac};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use sha2::Sha256;
use uber_vouchers::error::{ErrorClass, ErrorCode, Queued};
use uber_vouchers::json::Json;
use uber_vouchers::secret::SigningKey;
use uber_vouchers::webhook::event::{Status, WebhookEvent, read};
use uber_vouchers::webhook::signature::{sign, verify};
use uber_vouchers_fuzz::event::outcomes;

fuzz_target!(|data: &[u8]| {
    let Some(([key, signature, change], rest)) = data.split_first_chunk::<3>() else { return };
    let (key, rest) = rest.split_at(usize::from(*key).min(rest.len()));
    let (signature, body) = rest.split_at(usize::from(*signature).min(rest.len()));
    check_signatures(&String::from_utf8_lossy(key), signature, body, *change);
    check_event(body);
});

fn check_signatures(key: &str, given: &[u8], body: &[u8], change: u8) {
    let keys = [SigningKey::new("another key"), SigningKey::new(key)];
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body);
    let digits: Vec<_> =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let expected = digits.concat();
    assert_eq!(sign(&keys[1], body), expected);
    let found = verify(body, Some(&expected), &keys).map_err(|error| error.code);
    if key.is_empty() {
        assert_eq!(found, Err(ErrorCode::NoSigningKey));
        return;
    }
    assert_eq!(found, Ok(()));
    assert_eq!(verify(body, Some(&expected.to_uppercase()), &keys), Ok(()));
    let refusal = |body: &[u8], signature: Option<&str>| {
        let error = verify(body, signature, &keys).unwrap_err();
        assert_eq!((error.queued, error.code.class()), (Queued::No, ErrorClass::Webhook));
        error.code
    };
    assert_eq!(refusal(body, None), ErrorCode::MissingSignature);
    // Another body, longer by one byte or with one bit changed.
    assert_eq!(refusal(&[body, &[change]].concat(), Some(&expected)), ErrorCode::SignatureMismatch);
    let mut other = body.to_vec();
    if let Some(byte) = other.get_mut(usize::from(change)) {
        *byte ^= 1 << (change & 7);
        assert_eq!(refusal(&other, Some(&expected)), ErrorCode::SignatureMismatch);
    }
    // Any other text as a signature.
    let given = String::from_utf8_lossy(given);
    let taken = verify(body, Some(&given), &keys[1..]).is_ok();
    assert_eq!(taken, given.eq_ignore_ascii_case(&expected), "{given}");
}

fn check_event(body: &[u8]) {
    let Ok(json) = serde_json::from_slice::<Json>(body) else { return };
    // The body as JavaScript parses it.
    let Ok(value) = serde_json::from_slice::<Value>(body) else { return };
    let environment = value["environment"].as_str();
    let event = match read(&json, environment, &Json::Null) {
        Ok(event) => event,
        Err(error) => {
            assert!(!value.is_object());
            assert_eq!((error.code, error.queued), (ErrorCode::MalformedBody, Queued::No));
            return;
        }
    };
    let told: Vec<_> = event
        .outcomes
        .iter()
        .map(|outcome| {
            let reached = outcome.status == Status::Distributed;
            (outcome.code.to_string(), reached, outcome.reason.is_some())
        })
        .collect();
    let mut expected = outcomes(&value);
    // The members are in another order there.
    let mut sorted = told.clone();
    expected.sort();
    sorted.sort();
    assert_eq!(sorted, expected);
    let text = value.to_string().to_ascii_lowercase();
    assert!(told.iter().all(|(code, ..)| text.contains(code)), "a code was invented");
    check_envelope(&event, &value);

    // The same outcomes are accepted from the caller.
    let given = told.iter().map(|(code, reached, _)| {
        let status = if *reached { "distributed" } else { "failed" };
        Json::object().with("code", code.as_str()).with("status", status)
    });
    let again = read(&json, environment, &Json::List(given.collect())).unwrap();
    assert_eq!(again.outcomes.len(), event.outcomes.len());
    // Any other outcomes are refused, or have codes that are in them.
    if let Ok(other) = read(&json, None, json.get("outcomes"))
        && !value["outcomes"].is_null()
    {
        for outcome in other.outcomes {
            assert!(
                value["outcomes"]
                    .to_string()
                    .to_ascii_lowercase()
                    .contains(&outcome.code.to_string())
            );
        }
    }
}

fn check_envelope(event: &WebhookEvent, value: &Value) {
    let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
    let meta = &value["webhook_meta"];
    let id = text(&value["event_id"]).or_else(|| text(&meta["webhook_msg_uuid"]));
    assert_eq!(event.id(), id.as_deref());
    assert_eq!(event.event_type(), text(&value["event_type"]).unwrap_or_default());
    assert_eq!(event.program_id(), text(&value["voucher_program_id"]).as_deref());
    assert_eq!(event.organization_id(), text(&value["organization_id"]).as_deref());
    assert_eq!(event.resource_href(), text(&value["resource_href"]).as_deref());
    // Between 1 ms after the epoch and the year 5138.
    assert!(event.occurred_at().is_none_or(|time| (1..100_000_000_000_000).contains(&time)));
    for outcome in &event.outcomes {
        let reason = outcome.reason.as_deref().unwrap_or_default();
        assert!(reason.chars().count() <= 200);
        assert!(!reason.contains('@'));
        let run =
            |char: char| char.is_ascii() && !char.is_ascii_digit() && !" ()+-./".contains(char);
        let digits = |run: &str| run.bytes().filter(u8::is_ascii_digit).count();
        assert!(reason.split(run).all(|run| digits(run) < 7), "a number shows: {reason}");
    }
}
