//! The shortcut for rows without quotes that are all there.

use super::cell::{Cell, is_line_end};
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
        let mut batch = Batch::new();
        while let Some(row) = rest.get(taken..).and_then(|rest| self.fast_row(rest)) {
            if !collector.is_by_program() {
                batch.add(row.code, &mut collector.all);
            } else if !collector.accept(row.code, row.program) {
                break;
            }
            taken += row.length;
            self.lines.line += 1;
            self.lines.behind_return = row.behind_return;
        }
        batch.flush(&mut collector.all);
        self.line = self.lines.line;
        taken
    }

    /// Reads the row that begins here, if it is one to be taken.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    pub(super) fn fast_row<'a>(&self, rest: &'a [u8]) -> Option<FastRow<'a>> {
        let delimiter = self.delimiter;
        // Mostly the row begins with its code, and only the rest is to search.
        let code = match rest.split_first_chunk() {
            Some((code, [byte, ..]))
                if self.code_column == 0 && (*byte == delimiter || is_line_end(*byte)) =>
            {
                Code::read(code).filter(|code| *code != Code::NONE)
            }
            _ => None,
        };
        let known = if code.is_some() { TEXT_LENGTH } else { 0 };
        let length = known + plain(rest.get(known..)?)?;
        let (row, end) = rest.split_at_checked(length)?;
        let (end, behind_return) = match end {
            [b'\r', b'\n', ..] => (2, false),
            [b'\n', ..] => (1, false),
            [b'\r', ..] => (1, true),
            _ => return None,
        };
        let cell =
            |column| row.split(|byte| *byte == delimiter).nth(column).map(<[u8]>::trim_ascii);
        let code = match code {
            Some(code) => code,
            None => Code::parse(cell(self.code_column)?).ok()?,
        };
        let mut program = "";
        if let Some(column) = self.program_column {
            let cell = cell(column)?;
            program = std::str::from_utf8(cell).ok()?.trim();
            if program.is_empty() || cell.len() > Cell::LONGEST {
                return None;
            }
        }
        Some(FastRow { code, program, length: length + end, behind_return })
    }
}

/// A row that nothing has to be asked about.
pub(super) struct FastRow<'a> {
    pub(super) code: Code,
    pub(super) program: &'a str,
    /// With its end.
    pub(super) length: usize,
    pub(super) behind_return: bool,
}

/// How many bytes come before the first quote or line end, if there is one.
/// Eight at once: this is what most of a long file goes through.
#[cfg_attr(hot_paths, optimize(speed), inline(never))]
pub(super) fn plain(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::from_ne_bytes([1; 8]);
    let (words, rest) = bytes.as_chunks();
    for (place, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let mut found = 0;
        for wanted in [b'\n', b'\r', b'"'] {
            // The lowest high bit that this leaves is that of the first such byte.
            let other = word ^ (ONES * u64::from(wanted));
            found |= other.wrapping_sub(ONES) & !other;
        }
        let found = found & (ONES << 7);
        if found != 0 {
            return Some(place * 8 + found.trailing_zeros() as usize / 8);
        }
    }
    let end = |byte: &u8| is_line_end(*byte) || *byte == b'"';
    Some(words.len() * 8 + rest.iter().position(end)?)
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
        let row = reader.input.rows.fast_row(row.as_bytes())?;
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
                assert_eq!(plain(&bytes), None);
                for wanted in [b'\n', b'\r', b'"'] {
                    bytes[place] = wanted;
                    assert_eq!(plain(&bytes), Some(place), "{wanted} among {other}");
                    // A later one does not count.
                    bytes[length - 1] = b'"';
                    assert_eq!(plain(&bytes), Some(place), "{wanted} among {other}");
                    bytes[length - 1] = other;
                }
            }
        }
    }
}
