//! Right gradients that must not be rejected, wrong ones that must.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod cases;
mod causes;
mod control;
mod directional;
mod face;
mod given;
mod kept;
mod kinks;
mod names;
mod pattern;
mod reasons;
mod recheck;
mod second_opinion;
mod structure;
mod text;
mod told;
mod units;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use finite_diff::execution::Progress;
use finite_diff::{Execution, ParameterLayout, Scheme, Selection, Stencil, from_fn, try_from_fn};
use gradient_check::check::check_by_complex_step;
use gradient_check::course::{CompareRule, CompareSettings, Stored};
use gradient_check::diagnosis::Diagnosis;
use gradient_check::report::BlockReport;
use gradient_check::{CheckError, Reason, Report, Settings, Verdict, check, compare_gradients};
use num_complex::Complex;
use proptest::prelude::*;

/// A smooth function of two blocks, and its gradient by hand.
fn smooth(scale: f64) -> impl Fn(&[f64]) -> f64 {
    move |x: &[f64]| {
        scale * (x.iter().map(|v| v.sin() + 0.3 * v * v).sum::<f64>() + x[0] * x[x.len() - 1] + 2.0)
    }
}

fn smooth_gradient(scale: f64, x: &[f64]) -> Vec<f64> {
    let last = x.len() - 1;
    let mut g: Vec<f64> = x.iter().map(|v| v.cos() + 0.6 * v).collect();
    g[0] += x[last];
    g[last] += x[0];
    g.into_iter().map(|v| v * scale).collect()
}

fn two_blocks(len: usize) -> ParameterLayout {
    ParameterLayout::new()
        .with_stage("W1", &[2, 2], 1)
        .unwrap()
        .with_stage("b1", &[len - 4], 2)
        .unwrap()
}

