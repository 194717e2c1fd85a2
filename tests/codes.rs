//! Reading codes: the vectors that the JavaScript tests run as well, and
//! inputs drawn at random, cut in every way.

// The helpers of a test are not seen as tests by clippy.toml's exceptions.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use serde_json::{Value, json};
use uber_vouchers::code::list::CodeList;
use uber_vouchers::code::rejected::{RejectReason, RejectedEntry};
use uber_vouchers::csv::{CodeReader, Column, Options, ProgramLists};

const CODES: [&str; 3] = [
    "1f913a96-f52c-42a0-aa0b-a2ba53b2d631",
    "2B7E1516-28AE-4D2A-ABF7-158809CF4F3C",
    "3d80477d-4716-4e42-9d1a-6d6b3c7f2a10",
];

fn vectors(kind: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("vectors/codes.json")).unwrap();
    vectors[kind].as_array().unwrap().clone()
}

/// The bytes of an input; none for a list of entries.
fn bytes(input: &Value) -> Option<Vec<u8>> {
    let text = input["text"].as_str().map(|text| text.as_bytes().to_vec());
    text.or_else(|| input["base64"].as_str().map(base64))
}

fn base64(text: &str) -> Vec<u8> {
    let digit = |byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes().filter(|byte| *byte != b'=') {
        held = held << 6 | u32::from(digit(byte));
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    bytes
}

/// The input at once, byte by byte, and cut at random.
fn chunkings(input: &[u8], random: &mut Random) -> Vec<Vec<Vec<u8>>> {
    let mut all = vec![vec![input.to_vec()], input.chunks(1).map(<[u8]>::to_vec).collect()];
    for longest in [3, 10, 100] {
        let (mut rest, mut chunks) = (input, Vec::new());
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at(random.below(longest + 1).min(rest.len()));
            chunks.push(chunk.to_vec());
            rest = after;
        }
        all.push(chunks);
    }
    all
}

fn pushed(mut reader: CodeReader, chunks: &[Vec<u8>]) -> CodeReader {
    for chunk in chunks {
        reader.push(chunk);
    }
    reader
}

fn read(chunks: &[Vec<u8>], column: Option<&str>) -> CodeList {
    pushed(CodeReader::new(column), chunks).finish()
}

fn read_programs(chunks: &[Vec<u8>], program: Option<&str>, column: Option<&str>) -> ProgramLists {
    pushed(CodeReader::by_program(program, column), chunks).finish_programs()
}

/// The options of a vector.
fn options(vector: &Value, by_program: bool) -> Options {
    let column = |name: &str| match &vector["options"][name] {
        Value::Null => Column::Usual,
        Value::String(name) => Column::Named(name.clone(), None),
        Value::Number(number) => Column::Number(index(number.as_u64())),
        named => {
            let name = named["name"].as_str().unwrap().to_owned();
            Column::Named(name, Some(index(named["occurrence"].as_u64())))
        }
    };
    let program_column = by_program.then(|| column("programColumn"));
    let header_row = vector["options"]["headerRow"].as_u64();
    Options { column: column("column"), program_column, header_row, seed: 0 }
}

fn index(number: Option<u64>) -> usize {
    usize::try_from(number.unwrap()).unwrap()
}

fn texts(list: &CodeList) -> Vec<String> {
    list.iter().map(|code| code.to_string()).collect()
}

fn rejections(rejected: &[RejectedEntry]) -> Value {
    rejected
        .iter()
        .map(|one| json!({ "line": one.line, "value": one.value, "reason": one.reason.as_str() }))
        .collect()
}

#[test]
fn lists() {
    let mut random = Random(1);
    for vector in vectors("lists") {
        let name = &vector["name"];
        let reader = || CodeReader::with(options(&vector, false));
        let found = if let Some(input) = bytes(&vector["input"]) {
            let all = chunkings(&input, &mut random);
            all.iter().map(|chunks| pushed(reader(), chunks).finish()).collect()
        } else {
            vec![read_entries(&vector["input"]["entries"])]
        };
        for list in found {
            let found = json!({
                "codes": texts(&list),
                "duplicates": list.duplicates(),
                "rejectedCount": list.rejected_count(),
                "rejected": rejections(list.rejected()),
            });
            assert_eq!(found, vector["expect"], "{name}");
        }
    }
}

