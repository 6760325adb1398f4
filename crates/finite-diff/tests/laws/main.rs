//! The laws of the engine, each over random inputs.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

mod directions;
mod ladder;
mod noise;
mod printable;
mod steps;
mod sums;
mod working_copy;

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use finite_diff::ladder::{Ground, Support, ladder_reach};
use finite_diff::noise::measure_noise;
use finite_diff::objective::{Neighborhood, Piece};
use finite_diff::{
    DifferenceError, Estimate, EvaluationError, Execution, Noise, Objective, Outcome,
    ParameterLayout, Scheme, Selection, Stencil, StepSize, complex_step, differentiate,
    differentiate_finely, from_fn, try_from_fn,
};
use num_complex::Complex;
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// Coordinates that one task fills or adds up: longer sums are made in chunks.
const CHUNK: usize = 1 << 14;

/// Σ c_k·t^k and its derivative at t.
fn polynomial(coefficients: &[f64], t: f64) -> (f64, f64) {
    coefficients
        .iter()
        .rev()
        .fold((0.0, 0.0), |(p, dp), c| (p * t + c, dp * t + p))
}

fn threads(n: usize) -> Execution<'static> {
    Execution {
        threads: NonZeroUsize::new(n),
        ..Execution::default()
    }
}

/// A smooth function of many variables that mixes scales and neighbors.
fn wavy(x: &[f64]) -> f64 {
    x.iter()
        .enumerate()
        .map(|(i, v)| (v * (1.0 + i as f64 * 0.1)).sin() * x[i / 2].exp())
        .sum()
}

