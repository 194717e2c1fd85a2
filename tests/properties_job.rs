//! Jobs: neither the order and the form of reports nor a restart make a difference.
//! `tests/simulation` covers faults and crashes.

// Proptest's randomness does not compile to wasm32.
#![cfg(not(target_arch = "wasm32"))]
// clippy.toml's exceptions don't cover the helper functions of a test.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uber_vouchers::code::Code;
use uber_vouchers::error::ErrorCode;
use uber_vouchers::http::{BaseUrl, ResponseHead};
use uber_vouchers::job::{Action, CodeState, Decision, Job, Recovery, Settings};
use uber_vouchers::json::Json;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::uber::response::error_from_record;
use uber_vouchers::webhook::event::{Outcome, Status};

const NOW: u64 = 1_700_000_000_000;

/// The response to a request.
#[derive(Clone, Copy, Debug)]
enum Reply {
    Answer(u16),
    Nothing,
    /// The run is paused first, and the response never arrives.
    Never,
}

fn replies() -> impl Strategy<Value = Vec<Reply>> {
    let status = select(vec![200_u16, 200, 200, 400, 401, 403, 409, 422, 429, 500, 503]);
    let reply = prop_oneof![8 => status.prop_map(Reply::Answer), 1 => Just(Reply::Nothing), 1 => Just(Reply::Never)];
    vec(reply, 0..12)
}

prop_compose! {
    fn settings()(batch_size in 1..5_usize, concurrency in 1..4_usize, renews: bool) -> Settings {
        Settings { batch_size, concurrency, interval_ms: 10.0, renews, max_retries: 1, pause_after: 0 }
    }
}

fn code(index: usize) -> Code {
    Code::from_bytes((index as u128 + 1).to_be_bytes()).unwrap()
}

fn recovery(settings: &Settings) -> Recovery {
    let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
    let api = Api::new(base_url, OrganizationId::new("o").unwrap(), Api::DEFAULT_LANGUAGE).unwrap();
    Recovery::new(api, settings.clone())
}

fn create(codes: usize, settings: &Settings) -> Job {
    let mut recovery = recovery(settings);
    (0..codes).for_each(|index| recovery.add_codes(code(index).as_bytes(), codes));
    recovery.create(ProgramId::new("p").unwrap(), [7; 16], 0, NOW).unwrap()
}

fn resume(journal: &[u8], settings: &Settings) -> Job {
    let mut recovery = recovery(settings);
    recovery.push(journal).unwrap();
    recovery.resume(false).unwrap()
}

/// A job, its appends, and the requests that it sent.
struct Desk {
    job: Job,
    appends: Vec<Vec<u8>>,
    sent: Vec<Vec<u8>>,
    now: u64,
}

impl Desk {
    fn new(job: Job) -> Self {
        let mut desk = Self { job, appends: Vec::new(), sent: Vec::new(), now: NOW };
        desk.save();
        desk
    }

    fn save(&mut self) {
        while let Action::Save(bytes) = self.job.poll(self.now) {
            self.appends.push(bytes);
            self.job.handle_saved();
        }
    }

    /// One run, to its end or to the first request that never gets a response.
    fn run(&mut self, replies: impl IntoIterator<Item = Reply>) {
        let mut replies = replies.into_iter();
        self.job.start(self.now);
        for _ in 0..10_000 {
            match self.job.poll(self.now) {
                Action::Save(bytes) => {
                    self.appends.push(bytes);
                    self.job.handle_saved();
                }
                Action::NeedToken { batch, .. } => self.job.handle_token(batch),
                Action::Send { batch, request } => {
                    self.sent.push(request.body.unwrap());
                    match replies.next().unwrap_or(Reply::Answer(200)) {
                        Reply::Answer(status) => {
                            let head = ResponseHead { status, ..ResponseHead::default() };
                            self.job.handle_response(batch, &head, "", &Json::Null, self.now, 0.5);
                        }
                        Reply::Nothing => {
                            let error = error_from_record(ErrorCode::ConnectionFailed, 0, None);
                            self.job.handle_lost(batch, &error);
                        }
                        Reply::Never => self.job.pause(),
                    }
                }
                Action::Wait(until) => self.now = until,
                Action::Idle | Action::Done => break,
            }
        }
        self.save();
    }

    fn report(&mut self, outcomes: &[Outcome]) {
        self.job.handle_outcomes(outcomes);
        self.save();
    }

    fn journal(&self) -> Vec<u8> {
        self.appends.concat()
    }

    fn results(&self) -> Vec<String> {
        results(&self.job)
    }
}

fn results(job: &Job) -> Vec<String> {
    job.results().map(|result| format!("{result:?}")).collect()
}

/// The outcome of a code: distributed, or failed, usually with a reason.
fn outcomes(codes: usize) -> impl Strategy<Value = Vec<Outcome>> {
    let told = select(vec![Ok(()), Err(None), Err(Some("full")), Err(Some("gone"))]);
    let outcome = (0..codes + 2, told).prop_map(|(index, told)| Outcome {
        code: code(index),
        status: if told.is_ok() { Status::Distributed } else { Status::Failed },
        reason: told.err().flatten().map(str::to_owned),
    });
    vec(outcome, 0..25)
}

