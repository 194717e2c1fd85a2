//! Lists of recipients: lets a reader of codes read recipients instead.

use js_sys::Array;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::reader::{CodeReader, Group};
use super::value::{json_stringify, parse_json, to_js};
use crate::protocol::shapes::recipients::RecipientMatches;

#[wasm_bindgen]
impl CodeReader {
    /// Reads recipients instead of codes. The column of the programs is then that of
    /// telephone numbers.
    #[wasm_bindgen(js_name = expectRecipients)]
    pub fn expect_recipients(&mut self) {
        self.0.expect_recipients();
    }

    /// Adds guests, each a list of `email`, `phone`, `codeText` and `codeId`.
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

    /// What became of the recipients, and the group of the list of their codes.
    #[wasm_bindgen(js_name = finishRecipients)]
    pub fn finish_recipients(&mut self) -> JsValue {
        let reader = std::mem::take(&mut self.0);
        let matches = reader.finish_recipients();
        let mut group = Group::default();
        group.add(None, &matches.codes);
        Array::of2(&to_js(RecipientMatches::of(&matches)), &group.finish()).into()
    }
}
