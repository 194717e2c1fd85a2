//! The state machine of a job, which `src/js/job/loop.ts` drives.
//!
//! The loop is in JavaScript: it waits for a journal, tokens, responses and timers at the
//! same time, each of which takes a line in JavaScript and a future in wasm. All
//! operations go through one function, because each exported function adds two hundred
//! bytes of borrow checks, and as much glue code; `src/js/wasm/job-machine.ts` gives each
//! operation its name and types.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::call::{head_from, init};
use super::client::{Client, Inner};
use super::error::to_js_error;
use super::value::{json_stringify, json_to_js, known, parse_json, to_js};
use crate::code::Code;
use crate::error::{Error, ErrorCode};
use crate::job::{Action, Decision, Job, Recovery, Settings};
use crate::json::Json;
use crate::protocol::shapes::jobs::{About, BatchRow, JobProgress, ResultRow};
use crate::protocol::{JobAction, JobOperation as Operation, RESULTS_PER_PAGE};
use crate::uber::distribute;
use crate::uber::id::ProgramId;
use crate::uber::policy::Verdict;
use crate::uber::response;
use crate::webhook::event;

/// A job; before it is open, its journal and its codes.
#[wasm_bindgen]
pub struct JobMachine {
    client: Rc<Inner>,
    stage: Stage,
}

#[allow(clippy::large_enum_variant)] // There is only one.
enum Stage {
    Opening(Option<Recovery>),
    Open(Job),
}

#[wasm_bindgen]
impl JobMachine {
    /// Accepts the validated options of a job, and a random number.
    #[wasm_bindgen(constructor)]
    pub fn new(
        client: &Client,
        batch_size: usize,
        pause_after: usize,
        concurrency: usize,
        interval_ms: f64,
        max_retries: u32,
        seed: u64,
    ) -> JobMachine {
        let client = client.inner();
        let renews = client.renews;
        let settings =
            Settings { batch_size, pause_after, concurrency, interval_ms, renews, max_retries };
        let recovery = Recovery::new(client.api.clone(), settings).seeded(seed);
        Self { client, stage: Stage::Opening(Some(recovery)) }
    }

    /// Runs one operation. `at` is the index of a batch or a code, if the operation needs
    /// one.
    pub fn call(
        &mut self,
        operation: u32,
        now: f64,
        at: usize,
        value: &JsValue,
    ) -> Result<JsValue, JsValue> {
        let operation = known(Operation::from_number(operation));
        match &mut self.stage {
            Stage::Opening(recovery) => {
                open(recovery, operation, to_u64(now), at, value).map(|(job, bytes)| {
                    if let Some(job) = job {
                        self.stage = Stage::Open(job);
                    }
                    #[allow(clippy::cast_precision_loss)]
                    JsValue::from_f64(bytes as f64)
                })
            }
            Stage::Open(job) => run(job, &self.client, operation, to_u64(now), at, value),
        }
        .map_err(to_js_error)
    }
}

/// The operations before the job is open. They return how many bytes of the journal are
/// complete records; `Open` returns the job, and how many bytes to keep.
fn open(
    recovery: &mut Option<Recovery>,
    operation: Operation,
    now: u64,
    total: usize,
    value: &JsValue,
) -> Result<(Option<Job>, u64), Error> {
    match (operation, recovery.as_mut()) {
        (Operation::Push | Operation::AddCodes | Operation::AddDistinctCodes, Some(recovery)) => {
            let bytes: &Uint8Array = value.unchecked_ref();
            // Copied in pieces: large allocations between the blocks of a list would
            // leave gaps that are too small for another block.
            let mut piece = [0; 4096];
            for at in (0..bytes.length()).step_by(piece.len()) {
                let part = bytes.subarray(at, at + 4096);
                let Some(piece) = piece.get_mut(..part.length() as usize) else { break };
                part.copy_to(piece);
                match operation {
                    Operation::Push => recovery.push(piece)?,
                    Operation::AddCodes => recovery.add_codes(piece, total),
                    _ => recovery.add_distinct_codes(piece, total),
                }
            }
        }
        (Operation::ExpectLength, Some(recovery)) => {
            recovery.expect_length(value.as_f64().map_or(0, to_u64));
        }
        (Operation::Open, Some(_)) => {
            let Some(recovery) = recovery.take() else { return Ok((None, 0)) };
            let value = json_stringify(value);
            let value = parse_json(&value);
            let kept = recovery.kept();
            let amount = |name| match value.get(name) {
                Json::Number(number) => to_u64(*number),
                _ => 0,
            };
            let job = match Code::parse(value.get("id").text().unwrap_or_default().as_bytes()) {
                Err(_) => recovery.resume(value.get("restored").is_true())?,
                Ok(id) => {
                    let program =
                        ProgramId::new(value.get("programId").text().unwrap_or_default())?;
                    let code_count = recovery.code_count() as u64;
                    distribute::ensure_no_rejected(amount("rejectedCount"), code_count)?;
                    recovery.create(program, *id.as_bytes(), amount("duplicates"), now)?
                }
            };
            return Ok((Some(job), kept));
        }
        (
            Operation::Push
            | Operation::AddCodes
            | Operation::AddDistinctCodes
            | Operation::ExpectLength
            | Operation::Open,
            None,
        ) => {}
        _ => return known(None),
    }
    Ok((None, recovery.as_ref().map_or(0, Recovery::whole_length)))
}

