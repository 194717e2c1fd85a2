//! Recipients use their codes, usage is read from Uber, and unreadable events are read
//! later.

use serde_json::Value;
use uber_vouchers::code::Code;
use uber_vouchers::job::Action;
use uber_vouchers::json::Json;
use uber_vouchers::sandbox::{Answer, IncomingRequest};
use uber_vouchers::uber::codes;
use uber_vouchers::uber::id::ProgramId;
use uber_vouchers::webhook::event;

use super::{Broken, DAY, Effect, Told, World};
use crate::checker::{Report, Verdict, states};

/// The reports in an opaque event of the sandbox, as a caller's `outcomes` may read it.
pub(super) fn opaque_reports(text: &[u8]) -> Vec<Report> {
    let body: Value = serde_json::from_slice(text).unwrap();
    let entries = body["report"].as_array().into_iter().flatten();
    let outcome = |entry: &Value| {
        let status = if entry[1] == 1 { "distributed" } else { "failed" };
        Json::object()
            .with("code", entry[0].as_str().unwrap().to_owned())
            .with("status", status)
            .with("reason", entry[2].as_str().map_or(Json::Null, |reason| reason.to_owned().into()))
    };
    let given = Json::List(entries.map(outcome).collect());
    let body: Json = serde_json::from_slice(text).unwrap();
    let event = event::read(&body, None, &given).unwrap();
    event.outcomes.into_iter().map(Report::from).collect()
}

impl World {
    /// A code is used, no matter who sent it; usage is read; kept events become readable.
    pub(super) fn use_and_read(&mut self) -> Verdict {
        if self.random.chance(self.plan.used_elsewhere) {
            let code = self.codes[self.random.below(self.codes.len())];
            self.sandbox.pass_time(self.now);
            self.sandbox.redeem(&self.program, code);
            self.say(&format!("{code} is used"));
        }
        if self.random.chance(self.plan.reads) {
            self.read_usage();
        }
        if self.plan.learns && !self.learned && self.random.chance(0.02) {
            self.learned = true;
            self.say("what is kept is read again");
            self.reread()?;
        }
        Ok(())
    }

    /// Reads usage from Uber. The response may be applied days later, lack codes, or
    /// never arrive.
    fn read_usage(&mut self) {
        let program = ProgramId::new(self.program.as_str()).unwrap();
        let request = codes::request(&Self::api(), &program, true);
        let incoming = IncomingRequest::new(&request, Some(&self.token));
        let reply = self.sandbox.handle(&incoming, self.now);
        let used = match reply.answer {
            Answer::Response(response) if response.head.status == 200 => used_in(&response.body),
            _ => None,
        };
        let missing = self.plan.missing;
        let random = &mut self.random;
        let used = used.map(|mut used| {
            used.retain(|_| !random.chance(missing));
            used
        });
        let late = if self.random.chance(self.plan.stale) { 3 * DAY } else { 0 };
        let late = self.random.between(0, late);
        self.after(reply.after_ms + late, Effect::Read(used));
    }

    pub(super) fn take_reading(&mut self, used: Option<Vec<Code>>) -> Verdict {
        if let Some(used) = used {
            return self.apply_usage(used);
        }
        self.say("the reading fails");
        Ok(())
    }

    /// As if the response arrived at once.
    pub(super) fn apply_what_is_used_now(&mut self) -> Verdict {
        let uses = self.sandbox.uses(&self.program, self.now).unwrap_or_default();
        self.apply_usage(uses.into_iter().map(|(code, _)| code).collect())
    }

    fn apply_usage(&mut self, used: Vec<Code>) -> Verdict {
        let Some(job) = self.job.as_mut().filter(|_| !self.failed) else { return Ok(()) };
        let before = states(job);
        let settled = job.handle_usage(used.iter().copied());
        let after = states(job);
        self.checker.used(&before, &after, &used, settled)?;
        self.say(&format!("{} codes are in use, {settled} settled", used.len()));
        self.told.push(Told::Used(used));
        Ok(())
    }

    /// An event arrived that is unreadable, or readable by now.
    pub(super) fn keep_unread(&mut self, reports: Vec<Report>) -> Verdict {
        self.checker.received(&reports);
        if self.broken != Some(Broken::DropsUnread) {
            self.unread.push(reports.clone());
        }
        if self.learned { self.report_unless_failed(reports) } else { Ok(()) }
    }

    fn report_unless_failed(&mut self, reports: Vec<Report>) -> Verdict {
        if self.failed { Ok(()) } else { self.report(reports) }
    }

    /// Reads all kept events again, if they are readable by now.
    pub(super) fn reread(&mut self) -> Verdict {
        if self.learned {
            for reports in self.unread.clone() {
                self.report_unless_failed(reports)?;
            }
        }
        Ok(())
    }

    /// At the end, codes in use are known to be, and kept events were read. Doing this
    /// again changes nothing.
    pub(super) fn look_once_more(&mut self) -> Verdict {
        self.learned |= self.plan.learns;
        let mut ends = Vec::new();
        for _ in 0..2 {
            self.apply_what_is_used_now()?;
            self.reread()?;
            self.save_all();
            ends.extend(self.job.as_ref().map(states));
        }
        if ends[0] != ends[1] {
            return Err("promise 4: reading the same again changes something".to_owned());
        }
        let Some(job) = &self.job else { return Ok(()) };
        let uses = self.sandbox.uses(&self.program, self.now).unwrap_or_default();
        self.checker.all_used_is_settled(job, &uses)?;
        if self.learned { self.checker.all_received_is_settled(job) } else { Ok(()) }
    }

    fn save_all(&mut self) {
        let Some(job) = &mut self.job else { return };
        while let Action::Save(bytes) = job.poll(self.now) {
            self.journal.extend_from_slice(&bytes);
            job.handle_saved();
        }
    }
}

/// The codes in use by a response; none if it is not a list.
fn used_in(body: &[u8]) -> Option<Vec<Code>> {
    let body: Json = serde_json::from_slice(body).ok()?;
    let used = codes::list(&body)?.into_iter().filter(codes::VoucherCode::is_used);
    Some(used.filter_map(|code| Code::parse(code.id.as_bytes()).ok()).collect())
}
