//! The messages of rejected entries.

use uber_vouchers::csv::{CodeReader, Column, Options};

use crate::reading::{CODES, pushed, read, read_programs};

#[test]
fn messages_say_what_to_do() {
    let [code, ..] = CODES;
    for (input, column, says) in [
        ("EXAMPLE1", None, "code_text"),
        ("vouchers\n", None, "call it code_id"),
        ("my vouchers", None, "call it code_id"),
        ("1f913a96f52c42a0aa0ba2ba53b2d631", None, "8-4-4-4-12"),
        ("{1f913a96-f52c-42a0-aa0b-a2ba53b2d631}", None, "8-4-4-4-12"),
        ("name,email", None, "code_id, code_uuid, uuid or code"),
        ("code_id,email", Some("x"), "file has no such column."),
        ("code_id", Some("x"), "file has no such column."),
        ("code_id,x\n,1", None, "is missing"),
        ("a\0b\0", None, "UTF-16"),
        ("00000000-0000-0000-0000-000000000000", None, "only zeros"),
        ("code_id\ndead-beef", None, "is a UUID with hyphens"),
        ("code_id\n1f913a96-f52c-42a0-aa0b-a2ba53b2d631, x", None, "Character 37 is U+002C (,)"),
    ] {
        let list = read(&[input.into()], column);
        let [rejected] = list.rejected() else { panic!("{input}") };
        assert!(rejected.message.contains(says), "{input}: {}", rejected.message);
        assert!(rejected.message.ends_with('.'));
    }
    let list = read(&[format!("{code},x").into()], None);
    assert!(list.rejected()[0].message.contains("header row"));
    for (header, programs, column, says) in [
        ("code_id,x", None, None, "Name the column of the program ids."),
        ("code_id,x", Some("y"), None, "file has no such column of program ids"),
        (
            "program,x",
            None,
            None,
            "code_id, code_uuid, uuid or code. Name the column of the codes.",
        ),
        ("x,y", None, Some("z"), "file has no such column."),
        ("x,y", None, None, "code_id, code_uuid, uuid or code. Name the column of the codes."),
    ] {
        let lists = read_programs(&[header.into()], programs, column);
        let [rejected] = lists.rejections.rejected() else { panic!("{header}") };
        assert!(rejected.message.contains(says), "{header}: {}", rejected.message);
    }
    for later in ["vouchers", "my vouchers"] {
        let later = read(&[format!("{code}\n{later}").into()], None);
        assert!(!later.rejected()[0].message.contains("header"));
    }
}

/// The only rejected entry of an input.
fn only_message(input: &[u8], options: Options) -> String {
    let list = pushed(CodeReader::with(options), &[input.to_vec()]).finish();
    assert_eq!((list.len(), list.rejected_count()), (0, 1), "{}", input.escape_ascii());
    list.rejected()[0].message.clone()
}

#[test]
fn messages_name_the_content() {
    let [code, ..] = CODES;
    for (input, says) in [
        (
            "code_id\n1f913a96\u{2011}f52c-42a0-aa0b-a2ba53b2d631",
            "Character 9 is U+2011 (non-breaking hyphen)",
        ),
        ("code_id\n１f913a96-f52c-42a0-aa0b-a2ba53b2d631", "Character 1 is U+FF11 (full-width"),
        ("code_id\n1f913a96-f52c-42a0-aa0b-a2ba53b2d631\0", "Character 37 is U+0000 (NUL)"),
        (
            "code_id\n1f913a96-f52c-42a0\u{200b}-aa0b-a2ba53b2d631",
            "Character 19 is U+200B (zero-width space)",
        ),
        ("code_id\n\"1f913a96-f52c-42a0-aa0b-a2ba53b2d63l\"", "Character 36 is U+006C (l)"),
        ("code_id\n1f913a96-f52c-42a0-aa0b-a2ba53b2d63", "There are 31 digits here"),
        (
            "Codes\n\nname;code_id\nx;y",
            "Nothing was read. Line 1 was taken as the first row; the header seems to be in line 3. If so, set the header row to 3.",
        ),
        (
            "code,code\nx,y",
            "Several columns have this name. Give the column's number. Nothing was read.",
        ),
        ("[\"x\"]", "This is JSON or JSON lines, not a list"),
        ("{\"x\":1}\n{\"x\":2}", "This is JSON or JSON lines, not"),
        ("| code |\n|---|\n| x |", "This is Markdown, not"),
        ("<html>\n<body>", "This is HTML or XML, not"),
        ("%PDF-1.4\n", "This is a PDF document, not"),
        ("x\0y\0", "This is UTF-16 without a byte order mark. Save the file as UTF-8."),
    ] {
        let message = only_message(input.as_bytes(), Options::default());
        assert!(message.contains(says), "{input:?}: {message}");
    }
    let list = read(&[format!("name,x,code_id\na, b,{code},{code}\n").into_bytes()], None);
    let message = &list.rejected()[0].message;
    assert_eq!(
        message,
        "This row has 4 cells, but the header names 3. A cell that contains a delimiter needs quotes."
    );
    let options = Options { column: Column::Number(7), ..Options::default() };
    assert!(only_message(b"x,y", options).contains("The file has no such column."));
    let options = Options { header_row: Some(7), ..Options::default() };
    assert!(only_message(b"x,y\n", options).contains("no header in the given line"));
    let list = read(&[format!("Codes\ncode_id\n{code}").into_bytes()], None);
    let messages: Vec<_> = list.rejected().iter().map(|one| one.message.clone()).collect();
    assert!(
        messages[0].ends_with("the header seems to be in line 2. If so, set the header row to 2.")
    );
    assert!(messages[1].contains("a column name"), "{messages:?}");
}

/// No more is held back than is needed.
#[test]
fn a_very_long_row_is_judged_by_its_beginning() {
    let code = CODES[0];
    let json = format!("{{\"codes\":[{}\"{code}\"]}}", format!("\"{code}\",").repeat(3_000));
    assert!(only_message(json.as_bytes(), Options::default()).contains("JSON"));
    let notes = "# note\n".repeat(20_000);
    let list = read(&[format!("{notes}{code}\n").into_bytes()], None);
    assert_eq!((list.len(), list.rejected_count()), (1, 20_000));
    let names = "x,".repeat(50_000);
    let list = read(&[format!("{names}code_id\n{names}{code}\n").into_bytes()], None);
    assert_eq!((list.len(), list.rejected_count()), (1, 0));
}
