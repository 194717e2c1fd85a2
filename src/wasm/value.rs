//! What crosses to JavaScript and back: JSON text, plain values and numbers.

use js_sys::{Array, Object};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

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
#[cfg(any(feature = "jobs", feature = "sandbox"))]
pub(super) fn json_stringify(value: &JsValue) -> String {
    js_sys::JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_default()
}

/// JSON text as the core reads it; null where it is none, or nested too deeply.
pub(super) fn parse_json(text: &str) -> Json<'_> {
    text::read(text, js_sys::parse_float).unwrap_or_default()
}

#[wasm_bindgen]
extern "C" {
    type Members;

    #[wasm_bindgen(structural, method, indexing_setter)]
    fn put(this: &Members, name: &str, value: &JsValue);

    #[wasm_bindgen(structural, method, indexing_setter)]
    fn put_text(this: &Members, name: &str, text: &str);

    #[wasm_bindgen(structural, method, indexing_setter)]
    fn put_number(this: &Members, name: &str, number: f64);
}

/// A plain JavaScript object. Setting a member of one can't fail.
pub(super) struct Plain(Members);

impl Plain {
    pub(super) fn new() -> Self {
        Self(Object::new().unchecked_into())
    }

    /// That object, to be given more members.
    #[cfg(feature = "sandbox")]
    pub(super) fn of(object: JsValue) -> Self {
        Self(object.unchecked_into())
    }

    // By value: whoever gives it need not drop it.
    #[inline(never)]
    pub(super) fn with(self, name: &str, value: JsValue) -> Self {
        self.0.put(name, &value);
        self
    }

    #[cfg(feature = "client")]
    pub(super) fn text(self, name: &str, text: &str) -> Self {
        self.0.put_text(name, text);
        self
    }

    #[cfg(feature = "client")]
    pub(super) fn number(self, name: &str, number: f64) -> Self {
        self.0.put_number(name, number);
        self
    }
}

impl From<Plain> for JsValue {
    fn from(Plain(members): Plain) -> Self {
        members.into()
    }
}

/// A text, or null.
#[cfg(feature = "client")]
pub(super) fn text_or_null(text: Option<&str>) -> JsValue {
    text.map_or(JsValue::NULL, JsValue::from_str)
}

/// The text of a member; empty where there is none.
#[cfg(feature = "client")]
pub(super) fn text_of<'a>(object: &'a Json<'_>, name: &str) -> &'a str {
    object.get(name).text().unwrap_or_default()
}

/// A number, or null.
#[cfg(feature = "client")]
pub(super) fn number_or_null(number: Option<f64>) -> JsValue {
    number.map_or(JsValue::NULL, JsValue::from_f64)
}

/// A value of the core as a plain JavaScript value.
pub(super) fn to_js(value: &Json<'_>) -> JsValue {
    match value {
        Json::Null => JsValue::NULL,
        Json::Bool(value) => JsValue::from_bool(*value),
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
            let mut object = Plain::new();
            for (name, value) in members {
                object = object.with(name, to_js(value));
            }
            object.into()
        }
    }
}

/// A length or a time as the number that JavaScript holds.
#[cfg(feature = "client")]
#[allow(clippy::cast_precision_loss)]
pub(super) fn number(value: u64) -> f64 {
    value as f64
}
