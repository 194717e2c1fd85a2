//! The records of a journal: each kind with its numbers, and how it is written and read.
//!
//! | Kind | Body after it |
//! | --- | --- |
//! | 1 begin | id (16 bytes), created at (u64), batch size (u32), codes (u32), duplicates (u64), then base URL, organization id, program id (each u16 length and UTF-8) |
//! | 2 codes | 16 bytes each, in the order of the list |
//! | 3 sending | batch (u32), at (u64): this batch is about to be sent |
//! | 4 response | batch (u32), what it proved (u8: 0 accepted, 1 refused, 2 to be retried, 3 nothing), status (u16), error code and Uber's code (each u16 length and UTF-8) |
//! | 5 reason | UTF-8: the next entry of the table of reasons |
//! | 6 outcomes | for each code its index (u32) and the outcome (u16: 1 distributed, 2 failed without a reason, n failed for reason n - 3) |
//! | 7 decision | batch (u32), the decision (u8: 0 resend, 1 queued, 2 abandon) |
//! | 8 resumed | restored (u8: 0 or 1): batches that were under way are unknown; with 1, also those that were not sent |
//! | 9 usage | the indices (u32 each) of codes that are known to be in use |
//! | 10 pause | codes (u32): the job pauses automatically after this many, in batches of their own |
//! | 11 paused | nothing: the job has paused |
//!
//! Numbers are little-endian, times are epoch milliseconds. A journal contains no secret,
//! and from Uber's reports only reasons without addresses.

use super::state::{Decision, SendResult};

pub(super) const BEGIN: u8 = 1;
pub(super) const CODES: u8 = 2;
pub(super) const SENDING: u8 = 3;
pub(super) const RESPONSE: u8 = 4;
pub(super) const REASON: u8 = 5;
pub(super) const OUTCOMES: u8 = 6;
pub(super) const DECISION: u8 = 7;
pub(super) const RESUMED: u8 = 8;
pub(super) const USAGE: u8 = 9;
pub(super) const PAUSE: u8 = 10;
pub(super) const PAUSED: u8 = 11;

