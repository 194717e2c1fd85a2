//! The process: it dies between any two effects, and continues from the content of the
//! disk.

use uber_vouchers::http::BaseUrl;
use uber_vouchers::job::{CodeState, Job, Recovery, Settings};
use uber_vouchers::uber::api::Api;
use uber_vouchers::uber::id::{OrganizationId, ProgramId};

use super::{Broken, DAY, Effect, World};
use crate::checker::{Verdict, states};

/// A torn append leaves no zeros, or at least this many.
const FEWEST_ZEROS: usize = 8;

impl World {
    pub(super) fn api() -> Api {
        let base_url = BaseUrl::new(BaseUrl::PRODUCTION, "baseUrl").unwrap();
        Api::new(base_url, OrganizationId::new("org").unwrap(), "en_US").unwrap()
    }

    fn recovery(&self) -> Recovery {
        let settings = Settings {
            batch_size: self.plan.batch_size,
            pause_after: self.plan.pause_after,
            concurrency: self.plan.concurrency,
            interval_ms: self.plan.interval_ms,
            ..Settings::default()
        };
        Recovery::new(Self::api(), settings)
    }

    /// An append that did not reach the disk as a whole.
    pub(super) fn write_torn(&mut self, bytes: &[u8]) {
        self.journal.extend_from_slice(bytes);
        if self.random.chance(self.plan.zeros) {
            let zeros = FEWEST_ZEROS + self.random.below(100);
            self.journal.resize(self.journal.len() + zeros, 0);
            self.say(&format!("{zeros} zeros"));
        }
    }

    /// Where to truncate instead, so that the copy ends in no zeros or in many: a few can
    /// also be damage, and are refused.
    fn without_a_few_zeros(&self, cut: usize) -> usize {
        let written = &self.journal[self.created..cut];
        let zeros = written.iter().rev().take_while(|byte| **byte == 0).count();
        if zeros < FEWEST_ZEROS { cut - zeros } else { cut }
    }

    pub(super) fn crash(&mut self) {
        self.crashes += 1;
        self.process += 1;
        self.job = None;
        self.failed = false;
        self.wake = None;
        if let Some(bytes) = self.appending.take() {
            let kept = self.random.below(bytes.len() + 1);
            self.say(&format!("crash, {kept} of {} bytes written", bytes.len()));
            self.write_torn(&bytes[..kept]);
        } else {
            self.say("crash");
        }
        self.refuse_webhooks();
        let away = if self.random.chance(0.1) { 3 * DAY } else { self.random.between(0, 60_000) };
        self.after(away, Effect::Restart);
    }

    /// Unacknowledged webhooks are delivered again.
    pub(super) fn refuse_webhooks(&mut self) {
        self.checker.saved(false);
        for id in std::mem::take(&mut self.unacknowledged) {
            self.sandbox.webhook_answered(id, false, self.now);
        }
    }

    pub(super) fn restart(&mut self) -> Verdict {
        let backup = !self.calm && self.created > 0 && self.random.chance(self.plan.backup);
        if backup {
            let cut = self.created + self.random.below(self.journal.len() - self.created + 1);
            let cut = self.without_a_few_zeros(cut);
            self.say(&format!("an older copy: {cut} of {} bytes", self.journal.len()));
            self.journal.truncate(cut);
            self.restored = true;
            self.checker.restored();
        }
        let restored = self.restored;
        self.refuse_what_is_lost()?;
        let mut recovery = self.read(self.journal.clone())?;
        recovery.expect_length(self.known as u64);
        let kept = usize::try_from(recovery.kept()).unwrap();
        let resumes = kept > 0 && (restored || self.random.chance(0.5));
        let job = self.open(recovery, resumes, restored)?;
        if self.broken != Some(Broken::KeepsTornTail) {
            self.journal.truncate(kept);
        }
        self.known = kept;
        self.say(&format!("open at {kept}"));
        self.checker.saved(false);
        self.checker.reopened(&self.journal[..kept], &job);
        self.checker.consistent(&job, self.now)?;
        self.job = Some(job);
        self.reread()?;
        self.after(0, Effect::Start);
        self.after(0, Effect::Webhooks);
        Ok(())
    }

