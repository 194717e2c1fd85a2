//! A webhook: its signature, then what it says.

use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use super::error::to_js_error;
use super::value::{number, parse_json, to_js};
use crate::json::Json;
use crate::protocol::CHECKED_BEFORE;
use crate::secret::SigningKey;
use crate::webhook::event::{self, WebhookEvent};
use crate::webhook::signature;

/// Checks the signature of the raw bytes, then reads them. `keys` is a list of
/// strings as JSON text, or [`CHECKED_BEFORE`], which no list of keys can be, for a body
/// that was checked when it came; `outcomes` what the caller read of the same body, as
/// JSON text too, or nothing.
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
    let body = parse_json(text.strip_prefix('\u{feff}').unwrap_or(text));
    let outcomes = outcomes.unwrap_or_default();
    event::read(&body, environment.as_deref(), &parse_json(&outcomes))
        .map(|event| to_js(&described(&event)))
        .map_err(to_js_error)
}

/// An event under its names in JavaScript.
fn described<'a>(event: &'a WebhookEvent<'_>) -> Json<'a> {
    let mut outcomes = Vec::with_capacity(event.outcomes.len());
    for outcome in &event.outcomes {
        let mut code = String::new();
        outcome.code.write_to(&mut code);
        let described = Json::object().with("code", code).with("status", outcome.status.as_str());
        outcomes.push(described.with("reason", outcome.reason.as_deref()));
    }
    Json::object()
        .with("organizationId", event.organization_id())
        .with("programId", event.program_id())
        .with("resourceHref", event.resource_href())
        .with("type", event.event_type())
        .with("id", event.id())
        .with("environment", event.environment())
        .with("occurredAt", event.occurred_at().map_or(Json::Null, number))
        .with("unread", event.unread())
        .with("outcomes", Json::List(outcomes))
}
