//! A faster parser for complete rows with quotes only around whole cells.

use super::cell::{Cell, is_line_end, program_id, trim};
use super::columns::Columns;
use super::marks::{BITS, BLOCK, marks, specials};
use super::programs::Collector;
use super::rows::RowParser;
use crate::code::pending::PendingInserts;
use crate::code::{Code, TEXT_LENGTH};

impl RowParser {
    /// Reads rows while each is complete, has quotes only around whole cells and is
    /// valid. Returns their length in bytes.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn fast_rows(&mut self, rest: &[u8], collector: &mut Collector) -> usize {
        let mut taken = 0;
        if !self.shape.is_known() || collector.is_for_recipients() {
            return taken;
        }
        let mut batch = PendingInserts::new();
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

    /// Reads the row that begins here. None if the full parser must read it.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    fn fast_row<'a>(&self, rest: &'a [u8]) -> Option<FastRow<'a>> {
        let delimiter = self.delimiter;
        // Most rows begin with their code, so only the rest is searched.
        let code = match rest.split_first_chunk() {
            Some((code, [byte, ..]))
                if self.columns.code == 0 && (*byte == delimiter || is_line_end(*byte)) =>
            {
                Code::read(code).filter(|code| *code != Code::NONE)
            }
            _ => None,
        };
        let known = if code.is_some() { TEXT_LENGTH } else { 0 };
        let (mut code, mut program, mut length) = (code, "", known);
        if code.is_some() && self.columns.program().is_none() {
            length += find_special(rest.get(known..)?)?;
        }
        if code.is_none() || self.columns.program().is_some() || rest.get(length) == Some(&b'"') {
            let mut cells = Cells::new(self.columns);
            length = cells.find(rest, known, delimiter)?;
            if !self.shape.fits(cells.count, rest.get(..length)?, delimiter) {
                return None;
            }
            let cell = |(begin, end)| rest.get(begin..end).map(<[u8]>::trim_ascii);
            if code.is_none() {
                code = Code::parse(cell(cells.code)?).ok();
            }
            if self.columns.program().is_some() {
                program = fast_program(cell(cells.program)?)?;
            }
        }
        let code = code?;
        let (end, last_was_return) = match rest.get(length..)? {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, false),
            [b'\r', ..] => (1, true),
            _ => return None,
        };
        Some(FastRow { code, program, length: length + end, last_was_return })
    }
}

/// The program in a cell. None if the full parser must read it.
fn fast_program(cell: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(cell).ok()?;
    let program = match cell {
        // Nothing to trim.
        [b'A'..=b'z' | b'0'..=b'9', .., b'!'..=b'~'] => text,
        _ => program_id(trim(text)),
    };
    (!program.is_empty() && cell.len() <= Cell::LONGEST).then_some(program)
}

/// A row that was read.
struct FastRow<'a> {
    code: Code,
    program: &'a str,
    /// With the line end.
    length: usize,
    last_was_return: bool,
}

/// The cells of a row that are read, found one block at a time.
struct Cells {
    columns: (usize, usize),
    /// How many cells were found.
    count: usize,
    /// The start of the current cell.
    begin: usize,
    is_quoted: bool,
    /// The offset of the closing quote; 0 if the quotes are not closed.
    closed: usize,
    code: (usize, usize),
    program: (usize, usize),
}

impl Cells {
    fn new(columns: Columns) -> Self {
        let columns = (columns.code, columns.program().unwrap_or(usize::MAX));
        let none = (0, 0);
        Self { columns, count: 0, begin: 0, is_quoted: false, closed: 0, code: none, program: none }
    }

    /// Finds the end of a row whose first `known` bytes are in the first cell. None if
    /// quotes are not around whole cells, or the row ends within the last incomplete
    /// block.
    #[allow(clippy::inline_always)] // A call costs as much as its body.
    #[inline(always)]
    fn find(&mut self, row: &[u8], known: usize, delimiter: u8) -> Option<usize> {
        let mut at = known;
        for block in row.get(known..)?.as_chunks().0 {
            let (quotes, line_ends, delimiters) = marks(*block, delimiter);
            let mut marks = quotes | line_ends | delimiters;
            while marks != 0 {
                let end = at + marks.trailing_zeros() as usize / BITS;
                let mark = marks & marks.wrapping_neg();
                marks ^= mark;
                if quotes & mark != 0 {
                    if self.is_quoted {
                        self.closed = end;
                    } else if end != self.begin {
                        return None;
                    }
                    self.is_quoted = !self.is_quoted;
                } else if !self.is_quoted {
                    self.end_cell(end)?;
                    if line_ends & mark != 0 {
                        return Some(end);
                    }
                } else if line_ends & mark != 0 {
                    return None;
                }
            }
            at += BLOCK;
        }
        None
    }

    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn end_cell(&mut self, end: usize) -> Option<()> {
        let mut cell = (self.begin, end);
        if self.closed > 0 {
            cell = (self.begin + 1, self.closed);
            if self.closed + 1 != end {
                return None;
            }
        }
        if self.count == self.columns.0 {
            self.code = cell;
        }
        if self.count == self.columns.1 {
            self.program = cell;
        }
        self.count += 1;
        self.begin = end + 1;
        self.closed = 0;
        Some(())
    }
}

