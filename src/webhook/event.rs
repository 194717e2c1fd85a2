//! What a webhook says.
//!
//! The envelope (`organization_id`, `voucher_program_id`, `resource_href`,
//! `webhook_meta`) follows a public integration (inferred); `event_id` and
//! `event_time` are those of other Uber products. That
//! `voucher_program_code_distributed` reports the results of a distribution, with
//! possible partial success, is stated; **what is in its body is unknown**. So
//! outcomes are read where nothing else can be meant, and else there are none.
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
//! An event that reports a distribution and of which nothing could be read is
//! [`unread`](WebhookEvent::unread): keep it, and read it when its form is known.

use crate::code::Code;
use crate::error::{Error, ErrorCode, Queued};
use crate::json::Json;

pub(crate) use crate::mask::mask;

/// Times below are seconds, times from there on milliseconds: as either, this is
/// the year 1973 or 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// A webhook, read.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent<'a> {
    /// All but the outcomes, under its names in JavaScript.
    envelope: Json<'a>,
    /// What became of codes. Empty where that is not clear.
    pub outcomes: Vec<Outcome>,
}

/// What is shown of the envelope as it came. The program is not read out of
/// `resource_href`, whose form is inferred: an outcome that went to another
/// program would be worse than one that went to none.
const FIELDS: [(&str, &str); 3] = [
    ("organization_id", "organizationId"),
    (PROGRAM, "programId"),
    ("resource_href", "resourceHref"),
];
const PROGRAM: &str = "voucher_program_id";

/// Objects that may hold what else stands at the top.
const WRAPPERS: [&str; 5] = ["data", "payload", "event", "result", "distribution"];
/// How deep wrappers are looked for.
const WRAPPER_LEVELS: u8 = 2;

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

impl<'a> WebhookEvent<'a> {
    /// Which message it is: `event_id`, else `webhook_meta.webhook_msg_uuid`.
    /// Whether a repeated delivery has the same one is unknown.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.envelope.get("id").text()
    }

    /// `event_type`, verbatim; empty where there is none.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.envelope.get("type").text().unwrap_or_default()
    }

    /// `organization_id`
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.envelope.get("organizationId").text()
    }

    /// `voucher_program_id`
    #[must_use]
    pub fn program_id(&self) -> Option<&str> {
        self.envelope.get("programId").text()
    }

    /// `X-Environment`, in lower case: `production` or `sandbox` (stated).
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.envelope.get("environment").text()
    }

    /// When it happened, in epoch milliseconds: `event_time`, else
    /// `webhook_meta.webhook_msg_timestamp`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It was checked.
    pub fn occurred_at(&self) -> Option<u64> {
        self.envelope.get("occurredAt").number().map(|time| time as u64)
    }

    /// Where the newest state can be asked for: `resource_href`.
    #[must_use]
    pub fn resource_href(&self) -> Option<&str> {
        self.envelope.get("resourceHref").text()
    }

    /// Whether it reports a distribution, and no outcome could be read: what it says is
    /// in its body alone.
    #[must_use]
    pub fn unread(&self) -> bool {
        self.outcomes.is_empty() && reports_distribution(self.event_type())
    }

    /// The event as an object, under its names in JavaScript.
    #[must_use]
    pub fn write(self) -> Json<'a> {
        let unread = self.unread();
        let mut list = Vec::new();
        for Outcome { code, status, reason } in self.outcomes {
            let mut text = String::new();
            code.write_to(&mut text);
            let outcome = Json::object().with("code", text).with("status", status.as_str());
            list.push(outcome.with("reason", reason));
        }
        self.envelope.with("unread", unread).with("outcomes", Json::List(list))
    }
}

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