fn wavy_complex(x: &[Complex<f64>]) -> Complex<f64> {
    x.iter()
        .enumerate()
        .map(|(i, v)| (v * (1.0 + i as f64 * 0.1)).sin() * x[i / 2].exp())
        .sum()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// A length in metres that J varies by in nanometres, or less.
    #[test]
    fn the_ladder_finds_the_length_of_a_small_parameter(
        exponent in -12.0..0.0f64,
        ratio in 0.02..5.0f64,
        negative in any::<bool>(),
    ) {
        let length = 10f64.powf(exponent);
        let x = if negative { -ratio * length } else { ratio * length };
        type Function = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
        let functions: [Function; 5] = [
            ("sin", f64::sin, f64::cos),
            ("exp", f64::exp, f64::exp),
            ("a square beside 1", |t| 1.0 + t * t, |t| 2.0 * t),
            // Steps for parameters of size 1 leave their domain.
            ("ln", |t| t.abs().ln(), |t| 1.0 / t),
            ("sqrt", |t| t.abs().sqrt(), |t| 0.5 * t.signum() / t.abs().sqrt()),
        ];
        for (name, f, derivative) in functions {
            let j = from_fn(1, |p: &[f64]| f(p[0] / length));
            // Where the value is small what rounds is t, of size 1.
            let noise = Noise::Absolute(2.0 * f64::EPSILON * f(x / length).abs().max(1.0));
            let run = differentiate_finely(&j, &[x], &[0], noise, &threads(1)).unwrap();
            let refined = run.entries[0].outcome.estimated().unwrap();
            let exact = derivative(x / length) / length;
            let error = (refined.derivative.derivative - exact).abs();
            let bar = refined.derivative.error_bar();
            prop_assert!(error <= 2.0 * bar, "{name}: {error:e} beside {bar:e}");
            let sharp = 1e-7 * exact.abs().max(1.0 / length);
            prop_assert!(bar < sharp, "{name}: {bar:e} of {exact:e}");
            let smooth = matches!(refined.ground, Ground::Smooth { .. });
            prop_assert!(smooth, "{name}: {refined:?}");
        }
    }

    #[test]
    fn a_stencil_of_order_p_is_exact_on_polynomials_of_degree_p(
        coefficients in prop::collection::vec(-2.0..2.0f64, 5),
        t in -2.0..2.0f64,
    ) {
        for stencil in Stencil::ALL {
            let degree = stencil.order() as usize;
            let p = &coefficients[..=degree];
            let j = from_fn(1, |x: &[f64]| polynomial(p, x[0]).0);
            // A long step, so that rounding stays small beside what a wrong weight would show.
            let scheme = Scheme { step: StepSize::Absolute(0.125), ..Scheme::optimal(stencil) };
            let run = differentiate(&j, &[t], &[0], &scheme, &Execution::default()).unwrap();
            let d = run.entries[0].outcome.estimated().unwrap();
            let exact = polynomial(p, t).1;
            prop_assert!((d.derivative - exact).abs() < 1e-11, "{}: {d:?} against {exact}", stencil.name());
        }
    }

    #[test]
    fn every_number_of_threads_gives_the_same_bits(
        point in prop::collection::vec(-1.5..1.5f64, 1..200),
    ) {
        let j = from_fn(point.len(), wavy);
        let all: Vec<usize> = (0..point.len()).collect();
        let one = differentiate(&j, &point, &all, &Scheme::CENTRAL, &threads(1)).unwrap();
        for n in [2, 3] {
            prop_assert_eq!(&one, &differentiate(&j, &point, &all, &Scheme::CENTRAL, &threads(n)).unwrap());
        }
    }

    #[test]
    fn a_layout_round_trips_and_names_each_coordinate_once(
        shapes in prop::collection::vec(prop::collection::vec(0usize..5, 0..4), 0..6),
    ) {
        let mut layout = ParameterLayout::new();
        for (i, shape) in shapes.iter().enumerate() {
            layout = layout.with(format!("B{i}"), shape).unwrap();
        }
        let flat: Vec<usize> = (0..layout.len()).collect();
        let parts = layout.unflatten(&flat).unwrap();
        prop_assert_eq!(layout.flatten(&parts).unwrap(), flat.clone());

        let mut names = std::collections::BTreeSet::new();
        for i in flat {
            let coordinate = layout.coordinate(i).unwrap();
            let block = layout.block(&coordinate.block).unwrap();
            // Row-major: the index times the strides is the offset in the block.
            let within = coordinate.index.iter().zip(block.shape()).fold(0, |sum, (i, n)| sum * n + i);
            prop_assert_eq!(block.range().start + within, i);
            prop_assert!(names.insert(coordinate.to_string()));
        }
        prop_assert!(layout.coordinate(layout.len()).is_none());
    }

    #[test]
    fn a_sample_leaves_out_no_block_and_repeats_none(
        lens in prop::collection::vec(0usize..40, 1..8), count in 0usize..100, seed: u64,
    ) {
        let mut layout = ParameterLayout::new();
        for (i, len) in lens.iter().enumerate() {
            layout = layout.with(format!("B{i}"), &[*len]).unwrap();
        }
        let blocks = lens.iter().filter(|len| **len > 0).count();
        let drawn = Selection::Sample { count, seed }.coordinates(&layout, None);
        prop_assert_eq!(drawn.len(), count.max(blocks).min(layout.len()));
        prop_assert!(drawn.windows(2).all(|pair| pair[0] < pair[1]));
        for block in layout.blocks().iter().filter(|block| !block.is_empty()) {
            prop_assert!(drawn.iter().any(|i| block.range().contains(i)));
        }
    }

    #[test]
    fn a_probe_changes_one_coordinate_and_nothing_else(
        point in prop::collection::vec(-1e3..1e3f64, 2..8),
    ) {
        let original = point.clone();
        let j = from_fn(point.len(), |x: &[f64]| {
            let changed = x.iter().zip(&original).filter(|(a, b)| a.to_bits() != b.to_bits()).count();
            assert!(changed <= 1);
            x.iter().sum()
        });
        let all: Vec<usize> = (0..point.len()).collect();
        differentiate(&j, &point, &all, &Scheme::CENTRAL, &threads(1)).unwrap();
        finite_diff::course::gradient(&j, &point, 1e-7).unwrap();
        prop_assert_eq!(&point, &original);
    }
}

