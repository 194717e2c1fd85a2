//! What the calls of a client give.

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
use crate::code::Code;
use crate::json::Json;
#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
use crate::protocol::shape::Crossing;
#[cfg(not(target_arch = "wasm32"))]
use crate::protocol::shape::Member;
use crate::protocol::shape::{Fields, List, Maybe, Raw, crossing, shape};
use crate::secret::RefreshToken;
use crate::uber::codes::VoucherCode;
use crate::uber::guests;
pub(crate) use crate::uber::object::Kind;
use crate::uber::programs::VoucherProgram;
use crate::uber::token;

/// What a receipt is made of.
pub(crate) struct Accepted<'a> {
    pub(crate) program: &'a str,
    pub(crate) codes: Codes,
    pub(crate) duplicates: f64,
    pub(crate) attempts: u32,
    pub(crate) now: u64,
    pub(crate) status: u16,
    pub(crate) headers: &'a [(String, String)],
}

/// How many codes a call concerned.
#[derive(Clone, Copy)]
pub(crate) enum Codes {
    Some(u64),
    All,
}

crossing! {
    Codes => "number | \"all\"", codes: match codes {
        #[allow(clippy::cast_precision_loss)]
        Codes::Some(count) => (count as f64).into(),
        Codes::All => "all".into(),
    };
}

shape! {
    /// Proof that Uber accepted a call. Accepted means *queued*: whether each code reached its
    /// recipient is reported later, by webhook, and some may fail.
    Receipt<'a> of accepted: &Accepted<'a> {
        /// The program whose codes were queued.
        programId: &'a str = accepted.program,
        /// How many distinct codes were queued.
        codes: Codes = accepted.codes,
        /// How many were dropped from the input because they occurred earlier.
        duplicates: f64 = accepted.duplicates,
        /// How many requests it took.
        attempts: u32 = accepted.attempts,
        /// Epoch milliseconds, by the local clock.
        queuedAt: u64 = accepted.now,
        /// The HTTP status.
        status: u16 = accepted.status,
        /// Uber's `x-uber-*` header fields, for its support.
        headers: Fields<'a> = Fields(accepted.headers),
    }
}

shape! {
    /// An OAuth token with its details. Store it as a secret.
    ///
    /// Source: Uber's authentication guide for vouchers; `refreshToken` comes with the
    /// delegated grant only.
    TokenSet<'a> of tokens: &'a token::TokenSet {
        /// The value for the `Authorization` header.
        accessToken: &'a str = tokens.access_token.expose(),
        /// Epoch milliseconds.
        expiresAt: u64 = tokens.expires_at,
        /// When to request the next token, in epoch milliseconds. Default: a minute before this
        /// one expires.
        renewAt: Maybe<u64> = Maybe(Some(tokens.renew_at)),
        /// Separated by spaces.
        scope: &'a str = tokens.scope.as_str(),
        /// Used to get the next token. It may work only once.
        refreshToken: Maybe<&'a str> = Maybe(tokens.refresh_token.as_ref().map(RefreshToken::expose)),
    }
}

shape! {
    /// One guest of a program, as added by *Add Guests*. Source: Get Guests. `name`, `email`
    /// and `phone` are stated; the content of `code` and `voucher` is unknown, so the other
    /// members are read only where their meaning is unambiguous. `null`: not stated.
    Guest<'a> of guest: guests::Guest<'a> {
        /// Of the Uber account that was found for the guest.
        name: Option<&'a str> = guest.name(),
        /// As added.
        email: Option<&'a str> = guest.email(),
        /// As added.
        phone: Option<&'a str> = guest.phone(),
        /// The UUID of the guest's code.
        codeId: Option<&'a str> = guest.code_id(),
        /// The text that the guest types.
        codeText: Option<&'a str> = guest.code_text(),
        /// Whether the guest has claimed the voucher; `true` proves that it was delivered.
        isClaimed: Option<bool> = guest.is_claimed(),
        /// How often the voucher was used.
        usageCount: Option<f64> = guest.usage_count(),
        /// The amount spent.
        usageAmount: Option<f64> = guest.usage_amount(),
        /// The object as Uber sent it. It contains personal data: don't log it.
        raw: Raw<'a> = Raw(guest.raw),
    }
}

shape! {
    /// One page of guests.
    GuestPage<'a> of page: &'a guests::GuestPage<'a> {
        guests: List<'a, Guest<'a>> = List::of(page.guests.iter().map(|guest| Guest::of(*guest))),
        /// What asks for the page behind it.
        next: Option<&'a str> = page.next_token.as_deref(),
    }
}

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
shape! {
    /// Which codes of a program are in use: 30,000 codes need not all become objects for that.
    Usage<'a> of codes: &[VoucherCode<'_>] {
        /// How many entries there were.
        read: usize = codes.len(),
        /// The ids of the codes in use, each after a line break.
        used: String = used_of(codes),
    }
}

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
fn used_of(codes: &[VoucherCode<'_>]) -> String {
    let mut used = String::new();
    for code in codes {
        if code.is_used()
            && let Ok(code) = Code::parse(code.id.as_bytes())
        {
            used.push('\n');
            code.write_to(&mut used);
        }
    }
    used
}

/// Not quite Uber's names.
const CODE_ID: &str = "codeId";
const PROGRAM_ID: &str = "programId";

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
#[allow(dead_code)] // For the wasm.
pub(crate) fn used_codes(codes: &[VoucherCode<'_>]) -> Json<'static> {
    Usage::of(codes).cross()
}

pub(crate) fn codes<'a>(codes: &[VoucherCode<'a>]) -> Json<'a> {
    let mut list = Vec::with_capacity(codes.len());
    for code in codes {
        list.push(object(CODE_ID, code.id, VoucherCode::MEMBERS, code.raw));
    }
    Json::List(list)
}

pub(crate) fn programs<'a>(programs: &[VoucherProgram<'a>]) -> Json<'a> {
    let mut list = Vec::with_capacity(programs.len());
    for found in programs {
        list.push(program(found));
    }
    Json::List(list)
}

pub(crate) fn program<'a>(program: &VoucherProgram<'a>) -> Json<'a> {
    object(PROGRAM_ID, program.id, VoucherProgram::MEMBERS, program.raw)
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
pub(crate) fn camel_case(name: &str) -> String {
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

/// What TypeScript is told of a code.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn code_members() -> Vec<Member> {
    members_of(CODE_ID, VoucherCode::MEMBERS, VoucherCode::DECLARED)
}

/// What TypeScript is told of a program.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn program_members() -> Vec<Member> {
    members_of(PROGRAM_ID, VoucherProgram::MEMBERS, VoucherProgram::DECLARED)
}

#[cfg(not(target_arch = "wasm32"))]
fn members_of(
    id_name: &str,
    members: &[(&'static str, Kind)],
    (_, id_docs, docs): crate::uber::object::Declared,
) -> Vec<Member> {
    let mut declared = vec![Member::of::<&str>(id_name, id_docs)];
    for ((name, kind), docs) in members.iter().zip(docs) {
        declared.push(Member::of_javascript(&camel_case(name), kind.typescript(), docs));
    }
    let docs = " The object as Uber sent it, with all other members.";
    declared.push(Member::of::<Raw>("raw", &[docs]));
    declared
}
