//! Usage in every state and order.

use super::*;

/// A time after the longest wait.
const LATER: u64 = NOW + 3_600_000;
/// A code of another job.
const CONTROL: usize = 1;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Usage,
    Run,
    Answer(u16),
    Lose,
    Unsent,
    Distributed,
    Failed,
    Decide(Decision),
    Pause,
    /// From the journal; with `true`, from a copy.
    Restart(bool),
}

use Decision::{Abandon, Queued, Resend};
use Step::{Answer, Decide, Lose, Pause, Restart, Run, Unsent, Usage};

impl Bench {
    /// Takes a step with the first batch or its first code. Returns whether the step was possible.
    fn step(&mut self, step: Step) -> bool {
        let is_out = !self.job.flights.is_empty();
        match step {
            Usage => drop(self.use_codes([0])),
            Run if self.job.is_running() => return false,
            Run => {
                self.job.start(LATER);
                self.turn_at(LATER);
            }
            Answer(_) | Lose | Unsent | Pause if !is_out => return false,
            Answer(status) => drop(self.answer(0, status)),
            Lose => self.lose(0),
            Unsent => {
                self.job.handle_unsent(0, &Error::unsent("x"), NOW, 0.5);
                self.turn();
            }
            Step::Distributed => drop(self.report(0, Ok(()))),
            Step::Failed => drop(self.report(0, Err(Some("full")))),
            Decide(decision) => {
                let taken = self.job.resolve(Some(0), decision).is_ok();
                self.turn();
                return taken;
            }
            Pause => {
                self.job.pause();
                self.turn();
            }
            Restart(restored) => *self = self.resume(restored),
        }
        true
    }

    fn use_codes<const N: usize>(&mut self, numbers: [usize; N]) -> u32 {
        let settled = self.job.handle_usage(numbers.map(code));
        self.turn();
        settled
    }

    fn known(&self, number: usize) -> Known {
        let CodeInfo { state, by, .. } = self.job.code(number).unwrap();
        (state, by)
    }

    fn used_before(&self) -> u32 {
        self.job.progress(NOW).used_before
    }

    /// The codes of the last request, by number.
    fn last_request(&self) -> Vec<usize> {
        let (_, body) = self.sent.last().unwrap();
        let body = std::str::from_utf8(body).unwrap();
        (0..10).filter(|number| body.contains(&code(*number).to_string())).collect()
    }
}

type Known = (CodeState, Source);
const BY_USAGE: Known = (Distributed, Source::Usage);
const PENDING: Known = (Pending, Source::None);
const SENDING: Known = (Sending, Source::None);
const REJECTED: Known = (Rejected, Source::Response);
const ABANDONED: Known = (Abandoned, Source::Operator);
const UNKNOWN: Known = (Unknown, Source::None);

/// The steps before and the state after them, the state after usage, and the state after
/// the steps that follow.
type Row<'a> = (&'a [Step], Known, Known, &'a [(&'a [Step], Known)]);

