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
//! | 5 reason | UTF-8: the next entry of the table of reasons |
//! | 6 outcomes | each the code's place (u32) and what was reported (u16: 1 distributed, 2 failed without a reason, n failed for reason n - 3) |
//! | 7 decision | batch (u32), what was decided (u8: 0 resend, 1 queued, 2 abandon) |
//! | 8 resumed | restored (u8: 0 or 1): what was under way is lost; with 1 also what had not left |
//! | 9 usage | the places (u32 each) of codes that are known to be in use |
//! | 10 pause | codes (u32): the job pauses by itself after so many, in batches of their own |
//! | 11 paused | nothing: it has |
//!
//! Numbers are little endian, times epoch milliseconds. No secret is ever in it,
//! and of what Uber reports only reasons without addresses.
//!
//! The table of reasons holds 65,000. When another one comes, only the 60,000 that
//! sort first stay, numbered in that order, and codes that failed for the rest
//! have failed without a reason. Only those 60,000 are ever shown, so that it does
//! not matter in which order reasons come.
//!
//! The length is there twice, so that a length that was damaged is not taken for
//! a record that was cut off; the offset is part of the checksum, so that a
//! record which stands there twice, or out of its place, is found.
//!
//! The end of a journal can be torn: a part of a record, or zeros, which some
//! filesystems leave after a power cut where an append had not reached the disk.
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
pub(super) const REASON: u8 = 5;
pub(super) const OUTCOMES: u8 = 6;
pub(super) const DECISION: u8 = 7;
pub(super) const RESUMED: u8 = 8;
pub(super) const USAGE: u8 = 9;
pub(super) const PAUSE: u8 = 10;
pub(super) const PAUSED: u8 = 11;

const CHECKSUM: usize = 8;
const HEADER: usize = 8;
/// No record is longer: see [`super::CODES_AT_ONCE`].
const LONGEST: usize = 1 << 20;
/// A checksum ends in this many zeros once in four billion.
const LEAST_ZEROS: usize = 4;

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
    /// How many zeros the journal ends in, once it can't go on with a record: it
    /// is torn there if nothing else follows.
    zeros: usize,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.zeros > 0 {
            // Counted and not kept: there can be any number.
            self.zeros = self.zeros.saturating_add(bytes.len());
            return if trailing_zeros(bytes) == bytes.len() { Ok(()) } else { Err(self.refused()) };
        }
        self.held.drain(..self.given);
        self.given = 0;
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// The body of the next record that is whole.
    pub(super) fn next(&mut self) -> Result<Option<&[u8]>, Error> {
        if self.zeros > 0 {
            return Ok(None);
        }
        if self.end == 0 {
            if self.rest().len() < MAGIC.len() {
                return Ok(None);
            }
            if !self.rest().starts_with(&MAGIC) {
                let zeros = trailing_zeros(self.rest());
                let torn = self.rest().len() - zeros;
                return self.tear(MAGIC.get(..torn) == self.rest().get(..torn), zeros);
            }
            self.advance(MAGIC.len());
        }
        let available = self.rest().len();
        let mut header = Fields::new(self.rest());
        let (length, complement) = (header.index(), header.index());
        if available < HEADER {
            return Ok(None);
        }
        if length ^ complement != 0xffff_ffff || length > LONGEST {
            // A header never ends in a zero, as no record is that long.
            let zeros = trailing_zeros(self.rest());
            let is_torn = length <= LONGEST && zeros > available - HEADER;
            return self.tear(is_torn, zeros.max(LEAST_ZEROS));
        }
        let size = HEADER + length + CHECKSUM;
        if available < size {
            return Ok(None);
        }
        let body = header.bytes(length);
        if checksum(self.end, body) != header.bytes(CHECKSUM) {
            let zeros = trailing_zeros(self.rest());
            return self.tear(zeros > available - size, zeros);
        }
        self.last = self.end;
        let start = self.given + HEADER;
        self.advance(size);
        Ok(self.held.get(start..start + length))
    }

    /// No record begins here. That is an end if nothing but zeros follows.
    fn tear(&mut self, is_torn: bool, zeros: usize) -> Result<Option<&[u8]>, Error> {
        if is_torn {
            self.zeros = zeros;
            return Ok(None);
        }
        Err(self.refused())
    }

    /// Refuses a journal that can't end here.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let fits = if self.end == 0 {
            let torn = self.rest().len() - trailing_zeros(self.rest());
            // More zeros than were ever written at once may be all that is left of a job.
            MAGIC.get(..torn) == self.rest().get(..torn) && self.zeros <= LONGEST
        } else {
            self.zeros == 0 || self.zeros >= LEAST_ZEROS
        };
        if fits { Ok(()) } else { Err(self.refused()) }
    }

    fn advance(&mut self, bytes: usize) {
        self.given += bytes;
        self.end += bytes as u64;
    }

    /// Whether the journal has no byte.
    pub(super) fn is_empty(&self) -> bool {
        self.end == 0 && self.rest().is_empty()
    }

    /// What was taken and is no record yet.
    fn rest(&self) -> &[u8] {
        self.held.get(self.given..).unwrap_or_default()
    }

    /// The error for what begins where the last whole record ends.
    fn refused(&self) -> Error {
        if self.end == 0 { no_journal(self.rest()) } else { corrupt(self.end) }
    }

    /// The error for a record that is whole, but can't follow what came before.
    pub(super) fn misplaced(&self) -> Error {
        corrupt(self.last)
    }
}

/// How many zeros these bytes end in.
fn trailing_zeros(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|byte| **byte == 0).count()
}

/// The error for the record that begins there.
fn corrupt(offset: u64) -> Error {
    let what = "The journal is damaged: the record at byte ";
    let message = text(&[what, &decimal(offset), " is not what was written"]);
    Error::new(ErrorCode::JournalCorrupt, Queued::Unknown, message)
}

/// The error for what does not begin like a journal.
fn no_journal(start: &[u8]) -> Error {
    let message = match start {
        [b'u', b'v', b'j', version, ..] => text(&[
            "The journal has version ",
            &decimal((*version).into()),
            "; this copy of the package knows version 1",
        ]),
        _ => "This is no journal of a job; it was left as it is".into(),
    };
    Error::new(ErrorCode::JournalMismatch, Queued::No, message)
}

/// Reads the fields of a body. Its checksum was right, so it is as it was
/// written; [`Fields::end`] tells whether what was written makes sense.
pub(super) struct Fields<'a> {
    rest: &'a [u8],
    /// A field was not there, or no text.
    is_wrong: bool,
}

impl<'a> Fields<'a> {
    pub(super) const fn new(rest: &'a [u8]) -> Self {
        Self { rest, is_wrong: false }
    }

    pub(super) fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (field, rest) = self.rest.split_at_checked(length).unwrap_or_else(|| {
            self.is_wrong = true;
            (&[], &[])
        });
        self.rest = rest;
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
        str::from_utf8(self.bytes(length)).unwrap_or_else(|_| {
            self.is_wrong = true;
            ""
        })
    }

    /// None unless there were exactly the fields that were read.
    pub(super) fn end(&self) -> Option<()> {
        (self.rest.is_empty() && !self.is_wrong).then_some(())
    }
}

/// Writes a number in so many bytes.
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
