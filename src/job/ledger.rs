//! What is known of each code of a job: evidence, and the states that follow
//! from it.
//!
//! Nothing here is decided. A ledger changes through [`Ledger::apply`] alone,
//! which takes the body of a record: while a job runs, the record that is being
//! written, and when it is resumed, the one that is read. So both come to the
//! same.
//!
//! # A code that is known to be in use
//!
//! A recipient who has claimed or used a code has it: no other evidence is as strong.
//! Uber's read endpoints tell of that and not of which send brought it, so that usage
//! belongs to the code, where an outcome of a webhook belongs to a send. A read that
//! does not show it proves nothing, and is no record.
//!
//! | The code is | then usage makes it | and afterwards |
//! | --- | --- | --- |
//! | pending | pending still, counted in `used_before` | it is sent, unless the operator abandons its batch. While its first request is under way it is `sending`; accepted or unknown, it is distributed by usage; refused for now, pending as before; refused for good, rejected |
//! | sending | distributed by usage | it stays so whatever the answer is, also if that proves that this request queued nothing: somebody has it all the same. It leaves in no other request |
//! | queued, unknown | distributed by usage | a resend leaves it out |
//! | failed, by a webhook | distributed by usage | a webhook changes nothing any more |
//! | distributed, by a webhook | distributed by usage | the same |
//! | rejected, or abandoned before it left | as it was | nothing of this job is with Uber, and nothing of it leaves |
//! | abandoned after it had left | distributed by usage | as with an outcome that comes late |
//!
//! So the order in which usage, webhooks, answers and decisions come does not matter,
//! with one exception that is meant: what was known *before* a code left does not keep
//! it from leaving. What is distributed by usage stays so.

use std::cmp::Ordering;

use super::journal::{
    ANSWER, BEGIN, CODES, DECISION, Fields, OUTCOMES, PAUSE, PAUSED, REASON, RESUMED, SENDING,
    USAGE,
};
use super::texts::Texts;
use crate::code::list::CodeListBuilder;
use crate::error::ErrorCode;
use crate::names::named;
use crate::uber::distribute::MOST_CODES;

named! {
    /// What is known of one code.
    pub enum CodeState {
        /// Not sent yet.
        Pending = "pending",
        /// In a request that is under way.
        Sending = "sending",
        /// Uber accepted it. Delivery is reported later.
        Queued = "queued",
        /// Reported by Uber, or in use: it reached its recipient.
        Distributed = "distributed",
        /// Reported by Uber: it did not.
        Failed = "failed",
        /// Uber refused the request. Nothing was queued.
        Rejected = "rejected",
        /// It left, and no answer proves either way. It is not sent again until you decide.
        Unknown = "unknown",
        /// You decided that it is not sent, or not looked after.
        Abandoned = "abandoned",
    }
}

/// What the state of a code rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Nothing but what was done here.
    Nobody,
    /// The answer to the request.
    Answer,
    /// What Uber reported later.
    Webhook,
    /// What Uber's read endpoints say: it was claimed or used.
    Usage,
    /// A decision of the operator's.
    Operator,
}

impl By {
    /// All of them, in the order of their numbers.
    pub const ALL: &'static [By] = &[By::Nobody, By::Answer, By::Webhook, By::Usage, By::Operator];

    /// The name in the docs and in JavaScript; none for [`By::Nobody`].
    #[must_use]
    pub const fn as_str(self) -> Option<&'static str> {
        match self {
            By::Nobody => None,
            By::Answer => Some("answer"),
            By::Webhook => Some("webhook"),
            By::Usage => Some("usage"),
            By::Operator => Some("operator"),
        }
    }
}

