//! The stable codes of errors, each with its class and what to do.

use std::fmt;

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Refused before anything was sent.
    Validation,
    /// Uber, or its token endpoint, responded.
    Api,
    /// No response arrived.
    Connection,
    /// The job can't continue, or its journal can't be used.
    Job,
    /// A webhook was refused.
    Webhook,
}

impl ErrorClass {
    /// A text for errors of this class. It is empty in a module that only distributes and
    /// never has such an error.
    const fn reached(self, text: &'static str) -> &'static str {
        match self {
            Self::Job | Self::Webhook if ONLY_DISTRIBUTES => "unknown",
            _ => text,
        }
    }
}

/// Whether this module has no jobs, webhooks and lists of several programs.
pub(crate) const ONLY_DISTRIBUTES: bool = cfg!(all(feature = "js", not(feature = "jobs")));

macro_rules! error_codes {
    ($($(#[$docs:meta])* $variant:ident = $text:literal, $class:ident, $hint:literal;)*) => {
        /// The stable code of an error.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$docs])* $variant,)*
        }

        impl ErrorCode {
            /// All codes.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The code as it is written in the documentation.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => const { ErrorClass::$class.reached($text) },)*
                }
            }

            /// The code with this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// The class of the errors with this code.
            #[must_use]
            pub const fn class(self) -> ErrorClass {
                match self {
                    $(ErrorCode::$variant => ErrorClass::$class,)*
                }
            }

            /// What to do about it.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => const { ErrorClass::$class.reached($hint) },)*
                }
            }
        }
    };
}

error_codes! {
    /// An option has a wrong name, type or value.
    InvalidOptions = "invalid_options", Validation,
        "Correct the option that the message names.";
    /// The organization id can't be one path segment.
    InvalidOrganizationId = "invalid_organization_id", Validation,
        "Pass the organization id that Uber gave you.";
    /// The voucher program id can't be one path segment.
    InvalidProgramId = "invalid_program_id", Validation,
        "Pass the voucher_program_id of the program.";
    /// At least one entry of the list is not a code.
    InvalidCodes = "invalid_codes", Validation,
        "Correct the rejected entries, or leave them out on purpose.";
    /// The list is empty. To Uber, an empty list means every code of the program.
    EmptyCodes = "empty_codes", Validation,
        "Pass at least one code. Sending all codes of a program is a separate call.";
    /// More codes than one call takes.
    TooManyCodes = "too_many_codes", Validation,
        "Create a job: it sends a list of any length.";
    /// 400: the request is not valid.
    InvalidRequest = "invalid_request", Api,
        "Check the program and the codes.";
    /// 401: the token is missing, expired or displaced.
    Unauthorized = "unauthorized", Api,
        "Get a new access token, with the voucher scope.";
    /// 403: the caller may not do this.
    UserNotAllowed = "user_not_allowed", Api,
        "Ask Uber to grant this app the voucher scope for this organization.";
    /// 404: there is no such program.
    ResourceNotFound = "resource_not_found", Api,
        "Check the organization id, the program id and the base URL.";
    /// 409: for example, the program's codes are still being generated.
    Conflict = "conflict", Api,
        "Call again when the program's codes have been generated.";
    /// 429: too many requests.
    RateLimited = "rate_limited", Api,
        "Wait for as long as the response asks, then call again.";
    /// Another 4xx: Uber refused the request.
    Rejected = "rejected", Api,
        "See `status` and `body`.";
    /// 500: an error at Uber.
    InternalServerError = "internal_server_error", Api,
        "Look for webhooks or claims before you send again.";
    /// Another 5xx, 408 or 499: no proof either way.
    ServerError = "server_error", Api,
        "Look for webhooks or claims before you send again.";
    /// The response is not from Uber's API: a redirect, a web page, no status.
    UnexpectedResponse = "unexpected_response", Api,
        "Check the base URL, and any proxy on the way to Uber.";
    /// The token endpoint refused to issue a token.
    TokenRejected = "token_rejected", Api,
        "Check client id, client secret and scope; see Uber's own code.";
    /// The token endpoint can't issue a token at the moment.
    TokenUnavailable = "token_unavailable", Api,
        "Try again later. Uber issues 100 tokens an hour: processes should share one.";
    /// The connection failed.
    ConnectionFailed = "connection_failed", Connection,
        "See the cause, and `queued` before you send again.";
    /// There was no response within the time allowed.
    Timeout = "timeout", Connection,
        "See `queued` before you send again.";
    /// The caller's signal was aborted.
    Aborted = "aborted", Connection,
        "See `queued` before you send again.";
    /// A record of the journal is damaged.
    JournalCorrupt = "journal_corrupt", Job,
        "Resume an earlier copy of the journal, as a restored one.";
    /// The journal is shorter than it was.
    JournalLost = "journal_lost", Job,
        "Do not send this list again: some of it may have been sent. If the job is still open, save its results; resume a copy of the journal as a restored one.";
    /// The journal belongs to another job, or has another version.
    JournalMismatch = "journal_mismatch", Job,
        "Pass the journal of this job. With a new journal, the job starts over and sends all codes.";
    /// The decision does not apply: the batch is not unknown.
    NotUnknown = "not_unknown", Job,
        "Decide only about unknown batches; pending ones can be abandoned.";
    /// Three requests in a row had no conclusive response.
    Halted = "halted", Job,
        "Find out what is wrong with Uber or the connection, then run the job again.";
    /// The webhook has no signature.
    MissingSignature = "missing_signature", Webhook,
        "Pass the raw body, the unchanged X-Uber-Signature and every key in use. If you do, respond with 401.";
    /// The signature is malformed.
    MalformedSignature = "malformed_signature", Webhook,
        "Pass the raw body, the unchanged X-Uber-Signature and every key in use. If you do, respond with 401.";
    /// The signature matches none of the keys.
    SignatureMismatch = "signature_mismatch", Webhook,
        "Pass the raw body, the unchanged X-Uber-Signature and every key in use. If you do, respond with 401.";
    /// There is no signing key, or an empty one.
    NoSigningKey = "no_signing_key", Webhook,
        "Pass the signing key of the app's settings at Uber.";
    /// The body is correctly signed, but it is not an event.
    MalformedBody = "malformed_body", Webhook,
        "Look at the body: Uber signed it.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_every_one_has_a_hint() {
        let mut seen = std::collections::HashSet::new();
        for code in ErrorCode::ALL {
            assert!(seen.insert(code.as_str()));
            assert!(code.hint().ends_with('.'), "{code}");
            // Names that programs in either language have.
            let mut quoted = code.hint().split('`').skip(1).step_by(2);
            assert!(quoted.all(|name| ["queued", "status", "body"].contains(&name)), "{code}");
        }
    }

    #[test]
    fn a_code_has_one_name() {
        for code in ErrorCode::ALL {
            assert_eq!(code.to_string(), code.as_str());
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::from_name(""), None);
    }
}
