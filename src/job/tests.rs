use super::*;
use crate::http::{BaseUrl, Headers};
use crate::uber::api::{Api, example};
use crate::uber::id::OrganizationId;

mod pause;
mod usage;

const NOW: u64 = 1_700_000_000_000;

fn code(number: usize) -> Code {
    let mut bytes = [0; 16];
    bytes[8..].copy_from_slice(&(number as u64 + 1).to_be_bytes());
    Code::from_bytes(bytes).unwrap()
}

fn settings() -> Settings {
    Settings { batch_size: 2, concurrency: 8, interval_ms: 0.0, ..Settings::default() }
}

fn head(status: u16) -> ResponseHead {
    ResponseHead { status, headers: Headers::default() }
}

/// A job, and the journal that it wrote.
struct Bench {
    job: Job,
    journal: Vec<u8>,
    sent: Vec<(usize, Vec<u8>)>,
    over: bool,
    until: Option<u64>,
}

impl Bench {
    /// Batches of two codes each.
    fn new(batches: usize) -> Self {
        Self::with(batches * 2, settings())
    }

    fn with(codes: usize, settings: Settings) -> Self {
        let mut recovery = Recovery::new(example(), settings);
        for number in 0..codes {
            recovery.offer(code(number).as_bytes(), codes);
        }
        let program = ProgramId::new("p").unwrap();
        let job = recovery.create(program, [7; 16], 3, NOW).unwrap();
        let mut bench = Self { job, journal: vec![], sent: vec![], over: false, until: None };
        bench.turn();
        bench
    }

    /// Does what the machine asks for, except to answer what was sent.
    fn turn(&mut self) {
        self.turn_at(NOW);
    }

    fn turn_at(&mut self, now: u64) {
        self.until = None;
        loop {
            match self.job.poll(now) {
                Action::Save(bytes) => {
                    self.journal.extend_from_slice(&bytes);
                    self.job.handle_saved();
                }
                Action::NeedToken { batch, .. } => self.job.handle_token(batch),
                Action::Send { batch, request } => self.sent.push((batch, request.body.unwrap())),
                Action::Wait(until) => return self.until = Some(until),
                Action::Idle => return,
                Action::Done => return self.over = true,
            }
        }
    }

    /// Runs until what is first has left.
    fn run(&mut self) {
        self.over = false;
        self.job.start(NOW);
        self.turn();
    }

    fn answer(&mut self, batch: usize, status: u16) -> Option<Error> {
        let error = self.job.handle_response(batch, &head(status), "", &Json::Null, NOW, 0.5);
        self.turn();
        error
    }

    fn lose(&mut self, batch: usize) {
        let error = response::error_from_record(ErrorCode::ConnectionFailed, 0, None);
        self.job.handle_lost(batch, &error);
        self.turn();
    }

    fn report(&mut self, number: usize, outcome: Result<(), Option<&str>>) -> u32 {
        let status = if outcome.is_ok() { Status::Distributed } else { Status::Failed };
        let reason = outcome.err().flatten().map(str::to_owned);
        let settled = self.job.handle_outcomes(&[Outcome { code: code(number), status, reason }]);
        self.turn();
        settled
    }

    fn states(&self) -> Vec<CodeState> {
        self.job.results().map(|result| result.state).collect()
    }

    fn state(&self, number: usize) -> CodeState {
        self.job.code(number).unwrap().state
    }

    fn resume(&self, restored: bool) -> Bench {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&self.journal).unwrap();
        assert_eq!(recovery.kept(), self.journal.len() as u64);
        let job = recovery.resume(restored).unwrap();
        let journal = self.journal.clone();
        let mut bench = Self { job, journal, sent: vec![], over: false, until: None };
        bench.turn();
        bench
    }

    /// The counts are what the codes say, and so they are after a resume.
    fn check(&self) {
        let progress = self.job.progress(NOW);
        for state in CodeState::ALL.iter().copied() {
            let count = self.job.results().filter(|result| result.state == state).count();
            assert_eq!(progress.count(state) as usize, count, "{state:?}");
        }
        if self.job.is_saved() && progress.count(CodeState::Sending) == 0 {
            let resumed = self.resume(false);
            let results =
                |job: &Job| job.results().map(|result| format!("{result:?}")).collect::<Vec<_>>();
            assert_eq!(results(&resumed.job), results(&self.job));
            assert_eq!(resumed.job.progress(NOW).counts, progress.counts);
        }
    }
}

use CodeState::{
    Abandoned, Distributed, Failed, Pending, Queued as InQueue, Rejected, Sending, Unknown,
};

/// A job of one batch in each state that one batch alone can be in.
fn unknown() -> Bench {
    let mut bench = Bench::new(1);
    bench.run();
    bench.lose(0);
    assert_eq!(bench.states(), [Unknown, Unknown]);
    bench
}

