//! What became of a list of recipients.

use crate::code::Code;
use crate::protocol::shape::{Inline, List, crossing, shape};
use crate::recipients::{self, RecipientRows};

/// The name of a reason, of either kind.
struct Reason(&'static str);

crossing! {
    Reason => "RecipientReason | RejectionReason", reason: reason.0.into();
}

shape! {
    /// One row that matched no code. It contains personal data: don't log it.
    RecipientRow<'a> of row: &'a recipients::RecipientRow {
        /// The line, from 1; in a list of strings, the number of the entry.
        line: u64 = row.line,
        /// The recipient, shortened if long. Of two columns, the first that isn't empty.
        value: &'a str = row.value.as_str(),
        /// The reason.
        reason: Reason = Reason(row.reason),
        /// The reason in a sentence.
        message: &'a str = row.message.as_str(),
        /// The codes that an ambiguous row could mean.
        codes: List<'a, Code> = List::of(row.codes.iter().copied()),
    }
}

shape! {
    /// How many rows of each kind there are.
    RowCounts<'a> of matches: &recipients::RecipientMatches {
        unmatched: u64 = matches.unmatched.count,
        ambiguous: u64 = matches.ambiguous.count,
        withoutCode: u64 = matches.without_code.count,
    }
}

shape! {
    /// The result for a list of recipients. Each row is in one of the four.
    RecipientMatches<'a> of matches: &'a recipients::RecipientMatches {
        /// Rows whose recipient is not a guest, and rows that could not be read.
        unmatched: List<'a, RecipientRow<'a>> = rows(&matches.unmatched),
        /// Rows that match several codes.
        ambiguous: List<'a, RecipientRow<'a>> = rows(&matches.ambiguous),
        /// Rows of guests who have no code.
        withoutCode: List<'a, RecipientRow<'a>> = rows(&matches.without_code),
        /// The first row of a list with one column, if it was taken for its name although it is
        /// no usual one: the next row is a recipient.
        header: Option<&'a str> = matches.header.as_deref(),
        /// The number of rows of each kind; of more than 100,000, only the first are listed.
        counts: Inline<RowCounts<'a>> = Inline(RowCounts::of(matches)),
    }
    javascript {
        /// The codes of the guests that were found. A guest who occurs twice counts in
        /// `duplicates`.
        "codes": "CodeList",
    }
}

fn rows(rows: &RecipientRows) -> List<'_, RecipientRow<'_>> {
    List::of(rows.rows.iter().map(RecipientRow::of))
}
