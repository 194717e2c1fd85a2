//! Converts errors of the core for JavaScript.

use wasm_bindgen::JsValue;

use super::value::to_js;
use crate::error::Error;
use crate::protocol::shapes::errors::ErrorParts;

/// An error of the core, with what the host threw.
///
/// It crosses as a plain object from which JavaScript creates an `Error`: an exported
/// struct would not be an `Error`, and have no stack.
pub struct Failure {
    error: Error,
    cause: JsValue,
}

impl Failure {
    pub fn with_cause(error: Error, cause: JsValue) -> Self {
        Self { error, cause }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { error, cause: JsValue::UNDEFINED }
    }
}

impl From<Failure> for JsValue {
    fn from(Failure { error, cause }: Failure) -> Self {
        let value = to_js(ErrorParts::of(&error));
        // Fails on no plain object.
        let _ = js_sys::Reflect::set(&value, &JsValue::from_str("cause"), &cause);
        value
    }
}

/// An error of the core as JavaScript gets it.
pub fn to_js_error(error: Error) -> JsValue {
    Failure::from(error).into()
}
