//! The content of a webhook, and its signature.
//!
//! The envelope follows a public integration (inferred), the signature sibling products.
//! Each `/` is written as `\/`: Uber warns that parsing drops such backslashes, so a
//! receiver that verifies a body that it has parsed and serialized again fails here too.
//!
//! The body of `voucher_program_code_distributed` is **unknown**, and so is whether it is
//! sent for successes and for how many codes; these forms are the sandbox's own choice:
//!
//! | [`EventForm`] | |
//! | --- | --- |
//! | `Batch` | `"codes": [{ "code_uuid": "…", "status": "distributed" }, { "code_uuid": "…", "status": "failed", "reason": "…" }]` |
//! | `Code` | `"code_uuid": "…", "status": "failed", "reason": "…"`: one code, in the event itself |
//! | `Failures` | `"failed_codes": [{ "code_uuid": "…", "reason": "…" }]`, and no event where none failed |
//! | `Opaque` | `"report": [["…", 1], ["…", 2, "…"]]`, where 1 means distributed and 2 failed |

use serde_json::{Value, json};

use super::options::{EventForm, Options};
use super::random::{Purpose, Random, key_of};
use crate::code::Code;
use crate::http::percent_encode;
use crate::webhook::signature::sign;

const DISTRIBUTED: &str = "voucher_program_code_distributed";
/// The form of the event for a use follows a public integration (inferred). That it names
/// no code, and that it is sent at the moment of the use, are choices.
pub(super) const REDEEMED: &str = "voucher_program_code_redeemed";

/// A webhook as it is sent: a `POST` with these headers and exactly this body.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Webhook {
    /// Identifies it, for [`Sandbox::webhook_answered`](super::Sandbox::webhook_answered).
    pub id: u64,
    /// When it is sent, in epoch milliseconds.
    pub due_at: u64,
    /// Which attempt this is, from 1 to 7.
    pub attempt: u32,
    /// `X-Uber-Signature`, `X-Environment` and `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// The body that was signed.
    pub body: Vec<u8>,
}

/// The outcome of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its recipient.
    Distributed,
    /// It did not, for this reason.
    Failed(String),
}

/// The outcome of a code's delivery number `nth` (from 1), which depends on the seed and
/// the failure rate alone.
pub(super) fn outcome(seed: u64, failure_rate: f64, code: Code, nth: u32) -> Outcome {
    let mut random = Random::new(seed, Purpose::Outcome, key_of(code, nth));
    if !random.chance(failure_rate) {
        return Outcome::Distributed;
    }
    // The texts are choices; an invalid e-mail is the only reason that Uber names. The
    // last one contains an address, which a receiver should mask before showing it.
    Outcome::Failed(match random.between(0, 3) {
        0 => "invalid_email".to_owned(),
        1 => "invalid_phone_number".to_owned(),
        2 => "guest_not_found".to_owned(),
        _ => format!("Mailbox guest-{}@example.com is full", random.between(100, 999)),
    })
}

#[derive(Clone, Debug)]
pub(super) enum Event {
    Distributed {
        deliveries: Vec<(Code, u32)>,
        /// The rate when the deliveries were queued: a retry must report the same
        /// outcomes.
        failure_rate: f64,
        form: EventForm,
    },
    /// Its own members, for another type or program.
    Other(Value),
}

#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) due_at: u64,
    pub(super) attempt: u32,
    pub(super) message_id: Code,
    pub(super) created_at: u64,
    pub(super) organization: String,
    pub(super) program: String,
    pub(super) event: Event,
}