fn read_entries(entries: &Value) -> CodeList {
    let mut reader = CodeReader::new(None);
    for entry in entries.as_array().unwrap() {
        match entry.as_str() {
            Some(text) if text.len() == 36 => reader.push_fixed(text.as_bytes()),
            Some(text) => reader.push_entry(text),
            None => reader.reject_entry(),
        }
    }
    let read = reader.valid() + reader.duplicates() + reader.rejected_count();
    assert_eq!(read, entries.as_array().unwrap().len() as u64);
    reader.finish()
}

#[test]
fn programs() {
    let mut random = Random(2);
    for vector in vectors("programs") {
        let name = &vector["name"];
        for chunks in chunkings(&bytes(&vector["input"]).unwrap(), &mut random) {
            let reader = CodeReader::with(options(&vector, true));
            let lists = pushed(reader, &chunks).finish_programs();
            let programs: Value = lists
                .programs
                .iter()
                .map(|(id, list)| {
                    json!({
                        "programId": id.as_str(),
                        "codes": texts(list),
                        "duplicates": list.duplicates(),
                        "rejectedCount": list.rejected_count(),
                    })
                })
                .collect();
            let found = json!({
                "programs": programs,
                "rejectedCount": lists.rejections.rejected_count(),
                "rejected": rejections(lists.rejections.rejected()),
            });
            assert_eq!(found, vector["expect"], "{name}");
        }
    }
}