/// What is known of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Evidence {
    /// It never left, or only with proof that nothing was queued.
    Idle,
    /// It is under way for the first time, as far as there is no proof.
    Sending,
    /// The request was refused for what was in it.
    Refused,
    /// It left, and there is no proof either way.
    Maybe,
    /// Accepted, by Uber.
    Accepted,
    /// Accepted, says the operator.
    Presumed,
    /// As `Maybe`, and to leave again.
    Resend,
    /// Under way again, with the first send still open.
    Resending,
    /// Given up before it left.
    Cancelled,
    /// Given up after it left.
    Abandoned,
}

impl Evidence {
    /// The state of the batch's codes that have no outcome.
    const fn state(self) -> CodeState {
        match self {
            Evidence::Idle => CodeState::Pending,
            Evidence::Sending | Evidence::Resending => CodeState::Sending,
            Evidence::Refused => CodeState::Rejected,
            Evidence::Maybe | Evidence::Resend => CodeState::Unknown,
            Evidence::Accepted | Evidence::Presumed => CodeState::Queued,
            Evidence::Cancelled | Evidence::Abandoned => CodeState::Abandoned,
        }
    }

    pub(super) const fn by(self) -> By {
        match self {
            Evidence::Accepted | Evidence::Refused => By::Answer,
            Evidence::Presumed | Evidence::Cancelled | Evidence::Abandoned => By::Operator,
            _ => By::Nobody,
        }
    }

    /// Whether an outcome can belong to a send of this job.
    const fn keeps_outcomes(self) -> bool {
        !matches!(self, Evidence::Idle | Evidence::Refused | Evidence::Cancelled)
    }

    /// Whether an outcome counts by now.
    const fn shows_outcomes(self) -> bool {
        self.keeps_outcomes() && !matches!(self, Evidence::Sending)
    }

    /// Whether it is to leave.
    pub(super) const fn is_waiting(self) -> bool {
        matches!(self, Evidence::Idle | Evidence::Resend)
    }

    /// Whether the operator can decide about it.
    pub(super) const fn is_open(self) -> bool {
        matches!(self, Evidence::Maybe | Evidence::Resend)
    }
}

/// What an answer proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Proof {
    Accepted,
    /// Nothing was queued, and sending the same again is pointless.
    Refused,
    /// Nothing was queued, and it may be sent again.
    Again,
    /// Nothing.
    Nothing,
}

named! {
    /// What the operator decides about codes whose fate is unknown.
    pub enum Decision {
        /// Send again those that have no outcome. Some people may get two messages.
        Resend = "resend",
        /// Take them for queued.
        Queued = "queued",
        /// Leave it at that; or, of what is pending, never send it.
        Abandon = "abandon",
    }
}

/// One batch.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) evidence: Evidence,
    /// Of the last answer that was no acceptance.
    pub(super) error: Option<ErrorCode>,
    pub(super) status: u16,
    /// Uber's own code in that answer, in the table of those.
    pub(super) uber_code: Option<u16>,
    /// Whether the error is about a request that never left.
    pub(super) unsent: bool,
    pub(super) attempts: u32,
    pub(super) distributed: u32,
    pub(super) failed: u32,
    /// Known to be in use since they left.
    used: u32,
    /// Known to be in use before they left.
    used_before: u32,
    pub(super) sent_at: u64,
}

impl Batch {
    /// How many codes are known to have reached their recipients by now.
    const fn reached(&self) -> u32 {
        let shown =
            if self.evidence.shows_outcomes() { self.distributed + self.used_before } else { 0 };
        self.used + shown
    }

    /// How many outcomes count by now.
    pub(super) const fn reported(&self) -> u32 {
        self.reached() + if self.evidence.shows_outcomes() { self.failed } else { 0 }
    }

    /// How many codes are known to be in use, whether they have left or not.
    pub(super) const fn known_used(&self) -> u32 {
        self.used + self.used_before
    }

    /// Where codes with this outcome are counted.
    const fn tally(&mut self, outcome: u16) -> Option<&mut u32> {
        match outcome {
            0 => None,
            DISTRIBUTED => Some(&mut self.distributed),
            USED => Some(&mut self.used),
            USED_BEFORE => Some(&mut self.used_before),
            _ => Some(&mut self.failed),
        }
    }
}

