//! Kinks along one parameter: where the sides change, and nowhere else.

use mlp::{
    Activation, Architecture, Batch, Crossing, DropoutMasks, Initialization, Loss, MlpError,
    branch_pattern_at, crossings, forward, initialize,
};
use proptest::prelude::*;
use tensor_core::Matrix;

use crate::batch_for;

fn at(theta: &[f64], coordinate: usize, distance: f64) -> Vec<f64> {
    let mut theta = theta.to_vec();
    theta[coordinate] += distance;
    theta
}

fn batch(x: Vec<f64>, examples: usize) -> Batch<f64> {
    let features = x.len() / examples;
    let y = vec![1.0; examples];
    Batch::new(
        Matrix::from_vec(features, examples, x).unwrap(),
        Matrix::from_vec(1, examples, y).unwrap(),
    )
    .unwrap()
}

fn relu(widths: &[usize]) -> Architecture {
    Architecture::new(widths, Activation::Relu, Loss::MeanSquaredError).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The branch pattern stands still between two neighboring crossings, and another one holds beyond
    /// each.
    #[test]
    fn the_pattern_changes_at_each_crossing_and_nowhere_else(
        hidden in prop::collection::vec(1usize..5, 1..4),
        leaky in any::<bool>(),
        examples in 1usize..5,
        masked in any::<bool>(),
        seed in 0u64..500,
        pick in any::<prop::sample::Index>(),
    ) {
        let widths: Vec<_> = [3].into_iter().chain(hidden).chain([1]).collect();
        let activation = if leaky { Activation::LeakyRelu } else { Activation::Relu };
        let net = Architecture::new(&widths, activation, Loss::MeanSquaredError).unwrap();
        let theta = initialize(&net, Initialization::He, seed).unwrap().into_flat();
        let batch = batch_for(&net, examples, seed as usize);
        let masks = masked.then(|| DropoutMasks::draw(&net, examples, 0.7, seed).unwrap());
        let coordinate = pick.index(theta.len());
        let reach = 0.5;
        let found = crossings(&net, &theta, &batch, masks.as_ref(), coordinate, reach).unwrap();
        let pattern = |distance: f64| {
            let theta = at(&theta, coordinate, distance);
            branch_pattern_at(&net, &theta, &batch, masks.as_ref()).unwrap().unwrap().fingerprint
        };
        for direction in [-1.0, 1.0] {
            let mut stops: Vec<f64> = found.iter()
                .filter(|c| c.distance * direction > 0.0)
                .map(|c| c.distance.abs())
                .collect();
            let complete = stops.len() < 16;
            if complete {
                stops.push(reach);
            }
            let mut from = 0.0;
            for to in stops {
                // What is nearer together than rounding can tell has no ground between.
                if to - from > 1e-9 {
                    let inside = |share: f64| pattern(direction * (from + share * (to - from)));
                    let first = inside(1e-3);
                    for share in [0.2, 0.5, 0.8, 0.999] {
                        prop_assert_eq!(first, inside(share), "{} to {} of {:?}", from, to, found);
                    }
                    if from > 0.0 {
                        prop_assert_ne!(first, pattern(direction * (from - 1e-10)));
                    }
                }
                from = to;
            }
        }
    }
}

/// The zoo's condition: the first unit at 3e-8 for the first example.
#[test]
fn a_pre_activation_near_zero_is_named() {
    let net = relu(&[2, 3, 1]);
    let batch = batch(vec![0.5, -1.0, 1.5, 2.0], 2);
    let mut parameters = initialize(&net, Initialization::He, 1).unwrap();
    let z = forward(&net, &parameters, &batch, None).unwrap().layers[0]
        .z()
        .as_slice()[0];
    parameters.bias_mut(1)[0] += 3e-8 - z;
    let theta = parameters.as_flat();
    let nearest = |coordinate| {
        let found = crossings(&net, theta, &batch, None, coordinate, 1e-3).unwrap();
        (
            found[0].layer,
            found[0].unit,
            found[0].example,
            found[0].distance,
        )
    };
    // Along b1[0], which is the seventh parameter, z moves as the bias does.
    let (layer, unit, example, distance) = nearest(6);
    assert_eq!((layer, unit, example), (1, 0, 0));
    assert!((distance + 3e-8).abs() < 1e-15, "{distance:e}");
    // Along W1[0,0] as 0.5 of the weight.
    let (layer, unit, example, distance) = nearest(0);
    assert_eq!((layer, unit, example), (1, 0, 0));
    assert!((distance + 6e-8).abs() < 1e-15, "{distance:e}");
}

