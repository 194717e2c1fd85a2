//! Which requests are sent, and their results. Promises 1 and 2, and where a job pauses.

use uber_vouchers::code::Code;
use uber_vouchers::job::CodeState::{Pending, Sending};
use uber_vouchers::job::{CodeState, Job, Source};

use super::journal::{SENDING, last_word};
use super::{Checker, Verdict, must};

impl Checker {
    pub(super) fn batch(&self, batch: usize) -> std::ops::Range<usize> {
        let (size, pause) = (self.batch_size, self.pause_after);
        // As many batches as the codes before the pause need, and no code in two of them.
        let ends: Vec<usize> =
            (0..pause).step_by(size).map(|start| pause.min(start + size)).collect();
        let rest = (pause..self.codes.len()).step_by(size);
        let starts: Vec<usize> = (0..pause).step_by(size).chain(rest).collect();
        let Some(start) = starts.get(batch).copied() else { return 0..0 };
        let end = ends.get(batch).copied().unwrap_or((start + size).min(self.codes.len()));
        start..end
    }

    /// Starts a run of a job that says whether it is at its pause.
    pub fn run_begins(&mut self, is_paused: bool) {
        self.is_past_pause |= is_paused;
    }

    /// A run is over. The job has paused if nothing else ended the run and it sent only
    /// the first codes.
    pub fn run_ended(&self, job: &Job, is_paused: bool, is_cut_short: bool) -> Verdict {
        let is_due = self.pause_after > 0 && !self.is_past_pause;
        if is_paused {
            must!(self.pause_after > 0, "pause: there is none, and the job says that it paused");
            let first = || job.results().take(self.pause_after);
            let open = first().find(|code| matches!(code.state, Pending | Sending));
            must!(open.is_none(), "pause: {open:?} was not answered before it");
        } else {
            must!(!is_due || is_cut_short, "pause: the run ended, and does not say why");
        }
        Ok(())
    }

    /// A request is sent. Promises 1 and 2.
    pub fn left(&mut self, request: u64, batch: usize, codes: &[Code], journal: &[u8]) -> Verdict {
        must!(!codes.is_empty(), "an empty list would reach everybody");
        must!(
            last_word(journal, batch) == Some(SENDING),
            "promise 2: batch {batch} was sent before its record was durable"
        );
        let mut indices = Vec::new();
        for code in codes {
            let index = self.indices.get(code).copied();
            let Some(index) = index.filter(|index| self.batch(batch).contains(index)) else {
                return Err(format!("{code:?} is not of batch {batch}"));
            };
            must!(!indices.contains(&index), "{code:?} stands twice in a request");
            must!(
                self.is_past_pause || self.pause_after == 0 || index < self.pause_after,
                "pause: code {index} was sent in the run of the first {}",
                self.pause_after
            );
            indices.push(index);
            let history = &mut self.histories[index];
            let unproven = history.open.difference(&history.excused).next();
            must!(
                unproven.is_none(),
                "promise 1: code {index} is sent again, though request {unproven:?} may have been queued"
            );
            must!(
                !history.settled_by_usage && (!history.known_used || history.open.is_empty()),
                "usage: code {index} is sent again, though it is known to be in use"
            );
            history.resent += u32::from(!history.open.is_empty());
            history.open.insert(request);
        }
        self.requests.insert(request, indices);
        Ok(())
    }

    /// A request contains what it should: no code that is still to be sent is left out,
    /// whatever is known about it.
    pub fn left_whole(&self, job: &Job, batch: usize, codes: &[Code]) -> Verdict {
        let sending: Vec<Code> = self
            .batch(batch)
            .filter_map(|index| job.code(index))
            .filter(|result| result.state == CodeState::Sending)
            .map(|result| result.code)
            .collect();
        must!(sending == codes, "promise 3: {sending:?} are sending, {codes:?} leave");
        Ok(())
    }

    /// A response was seen.
    pub fn answered(&mut self, request: u64, status: u16, contradicts: bool) {
        let refused = (400..500).contains(&status) && !matches!(status, 408 | 499);
        for index in self.requests.get(&request).cloned().unwrap_or_default() {
            let history = &mut self.histories[index];
            if refused {
                history.open.remove(&request);
            }
            history.refused |= matches!(status, 400 | 413 | 422);
            history.accepted |= (200..300).contains(&status) && !contradicts;
        }
    }

    /// No connection was made for a request, so it is not open any more.
    pub fn unsent(&mut self, request: u64) {
        for index in self.requests.get(&request).into_iter().flatten() {
            self.histories[*index].open.remove(&request);
        }
    }

    /// A batch whose request was never sent is as if it had not been tried. Promise 3.
    pub fn returned(&mut self, job: &Job, batch: usize) -> Verdict {
        let state = job.batch(batch).map(|batch| batch.state);
        let is_settled = |index| job.code(index).is_some_and(|result| result.by == Source::Usage);
        if state == Some(CodeState::Pending) || self.batch(batch).all(is_settled) {
            self.never_left(batch);
        } else {
            must!(
                self.resends.contains(&batch),
                "promise 3: batch {batch} was never sent, and is {state:?}"
            );
        }
        Ok(())
    }

    /// A batch is known not to have been sent: everything reported about it so far
    /// belongs to another send, once the journal contains that.
    pub fn never_left(&mut self, batch: usize) {
        for index in self.batch(batch) {
            self.refusals.insert(index, self.histories[index].told.len());
        }
    }
}
