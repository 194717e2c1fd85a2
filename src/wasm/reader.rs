//! Lists of codes, read in chunks.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::value::{known, parse_json, text_of, to_js};
use crate::code::list::CodeList;
use crate::csv::{self, Column};
use crate::json::Json;
use crate::protocol::shapes::lists::{self, GroupedList};
use crate::protocol::{ReaderCount, ReaderInput};

/// Reads text, or a list with one code per entry.
#[wasm_bindgen]
pub struct CodeReader(pub(super) csv::CodeReader);

#[wasm_bindgen]
impl CodeReader {
    /// Accepts the options as JSON text, and a random number. With `byProgram` there is a
    /// column of programs. A column is a name, a number, or a name and the number of one
    /// of several columns with this name.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(options: &str, seed: u64) -> Self {
        let options = parse_json(options);
        let by_program = options.get("byProgram").is_true();
        Self(csv::CodeReader::with(csv::Options {
            column: column(options.get("column")),
            program_column: by_program.then(|| column(options.get("programColumn"))),
            header_row: whole(options.get("headerRow")).map(|line| line as u64),
            seed,
        }))
    }

    /// Sets the total number of bytes, if it is known.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn expect(&mut self, bytes: f64) {
        self.0.expect_length(bytes as u64);
    }

    /// Reads bytes; `input` is the number of a [`ReaderInput`].
    pub fn push(&mut self, bytes: &[u8], input: u32) {
        match known(ReaderInput::from_number(input)) {
            ReaderInput::Text => self.0.push(bytes),
            ReaderInput::Entries => self.0.push_fixed(bytes),
            ReaderInput::Entry => self.0.push_entry_bytes(bytes),
            ReaderInput::NoString => self.0.reject_entry(),
        }
    }

    /// The current count; `of` is the number of a [`ReaderCount`].
    #[must_use]
    #[allow(clippy::cast_precision_loss)]
    pub fn count(&self, of: u32) -> f64 {
        (match known(ReaderCount::from_number(of)) {
            ReaderCount::Valid => self.0.valid(),
            ReaderCount::Duplicates => self.0.duplicates(),
            ReaderCount::Rejected => self.0.rejected_count(),
            ReaderCount::Programs => self.0.programs() as u64,
        }) as f64
    }

    /// The list of all that has no program, then those of the programs, in groups.
    pub fn finish(&mut self) -> Array {
        let reader = std::mem::take(&mut self.0);
        let csv::ProgramLists { programs, rejections } = reader.finish_programs();
        let groups = Array::new();
        let mut group = Group::default();
        group.add(None, &rejections);
        groups.push(&group.finish());
        for some in programs.chunks(Group::MAX_PROGRAMS) {
            let mut group = Group::default();
            for (program, codes) in some {
                group.add(Some(program.as_str()), codes);
            }
            groups.push(&group.finish());
        }
        groups
    }
}

fn column(given: &Json<'_>) -> Column {
    match given {
        Json::Null => Column::Usual,
        Json::Text(name) => Column::Named(name.to_string(), None),
        Json::Object(_) => {
            let name = text_of(given, "name").to_owned();
            Column::Named(name, whole(given.get("occurrence")))
        }
        _ => whole(given).map_or(Column::Usual, Column::Number),
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(value: &Json<'_>) -> Option<usize> {
    if let Json::Number(number) = value { Some(*number as usize) } else { None }
}

/// Lists that cross together.
#[derive(Default)]
pub(super) struct Group<'a> {
    lists: Vec<GroupedList<'a>>,
    pieces: Vec<&'a [u8]>,
    bytes: usize,
}

impl<'a> Group<'a> {
    const MAX_PROGRAMS: usize = 1_000;

    pub(super) fn add(&mut self, program: Option<&'a str>, codes: &'a CodeList) {
        self.lists.push(GroupedList::of((program, codes)));
        self.pieces.extend(codes.pieces());
        self.bytes += codes.len() * 16;
    }

    pub(super) fn finish(self) -> JsValue {
        let value = to_js(lists::Group::of(self.lists));
        #[allow(clippy::cast_possible_truncation)] // A list of 2^28 codes has no room in wasm32.
        let ids = Uint8Array::new_with_length(self.bytes as u32);
        let mut at = 0;
        for piece in self.pieces {
            #[allow(clippy::cast_possible_truncation)]
            let end = at + piece.len() as u32;
            ids.subarray(at, end).copy_from(piece);
            at = end;
        }
        // Never fails on a plain object.
        let _ = js_sys::Reflect::set(&value, &JsValue::from_str("ids"), &ids);
        value
    }
}
