//! Requests, responses, tokens and webhooks.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::error::{ErrorCode, Queued};
use uber_vouchers::http::{BaseUrl, ResponseHead, form};
use uber_vouchers::json::Json;
use uber_vouchers::secret::SigningKey;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::policy::{Operation, Verdict};
use uber_vouchers::uber::response::to_error;
use uber_vouchers::uber::retry::{Attempt, MAX_CALL_WAIT_MS, Retry, RetryDecision, retry_after};
use uber_vouchers::uber::{distribute, token};
use uber_vouchers::webhook::event::read;
use uber_vouchers::webhook::signature::{sign, verify};

use crate::codes::code;

const NOW: u64 = 1_700_000_000_000;

fn api() -> Api {
    let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
    Api::new(base_url, OrganizationId::new("o").unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
}

proptest! {
    #[test]
    fn a_request_contains_exactly_these_codes(codes in vec(code(), 1..40)) {
        let program = ProgramId::new("p").unwrap();
        let request = distribute::request(&api(), &program, codes.iter().copied()).unwrap();
        let body: Value = serde_json::from_slice(&request.body.unwrap()).unwrap();
        let texts: Vec<_> = codes.iter().map(Code::to_string).collect();
        prop_assert_eq!(body, serde_json::json!({ "codes": texts }));
    }

    #[test]
    fn an_id_is_one_segment_of_a_path(id in any::<String>()) {
        let Ok(program) = ProgramId::new(id.as_str()) else {
            let is_plain = id.chars().all(|character| character.is_ascii_graphic() || character == ' ');
            let is_whole = !id.is_empty() && id.trim() == id && !id.ends_with('.') && id.chars().count() <= 256;
            prop_assert!(!(is_plain && is_whole));
            return Ok(());
        };
        let url = distribute::distribute_all_request(&api(), &program).url;
        let segments: Vec<_> = url.split('/').collect();
        prop_assert_eq!(segments.len(), 10);
        prop_assert_eq!(&segments[8..], ["codes", "distribute"]);
        prop_assert_eq!(decode(segments[7]), id);
    }

    #[test]
    fn a_form_round_trips(values in vec(any::<String>(), 0..5)) {
        let fields: Vec<_> = values.iter().map(|value| ("name", value.as_str())).collect();
        let text = form(&fields);
        prop_assert!(text.bytes().all(|byte| byte.is_ascii_graphic()));
        let decoded: Vec<_> =
            text.split('&').filter(|pair| !pair.is_empty()).map(|pair| decode(pair.split_once('=').unwrap().1)).collect();
        prop_assert_eq!(decoded, values);
    }

    #[test]
    fn an_accepted_url_is_accepted_again(
        scheme in "https?", host in "[a-z0-9.:@\\[\\]-]{0,12}(localhost|127\\.0\\.0\\.1|\\[::1\\])?[a-z.:0-9]{0,8}", path in "(/[a-z?#@/]{0,4}){0,2}",
    ) {
        let url = format!("{scheme}://{host}{path}");
        if let Ok(base_url) = BaseUrl::new(&url, "baseUrl") {
            let kept = base_url.as_str();
            prop_assert!(!kept.ends_with('/') && url.starts_with(kept));
            prop_assert!(!kept.contains(['?', '#', '@']));
            let again = BaseUrl::new(kept, "x").unwrap();
            prop_assert_eq!(again.as_str(), kept);
        }
    }

    #[test]
    fn json_round_trips(value in json(), place: Index) {
        let json: Json = serde_json::from_value(value.clone()).unwrap();
        prop_assert_eq!(serde_json::to_value(&json).unwrap(), value.clone());
        if let Some((name, member)) = value.as_object().filter(|all| !all.is_empty()).and_then(|all| all.iter().nth(place.index(all.len()))) {
            prop_assert_eq!(serde_json::to_value(json.get(name)).unwrap(), member.clone());
        }
    }

    #[test]
    fn only_a_signed_body_is_accepted(key in ".{1,90}", body: Vec<u8>, other: Vec<u8>, flip: Index) {
        let keys = [SigningKey::new("old"), SigningKey::new(key)];
        let signature = sign(&keys[1], &body);
        prop_assert!(verify(&body, Some(&signature), &keys).is_ok());
        prop_assert_eq!(verify(&other, Some(&signature), &keys).is_ok(), other == body);
        let mut forged = signature.into_bytes();
        let place = flip.index(forged.len());
        forged[place] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        prop_assert!(verify(&body, Some(&forged), &keys).is_err());
    }

    #[test]
    fn no_call_is_repeated_forever(
        operation in select(vec![Operation::Distribute, Operation::Read, Operation::ClientToken, Operation::SingleUseGrant]),
        most in 0..5_u32,
        attempts in vec((0..4_u8, select(vec![200_u16, 302, 400, 401, 403, 408, 409, 429, 500, 503]), proptest::option::of(0..90_u64)), 1..20),
        random in 0.0..1.0,
    ) {
        let mut retry = Retry::new(operation, most);
        let (mut waits, mut renewals) = (0, 0);
        for (kind, status, seconds) in attempts {
            let headers = seconds.map(|seconds| ("Retry-After", seconds.to_string())).into_iter().collect();
            let head = ResponseHead { status, headers };
            let attempt = match kind {
                0 => Attempt::Failed,
                1 => Attempt::GivenUp,
                _ => Attempt::Answered(&head),
            };
            match retry.after(attempt, NOW, random) {
                RetryDecision::Stop => {}
                RetryDecision::RenewToken => renewals += 1,
                RetryDecision::Wait(wait) => {
                    waits += 1;
                    prop_assert!(wait <= MAX_CALL_WAIT_MS);
                    match (attempt, seconds) {
                        (Attempt::Answered(_), Some(seconds)) => prop_assert_eq!(wait, seconds * 1000),
                        _ => prop_assert!(wait < 1000 << waits.min(6)),
                    }
                    // Sending again needs proof that nothing was queued.
                    let proven = matches!(attempt, Attempt::Answered(_))
                        && matches!(Verdict::of(&head), Verdict::Refused(_));
                    prop_assert!(operation != Operation::Distribute || proven);
                }
            }
        }
        prop_assert!(waits <= most && renewals <= 1);
    }

    #[test]
    fn a_date_sets_the_time_of_the_retry(now in 0..4_102_444_800_u64, seconds in 0..10_000_000_u64, skew in 0..1_000_000_u64) {
        let fields = [("Retry-After", date(now + seconds)), ("Date", date(now))];
        let head = ResponseHead { status: 429, headers: fields.iter().map(|(name, value)| (name, value.as_str())).collect() };
        // The local clock doesn't matter if the response has a date.
        prop_assert_eq!(retry_after(&head, (now + skew) * 1000), Some(seconds * 1000));
        let head = ResponseHead { status: 429, headers: fields[..1].iter().map(|(name, value)| (name, value.as_str())).collect() };
        prop_assert_eq!(retry_after(&head, now * 1000), Some(seconds * 1000));
    }

    #[test]
    fn an_error_never_claims_more_than_the_status(status: u16, body in ".{0,6000}") {
        let head = ResponseHead { status, ..ResponseHead::default() };
        let error = to_error(&head, &body, &Json::Null, Operation::Distribute, NOW);
        prop_assert_eq!(error.queued == Queued::No, matches!(status, 400..=499) && !matches!(status, 408 | 499));
        let kept = &error.api.as_ref().unwrap().body;
        prop_assert!(body.starts_with(kept.as_str()) && kept.len() <= 4096 && (kept.len() == body.len() || kept.len() > 4092));
    }

    #[test]
    fn a_token_expires_when_it_says(life in 0..100_000_000_u32, as_text: bool) {
        let body = if as_text { format!("\"{life}\"") } else { life.to_string() };
        let body = serde_json::from_str(&format!(r#"{{"access_token":"t","expires_in":{body}}}"#)).unwrap();
        let head = ResponseHead { status: 200, ..ResponseHead::default() };
        let tokens = token::parse_response(&head, "", &body, None, NOW).unwrap();
        prop_assert_eq!(tokens.expires_at, NOW + u64::from(life) * 1000);
        // A short-lived token is used for most of its lifetime.
        prop_assert_eq!(tokens.is_stale(NOW), life == 0);
    }

    #[test]
    fn a_distribution_without_codes_has_no_outcomes(value in json(), event_type in "[a-z_]{0,20}") {
        let mut body = value;
        if !body.is_object() {
            let body: Json = serde_json::from_value(body).unwrap();
            prop_assert_eq!(read(&body, None, &Json::Null).unwrap_err().code, ErrorCode::MalformedBody);
            return Ok(());
        }
        body["event_type"] = format!("{event_type}_distributed").into();
        let body: Json = serde_json::from_value(body).unwrap();
        prop_assert!(read(&body, None, &Json::Null).unwrap().outcomes.is_empty());
    }
}

/// Values that contain no code.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let name = prop_oneof![
            ".{0,6}",
            select(vec!["codes", "failures", "status", "reason", "code_uuid"])
                .prop_map(str::to_owned)
        ];
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((name, inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| char::from(byte.unwrap()).to_digit(16).unwrap();
        bytes.push(match byte {
            b'%' => u8::try_from(digit(rest.next()) << 4 | digit(rest.next())).unwrap(),
            byte => byte,
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// A date in HTTP form, computed day by day.
fn date(epoch_s: u64) -> String {
    let names =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let week = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    let (days, seconds) = (epoch_s / 86_400, epoch_s % 86_400);
    let weekday = week[(days % 7) as usize];
    let (mut year, mut month, mut day) = (1970, 0, days);
    loop {
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        if day < lengths[month] {
            break;
        }
        day -= lengths[month];
        month += 1;
        if month == 12 {
            (year, month) = (year + 1, 0);
        }
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "{weekday}, {:02} {} {year} {hour:02}:{minute:02}:{second:02} GMT",
        day + 1,
        names[month]
    )
}
