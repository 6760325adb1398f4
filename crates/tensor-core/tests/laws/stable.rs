//! Sigmoid and its relatives: identities, extremes and derivatives.

use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::{
    Matrix, RealScalar, Scalar, log_sigmoid, log_sum_exp, sigmoid, softmax, softmax_columns,
    softplus,
};

use crate::distance;

const H: f64 = 1e-30;

fn slope(x: f64, function: fn(Complex<f64>) -> Complex<f64>) -> f64 {
    function(Complex::new(x, H)).im / H
}

proptest! {
    #[test]
    fn sigmoid_identities(x in -700.0..700.0f64) {
        prop_assert!(distance(sigmoid(-x), 1.0 - sigmoid(x)) < 1e-15);
        prop_assert!(distance(log_sigmoid(x), -softplus(-x)) < 1e-15);
        prop_assert!(distance(softplus(x) - softplus(-x), x) < 1e-15);
        if x.abs() < 30.0 {
            prop_assert!(distance(log_sigmoid(x), sigmoid(x).ln()) < 1e-14);
        }
    }

    #[test]
    fn derivatives_keep_relative_accuracy(x in -300.0..300.0f64) {
        let e = (-x.abs()).exp();
        let bell = e / ((1.0 + e) * (1.0 + e));
        let apart = |got: f64, expected: f64| ((got - expected) / expected).abs();
        prop_assert!(apart(slope(x, sigmoid), bell) < 1e-14);
        prop_assert!(apart(slope(x, softplus), sigmoid(x)) < 1e-14);
        prop_assert!(apart(slope(x, log_sigmoid), sigmoid(-x)) < 1e-14);
    }

    #[test]
    fn log_sum_exp_shifts(
        x in prop::collection::vec(-50.0..50.0f64, 1..8),
        shift in -500.0..500.0f64,
    ) {
        let shifted = x.iter().map(|x| x + shift);
        let both = (log_sum_exp(shifted.clone()), log_sum_exp(x.iter().copied()) + shift);
        prop_assert!(distance(both.0, both.1) < 1e-14);
        let shares = softmax(x.iter().copied());
        prop_assert!(distance(shares.iter().sum(), 1.0) < 1e-14);
        for (a, b) in shares.iter().zip(softmax(shifted)) {
            prop_assert!(distance(*a, b) < 1e-12);
        }
    }

    /// ∂lse/∂xᵢ = softmaxᵢ, and ∂softmaxᵢ/∂xᵢ = pᵢ(1 − pᵢ).
    #[test]
    fn log_sum_exp_differentiates_to_softmax(x in prop::collection::vec(-9.0..9.0f64, 2..6)) {
        let shares = softmax(x.iter().copied());
        for (i, &share) in shares.iter().enumerate() {
            let mut stepped: Vec<_> = x.iter().map(|&x| Complex::from(x)).collect();
            stepped[i].im = H;
            prop_assert!(distance(log_sum_exp(stepped.iter().copied()).im / H, share) < 1e-14);
            let moved = softmax(stepped)[i];
            prop_assert!(distance(moved.im / H, share * (1.0 - share)) < 1e-14);
        }
    }
}

fn finite_at_extremes<T: RealScalar>() {
    for x in [-1e4, -90.0, -1e-30, 0.0, 1e-30, 90.0, 1e4] {
        let x = T::from_f64(x);
        for value in [sigmoid(x), softplus(x), log_sigmoid(x)] {
            assert!(value.is_finite(), "{x:?} gives {value:?}");
        }
    }
    assert_eq!(softplus(T::from_f64(1e4)).to_f64(), 1e4);
    assert_eq!(softplus(T::from_f64(-1e4)).to_f64(), 0.0);
}

#[test]
fn extremes_are_finite_in_both_precisions() {
    finite_at_extremes::<f32>();
    finite_at_extremes::<f64>();
    for x in [-1e4, 1e4] {
        assert!(Scalar::is_finite(softplus(Complex::new(x, H))));
        assert!(Scalar::is_finite(sigmoid(Complex::new(x, H))));
    }
}

#[test]
fn log_sum_exp_of_odd_things() {
    let infinity = f64::INFINITY;
    assert_eq!(log_sum_exp(Vec::<f64>::new()), -infinity);
    assert_eq!(log_sum_exp([-infinity, -infinity]), -infinity);
    assert_eq!(log_sum_exp([infinity, infinity, 1.0]), infinity);
    assert!(log_sum_exp([1.0, f64::NAN, 2.0]).is_nan());
    // ln(1 + e^(−46)) would be 0 if the 1 were added first.
    assert_eq!(log_sum_exp([0.0, -46.0]), (-46f64).exp());
    assert!(softmax(Vec::<f64>::new()).is_empty());
}

#[test]
fn softmax_runs_down_the_columns() {
    let z = Matrix::from_vec(2, 2, vec![0.0, 1e4, 0.0, -1e4]).unwrap();
    assert_eq!(
        softmax_columns(z.view()).unwrap().as_slice(),
        [0.5, 1.0, 0.5, 0.0]
    );
    let empty = Matrix::<f64>::zeros(0, 3).unwrap();
    assert_eq!(softmax_columns(empty.view()).unwrap().shape(), (0, 3));
}
