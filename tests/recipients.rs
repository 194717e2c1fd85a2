//! Lists of recipients: by examples, and any list compared with a search that is too
//! simple to be wrong.
#![cfg(not(target_arch = "wasm32"))]
// Clippy's exceptions cover `#[test]` functions only, not their helpers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use uber_vouchers::code::Code;
use uber_vouchers::csv::{self, Column};
use uber_vouchers::recipients::{KEPT_ROWS, RecipientMatches, RecipientRows};
use uber_vouchers::{CodeReader, RejectReason};

fn code(number: u32) -> Code {
    Code::parse(format!("{number:08x}-0000-4000-8000-000000000001").as_bytes()).unwrap()
}

/// E-mail address, telephone number, text and number of the code; 0 for no code.
type Guest<'a> = (&'a str, &'a str, &'a str, u32);

fn reader(guests: &[Guest], column: Column) -> CodeReader {
    let mut reader = CodeReader::with(csv::Options { column, ..csv::Options::default() });
    reader.expect_recipients();
    for (email, phone, text, number) in guests {
        let id = if *number == 0 { String::new() } else { code(*number).to_string() };
        reader.add_guest(email, phone, text, &id);
    }
    reader
}

fn matches(guests: &[Guest], input: &str) -> RecipientMatches {
    let mut reader = reader(guests, Column::Usual);
    reader.push(input.as_bytes());
    reader.finish_recipients()
}

fn numbers(matches: &RecipientMatches) -> Vec<u32> {
    matches
        .codes
        .iter()
        .map(|code| u32::from_be_bytes(code.as_bytes()[..4].try_into().unwrap()))
        .collect()
}

fn reasons(rows: &RecipientRows) -> Vec<(u64, &str, &str)> {
    assert_eq!(rows.count, rows.rows.len() as u64);
    rows.rows.iter().map(|row| (row.line, row.value.as_str(), row.reason)).collect()
}

const ADA: Guest = ("Ada@Example.com", "+1 (555) 010-0", "ADA-TEXT", 1);
const BOB: Guest = ("bob@example.com", "+44 20 7946 0001", "BOBTEXT", 2);
const NOBODY: Guest = ("none@example.com", "", "", 0);
const GUESTS: [Guest; 3] = [ADA, BOB, NOBODY];

#[test]
fn one_value_in_any_form_finds_one_guest() {
    for value in [
        "ada@example.com",
        "ADA@EXAMPLE.COM",
        " ada@example.com\t",
        "\u{feff}\"ada@example.com\"",
        "'ada@example.com'",
        "+15550100",
        "+1 555 0100",
        "+1-555-0100",
        "+1.555.0100",
        "0015550100",
        "00 1 555 0100",
        "=\"+15550100\"",
        "Ada Okafor <ada@example.com>",
        "\"Okafor, Ada\" <ADA@example.com>",
        "<ada@example.com>",
        "ada@example.com <ada@example.com>",
        "\"ada@example.com\" <ada@example.com>",
        "00000001-0000-4000-8000-000000000001",
        "ADA-TEXT",
        "ada-text",
    ] {
        let found = matches(&GUESTS, &format!("{value}\n"));
        assert_eq!(numbers(&found), [1], "{value:?}");
        assert_eq!(found.unmatched.count + found.ambiguous.count + found.without_code.count, 0);
    }
}

#[test]
fn an_unmatched_row_is_reported_with_its_line_and_a_reason() {
    let found = matches(
        &GUESTS,
        "bob@example.com\n\nada@example.org\n555 0100\n0015550199\n15550100\nNOTEXT\n+15550101\n\
         1.555E+12\n\"1,555E+12\"\nAda <ada@example.org>\nbob@example.com; Ada <ada@example.com>\n",
    );
    assert_eq!(numbers(&found), [2]);
    assert_eq!(
        reasons(&found.unmatched),
        [
            (3, "ada@example.org", "no_guest"),
            (4, "555 0100", "no_country_code"),
            (5, "0015550199", "no_guest"),
            (6, "15550100", "no_country_code"),
            (7, "NOTEXT", "no_code_text"),
            (8, "+15550101", "no_guest"),
            (9, "1.555E+12", "shortened_number"),
            (10, "1,555E+12", "shortened_number"),
            (11, "Ada <ada@example.org>", "no_guest"),
            (12, "bob@example.com; Ada <ada@example.com>", "no_code_text"),
        ]
    );
    assert!(found.unmatched.rows.iter().all(|row| !row.message.contains(&row.value)));
    let debug = format!("{found:?}");
    assert!(!debug.contains("example.org") && !debug.contains("NOTEXT"), "{debug}");
}

