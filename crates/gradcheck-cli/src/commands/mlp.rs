//! `gradcheck mlp`.

use anyhow::{Result, bail};

use crate::args::{Format, MlpArgs, read_config};
use crate::data::Source;
use crate::network::{self, Outcome, Watch};
use crate::output::{Sink, json, text};
use crate::progress::Bar;
use crate::{exit, interrupt};

pub(crate) fn run(args: MlpArgs) -> Result<u8> {
    let options = match &args.config {
        Some(path) => args.network.or(read_config(path)?),
        None => args.network,
    };
    let spec = options.spec()?;
    let mut inputs: Vec<&std::path::Path> = args.config.as_deref().into_iter().collect();
    if let Source::File(path) = &spec.data {
        inputs.push(path);
    }
    let sink = Sink::open(args.output.output.as_deref(), &inputs)?;

    let prepared = network::prepare(&spec)?;
    let bar = Bar::new();
    let progress = |stage: network::Stage, p| bar.show(&stage.to_string(), p);
    let watch = Watch {
        cancel: interrupt::listen(),
        progress: &progress,
    };
    let outcome = network::run(&prepared, watch)?;
    bar.finish();

    sink.write(&match args.output.format {
        Format::Text => text::network(&prepared, &outcome),
        Format::Json => json::render(&json::network(&prepared, &outcome))?,
    })?;
    let code = code(&outcome);
    match &outcome.training_failed {
        // The text on standard output has said it already.
        Some(error) if code == exit::UNUSABLE && !args.output.is_text_on_stdout() => {
            bail!("the training failed: {error}. The check at initialization stands")
        }
        _ => Ok(code),
    }
}

/// A wrong gradient is the news, whatever else happened; a judge that is blind has found nothing.
fn code(outcome: &Outcome) -> u8 {
    let mut code = exit::code(outcome.verdict());
    if code == exit::AGREE && outcome.is_judge_blind() {
        code = exit::UNDECIDED;
    }
    if code != exit::WRONG && outcome.training_failed.is_some() {
        exit::UNUSABLE
    } else {
        code
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use finite_diff::ParameterLayout;
    use gradient_check::control::{ControlReport, PlantedError, Planting, PlantingOutcome};
    use gradient_check::{Verdict, compare_gradients};

    use super::*;
    use crate::network::{Checked, Stage};

    #[test]
    fn a_control_that_let_an_error_pass_is_no_success_and_no_wrong_gradient() {
        let code_of = |g: f64, outcome| {
            let layout = ParameterLayout::flat("W", 1);
            let control = ControlReport {
                unplanted: Verdict::Agree,
                agreeing: 1,
                power: None,
                plantings: vec![Planting {
                    error: PlantedError::Doubled,
                    block: Some("W".to_owned()),
                    coordinate: None,
                    outcome,
                }],
                evaluations: 0,
                elapsed: Duration::ZERO,
            };
            code(&Outcome {
                checks: vec![Checked {
                    stage: Stage::Initialization,
                    report: compare_gradients(&[g], &[1.0], &layout, &[]).unwrap(),
                    engine: "full",
                    delta: None,
                    control: Some(control),
                    planted: None,
                }],
                curve: Vec::new(),
                training_failed: None,
                since: None,
                interrupted: false,
            })
        };
        assert_eq!(code_of(1.0, PlantingOutcome::Rejected), exit::AGREE);
        assert_eq!(code_of(1.0, PlantingOutcome::Passed), exit::UNDECIDED);
        assert_eq!(code_of(2.0, PlantingOutcome::Passed), exit::WRONG);
    }
}
