//! Lists of codes, read piece by piece.

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::{number, to_js};
use crate::csv;
use crate::error::{Reason, Rejected};
use crate::json::{Json, object};
use crate::list::CodeList;

/// Codes are handed over in pieces, so that a long list is not held twice.
const CODES_AT_ONCE: usize = 4096;

/// Reads text, or a list with one code an entry.
#[wasm_bindgen]
pub struct CodeReader(csv::CodeReader);

#[wasm_bindgen]
impl CodeReader {
    /// `column` names the column of the codes.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(column: Option<String>) -> Self {
        Self(csv::CodeReader::new(column.as_deref()))
    }

    /// Text, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }

    /// One entry of a list.
    #[wasm_bindgen(js_name = pushEntry)]
    pub fn push_entry(&mut self, text: &str) {
        self.0.push_entry(text);
    }

    /// Entries of 36 bytes each, back to back.
    #[wasm_bindgen(js_name = pushEntries)]
    pub fn push_entries(&mut self, bytes: &[u8]) {
        self.0.push_fixed(bytes);
    }

    /// One entry that is no string.
    #[wasm_bindgen(js_name = rejectEntry)]
    pub fn reject_entry(&mut self) {
        self.0.reject_entry(Reason::NotAString);
    }

    /// Rows, codes, duplicates and rejected entries so far.
    #[must_use]
    pub fn progress(&self) -> Vec<f64> {
        counts([self.0.rows(), self.0.valid(), self.0.duplicates(), self.0.rejected_count()])
    }

    /// The list: `ids` (16 bytes a code), `duplicates`, `rejectedCount`, `rejected`.
    pub fn finish(&mut self) -> JsValue {
        let reader = std::mem::replace(&mut self.0, csv::CodeReader::new(None));
        list(&reader.finish())
    }
}

/// Reads a CSV with a column of program ids.
#[wasm_bindgen]
pub struct ProgramReader(csv::ProgramReader);

#[wasm_bindgen]
impl ProgramReader {
    /// The names of the columns.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(program_column: Option<String>, column: Option<String>) -> Self {
        Self(csv::ProgramReader::new(program_column.as_deref(), column.as_deref()))
    }

    /// Text, cut anywhere.
    pub fn push(&mut self, bytes: &[u8]) {
        self.0.push(bytes);
    }

    /// Rows, codes, duplicates and rejected rows so far.
    #[must_use]
    pub fn progress(&self) -> Vec<f64> {
        let duplicates = self.0.duplicates();
        let rejected = self.0.rejected_count();
        counts([self.0.rows(), self.0.rows() - duplicates - rejected, duplicates, rejected])
    }

    /// `programs` (each `[id, list]`), `rejectedCount`, `rejected`.
    pub fn finish(&mut self) -> JsValue {
        let reader = std::mem::replace(&mut self.0, csv::ProgramReader::new(None, None));
        let lists = reader.finish();
        let programs = Array::new();
        for (program, codes) in &lists.programs {
            programs.push(&Array::of2(&JsValue::from_str(program.as_str()), &list(codes)));
        }
        let value = refused(0, lists.rejected_count, &lists.rejected);
        set(&value, "programs", &programs);
        value
    }
}

#[allow(clippy::cast_precision_loss)]
fn counts(numbers: [u64; 4]) -> Vec<f64> {
    numbers.map(|number| number as f64).to_vec()
}

fn list(codes: &CodeList) -> JsValue {
    let value = refused(codes.duplicates(), codes.rejected_count(), codes.rejected());
    #[allow(clippy::cast_possible_truncation)] // A list of 2^28 codes has no room in wasm32.
    let ids = Uint8Array::new_with_length(codes.len() as u32 * 16);
    let mut piece = Vec::with_capacity(CODES_AT_ONCE.min(codes.len()) * 16);
    let mut at = 0;
    for code in codes {
        piece.extend_from_slice(code.as_bytes());
        if piece.len() == CODES_AT_ONCE * 16 {
            at = put(&ids, at, &mut piece);
        }
    }
    put(&ids, at, &mut piece);
    set(&value, "ids", &ids);
    value
}

/// Copies a piece to its place; says where the next one goes.
#[allow(clippy::cast_possible_truncation)]
fn put(ids: &Uint8Array, at: u32, piece: &mut Vec<u8>) -> u32 {
    let end = at + piece.len() as u32;
    ids.subarray(at, end).copy_from(piece);
    piece.clear();
    end
}

fn refused(duplicates: u64, rejected_count: u64, rejected: &[Rejected]) -> JsValue {
    let mut entries = Vec::with_capacity(rejected.len());
    for entry in rejected {
        entries.push(object([
            ("line", number(entry.line)),
            ("value", entry.value.as_str().into()),
            ("reason", entry.reason.as_str().into()),
            ("message", entry.message.into()),
        ]));
    }
    to_js(&object([
        ("duplicates", number(duplicates)),
        ("rejectedCount", number(rejected_count)),
        ("rejected", Json::List(entries)),
    ]))
}

fn set(object: &JsValue, name: &str, value: &JsValue) {
    // Fails on no plain object.
    let _ = js_sys::Reflect::set(object, &JsValue::from_str(name), value);
}