/// What a job is, as its journal begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Begin {
    pub(super) id: [u8; 16],
    pub(super) created_at: u64,
    pub(super) batch_size: usize,
    pub(super) total: usize,
    pub(super) duplicates: u64,
    pub(super) base_url: String,
    pub(super) organization: String,
    pub(super) program: String,
}

/// Where a job pauses by itself.
#[derive(Default)]
pub(super) struct Pause {
    /// After so many codes; 0 for no pause.
    pub(super) codes: usize,
    /// How many batches they make: the last one ends there.
    pub(super) batches: usize,
    pub(super) stage: PauseStage,
}

/// How far a job is on its way past the pause.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum PauseStage {
    /// Codes behind it have left, or there is none.
    #[default]
    Over,
    /// Not all codes before it have been answered, as far as the journal knows.
    Ahead,
    /// They have, and none behind it has left.
    Reached,
}

/// What is known of every code.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) begin: Begin,
    pub(super) pause: Pause,
    pub(super) codes: CodeListBuilder,
    /// One a code: 0 none, [`USED`], [`USED_BEFORE`], else as the record of outcomes has it.
    outcomes: Vec<u16>,
    pub(super) batches: Vec<Batch>,
    uber_codes: Texts,
    reasons: Texts,
    /// How many codes are in each state, in the order of [`CodeState::ALL`].
    pub(super) counts: [u32; 8],
    /// How many of the pending ones are known to be in use.
    pub(super) used_before: u32,
    pub(super) requests: u32,
    pub(super) retries: u32,
}

/// Distributed; above it, failed.
pub(super) const DISTRIBUTED: u16 = 1;
/// Failed without a reason; above it, the reasons.
pub(super) const FAILED: u16 = 2;
const FIRST_REASON: u16 = 3;
/// Known to be in use, since it left: more than any reason.
const USED: u16 = u16::MAX;
/// Known to be in use when it had not left yet.
const USED_BEFORE: u16 = u16::MAX - 1;

impl Ledger {
    /// Takes note of a record. None if it can't follow what came before.
    pub(super) fn apply(&mut self, body: &[u8]) -> Option<()> {
        let (kind, rest) = body.split_first()?;
        let mut fields = Fields::new(rest);
        match *kind {
            BEGIN => self.begin(fields)?,
            CODES => self.insert_codes(rest)?,
            REASON => self.add_reason(str::from_utf8(rest).ok()?)?,
            OUTCOMES => {
                let (outcomes, []) = rest.as_chunks::<6>() else { return None };
                for outcome in outcomes {
                    let mut fields = Fields::new(outcome);
                    let place = fields.index();
                    #[allow(clippy::cast_possible_truncation)]
                    self.report(place, fields.number(2) as u16)?;
                }
            }
            USAGE => {
                let (places, []) = rest.as_chunks::<4>() else { return None };
                for place in places {
                    self.apply_usage(Fields::new(place).index())?;
                }
            }
            PAUSE => {
                let codes = fields.index();
                fields.end()?;
                let Begin { total, batch_size, .. } = self.begin;
                let fits = (1..total).contains(&codes) && !self.is_whole() && self.pause.codes == 0;
                if !fits {
                    return None;
                }
                let batches = codes.div_ceil(batch_size);
                self.pause = Pause { codes, batches, stage: PauseStage::Ahead };
            }
            PAUSED => {
                fields.end()?;
                if !self.is_whole() || self.pause.stage != PauseStage::Ahead {
                    return None;
                }
                self.pause.stage = PauseStage::Reached;
            }
            RESUMED => {
                let restored = fields.number(1);
                fields.end()?;
                if restored > 1 || !self.is_whole() {
                    return None;
                }
                for batch in 0..self.batches.len() {
                    let evidence = self.batches.get(batch)?.evidence;
                    if matches!(evidence, Evidence::Sending | Evidence::Resending)
                        || restored == 1 && evidence.is_waiting()
                    {
                        self.set(batch, Evidence::Maybe);
                    }
                }
            }
            _ => self.apply_to_batch(*kind, fields)?,
        }
        Some(())
    }

