//! A webhook: its signature, then what it says.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::to_js_error;
use super::value::{format_f64, json_parse_js, parse_json};
use crate::json::text;
use crate::secret::SigningKey;
use crate::webhook::event::{self, Outcome, WebhookEvent};
use crate::webhook::signature;

/// Checks the signature of the raw bytes, then reads them. `keys` is a list of
/// strings as JSON text, `outcomes` what the caller read of the same body, as JSON
/// text too, or nothing.
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
    signature::verify(body, signature.as_deref(), &signing_keys).map_err(to_js_error)?;
    let text = str::from_utf8(body).unwrap_or_default();
    let body = parse_json(text.strip_prefix('\u{feff}').unwrap_or(text));
    let outcomes = outcomes.unwrap_or_default();
    event::read(&body, environment.as_deref(), &parse_json(&outcomes))
        .map(|event| json_parse_js(&written(event)))
        .map_err(to_js_error)
}

/// The event as JSON text. Its outcomes are written straight away: made into values
/// first, they would be most of what a webhook costs.
fn written(mut event: WebhookEvent<'_>) -> String {
    let outcomes = std::mem::take(&mut event.outcomes);
    let mut text = text::write(&event.write(), format_f64);
    // They come last, and there are none yet.
    let end = "]}";
    text.truncate(text.len().saturating_sub(end.len()));
    text.reserve(outcomes.len() * OUTCOME);
    append(&mut text, &outcomes);
    text + end
}

/// About what the text of one takes.
const OUTCOME: usize = 96;

#[cfg_attr(hot_paths, optimize(speed))]
fn append(text: &mut String, outcomes: &[Outcome]) {
    let mut before = "{\"code\":\"";
    for Outcome { code, status, reason } in outcomes {
        text.push_str(before);
        before = ",{\"code\":\"";
        code.write_to(text);
        text.push_str("\",\"status\":\"");
        text.push_str(status.as_str());
        text.push_str("\",\"reason\":");
        match reason {
            Some(reason) => text::append_string(text, reason),
            None => text.push_str("null"),
        }
        text.push('}');
    }
}