/// The table in `ledger.rs`.
#[rustfmt::skip]
const TABLE: &[Row<'_>] = &[
    (&[], PENDING, PENDING, &[
        (&[], PENDING),
        (&[Run], SENDING),
        (&[Run, Usage], SENDING),
        (&[Run, Answer(200)], BY_USAGE),
        (&[Run, Answer(500)], BY_USAGE),
        (&[Run, Lose], BY_USAGE),
        (&[Run, Restart(false)], BY_USAGE),
        (&[Run, Answer(429)], PENDING),
        (&[Run, Answer(403)], PENDING),
        (&[Run, Unsent], PENDING),
        (&[Run, Answer(400)], REJECTED),
        (&[Run, Answer(403), Run, Answer(200)], BY_USAGE),
        (&[Run, Step::Failed, Answer(200)], BY_USAGE),
        (&[Run, Step::Distributed, Answer(403)], PENDING),
        (&[Step::Distributed], PENDING),
        (&[Decide(Abandon)], ABANDONED),
        (&[Decide(Abandon), Restart(true)], ABANDONED),
        (&[Restart(false)], PENDING),
        (&[Restart(true)], BY_USAGE),
    ]),
    (&[Run], SENDING, BY_USAGE, &[
        (&[Usage], BY_USAGE),
        (&[Answer(200)], BY_USAGE),
        (&[Answer(500)], BY_USAGE),
        (&[Lose], BY_USAGE),
        (&[Answer(400)], BY_USAGE),
        (&[Answer(401)], BY_USAGE),
        (&[Answer(403)], BY_USAGE),
        (&[Answer(429)], BY_USAGE),
        (&[Unsent], BY_USAGE),
        (&[Step::Failed, Answer(200)], BY_USAGE),
        (&[Step::Failed, Answer(400)], BY_USAGE),
        (&[Answer(403), Decide(Abandon)], BY_USAGE),
        (&[Restart(false)], BY_USAGE),
        (&[Restart(true)], BY_USAGE),
    ]),
    (&[Run, Step::Failed], SENDING, BY_USAGE, &[(&[Answer(200)], BY_USAGE)]),
    (&[Run, Answer(200)], (InQueue, Source::Response), BY_USAGE, &[
        (&[Step::Failed], BY_USAGE),
        (&[Step::Distributed], BY_USAGE),
        (&[Restart(true)], BY_USAGE),
    ]),
    (&[Run, Lose, Decide(Queued)], (InQueue, Source::Operator), BY_USAGE, &[
        (&[Step::Failed, Restart(false)], BY_USAGE),
    ]),
    (&[Run, Lose], UNKNOWN, BY_USAGE, &[
        (&[Decide(Queued)], BY_USAGE),
        (&[Decide(Abandon)], BY_USAGE),
        (&[Decide(Resend), Run], BY_USAGE),
        (&[Decide(Resend), Run, Answer(400)], BY_USAGE),
        (&[Decide(Resend), Run, Answer(429)], BY_USAGE),
        (&[Step::Failed], BY_USAGE),
    ]),
    (&[Run, Lose, Decide(Resend)], UNKNOWN, BY_USAGE, &[(&[Run], BY_USAGE)]),
    (&[Run, Lose, Decide(Resend), Run], SENDING, BY_USAGE, &[
        (&[Answer(200)], BY_USAGE),
        (&[Answer(422)], BY_USAGE),
        (&[Restart(false)], BY_USAGE),
    ]),
    (&[Run, Answer(200), Step::Failed], (Failed, Source::Webhook), BY_USAGE, &[
        (&[Step::Failed], BY_USAGE),
        (&[Restart(false)], BY_USAGE),
    ]),
    (&[Run, Answer(200), Step::Distributed], (Distributed, Source::Webhook), BY_USAGE, &[
        (&[Step::Failed], BY_USAGE),
    ]),
    (&[Run, Answer(400)], REJECTED, REJECTED, &[
        (&[Step::Distributed], REJECTED),
        (&[Restart(true)], REJECTED),
    ]),
    (&[Decide(Abandon)], ABANDONED, ABANDONED, &[(&[Run], ABANDONED)]),
    (&[Run, Lose, Decide(Abandon)], ABANDONED, BY_USAGE, &[
        (&[Step::Failed], BY_USAGE),
        (&[Restart(false)], BY_USAGE),
    ]),
];

#[test]
fn usage_changes_states_as_the_table_says() {
    for (before, was, is, then) in TABLE {
        for (after, end) in *then {
            let mut bench = Bench::new(1);
            let all = |bench: &mut Bench, steps: &[Step]| {
                for step in steps {
                    assert!(bench.step(*step), "{before:?} {after:?}: nothing to do for {step:?}");
                    bench.check();
                }
            };
            all(&mut bench, before);
            assert_eq!(bench.known(0), *was, "{before:?}");
            let settles = is.0 == Distributed && was.0 != Distributed;
            assert_eq!(bench.use_codes([0]), u32::from(settles), "{before:?}");
            assert_eq!(bench.known(0), *is, "{before:?}");
            bench.check();
            all(&mut bench, after);
            assert_eq!(bench.known(0), *end, "{before:?}, usage, {after:?}");
            assert_eq!(bench.used_before(), u32::from(*end == PENDING), "{before:?} {after:?}");
        }
    }
}

