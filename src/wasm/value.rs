//! What crosses to JavaScript and back: JSON text, plain values and numbers.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::json::Json;
use crate::json::text;

/// What a number or name stands for. An unknown one is a fault of the package, and
/// nothing that may pass for something else: it traps.
#[cfg(feature = "client")]
pub(super) fn known<T>(found: Option<T>) -> T {
    match found {
        Some(found) => found,
        None => wasm_bindgen::throw_str("Unknown to the core"),
    }
}

/// The JSON text of a plain JavaScript value: checked options, or what the host
/// reports. What JSON can't hold is null.
pub(super) fn json_stringify(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// JSON text as the core reads it; null where it is none, or nested too deeply.
pub(super) fn parse_json(text: &str) -> Json<'_> {
    text::read(text, js_sys::parse_float).unwrap_or_default()
}

/// A value of the core as a plain JavaScript value.
pub(super) fn to_js(value: &Json<'_>) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The text of a member; empty where there is none.
#[cfg(feature = "client")]
pub(super) fn text_of<'a>(object: &'a Json<'_>, name: &str) -> &'a str {
    object.get(name).text().unwrap_or_default()
}

/// A length or a time as the number that JavaScript holds.
#[cfg(feature = "client")]
#[allow(clippy::cast_precision_loss)]
pub(super) fn number(value: u64) -> Json<'static> {
    Json::Number(value as f64)
}
