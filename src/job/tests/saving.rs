//! What is in the journal, and when.

use super::*;

#[test]
fn nothing_is_sent_before_it_is_saved() {
    let mut bench = Bench::new(2);
    bench.job.start(NOW);
    let Action::Save(bytes) = bench.job.poll(NOW) else { panic!() };
    for _ in 0..3 {
        assert_eq!(bench.job.poll(NOW), Action::Idle);
    }
    bench.journal.extend_from_slice(&bytes);
    assert_eq!(bench.resume(false).state(0), Unknown);
    bench.job.handle_saved();
    assert_eq!(bench.job.poll(NOW), Action::NeedToken { batch: 0, renew: false });
}

#[test]
fn one_append_at_a_time() {
    let mut bench = Bench::new(2);
    bench.job.start(NOW);
    assert!(matches!(bench.job.poll(NOW), Action::Save(_)));
    bench.job.resolve(Some(1), Decision::Abandon).unwrap();
    assert_eq!(bench.job.poll(NOW), Action::Idle);
    bench.job.handle_saved();
    assert!(matches!(bench.job.poll(NOW), Action::NeedToken { batch: 0, .. }));
    assert!(matches!(bench.job.poll(NOW), Action::Save(_)));
}

#[test]
fn a_job_knows_what_is_saved() {
    let mut recovery = Recovery::new(example(), settings());
    (0..3).for_each(|number| recovery.add_codes(code(number).as_bytes(), 3));
    let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
    assert!(!job.is_created() && !job.is_saved());
    assert_eq!(job.batch_size(), 2);
    let Action::Save(bytes) = job.poll(NOW) else { panic!() };
    assert!(job.is_created() && !job.is_saved(), "it is on its way");
    job.handle_saved();
    assert!(job.is_saved());
    assert_eq!(job.journal_end(), bytes.len() as u64);
    job.resolve(Some(0), Decision::Abandon).unwrap();
    assert!(!job.is_saved());
    let Action::Save(more) = job.poll(NOW) else { panic!() };
    assert!(!job.is_saved());
    job.handle_saved();
    assert!(job.is_saved());
    assert_eq!(job.journal_end(), (bytes.len() + more.len()) as u64);
}

#[test]
fn after_a_failed_append_nothing_is_sent_or_saved() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    let left = bench.sent.len();
    bench.job.handle_response(1, &head(200), "", &Json::Null, NOW, 0.5);
    assert!(matches!(bench.job.poll(NOW), Action::Save(_)));
    bench.job.handle_save_failed();
    bench.turn();
    assert!(!bench.over, "what is under way is awaited");
    for batch in 2..left {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.sent.len(), left);
    assert_eq!(bench.job.progress(NOW).count(Sending), 0);
    bench.run();
    assert!(bench.over);
    assert_eq!(bench.sent.len(), left);
}

#[test]
fn a_large_job_is_saved_in_parts() {
    let bench = Bench::with(CODES_AT_ONCE * 2 + 1, settings());
    let resumed = bench.resume(false);
    assert_eq!(resumed.job.batches(), CODES_AT_ONCE + 1);
    assert!(resumed.job.results().zip(0..).all(|(result, number)| result.code == code(number)));

    // The last part: one code, and the frame of every record.
    let cut = bench.journal.len() - (8 + 1 + 16 + 8);
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&bench.journal[..cut]).unwrap();
    assert_eq!(recovery.kept(), 0, "without all of its codes it is no job");
    recovery.push(&bench.journal[cut..]).unwrap();
    assert_eq!(recovery.kept(), bench.journal.len() as u64);
}
