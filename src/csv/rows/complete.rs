//! A complete row: a header, data, or rejected.

use super::{CellState, NO_DELIMITER, RowParser};
use crate::code::rejected::RejectReason;
use crate::csv::cell::Cell;
use crate::csv::columns::FirstRow;
use crate::csv::message;
use crate::csv::programs::{Collector, READS_ALL};
use crate::text::{decimal, text};

/// Why a row is rejected: the cell to show, the reason, and the message.
type Refusal<'a> = (&'a Cell, RejectReason, String);

impl RowParser {
    pub(super) fn end_row(&mut self, collector: &mut Collector) {
        let is_header = !self.has_columns;
        self.close_quotes(self.state);
        let content = self.header.content();
        let has_own_code = || (!is_header || self.column == 0) && self.code.contains(content);
        let is_taken = if self.state == CellState::Malformed {
            self.reject_quotes(message::MALFORMED, collector);
            false
        } else if self.quoted.have_codes(has_own_code) {
            // The text inside the quotes may not belong to the code.
            self.code.truncate_at(self.delimiter);
            self.reject_quotes(message::DRAWS_IN, collector);
            false
        } else if is_header {
            self.end_header(collector);
            false
        } else {
            self.shape.end_cell();
            self.end_data(false, collector)
        };
        self.shape.end_row(is_taken);
        self.quoted.end_row();
        self.state = CellState::Start;
        self.has_begun = false;
        self.column = 0;
        self.code.clear();
        self.program.clear();
        self.row_lines.count = 0;
        self.row_lines.first.clear();
        self.row_lines.is_filled = false;
    }

    /// Rejects a row with unmatched quotes, and every line inside them.
    fn reject_quotes(&mut self, mut why: &'static str, collector: &mut Collector) {
        if self.column == self.columns.code {
            self.code.truncate_at(self.delimiter);
        }
        let is_list = self.delimiter == NO_DELIMITER && !self.header.is_by_program();
        if !self.has_columns && (!is_list || self.has_header_below()) {
            why = message::MALFORMED_HEADER;
            self.is_finished = true;
            self.code.clear();
        }
        self.has_columns = true;
        self.reject_lines(why.into(), None, collector);
    }

    /// Rejects the row, and each further line of it that is not blank.
    fn reject_lines(
        &mut self,
        mut message: String,
        mut program: Option<&str>,
        collector: &mut Collector,
    ) {
        self.end_line();
        for line in &self.row_lines.first {
            let rejected = self.code.rejected(*line, RejectReason::MalformedCsv, message);
            collector.reject(rejected, program.take());
            self.code.clear();
            message = message::SWALLOWED.into();
        }
        collector.reject_more(self.row_lines.count - self.row_lines.first.len() as u64);
    }

    fn end_header(&mut self, collector: &mut Collector) {
        self.header.consider(&self.code);
        if self.header.named_count() == 0 {
            self.header.reset();
            return;
        }
        self.has_columns = true;
        let (reason, fault) = match self.header.decide() {
            FirstRow::Header(columns) => {
                self.columns = columns;
                self.shape.begin(columns, self.header.count(), self.header.named_count());
                return;
            }
            FirstRow::Data(_) if self.header.count() == 1 && !self.has_header_below() => {
                if !READS_ALL
                    || !self.has_recipient_below
                    || !collector.is_name_of_recipients(&self.code)
                {
                    self.end_data(true, collector);
                }
                return;
            }
            FirstRow::Data(_) => (RejectReason::MissingColumn, message::NO_HEADER),
            FirstRow::Fault(reason, fault) => (reason, fault),
        };
        let fault = text(&[fault, &self.hint()]);
        collector.reject(self.header.sample().rejected(self.line, reason, fault), None);
        self.is_finished = true;
    }

    /// Accepts or rejects a row; `is_first`: it is the only row that could have been a
    /// header. True if it is accepted.
    fn end_data(&mut self, is_first: bool, collector: &mut Collector) -> bool {
        if !self.shape.has_other() && self.code.is_empty() {
            return false;
        }
        let program = match self.columns.program().and_then(|_| self.program.program_id()) {
            None | Some("") => None,
            program => program,
        };
        let is_shifted = self.shape.is_shifted(self.row_lines.count > 0, || {
            program.is_some_and(|program| collector.knows(program))
        });
        if is_shifted {
            // Only the first cell is certain not to be shifted.
            let program = program.filter(|_| self.columns.program() == Some(0)).map(str::to_owned);
            self.reject_lines(self.shape.fault(), program.as_deref(), collector);
            return false;
        }
        if collector.is_for_recipients() {
            return collector.match_recipient(self.line, [&self.code, &self.program]);
        }
        let Err((cell, reason, mut message)) = self.read_data_row(collector) else { return true };
        if is_first
            && reason == RejectReason::NotAUuid
            && !cell.is_empty()
            && !cell.looks_like_code()
        {
            message.push_str(message::IF_HEADER);
            message.push_str(&self.hint());
        }
        collector.reject(cell.rejected(self.line, reason, message), program);
        false
    }

    fn has_header_below(&self) -> bool {
        self.later_header.is_some_and(|(_, has_cells)| has_cells)
    }

    /// The line in which the header seems to be, if it is not the first row.
    fn hint(&self) -> String {
        let Some((header, _)) = self.later_header else { return String::new() };
        let (line, header) = (decimal(self.line), decimal(header));
        text(&[message::LINE, &line, message::DECIDES, &header, message::IF_SO, &header, "."])
    }

    fn read_data_row(&self, collector: &mut Collector) -> Result<(), Refusal<'_>> {
        let (code, program) = (&self.code, &self.program);
        let missing = |message: &str| (code, RejectReason::MissingColumn, message.to_owned());
        if self.column < self.columns.code.max(self.columns.program().unwrap_or(0)) {
            return Err(missing(message::SHORT_ROW));
        }
        let id = code.code().map_err(|reason| (code, reason, code.message_for(reason)))?;
        if self.columns.program().is_some() && program.is_empty() {
            return Err(missing(message::EMPTY_PROGRAM));
        }
        let Some(name) = program.program_id() else {
            return Err((program, RejectReason::NotUtf8, message::NOT_UTF8.to_owned()));
        };
        if program.is_too_long() || !collector.accept(id, name) {
            return Err((program, RejectReason::InvalidProgramId, message::NO_PROGRAM.to_owned()));
        }
        Ok(())
    }
}
