//! The laws of a domain: nothing is evaluated outside it, and what is said near a bound is true.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may stop at the first surprise"
)]

use std::num::NonZeroUsize;

use finite_diff::directions::{StreamedDirection, WorkingCopy};
use finite_diff::domain::{DomainError, Within};
use finite_diff::ladder::Ground;
use finite_diff::noise::measure_noise;
use finite_diff::{
    Domain, Estimate, Execution, Noise, Objective, Outcome, Scheme, Stencil, StepSize,
    differentiate, differentiate_finely, from_fn, try_from_fn,
};
use proptest::prelude::*;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

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
    let (mut bars, mut narrow) = (0, 0);
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
        let sharp = |c: &Coverage| c.sharp as f64 / c.told as f64;
        for c in &schemes {
            assert!(c.told > 400 && c.none == 0, "{}: {c:?}", curve.name);
            // Of 20,896 bars, none was too narrow; one in a thousand is allowed, as anywhere.
            assert!(1000 * c.one >= 999 * c.told, "{}: {c:?}", curve.name);
            assert_eq!(c.two, c.told, "{}: {c:?}", curve.name);
        }
        assert!(
            sharp(&schemes[3]) > 0.85,
            "{}: {:?}",
            curve.name,
            schemes[3]
        );
        bars += schemes.iter().map(|c| c.told).sum::<usize>();
        narrow += schemes.iter().map(|c| c.told - c.one).sum::<usize>();
    }
    println!("{narrow} of {bars} bars too narrow");
}

#[test]
fn single_precision_is_covered_too() {
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let (mut told, mut covered) = (0, 0);
    for _ in 0..2000 {
        let (lower, upper) = (0.25f32, 0.25 + 10f32.powf(random.random_range(-5.0..0.5)));
        let x = match random.random_range(0..3) {
            0 => lower,
            1 => upper,
            _ => random.random_range(lower..upper),
        };
        let inside = move |x: f32| (lower..=upper).contains(&x);
        let j = try_from_fn(1, move |x: &[f32]| match inside(x[0]) {
            true => Ok(x[0].ln() + x[0]),
            false => Err("outside"),
        });
        let j = Within::new(j, Domain::new(&[lower], &[upper]).unwrap());
        let truth = 1.0 / f64::from(x) + 1.0;
        let run = differentiate(&j, &[x], &[0], &Scheme::CENTRAL, &Execution::default()).unwrap();
        let first = run.entries[0].outcome.estimated().copied();
        let execution = Execution::default();
        let run = differentiate_finely(&j, &[x], &[0], Noise::default(), &execution).unwrap();
        let fine = run.entries[0]
            .outcome
            .estimated()
            .map(|fine| fine.derivative);
        for estimate in [first, fine].into_iter().flatten() {
            told += 1;
            covered += usize::from((estimate.derivative - truth).abs() <= estimate.error_bar());
        }
    }
    assert!(
        told > 3500 && 1000 * covered >= 998 * told,
        "{covered} of {told}"
    );
}

#[test]
fn a_kink_at_a_bound_has_one_side() {
    let j = Within::new(
        from_fn(1, |x: &[f64]| (x[0] - 0.5).abs()),
        Domain::new(&[0.5], &[2.0]).unwrap(),
    );
    let execution = Execution::default();
    let run = differentiate_finely(&j, &[0.5], &[0], Noise::default(), &execution).unwrap();
    let fine = run.entries[0].outcome.estimated().unwrap();
    assert!((fine.derivative.derivative - 1.0).abs() < 1e-9);
    assert_eq!(fine.left, fine.derivative);
    let smooth = Ground::Smooth {
        kink_in_reach: false,
        known: false,
    };
    assert_eq!(fine.ground, smooth);
}

