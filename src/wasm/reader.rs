//! Lists of codes, read piece by piece.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::value::{Plain, known, number, text_or_null};
use crate::code::list::CodeList;
use crate::csv::{self, Column};
use crate::protocol::ReaderCount;

/// Reads text, or a list with one code an entry.
#[wasm_bindgen]
pub struct CodeReader(pub(super) csv::CodeReader);

#[wasm_bindgen]
impl CodeReader {
    /// A column has a name, or a number; a name and a number are those of one of
    /// several columns of that name. `header_row` is the line of the header. 0 is no
    /// number. `by_program` says whether there are programs; `seed` is a random number.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(
        column_name: Option<String>,
        column_number: u32,
        header_row: u32,
        by_program: bool,
        program_name: Option<String>,
        program_number: u32,
        seed: u64,
    ) -> Self {
        Self(csv::CodeReader::with(csv::Options {
            column: column(column_name, column_number),
            program_column: by_program.then(|| column(program_name, program_number)),
            header_row: (header_row > 0).then_some(header_row.into()),
            seed,
        }))
    }

    /// How many bytes there will be in all, where that is known.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn expect(&mut self, bytes: f64) {
        self.0.expect(bytes as u64);
    }

    /// Text, cut anywhere; or entries of 36 bytes each, back to back.
    pub fn push(&mut self, bytes: &[u8], entries: bool) {
        if entries {
            self.0.push_fixed(bytes);
        } else {
            self.0.push(bytes);
        }
    }

    /// One entry of a list; nothing for one that is no string.
    #[wasm_bindgen(js_name = pushEntry)]
    #[allow(clippy::needless_pass_by_value)] // An optional text crosses by value only.
    pub fn push_entry(&mut self, text: Option<String>) {
        match text {
            Some(text) => self.0.push_entry(&text),
            None => self.0.reject_entry(),
        }
    }

    /// How many so far, of what a [`ReaderCount`] numbers.
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

    /// The list of all that has no program, then those of the programs, some at a
    /// time: `ids` (16 bytes a code) of all of them together, and in `lists`, for each,
    /// its `program`, its `size`, `duplicates`, `rejectedCount` and `rejected`.
    pub fn finish(&mut self) -> Array {
        let reader = std::mem::take(&mut self.0);
        let csv::ProgramLists { programs, rejections } = reader.finish_programs();
        let groups = Array::new();
        let mut group = Group::default();
        group.add(None, &rejections);
        groups.push(&group.finish());
        for some in programs.chunks(Group::MOST) {
            let mut group = Group::default();
            for (program, codes) in some {
                group.add(Some(program.as_str()), codes);
            }
            groups.push(&group.finish());
        }
        groups
    }
}

fn column(name: Option<String>, number: u32) -> Column {
    let number = (number > 0).then_some(number as usize);
    match (name, number) {
        (Some(name), number) => Column::Named(name, number),
        (None, Some(number)) => Column::Number(number),
        (None, None) => Column::Usual,
    }
}

/// Lists that cross together: each crossing costs as much as a short list.
#[derive(Default)]
pub(super) struct Group<'a> {
    lists: Array,
    pieces: Vec<&'a [u8]>,
    bytes: usize,
}

impl<'a> Group<'a> {
    const MOST: usize = 1_000;

    pub(super) fn add(&mut self, program: Option<&'a str>, codes: &'a CodeList) {
        let rejected = Array::new();
        for entry in codes.rejected() {
            let entry = Plain::new()
                .number("line", number(entry.line))
                .text("value", &entry.value)
                .text("reason", entry.reason.as_str())
                .text("message", &entry.message);
            rejected.push(&entry.into());
        }
        let list = Plain::new()
            .with("program", &text_or_null(program))
            .number("size", number(codes.len() as u64))
            .number("duplicates", number(codes.duplicates()))
            .number("rejectedCount", number(codes.rejected_count()))
            .with("rejected", &rejected);
        self.lists.push(&list.into());
        self.pieces.extend(codes.pieces());
        self.bytes += codes.len() * 16;
    }

    fn finish(self) -> JsValue {
        self.finish_with(Plain::new())
    }

    /// Gives the lists as further members of an object.
    pub(super) fn finish_with(self, object: Plain) -> JsValue {
        #[allow(clippy::cast_possible_truncation)] // A list of 2^28 codes has no room in wasm32.
        let ids = Uint8Array::new_with_length(self.bytes as u32);
        let mut at = 0;
        for piece in self.pieces {
            #[allow(clippy::cast_possible_truncation)]
            let end = at + piece.len() as u32;
            ids.subarray(at, end).copy_from(piece);
            at = end;
        }
        object.with("lists", &self.lists).with("ids", &ids).into()
    }
}
