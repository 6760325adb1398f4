//! The diagnosis of wrong gradients: the true cause, or none.

use finite_diff::{ParameterLayout, from_fn};
use gradient_check::course::{CompareRule, CompareSettings};
use gradient_check::diagnosis::{Context, Diagnosis, NamedFactor};
use gradient_check::{Claim, Reason, Report, Settings, Verdict, check, compare_gradients};

/// Twelve points that are not alike.
fn twelve() -> Vec<f64> {
    (0..12).map(|i| 0.2 + 0.9 * f64::from(i).sin()).collect()
}

fn report_of(
    cost: impl Fn(&[f64]) -> f64 + Sync,
    gradient: &[f64],
    at: &[f64],
    shape: &[usize],
    settings: &Settings<'_>,
) -> Report {
    let layout = ParameterLayout::new().with("x", shape).unwrap();
    check(&from_fn(at.len(), cost), gradient, at, &layout, settings).unwrap()
}

/// The diagnosis of a block `x` of this shape, of a gradient that must be wrong.
fn shaped(
    cost: impl Fn(&[f64]) -> f64 + Sync,
    gradient: &[f64],
    at: &[f64],
    shape: &[usize],
) -> Diagnosis {
    let report = report_of(cost, gradient, at, shape, &Settings::default());
    assert_eq!(report.verdict, Verdict::Disagree);
    report.blocks[0].diagnosis.clone().unwrap()
}

fn diagnosis(cost: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], at: &[f64]) -> Diagnosis {
    shaped(cost, gradient, at, &[at.len()])
}

fn sum_of_sines(x: &[f64]) -> f64 {
    x.iter().map(|v| v.sin()).sum()
}

fn cosines(x: &[f64]) -> Vec<f64> {
    x.iter().map(|v| v.cos()).collect()
}

/// A cost beside a large constant, whose bars are wide.
fn noisy(x: &[f64]) -> f64 {
    1e9 + sum_of_sines(x)
}

#[test]
fn one_wrong_entry_under_wide_bars_is_no_other_order() {
    let cost = |x: &[f64]| 1e9 + x[0] + 2.0 * x[1] + 3.0 * x[2] * x[2];
    for (gradient, said) in [
        ([1.01, 2.0, 3.0], "x[0] is 1.01× its numeric derivative"),
        ([1.0, 1.98, 3.0], "x[1] is 0.99× its numeric derivative"),
        ([1.0, 2.0, 3.003], "x[2] is 1.001× its numeric derivative"),
    ] {
        let found = diagnosis(cost, &gradient, &[0.2, 0.3, 0.5]);
        assert_eq!(found.cause, "some-entries");
        assert!(found.message.contains(said), "{}", found.message);
    }
    // However wide: what is equal within its bars is in its own place.
    let cost = |x: &[f64]| 1e13 + x[0] + 2.0 * x[1] + 3.0 * x[2] * x[2];
    let found = diagnosis(cost, &[9.0, 2.0, 3.0], &[0.2, 0.3, 0.5]);
    assert_ne!(found.cause, "permuted", "{}", found.message);
}

#[test]
fn a_factor_under_wide_bars_is_a_factor() {
    for (at, c, said) in [
        (vec![0.3, 0.7, 1.1, 1.4], 1.01, "is 1.01×"),
        (vec![0.5, 0.51, 0.52, 0.53], 1.01, "is 1.01×"),
        (twelve(), 0.97, "is 0.97×"),
    ] {
        let gradient: Vec<f64> = cosines(&at).iter().map(|d| c * d).collect();
        let found = diagnosis(noisy, &gradient, &at);
        assert_eq!(found.cause, "scale", "{}", found.message);
        assert!(found.message.starts_with(said), "{}", found.message);
    }
}

#[test]
fn an_order_is_named_where_entries_move() {
    let at = twelve();
    let mut reversed = cosines(&at);
    reversed.reverse();
    assert_eq!(diagnosis(sum_of_sines, &reversed, &at).cause, "permuted");
    assert_eq!(diagnosis(noisy, &reversed, &at).cause, "permuted");
    // Rows of a matrix, two of which are alike.
    let at = [0.1, 0.5, 0.9, 0.1, 0.5, 0.9, 1.2, -0.3, 0.4, 0.8, 0.7, 0.6];
    let d = cosines(&at);
    let rows: Vec<f64> = [3, 2, 1, 0]
        .iter()
        .flat_map(|row| d[row * 3..row * 3 + 3].to_vec())
        .collect();
    let found = shaped(sum_of_sines, &rows, &at, &[4, 3]);
    assert_eq!(found.cause, "permuted");
    assert!(found.message.starts_with("the rows"), "{}", found.message);
}

