//! The first rows, held back until the layout is known.
//!
//! Mostly that is after the first row that isn't blank: it is a header, or a code.
//! If it is neither, what comes next says what is wrong: a header further down, or
//! a format that is no list of codes.

use super::Options;
use super::cell::{has, is_line_end};
use super::character::is_invisible;
use super::delimiter::DelimiterDetector;
use super::format;
use super::message;
use super::programs::Collector;
use super::rows::{NO_DELIMITER, Rows, Trial};
use crate::code::rejected::{RejectReason, RejectedEntry};

/// The text of a file: UTF-8, or nearly.
#[derive(Default)]
pub(super) struct Text {
    pub(super) rows: Rows,
    /// The line of the header, if the caller says it; else 0.
    header_row: u64,
    /// The delimiter that a first line `sep=;` gives.
    separator: Option<u8>,
    detector: DelimiterDetector,
    /// What is held back.
    held: Vec<u8>,
    /// How long the first row is, if it is complete and doesn't say what to do.
    first: usize,
    is_decided: bool,
}

impl Text {
    /// So much is held. A longer row is judged by its beginning.
    const LONGEST: usize = 1 << 16;

    pub(super) fn expect(&mut self, Options { column, program_column, header_row, .. }: Options) {
        self.rows.header.expect(column, program_column, header_row.is_some());
        self.header_row = header_row.unwrap_or(0);
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while !self.is_decided
            && let Some((byte, rest)) = chunk.split_first()
        {
            chunk = rest;
            self.held.push(*byte);
            if self.rows.lines.line < self.header_row {
                self.skip(*byte);
            } else if self.first == 0 && self.detector.take(*byte) {
                self.end_first_row(collector);
            } else if self.held.len() == Self::LONGEST {
                self.first = if self.first == 0 { Self::LONGEST } else { self.first };
                self.judge(collector);
            }
        }
        self.rows.read(chunk, collector);
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        if self.rows.lines.line < self.header_row {
            self.held.clear();
        } else if !self.is_decided && self.first == 0 && !self.held.is_empty() {
            self.end_first_row(collector);
        }
        if !self.is_decided && self.first > 0 {
            self.judge(collector);
        }
        if !self.is_decided && self.rows.header.is_certain() {
            let (line, value, reason) =
                (self.rows.lines.line, String::new(), RejectReason::MissingColumn);
            self.refuse(
                RejectedEntry { line, value, reason, message: message::NO_ROW.into() },
                collector,
            );
        }
        self.rows.finish(collector);
    }

    /// Passes a byte of a line before the header.
    fn skip(&mut self, byte: u8) {
        /// As much as a line can have that gives the delimiter.
        const SEPARATOR: usize = 16;
        if self.rows.lines.line > 1 || self.held.len() > SEPARATOR {
            self.held.pop();
        }
        if is_line_end(byte) {
            self.separator = self.separator.or(format::separator(&self.held));
            self.held.clear();
        }
        self.rows.lines.pass(byte);
    }

    /// Passes what is held, and begins anew.
    fn pass(&mut self) {
        self.rows.lines.pass_all(&self.held);
        self.held.clear();
        self.detector = DelimiterDetector::default();
    }

    fn delimiter(&self) -> u8 {
        self.separator.unwrap_or_else(|| self.detector.delimiter())
    }

    fn end_first_row(&mut self, collector: &mut Collector) {
        if !self.detector.is_quoted() && is_blank(&self.held) {
            return self.pass();
        }
        if self.separator.is_none() {
            self.separator = format::separator(&self.held);
            if self.separator.is_some() {
                return self.pass();
            }
        }
        let delimiter = self.delimiter();
        if self.rows.try_row(&self.held, delimiter, collector) == Trial::Useless {
            self.first = self.held.len();
            if self.rows.header.is_certain() {
                self.judge(collector);
            }
        } else {
            self.begin(delimiter, collector);
        }
    }

    /// Judges by the lines that come behind the first row.
    fn judge(&mut self, collector: &mut Collector) {
        let mut delimiter = self.delimiter();
        let held = std::mem::take(&mut self.held);
        let (row, rest) = held.split_at_checked(self.first).unwrap_or_default();
        let has_pipes = self.separator.is_none() && has(row, b'|');
        let is_piped = has_pipes && self.rows.try_row(row, b'|', collector) != Trial::Useless;
        // Without a delimiter, the first row stands in a list of codes.
        let is_list = delimiter == NO_DELIMITER && !self.rows.header.is_by_program();
        let mut format = if is_piped { None } else { format::of_first_line(row) };
        let mut is_settled = false;
        let mut lines = self.rows.lines;
        lines.pass_all(row);
        for line in rest.split_inclusive(|byte| is_line_end(*byte)) {
            let number = lines.line;
            lines.pass_all(line);
            if is_blank(line) {
                continue;
            }
            if format.is_none() && format::is_markdown(line) {
                format = Some(format::MARKDOWN);
            }
            is_settled = is_piped || self.settles(line, (number, is_list), collector);
            if is_settled || format.is_some() {
                break;
            }
        }
        if let Some(format) = format {
            self.refuse(format::unread(format, false), collector);
            return;
        }
        if is_piped || has_pipes && is_list && !is_settled {
            delimiter = b'|';
        }
        self.held = held;
        self.begin(delimiter, collector);
    }

    /// Whether a line says what to do: it is a header, or a code in a list of them.
    fn settles(
        &mut self,
        line: &[u8],
        (number, is_list): (u64, bool),
        collector: &mut Collector,
    ) -> bool {
        for delimiter in [NO_DELIMITER, b',', b';', b'\t', b'|'] {
            match self.rows.try_row(line, self.separator.unwrap_or(delimiter), collector) {
                Trial::Header { cells } => {
                    self.rows.later_header = Some((number, cells > 1));
                    return true;
                }
                Trial::Certain if is_list => return true,
                _ => {}
            }
        }
        false
    }

    fn refuse(&mut self, rejected: RejectedEntry, collector: &mut Collector) {
        collector.reject(rejected, None);
        self.is_decided = true;
        self.rows.is_finished = true;
    }

    /// Lets the rows begin with what was held back.
    fn begin(&mut self, delimiter: u8, collector: &mut Collector) {
        self.is_decided = true;
        let held = std::mem::take(&mut self.held);
        let trial = self.rows.try_row(&held, delimiter, collector);
        self.rows.begin(delimiter);
        if let Trial::Data(columns, cells) = trial {
            self.rows.begin_data(columns, cells);
        }
        self.rows.read(&held, collector);
    }
}

/// Whether there is nothing but white space and empty cells.
fn is_blank(row: &[u8]) -> bool {
    let nothing = |char: char| {
        char.is_whitespace() || matches!(char, ',' | ';' | '|' | '"') || is_invisible(char)
    };
    str::from_utf8(row).is_ok_and(|row| row.chars().all(nothing))
}
