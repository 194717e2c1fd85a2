//! How a sandbox is set up.

use super::faults::Faults;
use crate::names::named;
use crate::secret::{ClientSecret, SigningKey};

/// The key that signs webhooks unless another is given.
pub const DEFAULT_SIGNING_KEY: &str = "sandbox-signing-key";

named! {
    /// What the event that reports a distribution looks like. What Uber's holds is
    /// unknown, so each of these is a choice; the table is in `webhooks.rs`.
    pub enum EventForm {
        /// Up to 100 codes with their outcomes.
        Batch = "batch",
        /// One code.
        Code = "code",
        /// Up to 100 codes that failed; nothing of the others.
        Failures = "failures",
        /// Up to 100 codes in a form that our reader takes no outcome from.
        Opaque = "opaque",
    }
}

/// How a sandbox is set up. What identifies the caller is checked only where it
/// is set: without an organization id every organization is served, without a
/// client id or secret every app gets tokens.
#[derive(Clone, Debug)]
pub struct Options {
    /// Same seed and same calls, same run.
    pub seed: u64,
    /// The one organization that the tokens are good for.
    pub organization_id: Option<String>,
    /// The one app that is known.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<ClientSecret>,
    /// What signs webhooks: [`DEFAULT_SIGNING_KEY`].
    pub signing_key: SigningKey,
    /// How long an answer takes, from and to, in milliseconds; each is drawn.
    pub latency_ms: (u64, u64),
    /// The share of deliveries whose outcome is "failed".
    pub failure_rate: f64,
    /// What the events of later distributions look like.
    pub event_form: EventForm,
    /// The share of recipients who use their voucher after a later delivery that
    /// reached them: once, within three days of it.
    pub use_rate: f64,
    /// What goes wrong, and how often.
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            seed: 1,
            organization_id: None,
            client_id: None,
            client_secret: None,
            signing_key: SigningKey::new(DEFAULT_SIGNING_KEY),
            latency_ms: (20, 80),
            failure_rate: 0.0,
            event_form: EventForm::Batch,
            use_rate: 0.0,
            faults: Faults::default(),
        }
    }
}
