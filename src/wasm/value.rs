//! Values that cross to JavaScript and back: JSON text, plain values and numbers.

use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::JsValue;

use crate::json::Json;
use crate::json::text;
use crate::protocol::shape::Crossing;

/// The meaning of a number or name. An unknown one is a bug of the package, and must not
/// be mistaken for another: it traps.
#[cfg(feature = "client")]
pub(super) fn known<T>(found: Option<T>) -> T {
    match found {
        Some(found) => found,
        None => wasm_bindgen::throw_str("Unknown to the core"),
    }
}

/// The JSON text of a plain JavaScript value: checked options, or the host's result.
/// Values that JSON does not have become null.
pub(super) fn json_stringify(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// Reads JSON text; null if it is not JSON, or nested too deeply.
pub(super) fn parse_json(text: &str) -> Json<'_> {
    text::read(text, js_sys::parse_float).unwrap_or_default()
}

/// A value of the core as a plain JavaScript value.
pub(super) fn to_js<'a>(value: impl Crossing<'a>) -> JsValue {
    json_to_js(value.cross())
}

/// The same of what has its names already.
// By value, so that it is freed in one place.
#[inline(never)]
#[allow(clippy::needless_pass_by_value)]
pub(super) fn json_to_js(value: Json<'_>) -> JsValue {
    value.serialize(&Serializer::json_compatible()).unwrap_or(JsValue::NULL)
}

/// The text of a member; empty if it is absent.
#[cfg(feature = "client")]
pub(super) fn text_of<'a>(object: &'a Json<'_>, name: &str) -> &'a str {
    object.get(name).text().unwrap_or_default()
}