/// One fact about a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Record<'a> {
    /// The job was created.
    Begin(Begin<&'a str>),
    /// The next codes of its list.
    Codes(&'a [[u8; 16]]),
    /// This batch is about to be sent.
    Sending { batch: usize, at: u64 },
    /// The result of a batch's request. `error` is empty if there was no error.
    Response { batch: usize, result: SendResult, status: u16, error: &'a str, uber_code: &'a str },
    /// The next entry of the table of reasons.
    Reason(&'a str),
    /// Outcomes of codes, each written by [`outcome`].
    Outcomes(&'a [[u8; 6]]),
    /// The operator's decision about a batch.
    Decision { batch: usize, decision: Decision },
    /// The job was resumed, perhaps from an incomplete copy.
    Resumed { restored: bool },
    /// The indices of codes that are known to be in use, each written by [`index`].
    Usage(&'a [[u8; 4]]),
    /// The job pauses automatically after this many codes.
    Pause { codes: usize },
    /// The job has paused automatically.
    Paused,
}

/// The first record of a journal: it identifies the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Begin<T> {
    pub(super) id: [u8; 16],
    pub(super) created_at: u64,
    pub(super) batch_size: usize,
    pub(super) total: usize,
    pub(super) duplicates: u64,
    pub(super) base_url: T,
    pub(super) organization: T,
    pub(super) program: T,
}

impl<'a> Record<'a> {
    const fn kind(self) -> u8 {
        match self {
            Record::Begin(_) => BEGIN,
            Record::Codes(_) => CODES,
            Record::Sending { .. } => SENDING,
            Record::Response { .. } => RESPONSE,
            Record::Reason(_) => REASON,
            Record::Outcomes(_) => OUTCOMES,
            Record::Decision { .. } => DECISION,
            Record::Resumed { .. } => RESUMED,
            Record::Usage(_) => USAGE,
            Record::Pause { .. } => PAUSE,
            Record::Paused => PAUSED,
        }
    }

    /// The body of the record. None if a text or a number does not fit.
    pub(super) fn encode(self) -> Option<Vec<u8>> {
        let mut body = vec![self.kind()];
        match self {
            Record::Begin(begin) => {
                body.extend_from_slice(&begin.id);
                put(&mut body, begin.created_at, 8);
                put(&mut body, begin.batch_size as u64, 4);
                put(&mut body, u32::try_from(begin.total).ok()?.into(), 4);
                put(&mut body, begin.duplicates, 8);
                for text in [begin.base_url, begin.organization, begin.program] {
                    put_text(&mut body, text)?;
                }
            }
            Record::Codes(codes) => body.extend_from_slice(codes.as_flattened()),
            Record::Sending { batch, at } => {
                put(&mut body, batch as u64, 4);
                put(&mut body, at, 8);
            }
            Record::Response { batch, result, status, error, uber_code } => {
                put(&mut body, batch as u64, 4);
                put(&mut body, result_number(result), 1);
                put(&mut body, status.into(), 2);
                for text in [error, uber_code] {
                    put_text(&mut body, text)?;
                }
            }
            Record::Reason(reason) => body.extend_from_slice(reason.as_bytes()),
            Record::Outcomes(outcomes) => body.extend_from_slice(outcomes.as_flattened()),
            Record::Decision { batch, decision } => {
                put(&mut body, batch as u64, 4);
                put(&mut body, decision_number(decision), 1);
            }
            Record::Resumed { restored } => put(&mut body, restored.into(), 1),
            Record::Usage(indices) => body.extend_from_slice(indices.as_flattened()),
            Record::Pause { codes } => put(&mut body, codes as u64, 4),
            Record::Paused => {}
        }
        Some(body)
    }

    /// Reads the body of a record. None if it is not one that [`Record::encode`] writes.
    pub(super) fn decode(body: &'a [u8]) -> Option<Self> {
        let (kind, rest) = body.split_first()?;
        let mut fields = Fields { rest, is_wrong: false };
        let record = match *kind {
            BEGIN => Record::Begin(Begin {
                id: fields.bytes(16).try_into().unwrap_or_default(),
                created_at: fields.number(8),
                batch_size: fields.index(),
                total: fields.index(),
                duplicates: fields.number(8),
                base_url: fields.text(),
                organization: fields.text(),
                program: fields.text(),
            }),
            CODES => Record::Codes(fields.all()),
            SENDING => Record::Sending { batch: fields.index(), at: fields.number(8) },
            RESPONSE => Record::Response {
                batch: fields.index(),
                result: match fields.number(1) {
                    0 => SendResult::Accepted,
                    1 => SendResult::Refused,
                    2 => SendResult::Retry,
                    3 => SendResult::Unknown,
                    _ => return None,
                },
                #[allow(clippy::cast_possible_truncation)]
                status: fields.number(2) as u16,
                error: fields.text(),
                uber_code: fields.text(),
            },
            REASON => Record::Reason(str::from_utf8(fields.bytes(rest.len())).ok()?),
            OUTCOMES => Record::Outcomes(fields.all()),
            DECISION => Record::Decision {
                batch: fields.index(),
                decision: match fields.number(1) {
                    0 => Decision::Resend,
                    1 => Decision::Queued,
                    2 => Decision::Abandon,
                    _ => return None,
                },
            },
            RESUMED => Record::Resumed {
                restored: match fields.number(1) {
                    0 => false,
                    1 => true,
                    _ => return None,
                },
            },
            USAGE => Record::Usage(fields.all()),
            PAUSE => Record::Pause { codes: fields.index() },
            PAUSED => Record::Paused,
            _ => return None,
        };
        (fields.rest.is_empty() && !fields.is_wrong).then_some(record)
    }
}

const fn result_number(result: SendResult) -> u64 {
    match result {
        SendResult::Accepted => 0,
        SendResult::Refused => 1,
        SendResult::Retry => 2,
        SendResult::Unknown => 3,
    }
}

const fn decision_number(decision: Decision) -> u64 {
    match decision {
        Decision::Resend => 0,
        Decision::Queued => 1,
        Decision::Abandon => 2,
    }
}

/// An entry of [`Record::Outcomes`]: the index of a code, and its outcome.
#[allow(clippy::cast_possible_truncation)] // Indices have 32 bits.
pub(super) fn outcome(index: usize, outcome: u16) -> [u8; 6] {
    let [a, b, c, d] = self::index(index);
    let [low, high] = outcome.to_le_bytes();
    [a, b, c, d, low, high]
}

/// Reads an entry of [`Record::Outcomes`].
pub(super) fn read_outcome([a, b, c, d, low, high]: [u8; 6]) -> (usize, u16) {
    (read_index([a, b, c, d]), u16::from_le_bytes([low, high]))
}

/// An entry of [`Record::Usage`]: the index of a code.
#[allow(clippy::cast_possible_truncation)] // Indices have 32 bits.
pub(super) const fn index(index: usize) -> [u8; 4] {
    (index as u32).to_le_bytes()
}

/// Reads an entry of [`Record::Usage`].
pub(super) const fn read_index(index: [u8; 4]) -> usize {
    u32::from_le_bytes(index) as usize
}

/// Writes a number in this many bytes.
pub(super) fn put(body: &mut Vec<u8>, number: u64, bytes: usize) {
    let all = number.to_le_bytes();
    body.extend_from_slice(all.get(..bytes).unwrap_or(&all));
}

/// Writes a text after its length. None if it does not fit.
pub(super) fn put_text(body: &mut Vec<u8>, text: &str) -> Option<()> {
    put(body, u16::try_from(text.len()).ok()?.into(), 2);
    body.extend_from_slice(text.as_bytes());
    Some(())
}

/// Reads the fields of a body. Its checksum was valid, so the body is as it was written;
/// whether the fields make sense is checked at the end.
struct Fields<'a> {
    rest: &'a [u8],
    /// Whether a field was missing, or was not UTF-8.
    is_wrong: bool,
}

impl<'a> Fields<'a> {
    fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (field, rest) = self.rest.split_at_checked(length).unwrap_or_else(|| {
            self.is_wrong = true;
            (&[], &[])
        });
        self.rest = rest;
        field
    }

    /// Reads a little-endian number of this many bytes.
    fn number(&mut self, bytes: usize) -> u64 {
        self.bytes(bytes).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The number of a batch, or an amount.
    #[allow(clippy::cast_possible_truncation)]
    fn index(&mut self) -> usize {
        self.number(4) as usize
    }

    /// A text after its length, which has two bytes.
    #[allow(clippy::cast_possible_truncation)]
    fn text(&mut self) -> &'a str {
        let length = self.number(2) as usize;
        str::from_utf8(self.bytes(length)).unwrap_or_else(|_| {
            self.is_wrong = true;
            ""
        })
    }

    /// All complete entries; bytes after the last one are an error.
    fn all<const N: usize>(&mut self) -> &'a [[u8; N]] {
        let (entries, rest) = self.rest.as_chunks();
        self.rest = rest;
        entries
    }
}
