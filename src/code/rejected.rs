//! Rejected entries of a list.

use std::fmt;

use crate::names::named;

named! {
    /// Why an entry of a list was rejected.
    #[non_exhaustive]
    pub enum RejectReason {
        /// Not a UUID in the 8-4-4-4-12 form.
        NotAUuid = "not_a_uuid",
        /// The nil UUID (only zeros).
        NilUuid = "nil_uuid",
        /// The row, or the header, has no column of codes.
        MissingColumn = "missing_column",
        /// Several columns have the wanted name.
        AmbiguousColumn = "ambiguous_column",
        /// The quotes of the row don't match, or its cells have shifted.
        MalformedCsv = "malformed_csv",
        /// The file, or the column of the codes, is not UTF-8.
        NotUtf8 = "not_utf8",
        /// The file is a workbook, an archive, JSON or the like, not a list of codes.
        UnsupportedFormat = "unsupported_format",
        /// The entry is not a string.
        NotAString = "not_a_string",
        /// The program column has no usable program id.
        InvalidProgramId = "invalid_program_id",
    }
}

/// A rejected entry.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RejectedEntry {
    /// The line of the input, from 1; in a list of strings, the number of the entry.
    pub line: u64,
    /// The rejected text, shortened. It may be anything, including personal data.
    pub value: String,
    /// Why it was rejected.
    pub reason: RejectReason,
    /// The reason in a sentence.
    pub message: String,
}

// Omits `value`, which may be a recipient's data.
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