fn judge(f: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], at: &[f64]) -> Report {
    let j = from_fn(at.len(), f);
    check(&j, gradient, at, &two_blocks(at.len()), &Settings::exact()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_right_gradient_agrees_whatever_the_scale_of_the_cost(
        at in prop::collection::vec(-3.0..3.0f64, 6..20), exponent in -8i32..9,
    ) {
        let scale = 10f64.powi(exponent);
        let report = judge(smooth(scale), &smooth_gradient(scale, &at), &at);
        prop_assert_eq!(report.verdict, Verdict::Agree, "{:#?}", report.worst);
    }

    #[test]
    fn one_wrong_coordinate_is_found_and_named(
        at in prop::collection::vec(-3.0..3.0f64, 6..20),
        exponent in -8i32..9, which in 0usize..6, relative in prop::sample::select(vec![1e-6, 1e-3, 1.0, -2.0]),
    ) {
        let scale = 10f64.powi(exponent);
        let mut gradient = smooth_gradient(scale, &at);
        // Relative to a typical entry, which is of order 1 here.
        gradient[which] += relative * scale * 3.0;
        let report = judge(smooth(scale), &gradient, &at);
        prop_assert_eq!(report.verdict, Verdict::Disagree);
        prop_assert_eq!(report.counts.disagree, 1);
        prop_assert_eq!(report.worst[0].coordinate.flat, which);
        prop_assert_eq!(report.first_wrong_stage, Some(if which < 4 { 1 } else { 2 }));
    }

    #[test]
    fn the_stated_power_is_what_is_caught(at in prop::collection::vec(-3.0..3.0f64, 6..12), which in 0usize..6) {
        let report = judge(smooth(1.0), &smooth_gradient(1.0, &at), &at);
        let power = report.power.unwrap().single_coordinate;
        let block = &report.blocks[usize::from(which >= 4)];
        let mut gradient = smooth_gradient(1.0, &at);
        let planted = 3.0 * power * block.scale;
        gradient[which] += planted;
        let report = judge(smooth(1.0), &gradient, &at);
        prop_assert_ne!(report.verdict, Verdict::Agree);
        // Undecided, now and then: in a block far below the rest the ladder can be the blunter look.
        if report.verdict != Verdict::Disagree {
            let worst = report.worst[0].comparison;
            prop_assert!(worst.coordinate == which && worst.tolerance > planted, "{:?}", worst);
        }
    }
}

/// Of a single entry any factor may be had, but not the one that another block has.
#[test]
fn a_block_of_one_entry_has_the_factor_of_another_block() {
    let at: [f64; 5] = [0.3, -0.7, 1.1, 0.2, -0.4];
    let causes = |factors: [f64; 2]| {
        let mut gradient = smooth_gradient(1.0, &at);
        for (i, g) in gradient.iter_mut().enumerate() {
            *g *= factors[usize::from(i >= 4)];
        }
        let report = judge(smooth(1.0), &gradient, &at);
        let of = |block: &BlockReport| block.diagnosis.clone().unwrap();
        report.blocks.iter().map(of).collect::<Vec<Diagnosis>>()
    };
    let [w, b] = &causes([20.0, 20.0])[..] else {
        panic!("two blocks")
    };
    assert_eq!((w.cause, b.cause), ("scale", "scale"));
    assert_eq!(w.message, b.message);
    let [w, b] = &causes([20.0, 20.001])[..] else {
        panic!("two blocks")
    };
    assert_eq!((w.cause, b.cause), ("scale", "some-entries"));
}

/// A single entry is a multiple of its parameter whatever it is, and parameters that are 0 say nothing.
#[test]
fn one_entry_beside_zeros_is_no_decay() {
    let cost = |x: &[f64]| x[0].sin() + 2.0 * x[1].sin() + 3.0 * x[2].sin();
    let at: [f64; 3] = [0.0, 0.0, 2.0];
    let gradient = [1.0, 2.0, 2.0 * at[2].cos()];
    let layout = ParameterLayout::flat("x", 3);
    let report = check(
        &from_fn(3, cost),
        &gradient,
        &at,
        &layout,
        &Settings::exact(),
    )
    .unwrap();
    let diagnosis = report.blocks[0].diagnosis.as_ref().unwrap();
    assert_eq!(diagnosis.cause, "some-entries", "{}", diagnosis.message);
}

/// So little that a factor says nothing of it: a root that is iterated to a tolerance.
#[test]
fn an_error_of_a_tolerance_is_named_as_such() {
    let root = |x: &[f64]| {
        let mut y = 1.0f64;
        while (y * y - x[0]).abs() > 1e-5 {
            y = (y + x[0] / y) / 2.0;
        }
        y
    };
    let gradient = [0.5 / 2f64.sqrt()];
    let layout = ParameterLayout::flat("x", 1);
    let report = check(
        &from_fn(1, root),
        &gradient,
        &[2.0],
        &layout,
        &Settings::exact(),
    )
    .unwrap();
    assert_eq!(report.verdict, Verdict::Disagree);
    let message = &report.blocks[0].diagnosis.as_ref().unwrap().message;
    assert!(
        message.contains("has a relative error of")
            && message
                .ends_with("from the tolerance of an iterative method, or from single precision"),
        "{message}"
    );
}

/// The two signs and the factor that a fixed absolute tolerance passes when the cost is small.
#[test]
fn factors_and_signs_are_wrong_at_any_scale() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    for scale in [1e-8, 1.0, 1e8] {
        for factor in [2.0, 10.0, -1.0, 1.0001, 0.0] {
            let gradient: Vec<f64> = smooth_gradient(scale, &at)
                .iter()
                .map(|g| g * factor)
                .collect();
            let report = judge(smooth(scale), &gradient, &at);
            assert_eq!(report.verdict, Verdict::Disagree, "{scale:e} × {factor}");
            assert_eq!(report.counts.disagree, 6);
        }
    }
}

#[test]
fn nothing_that_is_not_a_number_ever_agrees() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        // In the gradient: wrong, and named.
        let mut gradient = smooth_gradient(1.0, &at);
        gradient[5] = bad;
        let report = judge(smooth(1.0), &gradient, &at);
        assert_eq!(report.verdict, Verdict::Disagree);
        assert_eq!(report.worst[0].coordinate.to_string(), "b1[1]");
        // At a probe: undecided there, and nowhere else.
        let poisoned = |x: &[f64]| if x[5] < 0.9 { bad } else { smooth(1.0)(x) };
        let report = judge(poisoned, &smooth_gradient(1.0, &at), &at);
        assert_eq!(report.verdict, Verdict::Inconclusive(Reason::NonFinite));
        assert_eq!(report.counts.with_reason(Reason::NonFinite), 1);
        // In the cost itself: nothing can be said.
        let report = judge(move |_: &[f64]| bad, &smooth_gradient(1.0, &at), &at);
        assert_eq!(report.counts.with_reason(Reason::NonFinite), 6);
    }
}

