//! The state machine of a job, as `src/js/job/job.ts` drives it.
//!
//! The loop around it is there and not here: it waits for a journal, tokens,
//! answers and timers at once, which is a line each in JavaScript and a future
//! each in wasm. All goes through one function, because every exported one
//! brings the same two hundred bytes of borrowing along, and as much glue;
//! `src/js/wasm/job-machine.ts` gives each operation its name and types back.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::client::{Client, Inner};
use super::exchange::{head_from, init};
use super::failure::thrown;
use super::{from_text, number, text_of, to_js};
use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::job::{Action, BatchInfo, Decision, Job, Recovery, Row, Settings};
use crate::json::Json;
use crate::uber::distribute;
use crate::uber::id::ProgramId;
use crate::uber::response::{self, Verdict};
use crate::webhook::event;

// The operations, as `src/js/wasm/job-machine.ts` numbers them.
const PUSH: u32 = 0;
const OFFER: u32 = 1;
const OPEN: u32 = 2;
const ABOUT: u32 = 3;
const START: u32 = 4;
const PAUSE: u32 = 5;
const POLL: u32 = 6;
const SAVED: u32 = 7;
const SAVE_FAILED: u32 = 8;
const TOKEN: u32 = 9;
const NO_TOKEN: u32 = 10;
const ANSWERED: u32 = 11;
const LOST: u32 = 12;
const REPORT: u32 = 13;
const RESOLVE: u32 = 14;
const RESOLVE_ALL: u32 = 15;
const PROGRESS: u32 = 16;
const BATCHES: u32 = 17;
const LAST_ERROR: u32 = 18;
const RESULTS: u32 = 19;
const REASON: u32 = 20;
const OFFER_DISTINCT: u32 = 21;
const REQUEST: u32 = 22;
const UNSENT: u32 = 23;
const FIND: u32 = 24;
const EXPECT_LENGTH: u32 = 25;
const USAGE: u32 = 26;

// The kinds of action, as `src/js/job/job.ts` knows them.
const ACT_SAVE: f64 = 0.0;
const ACT_TOKEN: f64 = 1.0;
const ACT_SEND: f64 = 2.0;
const ACT_WAIT: f64 = 3.0;
const ACT_DONE: f64 = 4.0;

/// Codes in one page of the results.
const PAGE: usize = 1024;
/// Bytes of one code, or of one batch, in what is handed over.
const ROW: usize = 24;

/// A job, or the journal and the codes that it is made of.
#[wasm_bindgen]
pub struct JobMachine {
    client: Rc<Inner>,
    stage: Stage,
}

#[allow(clippy::large_enum_variant)] // There is one of it.
enum Stage {
    Opening(Option<Recovery>),
    Open(Job),
}

#[wasm_bindgen]
impl JobMachine {
    /// Takes a job's options, checked, and a random number.
    #[wasm_bindgen(constructor)]
    pub fn new(
        client: &Client,
        batch_size: usize,
        concurrency: usize,
        interval_ms: f64,
        max_retries: u32,
        seed: u64,
    ) -> JobMachine {
        let client = client.inner();
        let renews = client.renews;
        let settings = Settings { batch_size, concurrency, interval_ms, renews, max_retries };
        let recovery = Recovery::new(client.api.clone(), settings).seeded(seed);
        Self { client, stage: Stage::Opening(Some(recovery)) }
    }

    /// Does one operation. `at` is a batch or a place, where one is meant.
    pub fn call(
        &mut self,
        operation: u32,
        now: f64,
        at: usize,
        value: &JsValue,
    ) -> Result<JsValue, JsValue> {
        match &mut self.stage {
            Stage::Opening(recovery) => {
                open(recovery, operation, whole(now), at, value).map(|(job, bytes)| {
                    if let Some(job) = job {
                        self.stage = Stage::Open(job);
                    }
                    #[allow(clippy::cast_precision_loss)]
                    JsValue::from_f64(bytes as f64)
                })
            }
            Stage::Open(job) => run(job, &self.client, operation, whole(now), at, value),
        }
        .map_err(thrown)
    }
}

