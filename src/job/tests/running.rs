//! When requests are sent, and when a run is over.

use super::*;

#[test]
fn the_first_batch_is_sent_alone() {
    let mut bench = Bench::new(20);
    bench.run();
    assert_eq!(bench.sent.len(), 1);
    bench.answer(0, 200);
    assert_eq!(bench.sent.len(), 9);
    bench.answer(5, 200);
    assert_eq!(bench.sent.len(), 10);
    bench.check();
}

#[test]
fn one_batch_at_a_time_is_sent_until_one_is_accepted() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.lose(0);
    bench.answer(1, 400);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn requests_are_paced() {
    let paced = Settings { interval_ms: 1000.0 / 3.0, concurrency: 1000, ..settings() };
    let mut bench = Bench::with(200, paced);
    bench.run();
    bench.answer(0, 200);
    let mut now = NOW;
    while now < NOW + 10_000 {
        bench.turn_at(now);
        now = bench.until.unwrap();
    }
    // Three a second, in ten seconds.
    assert!((30..=32).contains(&bench.sent.len()), "{}", bench.sent.len());
}

#[test]
fn nothing_is_sent_before_the_time_that_was_set() {
    let mut bench = Bench::new(1);
    bench.job.hold(NOW + 500);
    bench.run();
    assert_eq!((bench.until, bench.sent.len()), (Some(NOW + 500), 0));
    bench.turn_at(NOW + 499);
    assert_eq!(bench.sent.len(), 0);
    bench.turn_at(NOW + 500);
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn a_pause_cancels_unsent_batches() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.answer(1, 200);
    let left = bench.sent.len();
    // One more batch is started, and paused while its record is being saved.
    bench.job.handle_response(2, &head(200), "", &Json::Null, NOW, 0.5);
    let Action::Save(bytes) = bench.job.poll(NOW) else { panic!() };
    bench.journal.extend_from_slice(&bytes);
    bench.job.pause();
    bench.turn();
    bench.job.handle_saved();
    bench.turn();
    for batch in 3..left {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.sent.len(), left);
    assert!(bench.job.take_halt().is_none());
    assert_eq!(bench.job.progress(NOW).count(Pending) as usize, 40 - 2 * left);
    bench.check();
}

#[test]
fn a_run_begins_and_ends() {
    let mut bench = Bench::new(1);
    assert!(!bench.job.is_running());
    bench.run();
    assert!(bench.job.is_running());
    bench.answer(0, 200);
    assert!(bench.over && !bench.job.is_running());
}

#[test]
fn a_job_is_finished_when_nothing_is_open() {
    for state in CodeState::ALL.iter().copied() {
        for other in CodeState::ALL.iter().copied() {
            let mut progress = Bench::new(1).job.progress(NOW);
            progress.counts = [0; 8];
            progress.counts[state as usize] += 1;
            progress.counts[other as usize] += 1;
            let open = [state, other].iter().any(|one| matches!(one, Pending | Sending | Unknown));
            assert_eq!(progress.is_finished(), !open, "{state:?} {other:?}");
        }
    }
}

#[test]
fn the_estimate_follows_the_pace() {
    let mut bench = Bench::new(20);
    assert_eq!(bench.job.progress(NOW).eta_ms, None);
    bench.run();
    assert_eq!(bench.job.progress(NOW).eta_ms, None);
    bench.answer(0, 200);
    bench.answer(1, 200);
    // Four codes in two seconds, 36 to go.
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, Some(18_000));
    // A refused batch and an unknown one also count.
    bench.answer(2, 400);
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, Some(2_000 * 34 / 6));
    bench.lose(3);
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, Some(2_000 * 32 / 8));
    bench.job.pause();
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, None);
}

#[test]
fn progress_shows_until_when_the_job_waits() {
    let mut bench = Bench::new(1);
    assert_eq!(bench.job.progress(NOW).waiting_until, None);
    bench.run();
    bench.answer(0, 429);
    let until = bench.until.unwrap();
    assert_eq!(bench.job.progress(NOW).waiting_until, Some(until));
    assert_eq!(bench.job.progress(until).waiting_until, None);
    bench.job.pause();
    assert_eq!(bench.job.progress(NOW).waiting_until, None, "a pause waits for nothing");
}
