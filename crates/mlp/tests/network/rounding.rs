//! The noise of rounding against the rounding there is: single against double precision.

use mlp::{Activation, Architecture, Arithmetic, Initialization, Loss, Optimizer, TrainingOptions};

use super::batch_for;

/// The largest error of a single-precision backward pass, in σ.
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
    let sigma =
        mlp::rounding_noise(&net, &parameters, &batch, None, Arithmetic::SINGLE, 7).unwrap();
    exact
        .as_flat()
        .iter()
        .zip(rounded.as_flat())
        .zip(sigma.as_flat())
        .map(|((exact, rounded), sigma)| (exact - f64::from(*rounded)).abs() / sigma)
        .filter(|ratio| !ratio.is_nan())
        .fold(0.0, f64::max)
}

#[test]
fn single_precision_stays_within_six_deviations_before_and_after_training() {
    let mut largest = 0.0f64;
    for &activation in Activation::ALL {
        for &loss in Loss::ALL {
            for (salt, steps) in [(0, 0), (1, 60), (2, 600)] {
                for widths in [&[5, 8, 6, 3][..], &[4; 11], &[12, 3]] {
                    let deviations = worst(activation, loss, widths, steps, salt);
                    assert!(
                        deviations <= 6.0,
                        "{activation} {loss} {widths:?} after {steps} steps: {deviations}"
                    );
                    largest = largest.max(deviations);
                }
            }
        }
    }
    // Noise that is never seen would be claimed too large, and hide mistakes.
    assert!(largest > 2.0, "{largest}");
}

#[test]
fn the_textbooks_formulas_for_saturated_units_count_as_right() {
    let net = Architecture::new(&[3, 4, 1], Activation::Tanh, Loss::BinaryCrossEntropy).unwrap();
    let batch = batch_for(&net, 9, 3);
    let mut parameters = mlp::initialize(&net, Initialization::He, 3).unwrap();
    for value in parameters.as_flat_mut() {
        *value *= 6.0;
    }
    let pass = mlp::forward(&net, &parameters, &batch, None).unwrap();
    let right = mlp::backward(&net, &pass, &batch).unwrap();
    // tanh′ as 1 − a², which cancels.
    let (below, last) = (pass.layer(1).unwrap(), pass.layer(2).unwrap());
    let dz2 = mlp::output_delta(net.loss(), pass.output.view(), batch.y().view()).unwrap();
    let mut dz1 = mlp::input_gradient(last.weights(), dz2.view()).unwrap();
    for (entry, a) in dz1.as_mut_slice().iter_mut().zip(last.a_prev().as_slice()) {
        *entry *= 1.0 - a * a;
    }
    let dw1 = mlp::weight_gradient(dz1.view(), below.a_prev()).unwrap();
    let sigma =
        mlp::rounding_noise(&net, &parameters, &batch, None, Arithmetic::DOUBLE, 0).unwrap();
    let pairs = dw1.as_slice().iter().zip(right.dw(1).as_slice());
    let mut apart = 0.0f64;
    for ((textbook, right), sigma) in pairs.zip(sigma.dw(1).as_slice()) {
        assert!((textbook - right).abs() <= 6.0 * sigma);
        apart = apart.max(((textbook - right) / right).abs());
    }
    // They do differ.
    assert!(apart > 1e-14, "{apart:e}");
}