#[test]
fn one_wrong_entry_among_many_has_its_factor() {
    let at = twelve();
    for (factor, said) in [
        (-1.0, "x[3] is minus its numeric derivative (-1×)"),
        (2.0, "x[3] is 2× its numeric derivative"),
        (0.5, "x[3] is 0.5× its numeric derivative"),
        (0.0, "x[3] is 0 where the numeric derivative is"),
        (1.37, "x[3] is off by"),
    ] {
        let mut gradient = cosines(&at);
        gradient[3] *= factor;
        let found = diagnosis(sum_of_sines, &gradient, &at);
        assert_eq!(found.cause, "single-entry");
        assert!(found.message.contains(said), "{}", found.message);
    }
    // In a small block any factor is said.
    for (factor, said) in [
        (
            -1.0,
            "x[1] is minus its numeric derivative (-1×); the others",
        ),
        (1.37, "x[1] is 1.37× its numeric derivative; the others"),
        (
            1.0 + 2e-3,
            "x[1] is 1.002× its numeric derivative; the others",
        ),
    ] {
        let mut gradient = cosines(&at[..4]);
        gradient[1] *= factor;
        let found = diagnosis(sum_of_sines, &gradient, &at[..4]);
        assert!(found.message.contains(said), "{}", found.message);
    }
}

#[test]
fn a_sign_is_minus_in_any_block_and_with_a_rest() {
    let at = twelve();
    let times = |factor: &dyn Fn(usize) -> f64| -> Vec<f64> {
        let d = cosines(&at).into_iter().enumerate();
        d.map(|(i, d)| factor(i) * d).collect()
    };
    let found = diagnosis(sum_of_sines, &times(&|_| -1.0), &at);
    assert_eq!(found.cause, "sign");
    let said = "is minus the numeric gradient: the sign is flipped";
    assert_eq!(found.message, said);

    let found = diagnosis(
        sum_of_sines,
        &times(&|i| -1.0 - 0.01 * (i as f64).sin()),
        &at,
    );
    assert_eq!((found.cause, found.factor), ("sign", Some(-1.0)));
    let said = "is minus the numeric gradient to within 1 %";
    assert!(found.message.starts_with(said), "{}", found.message);

    let found = diagnosis(
        sum_of_sines,
        &times(&|i| 2.0 + 2e-3 * (3.0 * i as f64).cos()),
        &at,
    );
    assert_eq!(found.cause, "scale");
    let said = "is 2× the numeric gradient to within 0.1 %";
    assert!(found.message.starts_with(said), "{}", found.message);
    // What is left is too much: no factor.
    let found = diagnosis(
        sum_of_sines,
        &times(&|i| -1.0 - 0.4 * (i as f64).sin()),
        &at,
    );
    assert_eq!(found.cause, "unknown", "{}", found.message);
}

#[test]
fn a_factor_has_the_digits_that_its_bar_allows() {
    let at = twelve();
    for (factor, said) in [
        (
            1.0 + 1e-7,
            "is 1.0000001× the numeric gradient: a uniform error",
        ),
        (
            1.0 - 2.5e-7,
            "is 0.99999975× the numeric gradient: a uniform error",
        ),
        (
            1.000_01,
            "is 1.00001× the numeric gradient: there is an extra factor",
        ),
        (
            0.731,
            "is 0.731× the numeric gradient: there is an extra factor",
        ),
    ] {
        let gradient: Vec<f64> = cosines(&at).iter().map(|d| factor * d).collect();
        let report = report_of(sum_of_sines, &gradient, &at, &[12], &Settings::exact());
        assert_eq!(report.verdict, Verdict::Disagree);
        let found = report.blocks[0].diagnosis.as_ref().unwrap();
        assert_eq!(found.cause, "scale");
        assert!(found.message.starts_with(said), "{}", found.message);
        assert!(!found.message.contains("accuracy"), "{}", found.message);
    }
}

/// What is said of a gradient that is `factor` times another one of so many entries, which is known to `bar`.
fn times_given(factor: f64, bar: f64, entries: usize) -> String {
    let d: Vec<f64> = (0..entries).map(|i| [1.0, -1.0][i % 2]).collect();
    let g: Vec<f64> = d.iter().map(|d| factor * d).collect();
    // The factor of n entries is known √n times as well as one of them.
    let rule = CompareRule::Close {
        rtol: bar * (entries as f64).sqrt(),
        atol: 0.0,
    };
    let settings = CompareSettings {
        rule,
        ..CompareSettings::default()
    };
    let layout = ParameterLayout::flat("x", entries);
    let report = compare_gradients(&g, &d, &layout, &settings).unwrap();
    report.blocks[0].diagnosis.clone().unwrap().message
}

