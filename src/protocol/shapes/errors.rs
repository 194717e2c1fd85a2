//! An error of the core.

use crate::error::{Error, ErrorClass, ErrorCode, Queued};
use crate::protocol::shape::{Fields, Maybe, crossing, shape};

/// The JavaScript class of an error (`src/js/errors.ts`).
const fn class_name(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Validation => "ValidationError",
        ErrorClass::Api => "ApiError",
        ErrorClass::Connection => "ConnectionError",
        ErrorClass::Job => "JobError",
        ErrorClass::Webhook => "WebhookError",
    }
}

crossing! {
    ErrorCode => "ErrorCode", code: code.as_str().into();
    Queued => "\"no\" | \"unknown\"", queued: queued.as_str().into();
}

shape! {
    /// The parts of an error, in the form in which the core passes them.
    ErrorParts<'a> of error: &'a Error {
        /// The name of the class.
        class: &'a str = class_name(error.code.class()),
        /// The error code, which is stable.
        code: ErrorCode = error.code,
        /// Whether Uber may have queued something because of this call.
        queued: Queued = error.queued,
        /// What to do.
        hint: &'a str = error.hint(),
        /// What happened, in one sentence.
        message: &'a str = error.message.as_str(),
        /// The HTTP status, of an `ApiError`.
        status: Maybe<u16> = Maybe(error.api.as_ref().map(|api| api.status)),
        /// The error code in the body, of an `ApiError`.
        uberCode: Maybe<Option<&'a str>> =
            Maybe(error.api.as_ref().map(|api| api.uber_code.as_deref())),
        /// The first 4 KiB of the body.
        body: Maybe<&'a str> = Maybe(error.api.as_ref().map(|api| api.body.as_str())),
        /// Uber's `x-uber-*` header fields.
        headers: Maybe<Fields<'a>> = Maybe(error.api.as_ref().map(|api| Fields(&api.headers))),
        /// How long the response asked to wait, in milliseconds.
        retryAfterMs: Maybe<Option<u64>> = Maybe(error.api.as_ref().map(|api| api.retry_after_ms)),
        /// @internal Whether it is proven that the request was never sent.
        unsent: Maybe<bool> = Maybe(error.unsent.then_some(true)),
    }
    javascript {
        /// What the host threw.
        "cause?": "unknown",
        /// The entries that stopped the call.
        "issues?": "Issue[]",
    }
}
