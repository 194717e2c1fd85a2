//! A JSON value, read by whatever parser the host has.
//!
//! A native program reads it with `serde_json`, which reaches [`Json`] through
//! `serde`; the binding to JavaScript reads the text itself (`text.rs`). Both
//! keep the same two rules: of members with one name the last one counts, and what
//! is nested deeper than 64 levels is refused. One type serves every body that Uber
//! sends, instead of a derived reader each: those cost bytes in the wasm, and none
//! would be as lenient as Uber's bodies need (numbers come as strings, members come
//! and go).

#[cfg(any(test, target_arch = "wasm32"))]
// The sandbox only reads.
#[cfg_attr(not(feature = "client"), allow(dead_code))]
pub(crate) mod text;

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use twox_hash::XxHash64;

/// Deeper than this, a value is refused: nothing Uber sends comes near, and
/// recursion on the small stack of a wasm instance must end.
pub(crate) const DEEPEST: u8 = 64;

/// Of so many members, each is compared with every other.
const FEW_MEMBERS: usize = 16;

/// A JSON value. Members keep their order. What was read through `serde` owns its
/// texts.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Json<'a> {
    /// `null`, and a member that is absent.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// Any number, as JavaScript would hold it.
    Number(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// The member of that name; `Null` where there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &Json<'a> {
        self.members()
            .iter()
            .rev()
            .find(|(member, _)| member == name)
            .map_or(&Json::Null, |(_, value)| value)
    }

    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[(Cow<'a, str>, Json<'a>)] {
        match self {
            Json::Object(members) => members,
            _ => &[],
        }
    }

    /// The items of an array; none of anything else.
    #[must_use]
    pub fn items(&self) -> &[Json<'a>] {
        match self {
            Json::List(items) => items,
            _ => &[],
        }
    }

    /// A string that is not empty.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// A finite number, also one written as a string (Uber's webhooks do that).
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            Json::Text(text) => decimal(text.trim()),
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

/// Reads a plain decimal number, as amounts and counts are written. By hand:
/// the standard library's reader of every float there is takes 15 kB of wasm.
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
                // Beyond what a float holds exactly anyway, nothing is guessed.
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
    /// An object without members, to which [`Self::with`] adds some.
    #[must_use]
    pub const fn object() -> Self {
        Json::Object(Vec::new())
    }

    /// The object with one more member.
    #[must_use]
    pub fn with(mut self, name: &'a str, value: impl Into<Json<'a>>) -> Self {
        self.put(name, value.into());
        self
    }

    // Apart from the generic function, so that there is one of it.
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

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => serializer.serialize_unit(),
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Number(number) => serializer.serialize_f64(*number),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Json::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Json<'static> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { depth: 0 }.deserialize(deserializer)
    }
}

#[derive(Clone, Copy)]
struct Reader {
    depth: u8,
}

