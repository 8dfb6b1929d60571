//! JSON as it comes in a body: UTF-8, and no object that says one thing twice (which of the two was
//! meant, nobody knows; programs between here and the sender may read the other).

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::{body::Reading, problem::Problem};

/// Reads JSON.
///
/// # Errors
/// [`Problem::NotUtf8`], [`Problem::NotJson`] with the place, [`Problem::Fields`] with every field that
/// is given twice.
pub fn parse(bytes: &[u8]) -> Result<Value, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|_| Problem::NotUtf8)?;
    let mut reading = Reading::default();
    let mut json = serde_json::Deserializer::from_str(text);
    let read = Once(&mut reading).deserialize(&mut json);
    let read = read.and_then(|value| json.end().map(|()| value));
    let value = read.map_err(|error| Problem::NotJson(Some((error.line(), error.column()))))?;
    if reading.is_clean() {
        Ok(value)
    } else {
        Err(reading.into_problem())
    }
}

/// Reads a value, and notes what an object in it says twice.
struct Once<'r>(&'r mut Reading);

impl<'de> DeserializeSeed<'de> for Once<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Once<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, truth: bool) -> Result<Value, E> {
        Ok(Value::Bool(truth))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        loop {
            let step = list.len().to_string();
            let item = self
                .0
                .below(&step, |reading| items.next_element_seed(Once(reading)))?;
            match item {
                Some(item) => list.push(item),
                None => return Ok(Value::Array(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = self.0.below(&name, |reading| {
                if object.contains_key(&name) {
                    reading.refuse(
                        "given_twice",
                        "此字段出现了两次，请只保留一个。",
                        "This field is given twice; keep one.",
                    );
                }
                fields.next_value_seed(Once(reading))
            })?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}
