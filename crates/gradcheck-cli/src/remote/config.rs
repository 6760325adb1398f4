//! The model's own configuration: JSON on the command line, or in a file.

use std::path::Path;

use finite_diff::printable::printable;
use serde_json::{Map, Value};

use super::ModelError;
use crate::source_file::{self, ReadLimit};
use crate::unique_keys::key_twice;

/// Parses the JSON object in `given`, or in the file of that name.
pub(super) fn read(
    given: Option<&str>,
    limit: ReadLimit,
) -> Result<Map<String, Value>, ModelError> {
    let Some(given) = given else {
        return Ok(Map::new());
    };
    let (text, place) = match given.trim_start().starts_with('{') {
        true => (given.to_owned(), "--config".to_owned()),
        false => {
            let bytes = source_file::read(Path::new(given), limit)?;
            let text = String::from_utf8_lossy(&bytes).into_owned();
            (text, printable(given).to_string())
        }
    };
    let value: Value = serde_json::from_str(&text).map_err(|source| ModelError::ConfigJson {
        place: place.clone(),
        source,
    })?;
    // If a key occurs twice, serde_json takes the last.
    if let Some(key) = key_twice(&text) {
        return Err(ModelError::ConfigKeyTwice { place, key });
    }
    match value {
        Value::Object(map) => Ok(map),
        _ => Err(ModelError::ConfigKind { place }),
    }
}