#[test]
fn what_is_below_all_steps_is_not_claimed_to_be_known() {
    let j = Within::new(
        from_fn(1, |x: &[f64]| (x[0] + 1e-12).ln() + (x[0] + 3e-5).ln()),
        Domain::new(&[0.0], &[1.0]).unwrap(),
    );
    let truth = 1e12 + 1.0 / 3e-5;
    let execution = Execution::default();
    let run = differentiate_finely(&j, &[0.0], &[0], Noise::default(), &execution).unwrap();
    let fine = run.entries[0].outcome.estimated().unwrap().derivative;
    assert!(
        (fine.derivative - truth).abs() <= fine.error_bar(),
        "{fine:?}"
    );
}

#[test]
fn one_sided_formulas_are_exact_on_their_polynomials_and_mirror_each_other() {
    let at = |offset: i32| f64::from(offset) * 0.25;
    for (above, below) in Stencil::INWARD_ABOVE.iter().zip(Stencil::INWARD_BELOW) {
        let degree = above.order();
        assert_eq!(degree, below.order());
        assert_eq!(above.noise_amplification(), below.noise_amplification());
        assert!(above.offsets().iter().all(|offset| *offset > 0));
        assert!(below.offsets().iter().all(|offset| *offset < 0));
        for power in 1..=degree {
            let j = |offset| (at(offset), (1.0 + at(offset)).powi(power));
            let exact = f64::from(power);
            for stencil in [above, &below] {
                let (derivative, truncation) = stencil.estimate(j);
                assert!(
                    (derivative - exact).abs() < 1e-12,
                    "{} {power}",
                    stencil.name()
                );
                assert!(truncation < 1e-10);
            }
        }
    }
}

#[test]
fn what_is_no_domain_says_why() {
    let error = |lower: &[f64], upper: &[f64]| Domain::new(lower, upper).unwrap_err();
    assert!(matches!(
        error(&[0.0], &[1.0, 2.0]),
        DomainError::Length {
            lower: 1,
            upper: 2,
            ..
        }
    ));
    assert!(matches!(
        error(&[0.0, 2.0], &[1.0, 1.0]),
        DomainError::Empty { coordinate: 1, .. }
    ));
    assert!(matches!(
        error(&[f64::NAN], &[1.0]),
        DomainError::Empty { coordinate: 0, .. }
    ));
    let fixed = Domain::unbounded(2).fix([2]).unwrap_err();
    assert!(matches!(
        fixed,
        DomainError::NoSuchCoordinate {
            coordinate: 2,
            parameters: 2
        }
    ));
    let domain = Domain::new(&[0.0], &[1.0]).unwrap();
    assert!(matches!(
        domain.check(&[f64::NAN]),
        Err(DomainError::Outside { .. })
    ));
    assert!(matches!(
        domain.check(&[0.5, 0.5]),
        Err(DomainError::Length { .. })
    ));
}

