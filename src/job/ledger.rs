//! What is known of each code of a job: evidence, and the states that follow
//! from it.
//!
//! Nothing here is decided. A ledger changes through [`Ledger::apply`] alone,
//! which takes the body of a record: while a job runs, the record that is being
//! written, and when it is resumed, the one that is read. So both come to the
//! same.

use std::cmp::Ordering;

use super::journal::{ANSWER, BEGIN, CODES, DECISION, Fields, OUTCOMES, RESUMED, SENDING, TEXT};
use crate::code::Code;
use crate::error::ErrorCode;
use crate::list::CodeListBuilder;

/// What is known of one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeState {
    /// Not sent yet.
    Pending,
    /// In a request that is under way.
    Sending,
    /// Uber accepted it. Delivery is reported later.
    Queued,
    /// Reported by Uber: it reached its recipient.
    Distributed,
    /// Reported by Uber: it did not.
    Failed,
    /// Uber refused the request. Nothing was queued.
    Rejected,
    /// It left, and no answer proves either way.
    Unknown,
    /// Not to be sent: the operator's decision.
    Abandoned,
}

impl CodeState {
    /// Every state there is.
    pub const ALL: [CodeState; 8] = [
        CodeState::Pending,
        CodeState::Sending,
        CodeState::Queued,
        CodeState::Distributed,
        CodeState::Failed,
        CodeState::Rejected,
        CodeState::Unknown,
        CodeState::Abandoned,
    ];
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
    /// A decision of the operator's.
    Operator,
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

    const fn by(self) -> By {
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

/// What the operator decides about codes whose fate is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send again those that have no outcome. Some people may get two messages.
    Resend,
    /// Take them for queued.
    Queued,
    /// Leave it at that; or, of what is pending, never send it.
    Abandon,
}

/// One batch.
#[derive(Clone, Debug)]
pub(super) struct Batch {
    pub(super) evidence: Evidence,
    /// Of the last answer that was no acceptance.
    pub(super) error: Option<ErrorCode>,
    pub(super) status: u16,
    /// Uber's own code in that answer, in the table of texts.
    pub(super) uber_code: Option<u16>,
    pub(super) attempts: u32,
    pub(super) distributed: u32,
    pub(super) failed: u32,
    pub(super) sent_at: u64,
}

impl Batch {
    /// How many outcomes count by now.
    pub(super) const fn reported(&self) -> u32 {
        if self.evidence.shows_outcomes() { self.distributed + self.failed } else { 0 }
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
    pub(super) fingerprint: [u8; 16],
    pub(super) base_url: String,
    pub(super) organization: String,
    pub(super) program: String,
}

/// What is known of every code.
#[derive(Default)]
pub(super) struct Ledger {
    pub(super) begin: Begin,
    pub(super) codes: CodeListBuilder,
    /// One a code: 0 none, else as the record of outcomes has it.
    outcomes: Vec<u16>,
    pub(super) batches: Vec<Batch>,
    texts: Vec<Box<str>>,
    /// The places of the texts, in the order of the texts.
    sorted: Vec<u16>,
    /// How many codes are in each state, in the order of [`CodeState::ALL`].
    pub(super) counts: [u32; 8],
    pub(super) requests: u32,
    pub(super) retries: u32,
}

/// Distributed; above it, failed.
pub(super) const DISTRIBUTED: u16 = 1;
/// Failed without a reason; above it, the reasons.
pub(super) const FAILED: u16 = 2;
const FIRST_REASON: u16 = 3;

impl Ledger {
    /// Takes note of a record. None if it can't follow what came before.
    pub(super) fn apply(&mut self, body: &[u8]) -> Option<()> {
        let (kind, rest) = body.split_first()?;
        let mut fields = Fields(rest);
        match *kind {
            BEGIN => self.begin(fields),
            CODES => {
                let (codes, []) = rest.as_chunks() else { return None };
                codes.iter().try_for_each(|code| {
                    let code = Code::from_bytes(*code)?;
                    self.codes.insert(code).then_some(())
                })?;
                self.lay_out();
                Some(())
            }
            SENDING => {
                let (batch, at) = (fields.index()?, fields.number(8)?);
                let attempts = self.batches.get(batch)?.attempts;
                self.requests += 1;
                self.retries += u32::from(attempts > 0);
                self.change(batch, |batch| {
                    batch.evidence = match batch.evidence {
                        Evidence::Idle => Evidence::Sending,
                        Evidence::Resend => Evidence::Resending,
                        _ => return None,
                    };
                    batch.attempts += 1;
                    batch.sent_at = at;
                    Some(())
                })
            }
            ANSWER => self.answer(fields),
            TEXT => self.text(str::from_utf8(rest).ok()?, true).map(|_| ()),
            OUTCOMES => {
                while !fields.0.is_empty() {
                    let (place, outcome) = (fields.index()?, fields.number(2)?);
                    self.report(place, u16::try_from(outcome).ok()?)?;
                }
                Some(())
            }
            DECISION => {
                let (batch, decision) = (fields.index()?, fields.number(1)?);
                self.change(batch, |batch| {
                    let open = batch.evidence.is_open();
                    batch.evidence = match decision {
                        0 if open => Evidence::Resend,
                        1 if open => Evidence::Presumed,
                        2 if open => Evidence::Abandoned,
                        2 if batch.evidence == Evidence::Idle => Evidence::Cancelled,
                        _ => return None,
                    };
                    Some(())
                })
            }
            RESUMED => {
                let restored = fields.number(1)? != 0;
                for batch in 0..self.batches.len() {
                    self.change(batch, |batch| {
                        let evidence = &mut batch.evidence;
                        if matches!(evidence, Evidence::Sending | Evidence::Resending)
                            || restored && evidence.is_waiting()
                        {
                            *evidence = Evidence::Maybe;
                        }
                        Some(())
                    })?;
                }
                Some(())
            }
            _ => None,
        }
    }

