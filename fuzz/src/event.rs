//! The outcomes in a webhook, by the table in the crate's documentation alone.

use serde_json::Value;

/// A code in lower case, whether it reached its recipient, and whether there is a reason.
pub type Told = (String, bool, bool);

const WRAPPERS: [&str; 5] = ["data", "payload", "event", "result", "distribution"];

/// The outcomes in the body of a webhook, in order.
pub fn outcomes(body: &Value) -> Vec<Told> {
    let mut layers = vec![body];
    for layer in wrapped(body) {
        layers.push(layer);
        layers.extend(wrapped(layer));
    }
    if !pick(&layers, "event_type").to_ascii_lowercase().contains("distribut") {
        return Vec::new();
    }
    let program = pick(&layers, "voucher_program_id");
    layers.retain(|layer| ["", program].contains(&text(&layer["voucher_program_id"])));
    let mut found = Vec::new();
    for layer in layers {
        found.extend(told(layer, None));
        for (name, list) in layer.as_object().into_iter().flatten() {
            let Some(entries) = list.as_array() else { continue };
            let Some((said, of_codes)) = list_name(name) else { continue };
            for entry in entries {
                match (entry.as_str(), said) {
                    (Some(code), Some(reached)) if of_codes && is_code(code) => {
                        found.push((code.to_ascii_lowercase(), reached, false));
                    }
                    _ => found.extend(told(entry, said)),
                }
            }
        }
    }
    found
}

fn wrapped(layer: &Value) -> Vec<&Value> {
    WRAPPERS.iter().map(|name| &layer[name]).filter(|value| value.is_object()).collect()
}

/// The value at the top level, or else the one on which all wrappers agree.
fn pick<'a>(layers: &[&'a Value], name: &str) -> &'a str {
    let mut texts = layers.iter().map(|layer| text(&layer[name]));
    let top = texts.next().unwrap_or_default();
    if !top.is_empty() {
        return top;
    }
    let mut rest: Vec<_> = texts.filter(|text| !text.is_empty()).collect();
    rest.dedup();
    if let [one] = rest[..] { one } else { "" }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The outcome that the name of a list gives to its entries, and whether these are codes.
fn list_name(name: &str) -> Option<(Option<bool>, bool)> {
    let mut spaced = String::new();
    let mut before = ' ';
    for char in name.chars() {
        if char.is_ascii_uppercase() && !before.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(if char.is_ascii_alphanumeric() { char.to_ascii_lowercase() } else { ' ' });
        before = char;
    }
    let words: Vec<_> = spaced.split_whitespace().collect();
    if words.iter().any(|word| ["not", "non", "no", "never"].contains(word)) {
        return None;
    }
    #[rustfmt::skip]
    let success = ["distributed", "delivered", "success", "successes", "successful", "succeeded"];
    #[rustfmt::skip]
    let failure = ["fail", "failed", "failure", "failures", "unsuccessful", "undelivered"];
    let codes = ["code", "codes"];
    #[rustfmt::skip]
    let neutral = ["voucher", "program", "id", "ids", "uuid", "uuids", "list", "distribution"];
    let is_clear = words.iter().all(|word| {
        [&success[..], &failure, &codes, &neutral].iter().any(|set| set.contains(word))
    });
    let any = |set: &[&str]| words.iter().any(|word| set.contains(word));
    let lower = name.to_ascii_lowercase();
    let said = match (any(&success), any(&failure) || lower.contains("fail")) {
        (true, true) => return None,
        (_, true) => Some(false),
        (true, _) if is_clear => Some(true),
        _ => None,
    };
    let is_known = lower.contains("code") || WRAPPERS.contains(&name) || name == "results";
    (said.is_some() || is_known).then_some((said, is_clear && any(&codes)))
}

fn told(entry: &Value, said: Option<bool>) -> Option<Told> {
    let inner = &entry["code"];
    let ids = [&entry["code_uuid"], &entry["code_id"]];
    let inner_ids = ["id", "code_id", "code_uuid"].map(|name| &inner[name]);
    let mut codes: Vec<_> = ids.into_iter().chain(inner_ids).map(lower).collect();
    codes.retain(|text| is_code(text));
    codes.dedup();
    let [code] = &codes[..] else { return None };
    let has_reason = entry["reason"].as_str().is_some_and(|reason| !reason.is_empty());
    let reached = match (&entry["status"], said) {
        (Value::Null, Some(true)) if has_reason => return None,
        (Value::Null, Some(said)) => said,
        (Value::Null, None) if has_reason => false,
        (status, _) => status_of(status)?,
    };
    let is_contradicted = [said, status_of(&inner["status"])].contains(&Some(!reached));
    (!is_contradicted).then(|| (code.clone(), reached, has_reason))
}

fn status_of(status: &Value) -> Option<bool> {
    match lower(status).as_str() {
        "distributed" | "delivered" | "success" | "succeeded" => Some(true),
        "failed" | "failure" | "error" | "undelivered" => Some(false),
        _ => None,
    }
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