    /// A journal that is shorter than it was must not be continued, and no job must start
    /// over on it.
    fn refuse_what_is_lost(&mut self) -> Verdict {
        if self.known == 0 || !self.random.chance(self.plan.lost) {
            return Ok(());
        }
        // A torn end proves nothing, so truncate where a record may be complete.
        let cut = self.random.below(self.known.min(self.journal.len()));
        for resumes in [true, false] {
            let mut recovery = self.read(self.journal[..cut].to_vec())?;
            recovery.expect_length(self.known as u64);
            match self.open(recovery, resumes, false) {
                Err(error) if error.contains("journal_lost") => {}
                Err(error) => return Err(error),
                Ok(_) => return Err(format!("promise 5: {cut} of {} bytes", self.known)),
            }
        }
        Ok(())
    }

    pub(super) fn open(
        &mut self,
        mut recovery: Recovery,
        resumes: bool,
        restored: bool,
    ) -> Result<Job, String> {
        let job = if resumes {
            recovery.resume(restored)
        } else {
            // Both ways to add codes, each for half of the worlds.
            let offer = if self.codes.len().is_multiple_of(2) {
                Recovery::add_codes
            } else {
                Recovery::add_distinct_codes
            };
            for code in &self.codes {
                offer(&mut recovery, code.as_bytes(), self.codes.len());
            }
            let program = ProgramId::new(self.program.as_str()).unwrap();
            let id = u128::from(self.random.next()).to_le_bytes();
            recovery.create(program, id, self.plan.duplicates, self.now)
        };
        job.map_err(|error| format!("promise 5: it does not resume: {error}"))
    }

    /// Reads a journal in chunks of any size.
    #[allow(clippy::needless_pass_by_value)] // It is read while the world continues.
    pub(super) fn read(&mut self, journal: Vec<u8>) -> Result<Recovery, String> {
        let mut recovery = self.recovery();
        let mut rest = journal.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + self.random.below(rest.len()));
            let pushed = recovery.push(piece);
            pushed.map_err(|error| format!("promise 5: the journal is refused: {error}"))?;
            rest = after;
        }
        Ok(recovery)
    }

    /// A resumed copy of the journal has the same states as the job. Promise 5.
    pub(super) fn compare_with_a_copy(&mut self) -> Verdict {
        let is_saved = self.job.as_ref().is_some_and(Job::is_saved);
        if !is_saved || self.failed || self.broken.is_some() {
            return Ok(());
        }
        let recovery = self.read(self.journal.clone())?;
        let copy = self.open(recovery, true, false)?;
        let Some(job) = &self.job else { return Ok(()) };
        for (index, (live, copy)) in states(job).iter().zip(states(&copy)).enumerate() {
            let same = match live.state {
                CodeState::Sending => matches!(
                    copy.state,
                    CodeState::Unknown | CodeState::Distributed | CodeState::Failed
                ),
                _ => *live == copy,
            };
            if !same {
                return Err(format!("promise 5: code {index} is {live:?}, resumed {copy:?}"));
            }
        }
        Ok(())
    }

    pub(super) fn append(&mut self, bytes: Vec<u8>) {
        let fails = !self.calm && self.random.chance(self.plan.append_fails);
        let lands = match self.random.below(3) {
            _ if !fails => bytes.len(),
            // It failed, but was written.
            0 => bytes.len(),
            1 => 0,
            _ => self.random.below(bytes.len() + 1),
        };
        let most = if self.plan.slow_appends { 2_000 } else { 5 };
        let ms = self.random.between(0, most);
        self.appending = Some(bytes.clone());
        self.after(ms, Effect::Saved { bytes, lands, ok: !fails });
        if self.broken == Some(Broken::SendsBeforeSaving)
            && let Some(job) = &mut self.job
        {
            job.handle_saved();
        }
    }
}