#[test]
fn a_guest_without_a_code_is_reported_separately() {
    let found = matches(&GUESTS, "none@example.com\nada@example.com\n");
    assert_eq!(
        (numbers(&found), reasons(&found.without_code)),
        (vec![1], vec![(1, "none@example.com", "no_code")])
    );
    // Including a guest whose code id is not a UUID.
    let mut reader = reader(&[], Column::Usual);
    reader.add_guest("x@example.com", "", "", "no uuid");
    reader.push_entry("x@example.com");
    assert_eq!(reader.finish_recipients().without_code.count, 1);
}

#[test]
fn a_recipient_who_occurs_twice_is_one_code() {
    let found = matches(&GUESTS, "ada@example.com\n+15550100\nADA@example.com\nbob@example.com\n");
    assert_eq!((numbers(&found), found.codes.duplicates()), (vec![1, 2], 2));
}

#[test]
fn a_value_that_matches_two_codes_is_never_guessed() {
    let twice: Guest = ("ada@example.com", "+15550199", "", 3);
    let found = matches(&[ADA, BOB, twice], "Ada@example.com\n+15550100\n+15550199\n");
    assert_eq!(numbers(&found), [1, 3]);
    assert_eq!(reasons(&found.ambiguous), [(1, "Ada@example.com", "several_guests")]);
    let mut codes = found.ambiguous.rows[0].codes.clone();
    codes.sort_unstable();
    assert_eq!(codes, [code(1), code(3)]);
    // A guest who is listed twice with the same code is one guest.
    let found = matches(&[ADA, BOB, ADA], "ada@example.com\n");
    assert_eq!((numbers(&found), found.ambiguous.count), (vec![1], 0));
}

#[test]
fn more_guests_than_are_compared_are_ambiguous_unless_a_second_value_selects_one() {
    let emails: Vec<_> = (1..=40).map(|number| format!("g{number}@example.com")).collect();
    let guests: Vec<Guest> = (1..)
        .zip(&emails)
        .map(|(number, email)| (email.as_str(), "+15550100", "", number))
        .collect();
    let found = matches(&guests, "email,phone\ng7@example.com,+15550100\n,+15550100\n");
    assert_eq!(numbers(&found), [7]);
    assert_eq!(reasons(&found.ambiguous), [(3, "+15550100", "several_guests")]);
    // If the compared guests have the same code, that proves nothing about the rest.
    let guests: Vec<Guest> =
        emails.iter().map(|email| (email.as_str(), "+15550100", "", 1)).collect();
    assert_eq!(matches(&guests, "+15550100\n").ambiguous.count, 1);
}

#[test]
fn two_columns_match_the_guest_who_has_both() {
    for (row, found, ambiguous) in [
        ("ada@example.com,+15550100", vec![1], 0),
        ("ada@example.com,", vec![1], 0),
        ("ada@example.com", vec![1], 0),
        (",+15550100", vec![1], 0),
        ("ada@example.com,+15559999", vec![1], 0),
        ("ada@example.com,555 0100", vec![1], 0),
        ("new@example.com,+15550100", vec![1], 0),
        ("ada@example.com,+442079460001", vec![], 1),
        ("none@example.com,+15550100", vec![], 1),
        // Each value may be in the other's column.
        ("+15550100,ada@example.com", vec![1], 0),
    ] {
        for header in [
            "E-Mail,Phone",
            "email address,Mobile",
            "mail,telephone_number",
            "E-Mail-Adresse,Telefon",
            "Courriel,Téléphone",
            "CORREO ELECTRÓNICO,TELÉFONO",
        ] {
            let result = matches(&GUESTS, &format!("{header}\n{row}\n"));
            assert_eq!(
                (numbers(&result), result.ambiguous.count),
                (found.clone(), ambiguous),
                "{row}"
            );
        }
    }
    // The order of the columns doesn't matter.
    let found = matches(
        &GUESTS,
        "Telefon;Name;Email\n+1 555 0100;;\n;;bob@example.com\n0015550100;;new@example.com\n\
         +1 555 0100;;bob@example.com\n",
    );
    assert_eq!(numbers(&found), [1, 2]);
    assert_eq!(reasons(&found.ambiguous), [(5, "bob@example.com", "several_guests")]);
    let found = matches(&GUESTS, "name,email,phone\nx,,\n,,\n");
    assert_eq!(reasons(&found.unmatched), [(2, "", "empty")]);
}

