//! Whether to send a request again, and when.
//!
//! Distribute has no idempotency key: repeating the call sends again. So it is repeated
//! only after a response that proves that nothing was queued.

use crate::http::ResponseHead;
use crate::http::date::read_http_date;
use crate::uber::policy::Operation;

/// The longest time that a call waits. For longer waits, the call fails and says how long
/// to wait.
pub const MAX_CALL_WAIT_MS: u64 = 60_000;
/// The longest time that a job waits before it retries, whatever the server says: a
/// `Retry-After` in milliseconds would stop it for weeks.
pub const MAX_JOB_WAIT_MS: u64 = 60 * 60_000;
const FIRST_BACKOFF_MS: u64 = 1_000;

/// The result of one attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Attempt<'a> {
    /// A response arrived.
    Answered(&'a ResponseHead),
    /// It is proven that the request was never sent: no connection was made.
    Unsent,
    /// The connection failed, before or after the request was sent.
    Failed,
    /// The attempt timed out, or the caller aborted it.
    GivenUp,
}

/// What to do after an attempt that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryDecision {
    /// Report the failure.
    Stop,
    /// Try again after this many milliseconds.
    Wait(u64),
    /// Renew the token, then try again at once.
    RenewToken,
}

/// The attempts of one call.
#[derive(Clone, Debug)]
pub struct Retry {
    operation: Operation,
    left: u32,
    retries: u32,
    renewed: bool,
}

impl Retry {
    /// At most `max_retries` retries; renewing a token once does not count.
    #[must_use]
    pub const fn new(operation: Operation, max_retries: u32) -> Self {
        Self { operation, left: max_retries, retries: 0, renewed: false }
    }

    /// Decides what follows an attempt that was not accepted. `now` is the local time in
    /// epoch milliseconds, `random` a number from 0 up to 1.
    pub fn after(&mut self, attempt: Attempt<'_>, now: u64, random: f64) -> RetryDecision {
        let head = match attempt {
            Attempt::Answered(head)
                if head.status == 401 && self.operation.is_authorized() && !self.renewed =>
            {
                self.renewed = true;
                return RetryDecision::RenewToken;
            }
            Attempt::Answered(head) if self.operation.may_repeat(head.status) => Some(head),
            // Nothing was queued, and no grant was spent.
            Attempt::Unsent => None,
            Attempt::Failed if self.operation.may_repeat_lost() => None,
            _ => return RetryDecision::Stop,
        };
        if self.left == 0 {
            return RetryDecision::Stop;
        }
        let wait = wait(head, self.retries, now, random);
        if wait > MAX_CALL_WAIT_MS {
            return RetryDecision::Stop;
        }
        self.left -= 1;
        self.retries += 1;
        RetryDecision::Wait(wait)
    }
}

/// How long to wait before the next attempt, after `retries` retries: as long as the
/// response asks for, but at most an hour; otherwise a backoff.
#[must_use]
pub fn wait(head: Option<&ResponseHead>, retries: u32, now: u64, random: f64) -> u64 {
    head.and_then(|head| retry_after(head, now))
        .map_or_else(|| backoff(retries, random), |wait| wait.min(MAX_JOB_WAIT_MS))
}

/// Full jitter: any time up to the backoff, so that many clients that were refused
/// together don't retry together.
fn backoff(retries: u32, random: f64) -> u64 {
    let ceiling = FIRST_BACKOFF_MS.saturating_mul(1 << retries.min(16)).min(MAX_CALL_WAIT_MS);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
    let wait = (ceiling as f64 * random.clamp(0.0, 1.0)) as u64;
    wait
}

