//! The settings of a job.

use crate::error::{Error, ErrorCode};
use crate::uber::distribute;

/// How a job sends its codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Codes in one request, from 1 to [`distribute::MAX_CODES`]. A resumed job keeps
    /// its own value.
    pub batch_size: usize,
    /// The job pauses once its first codes, this many, have a response. A batch ends
    /// there. 0 for no pause; no effect if the list has no more codes. A resumed job
    /// keeps its own value.
    pub pause_after: usize,
    /// The most requests under way at a time, from 1.
    pub concurrency: usize,
    /// The minimum time between two requests, in milliseconds: finite, and 0 for no
    /// pacing.
    pub interval_ms: f64,
    /// Whether a rejected token can be renewed.
    pub renews: bool,
    /// How often in a row getting a token may fail for temporary reasons.
    pub max_retries: u32,
}

impl Settings {
    /// Refuses settings with which a job would send nothing, or never end.
    pub(super) fn check(&self) -> Result<(), Error> {
        let is_valid = (1..=distribute::MAX_CODES).contains(&self.batch_size)
            && self.concurrency > 0
            && self.interval_ms.is_finite()
            && self.interval_ms >= 0.0;
        if is_valid {
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
