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

use js_sys::{Array, Object};
use wasm_bindgen::{JsCast, JsValue};

use crate::json::Json;

// Half the size of the standard library's.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Deeper than this, a value is null: recursion on the small stack of an
/// instance must end.
const DEEPEST: u32 = 64;

/// A plain JavaScript value as the core reads it: what `JSON.parse` gave, or
/// options that were checked. What JSON can't hold reads as null.
///
/// By hand and not by serde-wasm-bindgen's deserializer, whose messages, which
/// nobody would see, bring the formatting of floats: 30 kB of wasm.
fn from_js(value: &JsValue) -> Json {
    read(value, DEEPEST)
}

fn read(value: &JsValue, depth: u32) -> Json {
    if let Some(text) = value.as_string() {
        Json::Text(text)
    } else if let Some(number) = value.as_f64() {
        Json::Number(number)
    } else if let Some(flag) = value.as_bool() {
        Json::Bool(flag)
    } else if depth == 0 || !value.is_object() {
        Json::Null
    } else if let Some(list) = value.dyn_ref::<Array>() {
        let mut items = Vec::new();
        for item in list.iter() {
            items.push(read(&item, depth - 1));
        }
        Json::List(items)
    } else {
        let mut members = Vec::new();
        for entry in Object::entries(value.unchecked_ref()) {
            let entry: Array = entry.unchecked_into();
            let name = entry.get(0).as_string().unwrap_or_default();
            members.push((name, read(&entry.get(1), depth - 1)));
        }
        Json::Object(members)
    }
}

/// A value of the core as a plain JavaScript object.
fn to_js(value: &Json) -> JsValue {
    match value {
        Json::Null => JsValue::NULL,
        Json::Bool(flag) => JsValue::from_bool(*flag),
        Json::Number(number) => JsValue::from_f64(*number),
        Json::Text(text) => JsValue::from_str(text),
        Json::List(items) => {
            let list = Array::new();
            for item in items {
                list.push(&to_js(item));
            }
            list.into()
        }
        Json::Object(members) => {
            let entries = Array::new();
            for (name, value) in members {
                entries.push(&Array::of2(&JsValue::from_str(name), &to_js(value)));
            }
            // Not set one by one: `__proto__` would be no member then. Fails on no list of pairs.
            Object::from_entries(&entries).map_or(JsValue::NULL, Into::into)
        }
    }
}

/// A length or a time as the number that JavaScript holds.
#[cfg(feature = "client")]
#[allow(clippy::cast_precision_loss)]
fn number(value: u64) -> Json {
    Json::Number(value as f64)
}