/// How long a response asks to wait, in milliseconds. Uber documents no `Retry-After`; it
/// is respected if it is present and valid. A date is compared with the response's own
/// `Date`, because the local clock may be wrong.
#[must_use]
pub fn retry_after(head: &ResponseHead, now: u64) -> Option<u64> {
    let value = head.headers.get("retry-after")?.trim_ascii();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // A number with too many digits is still a very long wait.
        return Some(
            value.parse::<u64>().unwrap_or(u64::MAX).saturating_mul(1000).min(MAX_SAFE_INTEGER),
        );
    }
    let until = read_http_date(value)?;
    let from = head.headers.get("date").and_then(read_http_date).unwrap_or(now);
    Some(until.saturating_sub(from))
}

/// The largest integer that JavaScript represents exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

#[cfg(test)]
mod tests {
    use super::*;

    fn head(status: u16, fields: &[(&str, &str)]) -> ResponseHead {
        ResponseHead { status, headers: fields.iter().copied().collect() }
    }

    fn first_step(operation: Operation, status: u16) -> RetryDecision {
        Retry::new(operation, 2).after(Attempt::Answered(&head(status, &[])), 0, 0.5)
    }

    #[test]
    fn distribute_is_repeated_only_after_proof_that_nothing_was_queued() {
        for status in 0..=u16::MAX {
            let expected = match status {
                401 => RetryDecision::RenewToken,
                409 | 429 => RetryDecision::Wait(500),
                _ => RetryDecision::Stop,
            };
            assert_eq!(first_step(Operation::Distribute, status), expected, "{status}");
        }
        for attempt in [Attempt::Failed, Attempt::GivenUp] {
            assert_eq!(
                Retry::new(Operation::Distribute, 2).after(attempt, 0, 0.5),
                RetryDecision::Stop
            );
        }
    }

    #[test]
    fn any_unsent_request_may_be_repeated() {
        for operation in [
            Operation::Distribute,
            Operation::Read,
            Operation::ClientToken,
            Operation::SingleUseGrant,
        ] {
            let mut retry = Retry::new(operation, 1);
            assert_eq!(
                retry.after(Attempt::Unsent, 0, 0.5),
                RetryDecision::Wait(500),
                "{operation:?}"
            );
            assert_eq!(retry.after(Attempt::Unsent, 0, 0.5), RetryDecision::Stop, "{operation:?}");
        }
    }

    #[test]
    fn reads_are_repeated_after_temporary_failures() {
        for (status, step) in [
            (401, RetryDecision::RenewToken),
            (408, RetryDecision::Stop),
            (409, RetryDecision::Stop),
            (429, RetryDecision::Wait(500)),
            (500, RetryDecision::Wait(500)),
            (503, RetryDecision::Wait(500)),
            (400, RetryDecision::Stop),
            (403, RetryDecision::Stop),
            (404, RetryDecision::Stop),
            (302, RetryDecision::Stop),
        ] {
            assert_eq!(first_step(Operation::Read, status), step, "{status}");
        }
        assert_eq!(
            Retry::new(Operation::Read, 2).after(Attempt::Failed, 0, 0.5),
            RetryDecision::Wait(500)
        );
        assert_eq!(
            Retry::new(Operation::Read, 2).after(Attempt::GivenUp, 0, 0.5),
            RetryDecision::Stop
        );
    }

    #[test]
    fn token_requests_spare_the_hourly_budget() {
        assert_eq!(first_step(Operation::ClientToken, 503), RetryDecision::Wait(500));
        assert_eq!(
            Retry::new(Operation::ClientToken, 2).after(Attempt::Failed, 0, 0.5),
            RetryDecision::Wait(500)
        );
        for status in [400, 401, 429] {
            assert_eq!(first_step(Operation::ClientToken, status), RetryDecision::Stop, "{status}");
        }
        for status in [401, 429, 500, 503] {
            assert_eq!(
                first_step(Operation::SingleUseGrant, status),
                RetryDecision::Stop,
                "{status}"
            );
        }
        assert_eq!(
            Retry::new(Operation::SingleUseGrant, 2).after(Attempt::Failed, 0, 0.5),
            RetryDecision::Stop
        );
    }

