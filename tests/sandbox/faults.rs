//! Each fault: its response, and what it queues.

use uber_vouchers::sandbox::{Answer, Fault, Faults, Options, SCOPE};

use crate::bench::{bench, faulty, options, response, status_and_code};

// Faults.

#[test]
fn each_fault_responds_and_queues_as_documented() {
    for (fault, status, code, queued) in [
        (Fault::RateLimited, 429, "rate_limited", 0),
        (Fault::Unauthorized, 401, "unauthorized", 0),
        (Fault::BadRequest, 400, "invalid_request", 0),
        (Fault::ErrorBefore, 500, "internal_server_error", 0),
        (Fault::ErrorAfter, 500, "internal_server_error", 50),
    ] {
        let mut bench = faulty(fault, 50);
        let answer = response(bench.distribute_some(50));
        assert_eq!(status_and_code(&answer), (status, code.to_owned()), "{fault:?}");
        assert_eq!(bench.delivered().len(), queued, "{fault:?}");
    }
    for (fault, queued) in [(Fault::LostBefore, 0), (Fault::LostAfter, 50)] {
        let mut bench = faulty(fault, 50);
        assert_eq!(bench.distribute_some(50).answer, Answer::Lost);
        assert_eq!(bench.delivered().len(), queued, "{fault:?}");
    }
    let mut bench = faulty(Fault::HtmlOk, 50);
    let answer = response(bench.distribute_some(50));
    assert!(answer.head.status == 200 && answer.head.is_html());
    assert!(bench.delivered().is_empty());
}

#[test]
fn a_partial_error_queues_some_but_not_all() {
    for codes in [2_usize, 3, 50] {
        for seed in 0..20 {
            let faults = Faults::default().with(Fault::ErrorPartial, 1.0);
            let mut bench = bench(50, Options { seed, faults, ..options() });
            let answer = response(bench.distribute_some(codes));
            assert_eq!(answer.head.status, 500);
            assert!((1..codes).contains(&bench.delivered().len()));
        }
    }
}

#[test]
fn a_hang_and_a_gateway_error_queue_with_even_odds() {
    for fault in [Fault::Hang, Fault::HtmlError] {
        let mut bench = faulty(fault, 1);
        for _ in 0..100 {
            match bench.distribute_some(1).answer {
                Answer::Response(answer) => {
                    assert!(fault == Fault::HtmlError && answer.head.status == 502);
                    assert!(answer.head.is_html());
                }
                answer => assert!(fault == Fault::Hang && answer == Answer::Hang),
            }
        }
        let times = bench.delivered()[&bench.codes[0]];
        assert!((25..75).contains(&times), "{fault:?}: {times}");
    }
}

#[test]
fn a_refusal_comes_before_an_error_after() {
    for fault in [Fault::ErrorAfter, Fault::ErrorPartial] {
        let mut bench = faulty(fault, 1);
        assert_eq!(response(bench.distribute("[]")).head.status, 400);
    }
}

#[test]
fn the_token_endpoint_has_no_faults() {
    for fault in Fault::ALL {
        let mut bench = faulty(*fault, 1);
        assert_eq!(bench.app_token(SCOPE).head.status, 200, "{fault:?}");
    }
}

#[test]
fn retry_after_is_in_seconds_a_date_or_absent() {
    let mut bench = faulty(Fault::RateLimited, 1);
    let (mut seconds, mut dates, mut absent) = (0, 0, 0);
    for _ in 0..90 {
        let answer = response(bench.distribute("{}"));
        assert!(answer.head.headers.get("date").unwrap().ends_with("Jan 2026 00:00:00 GMT"));
        match answer.head.headers.get("retry-after") {
            None => absent += 1,
            Some(value) if value.ends_with(" GMT") => dates += 1,
            Some(value) => {
                assert!((1..=5).contains(&value.parse::<u32>().unwrap()));
                seconds += 1;
            }
        }
    }
    assert!(seconds > 10 && dates > 10 && absent > 10, "{seconds} {dates} {absent}");
}

#[test]
fn faults_occur_with_their_probability_and_change_no_other_draw() {
    let run = |faults: Faults| {
        let mut bench = bench(1, Options { faults, ..options() });
        (0..400)
            .map(|_| {
                bench.now += 20;
                match bench.send("GET", "/search", "").answer {
                    Answer::Response(answer) => answer.head.status,
                    Answer::Lost => 1,
                    Answer::Hang => 2,
                }
            })
            .collect::<Vec<_>>()
    };
    let one = run(Faults::default().with(Fault::LostBefore, 0.25));
    let lost = one.iter().filter(|seen| **seen == 1).count();
    assert!((70..130).contains(&lost), "{lost}");
    let both = run(Faults::default().with(Fault::LostBefore, 0.25).with(Fault::RateLimited, 0.25));
    for (alone, together) in one.iter().zip(both) {
        assert!(together == *alone || together == 429);
    }
}

#[test]
fn latency_is_drawn_within_its_range() {
    let latency_ms = (100, 103);
    let mut bench = bench(1, Options { latency_ms, ..options() });
    let mut seen: Vec<u64> = (0..50).map(|_| bench.distribute("{}").after_ms).collect();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen, [100, 101, 102, 103]);
}