/// Bars come from a few numbers, so that a statement about them is one about how often they hold:
/// seeded, and counted over thousands of coordinates.
#[test]
fn error_bars_cover_the_true_error_on_smooth_functions() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut coordinates = 0;
    let mut missed = [0; 6];
    for _ in 0..1000 {
        let dim = rng.random_range(1..12);
        let point: Vec<f64> = (0..dim).map(|_| rng.random_range(-1.5..1.5)).collect();
        let all: Vec<usize> = (0..dim).collect();
        let truth = complex_step(&from_fn(dim, wavy_complex), &point, &all, &threads(1)).unwrap();
        let truth: Vec<f64> = truth
            .entries
            .iter()
            .map(|e| e.outcome.estimated().unwrap().derivative)
            .collect();
        let j = from_fn(dim, wavy);
        // Measured: the terms of this sum are larger than the sum, and so is their rounding.
        let noise = measure_noise(&j, &point, 0, &Execution::default()).unwrap();
        let noise = Noise::Absolute(noise.epsilon_f::<f64>(wavy(&point).abs()));
        let mut hold = |which: usize, estimate: &Estimate, exact: f64| {
            missed[which] +=
                usize::from((estimate.derivative - exact).abs() > 2.0 * estimate.error_bar());
        };
        coordinates += dim;
        for (which, stencil) in Stencil::ALL.into_iter().enumerate() {
            let scheme = Scheme {
                noise,
                ..Scheme::optimal(stencil)
            };
            let run = differentiate(&j, &point, &all, &scheme, &threads(1)).unwrap();
            for (entry, exact) in run.entries.iter().zip(&truth) {
                hold(which, entry.outcome.estimated().unwrap(), *exact);
            }
        }
        let fine = differentiate_finely(&j, &point, &all, noise, &threads(1)).unwrap();
        for (entry, exact) in fine.entries.iter().zip(&truth) {
            let refined = entry.outcome.estimated().unwrap();
            hold(3, &refined.derivative, *exact);
            hold(4, &refined.left, *exact);
            hold(5, &refined.right, *exact);
            assert!(matches!(refined.ground, Ground::Smooth { .. }));
            assert!(refined.derivative.error_bar() < 1e-8);
        }
    }
    let rates = missed.map(|m| f64::from(m as u32) / coordinates as f64);
    println!("{coordinates} coordinates; share outside 2B: {rates:?}");
    assert!(rates.iter().all(|rate| *rate < 0.001), "{rates:?}");
}

#[test]
fn the_course_in_one_dimension_gives_its_published_difference() {
    // Published by the course for J = θx, x = 2, θ = 4, ε = 1e-7.
    let j = from_fn(1, |theta: &[f64]| theta[0] * 2.0);
    let gradapprox = finite_diff::course::gradient(&j, &[4.0], 1e-7).unwrap()[0];
    let difference = (2.0 - gradapprox).abs() / (2.0 + gradapprox.abs());
    assert_eq!(difference, 2.919335883291695e-10);
}

#[test]
fn a_failing_evaluation_is_reported_at_the_same_coordinate_and_side_for_every_thread_count() {
    let point = vec![1.0; 500];
    let j = try_from_fn(500, |x: &[f64]| match x.iter().position(|v| *v < 1.0) {
        Some(i) if i >= 130 => Err(format!("the model died at {i}")),
        _ => Ok(x.iter().sum()),
    });
    let all: Vec<usize> = (0..500).collect();
    for n in [1, 2, 4] {
        let error = differentiate(&j, &point, &all, &Scheme::CENTRAL, &threads(n)).unwrap_err();
        let message = error.to_string();
        let DifferenceError::Probe {
            coordinate,
            side,
            source,
        } = error
        else {
            panic!("{message}")
        };
        assert_eq!((coordinate, side.offset), (130, -1));
        assert_eq!(source.to_string(), "the model died at 130");
        assert_eq!(
            message,
            "the objective failed at coordinate 130, x − h = 9.999923706054688e-1: the model died at 130; if its domain ends there, set the bounds"
        );
    }
}

#[test]
fn a_cancelled_run_returns_what_it_has() {
    let flag = AtomicBool::new(false);
    let seen = AtomicUsize::new(0);
    let progress = |p: finite_diff::execution::Progress| {
        seen.store(p.done, Ordering::Relaxed);
        flag.store(p.done >= 10, Ordering::Relaxed);
    };
    let execution = Execution {
        threads: NonZeroUsize::new(1),
        progress: Some(&progress),
        cancel: Some(&flag),
        failure: None,
    };
    let j = from_fn(300, |x: &[f64]| x.iter().sum());
    let all: Vec<usize> = (0..300).collect();
    let run = differentiate(&j, &vec![1.0; 300], &all, &Scheme::CENTRAL, &execution).unwrap();
    assert!(run.interrupted);
    assert_eq!((run.entries.len(), seen.load(Ordering::Relaxed)), (10, 10));
}

#[test]
fn a_side_that_is_not_finite_is_a_finding_of_its_own() {
    let j = from_fn(2, |x: &[f64]| if x[1] < 1.0 { f64::NAN } else { x[0] });
    let run = differentiate(&j, &[1.0, 1.0], &[0, 1], &Scheme::CENTRAL, &threads(1)).unwrap();
    assert!(run.entries[0].outcome.estimated().is_some());
    let Outcome::NonFinite { side, value } = run.entries[1].outcome else {
        panic!()
    };
    assert_eq!(side.offset, -1);
    assert!(value.is_nan());
}

