//! How an error of the core reaches JavaScript.

use wasm_bindgen::JsValue;

use super::value::{Plain, number, number_or_null, text_or_null};
use crate::error::{Error, ErrorClass};

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
    fn from(Failure { error, cause }: Failure) -> Self {
        let mut parts = Plain::new()
            .text("class", class_name(error.code.class()))
            .text("code", error.code.as_str())
            .text("queued", error.queued.as_str())
            .text("hint", error.hint())
            .text("message", &error.message)
            .with("cause", cause);
        if error.unsent {
            parts = parts.with("unsent", JsValue::TRUE);
        }
        if let Some(api) = &error.api {
            parts = parts
                .number("status", api.status.into())
                .text("body", &api.body)
                .with("headers", headers(&api.headers))
                .with("uberCode", text_or_null(api.uber_code.as_deref()))
                .with("retryAfterMs", number_or_null(api.retry_after_ms.map(number)));
        }
        parts.into()
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
pub fn headers(fields: &[(String, String)]) -> JsValue {
    let mut object = Plain::new();
    for (name, value) in fields {
        object = object.text(name, value);
    }
    object.into()
}

/// An error of the core as JavaScript gets it.
pub fn to_js_error(error: Error) -> JsValue {
    Failure::from(error).into()
}