#[test]
fn messages_say_what_to_do() {
    let [code, ..] = CODES;
    for (input, column, says) in [
        ("EXAMPLE1", None, "code_text"),
        ("vouchers\n", None, "name it as the column of the codes"),
        ("my vouchers", None, "name it as the column of the codes"),
        ("1f913a96f52c42a0aa0ba2ba53b2d631", None, "8-4-4-4-12"),
        ("{1f913a96-f52c-42a0-aa0b-a2ba53b2d631}", None, "8-4-4-4-12"),
        ("name,email", None, "code_id, code_uuid, uuid or code"),
        ("code_id,email", Some("x"), "given column is not there"),
        ("code_id", Some("x"), "given column is not there"),
        ("code_id,x\n,1", None, "nothing"),
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
        ("code_id,x", None, None, "Say which holds the program ids."),
        ("code_id,x", Some("y"), None, "given column of the program ids is not there"),
        ("program,x", None, None, "code_id, code_uuid, uuid or code. Say which holds the codes."),
        ("x,y", None, Some("z"), "given column is not there"),
        ("x,y", None, None, "code_id, code_uuid, uuid or code. Say which holds the codes."),
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

/// The one issue of an input.
fn only_message(input: &[u8], options: Options) -> String {
    let list = pushed(CodeReader::with(options), &[input.to_vec()]).finish();
    assert_eq!((list.len(), list.rejected_count()), (0, 1), "{}", input.escape_ascii());
    list.rejected()[0].message.clone()
}

#[test]
fn messages_name_what_is_there() {
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
            "Nothing was read. Line 1 decides the layout; the header seems to be in line 3. If so, say that the header is in line 3.",
        ),
        (
            "code,code\nx,y",
            "Several columns have the same name. Say which by its number. Nothing was read.",
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
        "This row has 4 cells, and the header names 3. A cell that holds a delimiter needs quotes."
    );
    let options = Options { column: Column::Number(7), ..Options::default() };
    assert!(only_message(b"x,y", options).contains("The given column is not there"));
    let options = Options { header_row: Some(7), ..Options::default() };
    assert!(only_message(b"x,y\n", options).contains("no header in the given line"));
    let list = read(&[format!("Codes\ncode_id\n{code}").into_bytes()], None);
    let messages: Vec<_> = list.rejected().iter().map(|one| one.message.clone()).collect();
    assert!(
        messages[0].ends_with(
            "the header seems to be in line 2. If so, say that the header is in line 2."
        )
    );
    assert!(messages[1].contains("the name of a column"), "{messages:?}");
}

/// No more is held back than is needed to tell.
#[test]
fn what_is_very_long_is_judged_by_its_beginning() {
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

/// Control characters are no white space: a first row of them is not passed over.
#[test]
fn a_first_row_that_looks_empty_is_not_lost() {
    let code = CODES[0];
    let list = read(&[format!("\u{3}\n{code}").into()], None);
    assert_eq!((list.len(), list.rejected_count()), (1, 1));
    assert_eq!((list.rejected()[0].line, list.rejected()[0].reason), (1, RejectReason::NotAUuid));
    let list = read(&[format!("\u{3},,\ncode_id,,\n{code},,\n").into()], None);
    assert_eq!((list.len(), list.rejected_count()), (0, 1));
    assert_eq!((list.rejected()[0].line, list.rejected()[0].value.as_str()), (1, "\u{3}"));
}

/// White space around quotes does not open them, for the delimiter either.
#[test]
fn delimiters_between_quotes_do_not_count() {
    let code = CODES[0];
    for header in ["x, \"a;b;c;d\",code_id", "\"a;b;c;d\" ,x,code_id", "x,\t\"a;b;c;d\"\t,code_id"]
    {
        let list = read(&[format!("{header}\n1,2,{code}").into()], None);
        assert_eq!((list.len(), list.rejected_count()), (1, 0), "{header}");
    }
}

#[test]
fn a_row_of_nothing_but_white_space_is_blank() {
    let code = CODES[0];
    for row in [",,", " ,\t, ", "\" \",\"\",\"  \"", ",\" \"", "\"\n\",\" \n\","] {
        let input = format!("name,code_id,x\nx,{code},\n{row}\n");
        let list = read(&[input.clone().into()], None);
        assert_eq!((list.len(), list.rejected_count()), (1, 0), "{input:?}");
    }
}

/// Of a cell that is too long, so much is kept that it may end inside of a
/// character. It is too long all the same, and no fault of the encoding.
#[test]
fn a_cell_that_is_too_long_is_valid_text() {
    for first in ["", "z"] {
        let long = format!("{first}{}", "é".repeat(1_100));
        let list = read(&[format!("code_id\n{long}").into()], None);
        assert_eq!(list.rejected()[0].reason, RejectReason::NotAUuid);
    }
}

/// Cut inside of a character it reads as empty, which it is not.
#[test]
fn a_program_id_that_is_too_long_is_not_taken_for_none() {
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

/// Rows that are all there take a shorter way, which must not lead elsewhere.
#[test]
fn a_program_in_much_white_space_is_the_same_however_it_is_cut() {
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
fn the_counts_so_far_are_those_of_all_programs() {
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

    // The quote in line 3 draws in every line to the end, the blank one aside.
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
fn how_it_is_cut_does_not_matter() {
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

/// Without quotes a CSV is lines split at commas: the second opinion.
#[test]
fn without_quotes_it_is_split_at_commas() {
    let mut random = Random(4);
    let cells = [CODES[0], CODES[1], CODES[2], "", " ", "x", "a b", "\u{a0}"];
    for round in 0..2_000 {
        let width = 1 + random.below(3);
        let mut lines =
            vec![["name,code_id,email", "code_id,name", "x,y,code_id"][width - 1].to_owned()];
        let place = [1, 0, 2][width - 1];
        for _ in 0..random.below(12) {
            // More cells than the header is another test.
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

/// A table whose columns stand in any order, with rows that are all right.
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

    /// A column in which a person writes.
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

    /// What both readers make of it, which the cuts don't change.
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

/// What is taken is what the rows hold, and each row is taken or rejected.
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

/// A quote opens in one row and closes in a later one, as if a cell were of many
/// lines: none of these rows vanishes.
#[test]
fn quotes_that_close_by_chance_lose_no_row() {
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

/// Beyond 1,000 lines, and in a list of one column.
#[test]
fn every_line_that_is_drawn_in_counts() {
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
        assert!(list.rejected()[0].message.contains("draws in"), "{header}");
    }
}

/// A delimiter in a cell without quotes, or two: what stands behind it is not
/// taken for what it isn't.
#[test]
fn shifted_rows_give_no_wrong_code() {
    let mut random = Random(6);
    for round in 0..300 {
        let mut table = Table::draw(&mut random, 40);
        let codes = table.codes();
        // Of the first row nobody can know, if its last cell is empty.
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

#[test]
fn a_large_list_keeps_its_order() {
    let code = |number: u32| format!("{number:08x}-0000-4000-8000-{:012x}\n", number % 7);
    let input: String = (0..60_000).chain(0..100).map(code).collect();
    let list = read(&[format!("code_id\n{input}").into_bytes()], None);
    assert_eq!((list.len(), list.duplicates(), list.rejected_count()), (60_000, 100, 0));
    assert!(texts(&list).iter().map(|text| format!("{text}\n")).eq((0..60_000).map(code)));
    assert!(CodeList::from_bytes(&list.to_bytes(), 0).unwrap().iter().eq(&list));
}

/// A small deterministic generator (xorshift): good enough to draw inputs.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }
}
