//! The journal of a job: a log of small records, each with a checksum.
//!
//! ```text
//! journal   = "uvj" version record*            version: one byte, 1
//! record    = length complement body checksum
//! length    = u32, of the body                 complement: the same with every bit inverted
//! checksum  = u64, XXH64 of the body, with the offset as its seed
//! offset    = u64, where the record begins, from the start of the journal
//! body      = kind, then what the kind says
//! ```
//!
//! | Kind | Body after it |
//! | --- | --- |
//! | 1 begin | id (16 bytes), created at (u64), batch size (u32), codes (u32), duplicates (u64), then base URL, organization id, program id (each u16 length and UTF-8) |
//! | 2 codes | 16 bytes each, in the order of the list |
//! | 3 sending | batch (u32), at (u64): this batch is about to leave |
//! | 4 answer | batch (u32), what it proved (u8: 0 accepted, 1 refused, 2 to be sent again, 3 nothing), status (u16), error code and Uber's code (each u16 length and UTF-8) |
//! | 5 text | UTF-8: the next entry of the table of reasons |
//! | 6 outcomes | each the code's place (u32) and what was reported (u16: 1 distributed, 2 failed without a reason, n failed for reason n - 3) |
//! | 7 decision | batch (u32), what was decided (u8: 0 resend, 1 queued, 2 abandon) |
//! | 8 resumed | restored (u8: 0 or 1): what was under way is lost; with 1 also what had not left |
//!
//! Numbers are little endian, times epoch milliseconds. No secret is ever in it,
//! and of what Uber reports only reasons without addresses.
//!
//! The length is there twice, so that a length that was damaged is not taken for
//! a record that was cut off; the offset is part of the checksum, so that a
//! record which stands there twice, or out of its place, is found.
//!
//! Not `bincode` or `postcard`: the format is to outlive their versions, is read
//! in other languages, and takes a page.

use twox_hash::XxHash64;

use crate::error::{Error, ErrorCode, Queued};
use crate::text::{decimal, text};

/// What a journal begins with; the last byte is the version.
pub(super) const MAGIC: [u8; 4] = *b"uvj\x01";

pub(super) const BEGIN: u8 = 1;
pub(super) const CODES: u8 = 2;
pub(super) const SENDING: u8 = 3;
pub(super) const ANSWER: u8 = 4;
pub(super) const TEXT: u8 = 5;
pub(super) const OUTCOMES: u8 = 6;
pub(super) const DECISION: u8 = 7;
pub(super) const RESUMED: u8 = 8;

const CHECKSUM: usize = 8;
const HEADER: usize = 8;
/// No record is longer: see [`super::CODES_AT_ONCE`].
const LONGEST: usize = 1 << 20;

/// Writes records, and knows where each will stand.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    /// Not handed over yet.
    pub(super) log: Vec<u8>,
    /// Where the log ends in the journal.
    pub(super) end: u64,
}

impl Writer {
    /// The first bytes of a journal.
    pub(super) fn begin(&mut self) {
        self.log.extend_from_slice(&MAGIC);
        self.end = MAGIC.len() as u64;
    }

    /// Writes a record.
    pub(super) fn record(&mut self, body: &[u8]) {
        let length = body.len() as u64;
        put(&mut self.log, length, 4);
        put(&mut self.log, !length, 4);
        self.log.extend_from_slice(body);
        self.log.extend_from_slice(&checksum(self.end, body));
        self.end += (HEADER + body.len() + CHECKSUM) as u64;
    }
}

fn checksum(offset: u64, body: &[u8]) -> [u8; CHECKSUM] {
    XxHash64::oneshot(offset, body).to_le_bytes()
}

/// Takes the bytes of a journal, cut anywhere, and gives its records.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    held: Vec<u8>,
    /// So much of `held` has been given.
    given: usize,
    /// Where the next record begins: all before it is whole.
    pub(super) end: u64,
    /// Where the record that was given last begins.
    last: u64,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.drain(..self.given);
        self.given = 0;
        self.held.extend_from_slice(bytes);
    }

    /// The body of the next record that is whole.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.end == 0 {
            let Some(start) = self.rest().first_chunk() else { return Ok(None) };
            check_start(*start)?;
            self.advance(MAGIC.len());
        }
        let mut header = Fields(self.rest());
        let (length, complement) = (header.index(), header.index());
        if self.rest().len() < HEADER {
            return Ok(None);
        }
        if length ^ complement != 0xffff_ffff || length > LONGEST {
            return Err(corrupt(self.end));
        }
        if header.0.len() < length + CHECKSUM {
            return Ok(None);
        }
        let body = header.bytes(length);
        if checksum(self.end, body) != header.bytes(CHECKSUM) {
            return Err(corrupt(self.end));
        }
        self.last = self.end;
        let start = self.given + HEADER;
        self.advance(HEADER + length + CHECKSUM);
        Ok(self.held.get(start..start + length))
    }

    fn advance(&mut self, bytes: usize) {
        self.given += bytes;
        self.end += bytes as u64;
    }

    /// What was taken and is no record yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.held.get(self.given..).unwrap_or_default()
    }

    /// The error for a record that is whole, but can't follow what came before.
    pub(super) fn misplaced(&self) -> Error {
        corrupt(self.last)
    }
}

/// The error for the record that begins there.
fn corrupt(offset: u64) -> Error {
    let what = "The journal is damaged: the record at byte ";
    let message = text(&[what, &decimal(offset), " is not what was written"]);
    Error::new(ErrorCode::JournalCorrupt, Queued::Unknown, message)
}

fn check_start(start: [u8; 4]) -> Result<(), Error> {
    let [name @ .., version] = start;
    let [our_name @ .., our_version] = MAGIC;
    if name != our_name {
        let message = "This is no journal of a job";
        return Err(Error::new(ErrorCode::JournalMismatch, Queued::No, message));
    }
    if version != our_version {
        let message = text(&[
            "The journal has version ",
            &decimal(version.into()),
            "; this copy of the package knows version 1",
        ]);
        return Err(Error::new(ErrorCode::JournalMismatch, Queued::No, message));
    }
    Ok(())
}

/// Reads the fields of a body. Its checksum was right, so it is as it was
/// written; what is not there reads as nothing, and the ledger refuses what
/// makes no sense.
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (field, rest) = self.0.split_at_checked(length).unwrap_or((&[], &[]));
        self.0 = rest;
        field
    }

    /// A number of so many bytes.
    pub(super) fn number(&mut self, bytes: usize) -> u64 {
        self.bytes(bytes).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    /// The number of a batch, a place or an amount.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn index(&mut self) -> usize {
        self.number(4) as usize
    }

    pub(super) fn sixteen(&mut self) -> [u8; 16] {
        self.bytes(16).try_into().unwrap_or_default()
    }

    /// A text behind its length, which has two bytes.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn text(&mut self) -> &'a str {
        let length = self.number(2) as usize;
        str::from_utf8(self.bytes(length)).unwrap_or_default()
    }
}

/// Writes a number in so many bytes.
pub(super) fn put(body: &mut Vec<u8>, number: u64, bytes: usize) {
    let all = number.to_le_bytes();
    body.extend_from_slice(all.get(..bytes).unwrap_or(&all));
}

/// Writes a text behind its length. It is known to fit.
pub(super) fn put_text(body: &mut Vec<u8>, text: &str) {
    put(body, text.len() as u64, 2);
    body.extend_from_slice(text.as_bytes());
}
