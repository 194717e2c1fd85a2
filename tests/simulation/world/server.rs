//! The server and the connection to it: tokens, requests, responses, webhooks.

use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::error::{Error, ErrorCode};
use uber_vouchers::http::{Headers, Request, ResponseHead};
use uber_vouchers::job::CodeState;
use uber_vouchers::json::Json;
use uber_vouchers::sandbox::{Answer, IncomingRequest};
use uber_vouchers::uber::response;
use uber_vouchers::webhook::event;

use super::{DAY, Effect, Told, World, usage};
use crate::checker::{Report, Verdict, outcomes, states};

const TIMEOUT: u64 = 30_000;

impl World {
    pub(super) fn hand_token(&mut self, batch: usize, renew: bool) {
        if renew {
            self.token = self.sandbox.issue_token(self.now);
        }
        let fails = !self.calm && self.random.chance(self.plan.token_fails);
        let (permanent, random) = (self.random.chance(0.3), self.random.unit());
        if !self.calm && self.random.chance(self.plan.unsent) {
            let error = Error::unsent("no connection");
            let Some(job) = &mut self.job else { return };
            assert!(!job.handle_no_token(batch, error, self.now, random), "it halts");
            return;
        }
        let Some(job) = &mut self.job else { return };
        if fails {
            let code =
                if permanent { ErrorCode::TokenRejected } else { ErrorCode::ConnectionFailed };
            job.handle_no_token(
                batch,
                response::error_from_record(code, 0, None),
                self.now,
                random,
            );
        } else {
            job.handle_token(batch);
        }
    }

    pub(super) fn send(&mut self, batch: usize, request: &Request) -> Verdict {
        if self.paused {
            return Err(format!("batch {batch} is sent after a pause"));
        }
        self.requests += 1;
        let id = self.requests;
        let body: Value =
            serde_json::from_slice(request.body.as_deref().unwrap_or_default()).unwrap();
        let listed =
            body["codes"].as_array().ok_or("a request without a list reaches everybody")?;
        let codes: Vec<Code> = listed
            .iter()
            .map(|code| Code::parse(code.as_str().unwrap().as_bytes()).unwrap())
            .collect();
        self.say(&format!("request {id}: batch {batch}, {} codes", codes.len()));
        self.checker.left(id, batch, &codes, &self.journal)?;
        if let Some(job) = &self.job {
            self.checker.left_whole(job, batch, &codes)?;
        }
        if !self.calm && self.random.chance(self.plan.unsent) {
            let ms = self.random.between(1, 100);
            self.after(ms, Effect::Unsent { batch, request: id });
            return Ok(());
        }
        if !self.calm && self.random.chance(self.plan.refused) {
            let statuses = [400, 401, 402, 403, 404, 409, 413, 422, 429];
            let status = statuses[self.random.below(statuses.len())];
            let head = ResponseHead { status, headers: Headers::default() };
            let ms = self.random.between(1, 100);
            self.after(ms, Effect::Answered { batch, request: id, head, body: vec![] });
            return Ok(());
        }
        let incoming = IncomingRequest::new(request, Some(&self.token));
        let reply = self.sandbox.handle(&incoming, self.now);
        match reply.answer {
            Answer::Response(response) => {
                let (mut head, mut body) = (response.head, response.body);
                if head.is_html() && self.random.chance(0.5) {
                    head.headers = Headers::default();
                } else if head.status == 200
                    && !self.calm
                    && self.random.chance(self.plan.contradicts)
                {
                    body = br#"{"code":"internal_server_error"}"#.to_vec();
                }
                self.after(reply.after_ms, Effect::Answered { batch, request: id, head, body });
            }
            Answer::Lost => self.after(reply.after_ms, Effect::Lost { batch }),
            Answer::Hang => self.after(TIMEOUT, Effect::Lost { batch }),
        }
        // Sometimes before the response.
        let ms = self.random.between(0, 6_000);
        self.after(ms, Effect::Webhooks);
        Ok(())
    }

