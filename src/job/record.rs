//! The records of a journal: each kind with its numbers, how it is written and how it is
//! read.
//!
//! | Kind | Body after it |
//! | --- | --- |
//! | 1 begin | id (16 bytes), created at (u64), batch size (u32), codes (u32), duplicates (u64), then base URL, organization id, program id (each u16 length and UTF-8) |
//! | 2 codes | 16 bytes each, in the order of the list |
//! | 3 sending | batch (u32), at (u64): this batch is about to leave |
//! | 4 answer | batch (u32), what it proved (u8: 0 accepted, 1 refused, 2 to be sent again, 3 nothing), status (u16), error code and Uber's code (each u16 length and UTF-8) |
//! | 5 reason | UTF-8: the next entry of the table of reasons |
//! | 6 outcomes | each the code's place (u32) and the outcome (u16: 1 distributed, 2 failed without a reason, n failed for reason n - 3) |
//! | 7 decision | batch (u32), what was decided (u8: 0 resend, 1 queued, 2 abandon) |
//! | 8 resumed | restored (u8: 0 or 1): batches that were under way are unknown; with 1, also those that were not sent |
//! | 9 usage | the places (u32 each) of codes that are known to be in use |
//! | 10 pause | codes (u32): the job pauses by itself after so many, in batches of their own |
//! | 11 paused | nothing: the job has paused |
//!
//! Numbers are little endian, times are epoch milliseconds. A journal holds no secret, and
//! of Uber's reports only reasons without addresses.

use super::state::{Decision, Proof};

pub(super) const BEGIN: u8 = 1;
pub(super) const CODES: u8 = 2;
pub(super) const SENDING: u8 = 3;
pub(super) const ANSWER: u8 = 4;
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
    /// This batch is about to leave.
    Sending { batch: usize, at: u64 },
    /// The result of a batch's request. Without an error, `error` is empty.
    Answer { batch: usize, proof: Proof, status: u16, error: &'a str, uber_code: &'a str },
    /// The next entry of the table of reasons.
    Reason(&'a str),
    /// Outcomes of codes, as [`outcome`] writes each.
    Outcomes(&'a [[u8; 6]]),
    /// What the operator decided about a batch.
    Decision { batch: usize, decision: Decision },
    /// The job was resumed, perhaps from a copy that lacks the end.
    Resumed { restored: bool },
    /// The places of codes that are known to be in use, as [`place`] writes each.
    Usage(&'a [[u8; 4]]),
    /// The job pauses by itself after so many codes.
    Pause { codes: usize },
    /// The job has paused by itself.
    Paused,
}

/// The first record of a journal: what the job is.
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
            Record::Answer { .. } => ANSWER,
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
            Record::Answer { batch, proof, status, error, uber_code } => {
                put(&mut body, batch as u64, 4);
                put(&mut body, proof_number(proof), 1);
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
            Record::Usage(places) => body.extend_from_slice(places.as_flattened()),
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
            ANSWER => Record::Answer {
                batch: fields.index(),
                proof: match fields.number(1) {
                    0 => Proof::Accepted,
                    1 => Proof::Refused,
                    2 => Proof::Retry,
                    3 => Proof::Unknown,
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

const fn proof_number(proof: Proof) -> u64 {
    match proof {
        Proof::Accepted => 0,
        Proof::Refused => 1,
        Proof::Retry => 2,
        Proof::Unknown => 3,
    }
}

const fn decision_number(decision: Decision) -> u64 {
    match decision {
        Decision::Resend => 0,
        Decision::Queued => 1,
        Decision::Abandon => 2,
    }
}

/// An entry of [`Record::Outcomes`]: a code's place, and its outcome.
#[allow(clippy::cast_possible_truncation)] // Places have 32 bits.
pub(super) fn outcome(place: usize, outcome: u16) -> [u8; 6] {
    let [a, b, c, d] = self::place(place);
    let [low, high] = outcome.to_le_bytes();
    [a, b, c, d, low, high]
}

/// Reads such an entry.
pub(super) fn read_outcome([a, b, c, d, low, high]: [u8; 6]) -> (usize, u16) {
    (read_place([a, b, c, d]), u16::from_le_bytes([low, high]))
}

/// An entry of [`Record::Usage`]: a code's place.
#[allow(clippy::cast_possible_truncation)] // Places have 32 bits.
pub(super) const fn place(place: usize) -> [u8; 4] {
    (place as u32).to_le_bytes()
}

/// Reads such an entry.
pub(super) const fn read_place(place: [u8; 4]) -> usize {
    u32::from_le_bytes(place) as usize
}

/// Writes a number in this many bytes.
pub(super) fn put(body: &mut Vec<u8>, number: u64, bytes: usize) {
    let all = number.to_le_bytes();
    body.extend_from_slice(all.get(..bytes).unwrap_or(&all));
}

/// Writes a text behind its length. None if it does not fit.
pub(super) fn put_text(body: &mut Vec<u8>, text: &str) -> Option<()> {
    put(body, u16::try_from(text.len()).ok()?.into(), 2);
    body.extend_from_slice(text.as_bytes());
    Some(())
}

/// Reads the fields of a body. Its checksum was right, so it is as it was written;
/// whether the fields make sense is checked at the end.
struct Fields<'a> {
    rest: &'a [u8],
    /// A field was missing, or was no text.
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

    /// A text behind its length, which has two bytes.
    #[allow(clippy::cast_possible_truncation)]
    fn text(&mut self) -> &'a str {
        let length = self.number(2) as usize;
        str::from_utf8(self.bytes(length)).unwrap_or_else(|_| {
            self.is_wrong = true;
            ""
        })
    }

    /// All whole entries; bytes after the last one are an error.
    fn all<const N: usize>(&mut self) -> &'a [[u8; N]] {
        let (entries, rest) = self.rest.as_chunks();
        self.rest = rest;
        entries
    }
}