    #[test]
    fn a_token_is_renewed_once_and_not_counted() {
        let mut retry = Retry::new(Operation::Distribute, 1);
        let unauthorized = head(401, &[]);
        let busy = head(429, &[]);
        assert_eq!(
            retry.after(Attempt::Answered(&unauthorized), 0, 0.0),
            RetryDecision::RenewToken
        );
        assert_eq!(retry.after(Attempt::Answered(&busy), 0, 0.0), RetryDecision::Wait(0));
        assert_eq!(retry.after(Attempt::Answered(&unauthorized), 0, 0.0), RetryDecision::Stop);
        assert_eq!(retry.after(Attempt::Answered(&busy), 0, 0.0), RetryDecision::Stop);
    }

    #[test]
    fn backoff_grows_up_to_a_limit() {
        let mut retry = Retry::new(Operation::Distribute, 100);
        let busy = head(429, &[]);
        let waits: Vec<_> =
            (0..100).map(|_| retry.after(Attempt::Answered(&busy), 0, 1.0)).collect();
        assert_eq!(
            waits[..7],
            [1, 2, 4, 8, 16, 32, 60].map(|seconds| RetryDecision::Wait(seconds * 1000))
        );
        assert!(waits[7..].iter().all(|step| *step == RetryDecision::Wait(60_000)));
        assert_eq!(retry.after(Attempt::Answered(&busy), 0, 1.0), RetryDecision::Stop);
    }

    #[test]
    fn the_server_sets_the_wait() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        let day = 784_111_777_000;
        for (fields, wait) in [
            (vec![("Retry-After", "0")], Some(0)),
            (vec![("Retry-After", " 7 ")], Some(7_000)),
            (vec![("Retry-After", "61")], Some(61_000)),
            (vec![("Retry-After", "99999999999999999999999999")], Some(9_007_199_254_740_991)),
            (vec![("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT"), ("Date", DATE)], Some(3_000)),
            (vec![("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT")], Some(2_000)),
            (
                vec![("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT"), ("Date", "yesterday")],
                Some(2_000),
            ),
            (vec![("Retry-After", "Sat, 05 Nov 1994 08:49:40 GMT"), ("Date", DATE)], Some(0)),
            (vec![("Retry-After", "-1")], None),
            (vec![("Retry-After", "1.5")], None),
            (vec![("Retry-After", "")], None),
            (vec![("Retry-After", "soon")], None),
            (vec![("Retry-After", "Sun, 99 Nov 1994 08:49:40 GMT")], None),
            (vec![], None),
        ] {
            assert_eq!(retry_after(&head(429, &fields), day + 1_000), wait, "{fields:?}");
        }
    }

    #[test]
    fn a_wait_of_more_than_a_minute_stops() {
        let mut retry = Retry::new(Operation::Distribute, 2);
        assert_eq!(
            retry.after(Attempt::Answered(&head(429, &[("retry-after", "60")])), 0, 0.5),
            RetryDecision::Wait(60_000)
        );
        assert_eq!(
            retry.after(Attempt::Answered(&head(429, &[("retry-after", "61")])), 0, 0.5),
            RetryDecision::Stop
        );
    }

    #[test]
    fn no_wait_is_longer_than_an_hour() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        for (value, wait_ms) in [
            ("3599", 3_599_000),
            ("3600", 3_600_000),
            ("3601", 3_600_000),
            // Milliseconds, epoch seconds and epoch milliseconds.
            ("3600000", 3_600_000),
            ("1795446463", 3_600_000),
            ("1795446463000", 3_600_000),
            ("99999999999999999999999999", 3_600_000),
            ("Sun, 06 Nov 2094 08:49:37 GMT", 3_600_000),
            ("Sun, 06 Nov 1994 08:50:37 GMT", 60_000),
        ] {
            let head = head(429, &[("retry-after", value), ("date", DATE)]);
            assert_eq!(wait(Some(&head), 0, 784_111_777_000, 0.5), wait_ms, "{value}");
        }
    }
}
