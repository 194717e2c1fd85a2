//! The binding to JavaScript: it does what the core decides.
//!
//! Nothing here knows a status, an error code of Uber's or a rule. It drives
//! the calls ([`exchange`]), takes options, returns results and errors, and
//! reads lists. Foreign objects (a response of another realm, a clock, a
//! signal, a cache) are handled on the JavaScript side, behind
//! [`host::Host`]: there a promise race costs a line, here a kilobyte.

#[cfg(feature = "client")]
mod client;
#[cfg(feature = "client")]
mod exchange;
#[cfg(feature = "client")]
mod failure;
#[cfg(feature = "client")]
mod host;
#[cfg(feature = "client")]
mod job;
#[cfg(feature = "client")]
mod reader;
#[cfg(feature = "sandbox")]
mod sandbox;
#[cfg(feature = "client")]
mod webhook;

use wasm_bindgen::JsValue;

use crate::json::Json;
use crate::json::text;

// Half the size of the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// What a number or name stands for. An unknown one is a fault of the package, and
/// nothing that may pass for something else: it traps.
#[cfg(feature = "client")]
fn known<T>(found: Option<T>) -> T {
    match found {
        Some(found) => found,
        None => wasm_bindgen::throw_str("Unknown to the core"),
    }
}

/// The JSON text of a plain JavaScript value: options that were checked, or what
/// the host tells. What JSON can't hold is null.
fn text_of(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// JSON text as the core reads it; null where it is none, or nested too deeply.
fn from_text(text: &str) -> Json<'_> {
    text::read(text, js_sys::parse_float).unwrap_or_default()
}

/// A value of the core as a plain JavaScript object.
#[cfg(feature = "client")]
fn to_js(value: &Json<'_>) -> JsValue {
    parsed(&text::write(value, spelled))
}

/// JSON text as a plain JavaScript value.
#[cfg(feature = "client")]
fn parsed(text: &str) -> JsValue {
    js_sys::JSON::parse(text).unwrap_or(JsValue::NULL)
}

/// A number that is no whole one, as JSON spells it.
#[cfg(feature = "client")]
fn spelled(number: f64) -> String {
    let text = js_sys::JSON::stringify(&JsValue::from_f64(number));
    text.ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// A length or a time as the number that JavaScript holds.
#[cfg(feature = "client")]
#[allow(clippy::cast_precision_loss)]
fn number(value: u64) -> Json<'static> {
    Json::Number(value as f64)
}