/// Every sequence of steps, with usage anywhere in it, compared with a job that gets no
/// usage: both have the same states, except for the codes in use.
#[test]
fn the_order_of_usage_and_other_evidence_does_not_matter() {
    const STEPS: [Step; 17] = [
        Usage,
        Run,
        Answer(200),
        Answer(400),
        Answer(401),
        Answer(403),
        Answer(429),
        Lose,
        Unsent,
        Step::Distributed,
        Step::Failed,
        Decide(Resend),
        Decide(Queued),
        Decide(Abandon),
        Pause,
        Restart(false),
        Restart(true),
    ];
    let mut open = vec![vec![Usage], vec![Run]];
    let mut seen = 0;
    while let Some(steps) = open.pop() {
        if !follow(&steps) {
            continue;
        }
        seen += 1;
        let news = |step: &Step| *step != Usage || !steps.contains(&Usage);
        if steps.len() < 5 {
            open.extend(STEPS.iter().filter(|step| news(step)).map(|step| {
                let mut longer = steps.clone();
                longer.push(*step);
                longer
            }));
        }
    }
    assert!(seen > 10_000, "{seen}");
}

/// Takes these steps. Returns whether each was possible.
fn follow(steps: &[Step]) -> bool {
    let (mut bench, mut twin) = (Bench::new(1), Bench::new(1));
    let (mut before, mut since, mut has_left) = (false, false, false);
    for (index, step) in steps.iter().enumerate() {
        let requests = bench.sent.len();
        if *step == Usage {
            match twin.state(0) {
                Pending => before = true,
                Rejected => {}
                Abandoned if !has_left => {}
                _ => since = true,
            }
        } else if !twin.step(*step) {
            return false;
        }
        let requests = if matches!(step, Restart(_)) { 0 } else { requests };
        assert!(bench.step(*step), "{steps:?}");
        // The other job sends the same requests, with the codes in use.
        assert_eq!(bench.sent.len(), twin.sent.len(), "{steps:?}");
        if bench.sent.len() > requests {
            let leaves_out = since || before && has_left;
            let mut expected = twin.last_request();
            expected.retain(|number| *number == CONTROL || !leaves_out);
            assert_eq!(bench.last_request(), expected, "{:?}", &steps[..=index]);
        }
        let (state, _) = twin.known(0);
        has_left |= matches!(state, InQueue | Unknown | Distributed | Failed);
        let is_settled = since || before && has_left;
        let expected = if is_settled { BY_USAGE } else { twin.known(0) };
        assert_eq!(bench.known(0), expected, "{:?}", &steps[..=index]);
        assert_eq!(bench.known(CONTROL), twin.known(CONTROL), "{:?}", &steps[..=index]);
        let counts = before && !is_settled && state == Pending;
        assert_eq!(bench.used_before(), u32::from(counts), "{:?}", &steps[..=index]);
        bench.check();
    }
    true
}

#[test]
fn a_code_in_use_is_never_sent_again() {
    let mut bench = Bench::new(1);
    bench.run();
    assert_eq!(bench.use_codes([0, 1]), 2);
    bench.answer(0, 403);
    // The whole batch is settled, so nothing is left to do.
    assert_eq!(bench.states(), [Distributed; 2]);
    assert!(bench.job.progress(NOW).is_finished());
    bench.run();
    assert!(bench.over);
    assert_eq!(bench.sent.len(), 1);
    bench.check();
}

#[test]
fn usage_before_a_request_is_sent_is_kept() {
    let mut bench = Bench::new(1);
    bench.job.start(NOW);
    let Action::Save(bytes) = bench.job.poll(NOW) else { panic!() };
    bench.journal.extend_from_slice(&bytes);
    // Its batch is about to be sent: it is `sending`.
    assert_eq!(bench.job.handle_usage([code(0)]), 1);
    bench.job.handle_saved();
    bench.turn();
    assert_eq!(bench.last_request(), [1]);
    bench.answer(0, 200);
    assert_eq!((bench.known(0), bench.state(1)), (BY_USAGE, InQueue));
    bench.check();
}

#[test]
fn repeated_usage_changes_and_writes_nothing() {
    let mut bench = unknown();
    assert_eq!(bench.use_codes([0, 0, 9]), 1, "once, and none of another job");
    let end = bench.journal.len();
    assert_eq!(bench.use_codes([0]), 0);
    let mut pending = Bench::new(1);
    assert_eq!(pending.use_codes([0, 1]), 0);
    assert_eq!(pending.used_before(), 2);
    let written = pending.journal.len();
    assert_eq!(pending.use_codes([1, 0]), 0);
    assert_eq!((bench.journal.len(), pending.journal.len()), (end, written));
    assert_eq!(pending.used_before(), 2);
}

