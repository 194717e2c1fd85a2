//! When webhooks are sent, and how often. Their content is in [`events`](super::events).
//!
//! Stated for vouchers: results are sent by webhook, with possible partial success, at
//! least once and in any order. Stated for sibling products, and applied here: seven
//! attempts with a 30-second multiplier, 200 as the acknowledgement. The sandbox's own
//! choices: an event has at most 100 codes, and is sent one to five seconds after the
//! request but not before earlier events; a retry has the same message id and the same
//! outcomes.

use std::collections::BTreeMap;

use serde_json::json;

use super::events::{Event, Outcome, Pending, REDEEMED, Webhook, foreign_event, outcome};
use super::faults::Fault;
use super::options::{EventForm, Options};
use super::programs::{Program, USE_AMOUNT};
use super::random::{Purpose, Random};
use crate::code::Code;

const CODES_PER_EVENT: usize = 100;
const MAX_ATTEMPTS: u32 = 7;
const RETRY_MULTIPLIER: u64 = 30_000;

/// The webhooks that are neither acknowledged nor given up.
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
    /// Schedules the webhooks with the outcomes of these deliveries.
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
            // Without a fault, events are in order: of two that are due at the same time,
            // the earlier one is sent first.
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
            // All four are drawn, so that none of them changes another.
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

    /// Schedules the webhook for a use of a voucher at this time.
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

    /// The webhooks that are due by now and not under way, in the order of sending.
    pub(super) fn due(&self, options: &Options, now: u64) -> Vec<Webhook> {
        self.waiting
            .range(..=(now, u64::MAX))
            .map(|((_, id), pending)| pending.signed(options, *id))
            .collect()
    }

    /// Takes at most `most` of the webhooks that are due by now.
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

    /// Takes this webhook from the waiting ones; false if it is not among them.
    pub(super) fn take(&mut self, id: u64, due_at: u64) -> bool {
        let Some(pending) = self.waiting.remove(&(due_at, id)) else {
            return false;
        };
        self.taken.insert(id, pending);
        true
    }

    /// Records whether the receiver acknowledged it. If not, it is sent again later,
    /// seven times in all.
    pub(super) fn answered(&mut self, id: u64, acknowledged: bool, now: u64) {
        let Some(mut pending) = self.taken.remove(&id) else {
            return;
        };
        if acknowledged {
            self.delivered += 1;
        } else if pending.attempt < MAX_ATTEMPTS {
            let backoff = RETRY_MULTIPLIER << (pending.attempt - 1);
            pending.due_at = now.saturating_add(backoff);
            pending.attempt += 1;
            self.waiting.insert((pending.due_at, id), pending);
        }
    }

    /// How many webhooks are neither acknowledged nor given up, due or not.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len() + self.taken.len()
    }

    /// How many webhooks were acknowledged.
    pub(super) fn delivered(&self) -> u64 {
        self.delivered
    }

    /// When the next webhook is due, if one waits.
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
