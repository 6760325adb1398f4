//! Options that take one of a few names: one list of them for flags, files, help and completions.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use mlp::{Activation, Engine, Initialization, Loss, Optimizer};
use mlp_check::{Method, Precision};

use crate::data::Header;
use crate::input_error::excerpt;
use crate::suggest::nearest;

/// A value that a person chooses by its name.
pub(crate) trait Choice: Copy + Send + Sync + 'static {
    /// What is chosen, such as `activation`.
    const WHAT: &'static str;

    /// Every one there is, the default first.
    fn all() -> &'static [Self];

    /// Its name, in kebab-case.
    fn name(self) -> &'static str;
}

macro_rules! choices {
    ($($type:ty: $what:literal),* $(,)?) => {$(
        impl Choice for $type {
            const WHAT: &'static str = $what;

            fn all() -> &'static [Self] {
                &Self::ALL
            }

            fn name(self) -> &'static str {
                self.name()
            }
        }
    )*};
}

choices! {
    Activation: "activation",
    Engine: "engine",
    Header: "header",
    Initialization: "initialization",
    Loss: "loss",
    Method: "scheme",
    Optimizer: "optimizer",
    Precision: "precision",
}

/// A flag's parser, which knows the names for help, completions and suggestions.
pub(crate) fn parser<T: Choice>() -> impl TypedValueParser<Value = T> {
    let names = T::all().iter().map(|choice| choice.name());
    PossibleValuesParser::new(names).try_map(|name| find::<T>(&name))
}

/// The one of this name.
fn find<T: Choice>(name: &str) -> Result<T, String> {
    let known = || T::all().iter().map(|choice| choice.name());
    let found = T::all().iter().find(|choice| choice.name() == name);
    found.copied().ok_or_else(|| {
        let hint = nearest(name, known())
            .map_or_else(String::new, |near| format!(" (did you mean '{near}'?)"));
        let known = known().collect::<Vec<_>>().join(", ");
        let name = excerpt(name);
        format!("unknown {} '{name}'{hint}; choose from {known}", T::WHAT)
    })
}

/// In files and in the line that runs the check again: by name.
pub(crate) mod by_name {
    use std::borrow::Cow;

    use serde::{Deserialize, Deserializer, Serializer, de};

    use super::{Choice, find};

    pub(crate) fn serialize<T: Choice, S: Serializer>(
        choice: &T,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(choice.name())
    }

    pub(crate) fn deserialize<'de, T: Choice, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let name = Cow::<str>::deserialize(deserializer)?;
        find(&name).map_err(de::Error::custom)
    }
}

/// Reads an optional choice by its name.
pub(crate) mod by_optional_name {
    use serde::{Deserializer, Serializer};

    use super::{Choice, by_name};

    pub(crate) fn serialize<T: Choice, S: Serializer>(
        choice: &Option<T>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match choice {
            Some(choice) => by_name::serialize(choice, serializer),
            None => serializer.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, T: Choice, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<T>, D::Error> {
        by_name::deserialize(deserializer).map(Some)
    }
}
