//! Lists of people and what they lead to: by examples, and by any list against a search
//! that is too simple to be wrong.
#![cfg(not(target_arch = "wasm32"))]
// Clippy takes only what is marked `#[test]` for a test, not what helps one.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use proptest::prelude::*;
use uber_vouchers::code::Code;
use uber_vouchers::csv::{self, Column};
use uber_vouchers::recipients::{KEPT_ROWS, RecipientMatches, RecipientRows};
use uber_vouchers::{CodeReader, RejectReason};

fn code(number: u32) -> Code {
    Code::parse(format!("{number:08x}-0000-4000-8000-000000000001").as_bytes()).unwrap()
}

/// E-mail address, telephone number, text and number of the code; 0: none.
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
fn one_value_finds_one_guest_however_it_is_written() {
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
        "=\"+15550100\"",
        "ADA-TEXT",
        "ada-text",
    ] {
        let found = matches(&GUESTS, &format!("{value}\n"));
        assert_eq!(numbers(&found), [1], "{value:?}");
        assert_eq!(found.unmatched.count + found.ambiguous.count + found.without_code.count, 0);
    }
}

#[test]
fn what_is_nobodys_is_told_with_its_line_and_a_reason() {
    let found = matches(
        &GUESTS,
        "bob@example.com\n\nada@example.org\n555 0100\n0015550100\n15550100\nNOTEXT\n+15550101\n",
    );
    assert_eq!(numbers(&found), [2]);
    assert_eq!(
        reasons(&found.unmatched),
        [
            (3, "ada@example.org", "no_guest"),
            (4, "555 0100", "no_country_code"),
            (5, "0015550100", "no_country_code"),
            (6, "15550100", "no_country_code"),
            (7, "NOTEXT", "no_guest"),
            (8, "+15550101", "no_guest"),
        ]
    );
    assert!(found.unmatched.rows.iter().all(|row| !row.message.contains(&row.value)));
    let debug = format!("{found:?}");
    assert!(!debug.contains("example.org") && !debug.contains("NOTEXT"), "{debug}");
}

#[test]
fn a_guest_without_a_code_is_told_apart() {
    let found = matches(&GUESTS, "none@example.com\nada@example.com\n");
    assert_eq!(
        (numbers(&found), reasons(&found.without_code)),
        (vec![1], vec![(1, "none@example.com", "no_code")])
    );
    // Also one whose code id is no UUID.
    let mut reader = reader(&[], Column::Usual);
    reader.add_guest("x@example.com", "", "", "no uuid");
    reader.push_entry("x@example.com");
    assert_eq!(reader.finish_recipients().without_code.count, 1);
}

#[test]
fn a_recipient_who_stands_there_twice_is_one_code() {
    let found = matches(&GUESTS, "ada@example.com\n+15550100\nADA@example.com\nbob@example.com\n");
    assert_eq!((numbers(&found), found.codes.duplicates()), (vec![1, 2], 2));
}

#[test]
fn what_leads_to_two_codes_is_never_guessed() {
    let twice: Guest = ("ada@example.com", "+15550199", "", 3);
    let found = matches(&[ADA, BOB, twice], "Ada@example.com\n+15550100\n+15550199\n");
    assert_eq!(numbers(&found), [1, 3]);
    assert_eq!(reasons(&found.ambiguous), [(1, "Ada@example.com", "several_guests")]);
    let mut codes = found.ambiguous.rows[0].codes.clone();
    codes.sort_unstable();
    assert_eq!(codes, [code(1), code(3)]);
    // A guest who is listed twice with one code is one guest.
    let found = matches(&[ADA, BOB, ADA], "ada@example.com\n");
    assert_eq!((numbers(&found), found.ambiguous.count), (vec![1], 0));
}

#[test]
fn more_guests_than_are_looked_at_are_ambiguous_unless_a_second_value_says_which() {
    let emails: Vec<_> = (1..=40).map(|number| format!("g{number}@example.com")).collect();
    let guests: Vec<Guest> = (1..)
        .zip(&emails)
        .map(|(number, email)| (email.as_str(), "+15550100", "", number))
        .collect();
    let found = matches(&guests, "email,phone\ng7@example.com,+15550100\n,+15550100\n");
    assert_eq!(numbers(&found), [7]);
    assert_eq!(reasons(&found.ambiguous), [(3, "+15550100", "several_guests")]);
    // The same code each time, as far as one looks, proves nothing of the rest.
    let guests: Vec<Guest> =
        emails.iter().map(|email| (email.as_str(), "+15550100", "", 1)).collect();
    assert_eq!(matches(&guests, "+15550100\n").ambiguous.count, 1);
}

#[test]
fn two_columns_mean_who_has_both() {
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
        // Who writes the one into the other's column means the same.
        ("+15550100,ada@example.com", vec![1], 0),
    ] {
        for header in ["E-Mail,Phone", "email address,Mobile", "mail,telephone_number"] {
            let result = matches(&GUESTS, &format!("{header}\n{row}\n"));
            assert_eq!(
                (numbers(&result), result.ambiguous.count),
                (found.clone(), ambiguous),
                "{row}"
            );
        }
    }
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

/// What a stray quote draws in must not vanish.
#[test]
fn recipients_within_quotes_are_not_lost_unseen() {
    let input = "note,email\n\"16 inch,ada@example.com\nx,bob@example.com\n\",none@example.com\n";
    let found = matches(&GUESTS, input);
    assert!(found.codes.is_empty());
    let lines: Vec<_> = found.unmatched.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4]);
    // An honest cell of several lines.
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
    // Codes are no recipients.
    reader.push_fixed(code(1).to_string().as_bytes());
    reader.push_entry("ada@example.com");
    reader.reject_entry();
    reader.push_entry("");
    assert_eq!((reader.valid(), reader.rejected_count()), (2, 3));
    let found = reader.finish_recipients();
    assert_eq!(numbers(&found), [9, 1]);
    let lines: Vec<_> = found.unmatched.rows.iter().map(|row| (row.line, row.reason)).collect();
    assert_eq!(lines, [(2, "no_guest"), (4, "not_a_string"), (5, "empty")]);
}

#[test]
fn of_a_long_list_as_many_rows_are_kept_as_can_be_shown() {
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

/// A guest of few addresses and numbers, so that they meet.
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

/// All guests are looked at for each row.
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
    fn a_row_is_matched_if_it_leads_to_exactly_one_code(
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

    /// Two columns never lead to a code that neither of them leads to, nor to one that a
    /// guest of the other speaks against.
    #[test]
    fn two_columns_never_lead_to_a_third(
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

    /// Bytes of any kind end in rows, never in a panic.
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
