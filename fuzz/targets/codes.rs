//! Lists of codes, cut anywhere, against the plain reader of this crate.
//!
//! The input: options (1 byte), the lengths of the chunks (4 bytes, again and
//! again), then the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use uber_vouchers::csv::CodeReader;
use uber_vouchers::list::{CodeList, KEPT_REJECTED};
use uber_vouchers_fuzz::chunks;
use uber_vouchers_fuzz::list::{List, read, read_entries};

fuzz_target!(|data: &[u8]| {
    let Some((head, file)) = data.split_first_chunk::<5>() else { return };
    let [options, pattern @ ..] = *head;
    let name = |bits: u8| [None, None, Some("x"), Some(" My code ")][usize::from(bits & 3)];
    let (column, program) = (name(options), name(options >> 2));

    if options & 0x20 != 0 {
        let Ok(text) = str::from_utf8(file) else { return };
        let mut reader = CodeReader::new(None);
        text.split('\n').for_each(|entry| reader.push_entry(entry));
        compare(&reader.finish(), &read_entries(text.split('\n')).all);
        return;
    }
    if options & 0x10 != 0 {
        let mut reader = CodeReader::by_program(program, column);
        for chunk in chunks(file, &pattern) {
            reader.push(chunk);
        }
        let counts = (reader.valid(), reader.duplicates(), reader.rejected_count());
        let found = reader.finish_programs();
        let expected = read(file, column, Some(program));
        compare(&found.rejections, &expected.all);
        assert_eq!(found.programs.len(), expected.programs.len());
        for ((id, list), (name, expected)) in found.programs.iter().zip(&expected.programs) {
            assert_eq!(id.as_str(), name);
            compare(list, expected);
        }
        // What was said on the way is never more than what comes out.
        assert!(counts.0 <= found.programs.iter().map(|(_, list)| list.len() as u64).sum());
        assert!(counts.1 <= found.programs.iter().map(|(_, list)| list.duplicates()).sum());
        assert!(counts.2 <= found.rejections.rejected_count());
        return;
    }
    let mut reader = CodeReader::new(column);
    for chunk in chunks(file, &pattern) {
        reader.push(chunk);
    }
    let list = reader.finish();
    compare(&list, &read(file, column, None).all);
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