#[test]
fn what_is_fixed_has_no_derivative() {
    let j = Within::new(
        from_fn(2, |x: &[f64]| x[0] * x[1]),
        Domain::new(&[1.0, 0.0], &[1.0, 3.0]).unwrap(),
    );
    let execution = Execution::default();
    let run = differentiate(&j, &[1.0, 2.0], &[0, 1], &Scheme::CENTRAL, &execution).unwrap();
    assert!(matches!(
        run.entries[0].outcome,
        Outcome::StepNotRepresentable { .. }
    ));
    assert_eq!(
        (run.entries[0].evaluations, run.entries[1].evaluations),
        (0, 4)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// J fails outside the box and where a fixed coordinate moves: nothing that the engine does meets that, and with
    /// bounds out of reach it has the same bits as without.
    #[test]
    fn nothing_leaves_the_box(
        coordinates in prop::collection::vec(
            (-3.0..3.0f64, -10.0..0.5f64, -10.0..0.5f64, 0usize..5, prop::bool::weighted(0.2)), 1..8),
        absolute in prop::option::of(-9.0..0.0f64),
        seed: u64,
    ) {
        let at: Vec<f64> = coordinates.iter().map(|c| c.0).collect();
        let (mut lower, mut upper) = (at.clone(), at.clone());
        for (i, (_, below, above, kind, _)) in coordinates.iter().enumerate() {
            // On one bound, on both, between two, or bounded on one side.
            if *kind != 0 {
                lower[i] -= 10f64.powf(*below);
            }
            if *kind != 1 {
                upper[i] += 10f64.powf(*above);
            }
            if *kind == 3 {
                lower[i] = f64::NEG_INFINITY;
            }
        }
        let fixed: Vec<usize> = (0..at.len()).filter(|&i| coordinates[i].4).collect();
        let domain = Domain::new(&lower, &upper).unwrap().fix(fixed.iter().copied()).unwrap();
        let j = try_from_fn(at.len(), |x: &[f64]| {
            let inside = (0..x.len()).all(|i| (lower[i]..=upper[i]).contains(&x[i]));
            let still = fixed.iter().all(|&i| x[i] == at[i]);
            match inside && still {
                true => Ok(x.iter().map(|x| x.sin()).sum::<f64>()),
                false => Err(format!("{x:?}")),
            }
        });
        let j = Within::new(j, domain);
        let all: Vec<usize> = (0..at.len()).collect();
        let execution = Execution::default();
        for stencil in Stencil::ALL {
            let scheme = Scheme {
                step: absolute.map_or(StepSize::Optimal, |h| StepSize::Absolute(10f64.powf(h))),
                // Of eight sines, which may cancel.
                noise: Noise::Absolute(16.0 * f64::EPSILON),
                ..Scheme::optimal(stencil)
            };
            let run = differentiate(&j, &at, &all, &scheme, &execution).unwrap();
            for (i, entry) in run.entries.iter().enumerate() {
                if let Some(d) = entry.outcome.estimated() {
                    let off = (d.derivative - at[i].cos()).abs();
                    prop_assert!(off <= 2.0 * d.error_bar() + 1e-15, "{i}: {d:?} against {}", at[i].cos());
                }
            }
        }
        differentiate_finely(&j, &at, &all, Noise::default(), &execution).unwrap();
        measure_noise(&j, &at, seed, &Execution::default()).unwrap();
        let copy = WorkingCopy::new(&j, &at, None).unwrap();
        let u = StreamedDirection::new(seed, 0, 0..at.len());
        for (i, u) in copy.entries(&u).enumerate() {
            prop_assert!((u == 0.0) == (j.domain().unwrap().is_fixed(i)));
        }
        let line = copy.along(u).unwrap();
        let one = Execution { threads: NonZeroUsize::new(1), ..Execution::default() };
        measure_noise(&line, &[0.0], seed, &Execution::default()).unwrap();
        differentiate_finely(&line, &[0.0], &[0], Noise::default(), &one).unwrap();
        differentiate(&line, &[0.0], &[0], &Scheme::optimal(Stencil::FIVE_POINT), &one).unwrap();
    }

    #[test]
    fn bounds_out_of_reach_change_no_bit(
        at in prop::collection::vec(-3.0..3.0f64, 1..6), seed: u64,
    ) {
        let free = from_fn(at.len(), |x: &[f64]| x.iter().map(|x| x.sin()).product::<f64>());
        let bound = Within::new(&free, Domain::new(&vec![-9.0; at.len()], &vec![9.0; at.len()]).unwrap());
        let all: Vec<usize> = (0..at.len()).collect();
        let execution = Execution::default();
        for stencil in Stencil::ALL {
            let run = |j: &dyn Objective<f64>| {
                differentiate(j, &at, &all, &Scheme::optimal(stencil), &execution).unwrap()
            };
            prop_assert_eq!(run(&free), run(&bound));
        }
        let fine = |j: &dyn Objective<f64>| {
            differentiate_finely(j, &at, &all, Noise::default(), &execution).unwrap()
        };
        prop_assert_eq!(fine(&free), fine(&bound));
        prop_assert_eq!(measure_noise(&free, &at, seed, &Execution::default()).unwrap(), measure_noise(&bound, &at, seed, &Execution::default()).unwrap());
        let draw = |j: &dyn Objective<f64>| -> Vec<f64> {
            let copy = WorkingCopy::new(j, &at, None).unwrap();
            copy.entries(&StreamedDirection::new(seed, 0, 0..at.len())).collect()
        };
        prop_assert_eq!(draw(&free), draw(&bound));
    }
}
