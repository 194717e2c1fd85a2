//! A job that pauses after its first codes.

use super::*;

/// Pauses after this many codes, with batches of two.
fn pausing(pause_after: usize, codes: usize) -> Bench {
    Bench::with(codes, Settings { pause_after, ..settings() })
}

fn is_paused(bench: &Bench) -> bool {
    bench.job.progress(NOW).paused_after
}

/// How many codes are in each batch.
fn sizes(bench: &Bench) -> Vec<u32> {
    (0..bench.job.batches()).map(|batch| bench.job.batch(batch).unwrap().codes).collect()
}

/// Accepts every request until no more is sent.
fn accept(bench: &mut Bench) {
    let mut answered = bench.sent.len() - 1;
    while let Some((batch, _)) = bench.sent.get(answered) {
        let batch = *batch;
        bench.answer(batch, 200);
        answered += 1;
    }
}

#[test]
fn a_batch_ends_at_the_pause() {
    for (pause_after, codes, expected) in [
        (1, 5, vec![1, 2, 2]),
        (2, 5, vec![2, 2, 1]),
        (3, 5, vec![2, 1, 2]),
        (4, 5, vec![2, 2, 1]),
        (5, 5, vec![2, 2, 1]),
        (usize::MAX, 5, vec![2, 2, 1]),
        (0, 5, vec![2, 2, 1]),
        (1, 1, vec![1]),
    ] {
        let bench = pausing(pause_after, codes);
        assert_eq!(sizes(&bench), expected, "{pause_after} of {codes}");
        let batches: Vec<usize> = bench.job.results().map(|code| code.batch).collect();
        let sizes_by_batch = (0..).zip(&expected);
        let of_codes = sizes_by_batch.flat_map(|(batch, size)| vec![batch; *size as usize]);
        assert_eq!(batches, of_codes.collect::<Vec<_>>(), "{pause_after} of {codes}");
        assert_eq!(sizes(&bench.resume(false)), expected, "{pause_after} of {codes}");
    }
}

#[test]
fn the_first_codes_are_sent_and_the_next_run_sends_the_rest() {
    for pause_after in 1..7 {
        let mut bench = pausing(pause_after, 7);
        bench.run();
        accept(&mut bench);
        assert!(bench.over && is_paused(&bench), "{pause_after}");
        assert!(bench.job.take_halt().is_none());
        let mut expected = vec![InQueue; pause_after];
        expected.resize(7, Pending);
        assert_eq!(bench.states(), expected);
        assert!(!bench.job.progress(NOW).is_finished());
        bench.check();

        bench.run();
        assert!(!is_paused(&bench));
        accept(&mut bench);
        assert_eq!(bench.states(), [InQueue; 7]);
        assert!(bench.over && !is_paused(&bench));
        assert_eq!(bench.sent.len(), bench.job.batches());
        bench.check();
    }
}

#[test]
fn a_pause_after_the_last_code_has_no_effect() {
    let mut bench = pausing(4, 4);
    bench.run();
    accept(&mut bench);
    assert_eq!(bench.states(), [InQueue; 4]);
    assert!(bench.over && !is_paused(&bench));
    assert_eq!(bench.journal, {
        let mut plain = Bench::new(2);
        plain.run();
        accept(&mut plain);
        plain.journal
    });
}

#[test]
fn the_job_pauses_after_any_response() {
    for (status, state) in [(400, Rejected), (500, Unknown)] {
        let mut bench = pausing(1, 3);
        bench.run();
        bench.answer(0, status);
        assert!(bench.over && is_paused(&bench), "{status}");
        assert_eq!(bench.states(), [state, Pending, Pending]);
        assert_eq!(bench.sent.len(), 1);
    }
}