    fn begin(&mut self, mut fields: Fields<'_>) -> Option<()> {
        if self.begin.total > 0 {
            return None;
        }
        self.begin = Begin {
            id: fields.sixteen()?,
            created_at: fields.number(8)?,
            batch_size: fields.index().filter(|size| *size > 0)?,
            total: fields.index().filter(|total| *total > 0)?,
            duplicates: fields.number(8)?,
            fingerprint: fields.sixteen()?,
            base_url: fields.text(2)?.into(),
            organization: fields.text(2)?.into(),
            program: fields.text(2)?.into(),
        };
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
            attempts: 0,
            distributed: 0,
            failed: 0,
            sent_at: 0,
        };
        self.batches = vec![idle; total.div_ceil(batch_size)];
        self.outcomes = vec![0; total];
        let [pending, ..] = &mut self.counts;
        *pending = u32::try_from(total).unwrap_or(u32::MAX);
    }

    /// Whether the job is all there.
    pub(super) fn is_whole(&self) -> bool {
        !self.batches.is_empty()
    }

    fn answer(&mut self, mut fields: Fields<'_>) -> Option<()> {
        let (batch, proof) = (fields.index()?, fields.number(1)?);
        let status = u16::try_from(fields.number(2)?).ok()?;
        let error = fields.text(1).and_then(ErrorCode::from_name);
        let uber_code = fields.text(1).filter(|code| !code.is_empty());
        let uber_code = uber_code.and_then(|code| self.text(code, true));
        let mut drops = false;
        self.change(batch, |batch| {
            let again = match batch.evidence {
                Evidence::Sending => false,
                Evidence::Resending => true,
                _ => return None,
            };
            batch.evidence = match (proof, again) {
                (0, _) => Evidence::Accepted,
                // The first send is still open, whatever came of the second.
                (1, true) | (3, _) => Evidence::Maybe,
                (2, true) => Evidence::Resend,
                (1, false) => Evidence::Refused,
                (2, false) => Evidence::Idle,
                _ => return None,
            };
            drops = !batch.evidence.keeps_outcomes();
            if proof != 0 {
                (batch.error, batch.status, batch.uber_code) = (error, status, uber_code);
            }
            Some(())
        })?;
        if drops {
            // They belong to another send.
            for place in self.places(batch) {
                if let Some(outcome) = self.outcomes.get_mut(place) {
                    *outcome = 0;
                }
            }
            let batch = self.batches.get_mut(batch)?;
            // Not counted while the batch was under way, nor now.
            (batch.distributed, batch.failed) = (0, 0);
        }
        Some(())
    }

    /// The place of a text in the table; with `add`, put there if it is new.
    pub(super) fn text(&mut self, text: &str, add: bool) -> Option<u16> {
        let texts = &self.texts;
        let found = self.sorted.binary_search_by(|place| {
            texts.get(usize::from(*place)).map_or("", |have| have).cmp(text)
        });
        match found {
            Ok(found) => self.sorted.get(found).copied(),
            // What has no place left goes without its text.
            Err(at) if add && self.texts.len() < MOST_TEXTS => {
                let place = u16::try_from(self.texts.len()).ok()?;
                self.texts.push(text.into());
                self.sorted.insert(at, place);
                Some(place)
            }
            Err(_) => None,
        }
    }

