//! The first rows, held back until the layout is known.
//!
//! Mostly that is after the first row that isn't blank: it is a header, or a code.
//! If it is neither, what comes next says what is wrong: a header further down, or
//! a format that is no list of codes.

use std::slice;

use super::Options;
use super::cell::{Cell, is_line_end};
use super::character::is_invisible;
use super::columns::{Columns, Header};
use super::delimiter::DelimiterDetector;
use super::format;
use super::message;
use super::programs::Collector;
use super::rows::{Lines, NO_DELIMITER, Rows};
use crate::error::{Reason, Rejected};
use crate::text::{decimal, text};

/// What is to be done with a file.
pub(super) enum Decision {
    /// Nothing is read.
    Refuse(Rejected),
    /// The rows begin with what is held.
    Begin {
        delimiter: u8,
        /// The first row, of so many cells, has codes in these columns.
        begins_with: Option<(Columns, usize)>,
        later_header: Option<u64>,
    },
}

pub(super) struct Head {
    header: Header,
    /// The line of the header, if the caller says it.
    header_row: Option<u64>,
    /// The delimiter that a first line `sep=;` gives.
    separator: Option<u8>,
    held: Vec<u8>,
    detector: DelimiterDetector,
    /// What the first row is, if it doesn't say what to do.
    first: Option<First>,
    /// Where in `held` the line under way begins.
    line_start: usize,
    /// Lines behind the first row that aren't blank.
    lines: usize,
}

/// A first row that has to wait for the next lines.
enum First {
    /// A header with pipes, if it isn't the head of a table in Markdown.
    Pipes {
        begins_with: Option<(Columns, usize)>,
    },
    Json,
    /// Neither a header nor a code.
    Unusable {
        delimiter: u8,
        fault: Rejected,
        has_pipes: bool,
    },
}

/// A row, read as if it were the first.
struct Trial {
    is_header: bool,
    is_code: bool,
    begins_with: Option<(Columns, usize)>,
    fault: Option<Rejected>,
}

impl Trial {
    /// Whether there is nothing to wait for.
    fn is_clear(&self) -> bool {
        let reason = self.fault.as_ref().map(|fault| fault.reason);
        self.is_header
            || self.is_code
            || self.begins_with.is_some()
            || reason == Some(Reason::AmbiguousColumn)
    }
}

impl Head {
    /// A longer row is judged by its beginning, and no more is held.
    const LONGEST: usize = 1 << 16;
    /// A header is looked for in so many lines.
    const LINES: usize = 100;

    pub(super) fn new(Options { column, program_column, header_row, .. }: Options) -> Self {
        Self {
            header: Header::new(column, program_column, header_row.is_some()),
            header_row,
            separator: None,
            held: Vec::new(),
            detector: DelimiterDetector::default(),
            first: None,
            line_start: 0,
            lines: 0,
        }
    }

    pub(super) fn header(&self) -> Header {
        self.header.clone()
    }

    pub(super) fn into_held(self) -> Vec<u8> {
        self.held
    }

    /// Takes the next byte.
    pub(super) fn take(&mut self, byte: u8, rows: &mut Rows) -> Option<Decision> {
        if self.is_before_header(rows) {
            self.skip(byte, rows);
            return None;
        }
        self.held.push(byte);
        let is_full = self.held.len() >= Self::LONGEST;
        match &self.first {
            None if self.detector.take(byte) => self.end_first_row(rows),
            None if is_full => Some(begin(self.delimiter())),
            Some(_) if is_line_end(byte) => self.end_line(rows),
            Some(_) if is_full => Some(self.give_up()),
            _ => None,
        }
    }

