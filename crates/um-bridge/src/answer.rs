//! Reads the values out of an answer's JSON, or reports where it is not what was expected.
//!
//! Invariant: knows nothing of connections. NaN and infinity are numbers here.

use finite_diff::printable::printable;
use serde_json::Value;

use crate::json::not_finite;

/// Where and how an answer deviates from the protocol.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misshapen {
    /// The place, such as `output[0][3]`.
    pub(crate) at: String,
    /// What should stand there.
    pub(crate) expected: &'static str,
    /// What stands there.
    pub(crate) found: String,
}

/// The entry `key` of an object.
pub(crate) fn field<'v>(value: &'v Value, key: &str) -> Result<&'v Value, Misshapen> {
    let Value::Object(entries) = value else {
        return Err(misshapen("the top level", "an object", value));
    };
    entries.get(key).ok_or_else(|| Misshapen {
        at: format!("`{key}`"),
        expected: "there",
        found: "missing".to_owned(),
    })
}

/// A vector of numbers under `key`.
pub(crate) fn vector(value: &Value, key: &str) -> Result<Vec<f64>, Misshapen> {
    numbers(field(value, key)?, &|| format!("`{key}`"))
}

/// A list of vectors under `key`.
pub(crate) fn vectors(value: &Value, key: &str) -> Result<Vec<Vec<f64>>, Misshapen> {
    let value = field(value, key)?;
    list(value, &|| format!("`{key}`"), "a list of lists of numbers")?
        .iter()
        .enumerate()
        .map(|(number, vector)| numbers(vector, &|| format!("`{key}[{number}]`")))
        .collect()
}

/// A list of lengths under `key`. Languages that have only floating-point numbers write 3.0 for 3; from 2⁵³ on such a
/// number may have been rounded, but that is beyond any size limit.
pub(crate) fn sizes(value: &Value, key: &str) -> Result<Vec<usize>, Misshapen> {
    let expected = "a nonnegative integer";
    list(
        field(value, key)?,
        &|| format!("`{key}`"),
        "a list of integers",
    )?
    .iter()
    .enumerate()
    .map(|(number, value)| {
        let size = match (value.as_u64(), value.as_f64()) {
            (Some(size), _) => usize::try_from(size).ok(),
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "whole and not negative; it saturates"
            )]
            (None, Some(size)) if size >= 0.0 && size.fract() == 0.0 => Some(size as usize),
            _ => None,
        };
        size.ok_or_else(|| misshapen(&format!("`{key}[{number}]`"), expected, value))
    })
    .collect()
}

/// A list of names under `key`.
pub(crate) fn names(value: &Value, key: &str) -> Result<Vec<String>, Misshapen> {
    list(
        field(value, key)?,
        &|| format!("`{key}`"),
        "a list of names",
    )?
    .iter()
    .enumerate()
    .map(|(number, value)| match value {
        Value::String(name) => Ok(name.clone()),
        _ => Err(misshapen(&format!("`{key}[{number}]`"), "a name", value)),
    })
    .collect()
}

/// The flag `key` of the supported calls; a missing one is false.
pub(crate) fn flag(value: &Value, key: &str) -> Result<bool, Misshapen> {
    let Value::Object(flags) = value else {
        return Err(misshapen("`support`", "an object", value));
    };
    match flags.get(key) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(other) => Err(misshapen(&format!("`{key}`"), "true or false", other)),
    }
}

fn numbers(value: &Value, at: &dyn Fn() -> String) -> Result<Vec<f64>, Misshapen> {
    list(value, at, "a list of numbers")?
        .iter()
        .enumerate()
        .map(|(index, value)| {
            let number = match value {
                Value::Number(number) => number.as_f64(),
                Value::Null => Some(f64::NAN),
                Value::String(text) => not_finite(text),
                _ => None,
            };
            number.ok_or_else(|| {
                let place = at();
                misshapen(
                    &format!("{}[{index}]`", place.trim_end_matches('`')),
                    "a number",
                    value,
                )
            })
        })
        .collect()
}

fn list<'v>(
    value: &'v Value,
    at: &dyn Fn() -> String,
    expected: &'static str,
) -> Result<&'v [Value], Misshapen> {
    match value {
        Value::Array(list) => Ok(list),
        _ => Err(misshapen(&at(), expected, value)),
    }
}

