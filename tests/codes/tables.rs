//! Random tables: nothing is lost, and nothing is guessed.

use uber_vouchers::code::list::CodeList;
use uber_vouchers::code::rejected::RejectReason;
use uber_vouchers::csv::ProgramLists;

use crate::reading::{CODES, Random, chunkings, read, read_programs, texts};

#[test]
fn the_result_does_not_depend_on_the_chunks() {
    #[rustfmt::skip]
    let parts: Vec<&[u8]> = vec![
        CODES[0].as_bytes(), CODES[0].as_bytes(), CODES[1].as_bytes(), CODES[2].as_bytes(),
        b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\r\r\n", b",", b",", b",", b";", b"\t", b"\"", b"\"",
        b"\"\"", b"\",\"", b" ", b"\xc2\xa0", b"\xa0", b"\xef\xbb\xbf", b"\xff\xfe", b"\0", b"\x0b",
        b"x", "é".as_bytes(), b"code_id", b"code", b"program", b"p1", b"..",
        b"00000000-0000-0000-0000-000000000000", &[b' '; 2_100], &[b'z'; 2_100],
        b"|", b"sep=;\n", b"{", b"- ", b"---", b"=\"", b"\xe2\x80\x8b", b"PK\x03\x04",
    ];
    let beginnings: [&[u8]; 14] = [
        b"",
        b"code_id\n",
        b"code_id,program\n",
        b"x;code;program\r\n",
        b"\xef\xbb\xbfprogram\tcode_id\r",
        b"\"code_id\",\"program\"\n",
        b"program,code_id,x\r\n",
        b",;\n\r\n",
        b"Title\n\nname,program,code\n",
        b"sep=|\r\n",
        b"\xff\xfe",
        b"\xfe\xff\0c\0o\0d\0e\0\n",
        b"PK\x03\x04",
        b"[\n",
    ];
    let mut random = Random(3);
    for round in 0..3_500 {
        let mut input = beginnings[round % beginnings.len()].to_vec();
        for _ in 0..random.below(30) {
            input.extend_from_slice(parts[random.below(parts.len())]);
        }
        let column = [None, None, Some("x")][random.below(3)];
        let all = chunkings(&input, &mut random);
        let list = read(&all[0], column);
        let lists = read_programs(&all[0], None, column);
        for chunks in all {
            assert!(read(&chunks, column) == list, "{round}: {}", input.escape_ascii());
            let cut = read_programs(&chunks, None, column);
            assert!(cut == lists, "{round}: {}", input.escape_ascii());
        }
    }
}

/// Without quotes, a CSV is lines split at commas: an independent reader.
#[test]
fn a_table_without_quotes_is_split_at_commas() {
    let mut random = Random(4);
    let cells = [CODES[0], CODES[1], CODES[2], "", " ", "x", "a b", "\u{a0}"];
    for round in 0..2_000 {
        let width = 1 + random.below(3);
        let mut lines =
            vec![["name,code_id,email", "code_id,name", "x,y,code_id"][width - 1].to_owned()];
        let place = [1, 0, 2][width - 1];
        for _ in 0..random.below(12) {
            // More cells than the header are another test.
            let most = if place == 0 { 4 } else { 3 };
            let line: Vec<_> =
                (0..=random.below(most)).map(|_| cells[random.below(cells.len())]).collect();
            lines.push(line.join(","));
        }
        let list = read(&[lines.join(["\n", "\r\n", "\r"][random.below(3)]).into_bytes()], None);

        let (mut codes, mut duplicates, mut rejected) = (Vec::new(), 0, Vec::new());
        for (line, text) in (1_u64..).zip(&lines).skip(1) {
            let cells: Vec<_> = text.split(',').collect();
            let code = cells.get(place).map(|cell| cell.trim().to_lowercase());
            let blank = |(at, cell): (usize, &&str)| {
                let cell = if at == place { cell.trim() } else { cell.trim_ascii() };
                cell.is_empty()
            };
            match code {
                _ if cells.iter().enumerate().all(blank) => {}
                None => rejected.push((line, RejectReason::MissingColumn)),
                Some(code) if code.len() != 36 => rejected.push((line, RejectReason::NotAUuid)),
                Some(code) if codes.contains(&code) => duplicates += 1,
                Some(code) => codes.push(code),
            }
        }
        let found: Vec<_> = list.rejected().iter().map(|one| (one.line, one.reason)).collect();
        assert_eq!(found, rejected, "{round}: {lines:?}");
        assert_eq!((texts(&list), list.duplicates()), (codes, duplicates), "{round}: {lines:?}");
    }
}

/// A table with columns in any order, and only valid rows.
struct Table {
    names: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    delimiter: char,
    end: &'static str,
}

impl Table {
    const COLUMNS: [&str; 5] = ["name", "order", "code_id", "note", "program"];

    fn draw(random: &mut Random, rows: usize) -> Self {
        let mut names = Self::COLUMNS.to_vec();
        (1..5).for_each(|at| names.swap(at, random.below(at + 1)));
        let mut uuid =
            |tail: u32| format!("{:08x}-0000-4000-8000-{tail:012x}", random.below(1 << 32));
        let rows = (0..rows).map(|row| {
            let cell = |name: &&str| match *name {
                "order" => uuid(1),
                "code_id" => uuid(2),
                "program" => format!("p{}", row / 30),
                _ => format!("{name} {row}"),
            };
            names.iter().map(cell).collect()
        });
        let rows = rows.collect();
        let delimiter = [',', ';', '\t'][random.below(3)];
        Self { names, rows, delimiter, end: ["\n", "\r\n", "\r"][random.below(3)] }
    }

    fn index(&self, name: &str) -> usize {
        self.names.iter().position(|have| *have == name).unwrap()
    }

