//! The check along directions: right gradients that must pass, wrong ones that must be found and located.
#![allow(
    clippy::single_range_in_vec_init,
    reason = "a list of ranges that holds one is meant"
)]

use std::num::NonZeroUsize;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use finite_diff::objective::Piece;
use finite_diff::{
    EvaluationError, Execution, Objective, ParameterLayout, Real, from_fn, try_from_fn,
};
use gradient_check::directional::{DirectionalReport, DirectionalSettings};
use gradient_check::{CheckError, Reason, Verdict, check_directional};

/// Uniform in [−1, 1): one step of SplitMix64 an index.
fn random(seed: u64, index: usize) -> f64 {
    let mut z = (seed << 32).wrapping_add((index as u64 + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    2.0 * ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64 - 1.0
}

fn randoms(seed: u64, n: usize) -> Vec<f64> {
    (0..n).map(|i| random(seed, i)).collect()
}

/// A mean of smooth terms, neighbors coupled.
fn chain(x: &[f64]) -> f64 {
    let sum: f64 = x.iter().map(|x| x.sin() + 0.5 * x * x).sum();
    let pairs: f64 = x.windows(2).map(|p| p[0] * p[1]).sum();
    (sum + 0.3 * pairs) / x.len() as f64
}

fn chain_gradient(x: &[f64]) -> Vec<f64> {
    let n = x.len();
    (0..n)
        .map(|i| {
            let before = if i > 0 { x[i - 1] } else { 0.0 };
            let after = if i + 1 < n { x[i + 1] } else { 0.0 };
            (x[i].cos() + x[i] + 0.3 * (before + after)) / n as f64
        })
        .collect()
}

fn settings(seed: u64) -> DirectionalSettings<'static> {
    DirectionalSettings {
        seed,
        ..DirectionalSettings::exact()
    }
}

fn judge(
    f: impl Fn(&[f64]) -> f64 + Sync,
    gradient: &[f64],
    at: &[f64],
    layout: &ParameterLayout,
    seed: u64,
) -> DirectionalReport {
    // One type for all of them: each would be compiled on its own.
    let f: &(dyn Fn(&[f64]) -> f64 + Sync) = &f;
    let j = from_fn(at.len(), f);
    check_directional(&j, gradient, at, layout, &settings(seed)).unwrap()
}

fn blocks(parts: &[(&str, usize)]) -> ParameterLayout {
    parts
        .iter()
        .fold(ParameterLayout::new(), |layout, (name, len)| {
            layout.with(*name, &[*len]).unwrap()
        })
}

fn wrong_ranges(report: &DirectionalReport) -> Vec<Range<usize>> {
    let ranges = report.wrong().flat_map(|block| &block.wrong);
    ranges.map(|wrong| wrong.range.clone()).collect()
}

#[test]
fn right_gradients_agree_whatever_the_seed_and_the_scale_of_the_cost() {
    let layout = blocks(&[("W", 60), ("none", 0), ("b", 1), ("V", 9)]);
    for seed in 0..40 {
        let at: Vec<f64> = randoms(seed, 70).iter().map(|x| 3.0 * x).collect();
        for scale in [1.0, 1e8, 1e-8] {
            let g: Vec<f64> = chain_gradient(&at).iter().map(|g| g * scale).collect();
            let report = judge(|x| scale * chain(x), &g, &at, &layout, seed);
            assert_eq!(
                report.verdict,
                Verdict::Agree,
                "{seed} {scale}\n{report:#?}"
            );
            assert_eq!(report.blocks.len(), 3);
            // Every block would have been seen to be off by a hundredth.
            for block in &report.blocks {
                assert!(block.chance_to_miss(0.01 * block.size) < 0.01, "{block:?}");
            }
        }
    }
}

#[test]
fn one_parameter_is_enough() {
    let layout = ParameterLayout::new().with("x", &[]).unwrap();
    let report = judge(|x| x[0].exp(), &[0.5f64.exp()], &[0.5], &layout, 0);
    assert_eq!(report.verdict, Verdict::Agree);
    let report = judge(|x| x[0].exp(), &[1.001 * 0.5f64.exp()], &[0.5], &layout, 0);
    assert_eq!(wrong_ranges(&report), [0..1]);
    let examined = &report.blocks[0].wrong[0].examined[0];
    assert_eq!(examined.coordinate.to_string(), "x");
    assert!((examined.numeric.unwrap() - 0.5f64.exp()).abs() < 1e-9);
}

/// What a net of one hidden ReLU layer makes of its parameters, and its gradient by hand.
struct Relu {
    inputs: Vec<f64>,
    targets: Vec<f64>,
    hidden: usize,
    width: usize,
    /// Whether the cost says which piece a point lies on.
    tells: bool,
}

impl Relu {
    fn new(seed: u64, tells: bool) -> Self {
        let (examples, width, hidden) = (12, 5, 8);
        Self {
            inputs: randoms(seed + 1000, examples * width),
            targets: randoms(seed + 2000, examples),
            hidden,
            width,
            tells,
        }
    }

    fn layout(&self) -> ParameterLayout {
        ParameterLayout::new()
            .with("W1", &[self.hidden, self.width])
            .unwrap()
            .with("b1", &[self.hidden])
            .unwrap()
            .with("W2", &[self.hidden])
            .unwrap()
    }

    /// z of each unit for one example.
    fn hidden(&self, p: &[f64], input: &[f64]) -> Vec<f64> {
        let bias = self.hidden * self.width;
        (0..self.hidden)
            .map(|unit| {
                let row = &p[unit * self.width..(unit + 1) * self.width];
                p[bias + unit] + row.iter().zip(input).map(|(w, x)| w * x).sum::<f64>()
            })
            .collect()
    }

    fn gradient(&self, p: &[f64]) -> Vec<f64> {
        let mut g = vec![0.0; p.len()];
        let (bias, out) = (self.hidden * self.width, self.hidden * (self.width + 1));
        let m = self.targets.len() as f64;
        for (input, target) in self.inputs.chunks(self.width).zip(&self.targets) {
            let z = self.hidden(p, input);
            let y: f64 = z.iter().zip(&p[out..]).map(|(z, v)| z.max(0.0) * v).sum();
            let error = (y - target) / m;
            for unit in 0..self.hidden {
                g[out + unit] += error * z[unit].max(0.0);
                if z[unit] > 0.0 {
                    let back = error * p[out + unit];
                    g[bias + unit] += back;
                    for (k, x) in input.iter().enumerate() {
                        g[unit * self.width + k] += back * x;
                    }
                }
            }
        }
        g
    }
}

impl Objective<f64> for Relu {
    fn dim(&self) -> usize {
        self.hidden * (self.width + 2)
    }

    fn value(&self, p: &[f64]) -> Result<f64, EvaluationError> {
        let out = self.hidden * (self.width + 1);
        let squares = self.inputs.chunks(self.width).zip(&self.targets);
        let sum: f64 = squares
            .map(|(input, target)| {
                let z = self.hidden(p, input);
                let y: f64 = z.iter().zip(&p[out..]).map(|(z, v)| z.max(0.0) * v).sum();
                (y - target).powi(2) / 2.0
            })
            .sum();
        Ok(sum / self.targets.len() as f64)
    }

    fn piece(&self, p: &[f64]) -> Result<Piece, EvaluationError> {
        if !self.tells {
            return Ok(Piece::Unknown);
        }
        let (mut fingerprint, mut on_kink) = (0u64, false);
        for input in self.inputs.chunks(self.width) {
            for z in self.hidden(p, input) {
                let bit = u64::from(z > 0.0) + 1;
                fingerprint = (fingerprint ^ bit).wrapping_mul(0x0100_0000_01B3);
                on_kink |= z == 0.0;
            }
        }
        Ok(Piece::Numbered {
            fingerprint,
            on_kink,
        })
    }
}

#[test]
fn right_gradients_of_relu_nets_are_never_called_wrong_and_wrong_ones_never_right() {
    let (mut agreed, mut narrowed) = (0, 0);
    for seed in 0..60 {
        for tells in [false, true] {
            let net = Relu::new(seed, tells);
            let at = randoms(seed, net.dim());
            let g = net.gradient(&at);
            let layout = net.layout();
            let report = check_directional(&net, &g, &at, &layout, &settings(seed)).unwrap();
            assert_ne!(report.verdict, Verdict::Disagree, "{seed}\n{report:#?}");
            agreed += u32::from(report.verdict == Verdict::Agree);

            let mut wrong = g;
            let flipped = 3 + seed as usize % 30;
            wrong[flipped] = -wrong[flipped];
            let report = check_directional(&net, &wrong, &at, &layout, &settings(seed)).unwrap();
            if wrong[flipped] == 0.0 {
                continue;
            }
            assert_eq!(report.verdict, Verdict::Disagree, "{seed}\n{report:#?}");
            let found = wrong_ranges(&report);
            assert!(
                found.iter().any(|range| range.contains(&flipped)),
                "{report}"
            );
            narrowed += u32::from(found == [flipped..flipped + 1]);
        }
    }
    assert!(
        agreed > 100 && narrowed > 100,
        "{agreed} and {narrowed} of 120"
    );
}

/// A right gradient may be undecided, but never wrong, however little J suits the steps.
#[test]
fn right_gradients_of_awkward_functions_are_never_called_wrong() {
    type Term = (&'static str, fn(f64) -> f64, fn(f64) -> f64);
    let terms: [Term; 10] = [
        ("steep", |x| (30.0 * x).exp(), |x| 30.0 * (30.0 * x).exp()),
        (
            "nearly a kink",
            |x| (x * x + 1e-12).sqrt(),
            |x| x / (x * x + 1e-12).sqrt(),
        ),
        (
            "softplus, sharp",
            |x| (1e3 * x).exp().ln_1p() / 1e3,
            |x| 1.0 / (1.0 + (-1e3 * x).exp()),
        ),
        ("fast", |x| (1e3 * x).cos(), |x| -1e3 * (1e3 * x).sin()),
        ("a large constant", |x| 1e7 + x * x, |x| 2.0 * x),
        (
            "no second derivative",
            |x| x.abs().powf(1.5),
            |x| 1.5 * x.abs().sqrt() * x.signum(),
        ),
        (
            "one that jumps",
            |x| x.max(0.0).powi(2),
            |x| 2.0 * x.max(0.0),
        ),
        ("a kink", |x| x.abs(), |x| x.signum()),
        ("few digits", |x| x.sin(), |x| x.cos()),
        (
            "a pole near by",
            |x| 1.0 / (1.0001 + x),
            |x| -1.0 / ((1.0001 + x) * (1.0001 + x)),
        ),
    ];
    let layout = blocks(&[("one", 1), ("some", 7), ("many", 40)]);
    for seed in 0..30 {
        for (name, term, slope) in terms {
            for spread in [1.0, 1e-3, 1e-9] {
                let at: Vec<f64> = randoms(seed, 48).iter().map(|x| spread * x).collect();
                let g: Vec<f64> = at.iter().map(|x| slope(*x)).collect();
                let digits = if name == "few digits" { 1e5 } else { 1e30 };
                let j = |x: &[f64]| {
                    let sum = x.iter().map(|x| term(*x)).sum::<f64>();
                    (sum * digits).round() / digits
                };
                let report = judge(j, &g, &at, &layout, seed);
                assert_ne!(
                    report.verdict,
                    Verdict::Disagree,
                    "{name} {seed} {spread}\n{report:#?}"
                );
            }
        }
    }
}

#[test]
fn a_net_on_its_kinks_is_not_called_wrong_and_a_sign_there_is() {
    for seed in 0..30 {
        for tells in [false, true] {
            let mut net = Relu::new(seed, tells);
            // A blank example and no bias: every unit of it lies on its kink.
            net.inputs[..net.width].fill(0.0);
            let mut at = randoms(seed, net.dim());
            at[40..48].fill(0.0);
            let g = net.gradient(&at);
            let report = check_directional(&net, &g, &at, &net.layout(), &settings(seed)).unwrap();
            assert_ne!(report.verdict, Verdict::Disagree, "{seed}\n{report:#?}");
            // W1 does not move the blank example.
            let mut wrong = g;
            wrong[..40].iter_mut().for_each(|g| *g = -*g);
            let report =
                check_directional(&net, &wrong, &at, &net.layout(), &settings(seed)).unwrap();
            assert_ne!(report.blocks[0].verdict, Verdict::Agree);
        }
    }
}

#[test]
fn many_kinks_whose_jumps_cancel_are_no_error() {
    // Σ ±|x_i| at 0 with ±1 for a subgradient: g·u is anything, and J along u a small kink.
    let n = 100;
    let sign = |i: usize| if i.is_multiple_of(2) { 1.0 } else { -1.0 };
    let j = |x: &[f64]| x.iter().enumerate().map(|(i, x)| sign(i) * x.abs()).sum();
    for seed in 0..30 {
        let g: Vec<f64> = (0..n).map(|i| random(seed, i).signum()).collect();
        let report = judge(j, &g, &vec![0.0; n], &ParameterLayout::flat("x", n), seed);
        assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Kink));
    }
}