    /// Takes note of a record about one batch.
    fn apply_to_batch(&mut self, kind: u8, mut fields: Fields<'_>) -> Option<()> {
        let place = fields.index();
        let batch = self.batches.get_mut(place)?;
        let evidence = batch.evidence;
        let again = evidence == Evidence::Resending;
        let next = match kind {
            SENDING if evidence.is_waiting() => {
                if place >= self.pause.batches {
                    if self.pause.stage == PauseStage::Ahead {
                        return None;
                    }
                    self.pause.stage = PauseStage::Over;
                }
                self.requests += 1;
                self.retries += u32::from(batch.attempts > 0);
                batch.attempts += 1;
                batch.sent_at = fields.number(8);
                fields.end()?;
                if evidence == Evidence::Idle { Evidence::Sending } else { Evidence::Resending }
            }
            ANSWER if again || evidence == Evidence::Sending => match self.answer(place, fields)? {
                0 => Evidence::Accepted,
                1 if !again => Evidence::Refused,
                2 if !again => Evidence::Idle,
                2 => Evidence::Resend,
                // The first send is still open, whatever came of the second.
                1 | 3 => Evidence::Maybe,
                _ => return None,
            },
            DECISION => {
                let decision = fields.number(1);
                fields.end()?;
                match decision {
                    0 if evidence.is_open() => Evidence::Resend,
                    1 if evidence.is_open() => Evidence::Presumed,
                    2 if evidence.is_open() => Evidence::Abandoned,
                    2 if evidence == Evidence::Idle => Evidence::Cancelled,
                    _ => return None,
                }
            }
            _ => return None,
        };
        self.set(place, next);
        Some(())
    }

    fn begin(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let begin = Begin {
            id: fields.sixteen(),
            created_at: fields.number(8),
            batch_size: fields.index(),
            total: fields.index(),
            duplicates: fields.number(8),
            base_url: fields.text().into(),
            organization: fields.text().into(),
            program: fields.text().into(),
        };
        fields.end()?;
        let fits = begin.total > 0 && (1..=MOST_CODES).contains(&begin.batch_size);
        if self.begin.total > 0 || !fits {
            return None;
        }
        // Of a job that is being created, they are here already.
        if self.codes.so_far().is_empty() {
            self.codes.reserve(begin.total.min(MOST_RESERVED));
        }
        self.begin = begin;
        Some(())
    }

    /// Takes codes of the list: each once, and no more than there are to be.
    fn insert_codes(&mut self, codes: &[u8]) -> Option<()> {
        let (codes, []) = codes.as_chunks() else { return None };
        let length = self.codes.so_far().len() + codes.len();
        self.codes.insert_bytes(codes)?;
        if codes.is_empty() || length > self.begin.total || self.codes.so_far().len() < length {
            return None;
        }
        self.lay_out();
        Some(())
    }

    /// Makes the batches once all codes are there.
    pub(super) fn lay_out(&mut self) {
        let Begin { total, batch_size, .. } = self.begin;
        if self.codes.so_far().len() != total || !self.batches.is_empty() {
            return;
        }
        let idle = Batch {
            evidence: Evidence::Idle,
            error: None,
            status: 0,
            uber_code: None,
            unsent: false,
            attempts: 0,
            distributed: 0,
            failed: 0,
            used: 0,
            used_before: 0,
            sent_at: 0,
        };
        let Pause { codes, batches, .. } = self.pause;
        self.batches = vec![idle; batches + (total - codes).div_ceil(batch_size)];
        self.outcomes = vec![0; total];
        let [pending, ..] = &mut self.counts;
        *pending = u32::try_from(total).unwrap_or(u32::MAX);
    }

