//! Entries of a list that are no codes.

use std::fmt;

use crate::names::named;

named! {
    /// Why one entry of a list is no code.
    #[non_exhaustive]
    pub enum RejectReason {
        /// Not a UUID in the 8-4-4-4-12 form.
        NotAUuid = "not_a_uuid",
        /// The UUID of only zeros.
        NilUuid = "nil_uuid",
        /// The row, or the header, lacks the column of the codes.
        MissingColumn = "missing_column",
        /// Several columns have the name that is looked for.
        AmbiguousColumn = "ambiguous_column",
        /// The quotes of the row don't match, or its cells have shifted.
        MalformedCsv = "malformed_csv",
        /// The file, or the column of the codes, is not UTF-8.
        NotUtf8 = "not_utf8",
        /// The file is no list of codes, but a workbook, an archive, JSON or the like.
        UnsupportedFormat = "unsupported_format",
        /// The entry is not a string.
        NotAString = "not_a_string",
        /// The program column holds no usable program id.
        InvalidProgramId = "invalid_program_id",
    }
}

/// One entry that was refused.
#[derive(Clone, PartialEq, Eq)]
pub struct RejectedEntry {
    /// The line of the input, from 1; of a list of strings, the entry's number.
    pub line: u64,
    /// What stood there, shortened. For the caller's eyes: it may be anything.
    pub value: String,
    /// Why it was refused.
    pub reason: RejectReason,
    /// The reason in a sentence.
    pub message: String,
}

// Without `value`: it can be a recipient's data.
impl fmt::Debug for RejectedEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RejectedEntry(line {}, {})", self.line, self.reason.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_value() {
        let rejected = RejectedEntry {
            line: 7,
            value: "jane@example.com".into(),
            reason: RejectReason::NilUuid,
            message: String::new(),
        };
        assert_eq!(format!("{rejected:?}"), "RejectedEntry(line 7, nil_uuid)");
    }
}