const LONG: usize = 10_000;

fn long() -> (Vec<f64>, Vec<f64>, ParameterLayout) {
    let at = randoms(5, LONG + 50);
    let g = chain_gradient(&at);
    let layout = ParameterLayout::new()
        .with("W", &[100, 100])
        .unwrap()
        .with("b", &[50])
        .unwrap();
    (at, g, layout)
}

#[test]
fn one_coordinate_off_by_a_hundredth_among_ten_thousand_is_found() {
    let (at, right, layout) = long();
    for seed in 0..8 {
        let bad = (random(seed, 77).abs() * LONG as f64) as usize;
        let mut g = right.clone();
        g[bad] *= 1.01;
        let report = judge(chain, &g, &at, &layout, seed);
        assert_eq!(wrong_ranges(&report), [bad..bad + 1], "{report}");
        assert_eq!(report.blocks[1].verdict, Verdict::Agree);
        let wrong = &report.blocks[0].wrong[0];
        assert!(wrong.narrowed && wrong.first == wrong.last && !report.blocks[0].cut);
        let examined = &wrong.examined[0];
        let d = examined.numeric.unwrap();
        assert!((d - right[bad]).abs() <= 2.0 * examined.error_bar.unwrap());
        // 14 halvings, and two parts of each, three directions and six points a part.
        assert!(report.search_evaluations < 1000, "{report}");
    }
}