#[test]
fn the_column_is_found_or_given() {
    for (input, column, line) in [
        ("name,email\nAda,ada@example.com\n", Column::Usual, 0),
        ("name;e-mail\nAda;ada@example.com\n", Column::Usual, 0),
        ("\u{feff}name\temail\r\nAda\tada@example.com\r\n", Column::Usual, 0),
        ("sep=;\nname;Mobile number\nAda;+1 555 0100\n", Column::Usual, 0),
        ("code_text\nADA-TEXT\n", Column::Usual, 0),
        ("name,contact\nAda,ada@example.com\n", Some("Contact").into(), 0),
        ("name,contact\nAda,ada@example.com\n", Column::Number(2), 0),
        ("Ada,ada@example.com\n", Column::Number(2), 0),
        ("\"Roe, Ada\",\"ada@example.com\"\n", Column::Number(2), 0),
        ("email\n\"ada@example.com\"\n", Column::Usual, 0),
        ("name,contact\nAda,ada@example.com\n", Column::Usual, 1),
        ("Ada,ada@example.com\n", Column::Usual, 1),
        ("email,email\na,ada@example.com\n", Column::Usual, 1),
        ("name,email\nRoe, Ada,ada@example.com\n", Column::Usual, 2),
        ("name,email\n\"Roe,ada@example.com\n", Column::Usual, 2),
    ] {
        let mut reader = reader(&GUESTS, column);
        reader.push(input.as_bytes());
        let found = reader.finish_recipients();
        if line == 0 {
            assert_eq!((numbers(&found), found.unmatched.count), (vec![1], 0), "{input}");
        } else {
            assert_eq!((numbers(&found), found.unmatched.rows[0].line), (vec![], line), "{input}");
            let reason = RejectReason::from_name(found.unmatched.rows[0].reason);
            assert!(reason.is_some(), "{input}");
        }
        assert_eq!(found.codes.rejected_count(), 0);
    }
}

#[test]
fn the_column_of_telephone_numbers_is_given() {
    let read = |input: &str, column, phone| {
        let program_column = Some(phone);
        let mut reader =
            CodeReader::with(csv::Options { column, program_column, ..csv::Options::default() });
        reader.expect_recipients();
        reader.add_guest(ADA.0, ADA.1, ADA.2, &code(1).to_string());
        reader.add_guest(BOB.0, BOB.1, BOB.2, &code(2).to_string());
        reader.push(input.as_bytes());
        reader.finish_recipients()
    };
    let rows = "x;+15550100;\nx;;bob@example.com\nx;+15550100;bob@example.com\n";
    for header in ["", "a;b;c\n"] {
        let found = read(&format!("{header}{rows}"), Column::Number(3), Column::Number(2));
        assert_eq!((numbers(&found), found.ambiguous.count), (vec![1, 2], 1), "{header}");
        assert_eq!(found.unmatched.count, 0);
    }
    let named = format!("a;Reach;Write\n{rows}");
    assert_eq!(numbers(&read(&named, Some("write").into(), Some("reach").into())), [1, 2]);
    let found = read(&named, Some("write").into(), Some("call").into());
    assert_eq!(reasons(&found.unmatched), [(1, "a", "missing_column")]);
}

/// A number with `00` may also be the text of a code.
#[test]
fn a_number_that_is_also_the_text_of_a_code_is_ambiguous() {
    let text: Guest = ("", "", "0015550100", 3);
    for value in ["0015550100", "00 1 555 0100", "+15550100"] {
        let found = matches(&[ADA, text], value);
        assert_eq!((numbers(&found), found.ambiguous.count), (vec![], 1), "{value}");
        // One code, or one of the two alone.
        assert_eq!(numbers(&matches(&[ADA, ("", "", "0015550100", 1)], value)), [1], "{value}");
        assert_eq!(numbers(&matches(&[BOB, text], value)), [3], "{value}");
    }
}

