//! A JSON value, read with the host's parser.
//!
//! A native program reads it with `serde_json` through `serde`; the binding to JavaScript
//! reads the text itself (`text.rs`). Both follow the same two rules: of members with the
//! same name the last one counts, and more than 64 levels of nesting are refused. One
//! type serves every body that Uber sends: a derived type for each would cost bytes in
//! the wasm, and would not be as lenient as Uber's bodies need (numbers come as strings,
//! members come and go).

mod members;
mod serde_impls;
#[cfg(any(test, target_arch = "wasm32"))]
// The sandbox only reads.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) mod text;

use std::borrow::Cow;

/// The maximum depth. Uber's bodies are nowhere near it, and recursion must be limited on
/// the small stack of a wasm instance.
pub(crate) const DEEPEST: u8 = 64;

/// A JSON value. Members keep their order. A value that was read through `serde` owns its
/// texts.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Json<'a> {
    /// `null`, or an absent member.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number, as JavaScript stores it.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The member with this name; `Null` if there is none.
    #[cfg_attr(hot_paths, optimize(speed), inline(never))]
    #[must_use]
    pub fn get(&self, name: &str) -> &Json<'a> {
        self.members()
            .iter()
            .rev()
            .find(|(member, _)| member == name)
            .map_or(&Json::Null, |(_, value)| value)
    }

    /// The members of an object; empty for anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; empty for anything else.
    #[must_use]
    pub fn items(&self) -> &[Json<'a>] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// The string, unless it is empty.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The finite number, which may be written as a string, as in Uber's webhooks.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            Json::Text(text) => decimal(text.trim_ascii()),
            _ => None,
        }
        .filter(|number: &f64| number.is_finite())
    }

    /// Whether the member is absent or `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Json::Null)
    }
}

impl<'a> From<&'a str> for Json<'a> {
    fn from(text: &'a str) -> Self {
        Json::Text(text.into())
    }
}

impl From<String> for Json<'_> {
    fn from(text: String) -> Self {
        Json::Text(text.into())
    }
}

impl From<f64> for Json<'_> {
    fn from(number: f64) -> Self {
        Json::Number(number)
    }
}

impl From<bool> for Json<'_> {
    fn from(value: bool) -> Self {
        Json::Bool(value)
    }
}

impl<'a, T: Into<Json<'a>>> From<Option<T>> for Json<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Json::Null, Into::into)
    }
}

/// Reads a plain decimal number, as in amounts and counts. Written by hand: the standard
/// library reads every possible float, which takes 15 kB of wasm.
#[allow(clippy::cast_precision_loss)]
fn decimal(text: &str) -> Option<f64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (mut number, mut scale) = (0_u64, 1_u64);
    let (mut point, mut any) = (false, false);
    for byte in digits.bytes() {
        match byte {
            b'0'..=b'9' => {
                // It does not guess digits beyond those that a float can hold.
                number = number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))?;
                if point {
                    scale = scale.checked_mul(10)?;
                }
                any = true;
            }
            b'.' if any && !point => point = true,
            _ => return None,
        }
    }
    let number = number as f64 / scale as f64;
    any.then_some(if negative { -number } else { number })
}

impl<'a> Json<'a> {
    /// An object without members; see [`Self::with`].
    #[must_use]
    pub const fn object() -> Self {
        Json::Object(Vec::new())
    }

    /// Adds a member to the object.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Json<'a>>) -> Self {
        self.put(name, value.into());
        self
    }

    // Separate from the generic function, so that it is compiled once.
    fn put(&mut self, name: &'a str, value: Json<'a>) {
        if let Json::Object(members) = self {
            members.push((name.into(), value));
        }
    }

    /// Whether this is `true`.
    #[must_use]
    pub const fn is_true(&self) -> bool {
        matches!(self, Json::Bool(true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn whole_numbers_keep_their_sign() {
        assert_eq!(parse("-7").number(), Some(-7.0));
        assert_eq!(
            parse("[-9007199254740991,9007199254740991]").items(),
            [Json::Number(-9_007_199_254_740_991.0), Json::Number(9_007_199_254_740_991.0),]
        );
    }

    #[test]
    fn only_true_is_true() {
        assert!(Json::from(true).is_true());
        assert!(Json::from(Some(true)).is_true());
        for other in [Json::from(false), Json::Null, "true".into(), 1.0.into(), parse("[true]")] {
            assert!(!other.is_true(), "{other:?}");
        }
    }

    #[test]
    fn numbers_come_as_strings_too() {
        assert_eq!(parse(r#"" 100.0 ""#).number(), Some(100.0));
        assert_eq!(parse(r#""-0.25""#).number(), Some(-0.25));
        assert_eq!(parse(r#""1709251200000""#).number(), Some(1_709_251_200_000.0));
        for text in [
            r#""""#,
            r#"".5""#,
            r#""1.2.3""#,
            r#""1e5""#,
            r#""99999999999999999999""#,
            r#""NaN""#,
            r#""inf""#,
            "true",
            "null",
            "[]",
        ] {
            assert_eq!(parse(text).number(), None, "{text}");
        }
    }
}