#[test]
fn a_sign_and_two_exchanged_neighbors_are_found() {
    let (at, right, layout) = long();
    let mut g = right.clone();
    g[4321] = -g[4321];
    assert_eq!(
        wrong_ranges(&judge(chain, &g, &at, &layout, 1)),
        [4321..4322]
    );

    // Errors of opposite sign, which cancel in every direction with equal entries.
    let mut g = right;
    g.swap(4321, 4322);
    let report = judge(chain, &g, &at, &layout, 2);
    assert_eq!(wrong_ranges(&report), [4321..4323], "{report}");
    assert_eq!(report.blocks[0].wrong[0].factor, None);
}

#[test]
fn a_run_is_found_as_a_run_with_its_factor() {
    let (at, right, layout) = long();
    for (start, end) in [
        (0, 1000),
        (3333, 4333),
        (9000, 10_000),
        (0, LONG),
        (10_000, 10_050),
    ] {
        let mut g = right.clone();
        g[start..end].iter_mut().for_each(|g| *g *= 1.01);
        let report = judge(chain, &g, &at, &layout, 3);
        let found = wrong_ranges(&report);
        // Within the few at the ends whose gradient is too small for a hundredth of it to show.
        assert_eq!(found.len(), 1, "{report}");
        let off = found[0].start.abs_diff(start) + found[0].end.abs_diff(end);
        assert!(off <= 2, "{start}..{end}: {report}");
        let factor = report.wrong().next().unwrap().wrong[0].factor.unwrap();
        assert!(
            (factor.factor - 1.01).abs() <= 2.0 * factor.bar.max(1e-6),
            "{factor:?}"
        );
    }
}