#[test]
fn a_pending_code_takes_no_outcome() {
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
fn while_sending_an_outcome_is_kept_until_the_answer() {
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
fn each_answer_has_its_state() {
    for status in 100..=599 {
        let mut bench = Bench::new(1);
        bench.run();
        let error = bench.answer(0, status);
        let (state, halts) = match status {
            200..=299 => (InQueue, false),
            400 | 413 | 422 => (Rejected, false),
            // With another token, under way again.
            401 => (Sending, false),
            409 | 429 => (Pending, false),
            408 | 499 => (Unknown, false),
            402..=498 => (Pending, true),
            _ => (Unknown, false),
        };
        assert_eq!(bench.states(), [state, state], "{status}");
        assert_eq!(error.is_none(), state == InQueue, "{status}");
        assert_eq!(bench.job.take_halt().is_some(), halts, "{status}");
        assert_eq!(bench.over, !matches!(status, 401 | 409 | 429), "{status}");
        bench.check();
    }
}

#[test]
fn a_token_is_renewed_once_a_request() {
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
fn without_a_token_nothing_leaves() {
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
fn a_token_request_that_never_left_is_waited_out() {
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
    // It counts as no failure to get a token.
    let failed = response::error_from_record(ErrorCode::ConnectionFailed, 0, None);
    bench.answer(0, 401);
    let Action::NeedToken { batch, .. } = bench.job.poll(now) else { return };
    assert!(!bench.job.handle_no_token(batch, failed, now, 1.0));
}

#[test]
fn what_never_left_is_pending_again_and_leaves_later() {
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
fn a_lost_answer_after_what_never_left_says_so() {
    let mut bench = Bench::new(1);
    bench.run();
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 0.0);
    bench.turn();
    bench.lose(0);
    assert_eq!(bench.states(), [Unknown; 2]);
    assert!(!bench.job.batch(0).unwrap().unsent);
}

#[test]
fn a_resend_that_never_left_is_unknown_again_and_leaves_later() {
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
fn what_is_not_under_way_can_not_come_back() {
    let mut bench = Bench::new(1);
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 1.0);
    bench.run();
    bench.answer(0, 200);
    bench.job.handle_unsent(0, &Error::unsent("x"), NOW, 1.0);
    assert_eq!(bench.states(), [InQueue; 2]);
}

#[test]
fn what_was_under_way_in_a_crash_is_unknown() {
    let mut bench = Bench::new(2);
    bench.run();
    bench.report(1, Err(Some("full")));
    let resumed = bench.resume(false);
    assert_eq!(resumed.states(), [Unknown, Failed, Pending, Pending]);
    resumed.check();
}

#[test]
fn an_unknown_code_takes_its_outcome_and_no_other() {
    let mut bench = unknown();
    assert_eq!(bench.report(1, Err(Some("full"))), 1);
    assert_eq!(bench.states(), [Unknown, Failed]);
    assert_eq!(bench.report(1, Ok(())), 1, "distributed wins");
    assert_eq!(bench.report(1, Err(Some("full"))), 0);
    assert_eq!(bench.states(), [Unknown, Distributed]);
    bench.check();
}

#[test]
fn what_was_told_before_settles_and_writes_nothing() {
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
fn resend_leaves_again_without_what_has_an_outcome() {
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
fn a_resend_that_a_busy_server_refused_leaves_again() {
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
fn a_resend_whose_codes_all_got_outcomes_does_not_leave() {
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
fn the_operator_says_queued() {
    let mut bench = unknown();
    bench.job.resolve(Some(0), Decision::Queued).unwrap();
    assert_eq!(bench.states(), [InQueue, InQueue]);
    assert_eq!(bench.job.code(0).unwrap().by, By::Operator);
    assert_eq!(bench.report(0, Err(None)), 1, "outcomes still apply");
    assert_eq!(bench.states(), [Failed, InQueue]);
    bench.check();
}

#[test]
fn the_operator_abandons() {
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
fn nothing_else_is_to_be_decided_about() {
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

#[test]
fn outcomes_end_the_same_in_every_order() {
    let outcomes = [Ok(()), Err(None), Err(Some("b")), Err(Some("a")), Err(Some("c"))];
    let orders = [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [2, 0, 4, 1, 3], [1, 4, 2, 3, 3]];
    for some in 1..32_u32 {
        let mut ends = orders.map(|order| {
            let mut bench = unknown();
            for place in order.into_iter().chain([4, 0, 2, 1, 3]) {
                if some & 1 << place != 0 {
                    bench.report(0, outcomes[place]);
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
fn a_rejected_code_takes_no_outcome() {
    let mut bench = Bench::new(1);
    bench.run();
    bench.answer(0, 422);
    assert_eq!(bench.report(0, Ok(())), 0);
    assert_eq!(bench.states(), [Rejected, Rejected]);
    bench.check();
}

#[test]
fn the_first_batch_leaves_alone() {
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
fn until_one_was_accepted_one_leaves_at_a_time() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.lose(0);
    bench.answer(1, 400);
    assert_eq!(bench.sent.len(), 3);
}

#[test]
fn three_unknown_in_a_row_halt() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.lose(1);
    bench.answer(2, 500);
    bench.answer(3, 200);
    bench.lose(4);
    bench.lose(5);
    assert!(bench.job.is_running());
    bench.answer(6, 302);
    let left = bench.sent.len();
    assert!(!bench.over, "what is under way is awaited");
    for batch in 7..left {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.sent.len(), left, "nothing new leaves");
    let halt = bench.job.take_halt().unwrap();
    assert_eq!((halt.code, halt.queued), (ErrorCode::Halted, Queued::Unknown));
    let last = std::error::Error::source(&halt).and_then(|error| error.downcast_ref::<Error>());
    assert_eq!(last.map(|error| error.code), Some(ErrorCode::UnexpectedResponse));
    bench.check();
    bench.run();
    assert_eq!(bench.sent.len(), left + 1, "and alone again");
}

#[test]
fn a_refusal_of_the_whole_job_rejects_no_code() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.answer(3, 403);
    for batch in [1, 2, 4, 5, 6, 7, 8] {
        bench.answer(batch, 200);
    }
    assert!(bench.over);
    assert_eq!(bench.job.take_halt().unwrap().code, ErrorCode::UserNotAllowed);
    let progress = bench.job.progress(NOW);
    assert_eq!((progress.count(InQueue), progress.count(Pending)), (16, 24));
    bench.check();
    bench.run();
    assert_eq!(bench.sent.last().unwrap().0, 3, "first what comes first");
}

#[test]
fn a_busy_server_is_waited_for_and_never_uses_the_job_up() {
    let mut bench = Bench::new(2);
    bench.run();
    let mut now = NOW;
    for round in 0..50 {
        let fields: Vec<(&str, &str)> =
            if round % 2 == 0 { vec![("retry-after", "3600")] } else { vec![] };
        let head = ResponseHead { status: 429, headers: fields.into_iter().collect() };
        let batch = bench.sent.last().unwrap().0;
        bench.job.handle_response(batch, &head, "", &Json::Null, now, 1.0);
        bench.turn_at(now);
        let until = bench.until.unwrap();
        assert!(until > now && (round % 2 == 1 || until == now + 3_600_000));
        assert_eq!(bench.sent.len(), round + 1, "nothing leaves meanwhile");
        bench.turn_at(until - 1);
        assert_eq!(bench.sent.len(), round + 1);
        now = until;
        bench.turn_at(now);
    }
    bench.answer(0, 200);
    assert_eq!(bench.state(0), InQueue);
    bench.check();
}

#[test]
fn a_server_that_stays_busy_is_asked_less_and_less() {
    let mut bench = Bench::new(1);
    bench.run();
    let (mut now, mut waits) = (NOW, Vec::new());
    for _ in 0..4 {
        bench.job.handle_response(0, &head(429), "", &Json::Null, now, 1.0);
        bench.turn_at(now);
        let until = bench.until.unwrap();
        waits.push(until - now);
        now = until;
        bench.turn_at(now);
    }
    assert!(waits.windows(2).all(|pair| pair[1] == 2 * pair[0]), "{waits:?}");
}

#[test]
fn what_nobody_waits_for_changes_nothing() {
    let mut bench = Bench::new(4);
    bench.run();
    bench.answer(0, 200);
    bench.answer(2, 200);
    let (states, end) = (bench.states(), bench.journal.len());
    // Answered before, and none of the job's, while others are under way.
    for batch in [0, 2, 9] {
        assert_eq!(bench.answer(batch, 400), None);
        bench.lose(batch);
        bench.job.handle_token(batch);
        let error = response::error_from_record(ErrorCode::TokenRejected, 401, None);
        assert!(!bench.job.handle_no_token(batch, error, NOW, 0.5));
        bench.turn();
    }
    assert_eq!((bench.states(), bench.journal.len()), (states, end));
    // Nor is a token of one batch another's.
    let mut job = Bench::new(2).job;
    job.start(NOW);
    assert!(matches!(job.poll(NOW), Action::Save(_)));
    job.handle_saved();
    assert!(matches!(job.poll(NOW), Action::NeedToken { batch: 0, .. }));
    job.handle_token(1);
    assert_eq!(job.poll(NOW), Action::Idle);
}

#[test]
fn requests_keep_their_distance() {
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
fn a_pause_takes_back_what_has_not_left() {
    let mut bench = Bench::new(20);
    bench.run();
    bench.answer(0, 200);
    bench.answer(1, 200);
    let left = bench.sent.len();
    // One more is launched, and paused while its record is being saved.
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
fn nothing_leaves_before_it_is_saved() {
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
fn it_says_what_is_saved() {
    let mut recovery = Recovery::new(example(), settings());
    (0..3).for_each(|number| recovery.offer(code(number).as_bytes(), 3));
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
fn a_run_begins_and_ends() {
    let mut bench = Bench::new(1);
    assert!(!bench.job.is_running());
    bench.run();
    assert!(bench.job.is_running());
    bench.answer(0, 200);
    assert!(bench.over && !bench.job.is_running());
}

#[test]
fn held_nothing_leaves_until_it_is_time() {
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
fn finished_is_when_nothing_is_open() {
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
fn a_backup_knows_nothing_of_what_was_not_queued() {
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

#[test]
fn a_journal_cut_anywhere_resumes_or_starts_again() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    bench.report(0, Err(Some("full")));
    bench.lose(1);
    for cut in 0..=bench.journal.len() {
        for piece in [1, 7, 1000] {
            let mut recovery = Recovery::new(example(), settings());
            for bytes in bench.journal[..cut].chunks(piece) {
                recovery.push(bytes).unwrap();
            }
            let kept = usize::try_from(recovery.kept()).unwrap();
            assert!(kept <= cut);
            if kept == 0 {
                let error = recovery.resume(false).err().unwrap();
                assert_eq!(error.code, ErrorCode::JournalMismatch);
                continue;
            }
            let job = recovery.resume(false).unwrap();
            assert_eq!(job.results().count(), 6);
            assert_eq!(job.progress(0).count(Sending), 0);
        }
    }
}

#[test]
fn a_damaged_journal_is_told_with_its_place() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    for place in 0..bench.journal.len() {
        for bit in [0x01, 0x80] {
            let mut damaged = bench.journal.clone();
            damaged[place] ^= bit;
            let mut recovery = Recovery::new(example(), settings());
            let error = recovery.push(&damaged).unwrap_err();
            let code =
                if place < 4 { ErrorCode::JournalMismatch } else { ErrorCode::JournalCorrupt };
            assert_eq!(error.code, code, "{place}");
        }
    }
    let mut doubled = bench.journal.clone();
    doubled.extend_from_slice(&bench.journal[bench.journal.len() - 29..]);
    assert!(Recovery::new(example(), settings()).push(&doubled).is_err());
}

/// A job's first record, of so many codes in batches of that size.
fn begin(total: u64, batch_size: u64) -> Vec<u8> {
    let mut body = vec![journal::BEGIN];
    body.extend_from_slice(&[7; 16]);
    for (number, bytes) in [(NOW, 8), (batch_size, 4), (total, 4), (0, 8)] {
        put(&mut body, number, bytes);
    }
    for text in [example().base_url().as_str(), "org/1", "p"] {
        put_text(&mut body, text).unwrap();
    }
    body
}

/// The journal of these records.
fn journal_of(records: &[Vec<u8>]) -> Vec<u8> {
    let mut writer = journal::Writer::default();
    writer.begin();
    for record in records {
        writer.record(record);
    }
    writer.log
}

/// A checksum tells what was damaged, not what makes no sense.
#[test]
fn a_record_that_cannot_follow_is_refused() {
    let codes = |numbers: &[usize]| {
        let bytes = numbers.iter().flat_map(|number| *code(*number).as_bytes());
        std::iter::once(journal::CODES).chain(bytes).collect::<Vec<u8>>()
    };
    let created = [begin(2, 1), codes(&[0, 1])];
    let with = |kind, batch, fields: &[u8]| [&about(kind, batch), fields].concat();
    let sending = with(journal::SENDING, 0, &NOW.to_le_bytes());
    let answer = |proof| with(journal::ANSWER, 0, &[proof, 200, 0, 0, 0, 0, 0]);
    let decision = |decision| with(journal::DECISION, 0, &[decision]);
    let outcome = |place: u8, outcome| vec![journal::OUTCOMES, place, 0, 0, 0, outcome, 0];
    let read = |records: &[Vec<u8>]| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&journal_of(records)).map(|()| recovery)
    };
    let [accepted, nothing] = [answer(0), answer(3)];
    let sent = [sending.clone()];
    let unknown = [sending.clone(), nothing.clone()];
    for after in [&[][..], &sent, &unknown] {
        assert!(read(&[&created, after].concat()).is_ok(), "{after:?}");
    }
    for (after, refused) in [
        (&[][..], accepted.clone()),
        (&[], decision(0)),
        (&[], decision(1)),
        (&[], outcome(0, 1)),
        (&[], begin(2, 1)),
        (&[], with(journal::SENDING, 2, &NOW.to_le_bytes())),
        (&[], vec![10]),
        (&sent, sending.clone()),
        (&sent, decision(0)),
        (&sent, decision(1)),
        (&sent, decision(2)),
        (&sent, outcome(0, 0)),
        (&sent, outcome(2, 1)),
        (&unknown, accepted),
        (&unknown, sending.clone()),
        (&unknown, decision(3)),
        // Fields that are not there, too many, or none that can be.
        (&[], vec![]),
        (&[], about(journal::SENDING, 0)),
        (&[], [&sending[..], &[0]].concat()),
        (&[], vec![journal::RESUMED]),
        (&[], vec![journal::RESUMED, 2]),
        (&[], vec![journal::RESUMED, 0, 0]),
        (&[], codes(&[])),
        (&[], codes(&[2])),
        (&[], vec![journal::REASON, 0xff]),
        (&sent, answer(4)),
        (&sent, with(journal::ANSWER, 0, &[0, 200, 0, 0, 0])),
        (&sent, [&nothing[..], &[0]].concat()),
        (&sent, with(journal::ANSWER, 0, &[3, 200, 0, 0, 0, 1, 0, 0xff])),
        (&sent, outcome(0, 3)),
        (&sent, vec![journal::OUTCOMES, 0, 0, 0, 0, 1]),
        (&unknown, about(journal::DECISION, 0)),
        (&unknown, [&decision(1)[..], &[0]].concat()),
    ] {
        let error = read(&[&created, after, std::slice::from_ref(&refused)].concat()).err();
        assert_eq!(error.map(|error| error.code), Some(ErrorCode::JournalCorrupt), "{refused:?}");
    }
    for begin in [begin(0, 1), begin(2, 0), begin(2, 30_001), begin(2, 0xffff_ffff)] {
        assert!(read(&[begin]).is_err());
    }
    let right = begin(2, 1);
    let no_program = [&right[..right.len() - 3], &[0, 0]].concat();
    let not_utf8 = [&right[..right.len() - 1], &[0xff]].concat();
    for begin in [&right[..right.len() - 1], &[&right[..], &[0]].concat(), &not_utf8] {
        assert!(read(&[begin.to_vec()]).is_err(), "{begin:?}");
    }
    let error = read(&[no_program, codes(&[0, 1])]).unwrap().resume(false).err();
    assert_eq!(error.map(|error| error.code), Some(ErrorCode::JournalCorrupt));
    // Codes that are none, come twice, are too many, or come too soon.
    for refused in [codes(&[0, 0]), codes(&[0, 1, 2]), [&codes(&[0])[..], &[1]].concat()] {
        assert!(read(&[begin(2, 1), refused]).is_err());
    }
    assert!(read(&[begin(2, 1), [&[journal::CODES][..], &[0; 32]].concat()]).is_err());
    assert!(read(&[begin(2, 1), codes(&[0]), codes(&[0])]).is_err());
    assert!(read(&[begin(2, 1), begin(2, 1)]).is_err());
    assert!(read(&[codes(&[0, 1])]).is_err());
    assert!(read(&[begin(30_000, 30_000)]).is_ok_and(|recovery| recovery.kept() == 0));

    // No job writes these; still the counts stay what the codes say.
    let again = [&created, &unknown[..], &[outcome(0, 1), outcome(0, 2)]];
    let job = read(&again.concat()).unwrap().resume(false).unwrap();
    let states: Vec<_> = job.results().map(|result| result.state).collect();
    assert_eq!(states, [Failed, Pending]);
    let progress = job.progress(NOW);
    assert_eq!([Failed, Pending, Distributed].map(|state| progress.count(state)), [1, 1, 0]);
    assert_eq!(job.batch(0).unwrap().reported, 1);
}

/// What a crash leaves is a beginning of what was written. Nothing else may be
/// taken for it, because that is cut off.
#[test]
fn a_damaged_length_is_no_torn_record() {
    let bench = Bench::new(1);
    let longest = 1_u32 << 20;
    for (length, complement, torn) in [
        (0_u32, !0_u32, true),
        (longest, !longest, true),
        (longest + 1, !(longest + 1), false),
        (u32::MAX, 0, false),
        (13, !12, false),
    ] {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&bench.journal).unwrap();
        let header = [length.to_le_bytes(), complement.to_le_bytes()].concat();
        recovery.push(&header[..7]).unwrap();
        assert_eq!(recovery.push(&header[7..]).is_ok(), torn, "{length}");
        assert_eq!(recovery.kept(), bench.journal.len() as u64);
    }
}

#[test]
fn it_says_how_many_codes_were_offered() {
    let mut recovery = Recovery::new(example(), settings());
    assert_eq!(recovery.offered(), 0);
    for (number, offered) in [(0, 1), (1, 2), (0, 2), (2, 3)] {
        recovery.offer(code(number).as_bytes(), 3);
        assert_eq!(recovery.offered(), offered);
    }
}

#[test]
fn a_creation_that_was_cut_off_starts_again() {
    let bench = Bench::new(3);
    let create = |journal: &[u8], codes: usize, program: &str| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(journal)?;
        for number in 0..codes {
            recovery.offer(code(number).as_bytes(), codes);
        }
        let kept = recovery.kept();
        let program = ProgramId::new(program).unwrap();
        recovery.create(program, [8; 16], 0, NOW).map(|job| (kept, job))
    };
    for cut in 0..bench.journal.len() {
        let (kept, job) = create(&bench.journal[..cut], 6, "p").unwrap();
        assert_eq!((kept, job.id()), (0, [8; 16]), "{cut}");
    }
    let (kept, job) = create(&bench.journal, 6, "p").unwrap();
    assert_eq!((kept, job.id()), (bench.journal.len() as u64, [7; 16]));
    assert_eq!(job.duplicates(), 3);
    for (codes, program) in [(5, "p"), (7, "p"), (6, "q")] {
        let error = create(&bench.journal, codes, program).err().unwrap();
        assert_eq!(error.code, ErrorCode::JournalMismatch);
    }
    for foreign in [&b"x"[..], b"uvk", b"hello world", b"uvj\x02"] {
        let error = create(foreign, 6, "p").err().unwrap();
        assert_eq!(error.code, ErrorCode::JournalMismatch);
    }
    assert_eq!(create(b"", 0, "p").err().unwrap().code, ErrorCode::EmptyCodes);
}

/// The list is compared code by code; what was dropped from it when the journal
/// was written is dropped again.
#[test]
fn a_journal_is_known_again_by_its_codes() {
    let bench = Bench::new(3);
    let create = |numbers: &[usize], distinct: bool| {
        let mut recovery = Recovery::new(example(), settings());
        recovery.push(&bench.journal)?;
        for number in numbers {
            let offered = if *number == 99 { [0; 16] } else { *code(*number).as_bytes() };
            if distinct {
                recovery.offer_distinct(&offered, 6);
            } else {
                recovery.offer(&offered, 6);
            }
        }
        recovery.create(ProgramId::new("p").unwrap(), [8; 16], 0, NOW)
    };
    for distinct in [false, true] {
        for same in [&[0, 1, 2, 3, 4, 5][..], &[0, 1, 0, 2, 3, 3, 99, 4, 5, 1]] {
            assert_eq!(create(same, distinct).unwrap().id(), [7; 16], "{same:?}");
        }
        for other in [
            &[1, 0, 2, 3, 4, 5][..],
            &[0, 1, 2, 3, 4],
            &[0, 1, 2, 3, 4, 5, 6],
            &[0, 1, 2, 3, 5, 4, 5],
            &[5, 0, 1, 2, 3, 4, 5],
            &[],
        ] {
            let error = create(other, distinct).err().unwrap();
            assert_eq!(error.code, ErrorCode::JournalMismatch, "{other:?}");
        }
    }
}

#[test]
fn a_list_that_is_known_to_be_distinct_makes_the_same_job() {
    let ids: Vec<u8> = (0..9_000).flat_map(|number| *code(number).as_bytes()).collect();
    let settings = Settings { batch_size: 5_000, ..settings() };
    let made = |distinct: bool| {
        let mut recovery = Recovery::new(example(), settings.clone());
        for piece in ids.chunks(70_000 / 16 * 16) {
            if distinct {
                recovery.offer_distinct(piece, 9_000);
            } else {
                recovery.offer(piece, 9_000);
            }
        }
        let mut job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap();
        job.start(NOW);
        let (mut journal, mut sent) = (Vec::new(), Vec::new());
        loop {
            match job.poll(NOW) {
                Action::Save(bytes) => {
                    journal.extend_from_slice(&bytes);
                    job.handle_saved();
                }
                Action::NeedToken { batch, .. } => job.handle_token(batch),
                Action::Send { batch, request } => {
                    sent.push(request);
                    let head = ResponseHead { status: 200, ..ResponseHead::default() };
                    job.handle_response(batch, &head, "", &Json::Null, NOW, 0.5);
                }
                _ => break,
            }
        }
        let outcome =
            |number| Outcome { code: code(number), status: Status::Distributed, reason: None };
        assert_eq!(job.handle_outcomes(&[outcome(8_999), outcome(0), outcome(9_000)]), 2);
        let place = job.results().position(|result| result.state == Distributed);
        assert_eq!(place, Some(0));
        (journal, sent)
    };
    let (journal, sent) = made(true);
    assert!((&journal, &sent) == (&made(false).0, &made(false).1));
    assert_eq!(sent.len(), 2);
}

/// A decision that stood in the journal before the codes would be about batches
/// that are not there yet, and nobody could read the journal again.
#[test]
fn nothing_is_decided_before_the_list_is_saved() {
    let mut recovery = Recovery::new(example(), settings());
    recovery.offer(code(0).as_bytes(), 1);
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

#[test]
fn another_address_is_another_job() {
    let bench = Bench::new(1);
    let base_url = crate::http::BaseUrl::new("https://example.com", "baseUrl").unwrap();
    let organization = crate::uber::id::OrganizationId::new("org/1").unwrap();
    let api = Api::new(base_url, organization, "en_US").unwrap();
    let mut recovery = Recovery::new(api, settings());
    recovery.push(&bench.journal).unwrap();
    assert_eq!(recovery.resume(false).err().unwrap().code, ErrorCode::JournalMismatch);
}

#[test]
fn a_large_job_is_saved_piece_by_piece() {
    let bench = Bench::with(CODES_AT_ONCE * 2 + 1, settings());
    let resumed = bench.resume(false);
    assert_eq!(resumed.job.batches(), CODES_AT_ONCE + 1);
    assert!(resumed.job.results().zip(0..).all(|(result, number)| result.code == code(number)));

    // Of the last piece, one code and what every record has around it.
    let cut = bench.journal.len() - (8 + 1 + 16 + 8);
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&bench.journal[..cut]).unwrap();
    assert_eq!(recovery.kept(), 0, "without all of its codes it is no job");
    recovery.push(&bench.journal[cut..]).unwrap();
    assert_eq!(recovery.kept(), bench.journal.len() as u64);
}

/// No reader takes a record of more than a mebibyte.
#[test]
fn a_large_report_takes_few_records_and_none_that_is_long() {
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
        if body[0] == journal::OUTCOMES {
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
fn the_journal_holds_no_words_from_outside() {
    let mut bench = Bench::new(1);
    bench.run();
    let body = r#"{"code":"jane@example.com is unknown","message":"jane@example.com"}"#;
    let parsed: Json = serde_json::from_str(body).unwrap();
    bench.job.handle_response(0, &head(400), body, &parsed, NOW, 0.5);
    bench.turn();
    let text = String::from_utf8_lossy(&bench.journal);
    assert!(text.contains("invalid_request"));
    assert!(!text.contains("jane"));
}

#[test]
fn of_what_uber_answered_a_name_is_kept() {
    let longest = "x".repeat(64);
    let longer = "x".repeat(65);
    for (told, kept) in [
        ("voucher_not-found.v2", Some("voucher_not-found.v2")),
        ("1024", Some("1024")),
        (&longest, Some(longest.as_str())),
        (&longer, None),
        ("not a name", None),
        ("jane@example.com", None),
        ("é", None),
    ] {
        let mut bench = Bench::new(1);
        bench.run();
        let body = Json::object().with("code", told);
        bench.job.handle_response(0, &head(400), "", &body, NOW, 0.5);
        bench.turn();
        let error = bench.job.batch(0).unwrap().last_error;
        assert_eq!(error, Some((ErrorCode::InvalidRequest, 400, kept)), "{told}");
        assert_eq!(bench.resume(false).job.batch(0).unwrap().last_error, error, "{told}");
    }
}

#[test]
fn the_last_error_outlives_an_acceptance() {
    let mut bench = Bench::new(1);
    bench.run();
    assert_eq!(bench.job.batch(0).unwrap().last_error, None);
    bench.answer(0, 429);
    bench.turn_at(bench.until.unwrap());
    bench.answer(0, 200);
    let batch = bench.job.batch(0).unwrap();
    assert_eq!(batch.state, InQueue);
    assert_eq!(batch.last_error, Some((ErrorCode::RateLimited, 429, None)));
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
    // So do a refusal and a doubt.
    bench.answer(2, 400);
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, Some(2_000 * 34 / 6));
    bench.lose(3);
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, Some(2_000 * 32 / 8));
    bench.job.pause();
    assert_eq!(bench.job.progress(NOW + 2_000).eta_ms, None);
}

#[test]
fn an_event_of_another_program_settles_nothing() {
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
fn ids_in_another_form_are_the_same_ids() {
    let api = |organization: &str| {
        let url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
        Api::new(url, OrganizationId::new(organization).unwrap(), Api::DEFAULT_LANGUAGE).unwrap()
    };
    let [lower, upper] =
        ["5f1a3b52-0c7e-4a52-8f3e-2f6f9f1f7a10", "5F1A3B520C7E4A528F3E2F6F9F1F7A10"];
    let mut recovery = Recovery::new(api(lower), settings());
    recovery.offer(code(0).as_bytes(), 1);
    let mut job = recovery.create(ProgramId::new(lower).unwrap(), [7; 16], 0, NOW).unwrap();
    let Action::Save(journal) = job.poll(NOW) else { panic!() };
    let recover = |organization| {
        let mut recovery = Recovery::new(api(organization), settings());
        recovery.push(&journal).unwrap();
        recovery
    };
    assert!(recover(upper).resume(false).is_ok());
    let error = recover("another").resume(false).err().unwrap();
    assert_eq!(error.code, ErrorCode::JournalMismatch);
    let mut recovery = recover(upper);
    recovery.offer(code(0).as_bytes(), 1);
    let job = recovery.create(ProgramId::new(upper).unwrap(), [8; 16], 0, NOW).unwrap();
    assert_eq!(job.id(), [7; 16]);
}

#[test]
fn no_address_gets_into_the_journal() {
    let mut bench = unknown();
    bench.report(0, Err(Some("jane@example.com is no guest")));
    assert_eq!(bench.job.code(0).unwrap().reason, Some("[email] is no guest"));
    assert!(!String::from_utf8_lossy(&bench.journal).contains("jane"));
    bench.check();
}

/// A journal of so many codes in batches of 30,000, all of them accepted.
fn accepted(codes: usize) -> Bench {
    let mut bench = Bench::with(codes, Settings { batch_size: 30_000, ..settings() });
    bench.run();
    (0..codes.div_ceil(30_000)).for_each(|batch| drop(bench.answer(batch, 200)));
    bench
}

/// More reasons than there is room for: those that sort first are shown, whenever
/// they came, and the journal says the same.
#[test]
fn which_reasons_are_shown_does_not_depend_on_their_order() {
    let codes = 66_001;
    let reason = |number: usize| format!("no. {number:05}");
    let ascending: Vec<usize> = (0..codes).collect();
    let descending: Vec<usize> = (0..codes).rev().collect();
    // Coprime, so that each comes once.
    let mixed: Vec<usize> = (0..codes).map(|number| number * 40_009 % codes).collect();
    for order in [ascending, descending, mixed] {
        let mut bench = accepted(codes);
        let outcomes: Vec<_> = order
            .iter()
            .map(|number| Outcome {
                code: code(*number),
                status: Status::Failed,
                reason: Some(reason(*number)),
            })
            .collect();
        for outcomes in outcomes.chunks(7_000) {
            bench.job.handle_outcomes(outcomes);
            bench.turn();
        }
        // A better reason of a code whose first one is not shown, and a worse one.
        for (number, told) in [(65_000, "no. 00000"), (64_000, "no. 65999"), (7, "no. 65998")] {
            bench.report(number, Err(Some(told)));
        }
        let resumed = bench.resume(false);
        for job in [&bench.job, &resumed.job] {
            for number in 0..codes {
                let CodeInfo { state, reason: shown, .. } = job.code(number).unwrap();
                let expected = match number {
                    65_000 => Some(reason(0)),
                    _ => (number < ledger::REASONS_SHOWN).then(|| reason(number)),
                };
                assert_eq!((state, shown), (Failed, expected.as_deref()), "{number}");
            }
            assert_eq!(job.progress(NOW).count(Failed) as usize, codes);
        }
        assert_eq!(bench.report(65_000, Ok(())), 1, "distributed wins");
    }
}

/// Uber's own codes have a table of their own: numbers there never change.
#[test]
fn reasons_leave_ubers_codes_alone() {
    let mut bench = Bench::new(1);
    bench.run();
    let body = Json::object().with("code", "zz_told_by_uber");
    bench.job.handle_response(0, &head(500), "", &body, NOW, 0.5);
    for number in 0..=ledger::MOST_REASONS {
        bench.job.handle_outcomes(&[Outcome {
            code: code(0),
            status: Status::Failed,
            // Each sorts before the one before.
            reason: Some(format!("{:05}", 99_999 - number)),
        }]);
    }
    bench.turn();
    for bench in [&bench, &bench.resume(false)] {
        let (_, _, uber_code) = bench.job.batch(0).unwrap().last_error.unwrap();
        assert_eq!(uber_code, Some("zz_told_by_uber"));
        assert_eq!(bench.job.code(0).unwrap().reason, Some("34999"));
    }
}

#[test]
fn settings_that_no_job_can_go_by_are_refused() {
    let journal = Bench::new(1).journal;
    for wrong in [
        Settings { batch_size: 0, ..settings() },
        Settings { batch_size: 30_001, ..settings() },
        Settings { concurrency: 0, ..settings() },
        Settings { interval_ms: -1.0, ..settings() },
        Settings { interval_ms: f64::NAN, ..settings() },
        Settings { interval_ms: f64::INFINITY, ..settings() },
        Settings { interval_ms: f64::NEG_INFINITY, ..settings() },
    ] {
        let mut recovery = Recovery::new(example(), wrong.clone());
        recovery.offer(code(0).as_bytes(), 1);
        let created = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW);
        let mut recovery = Recovery::new(example(), wrong.clone());
        recovery.push(&journal).unwrap();
        for error in [created.err(), recovery.resume(false).err()] {
            assert_eq!(error.unwrap().code, ErrorCode::InvalidOptions, "{wrong:?}");
        }
    }
    for right in [
        Settings { batch_size: 30_000, concurrency: usize::MAX, ..settings() },
        Settings { interval_ms: f64::MAX, ..settings() },
    ] {
        let mut bench = Bench::with(6, right);
        bench.run();
        bench.answer(0, 200);
        assert!(bench.over || bench.until > Some(NOW));
    }
}

/// What is written has to be read again.
#[test]
fn a_base_url_that_has_no_place_in_a_journal_is_refused() {
    for (length, fits) in [(65_535, true), (65_536, false), (70_000, false), (1 << 20, false)] {
        let url = format!("https://example.com/{}", "x".repeat(length - 20));
        let base_url = crate::http::BaseUrl::new(&url, "baseUrl").unwrap();
        let organization = crate::uber::id::OrganizationId::new("org/1").unwrap();
        let api = Api::new(base_url, organization, "en_US").unwrap();
        let mut recovery = Recovery::new(api.clone(), settings());
        recovery.offer(code(0).as_bytes(), 1);
        match recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW) {
            Ok(mut job) => {
                let Action::Save(journal) = job.poll(NOW) else { panic!() };
                let mut recovery = Recovery::new(api, settings());
                recovery.push(&journal).unwrap();
                assert_eq!(recovery.resume(false).unwrap().batches(), 1);
                assert!(fits, "{length}");
            }
            Err(error) => {
                assert_eq!(error.code, ErrorCode::InvalidOptions);
                assert!(error.message.contains("`baseUrl`") && !fits, "{length}");
            }
        }
    }
}

#[test]
fn a_program_is_the_same_however_its_id_is_written() {
    let id = "11111111-2222-4333-8444-abcdefabcdef";
    for (reported, settled) in [
        (Some("11111111-2222-4333-8444-ABCDEFABCDEF"), 1),
        (Some("{11111111-2222-4333-8444-abcdefabcdef}"), 1),
        (Some("11111111-2222-4333-8444-abcdefabcdee"), 0),
        (None, 1),
    ] {
        let create = |journal: &[u8], id: &str| {
            let mut recovery = Recovery::new(example(), settings());
            recovery.push(journal).unwrap();
            recovery.offer(code(0).as_bytes(), 1);
            recovery.create(ProgramId::new(id).unwrap(), [7; 16], 0, NOW)
        };
        let mut job = create(&[], id).unwrap();
        let Action::Save(mut journal) = job.poll(NOW) else { panic!() };
        job.handle_saved();
        job.start(NOW);
        let Action::Save(more) = job.poll(NOW) else { panic!() };
        journal.extend(more);
        // Under way when it breaks off, so unknown.
        let mut job = create(&journal, &id.to_uppercase()).unwrap();
        assert_eq!(job.program().as_str(), id);
        let program = reported.map_or(Json::Null, |program| Json::Text(program.into()));
        let body = Json::object()
            .with("event_type", "voucher_program_code_distributed")
            .with("voucher_program_id", program)
            .with("code_uuid", code(0).to_string())
            .with("status", "distributed");
        let event = crate::webhook::event::read(&body, None, &Json::Null).unwrap();
        assert_eq!(job.handle_event(&event), settled, "{reported:?}");
        assert_eq!(job.concerns(reported), settled == 1);
    }
}

/// A power cut can leave zeros where an append had not reached the disk: behind
/// what is whole, and in place of the rest of it.
#[test]
fn zeros_at_the_end_are_torn() {
    let mut bench = Bench::new(3);
    bench.run();
    bench.answer(0, 200);
    bench.report(0, Err(Some("full")));
    bench.lose(1);
    for cut in 0..=bench.journal.len() {
        let mut whole = Recovery::new(example(), settings());
        whole.push(&bench.journal[..cut]).unwrap();
        for zeros in [1, 4, 7, 8, 9, 300] {
            let torn = [&bench.journal[..cut], &vec![0; zeros]].concat();
            for piece in [1, 500] {
                let mut recovery = Recovery::new(example(), settings());
                for bytes in torn.chunks(piece) {
                    recovery.push(bytes).unwrap();
                }
                assert_eq!(recovery.kept(), whole.kept(), "{cut} {zeros} {piece}");
                let is_whole = recovery.kept() > 0;
                match (recovery.resume(false), is_whole) {
                    (Ok(job), true) => assert_eq!(job.results().count(), 6),
                    (Err(error), false) if error.code == ErrorCode::JournalMismatch => {}
                    // A few zeros at the end of a checksum can be damage too.
                    (Err(error), _) => {
                        assert!(zeros < 4 && error.code == ErrorCode::JournalCorrupt, "{cut}");
                    }
                    (Ok(_), false) => panic!("{cut} {zeros}"),
                }
            }
        }
    }
}

#[test]
fn what_comes_behind_zeros_is_damage() {
    let bench = Bench::new(1);
    let journal = &bench.journal;
    for end in [journal.len(), journal.len() - 3, journal.len() - 20, 30, 4] {
        for zeros in [8, 60, 5_000] {
            let damaged = [&journal[..end], &vec![0; zeros], &[1]].concat();
            for piece in [1, 8, 10_000] {
                let mut recovery = Recovery::new(example(), settings());
                let pushed = damaged.chunks(piece).try_for_each(|bytes| recovery.push(bytes));
                let error = pushed.err().or_else(|| recovery.resume(false).err());
                // Or it is still a record that was cut off.
                let code = error.map(|error| error.code);
                let cut_off = end < journal.len() && zeros <= 60;
                assert!(code == Some(ErrorCode::JournalCorrupt) || cut_off, "{end} {zeros}");
            }
        }
    }
}

/// Nothing had left where a creation broke off; all of a job turned to zeros says
/// nothing.
#[test]
fn a_journal_of_zeros_alone_is_a_creation_that_was_cut_off() {
    for (zeros, begins) in [(1, true), (3, true), (8, true), (1 << 20, true), (3 << 20, false)] {
        for start in [&b""[..], b"uv", b"uvj"] {
            let mut recovery = Recovery::new(example(), settings());
            recovery.push(start).unwrap();
            vec![0; zeros].chunks(65_536).for_each(|bytes| recovery.push(bytes).unwrap());
            assert_eq!(recovery.kept(), 0);
            recovery.offer(code(0).as_bytes(), 1);
            let job = recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW);
            assert_eq!(job.is_ok(), begins, "{zeros}");
        }
    }
    let mut recovery = Recovery::new(example(), settings());
    recovery.push(&[0; 9]).unwrap();
    assert_eq!(recovery.push(b"x").unwrap_err().code, ErrorCode::JournalMismatch);
}

/// A journal that was deleted, cut, or replaced by an older copy is not taken for
/// what it was.
#[test]
fn a_journal_that_lacks_what_it_had_is_refused() {
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
            recovery.offer(code(number).as_bytes(), 6);
        }
        recovery.create(ProgramId::new("p").unwrap(), [8; 16], 0, NOW)
    };
    let lost = Some((ErrorCode::JournalLost, Queued::Unknown));
    for length in 0..known {
        assert_eq!(open(length, create).err(), lost, "{length}");
        assert_eq!(open(length, |recovery| recovery.resume(false)).err(), lost, "{length}");
        // Of a copy, what is left of a job can be gone on with, and nothing else.
        let restored = open(length, |recovery| recovery.resume(true)).err();
        assert_eq!(restored, if length < created { lost } else { None }, "{length}");
    }
    assert!(open(known, create).is_ok());
    assert!(open(known, |recovery| recovery.resume(false)).is_ok());
    assert!(open(known, |recovery| recovery.resume(true)).is_ok());
    // One whose creation broke off has all that it had.
    let mut recovery = Recovery::new(example(), settings());
    recovery.expect_length(50);
    recovery.push(&bench.journal[..created - 1]).unwrap();
    assert_eq!(create(recovery).unwrap().id(), [8; 16]);
    // One that was cut to nothing while a record was appended begins in its middle.
    let mut recovery = Recovery::new(example(), settings());
    recovery.expect_length(known as u64);
    let error = recovery.push(&bench.journal[created..]).unwrap_err();
    assert_eq!(Some((error.code, error.queued)), lost);
}

#[test]
fn a_job_says_whether_its_journal_lacks_something() {
    let mut bench = Bench::new(2);
    let end = bench.job.journal_end();
    bench.job.start(NOW);
    assert!(matches!(bench.job.poll(NOW), Action::Save(_)));
    // What is being saved may be there or not.
    let error = bench.job.ensure_journal(end - 1).unwrap_err();
    assert_eq!(error.code, ErrorCode::JournalLost);
    assert_eq!(bench.job.ensure_journal(end), Ok(()));
    bench.job.handle_save_failed();
    assert_eq!(bench.job.ensure_journal(end), Ok(()));
    assert!(bench.resume(false).job.ensure_journal(end).is_err());
}

#[test]
fn a_code_is_found_by_itself() {
    let mut bench = Bench::new(2);
    for number in 0..4 {
        assert_eq!(bench.job.find(code(number)), Some(number));
    }
    assert_eq!(bench.job.find(code(4)), None);
}

#[test]
fn how_long_nothing_leaves_is_told_while_it_lasts() {
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
