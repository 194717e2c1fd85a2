//! What Uber lists, under its names in JavaScript.

use js_sys::Array;
use wasm_bindgen::JsValue;

use super::value::{Plain, number, number_or_null, text_or_null, to_js};
#[cfg(feature = "jobs")]
use crate::code::Code;
use crate::json::Json;
use crate::uber::codes::VoucherCode;
use crate::uber::guests::{Guest, GuestPage};
use crate::uber::object::Kind;
use crate::uber::programs::VoucherProgram;
use crate::uber::token::TokenSet;

pub(super) fn codes(codes: &[VoucherCode<'_>]) -> JsValue {
    let list = Array::new();
    for code in codes {
        list.push(&object("codeId", code.id, VoucherCode::MEMBERS, code.raw));
    }
    list.into()
}

/// How many there are, and the ids of those in use, a line each: 30,000 codes need not
/// all become objects for that.
#[cfg(feature = "jobs")]
pub(super) fn used_codes(codes: &[VoucherCode<'_>]) -> JsValue {
    let mut used = String::new();
    for code in codes {
        if code.is_used()
            && let Ok(code) = Code::parse(code.id.as_bytes())
        {
            used.push('\n');
            code.write_to(&mut used);
        }
    }
    Plain::new().number("read", number(codes.len() as u64)).text("used", &used).into()
}

pub(super) fn programs(programs: &[VoucherProgram<'_>]) -> JsValue {
    let list = Array::new();
    for found in programs {
        list.push(&program(found));
    }
    list.into()
}

pub(super) fn program(program: &VoucherProgram<'_>) -> JsValue {
    object("programId", program.id, VoucherProgram::MEMBERS, program.raw)
}

/// An object of Uber's with its members in camel case, and the whole under `raw`.
fn object(id_name: &str, id: &str, members: &[(&'static str, Kind)], raw: &Json<'_>) -> JsValue {
    let mut object = Plain::new().text(id_name, id);
    for (name, kind) in members {
        object = object.with(&camel_case(name), member(*kind, raw.get(name)));
    }
    object.with("raw", to_js(raw)).into()
}

/// A member; null if it is absent or of another kind.
fn member(kind: Kind, value: &Json<'_>) -> JsValue {
    match kind {
        Kind::Text => text_or_null(value.text()),
        Kind::Name => text_or_null(value.text().map(str::to_ascii_uppercase).as_deref()),
        Kind::Number => number_or_null(value.number()),
    }
}

/// `usage_count` as `usageCount`.
fn camel_case(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut starts_word = false;
    // The standard library's searchers take a kilobyte of wasm.
    for byte in name.bytes() {
        if byte != b'_' {
            let byte = if starts_word { byte.to_ascii_uppercase() } else { byte };
            out.push(char::from(byte));
        }
        starts_word = byte == b'_';
    }
    out
}

pub(super) fn guests(page: &GuestPage<'_>) -> JsValue {
    let list = Array::new();
    for found in &page.guests {
        list.push(&guest(*found));
    }
    let next = text_or_null(page.next_token.as_deref());
    Plain::new().with("guests", list.into()).with("next", next).into()
}

fn guest(guest: Guest<'_>) -> JsValue {
    Plain::new()
        .with("name", text_or_null(guest.name()))
        .with("email", text_or_null(guest.email()))
        .with("phone", text_or_null(guest.phone()))
        .with("codeId", text_or_null(guest.code_id()))
        .with("codeText", text_or_null(guest.code_text()))
        .with("isClaimed", guest.is_claimed().map_or(JsValue::NULL, JsValue::from_bool))
        .with("usageCount", number_or_null(guest.usage_count()))
        .with("usageAmount", number_or_null(guest.usage_amount()))
        .with("raw", to_js(guest.raw))
        .into()
}

pub(super) fn tokens(tokens: &TokenSet) -> JsValue {
    let object = Plain::new()
        .text("accessToken", tokens.access_token.expose())
        .number("expiresAt", number(tokens.expires_at))
        .number("renewAt", number(tokens.renew_at))
        .text("scope", &tokens.scope);
    match &tokens.refresh_token {
        Some(token) => object.text("refreshToken", token.expose()).into(),
        None => object.into(),
    }
}
