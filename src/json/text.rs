//! JSON text from JavaScript: passing one string replaces passing every member of every
//! object.
//!
//! Written by hand. A native program reads [`Json`] through `serde`, with `serde_json` or
//! another parser; in the wasm, deserializing through `serde` costs 12 to 18 kB, most of
//! it for floats. Here the host reads the few numbers that are not whole.

use super::members::keep_last;
use super::{DEEPEST, Json};

mod strings;

#[cfg(any(not(target_arch = "wasm32"), feature = "jobs"))]
pub(crate) use strings::is_special;

/// A float holds a whole number of up to this many digits exactly.
const EXACT_DIGITS: usize = 15;

/// Reads a text. None if it is not JSON, or nested too deeply. `number` reads any number
/// that is not a short whole number.
pub(crate) fn read(text: &str, number: fn(&str) -> f64) -> Option<Json<'_>> {
    let mut reader = Reader { text, at: 0, number };
    let value = reader.value(0)?;
    reader.peek().is_none().then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    number: fn(&str) -> f64,
}

impl<'a> Reader<'a> {
    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next byte that is not white space.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        if self.byte()? <= b' ' {
            self.skip_white_space();
        }
        self.byte()
    }

    // Machine-written JSON has nearly none.
    #[cold]
    #[inline(never)]
    fn skip_white_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Consumes the next byte that is not white space, if it is this one.
    #[inline]
    fn take(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    #[cfg_attr(hot_paths, optimize(speed))]
    fn value(&mut self, depth: u8) -> Option<Json<'a>> {
        match self.peek()? {
            b'"' => self.string().map(Json::Text),
            b'{' | b'[' if depth >= DEEPEST => None,
            b'{' => self.object(depth + 1),
            b'[' => self.list(depth + 1),
            b'-' | b'0'..=b'9' => self.number().map(Json::Number),
            _ => self.word(),
        }
    }

    #[cfg_attr(hot_paths, inline(never))]
    fn word(&mut self) -> Option<Json<'a>> {
        let words =
            [("null", Json::Null), ("true", Json::Bool(true)), ("false", Json::Bool(false))];
        for (word, value) in words {
            if self.text.get(self.at..)?.starts_with(word) {
                self.at += word.len();
                return Some(value);
            }
        }
        None
    }

    #[cfg_attr(hot_paths, optimize(speed))]
    fn list(&mut self, depth: u8) -> Option<Json<'a>> {
        let mut items = Vec::new();
        self.at += 1;
        if self.take(b']').is_some() {
            return Some(Json::List(items));
        }
        loop {
            items.push(self.value(depth)?);
            if self.take(b',').is_none() {
                return self.take(b']').map(|()| Json::List(items));
            }
        }
    }

    #[cfg_attr(hot_paths, optimize(speed))]
    fn object(&mut self, depth: u8) -> Option<Json<'a>> {
        let mut members = Vec::new();
        self.at += 1;
        if self.take(b'}').is_some() {
            return Some(Json::Object(members));
        }
        loop {
            self.peek();
            let name = self.string()?;
            self.take(b':')?;
            let value = self.value(depth)?;
            // Assigning it on a JavaScript object would set the prototype instead of a
            // member.
            if name != "__proto__" {
                members.push((name, value));
            }
            if self.take(b',').is_none() {
                self.take(b'}')?;
                keep_last(&mut members);
                return Some(Json::Object(members));
            }
        }
    }

    /// The text from this offset up to the current one.
    fn since(&self, from: usize) -> &'a str {
        self.text.get(from..self.at).unwrap_or_default()
    }

    fn digits(&mut self) -> Option<usize> {
        let from = self.at;
        while self.byte().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > from).then_some(self.at - from)
    }

    #[cfg_attr(hot_paths, inline(never))]
    fn number(&mut self) -> Option<f64> {
        let from = self.at;
        let mut is_whole = self.byte() != Some(b'-');
        if !is_whole {
            self.at += 1;
        }
        let first = self.byte();
        let length = self.digits()?;
        if first == Some(b'0') && length > 1 {
            return None;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            is_whole = false;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
            is_whole = false;
        }
        let text = self.since(from);
        if !is_whole || length > EXACT_DIGITS {
            return Some((self.number)(text));
        }
        #[allow(clippy::cast_precision_loss)] // Exact with so few digits.
        Some(text.bytes().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')) as f64)
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> f64 {
        text.parse().unwrap()
    }

    fn ours(text: &str) -> Option<Json<'_>> {
        read(text, number)
    }

    fn theirs(text: &str) -> Option<Json<'static>> {
        serde_json::from_str(text).ok()
    }

    #[test]
    fn only_json_is_read() {
        for text in [
            "null",
            " [ ] ",
            "{}",
            "[1,-0,2.5e3,1E-2,100000000000000000000,-7]",
            r#"{"a":{"b":[true,false,null]},"":"é\u00e9\n\"\\\/\b\f\r\t"}"#,
            r#""\ud83d\ude00""#,
            "\t\r\n 1",
        ] {
            assert_eq!(ours(text), theirs(text), "{text}");
            assert!(ours(text).is_some(), "{text}");
        }
        for text in [
            "",
            " ",
            "nul",
            "nulll",
            "[1,]",
            "[,]",
            "[1 2]",
            "[",
            "{",
            "}",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}",
            "{a:1}",
            "{1:1}",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\u12g4\"",
            "\"\n\"",
            "1 1",
            "[]]",
            "<html>",
            "\u{feff}1",
            "'a'",
        ] {
            assert_eq!(ours(text), None, "{text}");
            assert_eq!(theirs(text), None, "{text}");
        }
    }

    #[test]
    fn no_member_changes_the_prototype_of_an_object() {
        let read = ours(r#"{"__proto__":{"a":1},"b":{"\u005f_proto__":2},"c":3}"#).unwrap();
        assert_eq!(Some(read), theirs(r#"{"b":{},"c":3}"#));
    }

    #[test]
    fn an_unpaired_surrogate_is_replaced() {
        for text in [r#""\ud83d""#, r#""\ude00""#] {
            assert_eq!(ours(text), Some("\u{fffd}".into()), "{text}");
        }
        assert_eq!(ours(r#""\ud83d\u0041""#), Some("\u{fffd}A".into()));
        assert_eq!(ours(r#""\ud83d\ud83d\ude00""#), Some("\u{fffd}\u{1f600}".into()));
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize, inside: &str| "[".repeat(depth) + inside + &"]".repeat(depth);
        for text in [nested(64, "1"), nested(63, r#"{"a":"]"}"#), nested(64, "")] {
            assert_eq!(ours(&text), theirs(&text), "{text}");
            assert!(ours(&text).is_some(), "{text}");
        }
        for text in [nested(65, "1"), nested(64, "{}"), nested(64, "[junk}"), nested(100_000, "")] {
            assert_eq!(ours(&text), None, "{text}");
            assert_eq!(theirs(&text), None, "{text}");
        }
        assert_eq!(ours(&"{\"a\":".repeat(100_000)), None);
        assert_eq!(ours(&"[".repeat(100)), None);
    }

    #[test]
    fn the_host_reads_numbers_that_are_not_short_and_whole() {
        let host = |_: &str| -1.0;
        for (text, value) in [
            ("0", 0.0),
            ("1234567890", 1_234_567_890.0),
            ("999999999999999", 999_999_999_999_999.0),
            ("1000000000000000", -1.0),
            ("-7", -1.0),
            ("1.0", -1.0),
            ("1e2", -1.0),
            ("1E2", -1.0),
        ] {
            assert_eq!(read(text, host), Some(Json::Number(value)), "{text}");
        }
    }

    #[test]
    fn every_character_is_read() {
        let ends = [0xd7ff, 0xe000, 0xffff, 0x1_0000, 0x1_03ff, 0x1_0400, 0x10_ffff];
        for char in (0..0x300).chain((0..0x11_0000).step_by(0x1ff)).chain(ends) {
            let Some(char) = char::from_u32(char) else { continue };
            let value = Json::from(format!("a{char}b"));
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(ours(&text).as_ref(), Some(&value), "{char:?}");
            assert_eq!(theirs(&text).as_ref(), Some(&value), "{char:?}");
            // As UTF-16 units, in either case.
            let units = char
                .encode_utf16(&mut [0; 2])
                .iter()
                .fold(String::new(), |all, unit| all + &format!("\\u{unit:04x}").replace('a', "A"));
            assert_eq!(ours(&format!("\"a{units}b\"")), Some(value), "{char:?}");
        }
    }

    fn values() -> impl Strategy<Value = Json<'static>> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<i32>().prop_map(|number| Json::Number(number.into())),
            // serde_json is not exact for other numbers.
            any::<i32>().prop_map(|number| Json::Number(f64::from(number) / 8.0)),
            any::<String>().prop_map(Json::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..8).prop_map(Json::List),
                prop::collection::btree_map(
                    any::<String>().prop_map(std::borrow::Cow::Owned),
                    inner,
                    0..8
                )
                .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn values_round_trip(value in values()) {
            let text = serde_json::to_string(&value).unwrap();
            prop_assert_eq!(ours(&text), Some(value.clone()));
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            prop_assert_eq!(ours(&pretty), Some(value));
        }

        #[test]
        fn any_text_is_read_as_by_serde(text in "[\\[\\]{}:,\"\\\\ 0-9eE+.a-ftrunl-]{0,24}") {
            prop_assert_eq!(ours(&text), theirs(&text));
        }

        #[test]
        fn both_keep_the_last_of_equal_members(names in prop::collection::vec("[a-e]{1,2}", 0..40)) {
            let members: Vec<_> =
                names.iter().enumerate().map(|(at, name)| format!("\"{name}\":{at}")).collect();
            let text = format!("{{{}}}", members.join(","));
            let found = ours(&text).unwrap();
            prop_assert_eq!(Some(found.clone()), theirs(&text));
            for (at, name) in names.iter().enumerate() {
                let kept = found.members().iter().filter(|(member, _)| member == name);
                prop_assert_eq!(kept.count(), 1);
                if !names[at + 1..].contains(name) {
                    let number = at.to_string();
                    prop_assert_eq!(found.get(name), &ours(&number).unwrap());
                }
            }
        }
    }
}
