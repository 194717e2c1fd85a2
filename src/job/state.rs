//! The states: of a code, and the evidence for a batch, from which they follow. What an
//! answer or a decision makes of it is here; the diagram is in `mod.rs`.

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

/// What the state of a code rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Nothing but what was done here.
    Nobody,
    /// The answer to the request.
    Answer,
    /// What Uber reported later.
    Webhook,
    /// What Uber's read endpoints say: it was claimed or used.
    Usage,
    /// A decision of the operator's.
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
    /// It never left, or only with proof that nothing was queued.
    Idle,
    /// It is under way for the first time, as far as there is no proof.
    Sending,
    /// The request was refused for what was in it.
    Refused,
    /// It left, and there is no proof either way.
    Unknown,
    /// Accepted, by Uber.
    Accepted,
    /// Accepted, says the operator.
    MarkedQueued,
    /// As `Unknown`, and to leave again.
    Resend,
    /// Under way again, with the first send still open.
    Resending,
    /// Given up before it left.
    Cancelled,
    /// Given up after it left.
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

    /// Whether an outcome counts by now.
    pub(super) const fn outcomes_visible(self) -> bool {
        self.retains_outcomes() && !matches!(self, Evidence::Sending)
    }

    /// Whether it is to leave.
    pub(super) const fn is_waiting(self) -> bool {
        matches!(self, Evidence::Idle | Evidence::Resend)
    }

    /// Whether it is under way.
    pub(super) const fn is_sending(self) -> bool {
        matches!(self, Evidence::Sending | Evidence::Resending)
    }

    /// It leaves. None if it is not to.
    pub(super) const fn sent(self) -> Option<Self> {
        match self {
            Evidence::Idle => Some(Evidence::Sending),
            Evidence::Resend => Some(Evidence::Resending),
            _ => None,
        }
    }

    /// An answer proves that. None if it is not under way.
    pub(super) const fn answered(self, proof: Proof) -> Option<Self> {
        Some(match (self, proof) {
            (Evidence::Sending | Evidence::Resending, Proof::Accepted) => Evidence::Accepted,
            (Evidence::Sending, Proof::Refused) => Evidence::Refused,
            (Evidence::Sending, Proof::Retry) => Evidence::Idle,
            (Evidence::Resending, Proof::Retry) => Evidence::Resend,
            // The first send is still open, whatever came of the second.
            (Evidence::Resending, Proof::Refused)
            | (Evidence::Sending | Evidence::Resending, Proof::Unknown) => Evidence::Unknown,
            _ => return None,
        })
    }

    /// The operator decides that. None if that is not to be decided.
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

/// What an answer proved.
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
    /// What the operator decides about codes whose fate is unknown.
    pub enum Decision {
        /// Send again those that have no outcome. Some people may get two messages.
        Resend = "resend",
        /// Take them for queued.
        Queued = "queued",
        /// Leave it at that; or, of what is pending, never send it.
        Abandon = "abandon",
    }
}