pub(crate) fn misshapen(at: &str, expected: &'static str, found: &Value) -> Misshapen {
    let found = match found {
        Value::Null => "null".to_owned(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => format!("the number {number}"),
        Value::String(text) => {
            let short: String = text.chars().take(40).collect();
            format!("the string {}", printable(&format!("{short:?}")))
        }
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    Misshapen {
        at: at.to_owned(),
        expected,
        found,
    }
}

#[cfg(test)]
mod tests {
    use finite_diff::printable::is_hidden;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{Misshapen, field, flag, names, sizes, vector, vectors};
    use crate::json::{has_more_values_than, parse};

    fn check<T: std::fmt::Debug>(
        read: impl Fn(&Value) -> Result<T, Misshapen>,
        cases: &[(Value, &str)],
    ) {
        for (value, expected) in cases {
            let got = match read(value) {
                Ok(read) => format!("{read:?}"),
                Err(Misshapen {
                    at,
                    expected,
                    found,
                }) => format!("{at}: {expected}, not {found}"),
            };
            assert_eq!(&got, expected, "{value}");
        }
    }

    #[test]
    fn vectors_of_numbers() {
        check(
            |value| vectors(value, "o"),
            &[
                (json!({"o": [[1, 2.5], []]}), "[[1.0, 2.5], []]"),
                (
                    json!({"o": [[null, "NaN", "-Infinity"]]}),
                    "[[NaN, NaN, -inf]]",
                ),
                (
                    json!({"o": [1, 2]}),
                    "`o[0]`: a list of numbers, not the number 1",
                ),
                (
                    json!({"o": [[1], ["1.5"]]}),
                    "`o[1][0]`: a number, not the string \"1.5\"",
                ),
                (
                    json!({"o": 3}),
                    "`o`: a list of lists of numbers, not the number 3",
                ),
                (json!({"p": 3}), "`o`: there, not missing"),
                (json!([3]), "the top level: an object, not a list"),
            ],
        );
        check(
            |value| vector(value, "o"),
            &[(json!({"o": [true]}), "`o[0]`: a number, not true")],
        );
    }

    #[test]
    fn sizes_names_and_flags() {
        check(
            |value| sizes(value, "s"),
            &[
                (json!({"s": [3, 0, 2.0]}), "[3, 0, 2]"),
                (
                    json!({"s": [-1]}),
                    "`s[0]`: a nonnegative integer, not the number -1",
                ),
                (
                    json!({"s": [2.5]}),
                    "`s[0]`: a nonnegative integer, not the number 2.5",
                ),
                (json!({"s": 2}), "`s`: a list of integers, not the number 2"),
            ],
        );
        check(
            |value| names(value, "m"),
            &[
                (json!({"m": ["a"]}), "[\"a\"]"),
                (json!({"m": [1]}), "`m[0]`: a name, not the number 1"),
            ],
        );
        check(
            |value| flag(value, "f"),
            &[
                (json!({}), "false"),
                (json!({"f": true}), "true"),
                (
                    json!({"f": "yes"}),
                    "`f`: true or false, not the string \"yes\"",
                ),
            ],
        );
    }

    /// Answers of the protocol; what follows makes them almost valid.
    const GOOD: [&str; 5] = [
        r#"{"protocolVersion": 1.0, "models": ["forward"]}"#,
        r#"{"support": {"Evaluate": true, "Gradient": false}}"#,
        r#"{"inputSizes": [3, 2.0]}"#,
        r#"{"output": [[1, -2.5e3, NaN], [null]]}"#,
        r#"{"error": {"type": "InvalidInput", "message": "no"}}"#,
    ];

    /// One change: at a part of the text, what is put in place of how much.
    fn change() -> impl Strategy<Value = (prop::sample::Index, String, usize)> {
        let token = prop::sample::select(vec![
            "",
            "[",
            "]",
            "{",
            "}",
            "\"",
            ",",
            ":",
            "-",
            "nan",
            "inf",
            "null",
            "1e999",
            "-0.0",
            "5e-324",
            "0.5",
            "18446744073709551616",
            "\\u001b[2J",
            "\\u202e",
            "\\ud800",
            "\u{1b}",
            "\u{202e}",
            "\0",
            "\n",
            "ä",
        ]);
        let repeated = (token, prop::sample::select(vec![1, 1, 1, 300]));
        let text = repeated.prop_map(|(token, times): (&str, usize)| token.repeat(times));
        (any::<prop::sample::Index>(), text, 0_usize..4)
    }

    proptest! {
        #[test]
        fn almost_valid_answers_are_read_or_refused(
            good in prop::sample::select(&GOOD[..]),
            changes in prop::collection::vec(change(), 1..5),
        ) {
            let mut text = good.as_bytes().to_vec();
            for (at, put, replaced) in changes {
                let at = at.index(text.len() + 1);
                let end = text.len().min(at + replaced);
                text.splice(at..end, put.bytes());
            }
            has_more_values_than(1, &text);
            let Ok(value) = parse(&text) else { return Ok(()) };
            let read = [
                vector(&value, "output").err(),
                vectors(&value, "output").err(),
                sizes(&value, "inputSizes").err(),
                names(&value, "models").err(),
                field(&value, "support").and_then(|support| flag(support, "Gradient")).err(),
            ];
            for Misshapen { at, found, .. } in read.into_iter().flatten() {
                prop_assert!(!(at.contains(is_hidden) || found.contains(is_hidden)), "{at:?}: {found:?}");
                prop_assert!(at.len() + found.len() < 500, "{at}: {found}");
            }
        }
    }
}
