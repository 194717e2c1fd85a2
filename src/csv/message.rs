//! Messages about rejected entries.

pub(super) const NO_UUID: &str = "This is no code: a code is a UUID with hyphens.";
pub(super) const OTHER_FORM: &str =
    "This is a UUID in another form: a code has 8-4-4-4-12 digits with hyphens.";
pub(super) const CODE_TEXT: &str =
    "This looks like a code_text, which riders type. The code_id is needed, which is a UUID.";
pub(super) const NAME_OF_COLUMN: &str =
    "This is the name of a column, and the header can only be the first row.";
/// After the number and the name of a character.
pub(super) const HOLDS: &str = "). A code has only 0-9, a-f and hyphens.";
/// Behind a number.
pub(super) const DIGITS: &str = " digits here, and a code has 32: 8-4-4-4-12 with hyphens.";
/// Behind another sentence.
pub(super) const IF_HEADER: &str = " If it is a header, name it as the column of the codes.";
pub(super) const EMPTY: &str = "There is nothing where the code should be.";
pub(super) const NIL: &str = "This is the UUID of only zeros, which stands for none.";
pub(super) const NO_STRING: &str = "This entry is no string.";
pub(super) const NOT_UTF8: &str = "This is not UTF-8. Save the file as UTF-8.";
/// Before and behind the name of a format, or of an encoding.
pub(super) const THIS_IS: &str = "This is ";
pub(super) const NO_LIST: &str = ", not a list. Save it as CSV, or as text with one entry a line.";
pub(super) const SAVE_AS_UTF8: &str = ". Save the file as UTF-8.";
pub(super) const SHORT_ROW: &str = "This row ends before the column that is needed.";
pub(super) const EMPTY_PROGRAM: &str = "There is nothing where the program id should be.";
pub(super) const NO_PROGRAM: &str = "There is no program id in the program column of this row.";
pub(super) const MALFORMED: &str = "The quotes of this row don't match.";
pub(super) const MALFORMED_HEADER: &str =
    "The quotes of the header don't match. Nothing behind it was read.";
pub(super) const SWALLOWED: &str =
    "This line was drawn into a row above, whose quotes don't match.";
pub(super) const DRAWS_IN: &str =
    "A quote in this row draws in lines below that hold codes. Close it, or write it twice.";
/// Before and behind the number of cells of a row, and behind that of the names.
pub(super) const CELLS: &str = "This row has ";
pub(super) const NAMES: &str = " cells, and the header names ";
pub(super) const NEEDS_QUOTES: &str = ". A cell that holds a delimiter needs quotes.";
pub(super) const NO_HEADER: &str =
    "A header row with the names of the columns is missing. Nothing was read.";
pub(super) const NO_COLUMN: &str = "No column is named code_id, code_uuid, uuid or code. Say which holds the codes. Nothing was read.";
pub(super) const NO_RECIPIENT_COLUMN: &str = "No column is named email, phone or code_text. Say which holds the recipients. Nothing was read.";
pub(super) const TOO_LONG: &str = "This is too long for an address or a number.";
pub(super) const NO_PROGRAM_COLUMN: &str = "No column is named voucher_program_id, program_id or program. Say which holds the program ids. Nothing was read.";
pub(super) const NO_SUCH_COLUMN: &str = "The given column is not there. Nothing was read.";
pub(super) const NO_SUCH_PROGRAM_COLUMN: &str =
    "The given column of the program ids is not there. Nothing was read.";
pub(super) const SEVERAL_COLUMNS: &str =
    "Several columns have the same name. Say which by its number. Nothing was read.";
pub(super) const SEVERAL_PROGRAM_COLUMNS: &str = "Several columns have the same name. Say which of them holds the program ids by its number. Nothing was read.";
pub(super) const NO_ROW: &str = "There is no header in the given line.";
/// Behind another sentence, around the number of a line and twice that of another.
pub(super) const LINE: &str = " Line ";
pub(super) const DECIDES: &str = " decides the layout; the header seems to be in line ";
pub(super) const IF_SO: &str = ". If so, say that the header is in line ";
