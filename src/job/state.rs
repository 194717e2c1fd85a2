//! The state of a code, and the evidence for a batch, from which it follows. How a
//! response or a decision changes the evidence is here; the diagram is in `mod.rs`.

use crate::names::named;

named! {
    /// What is known of one code.
    pub enum CodeState {
        /// Not sent yet.
        Pending = "pending",
        /// In a request that is under way.
        Sending = "sending",
        /// Uber accepted it. Delivery is reported later.
        Queued = "queued",
        /// Reported by Uber, or in use: it reached its recipient.
        Distributed = "distributed",
        /// Reported by Uber: it did not.
        Failed = "failed",
        /// Uber refused the request. Nothing was queued.
        Rejected = "rejected",
        /// It left, and no answer proves either way. It is not sent again until you decide.
        Unknown = "unknown",
        /// You decided that it is not sent, or not looked after.
        Abandoned = "abandoned",
    }
}

/// The source of a code's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// No evidence from outside.
    Nobody,
    /// The answer to the request.
    Answer,
    /// A webhook from Uber.
    Webhook,
    /// Uber's read endpoints, which show that it was claimed or used.
    Usage,
    /// A decision of the operator.
    Operator,
}

impl By {
    /// All of them, in the order of their numbers.
    pub const ALL: &'static [By] = &[By::Nobody, By::Answer, By::Webhook, By::Usage, By::Operator];

    /// The name in the docs and in JavaScript; none for [`By::Nobody`].
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            By::Nobody => None,
            By::Answer => Some("answer"),
            By::Webhook => Some("webhook"),
            By::Usage => Some("usage"),
            By::Operator => Some("operator"),
        }
    }
}

/// What is known of a batch.
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

    pub(super) const fn by(self) -> By {
        match self {
            Evidence::Accepted | Evidence::Refused => By::Answer,
            Evidence::MarkedQueued | Evidence::Cancelled | Evidence::Abandoned => By::Operator,
            _ => By::Nobody,
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
    pub(super) const fn answered(self, proof: Proof) -> Option<Self> {
        Some(match (self, proof) {
            (Evidence::Sending | Evidence::Resending, Proof::Accepted) => Evidence::Accepted,
            (Evidence::Sending, Proof::Refused) => Evidence::Refused,
            (Evidence::Sending, Proof::Retry) => Evidence::Idle,
            (Evidence::Resending, Proof::Retry) => Evidence::Resend,
            // The first send is unresolved, whatever the second one came to.
            (Evidence::Resending, Proof::Refused)
            | (Evidence::Sending | Evidence::Resending, Proof::Unknown) => Evidence::Unknown,
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

/// What a response proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Accepted,
    /// Nothing was queued, and sending the same again is pointless.
    Refused,
    /// Nothing was queued, and it may be sent again.
    Retry,
    /// Nothing.
    Unknown,
}

named! {
    /// What the operator decides about unknown codes.
    pub enum Decision {
        /// Send again those that have no outcome. Some people may get two messages.
        Resend = "resend",
        /// Take them for queued.
        Queued = "queued",
        /// Stop here: leave unknown codes as they are, never send pending ones.
        Abandon = "abandon",
    }
}
