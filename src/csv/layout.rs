//! The first rows, held back until the layout is known.
//!
//! Usually that is after the first row that is not blank: it is a header, or a code. If
//! it is neither, the next rows show what is wrong: a header further down, or a format
//! that is not a list of codes.

use super::Options;
use super::cell::{bare, has, is_line_end};
use super::character::is_invisible;
use super::delimiter::DelimiterDetector;
use super::format;
use super::message;
use super::programs::{Collector, READS_ALL};
use super::rows::{FirstRowGuess, NO_DELIMITER, RowParser};
use crate::code::rejected::{RejectReason, RejectedEntry};
use crate::recipients::is_address;

/// The text of a file: UTF-8, or nearly.
#[derive(Default)]
pub(super) struct TextInput {
    pub(super) rows: RowParser,
    /// The line of the header, if the caller gave it; otherwise 0.
    header_row: u64,
    /// The delimiter in a first line `sep=;`.
    separator: Option<u8>,
    detector: DelimiterDetector,
    /// The bytes that are held back.
    held: Vec<u8>,
    /// The length of the first row, if it is complete but does not settle the layout.
    first_row_len: usize,
    layout_known: bool,
}

impl TextInput {
    /// At most this many bytes are held back; a longer row is judged by them.
    const LONGEST: usize = 1 << 16;

    pub(super) fn configure(
        &mut self,
        Options { column, program_column, header_row, .. }: Options,
    ) {
        self.rows.header.set_columns(column, program_column, header_row.is_some());
        self.header_row = header_row.unwrap_or(0);
    }

    pub(super) fn push(&mut self, mut chunk: &[u8], collector: &mut Collector) {
        while !self.layout_known
            && let Some((byte, rest)) = chunk.split_first()
        {
            chunk = rest;
            self.held.push(*byte);
            if self.rows.lines.line < self.header_row {
                self.skip(*byte);
            } else if self.first_row_len == 0 && self.detector.take(*byte) {
                self.end_first_row(collector);
            } else if self.held.len() == Self::LONGEST {
                self.first_row_len =
                    if self.first_row_len == 0 { Self::LONGEST } else { self.first_row_len };
                self.decide_layout(collector);
            }
        }
        self.rows.read(chunk, collector);
    }

    pub(super) fn finish(&mut self, collector: &mut Collector) {
        if self.rows.lines.line < self.header_row {
            self.held.clear();
        } else if !self.layout_known && self.first_row_len == 0 && !self.held.is_empty() {
            self.end_first_row(collector);
        }
        if !self.layout_known && self.first_row_len > 0 {
            self.decide_layout(collector);
        }
        if !self.layout_known && self.rows.header.is_given() {
            let (line, value, reason) =
                (self.rows.lines.line, String::new(), RejectReason::MissingColumn);
            self.refuse(
                RejectedEntry { line, value, reason, message: message::NO_ROW.into() },
                collector,
            );
        }
        self.rows.finish(collector);
    }

    /// Skips a byte of a line before the header.
    fn skip(&mut self, byte: u8) {
        /// The most bytes of a line that sets the delimiter.
        const SEPARATOR: usize = 16;
        if self.rows.lines.line > 1 || self.held.len() > SEPARATOR {
            self.held.pop();
        }
        if is_line_end(byte) {
            self.separator = self.separator.or(format::separator(&self.held));
            self.held.clear();
        }
        self.rows.lines.advance(byte);
    }

    /// Discards the bytes that are held back.
    fn discard(&mut self) {
        self.rows.lines.advance_over(&self.held);
        self.held.clear();
        self.detector = DelimiterDetector::default();
    }

    fn delimiter(&self) -> u8 {
        self.separator.unwrap_or_else(|| self.detector.delimiter())
    }

    fn end_first_row(&mut self, collector: &mut Collector) {
        if !self.detector.is_quoted() && is_blank(&self.held) {
            return self.discard();
        }
        if self.separator.is_none() {
            self.separator = format::separator(&self.held);
            if self.separator.is_some() {
                return self.discard();
            }
        }
        let delimiter = self.delimiter();
        if self.rows.try_row(&self.held, delimiter, collector) == FirstRowGuess::Neither {
            self.first_row_len = self.held.len();
            if self.rows.header.is_given() {
                self.decide_layout(collector);
            }
        } else {
            self.begin(delimiter, collector);
        }
    }

