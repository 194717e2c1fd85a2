//! The journal's format, byte for byte: `tests/vectors/journal.json`, which the package
//! is also tested with.
// Clippy's exceptions cover `#[test]` functions only, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use serde_json::{Value, json};
use twox_hash::XxHash64;
use uber_vouchers::code::Code;
use uber_vouchers::error::ErrorCode;
use uber_vouchers::http::{BaseUrl, Headers, ResponseHead};
use uber_vouchers::job::{Action, Decision, Job, Recovery, Settings};
use uber_vouchers::json::Json;
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};
use uber_vouchers::webhook::event::{Outcome, Status};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/journal.json");
const NOW: u64 = 1_767_225_600_000;

fn recovery() -> Recovery {
    recovery_with(0)
}

fn recovery_with(pause_after: usize) -> Recovery {
    let base_url = BaseUrl::new("https://api.uber.com", "baseUrl").unwrap();
    let organization = OrganizationId::new("org").unwrap();
    let api = Api::new(base_url, organization, "en_US").unwrap();
    let settings = Settings {
        batch_size: 2,
        pause_after,
        concurrency: 1,
        interval_ms: 0.0,
        ..Settings::default()
    };
    Recovery::new(api, settings)
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from_digit(digit.into(), 16).unwrap())
        .collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn code(number: u128) -> Code {
    Code::from_bytes((0x1f91_3a96_f52c_42a0_aa0b_0000_0000_0000 + number).to_be_bytes()).unwrap()
}

