//! Options that are words of their own kind: widths of layers, a column, a time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::data::LabelColumn;

/// A time to wait, typed as a number of seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seconds(pub Duration);

impl Seconds {
    /// 60 seconds.
    pub const MINUTE: Self = Self(Duration::from_secs(60));
}

impl Serialize for Seconds {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.0.as_secs_f64())
    }
}

/// Layer widths: `30,16,8,1` or `30-16-8-1` as a flag, an array in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Widths(pub Vec<usize>);

impl FromStr for Widths {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let example = "give whole numbers separated by commas, as in 30,16,8,1";
        if text.trim().is_empty() {
            return Err(format!("there are no widths: {example}"));
        }
        let close: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        if close.starts_with('-') || close.contains(",-") || close.contains("--") {
            return Err(format!("a width can't be negative: {example}"));
        }
        text.split([',', '-'])
            .map(|word| {
                word.trim().parse().map_err(|_| {
                    let word: String = word.chars().take(40).collect();
                    format!("'{word}' is not a width: {example}")
                })
            })
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

/// The label's column: a word as a flag, a string or a number in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Column(pub LabelColumn);

impl FromStr for Column {
    type Err = std::convert::Infallible;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        word.parse().map(Self)
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            LabelColumn::Last => f.write_str("last"),
            LabelColumn::Name(name) => f.write_str(name),
            LabelColumn::Number(number) => number.fmt(f),
        }
    }
}

impl Serialize for Column {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            LabelColumn::Number(number) => serializer.serialize_u64(*number as u64),
            _ => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Column {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl serde::de::Visitor<'_> for Visitor {
            type Value = Column;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a column's name or its number counted from 1")
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> Result<Column, E> {
                let number = usize::try_from(number)
                    .map_err(|_| E::custom("a column's number is counted from 1"))?;
                Ok(Column(LabelColumn::Number(number)))
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Column, E> {
                let number = usize::try_from(number).map_err(E::custom)?;
                Ok(Column(LabelColumn::Number(number)))
            }

            fn visit_str<E: serde::de::Error>(self, word: &str) -> Result<Column, E> {
                Ok(Column(word.parse().unwrap_or_default()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}
