//! The content of a webhook event.
//!
//! The envelope (`organization_id`, `voucher_program_id`, `resource_href`,
//! `webhook_meta`) follows a public integration (inferred); `event_id` and `event_time`
//! are those of other Uber products. That `voucher_program_code_distributed` reports the
//! results of a distribution, possibly with partial success, is stated; **the content of
//! its body is unknown**. So outcomes are read only if their meaning is unambiguous;
//! otherwise there are none.
//!
//! An event that reports a distribution and has no readable outcome is
//! [`unread`](WebhookEvent::unread): keep it, and read it once its form is known.

use super::outcomes::{PROGRAM, WRAPPERS, contains_ignore_case, find_outcomes, parse_outcomes};
use crate::error::{Error, ErrorCode, Queued};
use crate::json::Json;

#[cfg(all(target_arch = "wasm32", feature = "jobs"))]
pub(crate) use super::outcomes::parse_outcome;
pub use super::outcomes::{Outcome, Status};
pub(crate) use crate::mask::mask;

/// Smaller times are in seconds, others in milliseconds. As either, this is the year 1973
/// or 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// A webhook event.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent<'a> {
    /// Everything except the outcomes, under Uber's names if it has one.
    envelope: Json<'a>,
    /// The outcomes of codes. Empty if they are not clear.
    pub outcomes: Vec<Outcome>,
}

/// The members of the envelope that are returned unchanged. The program is not read from
/// `resource_href`, whose form is inferred: an outcome for the wrong program would be
/// worse than one for no program.
const FIELDS: [&str; 3] = ["organization_id", PROGRAM, "resource_href"];

/// How many levels of wrappers are read.
const WRAPPER_LEVELS: u8 = 2;

impl WebhookEvent<'_> {
    /// The id of the message: `event_id`, or else `webhook_meta.webhook_msg_uuid`.
    /// Whether a repeated delivery has the same one is unknown.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.envelope.get("event_id").text()
    }

    /// `event_type`, unchanged; empty if it is missing.
    #[must_use]
    pub fn event_type(&self) -> &str {
        self.envelope.get("event_type").text().unwrap_or_default()
    }

    /// `organization_id`
    #[must_use]
    pub fn organization_id(&self) -> Option<&str> {
        self.envelope.get("organization_id").text()
    }

    /// `voucher_program_id`
    #[must_use]
    pub fn program_id(&self) -> Option<&str> {
        self.envelope.get(PROGRAM).text()
    }

    /// `X-Environment`, in lower case: `production` or `sandbox` (stated).
    #[must_use]
    pub fn environment(&self) -> Option<&str> {
        self.envelope.get("environment").text()
    }

    /// When it happened, in epoch milliseconds: `event_time`, or else
    /// `webhook_meta.webhook_msg_timestamp`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It was checked.
    pub fn occurred_at(&self) -> Option<u64> {
        self.envelope.get("occurred_at").number().map(|time| time as u64)
    }

    /// The URL of the current state: `resource_href`.
    #[must_use]
    pub fn resource_href(&self) -> Option<&str> {
        self.envelope.get("resource_href").text()
    }

    /// Whether it reports a distribution and has no readable outcome: its information is
    /// only in the body.
    #[must_use]
    pub fn unread(&self) -> bool {
        self.outcomes.is_empty() && reports_distribution(self.event_type())
    }
}

/// Reads the body of a webhook with a valid signature. `environment` is the header
/// `X-Environment`. `outcomes` is null, or the list of outcomes that the caller read:
/// `code` (a UUID), `status` (`distributed` or `failed`) and an optional `reason`. Any
/// other value is the caller's error (`invalid_options`), and does not affect the event.
pub fn read<'a>(
    body: &Json<'a>,
    environment: Option<&str>,
    outcomes: &Json<'_>,
) -> Result<WebhookEvent<'a>, Error> {
    let mut layers = Vec::new();
    find_layers(body, WRAPPER_LEVELS, &mut layers);
    let event_type = pick(&layers, "event_type");
    let mut envelope = Json::object();
    for name in FIELDS {
        envelope = envelope.with(name, pick(&layers, name).clone());
    }
    let (outcomes, code, fault) = match (body, outcomes) {
        (Json::Object(_), Json::Null) => {
            let is_read = event_type.text().is_some_and(reports_distribution);
            let program = envelope.get(PROGRAM).text();
            let found = if is_read { find_outcomes(&layers, program) } else { Vec::new() };
            (Some(found), ErrorCode::MalformedBody, "")
        }
        (Json::Object(_), given) => (
            parse_outcomes(given),
            ErrorCode::InvalidOptions,
            "The given outcomes include an entry that is not an outcome",
        ),
        _ => (None, ErrorCode::MalformedBody, "The body is not a JSON object of at most 64 levels"),
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
        .with("event_type", event_type.text().unwrap_or_default().to_owned())
        .with("event_id", id)
        .with("environment", environment)
        .with("occurred_at", occurred_at);
    Ok(WebhookEvent { envelope, outcomes })
}

/// Whether an event of this type reports outcomes of codes.
fn reports_distribution(event_type: &str) -> bool {
    contains_ignore_case(event_type, "distribut")
}

/// The body, and the objects in it that are only wrappers.
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

/// The text with this name: from the body, or from its wrappers if they agree.
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

/// A time in seconds or milliseconds, distinguished by its magnitude. None if it is too
/// large for either, such as microseconds.
fn epoch_ms(value: &Json) -> Option<f64> {
    let time = value.number()?;
    let time = if time < MILLISECONDS_FROM { time * 1e3 } else { time };
    (1.0..MILLISECONDS_FROM * 1e3).contains(&time).then(|| time.trunc())
}
