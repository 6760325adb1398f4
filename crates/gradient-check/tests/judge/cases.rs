//! Costs as people have them, reduced from public reports and from use: each with two relatives.

mod points;

use std::sync::atomic::{AtomicU64, Ordering};

use finite_diff::Real;
use gradient_check::face::{ReturnedValue, ReturnedVector};
use gradient_check::{GradientCheck, Reason, Report, Verdict};

const AGREE: Verdict = Verdict::Agree;
const WRONG: Verdict = Verdict::Disagree;

/// A cost that is judged, behind a pointer.
type Cost<'a, T = f64> = &'a (dyn Fn(&[T]) -> T + Send + Sync);

/// A check of a cost beside the numbers that are said to be its gradient.
fn of<'a, T>(cost: Cost<'a, T>, gradient: &[T], at: &[T]) -> GradientCheck<'a, T>
where
    T: Real + ReturnedValue<T>,
    Vec<T>: ReturnedVector,
{
    let gradient = gradient.to_vec();
    GradientCheck::new(cost, move |_: &[T]| gradient.clone()).at(at)
}

fn told<T: Real>(verdict: Verdict, check: &GradientCheck<'_, T>) -> Report {
    let report = check.run().unwrap();
    assert_eq!(report.verdict, verdict, "{report}");
    report
}

