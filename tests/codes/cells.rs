//! Cells that are blank, long, or fixed in size.

use uber_vouchers::code::list::CodeList;
use uber_vouchers::code::rejected::RejectReason;
use uber_vouchers::csv::CodeReader;

use crate::reading::{CODES, read, read_programs, texts};

/// Control characters are not white space: a first row of them is not skipped.
#[test]
fn a_first_row_that_looks_empty_is_kept() {
    let code = CODES[0];
    let list = read(&[format!("\u{3}\n{code}").into()], None);
    assert_eq!((list.len(), list.rejected_count()), (1, 1));
    assert_eq!((list.rejected()[0].line, list.rejected()[0].reason), (1, RejectReason::NotAUuid));
    let list = read(&[format!("\u{3},,\ncode_id,,\n{code},,\n").into()], None);
    assert_eq!((list.len(), list.rejected_count()), (0, 1));
    assert_eq!((list.rejected()[0].line, list.rejected()[0].value.as_str()), (1, "\u{3}"));
}

/// White space before quotes does not prevent them from opening, even for the delimiter.
#[test]
fn delimiters_inside_quotes_are_ignored() {
    let code = CODES[0];
    for header in ["x, \"a;b;c;d\",code_id", "\"a;b;c;d\" ,x,code_id", "x,\t\"a;b;c;d\"\t,code_id"]
    {
        let list = read(&[format!("{header}\n1,2,{code}").into()], None);
        assert_eq!((list.len(), list.rejected_count()), (1, 0), "{header}");
    }
}

#[test]
fn a_row_of_white_space_is_blank() {
    let code = CODES[0];
    for row in [",,", " ,\t, ", "\" \",\"\",\"  \"", ",\" \"", "\"\n\",\" \n\","] {
        let input = format!("name,code_id,x\nx,{code},\n{row}\n");
        let list = read(&[input.clone().into()], None);
        assert_eq!((list.len(), list.rejected_count()), (1, 0), "{input:?}");
    }
}

/// The kept part of a cell that is too long may end inside a character. The cell is too
/// long anyway, and its encoding is valid.
#[test]
fn a_cell_that_is_too_long_is_valid_text() {
    for first in ["", "z"] {
        let long = format!("{first}{}", "é".repeat(1_100));
        let list = read(&[format!("code_id\n{long}").into()], None);
        assert_eq!(list.rejected()[0].reason, RejectReason::NotAUuid);
    }
}

/// Truncated inside a character it reads as empty, which it is not.
#[test]
fn a_program_id_that_is_too_long_is_not_missing() {
    let code = CODES[0];
    for first in ["", "z"] {
        let input = format!("code_id,program\n{code},{first}{}\n", "é".repeat(1_100));
        let lists = read_programs(&[input.into()], None, None);
        assert_eq!(
            lists.rejections.rejected()[0].reason,
            RejectReason::InvalidProgramId,
            "{first:?}"
        );
    }
}

/// The fast parser reads complete rows, and must give the same result.
#[test]
fn a_program_in_much_white_space_is_read_from_any_chunks() {
    let (code, other) = (CODES[0], CODES[2]);
    for spaces in [0, 1, 1_000, 1_023, 1_024, 1_500] {
        for space in [" ", "\u{a0}"] {
            let cell = format!("p{}", space.repeat(spaces));
            let input = format!("code_id,program\n{code},{cell}\n{other},{cell}\n").into_bytes();
            let whole = read_programs(std::slice::from_ref(&input), None, None);
            let bytes: Vec<_> = input.chunks(1).map(<[u8]>::to_vec).collect();
            assert!(whole == read_programs(&bytes, None, None), "{spaces} of {space:?}");
            let rejected = whole.rejections.rejected_count();
            let too_long = space == "\u{a0}" && spaces > 1_023;
            assert_eq!(rejected, if too_long { 2 } else { 0 }, "{spaces} of {space:?}");
        }
    }
}

#[test]
fn the_counts_cover_all_programs() {
    let mut reader = CodeReader::by_program(None, None);
    let [one, two, three] = CODES;
    for (row, counts) in [
        ("program,code_id".to_owned(), (0, 0, 0)),
        (format!("p,{one}"), (1, 0, 0)),
        (format!("q,{one}"), (2, 0, 0)),
        (format!("q,{two}"), (3, 0, 0)),
        (format!("p,{one}"), (3, 1, 0)),
        (format!("q,{two}"), (3, 2, 0)),
        ("q,x".to_owned(), (3, 2, 1)),
        (format!("..,{three}"), (3, 2, 2)),
        (format!("p,{three}"), (4, 2, 2)),
    ] {
        reader.push(format!("{row}\n").as_bytes());
        let found = (reader.valid(), reader.duplicates(), reader.rejected_count());
        assert_eq!(found, counts, "{row}");
    }
}

#[test]
fn all_rejections_count_and_the_first_1_000_are_kept() {
    let list = read(&["x\n".repeat(1_203).into()], None);
    assert_eq!((list.rejected_count(), list.rejected().len()), (1_203, 1_000));

    // The quote in line 3 swallows every line to the end, except the blank one.
    let code = CODES[0];
    let input = format!("code_id,x\n{code},1\n{code},\"2\n \n{}", "x\n".repeat(1_500));
    let list = read(&[input.into()], None);
    assert_eq!((list.len(), list.rejected_count()), (1, 1_501));
    let lines = std::iter::once(3).chain(5..1_004);
    assert!(list.rejected().iter().map(|one| one.line).eq(lines));
    assert!(list.rejected().iter().all(|one| one.reason == RejectReason::MalformedCsv));
}

#[test]
fn fixed_records_are_entries() {
    let mut reader = CodeReader::new(None);
    reader.push_fixed(CODES.concat().as_bytes());
    reader.push_fixed(&[b"\xff".repeat(36), CODES[0].into(), b"rest".to_vec()].concat());
    assert_eq!((reader.valid(), reader.duplicates(), reader.rejected_count()), (3, 1, 2));
    let list = reader.finish();
    let found: Vec<_> = list.rejected().iter().map(|one| (one.line, one.reason)).collect();
    assert_eq!(found, [(4, RejectReason::NotUtf8), (6, RejectReason::NotAUuid)]);
}

#[test]
fn a_large_list_keeps_its_order() {
    let code = |number: u32| format!("{number:08x}-0000-4000-8000-{:012x}\n", number % 7);
    let input: String = (0..60_000).chain(0..100).map(code).collect();
    let list = read(&[format!("code_id\n{input}").into_bytes()], None);
    assert_eq!((list.len(), list.duplicates(), list.rejected_count()), (60_000, 100, 0));
    assert!(texts(&list).iter().map(|text| format!("{text}\n")).eq((0..60_000).map(code)));
    assert!(CodeList::from_bytes(&list.to_bytes(), 0).unwrap().iter().eq(&list));
}
