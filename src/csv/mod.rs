//! Reads codes from a stream of bytes: plain lines, or a column of a CSV.
//!
//! Bytes arrive in chunks of any size; the result does not depend on the chunks. The
//! reader keeps the codes, the program ids and, for each list, the first 1,000 rejected
//! values.
//!
//! ```text
//! bytes ─► Input ──────► TextInput ─────► RowParser ────► Collector
//!          encoding,     the layout, by   the cells of    lists of codes,
//!          other         the first rows   the columns     rejections
//!          formats
//! ```
//!
//! `RowParser` reads byte by byte. `RowParser::fast_rows` is faster, and reads nearly
//! every row: complete, with quotes only around whole cells, and with a valid code. It
//! leaves every other row to the full parser, and rejects nothing.
//!
//! **The layout** follows from the first row that is not empty, or from the row that the
//! caller gives. The delimiter is the one of comma, semicolon and tab that occurs most
//! often outside quotes, not counting tabs at the ends of the row; a pipe, if only a pipe
//! makes the row a header; or the one in a line `sep=;`. Without a delimiter there is one
//! column, and a header only if the cell is a known name: a mistyped first code must be
//! rejected, not used as a header. With a delimiter, the first row is the header. A file
//! with several columns and no header is refused as a whole at its first row: choosing a
//! column of UUIDs would be a guess, and a sent code can't be taken back. If the caller
//! gives the column by number, no guess is needed.
//!
//! **Quotes** follow RFC 4180, with spaces and tabs allowed around them. A row with
//! unmatched quotes ends with the line that shows it; every non-blank line up to there
//! counts as rejected, so that no line is lost silently. The same applies to a row whose
//! quotes enclose lines with codes (`quoted.rs`).
//!
//! **Shifted cells** (`shape.rs`): a row with more cells than the header has names is
//! rejected, unless no cell before those that are read can have shifted. Choosing the
//! cell of the code would be a guess.

mod cell;
mod character;
mod columns;
mod delimiter;
mod fast_rows;
mod format;
mod input;
mod layout;
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
/// The usual names of the column of the recipients, the best first: of e-mail addresses, of
/// telephone numbers, of texts of codes, of codes.
pub static RECIPIENT_COLUMNS: [&str; 36] = [
    "email",
    "email_address",
    "mail",
    "email_adresse",
    "mail_adresse",
    "adresse_email",
    "courriel",
    "correo",
    "correo_electrónico",
    "phone",
    "phone_number",
    "telephone",
    "telephone_number",
    "mobile",
    "mobile_number",
    "telefon",
    "telefonnummer",
    "rufnummer",
    "tel",
    "tel.",
    "mobil",
    "handy",
    "téléphone",
    "portable",
    "teléfono",
    "telefono",
    "móvil",
    "celular",
    "cellulare",
    "telefone",
    "telefoon",
    "code_text",
    "code_id",
    "code_uuid",
    "uuid",
    "code",
];
/// The usual names of a second column of recipients: those of telephone numbers.
pub static PHONE_COLUMNS: &[&str] = RECIPIENT_COLUMNS.split_at(AFTER_PHONE).0.split_at(PHONE).1;
const PHONE: usize = 9;
const AFTER_PHONE: usize = 31;
const _: () = assert!(matches!(RECIPIENT_COLUMNS[PHONE].as_bytes(), b"phone"));
const _: () = assert!(matches!(RECIPIENT_COLUMNS[AFTER_PHONE].as_bytes(), b"code_text"));
/// The usual names of the column of the programs, the best first.
pub const PROGRAM_COLUMNS: [&str; 3] = ["voucher_program_id", "program_id", "program"];

/// Options of a reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The column of the codes.
    pub column: Column,
    /// The column of the programs, to get one list for each program. If recipients are read,
    /// that of their telephone numbers.
    pub program_column: Option<Column>,
    /// The line of the header, from 1, if it is not the first non-blank line.
    pub header_row: Option<u64>,
    /// A random number, for codes that an attacker may have chosen; see
    /// [`CodeListBuilder::new`](crate::code::list::CodeListBuilder::new).
    pub seed: u64,
}

