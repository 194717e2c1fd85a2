use super::record::{put, put_text};
use super::state::{CodeState, Decision, Source};
use super::*;
use crate::code::Code;
use crate::error::{ErrorCode, Queued};
use crate::http::{BaseUrl, Headers, ResponseHead};
use crate::json::Json;
use crate::uber::api::{Api, example};
use crate::uber::id::OrganizationId;
use crate::uber::response;
use crate::webhook::event::{Outcome, Status};

mod creation;
mod damage;
mod decisions;
mod outcomes;
mod pause;
mod reasons;
mod records;
mod responses;
mod resuming;
mod running;
mod saving;
mod tokens;
mod unsent;
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
            recovery.add_codes(code(number).as_bytes(), codes);
        }
        let program = ProgramId::new("p").unwrap();
        let job = recovery.create(program, [7; 16], 3, NOW).unwrap();
        let mut bench = Self { job, journal: vec![], sent: vec![], over: false, until: None };
        bench.turn();
        bench
    }

    /// Performs the job's actions, but answers no request.
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

    /// Runs until the first batches were sent.
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

    /// The counts match the codes, also after a resume.
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

/// A job of one batch that is unknown.
fn unknown() -> Bench {
    let mut bench = Bench::new(1);
    bench.run();
    bench.lose(0);
    assert_eq!(bench.states(), [Unknown, Unknown]);
    bench
}

/// A journal of this many codes in batches of 30,000, all of them accepted.
fn accepted(codes: usize) -> Bench {
    let mut bench = Bench::with(codes, Settings { batch_size: 30_000, ..settings() });
    bench.run();
    (0..codes.div_ceil(30_000)).for_each(|batch| drop(bench.answer(batch, 200)));
    bench
}

/// The beginning of a record about a batch.
fn about(kind: u8, batch: u8) -> Vec<u8> {
    vec![kind, batch, 0, 0, 0]
}

/// A job's first record, with these numbers of codes and codes per batch.
fn begin(total: u64, batch_size: u64) -> Vec<u8> {
    let mut body = vec![record::BEGIN];
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
    writer.write_header();
    for record in records {
        writer.record(record);
    }
    writer.log
}
