//! Resuming a job from its journal.

use super::*;

#[test]
fn a_batch_under_way_in_a_crash_is_unknown() {
    let mut bench = Bench::new(2);
    bench.run();
    bench.report(1, Err(Some("full")));
    let resumed = bench.resume(false);
    assert_eq!(resumed.states(), [Unknown, Failed, Pending, Pending]);
    resumed.check();
}

#[test]
fn unsent_batches_of_a_restored_copy_are_unknown() {
    let mut bench = Bench::new(6);
    bench.job.resolve(Some(5), Decision::Abandon).unwrap();
    bench.run();
    bench.answer(0, 200);
    bench.answer(1, 400);
    bench.lose(2);
    bench.job.resolve(Some(2), Decision::Resend).unwrap();
    let resumed = bench.resume(true);
    let batches: Vec<_> = (0..6).map(|batch| resumed.state(batch * 2)).collect();
    assert_eq!(batches, [InQueue, Rejected, Unknown, Unknown, Unknown, Abandoned]);
    resumed.check();
    let again = resumed.resume(false);
    assert_eq!(again.states(), resumed.states());
}

/// A journal that was deleted, truncated, or replaced by an older copy is refused.
#[test]
fn a_journal_that_is_shorter_than_it_was_is_refused() {
    let mut bench = Bench::new(3);
    let created = bench.journal.len();
    bench.run();
    bench.answer(0, 200);
    let known = bench.journal.len();
    let open = |length: usize, how: fn(Recovery) -> Result<Job, Error>| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.expect_length(known as u64);
        recovery.push(&bench.journal[..length]).unwrap();
        how(recovery).map_err(|error| (error.code, error.queued))
    };
    let create = |mut recovery: Recovery| {
        for number in 0..6 {
            recovery.add_codes(code(number).as_bytes(), 6);
        }
        recovery.create(ProgramId::new("p").unwrap(), [8; 16], 0, NOW)
    };
    let lost = Some((ErrorCode::JournalLost, Queued::Unknown));
    for length in 0..known {
        assert_eq!(open(length, create).err(), lost, "{length}");
        assert_eq!(open(length, |recovery| recovery.resume(false)).err(), lost, "{length}");
        // A copy can be continued if it still contains a job, and not otherwise.
        let restored = open(length, |recovery| recovery.resume(true)).err();
        assert_eq!(restored, if length < created { lost } else { None }, "{length}");
    }
    assert!(open(known, create).is_ok());
    assert!(open(known, |recovery| recovery.resume(false)).is_ok());
    assert!(open(known, |recovery| recovery.resume(true)).is_ok());
    // A journal with an incomplete creation is as long as it was.
    let mut recovery = Recovery::new(example(), settings());
    recovery.expect_length(50);
    recovery.push(&bench.journal[..created - 1]).unwrap();
    assert_eq!(create(recovery).unwrap().id(), [8; 16]);
    // A journal that was truncated to nothing during an append begins in the middle of a
    // record.
    let read = |bytes: &[u8], piece: usize| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.expect_length(known as u64);
        let failed = bytes.chunks(piece).find_map(|bytes| recovery.push(bytes).err());
        failed.map(|error| (error.code, error.queued))
    };
    let mut later = bench.journal.clone();
    later[3] = 2;
    for piece in [1, 2, 3, 5, known] {
        assert_eq!(read(&bench.journal[created..], piece), lost, "{piece}");
        // A journal of a later version exists, however complete it is.
        let mismatch = Some((ErrorCode::JournalMismatch, Queued::No));
        assert_eq!(read(&later, piece), mismatch, "{piece}");
    }
}

#[test]
fn a_job_detects_a_shortened_journal() {
    let mut bench = Bench::new(2);
    let end = bench.job.journal_end();
    bench.job.start(NOW);
    assert!(matches!(bench.job.poll(NOW), Action::Save(_)));
    // A record that is being saved may be there or not.
    let error = bench.job.ensure_journal(end - 1).unwrap_err();
    assert_eq!(error.code, ErrorCode::JournalLost);
    assert_eq!(bench.job.ensure_journal(end), Ok(()));
    bench.job.handle_save_failed();
    assert_eq!(bench.job.ensure_journal(end), Ok(()));
    assert!(bench.resume(false).job.ensure_journal(end).is_err());
}
