//! What can go wrong, with a stable code, what to do, and whether anything may
//! have been queued.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// Whether Uber may have queued something because of the call that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queued {
    /// It is proven that nothing was queued.
    No,
    /// There is no proof either way. Sending again may send twice.
    Unknown,
}

impl Queued {
    /// `"no"` or `"unknown"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Queued::No => "no",
            Queued::Unknown => "unknown",
        }
    }
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorClass {
    /// Refused before anything left.
    Validation,
    /// Uber, or its token endpoint, answered.
    Api,
    /// No answer came.
    Connection,
    /// The job, or its journal, can't go on.
    Job,
    /// A webhook was refused.
    Webhook,
}

impl ErrorClass {
    /// A text of an error of this class; none in a module that only distributes and never
    /// has such an error.
    const fn reached(self, text: &'static str) -> &'static str {
        match self {
            Self::Job | Self::Webhook if ONLY_DISTRIBUTES => "unknown",
            _ => text,
        }
    }
}

/// Whether this is a module without jobs, webhooks and lists of several programs.
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
            /// Every code there is.
            pub const ALL: &'static [ErrorCode] = &[$(ErrorCode::$variant),*];

            /// The code as the docs spell it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(ErrorCode::$variant => const { ErrorClass::$class.reached($text) },)*
                }
            }

            /// The code of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|code| code.as_str() == name)
            }

            /// The kind of error that carries this code.
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
    /// At least one entry of the list is no code.
    InvalidCodes = "invalid_codes", Validation,
        "Correct the entries in `issues`, or pass what `valid()` of the parsed list returns.";
    /// The list holds no code. An empty list would reach everybody.
    EmptyCodes = "empty_codes", Validation,
        "Pass at least one code. Sending all codes of a program is a separate call.";
    /// More codes than one call takes.
    TooManyCodes = "too_many_codes", Validation,
        "Create a job: it sends a list of any length.";
    /// 400: Uber found the request not valid.
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
        "Wait as long as the answer asks, then call again.";
    /// Another 4xx: Uber refused the request.
    Rejected = "rejected", Api,
        "See `status` and `body`.";
    /// 500: a fault at Uber.
    InternalServerError = "internal_server_error", Api,
        "Look for webhooks or claims before you send again.";
    /// Another 5xx, 408 or 499: no proof either way.
    ServerError = "server_error", Api,
        "Look for webhooks or claims before you send again.";
    /// An answer that isn't Uber's: a redirect, a web page, no status.
    UnexpectedResponse = "unexpected_response", Api,
        "Check the base URL, and any proxy on the way to Uber.";
    /// The token endpoint refused to give a token.
    TokenRejected = "token_rejected", Api,
        "Check client id, client secret and scope; see Uber's own code.";
    /// The token endpoint could not give a token now.
    TokenUnavailable = "token_unavailable", Api,
        "Try later. Uber gives 100 tokens an hour: share one through `cache`.";
    /// The connection failed.
    ConnectionFailed = "connection_failed", Connection,
        "See `cause`, and `queued` before you send again.";
    /// No answer within the time allowed.
    Timeout = "timeout", Connection,
        "See `queued` before you send again. A longer timeout may help.";
    /// The caller's signal was aborted.
    Aborted = "aborted", Connection,
        "See `queued` before you send again.";
    /// A record of the journal is not what was written.
    JournalCorrupt = "journal_corrupt", Job,
        "Take a copy of the journal from before, and resume it with `restored: true`.";
    /// The journal lacks a part of what was in it.
    JournalLost = "journal_lost", Job,
        "Do not send this list again: a part may be sent. The job that was open has `results()`; a copy resumes with `restored: true`.";
    /// The journal is another job's, or of another version.
    JournalMismatch = "journal_mismatch", Job,
        "Pass this very job's journal. A new one is a new job, which sends all codes.";
    /// The operator decided about what is not unknown.
    NotUnknown = "not_unknown", Job,
        "Decide only about batches that are unknown; pending ones can be abandoned.";
    /// Three answers in a row proved nothing.
    Halted = "halted", Job,
        "Find out what is wrong with Uber or the connection, then run the job again.";
    /// The webhook carries no signature.
    MissingSignature = "missing_signature", Webhook,
        "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
    /// The signature can't be one.
    MalformedSignature = "malformed_signature", Webhook,
        "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
    /// No key made this signature for this body.
    SignatureMismatch = "signature_mismatch", Webhook,
        "Pass the raw body, X-Uber-Signature as it came, and every key in use. If you did, answer 401.";
    /// There is no key to check with, or one that anybody has.
    NoSigningKey = "no_signing_key", Webhook,
        "Pass the signing key of the app's settings at Uber.";
    /// The body is well signed and no event.
    MalformedBody = "malformed_body", Webhook,
        "See `cause`.";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// What a response that is an error carries beside its code.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiDetail {
    /// The HTTP status; 0 where the host showed none.
    pub status: u16,
    /// The code in the body, verbatim.
    pub uber_code: Option<String>,
    /// The first 4 KiB of the body. For the caller's eyes.
    pub body: String,
    /// Uber's `x-uber-*` header fields.
    pub headers: Vec<(String, String)>,
    /// How long the answer asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// What to do, in the words of a worker in front of Uber, masked.
    pub hint: Option<String>,
}

/// Everything that can go wrong; see its [members](ErrorParts).
// In a box: almost every function can return one.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<ErrorParts>);