#[test]
fn codes_without_a_response_are_sent_before_the_pause() {
    let mut bench = pausing(1, 3);
    bench.run();
    bench.answer(0, 403);
    assert!(bench.over && !is_paused(&bench));
    assert!(bench.job.take_halt().is_some());
    bench.run();
    bench.answer(0, 429);
    assert!(!bench.over && !is_paused(&bench));
    let until = bench.until.unwrap();
    bench.turn_at(until);
    bench.answer(0, 200);
    assert!(bench.over && is_paused(&bench));
    assert_eq!(bench.states(), [InQueue, Pending, Pending]);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn a_halt_is_not_a_pause() {
    let mut bench = pausing(5, 9);
    bench.run();
    for batch in 0..3 {
        bench.lose(batch);
    }
    assert!(bench.over && !is_paused(&bench));
    assert_eq!(bench.job.take_halt().unwrap().code, ErrorCode::Halted);
    // None of the first codes is left to send: the run reports the pause.
    bench.run();
    assert!(bench.over && is_paused(&bench));
    assert_eq!(bench.sent.len(), 3);
    bench.run();
    assert_eq!(bench.sent.len(), 4);
}

#[test]
fn a_resumed_job_keeps_its_pause() {
    let mut bench = pausing(1, 3);
    let before = bench.resume(false);
    bench.run();
    bench.answer(0, 200);
    let after = bench.resume(false);
    assert!(!is_paused(&before) && is_paused(&after));

    for (mut resumed, sent) in [(before, vec![0]), (after, vec![1])] {
        resumed.run();
        let batches: Vec<usize> = resumed.sent.iter().map(|(batch, _)| *batch).collect();
        assert_eq!(batches, sent);
    }
}

#[test]
fn a_crash_before_the_pause_is_saved_does_not_lose_it() {
    let mut bench = pausing(1, 3);
    bench.run();
    // The response never reached the journal.
    let mut resumed = bench.resume(false);
    assert_eq!(resumed.states(), [Unknown, Pending, Pending]);
    resumed.run();
    assert!(resumed.over && is_paused(&resumed) && resumed.sent.is_empty());
    resumed.job.resolve(Some(0), Decision::Resend).unwrap();
    resumed.run();
    assert_eq!(resumed.sent.len(), 1, "alone, as the first of a run");
    accept(&mut resumed);
    assert_eq!(resumed.states(), [InQueue; 3]);
}

#[test]
fn a_resend_before_the_pause_is_sent_before_it() {
    let mut bench = pausing(3, 5);
    bench.run();
    bench.lose(0);
    bench.job.resolve(Some(0), Decision::Resend).unwrap();
    bench.turn();
    bench.answer(1, 200);
    bench.answer(0, 200);
    assert!(bench.over && is_paused(&bench));
    assert_eq!(bench.states(), [InQueue, InQueue, InQueue, Pending, Pending]);
    assert_eq!(bench.job.progress(NOW).requests, 3);
}

#[test]
fn a_pause_does_not_wait_for_abandoned_codes() {
    let mut bench = pausing(1, 3);
    bench.job.resolve(Some(0), Decision::Abandon).unwrap();
    bench.run();
    assert!(bench.over && is_paused(&bench) && bench.sent.is_empty());
    bench.run();
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn a_signal_before_the_response_does_not_prevent_the_pause() {
    let mut bench = pausing(1, 3);
    bench.run();
    bench.job.pause();
    bench.turn();
    bench.answer(0, 200);
    assert!(bench.over && is_paused(&bench));
    // After the pause, only the signal counts.
    bench.run();
    bench.job.pause();
    bench.answer(1, 200);
    assert!(bench.over && !is_paused(&bench));
    assert_eq!(bench.states(), [InQueue; 3]);
}

#[test]
fn outcomes_and_usage_are_counted_in_their_batches() {
    let mut bench = pausing(3, 6);
    bench.run();
    accept(&mut bench);
    bench.run();
    accept(&mut bench);
    bench.report(2, Ok(()));
    bench.report(3, Err(Some("no")));
    bench.job.handle_usage([code(5)]);
    bench.turn();
    assert_eq!(bench.states(), [InQueue, InQueue, Distributed, Failed, InQueue, Distributed]);
    let reported: Vec<u32> = (0..4).map(|batch| bench.job.batch(batch).unwrap().reported).collect();
    assert_eq!(reported, [0, 1, 1, 1]);
    bench.check();
}

#[test]
fn the_estimate_covers_the_codes_before_the_pause() {
    let mut bench = pausing(4, 100);
    bench.run();
    bench.job.handle_response(0, &head(200), "", &Json::Null, NOW + 1_000, 0.5);
    assert_eq!(bench.job.progress(NOW + 1_000).eta_ms, Some(1_000));
}

#[test]
fn a_journal_with_another_pause_is_refused() {
    let create = |journal: &[u8], pause_after| {
        let mut recovery = Recovery::new(example(), Settings { pause_after, ..settings() });
        recovery.push(journal).unwrap();
        for number in 0..3 {
            recovery.add_codes(code(number).as_bytes(), 3);
        }
        recovery.create(ProgramId::new("p").unwrap(), [7; 16], 3, NOW)
    };
    let paused = pausing(1, 3).journal;
    for same in [0, 1, 3] {
        assert_eq!(create(&paused, same).unwrap().batches(), 2, "{same}");
    }
    let plain = Bench::with(3, settings()).journal;
    for same in [0, 3, 4] {
        assert_eq!(create(&plain, same).unwrap().batches(), 2, "{same}");
    }
    for (journal, other) in [(&paused, 2), (&plain, 1)] {
        let error = create(journal, other).err().unwrap();
        assert_eq!(error.code, ErrorCode::JournalMismatch);
    }
}

#[test]
fn an_invalid_pause_is_refused() {
    let begin = begin(3, 2);
    let codes =
        [vec![record::CODES], (0..3).flat_map(|at| *code(at).as_bytes()).collect()].concat();
    let pause = |codes: u8| vec![record::PAUSE, codes, 0, 0, 0];
    let reached = vec![record::PAUSED];
    let sending = |batch: u8| [vec![record::SENDING, batch, 0, 0, 0], vec![0; 8]].concat();
    let resumes = |records: &[Vec<u8>]| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&journal_of(records)).and_then(|()| recovery.resume(false)).is_ok()
    };
    let created = [begin.clone(), pause(1), codes.clone()];
    let with = |more: &[Vec<u8>]| resumes(&[&created, more].concat());
    assert!(with(&[]) && with(&[sending(0)]) && with(&[reached.clone(), sending(1)]));
    assert!(!with(&[sending(1)]), "behind the pause");
    assert!(!with(&[reached.clone(), reached.clone()]));
    assert!(!with(&[pause(1)]) && !with(&[vec![record::PAUSED, 0]]));
    for records in [
        vec![pause(1), begin.clone(), codes.clone()],
        vec![begin.clone(), pause(0), codes.clone()],
        vec![begin.clone(), pause(3), codes.clone()],
        vec![begin.clone(), pause(1), pause(2), codes.clone()],
        vec![begin.clone(), reached.clone(), codes.clone()],
        vec![begin.clone(), codes.clone(), reached.clone()],
        vec![begin.clone(), [pause(1), vec![0]].concat(), codes.clone()],
    ] {
        assert!(!resumes(&records), "{records:?}");
    }
}
