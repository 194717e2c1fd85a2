//! The state machine of a job, as `src/js/job.ts` drives it.
//!
//! The loop around it is there and not here: it waits for a journal, tokens,
//! answers and timers at once, which is a line each in JavaScript and a future
//! each in wasm.

use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::client::{Client, Inner, program_id};
use super::exchange::{head_of, init, parse};
use super::failure::thrown;
use super::from_js;
use crate::answer::{self, Verdict};
use crate::code::Code;
use crate::distribute;
use crate::error::ErrorCode;
use crate::job::{Action, Decision, Job, Recovery, Report, Settings};

/// A job, or the journal and the codes that it is made of.
#[wasm_bindgen]
pub struct JobMachine {
    client: Rc<Inner>,
    recovery: Option<Recovery>,
    job: Option<Job>,
}

// The kinds of action, as `src/js/job.ts` numbers them.
const SAVE: u32 = 0;
const TOKEN: u32 = 1;
const SEND: u32 = 2;
const WAIT: u32 = 3;
const IDLE: u32 = 4;
const DONE: u32 = 5;

/// Bytes of one code in [`JobMachine::results`].
const RESULT: usize = 24;

#[wasm_bindgen]
impl JobMachine {
    /// Takes what is no default of a job's options, checked.
    #[wasm_bindgen(constructor)]
    pub fn new(
        client: &Client,
        batch_size: u32,
        concurrency: u32,
        interval_ms: f64,
        max_retries: u32,
    ) -> JobMachine {
        let client = client.inner();
        let settings = Settings {
            batch_size: batch_size as usize,
            concurrency: concurrency as usize,
            interval_ms,
            renews: client.renews,
            max_retries,
        };
        let recovery = Some(Recovery::new(client.api.clone(), settings));
        Self { client, recovery, job: None }
    }

    /// Bytes of the journal, or with `offered` codes of a job to be created.
    pub fn push(&mut self, bytes: &[u8], offered: bool) -> Result<(), JsValue> {
        let Some(recovery) = &mut self.recovery else { return Ok(()) };
        if offered {
            recovery.offer(bytes);
            return Ok(());
        }
        recovery.push(bytes).map_err(thrown)
    }

    /// Makes the job: with an id one that is created, without one the journal's.
    /// Gives how many bytes of the journal are to be kept.
    pub fn open(
        &mut self,
        id: Option<Vec<u8>>,
        program: Option<String>,
        duplicates: f64,
        rejected_count: f64,
        restored: bool,
        now: f64,
    ) -> Result<f64, JsValue> {
        let Some(recovery) = self.recovery.take() else { return Ok(0.0) };
        let kept = recovery.kept();
        let job = match id.and_then(|id| id.try_into().ok()) {
            None => recovery.resume(restored),
            Some(id) => program_id(program).and_then(|program| {
                distribute::refuse_rejected(whole(rejected_count), recovery.offered() as u64)?;
                recovery.create(program, id, whole(duplicates), whole(now))
            }),
        };
        self.job = Some(job.map_err(thrown)?);
        #[allow(clippy::cast_precision_loss)]
        Ok(kept as f64)
    }

    /// `[id, program, batch size, duplicates]`.
    pub fn about(&self) -> Array {
        let about = Array::new();
        if let Some(job) = &self.job {
            let mut id = String::new();
            Code::from_id(job.id()).write_to(&mut id);
            about.push(&id.into());
            about.push(&job.program().as_str().into());
            about.push(&place(job.batch_size()));
            #[allow(clippy::cast_precision_loss)]
            about.push(&JsValue::from_f64(job.duplicates() as f64));
        }
        about
    }

    /// Begins a run, or ends it early.
    pub fn run(&mut self, begins: bool, now: f64) {
        if let Some(job) = &mut self.job {
            if begins { job.start(whole(now)) } else { job.pause() }
        }
    }

    /// What to do next: the kind of action, then what it needs.
    pub fn poll(&mut self, now: f64) -> Array {
        let Some(job) = &mut self.job else { return Array::of1(&IDLE.into()) };
        let action = job.poll(whole(now));
        match action {
            Action::Save(bytes) => Array::of2(&SAVE.into(), &Uint8Array::from(bytes.as_slice())),
            Action::NeedToken { batch, renew } => {
                Array::of3(&TOKEN.into(), &place(batch), &renew.into())
            }
            Action::Send { batch, request } => {
                let init = init(&request, &self.client.headers, None);
                let attempts = job.batch(batch).map_or(1, |batch| batch.attempts);
                let url = JsValue::from_str(&request.url);
                Array::of5(&SEND.into(), &place(batch), &attempts.into(), &url, &init)
            }
            #[allow(clippy::cast_precision_loss)]
            Action::Wait(until) => Array::of2(&WAIT.into(), &JsValue::from_f64(until as f64)),
            Action::Idle => Array::of1(&IDLE.into()),
            Action::Done => {
                let halt = job.take_halt().map_or(JsValue::UNDEFINED, thrown);
                Array::of2(&DONE.into(), &halt)
            }
        }
    }

    /// What came of an append.
    pub fn saved(&mut self, ok: bool) {
        if let Some(job) = &mut self.job {
            if ok { job.handle_saved() } else { job.handle_save_failed() }
        }
    }

    /// A token is there; with a code it is not, because of that error and its
    /// status. True if that ends the run.
    pub fn token(
        &mut self,
        batch: usize,
        code: Option<String>,
        status: u16,
        now: f64,
        random: f64,
    ) -> bool {
        let Some(job) = &mut self.job else { return false };
        let Some(code) = code else {
            job.handle_token(batch);
            return false;
        };
        // An error that the core has no name for is none that passes.
        let code = ErrorCode::from_name(&code).unwrap_or(ErrorCode::TokenRejected);
        let error = answer::remembered(code, status, None);
        job.handle_no_token(batch, error, whole(now), random)
    }