    /// No more bytes come.
    pub(super) fn finish(&mut self, rows: &mut Rows) -> Option<Decision> {
        let decision = match &self.first {
            None if self.held.is_empty() || self.is_before_header(rows) => None,
            None => self.end_first_row(rows),
            Some(_) => self.end_line(rows),
        };
        if decision.is_some() {
            return decision;
        }
        if self.first.is_some() {
            return Some(self.give_up());
        }
        self.header_row.map(|_| {
            let (line, value, reason) = (rows.lines.line, String::new(), Reason::MissingColumn);
            Decision::Refuse(Rejected { line, value, reason, message: message::NO_ROW.into() })
        })
    }

    fn is_before_header(&self, rows: &Rows) -> bool {
        self.header_row.is_some_and(|row| rows.lines.line < row)
    }

    /// Passes a byte of a line before the header.
    fn skip(&mut self, byte: u8, rows: &mut Rows) {
        /// As much as a line can have that gives the delimiter.
        const SEPARATOR: usize = 16;
        if rows.lines.line == 1 && self.held.len() < SEPARATOR {
            self.held.push(byte);
        }
        if is_line_end(byte) {
            self.separator = self.separator.or(format::separator(&self.held));
            self.held.clear();
        }
        rows.lines.pass(byte);
    }

    fn delimiter(&self) -> u8 {
        self.separator.unwrap_or_else(|| self.detector.delimiter())
    }

    /// Passes what is held, and begins anew.
    fn pass(&mut self, rows: &mut Rows) {
        self.held.iter().for_each(|byte| rows.lines.pass(*byte));
        self.held.clear();
        self.detector = DelimiterDetector::default();
    }

    fn end_first_row(&mut self, rows: &mut Rows) -> Option<Decision> {
        if !self.detector.is_quoted() && is_blank(&self.held) {
            self.pass(rows);
            return None;
        }
        if self.separator.is_none()
            && let Some(separator) = format::separator(&self.held)
        {
            self.separator = Some(separator);
            self.pass(rows);
            return None;
        }
        let (row, line) = (&self.held, rows.lines.line);
        let delimiter = self.delimiter();
        let trial = self.trial(row, line, delimiter);
        if trial.is_clear() {
            let begins_with = trial.begins_with;
            return Some(Decision::Begin { delimiter, begins_with, later_header: None });
        }
        let has_pipes = self.separator.is_none() && row.contains(&b'|');
        let piped = has_pipes.then(|| self.trial(row, line, b'|')).filter(Trial::is_clear);
        if self.header_row.is_some() {
            let is_piped = piped.is_some() || has_pipes && delimiter == NO_DELIMITER;
            return Some(begin(if is_piped { b'|' } else { delimiter }));
        }
        if let Some(Trial { begins_with, .. }) = piped {
            self.first = Some(First::Pipes { begins_with });
            self.line_start = self.held.len();
            return None;
        }
        self.first = Some(match (format::of_first_line(row), trial.fault) {
            (Some(format::JSON), _) if format::may_be_json_line(row) => First::Json,
            (Some(format), _) => return Some(Decision::Refuse(format::other(format))),
            (None, Some(fault)) => First::Unusable { delimiter, fault, has_pipes },
            (None, None) => return Some(begin(delimiter)),
        });
        self.line_start = self.held.len();
        None
    }

