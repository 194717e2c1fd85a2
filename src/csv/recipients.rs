//! Rows of recipients: the cells of a row go to what finds their guest.

use super::cell::{Cell, bare};
use super::programs::{Collector, READS_ALL};
use super::{CodeReader, message};
use crate::code::Code;
use crate::code::rejected::RejectReason;
use crate::recipients::{Guest, RecipientMatcher, RecipientMatches, is_address};

impl CodeReader {
    /// Reads recipients in place of codes, and looks for them among the guests that
    /// [`Self::add_guest`] adds afterwards. To be called before anything is read.
    pub fn expect_recipients(&mut self) {
        self.collector.recipients = Some(Box::new(RecipientMatcher::default()));
        self.input.expect_recipients();
    }

    /// Adds a guest of the program; what is not known is empty. A code id that is no
    /// UUID counts as none.
    pub fn add_guest(&mut self, email: &str, phone: &str, code_text: &str, code_id: &str) {
        let [email, phone, code_text] = [email, phone, code_text].map(bare);
        let code = Code::parse(bare(code_id).as_bytes()).ok();
        if let Some(recipients) = &mut self.collector.recipients {
            recipients.add_guest(Guest { email, phone, code_text, code });
        }
    }

    /// What became of the recipients, when all was pushed. Nothing, if none were expected.
    #[must_use]
    pub fn finish_recipients(mut self) -> RecipientMatches {
        self.input.finish(&mut self.collector);
        let Collector { recipients, all, .. } = self.collector;
        recipients.map(|recipients| recipients.finish(all.finish())).unwrap_or_default()
    }
}

impl Collector {
    pub(super) const fn is_for_recipients(&self) -> bool {
        READS_ALL && self.recipients.is_some()
    }

    /// How many rows were refused, or led to no code.
    pub(super) fn rejected_count(&self) -> u64 {
        let recipients = self.recipients.as_ref().map_or(0, |recipients| recipients.count());
        self.all.so_far().rejected_count() + recipients
    }

    /// Takes the cells of a row of recipients. False if they can't be read.
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
        if self.is_trial {
            // What is none may be a header, or another format.
            self.fault = (!values.into_iter().any(is_address)).then_some(RejectReason::NotAUuid);
        } else if let Some(recipients) = &mut self.recipients
            && let Some(code) = recipients.find(line, values)
        {
            self.all.insert(code);
        }
        true
    }
}