#[test]
fn a_step_that_rounds_away_is_a_finding_of_its_own() {
    let j = from_fn(1, |x: &[f64]| x[0]);
    let run = differentiate(&j, &[1e12], &[0], &Scheme::course(1e-7), &threads(1)).unwrap();
    assert_eq!(
        run.entries[0].outcome,
        Outcome::StepNotRepresentable { step: 1e-7 }
    );
    // The same point with a step that grows with it.
    let run = differentiate(&j, &[1e12], &[0], &Scheme::CENTRAL, &threads(1)).unwrap();
    assert_eq!(run.entries[0].outcome.estimated().unwrap().derivative, 1.0);
}

#[test]
fn the_quotient_divides_by_the_step_really_taken() {
    // At 1e8 a step of 1e-7 becomes 8.9e-8 or 1.04e-7: a nominal 2ε is off by percents.
    let x = 1e8 + 0.3;
    let j = from_fn(1, |x: &[f64]| x[0]);
    let ours = differentiate(&j, &[x], &[0], &Scheme::course(1e-7), &threads(1)).unwrap();
    assert_eq!(ours.entries[0].outcome.estimated().unwrap().derivative, 1.0);
    let notebook = finite_diff::course::gradient(&j, &[x], 1e-7).unwrap()[0];
    assert!((notebook - 1.0).abs() > 0.01, "{notebook}");
}

#[test]
fn a_kink_at_the_point_shows_in_the_one_sided_derivatives() {
    let relu = from_fn(1, |x: &[f64]| x[0].max(0.0) + 0.5 * x[0] + 1.0);
    let fine = differentiate_finely(&relu, &[0.0], &[0], Noise::default(), &threads(1)).unwrap();
    let refined = fine.entries[0].outcome.estimated().unwrap();
    assert_eq!(refined.ground, Ground::Kink { resolved: true });
    assert!((refined.left.derivative - 0.5).abs() <= refined.left.error_bar());
    assert!((refined.right.derivative - 1.5).abs() <= refined.right.error_bar());
}

#[test]
fn a_kink_nearby_is_stepped_around() {
    // A kink 2e-5 above the point: within reach of the central scheme's wider steps, not of the
    // ladder's narrow ones.
    let kinked = from_fn(1, |x: &[f64]| {
        (x[0] - 2e-5).max(0.0) * 3.0 + x[0].sin() + 1.0
    });
    let fine = differentiate_finely(&kinked, &[0.0], &[0], Noise::default(), &threads(1)).unwrap();
    let refined = fine.entries[0].outcome.estimated().unwrap();
    let error = (refined.derivative.derivative - 1.0).abs();
    assert!(
        error <= refined.derivative.error_bar() && error < 1e-8,
        "{refined:?}"
    );
    assert!(matches!(refined.ground, Ground::Smooth { .. }));
}

#[test]
fn f32_objectives_are_differentiated_with_steps_that_exist_in_f32() {
    let j = from_fn(1, |x: &[f32]| x[0].sin());
    let run = differentiate(&j, &[0.7f32], &[0], &Scheme::CENTRAL, &threads(1)).unwrap();
    let d = run.entries[0].outcome.estimated().unwrap();
    let error = (d.derivative - f64::from(0.7f32).cos()).abs();
    assert!(
        error <= 2.0 * d.error_bar() && d.error_bar() < 1e-3,
        "{error:e} {d:?}"
    );
}

#[test]
fn misuse_is_an_error_that_says_what_does_not_fit() {
    let j = from_fn(2, |x: &[f64]| x[0]);
    let run = |point: &[f64], coordinates: &[usize], scheme: Scheme| {
        differentiate(&j, point, coordinates, &scheme, &threads(1))
            .unwrap_err()
            .to_string()
    };
    assert_eq!(
        run(&[1.0], &[0], Scheme::CENTRAL),
        "the point has 1 entries, but the objective takes 2"
    );
    assert_eq!(
        run(&[1.0, 2.0], &[2], Scheme::CENTRAL),
        "coordinate 2 was selected, but the objective takes only 2 parameters"
    );
    assert_eq!(
        run(&[1.0, 2.0], &[0], Scheme::course(-1.0)),
        "invalid step size -1: it must be finite and above 0, for example 1e-7"
    );
    let duplicate = ParameterLayout::new()
        .with("W", &[1])
        .unwrap()
        .with("W", &[1])
        .unwrap_err();
    assert_eq!(
        duplicate.to_string(),
        "two blocks are named `W`: give each block a different name"
    );
    let huge = ParameterLayout::new()
        .with("W", &[usize::MAX, 2])
        .unwrap_err();
    assert!(
        huge.to_string()
            .contains("more entries than an index can count")
    );
}