    /// A column with free text.
    fn free_column(&self, random: &mut Random) -> usize {
        self.index(["name", "note"][random.below(2)])
    }

    fn codes(&self) -> Vec<String> {
        let column = self.index("code_id");
        self.rows.iter().map(|row| row[column].clone()).collect()
    }

    fn bytes(&self) -> Vec<u8> {
        let delimiter = self.delimiter.to_string();
        let row = |row: &Vec<String>| row.join(&delimiter) + self.end;
        let header = self.names.join(&delimiter) + self.end;
        (header + &self.rows.iter().map(row).collect::<String>()).into_bytes()
    }

    /// The result of both readers, which does not depend on the chunks.
    fn read(&self, random: &mut Random) -> (CodeList, ProgramLists) {
        let all = chunkings(&self.bytes(), random);
        let (list, lists) = (read(&all[0], None), read_programs(&all[0], None, None));
        for chunks in &all[1..] {
            assert!(read(chunks, None) == list, "{}", self.bytes().escape_ascii());
            let cut = read_programs(chunks, None, None);
            assert!(cut == lists, "{}", self.bytes().escape_ascii());
        }
        (list, lists)
    }
}

/// The accepted codes are those of the rows, and each row is accepted or rejected.
fn assert_nothing_is_lost(table: &Table, random: &mut Random, codes: &[String]) {
    let (list, lists) = table.read(random);
    let shown = table.bytes();
    let shown = shown.escape_ascii();
    assert!(texts(&list).iter().all(|code| codes.contains(code)), "{shown}");
    assert_eq!(list.len() as u64 + list.rejected_count(), codes.len() as u64, "{shown}");
    let mut taken = 0;
    for (program, list) in &lists.programs {
        assert!(texts(list).iter().all(|code| codes.contains(code)), "{shown}");
        assert!(program.as_str().starts_with('p') || list.is_empty(), "{program:?} {shown}");
        taken += list.len() as u64;
    }
    assert_eq!(taken + lists.rejections.rejected_count(), codes.len() as u64, "{shown}");
}

/// A quote opens in one row and closes in a later one, as if a cell spanned lines: none
/// of these rows disappears.
#[test]
fn quotes_closed_by_chance_lose_no_row() {
    let mut random = Random(5);
    for round in 0..300 {
        let mut table = Table::draw(&mut random, [8, 60][round % 2]);
        let codes = table.codes();
        let first = random.below(table.rows.len() - 1);
        let last = first + 1 + random.below(table.rows.len() - first - 1);
        let (opens, closes) = (table.free_column(&mut random), table.free_column(&mut random));
        table.rows[first][opens].insert(0, '"');
        table.rows[last][closes].push('"');
        assert_nothing_is_lost(&table, &mut random, &codes);
    }
}

/// More than 1,000 lines, and in a list of one column.
#[test]
fn every_line_inside_unmatched_quotes_counts() {
    let code = |number: u32| format!("{number:08x}-0000-4000-8000-000000000001");
    for (header, behind, before) in
        [("code_id,size\n", ",16", ",\"16"), ("code_id\n", "", ""), ("size;code_id\n", "", "16;")]
    {
        let row = |number| match (number, header.starts_with("size")) {
            (400, true) => format!("\"16;{}\n", code(number)),
            (1_600, true) => format!("5\";{}\n", code(number)),
            (_, true) => format!("{before}{}\n", code(number)),
            (400, _) if before.is_empty() => format!("\"{}\n", code(number)),
            (400, _) => format!("{}{before}\n", code(number)),
            (1_600, _) => format!("{}{behind}\"\n", code(number)),
            _ => format!("{}{behind}\n", code(number)),
        };
        let input = header.to_owned() + &(0..2_000).map(row).collect::<String>();
        let list = read(&[input.into_bytes()], None);
        assert_eq!((list.len(), list.rejected_count()), (799, 1_201), "{header}");
        let lines: Vec<_> = list.rejected().iter().map(|one| one.line).collect();
        assert_eq!((lines[0], lines[999], lines.len()), (402, 1_401, 1_000), "{header}");
        assert!(list.rejected().iter().all(|one| one.reason == RejectReason::MalformedCsv));
        assert!(list.rejected()[0].message.contains("swallows lines"), "{header}");
    }
}

/// One or two delimiters in an unquoted cell: the cells after them are not mistaken for
/// others.
#[test]
fn a_shifted_row_yields_no_wrong_code() {
    let mut random = Random(6);
    for round in 0..300 {
        let mut table = Table::draw(&mut random, 40);
        let codes = table.codes();
        // A shift of the first row is undetectable if its last cell is empty.
        let row = usize::from(round % 2 == 0) + random.below(39);
        let column = table.free_column(&mut random);
        let more = [", Ann", ", a, b"][random.below(2)].replace(',', &table.delimiter.to_string());
        table.rows[row][column].push_str(&more);
        if round % 2 == 0 {
            let last = table.names.len() - 1;
            if !["order", "code_id"].contains(&table.names[last]) {
                table.rows[row][last].clear();
            }
        }
        let (list, lists) = table.read(&mut random);
        let shown = table.bytes();
        let shown = shown.escape_ascii();
        let rest = codes.iter().enumerate().filter(|(at, _)| *at != row).map(|(_, code)| code);
        let rest: Vec<_> = rest.cloned().collect();
        let found = texts(&list);
        assert!(found == codes || found == rest && list.rejected_count() == 1, "{shown}");
        assert!(found == rest || table.index("code_id") < column, "{shown}");
        for (program, list) in &lists.programs {
            assert!(texts(list).iter().all(|code| codes.contains(code)), "{shown}");
            assert!(program.as_str().starts_with('p') || list.is_empty(), "{program:?} {shown}");
        }
    }
}