/// What there is to do before there is a job. Gives how many bytes of the journal
/// are whole records; at last the job, and how many are kept.
fn open(
    recovery: &mut Option<Recovery>,
    operation: u32,
    now: u64,
    total: usize,
    value: &JsValue,
) -> Result<(Option<Job>, u64), Error> {
    match (operation, recovery.as_mut()) {
        (PUSH | OFFER | OFFER_DISTINCT, Some(recovery)) => {
            let bytes: &Uint8Array = value.unchecked_ref();
            // Not as a whole: what comes and goes between the blocks of a list
            // leaves holes that no block fits in.
            let mut piece = [0; 4096];
            for at in (0..bytes.length()).step_by(piece.len()) {
                let part = bytes.subarray(at, at + 4096);
                let Some(piece) = piece.get_mut(..part.length() as usize) else { break };
                part.copy_to(piece);
                match operation {
                    PUSH => recovery.push(piece)?,
                    OFFER => recovery.offer(piece, total),
                    _ => recovery.offer_distinct(piece, total),
                }
            }
        }
        (EXPECT_LENGTH, Some(recovery)) => recovery.expect_length(value.as_f64().map_or(0, whole)),
        (OPEN, Some(_)) => {
            let Some(recovery) = recovery.take() else { return Ok((None, 0)) };
            let value = text_of(value);
            let value = from_text(&value);
            let kept = recovery.kept();
            let amount = |name| match value.get(name) {
                Json::Number(number) => whole(*number),
                _ => 0,
            };
            let job = match Code::parse(value.get("id").text().unwrap_or_default().as_bytes()) {
                Err(_) => recovery.resume(value.get("restored").is_true())?,
                Ok(id) => {
                    let program =
                        ProgramId::new(value.get("programId").text().unwrap_or_default())?;
                    let offered = recovery.offered() as u64;
                    distribute::refuse_rejected(amount("rejectedCount"), offered)?;
                    recovery.create(program, *id.as_bytes(), amount("duplicates"), now)?
                }
            };
            return Ok((Some(job), kept));
        }
        _ => {}
    }
    Ok((None, recovery.as_ref().map_or(0, Recovery::whole_length)))
}