    pub(super) fn deliver(&mut self) -> Verdict {
        let most = 1 + self.random.below(4);
        for webhook in self.sandbox.take_due_webhooks(self.now, most) {
            let body: Json = serde_json::from_slice(&webhook.body).unwrap();
            let event = event::read(&body, None, &Json::Null).unwrap();
            let is_ours = event.program_id() == Some(&self.program);
            let reports: Vec<Report> = if is_ours {
                event.outcomes.into_iter().map(Report::from).collect()
            } else {
                vec![]
            };
            let opaque = usage::opaque_reports(&webhook.body);
            if is_ours && !opaque.is_empty() {
                // Stored before it is acknowledged, whatever the job does.
                self.sandbox.webhook_answered(webhook.id, true, self.now);
                self.keep_unread(opaque)?;
                continue;
            }
            let gone = !self.calm && self.random.chance(self.plan.late);
            if self.job.is_none() || self.failed || gone {
                self.sandbox.webhook_answered(webhook.id, false, self.now);
                continue;
            }
            self.unacknowledged.push(webhook.id);
            self.report(reports)?;
        }
        if let Some(at) = self.sandbox.next_webhook_at() {
            let late = if self.random.chance(self.plan.late) { 2 * DAY } else { 0 };
            let ms = at.saturating_sub(self.now) + self.random.between(0, 100);
            self.after(if self.calm { ms } else { ms + late }, Effect::Webhooks);
        }
        Ok(())
    }

    pub(super) fn report(&mut self, reports: Vec<Report>) -> Verdict {
        let Some(job) = &mut self.job else { return Ok(()) };
        let before = states(job);
        self.checker.told(&before, &reports);
        let settled = job.handle_outcomes(&outcomes(&reports));
        let after = states(job);
        self.checker.reported(&before, &after, &reports, settled)?;
        self.say(&format!("webhook: {} reports, {settled} settled", reports.len()));
        self.told.push(Told::Reports(reports));
        Ok(())
    }

    /// Outcomes of codes of this job that somebody else sent.
    pub(super) fn report_of_others(&mut self) -> Verdict {
        let mut reports = Vec::new();
        for _ in 0..=self.random.below(3) {
            let code = self.codes[self.random.below(self.codes.len())];
            let reasons = [None, Some("a".to_owned()), Some("b".to_owned())];
            let reason = reasons[self.random.below(3)].clone();
            let outcome = if self.random.chance(0.5) { Ok(()) } else { Err(reason) };
            reports.push(Report { code, outcome });
        }
        self.report(reports)
    }

    pub(super) fn take_answer(
        &mut self,
        batch: usize,
        request: u64,
        head: &ResponseHead,
        body: &[u8],
    ) {
        self.say(&format!("answer to {request}, batch {batch}: {}", head.status));
        let text = String::from_utf8_lossy(body).into_owned();
        let contradicts = text.starts_with('<') || text.contains("error");
        self.checker.answered(request, head.status, contradicts);
        let parsed: Json = serde_json::from_str(&text).unwrap_or_default();
        let random = self.random.unit();
        if let Some(job) = &mut self.job {
            job.handle_response(batch, head, &text, &parsed, self.now, random);
            let state = job.batch(batch).map(|batch| batch.state);
            if matches!(state, Some(CodeState::Pending | CodeState::Rejected)) {
                self.checker.never_left(batch);
            }
        }
    }

    pub(super) fn take_unsent(&mut self, batch: usize, request: u64) -> Verdict {
        self.say(&format!("request {request}, batch {batch}, was never sent"));
        self.checker.unsent(request);
        let random = self.random.unit();
        let Some(job) = &mut self.job else { return Ok(()) };
        job.handle_unsent(batch, &Error::unsent("no connection"), self.now, random);
        self.checker.returned(job, batch)
    }

    pub(super) fn take_loss(&mut self, batch: usize) {
        self.say(&format!("no answer to batch {batch}"));
        if let Some(job) = &mut self.job {
            job.handle_lost(batch, &response::error_from_record(ErrorCode::Timeout, 0, None));
        }
    }
}
