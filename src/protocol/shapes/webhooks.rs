//! What a webhook says.

use crate::code::Code;
use crate::json::text::is_special;
use crate::protocol::shape::{List, crossing, shape};
use crate::text::decimal;
use crate::webhook::event::{self, Outcome, Status};

crossing! {
    Status => "\"distributed\" | \"failed\"", status: status.as_str().into();
}

shape! {
    /// The outcome of a code.
    WebhookOutcome<'a> of outcome: &'a Outcome {
        /// The UUID, in lower case.
        code: Code = outcome.code,
        /// Whether it reached its recipient.
        status: Status = outcome.status,
        /// Why not, in Uber's words: at most 200 characters, with `[email]` and `[phone]` for
        /// anything that looks like an address or a number.
        reason: Option<&'a str> = outcome.reason.as_deref(),
    }
}

shape! {
    /// A correctly signed webhook. Members that Uber omitted are null.
    ///
    /// Source: the envelope is that of a public integration (inferred). Order and number are
    /// not guaranteed (stated): events may be repeated, reordered or missing.
    WebhookEvent<'a> of event: &'a event::WebhookEvent<'a> {
        /// `event_id`, otherwise `webhook_meta.webhook_msg_uuid`. Whether a repeated delivery
        /// has the same id is unknown.
        id: Option<&'a str> = event.id(),
        /// `event_type`, such as `voucher_program_code_distributed` (stated). Expect other
        /// values.
        type: &'a str = event.event_type(),
        /// `organization_id`
        organizationId: Option<&'a str> = event.organization_id(),
        /// `voucher_program_id`, also inside a wrapper such as `data`.
        programId: Option<&'a str> = event.program_id(),
        /// `X-Environment`, in lower case: `production` or `sandbox` (stated). It is not
        /// signed.
        environment: Option<&'a str> = event.environment(),
        /// Epoch milliseconds: `event_time`, otherwise `webhook_meta.webhook_msg_timestamp`.
        occurredAt: Option<u64> = event.occurred_at(),
        /// The URL of the newest state.
        resourceHref: Option<&'a str> = event.resource_href(),
        /// The type reports a distribution, but no outcome could be read, not even by
        /// `outcomes`: keep the raw body, and read it again once you know its form.
        unread: bool = event.unread(),
        /// The outcomes of codes. Uber does not document the body of
        /// `voucher_program_code_distributed`, so this is empty unless its meaning is clear;
        /// see `raw`.
        outcomes: List<'a, WebhookOutcome<'a>> =
            List::of(event.outcomes.iter().map(WebhookOutcome::of)),
    }
    javascript {
        /// The parsed body, unchanged. It may contain personal data.
        "raw": "unknown",
    }
}

/// An event as JSON text with JavaScript names, and with the outcomes in columns.
///
/// Other values leave the wasm through `serde`. An event leaves as text because 800
/// outcomes take a millisecond member by member, which is half of the whole call, and a
/// twentieth of that as text.
#[allow(dead_code)] // Used by the wasm.
#[allow(clippy::single_char_add_str)] // One function in the wasm, and not two.
pub(crate) fn written(
    event: &event::WebhookEvent<'_>,
    raw: &str,
    stringify: impl Fn(&str) -> String,
) -> String {
    let outcomes = &event.outcomes;
    let mut text = String::with_capacity(raw.len() + outcomes.len() * OUTCOME + ENVELOPE);
    for (name, value) in [
        ("{\"organizationId\":", event.organization_id()),
        (",\"programId\":", event.program_id()),
        (",\"resourceHref\":", event.resource_href()),
        (",\"type\":", Some(event.event_type())),
        (",\"id\":", event.id()),
        (",\"environment\":", event.environment()),
    ] {
        text.push_str(name);
        append_text(&mut text, value, &stringify);
    }
    text.push_str(",\"occurredAt\":");
    text.push_str(&event.occurred_at().map_or("null".into(), decimal));
    text.push_str(if event.unread() { ",\"unread\":true" } else { ",\"unread\":false" });
    text.push_str(",\"outcomes\":{\"codes\":[");
    let mut before = "\"";
    for outcome in outcomes {
        text.push_str(before);
        before = "\",\"";
        outcome.code.write_to(&mut text);
    }
    text.push_str(if outcomes.is_empty() { "" } else { "\"" });
    text.push_str("],\"distributed\":\"");
    for outcome in outcomes {
        text.push_str(if outcome.status == Status::Distributed { "1" } else { "0" });
    }
    text.push_str("\",\"reasons\":[");
    // The list ends with the last reason.
    let last = outcomes.iter().rposition(|outcome| outcome.reason.is_some());
    let mut before = "";
    for outcome in outcomes.iter().take(last.map_or(0, |last| last + 1)) {
        text.push_str(before);
        before = ",";
        append_text(&mut text, outcome.reason.as_deref(), &stringify);
    }
    text.push_str("]},\"raw\":");
    text.push_str(raw);
    text.push_str("}");
    text
}

/// The approximate length of the text of an outcome, and of the rest of an event.
const OUTCOME: usize = 50;
const ENVELOPE: usize = 400;

#[allow(clippy::single_char_add_str)]
fn append_text(text: &mut String, value: Option<&str>, stringify: &impl Fn(&str) -> String) {
    match value {
        None => text.push_str("null"),
        // This is rare, so the host does it.
        Some(value) if value.bytes().any(is_special) => {
            text.push_str(&stringify(value));
        }
        Some(value) => {
            text.push_str("\"");
            text.push_str(value);
            text.push_str("\"");
        }
    }
}