    /// Decides the layout by the lines after the first row.
    fn decide_layout(&mut self, collector: &mut Collector) {
        let mut delimiter = self.delimiter();
        let mut held = std::mem::take(&mut self.held);
        let (row, rest) = held.split_at_checked(self.first_row_len).unwrap_or_default();
        let has_pipes = self.separator.is_none() && has(row, b'|');
        let is_piped =
            has_pipes && self.rows.try_row(row, b'|', collector) != FirstRowGuess::Neither;
        // Without a delimiter, the first row belongs to a list of codes.
        let is_list = delimiter == NO_DELIMITER && !self.rows.header.is_by_program();
        let mut format = if is_piped { None } else { format::of_first_line(row) };
        let mut is_settled = false;
        let mut is_next = true;
        let mut lines = self.rows.lines;
        lines.advance_over(row);
        for line in rest.split_inclusive(|byte| is_line_end(*byte)) {
            let number = lines.line;
            lines.advance_over(line);
            if is_blank(line) {
                continue;
            }
            if format.is_none() && format::is_markdown(line) {
                format = Some(format::MARKDOWN);
            }
            is_settled = is_piped || self.settles_layout(line, (number, is_list), collector);
            self.rows.has_recipient_below = READS_ALL && is_next && is_settled;
            is_next = false;
            if is_settled || format.is_some() {
                break;
            }
        }
        if let Some(format) = format {
            self.refuse(format::unsupported(format, false), collector);
            return;
        }
        if is_piped || has_pipes && is_list && !is_settled {
            delimiter = b'|';
        }
        let is_one_line = is_next && row.len() < Self::LONGEST && collector.is_for_recipients();
        if is_one_line && let Some(lines) = split_addresses(row, self.detector.separator()) {
            (held, delimiter) = (lines, NO_DELIMITER);
        }
        self.held = held;
        self.begin(delimiter, collector);
    }

    /// Whether a line settles the layout: it is a header, or a code in a list of codes.
    fn settles_layout(
        &mut self,
        line: &[u8],
        (number, is_list): (u64, bool),
        collector: &mut Collector,
    ) -> bool {
        for delimiter in [NO_DELIMITER, b',', b';', b'\t', b'|'] {
            match self.rows.try_row(line, self.separator.unwrap_or(delimiter), collector) {
                FirstRowGuess::Header { cells } => {
                    self.rows.later_header = Some((number, cells > 1));
                    return true;
                }
                FirstRowGuess::Settled if is_list => return true,
                _ => {}
            }
        }
        false
    }

    fn refuse(&mut self, rejected: RejectedEntry, collector: &mut Collector) {
        collector.reject(rejected, None);
        self.layout_known = true;
        self.rows.is_finished = true;
    }

    /// Starts the row parser with the bytes that were held back.
    fn begin(&mut self, delimiter: u8, collector: &mut Collector) {
        self.layout_known = true;
        let held = std::mem::take(&mut self.held);
        let guess = self.rows.try_row(&held, delimiter, collector);
        self.rows.begin(delimiter);
        if let FirstRowGuess::Data(columns, cells) = guess {
            self.rows.begin_data(columns, cells);
        }
        self.rows.read(&held, collector);
    }
}

/// The only line with each of its addresses on a line of its own. None if it has anything
/// else.
fn split_addresses(line: &[u8], separator: u8) -> Option<Vec<u8>> {
    let mut lines = line.to_vec();
    let mut is_quoted = false;
    for byte in &mut lines {
        is_quoted ^= *byte == b'"';
        if *byte == separator && !is_quoted {
            *byte = b'\n';
        }
    }
    let is_address = |line: &[u8]| {
        str::from_utf8(line).map(bare).is_ok_and(|line| line.is_empty() || is_address(line))
    };
    lines.split(|byte| is_line_end(*byte)).all(is_address).then_some(lines)
}

/// Whether the row contains only white space and empty cells.
fn is_blank(row: &[u8]) -> bool {
    let nothing = |char: char| {
        char.is_whitespace() || matches!(char, ',' | ';' | '|' | '"') || is_invisible(char)
    };
    str::from_utf8(row).is_ok_and(|row| row.chars().all(nothing))
}
