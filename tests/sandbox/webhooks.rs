//! When webhooks are sent, how often, and with which faults.

use std::collections::BTreeMap;

use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::sandbox::{Fault, Options, Outcome, Webhook};
use uber_vouchers::secret::SigningKey;
use uber_vouchers::webhook::signature::sign;

use crate::bench::{Bench, NOW, ORG, bench, faulty, options, parsed, response};

// Webhooks.

#[test]
fn every_delivery_is_reported_once_and_signed() {
    let mut bench = bench(250, Options { failure_rate: 0.2, ..options() });
    response(bench.distribute("{}"));
    response(bench.distribute_some(3));
    assert!(bench.sandbox.due_webhooks(NOW).is_empty());
    assert!(bench.sandbox.next_webhook_at().unwrap() > NOW);
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.len(), 4);
    assert_eq!(bench.sandbox.next_webhook_at(), None);
    let mut reported: BTreeMap<String, Vec<Option<String>>> = BTreeMap::new();
    for webhook in &webhooks {
        let event = parsed(webhook);
        assert_eq!(event["event_type"], "voucher_program_code_distributed");
        assert_eq!(
            (event["organization_id"].as_str(), event["voucher_program_id"].as_str()),
            (Some(ORG), Some(bench.program.as_str()))
        );
        let href = event["resource_href"].as_str().unwrap();
        assert!(href.starts_with("https://api.uber.com/v1/organizations/"), "{href}");
        let timestamp = event["webhook_meta"]["webhook_msg_timestamp"].as_u64().unwrap();
        assert_eq!(timestamp, webhook.due_at / 1_000);
        let header =
            |name: &str| &webhook.headers.iter().find(|(have, _)| *have == name).unwrap().1;
        assert_eq!(header("X-Environment"), "sandbox");
        assert_eq!(header("Content-Type"), "application/json");
        assert_eq!(
            *header("X-Uber-Signature"),
            sign(&SigningKey::new("example-signing-key"), &webhook.body)
        );
        // A receiver that signs the parsed body must fail.
        assert_ne!(event.to_string().into_bytes(), webhook.body);
        for code in event["codes"].as_array().unwrap() {
            let reason = code.get("reason").map(|reason| reason.as_str().unwrap().to_owned());
            assert_eq!(code["status"], if reason.is_some() { "failed" } else { "distributed" });
            reported
                .entry(code["code_uuid"].as_str().unwrap().to_owned())
                .or_default()
                .push(reason);
        }
    }
    assert_eq!(reported.len(), 250);
    let mut failed = 0;
    for (code, times) in bench.delivered() {
        let reasons = &reported[&code.to_string()];
        assert_eq!(reasons.len(), times as usize);
        for (nth, reason) in (1..).zip(reasons) {
            let expected = reason.clone().map_or(Outcome::Distributed, Outcome::Failed);
            assert_eq!(bench.sandbox.outcome(code, nth), expected);
            failed += usize::from(reason.is_some());
        }
    }
    assert!((25..80).contains(&failed), "{failed}");
    let mut ids: Vec<_> = webhooks
        .iter()
        .map(|webhook| parsed(webhook)["webhook_meta"]["webhook_msg_uuid"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), webhooks.len());
}

#[test]
fn an_unacknowledged_webhook_is_sent_seven_times() {
    let mut bench = bench(1, options());
    response(bench.distribute("{}"));
    let mut at = bench.sandbox.next_webhook_at().unwrap();
    let first = bench.sandbox.due_webhooks(at);
    for (attempt, backoff) in (1..=7).zip([30, 60, 120, 240, 480, 960, 0]) {
        assert!(bench.sandbox.take_due_webhooks(at - 1, 9).is_empty());
        let taken = bench.sandbox.take_due_webhooks(at, 9);
        assert_eq!(taken.len(), 1);
        assert_eq!((taken[0].attempt, &taken[0].body), (attempt, &first[0].body));
        // Under way: neither due nor taken again.
        assert!(bench.sandbox.due_webhooks(at).is_empty());
        bench.sandbox.webhook_answered(taken[0].id, false, at);
        at += backoff * 1_000;
        let next = (attempt < 7).then_some(at);
        assert_eq!(bench.sandbox.next_webhook_at(), next);
    }
}

#[test]
fn an_acknowledged_webhook_is_not_sent_again() {
    let mut bench = bench(250, options());
    response(bench.distribute("{}"));
    let taken = bench.sandbox.take_due_webhooks(u64::MAX, 2);
    assert_eq!(taken.len(), 2);
    for webhook in taken {
        bench.sandbox.webhook_answered(webhook.id, true, NOW);
        bench.sandbox.webhook_answered(webhook.id, false, NOW);
    }
    assert_eq!(bench.all_webhooks().len(), 1);
}

