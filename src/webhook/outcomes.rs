//! What became of codes, as the body of a webhook says it.
//!
//! Outcomes are read only where the event's type holds `distribut`: of the body
//! itself, of objects in it that only wrap (`data`, `payload`, `event`, `result`,
//! `distribution`, down to two levels), and of the entries of their lists.
//!
//! | A list's name | Then its entries |
//! | --- | --- |
//! | holds `fail`, or is made of words for a failure: `failures`, `undelivered_codes` | failed, unless they say otherwise |
//! | is made of words for a success: `distributed_codes`, `successes` | distributed, unless they say otherwise |
//! | holds `code`, is a wrapper's or `results` | as each of them says |
//! | says both, or has a `not`: `codes_not_failed` | are not read |
//! | any other: `guests` | are not read |
//!
//! | An entry, or a wrapper | Then |
//! | --- | --- |
//! | a string, in a list whose name is made of words for an outcome and of `code` alone: `failed_codes`, `distributedCodeUuids` | as the name says |
//! | a string in any other list: `codes`, `failures`, `expected_failed_codes` | nothing |
//! | an object without a UUID as `code_uuid`, `code_id`, `code.id`, `code.code_id` or `code.code_uuid` | nothing |
//! | with two that differ | nothing |
//! | a `status` (in any case): `distributed`, `delivered`, `success`, `succeeded` | distributed |
//! | `failed`, `failure`, `error`, `undelivered` | failed |
//! | any other status | nothing |
//! | a status unlike what the list's name says, or unlike the `status` in `code` | nothing |
//! | no status, in a list of failures | failed |
//! | no status, in a list of successes | distributed; with a `reason`, nothing |
//! | no status, but a `reason`; the sibling's failures are `code_uuid` and `reason` | failed |
//! | neither | nothing |
//!
//! What stands in a wrapper that names another program than the event is not read.

use crate::code::Code;
use crate::json::Json;
use crate::mask::mask;

pub(super) const PROGRAM: &str = "voucher_program_id";

/// Objects that may hold what else stands at the top.
pub(super) const WRAPPERS: [&str; 5] = ["data", "payload", "event", "result", "distribution"];

/// Words of which the name of a list may be made that says what became of its codes.
const WORDS: [(&str, u8); 26] = [
    ("distributed", SUCCESS),
    ("delivered", SUCCESS),
    ("success", SUCCESS),
    ("successes", SUCCESS),
    ("successful", SUCCESS),
    ("succeeded", SUCCESS),
    ("fail", FAILURE),
    ("failed", FAILURE),
    ("failure", FAILURE),
    ("failures", FAILURE),
    ("unsuccessful", FAILURE),
    ("undelivered", FAILURE),
    ("code", CODES),
    ("codes", CODES),
    ("voucher", NEUTRAL),
    ("program", NEUTRAL),
    ("id", NEUTRAL),
    ("ids", NEUTRAL),
    ("uuid", NEUTRAL),
    ("uuids", NEUTRAL),
    ("list", NEUTRAL),
    ("distribution", NEUTRAL),
    ("not", NEGATION),
    ("non", NEGATION),
    ("no", NEGATION),
    ("never", NEGATION),
];
const NEUTRAL: u8 = 0;
const SUCCESS: u8 = 1;
const FAILURE: u8 = 2;
const CODES: u8 = 4;
/// With it, a name means something else.
const NEGATION: u8 = 8;
const UNKNOWN: u8 = 16;

/// What became of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub code: Code,
    /// Whether it reached its recipient.
    pub status: Status,
    /// Why not, in Uber's words, masked and shortened.
    pub reason: Option<String>,
}

/// Whether a code reached its recipient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did.
    Distributed,
    /// It did not.
    Failed,
}

impl Status {
    /// `"distributed"` or `"failed"`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Status::Distributed => "distributed",
            Status::Failed => "failed",
        }
    }

    fn read(text: &str) -> Option<Self> {
        let is = |name: &&str| text.eq_ignore_ascii_case(name);
        if ["distributed", "delivered", "success", "succeeded"].iter().any(is) {
            Some(Status::Distributed)
        } else if ["failed", "failure", "error", "undelivered"].iter().any(is) {
            Some(Status::Failed)
        } else {
            None
        }
    }
}

/// One outcome as a caller hands it over: `code`, `status`, and the `reason` if
/// there is one.
pub(crate) fn given(entry: &Json) -> Option<Outcome> {
    outcome(entry, code_of(entry.get("code"))?, None)
}