#[test]
fn separate_errors_in_one_block_are_found_separately() {
    let (at, right, layout) = long();
    let mut g = right;
    let planted = [17, 2500, 2600, 9999];
    for bad in planted {
        g[bad] += 0.5 / at.len() as f64;
    }
    g[10_020] = 0.0;
    let report = judge(chain, &g, &at, &layout, 4);
    let mut found = wrong_ranges(&report);
    found.sort_by_key(|range| range.start);
    let expected: Vec<Range<usize>> = planted.iter().map(|bad| *bad..bad + 1).collect();
    assert_eq!(found[..4], expected, "{report}");
    assert_eq!(found[4..], [10_020..10_021], "{report}");
    assert_eq!(report.wrong().count(), 2);
}

#[test]
fn a_search_that_is_cut_says_so_and_stays_right() {
    let (at, mut g, layout) = long();
    for k in 0..5 {
        g[2000 * k + 3] += 1.0;
    }
    let j = from_fn(at.len(), chain);
    let few = |most_ranges, most_search_evaluations| {
        let settings = DirectionalSettings {
            most_ranges,
            most_search_evaluations,
            ..settings(0)
        };
        check_directional(&j, &g, &at, &layout, &settings).unwrap()
    };
    let report = few(2, 10_000);
    assert!(report.blocks[0].cut && report.to_string().contains("may be more"));
    assert_eq!(report.blocks[0].wrong.len(), 2);
    let report = few(8, 0);
    assert!(report.blocks[0].cut);
    assert_eq!(wrong_ranges(&report), [0..LONG]);
    assert!(!report.blocks[0].wrong[0].narrowed);
    assert!(!few(8, 10_000).blocks[0].cut);
}

