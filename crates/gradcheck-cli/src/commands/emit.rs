//! Writes the result of a command in the requested form to standard output or a file.

use anyhow::Result;
use serde::Serialize;

use crate::args::{Format, OutputArgs};
use crate::output::text::Detail;
use crate::output::{Sink, json};

/// A result in each of its forms; a form is computed only when it is requested.
pub(crate) struct Forms<'a, D: Serialize> {
    pub(crate) text: &'a dyn Fn(Detail) -> String,
    pub(crate) short: &'a dyn Fn() -> String,
    pub(crate) json: &'a dyn Fn() -> D,
}

/// Writes the result to `sink` in the form that `args` asks for; with `--quiet` only to a file.
pub(crate) fn emit<D: Serialize>(
    args: &OutputArgs,
    sink: Sink,
    forms: &Forms<'_, D>,
) -> Result<()> {
    if args.quiet && args.output.is_none() {
        return Ok(());
    }
    let detail = match args.verbose {
        true => Detail::Full,
        false => Detail::Summary,
    };
    sink.write(&match args.format {
        Format::Text => (forms.text)(detail),
        Format::Short => (forms.short)(),
        Format::Json => json::render(&(forms.json)())?,
    })?;
    Ok(())
}
