//! Reads codes from a stream of bytes: plain lines, or a column of a CSV.
//!
//! Bytes come in chunks of any size; the result does not depend on the chunks. The
//! reader keeps the codes, the program ids and, of each list, the first 1,000 rejected
//! values.
//!
//! ```text
//! bytes ─► Input ──────► Text ──────────► Rows ─────────► Collector
//!          encoding,     the layout, by   cells of the    lists of codes,
//!          other         the first rows   columns asked   rejections
//!          formats
//! ```
//!
//! `Rows` is the parser, which reads byte by byte. `Rows::fast_row` is faster and reads
//! nearly every row: complete, quotes only around cells, a valid code. It leaves every
//! other row to the parser, and rejects nothing.
//!
//! **The layout.** The first row that is not empty decides, or the one that the
//! caller gives. Its delimiter is the one of comma, semicolon and tab that occurs
//! most often outside quotes, tabs at its ends aside; a pipe, if only that makes it a
//! header; or the one that a line `sep=;` gives. Without any there is one column, and a header
//! only if the cell is a known name: a mistyped first code has to be rejected, not
//! taken for a header. With a delimiter, the first row is the header. A file
//! of several columns without a header is refused as a whole, at its first
//! row: which of its UUIDs are codes would be a guess, and what is sent can't
//! be taken back. A column that the caller gives by number needs no guess.
//!
//! **Quotes** are RFC 4180's, with spaces and tabs around them. A row whose
//! quotes don't match ends with the line that shows it; every line up to
//! there that isn't blank counts as rejected, so that none is lost unseen. So does
//! a row whose quotes enclose lines with codes (`quoted.rs`).
//!
//! **Shifted cells** (`shape.rs`): a row with more cells than the header names is
//! rejected, unless no cell before those that are read can have shifted. Which of its
//! cells is which would be a guess.

mod cell;
mod character;
mod columns;
mod delimiter;
mod fast_rows;
mod format;
mod head;
mod input;
mod lines;
mod marks;
mod message;
mod programs;
mod quoted;
mod recipients;
mod rows;
mod shape;
mod utf16;

use cell::Cell;
pub use columns::Column;
use input::Input;
use programs::Collector;
pub use programs::ProgramLists;

use crate::code::list::CodeList;
use crate::code::pending::PendingInserts;
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::code::{Code, TEXT_LENGTH};

/// The usual names of the column of the codes, the best first.
pub const CODE_COLUMNS: [&str; 4] = ["code_id", "code_uuid", "uuid", "code"];
/// The usual names of the column of the recipients, the best first.
pub const RECIPIENT_COLUMNS: [&str; 10] = [
    "email",
    "email_address",
    "mail",
    "phone",
    "phone_number",
    "telephone",
    "telephone_number",
    "mobile",
    "mobile_number",
    "code_text",
];
/// The usual names of a second column of recipients.
pub const PHONE_COLUMNS: [&str; 6] =
    ["phone", "phone_number", "telephone", "telephone_number", "mobile", "mobile_number"];
/// The usual names of the column of the programs, the best first.
pub const PROGRAM_COLUMNS: [&str; 3] = ["voucher_program_id", "program_id", "program"];

/// Options of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The column of the codes.
    pub column: Column,
    /// The column of the programs, if there is to be one list for each.
    pub program_column: Option<Column>,
    /// The line of the header, from 1, if it isn't the first that isn't blank.
    pub header_row: Option<u64>,
    /// A random number, for codes that an attacker may have chosen: see
    /// [`CodeListBuilder::new`](crate::code::list::CodeListBuilder::new).
    pub seed: u64,
}

/// Reads codes: bytes through [`Self::push`], or the entries of a list of
/// strings through the other methods. Call one of the two `finish` at the end.
#[derive(Default)]
pub struct CodeReader {
    input: Input,
    collector: Collector,
    entries: u64,
    /// The expected length of the input, until memory was reserved for it.
    expected: Option<u64>,
    bytes: u64,
}

impl CodeReader {
    /// Bytes to read before the number of codes is estimated.
    const JUDGED_BY: u64 = 1 << 16;

    /// A reader into one list, which looks for the column of that name, or for
    /// the usual ones.
    #[must_use]
    pub fn new(column: Option<&str>) -> Self {
        Self::with(Options { column: column.into(), ..Options::default() })
    }

    /// A reader of a CSV with a column of programs, into one list for each.
    #[must_use]
    pub fn by_program(program_column: Option<&str>, column: Option<&str>) -> Self {
        let program_column = Some(program_column.into());
        Self::with(Options { column: column.into(), program_column, ..Options::default() })
    }

    /// A reader with these options.
    #[must_use]
    pub fn with(options: Options) -> Self {
        let mut reader = Self::default();
        reader.collector.expect(options.program_column.is_some(), options.seed);
        reader.input.expect(options);
        reader
    }

    /// Sets the expected length of the input, if known: memory for its codes is then
    /// reserved at once instead of by doubling. The real length may differ.
    pub fn expect(&mut self, bytes: u64) {
        self.expected = Some(bytes);
    }

    /// Takes the next bytes of a file.
    pub fn push(&mut self, chunk: &[u8]) {
        self.input.push(chunk, &mut self.collector);
        self.make_room(chunk);
    }

