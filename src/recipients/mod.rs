//! Lists of recipients: matches each value with a guest of a program, and so with a code.
//!
//! A value is an e-mail address, a telephone number or the text of a code. It matches the
//! codes of all guests who have it. If there is one code, the value is matched; if there
//! are several, the value is ambiguous and none is used. A row may have an e-mail address
//! and a telephone number: then it means a guest who has both; if no guest has one of
//! them, the other one counts; if they belong to different guests, none is used.
//!
//! The id of a code stands for that code.
//!
//! The guests are added first. Each row is then decided at once, so that only the codes
//! and the unmatched rows of a long list are kept.

mod contact;
mod guests;

pub(crate) use contact::{is_address, lower_case};

use std::fmt;

use crate::code::Code;
use crate::code::list::CodeList;
use crate::code::rejected::RejectedEntry;
use crate::names::named;
use contact::{Contact, Kind};
use guests::{Found, Guests};

/// The most rows of each kind that are kept; all are counted.
pub const KEPT_ROWS: usize = 100_000;
/// Characters of a value that are kept.
const LONGEST_VALUE: usize = 320;

named! {
    /// Why a readable row of a list of recipients led to no code.
    #[non_exhaustive]
    pub enum RecipientReason {
        /// No guest of the program matches it.
        NoGuest = "no_guest",
        /// No code of the program has this text.
        NoCodeText = "no_code_text",
        /// A telephone number without `+` or `00` and a country code is ambiguous.
        NoCountryCode = "no_country_code",
        /// A spreadsheet has removed the last digits of the number: `1.555E+12`.
        ShortenedNumber = "shortened_number",
        /// The recipient is missing.
        Empty = "empty",
        /// It matches several guests or codes, or its columns match different guests.
        SeveralGuests = "several_guests",
        /// The guest has no code in this program.
        NoCode = "no_code",
    }
}

/// A guest of the program, as in Get Guests. The members are trimmed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Guest<'a> {
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) code_text: &'a str,
    pub(crate) code: Option<Code>,
}

/// A row that matched no code.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientRow {
    /// The line of the input, from 1; in a list of strings, the number of the entry.
    pub line: u64,
    /// The value of the row, shortened if it is long.
    pub value: String,
    /// The name of a [`RecipientReason`]; or of a
    /// [`RejectReason`](crate::code::rejected::RejectReason), if the row could not be
    /// read.
    pub reason: &'static str,
    /// The reason in a sentence.
    pub message: String,
    /// The codes that it may mean.
    pub codes: Vec<Code>,
}

// Omits `value`, which is a recipient's data.
impl fmt::Debug for RecipientRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RecipientRow(line {}, {})", self.line, self.reason)
    }
}

/// Rows that matched no code: the first [`KEPT_ROWS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientRows {
    /// How many there are.
    pub count: u64,
    /// The first of them.
    pub rows: Vec<RecipientRow>,
}

impl RecipientRows {
    fn add(&mut self, row: RecipientRow) {
        self.count += 1;
        if self.rows.len() < KEPT_ROWS {
            self.rows.push(row);
        }
    }
}

/// The result of matching a list of recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RecipientMatches {
    /// The codes of the matched guests.
    pub codes: CodeList,
    /// Rows that match no guest, and rows that could not be read.
    pub unmatched: RecipientRows,
    /// Rows that match several codes.
    pub ambiguous: RecipientRows,
    /// Rows that match a guest without a code.
    pub without_code: RecipientRows,
    /// The first row of a list with one column, if it was taken for the column's name.
    pub header: Option<String>,
}

