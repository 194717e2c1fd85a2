//! Codes and lists of codes, for any input and any chunks.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use uber_vouchers::code::Code;
use uber_vouchers::code::list::CodeList;
use uber_vouchers::csv::{CodeReader, ProgramLists};

prop_compose! {
    pub(crate) fn code()(bytes: [u8; 16]) -> Code {
        Code::from_bytes(bytes).unwrap_or_else(|| Code::from_bytes([1; 16]).unwrap())
    }
}

/// Few codes, so that some occur twice.
fn repeating_codes() -> impl Strategy<Value = Vec<Code>> {
    vec(code(), 1..20).prop_flat_map(|codes| vec(select(codes), 0..40))
}

fn distinct(codes: &[Code]) -> Vec<Code> {
    let mut seen = BTreeSet::new();
    codes.iter().copied().filter(|code| seen.insert(*code)).collect()
}

/// The input in chunks that end at these positions.
fn chunks<'a>(input: &'a [u8], cuts: &[Index]) -> Vec<&'a [u8]> {
    let mut ends_of_chunks: Vec<_> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
    ends_of_chunks.extend([0, input.len()]);
    ends_of_chunks.sort_unstable();
    ends_of_chunks.windows(2).map(|ends| &input[ends[0]..ends[1]]).collect()
}

fn read_list(input: &[u8], cuts: &[Index]) -> CodeList {
    let mut reader = CodeReader::new(None);
    for chunk in chunks(input, cuts) {
        reader.push(chunk);
    }
    reader.finish()
}

/// How a table is written.
#[derive(Clone, Debug)]
struct Form {
    delimiter: char,
    end: &'static str,
    mark: bool,
    quotes: bool,
    last_end: bool,
}

prop_compose! {
    fn form_of_table()(
        delimiter in select(vec![',', ';', '\t']),
        end in select(vec!["\n", "\r\n", "\r"]),
        mark: bool,
        quotes: bool,
        last_end: bool,
    ) -> Form {
        Form { delimiter, end, mark, quotes, last_end }
    }
}

impl Form {
    /// Cells that need quotes get them; the others only if all do.
    fn write(&self, rows: &[Vec<String>]) -> Vec<u8> {
        let cell = |cell: &String| {
            if self.quotes || cell.contains(['"', ',', ';', '\t', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.clone()
            }
        };
        let row = |row: &Vec<String>| {
            row.iter().map(cell).collect::<Vec<_>>().join(&self.delimiter.to_string())
        };
        let mut text = rows.iter().map(row).collect::<Vec<_>>().join(self.end);
        if self.mark {
            text.insert(0, '\u{feff}');
        }
        if self.last_end {
            text.push_str(self.end);
        }
        text.into_bytes()
    }
}

proptest! {
    #[test]
    fn a_code_round_trips(code in code(), upper: bool) {
        let mut text = code.to_string();
        if upper {
            text.make_ascii_uppercase();
        }
        prop_assert_eq!(Code::parse(text.as_bytes()), Ok(code));
        prop_assert_eq!(Code::from_bytes(*code.as_bytes()), Some(code));
    }

    #[test]
    fn a_list_round_trips(codes in repeating_codes(), cuts in vec(any::<Index>(), 0..6)) {
        let lines: Vec<_> = codes.iter().map(Code::to_string).collect();
        let text = lines.join("\n");
        let list = read_list(text.as_bytes(), &cuts);
        let expected = distinct(&codes);
        prop_assert!(list.iter().eq(expected.iter().copied()));
        prop_assert_eq!(list.duplicates(), (codes.len() - expected.len()) as u64);
        prop_assert_eq!(list.rejected_count(), 0);
        let kept = CodeList::from_bytes(&list.to_bytes(), 0).unwrap();
        prop_assert!(kept.iter().eq(&list));
    }

    /// A table with other columns, which may contain anything except bare quotes and
    /// white space at the ends, which a writer of tables would not write.
    #[test]
    fn a_column_round_trips(
        codes in repeating_codes(),
        others in vec(vec("[a-z \",;\\t\\né🎟0-9-]{0,12}", 2), 40),
        place in 0..3_usize,
        form in form_of_table(),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        let row = |cell: String, mut others: Vec<String>| {
            others.insert(place, cell);
            others
        };
        let header = row("Code ID".into(), vec!["name".into(), "note".into()]);
        let rows = codes.iter().zip(&others).map(|(code, others)| row(code.to_string(), others.clone()));
        let table = form.write(&std::iter::once(header).chain(rows).collect::<Vec<_>>());
        let list = read_list(&table, &cuts);
        prop_assert_eq!(list.rejected_count(), 0, "{}", table.escape_ascii());
        prop_assert!(list.iter().eq(distinct(&codes)), "{}", table.escape_ascii());
    }

    #[test]
    fn each_program_gets_its_own_codes(
        rows in vec((code(), select(vec!["p", "q 1", "r/2"])), 0..30),
        form in form_of_table(),
        cuts in vec(any::<Index>(), 0..6),
    ) {
        let header = vec!["program_id".to_owned(), "x".to_owned(), "uuid".to_owned()];
        let line = |(code, program): &(Code, &str)| vec![(*program).to_owned(), String::new(), code.to_string()];
        let table = form.write(&std::iter::once(header).chain(rows.iter().map(line)).collect::<Vec<_>>());
        let mut reader = CodeReader::by_program(None, None);
        for chunk in chunks(&table, &cuts) {
            reader.push(chunk);
        }
        let ProgramLists { programs, rejections, .. } = reader.finish_programs();
        prop_assert_eq!(rejections.rejected_count(), 0);
        for (program, list) in &programs {
            let own: Vec<_> = rows.iter().filter(|row| row.1 == program.as_str()).map(|row| row.0).collect();
            prop_assert!(list.iter().eq(distinct(&own)));
        }
        let total: u64 = programs.iter().map(|(_, list)| list.len() as u64 + list.duplicates()).sum();
        prop_assert_eq!(total, rows.len() as u64);
    }

    #[test]
    fn the_result_does_not_depend_on_where_a_file_is_split(
        parts in vec(select(vec![
            "1f913a96-f52c-42a0-aa0b-a2ba53b2d631", "2b7e1516-28ae-4d2a-abf7-158809cf4f3c", "code_id",
            "code_id,program\n", "\n", "\r\n", "\r", ",", ";", "\t", "\"", "\"\"", " ", "é", "x", "\u{feff}", "\0",
        ]), 0..30),
        cuts in vec(any::<Index>(), 0..12),
    ) {
        let file = parts.concat().into_bytes();
        prop_assert_eq!(read_list(&file, &cuts), read_list(&file, &[]));
    }
}