#[test]
fn a_bulk_distribution_is_reported_within_seconds_in_order() {
    let mut bench = bench(30_000, options());
    response(bench.distribute("{}"));
    bench.now += 1;
    response(bench.distribute_some(1));
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.len(), 301);
    assert!(webhooks.iter().all(|webhook| (1_000..=5_001).contains(&(webhook.due_at - NOW))));
    let reported: Vec<Value> = webhooks
        .iter()
        .flat_map(|webhook| parsed(webhook)["codes"].as_array().unwrap().clone())
        .collect();
    let sent = bench.codes.iter().chain(bench.codes.first());
    assert!(
        reported
            .iter()
            .map(|code| code["code_uuid"].as_str().unwrap().to_owned())
            .eq(sent.map(Code::to_string))
    );
}

#[test]
fn how_many_webhooks_wait_and_were_delivered() {
    let mut bench = bench(250, options());
    let counts =
        |bench: &Bench| (bench.sandbox.waiting_webhooks(), bench.sandbox.delivered_webhooks());
    assert_eq!(counts(&bench), (0, 0));
    response(bench.distribute("{}"));
    assert_eq!(counts(&bench), (3, 0));
    let taken = bench.all_webhooks();
    assert_eq!(counts(&bench), (3, 0));
    bench.sandbox.webhook_answered(taken[0].id, true, NOW);
    bench.sandbox.webhook_answered(taken[1].id, false, NOW);
    assert_eq!(counts(&bench), (2, 1));
    for _ in 1..7 {
        bench.all_webhooks();
        bench.sandbox.webhook_answered(taken[1].id, false, NOW);
    }
    assert_eq!(counts(&bench), (1, 1));
}

#[test]
fn a_new_failure_rate_does_not_change_queued_deliveries() {
    let mut bench = bench(300, options());
    response(bench.distribute("{}"));
    let before = bench.sandbox.due_webhooks(u64::MAX);
    bench.sandbox.set_failure_rate(1.0);
    assert_eq!(bench.sandbox.due_webhooks(u64::MAX), before);
    response(bench.distribute("{}"));
    let failed = |webhook: &Webhook| parsed(webhook)["codes"][0]["status"] == "failed";
    let webhooks = bench.all_webhooks();
    assert_eq!(webhooks.iter().filter(|webhook| failed(webhook)).count(), 3);
    for webhook in &webhooks {
        bench.sandbox.webhook_answered(webhook.id, false, NOW);
    }
    bench.sandbox.set_failure_rate(0.0);
    let again = bench.all_webhooks();
    assert!(
        again.iter().map(|webhook| &webhook.body).eq(webhooks.iter().map(|webhook| &webhook.body))
    );
}

#[test]
fn webhook_faults() {
    let run = |fault| {
        let mut bench = faulty(fault, 2_000);
        assert_eq!(response(bench.distribute("{}")).head.status, 200);
        let program = bench.program.clone();
        (bench.all_webhooks(), program)
    };
    let (webhooks, _) = run(Fault::WebhookLost);
    assert!(webhooks.is_empty());

    let (webhooks, _) = run(Fault::WebhookDuplicated);
    assert_eq!(webhooks.len(), 40);
    let ids: std::collections::BTreeSet<_> = webhooks
        .iter()
        .map(|webhook| parsed(webhook)["webhook_meta"]["webhook_msg_uuid"].to_string())
        .collect();
    assert!((21..40).contains(&ids.len()), "{}", ids.len());

    let (webhooks, _) = run(Fault::WebhookReordered);
    let created =
        |webhook: &Webhook| parsed(webhook)["webhook_meta"]["webhook_msg_timestamp"].as_u64();
    assert_eq!(webhooks.len(), 20);
    assert!(webhooks.windows(2).any(|pair| created(&pair[0]) > created(&pair[1])));
    assert!(webhooks.windows(2).all(|pair| pair[0].due_at <= pair[1].due_at));

    let (webhooks, program) = run(Fault::WebhookForeign);
    assert_eq!(webhooks.len(), 40);
    let own = webhooks.iter().map(parsed).filter(|event| {
        event["event_type"] == "voucher_program_code_distributed"
            && event["voucher_program_id"] == program.as_str()
    });
    assert_eq!(own.count(), 20);
    let key = SigningKey::new("example-signing-key");
    assert!(webhooks.iter().all(|webhook| webhook.headers[2].1 == sign(&key, &webhook.body)));
}
