//! Requests that were never sent.

use super::*;

#[test]
fn a_request_that_was_never_sent_is_pending_again() {
    let mut bench = Bench::new(2);
    bench.run();
    let mut now = NOW;
    for attempt in 1..20 {
        assert_eq!(bench.sent.len(), attempt);
        assert_eq!(bench.states(), [Sending, Sending, Pending, Pending]);
        bench.job.handle_unsent(0, &Error::unsent("x"), now, 1.0);
        bench.turn_at(now);
        assert_eq!(bench.states(), [Pending; 4]);
        let batch = bench.job.batch(0).unwrap();
        assert_eq!(batch.last_error, Some((ErrorCode::ConnectionFailed, 0, None)));
        assert!(batch.unsent && bench.resume(false).job.batch(0).unwrap().unsent);
        assert!(!bench.over);
        let wait = bench.until.unwrap() - now;
        assert_eq!(wait, (1_000 << (attempt - 1)).min(60_000));
        now = bench.until.unwrap();
        bench.turn_at(now);
    }
    bench.answer(0, 200);
    bench.turn_at(now);
    bench.answer(1, 200);
    assert_eq!(bench.states(), [InQueue; 4]);
    assert!(bench.over && bench.job.take_halt().is_none());
}

#[test]
fn a_lost_response_after_an_unsent_request_is_recorded() {
    let mut bench = Bench::new(1);
    bench.run();
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 0.0);
    bench.turn();
    bench.lose(0);
    assert_eq!(bench.states(), [Unknown; 2]);
    assert!(!bench.job.batch(0).unwrap().unsent);
}

#[test]
fn a_resend_that_was_never_sent_is_unknown_again() {
    let mut bench = unknown();
    bench.job.resolve(Some(0), Decision::Resend).unwrap();
    bench.run();
    assert_eq!(bench.states(), [Sending; 2]);
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 1.0);
    bench.turn();
    assert_eq!(bench.states(), [Unknown; 2]);
    bench.turn_at(bench.until.unwrap());
    assert_eq!(bench.sent.len(), 3);
    bench.answer(0, 200);
    assert_eq!(bench.states(), [InQueue; 2]);
}

#[test]
fn only_a_batch_under_way_can_be_unsent() {
    let mut bench = Bench::new(1);
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 1.0);
    bench.run();
    bench.answer(0, 200);
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 1.0);
    assert_eq!(bench.states(), [InQueue; 2]);
}
