//! What a response proves.
//!
//! The status line is the evidence: a 2xx accepts the call and a 4xx refuses it, with or
//! without a body. Anything else proves nothing, because Uber, or a server in front of
//! it, may have failed after the codes were queued. The body can only weaken the
//! evidence: a 2xx with a web page or an error in its body accepts nothing.

use crate::error::ErrorCode;
use crate::http::ResponseHead;
use crate::json::Json;
use crate::uber::policy::Verdict;

/// How long to wait for the body of a 2xx, in milliseconds. It usually arrives with the
/// head, and a stalled one must not turn an accepted call into a failed one.
const ACCEPTED_BODY_MS: f64 = 250.0;

impl Verdict {
    /// The verdict by status and media type: a web page does not come from Uber's API.
    #[must_use]
    pub fn of(head: &ResponseHead) -> Self {
        match Self::of_status(head.status) {
            Verdict::Accepted if head.is_html() => Verdict::Unproven(ErrorCode::UnexpectedResponse),
            verdict => verdict,
        }
    }

    /// The verdict by the part of the body that arrived, too. `parsed` is the body as
    /// JSON, or null.
    #[must_use]
    pub fn of_answer(head: &ResponseHead, body: &str, parsed: &Json) -> Self {
        match Self::of(head) {
            Verdict::Accepted if !body.is_empty() && (is_markup(body) || reports_error(parsed)) => {
                Verdict::Unproven(ErrorCode::UnexpectedResponse)
            }
            Verdict::Refused(code)
                if head.is_problem() && parsed.get("queued").text() == Some("unknown") =>
            {
                Verdict::Unproven(code)
            }
            verdict => verdict,
        }
    }

    /// How long to wait for the body, in milliseconds. None if the body can't change the
    /// verdict; the body of an error may take as long as the call.
    #[must_use]
    pub fn body_timeout_ms(head: &ResponseHead) -> Option<f64> {
        // `{}` is not an error.
        let is_tiny = matches!(head.headers.get("content-length"), Some("0" | "1" | "2"));
        match Self::of(head) {
            Verdict::Accepted if is_tiny => None,
            Verdict::Accepted => Some(ACCEPTED_BODY_MS),
            _ => Some(f64::INFINITY),
        }
    }
}

/// Whether a body is HTML or XML, whatever its head says. Skips non-ASCII bytes (a byte
/// order mark) and the zeros of UTF-16.
fn is_markup(body: &str) -> bool {
    body.bytes().find(|byte| byte.is_ascii() && *byte > b' ') == Some(b'<')
}