fn run(
    job: &mut Job,
    client: &Inner,
    operation: Operation,
    now: u64,
    at: usize,
    value: &JsValue,
) -> Result<JsValue, Error> {
    match operation {
        Operation::Poll => {
            job.hold(now.saturating_add(at as u64));
            return Ok(next_action(job, client, now).unwrap_or_default());
        }
        Operation::Start => job.start(now),
        Operation::Pause => job.pause(),
        Operation::Saved => {
            job.handle_saved();
            return Ok(job.is_created().into());
        }
        Operation::SaveFailed => {
            job.handle_save_failed();
            let lost = value.as_f64().and_then(|found| job.ensure_journal(to_u64(found)).err());
            return Ok(lost.map_or(JsValue::UNDEFINED, to_js_error));
        }
        Operation::Token => job.handle_token(at),
        Operation::NoToken => {
            let told = json_stringify(value);
            let told = parse_json(&told);
            let error = error_from_parts(told.items());
            return Ok(job.handle_no_token(at, error, now, js_sys::Math::random()).into());
        }
        Operation::Answered => return Ok(answered(job, now, at, value)),
        Operation::Lost => {
            let error = error_from_parts(parse_json(&json_stringify(value)).items());
            job.handle_lost(at, &error);
            return Ok(to_js_error(error));
        }
        Operation::Report => return Ok(job.handle_outcomes(&reported(job, value)).into()),
        Operation::Usage => {
            let codes = value.as_string().unwrap_or_default();
            let codes = codes.lines().filter_map(|code| Code::parse(code.as_bytes()).ok());
            return Ok(job.handle_usage(codes).into());
        }
        Operation::Unsent => {
            let error = Error::unsent("The request failed");
            job.handle_unsent(at, &error, now, js_sys::Math::random());
            return Ok(to_js_error(error));
        }
        Operation::Resolve | Operation::ResolveAll => {
            let decision = known(value.as_string().and_then(|name| Decision::from_name(&name)));
            job.resolve((operation == Operation::Resolve).then_some(at), decision)?;
        }
        Operation::About => {
            return Ok(to_js(About::of(job)));
        }
        Operation::Request => {
            let request = distribute::base_request(&client.api, job.program());
            let init = init(&client.host, &request, &client.headers, None);
            return Ok(Array::of2(&JsValue::from_str(&request.url), &init).into());
        }
        Operation::Progress => {
            return Ok(json_to_js(Json::List(JobProgress::values(&job.progress(now)))));
        }
        Operation::Batches => {
            let mut rows = Vec::new();
            for number in 0..job.batches() {
                rows.extend(job.batch(number).map(|batch| BatchRow::of(&batch)));
            }
            return Ok(bytes(rows.as_flattened()));
        }
        Operation::LastError => {
            let Some(batch) = job.batch(at) else { return Ok(JsValue::UNDEFINED) };
            return Ok(batch.last_error.map_or(JsValue::UNDEFINED, |error| match error {
                _ if batch.unsent => to_js_error(Error::unsent("The request failed")),
                (code, status, uber_code) => {
                    to_js_error(response::error_from_record(code, status, uber_code))
                }
            }));
        }
        Operation::Results => {
            return Ok(bytes(results(job, at, value).as_flattened()));
        }
        Operation::Find => return Ok(found(job, value)),
        Operation::Reason => {
            let reason = u16::try_from(at).ok().and_then(|number| job.reason_at(number));
            return Ok(reason.map_or(JsValue::NULL, JsValue::from_str));
        }
        Operation::Push
        | Operation::AddCodes
        | Operation::AddDistinctCodes
        | Operation::ExpectLength
        | Operation::Open => return known(None),
    }
    Ok(JsValue::UNDEFINED)
}

