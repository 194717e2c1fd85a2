//! Options of a sandbox.

use super::faults::Faults;
use crate::names::named;
use crate::secret::{ClientSecret, SigningKey};

/// The key that signs webhooks by default.
pub const DEFAULT_SIGNING_KEY: &str = "sandbox-signing-key";

named! {
    /// The form of the event that reports a distribution. Uber's form is unknown, so each
    /// of these is a choice; the table is in `events.rs`.
    #[non_exhaustive]
    pub enum EventForm {
        /// Up to 100 codes with their outcomes.
        Batch = "batch",
        /// One code.
        Code = "code",
        /// Up to 100 failed codes, without the others.
        Failures = "failures",
        /// Up to 100 codes in a form that this crate reads no outcome from.
        Opaque = "opaque",
    }
}

/// Options of a sandbox. The caller is checked only against the options that are set:
/// without an organization id every organization is served, and without a client id or
/// secret every app gets tokens.
#[derive(Clone, Debug)]
pub struct Options {
    /// The same seed and the same calls give the same run.
    pub seed: u64,
    /// The one organization for which the tokens are valid.
    pub organization_id: Option<String>,
    /// The one app that is known.
    pub client_id: Option<String>,
    /// Its secret.
    pub client_secret: Option<ClientSecret>,
    /// The key that signs webhooks. Default: [`DEFAULT_SIGNING_KEY`].
    pub signing_key: SigningKey,
    /// The range from which the delay of each response is drawn, in milliseconds.
    pub latency_ms: (u64, u64),
    /// The share of deliveries whose outcome is "failed".
    pub failure_rate: f64,
    /// The form of the events of later distributions.
    pub event_form: EventForm,
    /// The share of recipients who use their voucher after a later delivery: once, within
    /// three days.
    pub use_rate: f64,
    /// The faults and their probabilities.
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