#[test]
fn the_name_of_the_only_column_is_not_a_recipient() {
    for header in [
        "Telefon",
        "Rufnummer",
        "Téléphone",
        "E-Mail-Adresse",
        "Courriel",
        "Correo",
        "Sähköposti",
        "Эл почта",
        "電子メール",
        "Who gets one?",
        "\"E-Mail; Telefon\"",
    ] {
        for row in
            ["ada@example.com", "+1 555 0100", "0015550100", "ADA-TEXT", "Ada <ada@example.com>"]
        {
            for column in [Column::Usual, Column::Number(1)] {
                let mut reader = reader(&GUESTS, column);
                reader.push(format!("\n{header}\n\n{row}\nbob@example.com\n").as_bytes());
                let found = reader.finish_recipients();
                assert_eq!(numbers(&found), [1, 2], "{header} {row}");
                assert_eq!(found.unmatched.count, 0, "{header} {row}");
            }
        }
    }
    assert_eq!(matches(&GUESTS, "Gäste\nada@example.com\n").header.as_deref(), Some("Gäste"));
    assert_eq!(matches(&GUESTS, "email\nada@example.com\n").header, None);
}

/// What may be a person's row is reported, not taken for a header.
#[test]
fn a_first_row_that_may_be_a_recipient_is_reported() {
    for first in
        ["ada@example", "ada(at)example.com", "ada.example.com", "555 0100", "TEXT1", "1.555E+12"]
    {
        let found = matches(&GUESTS, &format!("{first}\nbob@example.com\n"));
        assert_eq!((numbers(&found), found.unmatched.count), (vec![2], 1), "{first}");
        assert_eq!(found.unmatched.rows[0].value, first);
    }
    // The next row is no recipient, or there is none.
    for rest in ["Bob\nbob@example.com\n", "NOTEXT\n", ""] {
        let found = matches(&GUESTS, &format!("Ada\n{rest}"));
        assert_eq!(found.unmatched.rows[0].value, "Ada", "{rest}");
    }
    // The text of a code of this program.
    let found = matches(&[("", "", "ADATEXT", 1), BOB], "AdaText\nbob@example.com\n");
    assert_eq!((numbers(&found), found.header), (vec![1, 2], None));
}

/// As copied from the field `To` of a mail program.
#[test]
fn recipients_on_one_line_are_read_one_by_one() {
    for line in [
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com;",
        "Ada Okafor <ada@example.com>, Bob <bob@example.com>",
        "Okafor, Ada <ada@example.com>; Keller, Bob <bob@example.com>",
        "\"Okafor, Ada\" <ada@example.com>, \"Keller; Bob\" <bob@example.com>,",
        "<ada@example.com>,<bob@example.com>",
        "To: Ada <ada@example.com>, bob@example.com",
        "+1 555 0100, +44 20 7946 0001",
    ] {
        for end in ["", "\n", "\r\n\r\n"] {
            let found = matches(&GUESTS, &format!("\n{line}{end}"));
            assert_eq!((numbers(&found), found.unmatched.count), (vec![1, 2], 0), "{line}");
        }
    }
    let found = matches(&GUESTS, "Ada <ada@example.com>, Eve <eve@example.com>");
    // The line is the number of the address.
    assert_eq!(reasons(&found.unmatched), [(2, "Eve <eve@example.com>", "no_guest")]);
    // A longer line than what is held back is refused as a whole.
    let line = |count| "Bob Keller <bob@example.com>, ".repeat(count) + "ada@example.com";
    let found = matches(&GUESTS, &line(2_000));
    assert_eq!((numbers(&found), found.codes.duplicates()), (vec![2, 1], 1_999));
    let found = matches(&GUESTS, &line(5_000));
    assert_eq!((numbers(&found), found.unmatched.rows[0].reason), (vec![], "missing_column"));
}

/// Two addresses in each row may be two persons or one: nothing is guessed.
#[test]
fn rows_of_several_addresses_without_a_header_are_refused() {
    for input in [
        "ada@example.com;bob@example.com\nada@example.com;bob@example.com\n",
        "Ada,ada@example.com\n",
        "ada@example.com,Ada\n",
        "ada@example.com,555 0100\n",
    ] {
        let found = matches(&GUESTS, input);
        assert_eq!((numbers(&found), found.unmatched.count), (vec![], 1), "{input}");
        assert_eq!(found.unmatched.rows[0].reason, "missing_column");
    }
}