#[test]
fn a_batch_says_how_many_of_its_codes_are_used() {
    let mut bench = unknown();
    bench.report(1, Err(None));
    bench.use_codes([0]);
    let batch = bench.job.batch(0).unwrap();
    assert_eq!((batch.used, batch.reported, batch.state), (1, 2, InQueue));
    let mut pending = Bench::new(1);
    pending.use_codes([0]);
    let batch = pending.job.batch(0).unwrap();
    assert_eq!((batch.used, batch.reported, batch.state), (1, 0, Pending));
    assert_eq!(batch.by, Source::None);
    pending.step(Decide(Abandon));
    assert_eq!(pending.job.batch(0).unwrap().by, Source::Operator);
}

/// In the journal, usage comes after the list, even if it arrives while the list is
/// written.
#[test]
fn usage_that_comes_while_the_list_is_saved_is_kept() {
    let codes = CODES_AT_ONCE * 2 + 5;
    let mut recovery = Recovery::new(example(), settings());
    for number in 0..codes {
        recovery.add_codes(code(number).as_bytes(), codes);
    }
    let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
    let mut journal = vec![];
    let Action::Save(bytes) = job.poll(NOW) else { panic!() };
    journal.extend(bytes);
    assert_eq!(job.handle_usage([code(codes - 1), code(0)]), 0);
    job.handle_saved();
    while let Action::Save(bytes) = job.poll(NOW) {
        journal.extend(bytes);
        job.handle_saved();
    }
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&journal).unwrap();
    let resumed = recovery.resume(false).unwrap();
    assert_eq!(resumed.progress(NOW).used_before, 2);
    assert_eq!(resumed.results().count(), codes);
}

/// A hundred thousand codes need several records.
#[test]
fn usage_of_many_codes_is_resumed_as_it_was() {
    let mut bench = accepted(100_000);
    let used = (0..100_000).filter(|number| number % 7 != 0).map(code);
    assert_eq!(bench.job.handle_usage(used), 85_714);
    bench.turn();
    bench.check();
}

/// Reasons are renumbered when there are too many; usage is not affected.
#[test]
fn usage_outlives_the_table_of_reasons() {
    let mut bench = accepted(ledger::MAX_NUMBERED_REASONS + 10);
    bench.use_codes([0, 1]);
    let outcomes: Vec<_> = (2..ledger::MAX_NUMBERED_REASONS + 10)
        .map(|number| Outcome {
            code: code(number),
            status: Status::Failed,
            reason: Some(format!("{:05}", 99_999 - number)),
        })
        .collect();
    bench.job.handle_outcomes(&outcomes);
    bench.turn();
    for bench in [&bench, &bench.resume(false)] {
        assert_eq!([0, 1].map(|number| bench.known(number)), [BY_USAGE; 2]);
        assert_eq!(bench.job.progress(NOW).count(Distributed), 2);
    }
}

/// A record that can't follow the ones before it was not written by a job.
#[test]
fn usage_of_an_impossible_code_is_damage() {
    let mut bench = Bench::new(2);
    bench.run();
    bench.answer(0, 400);
    for indices in [&[4][..], &[0], &[2, 2], &[u32::MAX]] {
        let body: Vec<u8> = std::iter::once(record::USAGE)
            .chain(indices.iter().flat_map(|index: &u32| index.to_le_bytes()))
            .collect();
        for body in [&body[..], &body[..body.len() - 1]] {
            let mut writer = journal::Writer { log: vec![], end: bench.journal.len() as u64 };
            writer.record(body);
            let mut recovery = Recovery::new(example(), settings());
            recovery.push(&bench.journal).unwrap();
            let error = recovery.push(&writer.log).unwrap_err();
            assert_eq!(error.code, ErrorCode::JournalCorrupt, "{indices:?}");
        }
    }
}

/// In a journal truncated anywhere, saved usage is known, and can be reported again.
#[test]
fn usage_of_a_torn_record_can_be_reported_again() {
    let mut bench = unknown();
    let before = bench.journal.len();
    bench.use_codes([0]);
    for cut in before..=bench.journal.len() {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&bench.journal[..cut]).unwrap();
        let kept = usize::try_from(recovery.kept()).unwrap();
        let job = recovery.resume(false).unwrap();
        let journal = bench.journal[..kept].to_vec();
        let mut torn = Bench { job, journal, sent: vec![], over: false, until: None };
        let is_complete = cut == bench.journal.len();
        let expected = if is_complete { BY_USAGE } else { UNKNOWN };
        assert_eq!(torn.known(0), expected, "{cut}");
        torn.use_codes([0]);
        assert_eq!(torn.known(0), BY_USAGE);
        torn.check();
    }
}
