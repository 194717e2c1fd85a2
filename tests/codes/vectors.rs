//! The vectors that both languages run.

use serde_json::{Value, json};
use uber_vouchers::code::list::CodeList;
use uber_vouchers::code::rejected::RejectedEntry;
use uber_vouchers::csv::{CodeReader, Column, Options};

use crate::reading::{Random, chunkings, pushed, texts};

fn vectors(kind: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(include_str!("../vectors/codes.json")).unwrap();
    vectors[kind].as_array().unwrap().clone()
}

/// The bytes of an input. None for a list of entries.
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
