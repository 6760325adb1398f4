//! The laws of a domain: nothing is evaluated outside it, and what is said near a bound is true.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use finite_diff::{
    Domain, DomainError, Estimate, Execution, Ground, Noise, Objective, Outcome, ParameterLayout,
    Scheme, Stencil, StepSize, Within, differentiate, differentiate_finely, directions_within,
    from_fn, measure_noise, try_from_fn, walk,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A function of one variable with its derivative, and where it is defined.
#[derive(Clone, Copy)]
struct Curve {
    name: &'static str,
    value: fn(f64) -> f64,
    slope: fn(f64) -> f64,
    lower: f64,
    upper: f64,
}

const fn curve(
    name: &'static str,
    value: fn(f64) -> f64,
    slope: fn(f64) -> f64,
    lower: f64,
    upper: f64,
) -> Curve {
    Curve {
        name,
        value,
        slope,
        lower,
        upper,
    }
}

/// Smooth up to the bound and beyond, singular beyond it, singular at it.
const CURVES: [Curve; 9] = [
    curve("exp", f64::exp, f64::exp, 0.0, 1.0),
    curve(
        "sin 3x",
        |x| (3.0 * x).sin(),
        |x| 3.0 * (3.0 * x).cos(),
        -0.7,
        0.4,
    ),
    curve("ln", f64::ln, |x| 1.0 / x, 0.05, f64::INFINITY),
    curve("sqrt", f64::sqrt, |x| 0.5 / x.sqrt(), 0.25, 4.0),
    curve("ln at 0", f64::ln, |x| 1.0 / x, 0.0, 1.0),
    curve("x^1.5", |x| x.powf(1.5), |x| 1.5 * x.sqrt(), 0.0, 2.0),
    curve(
        "acos",
        f64::acos,
        |x| -1.0 / ((1.0 - x) * (1.0 + x)).sqrt(),
        -1.0,
        1.0,
    ),
    curve(
        "logit",
        |x| x.ln() - (1.0 - x).ln(),
        |x| 1.0 / x + 1.0 / (1.0 - x),
        0.0,
        1.0,
    ),
    curve("x^2.5", |x| x.powf(2.5), |x| 2.5 * x.powf(1.5), 0.0, 3.0),
];

/// The curve, which fails outside `lower`..`upper`.
fn guarded(curve: Curve, lower: f64, upper: f64) -> impl Objective<f64> {
    let j = try_from_fn(1, move |x: &[f64]| {
        if (lower..=upper).contains(&x[0]) {
            Ok((curve.value)(x[0]))
        } else {
            Err(format!("{} was evaluated at {:e}", curve.name, x[0]))
        }
    });
    Within::new(j, Domain::new(&[lower], &[upper]).unwrap())
}

/// A point of the curve at, or near, one of its bounds, and a box around it that may be narrow.
fn draw(curve: Curve, random: &mut ChaCha8Rng) -> (f64, f64, f64) {
    let (mut lower, mut upper) = (curve.lower, curve.upper.min(curve.lower + 3.0));
    let mut away = 10f64.powf(random.random_range(-10.0..-0.5));
    if random.random_bool(0.2) {
        away = 0.0;
    }
    let x = if random.random_bool(0.5) {
        (lower + away).min(upper)
    } else {
        (upper - away).max(lower)
    };
    if random.random_bool(0.3) {
        let width = 10f64.powf(random.random_range(-7.0..-1.0));
        let below = random.random_range(0.0..1.0) * width;
        lower = lower.max(x - below);
        upper = upper.min(x + width - below);
    }
    (x, lower, upper)
}

#[derive(Default, Clone, Copy, Debug)]
struct Coverage {
    told: usize,
    one: usize,
    two: usize,
    sharp: usize,
    none: usize,
}

impl Coverage {
    fn count(&mut self, estimate: Option<Estimate>, truth: f64) {
        let Some(estimate) = estimate else {
            self.none += 1;
            return;
        };
        let off = (estimate.derivative - truth).abs() - 4.0 * f64::EPSILON * truth.abs();
        self.told += 1;
        self.one += usize::from(off <= estimate.error_bar());
        self.two += usize::from(off <= 2.0 * estimate.error_bar());
        self.sharp += usize::from(estimate.error_bar() <= 1e-6 * truth.abs());
    }
}

#[test]
fn bars_cover_the_derivative_at_a_bound_and_near_it() {
    let mut random = ChaCha8Rng::seed_from_u64(7);
    for curve in CURVES {
        let mut schemes = [Coverage::default(); 4];
        for _ in 0..600 {
            let (x, lower, upper) = draw(curve, &mut random);
            let truth = (curve.slope)(x);
            let j = guarded(curve, lower, upper);
            if !truth.is_finite() || !(curve.value)(x).is_finite() {
                continue;
            }
            for (stencil, coverage) in Stencil::ALL.into_iter().zip(&mut schemes) {
                let scheme = Scheme::optimal(stencil);
                let run = differentiate(&j, &[x], &[0], &scheme, &Execution::default()).unwrap();
                coverage.count(run.entries[0].outcome.estimated().copied(), truth);
            }
            let run = differentiate_finely(&j, &[x], &[0], Noise::default(), &Execution::default())
                .unwrap();
            let refined = run.entries[0].outcome.estimated();
            schemes[3].count(refined.map(|r| r.derivative), truth);
        }
        println!("{}:", curve.name);
        for (name, c) in ["forward", "central", "five-point", "ladder"]
            .iter()
            .zip(schemes)
        {
            println!("  {name:11} {c:?}");
        }
    }
}
