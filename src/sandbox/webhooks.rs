//! The events that report what became of a distribution.
//!
//! Stated for vouchers: that results come by webhook, with possible partial
//! success, at least once and in any order. Stated for sibling products, and
//! taken over: the signature, seven attempts with a 30-second multiplier, 200 as
//! the acknowledgement. The envelope follows a public integration (inferred).
//! What is in the body of `voucher_program_code_distributed` is **unknown**, also
//! whether it comes for successes and for how many codes; these forms are the
//! sandbox's own choice:
//!
//! | [`EventForm`] | |
//! | --- | --- |
//! | `Batch` | `"codes": [{ "code_uuid": "…", "status": "distributed" }, { "code_uuid": "…", "status": "failed", "reason": "…" }]` |
//! | `Code` | `"code_uuid": "…", "status": "failed", "reason": "…"`: one code, in the event itself |
//! | `Failures` | `"failed_codes": [{ "code_uuid": "…", "reason": "…" }]`, and no event where none failed |
//! | `Opaque` | `"report": [["…", 1], ["…", 2, "…"]]`, where 1 means distributed and 2 failed |
//!
//! with at most 100 codes an event, each event one to five seconds after the
//! request but not before those announced earlier, and a retry under the same
//! message id, with the same outcomes. Each `/` is written as `\/`: Uber warns that
//! parsing drops such backslashes, so a receiver that signs what it has parsed and
//! written again fails here too.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::faults::Fault;
use super::options::{EventForm, Options};
use super::programs::{Program, USE_AMOUNT};
use super::random::{Purpose, Random, key_of};
use crate::code::Code;
use crate::http::percent_encode;
use crate::webhook::signature::sign;

const CODES_PER_EVENT: usize = 100;
const MOST_ATTEMPTS: u32 = 7;
const RETRY_MULTIPLIER: u64 = 30_000;
const DISTRIBUTED: &str = "voucher_program_code_distributed";
/// What such a use looks like follows a public integration (inferred). That it names
/// no code, and that it comes at the moment of the use, are choices.
const REDEEMED: &str = "voucher_program_code_redeemed";

/// A webhook as it goes out: a `POST` with these headers and exactly this body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Which one it is, for [`Sandbox::webhook_answered`](super::Sandbox::webhook_answered).
    pub id: u64,
    /// When it goes out, in epoch milliseconds.
    pub due_at: u64,
    /// Which attempt this is, from 1 to 7.
    pub attempt: u32,
    /// `X-Uber-Signature`, `X-Environment` and `Content-Type`.
    pub headers: Vec<(&'static str, String)>,
    /// The body that was signed.
    pub body: Vec<u8>,
}

/// What became of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It reached its recipient.
    Distributed,
    /// It did not, and this is why.
    Failed(String),
}

/// The outcome of a code's delivery number `nth` (from 1), which hangs on the
/// seed and the failure rate and on nothing else that happens.
pub(super) fn outcome(seed: u64, failure_rate: f64, code: Code, nth: u32) -> Outcome {
    let mut random = Random::new(seed, Purpose::Outcome, key_of(code, nth));
    if !random.chance(failure_rate) {
        return Outcome::Distributed;
    }
    // The words are choices; an invalid e-mail is the one reason Uber names. The
    // last holds an address, which a receiver should mask before it shows it.
    Outcome::Failed(match random.between(0, 3) {
        0 => "invalid_email".to_owned(),
        1 => "invalid_phone_number".to_owned(),
        2 => "guest_not_found".to_owned(),
        _ => format!("Mailbox guest-{}@example.com is full", random.between(100, 999)),
    })
}

#[derive(Clone, Debug)]
enum Event {
    Distributed {
        deliveries: Vec<(Code, u32)>,
        /// As they were when they were queued: a retry must say the same.
        failure_rate: f64,
        form: EventForm,
    },
    /// Members of their own, of another type or program.
    Other(Value),
}

#[derive(Clone, Debug)]
struct Pending {
    due_at: u64,
    attempt: u32,
    message_id: Code,
    created_at: u64,
    organization: String,
    program: String,
    event: Event,
}

/// All that has not been acknowledged or given up.
#[derive(Clone, Debug, Default)]
pub(super) struct Webhooks {
    /// By due time, then by id.
    waiting: BTreeMap<(u64, u64), Pending>,
    taken: BTreeMap<u64, Pending>,
    drawn: u64,
    last_due: u64,
    delivered: u64,
}

