//! A webhook: verifies its signature, then reads it.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::to_js_error;
use super::value::{json_stringify, parse_json};
use crate::protocol::CHECKED_BEFORE;
use crate::protocol::shapes::webhooks;
use crate::secret::SigningKey;
use crate::webhook::event;
use crate::webhook::signature;

/// Verifies the signature of the raw bytes, then reads them. `keys` is a list of strings
/// as JSON text; or [`CHECKED_BEFORE`], which can't be a list of keys, for a body that
/// was verified when it arrived. `outcomes` is the caller's reading of the same body, as
/// JSON text, or undefined. Returns the event as JSON text; see [`webhooks::written`].
#[wasm_bindgen(js_name = readWebhook)]
pub fn read_webhook(
    body: &[u8],
    signature: Option<String>,
    keys: &str,
    environment: Option<String>,
    outcomes: Option<String>,
) -> Result<JsValue, JsValue> {
    let mut signing_keys = Vec::new();
    for key in parse_json(keys).items() {
        signing_keys.push(SigningKey::new(key.text().unwrap_or_default()));
    }
    if keys != CHECKED_BEFORE {
        signature::verify(body, signature.as_deref(), &signing_keys).map_err(to_js_error)?;
    }
    let text = str::from_utf8(body).unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // The caller has parsed the body already in order to read the outcomes.
    let raw = if outcomes.is_none() { text } else { "null" };
    let outcomes = outcomes.unwrap_or_default();
    event::read(&parse_json(text), environment.as_deref(), &parse_json(&outcomes))
        .map(|event| webhooks::written(&event, raw, |text| json_stringify(&text.into())).into())
        .map_err(to_js_error)
}