#[test]
fn a_quotient_that_overflows_is_undecided_and_not_wrong() {
    let j = from_fn(1, |x: &[f64]| x[0].exp());
    let layout = ParameterLayout::flat("x", 1);
    let report = check(&j, &[709f64.exp()], &[709.0], &layout, &Settings::exact()).unwrap();
    assert_eq!(report.counts.disagree, 0, "{:?}", report.worst[0]);
    let report = check(&j, &[f64::NAN], &[709.0], &layout, &Settings::exact()).unwrap();
    assert_eq!(report.verdict, Verdict::Disagree);
}

/// A cost with noise below what the values show: an error above the stated power is never confirmed.
#[test]
fn an_error_above_the_power_does_not_agree_where_the_cost_is_noisy() {
    let hash = |x: &[f64]| {
        let bits = x.iter().fold(7u64, |h, v| {
            (h ^ v.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15)
        });
        (bits >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let j = from_fn(2, move |x: &[f64]| {
        x[0].sin() + x[1] * x[1] + 1e-12 * hash(x)
    });
    let layout = ParameterLayout::flat("x", 2);
    let at = [0.7f64, 0.4];
    let gradient = [at[0].cos(), 2.0 * at[1]];
    let right = check(&j, &gradient, &at, &layout, &Settings::exact()).unwrap();
    assert_eq!(right.verdict, Verdict::Agree);
    let power = right.power.unwrap().single_coordinate * right.blocks[0].scale;
    for times in [2.0, 3.0, 10.0, 30.0] {
        let wrong = [gradient[0] + times * power, gradient[1]];
        let report = check(&j, &wrong, &at, &layout, &Settings::exact()).unwrap();
        assert_ne!(report.verdict, Verdict::Agree, "{times} times");
    }
}

#[test]
fn a_block_that_nothing_depends_on_is_no_pass() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    let only_the_first_block = |x: &[f64]| x[..4].iter().map(|v| v.sin()).sum::<f64>();
    let mut gradient: Vec<f64> = at.iter().map(|v: &f64| v.cos()).collect();
    gradient[4] = 0.0;
    gradient[5] = 0.0;
    let report = judge(only_the_first_block, &gradient, &at);
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Vacuous));
    assert_eq!(report.blocks[0].verdict, Verdict::Agree);
    assert_eq!(report.counts.with_reason(Reason::Vacuous), 2);
    // A nonsense backward of the dead block is wrong all the same.
    gradient[4] = 0.5;
    assert_eq!(
        judge(only_the_first_block, &gradient, &at).verdict,
        Verdict::Disagree
    );
}

#[test]
fn a_flat_coordinate_of_a_live_block_agrees_and_is_counted() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    let without_the_second = |x: &[f64]| x[0].sin() + x[2] * x[3] + x[4].exp() + x[5];
    let gradient = [at[0].cos(), 0.0, at[3], at[2], at[4].exp(), 1.0];
    let report = judge(without_the_second, &gradient, &at);
    assert_eq!((report.verdict, report.counts.flat), (Verdict::Agree, 1));
}

#[test]
fn a_cost_that_changes_from_call_to_call_is_named_as_such() {
    let calls = AtomicU64::new(0);
    let report = judge(
        |x: &[f64]| smooth(1.0)(x) + 1e-9 * calls.fetch_add(1, Ordering::Relaxed) as f64,
        &smooth_gradient(1.0, &[0.3; 6]),
        &[0.3; 6],
    );
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(Reason::NotDeterministic)
    );
}

#[test]
fn any_subgradient_at_a_kink_agrees_and_nothing_outside() {
    // ReLU at exactly 0: D⁻ = 0, D⁺ = 1. The other coordinates are smooth.
    let at = [0.0, -0.7, 1.1, 0.2, -0.4, 0.9];
    let relu = |x: &[f64]| x[0].max(0.0) + x[1..].iter().map(|v| v.sin()).sum::<f64>();
    let gradient = |g0: f64| {
        let mut g: Vec<f64> = at.iter().map(|v: &f64| v.cos()).collect();
        g[0] = g0;
        g
    };
    for inside in [0.0, 0.25, 1.0] {
        let report = judge(relu, &gradient(inside), &at);
        assert_eq!(
            (report.verdict, report.counts.subgradients),
            (Verdict::Agree, 1),
            "{inside}"
        );
    }
    // The midpoint is what central differences give there: it agrees without a second look.
    assert_eq!(judge(relu, &gradient(0.5), &at).verdict, Verdict::Agree);
    for outside in [-0.01, 1.01, 2.0, -1.0] {
        let report = judge(relu, &gradient(outside), &at);
        assert_eq!(
            (report.verdict, report.counts.disagree),
            (Verdict::Disagree, 1),
            "{outside}"
        );
    }
}

