//! The journal of a job: a log of small records, each with a checksum.
//!
//! ```text
//! journal   = "uvj" version record*            version: one byte, 1
//! record    = length complement body checksum
//! length    = u32, of the body                 complement: the same with every bit inverted
//! checksum  = u64, XXH64 of the body, with the offset as its seed
//! offset    = u64, where the record begins, from the start of the journal
//! body      = a record's, whose kinds are in `record.rs`
//! ```
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

/// The first bytes of a journal; the last of them is the version.
pub(super) const MAGIC: [u8; 4] = *b"uvj\x01";
/// The part of these that every version has.
const NAME: &[u8] = b"uvj";

const CHECKSUM: usize = 8;
const HEADER: usize = 8;
/// No record is longer: see [`super::CODES_AT_ONCE`].
const LONGEST: usize = 1 << 20;
/// A checksum ends in this many zeros once in four billion.
const LEAST_ZEROS: usize = 4;

/// Writes records, and tracks the offset of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    /// Written, but not yet given to the caller.
    pub(super) log: Vec<u8>,
    /// The offset in the journal at which the next record begins.
    pub(super) end: u64,
}

impl Writer {
    /// Writes the first bytes of a journal.
    pub(super) fn begin(&mut self) {
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

/// Takes the bytes of a journal, cut anywhere, and gives its records.
#[derive(Clone, Debug, Default)]
pub(super) struct Reader {
    held: Vec<u8>,
    /// How many bytes of `held` were returned as records.
    given: usize,
    /// The offset of the next record: everything before it is whole.
    pub(super) end: u64,
    /// The offset of the record that was returned last.
    last: u64,
    /// How many zeros the journal ends in, once no record can follow: it is torn
    /// there if nothing but zeros follows.
    zeros: usize,
}

impl Reader {
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.zeros > 0 {
            // Only counted, because there can be any number of them.
            self.zeros = self.zeros.saturating_add(bytes.len());
            return if trailing_zeros(bytes) == bytes.len() { Ok(()) } else { Err(self.refused()) };
        }
        self.held.drain(..self.given);
        self.given = 0;
        self.held.extend_from_slice(bytes);
        Ok(())
    }

    /// Returns the body of the next whole record.
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
        let Some((header, after)) = self.rest().split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let header = u64::from_le_bytes(*header);
        #[allow(clippy::cast_possible_truncation)]
        let (length, complement) = ((header & 0xffff_ffff) as usize, (header >> 32) as usize);
        if length ^ complement != 0xffff_ffff || length > LONGEST {
            // No header ends in a zero: no record is long enough.
            let zeros = trailing_zeros(self.rest());
            let is_torn = length <= LONGEST && zeros > available - HEADER;
            return self.tear(is_torn, zeros.max(LEAST_ZEROS));
        }
        let size = HEADER + length + CHECKSUM;
        if available < size {
            return Ok(None);
        }
        let (body, after) = after.split_at_checked(length).unwrap_or_default();
        if !after.starts_with(&checksum(self.end, body)) {
            let zeros = trailing_zeros(self.rest());
            return self.tear(zeros > available - size, zeros);
        }
        self.last = self.end;
        let start = self.given + HEADER;
        self.advance(size);
        Ok(self.held.get(start..start + length))
    }

    /// No record begins here. The journal ends here if nothing but zeros follows.
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
            // More zeros than one append can write: a whole job may have been lost.
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

    /// Whether it begins as a journal of any version does.
    pub(super) fn is_named(&self) -> bool {
        self.end > 0 || self.rest().starts_with(NAME)
    }

    /// Bytes received that do not form a whole record yet.
    fn rest(&self) -> &[u8] {
        self.held.get(self.given..).unwrap_or_default()
    }

    /// The error for the bytes after the last whole record.
    fn refused(&self) -> Error {
        if self.end == 0 { no_journal(self.rest()) } else { corrupt(self.end) }
    }

    /// The error for a whole record that can't follow the records before it.
    pub(super) fn misplaced(&self) -> Error {
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
    let message = text(&[what, &decimal(offset), " is not what was written"]);
    Error::new(ErrorCode::JournalCorrupt, Queued::Unknown, message)
}

/// The error for a file that is not a journal.
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