#[test]
fn the_digits_of_a_factor_are_those_that_are_known_and_no_others() {
    for (factor, bar, said) in [
        (1.0 + 1e-7, 1e-11, "1.0000001"),
        (1.0 - 1.234_5e-7, 1e-12, "0.999999877"),
        (1.0 + 1.234_5e-7, 3e-9, "1.00000012"),
        (1.01, 1e-4, "1.01"),
        (0.259_483_726, 1e-11, "0.259484"),
        (-1.885_9, 1e-3, "-1.886"),
        (1.010_01, 2e-5, "1.01"),
        (2.0, 1e-12, "2"),
        (5.0, 1e-12, "5"),
        (20.0, 1e-12, "20"),
        (3.5e-9, 1e-20, "3.5e-9"),
    ] {
        let message = times_given(factor, bar, 16);
        let said = format!("is {said}× the numeric gradient: ");
        assert!(message.starts_with(&said), "{message}");
    }
    // To so wide a bar a factor is known of an entry by itself only.
    let message = times_given(1.3, 0.2, 1);
    let said = "x[0] is 1.3× its numeric derivative; ";
    assert!(message.starts_with(said), "{message}");
    // Factors that the caller has a name for are known in full.
    for (divisor, said) in [(64.0, "0.015625"), (30.0, "0.0333333")] {
        let at = twelve();
        let gradient: Vec<f64> = cosines(&at).iter().map(|d| d / divisor).collect();
        let named = NamedFactor {
            value: 1.0 / divisor,
            cause: "scale",
            meaning: "the mean is taken twice".to_owned(),
            unlikely: false,
        };
        let settings = Settings {
            context: Context {
                factors: vec![named],
                ..Context::default()
            },
            ..Settings::exact()
        };
        let report = report_of(sum_of_sines, &gradient, &at, &[12], &settings);
        let found = report.blocks[0].diagnosis.as_ref().unwrap();
        let said = format!("is {said}× the numeric gradient: the mean is taken twice");
        assert_eq!(found.message, said);
    }
}

#[test]
fn what_is_left_beside_a_factor_is_rounded_up() {
    for (share, said) in [(0.01, "1 %"), (0.000_21, "0.03 %")] {
        let d = [1.0; 12];
        let mut g = [2.0; 12];
        g[3] *= 1.0 + share;
        let settings = CompareSettings {
            rule: CompareRule::Close {
                rtol: 1e-9,
                atol: 0.0,
            },
            ..CompareSettings::default()
        };
        let layout = ParameterLayout::flat("x", 12);
        let report = compare_gradients(&g, &d, &layout, &settings).unwrap();
        let message = &report.blocks[0].diagnosis.as_ref().unwrap().message;
        let said = format!("is 2× the numeric gradient to within {said}: ");
        assert!(message.starts_with(&said), "{message}");
    }
}

/// The number that the message says is the one that `accuracy` takes.
fn named_accuracy(message: &str) -> f64 {
    let (_, rest) = message
        .split_once("`accuracy = ")
        .unwrap_or_else(|| panic!("{message}"));
    rest.split_once('`').unwrap().0.parse().unwrap()
}

