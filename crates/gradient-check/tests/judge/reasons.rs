//! Each reason for being undecided, met on purpose; and who made a number that is none.

use finite_diff::objective::Piece;
use finite_diff::{EvaluationError, Objective, ParameterLayout, from_fn};
use gradient_check::verdict::NonFinite;
use gradient_check::{Reason, Report, Settings, Verdict, check};
use num_complex::Complex;
use num_complex::ComplexFloat;

fn block(len: usize) -> ParameterLayout {
    ParameterLayout::new().with("w", &[len]).unwrap()
}

fn judge(f: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], at: &[f64]) -> Report {
    let objective = from_fn(at.len(), f);
    check(
        &objective,
        gradient,
        at,
        &block(at.len()),
        &Settings::default(),
    )
    .unwrap()
}

#[track_caller]
fn undecided(report: &Report, reason: Reason) {
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(reason),
        "{:#?}",
        report.worst
    );
    assert!(report.counts.with_reason(reason) > 0);
}

/// As from a program that prints so many digits.
#[test]
fn a_cost_that_is_rounded_coarsely_agrees_to_what_it_is_rounded_to_and_is_never_wrong() {
    for digits in [1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9] {
        for at in [[0.3, 2.0], [-1.7, 0.04], [12.0, -3.0]] {
            let cost = |x: &[f64]| ((x[0] * x[0] + x[1].sin()) * digits).round() / digits;
            let report = judge(cost, &[2.0 * at[0], at[1].cos()], &at);
            assert_eq!(report.counts.disagree, 0, "{digits:e} at {at:?}");
            match report.verdict {
                Verdict::Agree => {
                    let power = report.power.unwrap().single_coordinate;
                    assert!(power > 0.03 / digits, "{digits:e} at {at:?}: {power:e}");
                }
                // Its steps are jumps, where they are wider than what the cost moves by.
                Verdict::Inconclusive(Reason::BelowResolution | Reason::Kink) => {}
                other => panic!("{other:?} with {digits:e} at {at:?}"),
            }
        }
    }
}

/// … and one that is off by far more than the digits say is still wrong.
#[test]
fn a_wrong_gradient_of_a_coarse_cost_is_wrong() {
    let cost = |x: &[f64]| ((x[0] * x[0] + x[1]) * 1e7).round() / 1e7;
    let report = judge(cost, &[-0.6, 1.0], &[0.3, 2.0]);
    assert_eq!(report.verdict, Verdict::Disagree);
    assert_eq!(report.counts.disagree, 1);
}

#[test]
fn a_step_past_the_largest_number_is_not_representable() {
    let report = judge(|x| x[0] / 1e308 + x[1], &[1e-308, 1.0], &[f64::MAX, 1.0]);
    undecided(&report, Reason::StepNotRepresentable);
    assert_eq!(report.counts.agree, 1);
}

/// Σ (x_i − 1)², on real and on complex numbers.
struct Bowl;

impl<T: Copy + Send + Sync + ComplexFloat> Objective<T> for Bowl {
    fn dim(&self) -> usize {
        2
    }

    fn value(&self, x: &[T]) -> Result<T, EvaluationError> {
        let square = |x: T| (x - T::one()) * (x - T::one());
        Ok(square(x[0]) + square(x[1]))
    }

    fn piece(&self, _: &[T]) -> Result<Piece, EvaluationError> {
        Ok(Piece::Everywhere)
    }
}

fn at_the_bottom(gradient: &[f64], at: &[f64]) -> Report {
    let shadow: &dyn Objective<Complex<f64>> = &Bowl;
    let settings = Settings {
        analytic_rounding: Some(&[1e-16, 1e-16]),
        shadow: Some(shadow),
        ..Settings::default()
    };
    check::<f64, _>(&Bowl, gradient, at, &block(2), &settings).unwrap()
}

#[test]
fn a_minimum_is_stationary_and_no_pass() {
    undecided(&at_the_bottom(&[0.0, 0.0], &[1.0, 1.0]), Reason::Stationary);
    // Rounding on either side of zero is no gradient either.
    undecided(
        &at_the_bottom(&[3e-16, -2e-16], &[1.0, 1.0]),
        Reason::Stationary,
    );
}

#[test]
fn a_term_that_does_not_vanish_at_a_minimum_is_wrong_there() {
    assert_eq!(
        at_the_bottom(&[0.0, 1e-9], &[1.0, 1.0]).verdict,
        Verdict::Disagree
    );
}

#[test]
fn beside_the_minimum_it_is_decided() {
    assert_eq!(
        at_the_bottom(&[0.0, 2e-3], &[1.0, 1.001]).counts.disagree,
        0
    );
    assert_eq!(
        at_the_bottom(&[1.0, 2e-3], &[1.5, 1.001]).verdict,
        Verdict::Agree
    );
}

fn made_by(report: &Report) -> NonFinite {
    let at = report.blocks[0].non_finite.as_ref().unwrap();
    at.comparison.non_finite.unwrap()
}

#[test]
fn who_made_a_nan_is_said() {
    let forward = judge(|_| f64::NAN, &[1.0], &[1.0]);
    undecided(&forward, Reason::NonFinite);
    assert!(matches!(made_by(&forward), NonFinite::Forward { cost } if cost.is_nan()));

    let backward = judge(|x| x[0], &[f64::NAN], &[1.0]);
    assert_eq!(backward.verdict, Verdict::Disagree);
    assert_eq!(made_by(&backward), NonFinite::Backward);

    let probe = judge(|x| x[0].sqrt() + x[1], &[0.0, 1.0], &[0.0, 1.0]);
    undecided(&probe, Reason::NonFinite);
    let NonFinite::Probe { side, cost } = made_by(&probe) else {
        panic!("{:?}", made_by(&probe));
    };
    assert!(side.offset < 0 && cost.is_nan());

    let both = judge(|_| f64::INFINITY, &[f64::NAN], &[1.0]);
    assert!(matches!(made_by(&both), NonFinite::Forward { .. }));
}

#[test]
fn every_reason_says_what_to_do() {
    for reason in Reason::ALL {
        let does = ["check", "use", "run", "fix", "set"];
        let remedy = reason.remedy().to_lowercase();
        assert!(does.iter().any(|verb| remedy.contains(verb)), "{remedy}");
    }
}
