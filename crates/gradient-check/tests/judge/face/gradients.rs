//! `GradientCheck` and its assertions.

use std::sync::atomic::{AtomicUsize, Ordering};

use finite_diff::{ParameterLayout, Scheme, Stencil};
use gradient_check::subject::NamedArray;
use gradient_check::{
    CheckError, Complex, GradientCheck, GradientError, Reason, Settings, Verdict, assert_gradient,
    check_gradient,
};
use proptest::prelude::*;

use super::{said, steady};

/// J = a³b and its gradient.
fn cost(p: &[f64]) -> f64 {
    p[0].powi(3) * p[1]
}

fn gradient(p: &[f64]) -> [f64; 2] {
    [3.0 * p[0].powi(2) * p[1], p[0].powi(3)]
}

fn wrong(p: &[f64]) -> [f64; 2] {
    [3.0 * p[0].powi(2) * p[1], -p[0].powi(3)]
}

#[test]
fn two_functions() {
    let report = assert_gradient!(cost, gradient, at = [1.5, 0.25]);
    assert_eq!(report.verdict, Verdict::Agree);
    insta::assert_snapshot!(said(|| drop(assert_gradient!(cost, wrong, at = [1.5, 0.25]))), @r#"
    the gradient is wrong
      x is wrong in 1 of 2 entries, by up to 6.8e+00 at x[1]
      why: dx: only 1 of 2 entries is wrong: x[1] is minus its numeric derivative
           (-1×); the other agrees.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      x      2      disagree  8.9e-01   [1]    -3.37500e+00  +3.37500e+00  #
      relative error 8.9e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: also fails, along x, by up to 1.8e+00 of g·u
    to reproduce: assert_gradient!(cost, wrong, at = [1.5, 0.25], seed = 0)
    "#);
}

#[test]
fn one_function_for_both_with_blocks_a_seed_and_a_message() {
    let both = |p: &[f64]| (cost(p), gradient(p).to_vec());
    let blocks: &[(&str, &[usize])] = &[("a", &[]), ("b", &[])];
    assert_gradient!(both, at = vec![1.5, 0.25], blocks = blocks, seed = 7);
    let both = |p: &[f64]| (cost(p), wrong(p).to_vec());
    let seed = 7;
    let at = [1.5, 0.25];
    let fails = || {
        drop(assert_gradient!(
            both,
            at = at,
            blocks = blocks,
            seed = seed,
            "epoch {}",
            3
        ))
    };
    insta::assert_snapshot!(said(fails), @r#"
    the gradient is wrong: epoch 3
      b is wrong by 6.8e+00
      why: db is minus the numeric gradient: the sign is flipped. Every other block
           agrees.
      block  shape  verdict   rel. err  worst      analytic       numeric  ± error
      a      1      agree     #          +1.68750e+00  +1.68750e+00  #
      b      1      disagree  1.0e+00          -3.37500e+00  +3.37500e+00  #
      relative error 8.9e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: also fails, along b and all blocks together, by up to
        1.8e+00 of g·u
    to reproduce: assert_gradient!(both, at = [1.5, 0.25], blocks = blocks, seed = 7)
    "#);
}

#[test]
fn functions_of_several_arrays() {
    let (w, scale) = (vec![1.0, 2.0, 3.0, 4.0], [0.5]);
    let cost = |p: &[&[f64]]| p[0].iter().map(|w| w * w).sum::<f64>() * p[1][0];
    let parts = |factor: f64| {
        move |p: &[&[f64]]| {
            let sum: f64 = p[0].iter().map(|w| w * w).sum();
            let dw: Vec<f64> = p[0].iter().map(|w| 2.0 * w * p[1][0]).collect();
            vec![dw, vec![factor * sum]]
        }
    };
    assert_gradient!(
        cost,
        parts(1.0),
        inputs = [("encoder.weight", [2, 2], w), ("encoder.scale", [], scale)],
        threads = 2
    );
    let fails = check_gradient!(
        cost,
        parts(2.0),
        inputs = [("encoder.weight", [2, 2], w), ("encoder.scale", [], scale)],
    );
    insta::assert_snapshot!(steady(&fails.unwrap_err()), @r#"
    the gradient is wrong
      encoder.scale is wrong by 3.0e+01
      why: d(encoder.scale) is 2× the numeric gradient: there is an extra factor of
           2. Every other block agrees.
      block          shape verdict  rel. err worst     analytic      numeric ± error
      encoder.weight 2×2   agree    0        [0,0] +1.00000e+00 +1.00000e+00 #
      encoder.scale  1     disagree 3.3e-01        +6.00000e+01 +3.00000e+01 #
      relative error 3.3e-01 over all coordinates (course: "a bug")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: also fails, along encoder.scale and all blocks together,
        by up to 3.3e-01 of g·u
    to reproduce: check_gradient!(cost, parts(2.0), inputs = [("encoder.weight", [2, 2], w), ("encoder.scale"…, seed = 0)
    called at #
    "#);

    // By name; the order of the arrays is the code's own, and one of another order is found.
    let named = |p: &[&[f64]]| {
        let [dw, ds] = parts(1.0)(p).try_into().unwrap();
        vec![
            NamedArray::new("encoder.scale", &[], ds),
            NamedArray::new("encoder.weight", &[2, 2], dw),
        ]
    };
    let report = GradientCheck::of_inputs(cost, named)
        .input("encoder.weight", &[2, 2], &w)
        .input("encoder.scale", &[], scale)
        .run()
        .unwrap();
    let findings = report.structure.unwrap().findings;
    assert_eq!(findings[0].name(), "wrong-order");
}

#[test]
fn functions_that_fail_and_their_error() {
    #[derive(Debug, PartialEq, thiserror::Error)]
    #[error("the log of {0} is none")]
    struct NoLog(f64);
    let ln = |x: f64| if x > 0.0 { Ok(x.ln()) } else { Err(NoLog(x)) };

    let value = |p: &[f64]| ln(p[0]);
    assert_gradient!(value, |p: &[f64]| Ok::<_, NoLog>([1.0 / p[0]]), at = [0.5]);
    let fused = |p: &[f64]| Ok::<_, NoLog>((ln(p[0])?, vec![1.0 / p[0]]));
    assert_gradient!(fused, at = [0.5]);
    let fused = |p: &[f64]| Ok::<_, NoLog>((ln(p[0])?, vec![-1.0 / p[0]]));
    assert!(matches!(
        check_gradient!(fused, at = [0.5]),
        Err(GradientError::Wrong(_))
    ));

    // At the point, and at a probe beside it.
    for at in [-1.0, 1e-7] {
        let error = check_gradient!(value, |p: &[f64]| [1.0 / p[0]], at = [at]).unwrap_err();
        let GradientError::Check { source, .. } = &error else {
            panic!("{error}")
        };
        assert!(source.caused_by::<NoLog>().is_some(), "{error}");
    }
    let backward = check_gradient!(
        |p: &[f64]| p[0],
        |p: &[f64]| ln(-p[0]).map(|y| [y]),
        at = [1.0]
    );
    let error = backward.unwrap_err();
    insta::assert_snapshot!(steady(&error), @"the derivative could not be checked: the first backward pass failed: the log of -1 is none");
    let GradientError::Check { source, .. } = error else {
        unreachable!()
    };
    assert_eq!(source.caused_by::<NoLog>(), Some(&NoLog(-1.0)));
}

#[test]
fn single_precision() {
    let at: Vec<f32> = (0..6).map(|i| 0.1 * i as f32 - 0.2).collect();
    let cost = |p: &[f32]| p.iter().map(|x| x.sin()).sum::<f32>();
    let scaled =
        |factor: f32| move |p: &[f32]| p.iter().map(|x| factor * x.cos()).collect::<Vec<_>>();
    assert_gradient!(cost, scaled(1.0), at = at);
    // Of a larger sum in `f32` less is known, and the report says how much.
    let many = [0.25; 40];
    let report = assert_gradient!(cost, scaled(1.0), at = many);
    assert!(report.power.unwrap().single_coordinate > 1e-5);
    let wrong = check_gradient!(cost, scaled(1.01), at = many);
    assert!(matches!(wrong, Err(GradientError::Wrong(_))));
    // What is demanded is not given up.
    let undecided = check_gradient!(cost, scaled(1.0), at = many, resolution = 1e-5).unwrap_err();
    assert!(
        matches!(undecided, GradientError::Undecided(_)),
        "{undecided}"
    );

    // A gradient in `f32` of a cost in `f64`.
    let cost = |p: &[f64]| p.iter().map(|x| x.sin()).sum::<f64>();
    let coarse = |factor: f32| {
        move |p: &[f64]| {
            p.iter()
                .map(|x| factor * (*x as f32).cos())
                .collect::<Vec<f32>>()
        }
    };
    let at: Vec<f64> = at.iter().map(|x| f64::from(*x)).collect();
    assert_gradient!(cost, coarse(1.0), at = at);
    assert!(check_gradient!(cost, coarse(1.001), at = at).is_err());
    let widened = |p: &[f64]| {
        coarse(1.0)(p)
            .into_iter()
            .map(f64::from)
            .collect::<Vec<_>>()
    };
    assert!(check_gradient!(cost, widened, at = at).is_err());
    assert_gradient!(
        cost,
        widened,
        at = at,
        working_epsilon = f32::EPSILON.into()
    );
}

#[test]
fn what_is_judged_and_how() {
    let n = 300;
    let calls = AtomicUsize::new(0);
    let cost = |p: &[f64]| {
        calls.fetch_add(1, Ordering::Relaxed);
        p.iter().map(|x| x * x).sum::<f64>()
    };
    let gradient = |p: &[f64]| p.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
    let at: Vec<f64> = (0..n).map(|i| f64::from(i) / 100.0 - 1.0).collect();
    let check = || {
        GradientCheck::new(cost, gradient)
            .blocks(&[("W", &[29, 10]), ("b", &[10])])
            .at(&at)
    };
    let judged = |check: GradientCheck<'_>| check.run().unwrap().counts.total();
    assert_eq!(judged(check()), 300);
    assert_eq!(judged(check().sample(25)), 25);
    assert_eq!(judged(check().sample_per_block(7)), 14);
    assert_eq!(judged(check().sample_per_block(50)), 60);
    // The seed draws the sample, whichever is said first.
    let drawn = |check: GradientCheck<'_>| check.run().unwrap().worst;
    let other = drawn(check().sample(5).seed(3));
    assert_eq!(other, drawn(check().seed(3).sample(5)));
    assert_ne!(other, drawn(check().sample(5)));

    let report = check().epsilon(1e-7).run().unwrap();
    assert_eq!(report.scheme, "central");
    let settings = Settings {
        scheme: Scheme::optimal(Stencil::FIVE_POINT),
        ..Settings::default()
    };
    let report = check()
        .settings(settings)
        .directional_test(false)
        .run()
        .unwrap();
    assert_eq!(
        (report.scheme.as_str(), report.directional),
        ("five-point", None)
    );
    calls.store(0, Ordering::Relaxed);
    let evaluations = check().run().unwrap().evaluations;
    assert!(evaluations as usize <= calls.load(Ordering::Relaxed));
}

#[test]
fn what_does_not_fit_is_said() {
    let text = |check: GradientCheck<'_>| check.run().unwrap_err().to_string();
    let check = || GradientCheck::new(cost, gradient);
    insta::assert_snapshot!(text(check()), @"the point is empty: set the parameters to check at with `.at(…)` or `.input(…)`");
    insta::assert_snapshot!(text(check().at([1.0, 2.0]).blocks(&[("a", &[3])])), @"the point does not fit the layout: the flat vector has 2 entries, but the layout a[3] has 3");
    insta::assert_snapshot!(text(check().at([1.0, 2.0]).blocks(&[("a", &[]), ("a", &[])])), @"the point does not fit the layout: two blocks are named `a`: give each block a different name");
    insta::assert_snapshot!(text(check().input("a", &[2], [1.0])), @"the point does not fit the layout: the part for block `a` has 1 entries, but its shape [2] has 2");
    insta::assert_snapshot!(text(check().at([1.0, 2.0]).epsilon(0.0)), @r"invalid step size 0: it must be finite and above 0, for example 1e-7");
    let layout = ParameterLayout::flat("x", 3);
    let wrong = check().at([1.0, 2.0]).layout(layout).run();
    assert!(matches!(
        wrong,
        Err(CheckError::Point(_) | CheckError::Layout { .. })
    ));

    // Of the wrong length it is wrong, and no error.
    let short = check_gradient!(cost, |_: &[f64]| [1.0], at = [1.0, 2.0]).unwrap_err();
    insta::assert_snapshot!(steady(&short), @r"
    the gradient is wrong
      preliminary check: the gradient has 1 entry for 2 parameters. Return one
        entry for each parameter, in the order of the layout.
      block  shape  verdict      rel. err  worst  analytic  numeric  ± error
      x      2      not checked
    to reproduce: check_gradient!(cost, |_: &[f64]| [1.0], at = [1.0, 2.0], seed = 0)
    called at #
    ");
}

#[test]
fn undecided_is_no_pass() {
    let calls = AtomicUsize::new(0);
    let drifting = |p: &[f64]| p[0] + calls.fetch_add(1, Ordering::Relaxed) as f64;
    let error = check_gradient!(drifting, |_: &[f64]| [1.0], at = [1.0]).unwrap_err();
    let GradientError::Undecided(failure) = error else {
        panic!("{error}")
    };
    let verdict = failure.report.verdict;
    assert_eq!(verdict, Verdict::Inconclusive(Reason::NotDeterministic));
    assert_eq!(failure.headline, "the gradient could not be confirmed");
}

#[test]
fn a_long_point_is_quoted_in_part_and_each_number_whole() {
    let at: Vec<f64> = (0..20).map(|i| 0.1 * f64::from(i)).collect();
    let error = check_gradient!(
        |p: &[f64]| p.iter().sum::<f64>(),
        |_: &[f64]| vec![2.0; 20],
        at = at,
        seed = 5
    );
    let GradientError::Wrong(failure) = error.unwrap_err() else {
        panic!()
    };
    insta::assert_snapshot!(failure.again, @"check_gradient!(|p: &[f64]| p.iter().sum::<f64>(), |_: &[f64]| vec![2.0; 20], at = [0.0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.5, 0.6000000000000001, 0.7000000000000001, 0.8, 0.9, 1.0, 1.1, … 8 more], seed = 5)");
    assert_eq!(failure.location.unwrap().file(), file!());
}

proptest! {
    #[test]
    fn question_mark_is_all_it_takes_in_a_property(a in 0.5..2.0, b in 0.5..2.0) {
        check_gradient!(cost, gradient, at = [a, b], "a = {a}, b = {b}")?;
        let wrong: Result<(), TestCaseError> = (|| {
            check_gradient!(cost, wrong, at = [a, b])?;
            Ok(())
        })();
        prop_assert!(wrong.is_err());
    }
}

/// √a·ln(b)/c, which ends at a = 0 and b = 0.
fn bounded(p: &[f64]) -> Result<f64, String> {
    match p[0] < 0.0 || p[1] <= 0.0 {
        true => Err(format!("evaluated at {p:?}")),
        false => Ok(p[0].powf(1.5) * p[1].ln() / p[2]),
    }
}

fn of_bounded(factor: f64) -> impl Fn(&[f64]) -> [f64; 3] {
    move |p| {
        let (root, ln) = (p[0].sqrt(), p[1].ln());
        let d = p[0].powf(1.5);
        [
            factor * 1.5 * root * ln / p[2],
            d / p[1] / p[2],
            -d * ln / (p[2] * p[2]),
        ]
    }
}

#[test]
fn bounds_are_kept_and_what_is_fixed_is_left_out() {
    let lower = [0.0, 0.0, f64::NEG_INFINITY];
    for at in [[1e-9, 0.5, 2.0], [1e-3, 1e-6, 2.0], [0.5, 0.5, 2.0]] {
        assert_gradient!(bounded, of_bounded(1.0), at = at, lower = lower);
        let wrong = check_gradient!(bounded, of_bounded(1.001), at = at, lower = lower);
        assert!(matches!(wrong, Err(GradientError::Wrong(_))), "{at:?}");
    }
    // Without bounds it fails.
    let at = [1e-9, 0.5, 2.0];
    assert!(matches!(
        check_gradient!(bounded, of_bounded(1.0), at = at),
        Err(GradientError::Check { .. })
    ));

    let blocks: &[(&str, &[usize])] = &[("a", &[1]), ("b", &[1]), ("c", &[1])];
    let wrong_in_a = || {
        GradientCheck::new(bounded, of_bounded(2.0))
            .at([0.5, 0.5, 2.0])
            .blocks(blocks)
            .lower([0.0])
    };
    assert_eq!(wrong_in_a().run().unwrap().verdict, Verdict::Disagree);
    let report = wrong_in_a().fixed(&["a"]).verify().unwrap();
    assert_eq!(
        (report.selected, report.fixed, report.counts.total()),
        (2, 1, 2)
    );
    let said = "1 coordinate is fixed and was not checked";
    assert!(report.to_string().contains(said), "{report}");

    let text = |check: GradientCheck<'_>| check.run().unwrap_err().to_string();
    insta::assert_snapshot!(text(wrong_in_a().fixed(&["d"])), @"cannot fix the block `d`, which does not exist: the blocks are a[1] b[1] c[1]");
    insta::assert_snapshot!(text(wrong_in_a().upper([0.1, 1.0, 9.0])), @"at a[0]: parameter 0 is 0.5, outside its bounds 0e0 and 1e-1: check at a point inside, or correct the bounds");
    insta::assert_snapshot!(text(wrong_in_a().upper([1.0, 9.0])), @"there are 3 lower and 2 upper bounds for 3 parameters: give one of each for every parameter, infinite where there is none");
    insta::assert_snapshot!(text(wrong_in_a().fixed(&["a", "b", "c"])), @"nothing is left to check: all 3 selected parameters are fixed, or have equal lower and upper bounds");
}

#[test]
fn a_domain_without_bounds_is_distinguished_from_a_gradient_that_is_not_finite() {
    let cost = |p: &[f64]| (1.0 - p[0]).sqrt() + p[1] * p[1];
    let gradient = |p: &[f64]| [-0.5 / (1.0 - p[0]).sqrt(), 2.0 * p[1]];
    let text = |at: [f64; 2]| steady(&check_gradient!(cost, gradient, at = at).unwrap_err());
    insta::assert_snapshot!(text([1.0, 0.5]), @r#"
    the gradient could not be confirmed
      preliminary check: the backward pass returns -inf at x[0], although the cost
        is finite. Look for 0/0 and log 0 in the derivative, for example of a square
        root or a norm at 0.
      inconclusive: 1 of 2 coordinates (x). The cost is NaN or infinite at the
        point or near it. If its domain ends there, set the bounds; otherwise fix
        the forward pass first.
      At x[0] the cost is NaN for x + h = 1.0000076293945313e0, although it is
      finite at the point itself.
      block  shape  verdict       rel. err  worst  analytic  numeric  ± error
      x      2      inconclusive  0         [0]        -inf     none  unknown
      relative error 0 where a numeric derivative exists (course: "likely right")
      detection limit: # of block RMS (one coordinate), # (whole block)
      directional test: 1 of 1 direction is inconclusive (the cost is NaN or
        infinite)
    to reproduce: check_gradient!(cost, gradient, at = [1.0, 0.5], seed = 0)
    called at #
    "#);
    // Near the end of its domain shorter steps are taken.
    assert!(check_gradient!(cost, gradient, at = [1.0 - 1e-6, 0.5]).is_ok());

    // Steps of the parameter's own size stay inside: nothing is left to be done.
    let logarithm = |p: &[f64]| p[0].ln();
    let report = assert_gradient!(logarithm, |p: &[f64]| [1.0 / p[0]], at = [1e-9]);
    let text = report.to_string().replace("\n  ", " ");
    assert!(text.contains("smaller steps were used there"), "{text}");
}

/// Two rates in one vector, far apart.
#[test]
fn small_entries_that_the_large_ones_hide_are_counted() {
    let cost = |p: &[f64]| 1e6 * p[0].sin() + 1e-6 * p[1].sin();
    let gradient = |p: &[f64]| [1e6 * p[0].cos(), 1e-6 * p[1].cos()];
    let of_wrong_sign = |p: &[f64]| [1e6 * p[0].cos(), -1e-6 * p[1].cos()];
    let at = [1.0, 0.5];
    assert_gradient!(cost, gradient, at = at);
    // By its own bar it is told from its negative.
    assert!(check_gradient!(cost, of_wrong_sign, at = at).is_err());

    let cost = |p: &[f64]| 1e6 * p[0].sin() + 1e-12 * p[1].sin();
    let of_wrong_sign = |p: &[f64]| [1e6 * p[0].cos(), -1e-12 * p[1].cos()];
    let report = assert_gradient!(cost, of_wrong_sign, at = at);
    assert_eq!(report.counts.near_zero, 1);
    assert!(check_gradient!(cost, of_wrong_sign, at = at, strict = true).is_err());
    insta::assert_snapshot!(steady(&report), @r#"
    agree: all 2 coordinates; relative error # (course: "likely right")
    block  shape  verdict  rel. err  worst      analytic       numeric  ± error
    x      2      agree    #   [0]    +5.40302e+05  +5.40302e+05  6.4e-05
    detection limit: # of block RMS (one coordinate), # (whole block)
    directional test: 1 of 1 direction agrees (detection limit # of g·u)
    1 entry (x) is too small relative to the block to distinguish from 0: if it is
    missing or has the wrong sign, that is not detected; checking it in a block of
    its own may detect it
    "#);

    let blocks: &[(&str, &[usize])] = &[("fast", &[1]), ("slow", &[1])];
    // A block of its own that is zero to within its bars, which are sharp beside the whole gradient.
    let report = assert_gradient!(cost, of_wrong_sign, at = at, blocks = blocks);
    assert_eq!((report.counts.near_zero, report.counts.zero), (0, 1));
    assert!(check_gradient!(cost, of_wrong_sign, at = at, blocks = blocks, strict = true).is_err());
    let slow = |p: &[f64]| 1e-6 * p[0].sin();
    let report = assert_gradient!(slow, |p: &[f64]| [1e-6 * p[0].cos()], at = [0.5]);
    assert_eq!(report.counts.near_zero, 0);
}

#[test]
fn a_single_number_is_named_as_it_is() {
    let wrong = check_gradient!(
        |p: &[f64]| p[0] * p[0],
        |p: &[f64]| [2.1 * p[0]],
        at = [1.5],
        blocks = &[("offset", &[])]
    );
    let text = wrong.unwrap_err().to_string();
    assert!(
        text.contains("doffset: offset is 1.05× its numeric"),
        "{text}"
    );
}

/// A sample that happens to hold nothing but zeros and kinks says nothing of the others.
#[test]
fn a_sample_that_tells_nothing_is_no_agreement() {
    let cost = |p: &[f64]| p.iter().map(|x| x.max(0.0)).sum::<f64>();
    let wrong =
        |p: &[f64]| -> Vec<f64> { p.iter().map(|x| if *x > 0.0 { 7.0 } else { 0.0 }).collect() };
    for seed in 0..8 {
        let check = GradientCheck::new(cost, wrong)
            .at([0.0, 1.0, 1.0])
            .sample(1)
            .seed(seed);
        assert_ne!(check.run().unwrap().verdict, Verdict::Agree, "{seed}");
    }
}

/// A counterpart that is not analytic has the same value and another derivative.
#[test]
fn a_counterpart_that_is_not_analytic_condemns_nothing() {
    let cost = |p: &[f64]| p[0].hypot(p[1]) + 1e8;
    let right = |p: &[f64]| [p[0] / p[0].hypot(p[1]), p[1] / p[0].hypot(p[1])];
    #[allow(
        clippy::disallowed_methods,
        reason = "not analytic, as it should not be"
    )]
    let folded =
        |z: &[Complex<f64>]| Complex::new((z[0].norm_sqr() + z[1].norm_sqr()).sqrt() + 1e8, 0.0);
    let check = GradientCheck::new(cost, right)
        .at([2.0, 0.5])
        .complex_step(folded);
    assert_ne!(check.run().unwrap().verdict, Verdict::Disagree);
}

#[test]
fn a_machine_epsilon_that_is_none_is_refused() {
    for epsilon in [-1.0, 0.0, f64::NAN, f64::INFINITY] {
        let check = GradientCheck::new(|p: &[f64]| p[0] * p[0], |p: &[f64]| [2.0 * p[0]])
            .at([1.5])
            .working_epsilon(epsilon);
        assert!(
            matches!(check.run(), Err(CheckError::WorkingEpsilon { .. })),
            "{epsilon}"
        );
    }
}
