//! Recipients who use their vouchers.

use serde_json::Value;
use uber_vouchers::sandbox::{Options, Outcome, Webhook};

use crate::bench::{NOW, bench, body, options, parsed, response};

/// Days in milliseconds.
const DAY: u64 = 86_400_000;

#[test]
fn recipients_use_delivered_vouchers_as_time_passes() {
    let options = Options { failure_rate: 0.2, use_rate: 0.5, ..options() };
    let mut bench = bench(2_000, options);
    response(bench.distribute_some(1_000));
    assert_eq!(bench.sandbox.used_codes(NOW), 0);
    let mut before = 0;
    for at in [NOW + 600_000, NOW + DAY, NOW + 3 * DAY] {
        let used = bench.sandbox.uses(&bench.program, at).unwrap().len();
        assert!(used > before, "{used} after {before}");
        before = used;
    }
    assert_eq!(bench.sandbox.used_codes(NOW + 30 * DAY), before);
    assert!((320..480).contains(&before), "{before}");
    let delivered = bench.delivered();
    for (code, times) in bench.sandbox.uses(&bench.program, NOW + 3 * DAY).unwrap() {
        assert_eq!((delivered.get(&code), times), (Some(&1), 1));
        assert_eq!(bench.sandbox.outcome(code, 1), Outcome::Distributed);
    }
    assert!(bench.sandbox.uses("another", NOW).is_none());
    bench.now = NOW + 3 * DAY;
    let path = format!("/{}/codes?include_usage=true", bench.program);
    let list = body(&response(bench.send("GET", &path, "")));
    let listed = list["codes"].as_array().unwrap();
    assert_eq!(listed.iter().filter(|code| code["usage_count"] == 1).count(), before);
    let used: Vec<Value> = bench.all_webhooks().iter().map(parsed).collect();
    let used: Vec<_> = used
        .iter()
        .filter(|event| event["event_type"] == "voucher_program_code_redeemed")
        .collect();
    assert_eq!(used.len(), before);
    assert!(used.iter().all(|event| event["voucher_program_id"] == bench.program));
}

#[test]
fn a_use_is_reported_when_it_happens_and_not_before() {
    let mut bench = bench(1, Options { use_rate: 1.0, ..options() });
    response(bench.distribute("{}"));
    let code = bench.codes[0];
    // The event about the distribution, and then the one about the use.
    let taken = bench.all_webhooks();
    let [distributed, used] = taken.as_slice() else { panic!("{}", taken.len()) };
    let is_used = |event: &Webhook| parsed(event)["event_type"] == "voucher_program_code_redeemed";
    let [used, _] = if is_used(used) { [used, distributed] } else { [distributed, used] };
    let at = used.due_at;
    let again = |until: u64| {
        let mut bench = self::bench(1, Options { use_rate: 1.0, ..options() });
        response(bench.distribute("{}"));
        bench.sandbox.uses(&bench.program, until).unwrap()
    };
    assert_eq!(again(at - 1), []);
    assert_eq!(again(at), [(code, 1)]);
}

#[test]
fn a_voucher_is_used_once_even_if_it_is_sent_often() {
    let mut bench = bench(50, Options { use_rate: 1.0, ..options() });
    for _ in 0..3 {
        response(bench.distribute("{}"));
    }
    let (program, first) = (bench.program.clone(), bench.codes[0]);
    assert!(bench.sandbox.redeem(&program, first));
    let uses = bench.sandbox.uses(&program, NOW + 3 * DAY).unwrap();
    assert_eq!(uses.len(), 50);
    assert!(uses.iter().all(|(_, times)| *times == 1));
}