/// What an [`Error`] says.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorParts {
    /// The stable code.
    pub code: ErrorCode,
    /// Whether Uber may have queued something.
    pub queued: Queued,
    /// What happened, in a sentence. Holds no secret and no recipient's data.
    pub message: String,
    /// What to do, unless the answer says so itself: what its code says, or
    /// more where more is known.
    pub hint: &'static str,
    /// Whether it is proven that the request never left: no connection was made.
    pub unsent: bool,
    /// The answer, where there was one.
    pub api: Option<ApiDetail>,
    source: Option<Source>,
}

/// What led to an error.
// One of ours is no `dyn Error` here: that would bring the formatting into the wasm.
#[derive(Clone)]
enum Source {
    Own(Error),
    Foreign(Arc<dyn std::error::Error + Send + Sync>),
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Source::Own(one), Source::Own(other)) => one == other,
            (Source::Foreign(one), Source::Foreign(other)) => Arc::ptr_eq(one, other),
            _ => false,
        }
    }
}

impl Eq for Source {}

impl Error {
    /// An error with nothing but its code and a sentence.
    #[must_use]
    pub fn new(code: ErrorCode, queued: Queued, message: impl Into<String>) -> Self {
        let message = message.into();
        let hint = code.hint();
        let (unsent, api, source) = (false, None, None);
        Self(Box::new(ErrorParts { code, queued, message, hint, unsent, api, source }))
    }

    /// No connection was made, so the request never left.
    #[must_use]
    pub fn unsent(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorCode::ConnectionFailed, Queued::No, message);
        error.0.unsent = true;
        error.with_hint(
            "Nothing has left. Check the network, the base URL and the certificate; see `cause`.",
        )
    }

    /// Refused before anything left.
    #[must_use]
    pub fn validation(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(code, Queued::No, message)
    }

    /// With what led to it, such as the error of an HTTP client, as its
    /// [`source`](std::error::Error::source). It is not in the message.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Source::Foreign(Arc::new(source)));
        self
    }

    /// With the error of this crate that led to it.
    pub(crate) fn caused_by(mut self, error: Error) -> Self {
        self.0.source = Some(Source::Own(error));
        self
    }

    /// With another hint than that of its code.
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = hint;
        self
    }

    /// Its members, to be changed.
    pub(crate) fn parts_mut(&mut self) -> &mut ErrorParts {
        &mut self.0
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &str {
        self.api.as_ref().and_then(|api| api.hint.as_deref()).unwrap_or(self.hint)
    }
}

impl Deref for Error {
    type Target = ErrorParts;

    fn deref(&self) -> &ErrorParts {
        &self.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.message, self.code)
    }
}

// Without `body`: it can hold anything.
impl fmt::Debug for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Error({self}, queued: {})", self.queued.as_str())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self.0.source.as_ref()? {
            Source::Own(error) => Some(error),
            Source::Foreign(error) => Some(error.as_ref()),
        }
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
        }
    }

    #[test]
    fn names_are_those_of_the_docs() {
        assert_eq!([Queued::No, Queued::Unknown].map(Queued::as_str), ["no", "unknown"]);
        for code in ErrorCode::ALL {
            assert_eq!(code.to_string(), code.as_str());
            assert_eq!(ErrorCode::from_name(code.as_str()), Some(*code));
        }
        assert_eq!(ErrorCode::from_name(""), None);
        let error = Error::new(ErrorCode::Halted, Queued::Unknown, "Why");
        assert_eq!(error.to_string(), "Why (halted)");
        assert_eq!(format!("{error:?}"), "Error(Why (halted), queued: unknown)");
        assert_eq!(error.hint(), ErrorCode::Halted.hint());
        assert_eq!(error.with_hint("Wait.").hint(), "Wait.");
    }

    #[test]
    fn what_never_left_has_queued_nothing() {
        let error = Error::unsent("The request failed");
        assert_eq!((error.code, error.queued), (ErrorCode::ConnectionFailed, Queued::No));
        assert!(error.unsent && error.hint().starts_with("Nothing has left."));
        assert!(!Error::new(ErrorCode::ConnectionFailed, Queued::No, "").unsent);
    }

    #[test]
    fn the_source_is_kept_and_not_printed() {
        use std::error::Error as _;
        let error = Error::unsent("The request failed");
        assert!(error.source().is_none());
        let refused = || std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let caused = error.clone().with_source(refused());
        let source = caused.source().unwrap().downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(source.kind(), std::io::ErrorKind::ConnectionRefused);
        assert_eq!((caused.clone() == caused, caused == error), (true, false));
        assert_ne!(caused, error.clone().with_source(refused()));
        assert!(!format!("{caused} {caused:?}").contains("refused"));
        let halted = Error::new(ErrorCode::Halted, Queued::Unknown, "Why").caused_by(caused);
        let own = halted.source().unwrap();
        assert!(own.is::<Error>() && own.source().unwrap().is::<std::io::Error>());
    }

    #[test]
    fn debug_prints_no_body() {
        let mut error = Error::validation(ErrorCode::InvalidRequest, "Uber refused the request");
        error.parts_mut().api = Some(ApiDetail {
            status: 400,
            uber_code: None,
            body: "jane@example.com".into(),
            headers: vec![],
            retry_after_ms: None,
            hint: None,
        });
        let printed = format!("{error:?} {error}");
        assert!(!printed.contains("jane"), "{printed}");
    }
}