/// Zero biases and a blank example: each unit of the first layer is at its kink along its own bias, and
/// along no weight.
#[test]
fn a_blank_example_is_an_exact_kink() {
    let net = relu(&[2, 2, 1]);
    let batch = batch(vec![0.0, 1.0, 0.0, -2.0], 2);
    let theta = initialize(&net, Initialization::He, 3).unwrap().into_flat();
    let exact = |coordinate| {
        let found = crossings(&net, &theta, &batch, None, coordinate, 1e-6).unwrap();
        let exact = found.iter().filter(|c| c.distance == 0.0);
        exact
            .map(|c| (c.layer, c.unit, c.example))
            .collect::<Vec<_>>()
    };
    assert_eq!(exact(4), [(1, 0, 0)]);
    assert_eq!(exact(5), [(1, 1, 0)]);
    for weight in 0..4 {
        assert_eq!(exact(weight), [], "{weight}");
    }
}

/// W1 = 1, W2 = 1, b2 = −1: z₂ = max(x·w, 0) − 1 passes 0 at w = 1/x. The kink behind the first one
/// counts from where the first unit is on.
#[test]
fn kinks_behind_others_are_where_they_are() {
    let net = relu(&[1, 1, 1, 1]);
    let batch = batch(vec![2.0], 1);
    let theta = [-0.25, 0.0, 1.0, -1.0, 1.0, 0.0];
    let found = crossings(&net, &theta, &batch, None, 0, 1.0).unwrap();
    let expected = |layer, distance| Crossing {
        layer,
        unit: 0,
        example: 0,
        distance,
    };
    // Off as it is, the first unit hides the second; once on, z₂ = 2w − 1.
    assert_eq!(found, [expected(1, 0.25), expected(2, 0.75)]);
    // Not within half of that.
    let found = crossings(&net, &theta, &batch, None, 0, 0.5).unwrap();
    assert_eq!(found, [expected(1, 0.25)]);
}

#[test]
fn smooth_networks_and_the_last_layer_have_none() {
    let batch = batch(vec![1.0, 2.0], 2);
    for &activation in Activation::ALL.iter().filter(|a| a.is_smooth()) {
        let net = Architecture::new(&[1, 2, 1], activation, Loss::MeanSquaredError).unwrap();
        let theta = vec![0.0; net.parameter_count()];
        assert_eq!(crossings(&net, &theta, &batch, None, 0, 1.0).unwrap(), []);
    }
    let net = relu(&[1, 2, 1]);
    let theta = vec![0.0; 7];
    for coordinate in 4..7 {
        assert_eq!(
            crossings(&net, &theta, &batch, None, coordinate, 1.0).unwrap(),
            []
        );
    }
    // A reach that is none, numbers that are none.
    for reach in [f64::NAN, -1.0] {
        assert_eq!(
            crossings(&net, &[1.0; 7], &batch, None, 0, reach).unwrap(),
            []
        );
    }
    assert_eq!(
        crossings(&net, &[f64::NAN; 7], &batch, None, 0, 1.0).unwrap(),
        []
    );
}

#[test]
fn a_parameter_that_is_not_there() {
    let net = relu(&[1, 2, 1]);
    let batch = batch(vec![1.0], 1);
    let error = crossings(&net, &[0.0; 7], &batch, None, 7, 1.0).unwrap_err();
    assert_eq!(
        error,
        MlpError::NoSuchParameter {
            index: 7,
            parameters: 7
        }
    );
    assert_eq!(
        error.to_string(),
        "there is no parameter 7 in a network with 7: parameters are counted from 0"
    );
}