    /// An answer. Without a body, only one that was accepted is taken; else this
    /// is true: the body is wanted. Gives the error that it means.
    pub fn answered(
        &mut self,
        batch: usize,
        answer: &JsValue,
        body: Option<String>,
        now: f64,
        random: f64,
    ) -> JsValue {
        let Some(job) = &mut self.job else { return JsValue::UNDEFINED };
        let head = head_of(answer);
        if body.is_none() && Verdict::of(&head) != Verdict::Accepted {
            return JsValue::TRUE;
        }
        let body = body.unwrap_or_default();
        let error = job.handle_response(batch, &head, &body, &parse(&body), whole(now), random);
        error.map_or(JsValue::UNDEFINED, thrown)
    }

    /// No answer came, for that reason. Gives the error that it means.
    pub fn lost(&mut self, batch: usize, code: &str) -> JsValue {
        let code = ErrorCode::from_name(code).unwrap_or(ErrorCode::ConnectionFailed);
        let error = answer::remembered(code, 0, None);
        if let Some(job) = &mut self.job {
            job.handle_lost(batch, &error);
        }
        thrown(error)
    }

    /// What Uber reported. Gives how many codes it settled.
    pub fn report(&mut self, outcomes: &JsValue) -> u32 {
        let mut reports = Vec::new();
        for outcome in from_js(outcomes).items() {
            let code = Code::parse(outcome.get("code").text().unwrap_or_default().as_bytes());
            let failed = || outcome.get("reason").text().map(str::to_owned);
            let outcome = match outcome.get("status").text() {
                Some("distributed") => Ok(()),
                Some("failed") => Err(failed()),
                _ => continue,
            };
            if let Ok(code) = code {
                reports.push(Report { code, outcome });
            }
        }
        self.job.as_mut().map_or(0, |job| job.handle_reports(&reports))
    }

    /// The operator's decision; without a batch about all.
    pub fn resolve(&mut self, batch: Option<u32>, decision: &str) -> Result<(), JsValue> {
        let decision = match decision {
            "resend" => Decision::Resend,
            "queued" => Decision::Queued,
            _ => Decision::Abandon,
        };
        let batch = batch.map(|batch| batch as usize);
        self.job.as_mut().map_or(Ok(()), |job| job.resolve(batch, decision)).map_err(thrown)
    }

    /// How far the job is: all, in each state, requests, retries, begun, time
    /// left (or -1).
    #[allow(clippy::cast_precision_loss)]
    pub fn progress(&self, now: f64) -> Vec<f64> {
        let Some(job) = &self.job else { return Vec::new() };
        let progress = job.progress(whole(now));
        let mut numbers = vec![progress.total as f64];
        for count in progress.counts {
            numbers.push(count.into());
        }
        numbers.push(progress.requests.into());
        numbers.push(progress.retries.into());
        numbers.push(progress.started_at as f64);
        numbers.push(progress.eta_ms.map_or(-1.0, |ms| ms as f64));
        numbers
    }

    /// Of each batch: state, codes, reported, attempts, when it last left, and
    /// whether there is an error.
    #[allow(clippy::cast_precision_loss)]
    pub fn batches(&self) -> Vec<f64> {
        let mut numbers = Vec::new();
        let Some(job) = &self.job else { return numbers };
        for place in 0..job.batches() {
            if let Some(batch) = job.batch(place) {
                numbers.extend_from_slice(&[
                    f64::from(batch.state as u8),
                    batch.codes.into(),
                    batch.reported.into(),
                    batch.attempts.into(),
                    batch.sent_at as f64,
                    f64::from(u8::from(batch.last_error.is_some())),
                ]);
            }
        }
        numbers
    }

    /// The last error of a batch.
    #[wasm_bindgen(js_name = lastError)]
    pub fn last_error(&self, batch: usize) -> JsValue {
        let error = self.job.as_ref().and_then(|job| job.batch(batch)?.last_error);
        error.map_or(JsValue::UNDEFINED, |(code, status, uber_code)| {
            thrown(answer::remembered(code, status, uber_code))
        })
    }

    /// Codes from a place on, at most so many, each with its place (u32), state,
    /// evidence, reason (u16, 0 for none) and the code itself.
    #[allow(clippy::cast_possible_truncation)] // Places have 32 bits.
    pub fn results(&self, from: usize, state: Option<u8>, most: usize) -> Vec<u8> {
        let mut page = Vec::new();
        let Some(job) = &self.job else { return page };
        let mut at = from;
        while let Some(row) = job.row(at)
            && page.len() < most * RESULT
        {
            if state.is_none_or(|state| state == row.state as u8) {
                page.extend_from_slice(&(at as u32).to_le_bytes());
                page.extend_from_slice(&[row.state as u8, row.by as u8]);
                let reason = row.reason.map_or(0, |place| place + 1);
                page.extend_from_slice(&reason.to_le_bytes());
                page.extend_from_slice(row.code.as_bytes());
            }
            at += 1;
        }
        page
    }

    /// A reason of [`Self::results`].
    pub fn reason(&self, number: u16) -> Option<String> {
        self.job.as_ref()?.reason_at(number.checked_sub(1)?).map(str::to_owned)
    }
}

#[allow(clippy::cast_possible_truncation)]
fn place(batch: usize) -> JsValue {
    JsValue::from(batch as u32)
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(number: f64) -> u64 {
    number as u64
}
