//! The forms of the event about a distribution.

use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::json::Json;
use uber_vouchers::sandbox::{EventForm, Options, Outcome};

use crate::bench::{Bench, bench, options, parsed, response};

// The forms of events, and their use.

fn of_form(event_form: EventForm) -> (Bench, Vec<Value>) {
    let mut bench = bench(250, Options { failure_rate: 0.2, event_form, ..options() });
    response(bench.distribute("{}"));
    let events = bench.all_webhooks().iter().map(parsed).collect();
    (bench, events)
}

fn failed(bench: &Bench) -> Vec<(String, String)> {
    let mut failed = Vec::new();
    for code in &bench.codes {
        if let Outcome::Failed(reason) = bench.sandbox.outcome(*code, 1) {
            failed.push((code.to_string(), reason));
        }
    }
    failed
}

fn texts(entry: &Value, names: [&str; 2]) -> (String, String) {
    let text = |name| entry[name].as_str().unwrap().to_owned();
    (text(names[0]), text(names[1]))
}

#[test]
fn an_event_for_each_code() {
    let (bench, events) = of_form(EventForm::Code);
    assert_eq!(events.len(), 250);
    for (event, code) in events.iter().zip(&bench.codes) {
        assert_eq!(event["code_uuid"], code.to_string());
        assert_eq!(event["event_type"], "voucher_program_code_distributed");
    }
    let failures = events.iter().filter(|event| event["status"] == "failed");
    let failures: Vec<_> = failures.map(|event| texts(event, ["code_uuid", "reason"])).collect();
    assert_eq!(failures, failed(&bench));
}

#[test]
fn events_of_failures_alone() {
    let (bench, events) = of_form(EventForm::Failures);
    assert_eq!(events.len(), 1);
    let entries = events[0]["failed_codes"].as_array().unwrap();
    let entries: Vec<_> =
        entries.iter().map(|entry| texts(entry, ["code_uuid", "reason"])).collect();
    assert_eq!(entries, failed(&bench));
    assert!((25..80).contains(&entries.len()), "{}", entries.len());
}

#[test]
fn there_is_no_event_of_failures_if_nothing_failed() {
    let mut bench = bench(250, Options { event_form: EventForm::Failures, ..options() });
    response(bench.distribute("{}"));
    assert_eq!((bench.all_webhooks().len(), bench.sandbox.next_webhook_at()), (0, None));
}

/// They contain everything, so that a caller who knows the form can read them.
#[test]
fn opaque_events_contain_all_outcomes_in_an_unreadable_form() {
    let (mut bench, events) = of_form(EventForm::Opaque);
    assert_eq!(events.len(), 3);
    let mut codes = Vec::new();
    let mut failures = Vec::new();
    for event in &events {
        for entry in event["report"].as_array().unwrap() {
            let (code, reason) = (entry[0].as_str().unwrap(), entry[2].as_str());
            assert_eq!(entry[1], if reason.is_some() { 2 } else { 1 });
            codes.push(code.to_owned());
            failures.extend(reason.map(|reason| (code.to_owned(), reason.to_owned())));
        }
    }
    assert!(codes.iter().eq(bench.codes.iter().map(Code::to_string).collect::<Vec<_>>().iter()));
    assert_eq!(failures, failed(&bench));
    response(bench.distribute_some(5));
    for webhook in bench.all_webhooks() {
        let text = std::str::from_utf8(&webhook.body).unwrap();
        let body: Json = serde_json::from_str(text).unwrap();
        let event = uber_vouchers::webhook::event::read(&body, None, &Json::Null).unwrap();
        assert!(event.outcomes.is_empty());
    }
}

#[test]
fn a_new_event_form_does_not_change_queued_events() {
    let mut bench = bench(1, options());
    response(bench.distribute("{}"));
    bench.sandbox.set_event_form(EventForm::Opaque);
    response(bench.distribute("{}"));
    let mut lists: Vec<_> = bench.all_webhooks().iter().map(parsed).collect();
    assert!(lists.remove(0)["codes"].is_array());
    assert!(lists.remove(0)["report"].is_array());
}
