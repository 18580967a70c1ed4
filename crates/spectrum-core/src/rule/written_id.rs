//! What a `spectrum.toml` says of ids: a scheme or, as it could be meant, a column that has the sessions already.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

/// The value of `id`.
#[derive(Debug)]
pub(crate) enum WrittenId {
    /// The name of a scheme.
    Scheme(String),
    /// A column in which somebody else's tool recorded its sessions, as in `{ column = "ga_session_id" }`.
    Recorded(String),
}

impl<'de> Deserialize<'de> for WrittenId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Written;

        impl<'de> Visitor<'de> for Written {
            type Value = WrittenId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_str<E>(self, text: &str) -> Result<WrittenId, E> {
                Ok(WrittenId::Scheme(text.to_owned()))
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<WrittenId, M::Error> {
                let mut column = None;
                while let Some(field) = map.next_key::<String>()? {
                    match field.as_str() {
                        "column" => column = Some(map.next_value()?),
                        _ => return Err(serde::de::Error::unknown_field(&field, &["column"])),
                    }
                }
                column.map(WrittenId::Recorded).ok_or_else(|| serde::de::Error::missing_field("column"))
            }
        }

        deserializer.deserialize_any(Written)
    }
}