    /// Whether the job is all there.
    pub(super) fn is_whole(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Takes note of what came back; gives what it proved.
    #[allow(clippy::cast_possible_truncation)]
    fn answer(&mut self, place: usize, mut fields: Fields<'_>) -> Option<u64> {
        let proof = fields.number(1);
        let status = fields.number(2) as u16;
        let error = ErrorCode::from_name(fields.text());
        let uber_code = fields.text();
        fields.end()?;
        let uber_code = match self.uber_codes.look(uber_code) {
            _ if uber_code.is_empty() => None,
            Ok(at) => self.uber_codes.number_at(at),
            Err(at) => self.uber_codes.insert(at, uber_code),
        };
        let batch = self.batches.get_mut(place)?;
        if proof != Proof::Accepted as u64 {
            (batch.error, batch.status, batch.uber_code) = (error, status, uber_code);
            // Only an answer proves the same of a request that has left.
            batch.unsent = proof == Proof::Again as u64 && status == 0;
        }
        Some(proof)
    }

    /// A batch is known to be something else; the counts stay true.
    fn set(&mut self, place: usize, evidence: Evidence) {
        self.count(place, u32::wrapping_sub);
        if let Some(batch) = self.batches.get_mut(place) {
            batch.evidence = evidence;
            if !evidence.keeps_outcomes() {
                // They belong to another send.
                (batch.distributed, batch.failed) = (0, 0);
                for place in self.places(place) {
                    if let Some(outcome) = self.outcomes.get_mut(place) {
                        // Usage is of the code, whichever send brought it.
                        *outcome = if *outcome < USED_BEFORE { 0 } else { *outcome };
                    }
                }
            }
        }
        self.count(place, u32::wrapping_add);
    }

    /// Takes a reason that is not there yet.
    fn add_reason(&mut self, reason: &str) -> Option<()> {
        if self.has_all_reasons() {
            self.forget_reasons();
        }
        let at = self.reasons.look(reason).err()?;
        self.reasons.insert(at, reason).map(drop)
    }

    /// Whether the numbers of the reasons change before another one comes.
    pub(super) fn has_all_reasons(&self) -> bool {
        self.reasons.len() >= MOST_REASONS
    }

    /// Leaves the reasons that are shown, numbered in their order.
    fn forget_reasons(&mut self) {
        let numbers = self.reasons.keep_first(REASONS_SHOWN);
        for outcome in self.outcomes.iter_mut().filter(|outcome| **outcome < USED_BEFORE) {
            if let Some(before) = outcome.checked_sub(FIRST_REASON) {
                // Behind `FAILED`, which is left of those that go.
                *outcome = FAILED + numbers.get(usize::from(before)).copied().unwrap_or_default();
            }
        }
    }

    /// Whether a reason is new, and sorts before one that is not shown.
    pub(super) fn wants_reason(&self, reason: &str) -> bool {
        self.reasons.look(reason).is_err_and(|at| at < REASONS_SHOWN)
    }

    /// Takes note that a code is in use, if that is news, whichever send brought it.
    pub(super) fn apply_usage(&mut self, place: usize) -> Option<()> {
        let outcome = match self.evidence(place)? {
            Evidence::Idle => USED_BEFORE,
            evidence if evidence.keeps_outcomes() => USED,
            // Nothing of it is with Uber, and nothing leaves.
            _ => return None,
        };
        let is_news = *self.outcomes.get(place)? < USED_BEFORE;
        if is_news { self.set_outcome(place, outcome) } else { None }
    }

    /// Takes note of an outcome that is better than the one there is.
    pub(super) fn report(&mut self, place: usize, outcome: u16) -> Option<()> {
        let is_known = outcome
            .checked_sub(FIRST_REASON)
            .is_none_or(|number| usize::from(number) < self.reasons.len());
        if outcome == 0 || !is_known || !self.takes_outcome(place) {
            return None;
        }
        self.set_outcome(place, outcome)
    }

    /// A code is known to have another outcome; the counts stay true.
    fn set_outcome(&mut self, place: usize, outcome: u16) -> Option<()> {
        let before = std::mem::replace(self.outcomes.get_mut(place)?, outcome);
        let at = self.batch_of(place)?;
        self.count(at, u32::wrapping_sub);
        let batch = self.batches.get_mut(at)?;
        if let Some(tally) = batch.tally(before) {
            *tally -= 1;
        }
        if let Some(tally) = batch.tally(outcome) {
            *tally += 1;
        }
        self.count(at, u32::wrapping_add);
        Some(())
    }

    /// Whether this outcome says more than the one there is. A total order, so
    /// that it does not matter in which one they come: in use, distributed before
    /// failed, a reason before none, then the smaller reason.
    pub(super) fn is_better(&self, outcome: u16, place: usize) -> bool {
        let Some(before) = self.outcomes.get(place).copied() else { return false };
        let rank = |outcome| match outcome {
            0 => 0,
            FAILED => 1,
            DISTRIBUTED => 3,
            USED | USED_BEFORE => 4,
            _ => 2,
        };
        match rank(before).cmp(&rank(outcome)) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.reason(outcome) < self.reason(before),
        }
    }