/// max(x − kink, 0), which says which side of the kink a point is on.
struct Hinge {
    kink: f64,
    knows: bool,
}

impl Objective<f64> for Hinge {
    fn dim(&self) -> usize {
        1
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        Ok((x[0] - self.kink).max(0.0))
    }

    fn piece(&self, x: &[f64]) -> Result<Piece, EvaluationError> {
        let fingerprint = u64::from(x[0] > self.kink) + 2 * u64::from(x[0] == self.kink);
        Ok(match self.knows {
            true => Piece::Numbered {
                fingerprint,
                on_kink: x[0] == self.kink,
            },
            false => Piece::Unknown,
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The kink lies between half of the step that is said to leave the piece and that step.
    #[test]
    fn the_ladder_says_how_near_the_next_piece_is(
        x in -5.0..5.0f64, exponent in -10.0..0.0f64, above in any::<bool>(), knows in any::<bool>(),
    ) {
        let away = 10f64.powf(exponent);
        let hinge = Hinge { kink: if above { x + away } else { x - away }, knows };
        let away = (hinge.kink - x).abs();
        let fine = differentiate_finely(&hinge, &[x], &[0], Noise::default(), &threads(1)).unwrap();
        let within = fine.entries[0].outcome.estimated().unwrap().other_piece_within;
        let reach = ladder_reach(x);
        // A hinge is straight: all of its bar is noise, and wider steps are looked at than the first ones.
        if !knows {
            prop_assert_eq!(within, None);
        } else if away > reach {
            prop_assert!(within.is_none_or(|step| away <= step), "{away:e} {within:?}");
        } else {
            let step = within.unwrap();
            prop_assert!(away <= step && step <= reach, "{away:e} {step:e} {reach:e}");
            let narrowest = reach / f64::from(1 << 18);
            prop_assert!(away > step / 2.0 || step == narrowest, "{away:e} {step:e}");
        }
    }
}

/// A neighborhood that evaluates everything again, but asks for batches.
struct Batched {
    batch: usize,
}

struct BatchedAround<'a> {
    point: &'a [f64],
    batch: usize,
}

impl Objective<f64> for Batched {
    fn dim(&self) -> usize {
        200
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        Ok(point.iter().map(|x| x.sin()).sum())
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [f64],
    ) -> Result<Box<dyn Neighborhood<f64> + 'a>, EvaluationError> {
        let batch = self.batch;
        Ok(Box::new(BatchedAround { point, batch }))
    }
}

impl Neighborhood<f64> for BatchedAround<'_> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<f64> + '_>, EvaluationError> {
        Ok(Box::new(Self { ..*self }))
    }

    fn center(&mut self) -> Result<f64, EvaluationError> {
        Batched { batch: 1 }.value(self.point)
    }

    fn value_with(&mut self, coordinate: usize, replacement: f64) -> Result<f64, EvaluationError> {
        let mut point = self.point.to_vec();
        point[coordinate] = replacement;
        if coordinate == 150 && replacement < self.point[150] {
            return Err("no".into());
        }
        Batched { batch: 1 }.value(&point)
    }

    fn batch(&self) -> usize {
        self.batch
    }
}

#[test]
fn a_batch_changes_no_number_and_names_the_probe_that_failed() {
    let point = [0.3; 200];
    let all: Vec<usize> = (0..150).collect();
    let run = |batch, threads| {
        let execution = Execution {
            threads: NonZeroUsize::new(threads),
            ..Execution::default()
        };
        let scheme = Scheme::optimal(Stencil::FIVE_POINT);
        differentiate(&Batched { batch }, &point, &all, &scheme, &execution).unwrap()
    };
    let alone = run(1, 1);
    for (batch, threads) in [(4, 1), (6, 2), (13, 1), (1000, 2)] {
        assert_eq!(run(batch, threads), alone, "{batch} {threads}");
    }
    let error = |batch| {
        let run = Execution::default();
        let failed = differentiate(
            &Batched { batch },
            &point,
            &[3, 150],
            &Scheme::CENTRAL,
            &run,
        );
        failed.unwrap_err().to_string()
    };
    assert_eq!(error(1), error(64));
    assert!(error(64).contains("150"), "{}", error(64));
}

