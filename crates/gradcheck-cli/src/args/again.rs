//! The line that runs the same command again, from the options themselves: every one that differs from
//! its default, by the name and in the order of its flag.

use clap::{ArgAction, Args, Command};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::shell_words::{number, quoted};

/// The flags of `options` that differ from those of `default`, each with its value, quoted for a shell; those in
/// `without` are left out.
pub(crate) fn flags<T: Args + Serialize>(
    options: &T,
    default: &T,
    without: &[&str],
) -> Vec<String> {
    let (options, default) = (values(options), values(default));
    let command = T::augment_args(Command::new("gradcheck"));
    let mut words = Vec::new();
    for argument in command.get_arguments() {
        let Some(name) = argument.get_long() else {
            continue;
        };
        let value = options.get(name);
        if value == default.get(name) || without.contains(&name) {
            continue;
        }
        match value {
            None | Some(Value::Null) => {}
            Some(Value::Bool(true)) => words.push(format!("--{name}")),
            // One flag for each, where a flag can be given several times.
            Some(Value::Array(items)) if matches!(argument.get_action(), ArgAction::Append) => {
                words.extend(items.iter().map(|item| flag(name, &word(item))));
            }
            Some(value) => words.push(flag(name, &word(value))),
        }
    }
    words
}

/// The options by name.
pub(super) fn values<T: Serialize>(options: &T) -> Map<String, Value> {
    match serde_json::to_value(options) {
        Ok(Value::Object(values)) => values,
        // Options are named values, all of which JSON has a form for.
        _ => Map::new(),
    }
}

fn flag(name: &str, value: &str) -> String {
    match value.starts_with('-') {
        // After a space, a value that begins with a hyphen would be taken for a flag.
        true => format!("--{name}={}", quoted(value)),
        false => format!("--{name} {}", quoted(value)),
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(word) => word.clone(),
        Value::Array(items) => items.iter().map(word).collect::<Vec<_>>().join(","),
        Value::Number(value) => match value.as_f64() {
            Some(real) if value.is_f64() => number(real),
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}