impl Reader {
    fn deeper<E: de::Error>(self) -> Result<Self, E> {
        if self.depth < DEEPEST {
            Ok(Self { depth: self.depth + 1 })
        } else {
            Err(E::custom("nested too deeply"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Json<'static>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'static>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

// Whole numbers beyond 2^53 lose their last digits, as they do in JavaScript.
#[allow(clippy::cast_precision_loss)]
impl<'de> Visitor<'de> for Reader {
    type Value = Json<'static>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Json<'static>, E> {
        Ok(Json::Null)
    }

    fn visit_none<E>(self) -> Result<Json<'static>, E> {
        Ok(Json::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json<'static>, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'static>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'static>, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'static>, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'static>, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'static>, E> {
        Ok(Json::Text(value.to_owned().into()))
    }

    fn visit_string<E>(self, value: String) -> Result<Json<'static>, E> {
        Ok(Json::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'static>, A::Error> {
        let inner = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(inner)? {
            items.push(item);
        }
        Ok(Json::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'static>, A::Error> {
        let inner = self.deeper()?;
        let mut members = Vec::new();
        while let Some(name) = access.next_key::<String>()? {
            members.push((name.into(), access.next_value_seed(inner)?));
        }
        keep_last(&mut members);
        Ok(Json::Object(members))
    }
}

/// Keeps the last value of members that have one name, in the first one's place, as
/// JavaScript does.
pub(crate) fn keep_last<'a>(members: &mut Vec<(Cow<'a, str>, Json<'a>)>) {
    let is_repeated = |(at, (name, _)): (usize, &(Cow<'a, str>, _))| {
        members.iter().take(at).any(|(other, _)| other == name)
    };
    if members.len() <= FEW_MEMBERS && !members.iter().enumerate().any(is_repeated) {
        return;
    }
    // Places by name, one more than they are; half full at most.
    let mut places = vec![0_usize; members.len().saturating_mul(2).next_power_of_two()];
    for (name, value) in std::mem::take(members) {
        let mut hash = XxHash64::oneshot(0, name.as_bytes());
        loop {
            #[allow(clippy::cast_possible_truncation)]
            let at = hash as usize & (places.len() - 1);
            let Some(place) = places.get_mut(at) else { break };
            match members.get_mut(place.wrapping_sub(1)) {
                Some(member) if member.0 == name => {
                    member.1 = value;
                    break;
                }
                Some(_) => hash = hash.wrapping_add(1),
                None => {
                    members.push((name, value));
                    *place = members.len();
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{BytesDeserializer, Error, UnitDeserializer};

    use super::*;

    fn parse(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn reads_and_writes_every_kind() {
        let text = r#"{"a":null,"b":[true,1.5,"x"],"c":{"d":-2.0}}"#;
        assert_eq!(serde_json::to_string(&parse(text)).unwrap(), text);
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
    fn true_is_nothing_but_true() {
        assert!(Json::from(true).is_true());
        assert!(Json::from(Some(true)).is_true());
        for other in [Json::from(false), Json::Null, "true".into(), 1.0.into(), parse("[true]")] {
            assert!(!other.is_true(), "{other:?}");
        }
    }

    /// A parser that tells an option from its value, as those of some formats do.
    struct Optional(Option<&'static str>);

    impl<'de> Deserializer<'de> for Optional {
        type Error = Error;

        fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            match self.0 {
                Some(text) => visitor.visit_some(IntoDeserializer::into_deserializer(text)),
                None => visitor.visit_none(),
            }
        }

        serde::forward_to_deserialize_any! {
            bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
            option unit unit_struct newtype_struct seq tuple tuple_struct map struct enum
            identifier ignored_any
        }
    }

    #[test]
    fn what_a_host_has_besides_json_is_read_or_refused() {
        assert_eq!(Json::deserialize(Optional(Some("x"))), Ok("x".into()));
        assert_eq!(Json::deserialize(Optional(None)), Ok(Json::Null));
        assert_eq!(Json::deserialize(UnitDeserializer::<Error>::new()), Ok(Json::Null));
        let error = Json::deserialize(BytesDeserializer::<Error>::new(b"x")).unwrap_err();
        assert_eq!(error.to_string(), "invalid type: byte array, expected JSON");
    }

    #[test]
    fn the_last_of_equal_members_counts_as_in_javascript() {
        assert_eq!(parse(r#"{"a":1,"a":2}"#).get("a").number(), Some(2.0));
        let object = parse(r#"{"a":[1],"b":0,"a":[],"c":0}"#);
        let names: Vec<_> = object.members().iter().map(|(name, _)| &**name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        assert_eq!(object.get("a"), &Json::List(vec![]));
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

    #[test]
    fn however_many_members_there_are_the_last_of_a_name_counts() {
        for count in [1, 2, FEW_MEMBERS, FEW_MEMBERS + 1, 5_000] {
            let all = |from| (0..count).map(move |at| format!("\"{}\":{}", at / 2, from + at));
            let text: Vec<_> = all(0).chain(["\"\":0".into()]).chain(all(count)).collect();
            let object = parse(&format!("{{{}}}", text.join(",")));
            assert_eq!(object.members().len(), count.div_ceil(2) + 1);
            for at in 0..count.div_ceil(2) {
                let last = (2 * at + 1).min(count - 1) + count;
                #[allow(clippy::cast_precision_loss)]
                let expected = Some(last as f64);
                assert_eq!(object.get(&at.to_string()).number(), expected, "{at} of {count}");
            }
        }
    }

    #[test]
    fn nesting_ends() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(serde_json::from_str::<Json>(&nested(64)).is_ok());
        let error = serde_json::from_str::<Json>(&nested(65)).unwrap_err();
        assert!(error.to_string().starts_with("nested too deeply"));
    }
}