    fn reason(&self, outcome: u16) -> Option<&str> {
        self.reason_at(outcome.checked_sub(FIRST_REASON)?)
    }

    /// The reason of that number.
    pub(super) fn reason_at(&self, number: u16) -> Option<&str> {
        self.reasons.get(number)
    }

    /// Uber's own code of that number.
    pub(super) fn uber_code_at(&self, number: u16) -> Option<&str> {
        self.uber_codes.get(number)
    }

    /// The outcome that says: failed for this reason, if that has its place.
    pub(super) fn failed_for(&self, reason: &str) -> u16 {
        let number = self.reasons.look(reason).ok().and_then(|at| self.reasons.number_at(at));
        number.map_or(FAILED, |number| number + FIRST_REASON)
    }

    /// Whether a reason is among those that sort first.
    fn is_shown(&self, number: u16) -> bool {
        self.reasons.len() <= REASONS_SHOWN
            || self
                .reason_at(number)
                .is_some_and(|reason| self.reasons.look(reason).is_ok_and(|at| at < REASONS_SHOWN))
    }

    /// Whether an outcome of this code can belong to a send of this job.
    pub(super) fn takes_outcome(&self, place: usize) -> bool {
        self.evidence(place).is_some_and(Evidence::keeps_outcomes)
    }

    /// Whether it counts by now.
    pub(super) fn shows_outcome(&self, place: usize) -> bool {
        self.evidence(place).is_some_and(Evidence::shows_outcomes)
    }

    /// The evidence for the batch of a code.
    fn evidence(&self, place: usize) -> Option<Evidence> {
        let batch = self.batch_of(place)?;
        self.batches.get(batch).map(|batch| batch.evidence)
    }

    /// Adds a batch to the counts, or takes it out.
    fn count(&mut self, place: usize, tally: fn(u32, u32) -> u32) {
        let size = self.size(place);
        let Some(batch) = self.batches.get(place) else { return };
        let mut rest = size;
        if batch.evidence == Evidence::Idle {
            self.used_before = tally(self.used_before, batch.used_before);
        }
        for (state, number) in [
            (CodeState::Distributed, batch.reached()),
            (CodeState::Failed, batch.reported() - batch.reached()),
            (batch.evidence.state(), u32::MAX),
        ] {
            let number = number.min(rest);
            rest -= number;
            if let Some(count) = self.counts.get_mut(state as usize) {
                *count = tally(*count, number);
            }
        }
    }