/// The right gradient agrees, and an error of a hundredth of the block's scale in an entry, in up to 12 of them, is wrong.
fn right_and_wrong<T>(cost: Cost<'_, T>, gradient: &[T], at: &[T]) -> Report
where
    T: Real + ReturnedValue<T>,
    Vec<T>: ReturnedVector,
{
    let report = told(AGREE, &of(cost, gradient, at));
    let squares = gradient.iter().map(|g| g.to_f64().unwrap().powi(2));
    let scale = (squares.sum::<f64>() / gradient.len() as f64).sqrt();
    let (stride, most) = match gradient.len() {
        len @ 0..=12 => (1, len),
        len => (len / 3, 3),
    };
    let entries = (0..gradient.len()).step_by(stride).take(most);
    for (entry, error) in entries.zip([0.01, -0.01].into_iter().cycle()) {
        let mut planted = gradient.to_vec();
        planted[entry] = planted[entry] + T::from(error * scale).unwrap();
        told(WRONG, &of(cost, &planted, at));
    }
    report
}

/// Numbers between −1 and 1 that are not alike.
fn spread(len: usize) -> Vec<f64> {
    (0..len).map(|i| (1.7 * i as f64 + 0.4).sin()).collect()
}

/// A uniform number between −1 and 1, another one at each call.
fn uniform(calls: &AtomicU64) -> f64 {
    let mut z = calls
        .fetch_add(1, Ordering::Relaxed)
        .wrapping_mul(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

fn logistic(p: f64) -> f64 {
    1.0 / (1.0 + (-p).exp())
}

fn rosenbrock(x: &[f64]) -> f64 {
    let of_pair = |x: &[f64]| 100.0 * (x[1] - x[0] * x[0]).powi(2) + (1.0 - x[0]).powi(2);
    x.windows(2).map(of_pair).sum()
}

fn rosenbrock_gradient(x: &[f64]) -> Vec<f64> {
    let mut g = vec![0.0; x.len()];
    for i in 0..x.len() - 1 {
        let t = x[i + 1] - x[i] * x[i];
        g[i] += -400.0 * x[i] * t - 2.0 * (1.0 - x[i]);
        g[i + 1] += 200.0 * t;
    }
    g
}

/// Fifty examples of six features, which single precision holds, with their signs.
fn examples() -> impl Iterator<Item = (Vec<f32>, f32)> {
    (0..50u8).map(|i| {
        let x = (0..6).map(|j| (2.3 * f32::from(i * 5 + j)).cos()).collect();
        (x, if i % 3 == 0 { 1.0 } else { -1.0 })
    })
}

fn logistic_loss(w: &[f32]) -> f32 {
    let margin = |x: &[f32]| x.iter().zip(w).map(|(x, w)| x * w).sum::<f32>();
    let losses = examples().map(|(x, y)| (-y * margin(&x)).exp().ln_1p());
    losses.sum::<f32>() / 50.0
}

fn logistic_gradient(w: &[f64]) -> Vec<f64> {
    let mut g = vec![0.0; w.len()];
    for (x, y) in examples() {
        let margin: f64 = x.iter().zip(w).map(|(x, w)| f64::from(*x) * w).sum();
        for (g, x) in g.iter_mut().zip(&x) {
            *g -= f64::from(y * x) * logistic(-f64::from(y) * margin) / 50.0;
        }
    }
    g
}

/// A cost in single precision and its gradient in double, by the number of its parameters.
type Single = (usize, fn(&[f32]) -> f32, fn(&[f64]) -> Vec<f64>);

/// Σ k·ln(1 + exp pₖ), a sum of squares, a logistic loss.
const SINGLES: [Single; 3] = [
    (
        40,
        |p| {
            let terms = p.iter().zip(1u8..);
            terms
                .map(|(p, k)| f32::from(k) * (1.0 + p.exp()).ln())
                .sum()
        },
        |p| {
            let terms = p.iter().zip(1u8..);
            terms.map(|(p, k)| f64::from(k) * logistic(*p)).collect()
        },
    ),
    (
        40,
        |p| p.iter().map(|p| p * p).sum(),
        |p| p.iter().map(|p| 2.0 * p).collect(),
    ),
    (6, logistic_loss, logistic_gradient),
];

/// Twice [`spread`], in numbers that single precision holds.
fn held_by_singles(len: usize) -> Vec<f64> {
    let numbers = spread(len).into_iter();
    numbers.map(|v| f64::from(2.0 * v as f32)).collect()
}

/// The default of JAX and PyTorch, handed over as `f64`.
#[test]
fn a_cost_in_single_precision_agrees_to_what_its_noise_allows() {
    for (len, single, gradient) in SINGLES {
        let at = held_by_singles(len);
        let cost = |x: &[f64]| {
            let x: Vec<f32> = x.iter().map(|v| *v as f32).collect();
            f64::from(single(&x))
        };
        let report = right_and_wrong(&cost, &gradient(&at), &at);
        assert!(report.noise.unwrap().is_single, "{report}");
        let to = report.agrees_to().unwrap();
        assert!(to < 1e-3, "{report}");
        // The limit comes first.
        let text = report.to_string();
        let first = text.lines().next().unwrap();
        assert!(
            first.starts_with("  agree: ") && first.contains("but only to"),
            "{text}"
        );
        assert!(text.contains("single precision"), "{text}");
    }
}

/// The loss of one example by z = w·x and its sign, in either precision, and the derivative by z.
type Loss = (&'static str, fn(f32, f32) -> f32, fn(f64, f64) -> f64);

/// Losses of a regression: logistic, of counts, and one that outliers move little.
const LOSSES: [Loss; 3] = [
    (
        "logistic",
        |z, y| z.max(0.0) + (-z.abs()).exp().ln_1p() - y.max(0.0) * z,
        |z, y| logistic(z) - y.max(0.0),
    ),
    (
        "counts",
        |z, y| z.exp() - (y + 2.0) * z,
        |z, y| z.exp() - (y + 2.0),
    ),
    (
        "pseudo-Huber",
        |z, y| (1.0 + (z - y) * (z - y)).sqrt() - 1.0,
        |z, y| (z - y) / (1.0 + (z - y) * (z - y)).sqrt(),
    ),
];

/// The steps for double precision are far narrower than what single precision tells apart: of the nine values that noise
/// is measured by a few differ, or none does.
#[test]
fn regressions_in_single_precision_agree_at_nearly_every_point() {
    let mut agreed = 0;
    for (name, loss, slope) in LOSSES {
        for k in 0..40u8 {
            let at: Vec<f64> = (0..6u8)
                .map(|i| (1.7 * f64::from(i + 6 * k) + 0.4).sin())
                .collect();
            let cost = |w: &[f64]| {
                let term = |(x, y): (Vec<f32>, f32)| {
                    let z = x.iter().zip(w).map(|(x, w)| x * *w as f32).sum();
                    loss(z, y) / 50.0
                };
                f64::from(examples().map(term).sum::<f32>())
            };
            let mut gradient = vec![0.0; 6];
            for (x, y) in examples() {
                let z = x.iter().zip(&at).map(|(x, w)| f64::from(*x) * w).sum();
                for (g, x) in gradient.iter_mut().zip(&x) {
                    *g += f64::from(*x) * slope(z, f64::from(y)) / 50.0;
                }
            }
            let report = of(&cost, &gradient, &at).run().unwrap();
            assert_ne!(report.verdict, WRONG, "{name}, point {k}: {report}");
            if report.verdict == AGREE {
                agreed += 1;
                // Each error in each entry is a check of its own.
                if k % 5 == 0 {
                    right_and_wrong(&cost, &gradient, &at);
                }
            }
        }
    }
    assert!(agreed >= 118, "{agreed} of 120");
}

#[test]
fn functions_of_single_precision_agree_by_default() {
    for (len, cost, gradient) in SINGLES {
        let at = held_by_singles(len);
        let [gradient, at] = [gradient(&at), at].map(|v| v.iter().map(|v| *v as f32).collect());
        let (gradient, at): (Vec<f32>, Vec<f32>) = (gradient, at);
        right_and_wrong(&cost, &gradient, &at);
    }
}

/// A cost that is constant between jumps is a rounded one, bit for bit, and nobody can tell whose gradient is wanted: that of
/// what was rounded is neither right nor wrong, and the text says what may be there.
#[test]
fn a_cost_that_moves_in_steps_is_undecided() {
    // In fixed point; with two decimals; with five binary digits of the mantissa.
    type Steps = (fn(f64) -> f64, f64, f64);
    let steps: [Steps; 3] = [
        (|x| (8.0 * x).floor() / 8.0, 1.0, 0.6875),
        (|x| (100.0 * x * x).round() / 100.0, 1.42, 0.71),
        (
            |x| f64::from_bits((3.0 * x.sin()).to_bits() >> 48 << 48),
            3.0 * 0.4f64.cos(),
            0.4,
        ),
    ];
    for (cost, slope, x) in steps {
        let cost = move |x: &[f64]| cost(x[0]);
        let blunt = Verdict::Inconclusive(Reason::BelowResolution);
        let report = told(blunt, &of(&cost, &[slope], &[x]));
        assert!(report.to_string().contains("plateau"), "{report}");
    }
}

/// An energy, a likelihood: most of the cost is a constant.
#[test]
fn a_constant_in_the_cost_leaves_its_gradient_to_be_confirmed() {
    let at = [0.7f64, 1.2, 0.4];
    let gradient = [at[0].cos() * at[1], at[0].sin(), 2.0 * at[2]];
    for c in [1e6, -3e5, 1e8] {
        let cost = move |x: &[f64]| c + x[0].sin() * x[1] + x[2] * x[2];
        right_and_wrong(&cost, &gradient, &at);
    }
    right_and_wrong(&|x: &[f64]| x[0] - 1e6, &[1.0], &[1.0]);
    right_and_wrong(&|x: &[f64]| x[0].ln() - 2e6, &[2.0], &[0.5]);
}

/// Test functions of optimizers, at their usual sizes.
#[test]
fn large_sums_agree_and_most_at_four_evaluations_a_coordinate() {
    let few = |report: &Report| {
        let most = 5 * report.parameters as u64 + 60;
        assert!(report.evaluations <= most, "{}", report.evaluations);
    };
    let pairs = |x: &[f64]| x.chunks(2).map(rosenbrock).sum::<f64>();
    let at = spread(10_000);
    let gradient: Vec<f64> = at.chunks(2).flat_map(rosenbrock_gradient).collect();
    few(&told(AGREE, &of(&pairs, &gradient, &at)));
    let at = spread(3000);
    few(&right_and_wrong(
        &rosenbrock,
        &rosenbrock_gradient(&at),
        &at,
    ));
    let at: Vec<f64> = spread(2000).iter().map(|v| 3.0 * v).collect();
    let gradient: Vec<f64> = at.iter().map(|v| v.sinh()).collect();
    let cost = |x: &[f64]| x.iter().map(|x| x.cosh()).sum();
    few(&right_and_wrong(&cost, &gradient, &at));

    let (at, a): (Vec<f64>, _) = ((1..=1000).map(f64::from).collect(), spread(1000));
    let gradient: Vec<f64> = at.iter().zip(&a).map(|(x, a)| 2.0 * (x - a)).collect();
    let cost = |x: &[f64]| x.iter().zip(&a).map(|(x, a)| (x - a).powi(2)).sum();
    // More than that where each term is far below the rounding of the sum.
    right_and_wrong(&cost, &gradient, &at);
}

/// A parallel sum, atomics on a GPU: the last bits differ from call to call.
#[test]
fn a_cost_whose_last_bits_vary_is_compared_with_that_noise() {
    let at = spread(12);
    let gradient: Vec<f64> = at.iter().map(|v| v.cos() + 0.6 * v).collect();
    let terms = |v: f64| v.sin() + 0.3 * v * v;
    let calls = AtomicU64::new(1);
    let order = |x: &[f64]| {
        let from = calls.fetch_add(5, Ordering::Relaxed) as usize;
        (0..12).map(|i| terms(x[(i + from) % 12])).sum::<f64>()
    };
    let report = right_and_wrong(&order, &gradient, &at);
    assert!(!report.to_string().contains("dropout"), "{report}");
    for size in [1e-12, 1e-10, 1e-6] {
        let varies = |x: &[f64]| {
            let sum: f64 = x.iter().map(|v| terms(*v)).sum();
            (sum + 2.0) * (1.0 + size * uniform(&calls))
        };
        let report = right_and_wrong(&varies, &gradient, &at);
        assert!(report.noise.unwrap().spread > 0.0);
        let text = report.to_string();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(!text.contains("dropout"), "{text}");
        // Where it is what the agreement ends at.
        let said = text.contains("evaluations of the cost at the same point differ");
        assert_eq!(said, size == 1e-6, "{text}");
    }
    let dropout = |x: &[f64]| {
        let kept = x.iter().filter(|_| uniform(&calls) > 0.0);
        kept.map(|v| 2.0 * v.sin()).sum()
    };
    let undecided = Verdict::Inconclusive(Reason::NotDeterministic);
    let report = told(undecided, &of(&dropout, &gradient, &at));
    assert!(report.to_string().contains("dropout"), "{report}");
}

/// Iterated until it moves by less than the tolerance.
fn solved(start: f64, tolerance: f64, step: impl Fn(f64) -> f64) -> f64 {
    let (mut y, mut next) = (start, step(start));
    while (next - y).abs() >= tolerance {
        (y, next) = (next, step(next));
    }
    next
}

/// The right gradient of a cost that a solver gives, at these tolerances: one that shows and one that is small.
fn iterated(solver: impl Fn(f64, &[f64]) -> f64 + Send + Sync, gradient: &[f64], at: &[f64]) {
    let inexact = Verdict::Inconclusive(Reason::Inexact);
    for (tolerance, verdict) in [(1e-6, WRONG), (1e-9, inexact)] {
        let cost = |x: &[f64]| solver(tolerance, x);
        let text = told(verdict, &of(&cost, gradient, at)).to_string();
        let unbroken = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(unbroken.contains("tolerance"), "{text}");
        // Whatever accuracy is named accepts it.
        let named: Vec<f64> = (unbroken.split("`accuracy = ").skip(1))
            .map(|rest| rest.split_once('`').unwrap().0.parse().unwrap())
            .collect();
        assert!(!named.is_empty(), "{text}");
        for accuracy in named.into_iter().chain([1e-4]) {
            told(AGREE, &of(&cost, gradient, at).accuracy(accuracy));
        }
        told(WRONG, &of(&cost, gradient, at).exact(true));
        for factor in [1.01, 0.99] {
            let planted: Vec<f64> = gradient.iter().map(|g| factor * g).collect();
            told(WRONG, &of(&cost, &planted, at));
            told(WRONG, &of(&cost, &planted, at).accuracy(1e-4));
        }
    }
}

/// Fixed points that somebody differentiated implicitly.
#[test]
fn a_solver_at_a_tolerance_is_told_which_accuracy_accepts_it() {
    let root = |to: f64, x: &[f64]| solved(1.0, to, |y: f64| 0.9 * y + 0.1 * x[0] / (y * y * y));
    iterated(root, &[0.25 * 2f64.powf(-0.75)], &[2.0]);

    let at = [0.9f64, 0.7];
    let cosine = |to: f64, x: &[f64]| solved(1.0, to, |y| x[1] * (x[0] * y).cos());
    let y = cosine(1e-15, &at);
    let (sin, cos) = (at[0] * y).sin_cos();
    let d = 1.0 + at[0] * at[1] * sin;
    iterated(cosine, &[-at[1] * y * sin / d, cos / d], &at);

    // Kepler's equation.
    let at = [1.1f64, 0.8];
    let kepler = |to: f64, x: &[f64]| solved(0.0, to, |y| x[0] + x[1] * y.sin());
    let y = kepler(1e-15, &at);
    let d = 1.0 - at[1] * y.cos();
    iterated(kepler, &[1.0 / d, y.sin() / d], &at);
}

/// Physics in SI units.
#[test]
fn parameters_of_any_unit_agree() {
    // A Bose factor by Boltzmann's constant.
    let (x, c) = (1.380649e-23f64, 6.626e-34 * 5e13 / 300.0);
    let bose = |x: &[f64]| 1.0 / ((c / x[0]).exp() - 1.0);
    let e = f64::exp(c / x);
    right_and_wrong(&bose, &[e * c / (x * x) / (e - 1.0).powi(2)], &[x]);
    for digits in 9..=23 {
        let s = 10f64.powi(-digits);
        let sine = |x: &[f64]| (x[0] / s).sin();
        right_and_wrong(&sine, &[0.7f64.cos() / s], &[0.7 * s]);
        let product = |x: &[f64]| (x[0] / s) * (x[1] / s).exp() + (x[2] / s).powi(2);
        let e = f64::exp(-1.3);
        let gradient = [e / s, 0.7 * e / s, 4.2 / s];
        right_and_wrong(&product, &gradient, &[0.7 * s, -1.3 * s, 2.1 * s]);
        let logs = |x: &[f64]| x.iter().map(|x| (x / s).ln()).sum();
        right_and_wrong(&logs, &[2.0 / s, 0.25 / s], &[0.5 * s, 4.0 * s]);
    }
}

/// Half precision leaves room for a gradient of zeros: an agreement blunter than a thousandth is none.
#[test]
fn a_working_precision_of_three_digits_confirms_nothing_by_itself() {
    let squares = |p: &[f64]| p.iter().map(|x| x * x).sum::<f64>();
    for epsilon in [2f64.powi(-10), 2f64.powi(-7)] {
        for factor in [0.0, 1.0, 2.0, 6.0] {
            let gradient = move |p: &[f64]| p.iter().map(|x| factor * x).collect::<Vec<f64>>();
            let check = GradientCheck::new(squares, gradient).at([1.0, 2.0, -0.5, 1.5]);
            let report = check.working_epsilon(epsilon).run().unwrap();
            assert_ne!(
                report.verdict,
                Verdict::Agree,
                "{epsilon:e}, {factor}\n{report}"
            );
        }
    }
}
