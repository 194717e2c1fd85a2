//! What a webhook says of codes, by the table in the crate's docs alone.

use serde_json::Value;

/// A code in lower case, whether it reached its recipient, and whether there is
/// a reason.
pub type Told = (String, bool, bool);

/// The outcomes in the body of a webhook, in order.
pub fn outcomes(body: &Value) -> Vec<Told> {
    let about_distribution = lower(&body["event_type"]).contains("distribut");
    let mut entries = vec![(body, false)];
    for (name, list) in body.as_object().into_iter().flatten() {
        let name = name.to_ascii_lowercase();
        if name.contains("code") || name.contains("fail") {
            let entries_of = list.as_array().into_iter().flatten();
            entries.extend(entries_of.map(|entry| (entry, name.contains("fail"))));
        }
    }
    entries.retain(|_| about_distribution);
    entries.into_iter().filter_map(|(entry, of_failures)| told(entry, of_failures)).collect()
}

fn told(entry: &Value, of_failures: bool) -> Option<Told> {
    let code = ["code_uuid", "code_id"]
        .iter()
        .map(|name| lower(&entry[name]))
        .find(|text| is_code(text))?;
    let has_reason = entry["reason"].as_str().is_some_and(|reason| !reason.is_empty());
    let reached = match lower(&entry["status"]).as_str() {
        "distributed" | "delivered" | "success" | "succeeded" if !of_failures => true,
        "failed" | "failure" | "error" | "undelivered" => false,
        "" if entry["status"].is_null() && (of_failures || has_reason) => false,
        _ => return None,
    };
    Some((code, reached, has_reason))
}

fn lower(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_ascii_lowercase()
}

fn is_code(text: &str) -> bool {
    let groups: Vec<_> = text.split('-').collect();
    groups.iter().map(|group| group.len()).eq([8, 4, 4, 4, 12])
        && groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_hexdigit()))
        && text.bytes().any(|byte| byte != b'0' && byte != b'-')
}