#[test]
fn an_error_below_what_a_coordinate_shows_stays_a_range() {
    // A constant of 10⁶ beside it leaves J with a noise of 10⁻¹⁰.
    struct Smooth;
    impl Objective<f64> for Smooth {
        fn dim(&self) -> usize {
            4000
        }
        fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
            Ok(1e6 + x.iter().map(|x| x.sin()).sum::<f64>() / 100.0)
        }
        fn piece(&self, _: &[f64]) -> Result<Piece, EvaluationError> {
            Ok(Piece::Everywhere)
        }
    }
    let at = randoms(3, 4000);
    let right: Vec<f64> = at.iter().map(|x| x.cos() / 100.0).collect();
    let g: Vec<f64> = right.iter().map(|g| g * (1.0 + 1e-4)).collect();
    let layout = ParameterLayout::flat("W", 4000);
    let report = check_directional(&Smooth, &g, &at, &layout, &settings(0)).unwrap();
    assert_eq!(report.verdict, Verdict::Disagree, "{report}");
    let block = &report.blocks[0];
    assert!(
        block.wrong[0].range.len() > 1 && !block.wrong[0].narrowed,
        "{report}"
    );
    assert!(!block.undecided.is_empty() && report.to_string().contains("range"));
    let report = check_directional(&Smooth, &right, &at, &layout, &settings(0)).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);

    // One that does not say so may have kinks; wider steps show that it has none that would bend it as much.
    let black_box = |x: &[f64]| Smooth.value(x).unwrap();
    let report = judge(black_box, &g, &at, &layout, 0);
    assert_eq!(report.verdict, Verdict::Disagree, "{report}");
    let report = judge(black_box, &right, &at, &layout, 0);
    assert_eq!(report.verdict, Verdict::Agree, "{report}");
}

#[test]
fn a_gradient_in_single_precision_is_right_to_its_own_rounding() {
    let (at, right, layout) = long();
    let single: Vec<f64> = right.iter().map(|g| f64::from(*g as f32)).collect();
    let j = from_fn(at.len(), chain);
    let coarse = DirectionalSettings {
        working_epsilon: f32::EPSILON.into(),
        ..settings(0)
    };
    let report = check_directional(&j, &single, &at, &layout, &coarse).unwrap();
    assert_eq!(report.verdict, Verdict::Agree);
    // Taken for one in double precision it is wrong, and everywhere.
    let report = check_directional(&j, &single, &at, &layout, &settings(0)).unwrap();
    assert_eq!(report.verdict, Verdict::Disagree);
}

