//! The same seed and the same inputs give the same run.

use std::collections::BTreeMap;

use serde_json::json;
use uber_vouchers::code::Code;
use uber_vouchers::sandbox::{Fault, Faults, Options, Reply, SCOPE, Webhook};

use crate::bench::{Bench, NOW, ORG, bench, faulty, incoming, options};

// The transcript of a whole run.

fn transcript(seed: u64) -> (Vec<Reply>, BTreeMap<Code, u32>, Vec<Webhook>) {
    let faults =
        Fault::ALL.iter().fold(Faults::default(), |faults, fault| faults.with(*fault, 0.05));
    let mut bench = bench(300, Options { seed, faults, failure_rate: 0.1, ..options() });
    let replies = (0..300)
        .map(|place| {
            bench.now += 100;
            if place % 7 == 0 {
                bench.send("POST", "/search", r#"{"limit":1,"offset":0}"#)
            } else {
                bench.distribute_some(1 + place % 250)
            }
        })
        .collect();
    (replies, bench.delivered(), bench.all_webhooks())
}

#[test]
fn same_seed_same_run() {
    assert!(transcript(1) == transcript(1));
    assert!(transcript(1) != transcript(2));
}

#[test]
fn the_same_inputs_give_the_same_sandbox() {
    let faults =
        Fault::ALL.iter().fold(Faults::default(), |faults, fault| faults.with(*fault, 0.05));
    let options = Options { faults, failure_rate: 0.1, ..options() };
    let mut one = bench(300, options.clone());
    let mut other = bench(300, options);
    let token = one.token.expose().to_owned();
    for place in 0..300 {
        one.now += 100;
        let headers = [
            ("Authorization", format!("Bearer {token}")),
            ("Content-Type", "application/json".into()),
        ];
        let path = format!("/v1/organizations/{ORG}/voucher-programs/{}/codes", one.program);
        let request = if place % 3 == 0 {
            incoming("GET", &format!("{path}?include_usage=true"), &headers, "")
        } else {
            let codes: Vec<String> =
                one.codes[..=place % 250].iter().map(Code::to_string).collect();
            let body = json!({ "codes": codes }).to_string();
            incoming("POST", &format!("{path}/distribute"), &headers, &body)
        };
        one.sandbox.handle(&request, one.now);
        other.sandbox.repeat(request, one.now);
        // For webhooks, only the receiver's responses are repeated.
        for webhook in one.sandbox.take_due_webhooks(one.now, 3) {
            let acknowledged = webhook.id % 3 > 0;
            one.sandbox.webhook_answered(webhook.id, acknowledged, one.now);
            assert!(other.sandbox.take_webhook(webhook.id, webhook.due_at));
            assert!(!other.sandbox.take_webhook(webhook.id, webhook.due_at));
            other.sandbox.webhook_answered(webhook.id, acknowledged, one.now);
        }
    }
    other.now = one.now;
    assert_eq!(one.delivered(), other.delivered());
    assert!(one.sandbox.delivered_webhooks() > 100);
    assert_eq!(one.sandbox.delivered_webhooks(), other.sandbox.delivered_webhooks());
    assert_eq!(one.sandbox.waiting_webhooks(), other.sandbox.waiting_webhooks());
    assert_eq!(one.distribute("{}"), other.distribute("{}"));
    assert_eq!(one.app_token(SCOPE), other.app_token(SCOPE));
    assert!(one.all_webhooks() == other.all_webhooks());
}

#[test]
fn a_clone_continues_the_same_run() {
    let mut one = faulty(Fault::ErrorPartial, 100);
    let mut other = Bench {
        sandbox: one.sandbox.clone(),
        token: one.token.clone(),
        program: one.program.clone(),
        codes: one.codes.clone(),
        now: NOW,
    };
    assert_eq!(one.distribute("{}"), other.distribute("{}"));
    assert_eq!(one.delivered(), other.delivered());
}
