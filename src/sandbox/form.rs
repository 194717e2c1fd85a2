//! Parses forms and queries.

use super::exchange::IncomingRequest;

/// Named values, in the order received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// The first value with this name, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(have, value)| have == name && !value.is_empty())
            .map(|(_, value)| value.as_str())
    }

    /// Parses `a=1&b=2`, with percent encoding and `+` for a space.
    pub(super) fn url_encoded(text: &str) -> Self {
        Self(
            text.split('&')
                .filter(|field| !field.is_empty())
                .map(|field| {
                    let (name, value) = field.split_once('=').unwrap_or((field, ""));
                    (decode(name, true), decode(value, true))
                })
                .collect(),
        )
    }

    /// Parses the body of a request in one of the two encodings that the token endpoint
    /// accepts (stated). None for any other.
    pub(super) fn of_body(request: &IncomingRequest) -> Option<Self> {
        let body = String::from_utf8_lossy(&request.body);
        match request.media_type().as_str() {
            "application/x-www-form-urlencoded" => Some(Self::url_encoded(&body)),
            "multipart/form-data" => multipart(request.headers.get("content-type")?, &body),
            _ => None,
        }
    }
}

fn multipart(content_type: &str, body: &str) -> Option<Form> {
    let boundary = content_type
        .split(';')
        .find_map(|part| part.trim().strip_prefix("boundary="))?
        .trim_matches('"');
    let fields = body
        .split(&format!("--{boundary}"))
        .filter_map(|part| {
            let (head, value) = part.split_once("\r\n\r\n")?;
            let name = head.split("name=\"").nth(1)?.split('"').next()?;
            let value = value.strip_suffix("\r\n").unwrap_or(value);
            Some((name.to_owned(), value.to_owned()))
        })
        .collect();
    Some(Form(fields))
}

/// Decodes percent encoding. Malformed sequences stay as they are.
pub(super) fn decode(text: &str, plus_is_space: bool) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'%', [high, low, after @ ..]) => match (hex(*high), hex(*low)) {
                (Some(high), Some(low)) => {
                    bytes.push(high << 4 | low);
                    rest = after;
                }
                _ => bytes.push(b'%'),
            },
            (b'+', _) if plus_is_space => bytes.push(b' '),
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn hex(digit: u8) -> Option<u8> {
    let value = char::from(digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_decoded() {
        for (text, plain) in [
            ("a%2Fb+c", "a/b c"),
            ("%F0%9F%8E%9F", "🎟"),
            ("100%", "100%"),
            ("%zz%4", "%zz%4"),
            ("%ff", "\u{fffd}"),
        ] {
            assert_eq!(decode(text, true), plain);
        }
        assert_eq!(decode("a+b", false), "a+b");
    }

    #[test]
    fn a_form_is_read_as_it_was_encoded() {
        let fields = [("scope", "a b+c&d=e%é"), ("empty", "")];
        let form = Form::url_encoded(&crate::http::form(&fields));
        assert_eq!(form.get("scope"), Some("a b+c&d=e%é"));
        assert_eq!(form.get("empty"), None);
    }

    #[test]
    fn both_encodings_are_read() {
        let request = |content_type: &str, body: &str| IncomingRequest {
            method: "POST".into(),
            target: "/oauth/v2/token".into(),
            headers: [("Content-Type", content_type)].into_iter().collect(),
            body: body.into(),
        };
        let body = "--xyz\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\nid\r\n\
                    --xyz\r\nContent-Disposition: form-data; name=\"scope\"\r\n\r\na b\r\n--xyz--\r\n";
        let form = Form::of_body(&request("multipart/form-data; boundary=\"xyz\"", body)).unwrap();
        assert_eq!((form.get("client_id"), form.get("scope")), (Some("id"), Some("a b")));
        assert_eq!(Form::of_body(&request("application/json", "{}")), None);
        assert_eq!(Form::of_body(&request("multipart/form-data", body)), None);
    }
}