/// Reads the body of a webhook whose signature was right. `environment` is the
/// header `X-Environment`. `outcomes` is null, or the list of outcomes that the
/// caller read: `code` (a UUID), `status` (`distributed` or `failed`) and, if
/// there is one, `reason`. A list of anything else is the caller's own fault
/// (`invalid_options`), and says nothing against the event.
pub fn read<'a>(
    body: &Json<'a>,
    environment: Option<&str>,
    outcomes: &Json<'_>,
) -> Result<WebhookEvent<'a>, Error> {
    let mut layers = Vec::new();
    find_layers(body, WRAPPER_LEVELS, &mut layers);
    let event_type = pick(&layers, "event_type");
    let mut envelope = Json::object();
    for (theirs, ours) in FIELDS {
        envelope = envelope.with(ours, pick(&layers, theirs).clone());
    }
    let (outcomes, code, fault) = match (body, outcomes) {
        (Json::Object(_), Json::Null) => {
            let is_read = event_type.text().is_some_and(reports_distribution);
            let program = envelope.get("programId").text();
            let found = if is_read { find(&layers, program) } else { Vec::new() };
            (Some(found), ErrorCode::MalformedBody, "")
        }
        (Json::Object(_), given) => {
            (check(given), ErrorCode::InvalidOptions, "`outcomes` gave what is no outcome")
        }
        _ => (None, ErrorCode::MalformedBody, "The body is no JSON object of at most 64 levels"),
    };
    let Some(outcomes) = outcomes else {
        return Err(Error::new(code, Queued::No, fault));
    };
    let meta = body.get("webhook_meta");
    let ids = [body.get("event_id"), meta.get("webhook_msg_uuid")];
    let id = ids.into_iter().find(|id| id.text().is_some()).cloned();
    let environment = environment.filter(|name| !name.is_empty()).map(str::to_ascii_lowercase);
    let occurred_at =
        epoch_ms(body.get("event_time")).or_else(|| epoch_ms(meta.get("webhook_msg_timestamp")));
    let envelope = envelope
        .with("type", event_type.text().unwrap_or_default().to_owned())
        .with("id", id)
        .with("environment", environment)
        .with("occurredAt", occurred_at);
    Ok(WebhookEvent { envelope, outcomes })
}

/// Whether an event of this type says what became of codes.
fn reports_distribution(event_type: &str) -> bool {
    holds(event_type, "distribut")
}

/// The body, and the objects in it that only wrap.
fn find_layers<'b, 'a>(layer: &'b Json<'a>, levels: u8, layers: &mut Vec<&'b Json<'a>>) {
    layers.push(layer);
    if levels == 0 {
        return;
    }
    for name in WRAPPERS {
        let wrapped = layer.get(name);
        if let Json::Object(_) = wrapped {
            find_layers(wrapped, levels - 1, layers);
        }
    }
}

/// The text of that name: the body's own; else what the wrappers say, if they agree.
fn pick<'b, 'a>(layers: &[&'b Json<'a>], name: &str) -> &'b Json<'a> {
    let mut found: &Json = &Json::Null;
    for (level, layer) in layers.iter().enumerate() {
        let value = layer.get(name);
        if value.text().is_none() {
            continue;
        }
        if level == 0 {
            return value;
        }
        if !found.is_null() && found.text() != value.text() {
            return &Json::Null;
        }
        found = value;
    }
    found
}

/// One outcome as a caller hands it over: `code`, `status`, and the `reason` if
/// there is one.
pub(crate) fn given(entry: &Json) -> Option<Outcome> {
    outcome(entry, code_of(entry.get("code"))?, None)
}

/// Outcomes as the caller gives them.
fn check(list: &Json) -> Option<Vec<Outcome>> {
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
fn find(layers: &[&Json], program: Option<&str>) -> Vec<Outcome> {
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

/// A time as seconds or milliseconds, told by its magnitude. What is too large
/// for either, such as microseconds, is none.
fn epoch_ms(value: &Json) -> Option<f64> {
    let time = value.number()?;
    let time = if time < MILLISECONDS_FROM { time * 1e3 } else { time };
    (1.0..MILLISECONDS_FROM * 1e3).contains(&time).then(|| time.trunc())
}

/// Whether `text` holds `part`, in any case.
fn holds(text: &str, part: &str) -> bool {
    text.as_bytes().windows(part.len()).any(|bytes| bytes.eq_ignore_ascii_case(part.as_bytes()))
}