    /// Reserves memory for the rest of the input, estimated from its first part.
    fn make_room(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        if self.bytes >= Self::JUDGED_BY
            && let Some(expected) = self.expected.take()
            && !self.collector.is_by_program()
        {
            let codes = expected.saturating_mul(self.valid()) / self.bytes;
            self.collector.all.reserve(usize::try_from(codes).unwrap_or(usize::MAX));
        }
    }

    /// Takes one entry of a list of strings; its line is its number in the list.
    pub fn push_entry(&mut self, text: &str) {
        self.push_entry_bytes(text.as_bytes());
    }

    /// Takes entries of 36 bytes each, back to back.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub fn push_fixed(&mut self, records: &[u8]) {
        if let Some(expected) = self.expected.take() {
            let codes = expected / TEXT_LENGTH as u64;
            self.collector.all.reserve(usize::try_from(codes).unwrap_or(usize::MAX));
        }
        let mut batch = PendingInserts::new();
        let (whole, rest) = records.as_chunks();
        let is_for_codes = !self.collector.is_for_recipients();
        for record in whole {
            match Code::read(record) {
                Some(code) if code != Code::NONE && is_for_codes => {
                    self.entries += 1;
                    batch.add(code, &mut self.collector.all);
                }
                _ => self.push_entry_bytes(record),
            }
        }
        if !rest.is_empty() {
            self.push_entry_bytes(rest);
        }
        batch.flush(&mut self.collector.all);
    }

    /// Rejects an entry that is not a string.
    pub fn reject_entry(&mut self) {
        self.entries += 1;
        let rejected = RejectedEntry {
            line: self.entries,
            value: String::new(),
            reason: RejectReason::NotAString,
            message: message::NO_STRING.to_owned(),
        };
        self.collector.reject(rejected, None);
    }

    /// How many distinct codes there are so far.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.collector.distinct() as u64
    }

    /// How many duplicates there are so far.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.collector.duplicates()
    }

    /// How many rows or entries were rejected so far.
    #[must_use]
    pub fn rejected_count(&self) -> u64 {
        self.collector.rejected_count()
    }

    /// The list, once everything was pushed.
    #[must_use]
    pub fn finish(mut self) -> CodeList {
        self.input.finish(&mut self.collector);
        self.collector.finish()
    }

    /// How many programs there are so far, in a reader of several.
    #[must_use]
    pub const fn programs(&self) -> usize {
        self.collector.count()
    }

    /// The lists of the programs, once everything was pushed; codes without a program
    /// are in `rejections`.
    #[must_use]
    pub fn finish_programs(mut self) -> ProgramLists {
        self.input.finish(&mut self.collector);
        self.collector.finish_programs()
    }

    pub(crate) fn push_entry_bytes(&mut self, text: &[u8]) {
        self.entries += 1;
        let mut cell = Cell::default();
        cell.extend(text);
        if self.collector.is_for_recipients() {
            self.collector.match_recipient(self.entries, [&cell, &Cell::default()]);
            return;
        }
        match cell.code() {
            Ok(code) => _ = self.collector.all.insert(code),
            Err(reason) => {
                let rejected = cell.rejected(self.entries, reason, cell.fault(reason));
                self.collector.all.reject(rejected);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    /// Rows of 37 bytes each, or of 39 with a program.
    fn rows(count: u32, begin: &str, behind: &str) -> String {
        let row = |number| format!("{number:08x}-0000-4000-8000-000000000001{behind}\n");
        begin.to_owned() + &(1..=count).map(row).collect::<String>()
    }

    #[test]
    fn room_for_what_is_expected_is_made_once() {
        let input = rows(100_000, "code_id\n", "");
        let mut reader = CodeReader::new(None);
        reader.expect(input.len() as u64);
        // The first chunk is too short for an estimate.
        let (header, rest) = input.split_at(8);
        reader.push(header.as_bytes());
        assert_eq!(reader.collector.all.room(), 0);
        let mut rooms = rest.as_bytes().chunks(1 << 16).map(|chunk| {
            reader.push(chunk);
            reader.collector.all.room()
        });
        let room = rooms.next().unwrap();
        assert!((99_000..200_000).contains(&room), "{room}");
        assert!(rooms.all(|later| later == room));
        assert_eq!(reader.valid(), 100_000);
    }

    #[test]
    fn room_is_made_for_a_list_of_known_length() {
        let records = rows(10_000, "", "").replace('\n', "");
        let mut reader = CodeReader::new(None);
        reader.expect(records.len() as u64);
        let mut pieces = records.as_bytes().chunks(36 * 2_048);
        reader.push_fixed(pieces.next().unwrap());
        let room = reader.collector.all.room();
        assert!((10_000..20_000).contains(&room), "{room}");
        pieces.for_each(|piece| reader.push_fixed(piece));
        assert_eq!((reader.valid(), reader.collector.all.room()), (10_000, room));
    }

    /// The number of codes of each program is not known in advance.
    #[test]
    fn no_room_is_made_for_the_codes_of_programs() {
        let input = rows(10_000, "code_id,program\n", ",p");
        let mut reader = CodeReader::by_program(None, None);
        reader.expect(input.len() as u64);
        reader.push(input.as_bytes());
        assert_eq!((reader.valid(), reader.collector.all.room()), (10_000, 0));
    }
}
