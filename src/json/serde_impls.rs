//! Reads and writes a JSON value through `serde`.

use std::fmt;

use serde::de::{self, Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::members::keep_last;
use super::{DEEPEST, Json};

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

// Whole numbers beyond 2^53 lose their last digits, as in JavaScript.
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

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::{BytesDeserializer, Error, UnitDeserializer};

    use super::*;

    fn parse(text: &str) -> Json<'static> {
        serde_json::from_str(text).unwrap()
    }

    /// A parser that distinguishes an option from its value, as those of some formats do.
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
    fn values_beyond_json_are_read_or_refused() {
        assert_eq!(Json::deserialize(Optional(Some("x"))), Ok("x".into()));
        assert_eq!(Json::deserialize(Optional(None)), Ok(Json::Null));
        assert_eq!(Json::deserialize(UnitDeserializer::<Error>::new()), Ok(Json::Null));
        let error = Json::deserialize(BytesDeserializer::<Error>::new(b"x")).unwrap_err();
        assert_eq!(error.to_string(), "invalid type: byte array, expected JSON");
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(serde_json::from_str::<Json>(&nested(64)).is_ok());
        let error = serde_json::from_str::<Json>(&nested(65)).unwrap_err();
        assert!(error.to_string().starts_with("nested too deeply"));
    }

    #[test]
    fn reads_and_writes_every_kind() {
        let text = r#"{"a":null,"b":[true,1.5,"x"],"c":{"d":-2.0}}"#;
        assert_eq!(serde_json::to_string(&parse(text)).unwrap(), text);
    }
}
