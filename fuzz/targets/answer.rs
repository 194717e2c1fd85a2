//! Responses: what their heads prove, when to retry, and what their bodies contain for
//! each endpoint.
//!
//! The input: the status (2 bytes), the time in seconds (4 bytes), randomness (1 byte);
//! then lines of header fields, an empty line, and the body.

#![no_main]

use std::time::UNIX_EPOCH;

use libfuzzer_sys::fuzz_target;
use uber_vouchers::error::{Error, ErrorCode, Queued};
use uber_vouchers::http::ResponseHead;
use uber_vouchers::json::Json;
use uber_vouchers::secret::RefreshToken;
use uber_vouchers::uber::policy::{Operation, Verdict};
use uber_vouchers::uber::response::{BODY_KEPT, to_error};
use uber_vouchers::uber::retry::{Attempt, MAX_CALL_WAIT_MS, Retry, RetryDecision, retry_after};
use uber_vouchers::uber::{codes, programs, token};

/// The largest integer that JavaScript represents exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

fuzz_target!(|data: &[u8]| {
    let Some(([low, high, time @ .., chance], rest)) = data.split_first_chunk::<7>() else {
        return;
    };
    let status = u16::from_le_bytes([*low, *high]);
    // Usually a status that exists.
    let status = if status >= 0x8000 { status } else { status % 700 };
    let now = u64::from(u32::from_le_bytes(*time)) * 1000;
    let text = String::from_utf8_lossy(rest);
    let (fields, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let headers = fields.lines().filter_map(|line| line.split_once(':')).collect();
    let head = ResponseHead { status, headers };
    let parsed = serde_json::from_str(body).unwrap_or_default();

    check_verdict(&head, body, &parsed, now);
    check_wait(&head, now);
    check_retries(&head, now, f64::from(*chance) / 255.0);
    check_token(&head, body, &parsed, now);
    check_lists(&parsed);
});

fn check_verdict(head: &ResponseHead, body: &str, parsed: &Json, now: u64) {
    let refused = (400..500).contains(&head.status) && !matches!(head.status, 408 | 499);
    let page = head.headers.get("content-type").is_some_and(|value| {
        let kind = value.split(';').next().unwrap_or_default().trim_ascii().to_ascii_lowercase();
        matches!(kind.as_str(), "text/html" | "application/xhtml+xml")
    });
    let accepted = (200..300).contains(&head.status) && !page;
    match Verdict::of(head) {
        Verdict::Accepted => assert!(accepted),
        Verdict::Refused(_) => assert!(refused),
        Verdict::Unproven(_) => assert!(!accepted && !refused),
    }
    // The body never proves more than the head.
    match Verdict::of_answer(head, body, parsed) {
        Verdict::Unproven(_) => {}
        verdict => assert_eq!(verdict, Verdict::of(head)),
    }
    let found = to_error(head, body, parsed, Operation::Distribute, now);
    assert!(refused || found.queued == Queued::Unknown);
    assert!(!refused || head.is_problem() || found.queued == Queued::No);
    check_detail(&found, body);
    assert_eq!(to_error(head, body, parsed, Operation::Read, now).queued, Queued::No);
}

/// What an error keeps was in the response, and what it prints was not.
fn check_detail(error: &Error, body: &str) {
    let api = error.api.as_ref().unwrap();
    assert!(api.body.len() <= BODY_KEPT && body.starts_with(&api.body));
    assert!(api.body.len() + 3 >= body.len().min(BODY_KEPT));
    assert!(api.headers.iter().all(|(name, _)| name.starts_with("x-uber-")));
    assert!(api.uber_code.as_ref().is_none_or(|code| !code.is_empty()));
    let printed = format!("{error} {error:?}");
    // A problem's title has at most 200 characters, and is printed twice.
    assert!(printed.len() < 2_000, "{printed}");
}

fn check_wait(head: &ResponseHead, now: u64) {
    let wait = retry_after(head, now);
    let Some(value) = head.headers.get("retry-after").map(str::trim_ascii) else {
        assert_eq!(wait, None);
        return;
    };
    assert!(wait.is_none_or(|wait| wait <= MAX_SAFE_INTEGER));
    if let Ok(seconds) = value.parse::<u32>()
        && !value.starts_with('+')
    {
        assert_eq!(wait, Some(u64::from(seconds) * 1000));
    }
    // Compares dates with another parser, which is stricter: it requires the right day of
    // the week. The obsolete forms are not supported here.
    let date = |text: &str| {
        let time = httpdate::parse_http_date(text).ok().filter(|_| text.len() == 29)?;
        Some(u64::try_from(time.duration_since(UNIX_EPOCH).ok()?.as_millis()).unwrap())
    };
    if let Some(until) = date(value) {
        let told = head.headers.get("date");
        if let Some(from) = told.map_or(Some(now), date) {
            assert_eq!(wait, Some(until.saturating_sub(from)), "{value}");
        }
    }
}

fn check_retries(head: &ResponseHead, now: u64, random: f64) {
    for operation in
        [Operation::Distribute, Operation::Read, Operation::ClientToken, Operation::SingleUseGrant]
    {
        for attempt in [Attempt::Answered(head), Attempt::Failed, Attempt::GivenUp] {
            let mut retry = Retry::new(operation, 3);
            let (mut waits, mut renewals) = (0, 0);
            loop {
                match retry.after(attempt, now, random) {
                    RetryDecision::Stop => break,
                    RetryDecision::RenewToken => {
                        renewals += 1;
                        assert_eq!((head.status, renewals), (401, 1));
                        assert!(matches!(operation, Operation::Distribute | Operation::Read));
                    }
                    RetryDecision::Wait(wait) => {
                        waits += 1;
                        assert!(wait <= MAX_CALL_WAIT_MS && waits <= 3);
                        if let Some(asked) = retry_after(head, now)
                            && matches!(attempt, Attempt::Answered(_))
                        {
                            assert_eq!(wait, asked);
                        }
                        // A second send needs proof that the first one queued nothing.
                        if operation == Operation::Distribute {
                            assert!(matches!(attempt, Attempt::Answered(_)));
                            assert!(matches!(Verdict::of(head), Verdict::Refused(_)));
                        }
                        assert_ne!(operation, Operation::SingleUseGrant);
                    }
                }
            }
        }
    }
}

fn check_token(head: &ResponseHead, body: &str, parsed: &Json, now: u64) {
    let used = RefreshToken::new("the one before");
    match token::parse_response(head, body, parsed, Some(&used), now) {
        Ok(tokens) => {
            assert!((200..300).contains(&head.status));
            assert!(tokens.access_token.fits_a_header());
            assert_eq!(parsed.get("access_token").text(), Some(tokens.access_token.expose()));
            assert!(tokens.expires_at >= now);
            let next = parsed.get("refresh_token").text().unwrap_or("the one before");
            assert_eq!(tokens.refresh_token.as_ref().map(RefreshToken::expose), Some(next));
            let printed = format!("{:?}", tokens.access_token);
            assert_eq!(printed, "[redacted]");
        }
        Err(error) => {
            let expected = match head.status {
                400..=428 | 430..=499 => ErrorCode::TokenRejected,
                // The error in the body decides.
                200..=299 => error.code,
                _ => ErrorCode::TokenUnavailable,
            };
            assert_eq!((error.code, error.queued), (expected, Queued::No));
            if (200..300).contains(&head.status) {
                assert_eq!(error.api.as_ref().unwrap().body, "");
            } else {
                check_detail(&error, body);
            }
        }
    }
}

/// Each item of a list has its id, and the whole object as `raw`.
fn check_lists(parsed: &Json) {
    for code in codes::list(parsed).unwrap_or_default() {
        assert_eq!(code.raw.get("code_id").text(), Some(code.id));
    }
    for program in programs::list(parsed).unwrap_or_default() {
        assert_eq!(program.raw.get("voucher_program_id").text(), Some(program.id));
    }
}
