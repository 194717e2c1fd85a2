//! The error for a response.

use crate::error::{ApiDetail, Error, ErrorClass, ErrorCode, Queued};
use crate::http::ResponseHead;
use crate::json::Json;
use crate::mask::mask;
use crate::text::{decimal, text};
use crate::uber::policy::{self, Operation, Verdict};
use crate::uber::retry;
use crate::uber::verdict::reports_error;

/// How much of an error's body is kept, in bytes.
pub const BODY_KEPT: usize = 4096;

/// The error for a response that is not `Accepted`. `parsed` is the body as JSON, or
/// null; `now` is the local time in epoch milliseconds.
#[must_use]
pub fn to_error(
    head: &ResponseHead,
    body: &str,
    parsed: &Json,
    operation: Operation,
    now: u64,
) -> Error {
    let (code, queued) = match Verdict::of_answer(head, body, parsed) {
        Verdict::Refused(code) => (code, Queued::No),
        Verdict::Unproven(code) => (code, operation.unproven()),
        // An accepted response that can't be read, such as an invalid list.
        Verdict::Accepted => (ErrorCode::UnexpectedResponse, operation.unproven()),
    };
    with_detail(code, queued, head, body, parsed, now)
}

/// The error that is described by a record of a job.
#[must_use]
pub fn error_from_record(code: ErrorCode, status: u16, uber_code: Option<&str>) -> Error {
    let head = ResponseHead { status, ..ResponseHead::default() };
    let queued = policy::queued_by(code);
    if code.class() != ErrorClass::Api {
        return Error::new(code, queued, "There was no response to the request");
    }
    let mut error = with_detail(code, queued, &head, "", &Json::Null, 0);
    if let Some(api) = &mut error.parts_mut().api {
        api.uber_code = uber_code.map(str::to_owned);
    }
    error
}

pub(crate) fn with_detail(
    code: ErrorCode,
    queued: Queued,
    head: &ResponseHead,
    body: &str,
    parsed: &Json,
    now: u64,
) -> Error {
    let what = match code {
        _ if head.status == 0 => "The response has no status: a redirect, or not from Uber",
        ErrorCode::UnexpectedResponse if reports_error(parsed) => {
            "The response reports an error despite its status"
        }
        ErrorCode::UnexpectedResponse => "The response is not from Uber's API",
        ErrorCode::TokenRejected | ErrorCode::TokenUnavailable => {
            "The token endpoint returned no token"
        }
        ErrorCode::InternalServerError | ErrorCode::ServerError => "The server failed",
        _ => "Uber refused the request",
    };
    // The explanation of a worker in front of Uber is better. What is known about the
    // codes follows from the status anyway, because anybody can write a body.
    let problem = if head.is_problem() { parsed } else { &Json::Null };
    let title = masked_text(problem.get("title"));
    let what = title.as_deref().unwrap_or(what);
    let message = text(&[what, " (status ", &decimal(head.status.into()), ")"]);
    let mut error = Error::new(code, queued, message);
    error.parts_mut().api = Some(ApiDetail {
        status: head.status,
        uber_code: uber_code(parsed).map(str::to_owned),
        body: truncate(body, BODY_KEPT).to_owned(),
        headers: head.headers.uber_headers(),
        retry_after_ms: retry::retry_after(head, now),
        hint: masked_text(problem.get("hint")).or_else(|| masked_text(problem.get("detail"))),
    });
    error
}

/// The masked text. None if it is empty.
fn masked_text(text: &Json) -> Option<String> {
    text.text().map(mask).filter(|words| !words.is_empty())
}

/// The error code of a body, in any form that was observed on this host: `code`, the
/// token endpoint's `error`, or the first of `errors`.
fn uber_code<'a>(body: &'a Json<'_>) -> Option<&'a str> {
    let first = body.get("errors").items().first().unwrap_or(&Json::Null);
    body.get("code")
        .text()
        .or_else(|| body.get("error").text())
        .or_else(|| first.get("code").text())
}

