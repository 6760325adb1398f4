//! Parameters in any unit: a length in metres that the cost varies by in nanometres, beside others of size 1.

use std::f64::consts::PI;
use std::ops::RangeInclusive;

use finite_diff::{ParameterLayout, from_fn};
use gradient_check::{GradientCheck, Report, Settings, Verdict, check};
use proptest::prelude::*;

/// Interference in a thin film: what light of ten colors says of its thickness d, in a unit of `metre`
/// metres, of its refractive index and of its absorption, in the inverse of that unit.
#[derive(Debug)]
struct Film {
    metre: f64,
}

impl Film {
    const COLORS: [f64; 10] = [
        410e-9, 440e-9, 470e-9, 500e-9, 530e-9, 560e-9, 590e-9, 620e-9, 650e-9, 680e-9,
    ];

    /// The cost, and its derivatives by d, n and α.
    fn look(&self, p: &[f64]) -> (f64, [f64; 3]) {
        let [d, n, alpha] = [p[0], p[1], p[2]];
        let mut cost = 0.0;
        let mut gradient = [0.0; 3];
        for (k, color) in Self::COLORS.iter().enumerate() {
            let wave = 4.0 * PI / (color / self.metre);
            let (phase, damping) = (wave * n * d, (-alpha * d).exp());
            let seen = damping * phase.cos();
            let off = seen - 0.1 * (k as f64 - 4.5);
            let by_phase = -damping * phase.sin();
            cost += off * off;
            gradient[0] += 2.0 * off * (by_phase * wave * n - alpha * seen);
            gradient[1] += 2.0 * off * by_phase * wave * d;
            gradient[2] -= 2.0 * off * seen * d;
        }
        (cost, gradient)
    }

    fn judge(&self, at: &[f64], spoil: impl Fn(&mut [f64; 3])) -> Report {
        let mut gradient = self.look(at).1;
        spoil(&mut gradient);
        let layout = ParameterLayout::new().with("d", &[1]).unwrap();
        let layout = layout.with("n", &[1]).unwrap();
        let layout = layout.with("alpha", &[1]).unwrap();
        let cost = from_fn(3, |p: &[f64]| self.look(p).0);
        check(&cost, &gradient, at, &layout, &Settings::default()).unwrap()
    }
}

/// Of a right gradient of sin(x/length + phase), beside a term of size 1.
fn swing(at: f64, length: f64, phase: f64) -> Report {
    let cost = from_fn(2, |p: &[f64]| (p[0] / length + phase).sin() + p[1]);
    let right = [(at / length + phase).cos() / length, 1.0];
    let layout = ParameterLayout::new().with("d", &[1]).unwrap();
    let layout = layout.with("b", &[1]).unwrap();
    check(&cost, &right, &[at, 0.5], &layout, &Settings::default()).unwrap()
}

/// At 0, or where x is far longer than what J varies by, nothing says how short the steps have to be: wider ones that agree
/// by accident are no derivative. Five hundred phases, so that some do.
#[test]
fn what_swings_within_every_step_is_not_called_wrong() {
    for k in 0..500 {
        let phase = 0.0125 * f64::from(k);
        for (at, length) in [(0.0, 1e-8), (0.0, 1e-9), (0.7, 1e-8), (0.7, 1e-9)] {
            let report = swing(at, length, phase);
            assert_ne!(
                report.blocks[0].verdict,
                Verdict::Disagree,
                "{at}, {length:e}, {phase}\n{report}"
            );
        }
    }
}

