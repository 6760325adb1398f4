//! What else the builder does: the complex step, random directions, the negative control.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

use gradient_check::control::PlantingOutcome;
use gradient_check::directional::DirectionalSettings;
use gradient_check::subject::NamedArray;
use gradient_check::{
    CheckError, Complex, GradientCheck, GradientError, Settings, Verdict, assert_directional,
    assert_gradient,
};

use super::{said, steady};

fn cost(p: &[f64]) -> f64 {
    p.iter().map(|x| x.sin()).sum()
}

fn gradient(p: &[f64]) -> Vec<f64> {
    p.iter().map(|x| x.cos()).collect()
}

/// 1 % off in one entry of 2,000: W[17,4].
fn wrong(p: &[f64]) -> Vec<f64> {
    let mut gradient = gradient(p);
    gradient[17 * 45 + 4] *= 1.01;
    gradient
}

const BLOCKS: &[(&str, &[usize])] = &[("W", &[40, 45]), ("b", &[200])];

#[test]
fn a_cost_on_complex_numbers_sees_what_noise_hides() {
    // Beside 1e6 differences know six digits fewer.
    let cost = |p: &[f64]| 1e6 + p[0].powi(3) * p[1];
    let called = AtomicUsize::new(0);
    let on_complex = |z: &[Complex<f64>]| {
        called.fetch_add(1, Ordering::Relaxed);
        z[0].powi(3) * z[1] + 1e6
    };
    let wrong = |p: &[f64]| [3.0 * p[0].powi(2) * p[1] * (1.0 + 3e-6), p[0].powi(3)];
    let check = || GradientCheck::new(cost, wrong).at([1.5, 0.25]).exact(true);
    let without = check().run().unwrap();
    let with = check().complex_step(on_complex).run().unwrap();
    assert_eq!(with.verdict, Verdict::Disagree);
    assert!(called.load(Ordering::Relaxed) > 0);
    let bar = |report: &gradient_check::Report| report.worst[0].comparison.error_bar.unwrap();
    assert!(
        bar(&with) < 1e-2 * bar(&without),
        "{} {}",
        bar(&with),
        bar(&without)
    );

    // By name in a macro, with an error, and where the other closures stay on their thread.
    let right = |p: &[f64]| [3.0 * p[0].powi(2) * p[1], p[0].powi(3)];
    assert_gradient!(cost, right, at = [1.5, 0.25], complex_step = on_complex);
    let failing = |_: &[Complex<f64>]| Err::<Complex<f64>, _>("no complex numbers");
    let error = check().complex_step(failing).run().unwrap_err();
    assert!(error.to_string().contains("no complex numbers"), "{error}");
    let calls = Cell::new(0);
    let counted = |p: &[f64]| {
        calls.set(calls.get() + 1);
        cost(p)
    };
    let local = GradientCheck::single_threaded(counted, wrong)
        .at([1.5, 0.25])
        .exact(true);
    assert_eq!(
        local.complex_step(on_complex).run().unwrap().verdict,
        Verdict::Disagree
    );
}

