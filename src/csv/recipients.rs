//! Rows of recipients: passes the cells of a row to the matcher.

use super::cell::{Cell, bare};
use super::programs::{Collector, READS_ALL};
use super::{CodeReader, message};
use crate::code::Code;
use crate::code::rejected::RejectReason;
use crate::recipients::{Guest, MatchRows, RecipientMatcher, RecipientMatches};

impl CodeReader {
    /// Reads recipients instead of codes, and matches them with the guests that
    /// [`Self::add_guest`] adds afterwards. Call this before reading anything.
    ///
    /// The `program_column` of [`Options`](super::Options) is then the column of telephone
    /// numbers beside that of the recipients. None: one with a usual name, unless the column
    /// of the recipients was given.
    pub fn expect_recipients(&mut self) {
        self.collector.expect_recipients(Box::new(RecipientMatcher::default()));
        self.input.expect_recipients();
    }

    /// Adds a guest of the program; unknown members are empty. A code id that is not a
    /// UUID counts as missing.
    pub fn add_guest(&mut self, email: &str, phone: &str, code_text: &str, code_id: &str) {
        let [email, phone, code_text] = [email, phone, code_text].map(bare);
        let code = Code::parse(bare(code_id).as_bytes()).ok();
        if let Some(recipients) = &mut self.collector.recipients {
            recipients.add_guest(Guest { email, phone, code_text, code });
        }
    }

    /// The result for the recipients, once everything was pushed. Empty if none were
    /// expected.
    #[must_use]
    pub fn finish_recipients(mut self) -> RecipientMatches {
        self.input.finish(&mut self.collector);
        let Collector { recipients, all, .. } = self.collector;
        recipients.map(|recipients| recipients.finish(all.finish())).unwrap_or_default()
    }
}

impl Collector {
    fn expect_recipients(&mut self, matcher: Box<dyn MatchRows>) {
        self.by_program = false;
        self.recipients = Some(matcher);
    }

    pub(super) const fn is_for_recipients(&self) -> bool {
        READS_ALL && self.recipients.is_some()
    }

    /// How many rows were rejected, or matched no code.
    pub(super) fn rejected_count(&self) -> u64 {
        let recipients = self.recipients.as_ref().map_or(0, |recipients| recipients.count());
        self.all.so_far().rejected_count() + recipients
    }

    /// Matches the cells of a row of recipients. False if they can't be read.
    pub(super) fn match_recipient(&mut self, line: u64, cells: [&Cell; 2]) -> bool {
        for cell in cells {
            let (reason, message) = if cell.is_too_long() {
                (RejectReason::MalformedCsv, message::TOO_LONG)
            } else if cell.text().is_none() {
                (RejectReason::NotUtf8, message::NOT_UTF8)
            } else {
                continue;
            };
            self.reject(cell.rejected(line, reason, message.to_owned()), None);
            return false;
        }
        let values = cells.map(|cell| cell.text().map(bare).unwrap_or_default());
        let Some(recipients) = &mut self.recipients else { return true };
        if self.is_trial {
            // A row without a recipient may be a header or another format.
            let is_known = values.into_iter().any(|value| recipients.knows(value));
            self.fault = (!is_known).then_some(RejectReason::NotAUuid);
        } else if let Some(code) = recipients.find(line, values) {
            self.all.insert(code);
        }
        true
    }

    /// Whether the first row of a list with one column is its name, and the next is a
    /// recipient.
    pub(super) fn is_name_of_recipients(&mut self, cell: &Cell) -> bool {
        match (&mut self.recipients, cell.text()) {
            (Some(recipients), Some(text)) if READS_ALL => recipients.is_header(bare(text)),
            _ => false,
        }
    }
}