#[test]
fn what_is_inexact_is_diagnosed_and_the_accuracy_named_accepts_it() {
    let at = twelve();
    let alike = |c: f64| -> Vec<f64> { cosines(&at).iter().map(|d| c * d).collect() };
    let mut one = cosines(&at);
    one[4] += 3.3e-8;
    let single: Vec<f64> = cosines(&at).iter().map(|d| f64::from(*d as f32)).collect();
    let either = |size: f64| -> Vec<f64> {
        let d = cosines(&at).into_iter().enumerate();
        d.map(|(i, d)| d + size * (7.0 * i as f64).sin()).collect()
    };
    for (gradient, cause, said, reason) in [
        (alike(1.0 + 1e-7), "scale", "1.0000001×", true),
        (alike(1.0 - 3e-8), "scale", "0.99999997×", true),
        (one, "single-entry", "x[4]", true),
        (
            single,
            "single-precision",
            "every entry is a single-precision number",
            true,
        ),
        (
            either(8e-8),
            "single-precision",
            "a tolerance, or single precision on either side",
            true,
        ),
        (either(4e-5), "noise", "of either sign", false),
    ] {
        let report = report_of(sum_of_sines, &gradient, &at, &[12], &Settings::default());
        let inexact = report.verdict == Verdict::Inconclusive(Reason::Inexact);
        assert_eq!(inexact, reason, "{said}");
        let found = report.blocks[0].diagnosis.clone().unwrap();
        assert_eq!(found.cause, cause, "{}", found.message);
        assert!(found.message.contains(said), "{}", found.message);
        assert_eq!(
            found.message.contains("or `exact`"),
            inexact,
            "{}",
            found.message
        );
        let accuracy = named_accuracy(&found.message);
        let settings = Settings {
            claim: Claim {
                accuracy,
                ..Claim::default()
            },
            ..Settings::default()
        };
        let report = report_of(sum_of_sines, &gradient, &at, &[12], &settings);
        assert_eq!(
            report.verdict,
            Verdict::Agree,
            "{accuracy:e}: {}",
            found.message
        );
    }
    // Rounded up to one digit, and what is one already stays one.
    for (error, accuracy) in [(1e-7, 1e-7), (1.01e-7, 2e-7), (9.3e-7, 1e-6)] {
        let gradient = alike(1.0 + error);
        let report = report_of(sum_of_sines, &gradient, &at, &[12], &Settings::default());
        let message = &report.blocks[0].diagnosis.as_ref().unwrap().message;
        assert_eq!(named_accuracy(message), accuracy, "{message}");
    }
    // Larger than any tolerance: no flag is named.
    let found = diagnosis(sum_of_sines, &alike(1.02), &at);
    assert!(!found.message.contains("accuracy"), "{}", found.message);
}

#[test]
fn a_constant_is_not_summed_over_the_wrong_axis() {
    let at = at_six();
    let exponentials = |x: &[f64]| x.iter().map(|v| v.exp()).sum::<f64>();
    let found = diagnosis(exponentials, &[1.0; 6], &at);
    assert_eq!(found.cause, "constant");
    assert!(
        found.message.starts_with("is 1 in every entry"),
        "{}",
        found.message
    );
    assert_eq!(diagnosis(sum_of_sines, &[-0.25; 6], &at).cause, "constant");
    assert_eq!(
        shaped(exponentials, &[1.0; 6], &at, &[2, 3]).cause,
        "constant"
    );
    // The sum and the mean are the axis, still.
    let sum: f64 = at.iter().map(|v| v.exp()).sum();
    for (number, said) in [(sum, "the sum of"), (sum / 6.0, "the mean of")] {
        let found = diagnosis(exponentials, &[number; 6], &at);
        assert_eq!(found.cause, "wrong-axis");
        assert!(found.message.contains(said), "{}", found.message);
    }
    // Derivatives that are alike have a factor.
    let linear = |x: &[f64]| x.iter().sum::<f64>();
    assert_eq!(diagnosis(linear, &[5.0; 6], &at).cause, "scale");
}

#[test]
fn right_on_symmetric_matrices_only() {
    let (s, inverse, cost) = log_det();
    // The cost reads one triangle and the gradient is that by symmetric matrices; as a vector too.
    for shape in [&[3, 3][..], &[9]] {
        let found = shaped(&cost, &inverse, &s, shape);
        assert_eq!(found.cause, "symmetric-only", "{}", found.message);
        let said = "right for symmetric perturbations only";
        assert!(found.message.contains(said), "{}", found.message);
    }
    // The cost reads all of it, and the gradient counts each pair once: 2S⁻¹ less its diagonal.
    let det = |s: &[f64]| {
        s[0] * (s[4] * s[8] - s[5] * s[7]) - s[1] * (s[3] * s[8] - s[5] * s[6])
            + s[2] * (s[3] * s[7] - s[4] * s[6])
    };
    let all = |s: &[f64]| det(s).ln();
    let pairs: Vec<f64> = (0..9)
        .map(|at| if at / 3 == at % 3 { 1.0 } else { 2.0 } * inverse[at])
        .collect();
    assert_eq!(shaped(all, &pairs, &s, &[3, 3]).cause, "symmetric-only");
    // A quadratic form xᵀAx, whose gradient xxᵀ was put into one triangle.
    let form = |a: &[f64]| {
        (0..9)
            .map(|at| a[at] * ((at / 3 + 1) * (at % 3 + 1)) as f64)
            .sum::<f64>()
    };
    let triangle: Vec<f64> = (0..9)
        .map(|at| {
            ((at / 3 + 1) * (at % 3 + 1)) as f64
                * [0.0, 1.0, 2.0][1 + (at / 3 > at % 3) as usize - (at / 3 < at % 3) as usize]
        })
        .collect();
    assert_eq!(shaped(form, &triangle, &s, &[3, 3]).cause, "symmetric-only");
    // Transposed is transposed.
    let skew = |a: &[f64]| (0..9).map(|at| a[at] * (at * at) as f64).sum::<f64>();
    let transposed: Vec<f64> = (0..9)
        .map(|at| ((at % 3 * 3 + at / 3) as f64).powi(2))
        .collect();
    assert_eq!(shaped(skew, &transposed, &s, &[3, 3]).cause, "transposed");
}