/// A job with a record of every kind except those of a pause and of resuming; the result
/// of each append.
fn written() -> Vec<Vec<u8>> {
    let mut appends = Vec::new();
    let mut recovery = recovery();
    for number in 0..9 {
        recovery.add_codes(code(number).as_bytes(), 9);
    }
    let id = *b"sixteen byte id!";
    let mut job = recovery.create(ProgramId::new("pröbe").unwrap(), id, 4, NOW).unwrap();
    // One response for each batch.
    let mut answers = [Some(200), Some(400), Some(500), None, Some(429)].into_iter();
    job.start(NOW);
    for _ in 0..100 {
        match job.poll(NOW) {
            Action::Save(bytes) => {
                appends.push(bytes);
                job.handle_saved();
            }
            Action::NeedToken { batch, .. } => job.handle_token(batch),
            Action::Send { batch, .. } => match answers.next() {
                Some(Some(status)) => {
                    let head = ResponseHead { status, headers: Headers::default() };
                    let body = if status < 300 { "{}" } else { r#"{"code":"ubers_own"}"# };
                    let body: Json = serde_json::from_str(body).unwrap();
                    job.handle_response(batch, &head, "", &body, NOW, 0.5);
                }
                // It is under way when the journal ends.
                _ => break,
            },
            _ => break,
        }
    }
    let outcome = |number, status, reason: Option<&str>| Outcome {
        code: code(number),
        status,
        reason: reason.map(str::to_owned),
    };
    job.handle_outcomes(&[
        outcome(0, Status::Distributed, None),
        outcome(1, Status::Failed, Some("Postfach voll")),
        outcome(4, Status::Failed, None),
    ]);
    job.resolve(Some(2), Decision::Queued).unwrap();
    // A code that was distributed, one under way, and one that was not sent.
    job.handle_usage([0, 6, 8].map(code));
    while let Action::Save(bytes) = job.poll(NOW) {
        appends.push(bytes);
        job.handle_saved();
    }
    appends
}

/// A job that pauses after three codes, is resumed, and sends more.
fn paused_and_resumed() -> Vec<Vec<u8>> {
    let mut appends: Vec<Vec<u8>> = Vec::new();
    let mut recovery = recovery_with(3);
    for number in 0..5 {
        recovery.add_codes(code(number).as_bytes(), 5);
    }
    let id = *b"sixteen byte id!";
    let job = recovery.create(ProgramId::new("p").unwrap(), id, 0, NOW).unwrap();
    accept(job, &mut appends, 2);
    let mut recovery = recovery_with(0);
    recovery.push(&appends.concat()).unwrap();
    // Its last batch is under way when the journal ends.
    accept(recovery.resume(false).unwrap(), &mut appends, 0);
    appends
}

/// Runs a job, and accepts this many requests.
fn accept(mut job: Job, appends: &mut Vec<Vec<u8>>, requests: usize) {
    job.start(NOW);
    let mut answered = 0;
    loop {
        match job.poll(NOW) {
            Action::Save(bytes) => {
                appends.push(bytes);
                job.handle_saved();
            }
            Action::NeedToken { batch, .. } => job.handle_token(batch),
            Action::Send { batch, .. } if answered < requests => {
                answered += 1;
                let head = ResponseHead { status: 200, headers: Headers::default() };
                job.handle_response(batch, &head, "", &Json::Null, NOW, 0.5);
            }
            _ => break,
        }
    }
}

fn expected(job: &Job) -> Value {
    let results: Vec<Value> = job
        .results()
        .map(|result| {
            json!({
                "code": result.code.to_string(),
                "state": result.state.as_str(),
                "batch": result.batch,
                "reason": result.reason,
                "by": result.by.as_str(),
            })
        })
        .collect();
    json!({ "programId": job.program().as_str(), "duplicates": job.duplicates(), "results": results })
}

#[test]
fn the_journal_is_written_as_in_the_vector() {
    let appends = written();
    let mut recovery = recovery();
    recovery.push(&appends.concat()).unwrap();
    let job = recovery.resume(false).unwrap();
    let pausing = paused_and_resumed();
    let mut recovery = recovery_with(0);
    recovery.push(&pausing.concat()).unwrap();
    let found = json!({
        "about": "The journal of a job of nine codes in batches of two, append by append; \
                  `expect` is the state of the resumed job.",
        "organizationId": "org",
        "baseUrl": "https://api.uber.com",
        "appends": appends.iter().map(|append| hex(append)).collect::<Vec<_>>(),
        "expect": expected(&job),
        "pausing": {
            "about": "The journal of a job that pauses after three of five codes, and is resumed.",
            "appends": pausing.iter().map(|append| hex(append)).collect::<Vec<_>>(),
            "expect": expected(&recovery.resume(false).unwrap()),
        },
    });
    if std::env::var_os("RECORD").is_some() {
        let text = serde_json::to_string_pretty(&found).unwrap();
        std::fs::write(FILE, text + "\n").unwrap();
    }
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(found, vectors);
}

#[test]
fn the_vector_follows_the_format() {
    let vectors: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    let all = [1, 2, 3, 4, 3, 4, 3, 4, 3, 5, 6, 7, 9];
    assert_eq!(kinds(&vectors["appends"]), all);
    let pausing = [1, 10, 2, 3, 4, 3, 4, 11, 8, 3];
    assert_eq!(kinds(&vectors["pausing"]["appends"]), pausing);
}

/// The kinds of the records, read by the documentation of the format.
fn kinds(appends: &Value) -> Vec<u8> {
    let appends = appends.as_array().unwrap();
    let journal: Vec<u8> =
        appends.iter().flat_map(|append| bytes(append.as_str().unwrap())).collect();
    assert_eq!(journal[..4], *b"uvj\x01");
    let mut kinds = Vec::new();
    let mut at = 4;
    while at < journal.len() {
        let number = |at: usize| u32::from_le_bytes(journal[at..at + 4].try_into().unwrap());
        let length = number(at) as usize;
        assert_eq!(number(at + 4), !number(at));
        let body = &journal[at + 8..at + 8 + length];
        kinds.push(body[0]);
        let checksum = XxHash64::oneshot(u64::try_from(at).unwrap(), body).to_le_bytes();
        assert_eq!(journal[at + 8 + length..at + 16 + length], checksum);
        at += 8 + length + 8;
    }
    kinds
}

#[test]
fn a_newer_version_is_refused_with_its_number() {
    let error = recovery().push(b"uvj\x07whatever").unwrap_err();
    assert_eq!(error.code, ErrorCode::JournalMismatch);
    assert!(error.message.contains("version 7"), "{error}");
}
