//! Lists of people: which guest of a program each value means, and with that which
//! code.
//!
//! A value is an e-mail address, a telephone number or the text of a code. It leads to
//! the codes of all guests who have it. One code: the value is matched. Several: nobody
//! can say which is meant, so none is taken. A row may have an e-mail address and a
//! telephone number: then it means a guest who has both; if nobody has one of them, the
//! other counts; if they belong to different guests, none is taken.
//!
//! Guests come first, and each row of the list is then decided at once, so that of a
//! long list nothing is kept but the codes and the rows that led to none.

mod contact;
mod guests;

pub(crate) use contact::is_address;

use std::fmt;

use crate::code::Code;
use crate::code::list::CodeList;
use crate::code::rejected::RejectedEntry;
use crate::names::named;
use contact::{Contact, Kind};
use guests::{Found, Guests};

/// The most rows that are kept of each kind; all are counted.
pub const KEPT_ROWS: usize = 100_000;
/// Characters of a value that are kept.
const LONGEST_VALUE: usize = 320;

named! {
    /// Why a row that could be read led to no code.
    #[non_exhaustive]
    pub enum RecipientReason {
        /// No guest of the program has it.
        NoGuest = "no_guest",
        /// A telephone number without `+` and a country code could be several.
        NoCountryCode = "no_country_code",
        /// There is nothing where the recipient should be.
        Empty = "empty",
        /// It leads to several codes, or its columns lead to different guests.
        SeveralGuests = "several_guests",
        /// The guest has no code.
        NoCode = "no_code",
    }
}

/// A guest of the program, as Get Guests lists them. The members are trimmed.
#[derive(Clone, Copy, Default)]
pub(crate) struct Guest<'a> {
    pub(crate) email: &'a str,
    pub(crate) phone: &'a str,
    pub(crate) code_text: &'a str,
    pub(crate) code: Option<Code>,
}

/// One row that led to no code.
#[derive(Clone, PartialEq, Eq)]
pub struct RecipientRow {
    /// The line of the input, from 1; of a list of strings, the entry's number.
    pub line: u64,
    /// What stood there, shortened if it is long.
    pub value: String,
    /// The name of a [`RecipientReason`], or of a
    /// [`RejectReason`](crate::code::rejected::RejectReason) of a row that could not be
    /// read.
    pub reason: &'static str,
    /// The reason in a sentence.
    pub message: String,
    /// The codes that it could mean.
    pub codes: Vec<Code>,
}

// Without `value`, which is a recipient's data.
impl fmt::Debug for RecipientRow {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RecipientRow(line {}, {})", self.line, self.reason)
    }
}

/// Rows that led to no code: the first [`KEPT_ROWS`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
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

/// What became of a list of recipients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecipientMatches {
    /// The codes of the guests that were found.
    pub codes: CodeList,
    /// Rows that nobody is known for, and rows that could not be read.
    pub unmatched: RecipientRows,
    /// Rows that lead to several codes.
    pub ambiguous: RecipientRows,
    /// Rows of guests without a code.
    pub without_code: RecipientRows,
}

/// Takes the rows of a list. A trait, so that a module in which nobody can make a
/// [`RecipientMatcher`] has nothing of it.
pub(crate) trait MatchRows {
    fn add_guest(&mut self, guest: Guest<'_>);
    /// The code that a row means, if it is exactly one. `values` are its cells, trimmed;
    /// of a row with one cell, the second is empty.
    fn find(&mut self, line: u64, values: [&str; 2]) -> Option<Code>;
    /// Takes a row that could not be read.
    fn reject(&mut self, rejected: RejectedEntry);
    /// Counts rows beyond those that are kept.
    fn reject_more(&mut self, count: u64);
    /// How many rows led to no code so far.
    fn count(&self) -> u64;
    fn finish(self: Box<Self>, codes: CodeList) -> RecipientMatches;
}

/// Decides which guest each row means.
#[derive(Default)]
pub(crate) struct RecipientMatcher {
    guests: Guests,
    unmatched: RecipientRows,
    ambiguous: RecipientRows,
    without_code: RecipientRows,
}

impl MatchRows for RecipientMatcher {
    fn add_guest(&mut self, guest: Guest<'_>) {
        self.guests.add(guest);
    }

    fn find(&mut self, line: u64, values: [&str; 2]) -> Option<Code> {
        let contacts = values.map(Contact::of);
        let (rows, reason, message, codes) = match self.guests.find(&contacts) {
            Found::One(code) => return Some(code),
            Found::Several(codes) => {
                let message = "This leads to several guests. Say which is meant.";
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
        let [first, second] = values;
        let value = if first.is_empty() { second } else { first };
        let value = value.chars().take(LONGEST_VALUE).collect();
        let (reason, message) = (reason.as_str(), message.to_owned());
        rows.add(RecipientRow { line, value, reason, message, codes });
        None
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
        let Self { unmatched, ambiguous, without_code, .. } = *self;
        RecipientMatches { codes, unmatched, ambiguous, without_code }
    }
}

fn why_nobody(contacts: &[Contact; 2]) -> (RecipientReason, &'static str) {
    let has = |kind| contacts.iter().any(|contact| contact.kind == kind);
    if has(Kind::Email) || has(Kind::Phone) || has(Kind::Other) {
        (RecipientReason::NoGuest, "No guest of this program has this.")
    } else if has(Kind::LocalPhone) {
        let message = "No guest has this code, and a telephone number needs + and a country code.";
        (RecipientReason::NoCountryCode, message)
    } else {
        (RecipientReason::Empty, "There is nothing where the recipient should be.")
    }
}