/// The beginning of a text: at most `bytes` bytes, and whole characters only.
fn truncate(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
    }

    fn json(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_workers_problem_keeps_its_message_and_proves_no_more() {
        let tell = |status, kind: &str, body: &str| {
            let mut head = head(status);
            head.headers = [("content-type", kind)].into_iter().collect();
            to_error(&head, body, &json(body), Operation::Distribute, 0)
        };
        let kind = "application/problem+json; charset=utf-8";
        let body = r#"{"title":"Some were sent before","code":"already_queued","hint":"Say skip.","queued":"no"}"#;
        let found = tell(422, kind, body);
        assert_eq!(found.message, "Some were sent before (status 422)");
        assert_eq!((found.hint(), found.queued), ("Say skip.", Queued::No));
        let api = found.api.as_ref().unwrap();
        assert_eq!(
            (found.code, api.uber_code.as_deref()),
            (ErrorCode::Rejected, Some("already_queued"))
        );
        // The status alone decides what it proves.
        assert_eq!(tell(502, kind, body).queued, Queued::Unknown);
        assert_eq!(tell(200, kind, body).queued, Queued::Unknown);
        // It may know less.
        let doubt = body.replace(r#""no""#, r#""unknown""#);
        assert_eq!(tell(422, kind, &doubt).queued, Queued::Unknown);
        let mut head = head(422);
        assert_eq!(Verdict::of_answer(&head, &doubt, &json(&doubt)), Verdict::of(&head));
        head.headers = [("content-type", kind)].into_iter().collect();
        let unproven = Verdict::Unproven(ErrorCode::Rejected);
        assert_eq!(Verdict::of_answer(&head, &doubt, &json(&doubt)), unproven);
        assert_eq!(to_error(&head, "", &json(&doubt), Operation::Read, 0).queued, Queued::No);
        // Only problems are used, and only without addresses.
        let plain = tell(403, "application/json", body);
        assert_eq!(plain.hint(), ErrorCode::UserNotAllowed.hint());
        assert_eq!(plain.message, "Uber refused the request (status 403)");
        let rude = tell(400, kind, r#"{"title":"jane@example.com is 555 123 45 67","detail":"x"}"#);
        assert_eq!((rude.message.as_str(), rude.hint()), ("[email] is [phone] (status 400)", "x"));
        let empty = tell(400, kind, r#"{"title":"","hint":7}"#);
        assert_eq!(empty.message, "Uber refused the request (status 400)");
        assert_eq!(empty.hint(), ErrorCode::InvalidRequest.hint());
    }

    #[test]
    fn reads_never_queue() {
        for status in [0, 200, 302, 400, 408, 500, 503] {
            assert_eq!(
                to_error(&head(status), "", &Json::Null, Operation::Read, 0).queued,
                Queued::No
            );
        }
        assert_eq!(
            to_error(&head(500), "", &Json::Null, Operation::Distribute, 0).queued,
            Queued::Unknown
        );
        assert_eq!(
            to_error(&head(403), "", &Json::Null, Operation::Distribute, 0).queued,
            Queued::No
        );
    }

    #[test]
    fn the_code_is_found_in_every_shape_seen() {
        for (body, code) in [
            (
                r#"{"code":"resource_not_found","message":"Program is not found"}"#,
                Some("resource_not_found"),
            ),
            (r#"{"meta":{},"errors":[{"status":409,"code":"some_code"}]}"#, Some("some_code")),
            (r#"{"error":"invalid_scope","error_description":"x"}"#, Some("invalid_scope")),
            (r#"{"code":7}"#, None),
            ("[]", None),
            ("null", None),
        ] {
            let error = to_error(&head(400), body, &json(body), Operation::Distribute, 0);
            assert_eq!(error.api.clone().unwrap().uber_code.as_deref(), code, "{body}");
        }
    }

    #[test]
    fn a_recorded_error_claims_no_more_than_the_original() {
        for code in ErrorCode::ALL {
            let error = error_from_record(*code, 418, Some("x"));
            let unknown = matches!(
                code.as_str(),
                "internal_server_error"
                    | "server_error"
                    | "unexpected_response"
                    | "connection_failed"
                    | "timeout"
                    | "aborted"
            );
            assert_eq!(error.queued == Queued::Unknown, unknown, "{code}");
            let api = error.api.as_ref().map(|api| (api.status, api.uber_code.as_deref()));
            let answered = code.class() == ErrorClass::Api;
            assert_eq!(api, answered.then_some((418, Some("x"))), "{code}");
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_message() {
        let message = |status| {
            to_error(&head(status), "", &Json::Null, Operation::Distribute, 0).message.clone()
        };
        assert!(message(0).starts_with("The response has no status"));
        assert_eq!(message(302), "The response is not from Uber's API (status 302)");
        assert_eq!(message(500), "The server failed (status 500)");
        assert_eq!(message(503), "The server failed (status 503)");
        assert_eq!(message(404), "Uber refused the request (status 404)");
        for code in [ErrorCode::TokenRejected, ErrorCode::TokenUnavailable] {
            let error = with_detail(code, Queued::No, &head(400), "", &Json::Null, 0);
            assert_eq!(error.message, "The token endpoint returned no token (status 400)");
        }
    }

    #[test]
    fn a_long_body_is_truncated_between_characters() {
        let body = format!("x{}", "é".repeat(4000));
        let error = to_error(&head(400), &body, &Json::Null, Operation::Distribute, 0);
        assert_eq!(error.api.clone().unwrap().body.len(), 4095);
    }
}
