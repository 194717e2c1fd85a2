//! Batches that need a token.

use super::*;

#[test]
fn a_token_is_renewed_once_per_request() {
    let mut bench = Bench::new(1);
    bench.run();
    bench.answer(0, 401);
    assert_eq!(bench.sent.len(), 2);
    bench.answer(0, 401);
    assert_eq!(bench.states(), [Pending, Pending]);
    assert!(bench.over);
    assert_eq!(bench.job.take_halt().unwrap().code, ErrorCode::Unauthorized);
    bench.check();
    let requests = |bench: &Bench| {
        let progress = bench.job.progress(NOW);
        (progress.requests, progress.retries)
    };
    assert_eq!(requests(&bench), (2, 1));
    bench.run();
    bench.answer(0, 200);
    assert_eq!(requests(&bench), (3, 2));
}

#[test]
fn a_token_that_cannot_be_renewed_halts() {
    let mut bench = Bench::with(2, Settings { renews: false, ..settings() });
    bench.run();
    bench.answer(0, 401);
    assert!(bench.over);
    assert_eq!(bench.sent.len(), 1);
    assert_eq!(bench.states(), [Pending, Pending]);
}

#[test]
fn nothing_is_sent_without_a_token() {
    let refused = response::error_from_record(ErrorCode::TokenRejected, 401, None);
    let failed = response::error_from_record(ErrorCode::ConnectionFailed, 0, None);
    let hourly = response::error_from_record(ErrorCode::TokenUnavailable, 429, None);
    let down = response::error_from_record(ErrorCode::TokenUnavailable, 503, None);
    for (error, tries) in [(refused, 1), (failed, 3), (hourly, 1), (down, 3)] {
        let mut job = Bench::new(2).job;
        job.start(NOW);
        let (mut now, mut asked) = (NOW, 0);
        loop {
            match job.poll(now) {
                Action::Save(_) => job.handle_saved(),
                Action::NeedToken { batch, renew } => {
                    assert!(!renew);
                    asked += 1;
                    let halts = job.handle_no_token(batch, error.clone(), now, 1.0);
                    assert_eq!(halts, asked == tries);
                }
                Action::Wait(until) => now = until,
                Action::Done => break,
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(asked, tries, "{error:?}");
        assert_eq!(job.progress(now).count(Pending), 4);
        assert_eq!(job.take_halt().unwrap().code, error.code);
    }
}

#[test]
fn a_token_request_that_was_never_sent_is_retried() {
    let mut bench = Bench::new(1);
    bench.job.start(NOW);
    let (mut now, mut asked) = (NOW, 0);
    while bench.sent.is_empty() {
        match bench.job.poll(now) {
            Action::Save(bytes) => {
                bench.journal.extend_from_slice(&bytes);
                bench.job.handle_saved();
            }
            Action::NeedToken { batch, .. } => {
                asked += 1;
                if asked < 30 {
                    assert!(!bench.job.handle_no_token(batch, Error::unsent("x"), now, 1.0));
                    assert!(bench.job.batch(0).is_some_and(|batch| batch.unsent));
                } else {
                    bench.job.handle_token(batch);
                }
            }
            Action::Send { batch, request } => bench.sent.push((batch, request.body.unwrap())),
            Action::Wait(until) => now = until,
            other => panic!("{other:?}"),
        }
    }
    // It does not count as a failure to get a token.
    let failed = response::error_from_record(ErrorCode::ConnectionFailed, 0, None);
    bench.answer(0, 401);
    let Action::NeedToken { batch, .. } = bench.job.poll(now) else { return };
    assert!(!bench.job.handle_no_token(batch, failed, now, 1.0));
}
