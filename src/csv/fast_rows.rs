//! The shortcut for rows without quotes that are all there.

use super::cell::{Cell, is_line_end, program_id, trim};
use super::columns::Columns;
use super::programs::Collector;
use super::rows::Rows;
use crate::code::{Code, TEXT_LENGTH};
use crate::list::Batch;

impl Rows {
    /// Takes rows from here on for as long as each is all there, free of quotes
    /// and valid. Says how many bytes they have.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn fast_rows(&mut self, rest: &[u8], collector: &mut Collector) -> usize {
        let mut taken = 0;
        if !self.shape.is_learnt() || rest.first() == Some(&b'"') {
            return taken;
        }
        let mut batch = Batch::new();
        while let Some(row) = rest.get(taken..).and_then(|rest| self.fast_row(rest)) {
            if !collector.is_by_program() {
                batch.add(row.code, &mut collector.all);
            } else if !collector.accept(row.code, row.program) {
                break;
            }
            taken += row.length;
            self.lines.line += 1;
            self.lines.last_was_return = row.last_was_return;
        }
        batch.flush(&mut collector.all);
        self.line = self.lines.line;
        taken
    }

    /// Reads the row that begins here, if it is one to be taken.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn fast_row<'a>(&self, rest: &'a [u8]) -> Option<FastRow<'a>> {
        let delimiter = self.delimiter;
        // Mostly the row begins with its code, and only the rest is to search.
        let code = match rest.split_first_chunk() {
            Some((code, [byte, ..]))
                if self.columns.code == 0 && (*byte == delimiter || is_line_end(*byte)) =>
            {
                Code::read(code).filter(|code| *code != Code::NONE)
            }
            _ => None,
        };
        let known = if code.is_some() { TEXT_LENGTH } else { 0 };
        let behind = rest.get(known..)?;
        let (code, program, length) = match (code, self.columns.program) {
            (Some(code), None) => (code, "", known + find_special(behind)?),
            (code, _) => {
                let mut cells = Cells::new(self.columns, rest, known);
                let length = known + cells.find(behind, delimiter)?;
                let row = rest.get(..length)?;
                if !self.shape.fits(cells.count, row, delimiter) {
                    return None;
                }
                let code = match code {
                    Some(code) => code,
                    None => Code::parse(cells.code?.trim_ascii()).ok()?,
                };
                (code, self.fast_program(cells.program)?, length)
            }
        };
        let (end, last_was_return) = match rest.get(length..)? {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, false),
            [b'\r', ..] => (1, true),
            _ => return None,
        };
        Some(FastRow { code, program, length: length + end, last_was_return })
    }

    /// The program in a cell; none if there is something to say of it.
    fn fast_program<'a>(&self, cell: Option<&'a [u8]>) -> Option<&'a str> {
        if self.columns.program.is_none() {
            return Some("");
        }
        let cell = cell?.trim_ascii();
        let program = program_id(trim(std::str::from_utf8(cell).ok()?));
        (!program.is_empty() && cell.len() <= Cell::LONGEST).then_some(program)
    }
}

/// A row that nothing has to be asked about.
struct FastRow<'a> {
    code: Code,
    program: &'a str,
    /// With its end.
    length: usize,
    last_was_return: bool,
}

/// The cells of a row that are asked for, found eight bytes at a time.
struct Cells<'a> {
    columns: Columns,
    row: &'a [u8],
    /// How many there are.
    count: usize,
    /// Where the one under way begins, and where the search does.
    begin: usize,
    at: usize,
    code: Option<&'a [u8]>,
    program: Option<&'a [u8]>,
}

impl<'a> Cells<'a> {
    const fn new(columns: Columns, row: &'a [u8], at: usize) -> Self {
        Self { columns, row, count: 0, begin: 0, at, code: None, program: None }
    }

    /// How many bytes come before the first quote or line end, if there is one.
    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn find(&mut self, bytes: &[u8], delimiter: u8) -> Option<usize> {
        let (words, rest) = bytes.as_chunks();
        let at = self.at;
        for (index, word) in words.iter().enumerate() {
            let word = u64::from_le_bytes(*word);
            let special = specials(word);
            let before = special.wrapping_sub(1) & !special;
            let mut delimiters = equal_bytes(word, delimiter) & before;
            while delimiters != 0 {
                self.end_cell(at + index * 8 + delimiters.trailing_zeros() as usize / 8);
                delimiters &= delimiters - 1;
            }
            if special != 0 {
                let length = index * 8 + special.trailing_zeros() as usize / 8;
                self.end_cell(at + length);
                return Some(length);
            }
        }
        let done = words.len() * 8;
        for (index, byte) in rest.iter().enumerate() {
            if is_special(*byte) {
                self.end_cell(at + done + index);
                return Some(done + index);
            }
            if *byte == delimiter {
                self.end_cell(at + done + index);
            }
        }
        None
    }