#[test]
fn a_cost_in_single_precision_is_never_called_wrong() {
    for seed in 0..20 {
        let at: Vec<f32> = randoms(seed, 40).iter().map(|x| *x as f32).collect();
        let wide: Vec<f64> = at.iter().map(|x| x.widen()).collect();
        let j = from_fn(40, |x: &[f32]| {
            x.iter().map(|x| x.sin() + x * x).sum::<f32>()
        });
        let g: Vec<f64> = wide.iter().map(|x| x.cos() + 2.0 * x).collect();
        let layout = blocks(&[("W", 30), ("b", 10)]);
        let report = check_directional(&j, &g, &at, &layout, &settings(seed)).unwrap();
        assert_ne!(report.verdict, Verdict::Disagree, "{report:#?}");
        let flipped: Vec<f64> = g.iter().map(|g| -g).collect();
        let report = check_directional(&j, &flipped, &at, &layout, &settings(seed)).unwrap();
        assert_eq!(report.verdict, Verdict::Disagree);
    }
}

#[test]
fn what_can_not_be_decided_has_its_reason() {
    let layout = blocks(&[("used", 2), ("unused", 2)]);
    let at: [f64; 4] = [0.3, 0.4, 0.5, 0.6];
    let j = |x: &[f64]| x[0] * x[1].exp();
    let g = [at[1].exp(), at[0] * at[1].exp(), 0.0, 0.0];
    let report = judge(j, &g, &at, &layout, 0);
    assert_eq!(report.blocks[0].verdict, Verdict::Agree);
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Vacuous));

    // Nothing depends on it, and the gradient says something does.
    let nonsense = [g[0], g[1], 0.0, 1e-3];
    assert_eq!(wrong_ranges(&judge(j, &nonsense, &at, &layout, 0)), [3..4]);
    // The other way round: not connected.
    let missing = [g[0], 0.0, 0.0, 0.0];
    assert_eq!(wrong_ranges(&judge(j, &missing, &at, &layout, 0)), [1..2]);

    let report = judge(|_| f64::NAN, &g, &at, &layout, 0);
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::NonFinite));

    let calls = AtomicU64::new(0);
    let noisy = |x: &[f64]| x[0] + calls.fetch_add(1, Ordering::Relaxed) as f64;
    let report = judge(noisy, &g, &at, &layout, 0);
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(Reason::NotDeterministic)
    );

    // No number but at the point itself.
    let island = |x: &[f64]| if x[0] == 0.3 { 1.0 } else { f64::INFINITY };
    let report = judge(island, &[1.0; 4], &at, &blocks(&[("x", 1), ("y", 3)]), 0);
    assert_eq!(
        report.blocks[0].verdict,
        Verdict::Inconclusive(Reason::NonFinite)
    );

    // Coarse by rounding.
    let printed = |x: &[f64]| (j(x) * 1e3).round() / 1e3;
    let report = judge(printed, &g, &at, &blocks(&[("x", 4)]), 0);
    assert!(
        matches!(report.verdict, Verdict::Inconclusive(_)),
        "{report:#?}"
    );
}

#[test]
fn a_wide_step_out_of_the_domain_is_no_obstacle() {
    let at: [f64; 3] = [1e-3, 2e-3, 5e-3];
    let g: Vec<f64> = at.iter().map(|x| 1.0 / x).collect();
    let layout = blocks(&[("x", 3)]);
    let report = judge(|x| x.iter().map(|x| x.ln()).sum(), &g, &at, &layout, 0);
    assert_eq!(report.verdict, Verdict::Agree, "{report:#?}");
}

#[test]
fn a_gradient_that_is_no_number_is_wrong_there() {
    let (at, mut g, layout) = long();
    g[7] = f64::NAN;
    g[8] = f64::INFINITY;
    g[900] = f64::NAN;
    let report = judge(chain, &g, &at, &layout, 0);
    assert_eq!(wrong_ranges(&report), [7..9, 900..901]);
    assert!(
        report
            .to_string()
            .contains("W[0,7] … W[0,8] (2 coordinates): the gradient is NaN")
    );
    assert_eq!(report.blocks[1].verdict, Verdict::Agree);
}

