//! Properties over random architectures.

use mlp::{
    Activation, Architecture, Batch, DropoutMasks, Initialization, Loss, Parameters, backward,
    cost, forward, initialize,
};
use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::Matrix;

use crate::{apart_above, batch_for, complex_step};

#[derive(Debug)]
struct Case {
    net: Architecture,
    parameters: Parameters<f64>,
    batch: Batch<f64>,
    masks: Option<DropoutMasks<f64>>,
}

prop_compose! {
    fn case()(
        hidden in prop::collection::vec(1usize..9, 0..4),
        ends in (1usize..8, 1usize..5),
        activation in prop::sample::select(Activation::ALL),
        loss in prop::sample::select(Loss::ALL),
        lambda in prop_oneof![Just(0.0), 0.01..2.0f64],
        examples in 1usize..10,
        keep_prob in prop_oneof![Just(None), (0.3..1.0f64).prop_map(Some)],
        seed in 0u64..1000,
    ) -> Case {
        let (inputs, outputs) = (ends.0, ends.1.max(loss.min_outputs()));
        let widths: Vec<_> = [inputs].into_iter().chain(hidden).chain([outputs]).collect();
        let net = Architecture::new(&widths, activation, loss).unwrap().with_l2(lambda).unwrap();
        let mut parameters = initialize(&net, Initialization::He, seed).unwrap();
        // Biases off zero, so that none of them is special.
        for (i, value) in parameters.as_flat_mut().iter_mut().enumerate() {
            *value += 0.1 * (i as f64 + seed as f64).cos();
        }
        let batch = batch_for(&net, examples, seed as usize);
        let masks = keep_prob.map(|keep| DropoutMasks::draw(&net, examples, keep, seed).unwrap());
        Case { net, parameters, batch, masks }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn backward_is_the_complex_step(case in case()) {
        let Case { net, parameters, batch, masks } = case;
        let pass = forward(&net, &parameters, &batch, masks.as_ref()).unwrap();
        let gradient = backward(&net, &pass, &batch).unwrap();
        let stepped = complex_step(&net, &parameters, &batch, masks.as_ref());
        let apart = apart_above(gradient.as_flat(), &stepped, 0.01);
        prop_assert!(apart < 1e-12, "{net}: {apart:e}");
    }

    #[test]
    fn one_forward_pass(case in case()) {
        let Case { net, parameters, batch, masks } = case;
        let pass = forward(&net, &parameters, &batch, masks.as_ref()).unwrap();
        let alone = cost(&net, &parameters, &batch, masks.as_ref()).unwrap();
        prop_assert_eq!(pass.cost.to_bits(), alone.to_bits());
        prop_assert_eq!(pass.logits(), pass.layer(net.depth()).unwrap().z());

        // On complex numbers the real part is the same cost, to rounding.
        let (parameters, batch) = (parameters.cast::<Complex<f64>>(), batch.cast());
        let masks = masks.as_ref().map(DropoutMasks::cast);
        let complex = cost(&net, &parameters, &batch, masks.as_ref()).unwrap();
        prop_assert!((complex.re - pass.cost).abs() <= 1e-13 * pass.cost.abs().max(1.0));
        prop_assert_eq!(complex.im, 0.0);
    }

    #[test]
    fn single_precision_follows(case in case()) {
        let Case { net, parameters, batch, masks } = case;
        // Beside a kink, single precision may take the other side.
        if !net.activation().is_smooth() {
            return Ok(());
        }
        let pass = forward(&net, &parameters, &batch, masks.as_ref()).unwrap();
        let expected = backward(&net, &pass, &batch).unwrap();
        let (parameters, batch) = (parameters.cast::<f32>(), batch.cast::<f32>());
        let masks = masks.as_ref().map(DropoutMasks::cast);
        let pass = forward(&net, &parameters, &batch, masks.as_ref()).unwrap();
        let gradient = backward(&net, &pass, &batch).unwrap().cast::<f64>();
        let apart = apart_above(gradient.as_flat(), expected.as_flat(), 0.1);
        prop_assert!(apart < 1e-3, "{net}: {apart:e}");
    }

    #[test]
    fn cross_entropy_from_logits_is_the_textbook_one(z in -12.0..12.0f64, y in 0.0..=1.0f64) {
        let column = |value| Matrix::from_vec(1, 1, vec![value]).unwrap();
        let (logits, labels) = (column(z), column(y));
        let loss = Loss::BinaryCrossEntropy;
        let a = loss.output(logits.view()).unwrap()[(0, 0)];
        let textbook = -y * a.ln() - (1.0 - y) * (1.0 - a).ln();
        let got = mlp::example_losses(loss, logits.view(), labels.view()).unwrap()[0];
        prop_assert!((got - textbook).abs() < 1e-9 * textbook.abs().max(1.0));
    }

    #[test]
    fn derivatives_are_complex_steps(z in -30.0..30.0f64) {
        for &activation in Activation::ALL {
            let stepped = activation.apply(Complex::new(z, 1e-30)).im / 1e-30;
            let apart = (activation.derivative(z) - stepped).abs();
            prop_assert!(apart < 1e-14, "{activation} at {z}: {apart:e}");
        }
    }

    #[test]
    fn flat_and_views_are_the_same_numbers(case in case()) {
        let Case { net, parameters, .. } = case;
        let mut flat = Vec::new();
        for layer in 1..=net.depth() {
            flat.extend_from_slice(parameters.weights(layer).as_slice());
            flat.extend_from_slice(parameters.bias(layer));
        }
        prop_assert_eq!(&flat[..], parameters.as_flat());
        let sizes: usize = net.blocks().iter().map(|b| b.shape.iter().product::<usize>()).sum();
        prop_assert_eq!(sizes, net.parameter_count());
        prop_assert_eq!(parameters.weights(0).shape(), (0, 0));
        prop_assert!(parameters.bias(net.depth() + 1).is_empty());
    }
}

#[test]
fn names_are_found_again() {
    fn check<T>(all: &[T])
    where
        T: std::str::FromStr + ToString + PartialEq + std::fmt::Debug,
        T::Err: std::fmt::Debug,
    {
        for choice in all {
            assert_eq!(&choice.to_string().parse::<T>().unwrap(), choice);
        }
    }
    check(Activation::ALL);
    check(Loss::ALL);
    check(Initialization::ALL);
    check(mlp::Optimizer::ALL);
}

#[test]
fn a_unit_that_is_not_a_number_stays_one() {
    for &activation in Activation::ALL {
        assert!(activation.apply(f64::NAN).is_nan(), "{activation}");
    }
}

#[test]
fn initial_values_are_pinned() {
    let net = Architecture::new(&[2, 2, 1], Activation::Relu, Loss::MeanSquaredError).unwrap();
    let he = initialize(&net, Initialization::He, 42).unwrap();
    let normal = initialize(&net, Initialization::Normal, 42).unwrap();
    let drawn = [
        0.477_981_238_351_021_74,
        1.334_070_610_231_807_8,
        -0.210_866_683_271_030_28,
        0.476_346_923_808_821_3,
    ];
    assert_eq!(he.weights(1).as_slice(), drawn);
    // sqrt(2/2) is 1, so He's are the standard normal numbers themselves.
    let scaled: Vec<_> = he
        .weights(1)
        .as_slice()
        .iter()
        .map(|w| w * mlp::NORMAL_DEVIATION)
        .collect();
    assert_eq!(normal.weights(1).as_slice(), scaled);
    assert_eq!(he.bias(1), [0.0, 0.0]);
    let zeros = initialize(&net, Initialization::Zeros, 42).unwrap();
    assert!(zeros.as_flat().iter().all(|&value| value == 0.0));
}
