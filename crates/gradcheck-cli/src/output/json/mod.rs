//! The JSON of the command, schema 1, around that of a report, which is the judge's own. Types of the wire, apart
//! from those of the domain, so that one can change without the other. What is not a finite number is written
//! as null.

mod checks;
mod lists;
mod model;

pub use checks::{Document, compared, network};
pub use lists::{FaultEntry, FaultList, NamedCheck, NamedChecks};
pub use model::{ModelDocument, model};

use finite_diff::printable::is_hidden;
use serde::Serialize;

/// The version of the contract.
pub const SCHEMA: u32 = 1;

/// As text, indented, with a newline at the end. Characters that a terminal would obey or not show are written as
/// `\u` and four digits, which reads back as the same character.
///
/// # Errors
/// Where the document holds something JSON can't say, which none of these does.
pub fn render(document: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(document).map(|text| escaped(&text) + "\n")
}

/// JSON with every hidden character but line breaks escaped. They occur in strings only.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || !is_hidden(character) {
            text.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            text.push_str(&format!("\\u{unit:04x}"));
        }
    }
    text
}