/// Matches the rows of a list. It is a trait, so that a module that never creates a
/// [`RecipientMatcher`] does not contain its code.
pub(crate) trait MatchRows {
    fn add_guest(&mut self, guest: Guest<'_>);
    /// The code that a row means, if it is exactly one. `values` are its trimmed cells;
    /// the second is empty if the row has one cell.
    fn find(&mut self, line: u64, values: [&str; 2]) -> Option<Code>;
    /// Whether a value is an address, or the text of a code of the program.
    fn knows(&self, value: &str) -> bool;
    /// Whether the first row of a list with one column is the name of that column, although
    /// no usual one. It is not known, and the next row is.
    fn is_header(&mut self, value: &str) -> bool;
    /// Adds a row that could not be read.
    fn reject(&mut self, rejected: RejectedEntry);
    /// Counts rows beyond those that are kept.
    fn reject_more(&mut self, count: u64);
    /// How many rows matched no code so far.
    fn count(&self) -> u64;
    fn finish(self: Box<Self>, codes: CodeList) -> RecipientMatches;
}

/// Matches rows with guests.
#[derive(Default)]
pub(crate) struct RecipientMatcher {
    guests: Guests,
    unmatched: RecipientRows,
    ambiguous: RecipientRows,
    without_code: RecipientRows,
    header: Option<String>,
}

impl MatchRows for RecipientMatcher {
    fn add_guest(&mut self, guest: Guest<'_>) {
        self.guests.add(guest);
    }

    fn find(&mut self, line: u64, values: [&str; 2]) -> Option<Code> {
        let [first, second] = values;
        if second.is_empty()
            && let Ok(code) = Code::parse(first.as_bytes())
        {
            return Some(code);
        }
        let contacts = values.map(Contact::of);
        let (rows, reason, message, codes) = match self.guests.find(&contacts) {
            Found::One(code) => return Some(code),
            Found::Several(codes) => {
                let message = "This matches several guests. Use a value that only one of them has.";
                (&mut self.ambiguous, RecipientReason::SeveralGuests, message, codes)
            }
            Found::WithoutCode => {
                let message = "This guest has no code in this program.";
                (&mut self.without_code, RecipientReason::NoCode, message, Vec::new())
            }
            Found::Nobody => {
                let (reason, message) = why_nobody(&contacts);
                (&mut self.unmatched, reason, message, Vec::new())
            }
        };
        let value = if first.is_empty() { second } else { first };
        let value = value.chars().take(LONGEST_VALUE).collect();
        let (reason, message) = (reason.as_str(), message.to_owned());
        rows.add(RecipientRow { line, value, reason, message, codes });
        None
    }

    fn knows(&self, value: &str) -> bool {
        is_address(value) || self.guests.find_key(&Contact::of(value)).is_some()
    }

    fn is_header(&mut self, value: &str) -> bool {
        // A misspelt address is no header: it would be missing in the result.
        let is_header = Contact::of(value).kind == Kind::Words;
        if is_header {
            self.header = Some(value.to_owned());
        }
        is_header
    }

    fn reject(&mut self, rejected: RejectedEntry) {
        let RejectedEntry { line, value, reason, message } = rejected;
        let reason = reason.as_str();
        self.unmatched.add(RecipientRow { line, value, reason, message, codes: Vec::new() });
    }

    fn reject_more(&mut self, count: u64) {
        self.unmatched.count += count;
    }

    fn count(&self) -> u64 {
        self.unmatched.count + self.ambiguous.count + self.without_code.count
    }

    fn finish(self: Box<Self>, codes: CodeList) -> RecipientMatches {
        let Self { unmatched, ambiguous, without_code, header, .. } = *self;
        RecipientMatches { codes, unmatched, ambiguous, without_code, header }
    }
}

fn why_nobody(contacts: &[Contact; 2]) -> (RecipientReason, &'static str) {
    let has = |kind| contacts.iter().any(|contact| contact.kind == kind);
    if has(Kind::Shortened) {
        (RecipientReason::ShortenedNumber, "The spreadsheet has shortened this number.")
    } else if has(Kind::Email) || has(Kind::Phone) {
        (RecipientReason::NoGuest, "No guest of this program has this.")
    } else if has(Kind::Other) || has(Kind::Words) {
        (RecipientReason::NoCodeText, "No code of this program has this text.")
    } else if has(Kind::LocalPhone) {
        (RecipientReason::NoCountryCode, "A telephone number needs + and a country code.")
    } else {
        (RecipientReason::Empty, "The recipient is missing.")
    }
}
