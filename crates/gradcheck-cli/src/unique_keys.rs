//! Detects keys that occur twice in a JSON object, of which parsers silently take the last.
//!
//! Invariant: knows nothing of particular keys.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// The first key that occurs twice in one object of `text`, if any; invalid JSON is left for the parser to reject.
pub(crate) fn key_twice(text: &str) -> Option<String> {
    let found = RefCell::new(None);
    let mut json = serde_json::Deserializer::from_str(text);
    // It stops at the key; the result itself is not needed.
    let _ = Walk(&found).deserialize(&mut json);
    found.into_inner()
}

/// Visits any value.
#[derive(Clone, Copy)]
struct Walk<'a>(&'a RefCell<Option<String>>);

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        let mut keys = HashSet::new();
        while let Some(key) = object.next_key::<String>()? {
            if keys.contains(&key) {
                *self.0.borrow_mut() = Some(key);
                return Err(A::Error::custom("a key occurs twice here"));
            }
            keys.insert(key);
            object.next_value_seed(self)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::key_twice;

    #[test]
    fn keys_are_looked_for_in_every_object() {
        for (text, key) in [
            (r#"{"a": 1, "b": {"a": [1, null, true, "a"]}}"#, None),
            (r#"{"a": 1, "b": 2, "a": 3}"#, Some("a")),
            (r#"[1, {"x": {"é": 1, "\u00e9": 2}}]"#, Some("é")),
            (r#"{"a": 1, "a": "#, Some("a")),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(key_twice(text).as_deref(), key, "{text}");
        }
    }
}
