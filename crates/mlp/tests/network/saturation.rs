//! Saturated, dead and sure units are counted as they are.

use mlp::{
    Activation, Architecture, Batch, DropoutMasks, FLAT_BELOW, Initialization, Loss, Parameters,
    UnitState, forward, initialize, saturation,
};
use proptest::prelude::*;
use tensor_core::Matrix;

use crate::batch_for;

/// A network of two hidden units and one output on the examples −4, −1, 1, 4, with the first unit's
/// bias at `bias`.
fn one_feature(activation: Activation, bias: f64) -> (Architecture, Parameters<f64>, Batch<f64>) {
    let net = Architecture::new(&[1, 2, 1], activation, Loss::BinaryCrossEntropy).unwrap();
    let theta = vec![1.0, 0.1, bias, 0.0, 1.0, 1.0, 0.0];
    let x = Matrix::from_vec(1, 4, vec![-4.0, -1.0, 1.0, 4.0]).unwrap();
    let y = Matrix::from_vec(1, 4, vec![0.0, 0.0, 1.0, 1.0]).unwrap();
    let parameters = Parameters::from_flat(&net, theta).unwrap();
    (net, parameters, Batch::new(x, y).unwrap())
}

fn flat(activation: Activation, bias: f64) -> Vec<usize> {
    let (net, parameters, batch) = one_feature(activation, bias);
    let found = saturation(&net, &parameters, &batch, None).unwrap();
    found.units.iter().map(|unit| unit.flat).collect()
}

#[test]
fn each_activation_counts_where_it_is_flat() {
    // |z| above 1.82 for tanh, above 3.64 for the sigmoid; below for softplus and GELU; z ≤ 0 for ReLU.
    assert_eq!(flat(Activation::Tanh, 0.0), [2, 0]);
    assert_eq!(flat(Activation::Sigmoid, 0.0), [2, 0]);
    assert_eq!(flat(Activation::Softplus, 0.0), [1, 0]);
    assert_eq!(flat(Activation::Relu, 0.0), [2, 2]);
    assert_eq!(flat(Activation::LeakyRelu, 0.0), [2, 2]);
    assert_eq!(flat(Activation::Identity, 0.0), [0, 0]);
}

#[test]
fn dead_and_always_on() {
    let state = |bias| {
        let (net, parameters, batch) = one_feature(Activation::Relu, bias);
        saturation(&net, &parameters, &batch, None).unwrap().units[0].state()
    };
    assert_eq!(state(-4.0), UnitState::Off, "z ≤ 0 on all, 0 on one");
    assert_eq!(state(-3.9), UnitState::Mixed);
    assert_eq!(state(4.0), UnitState::Mixed, "0 on one");
    assert_eq!(state(4.1), UnitState::On);
}

#[test]
fn examples_that_are_dropped_out_do_not_count() {
    let (net, parameters, batch) = one_feature(Activation::Relu, 0.0);
    let mask = Matrix::from_vec(2, 4, vec![0.0, 2.0, 2.0, 2.0, 0.0, 0.0, 0.0, 0.0]).unwrap();
    let masks = DropoutMasks::from_matrices(vec![mask], 0.5).unwrap();
    let units = saturation(&net, &parameters, &batch, Some(&masks))
        .unwrap()
        .units;
    assert_eq!((units[0].flat, units[0].examples), (1, 3));
    assert_eq!((units[1].flat, units[1].examples), (0, 0));
    assert_eq!(units[1].state(), UnitState::Mixed);
}

#[test]
fn sure_outputs() {
    let (net, mut parameters, batch) = one_feature(Activation::Identity, 0.0);
    let sure =
        |parameters: &Parameters<f64>| saturation(&net, parameters, &batch, None).unwrap().sure;
    assert_eq!(sure(&parameters), Vec::<usize>::new());
    parameters.weights_mut(2)[0] = 4.0;
    // σ(±16.4) is 7.5e-8 from 0 and 1.
    assert_eq!(sure(&parameters), [0, 3]);
    parameters.bias_mut(2)[0] = 0.5;
    let found = saturation(&net, &parameters, &batch, None).unwrap();
    assert_eq!(found.surest_output.map(|output| output.example), Some(3));

    let softmax = Architecture::new(&[1, 2], Activation::Relu, Loss::SoftmaxCrossEntropy).unwrap();
    let theta = Parameters::from_flat(&softmax, vec![0.0, 20.0, 0.0, 0.0]).unwrap();
    let y = Matrix::from_vec(2, 1, vec![1.0, 0.0]).unwrap();
    let one = |x| Batch::new(Matrix::from_vec(1, 1, vec![x]).unwrap(), y.clone()).unwrap();
    let found = saturation(&softmax, &theta, &one(1.0), None).unwrap();
    assert_eq!(found.sure, [0]);
    let error = found.largest_error.unwrap();
    assert_eq!((error.layer, error.unit), (1, 0));
    assert!((error.value + 1.0).abs() < 1e-8);

    let mse = Architecture::new(&[1, 1], Activation::Relu, Loss::MeanSquaredError).unwrap();
    let theta = Parameters::from_flat(&mse, vec![1.0, 0.0]).unwrap();
    let y = Matrix::from_vec(1, 1, vec![3.0]).unwrap();
    let batch = Batch::new(Matrix::from_vec(1, 1, vec![1.0]).unwrap(), y).unwrap();
    let found = saturation(&mse, &theta, &batch, None).unwrap();
    assert_eq!((found.sure.len(), found.surest_output), (0, None));
    assert_eq!(found.largest_error.map(|e| e.value), Some(-2.0));
}

proptest! {
    /// No unit is flat more often than there are examples, and the largest |z| is one of Z's.
    #[test]
    fn counts_are_within_bounds(
        activation in prop::sample::select(Activation::ALL),
        seed in 0u64..200,
    ) {
        let net = Architecture::new(&[3, 4, 3, 2], activation, Loss::SoftmaxCrossEntropy).unwrap();
        let parameters = initialize(&net, Initialization::He, seed).unwrap();
        let batch = batch_for(&net, 5, seed as usize);
        let found = saturation(&net, &parameters, &batch, None).unwrap();
        prop_assert_eq!(found.units.len(), 7);
        prop_assert!(found.units.iter().all(|unit| unit.flat <= unit.examples && unit.examples == 5));
        let pass = forward(&net, &parameters, &batch, None).unwrap();
        let z = found.largest_z.unwrap();
        prop_assert_eq!(pass.layer(z.layer).unwrap().z()[(z.unit, z.example)], z.value);
        // The steepest slope is what it is said to be.
        let slopes = (-400..400).map(|i| activation.derivative(f64::from(i) / 100.0).abs());
        let steepest = slopes.fold(0.0, f64::max);
        let by_hand = |unit: &mlp::UnitSaturation| {
            let z = pass.layer(unit.layer).unwrap().z();
            z.row(unit.unit).iter().filter(|z| activation.derivative(**z).abs() < FLAT_BELOW * steepest * 0.99).count()
        };
        prop_assert!(found.units.iter().all(|unit| unit.flat >= by_hand(unit)));
    }
}