/// The ids of codes, texts of codes and addresses in one list.
#[test]
fn the_id_of_a_code_stands_for_that_code() {
    let found = matches(
        &GUESTS,
        "code_id\n00000007-0000-4000-8000-000000000001\nBOBTEXT\nada@example.com\nNOTEXT\n",
    );
    assert_eq!(numbers(&found), [7, 2, 1]);
    assert_eq!(reasons(&found.unmatched), [(5, "NOTEXT", "no_code_text")]);
    let found = matches(&GUESTS, "code_id;phone\n00000007-0000-4000-8000-000000000001;+15550100\n");
    // The number may belong to somebody else.
    assert_eq!(numbers(&found), [1]);
    // The first row is no header if it has a code in this column.
    let mut reader = reader(&GUESTS, Column::Number(1));
    reader.push(b"00000007-0000-4000-8000-000000000001;x\nADA-TEXT;y\n");
    assert_eq!(reader.finish_recipients().codes.len(), 2);
}

/// Rows inside a stray quote must not disappear.
#[test]
fn recipients_inside_quotes_are_not_lost_silently() {
    let input = "note,email\n\"16 inch,ada@example.com\nx,bob@example.com\n\",none@example.com\n";
    let found = matches(&GUESTS, input);
    assert!(found.codes.is_empty());
    let lines: Vec<_> = found.unmatched.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    // A cell that really spans lines.
    let found = matches(&GUESTS, "note,email\n\"one\ntwo\",ada@example.com\n");
    assert_eq!((numbers(&found), found.unmatched.count), (vec![1], 0));
}

#[test]
fn other_formats_and_encodings() {
    let utf16: Vec<u8> =
        "\u{feff}email\nada@example.com\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut utf16_reader = reader(&GUESTS, Column::Usual);
    utf16_reader.push(&utf16);
    assert_eq!(numbers(&utf16_reader.finish_recipients()), [1]);
    for (bytes, reason) in [
        (&b"%PDF-1.7\n"[..], "unsupported_format"),
        (b"PK\x03\x04rest", "unsupported_format"),
        (b"[{\"email\": \"ada@example.com\"}]", "unsupported_format"),
        (b"email\nj\xfcrgen@example.com\n", "not_utf8"),
    ] {
        let mut reader = reader(&GUESTS, Column::Usual);
        reader.push(bytes);
        let found = reader.finish_recipients();
        assert_eq!((found.unmatched.count, found.unmatched.rows[0].reason), (1, reason));
        assert!(found.codes.is_empty());
    }
}

#[test]
fn entries_of_a_list_count_from_one() {
    let mut reader = reader(&GUESTS, Column::Usual);
    let exact = format!("{:x<24}@example.com", "long");
    assert_eq!(exact.len(), 36);
    reader.add_guest(&exact, "", "", &code(9).to_string());
    reader.push_fixed(exact.as_bytes());
    reader.push_fixed(code(1).to_string().as_bytes());
    reader.push_entry("ada@example.com");
    reader.reject_entry();
    reader.push_entry("");
    assert_eq!((reader.valid(), reader.rejected_count()), (2, 2));
    let found = reader.finish_recipients();
    assert_eq!(numbers(&found), [9, 1]);
    let lines: Vec<_> = found.unmatched.rows.iter().map(|row| (row.line, row.reason)).collect();
    assert_eq!(lines, [(4, "not_a_string"), (5, "empty")]);
}

#[test]
fn the_rows_of_a_long_list_are_kept_up_to_a_limit() {
    let mut reader = reader(&GUESTS, Column::Usual);
    for number in 0..KEPT_ROWS + 10 {
        reader.push_entry(&format!("x{number}@example.com"));
    }
    let found = reader.finish_recipients();
    assert_eq!(
        (found.unmatched.count, found.unmatched.rows.len()),
        (KEPT_ROWS as u64 + 10, KEPT_ROWS)
    );
    let value = "y".repeat(1_000);
    let found = matches(&GUESTS, &format!("{value}@example.com\n"));
    assert_eq!(found.unmatched.rows[0].value.len(), 320);
}

/// A guest from few addresses and numbers, so that guests share them.
fn any_guest() -> impl Strategy<Value = (String, String, String, u32)> {
    (0..6_u32, 0..6_u32, 0..6_u32, 0..5_u32).prop_map(|(email, phone, text, code)| {
        let unless_0 = |number, text: String| if number == 0 { String::new() } else { text };
        (
            unless_0(email, format!("g{email}@example.com")),
            unless_0(phone, format!("+4930{phone}0000")),
            unless_0(text, format!("TEXT{text}")),
            code,
        )
    })
}

fn any_value() -> impl Strategy<Value = String> {
    prop_oneof![
        (1..7_u32).prop_map(|number| format!("G{number}@Example.com")),
        (1..7_u32).prop_map(|number| format!("+49 (30) {number} 0000")),
        (1..7_u32).prop_map(|number| format!("text{number}")),
        (1..7_u32).prop_map(|number| format!("4930{number}0000")),
        Just("0".to_owned()),
    ]
}