/// Whether a body reports an error, in any form that was observed on this host.
pub(super) fn reports_error(body: &Json) -> bool {
    let is_error = match body.get("error") {
        Json::Text(error) => !error.is_empty(),
        error => matches!(error, Json::Bool(true) | Json::Object(_)),
    };
    let is_error_code = match body.get("code") {
        Json::Text(code) => {
            // Some bodies contain the name or the number of a success.
            let first = code.bytes().next().unwrap_or(b'0');
            let is = |word| code.eq_ignore_ascii_case(word);
            !matches!(first, b'0'..=b'3') && !is("ok") && !is("success")
        }
        Json::Number(code) => *code >= 400.0,
        _ => false,
    };
    is_error || is_error_code || !body.get("errors").items().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Queued;
    use crate::uber::policy::Operation;
    use crate::uber::response::to_error;

    fn head(status: u16) -> ResponseHead {
        ResponseHead { status, ..ResponseHead::default() }
    }

    fn json(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_status_has_its_verdict() {
        use ErrorCode as E;
        for status in 0..=u16::MAX {
            let expected = match status {
                200..=299 => Verdict::Accepted,
                400 => Verdict::Refused(E::InvalidRequest),
                401 => Verdict::Refused(E::Unauthorized),
                403 => Verdict::Refused(E::UserNotAllowed),
                404 => Verdict::Refused(E::ResourceNotFound),
                409 => Verdict::Refused(E::Conflict),
                429 => Verdict::Refused(E::RateLimited),
                500 => Verdict::Unproven(E::InternalServerError),
                408 | 499 => Verdict::Unproven(E::ServerError),
                s if s / 100 == 4 => Verdict::Refused(E::Rejected),
                s if s / 100 == 5 => Verdict::Unproven(E::ServerError),
                _ => Verdict::Unproven(E::UnexpectedResponse),
            };
            assert_eq!(Verdict::of(&head(status)), expected, "{status}");
        }
    }

    #[test]
    fn a_web_page_does_not_accept_a_call() {
        let mut page = head(200);
        page.headers = [("content-type", "text/html; charset=utf-8")].into_iter().collect();
        assert_eq!(Verdict::of(&page), Verdict::Unproven(ErrorCode::UnexpectedResponse));
        let error = to_error(&page, "<html>", &Json::Null, Operation::Distribute, 0);
        assert_eq!((error.code, error.queued), (ErrorCode::UnexpectedResponse, Queued::Unknown));
    }

    #[test]
    fn a_body_that_is_not_ubers_json_accepts_nothing() {
        let judge = |status, body: &str| {
            let parsed = serde_json::from_str(body).unwrap_or_default();
            Verdict::of_answer(&head(status), body, &parsed)
        };
        let accepted = [
            "",
            "{}",
            " {} ",
            "OK",
            "null",
            "[]",
            "{\"error\":null,\"errors\":[],\"code\":null}",
            "{\"error\":false,\"code\":\"\"}",
            "{\"error\":\"\",\"code\":0}",
            "{\"code\":\"OK\"}",
            "{\"code\":\"200\",\"message\":\"accepted\"}",
            "{\"codes\":3}",
            "{\"error\":[],\"codes\":[]}",
            // Truncated: not JSON.
            "{\"error\":\"inter",
        ];
        for body in accepted {
            assert_eq!(judge(200, body), Verdict::Accepted, "{body}");
            assert_eq!(judge(404, body), Verdict::of(&head(404)), "{body}");
        }
        let unproven = [
            "<",
            "<!doctype html><title>Sign in</title>",
            "\r\n\t <html>",
            "\u{feff}<?xml version=\"1.0\"?>",
            "<\0h\0t\0m\0l\0>\0",
            "\u{fffd}\u{fffd}\0<\0h",
            r#"{"error":"internal"}"#,
            r#"{"error":{"message":"x"}}"#,
            r#"{"error":true}"#,
            r#"{"errors":[{"code":"x"}]}"#,
            r#"{"code":"internal_server_error","message":"x"}"#,
            r#"{"code":"503"}"#,
            r#"{"code":500}"#,
        ];
        for body in unproven {
            let unexpected = Verdict::Unproven(ErrorCode::UnexpectedResponse);
            assert_eq!(judge(200, body), unexpected, "{body}");
            assert_eq!(judge(204, body), unexpected, "{body}");
            // A refusal stays a refusal.
            assert_eq!(judge(403, body), Verdict::of(&head(403)), "{body}");
            assert_eq!(judge(502, body), Verdict::of(&head(502)), "{body}");
        }
        let error = to_error(&head(200), "", &json(r#"{"code":"x"}"#), Operation::Distribute, 0);
        assert!(error.message.starts_with("The response reports an error"));
    }

    #[test]
    fn the_body_of_a_2xx_has_a_short_timeout() {
        let patience = |status, length: &str| {
            let headers = [("Content-Length", length)].into_iter().collect();
            Verdict::body_timeout_ms(&ResponseHead { status, headers })
        };
        assert!(patience(200, "3").is_some_and(|ms| ms < 500.0));
        assert!(Verdict::body_timeout_ms(&head(200)).is_some_and(|ms| ms < 500.0));
        for length in ["0", "2"] {
            assert_eq!(patience(204, length), None);
            assert_eq!(patience(404, length), Some(f64::INFINITY));
        }
        assert_eq!(patience(500, "3"), Some(f64::INFINITY));
    }
}
