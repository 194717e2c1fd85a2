//! Lists of codes in any chunks, compared with the plain reader of this crate.
//!
//! The input: options (1 byte), the lengths of the chunks (4 bytes, repeated), then the
//! file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use uber_vouchers::code::list::{CodeList, KEPT_REJECTED};
use uber_vouchers::csv::{self, CodeReader, Column};
use uber_vouchers_fuzz::chunks;
use uber_vouchers_fuzz::list::{List, Options, Wanted, read, read_entries};

fuzz_target!(|data: &[u8]| {
    let Some((head, file)) = data.split_first_chunk::<5>() else { return };
    let [options, pattern @ ..] = *head;
    let wanted = |bits: u8| match bits & 3 {
        0 => (Wanted::Usual, Column::Usual),
        1 => (Wanted::Number(2), Column::Number(2)),
        2 => (Wanted::Named("x"), Column::Named("x".to_owned(), None)),
        _ => (Wanted::Named(" My code "), Column::Named(" My code ".to_owned(), None)),
    };
    let ((column, own_column), (program, own_program)) = (wanted(options), wanted(options >> 2));
    let header_row = (options & 0x40 != 0).then_some(2);

    if options & 0x20 != 0 {
        let Ok(text) = str::from_utf8(file) else { return };
        let mut reader = CodeReader::new(None);
        text.split('\n').for_each(|entry| reader.push_entry(entry));
        compare(&reader.finish(), &read_entries(text.split('\n')).all);
        return;
    }
    if options & 0x10 != 0 {
        let program_column = Some(own_program);
        let mut reader = CodeReader::with(csv::Options {
            column: own_column,
            program_column,
            header_row,
            seed: 0,
        });
        for chunk in chunks(file, &pattern) {
            reader.push(chunk);
        }
        let counts = (reader.valid(), reader.duplicates(), reader.rejected_count());
        let found = reader.finish_programs();
        let expected = read(file, Options { column, program: Some(program), header_row });
        compare(&found.rejections, &expected.all);
        assert_eq!(found.programs.len(), expected.programs.len());
        // All programs share one limit of kept rows.
        let is_all_kept = expected.all.rejected.len() <= KEPT_REJECTED;
        for ((id, list), (name, expected)) in found.programs.iter().zip(&expected.programs) {
            assert_eq!(id.as_str(), name);
            assert_eq!(list.rejected_count(), expected.rejected.len() as u64);
            if is_all_kept {
                compare(list, expected);
            }
        }
        // The counts during reading are never greater than the result.
        assert!(counts.0 <= found.programs.iter().map(|(_, list)| list.len() as u64).sum());
        assert!(counts.1 <= found.programs.iter().map(|(_, list)| list.duplicates()).sum());
        assert!(counts.2 <= found.rejections.rejected_count());
        return;
    }
    let options = csv::Options { column: own_column, program_column: None, header_row, seed: 0 };
    let mut reader = CodeReader::with(options);
    for chunk in chunks(file, &pattern) {
        reader.push(chunk);
    }
    let list = reader.finish();
    compare(&list, &read(file, Options { column, program: None, header_row }).all);
    assert_eq!(
        CodeList::from_bytes(&list.to_bytes(), 0).map(|list| list.to_bytes()),
        Some(list.to_bytes())
    );
});

fn compare(found: &CodeList, expected: &List) {
    let codes: Vec<_> = found.iter().map(|code| code.to_string()).collect();
    assert_eq!(codes, expected.codes);
    assert_eq!(found.duplicates(), expected.duplicates);
    let rejected: Vec<_> =
        found.rejected().iter().map(|one| (one.line, one.value.clone(), one.reason)).collect();
    let kept = expected.rejected.len().min(KEPT_REJECTED);
    assert_eq!(rejected, expected.rejected[..kept]);
    assert_eq!(found.rejected_count(), expected.rejected.len() as u64);
}
