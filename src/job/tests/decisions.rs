//! The operator's decisions.

use super::*;

#[test]
fn a_resend_leaves_out_codes_with_an_outcome() {
    let mut bench = unknown();
    bench.report(0, Ok(()));
    bench.job.resolve(Some(0), Decision::Resend).unwrap();
    bench.turn();
    assert_eq!(bench.states(), [Distributed, Unknown], "until it leaves");
    bench.check();
    bench.run();
    assert_eq!(
        bench.sent.last().unwrap().1,
        format!("{{\"codes\":[\"{}\"]}}", code(1)).into_bytes()
    );
    assert_eq!(bench.states(), [Distributed, Sending]);
    bench.answer(0, 200);
    assert_eq!(bench.states(), [Distributed, InQueue]);
    bench.check();
}

#[test]
fn a_resend_that_is_refused_is_unknown_again() {
    for status in [400, 413, 422, 403, 404, 409, 429, 500] {
        let mut bench = unknown();
        bench.job.resolve(Some(0), Decision::Resend).unwrap();
        bench.run();
        assert_eq!(bench.states(), [Sending, Sending]);
        bench.answer(0, status);
        assert_eq!(bench.states(), [Unknown, Unknown], "{status}");
        bench.check();
    }
    let mut bench = unknown();
    bench.job.resolve(Some(0), Decision::Resend).unwrap();
    bench.run();
    assert_eq!(bench.resume(false).states(), [Unknown, Unknown], "a crash");
}

#[test]
fn a_resend_refused_by_a_busy_server_is_sent_again() {
    for status in [409, 429] {
        let mut bench = unknown();
        bench.job.resolve(Some(0), Decision::Resend).unwrap();
        bench.run();
        bench.answer(0, status);
        bench.turn_at(bench.until.unwrap());
        assert_eq!(bench.states(), [Sending, Sending], "{status}");
        assert_eq!(bench.sent.len(), 3, "{status}");
    }
}

#[test]
fn a_resend_whose_codes_all_have_outcomes_is_not_sent() {
    let mut bench = unknown();
    bench.job.resolve(Some(0), Decision::Resend).unwrap();
    bench.report(0, Ok(()));
    bench.report(1, Ok(()));
    bench.run();
    assert!(bench.over);
    assert_eq!(bench.sent.len(), 1);
    assert_eq!(bench.job.batch(0).unwrap().state, InQueue);
    bench.check();
}

#[test]
fn the_operator_marks_a_batch_as_queued() {
    let mut bench = unknown();
    bench.job.resolve(Some(0), Decision::Queued).unwrap();
    assert_eq!(bench.states(), [InQueue, InQueue]);
    assert_eq!(bench.job.code(0).unwrap().by, Source::Operator);
    assert_eq!(bench.report(0, Err(None)), 1, "outcomes still apply");
    assert_eq!(bench.states(), [Failed, InQueue]);
    bench.check();
}

#[test]
fn the_operator_abandons_a_batch() {
    let mut bench = unknown();
    bench.job.resolve(None, Decision::Abandon).unwrap();
    assert_eq!(bench.states(), [Abandoned, Abandoned]);
    assert!(!bench.job.batch(0).unwrap().cancelled, "it may be queued");
    assert_eq!(bench.report(0, Ok(())), 1, "a later outcome wins");
    assert_eq!(bench.states(), [Distributed, Abandoned]);
    bench.check();

    let mut bench = Bench::new(2);
    bench.job.resolve(Some(1), Decision::Abandon).unwrap();
    bench.turn();
    assert_eq!(bench.states(), [Pending, Pending, Abandoned, Abandoned]);
    assert!(bench.job.batch(1).unwrap().cancelled, "nothing of it is queued");
    assert_eq!(bench.report(2, Ok(())), 0, "it never left");
    bench.run();
    bench.answer(0, 200);
    assert!(bench.over);
    assert_eq!(bench.sent.len(), 1);
    bench.check();
}

#[test]
fn decisions_about_other_states_are_refused() {
    let refused = |bench: &mut Bench, decision| {
        let before = bench.states();
        let error = bench.job.resolve(Some(0), decision).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotUnknown);
        bench.job.resolve(None, decision).unwrap();
        assert_eq!(bench.states(), before);
        assert!(bench.job.resolve(Some(9), decision).is_err());
    };
    let all = [Decision::Resend, Decision::Queued, Decision::Abandon];
    for decision in [Decision::Resend, Decision::Queued] {
        refused(&mut Bench::new(1), decision);
    }
    for decision in all {
        let mut bench = Bench::new(1);
        bench.run();
        refused(&mut bench, decision);
        bench.answer(0, 200);
        refused(&mut bench, decision);
        bench.report(0, Ok(()));
        bench.report(1, Err(None));
        refused(&mut bench, decision);
        let mut bench = Bench::new(1);
        bench.run();
        bench.answer(0, 400);
        refused(&mut bench, decision);
        let mut bench = unknown();
        bench.job.resolve(Some(0), Decision::Abandon).unwrap();
        refused(&mut bench, decision);
        let mut bench = unknown();
        bench.report(0, Ok(()));
        bench.report(1, Ok(()));
        refused(&mut bench, decision);
    }
}

#[test]
fn a_decision_about_a_resend_can_be_changed() {
    for (decision, state) in [(Decision::Queued, InQueue), (Decision::Abandon, Abandoned)] {
        let mut bench = unknown();
        bench.job.resolve(Some(0), Decision::Resend).unwrap();
        bench.job.resolve(Some(0), decision).unwrap();
        bench.run();
        assert!(bench.over);
        assert_eq!(bench.states(), [state, state]);
        bench.check();
    }
}

/// A decision before the codes in the journal would be about batches that don't exist
/// yet, and the journal would be unreadable.
#[test]
fn nothing_is_decided_before_the_list_is_saved() {
    let mut recovery = Recovery::new(example(), settings());
    recovery.add_codes(code(0).as_bytes(), 1);
    let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
    for batch in [None, Some(0)] {
        let error = job.resolve(batch, Decision::Abandon).unwrap_err();
        assert_eq!(error.code, ErrorCode::NotUnknown);
    }
    let (Action::Save(begin), ()) = (job.poll(NOW), job.handle_saved()) else { panic!() };
    job.resolve(None, Decision::Abandon).unwrap();
    let (Action::Save(rest), ()) = (job.poll(NOW), job.handle_saved()) else { panic!() };
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&[begin, rest].concat()).unwrap();
    assert_eq!(recovery.resume(false).unwrap().code(0).unwrap().state, Abandoned);
}
