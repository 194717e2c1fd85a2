//! What Uber lists, under its names in JavaScript.

use super::value::number;
#[cfg(feature = "jobs")]
use crate::code::Code;
use crate::json::Json;
use crate::uber::codes::VoucherCode;
use crate::uber::guests::{Guest, GuestPage};
use crate::uber::object::Kind;
use crate::uber::programs::VoucherProgram;
use crate::uber::token::TokenSet;

pub(super) fn codes<'a>(codes: &[VoucherCode<'a>]) -> Json<'a> {
    let mut list = Vec::with_capacity(codes.len());
    for code in codes {
        list.push(object("codeId", code.id, VoucherCode::MEMBERS, code.raw));
    }
    Json::List(list)
}

/// How many there are, and the ids of those in use, a line each: 30,000 codes need not
/// all become objects for that.
#[cfg(feature = "jobs")]
pub(super) fn used_codes(codes: &[VoucherCode<'_>]) -> Json<'static> {
    let mut used = String::new();
    for code in codes {
        if code.is_used()
            && let Ok(code) = Code::parse(code.id.as_bytes())
        {
            used.push('\n');
            code.write_to(&mut used);
        }
    }
    Json::object().with("read", number(codes.len() as u64)).with("used", used)
}

pub(super) fn programs<'a>(programs: &[VoucherProgram<'a>]) -> Json<'a> {
    let mut list = Vec::with_capacity(programs.len());
    for found in programs {
        list.push(program(found));
    }
    Json::List(list)
}

pub(super) fn program<'a>(program: &VoucherProgram<'a>) -> Json<'a> {
    object("programId", program.id, VoucherProgram::MEMBERS, program.raw)
}

/// An object of Uber's with its members in camel case, and the whole under `raw`.
fn object<'a>(
    id_name: &'a str,
    id: &'a str,
    members: &[(&'static str, Kind)],
    raw: &Json<'a>,
) -> Json<'a> {
    let mut object = Vec::with_capacity(members.len() + 2);
    object.push((id_name.into(), id.into()));
    for (name, kind) in members {
        object.push((camel_case(name).into(), kind.read(raw, name)));
    }
    object.push(("raw".into(), raw.clone()));
    Json::Object(object)
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

pub(super) fn guests<'a>(page: &GuestPage<'a>) -> Json<'a> {
    let mut list = Vec::with_capacity(page.guests.len());
    for found in &page.guests {
        list.push(guest(*found));
    }
    let next = page.next_token.clone().map(Json::Text);
    Json::object().with("guests", Json::List(list)).with("next", next)
}

fn guest(guest: Guest<'_>) -> Json<'_> {
    Json::object()
        .with("name", guest.name())
        .with("email", guest.email())
        .with("phone", guest.phone())
        .with("codeId", guest.code_id())
        .with("codeText", guest.code_text())
        .with("isClaimed", guest.is_claimed())
        .with("usageCount", guest.usage_count())
        .with("usageAmount", guest.usage_amount())
        .with("raw", guest.raw.clone())
}

pub(super) fn tokens(tokens: &TokenSet) -> Json<'_> {
    let object = Json::object()
        .with("accessToken", tokens.access_token.expose())
        .with("expiresAt", number(tokens.expires_at))
        .with("renewAt", number(tokens.renew_at))
        .with("scope", tokens.scope.as_str());
    match &tokens.refresh_token {
        Some(token) => object.with("refreshToken", token.expose()),
        None => object,
    }
}