    /// Takes note of an outcome that is better than the one there is.
    pub(super) fn report(&mut self, place: usize, outcome: u16) -> Option<()> {
        if outcome == 0 || usize::from(outcome.saturating_sub(FIRST_REASON)) > self.texts.len() {
            return None;
        }
        let before = *self.outcomes.get(place)?;
        *self.outcomes.get_mut(place)? = outcome;
        self.change(place.checked_div(self.begin.batch_size)?, |batch| {
            if !batch.evidence.keeps_outcomes() {
                return None;
            }
            match before {
                0 => {}
                DISTRIBUTED => batch.distributed -= 1,
                _ => batch.failed -= 1,
            }
            match outcome {
                DISTRIBUTED => batch.distributed += 1,
                _ => batch.failed += 1,
            }
            Some(())
        })
    }

    /// Whether this outcome says more than the one there is. A total order, so
    /// that it does not matter in which one they come: distributed before
    /// failed, a reason before none, then the smaller reason.
    pub(super) fn is_better(&self, outcome: u16, place: usize) -> bool {
        let Some(before) = self.outcomes.get(place).copied() else { return false };
        let rank = |outcome| match outcome {
            0 => 0,
            FAILED => 1,
            DISTRIBUTED => 3,
            _ => 2,
        };
        match rank(before).cmp(&rank(outcome)) {
            Ordering::Less => true,
            Ordering::Greater => false,
            Ordering::Equal => self.reason(outcome) < self.reason(before),
        }
    }

    fn reason(&self, outcome: u16) -> Option<&str> {
        self.text_at(outcome.checked_sub(FIRST_REASON)?)
    }

    /// The text at that place of the table.
    pub(super) fn text_at(&self, place: u16) -> Option<&str> {
        self.texts.get(usize::from(place)).map(|text| &**text)
    }

    /// The outcome that says: failed for this reason.
    pub(super) const fn failed_for(reason: u16) -> u16 {
        reason + FIRST_REASON
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
        let batch = place.checked_div(self.begin.batch_size)?;
        self.batches.get(batch).map(|batch| batch.evidence)
    }

    /// Changes a batch, and keeps the counts true.
    fn change(&mut self, batch: usize, work: impl FnOnce(&mut Batch) -> Option<()>) -> Option<()> {
        self.count(batch, u32::wrapping_sub);
        let done = self.batches.get_mut(batch).and_then(work);
        self.count(batch, u32::wrapping_add);
        done
    }

    fn count(&mut self, place: usize, tally: fn(u32, u32) -> u32) {
        let size = self.size(place);
        let Some(batch) = self.batches.get(place) else { return };
        let mut rest = size;
        let shown = batch.evidence.shows_outcomes();
        for (state, number) in [
            (CodeState::Distributed, if shown { batch.distributed } else { 0 }),
            (CodeState::Failed, if shown { batch.failed } else { 0 }),
            (batch.evidence.state(), u32::MAX),
        ] {
            let number = number.min(rest);
            rest -= number;
            if let Some(count) = self.counts.get_mut(state as usize) {
                *count = tally(*count, number);
            }
        }
    }

    /// The places of a batch's codes.
    pub(super) fn places(&self, batch: usize) -> std::ops::Range<usize> {
        let Begin { batch_size, total, .. } = self.begin;
        let start = batch.saturating_mul(batch_size).min(total);
        start..start.saturating_add(batch_size).min(total)
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
            DISTRIBUTED if evidence.shows_outcomes() => (CodeState::Distributed, By::Webhook, None),
            outcome if outcome > 0 && evidence.shows_outcomes() => {
                (CodeState::Failed, By::Webhook, outcome.checked_sub(FIRST_REASON))
            }
            _ => (evidence.state(), evidence.by(), None),
        })
    }

    /// The codes that a batch's next request holds: all, or if it leaves again
    /// those without an outcome.
    pub(super) fn to_send(&self, batch: usize) -> Vec<Code> {
        let again = self
            .batches
            .get(batch)
            .is_some_and(|batch| matches!(batch.evidence, Evidence::Resend | Evidence::Resending));
        let mut codes = Vec::new();
        for place in self.places(batch) {
            if (!again || self.outcomes.get(place) == Some(&0))
                && let Some(code) = self.codes.so_far().get(place)
            {
                codes.push(code);
            }
        }
        codes
    }

    /// Whether a code of the batch has its outcome to come.
    pub(super) fn is_unsettled(&self, place: usize) -> bool {
        self.batches.get(place).is_some_and(|batch| batch.reported() < self.size(place))
    }
}

/// More reasons than that are not told apart.
const MOST_TEXTS: usize = 60_000;
