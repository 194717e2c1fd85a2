//! The rules about responses in one place: what a status proves, what may be sent again,
//! and what stops a job.
//!
//! | Status | Proves | A call is repeated | A job |
//! | --- | --- | --- | --- |
//! | 2xx | accepted | | continues |
//! | 400, 413, 422 | refused | no | rejects the batch |
//! | 401 | refused | once, with another token | once, with another token; then stops |
//! | 409, 429 | refused | distribute; 429: reads too | waits and tries again |
//! | other 4xx | refused | no | stops |
//! | 408, 499, 5xx | nothing | 5xx: reads and client credentials | unknown; stops after three |
//! | anything else | nothing | no | unknown; stops after three |
//! | no response | nothing, if it was sent | reads and client credentials | unknown; stops after three |
//! | never sent | nothing was queued | yes | waits and tries again |

use crate::error::{ErrorCode, Queued};

/// What a request does, which decides how it may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operation {
    /// Queues messages to people: repeated only after proof that nothing was queued.
    Distribute,
    /// Reads: repeated after any failure that may be temporary.
    Read,
    /// Requests a token with client credentials. Not repeated after a 429: the limit of
    /// 100 tokens is hourly.
    ClientToken,
    /// Exchanges an authorization code or a refresh token. Never repeated: the lost
    /// response may have spent it.
    SingleUseGrant,
}

impl Operation {
    /// Whether it may be repeated after a response with this status.
    #[must_use]
    pub const fn may_repeat(self, status: u16) -> bool {
        match self {
            // These prove that nothing was queued.
            Operation::Distribute => matches!(status, 409 | 429),
            Operation::Read => matches!(status, 429 | 500..=599),
            Operation::ClientToken => matches!(status, 500..=599),
            Operation::SingleUseGrant => false,
        }
    }

    /// Whether it may be repeated after a connection failed, even if the request was
    /// sent.
    #[must_use]
    pub const fn may_repeat_lost(self) -> bool {
        matches!(self, Operation::Read | Operation::ClientToken)
    }

    /// Whether it carries an access token.
    #[must_use]
    pub const fn is_authorized(self) -> bool {
        matches!(self, Operation::Distribute | Operation::Read)
    }

    /// What is known without a response; `was_sent` is false only if it is proven that
    /// the request was never sent.
    #[must_use]
    pub const fn lost(self, was_sent: bool) -> Queued {
        if was_sent { self.unproven() } else { Queued::No }
    }

    /// What is known after a response that proves nothing.
    #[must_use]
    pub const fn unproven(self) -> Queued {
        if matches!(self, Operation::Distribute) { Queued::Unknown } else { Queued::No }
    }
}

/// What a response proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Uber accepted the call.
    Accepted,
    /// Uber refused it: nothing was queued.
    Refused(ErrorCode),
    /// No proof either way.
    Unproven(ErrorCode),
}

impl Verdict {
    /// What the status alone proves.
    #[must_use]
    // Single statuses come before the ranges that contain them.
    #[allow(clippy::match_overlapping_arm)]
    pub const fn of_status(status: u16) -> Self {
        match status {
            200..=299 => Verdict::Accepted,
            400 => Verdict::Refused(ErrorCode::InvalidRequest),
            401 => Verdict::Refused(ErrorCode::Unauthorized),
            403 => Verdict::Refused(ErrorCode::UserNotAllowed),
            404 => Verdict::Refused(ErrorCode::ResourceNotFound),
            409 => Verdict::Refused(ErrorCode::Conflict),
            429 => Verdict::Refused(ErrorCode::RateLimited),
            // A gateway timeout: the request may have gone through.
            408 | 499 | 501..=599 => Verdict::Unproven(ErrorCode::ServerError),
            500 => Verdict::Unproven(ErrorCode::InternalServerError),
            400..=499 => Verdict::Refused(ErrorCode::Rejected),
            _ => Verdict::Unproven(ErrorCode::UnexpectedResponse),
        }
    }
}

/// What is known about a distribute call if only its error code was stored.
pub(crate) const fn queued_by(code: ErrorCode) -> Queued {
    match code {
        ErrorCode::InternalServerError
        | ErrorCode::ServerError
        | ErrorCode::UnexpectedResponse
        | ErrorCode::ConnectionFailed
        | ErrorCode::Timeout
        | ErrorCode::Aborted => Queued::Unknown,
        _ => Queued::No,
    }
}

/// What a job does with a refused batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BatchStep {
    /// Renew the token, if that was not done for this batch before; otherwise stop.
    RenewToken,
    /// Wait, then send it again.
    Wait,
    /// Reject its codes: the error is in this request, and another one may be accepted.
    Reject,
    /// Stop: one missing permission must not reject a million codes.
    Stop,
}

/// What a job does after a refusal with this status.
pub(crate) const fn after_refusal(status: u16) -> BatchStep {
    match status {
        401 => BatchStep::RenewToken,
        400 | 413 | 422 => BatchStep::Reject,
        status if Operation::Distribute.may_repeat(status) => BatchStep::Wait,
        _ => BatchStep::Stop,
    }
}

/// Whether a job requests a token again after this error. `status` is 0 without a
/// response.
pub(crate) const fn may_ask_token_again(code: ErrorCode, status: u16) -> bool {
    match code {
        ErrorCode::ConnectionFailed | ErrorCode::Timeout => true,
        // Not after a 429: the limit is hourly.
        ErrorCode::TokenUnavailable => status != 429,
        _ => false,
    }
}

/// The error for a response of the token endpoint without a token. `passes`: a 2xx
/// reports a temporary error, or none.
pub(crate) const fn token_error(status: u16, passes: bool) -> ErrorCode {
    match status {
        200..=299 if !passes => ErrorCode::TokenRejected,
        429 => ErrorCode::TokenUnavailable,
        400..=499 => ErrorCode::TokenRejected,
        _ => ErrorCode::TokenUnavailable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_distribute_call_that_may_have_been_sent_is_unknown() {
        for operation in [
            Operation::Read,
            Operation::ClientToken,
            Operation::SingleUseGrant,
            Operation::Distribute,
        ] {
            let unknown = operation == Operation::Distribute;
            assert_eq!(operation.lost(true) == Queued::Unknown, unknown, "{operation:?}");
            assert_eq!(operation.unproven() == Queued::Unknown, unknown, "{operation:?}");
            assert_eq!(operation.lost(false), Queued::No, "{operation:?}");
        }
    }

    #[test]
    fn a_job_rejects_a_batch_only_for_its_content() {
        for status in 400..500 {
            let expected = match status {
                401 => BatchStep::RenewToken,
                409 | 429 => BatchStep::Wait,
                400 | 413 | 422 => BatchStep::Reject,
                _ => BatchStep::Stop,
            };
            assert_eq!(after_refusal(status), expected, "{status}");
        }
    }

    #[test]
    fn a_token_is_requested_again_unless_the_hourly_limit_is_reached() {
        for (code, status, again) in [
            (ErrorCode::ConnectionFailed, 0, true),
            (ErrorCode::Timeout, 0, true),
            (ErrorCode::TokenUnavailable, 503, true),
            (ErrorCode::TokenUnavailable, 429, false),
            (ErrorCode::TokenRejected, 400, false),
            (ErrorCode::Aborted, 0, false),
        ] {
            assert_eq!(may_ask_token_again(code, status), again, "{code} {status}");
        }
    }
}
