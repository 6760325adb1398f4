//! The backward pass held against the judge: every activation and loss, with L2 and dropout, at
//! initialization and after training.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use finite_diff::Selection;
use gradient_check::check::check_by_complex_step;
use gradient_check::{Reason, Settings, Verdict, check};
use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Initialization, Loss, NetworkObjective,
    Optimizer, Parameters, TrainingOptions, backward, forward, initialize, layout, train,
};
use num_complex::Complex;
use tensor_core::Matrix;

const EXAMPLES: usize = 12;

/// Smooth, reproducible features, and labels that fit the loss.
fn batch(widths: &[usize], loss: Loss) -> Batch<f64> {
    let wave = |row: usize, example: usize| ((3 * row + 5 * example) as f64 * 0.7).sin();
    let outputs = widths[widths.len() - 1];
    let x = Matrix::from_fn(widths[0], EXAMPLES, wave).unwrap();
    let y = Matrix::from_fn(outputs, EXAMPLES, |row, example| match loss {
        Loss::BinaryCrossEntropy => f64::from(wave(row, example) > 0.0),
        Loss::SoftmaxCrossEntropy => f64::from(example % outputs == row),
        Loss::MeanSquaredError => wave(row + 1, example),
    })
    .unwrap();
    Batch::new(x, y).unwrap()
}

fn assert_right(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    when: &str,
) {
    let pass = forward(architecture, parameters, batch, masks).unwrap();
    let gradient = backward(architecture, &pass, batch).unwrap();
    let objective = NetworkObjective::new(architecture, batch, masks).unwrap();
    let report = check(
        &objective,
        gradient.as_flat(),
        parameters.as_flat(),
        &layout(architecture),
        &Settings::exact(),
    )
    .unwrap();
    assert_eq!(
        report.verdict,
        Verdict::Agree,
        "{architecture} {when}: {:#?}",
        report.worst[0]
    );
}

/// Long training brings gradients down to their rounding, units to the edge of their kinks and weights
/// to zero: the ground on which checkers cry wolf. Not everything can be decided there, but nothing
/// may be called wrong.
#[test]
fn a_right_gradient_is_never_called_wrong_after_long_training() {
    for seed in 0..2 {
        for &activation in Activation::ALL {
            for (optimizer, lambda) in [(Optimizer::Adam, 0.5), (Optimizer::Momentum, 0.0)] {
                let widths = [5, 8, 6, 1];
                let loss = Loss::BinaryCrossEntropy;
                let architecture = Architecture::new(&widths, activation, loss)
                    .unwrap()
                    .with_l2(lambda)
                    .unwrap();
                let batch = batch(&widths, loss);
                let parameters = initialize(&architecture, Initialization::He, seed).unwrap();
                let options = TrainingOptions {
                    steps: 3000,
                    optimizer,
                    ..Default::default()
                };
                let trained = train(&architecture, parameters, &batch, &options).unwrap();
                let theta = trained.parameters.as_flat();
                let pass = forward(&architecture, &trained.parameters, &batch, None).unwrap();
                let gradient = backward(&architecture, &pass, &batch).unwrap();
                let objective = NetworkObjective::new(&architecture, &batch, None).unwrap();
                let settings = Settings::exact();
                let report = check(
                    &objective,
                    gradient.as_flat(),
                    theta,
                    &layout(&architecture),
                    &settings,
                )
                .unwrap();
                assert_eq!(
                    report.counts.disagree, 0,
                    "{architecture} {optimizer} seed {seed}: {:#?}",
                    report.worst[0]
                );
            }
        }
    }
}

#[test]
fn the_backward_pass_is_right_before_and_after_training() {
    let losses = [
        (Loss::BinaryCrossEntropy, [5, 6, 4, 1]),
        (Loss::SoftmaxCrossEntropy, [5, 6, 4, 3]),
        (Loss::MeanSquaredError, [5, 6, 4, 2]),
    ];
    for (loss, widths) in losses {
        for &activation in Activation::ALL {
            for (lambda, keep_prob) in [(0.0, 1.0), (0.7, 0.8)] {
                let architecture = Architecture::new(&widths, activation, loss)
                    .unwrap()
                    .with_l2(lambda)
                    .unwrap();
                let batch = batch(&widths, loss);
                let masks = (keep_prob < 1.0)
                    .then(|| DropoutMasks::draw(&architecture, EXAMPLES, keep_prob, 1).unwrap());
                let parameters = initialize(&architecture, Initialization::Xavier, 3).unwrap();
                let masks = masks.as_ref();
                assert_right(
                    &architecture,
                    &parameters,
                    &batch,
                    masks,
                    "at initialization",
                );
                let options = TrainingOptions {
                    steps: 40,
                    optimizer: Optimizer::Adam,
                    ..Default::default()
                };
                let trained = train(&architecture, parameters, &batch, &options).unwrap();
                assert_right(
                    &architecture,
                    &trained.parameters,
                    &batch,
                    masks,
                    "after training",
                );
            }
        }
    }
}

/// One coordinate off by 1e-8 of its block's scale is seen by central differences, by 1e-12 with the
/// complex step.
#[test]
fn small_errors_of_one_coordinate_are_seen() {
    let widths = [5, 8, 6, 1];
    let loss = Loss::BinaryCrossEntropy;
    for &activation in Activation::ALL {
        let architecture = Architecture::new(&widths, activation, loss)
            .unwrap()
            .with_l2(0.3)
            .unwrap();
        let batch = batch(&widths, loss);
        let layout = layout(&architecture);
        let parameters = initialize(&architecture, Initialization::Xavier, 5).unwrap();
        let pass = forward(&architecture, &parameters, &batch, None).unwrap();
        let gradient = backward(&architecture, &pass, &batch).unwrap().into_flat();
        let theta = parameters.as_flat();
        let objective = NetworkObjective::new(&architecture, &batch, None).unwrap();
        let complex_batch = batch.cast::<Complex<f64>>();
        let complex = NetworkObjective::new(&architecture, &complex_batch, None).unwrap();

        let settings = Settings::exact();
        let right = check(&objective, &gradient, theta, &layout, &settings).unwrap();
        for coordinate in (0..gradient.len()).step_by(7) {
            let block = &right.blocks[layout.block_index(coordinate).unwrap()];
            let flat = Settings {
                selection: Selection::Some(vec![coordinate]),
                ..settings.clone()
            };
            let alone = check(&objective, &gradient, theta, &layout, &flat).unwrap();
            if alone.verdict == Verdict::Inconclusive(Reason::Vacuous) {
                continue; // A dead unit: there is no slope to compare with.
            }
            let mut wrong = gradient.clone();
            wrong[coordinate] += 1e-8 * block.scale;
            let report = check(&objective, &wrong, theta, &layout, &settings).unwrap();
            assert_eq!(
                report.counts.disagree, 1,
                "{activation} {coordinate}: {:#?}",
                report.worst[0]
            );

            wrong[coordinate] = gradient[coordinate] + 1e-12 * block.scale;
            let report =
                check_by_complex_step(&complex, &wrong, theta, &layout, &settings).unwrap();
            assert_eq!(
                report.counts.disagree, 1,
                "{activation} {coordinate}: {:#?}",
                report.worst[0]
            );
        }
    }
}
