//! What can go wrong, with a stable code, what to do, and whether anything may
//! have been queued.

mod code;

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

pub(crate) use code::ONLY_DISTRIBUTES;
pub use code::{ErrorClass, ErrorCode};

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

/// What an error response carries besides its code.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApiDetail {
    /// The HTTP status; 0 if the host did not expose one.
    pub status: u16,
    /// The code in the body, verbatim.
    pub uber_code: Option<String>,
    /// The first 4 KiB of the body. It may contain anything, so don't log it.
    pub body: String,
    /// Uber's `x-uber-*` header fields.
    pub headers: Vec<(String, String)>,
    /// How long the response asks to wait, in milliseconds.
    pub retry_after_ms: Option<u64>,
    /// The hint of a worker in front of Uber, masked.
    pub hint: Option<String>,
}

/// Everything that can go wrong; see its [members](ErrorParts).
// In a box: almost every function can return one.
#[derive(Clone, PartialEq, Eq)]
pub struct Error(Box<ErrorParts>);

/// The details of an [`Error`].
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorParts {
    /// The stable code.
    pub code: ErrorCode,
    /// Whether Uber may have queued something.
    pub queued: Queued,
    /// What happened, in a sentence. Contains no secret and no recipient's data.
    pub message: String,
    /// What to do, unless the response has its own hint: the hint of the code, or a more
    /// specific one.
    pub hint: &'static str,
    /// Whether it is proven that the request was never sent, because no connection was
    /// made.
    pub unsent: bool,
    /// The response, if there was one.
    pub api: Option<ApiDetail>,
    source: Option<Source>,
}

/// The cause of an error.
// An error of this crate is not a `dyn Error` here: that would bring formatting into the
// wasm.
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
    /// Creates an error from a code and a sentence.
    #[must_use]
    pub fn new(code: ErrorCode, queued: Queued, message: impl Into<String>) -> Self {
        let message = message.into();
        let hint = code.hint();
        let (unsent, api, source) = (false, None, None);
        Self(Box::new(ErrorParts { code, queued, message, hint, unsent, api, source }))
    }

    /// Creates the error of a request that was never sent, because no connection was
    /// made.
    #[must_use]
    pub fn unsent(message: impl Into<String>) -> Self {
        let mut error = Self::new(ErrorCode::ConnectionFailed, Queued::No, message);
        error.0.unsent = true;
        error.with_hint(
            "Nothing was sent. Check the network, the base URL and the certificate; see the cause.",
        )
    }

    /// Creates the error of a call that is refused before anything is sent.
    #[must_use]
    pub fn validation(code: ErrorCode, message: impl Into<String>) -> Self {
        Self::new(code, Queued::No, message)
    }

    /// Adds the cause, such as the error of an HTTP client, as the
    /// [`source`](std::error::Error::source). It is not in the message.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Source::Foreign(Arc::new(source)));
        self
    }

    /// Adds the error of this crate that caused it.
    pub(crate) fn caused_by(mut self, error: Error) -> Self {
        self.0.source = Some(Source::Own(error));
        self
    }

    /// Replaces the hint of its code.
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.0.hint = hint;
        self
    }

    /// The details, for changes.
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

// Omits `body`, which can contain anything.
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
    fn texts_match_the_documentation() {
        assert_eq!([Queued::No, Queued::Unknown].map(Queued::as_str), ["no", "unknown"]);
        let error = Error::new(ErrorCode::Halted, Queued::Unknown, "Why");
        assert_eq!(error.to_string(), "Why (halted)");
        assert_eq!(format!("{error:?}"), "Error(Why (halted), queued: unknown)");
        assert_eq!(error.hint(), ErrorCode::Halted.hint());
        assert_eq!(error.with_hint("Wait.").hint(), "Wait.");
    }

    #[test]
    fn an_unsent_request_has_queued_nothing() {
        let error = Error::unsent("The request failed");
        assert_eq!((error.code, error.queued), (ErrorCode::ConnectionFailed, Queued::No));
        assert!(error.unsent && error.hint().starts_with("Nothing was sent."));
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