/// The number of bytes before the first quote or line end. It reads a whole block at
/// once, because most bytes of a long file pass through here.
#[cfg_attr(hot_paths, optimize(speed), inline(never))]
pub(super) fn find_special(bytes: &[u8]) -> Option<usize> {
    let (blocks, rest) = bytes.as_chunks();
    for (index, block) in blocks.iter().enumerate() {
        let found = specials(*block);
        if found != 0 {
            return Some(index * BLOCK + found.trailing_zeros() as usize / BITS);
        }
    }
    let is_special = |byte: &u8| is_line_end(*byte) || *byte == b'"';
    Some(blocks.len() * BLOCK + rest.iter().position(is_special)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::CodeReader;

    /// What the fast parser reads from a row with this header: the length with the line
    /// end, and the program.
    fn read_fast<'a>(header: &str, row: &'a str) -> Option<(usize, &'a str)> {
        let mut reader = CodeReader::by_program(None, None);
        reader.push(format!("{header}\n").as_bytes());
        let row = reader.input.rows().fast_row(row.as_bytes())?;
        assert_eq!(row.code.to_string(), "1f913a96-f52c-42a0-aa0b-a2ba53b2d631");
        Some((row.length, row.program))
    }

    /// The full parser gives the same result for a row that the fast parser skips, so
    /// other tests would not notice a slow path.
    #[test]
    fn a_plain_row_is_read_by_the_fast_parser() {
        let code = "1f913a96-f52c-42a0-aa0b-a2ba53b2d631";
        for end in ["\n", "\r\n", "\r"] {
            for (header, cells, program) in [
                ("code_id,program", [code, "p"], "p"),
                ("program;code_id", ["p", code], "p"),
                ("code_id\tprogram", [code, " p 1 "], "p 1"),
                ("program,code_id,x", ["p", code], "p"),
                ("code_id,program", [code, "\"p;, 1\""], "p;, 1"),
                ("program,code_id", ["\" p\"", &format!("\"{code}\"")], "p"),
                ("program\tcode_id", ["\"\tp\t1 \"", code], "p\t1"),
            ] {
                let delimiter = header.chars().find(|char| ",;\t".contains(*char)).unwrap();
                let row = cells.join(&delimiter.to_string()) + end;
                // Anything may follow except the end of the chunk.
                let rest = format!("{row}x\"and something behind it");
                let found = read_fast(header, &rest);
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
            &format!("\"{code}\" ,p\n{code},{code}"),
            &format!("{code}, \"p\"\n{code},{code}"),
            &format!("{code},\"p\"\"\"\n{code},{code}"),
            &format!("{code},p\"\n{code},{code}"),
            &format!("{code},\"p\"x\n{code},{code}"),
            &format!("{code},\"p\n\"\n{code},{code}"),
            &format!("{code},\"\"\n{code},{code}"),
            &format!("\"{code},p\n{code},{code}"),
            "x,p\n",
            "00000000-0000-0000-0000-000000000000,p\n",
        ] {
            assert_eq!(read_fast("code_id,program", row), None, "{row:?}");
        }
    }

    #[test]
    fn the_first_quote_or_line_end_is_found() {
        for length in 0..40 {
            for (other, index) in
                [b'x', b',', b'!', b'#', 0x0b, 0x0c, 0x0e, 0, 0x80, 0x8a, 0xa2, 0xff]
                    .into_iter()
                    .flat_map(|other| (0..length).map(move |index| (other, index)))
            {
                let mut bytes = vec![other; length];
                assert_eq!(find_special(&bytes), None);
                for wanted in [b'\n', b'\r', b'"'] {
                    bytes[index] = wanted;
                    assert_eq!(find_special(&bytes), Some(index), "{wanted} among {other}");
                    // A later one does not count.
                    bytes[length - 1] = b'"';
                    assert_eq!(find_special(&bytes), Some(index), "{wanted} among {other}");
                    bytes[length - 1] = other;
                }
            }
        }
    }
}
