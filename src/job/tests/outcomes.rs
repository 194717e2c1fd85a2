//! Outcomes that Uber reports.

use super::*;

#[test]
fn a_pending_code_accepts_no_outcome() {
    let mut bench = Bench::new(2);
    assert_eq!(bench.report(0, Ok(())), 0);
    bench.run();
    bench.answer(0, 200);
    bench.answer(1, 200);
    assert_eq!(bench.states(), [InQueue; 4], "it belonged to another send");
    assert!(bench.over);
    bench.check();
}

#[test]
fn while_sending_an_outcome_is_kept_until_the_response() {
    for (answer, then) in [
        (Some(200), [Distributed, InQueue]),
        (Some(500), [Distributed, Unknown]),
        (None, [Distributed, Unknown]),
        (Some(400), [Rejected, Rejected]),
        (Some(403), [Pending, Pending]),
    ] {
        let mut bench = Bench::new(1);
        bench.run();
        assert_eq!(bench.report(0, Ok(())), 0);
        assert_eq!(bench.states(), [Sending, Sending]);
        match answer {
            Some(status) => drop(bench.answer(0, status)),
            None => bench.lose(0),
        }
        assert_eq!(bench.states(), then, "{answer:?}");
        bench.check();
    }
}

#[test]
fn an_unknown_code_accepts_its_own_outcome_only() {
    let mut bench = unknown();
    assert_eq!(bench.report(1, Err(Some("full"))), 1);
    assert_eq!(bench.states(), [Unknown, Failed]);
    assert_eq!(bench.report(1, Ok(())), 1, "distributed wins");
    assert_eq!(bench.report(1, Err(Some("full"))), 0);
    assert_eq!(bench.states(), [Unknown, Distributed]);
    bench.check();
}

#[test]
fn a_repeated_outcome_changes_and_writes_nothing() {
    for outcome in [Ok(()), Err(None), Err(Some("full"))] {
        let mut bench = unknown();
        assert_eq!(bench.report(0, outcome), 1);
        let end = bench.journal.len();
        assert_eq!(bench.report(0, outcome), 0, "{outcome:?}");
        assert_eq!(bench.report(9, outcome), 0, "a code of another job");
        assert_eq!(bench.journal.len(), end, "{outcome:?}");
    }
}

#[test]
fn a_batch_says_how_many_of_its_codes_were_reported() {
    let mut bench = unknown();
    for (number, outcome, reported) in [(0, Ok(()), 1), (1, Err(None), 2), (1, Ok(()), 2)] {
        bench.report(number, outcome);
        assert_eq!(bench.job.batch(0).unwrap().reported, reported);
    }
}

#[test]
fn outcomes_lead_to_the_same_state_in_every_order() {
    let outcomes = [Ok(()), Err(None), Err(Some("b")), Err(Some("a")), Err(Some("c"))];
    let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 4, 2, 3, 3]];
    for some in 1..32_u32 {
        let mut ends = orders.map(|order| {
            let mut bench = unknown();
            for index in order.into_iter().chain([4, 0, 2, 1, 3]) {
                if some & 1 << index != 0 {
                    bench.report(0, outcomes[index]);
                }
            }
            bench.check();
            let result = bench.job.code(0).unwrap();
            (result.state, result.reason.map(str::to_owned))
        });
        ends.sort_by_key(|(state, reason)| (*state as u8, reason.clone()));
        assert_eq!(ends[0], ends[3]);
        if some & 1 != 0 {
            assert_eq!(ends[0], (Distributed, None));
        } else if some & 0b1000 != 0 {
            assert_eq!(ends[0], (Failed, Some("a".into())));
        }
    }
}

#[test]
fn a_rejected_code_accepts_no_outcome() {
    let mut bench = Bench::new(1);
    bench.run();
    bench.answer(0, 422);
    assert_eq!(bench.report(0, Ok(())), 0);
    assert_eq!(bench.states(), [Rejected, Rejected]);
    bench.check();
}

/// The reader accepts no record of more than a mebibyte.
#[test]
fn a_large_report_takes_few_short_records() {
    let codes = 50_000;
    let mut bench = Bench::with(codes, Settings { batch_size: 25_000, ..settings() });
    bench.run();
    (0..2).for_each(|batch| drop(bench.answer(batch, 200)));
    let end = bench.journal.len();
    let outcomes: Vec<_> = (0..codes)
        .map(|number| Outcome { code: code(number), status: Status::Distributed, reason: None })
        .collect();
    assert_eq!(bench.job.handle_outcomes(&outcomes) as usize, codes);
    bench.turn();
    let mut reader = journal::Reader::default();
    reader.push(&bench.journal).unwrap();
    let (mut records, mut longest) = (0, 0);
    while let Some(body) = reader.next().unwrap() {
        if body[0] == record::OUTCOMES {
            (records, longest) = (records + 1, longest.max(body.len()));
        }
    }
    assert_eq!(records, 2);
    assert!(longest < 1 << 19, "{longest}");
    // Six bytes each.
    assert!(bench.journal.len() - end < codes * 6 + 100);
    assert_eq!(bench.resume(false).job.progress(NOW).count(Distributed) as usize, codes);
}

#[test]
fn an_event_of_another_program_changes_nothing() {
    let event = |program: &str| {
        let body = format!(
            r#"{{"event_type":"voucher_program_code_distributed","voucher_program_id":{program},
                "codes":[{{"code_uuid":"{}","status":"distributed"}}]}}"#,
            code(0)
        );
        let body: Json = serde_json::from_str(&body).unwrap();
        crate::webhook::event::read(&body, None, &Json::Null).unwrap()
    };
    for (program, settled) in [(r#""q""#, 0), (r#""p""#, 1), ("null", 1)] {
        let mut bench = unknown();
        assert_eq!(bench.job.handle_event(&event(program)), settled, "{program}");
    }
}

#[test]
fn the_journal_contains_no_address() {
    let mut bench = unknown();
    bench.report(0, Err(Some("jane@example.com is no guest")));
    assert_eq!(bench.job.code(0).unwrap().reason, Some("[email] is no guest"));
    assert!(!String::from_utf8_lossy(&bench.journal).contains("jane"));
    bench.check();
}
