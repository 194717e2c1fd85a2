//! The journal of a job: a log of small records, each with a checksum.
//!
//! ```text
//! journal   = "uvj" version record*            version: one byte, 1
//! record    = length complement body checksum
//! length    = u32, of the body                 complement: the same with every bit inverted
//! checksum  = the first 8 bytes of SHA-256(offset length body)
//! offset    = u64, where the record begins, from the start of the journal
//! body      = kind, then what the kind says
//! ```
//!
//! | Kind | Body after it |
//! | --- | --- |
//! | 1 begin | id (16 bytes), created at (u64), batch size (u32), codes (u32), duplicates (u64), fingerprint (16 bytes), then base URL, organization id, program id (each u16 length and UTF-8) |
//! | 2 codes | 16 bytes each, in the order of the list |
//! | 3 sending | batch (u32), at (u64): this batch is about to leave |
//! | 4 answer | batch (u32), what it proved (u8: 0 accepted, 1 refused, 2 to be sent again, 3 nothing), status (u16), error code and Uber's code (each u8 length and UTF-8) |
//! | 5 text | UTF-8: the next entry of the table of reasons |
//! | 6 outcomes | each the code's place (u32) and what was reported (u16: 1 distributed, 2 failed without a reason, n failed for reason n - 3) |
//! | 7 decision | batch (u32), what was decided (u8: 0 resend, 1 queued, 2 abandon) |
//! | 8 resumed | restored (u8: 0 or 1): what was under way is lost; with 1 also what had not left |
//!
//! Numbers are little endian, times epoch milliseconds. The fingerprint is the
//! first 16 bytes of the SHA-256 of all codes. No secret is ever in it, and of
//! what Uber reports only reasons without addresses.
//!
//! The length is there twice, so that a length that was damaged is not taken for
//! a record that was cut off; the offset is part of the checksum, so that a
//! record which stands there twice, or out of its place, is found.
//!
//! Not `bincode` or `postcard`: the format is to outlive their versions, is read
//! in other languages, and takes a page.

use sha2::{Digest, Sha256};

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
const LONGEST: u32 = 1 << 20;

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
        #[allow(clippy::cast_possible_truncation)] // No body comes near.
        let length = body.len() as u32;
        self.log.extend_from_slice(&length.to_le_bytes());
        self.log.extend_from_slice(&(!length).to_le_bytes());
        self.log.extend_from_slice(body);
        self.log.extend_from_slice(&checksum(self.end, body));
        self.end += (HEADER + body.len() + CHECKSUM) as u64;
    }
}

fn checksum(offset: u64, body: &[u8]) -> [u8; CHECKSUM] {
    #[allow(clippy::cast_possible_truncation)]
    let length = body.len() as u32;
    let digest = Sha256::new()
        .chain_update(offset.to_le_bytes())
        .chain_update(length.to_le_bytes())
        .chain_update(body)
        .finalize();
    let mut kept = [0; CHECKSUM];
    kept.iter_mut().zip(digest).for_each(|(kept, byte)| *kept = byte);
    kept
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
            let Some((start, _)) = self.held.split_first_chunk() else { return Ok(None) };
            check_start(*start)?;
            self.given = MAGIC.len();
            self.end = MAGIC.len() as u64;
        }
        let rest = self.held.get(self.given..).unwrap_or_default();
        let Some((length, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let Some((complement, rest)) = rest.split_first_chunk() else { return Ok(None) };
        let length = u32::from_le_bytes(*length);
        if length != !u32::from_le_bytes(*complement) || length > LONGEST {
            return Err(corrupt(self.end));
        }
        let length = length as usize;
        let Some((body, rest)) = rest.split_at_checked(length) else { return Ok(None) };
        let Some(sum) = rest.first_chunk() else { return Ok(None) };
        if checksum(self.end, body) != *sum {
            return Err(corrupt(self.end));
        }
        self.last = self.end;
        let start = self.given + HEADER;
        self.given = start + length + CHECKSUM;
        self.end += (HEADER + length + CHECKSUM) as u64;
        Ok(self.held.get(start..start + length))
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

/// Reads the fields of a body.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn bytes(&mut self, length: usize) -> Option<&'a [u8]> {
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    /// A number of so many bytes.
    pub(super) fn number(&mut self, bytes: usize) -> Option<u64> {
        let field = self.bytes(bytes)?;
        Some(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    /// The number of a batch, a place or an amount.
    pub(super) fn index(&mut self) -> Option<usize> {
        self.number(4).and_then(|number| usize::try_from(number).ok())
    }

    pub(super) fn sixteen(&mut self) -> Option<[u8; 16]> {
        self.bytes(16)?.try_into().ok()
    }

    /// A text behind its length, which has so many bytes.
    pub(super) fn text(&mut self, bytes: usize) -> Option<&'a str> {
        let length = self.number(bytes)?;
        str::from_utf8(self.bytes(usize::try_from(length).ok()?)?).ok()
    }
}

/// Writes the fields of a body.
pub(super) struct Body(pub(super) Vec<u8>);

impl Body {
    pub(super) fn new(kind: u8) -> Self {
        Self(vec![kind])
    }

    /// A number in so many bytes.
    pub(super) fn number(mut self, number: u64, bytes: usize) -> Self {
        self.0.extend(number.to_le_bytes().into_iter().take(bytes));
        self
    }

    pub(super) fn bytes(mut self, bytes: &[u8]) -> Self {
        self.0.extend_from_slice(bytes);
        self
    }

    /// A text behind its length in so many bytes. It is known to fit.
    pub(super) fn text(self, text: &str, bytes: usize) -> Self {
        self.number(text.len() as u64, bytes).bytes(text.as_bytes())
    }
}