    /// Judges a line behind the first row.
    fn end_line(&mut self, rows: &Rows) -> Option<Decision> {
        let (before, line) = self.held.split_at_checked(self.line_start)?;
        if is_blank(line) {
            self.line_start = self.held.len();
            return None;
        }
        let is_markdown = format::is_markdown(line);
        let decision = match &self.first {
            Some(First::Json) if before.trim_ascii().first() == line.trim_ascii().first() => {
                Some(Decision::Refuse(format::other(format::JSON_LINES)))
            }
            Some(First::Json) => Some(Decision::Refuse(format::other(format::JSON))),
            _ if is_markdown => Some(Decision::Refuse(format::other(format::MARKDOWN))),
            Some(First::Pipes { .. }) => Some(self.give_up()),
            Some(First::Unusable { delimiter, fault, has_pipes }) => {
                let mut lines = rows.lines;
                for byte in before {
                    lines.pass(*byte);
                }
                // Without a delimiter, the first row stands in a list of codes.
                let is_lone = *delimiter == NO_DELIMITER && !self.header.is_by_program();
                if is_lone && is_code(line) {
                    Some(begin(NO_DELIMITER))
                } else if let Some(found) = self.find_header(line, lines) {
                    Some(if is_lone && found == NO_DELIMITER {
                        let later_header = Some(lines.line);
                        Decision::Begin { delimiter: found, begins_with: None, later_header }
                    } else {
                        Decision::Refuse(below(fault, lines.line))
                    })
                } else {
                    let is_piped = *has_pipes && is_lone && self.lines == 0 && line.contains(&b'|');
                    is_piped.then(|| begin(b'|'))
                }
            }
            None => None,
        };
        self.line_start = self.held.len();
        self.lines += 1;
        if decision.is_none() && self.lines == Self::LINES {
            return Some(self.give_up());
        }
        decision
    }

    /// The delimiter with which a line is a header.
    fn find_header(&self, row: &[u8], lines: Lines) -> Option<u8> {
        let delimiter = self.separator.unwrap_or_else(|| DelimiterDetector::of(row));
        let is_header = |delimiter: &u8| self.trial(row, lines.line, *delimiter).is_header;
        [delimiter, b'|'].into_iter().find(is_header)
    }

    /// What there is to do if nothing more is known.
    fn give_up(&self) -> Decision {
        match &self.first {
            Some(First::Json) => Decision::Refuse(format::other(format::JSON)),
            Some(First::Pipes { begins_with }) => {
                let begins_with = *begins_with;
                Decision::Begin { delimiter: b'|', begins_with, later_header: None }
            }
            Some(First::Unusable { delimiter, .. }) => begin(*delimiter),
            None => begin(self.delimiter()),
        }
    }

    /// Reads a row as if it were the first.
    fn trial(&self, row: &[u8], line: u64, delimiter: u8) -> Trial {
        // One row has no codes to choose so that their hashes collide: any seed does.
        let mut collector = Collector::new(self.header.is_by_program(), 0);
        let mut rows = Rows::new(self.header.clone());
        rows.lines.line = line;
        rows.begin(delimiter);
        // With that delimiter, it may end before `row` does.
        for byte in row {
            rows.read(slice::from_ref(byte), &mut collector);
            if rows.header.is_none() {
                break;
            }
        }
        rows.finish(&mut collector);
        let is_code = collector.distinct() > 0;
        let begins_with = rows.begins_with;
        let is_blank = rows.header.is_some();
        let fault = collector.finish().rejected().first().cloned();
        Trial { is_header: fault.is_none() && !is_code && !is_blank, is_code, begins_with, fault }
    }
}

const fn begin(delimiter: u8) -> Decision {
    Decision::Begin { delimiter, begins_with: None, later_header: None }
}

/// The one issue of a file whose header is in another line than the first.
fn below(fault: &Rejected, header: u64) -> Rejected {
    let parts = [
        message::LINE,
        &decimal(fault.line),
        message::DECIDES,
        &message::later_header(header),
        message::END,
    ];
    let (value, reason) = (fault.value.clone(), Reason::MissingColumn);
    Rejected { line: fault.line, value, reason, message: text(&parts).into() }
}

/// Whether there is nothing but white space and empty cells.
fn is_blank(row: &[u8]) -> bool {
    let nothing = |char: char| {
        char.is_whitespace() || matches!(char, ',' | ';' | '|' | '"') || is_invisible(char)
    };
    str::from_utf8(row).is_ok_and(|row| row.chars().all(nothing))
}

fn is_code(line: &[u8]) -> bool {
    let mut cell = Cell::default();
    cell.extend(line);
    cell.code().is_ok()
}