impl Webhooks {
    /// Announces what became of these deliveries.
    pub(super) fn report(
        &mut self,
        options: &Options,
        organization: &str,
        program: &str,
        deliveries: &[(Code, u32)],
        now: u64,
    ) {
        let form = options.event_form;
        let failed;
        let (reported, most) = match form {
            EventForm::Code => (deliveries, 1),
            EventForm::Failures => {
                let has_failed = |(code, nth): &(Code, u32)| {
                    outcome(options.seed, options.failure_rate, *code, *nth) != Outcome::Distributed
                };
                failed = deliveries.iter().copied().filter(has_failed).collect::<Vec<_>>();
                (failed.as_slice(), CODES_PER_EVENT)
            }
            EventForm::Batch | EventForm::Opaque => (deliveries, CODES_PER_EVENT),
        };
        for part in reported.chunks(most) {
            let (key, mut faults) = self.next(options, Purpose::WebhookFault);
            let (_, mut delay) = self.next(options, Purpose::WebhookDelay);
            // Without a fault, events come in order: of two that are due at
            // once, the one announced first goes first.
            let due_at = now.saturating_add(delay.between(1_000, 5_000)).max(self.last_due);
            self.last_due = due_at;
            let pending = Pending {
                due_at,
                attempt: 1,
                message_id: Random::new(options.seed, Purpose::WebhookId, key).uuid(),
                created_at: due_at,
                organization: organization.to_owned(),
                program: program.to_owned(),
                event: Event::Distributed {
                    deliveries: part.to_vec(),
                    failure_rate: options.failure_rate,
                    form,
                },
            };
            let mut strikes = |fault| faults.chance(options.faults.probability(fault));
            // All four are drawn, so that none of them moves another.
            let (lost, duplicated) =
                (strikes(Fault::WebhookLost), strikes(Fault::WebhookDuplicated));
            let (reordered, foreign) =
                (strikes(Fault::WebhookReordered), strikes(Fault::WebhookForeign));
            if foreign {
                self.add(foreign_event(&pending, &mut faults));
            }
            if lost {
                continue;
            }
            if duplicated {
                let mut copy = pending.clone();
                copy.due_at = due_at.saturating_add(faults.between(0, 60_000));
                if faults.coin() {
                    copy.message_id = faults.uuid();
                }
                self.add(copy);
            }
            let late = if reordered { faults.between(10_000, 60_000) } else { 0 };
            self.add(Pending { due_at: due_at.saturating_add(late), ..pending });
        }
    }

    /// Announces that a recipient used a voucher at that time.
    pub(super) fn report_use(
        &mut self,
        options: &Options,
        organization: String,
        program: &Program,
        at: u64,
    ) {
        let (_, mut random) = self.next(options, Purpose::WebhookId);
        // Counts and amounts are strings in this family (inferred).
        let event = json!({
            "event_type": REDEEMED,
            "usage_trip_count": "1",
            "usage_amount": format!("{USE_AMOUNT}.0"),
            "usage_amount_currency": program.currency_code(),
        });
        self.add(Pending {
            due_at: at,
            attempt: 1,
            message_id: random.uuid(),
            created_at: at,
            organization,
            program: program.id.clone(),
            event: Event::Other(event),
        });
    }

    /// What is due by now and not under way, in the order in which it goes out.
    pub(super) fn due(&self, options: &Options, now: u64) -> Vec<Webhook> {
        self.waiting
            .range(..=(now, u64::MAX))
            .map(|((_, id), pending)| pending.signed(options, *id))
            .collect()
    }

    /// Takes what is due by now, at most `most`.
    pub(super) fn take_due(&mut self, options: &Options, now: u64, most: usize) -> Vec<Webhook> {
        let mut due = Vec::new();
        while due.len() < most {
            let Some(first) = self.waiting.first_entry().filter(|first| first.key().0 <= now)
            else {
                break;
            };
            let ((_, id), pending) = first.remove_entry();
            due.push(pending.signed(options, id));
            self.taken.insert(id, pending);
        }
        due
    }

    /// Takes this one out of those that wait; false if it is not among them.
    pub(super) fn take(&mut self, id: u64, due_at: u64) -> bool {
        let Some(pending) = self.waiting.remove(&(due_at, id)) else {
            return false;
        };
        self.taken.insert(id, pending);
        true
    }

    /// The receiver acknowledged it, or did not: then it goes out again later,
    /// seven times in all.
    pub(super) fn answered(&mut self, id: u64, acknowledged: bool, now: u64) {
        let Some(mut pending) = self.taken.remove(&id) else {
            return;
        };
        if acknowledged {
            self.delivered += 1;
        } else if pending.attempt < MOST_ATTEMPTS {
            let backoff = RETRY_MULTIPLIER << (pending.attempt - 1);
            pending.due_at = now.saturating_add(backoff);
            pending.attempt += 1;
            self.waiting.insert((pending.due_at, id), pending);
        }
    }

    /// How many are neither acknowledged nor given up, due or not.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.taken.len()
    }

    /// How many were acknowledged.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// When the next one is due, if any waits.
    pub(super) fn next_due_at(&self) -> Option<u64> {
        self.waiting.first_key_value().map(|((due_at, _), _)| *due_at)
    }

    fn add(&mut self, pending: Pending) {
        let id = self.drawn;
        self.drawn += 1;
        self.waiting.insert((pending.due_at, id), pending);
    }

    fn next(&mut self, options: &Options, purpose: Purpose) -> (u64, Random) {
        let key = self.drawn;
        self.drawn += 1;
        (key, Random::new(options.seed, purpose, key))
    }
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

/// A well signed event that settles nothing of the program `beside` is about.
fn foreign_event(beside: &Pending, random: &mut Random) -> Pending {
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
    fn signed(&self, options: &Options, id: u64) -> Webhook {
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
    fn outcomes_hang_on_seed_code_and_delivery() {
        let code = Random::new(1, Purpose::Code, 1).uuid();
        let share = |rate: f64| {
            (1..=1_000).filter(|nth| outcome(1, rate, code, *nth) != Outcome::Distributed).count()
        };
        assert_eq!((share(0.0), share(1.0)), (0, 1_000));
        assert!((150..250).contains(&share(0.2)), "{}", share(0.2));
        assert_eq!(share(0.2), share(0.2));
    }
}