/// A value between 0 and 1 that hangs on the bits of `x` and on `draw` alone.
fn scattered(x: f64, draw: u64) -> f64 {
    ChaCha8Rng::seed_from_u64(x.to_bits() ^ (draw << 1)).random_range(0.0..1.0)
}

/// Costs with noise of either kind, and a kink right above x whose jump is from nothing to ten times what the noise
/// hides: the slope at x is the one below the kink, and the bar holds it, unless the kink is seen.
#[test]
fn bars_hold_a_slope_whose_kink_is_hidden_in_noise() {
    type Smooth = (fn(f64) -> f64, fn(f64) -> f64);
    let smooth: [Smooth; 3] = [
        (f64::sin, f64::cos),
        (f64::tanh, |t| 1.0 - t.tanh().powi(2)),
        (|t| t.exp().ln_1p(), |t| 1.0 / (1.0 + (-t).exp())),
    ];
    let (mut outside, mut far, mut lines) = (0, 0, 0);
    for draw in 0..1500 {
        let share = scattered(0.5, draw);
        let (f, derivative) = smooth[draw as usize % 3];
        let (x, sigma) = (2.0 * share - 1.0, 1e-10f64.powf(scattered(0.6, draw)));
        let sigma = 1e-3 * sigma;
        let jump = match draw % 4 {
            0 => 0.0,
            _ => 30.0 * sigma * scattered(0.7, draw) * 10f64.powf(2.0 * scattered(0.8, draw)),
        };
        let j = from_fn(1, |p: &[f64]| {
            let uniform = 12f64.sqrt() * (scattered(p[0], draw) - 0.5);
            let normal = {
                let angle = std::f64::consts::TAU * scattered(p[0], draw);
                (-2.0 * scattered(-p[0], draw).max(1e-300).ln()).sqrt() * angle.cos()
            };
            let noise = if draw % 2 == 0 { uniform } else { normal };
            f(p[0]) + jump * (p[0] - x).max(0.0) + sigma * noise
        });
        let noise = Noise::Absolute(3.0 * sigma);
        let run = differentiate_finely(&j, &[x], &[0], noise, &threads(1)).unwrap();
        let refined = run.entries[0].outcome.estimated().unwrap();
        if matches!(refined.ground, Ground::Kink { .. }) {
            continue;
        }
        let d = refined.derivative;
        let error = (d.derivative - derivative(x)).abs() / d.error_bar();
        lines += 1;
        outside += usize::from(error > 1.0);
        far += usize::from(error > 2.0);
    }
    println!("{lines} lines: {outside} outside B, {far} outside 2B");
    assert!(lines > 1000 && far == 0 && outside * 100 < lines);
}

/// Noise that nobody spoke of is found on the line itself, and narrower steps, which have more of it, say nothing against
/// that: the derivative is as sharp as the noise allows, and supported by it. (Far above what J is said to have it may as well
/// be what J does on a shorter length.)
#[test]
fn noise_that_a_line_shows_itself_is_no_shorter_length() {
    let scatter = |x: f64| 2.0 * scattered(x, 0) - 1.0;
    for size in [1e-13, 1e-12, 1e-11, 1e-10] {
        for k in 0..20 {
            let at = 0.5 + 0.013 * f64::from(k);
            let j = from_fn(1, |x: &[f64]| x[0].sin() + size * scatter(x[0]));
            let run =
                differentiate_finely(&j, &[at], &[0], Noise::default(), &Execution::default());
            let run = run.unwrap();
            let found = run.entries[0].outcome.estimated().unwrap();
            assert_eq!(found.support, Support::Noise, "{size:e} at {at}: {found:?}");
            let d = found.derivative;
            let off = (d.derivative - at.cos()).abs();
            assert!(
                off <= 2.0 * d.error_bar(),
                "{size:e} at {at}: {off:e} {found:?}"
            );
        }
    }
}

/// A J that is constant next to the point has nothing to show on narrower steps.
#[test]
fn constant_ground_asks_for_no_narrower_steps() {
    let j = from_fn(1, |x: &[f64]| 1.0 + 0.9 * (x[0] - 1e-3).max(0.0));
    let run = differentiate_finely(&j, &[0.0], &[0], Noise::default(), &Execution::default());
    assert!(run.unwrap().evaluations < 60);
}