#[test]
fn a_cost_that_fails_is_an_error_with_its_block_and_t() {
    let layout = blocks(&[("W", 3), ("b", 2)]);
    let at = [0.5; 5];
    let j = try_from_fn(5, |x: &[f64]| {
        if x[..3] == at[..3] && x[3..] != at[3..] {
            Err("out of paper")
        } else {
            Ok(x[0])
        }
    });
    let g = [1.0, 0.0, 0.0, 0.0, 0.0];
    let error = check_directional(&j, &g, &at, &layout, &settings(0)).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("`b`") && text.contains("t = ") && text.contains("out of paper"),
        "{text}"
    );

    let never = try_from_fn(5, |_: &[f64]| Err::<f64, _>("out of paper"));
    let error = check_directional(&never, &g, &at, &layout, &settings(0)).unwrap_err();
    assert!(error.to_string().contains("at the point itself"));
}

#[test]
fn what_does_not_fit_is_an_error() {
    let layout = blocks(&[("W", 3)]);
    let j = from_fn(3, |x: &[f64]| x[0]);
    let check = |g: &[f64], at: &[f64], layout: &ParameterLayout, directions| {
        let settings = DirectionalSettings {
            directions,
            ..settings(0)
        };
        check_directional(&j, g, at, layout, &settings).unwrap_err()
    };
    assert!(matches!(
        check(&[0.0; 2], &[0.0; 3], &layout, 3),
        CheckError::Gradient(_)
    ));
    assert!(matches!(
        check(&[0.0; 3], &[0.0; 2], &layout, 3),
        CheckError::Point(_)
    ));
    assert!(matches!(
        check(&[0.0; 3], &[0.0; 3], &layout, 0),
        CheckError::NoDirections
    ));
    let two = blocks(&[("W", 2)]);
    assert!(matches!(
        check(&[0.0; 2], &[0.0; 2], &two, 3),
        CheckError::Layout { .. }
    ));
    let none = from_fn(0, |_: &[f64]| 0.0);
    let empty = check_directional(&none, &[], &[], &ParameterLayout::new(), &settings(0));
    assert!(matches!(empty.unwrap_err(), CheckError::Empty));
}

#[test]
fn the_bits_are_the_same_for_every_number_of_threads() {
    // Long enough to be shared out.
    let n = 50_000;
    let at = randoms(8, n);
    let mut g = chain_gradient(&at);
    g[40_000] *= 1.1;
    let j = from_fn(n, chain);
    let layout = blocks(&[("W", n - 10), ("b", 10)]);
    let run = |threads| {
        let settings = DirectionalSettings {
            directions: 1,
            execution: Execution {
                threads: NonZeroUsize::new(threads),
                ..Execution::default()
            },
            ..settings(0)
        };
        let report = check_directional(&j, &g, &at, &layout, &settings).unwrap();
        (report.blocks, report.noise, report.evaluations)
    };
    let (one, two) = (run(1), run(2));
    assert_eq!(one, two);
    assert_eq!(one.0[0].wrong[0].range, 40_000..40_001);
}

#[test]
fn the_objective_sees_theta_again_after_every_block_and_a_stop_is_obeyed() {
    let (at, g, layout) = long();
    let stop = AtomicBool::new(false);
    let seen = Mutex::new(Vec::new());
    // Stops while the first block is looked at.
    let j = from_fn(at.len(), |x: &[f64]| {
        if x[LONG..] == at[LONG..] && x[..LONG] != at[..LONG] {
            stop.store(true, Ordering::Relaxed);
        }
        seen.lock().unwrap().push(x == at);
        chain(x)
    });
    let settings = DirectionalSettings {
        execution: Execution {
            cancel: Some(&stop),
            ..Execution::default()
        },
        ..settings(0)
    };
    let report = check_directional(&j, &g, &at, &layout, &settings).unwrap();
    assert!(report.interrupted);
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Interrupted));
    assert_eq!(report.evaluations, seen.lock().unwrap().len() as u64);
    assert!(seen.lock().unwrap()[..2].iter().all(|same| *same));
}