#[test]
fn a_kink_near_the_point_is_no_false_alarm() {
    for distance in [1e-4, 1e-5, 3e-6, 1e-6] {
        for side in [-1.0, 1.0] {
            let at: [f64; 6] = [0.5 + side * distance, -0.7, 1.1, 0.2, -0.4, 0.9];
            let relu =
                |x: &[f64]| 3.0 * (x[0] - 0.5).max(0.0) + x.iter().map(|v| v.sin()).sum::<f64>();
            let mut gradient: Vec<f64> = at.iter().map(|v| v.cos()).collect();
            gradient[0] += if side > 0.0 { 3.0 } else { 0.0 };
            let report = judge(relu, &gradient, &at);
            assert_eq!(
                report.counts.disagree, 0,
                "{side} {distance:e}: {:#?}",
                report.worst[0]
            );
            // Doubled, it is wrong, kink or no kink.
            gradient[0] *= 2.0;
            assert_eq!(judge(relu, &gradient, &at).verdict, Verdict::Disagree);
        }
    }
}

/// A kink so weak that the narrow steps drown it in rounding, and so near that the wide ones settle on
/// the mean of its two slopes: both sides must be asked.
#[test]
fn a_hidden_kink_is_no_false_alarm() {
    for exponent in 5..13 {
        let slope = 10f64.powi(-exponent);
        for distance in [0.0, 1e-9, 1e-7, 1e-5] {
            let at: [f64; 6] = [0.5, -0.7, 1.1, 0.2, -0.4, 0.9];
            let kinked = |x: &[f64]| {
                slope * (x[0] - 0.5 - distance).max(0.0) + x.iter().map(|v| v.sin()).sum::<f64>()
            };
            let gradient: Vec<f64> = at.iter().map(|v| v.cos()).collect();
            let report = judge(kinked, &gradient, &at);
            assert_eq!(
                report.counts.disagree, 0,
                "{slope:e} {distance:e}: {:#?}",
                report.worst[0]
            );
        }
    }
}

/// Kinks on both sides, nearer than any step: the slope between them is not that outside.
#[test]
fn a_point_fenced_in_by_kinks_is_undecided_where_the_objective_knows_its_pieces() {
    struct Fenced;
    impl finite_diff::Objective<f64> for Fenced {
        fn dim(&self) -> usize {
            6
        }

        fn value(&self, x: &[f64]) -> Result<f64, finite_diff::EvaluationError> {
            // Slope 0 far out on both sides and 1e-7 in between.
            let ramp = (x[0] - 0.5).clamp(-1e-12, 1e-12) * 1e-7;
            Ok(ramp + x.iter().map(|v| v * v).sum::<f64>())
        }

        fn piece(
            &self,
            x: &[f64],
        ) -> Result<finite_diff::objective::Piece, finite_diff::EvaluationError> {
            let within = (x[0] - 0.5).abs() < 1e-12;
            let fingerprint = if within { 0 } else { 1 + u64::from(x[0] > 0.5) };
            Ok(finite_diff::objective::Piece::Numbered {
                fingerprint,
                on_kink: false,
            })
        }
    }
    let at: [f64; 6] = [0.5, -0.7, 1.1, 0.2, -0.4, 0.9];
    let mut gradient: Vec<f64> = at.iter().map(|v| 2.0 * v).collect();
    gradient[0] += 1e-7;
    let word = |gradient: &[f64]| {
        check(&Fenced, gradient, &at, &two_blocks(6), &Settings::exact())
            .unwrap()
            .verdict
    };
    assert_eq!(word(&gradient), Verdict::Inconclusive(Reason::Kink));
    // Even far outside: what the slope in there is nobody can tell. What is no number is wrong.
    gradient[0] *= -5.0;
    assert_eq!(word(&gradient), Verdict::Inconclusive(Reason::Kink));
    gradient[0] = f64::NAN;
    assert_eq!(word(&gradient), Verdict::Disagree);
}