#[test]
fn projected_gradients_and_projections_that_are_missing() {
    let at = at_six();
    let without = |d: &[f64], n: &[f64]| -> Vec<f64> {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let along = dot(d, n) / dot(n, n);
        d.iter().zip(n).map(|(d, n)| d - along * n).collect()
    };
    let d = cosines(&at);
    for (n, said) in [
        (at.to_vec(), "without its component along the parameters:"),
        (vec![1.0; 6], "without its mean:"),
        (
            vec![0.3, -1.0, 0.2, 2.0, 0.7, -0.4],
            "without one of its components",
        ),
    ] {
        let found = diagnosis(sum_of_sines, &without(&d, &n), &at);
        assert_eq!(found.cause, "projected", "{}", found.message);
        assert!(found.message.contains(said), "{}", found.message);
    }
    // Each row by itself.
    let rows: Vec<f64> = [0, 3]
        .into_iter()
        .flat_map(|from| without(&d[from..from + 3], &at[from..from + 3]))
        .collect();
    let found = shaped(sum_of_sines, &rows, &at, &[2, 3]);
    assert_eq!(found.cause, "projected", "{}", found.message);
    assert!(found.message.contains("row by row"), "{}", found.message);
    // The cost normalizes, the gradient forgot: no decay term.
    let size = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>().sqrt();
    let on_the_sphere = |x: &[f64]| {
        let size = size(x);
        x.iter().map(|v| (v / size).sin()).sum::<f64>()
    };
    let forgot: Vec<f64> = at
        .iter()
        .map(|v| (v / size(&at)).cos() / size(&at))
        .collect();
    let found = diagnosis(on_the_sphere, &forgot, &at);
    assert_eq!(found.cause, "projection-missing", "{}", found.message);
    // A part of the entries left out is no projection, and a decay term is one.
    let half: Vec<f64> = d
        .iter()
        .enumerate()
        .map(|(i, d)| if i < 4 { 0.0 } else { *d })
        .collect();
    assert_eq!(diagnosis(sum_of_sines, &half, &at).cause, "unknown");
    let decayed: Vec<f64> = d.iter().zip(&at).map(|(d, x)| d + 0.1 * x).collect();
    assert_eq!(diagnosis(sum_of_sines, &decayed, &at).cause, "l2-missing");
}

/// Where the derivative is in proportion to the parameters, a factor is the simpler reading.
#[test]
fn a_factor_of_a_sum_of_squares_is_no_decay_term() {
    let squares = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>();
    let at = at_six();
    for (c, said) in [(1.01, "is 1.01×"), (0.9, "is 0.9×")] {
        let gradient: Vec<f64> = at.iter().map(|x| 2.0 * c * x).collect();
        let found = diagnosis(squares, &gradient, &at);
        assert_eq!(found.cause, "scale", "{}", found.message);
        assert!(found.message.starts_with(said), "{}", found.message);
    }
}

fn at_six() -> [f64; 6] {
    [0.3, -0.7, 1.1, 0.2, -0.4, 0.9]
}

/// A positive definite matrix, its inverse, and ln det by a Cholesky factorization that reads the lower triangle.
fn log_det() -> ([f64; 9], [f64; 9], impl Fn(&[f64]) -> f64 + Sync) {
    let s = [4.0, 1.0, 0.5, 1.0, 3.0, 0.3, 0.5, 0.3, 2.0];
    let minor = |i: usize, j: usize| {
        let (r, c) = (|k| (i + k) % 3 * 3, |k| (j + k) % 3);
        s[r(1) + c(1)] * s[r(2) + c(2)] - s[r(1) + c(2)] * s[r(2) + c(1)]
    };
    let det: f64 = (0..3).map(|j| s[j] * minor(0, j)).sum();
    let inverse = std::array::from_fn(|at| minor(at % 3, at / 3) / det);
    let cost = |s: &[f64]| {
        let l00 = s[0].sqrt();
        let (l10, l20) = (s[3] / l00, s[6] / l00);
        let l11 = (s[4] - l10 * l10).sqrt();
        let l21 = (s[7] - l20 * l10) / l11;
        let l22 = (s[8] - l20 * l20 - l21 * l21).sqrt();
        2.0 * (l00.ln() + l11.ln() + l22.ln())
    };
    (s, inverse, cost)
}
