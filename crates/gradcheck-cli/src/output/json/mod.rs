//! The JSON of the command, schema 1, around that of a report, which is the judge's own. Types of the wire, apart
//! from those of the domain, so that one can change without the other. What is not a finite number is written
//! as null.

mod checks;
mod lists;
mod model;

pub use checks::{Document, compared, network};
pub use lists::{FaultEntry, FaultList, NamedCheck, NamedChecks};
pub use model::{ModelDocument, model};

use serde::Serialize;

/// The version of the contract.
pub const SCHEMA: u32 = 1;

/// As text, indented, with a newline at the end.
///
/// # Errors
/// Where the document holds something JSON can't say, which none of these does.
pub fn render(document: &impl Serialize) -> serde_json::Result<String> {
    serde_json::to_string_pretty(document).map(|mut text| {
        text.push('\n');
        text
    })
}
