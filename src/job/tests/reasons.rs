//! The table of reasons.

use super::*;

/// More reasons than the table can hold: those that sort first are shown, in whatever
/// order they arrived, and the journal leads to the same result.
#[test]
fn which_reasons_are_shown_does_not_depend_on_their_order() {
    let codes = 66_001;
    let reason = |number: usize| format!("no. {number:05}");
    let ascending: Vec<usize> = (0..codes).collect();
    let descending: Vec<usize> = (0..codes).rev().collect();
    // Coprime, so that each occurs once.
    let mixed: Vec<usize> = (0..codes).map(|number| number * 40_009 % codes).collect();
    for order in [ascending, descending, mixed] {
        let mut bench = accepted(codes);
        let outcomes: Vec<_> = order
            .iter()
            .map(|number| Outcome {
                code: code(*number),
                status: Status::Failed,
                reason: Some(reason(*number)),
            })
            .collect();
        for outcomes in outcomes.chunks(7_000) {
            bench.job.handle_outcomes(outcomes);
            bench.turn();
        }
        // A better reason for a code whose first one is not shown, and a worse one.
        for (number, told) in [(65_000, "no. 00000"), (64_000, "no. 65999"), (7, "no. 65998")] {
            bench.report(number, Err(Some(told)));
        }
        let resumed = bench.resume(false);
        for job in [&bench.job, &resumed.job] {
            for number in 0..codes {
                let CodeInfo { state, reason: shown, .. } = job.code(number).unwrap();
                let expected = match number {
                    65_000 => Some(reason(0)),
                    _ => (number < ledger::MAX_SHOWN_REASONS).then(|| reason(number)),
                };
                assert_eq!((state, shown), (Failed, expected.as_deref()), "{number}");
            }
            assert_eq!(job.progress(NOW).count(Failed) as usize, codes);
        }
        assert_eq!(bench.report(65_000, Ok(())), 1, "distributed wins");
    }
}

/// Uber's codes have a table of their own, in which numbers never change.
#[test]
fn reasons_do_not_affect_ubers_codes() {
    let mut bench = Bench::new(1);
    bench.run();
    let body = Json::object().with("code", "zz_told_by_uber");
    bench.job.handle_response(0, &head(500), "", &body, NOW, 0.5);
    for number in 0..=ledger::MAX_NUMBERED_REASONS {
        bench.job.handle_outcomes(&[Outcome {
            code: code(0),
            status: Status::Failed,
            // Each one sorts before the previous one.
            reason: Some(format!("{:05}", 99_999 - number)),
        }]);
    }
    bench.turn();
    for bench in [&bench, &bench.resume(false)] {
        let (_, _, uber_code) = bench.job.batch(0).unwrap().last_error.unwrap();
        assert_eq!(uber_code, Some("zz_told_by_uber"));
        assert_eq!(bench.job.code(0).unwrap().reason, Some("34999"));
    }
}
