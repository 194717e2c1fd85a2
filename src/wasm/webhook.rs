//! The check of a webhook. Between the two steps the JavaScript side parses the
//! body.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::failure::thrown;
use super::{from_js, from_text, to_js};
use crate::secret::SigningKey;
use crate::webhook::{event, signature};

/// Checks the signature of the raw bytes.
#[wasm_bindgen(js_name = verifySignature)]
pub fn verify_signature(body: &[u8], signature: &JsValue, keys: &JsValue) -> Result<(), JsValue> {
    let mut signing_keys = Vec::new();
    for key in from_js(keys).items() {
        signing_keys.push(SigningKey::new(key.text().unwrap_or_default()));
    }
    signature::verify(body, signature.as_string().as_deref(), &signing_keys).map_err(thrown)
}

/// Reads the body, which the JavaScript side has parsed too.
#[wasm_bindgen(js_name = readWebhook)]
pub fn read_webhook(
    body: &[u8],
    environment: &JsValue,
    outcomes: &JsValue,
) -> Result<JsValue, JsValue> {
    let text = str::from_utf8(body).unwrap_or_default();
    let body = from_text(text.strip_prefix('\u{feff}').unwrap_or(text));
    event::read(&body, environment.as_string().as_deref(), &from_js(outcomes))
        .map(|event| to_js(&event.write()))
        .map_err(thrown)
}
