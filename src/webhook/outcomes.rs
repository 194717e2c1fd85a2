//! The outcomes of codes in the body of a webhook.
//!
//! Outcomes are read only if the event's type contains `distribut`: from the body itself,
//! from objects in it that are only wrappers (`data`, `payload`, `event`, `result`,
//! `distribution`, down to two levels), and from the entries of their lists.
//!
//! | The name of a list | Its entries are |
//! | --- | --- |
//! | contains `fail`, or consists of words for a failure: `failures`, `undelivered_codes` | failed, unless an entry has a status |
//! | consists of words for a success: `distributed_codes`, `successes` | distributed, unless an entry has a status |
//! | contains `code`, or is the name of a wrapper or `results` | as each entry says |
//! | contains both meanings, or a `not`: `codes_not_failed` | not read |
//! | any other: `guests` | not read |
//!
//! | An entry, or a wrapper | Its outcome |
//! | --- | --- |
//! | a string, in a list whose name consists only of words for an outcome and of `code`: `failed_codes`, `distributedCodeUuids` | by the list's name |
//! | a string in any other list: `codes`, `failures`, `expected_failed_codes` | none |
//! | an object without a UUID as `code_uuid`, `code_id`, `code.id`, `code.code_id` or `code.code_uuid` | none |
//! | an object with two different ones | none |
//! | a `status` (in any case): `distributed`, `delivered`, `success`, `succeeded` | distributed |
//! | `failed`, `failure`, `error`, `undelivered` | failed |
//! | any other status | none |
//! | a status that contradicts the list's name, or the `status` in `code` | none |
//! | no status, in a list of failures | failed |
//! | no status, in a list of successes | distributed; with a `reason`, none |
//! | no status, but a `reason`, as in a sibling product's failures: `code_uuid` and `reason` | failed |
//! | neither | none |
//!
//! Wrappers that name another program than the event are skipped.

use crate::code::Code;
use crate::json::Json;
use crate::mask::mask;

pub(super) const PROGRAM: &str = "voucher_program_id";

/// Objects that may contain the members of the top level.
pub(super) const WRAPPERS: [&str; 5] = ["data", "payload", "event", "result", "distribution"];

/// Words in the name of a list that gives the outcome of its codes.
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
/// It changes the meaning of the name.
const NEGATION: u8 = 8;
const UNKNOWN: u8 = 16;

/// The outcome of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The code.
    pub code: Code,
    /// Whether it reached its recipient.
    pub status: Status,
    /// Why it did not, in Uber's words, masked and shortened.
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

/// Reads one outcome from the caller: `code`, `status`, and an optional `reason`.
pub(crate) fn parse_outcome(entry: &Json) -> Option<Outcome> {
    outcome(entry, code_of(entry.get("code"))?, None)
}

/// Reads outcomes from the caller.
pub(super) fn parse_outcomes(list: &Json) -> Option<Vec<Outcome>> {
    let Json::List(entries) = list else {
        return None;
    };
    let mut outcomes = Vec::new();
    for entry in entries {
        let outcome = parse_outcome(entry)?;
        if entry.get("status").text() != Some(outcome.status.as_str()) {
            return None;
        }
        outcomes.push(outcome);
    }
    Some(outcomes)
}

/// Finds outcomes in Uber's body.
pub(super) fn find_outcomes(layers: &[&Json], program: Option<&str>) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    for layer in layers {
        let own = layer.get(PROGRAM).text();
        if own.is_some() && own != program {
            continue;
        }
        add_outcome(layer, None, &mut outcomes);
        for (name, value) in layer.members() {
            if let Json::List(entries) = value
                && let Some((status, of_codes)) = list_meaning(name)
            {
                for entry in entries {
                    match (entry, status) {
                        (Json::Text(_), Some(status)) if of_codes => {
                            if let Some(code) = code_of(entry) {
                                outcomes.push(Outcome { code, status, reason: None });
                            }
                        }
                        _ => add_outcome(entry, status, &mut outcomes),
                    }
                }
            }
        }
    }
    outcomes
}

/// The outcome that the name of a list gives to its entries, and whether these can only
/// be codes. `None` if the list is not read.
fn list_meaning(name: &str) -> Option<(Option<Status>, bool)> {
    let mut said = if contains_ignore_case(name, "fail") { FAILURE } else { 0 };
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
    let is_known =
        WRAPPERS.contains(&name) || name == "results" || contains_ignore_case(name, "code");
    (status.is_some() || is_known).then_some((status, said & (CODES | UNKNOWN) == CODES))
}

/// Adds the outcome of an entry.
#[cfg_attr(hot_paths, optimize(speed))]
#[inline(never)] // Compiled once, which is fast enough.
fn add_outcome(entry: &Json, said: Option<Status>, outcomes: &mut Vec<Outcome>) {
    let inner = entry.get("code");
    let mut found = None;
    for (object, names) in [(entry, OF_ENTRY), (inner, OF_CODE)] {
        for (name, value) in object.members() {
            if !names.contains(&&**name) {
                continue;
            }
            let code = code_of(value);
            if code.is_some() && found.is_some() && code != found {
                return;
            }
            found = found.or(code);
        }
    }
    let Some(outcome) = found.and_then(|code| outcome(entry, code, said)) else { return };
    let other = inner.get("status").text().and_then(Status::read);
    if other.is_none_or(|other| other == outcome.status) {
        outcomes.push(outcome);
    }
}

/// The members of an entry that contain its code, and those of its member `code`.
const OF_ENTRY: &[&str] = &["code_uuid", "code_id"];
const OF_CODE: &[&str] = &["id", "code_id", "code_uuid"];

#[inline(never)]
fn code_of(value: &Json) -> Option<Code> {
    Code::parse(value.text()?.as_bytes()).ok()
}

/// The outcome of a code by its entry. `said` is the outcome by the name of the list.
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

/// Whether `text` contains `part`, ignoring case.
pub(super) fn contains_ignore_case(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|bytes| bytes.eq_ignore_ascii_case(part.as_bytes()))
}