proptest! {
    /// In one event or many, in any order, some of them twice: the result is the same.
    #[test]
    fn the_order_of_webhooks_does_not_matter(
        settings in settings(),
        replies in replies(),
        (told, shuffled) in outcomes(8).prop_flat_map(|told| (Just(told.clone()), Just(told).prop_shuffle())),
        pieces in 1..6_usize,
        again in any::<Index>(),
    ) {
        let desk = |told: &[Outcome], pieces: usize| {
            let mut desk = Desk::new(create(8, &settings));
            desk.run(replies.iter().copied());
            told.chunks(pieces).for_each(|piece| desk.report(piece));
            desk
        };
        let one = desk(&told, usize::MAX);
        let mut other = desk(&shuffled, pieces);
        prop_assert_eq!(one.results(), other.results());
        if !told.is_empty() {
            // A repeated delivery.
            other.report(&told[again.index(told.len())..]);
        }
        prop_assert_eq!(one.results(), other.results());
        for (desk, other) in [(&one, &other), (&other, &one)] {
            prop_assert_eq!(results(&resume(&desk.journal(), &settings)), results(&resume(&other.journal(), &settings)));
        }
    }

    /// In whatever chunks the journal is read, and however often the job is resumed in
    /// between.
    #[test]
    fn a_resumed_job_can_be_resumed(
        settings in settings(),
        replies in replies(),
        told in outcomes(9),
        end in any::<Index>(),
        cut in 1..40_usize,
    ) {
        let mut desk = Desk::new(create(9, &settings));
        let created = desk.appends.len();
        desk.run(replies);
        desk.report(&told);
        // At the end of any append.
        let appends = created + end.index(desk.appends.len() - created + 1);
        let journal = desk.appends[..appends].concat();
        let once = Desk::new(resume(&journal, &settings));
        let mut recovery = recovery(&settings);
        journal.chunks(cut).for_each(|chunk| recovery.push(chunk).unwrap());
        prop_assert_eq!(recovery.kept(), journal.len() as u64);
        let in_pieces = recovery.resume(false).unwrap();
        prop_assert_eq!(once.results(), results(&in_pieces));
        let twice = resume(&[journal, once.journal()].concat(), &settings);
        prop_assert_eq!(once.results(), results(&twice));
        // Nothing is under way, and no code that was sent is pending again.
        prop_assert_eq!(twice.progress(NOW).count(CodeState::Sending), 0);
        let known = |state| twice.progress(NOW).count(state) >= desk.job.progress(NOW).count(state);
        prop_assert!(appends < desk.appends.len() || known(CodeState::Unknown));
    }

    /// An idle job continues after a restart as it would have without it.
    #[test]
    fn a_restart_changes_nothing(
        settings in settings(),
        replies in replies(),
        rest in replies(),
        decision in select(vec![None, Some(Decision::Resend), Some(Decision::Queued), Some(Decision::Abandon)]),
        told in outcomes(9),
    ) {
        let answered = |reply: &Reply| !matches!(reply, Reply::Never);
        let mut desk = Desk::new(create(9, &settings));
        desk.run(replies.into_iter().filter(answered));
        prop_assert_eq!(desk.job.progress(NOW).count(CodeState::Sending), 0);
        let mut restarted = Desk::new(resume(&desk.journal(), &settings));
        prop_assert_eq!(desk.results(), restarted.results());
        // Pacing belongs to the run; the clock is set to a time at which neither has to
        // wait.
        (desk.now, restarted.now) = (NOW + 1_000_000, NOW + 1_000_000);
        let sent = desk.sent.len();
        for desk in [&mut desk, &mut restarted] {
            if let Some(decision) = decision {
                desk.job.resolve(None, decision).unwrap();
            }
            desk.report(&told);
            desk.run(rest.iter().copied().filter(answered));
        }
        prop_assert_eq!(&desk.sent[sent..], &restarted.sent);
        prop_assert_eq!(desk.results(), restarted.results());
    }

    /// Without faults, every code is settled, in as many requests as there are batches
    /// and refusals.
    #[test]
    fn every_code_is_sent_once(settings in settings(), codes in 1..30_usize) {
        let mut desk = Desk::new(create(codes, &settings));
        desk.run([]);
        let texts: Vec<_> = desk.sent.iter().flat_map(|body| {
            let body: serde_json::Value = serde_json::from_slice(body).unwrap();
            body["codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect::<Vec<_>>()
        }).collect();
        prop_assert_eq!(texts, (0..codes).map(|index| code(index).to_string()).collect::<Vec<_>>());
        prop_assert_eq!(desk.sent.len(), codes.div_ceil(settings.batch_size));
        prop_assert!(desk.job.progress(NOW).is_finished());
    }
}
