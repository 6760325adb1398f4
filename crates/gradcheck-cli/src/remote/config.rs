//! The model's own configuration: JSON as it is typed, or a file with it.

use serde_json::{Map, Value};

use super::ModelError;

/// The object that `given` is, or that the file of that name holds.
pub(super) fn read(given: Option<&str>) -> Result<Map<String, Value>, ModelError> {
    let Some(given) = given else {
        return Ok(Map::new());
    };
    let (text, place) = match given.trim_start().starts_with('{') {
        true => (given.to_owned(), "--config".to_owned()),
        false => {
            let text = std::fs::read_to_string(given).map_err(|source| ModelError::ConfigFile {
                path: given.to_owned(),
                source,
            })?;
            (text, given.to_owned())
        }
    };
    let value: Value = serde_json::from_str(&text).map_err(|source| ModelError::ConfigJson {
        place: place.clone(),
        source,
    })?;
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(ModelError::ConfigKind { place }),
    }
}
