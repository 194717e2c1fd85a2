//! How an error of the core reaches JavaScript.

use wasm_bindgen::JsValue;

use super::value::{number, to_js};
use crate::error::{Error, ErrorClass};
use crate::json::Json;

/// An error of the core, with what the host threw.
///
/// It crosses as a plain object; the JavaScript side makes an `Error` of it,
/// because an exported struct would be none and have no stack.
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
    fn from(Failure { mut error, cause }: Failure) -> Self {
        let mut parts = Json::object()
            .with("class", class_name(error.code.class()))
            .with("code", error.code.as_str())
            .with("queued", error.queued.as_str())
            .with("hint", error.hint().to_owned())
            .with("message", std::mem::take(&mut error.parts_mut().message));
        if error.unsent {
            parts = parts.with("unsent", true);
        }
        if let Some(api) = error.parts_mut().api.take() {
            parts = parts
                .with("status", number(api.status.into()))
                .with("body", api.body)
                .with("headers", headers(api.headers))
                .with("uberCode", api.uber_code)
                .with("retryAfterMs", api.retry_after_ms.map_or(Json::Null, number));
        }
        let value = to_js(&parts);
        // Fails on no plain object.
        let _ = js_sys::Reflect::set(&value, &JsValue::from_str("cause"), &cause);
        value
    }
}

/// The JavaScript class of an error (`src/js/errors.ts`).
const fn class_name(class: ErrorClass) -> &'static str {
    match class {
        ErrorClass::Validation => "ValidationError",
        ErrorClass::Api => "ApiError",
        ErrorClass::Connection => "ConnectionError",
        ErrorClass::Job => "JobError",
        ErrorClass::Webhook => "WebhookError",
    }
}

/// Header fields as an object.
pub fn headers(fields: Vec<(String, String)>) -> Json<'static> {
    let mut members = Vec::with_capacity(fields.len());
    for (name, value) in fields {
        members.push((name.into(), value.into()));
    }
    Json::Object(members)
}

/// An error of the core as JavaScript gets it.
pub fn to_js_error(error: Error) -> JsValue {
    Failure::from(error).into()
}
