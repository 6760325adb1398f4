//! The network against golden values, against other ways to differentiate, and against bad input.

#![allow(
    clippy::unwrap_used,
    reason = "a failure is a failed test, in helpers too"
)]

mod crossings;
mod dual;
#[cfg(feature = "objective")]
mod engines;
mod golden;
mod laws;
#[cfg(feature = "objective")]
mod objective;
mod refusals;
mod rounding;
mod saturation;
mod training;
#[cfg(feature = "objective")]
mod undecided;

use mlp::{Architecture, Batch, DropoutMasks, Loss, Parameters};
use num_complex::Complex;
use tensor_core::Matrix;

/// dJ/dθ by the complex step: Im J(θ + ih·eᵢ)/h for every i.
fn complex_step(
    net: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Vec<f64> {
    const H: f64 = 1e-30;
    let mut stepped: Parameters<Complex<f64>> = parameters.cast();
    let batch = batch.cast();
    let masks = masks.map(DropoutMasks::cast);
    (0..stepped.as_flat().len())
        .map(|i| {
            stepped.as_flat_mut()[i].im = H;
            let cost = mlp::cost(net, &stepped, &batch, masks.as_ref()).unwrap();
            stepped.as_flat_mut()[i].im = 0.0;
            cost.im / H
        })
        .collect()
}

/// The largest difference, relative to the largest entry.
fn apart(a: &[f64], b: &[f64]) -> f64 {
    apart_above(a, b, 0.0)
}

/// The largest difference, relative to the largest entry or `floor`: A − Y cancels where the network
/// is sure and right, so a tiny gradient carries the rounding of 1.
fn apart_above(a: &[f64], b: &[f64], floor: f64) -> f64 {
    assert_eq!(a.len(), b.len());
    let largest = |values: &mut dyn Iterator<Item = f64>| {
        values.fold(0.0, |max: f64, x| {
            if x.is_nan() {
                f64::NAN
            } else {
                max.max(x.abs())
            }
        })
    };
    let difference = largest(&mut a.iter().zip(b).map(|(a, b)| a - b));
    if difference == 0.0 {
        return 0.0;
    }
    difference / largest(&mut b.iter().copied()).max(floor)
}

/// A batch that fits `net`, the same for the same salt.
fn batch_for(net: &Architecture, examples: usize, salt: usize) -> Batch<f64> {
    let widths = net.widths();
    let outputs = widths[widths.len() - 1];
    let wave = |i: usize, j: usize| ((i * 37 + j * 101 + salt * 13) as f64 * 0.37).sin();
    let label = |i: usize, j: usize| match net.loss() {
        Loss::BinaryCrossEntropy => f64::from(wave(i + 5, j) > 0.0),
        Loss::SoftmaxCrossEntropy => f64::from((j * 7 + salt) % outputs == i),
        _ => 2.0 * wave(i + 3, j),
    };
    let x = Matrix::from_fn(widths[0], examples, |i, j| 1.5 * wave(i, j)).unwrap();
    Batch::new(x, Matrix::from_fn(outputs, examples, label).unwrap()).unwrap()
}