/// Outcomes as the caller gives them.
pub(super) fn check(list: &Json) -> Option<Vec<Outcome>> {
    let Json::List(entries) = list else {
        return None;
    };
    let mut outcomes = Vec::new();
    for entry in entries {
        let outcome = given(entry)?;
        if entry.get("status").text() != Some(outcome.status.as_str()) {
            return None;
        }
        outcomes.push(outcome);
    }
    Some(outcomes)
}

/// Outcomes as Uber may give them.
pub(super) fn find(layers: &[&Json], program: Option<&str>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for layer in layers {
        let own = layer.get(PROGRAM).text();
        if own.is_some() && own != program {
            continue;
        }
        find_outcome(layer, None, &mut outcomes);
        for (name, value) in layer.members() {
            if let Json::List(entries) = value
                && let Some((status, of_codes)) = said_by(name)
            {
                for entry in entries {
                    match (entry, status) {
                        (Json::Text(_), Some(status)) if of_codes => {
                            if let Some(code) = code_of(entry) {
                                outcomes.push(Outcome { code, status, reason: None });
                            }
                        }
                        _ => find_outcome(entry, status, &mut outcomes),
                    }
                }
            }
        }
    }
    outcomes
}

/// What the name of a list says became of its entries, and whether those are codes
/// and can't be anything else. `None` where nothing of such a list is to be read.
fn said_by(name: &str) -> Option<(Option<Status>, bool)> {
    let mut said = if holds(name, "fail") { FAILURE } else { 0 };
    let (mut from, mut was_lower) = (0, false);
    // In snake case or camel case.
    for at in 0..=name.len() {
        let byte = name.as_bytes().get(at).copied().unwrap_or_default();
        let is_between = !byte.is_ascii_alphanumeric();
        if is_between || (was_lower && byte.is_ascii_uppercase()) {
            let word = name.get(from..at).unwrap_or_default();
            let known = WORDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(word));
            if !word.is_empty() {
                said |= known.map_or(UNKNOWN, |(_, class)| *class);
            }
            from = at + usize::from(is_between);
        }
        was_lower = !byte.is_ascii_uppercase();
    }
    let status = match said & (SUCCESS | FAILURE | NEGATION) {
        0 => None,
        FAILURE => Some(Status::Failed),
        SUCCESS if said & UNKNOWN == 0 => Some(Status::Distributed),
        SUCCESS => None,
        _ => return None,
    };
    let is_known = WRAPPERS.contains(&name) || name == "results" || holds(name, "code");
    (status.is_some() || is_known).then_some((status, said & (CODES | UNKNOWN) == CODES))
}

/// Adds what an entry of Uber's says.
#[inline(never)] // Once in the wasm is enough, and so for a code.
fn find_outcome(entry: &Json, said: Option<Status>, outcomes: &mut Vec<Outcome>) {
    let inner = entry.get("code");
    let mut found = None;
    for value in [
        entry.get("code_uuid"),
        entry.get("code_id"),
        inner.get("id"),
        inner.get("code_id"),
        inner.get("code_uuid"),
    ] {
        let code = code_of(value);
        if code.is_some() && found.is_some() && code != found {
            return;
        }
        found = found.or(code);
    }
    let Some(outcome) = found.and_then(|code| outcome(entry, code, said)) else { return };
    let other = inner.get("status").text().and_then(Status::read);
    if other.is_none_or(|other| other == outcome.status) {
        outcomes.push(outcome);
    }
}

#[inline(never)]
fn code_of(value: &Json) -> Option<Code> {
    Code::parse(value.text()?.as_bytes()).ok()
}

/// What an entry says of its code. `said` is what the name of its list does.
#[cfg_attr(hot_paths, optimize(speed))]
fn outcome(entry: &Json, code: Code, said: Option<Status>) -> Option<Outcome> {
    let reason = entry.get("reason").text();
    let status = match (entry.get("status"), said) {
        (Json::Null, Some(Status::Distributed)) if reason.is_some() => return None,
        (Json::Null, Some(said)) => said,
        (Json::Null, None) => reason.map(|_| Status::Failed)?,
        (Json::Text(text), _) => Status::read(text)?,
        _ => return None,
    };
    if said.is_some_and(|said| said != status) {
        return None;
    }
    Some(Outcome { code, status, reason: reason.map(mask) })
}

/// Whether `text` holds `part`, in any case.
pub(super) fn holds(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|bytes| bytes.eq_ignore_ascii_case(part.as_bytes()))
}
