//! Messages about rejected entries.

pub(super) const NO_UUID: &str = "This is not a code: a code is a UUID with hyphens.";
pub(super) const OTHER_FORM: &str =
    "This is a UUID in another form: a code has 8-4-4-4-12 digits with hyphens.";
pub(super) const CODE_TEXT: &str =
    "This looks like a code_text, which riders type. Use the code_id, which is a UUID.";
pub(super) const NAME_OF_COLUMN: &str =
    "This is a column name, but the header must be the first row.";
/// After the number and the name of a character.
pub(super) const HOLDS: &str = "). A code has only 0-9, a-f and hyphens.";
/// After a number.
pub(super) const DIGITS: &str = " digits here, but a code has 32: 8-4-4-4-12 with hyphens.";
/// After another sentence.
pub(super) const IF_HEADER: &str = " If it is a header, call it code_id.";
pub(super) const EMPTY: &str = "The code is missing.";
pub(super) const NIL: &str = "This is the nil UUID (only zeros), which is not a code.";
pub(super) const NO_STRING: &str = "This entry is not a string.";
pub(super) const NOT_UTF8: &str = "This is not UTF-8. Save the file as UTF-8.";
/// Before and after the name of a format, or of an encoding.
pub(super) const THIS_IS: &str = "This is ";
pub(super) const NO_LIST: &str =
    ", not a list. Save it as CSV, or as text with one entry per line.";
pub(super) const SAVE_AS_UTF8: &str = ". Save the file as UTF-8.";
pub(super) const SHORT_ROW: &str = "This row has no cell in the required column.";
pub(super) const EMPTY_PROGRAM: &str = "The program id is missing.";
pub(super) const NO_PROGRAM: &str = "The program column of this row has no program id.";
pub(super) const MALFORMED: &str = "The quotes of this row don't match.";
pub(super) const MALFORMED_HEADER: &str =
    "The quotes of the header don't match. Nothing after it was read.";
pub(super) const SWALLOWED: &str = "This line is part of a row above, whose quotes don't match.";
pub(super) const DRAWS_IN: &str =
    "An open quote in this row swallows lines below that contain codes. Close it, or double it.";
/// Before and after the number of cells of a row, and after that of the names.
pub(super) const CELLS: &str = "This row has ";
pub(super) const NAMES: &str = " cells, but the header names ";
pub(super) const NEEDS_QUOTES: &str = ". A cell that contains a delimiter needs quotes.";
pub(super) const NO_HEADER: &str =
    "A header row with the column names is missing. Nothing was read.";
pub(super) const NO_COLUMN: &str = "No column is named code_id, code_uuid, uuid or code. Name the column of the codes. Nothing was read.";
pub(super) const NO_RECIPIENT_COLUMN: &str = "No column is named email, phone or code_text. Name the column of the recipients. Nothing was read.";
pub(super) const TOO_LONG: &str = "This is too long for an address or a number.";
pub(super) const NO_PROGRAM_COLUMN: &str = "No column is named voucher_program_id, program_id or program. Name the column of the program ids. Nothing was read.";
pub(super) const NO_SUCH_COLUMN: &str = "The file has no such column. Nothing was read.";
pub(super) const NO_SUCH_PROGRAM_COLUMN: &str =
    "The file has no such column of program ids. Nothing was read.";
pub(super) const SEVERAL_COLUMNS: &str =
    "Several columns have this name. Give the column's number. Nothing was read.";
pub(super) const SEVERAL_PROGRAM_COLUMNS: &str = "Several columns have this name. Give the number of the column of the program ids. Nothing was read.";
pub(super) const NO_ROW: &str = "There is no header in the given line.";
/// After another sentence, around the number of a line and, twice, that of another.
pub(super) const LINE: &str = " Line ";
pub(super) const DECIDES: &str = " was taken as the first row; the header seems to be in line ";
pub(super) const IF_SO: &str = ". If so, set the header row to ";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csv::{CODE_COLUMNS, PROGRAM_COLUMNS};

    #[test]
    fn messages_name_the_usual_columns() {
        assert!(CODE_COLUMNS.iter().all(|name| NO_COLUMN.contains(name)));
        assert!(PROGRAM_COLUMNS.iter().all(|name| NO_PROGRAM_COLUMN.contains(name)));
    }

    #[test]
    fn the_message_for_a_code_text_names_it() {
        // The console recognizes it by this word.
        assert!(CODE_TEXT.contains("code_text"));
    }
}