/// The members of an event that reports these outcomes.
fn distributed(form: EventForm, outcomes: impl Iterator<Item = (String, Outcome)>) -> Value {
    let mut entries = outcomes.map(|(code, outcome)| match (form, outcome) {
        (EventForm::Opaque, Outcome::Distributed) => json!([code, 1]),
        (EventForm::Opaque, Outcome::Failed(reason)) => json!([code, 2, reason]),
        (EventForm::Failures, Outcome::Failed(reason)) => {
            json!({ "code_uuid": code, "reason": reason })
        }
        (_, Outcome::Distributed) => json!({ "code_uuid": code, "status": "distributed" }),
        (_, Outcome::Failed(reason)) => {
            json!({ "code_uuid": code, "status": "failed", "reason": reason })
        }
    });
    let list = match form {
        EventForm::Code => {
            let mut event = entries.next().unwrap_or_default();
            if let Some(members) = event.as_object_mut() {
                members.insert("event_type".to_owned(), DISTRIBUTED.into());
            }
            return event;
        }
        EventForm::Batch => "codes",
        EventForm::Failures => "failed_codes",
        EventForm::Opaque => "report",
    };
    let mut event = json!({ "event_type": DISTRIBUTED });
    if let Some(members) = event.as_object_mut() {
        members.insert(list.to_owned(), entries.collect());
    }
    event
}

/// A correctly signed event without an outcome for the program of `beside`.
pub(super) fn foreign_event(beside: &Pending, random: &mut Random) -> Pending {
    let kind = random.between(0, 2);
    let program = if kind == 0 { random.uuid().to_string() } else { beside.program.clone() };
    let event = match kind {
        0 => Event::Other(json!({
            "event_type": DISTRIBUTED,
            "codes": [{ "code_uuid": random.uuid().to_string(), "status": "distributed" }],
        })),
        // Counts and amounts are strings in this family (inferred).
        1 => Event::Other(json!({
            "event_type": "voucher_program_code_claimed",
            "usage_voucher_claim_count": "1",
            "usage_amount": "100.0",
            "usage_amount_currency": "USD",
        })),
        _ => Event::Other(json!({ "event_type": "voucher_program_budget_nearly_spent" })),
    };
    Pending { message_id: random.uuid(), program, event, ..beside.clone() }
}

impl Pending {
    pub(super) fn signed(&self, options: &Options, id: u64) -> Webhook {
        let body = self.body(options).to_string().replace('/', "\\/").into_bytes();
        Webhook {
            id,
            due_at: self.due_at,
            attempt: self.attempt,
            headers: vec![
                ("Content-Type", "application/json".to_owned()),
                ("X-Environment", "sandbox".to_owned()),
                ("X-Uber-Signature", sign(&options.signing_key, &body)),
            ],
            body,
        }
    }

    fn body(&self, options: &Options) -> Value {
        let mut body = match &self.event {
            Event::Other(members) => members.clone(),
            Event::Distributed { deliveries, failure_rate, form } => {
                let outcomes = deliveries.iter().map(|(code, nth)| {
                    (code.to_string(), outcome(options.seed, *failure_rate, *code, *nth))
                });
                distributed(*form, outcomes)
            }
        };
        let href = format!(
            "https://api.uber.com/v1/organizations/{}/voucher-programs/{}",
            percent_encode(&self.organization),
            percent_encode(&self.program)
        );
        let envelope = json!({
            "organization_id": self.organization,
            "voucher_program_id": self.program,
            "resource_href": href,
            "webhook_meta": {
                "client_id": options.client_id.as_deref().unwrap_or("sandbox"),
                "webhook_config_id": body.get("event_type"),
                // Unix seconds (inferred).
                "webhook_msg_timestamp": self.created_at / 1_000,
                "webhook_msg_uuid": self.message_id.to_string(),
            },
        });
        if let (Some(members), Value::Object(envelope)) = (body.as_object_mut(), envelope) {
            members.extend(envelope);
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_depend_on_seed_code_and_delivery() {
        let code = Random::new(1, Purpose::Code, 1).uuid();
        let share = |rate: f64| {
            (1..=1_000).filter(|nth| outcome(1, rate, code, *nth) != Outcome::Distributed).count()
        };
        assert_eq!((share(0.0), share(1.0)), (0, 1_000));
        assert!((150..250).contains(&share(0.2)), "{}", share(0.2));
        assert_eq!(share(0.2), share(0.2));
    }
}
