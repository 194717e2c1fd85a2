//! A webhook: its signature, then what it says.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::failure::thrown;
use super::{from_text, text_of, to_js};
use crate::secret::SigningKey;
use crate::webhook::{event, signature};

/// Checks the signature of the raw bytes, then reads them. `keys` is a list of
/// strings as JSON text, `outcomes` what the caller read of the same body, or
/// nothing.
#[wasm_bindgen(js_name = readWebhook)]
pub fn read_webhook(
    body: &[u8],
    signature: Option<String>,
    keys: &str,
    environment: Option<String>,
    outcomes: &JsValue,
) -> Result<JsValue, JsValue> {
    let mut signing_keys = Vec::new();
    for key in from_text(keys).items() {
        signing_keys.push(SigningKey::new(key.text().unwrap_or_default()));
    }
    signature::verify(body, signature.as_deref(), &signing_keys).map_err(thrown)?;
    let text = str::from_utf8(body).unwrap_or_default();
    let body = from_text(text.strip_prefix('\u{feff}').unwrap_or(text));
    let outcomes = text_of(outcomes);
    event::read(&body, environment.as_deref(), &from_text(&outcomes))
        .map(|event| to_js(&event.write()))
        .map_err(thrown)
}