#[test]
fn a_gradient_of_single_precision_is_held_to_single_precision() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    let rounded: Vec<f64> = smooth_gradient(1.0, &at)
        .iter()
        .map(|g| f64::from(*g as f32))
        .collect();
    assert_eq!(judge(smooth(1.0), &rounded, &at).verdict, Verdict::Disagree);
    let j = from_fn(6, smooth(1.0));
    let settings = Settings {
        working_epsilon: f64::from(f32::EPSILON),
        ..Settings::exact()
    };
    let report = check(&j, &rounded, &at, &two_blocks(6), &settings).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);
}

#[test]
fn the_complex_step_sees_errors_of_1e_12() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    let j = from_fn(6, |x: &[Complex<f64>]| {
        x.iter()
            .map(|v| v.sin() + v * v * 0.3)
            .sum::<Complex<f64>>()
            + x[0] * x[5]
            + 2.0
    });
    let mut gradient = smooth_gradient(1.0, &at);
    let judge = |gradient: &[f64]| {
        check_by_complex_step(&j, gradient, &at, &two_blocks(6), &Settings::exact()).unwrap()
    };
    assert_eq!(judge(&gradient).verdict, Verdict::Agree);
    gradient[2] += 1e-12;
    assert_eq!(judge(&gradient).verdict, Verdict::Disagree);
}

#[test]
fn every_stencil_leads_to_the_same_word() {
    let at: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];
    let j = from_fn(6, smooth(1.0));
    let mut wrong = smooth_gradient(1.0, &at);
    wrong[3] *= 1.01;
    for scheme in Stencil::ALL
        .map(Scheme::optimal)
        .into_iter()
        .chain([Scheme::course(1e-7)])
    {
        let settings = Settings {
            scheme,
            ..Settings::exact()
        };
        let word = |g: &[f64]| {
            check(&j, g, &at, &two_blocks(6), &settings)
                .unwrap()
                .verdict
        };
        assert_eq!(
            word(&smooth_gradient(1.0, &at)),
            Verdict::Agree,
            "{scheme:?}"
        );
        assert_eq!(word(&wrong), Verdict::Disagree, "{scheme:?}");
    }
}

#[test]
fn a_cancelled_check_reports_what_it_saw_and_no_more() {
    let at = vec![0.5; 300];
    let layout = ParameterLayout::flat("theta", 300);
    let j = from_fn(300, smooth(1.0));
    let run = |gradient: &[f64]| {
        let flag = AtomicBool::new(false);
        let progress = |p: Progress| flag.store(p.done >= 100, Ordering::Relaxed);
        let execution = Execution {
            threads: NonZeroUsize::new(1),
            progress: Some(&progress),
            cancel: Some(&flag),
            failure: None,
        };
        let settings = Settings {
            execution,
            ..Settings::exact()
        };
        check(&j, gradient, &at, &layout, &settings).unwrap()
    };
    let right = smooth_gradient(1.0, &at);
    let report = run(&right);
    assert!(report.interrupted);
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Interrupted));
    assert_eq!((report.counts.agree, report.selected), (100, 300));

    let mut wrong = right.clone();
    wrong[50] *= 2.0;
    wrong[250] *= 2.0;
    let report = run(&wrong);
    assert_eq!(
        (report.verdict, report.counts.disagree),
        (Verdict::Disagree, 1)
    );
}

#[test]
fn a_sample_judges_as_many_as_asked_and_says_so() {
    let at = vec![0.5; 300];
    let layout = ParameterLayout::new()
        .with("W", &[29, 10])
        .unwrap()
        .with("b", &[10])
        .unwrap();
    let settings = Settings {
        selection: Selection::Sample { count: 40, seed: 3 },
        ..Settings::exact()
    };
    let j = from_fn(300, smooth(1.0));
    let report = check(&j, &smooth_gradient(1.0, &at), &at, &layout, &settings).unwrap();
    assert_eq!(
        (report.verdict, report.selected, report.counts.total()),
        (Verdict::Agree, 40, 40)
    );
    assert_eq!(report.blocks[1].counts.total(), 10);
    assert_eq!(report.parameters, 300);
}