#[test]
fn directions_find_the_coordinate_with_a_text_like_any_other() {
    let at = vec![0.4; 2000];
    let report = assert_directional!(cost, gradient, at = at, blocks = BLOCKS, directions = 2);
    assert_eq!((report.verdict, report.directions), (Verdict::Agree, 2));

    let fails = || {
        drop(assert_directional!(
            cost,
            wrong,
            at = [0.4; 2000],
            blocks = BLOCKS,
            seed = 7,
            "epoch {}",
            3
        ))
    };
    insta::assert_snapshot!(said(fails), @r"
    the gradient is wrong: epoch 3
    disagree: 2,000 parameters in 2 blocks, 3 random directions each
      W is wrong
        W[17,4]: error 4.2e-03 (tolerance #)
          W[17,4]: analytic +9.30272e-01, numeric +9.21061e-01 ± #
      1 block agrees; detection limit (99 % probability): an error of norm 6.8e-05,
      # of the gradient's, in b
      394 evaluations of the cost, 262 of them to locate the errors
    to reproduce: assert_directional!(cost, wrong, at = [0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4, … 1988 more], blocks = BLOCKS, seed = 7)
    ");

    // One function for both, several arrays, closures on their thread, single precision.
    let both = |p: &[f64]| (cost(p), gradient(p));
    assert_directional!(both, at = [0.4; 20]);
    let of_two = |p: &[&[f64]]| cost(p[0]) + cost(p[1]);
    let parts = |p: &[&[f64]]| vec![gradient(p[0]), gradient(p[1])];
    assert_directional!(
        of_two,
        parts,
        inputs = [("a", [20], [0.4; 20]), ("b", [], [0.3])]
    );
    let mut calls = 0;
    let counted = |p: &[f64]| {
        calls += 1;
        cost(p)
    };
    let local = GradientCheck::single_threaded(counted, gradient)
        .at([0.4; 20])
        .seed(3);
    let local = local.directional().run().unwrap();
    let shared = GradientCheck::new(cost, gradient)
        .directional()
        .at([0.4; 20])
        .seed(3);
    assert_eq!(local.blocks, shared.run().unwrap().blocks);
    assert!(calls > 0);
    let single = |p: &[f32]| p.iter().map(|x| x * x).sum::<f32>();
    assert_directional!(
        single,
        |p: &[f32]| p.iter().map(|x| 2.0 * x).collect::<Vec<_>>(),
        at = [0.5; 20]
    );
}

#[test]
fn directions_keep_to_the_domain_and_their_settings() {
    let root = |p: &[f64]| match p.iter().all(|x| *x >= 0.0) {
        true => Ok(p.iter().map(|x| x.powi(3).sqrt()).sum::<f64>()),
        false => Err("below 0"),
    };
    let of_root = |p: &[f64]| p.iter().map(|x| 1.5 * x.sqrt()).collect::<Vec<_>>();
    let check = GradientCheck::new(root, of_root)
        .at([1e-3; 30])
        .directional();
    // Steps that stay inside are narrow ones, and nothing wrong is seen by them.
    assert_ne!(check.run().unwrap().verdict, Verdict::Disagree);
    check.lower([0.0]).assert();

    let settings = DirectionalSettings {
        seed: 9,
        directions: 5,
        ..DirectionalSettings::default()
    };
    let check = GradientCheck::new(cost, gradient)
        .directional()
        .at([0.4; 30]);
    assert_eq!(check.settings(settings).run().unwrap().directions, 5);

    let check = || GradientCheck::new(cost, |_: &[f64]| [1.0, 2.0]).directional();
    assert!(matches!(check().run(), Err(CheckError::NoPoint)));
    let error = check().at([0.4; 3]).verify().unwrap_err();
    let GradientError::Check {
        source: CheckError::Misfit(_),
        ..
    } = &error
    else {
        panic!("{error}");
    };
    insta::assert_snapshot!(steady(&error), @"the derivative could not be checked: the gradient has 2 entries for 3 parameters");
    let none = GradientCheck::new(cost, gradient)
        .directional()
        .directions(0);
    assert!(matches!(
        none.at([0.4]).run(),
        Err(CheckError::NoDirections)
    ));
    let unknown = |p: &[f64]| vec![NamedArray::new("y", &[1], gradient(p))];
    let error = GradientCheck::new(cost, unknown)
        .directional()
        .at([0.4])
        .run();
    assert!(matches!(error, Err(CheckError::Misfit(_))));
}

#[test]
fn a_negative_control() {
    let check = || GradientCheck::new(cost, gradient).at([0.4, 1.1, -0.3]);
    let control = check().negative_control().unwrap();
    assert!(control.passed());
    assert!(control.rejected() > 5);
    assert!(
        control
            .plantings
            .iter()
            .all(|p| p.outcome != PlantingOutcome::Passed)
    );
    // It is that of the function below, which is handed what is known of the gradient's noise.
    let noise = check()
        .settings(Settings::exact())
        .negative_control()
        .unwrap();
    assert_eq!(noise.rejected(), noise.planted());

    let calls = Cell::new(0);
    let counted = |p: &[f64]| {
        calls.set(calls.get() + 1);
        cost(p)
    };
    let local = GradientCheck::single_threaded(counted, gradient).at([0.4, 1.1, -0.3]);
    assert_eq!(
        local.negative_control().unwrap().plantings,
        control.plantings
    );
    assert!(calls.get() > 0);

    // Of a wrong gradient it can't speak.
    let negated = |p: &[f64]| gradient(p).iter().map(|g| -g).collect::<Vec<_>>();
    let control = GradientCheck::new(cost, negated)
        .at([0.4, 1.1])
        .negative_control();
    assert!(!control.unwrap().speaks());
}