/// The outcomes of `[program, outcomes]`; none if the program is another one.
fn reported(job: &Job, value: &JsValue) -> Vec<event::Outcome> {
    let reported: &Array = value.unchecked_ref();
    let mut outcomes = Vec::new();
    if job.concerns(reported.get(0).as_string().as_deref()) {
        // One by one, because an event may be large.
        for outcome in reported.get(1).unchecked_ref::<Array>().iter() {
            outcomes.extend(event::parse_outcome(&parse_json(&json_stringify(&outcome))));
        }
    }
    outcomes
}

/// Handles the response `[status, fields, body]`, and returns the error that it stands
/// for. Without a body, returns how long to wait for the body, if it is needed.
fn answered(job: &mut Job, now: u64, batch: usize, value: &JsValue) -> JsValue {
    let told = json_stringify(value);
    let told = parse_json(&told);
    let [Json::Number(status), Json::Text(lines), body @ ..] = told.items() else {
        return JsValue::UNDEFINED;
    };
    let head = head_from(*status, lines);
    let [Json::Text(body)] = body else {
        return Verdict::body_timeout_ms(&head).into();
    };
    let random = js_sys::Math::random();
    let error = job.handle_response(batch, &head, body, &parse_json(body), now, random);
    error.map_or(JsValue::UNDEFINED, to_js_error)
}

/// The next action: its kind, then its values. None if there is nothing to do.
fn next_action(job: &mut Job, client: &Inner, now: u64) -> Option<JsValue> {
    let (kind, values) = match job.poll(now) {
        Action::Save(record) => (JobAction::Save, vec![bytes(&record)]),
        Action::NeedToken { batch, renew } => {
            (JobAction::NeedToken, vec![batch.into(), renew.into()])
        }
        Action::Send { batch, request } => {
            let attempts = job.batch(batch).map_or(1, |batch| batch.attempts);
            // A request is never sent without a list, which would mean every code.
            let body = client.host.text(request.body.as_deref()?);
            (JobAction::Send, vec![batch.into(), attempts.into(), body])
        }
        #[allow(clippy::cast_precision_loss)]
        Action::Wait(until) => (JobAction::Wait, vec![(until as f64).into()]),
        Action::Idle => return None,
        Action::Done => (JobAction::Done, job.take_halt().map(to_js_error).into_iter().collect()),
    };
    let action = Array::of1(&(kind as u32).into());
    for value in values {
        action.push(&value);
    }
    Some(action.into())
}

/// Reads `[code, status, unsent]`. An unknown code counts as a permanent failure.
fn error_from_parts(told: &[Json<'_>]) -> Error {
    let (code, status) = match told {
        [.., Json::Bool(true)] => return Error::unsent(""),
        [Json::Text(code), Json::Number(status), ..] => (&**code, *status),
        _ => ("", 0.0),
    };
    let code = ErrorCode::from_name(code).unwrap_or(ErrorCode::TokenRejected);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    response::error_from_record(code, status as u16, None)
}

/// The row of a code; undefined where the job has no such code.
fn found(job: &mut Job, code: &JsValue) -> JsValue {
    let code = Code::parse(code.as_string().unwrap_or_default().as_bytes()).ok();
    let row = code.and_then(|code| {
        let at = job.find(code)?;
        Some(ResultRow::of((at, &job.row(at)?)))
    });
    row.map_or(JsValue::UNDEFINED, |row| bytes(&row))
}

/// A page of codes from an index on; if `states` is a set of bits, only codes in these
/// states.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn results(job: &Job, mut at: usize, states: &JsValue) -> Vec<[u8; ResultRow::LENGTH]> {
    let states = states.as_f64().map_or(u32::MAX, |states| states as u32);
    let mut page = Vec::new();
    while let Some(row) = job.row(at)
        && page.len() < RESULTS_PER_PAGE
    {
        if states >> row.state as u8 & 1 == 1 {
            page.push(ResultRow::of((at, &row)));
        }
        at += 1;
    }
    page
}

fn bytes(bytes: &[u8]) -> JsValue {
    Uint8Array::from(bytes).into()
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn to_u64(number: f64) -> u64 {
    number as u64
}
