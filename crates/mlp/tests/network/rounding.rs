//! The bound on rounding against the rounding there is: single against double precision.

use mlp::{Activation, Architecture, Arithmetic, Initialization, Loss, Optimizer, TrainingOptions};

use super::batch_for;

/// How many deviations: exceeded by a sum with probability 3e-8.
const LAMBDA: f64 = 6.0;

/// The largest |error| / bound of a single-precision backward pass, and how often it is above 1.
fn worst(activation: Activation, loss: Loss, widths: &[usize], steps: usize, salt: usize) -> f64 {
    let net = Architecture::new(widths, activation, loss)
        .unwrap()
        .with_l2(0.1)
        .unwrap();
    let batch = batch_for(&net, 17, salt).cast::<f32>().cast::<f64>();
    let options = TrainingOptions {
        optimizer: Optimizer::Adam,
        learning_rate: 0.02,
        steps,
        ..TrainingOptions::default()
    };
    let start = mlp::initialize(&net, Initialization::He, salt as u64).unwrap();
    let trained = mlp::train(&net, start, &batch, &options).unwrap();
    let single = trained.parameters.cast::<f32>();
    let parameters = single.cast::<f64>();

    let exact_pass = mlp::forward(&net, &parameters, &batch, None).unwrap();
    let exact = mlp::backward(&net, &exact_pass, &batch).unwrap();
    let narrow = batch.cast::<f32>();
    let pass = mlp::forward(&net, &single, &narrow, None).unwrap();
    let rounded = mlp::backward(&net, &pass, &narrow).unwrap();
    let arithmetic = Arithmetic {
        unit: LAMBDA * f64::from(f32::EPSILON) / 2.0,
        smallest: f64::from(f32::MIN_POSITIVE),
    };
    let bound = mlp::rounding_bound(&net, &parameters, &batch, None, arithmetic).unwrap();
    exact
        .as_flat()
        .iter()
        .zip(rounded.as_flat())
        .zip(bound.as_flat())
        .map(|((exact, rounded), bound)| (exact - f64::from(*rounded)).abs() / bound)
        .filter(|ratio| !ratio.is_nan())
        .fold(0.0, f64::max)
}

#[test]
fn a_single_precision_backward_pass_stays_within_the_bound_before_and_after_training() {
    let mut largest = 0.0f64;
    for &activation in Activation::ALL {
        for &loss in Loss::ALL {
            for (salt, steps) in [(0, 0), (1, 60), (2, 600)] {
                for widths in [&[5, 8, 6, 3][..], &[4; 11], &[12, 3]] {
                    let ratio = worst(activation, loss, widths, steps, salt);
                    assert!(
                        ratio <= 1.0,
                        "{activation} {loss} {widths:?} after {steps} steps: {ratio}"
                    );
                    largest = largest.max(ratio);
                }
            }
        }
    }
    // A bound that is never nearly reached would hide mistakes.
    assert!(largest > 0.05, "{largest}");
}
