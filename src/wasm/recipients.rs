//! Lists of people: what a reader of codes is told to read recipients in their place.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::reader::{CodeReader, Group};
use super::value::{json_stringify, number, parse_json};
use crate::json::Json;
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
        let counts = Json::object()
            .with("unmatched", number(unmatched.count))
            .with("ambiguous", number(ambiguous.count))
            .with("withoutCode", number(without_code.count));
        let matches = Json::object()
            .with("unmatched", rows(&unmatched))
            .with("ambiguous", rows(&ambiguous))
            .with("withoutCode", rows(&without_code))
            .with("counts", counts);
        let mut group = Group::default();
        group.add(None, &codes);
        group.finish_with(matches)
    }
}

fn rows(rows: &RecipientRows) -> Json<'_> {
    let mut list = Vec::with_capacity(rows.rows.len());
    for row in &rows.rows {
        let mut codes = Vec::with_capacity(row.codes.len());
        for code in &row.codes {
            let mut text = String::new();
            code.write_to(&mut text);
            codes.push(text.into());
        }
        list.push(
            Json::object()
                .with("line", number(row.line))
                .with("value", row.value.as_str())
                .with("reason", row.reason)
                .with("message", row.message.as_str())
                .with("codes", Json::List(codes)),
        );
    }
    Json::List(list)
}