/// J varies by a length down to a few of the narrowest steps for a parameter of size 1, at 0 and where x is far longer: the
/// first steps are too wide and scatter as noise does, and narrower ones tell.
#[test]
fn a_length_far_below_the_parameter_is_found() {
    type Curve = (fn(f64) -> f64, fn(f64) -> f64);
    let curves: [Curve; 6] = [
        (f64::sin, f64::cos),
        (f64::tanh, |t| 1.0 - t.tanh().powi(2)),
        (
            |t| (-(t - 0.7) * (t - 0.7)).exp(),
            |t| -2.0 * (t - 0.7) * (-(t - 0.7) * (t - 0.7)).exp(),
        ),
        (|t| t * t + 0.3 * t, |t| 2.0 * t + 0.3),
        (
            |t| (t + 0.4).cos() + 0.1 * t * t,
            |t| 0.2 * t - (t + 0.4).sin(),
        ),
        (
            |t| 1.0 / (1.0 + (t - 0.5) * (t - 0.5)),
            |t| -2.0 * (t - 0.5) / (1.0 + (t - 0.5) * (t - 0.5)).powi(2),
        ),
    ];
    let (mut agree, mut wrong, mut all) = (0, 0, 0);
    for (at, exponent) in [0.0, 0.7]
        .into_iter()
        .flat_map(|at| (8..=16).map(move |e| (at, e)))
    {
        // 1e-4, 3e-5, …, 1e-8.
        let length = 10f64.powf(-f64::from(exponent) / 2.0);
        for (curve, slope) in curves {
            for k in 0..5 {
                let shift = 0.1 * f64::from(k);
                let t = move |x: f64| (x - at) / length + shift;
                let cost = |x: &[f64]| curve(t(x[0])) + x[1].sin() * x[2];
                let check = |factor: f64| {
                    let gradient = |x: &[f64]| {
                        [
                            factor * slope(t(x[0])) / length,
                            x[1].cos() * x[2],
                            x[1].sin(),
                        ]
                    };
                    let point = vec![at, 0.4, 1.3];
                    GradientCheck::new(cost, gradient).at(point).run().unwrap()
                };
                let right = check(1.0);
                assert_ne!(
                    right.verdict,
                    Verdict::Disagree,
                    "{at}, {length:e}\n{right}"
                );
                let off = check(1.01);
                assert_ne!(off.verdict, Verdict::Agree, "{at}, {length:e}\n{off}");
                agree += usize::from(right.verdict == Verdict::Agree);
                wrong += usize::from(off.verdict == Verdict::Disagree);
                all += 1;
            }
        }
    }
    assert!(100 * agree >= 95 * all, "{agree} of {all}");
    assert!(100 * wrong >= 95 * all, "{wrong} of {all}");
}

#[test]
#[ignore = "prints the table of docs/theory/derivatives.md, section 5"]
fn swings_by_length() {
    for (at, length) in [0.0, 0.7]
        .into_iter()
        .flat_map(|at| (8..13).map(move |e| (at, 10f64.powi(-e))))
    {
        let phases = (0..1000).map(|k| 0.00625 * f64::from(k));
        let wrong =
            phases.filter(|phase| swing(at, length, *phase).blocks[0].verdict == Verdict::Disagree);
        println!(
            "at {at}, length {length:.0e}: {} of 1,000 called wrong",
            wrong.count()
        );
    }
}

