//! Settings of a job.

use crate::error::{Error, ErrorCode};
use crate::uber::distribute;

/// How a job goes about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Codes in one request, from 1 to [`distribute::MOST_CODES`]. A job that is
    /// resumed keeps its own.
    pub batch_size: usize,
    /// The job pauses by itself once its first codes, this many, have been answered. They
    /// have batches of their own: the last one ends there. 0 for no pause, and no effect
    /// where the list has no more codes. A job that is resumed keeps its own.
    pub pause_after: usize,
    /// Requests under way at a time, from 1.
    pub concurrency: usize,
    /// The least time between two requests, in milliseconds: finite, and 0 for no
    /// pacing.
    pub interval_ms: f64,
    /// Whether another token can be had for one that was rejected.
    pub renews: bool,
    /// How often in a row getting a token may fail in passing.
    pub max_retries: u32,
}

impl Settings {
    /// Refuses what no job can go by: it would ask for nothing, or for ever.
    pub(super) fn check(&self) -> Result<(), Error> {
        let goes = (1..=distribute::MOST_CODES).contains(&self.batch_size)
            && self.concurrency > 0
            && self.interval_ms.is_finite()
            && self.interval_ms >= 0.0;
        if goes {
            return Ok(());
        }
        let fault = "The batch size, the concurrency or the time between requests is out of range";
        Err(Error::validation(ErrorCode::InvalidOptions, fault))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            batch_size: 500,
            pause_after: 0,
            concurrency: 2,
            interval_ms: 50.0,
            renews: true,
            max_retries: 2,
        }
    }
}
