//! Names of choices, as users type them.
//!
//! Invariant: never guesses; an unknown name is an error that lists the known ones.

use crate::MlpError;

/// The element of `all` whose name is `name`.
pub(crate) fn find<T: Copy>(
    what: &'static str,
    name: &str,
    all: &[T],
    name_of: impl Fn(T) -> &'static str,
) -> Result<T, MlpError> {
    all.iter()
        .copied()
        .find(|&choice| name_of(choice) == name)
        .ok_or_else(|| MlpError::UnknownName {
            what,
            name: name.to_owned(),
            known: all.iter().map(|&choice| name_of(choice)).collect(),
        })
}

/// Implements `Display` and `FromStr` for an enum by its `ALL` and `name`.
macro_rules! named {
    ($choice:ty, $what:literal) => {
        impl std::fmt::Display for $choice {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.name())
            }
        }

        impl std::str::FromStr for $choice {
            type Err = $crate::MlpError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                $crate::name::find($what, name, Self::ALL, Self::name)
            }
        }
    };
}

pub(crate) use named;
