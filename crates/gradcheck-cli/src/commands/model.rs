//! `gradcheck model`.

use anyhow::{Result, bail};
use gradient_check::Verdict;

use crate::args::{Format, ModelArgs};
use crate::input_error::model_name;
use crate::output::{Sink, json, text};
use crate::progress::Bar;
use crate::remote::{self, ModelOutcome, Offered};
use crate::{exit, interrupt};

pub(crate) fn run(args: &ModelArgs) -> Result<u8> {
    let spec = args.spec()?;
    let mut inputs: Vec<&std::path::Path> = args.at.as_deref().into_iter().collect();
    if let Some(config) = spec
        .config
        .as_deref()
        .filter(|c| !c.trim_start().starts_with('{'))
    {
        inputs.push(std::path::Path::new(config));
    }
    let sink = Sink::open(args.output.output.as_deref(), &inputs)?;
    let bar = Bar::new();
    let progress = |p| bar.show("model", p);
    let outcome = remote::check(&spec, interrupt::listen(), &progress)?;
    bar.finish();
    sink.write(&match args.output.format {
        Format::Text => text::model(&spec, &outcome),
        Format::Json => json::render(&json::model(&spec, &outcome))?,
    })?;
    let verdict = outcome.verdict(spec.strict);
    refuse(&outcome, verdict)?;
    Ok(exit::code(verdict.unwrap_or(Verdict::Agree)))
}

/// What has been said is no check, or not all of one.
fn refuse(outcome: &ModelOutcome, verdict: Option<Verdict>) -> Result<()> {
    if matches!(outcome.offered, Offered::Forward(_)) {
        bail!(
            "the model `{}` offers no Gradient, so that there is nothing to check: only its forward side was \
             looked at. Give it a gradient, and let it say so (supports_gradient)",
            model_name(&outcome.model)
        );
    }
    match (&outcome.failure, verdict) {
        // A wrong gradient is the news, whatever else happened.
        (Some(failure), verdict) if verdict != Some(Verdict::Disagree) => {
            bail!("{failure}. What was measured before is reported")
        }
        _ => Ok(()),
    }
}
