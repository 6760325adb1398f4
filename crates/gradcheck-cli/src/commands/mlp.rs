//! `gradcheck mlp`.

use std::path::PathBuf;

use anyhow::{Result, bail};
use finite_diff::Execution;
use mlp_check::{Outcome, Stage};

use super::{Forms, emit};
use crate::args::MlpArgs;
use crate::network::prepare;
use crate::output::{Sink, json, text};
use crate::progress::Bar;
use crate::{exit, interrupt};

pub(crate) fn run(args: MlpArgs) -> Result<u8> {
    let options = args.network;
    let mut inputs: Vec<&std::path::Path> = args.config.as_deref().into_iter().collect();
    let data = PathBuf::from(&options.data);
    inputs.push(&data);
    let sink = Sink::open(args.output.output.as_deref(), &inputs)?;

    let prepared = prepare(&options)?;
    let bar = Bar::new(args.output.quiet);
    let progress = |stage: Stage, p| bar.show(&stage.to_string(), p);
    let execution = Execution {
        cancel: Some(interrupt::listen()),
        ..Execution::default()
    };
    let outcome = prepared.trained_check(execution).run(&progress)?;
    bar.finish();

    emit(
        &args.output,
        sink,
        &Forms {
            text: &|detail| text::network(&prepared, &outcome, detail),
            short: &|| text::short_network(&outcome),
            json: &|| json::network(&prepared, &outcome),
        },
    )?;
    let code = code(&outcome, prepared.options.strict);
    match &outcome.training_failed {
        // The text on standard output has reported it already.
        Some(error) if code == exit::UNUSABLE && !args.output.is_text_on_stdout() => {
            bail!("the training failed: {error}. The check at initialization stands")
        }
        _ => Ok(args.output.code(code)),
    }
}

/// A wrong gradient comes first, whatever else happened.
fn code(outcome: &Outcome, strict: bool) -> u8 {
    match exit::code(outcome.verdict(strict)) {
        exit::WRONG => exit::WRONG,
        _ if outcome.training_failed.is_some() => exit::UNUSABLE,
        code => code,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use finite_diff::ParameterLayout;
    use gradient_check::control::{ControlReport, PlantedError, Planting, PlantingOutcome};
    use gradient_check::course::CompareSettings;
    use gradient_check::{Verdict, compare_gradients};

    use super::*;
    use mlp::Engine;
    use mlp_check::Checked;

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
            let outcome = Outcome {
                checks: vec![(
                    Stage::Initialization,
                    Checked {
                        report: compare_gradients(
                            &[g],
                            &[1.0],
                            &layout,
                            &CompareSettings::default(),
                        )
                        .unwrap(),
                        engine: Engine::Full,
                        delta: None,
                        control: Some(control),
                        planted: None,
                    },
                )],
                curve: Vec::new(),
                training_failed: None,
                onset: None,
                interrupted: false,
            };
            code(&outcome, false)
        };
        assert_eq!(code_of(1.0, PlantingOutcome::Rejected), exit::AGREE);
        assert_eq!(code_of(1.0, PlantingOutcome::Passed), exit::UNDECIDED);
        assert_eq!(code_of(2.0, PlantingOutcome::Passed), exit::WRONG);
    }
}
