//! What is told of what was rejected.

pub(super) const NO_UUID: &str = "This is no code: a code is a UUID with hyphens.";
pub(super) const OTHER_FORM: &str =
    "This is a UUID in another form: a code has 8-4-4-4-12 digits with hyphens.";
pub(super) const CODE_TEXT: &str =
    "This looks like a code_text, which riders type. The code_id is needed, which is a UUID.";
pub(super) const FIRST: &str = "This is no code. If it is a header, name it by the option column.";
pub(super) const FIRST_CODE_TEXT: &str = "This looks like a code_text, which riders type. The code_id is needed, which is a UUID. If it is a header, name it by the option column.";
pub(super) const EMPTY: &str = "There is nothing where the code should be.";
pub(super) const NIL: &str = "This is the UUID of only zeros, which stands for none.";
pub(super) const NO_STRING: &str = "This entry is no string.";
pub(super) const NOT_UTF8: &str = "This is not UTF-8. Save the file as UTF-8.";
pub(super) const UTF16: &str = "This file is UTF-16. Save it as UTF-8.";
pub(super) const SHORT_ROW: &str = "This row ends before the column that is needed.";
pub(super) const EMPTY_PROGRAM: &str = "There is nothing where the program id should be.";
pub(super) const NO_PROGRAM: &str = "There is no program id in the program column of this row.";
pub(super) const MALFORMED: &str = "The quotes of this row don't match.";
pub(super) const MALFORMED_HEADER: &str =
    "The quotes of the header don't match. Nothing behind it was read.";
pub(super) const SWALLOWED: &str =
    "This line was drawn into a row above, whose quotes don't match.";
pub(super) const NO_HEADER: &str =
    "A header row with the names of the columns is missing. Nothing was read.";
pub(super) const NO_COLUMN: &str = "No column is named code_id, code_uuid, uuid or code. Name it by the option column. Nothing was read.";
pub(super) const NO_SUCH_COLUMN: &str =
    "No column has the name that the option column gives. Nothing was read.";
pub(super) const NO_PROGRAM_COLUMN: &str = "No column is named voucher_program_id, program_id or program. Name it by the option programColumn. Nothing was read.";
pub(super) const NO_SUCH_PROGRAM_COLUMN: &str =
    "No column has the name that the option programColumn gives. Nothing was read.";