    #[allow(clippy::inline_always)] // A call costs as much as what it does.
    #[inline(always)]
    fn end_cell(&mut self, end: usize) {
        if self.count == self.columns.code {
            self.code = self.row.get(self.begin..end);
        }
        if self.columns.program == Some(self.count) {
            self.program = self.row.get(self.begin..end);
        }
        self.count += 1;
        self.begin = end + 1;
    }
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);

/// A quote or a line end.
const fn is_special(byte: u8) -> bool {
    is_line_end(byte) || byte == b'"'
}

/// Marks what is special among eight bytes: the lowest high bit that is set is
/// that of the first such byte.
#[allow(clippy::inline_always)] // A call costs more than what it does.
#[inline(always)]
const fn specials(word: u64) -> u64 {
    const fn found(word: u64, wanted: u8) -> u64 {
        let other = word ^ (ONES * wanted as u64);
        other.wrapping_sub(ONES) & !other
    }
    (found(word, b'\n') | found(word, b'\r') | found(word, b'"')) & (ONES << 7)
}

/// Marks all bytes of eight that are equal to one, by their high bits.
#[allow(clippy::inline_always)] // A call costs more than what it does.
#[inline(always)]
const fn equal_bytes(word: u64, wanted: u8) -> u64 {
    const LOW: u64 = ONES * 0x7f;
    let other = word ^ (ONES * wanted as u64);
    !(((other & LOW) + LOW) | other | LOW)
}

/// How many bytes come before the first quote or line end, if there is one.
/// Eight at once: this is what most of a long file goes through.
#[cfg_attr(hot_paths, optimize(speed), inline(never))]
pub(super) fn find_special(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (index, word) in words.iter().enumerate() {
        let found = specials(u64::from_le_bytes(*word));
        if found != 0 {
            return Some(index * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    Some(words.len() * 8 + rest.iter().position(|byte| is_special(*byte))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::CodeReader;

    /// What a reader of that header makes of a row on the shorter way: how long
    /// it is with its end, and of which program.
    fn short_way<'a>(header: &str, row: &'a str) -> Option<(usize, &'a str)> {
        let mut reader = CodeReader::by_program(None, None);
        reader.push(format!("{header}\n").as_bytes());
        let row = reader.input.rows().fast_row(row.as_bytes())?;
        assert_eq!(row.code.to_string(), "1f913a96-f52c-42a0-aa0b-a2ba53b2d631");
        Some((row.length, row.program))
    }

    /// Nearly every row does, and a long file is read so much faster. What it
    /// does not take is judged with care, so that only speed would tell.
    #[test]
    fn a_row_without_quotes_goes_the_shorter_way() {
        let code = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
        for end in ["\n", "\r\n", "\r"] {
            for (header, cells, program) in [
                ("code_id,program", [code, "p"], "p"),
                ("program;code_id", ["p", code], "p"),
                ("code_id\tprogram", [code, " p 1 "], "p 1"),
                ("program,code_id,x", ["p", code], "p"),
            ] {
                let delimiter = header.chars().find(|char| ",;\t".contains(*char)).unwrap();
                let row = cells.join(&delimiter.to_string()) + end;
                // What is behind may be anything.
                let rest = format!("{row}x\"");
                let found = short_way(header, &rest);
                assert_eq!(found.map(|(_, program)| program), Some(program), "{row:?}");
                assert_eq!(found.map(|(length, _)| length), Some(row.len()), "{row:?}");
            }
        }
        for row in [
            "",
            "\n",
            &format!("{code},p"),
            &format!("{code}\n"),
            &format!("{code},\n"),
            &format!("\"{code}\",p\n"),
            &format!("{code},\"p\"\n"),
            "x,p\n",
            "00000000-0000-0000-0000-000000000000,p\n",
        ] {
            assert_eq!(short_way("code_id,program", row), None, "{row:?}");
        }
    }

    #[test]
    fn the_first_quote_or_line_end_is_found() {
        for length in 0..40 {
            for (other, place) in
                [b'x', b',', b'!', b'#', 0x0b, 0x0c, 0x0e, 0, 0x80, 0x8a, 0xa2, 0xff]
                    .into_iter()
                    .flat_map(|other| (0..length).map(move |place| (other, place)))
            {
                let mut bytes = vec![other; length];
                assert_eq!(find_special(&bytes), None);
                for wanted in [b'\n', b'\r', b'"'] {
                    bytes[place] = wanted;
                    assert_eq!(find_special(&bytes), Some(place), "{wanted} among {other}");
                    // A later one does not count.
                    bytes[length - 1] = b'"';
                    assert_eq!(find_special(&bytes), Some(place), "{wanted} among {other}");
                    bytes[length - 1] = other;
                }
            }
        }
    }
}