/// Reads codes: bytes with [`Self::push`], or the entries of a list of strings with the
/// other methods. At the end, call one of the two `finish` methods.
#[derive(Default)]
pub struct CodeReader {
    input: Input,
    collector: Collector,
    entries: u64,
    /// The expected length of the input, until memory is reserved for it.
    expected: Option<u64>,
    bytes: u64,
}

impl CodeReader {
    /// Bytes to read before the number of codes is estimated.
    const JUDGED_BY: u64 = 1 << 16;

    /// A reader for one list. Without a name, it looks for the usual columns.
    #[must_use]
    pub fn new(column: Option<&str>) -> Self {
        Self::with(Options { column: column.into(), ..Options::default() })
    }

    /// A reader for a CSV with a column of programs: one list for each program.
    #[must_use]
    pub fn by_program(program_column: Option<&str>, column: Option<&str>) -> Self {
        let program_column = Some(program_column.into());
        Self::with(Options { column: column.into(), program_column, ..Options::default() })
    }

    /// A reader with these options.
    #[must_use]
    pub fn with(options: Options) -> Self {
        let mut reader = Self::default();
        reader.collector.configure(options.program_column.is_some(), options.seed);
        reader.input.configure(options);
        reader
    }

    /// Sets the expected length of the input. Memory for its codes is then reserved at
    /// once instead of by doubling. The actual length may differ.
    pub fn expect_length(&mut self, bytes: u64) {
        self.expected = Some(bytes);
    }

    /// Reads the next bytes of a file.
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

    /// Reads one entry of a list of strings; its line is its number in the list.
    pub fn push_entry(&mut self, text: &str) {
        self.push_entry_bytes(text.as_bytes());
    }

    /// Reads entries of 36 bytes each, without separators.
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

    /// How many distinct codes were read so far.
    #[must_use]
    pub const fn valid(&self) -> u64 {
        self.collector.distinct() as u64
    }

    /// How many duplicates were read so far.
    #[must_use]
    pub const fn duplicates(&self) -> u64 {
        self.collector.duplicates()
    }

    /// How many rows or entries were rejected so far.
    #[must_use]
    pub fn rejected_count(&self) -> u64 {
        self.collector.rejected_count()
    }

    /// Returns the list, once everything was pushed.
    #[must_use]
    pub fn finish(mut self) -> CodeList {
        self.input.finish(&mut self.collector);
        self.collector.finish()
    }

    /// How many programs were read so far, if there is one list for each.
    #[must_use]
    pub const fn programs(&self) -> usize {
        self.collector.count()
    }

    /// Returns the lists of the programs, once everything was pushed; entries without a
    /// program are in `rejections`.
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
                let rejected = cell.rejected(self.entries, reason, cell.message_for(reason));
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
    fn memory_for_the_expected_length_is_reserved_once() {
        let input = rows(100_000, "code_id\n", "");
        let mut reader = CodeReader::new(None);
        reader.expect_length(input.len() as u64);
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
    fn memory_is_reserved_for_a_list_of_known_length() {
        let records = rows(10_000, "", "").replace('\n', "");
        let mut reader = CodeReader::new(None);
        reader.expect_length(records.len() as u64);
        let mut pieces = records.as_bytes().chunks(36 * 2_048);
        reader.push_fixed(pieces.next().unwrap());
        let room = reader.collector.all.room();
        assert!((10_000..20_000).contains(&room), "{room}");
        pieces.for_each(|piece| reader.push_fixed(piece));
        assert_eq!((reader.valid(), reader.collector.all.room()), (10_000, room));
    }

    /// The number of codes of each program is not known in advance.
    #[test]
    fn no_memory_is_reserved_for_the_codes_of_programs() {
        let input = rows(10_000, "code_id,program\n", ",p");
        let mut reader = CodeReader::by_program(None, None);
        reader.expect_length(input.len() as u64);
        reader.push(input.as_bytes());
        assert_eq!((reader.valid(), reader.collector.all.room()), (10_000, 0));
    }
}