    /// How many codes are in that state.
    pub(super) fn count_of(&self, state: CodeState) -> u32 {
        self.counts.get(state as usize).copied().unwrap_or_default()
    }

    /// The places of a batch's codes.
    pub(super) fn places(&self, batch: usize) -> std::ops::Range<usize> {
        let Begin { batch_size, total, .. } = self.begin;
        let Pause { codes, batches, .. } = self.pause;
        let (first, end) = match batch.checked_sub(batches) {
            None => (batch.saturating_mul(batch_size), codes),
            Some(after) => (codes.saturating_add(after.saturating_mul(batch_size)), total),
        };
        let start = first.min(end);
        start..start.saturating_add(batch_size).min(end)
    }

    /// The batch of a code.
    pub(super) fn batch_of(&self, place: usize) -> Option<usize> {
        let Pause { codes, batches, .. } = self.pause;
        let (before, place) = match place.checked_sub(codes) {
            None => (0, place),
            Some(after) => (batches, after),
        };
        Some(before + place.checked_div(self.begin.batch_size)?)
    }

    /// How many codes a batch has.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn size(&self, batch: usize) -> u32 {
        self.places(batch).len() as u32
    }

    /// The state of a batch as a whole: of its codes that have no outcome. If
    /// all have one, it was queued.
    pub(super) fn batch_state(&self, place: usize) -> CodeState {
        let Some(batch) = self.batches.get(place) else { return CodeState::Pending };
        if batch.reported() == self.size(place) {
            return CodeState::Queued;
        }
        batch.evidence.state()
    }

    /// The state of a code, what it rests on, and why it failed.
    pub(super) fn state(&self, place: usize) -> Option<(CodeState, By, Option<u16>)> {
        let evidence = self.evidence(place)?;
        Some(match *self.outcomes.get(place)? {
            USED => (CodeState::Distributed, By::Usage, None),
            USED_BEFORE if evidence.shows_outcomes() => (CodeState::Distributed, By::Usage, None),
            USED_BEFORE => (evidence.state(), evidence.by(), None),
            DISTRIBUTED if evidence.shows_outcomes() => (CodeState::Distributed, By::Webhook, None),
            outcome if outcome > 0 && evidence.shows_outcomes() => {
                let reason = outcome.checked_sub(FIRST_REASON);
                (CodeState::Failed, By::Webhook, reason.filter(|reason| self.is_shown(*reason)))
            }
            _ => (evidence.state(), evidence.by(), None),
        })
    }

    /// The codes that a batch's next request holds: all that are not known to be in
    /// use since they left, or if it leaves again those without an outcome.
    pub(super) fn to_send(&self, batch: usize) -> Vec<[u8; 16]> {
        let again = self
            .batches
            .get(batch)
            .is_some_and(|batch| matches!(batch.evidence, Evidence::Resend | Evidence::Resending));
        let places = self.places(batch);
        let mut codes = Vec::with_capacity(places.len());
        for slice in self.codes.so_far().slices(places.clone()) {
            codes.extend_from_slice(slice);
        }
        let mut outcomes = self.outcomes.get(places).unwrap_or_default().iter();
        codes.retain(|_| {
            outcomes.next().is_some_and(|outcome| match *outcome {
                0 => true,
                USED => false,
                _ => !again,
            })
        });
        codes
    }

    /// Whether a code of the batch has its outcome to come.
    pub(super) fn is_unsettled(&self, place: usize) -> bool {
        self.batches.get(place).is_some_and(|batch| batch.reported() < self.size(place))
    }
}

/// A number in a journal may be anything; a list that is longer grows.
const MOST_RESERVED: usize = 1 << 24;
/// So many reasons have a number at a time: an outcome has two bytes.
pub(super) const MOST_REASONS: usize = 65_000;
/// So many are shown, those that sort first.
pub(super) const REASONS_SHOWN: usize = 60_000;
