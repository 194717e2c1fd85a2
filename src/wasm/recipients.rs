//! Lists of people: what a reader of codes is told to read recipients in their place.

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::reader::{CodeReader, Group};
use super::value::{Plain, json_stringify, number, parse_json};
use crate::recipients::{RecipientMatches, RecipientRows};

#[wasm_bindgen]
impl CodeReader {
    /// Reads recipients in place of codes.
    #[wasm_bindgen(js_name = expectRecipients)]
    pub fn expect_recipients(&mut self) {
        self.0.expect_recipients();
    }

    /// Some guests: of each a list of its `email`, `phone`, `codeText` and `codeId`.
    #[wasm_bindgen(js_name = addGuests)]
    pub fn add_guests(&mut self, guests: &JsValue) {
        let guests = json_stringify(guests);
        for guest in parse_json(&guests).items() {
            if let [email, phone, code_text, code_id] = guest.items() {
                let [email, phone, code_text, code_id] = [email, phone, code_text, code_id]
                    .map(|member| member.text().unwrap_or_default());
                self.0.add_guest(email, phone, code_text, code_id);
            }
        }
    }

    /// What became of the recipients: the parts of their list of `codes` with its `ids`,
    /// the rows that led to no code, and in `counts` how many these are.
    #[wasm_bindgen(js_name = finishRecipients)]
    pub fn finish_recipients(&mut self) -> JsValue {
        let reader = std::mem::take(&mut self.0);
        let RecipientMatches { codes, unmatched, ambiguous, without_code } =
            reader.finish_recipients();
        let counts = Plain::new()
            .number("unmatched", number(unmatched.count))
            .number("ambiguous", number(ambiguous.count))
            .number("withoutCode", number(without_code.count));
        let matches = Plain::new()
            .with("unmatched", rows(&unmatched))
            .with("ambiguous", rows(&ambiguous))
            .with("withoutCode", rows(&without_code))
            .with("counts", counts.into());
        let mut group = Group::default();
        group.add(None, &codes);
        group.finish_with(matches)
    }
}

fn rows(rows: &RecipientRows) -> JsValue {
    let list = Array::new();
    for row in &rows.rows {
        let codes = Array::new();
        for code in &row.codes {
            let mut text = String::new();
            code.write_to(&mut text);
            codes.push(&text.into());
        }
        let row = Plain::new()
            .number("line", number(row.line))
            .text("value", &row.value)
            .text("reason", row.reason)
            .text("message", &row.message)
            .with("codes", codes.into());
        list.push(&row.into());
    }
    list.into()
}