/// A film in units of 10ᵘ metres, u of `units`, and d, n and α.
fn film(units: RangeInclusive<i32>) -> impl Strategy<Value = (Film, [f64; 3])> {
    let physical = (units, 30e-9..900e-9f64, 1.2..2.6f64, 1e4..1e6f64);
    physical.prop_map(|(unit, thickness, index, absorption)| {
        let metre = 10f64.powi(unit);
        (
            Film { metre },
            [thickness / metre, index, absorption * metre],
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_film_is_checked_alike_in_any_unit(
        (film, at) in film(-12..=-1),
    ) {
        let right = film.judge(&at, |_| ());
        prop_assert_eq!(right.counts.disagree, 0, "{}", right);
        let gradient = film.look(&at).1;
        for (wrong, name) in ["d", "n", "alpha"].into_iter().enumerate() {
            // What the cost changes by if the parameter does by a share of itself is of size 1.
            let size = gradient[wrong].abs().max(1.0 / at[wrong]);
            let bar = right.blocks[wrong].worst.as_ref().unwrap().comparison.error_bar.unwrap();
            prop_assert!(bar <= 1e-6 * size, "{name}: {bar:e} of {size:e}\n{right}");
            if gradient[wrong].abs() < 1e-3 * size {
                continue;
            }
            let report = film.judge(&at, |gradient| gradient[wrong] *= 1.01);
            let blocks: Vec<&str> = report
                .blocks
                .iter()
                .filter(|block| block.verdict == Verdict::Disagree)
                .map(|block| block.name.as_str())
                .collect();
            prop_assert_eq!(blocks, [name], "{}", report);
        }
    }

    /// In metres all of d lies within a few of the narrowest steps for a parameter of size 1; in hectometres what
    /// measures the noise sees nothing else.
    #[test]
    fn a_right_gradient_is_wrong_in_no_unit(
        (film, at) in film(0..=1),
    ) {
        let right = film.judge(&at, |_| ());
        prop_assert_eq!(right.counts.disagree, 0, "{}", right);
    }
}

/// Everywhere but within a few widths of it, a line of a spectrum is flat: so are all steps for parameters of size 1.
#[test]
fn a_missing_entry_is_seen_where_only_steps_of_its_own_size_see_it() {
    for width in [100e-9, 30e-9, 10e-9, 1e-9, 1e-10] {
        let line = move |p: &[f64]| p[0] * (-((p[1] - 500e-9) / width).powi(2) / 2.0).exp();
        let at = [2.0, 500e-9 - 0.5 * width];
        let height = (-0.125f64).exp();
        let right = [height, 2.0 * height * 0.5 / width];
        let judge = |gradient: &[f64]| {
            let layout = ParameterLayout::new().with("p", &[2]).unwrap();
            let cost = from_fn(2, line);
            check(&cost, gradient, &at, &layout, &Settings::default()).unwrap()
        };
        let report = judge(&right);
        assert_eq!(report.counts.disagree, 0, "{width:e}\n{report}");
        let report = judge(&[height, 0.0]);
        assert_eq!(report.verdict, Verdict::Disagree, "{width:e}\n{report}");
    }
}

/// Where no two rungs agree there is no derivative to be wrong by.
#[test]
fn what_no_step_resolves_is_undecided() {
    let sine = |length: f64| {
        let at = [0.5 * length];
        let cost = from_fn(1, move |p: &[f64]| (p[0] / length).sin());
        let layout = ParameterLayout::new().with("p", &[1]).unwrap();
        let gradient = [(at[0] / length).cos() / length];
        check(&cost, &gradient, &at, &layout, &Settings::default()).unwrap()
    };
    for length in [1e-10, 1e-9] {
        assert_ne!(sine(length).verdict, Verdict::Disagree, "{}", sine(length));
    }
}

/// Along directions too: steps for parameters of size 1 pass over all that the cost does.
#[test]
fn small_parameters_agree_along_directions() {
    for exponent in [-5, -7, -9, -12] {
        let unit = 10f64.powi(exponent);
        let cost = move |p: &[f64]| p.iter().map(|x| (x / unit).sin()).sum::<f64>();
        let right =
            move |p: &[f64]| -> Vec<f64> { p.iter().map(|x| (x / unit).cos() / unit).collect() };
        let at: Vec<f64> = (1..6).map(|i| 0.3 * f64::from(i) * unit).collect();
        for seed in 0..3 {
            let check = GradientCheck::new(cost, right).at(&at).seed(seed);
            let report = check.directional().run().unwrap();
            assert_ne!(
                report.verdict,
                Verdict::Disagree,
                "{exponent} {seed}: {report}"
            );
            let wrong =
                move |p: &[f64]| -> Vec<f64> { right(p).into_iter().map(|g| 1.01 * g).collect() };
            let check = GradientCheck::new(cost, wrong).at(&at).seed(seed);
            let report = check.directional().run().unwrap();
            assert_eq!(
                report.verdict,
                Verdict::Disagree,
                "{exponent} {seed}: {report}"
            );
        }
    }
}

/// Formulas that divide a cancellation away are saw-teeth next to x: smooth on the narrowest steps, with a slope of their own,
/// up to the next rounding of what cancels. Their scatter is what noise may be, and no structure of the cost.
#[test]
fn a_saw_tooth_of_rounding_is_no_slope() {
    type Curve = (&'static str, fn(f64) -> f64, fn(f64) -> f64, [f64; 2]);
    let curves: [Curve; 8] = [
        (
            "(1 − cos x)/x²",
            |x| (1.0 - x.cos()) / (x * x),
            |x| -x / 12.0 + x.powi(3) / 180.0,
            [1e-3, 1e-2],
        ),
        (
            "(1 − cos x)/x²",
            |x| (1.0 - x.cos()) / (x * x),
            |x| -x / 12.0 + x.powi(3) / 180.0,
            [2e-5, 1e-3],
        ),
        (
            "(eˣ − 1)/x",
            |x| (x.exp() - 1.0) / x,
            |x| 0.5 + x / 3.0 + x * x / 8.0,
            [1e-5, 1e-3],
        ),
        (
            "(eˣ − 1)/x",
            |x| (x.exp() - 1.0) / x,
            |x| 0.5 + x / 3.0,
            [1e-9, 1e-7],
        ),
        (
            "ln(1 + x)/x",
            |x| (1.0 + x).ln() / x,
            |x| 2.0 * x / 3.0 - 0.5,
            [1e-9, 1e-7],
        ),
        (
            "(√(1 + 4x) − 1)/2x",
            |x| ((1.0 + 4.0 * x).sqrt() - 1.0) / (2.0 * x),
            |x| -1.0 + 4.0 * x - 15.0 * x * x + 56.0 * x.powi(3),
            [1e-6, 1e-3],
        ),
        (
            "ln(1 + e⁻ˣ)",
            |x| (1.0 + (-x).exp()).ln(),
            |x| -1.0 / (1.0 + x.exp()),
            [10.0, 20.0],
        ),
        (
            "(tanh x − x)/x³",
            |x| (x.tanh() - x) / x.powi(3),
            |x| 4.0 * x / 15.0 - 68.0 * x.powi(3) / 315.0 + 124.0 * x.powi(5) / 945.0,
            [0.01, 0.1],
        ),
    ];
    let mut wrong = Vec::new();
    for (name, curve, slope, [from, to]) in curves {
        for k in 0..60u32 {
            let x = from * (to / from).powf((f64::from(k) + 0.37) / 60.0);
            let check =
                GradientCheck::new(move |p: &[f64]| curve(p[0]), move |p: &[f64]| [slope(p[0])]);
            let report = check.at([x]).seed(u64::from(k)).run().unwrap();
            if report.verdict == Verdict::Disagree {
                wrong.push(format!("{name} at {x:e}\n{report}"));
            }
        }
    }
    // Where the rows by which noise is measured meet the teeth at the same place, it looks smooth.
    assert!(
        wrong.len() <= 3,
        "{} of 480\n{}",
        wrong.len(),
        wrong.concat()
    );
}

/// A parameter so long that no step resolves what J does along it drowns the line by which noise is measured: J scatters by as much
/// as it is, which is no noise, and nothing is called wrong by it, nor by the other parameters' lines.
#[test]
fn a_phase_from_a_far_origin_is_undecided() {
    for base in [1.7e9, 1e12] {
        for k in 0..50 {
            let cost = move |p: &[f64]| ((p[0] - base) * p[1]).cos();
            let gradient = move |p: &[f64]| {
                let slope = -((p[0] - base) * p[1]).sin();
                [slope * p[1], slope * (p[0] - base)]
            };
            let at = [base + 50.0 + 1.37 * f64::from(k), 2.0];
            let report = GradientCheck::new(cost, gradient).at(at).run().unwrap();
            assert_ne!(report.verdict, Verdict::Disagree, "{base:e}, {k}\n{report}");
        }
    }
}

#[test]
#[ignore = "prints the figures of docs/decisions/0030-structure-or-noise.md"]
fn saw_teeth_called_wrong() {
    type Curve = (&'static str, fn(f64) -> f64, fn(f64) -> f64, f64);
    let curves: [Curve; 4] = [
        (
            "(1 − cos x)/x²",
            |x| (1.0 - x.cos()) / (x * x),
            |x| -x / 12.0,
            1e-5,
        ),
        (
            "(1 − cos x)/x²",
            |x| (1.0 - x.cos()) / (x * x),
            |x| -x / 12.0,
            1e-6,
        ),
        (
            "(eˣ − 1)/x",
            |x| (x.exp() - 1.0) / x,
            |x| 0.5 + x / 3.0,
            1e-8,
        ),
        (
            "ln(1 + x)/x",
            |x| (1.0 + x).ln() / x,
            |x| 2.0 * x / 3.0 - 0.5,
            1e-8,
        ),
    ];
    for (name, curve, slope, size) in curves {
        let is_wrong = |k: &u32| {
            let x = 0.9 * size * (11.0f64 / 9.0).powf((f64::from(*k) + 0.37) / 100.0);
            let gradient = move |p: &[f64]| [slope(p[0])];
            let check = GradientCheck::new(move |p: &[f64]| curve(p[0]), gradient);
            let report = check.at([x]).seed(u64::from(*k)).run().unwrap();
            report.verdict == Verdict::Disagree
        };
        let wrong = (0..100).filter(is_wrong).count();
        println!("{name} at {size:e}: {wrong} of 100 called wrong");
    }
    for base in [1.7e9, 1e12] {
        let is_wrong = |k: &u32| {
            let cost = move |p: &[f64]| ((p[0] - base) * p[1]).cos();
            let gradient = move |p: &[f64]| {
                let slope = -((p[0] - base) * p[1]).sin();
                [slope * p[1], slope * (p[0] - base)]
            };
            let at = [base + 50.0 + 1.37 * f64::from(*k), 2.0];
            let report = GradientCheck::new(cost, gradient).at(at).run().unwrap();
            report.verdict == Verdict::Disagree
        };
        let wrong = (0..100).filter(is_wrong).count();
        println!("cos((t − {base:e})·f): {wrong} of 100 called wrong");
    }
}
