//! `gradcheck model`.

use std::path::Path;

use anyhow::{Result, bail};
use gradient_check::Verdict;

use super::{Forms, emit};
use crate::args::ModelArgs;
use crate::input_error::model_name;
use crate::output::{Sink, json, text};
use crate::progress::Bar;
use crate::remote;
use crate::{exit, interrupt};

pub(crate) fn run(args: &ModelArgs) -> Result<u8> {
    let options = &args.options;
    let mut inputs: Vec<&Path> = options.at.as_deref().into_iter().collect();
    let config = options.config.as_deref();
    inputs.extend(
        config
            .filter(|c| !c.trim_start().starts_with('{'))
            .map(Path::new),
    );
    let sink = Sink::open(args.output.output.as_deref(), &inputs)?;
    let bar = Bar::new(args.output.quiet);
    let progress = |p| bar.show("model", p);
    let outcome = remote::check(options, interrupt::listen(), &progress)?;
    bar.finish();
    emit(
        &args.output,
        sink,
        &Forms {
            text: &|detail| text::model(options, &outcome, detail),
            short: &|| text::short_model(&outcome),
            json: &|| json::model(options, &outcome),
        },
    )?;
    let Some(verdict) = outcome.verdict(options.strict) else {
        bail!(
            "the model `{}` does not offer Gradient, so there is nothing to check: only its forward pass was \
             examined. Implement its gradient, and report it (supports_gradient)",
            model_name(&outcome.model)
        );
    };
    match &outcome.failure {
        // A wrong gradient is the news, whatever else happened.
        Some(failure) if verdict != Verdict::Disagree => {
            bail!("{failure}. The results up to then are reported")
        }
        _ => Ok(args.output.code(exit::code(verdict))),
    }
}