fn run(
    job: &mut Job,
    client: &Inner,
    operation: u32,
    now: u64,
    at: usize,
    value: &JsValue,
) -> Result<JsValue, Error> {
    match operation {
        POLL => {
            job.hold(now.saturating_add(at as u64));
            return Ok(act(job, client, now).unwrap_or_default());
        }
        START => job.start(now),
        PAUSE => job.pause(),
        SAVED => {
            job.handle_saved();
            return Ok(job.is_created().into());
        }
        SAVE_FAILED => {
            job.handle_save_failed();
            let lost = value.as_f64().and_then(|found| job.ensure_journal(whole(found)).err());
            return Ok(lost.map_or(JsValue::UNDEFINED, thrown));
        }
        TOKEN => job.handle_token(at),
        NO_TOKEN => {
            let told = text_of(value);
            let told = from_text(&told);
            let error = remembered(told.items());
            return Ok(job.handle_no_token(at, error, now, js_sys::Math::random()).into());
        }
        ANSWERED => return Ok(answered(job, now, at, value)),
        LOST => {
            let error = remembered(from_text(&text_of(value)).items());
            job.handle_lost(at, &error);
            return Ok(thrown(error));
        }
        REPORT => return Ok(job.handle_outcomes(&reported(job, value)).into()),
        USAGE => {
            let codes = value.as_string().unwrap_or_default();
            let codes = codes.lines().filter_map(|code| Code::parse(code.as_bytes()).ok());
            return Ok(job.handle_usage(codes).into());
        }
        UNSENT => {
            let error = Error::unsent("The request failed");
            job.handle_unsent(at, &error, now, js_sys::Math::random());
            return Ok(thrown(error));
        }
        RESOLVE | RESOLVE_ALL => {
            let decision = match value.as_string().as_deref() {
                Some("resend") => Decision::Resend,
                Some("queued") => Decision::Queued,
                _ => Decision::Abandon,
            };
            job.resolve((operation == RESOLVE).then_some(at), decision)?;
        }
        ABOUT => {
            let mut id = String::new();
            Code::from_id(job.id()).write_to(&mut id);
            let about = Json::object()
                .with("id", id)
                .with("programId", job.program().as_str())
                .with("batchSize", number(job.batch_size() as u64))
                .with("duplicates", number(job.duplicates()));
            return Ok(to_js(&about));
        }
        REQUEST => {
            let request = distribute::without_list(&client.api, job.program());
            let init = init(&client.host, &request, &client.headers, None);
            return Ok(Array::of2(&JsValue::from_str(&request.url), &init).into());
        }
        PROGRESS => {
            let progress = job.progress(now);
            let mut numbers = vec![number(progress.total as u64)];
            numbers.extend(progress.counts.map(|count| number(count.into())));
            numbers.push(number(progress.requests.into()));
            numbers.push(number(progress.retries.into()));
            numbers.push(number(progress.started_at));
            numbers.push(progress.eta_ms.map_or(Json::Null, number));
            numbers.push(progress.waiting_until.map_or(Json::Null, number));
            numbers.push(number(progress.used_before.into()));
            return Ok(to_js(&Json::List(numbers)));
        }
        BATCHES => {
            let mut rows = Vec::new();
            for place in 0..job.batches() {
                rows.extend(job.batch(place).map(|batch| batch_row(&batch)));
            }
            return Ok(bytes(rows.as_flattened()));
        }
        LAST_ERROR => {
            let Some(batch) = job.batch(at) else { return Ok(JsValue::UNDEFINED) };
            return Ok(batch.last_error.map_or(JsValue::UNDEFINED, |error| match error {
                _ if batch.unsent => thrown(Error::unsent("The request failed")),
                (code, status, uber_code) => thrown(response::remembered(code, status, uber_code)),
            }));
        }
        RESULTS => return Ok(bytes(results(job, at, value).as_flattened())),
        FIND => return Ok(found(job, value)),
        REASON => {
            let reason = u16::try_from(at).ok().and_then(|number| job.reason_at(number));
            return Ok(reason.map_or(JsValue::NULL, JsValue::from_str));
        }
        _ => {}
    }
    Ok(JsValue::UNDEFINED)
}

/// The outcomes of `[program, outcomes]`: none of another program.
fn reported(job: &Job, value: &JsValue) -> Vec<event::Outcome> {
    let reported: &Array = value.unchecked_ref();
    let mut outcomes = Vec::new();
    if job.concerns(reported.get(0).as_string().as_deref()) {
        // One by one: an event can be large.
        for outcome in reported.get(1).unchecked_ref::<Array>().iter() {
            outcomes.extend(event::given(&from_text(&text_of(&outcome))));
        }
    }
    outcomes
}

/// `[status, fields, body]` came: the error that it means. Without a body, how
/// long that may take, if it is needed.
fn answered(job: &mut Job, now: u64, batch: usize, value: &JsValue) -> JsValue {
    let told = text_of(value);
    let told = from_text(&told);
    let [Json::Number(status), Json::Text(lines), body @ ..] = told.items() else {
        return JsValue::UNDEFINED;
    };
    let head = head_from(*status, lines);
    let [Json::Text(body)] = body else {
        return Verdict::body_patience_ms(&head).into();
    };
    let random = js_sys::Math::random();
    let error = job.handle_response(batch, &head, body, &from_text(body), now, random);
    error.map_or(JsValue::UNDEFINED, thrown)
}

