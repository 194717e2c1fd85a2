//! Encodes text for a URL or a form.

/// Percent-encodes everything except RFC 3986's unreserved characters, so that the result
/// is one path segment, one query value or one form value.
#[must_use]
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            for digit in [byte >> 4, byte & 15] {
                encoded.push(char::from(if digit < 10 { b'0' + digit } else { b'A' + digit - 10 }));
            }
        }
    }
    encoded
}

/// A form (`application/x-www-form-urlencoded`) or a query.
#[must_use]
pub fn form(fields: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (name, value) in fields {
        if !text.is_empty() {
            text.push('&');
        }
        text.push_str(name);
        text.push('=');
        text.push_str(&percent_encode(value));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_encode_every_ambiguous_character() {
        assert_eq!(form(&[("a", "x&b=y z+é"), ("c", "")]), "a=x%26b%3Dy%20z%2B%C3%A9&c=");
    }
}