/// Compares each row with all guests.
fn codes_of(guests: &[(String, String, String, u32)], value: &str) -> Vec<u32> {
    let lower = value.to_lowercase();
    let plain = value.replace([' ', '(', ')'], "");
    let has = |guest: &&(String, String, String, u32)| {
        guest.0.to_lowercase() == lower || guest.1 == plain || guest.2.to_lowercase() == lower
    };
    guests.iter().filter(has).map(|guest| guest.3).collect()
}

proptest! {
    #[test]
    fn a_row_is_matched_if_it_matches_exactly_one_code(
        guests in prop::collection::vec(any_guest(), 0..12),
        values in prop::collection::vec(any_value(), 1..20),
        cut in 1..40_usize,
    ) {
        let guests_borrowed: Vec<Guest> = guests
            .iter()
            .map(|(email, phone, text, code)| (email.as_str(), phone.as_str(), text.as_str(), *code))
            .collect();
        let input = format!("email\n{}\n", values.join("\n"));
        let mut reader = reader(&guests_borrowed, Column::Usual);
        for chunk in input.as_bytes().chunks(cut) {
            reader.push(chunk);
        }
        let found = reader.finish_recipients();
        let (mut one, mut several, mut nobody, mut without) = (Vec::new(), 0, 0, 0);
        for value in &values {
            let codes = codes_of(&guests, value);
            let mut distinct: Vec<_> = codes.iter().copied().filter(|code| *code > 0).collect();
            distinct.sort_unstable();
            distinct.dedup();
            match distinct.as_slice() {
                _ if codes.is_empty() => nobody += 1,
                [] => without += 1,
                [code] => one.push(*code),
                _ => several += 1,
            }
        }
        let duplicates = found.codes.duplicates();
        prop_assert_eq!(found.codes.len() as u64 + duplicates, one.len() as u64);
        let mut seen = numbers(&found);
        prop_assert!(one.iter().all(|code| seen.contains(code)));
        seen.sort_unstable();
        one.sort_unstable();
        one.dedup();
        prop_assert_eq!(seen, one);
        prop_assert_eq!(found.ambiguous.count, several);
        prop_assert_eq!(found.unmatched.count, nobody);
        prop_assert_eq!(found.without_code.count, without);
        for rows in [&found.unmatched, &found.ambiguous, &found.without_code] {
            for row in &rows.rows {
                let index = usize::try_from(row.line).unwrap() - 2;
                prop_assert_eq!(&row.value, &values[index]);
            }
        }
    }

    /// Two columns never match a code that neither of them matches, nor one that
    /// contradicts a guest of the other column.
    #[test]
    fn two_columns_never_match_another_guest(
        guests in prop::collection::vec(any_guest(), 0..12),
        email in 1..7_u32,
        phone in 1..7_u32,
    ) {
        let guests_borrowed: Vec<Guest> = guests
            .iter()
            .map(|(email, phone, text, code)| (email.as_str(), phone.as_str(), text.as_str(), *code))
            .collect();
        let values = [format!("g{email}@example.com"), format!("+4930{phone}0000")];
        let found = matches(&guests_borrowed, &format!("email,phone\n{}\n", values.join(",")));
        let [by_email, by_phone] = [&values[0], &values[1]].map(|value| codes_of(&guests, value));
        for code in numbers(&found) {
            prop_assert!(by_email.contains(&code) || by_email.is_empty());
            prop_assert!(by_phone.contains(&code) || by_phone.is_empty());
        }
        let rows = found.unmatched.count + found.ambiguous.count + found.without_code.count;
        prop_assert_eq!(rows + found.codes.len() as u64, 1);
        prop_assert_eq!(found.unmatched.count == 1, by_email.is_empty() && by_phone.is_empty());
    }

    /// Any bytes end in rows, never in a panic.
    #[test]
    fn any_bytes_can_be_read(bytes in prop::collection::vec(any::<u8>(), 0..400), cut in 1..50_usize) {
        let read = |size| {
            let mut reader = reader(&GUESTS, Column::Usual);
            bytes.chunks(size).for_each(|chunk| reader.push(chunk));
            reader.finish_recipients()
        };
        prop_assert_eq!(read(cut), read(bytes.len().max(1)));
    }
}
