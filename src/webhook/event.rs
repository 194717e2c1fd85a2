//! What a webhook says.
//!
//! The envelope (`organization_id`, `voucher_program_id`, `resource_href`,
//! `webhook_meta`) follows a public integration (inferred); `event_id` and
//! `event_time` are those of other Uber products. That
//! `voucher_program_code_distributed` reports the results of a distribution, with
//! possible partial success, is stated; **what is in its body is unknown**. So
//! outcomes are read where nothing else can be meant, and else there are none.
//!
//! An event that reports a distribution and of which nothing could be read is
//! [`unread`](WebhookEvent::unread): keep it, and read it when its form is known.

use super::outcomes::{PROGRAM, WRAPPERS, check, find, holds};
use crate::error::{Error, ErrorCode, Queued};
use crate::json::Json;

#[cfg(all(target_arch = "wasm32", feature = "jobs"))]
pub(crate) use super::outcomes::given;
pub use super::outcomes::{Outcome, Status};
pub(crate) use crate::mask::mask;

/// Times below are seconds, times from there on milliseconds: as either, this is
/// the year 1973 or 5138.
const MILLISECONDS_FROM: f64 = 1e11;

/// A webhook, read.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookEvent<'a> {
    /// All but the outcomes, under Uber's names where it has one.
    envelope: Json<'a>,
    /// What became of codes. Empty where that is not clear.
    pub outcomes: Vec<Outcome>,
}

/// What is shown of the envelope as it came. The program is not read out of
/// `resource_href`, whose form is inferred: an outcome that went to another
/// program would be worse than one that went to none.
const FIELDS: [&str; 3] = ["organization_id", PROGRAM, "resource_href"];

/// How deep wrappers are looked for.
const WRAPPER_LEVELS: u8 = 2;

impl WebhookEvent<'_> {
    /// Which message it is: `event_id`, else `webhook_meta.webhook_msg_uuid`.
    /// Whether a repeated delivery has the same one is unknown.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.envelope.get("event_id").text()
    }

    /// `event_type`, verbatim; empty where there is none.
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

    /// When it happened, in epoch milliseconds: `event_time`, else
    /// `webhook_meta.webhook_msg_timestamp`.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // It was checked.
    pub fn occurred_at(&self) -> Option<u64> {
        self.envelope.get("occurred_at").number().map(|time| time as u64)
    }

    /// Where the newest state can be asked for: `resource_href`.
    #[must_use]
    pub fn resource_href(&self) -> Option<&str> {
        self.envelope.get("resource_href").text()
    }

    /// Whether it reports a distribution, and no outcome could be read: what it says is
    /// in its body alone.
    #[must_use]
    pub fn unread(&self) -> bool {
        self.outcomes.is_empty() && reports_distribution(self.event_type())
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
    for name in FIELDS {
        envelope = envelope.with(name, pick(&layers, name).clone());
    }
    let (outcomes, code, fault) = match (body, outcomes) {
        (Json::Object(_), Json::Null) => {
            let is_read = event_type.text().is_some_and(reports_distribution);
            let program = envelope.get(PROGRAM).text();
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
        .with("event_type", event_type.text().unwrap_or_default().to_owned())
        .with("event_id", id)
        .with("environment", environment)
        .with("occurred_at", occurred_at);
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

/// A time as seconds or milliseconds, told by its magnitude. What is too large
/// for either, such as microseconds, is none.
fn epoch_ms(value: &Json) -> Option<f64> {
    let time = value.number()?;
    let time = if time < MILLISECONDS_FROM { time * 1e3 } else { time };
    (1.0..MILLISECONDS_FROM * 1e3).contains(&time).then(|| time.trunc())
}
