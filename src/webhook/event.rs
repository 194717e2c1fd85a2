//! What a webhook says.
//!
//! The envelope (`organization_id`, `voucher_program_id`, `resource_href`,
//! `webhook_meta`) follows a public integration (inferred); `event_id` and
//! `event_time` are those of other Uber products. That
//! `voucher_program_code_distributed` reports the results of a distribution, with
//! possible partial success, is stated; **what is in its body is unknown**. So
//! outcomes are read where nothing else can be meant, and else there are none.
//!
//! An outcome is read of the body itself and of each entry of its lists whose
//! name holds `code` or `fail` (a sibling answers with `cancelCodeFailures`), of
//! nothing deeper, and only where the event's type holds `distribut`:
//!
//! | The entry has | Then |
//! | --- | --- |
//! | no UUID as `code_uuid` or `code_id` | nothing |
//! | a `status` (in any case): `distributed`, `delivered`, `success`, `succeeded` | distributed |
//! | `failed`, `failure`, `error`, `undelivered` | failed |
//! | any other status | nothing |
//! | no status, but a `reason`; the sibling's failures are `code_uuid` and `reason` | failed |
//! | neither, in a list whose name says `fail` | failed |
//! | neither | nothing |
//!
//! A status of the first kind in a list of failures says two things: nothing.

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
    ("voucher_program_id", "programId"),
    ("resource_href", "resourceHref"),
];

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

    /// The event as an object, under its names in JavaScript.
    #[must_use]
    pub fn write(self) -> Json<'a> {
        let mut list = Vec::new();
        for Outcome { code, status, reason } in self.outcomes {
            let mut text = String::new();
            code.write_to(&mut text);
            let outcome = Json::object().with("code", text).with("status", status.as_str());
            list.push(outcome.with("reason", reason));
        }
        self.envelope.with("outcomes", Json::List(list))
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
    let event_type = body.get("event_type").text().unwrap_or_default();
    let (outcomes, code, fault) = match (body, outcomes) {
        (Json::Object(_), Json::Null) => {
            (Some(find(event_type, body)), ErrorCode::MalformedBody, "")
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
    let mut envelope = Json::object();
    for (theirs, ours) in FIELDS {
        let value = body.get(theirs);
        envelope = envelope.with(ours, value.text().map(|_| value.clone()));
    }
    let envelope = envelope
        .with("type", event_type.to_owned())
        .with("id", id)
        .with("environment", environment)
        .with("occurredAt", occurred_at);
    Ok(WebhookEvent { envelope, outcomes })
}

/// One outcome as a caller hands it over: `code`, `status`, and the `reason` if
/// there is one.
pub(crate) fn given(entry: &Json) -> Option<Outcome> {
    outcome(entry, &["code"], false)
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
fn find(event_type: &str, body: &Json) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    if !holds(event_type, "distribut") {
        return outcomes;
    }
    let mut find = |entry, is_failure| {
        if let Some(outcome) = outcome(entry, &["code_uuid", "code_id"], is_failure) {
            outcomes.push(outcome);
        }
    };
    find(body, false);
    for (name, value) in body.members() {
        let is_failure = holds(name, "fail");
        if is_failure || holds(name, "code") {
            for entry in value.items() {
                find(entry, is_failure);
            }
        }
    }
    outcomes
}

#[cfg_attr(hot_paths, optimize(speed))]
fn outcome(entry: &Json, names: &[&str], is_failure: bool) -> Option<Outcome> {
    let code = |name: &&str| Code::parse(entry.get(name).text()?.as_bytes()).ok();
    let code = names.iter().find_map(code)?;
    let reason = entry.get("reason").text();
    let status = match entry.get("status") {
        Json::Null if is_failure || reason.is_some() => Status::Failed,
        Json::Text(text) => Status::read(text)?,
        _ => return None,
    };
    if is_failure && status == Status::Distributed {
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