#[test]
fn the_report_in_words() {
    let at = randoms(5, 640);
    let mut g = chain_gradient(&at);
    g[3 * 20 + 4] *= 1.01;
    g[420..440].iter_mut().for_each(|g| *g *= -1.0);
    let layout = ParameterLayout::new()
        .with("W1", &[20, 20])
        .unwrap()
        .with("b1", &[20])
        .unwrap()
        .with("W2", &[10, 20])
        .unwrap()
        .with("b2", &[20])
        .unwrap();
    let report = judge(chain, &g, &at, &layout, 0);
    insta::assert_snapshot!(report, @r"
    disagree: 640 parameters in 4 blocks, 3 random directions each
      W1 is wrong
        W1[3,4]: error 4.4e-06 (tolerance 9.4e-14)
          W1[3,4]: analytic +4.59579e-04, numeric +4.55029e-04 ± 4.6e-13
      W2 is wrong
        W2[0,0] … W2[0,19] (20 coordinates): error 4.4e-03 (tolerance 9.5e-14)
          W2[0,16]: analytic -2.83346e-03, numeric +2.83346e-03 ± 3.8e-13
          W2[0,8]: analytic -1.52723e-03, numeric +1.52723e-03 ± 3.3e-13
          W2[0,2]: analytic +1.36745e-03, numeric -1.36745e-03 ± 3.3e-13
          -1.00000× the numeric gradient (± 1.0e-10) along 4 directions
      2 blocks agree; detection limit (99 % probability): an error of norm 4.6e-12,
      6.2e-10 of the gradient's, in b2, the least sensitive block
      772 evaluations of the cost, 564 of them to locate the errors
    ");
}

/// A run that is stopped calls nothing wrong by what it would have looked at again.
#[test]
fn a_stop_makes_no_right_gradient_wrong() {
    let n: usize = 40;
    let at: Vec<f64> = (0..n).map(|i| (0.7 * i as f64).sin()).collect();
    let g: Vec<f64> = at
        .iter()
        .enumerate()
        .map(|(i, x)| x.cos() - f64::from(u8::from(i % 3 == 0)))
        .collect();
    let layout = ParameterLayout::flat("x", n);
    for stop in 0..400 {
        let cancel = AtomicBool::new(false);
        let calls = AtomicU64::new(0);
        let j = from_fn(n, |x: &[f64]| {
            if calls.fetch_add(1, Ordering::Relaxed) >= stop {
                cancel.store(true, Ordering::Relaxed);
            }
            let kinks = x
                .iter()
                .zip(&at)
                .step_by(3)
                .map(|(x, a)| (x - a - 1e-9).abs());
            x.iter().map(|x| x.sin()).sum::<f64>() + kinks.sum::<f64>()
        });
        let settings = DirectionalSettings {
            execution: Execution {
                cancel: Some(&cancel),
                ..Execution::ONE_THREAD
            },
            ..DirectionalSettings::default()
        };
        let report = check_directional(&j, &g, &at, &layout, &settings).unwrap();
        assert_ne!(
            report.verdict,
            Verdict::Disagree,
            "stopped after {stop}\n{report}"
        );
    }
}

/// Where all parameters are small nothing is called wrong by steps that are wider than all of them.
#[test]
fn small_parameters_alone_are_not_called_wrong() {
    for size in [1e-9, 1e-10, 1e-12, 1e-15] {
        for k in 0..50 {
            let at = [
                size * (0.3 + 0.05 * f64::from(k)),
                size * (2.5 - 0.04 * f64::from(k)),
            ];
            let cost = |p: &[f64]| (-(p[0] / size).powi(2)).exp() + (p[1] / size - 1.0).powi(2);
            let t = at[0] / size;
            let g = [
                -2.0 * t * (-t * t).exp() / size,
                2.0 * (at[1] / size - 1.0) / size,
            ];
            let layout = ParameterLayout::flat("x", 2);
            let j = from_fn(2, cost);
            let report =
                check_directional(&j, &g, &at, &layout, &DirectionalSettings::default()).unwrap();
            assert_ne!(
                report.verdict,
                Verdict::Disagree,
                "{size:e}, {at:?}\n{report}"
            );
        }
    }
}
