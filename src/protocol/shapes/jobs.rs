//! What is known of a job.

use crate::code::Code;
use crate::job::{BatchInfo, CodeState, Job, Progress, Row};
use crate::protocol::row::row;
use crate::protocol::shape::shape;
use crate::uber::distribute::MAX_CODES;

shape! {
    /// How many codes are in each state; the eight add up to `total`.
    JobProgress<'a> of progress: &Progress {
        /// All codes of the job.
        total: usize = progress.total,
        /// Not sent yet.
        pending: u32 = progress.count(CodeState::Pending),
        /// In a request that is under way.
        sending: u32 = progress.count(CodeState::Sending),
        /// Accepted by Uber.
        queued: u32 = progress.count(CodeState::Queued),
        /// Reported by Uber: delivered, or in use.
        distributed: u32 = progress.count(CodeState::Distributed),
        /// Reported by Uber: not delivered.
        failed: u32 = progress.count(CodeState::Failed),
        /// Refused by Uber: nothing was queued.
        rejected: u32 = progress.count(CodeState::Rejected),
        /// It was sent, and may be queued.
        unknown: u32 = progress.count(CodeState::Unknown),
        /// Abandoned by your decision.
        abandoned: u32 = progress.count(CodeState::Abandoned),
        /// Requests that were sent, or were about to be when the process ended.
        requests: u32 = progress.requests,
        /// How many of them were retries.
        retries: u32 = progress.retries,
        /// When the job was created, in epoch milliseconds.
        startedAt: u64 = progress.started_at,
        /// The estimated time left of the run, in milliseconds; `null` if it is unknown.
        etaMs: Option<u64> = progress.eta_ms,
        /// The time before which nothing is sent, in epoch milliseconds, because Uber asked to
        /// wait; otherwise `null`.
        waitingUntil: Option<u64> = progress.waiting_until,
        /// How many of the pending codes are known to be in use already. They are sent anyway,
        /// unless you abandon their batch.
        usedBefore: u32 = progress.used_before,
        /// Whether the job has paused after its first codes (`pauseAfter`), and none of the
        /// others was sent. The next run sends them.
        pausedAfter: bool = progress.paused_after,
    }
}

shape! {
    /// The description of a job.
    About<'a> of job: &'a Job {
        id: Code = Code::from_id(job.id()),
        programId: &'a str = job.program().as_str(),
        duplicates: u64 = job.duplicates(),
    }
}

// `codes` and `used` of a batch.
const _: () = assert!(MAX_CODES <= u16::MAX as usize);

row! {
    /// One batch.
    BatchRow of batch: &BatchInfo<'_> {
        /// Of its codes that have no outcome.
        state: u8 = batch.state as u8,
        hasError: u8 = batch.last_error.is_some().into(),
        isCancelled: u8 = batch.cancelled.into(),
        by: u8 = batch.by as u8,
        codes: u16 = batch.codes as u16,
        used: u16 = batch.used as u16,
        reported: u32 = batch.reported,
        attempts: u32 = batch.attempts,
        sentAt: u64 = batch.sent_at,
    }
}

row! {
    /// One code, with its index in the list.
    ResultRow of row: (usize, &Row) {
        /// Indices have 32 bits.
        index: u32 = row.0 as u32,
        state: u8 = row.1.state as u8,
        by: u8 = row.1.by as u8,
        /// Its number; 0 for none.
        reason: u16 = row.1.reason.map_or(0, |number| number + 1),
        code: u128 = u128::from_le_bytes(*row.1.code.as_bytes()),
        batch: u32 = row.1.batch as u32,
    }
}
