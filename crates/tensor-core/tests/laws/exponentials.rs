//! eˣ and softplus over whole slices, beside those of one number.

use tensor_core::{Scalar, softplus, softplus_each};

/// Distance in units in the last place of `expected`.
fn ulps(got: f64, expected: f64) -> f64 {
    let unit = (expected.abs() * f64::EPSILON).max(f64::MIN_POSITIVE);
    (got - expected).abs() / unit
}

/// Below this, e^x nears the smallest normal number.
const LOWEST: f64 = -708.0;

fn points() -> impl Iterator<Item = f64> {
    let even = (0..200_000).map(|k| f64::from(k) * 0.0035);
    let small = (0..2000).map(|k| 2f64.powf(-f64::from(k) * 0.03));
    even.chain(small).flat_map(|x| [x, -x])
}

#[test]
fn softplus_is_within_four_units_of_the_branching_one() {
    let x: Vec<f64> = points().collect();
    let mut out = vec![0.0; x.len()];
    softplus_each(&x, &mut out);
    for (&x, &got) in x.iter().zip(&out) {
        let expected = softplus(x);
        assert!(ulps(got, expected) <= 4.0, "{x}: {got} {expected}");
    }
}

#[test]
fn exp_is_within_two_units_of_the_library_s() {
    let x: Vec<f64> = points().filter(|&x| x <= 0.0 && x > LOWEST).collect();
    let mut out = x.clone();
    Scalar::exp_nonpositive_each(&mut out);
    for (&x, &got) in x.iter().zip(&out) {
        assert!(ulps(got, x.exp()) <= 2.0, "{x}: {got} {}", x.exp());
    }
}

#[test]
fn the_ends_of_the_range_stay_finite_or_say_so() {
    let x = [
        f64::NEG_INFINITY,
        -1e300,
        f64::INFINITY,
        f64::NAN,
        0.0,
        -0.0,
    ];
    let mut out = [1.0; 6];
    softplus_each(&x, &mut out);
    assert!(out[0] >= 0.0 && out[0] < 1e-307 && out[1] == out[0]);
    assert!(out[2] == f64::INFINITY && out[3].is_nan());
    assert!(ulps(out[4], std::f64::consts::LN_2) <= 1.0 && out[5] == out[4]);
}

#[test]
fn an_entry_does_not_depend_on_where_it_stands() {
    let x: Vec<f64> = points().take(67).collect();
    let mut together = vec![0.0; x.len()];
    softplus_each(&x, &mut together);
    for (x, together) in x.iter().zip(&together) {
        let mut alone = [0.0];
        softplus_each(&[*x], &mut alone);
        assert_eq!(alone[0].to_bits(), together.to_bits());
    }
}