/// What to do next: the kind of action, then what it needs; none where there is
/// nothing to do.
fn act(job: &mut Job, client: &Inner, now: u64) -> Option<JsValue> {
    let (kind, values) = match job.poll(now) {
        Action::Save(record) => (ACT_SAVE, vec![bytes(&record)]),
        Action::NeedToken { batch, renew } => (ACT_TOKEN, vec![batch.into(), renew.into()]),
        Action::Send { batch, request } => {
            let attempts = job.batch(batch).map_or(1, |batch| batch.attempts);
            // Never without a list, which would be for everybody.
            let body = client.host.text(request.body.as_deref()?);
            (ACT_SEND, vec![batch.into(), attempts.into(), body])
        }
        #[allow(clippy::cast_precision_loss)]
        Action::Wait(until) => (ACT_WAIT, vec![(until as f64).into()]),
        Action::Idle => return None,
        Action::Done => (ACT_DONE, job.take_halt().map(thrown).into_iter().collect()),
    };
    let action = Array::of1(&kind.into());
    for value in values {
        action.push(&value);
    }
    Some(action.into())
}

/// `[our code, status, unsent]`. What the core has no name for is nothing that passes.
fn remembered(told: &[Json<'_>]) -> Error {
    let (code, status) = match told {
        [.., Json::Bool(true)] => return Error::unsent(""),
        [Json::Text(code), Json::Number(status), ..] => (&**code, *status),
        _ => ("", 0.0),
    };
    let code = ErrorCode::from_name(code).unwrap_or(ErrorCode::TokenRejected);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    response::remembered(code, status as u16, None)
}

/// State, whether there is an error, whether it was cancelled, what it rests on (a byte
/// each), codes and used (u16, as a batch has no more), reported, attempts, when it left.
fn batch_row(batch: &BatchInfo<'_>) -> [u8; ROW] {
    let mut row = [0; ROW];
    let fields = [
        u64::from(batch.state as u8)
            | u64::from(batch.last_error.is_some()) << 8
            | u64::from(batch.cancelled) << 16
            | u64::from(batch.by as u8) << 24,
        u64::from(batch.codes) | u64::from(batch.used) << 16,
        batch.reported.into(),
        batch.attempts.into(),
        batch.sent_at & 0xffff_ffff,
        batch.sent_at >> 32,
    ];
    for (out, field) in row.chunks_exact_mut(4).zip(fields) {
        out.iter_mut().zip(field.to_le_bytes()).for_each(|(out, byte)| *out = byte);
    }
    row
}

/// The row of a code; undefined where the job has no such code.
fn found(job: &mut Job, code: &JsValue) -> JsValue {
    let code = Code::parse(code.as_string().unwrap_or_default().as_bytes()).ok();
    let row = code.and_then(|code| {
        let at = job.find(code)?;
        Some(code_row(at, &job.row(at)?))
    });
    row.map_or(JsValue::UNDEFINED, |row| bytes(&row))
}

/// A page of codes from a place on, of some states if a set of bits names them.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn results(job: &Job, mut at: usize, states: &JsValue) -> Vec<[u8; ROW]> {
    let states = states.as_f64().map_or(u32::MAX, |states| states as u32);
    let mut page = Vec::new();
    while let Some(row) = job.row(at)
        && page.len() < PAGE
    {
        if states >> row.state as u8 & 1 == 1 {
            page.push(code_row(at, &row));
        }
        at += 1;
    }
    page
}

/// The place of a code (u32, as places have 32 bits), its state, evidence, reason
/// (u16, 0 for none) and the code itself.
fn code_row(at: usize, row: &Row) -> [u8; ROW] {
    let reason = row.reason.map_or(0, |place| place + 1);
    let about = at as u64
        | u64::from(row.state as u8) << 32
        | u64::from(row.by as u8) << 40
        | u64::from(reason) << 48;
    let mut out = [0; ROW];
    let all = about.to_le_bytes().into_iter().chain(*row.code.as_bytes());
    out.iter_mut().zip(all).for_each(|(out, byte)| *out = byte);
    out
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    number as u64
}
