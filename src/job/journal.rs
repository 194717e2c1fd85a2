//! The journal of a job: a log of small records, each with a checksum.
//!
//! ```text
//! journal   = "uvj" version record*            version: one byte, 1
//! record    = length complement body checksum
//! length    = u32, of the body                 complement: the same with every bit inverted
//! checksum  = u64, XXH64 of the body, with the offset as its seed
//! offset    = u64, where the record begins, from the start of the journal
//! body      = a record, whose kinds are in `record.rs`
//! ```
//!
//! The table of reasons has room for 65,000. When another one arrives, only the 60,000
//! that sort first are kept and numbered in that order, and codes that failed for another
//! reason have failed without one. Only these 60,000 are ever shown, so the result does
//! not depend on the order in which reasons arrive.
//!
//! The length is stored twice, so that a damaged length is not mistaken for a torn
//! record; the checksum covers the offset, so that a record that occurs twice, or at
//! another offset, is detected.
//!
//! The end of a journal can be torn: a part of a record, or zeros, which some filesystems
//! leave after a power failure if an append had not reached the disk.
//!
//! Not `bincode` or `postcard`: the format must outlive their versions and be readable in
//! other languages, and it fits on a page.

use twox_hash::XxHash64;

use crate::error::{Error, ErrorCode, Queued};
use crate::text::{decimal, text};

/// The first bytes of a journal; the last of them is the version.
pub(super) const MAGIC: [u8; 4] = *b"uvj\x01";
/// The prefix that all versions share.
const NAME: &[u8] = b"uvj";

const CHECKSUM: usize = 8;
const HEADER: usize = 8;
/// The maximum length of a record; see [`super::CODES_AT_ONCE`].
const LONGEST: usize = 1 << 20;
/// At least this many zeros prove a torn end: a checksum ends in them once in four
/// billion.
const MIN_TORN_ZEROS: usize = 4;

/// Writes records, and tracks the offset of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    /// Written, but not yet given to the caller.
    pub(super) log: Vec<u8>,
    /// The offset in the journal at which the next record begins.
    pub(super) end: u64,
}

impl Writer {
    /// Writes the header of a journal.
    pub(super) fn write_header(&mut self) {
        self.log.extend_from_slice(&MAGIC);
        self.end = MAGIC.len() as u64;
    }

    /// Writes a record.
    pub(super) fn record(&mut self, body: &[u8]) {
        let length = body.len() as u64;
        self.log.extend_from_slice(&(length | !length << 32).to_le_bytes());
        self.log.extend_from_slice(body);
        self.log.extend_from_slice(&checksum(self.end, body));
        self.end += (HEADER + body.len() + CHECKSUM) as u64;
    }
}

fn checksum(offset: u64, body: &[u8]) -> [u8; CHECKSUM] {
    XxHash64::oneshot(offset, body).to_le_bytes()
}

/// Splits the bytes of a journal, which arrive in chunks of any size, into records.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    held: Vec<u8>,
    /// How many bytes of `held` were returned as records.
    consumed: usize,
    /// The offset of the next record: all records before it are complete.
    pub(super) end: u64,
    /// The offset of the record that was returned last.
    last: u64,
    /// How many zeros the journal ends in, once it is clear that no record follows: the
    /// end is torn if only zeros follow.
    zeros: usize,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.zeros > 0 {
            // Only counted, because there may be any number of them.
            self.zeros = self.zeros.saturating_add(bytes.len());
            return if trailing_zeros(bytes) == bytes.len() {
                Ok(())
            } else {
                Err(self.not_a_record())
            };
        }
        self.held.drain(..self.consumed);
        self.consumed = 0;
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns the body of the next complete record.
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
                return self.torn_or_damaged(MAGIC.get(..torn) == self.rest().get(..torn), zeros);
            }
            self.advance(MAGIC.len());
        }
        let available = self.rest().len();
        let Some((header, after)) = self.rest().split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let header = u64::from_le_bytes(*header);
        #[allow(clippy::cast_possible_truncation)]
        let (length, complement) = ((header & 0xffff_ffff) as usize, (header >> 32) as usize);
        if length ^ complement != 0xffff_ffff || length > LONGEST {
            // A header never ends in a zero, because records are too short for that.
            let zeros = trailing_zeros(self.rest());
            let is_torn = length <= LONGEST && zeros > available - HEADER;
            return self.torn_or_damaged(is_torn, zeros.max(MIN_TORN_ZEROS));
        }
        let size = HEADER + length + CHECKSUM;
        if available < size {
            return Ok(None);
        }
        let (body, after) = after.split_at_checked(length).unwrap_or_default();
        if !after.starts_with(&checksum(self.end, body)) {
            let zeros = trailing_zeros(self.rest());
            return self.torn_or_damaged(zeros > available - size, zeros);
        }
        self.last = self.end;
        let start = self.consumed + HEADER;
        self.advance(size);
        Ok(self.held.get(start..start + length))
    }

    /// Handles bytes that are not a record: a torn end if only zeros follow, or else
    /// damage.
    fn torn_or_damaged(&mut self, is_torn: bool, zeros: usize) -> Result<Option<&[u8]>, Error> {
        if is_torn {
            self.zeros = zeros;
            return Ok(None);
        }
        Err(self.not_a_record())
    }

    /// Refuses a journal that can't end here.
    pub(super) fn finish(&self) -> Result<(), Error> {
        let fits = if self.end == 0 {
            let torn = self.rest().len() - trailing_zeros(self.rest());
            // More zeros than one append can write: a whole job may have been lost.
            MAGIC.get(..torn) == self.rest().get(..torn) && self.zeros <= LONGEST
        } else {
            self.zeros == 0 || self.zeros >= MIN_TORN_ZEROS
        };
        if fits { Ok(()) } else { Err(self.not_a_record()) }
    }

    fn advance(&mut self, bytes: usize) {
        self.consumed += bytes;
        self.end += bytes as u64;
    }

    /// Whether the journal is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.end == 0 && self.rest().is_empty()
    }

    /// Whether it begins like a journal of any version.
    pub(super) fn is_named(&self) -> bool {
        self.end > 0 || self.rest().starts_with(NAME)
    }

    /// Bytes received that do not form a complete record yet.
    fn rest(&self) -> &[u8] {
        self.held.get(self.consumed..).unwrap_or_default()
    }

    /// The error for the bytes after the last complete record.
    fn not_a_record(&self) -> Error {
        if self.end == 0 { no_journal(self.rest()) } else { corrupt(self.end) }
    }

    /// The error for a complete record that can't follow the records before it.
    pub(super) fn record_out_of_order(&self) -> Error {
        corrupt(self.last)
    }
}

/// How many zeros these bytes end in.
fn trailing_zeros(bytes: &[u8]) -> usize {
    bytes.iter().rev().take_while(|byte| **byte == 0).count()
}

/// The error for a damaged record at this offset.
fn corrupt(offset: u64) -> Error {
    let what = "The journal is damaged: the record at byte ";
    let message = text(&[what, &decimal(offset), " is corrupt"]);
    Error::new(ErrorCode::JournalCorrupt, Queued::Unknown, message)
}

/// The error for a file that is not a journal.
fn no_journal(start: &[u8]) -> Error {
    let message = match start {
        [b'u', b'v', b'j', version, ..] => text(&[
            "The journal has version ",
            &decimal((*version).into()),
            "; this version of the package supports version 1 only",
        ]),
        _ => "This is not the journal of a job; it was not changed".into(),
    };
    Error::new(ErrorCode::JournalMismatch, Queued::No, message)
}
