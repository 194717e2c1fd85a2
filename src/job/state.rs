//! The state of a code, and the evidence for a batch, from which it follows. This file
//! defines how a response or a decision changes the evidence; the diagram is in `mod.rs`.

use crate::names::named;

named! {
    /// What is known about one code.
    pub enum CodeState {
        /// Not sent yet.
        Pending = "pending",
        /// In a request that is under way.
        Sending = "sending",
        /// Uber accepted it. Delivery is reported later.
        Queued = "queued",
        /// It reached its recipient: reported by Uber, or in use.
        Distributed = "distributed",
        /// It did not reach its recipient: reported by Uber.
        Failed = "failed",
        /// Uber refused the request. Nothing was queued.
        Rejected = "rejected",
        /// It was sent, and no response proves either way. It is not sent again until you
        /// decide.
        Unknown = "unknown",
        /// You decided not to send it, or not to track it any more.
        Abandoned = "abandoned",
    }
}

/// The source of a code's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// No evidence from outside.
    None,
    /// The response to the request.
    Response,
    /// A webhook from Uber.
    Webhook,
    /// Uber's read endpoints, which show that it was claimed or used.
    Usage,
    /// A decision of the operator.
    Operator,
}

impl Source {
    /// All sources, in the order of their numbers.
    pub const ALL: &'static [Source] =
        &[Source::None, Source::Response, Source::Webhook, Source::Usage, Source::Operator];

    /// The name in the documentation and in JavaScript. None if there is no source.
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            Source::None => None,
            Source::Response => Some("answer"),
            Source::Webhook => Some("webhook"),
            Source::Usage => Some("usage"),
            Source::Operator => Some("operator"),
        }
    }
}

/// What is known about a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It was never sent, or it is proven that nothing was queued.
    Idle,
    /// It is under way, and no earlier send is unresolved.
    Sending,
    /// The request was refused because of its content.
    Refused,
    /// It was sent, and there is no proof either way.
    Unknown,
    /// Uber accepted it.
    Accepted,
    /// The operator decided that it was accepted.
    MarkedQueued,
    /// As `Unknown`, and about to be sent again.
    Resend,
    /// Under way again, while the first send is unresolved.
    Resending,
    /// Abandoned before it was sent.
    Cancelled,
    /// Abandoned after it was sent.
    Abandoned,
}

impl Evidence {
    /// The state of the batch's codes that have no outcome.
    pub(super) const fn state(self) -> CodeState {
        match self {
            Evidence::Idle => CodeState::Pending,
            Evidence::Sending | Evidence::Resending => CodeState::Sending,
            Evidence::Refused => CodeState::Rejected,
            Evidence::Unknown | Evidence::Resend => CodeState::Unknown,
            Evidence::Accepted | Evidence::MarkedQueued => CodeState::Queued,
            Evidence::Cancelled | Evidence::Abandoned => CodeState::Abandoned,
        }
    }

    pub(super) const fn by(self) -> Source {
        match self {
            Evidence::Accepted | Evidence::Refused => Source::Response,
            Evidence::MarkedQueued | Evidence::Cancelled | Evidence::Abandoned => Source::Operator,
            _ => Source::None,
        }
    }

    /// Whether an outcome can belong to a send of this job.
    pub(super) const fn retains_outcomes(self) -> bool {
        !matches!(self, Evidence::Idle | Evidence::Refused | Evidence::Cancelled)
    }

    /// Whether outcomes of this batch are visible yet.
    pub(super) const fn outcomes_visible(self) -> bool {
        self.retains_outcomes() && !matches!(self, Evidence::Sending)
    }

    /// Whether it waits to be sent.
    pub(super) const fn is_waiting(self) -> bool {
        matches!(self, Evidence::Idle | Evidence::Resend)
    }

    /// Whether it is under way.
    pub(super) const fn is_sending(self) -> bool {
        matches!(self, Evidence::Sending | Evidence::Resending)
    }

    /// The evidence once it is sent. None if it is not waiting.
    pub(super) const fn sent(self) -> Option<Self> {
        match self {
            Evidence::Idle => Some(Evidence::Sending),
            Evidence::Resend => Some(Evidence::Resending),
            _ => None,
        }
    }

    /// The evidence after a response that proves this. None if it is not under way.
    pub(super) const fn answered(self, result: SendResult) -> Option<Self> {
        Some(match (self, result) {
            (Evidence::Sending | Evidence::Resending, SendResult::Accepted) => Evidence::Accepted,
            (Evidence::Sending, SendResult::Refused) => Evidence::Refused,
            (Evidence::Sending, SendResult::Retry) => Evidence::Idle,
            (Evidence::Resending, SendResult::Retry) => Evidence::Resend,
            // The first send is unresolved, whatever the second one came to.
            (Evidence::Resending, SendResult::Refused)
            | (Evidence::Sending | Evidence::Resending, SendResult::Unknown) => Evidence::Unknown,
            _ => return None,
        })
    }

    /// The evidence after this decision. None if it can't be decided.
    pub(super) const fn decided(self, decision: Decision) -> Option<Self> {
        Some(match (self, decision) {
            (Evidence::Idle, Decision::Abandon) => Evidence::Cancelled,
            (Evidence::Unknown | Evidence::Resend, Decision::Resend) => Evidence::Resend,
            (Evidence::Unknown | Evidence::Resend, Decision::Queued) => Evidence::MarkedQueued,
            (Evidence::Unknown | Evidence::Resend, Decision::Abandon) => Evidence::Abandoned,
            _ => return None,
        })
    }
}

/// What a response proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SendResult {
    Accepted,
    /// Nothing was queued, and sending the same again is pointless.
    Refused,
    /// Nothing was queued, and it may be sent again.
    Retry,
    /// No proof either way.
    Unknown,
}

named! {
    /// The operator's decision about unknown codes.
    pub enum Decision {
        /// Sends again the codes that have no outcome. Some recipients may get two
        /// messages.
        Resend = "resend",
        /// Treats them as queued.
        Queued = "queued",
        /// Stops here: leaves unknown codes as they are, never sends pending ones.
        Abandon = "abandon",
    }
}