#[test]
fn what_does_not_fit_is_an_error_and_no_verdict() {
    let j = from_fn(6, smooth(1.0));
    let settings = Settings::exact();
    let layout = two_blocks(6);
    let text = |error: CheckError| error.to_string();
    assert_eq!(
        text(check(&j, &[0.0; 5], &[0.0; 6], &layout, &settings).unwrap_err()),
        "the analytic gradient does not fit the parameters: the flat vector has 5 entries, but the \
         layout W1[2,2] b1[2] has 6"
    );
    assert_eq!(
        text(check(&j, &[0.0; 6], &[0.0; 7], &layout, &settings).unwrap_err()),
        "the point does not fit the layout: the flat vector has 7 entries, but the layout W1[2,2] \
         b1[2] has 6"
    );
    assert_eq!(
        text(check(&j, &[], &[], &ParameterLayout::new(), &settings).unwrap_err()),
        "the objective takes 6 parameters, but the layout (no blocks) has 0"
    );
    let nothing = Settings {
        selection: Selection::Some(vec![]),
        ..Settings::exact()
    };
    assert!(matches!(
        check(&j, &[0.0; 6], &[0.0; 6], &layout, &nothing),
        Err(CheckError::Empty)
    ));
    let failing = try_from_fn(6, |x: &[f64]| {
        if x[4] > 0.0 {
            Err("out of paper")
        } else {
            Ok(1.0)
        }
    });
    assert_eq!(
        text(
            check(
                &failing,
                &[0.0; 6],
                &[0.0; 6],
                &layout,
                &Settings {
                    selection: Selection::Some(vec![4]),
                    ..Settings::exact()
                }
            )
            .unwrap_err()
        )
        .rsplit(": ")
        .next(),
        Some("out of paper; if its domain ends there, set the bounds")
    );
}

/// J = Σ sin(x_i)·c_i over many x_i, of which a probe changes one term.
struct ManyTerms {
    coefficients: Vec<f64>,
}

impl ManyTerms {
    fn term(&self, i: usize, x: f64) -> f64 {
        self.coefficients[i] * x.sin()
    }
}

impl finite_diff::Objective<f64> for ManyTerms {
    fn dim(&self) -> usize {
        self.coefficients.len()
    }

    fn value(&self, point: &[f64]) -> Result<f64, finite_diff::EvaluationError> {
        Ok(point
            .iter()
            .enumerate()
            .map(|(i, x)| self.term(i, *x))
            .sum())
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [f64],
    ) -> Result<Box<dyn finite_diff::objective::Neighborhood<f64> + 'a>, finite_diff::EvaluationError>
    {
        struct OneTerm<'a>(&'a ManyTerms, &'a [f64], f64);
        impl finite_diff::objective::Neighborhood<f64> for OneTerm<'_> {
            fn fork(
                &self,
            ) -> Result<
                Box<dyn finite_diff::objective::Neighborhood<f64> + '_>,
                finite_diff::EvaluationError,
            > {
                Ok(Box::new(OneTerm(self.0, self.1, self.2)))
            }
            fn center(&mut self) -> Result<f64, finite_diff::EvaluationError> {
                Ok(self.2)
            }
            fn value_with(
                &mut self,
                i: usize,
                x: f64,
            ) -> Result<f64, finite_diff::EvaluationError> {
                Ok(self.2 + (self.0.term(i, x) - self.0.term(i, self.1[i])))
            }
        }
        Ok(Box::new(OneTerm(self, point, self.value(point)?)))
    }

    fn engine(&self) -> Option<&'static str> {
        Some("one term")
    }
}

/// A tolerance that grows with the number of parameters would let it pass.
#[test]
fn one_wrong_weight_among_fifty_thousand_is_found_and_the_others_are_not_blamed() {
    const MANY: usize = 50_000;
    let objective = ManyTerms {
        coefficients: (0..MANY).map(|i| 1.0 + (i as f64 * 0.37).cos()).collect(),
    };
    let at: Vec<f64> = (0..MANY).map(|i| (i as f64 * 0.11).sin()).collect();
    let mut gradient: Vec<f64> = at
        .iter()
        .zip(&objective.coefficients)
        .map(|(x, c)| c * x.cos())
        .collect();
    let layout = ParameterLayout::new().with("W", &[250, 200]).unwrap();
    let settings = Settings::exact();
    let right = check(&objective, &gradient, &at, &layout, &settings).unwrap();
    assert_eq!(right.verdict, Verdict::Agree, "{:#?}", right.worst);
    for off in [1.0, 1e-7] {
        let was = gradient[31_417];
        gradient[31_417] += off;
        let report = check(&objective, &gradient, &at, &layout, &settings).unwrap();
        assert_eq!(report.counts.disagree, 1, "{off:e}");
        assert_eq!(report.worst[0].coordinate.to_string(), "W[157,17]");
        let diagnosis = report.blocks[0].diagnosis.as_ref().unwrap();
        assert_eq!(diagnosis.cause, "single-entry");
        gradient[31_417] = was;
    }
}
