//! The directional test: right gradients that must not be called wrong along any direction, wrong ones that must.

use std::sync::atomic::{AtomicU64, Ordering};

use finite_diff::directions::StreamedDirection;
use finite_diff::objective::Piece;
use finite_diff::{EvaluationError, Objective, ParameterLayout, Selection, from_fn, try_from_fn};
use gradient_check::agreement::{Agreement, Explanation};
use gradient_check::check::check_by_complex_step;
use gradient_check::directions::DirectionalTest;
use gradient_check::{GradientCheck, Reason, Report, Settings, Verdict, check};
use num_complex::Complex;
use proptest::prelude::*;

const AT: [f64; 6] = [0.3, -0.7, 1.1, 0.2, -0.4, 0.9];

fn smooth(x: &[f64]) -> f64 {
    x.iter().map(|v| v.sin() + 0.3 * v * v).sum::<f64>() + x[0] * x[x.len() - 1] + 2.0
}

fn smooth_gradient(x: &[f64]) -> Vec<f64> {
    let last = x.len() - 1;
    let mut g: Vec<f64> = x.iter().map(|v| v.cos() + 0.6 * v).collect();
    g[0] += x[last];
    g[last] += x[0];
    g
}

fn two_blocks(len: usize) -> ParameterLayout {
    ParameterLayout::new()
        .with("W", &[2, 2])
        .unwrap()
        .with("b", &[len - 4])
        .unwrap()
}

fn judge(f: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], at: &[f64]) -> Report {
    let j = from_fn(at.len(), f);
    check(&j, gradient, at, &two_blocks(at.len()), &Settings::exact()).unwrap()
}

fn along(report: &Report) -> &DirectionalTest {
    report.directional.as_ref().unwrap()
}

/// The direction of a block, of which all blocks before have entries.
fn direction_of(block: u64, range: std::ops::Range<usize>, at: &[f64], seed: u64) -> Vec<f64> {
    StreamedDirection::new(seed, block << 32, range)
        .entries(at)
        .collect()
}

fn verdicts(report: &Report) -> Vec<(Option<&str>, Verdict)> {
    let all = along(report).directions.iter();
    all.map(|d| (d.block.as_deref(), d.reading.verdict))
        .collect()
}

/// The right gradient of a smooth function and twelve kinks, one at `nearest` from the point.
fn bent(at: &[f64], nearest: f64, seed: u64, size: f64) -> Report {
    let mut state = seed;
    let mut random = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    };
    let mut units: Vec<(Vec<f64>, f64, f64)> = (0..12)
        .map(|_| (at.iter().map(|_| random()).collect(), random(), random()))
        .collect();
    let z = |w: &[f64], b: f64, x: &[f64]| w.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b;
    units[0].1 += nearest - z(&units[0].0, units[0].1, at);
    units[0].2 = size;
    let f = |x: &[f64]| {
        let bent: f64 = units.iter().map(|(w, b, c)| c * z(w, *b, x).max(0.0)).sum();
        bent + smooth(x)
    };
    let mut gradient = smooth_gradient(at);
    for (w, b, c) in &units {
        if z(w, *b, at) > 0.0 {
            gradient.iter_mut().zip(w).for_each(|(g, w)| *g += c * w);
        }
    }
    judge(f, &gradient, at)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_right_gradient_agrees_sharply(
        at in prop::collection::vec(-3.0..3.0f64, 6..20), exponent in -8i32..9,
    ) {
        let scale = 10f64.powi(exponent);
        let gradient: Vec<f64> = smooth_gradient(&at).iter().map(|g| scale * g).collect();
        let report = judge(|x| scale * smooth(x), &gradient, &at);
        prop_assert_eq!(report.verdict, Verdict::Agree);
        for direction in &along(&report).directions {
            prop_assert_eq!(direction.reading.verdict, Verdict::Agree, "{:#?}", direction);
            prop_assert!(direction.would_have_seen.unwrap() < 1e-6 * direction.size);
        }
    }

    #[test]
    fn a_factor_is_wrong_along_every_line_and_its_size_is_told(
        at in prop::collection::vec(-3.0..3.0f64, 6..12), digits in 1i32..7, exponent in -8i32..9,
    ) {
        let (scale, relative) = (10f64.powi(exponent), 10f64.powi(-digits));
        let gradient: Vec<f64> =
            smooth_gradient(&at).iter().map(|g| scale * g * (1.0 + relative)).collect();
        let report = judge(|x| scale * smooth(x), &gradient, &at);
        let ranges = [0..4, 4..at.len(), 0..at.len()];
        for ((direction, number), range) in along(&report).directions.iter().zip(0..).zip(ranges) {
            let u = direction_of(number, range.clone(), &at, 0);
            let g_u: f64 = gradient[range].iter().zip(&u).map(|(g, u)| g * u).sum();
            let expected = g_u * relative / (1.0 + relative);
            // By chance the direction may be all but orthogonal.
            if expected.abs() < 0.1 * relative * direction.size {
                continue;
            }
            let reading = &direction.reading;
            prop_assert_eq!(reading.verdict, Verdict::Disagree, "{:?}", direction);
            let (error, bar) = (reading.error.unwrap(), reading.error_bar.unwrap());
            prop_assert!((error - expected).abs() <= 2.0 * bar, "{error:e} ± {bar:e}, {expected:e}");
        }
    }

    #[test]
    fn a_power_of_two_changes_nothing(
        at in prop::collection::vec(-3.0..3.0f64, 6..12), exponent in -60i32..60,
        relative in prop::sample::select(vec![0.0, 1e-9, 1e-7, 1e-3]), kink in prop::bool::ANY,
    ) {
        let run = |scale: f64| {
            let gradient: Vec<f64> =
                smooth_gradient(&at).iter().map(|g| scale * (g + relative)).collect();
            let bend = move |x: &[f64]| if kink { (x[1] - 3.0001).max(0.0) } else { 0.0 };
            judge(|x| scale * (smooth(x) + bend(x)), &gradient, &at)
        };
        let (plain, scaled) = (run(1.0), run(2f64.powi(exponent)));
        for (a, b) in along(&plain).directions.iter().zip(&along(&scaled).directions) {
            prop_assert_eq!(a.reading.verdict, b.reading.verdict);
            let scaled = a.reading.error.map(|error| error * 2f64.powi(exponent));
            prop_assert_eq!(scaled, b.reading.error);
        }
        prop_assert_eq!(plain.agreement(), scaled.agreement());
    }

    /// Black boxes full of kinks, one of them next to the point.
    #[test]
    fn kinks_are_no_false_alarm(
        at in prop::collection::vec(-1.0..1.0f64, 6..10), nearest in -12i32..0, seed in 0u64..1000,
        size in -9i32..1,
    ) {
        let report = bent(&at, 10f64.powi(nearest), seed, 10f64.powi(size));
        prop_assert_eq!(along(&report).wrong().next(), None);
    }

    #[test]
    fn the_stated_power_is_what_is_seen(
        at in prop::collection::vec(-3.0..3.0f64, 6..12), times in 1.5..1000.0f64, up in prop::bool::ANY,
    ) {
        let layout = ParameterLayout::flat("x", at.len());
        let j = from_fn(at.len(), smooth);
        let gradient = smooth_gradient(&at);
        let run = |g: &[f64]| check(&j, g, &at, &layout, &Settings::exact()).unwrap();
        let report = run(&gradient);
        let direction = &along(&report).directions[0];
        let u = direction_of(0, 0..at.len(), &at, 0);
        let size = times * direction.would_have_seen.unwrap() * if up { 1.0 } else { -1.0 };
        // In one coordinate, so that its component along u is that.
        let mut wrong = gradient.clone();
        wrong[2] += size / u[2];
        prop_assert_eq!(along(&run(&wrong)).verdict, Verdict::Disagree);
        prop_assert!(u.iter().all(|u| u.abs() >= direction.smallest_entry));
    }
}

#[test]
fn one_wrong_coordinate_shows_in_its_block_and_over_all() {
    let mut gradient = smooth_gradient(&AT);
    gradient[5] += 1e-6;
    let report = judge(smooth, &gradient, &AT);
    assert_eq!(
        verdicts(&report),
        [
            (Some("W"), Verdict::Agree),
            (Some("b"), Verdict::Disagree),
            (None, Verdict::Disagree)
        ]
    );
    let both = Agreement::BothWrong {
        only_directions: vec![],
        only_components: vec![],
    };
    assert_eq!(report.agreement(), Some(both));
}

#[test]
fn of_a_linear_or_quadratic_cost_nothing_but_noise_is_left() {
    let linear = |x: &[f64]| {
        x.iter()
            .zip(1..)
            .map(|(x, k)| x * f64::from(k))
            .sum::<f64>()
    };
    let gradient: Vec<f64> = (1..=6).map(f64::from).collect();
    let report = judge(linear, &gradient, &AT);
    assert_eq!(report.agreement(), Some(Agreement::BothRight));
    assert!(along(&report).power().unwrap() < 1e-9);

    let quadratic = |x: &[f64]| x.iter().map(|x| x * x).sum::<f64>() + x[0] * x[4];
    let mut gradient: Vec<f64> = AT.iter().map(|x| 2.0 * x).collect();
    gradient[0] += AT[4];
    gradient[4] += AT[0];
    let report = judge(quadratic, &gradient, &AT);
    assert_eq!(along(&report).verdict, Verdict::Agree, "{report:#?}");
    assert!(along(&report).power().unwrap() < 1e-11);
    gradient[4] += 1e-9;
    assert_eq!(
        along(&judge(quadratic, &gradient, &AT)).verdict,
        Verdict::Disagree
    );
}

#[test]
fn a_constant_tests_nothing_and_a_gradient_of_it_is_wrong() {
    let report = judge(|_| 3.0, &[0.0; 6], &AT);
    let vacuous = Verdict::Inconclusive(Reason::Vacuous);
    assert_eq!(along(&report).verdict, vacuous);
    assert_eq!(report.agreement(), Some(Agreement::Undecided));
    let report = judge(|_| 3.0, &[0.0, 0.0, 0.0, 0.0, 1e-6, 0.0], &AT);
    assert_eq!(
        verdicts(&report),
        [
            (Some("W"), vacuous),
            (Some("b"), Verdict::Disagree),
            (None, Verdict::Disagree)
        ]
    );
}

/// Terms of a gradient that cancel leave their rounding, where J does not move.
#[test]
fn rounding_of_a_constant_is_no_gradient() {
    let report = judge(|_| 0.5, &[5.6e-17, 0.0, -1.1e-16, 0.0, 5.6e-17, 0.0], &AT);
    let vacuous = Verdict::Inconclusive(Reason::Vacuous);
    assert_eq!((report.verdict, along(&report).verdict), (vacuous, vacuous));
}

/// Where the cost is 0 throughout, nothing but its own noise says how large a gradient is.
#[test]
fn a_gradient_that_is_all_noise_is_no_gradient_of_zero() {
    let noisy = |p: &[f64]| {
        p.iter()
            .map(|x| 1e-17 * (1e15 * x).sin())
            .collect::<Vec<_>>()
    };
    let report = GradientCheck::new(|_: &[f64]| 0.0, noisy)
        .at(AT)
        .exact(true)
        .run()
        .unwrap();
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(Reason::Vacuous),
        "{report}"
    );
    let constant = |p: &[f64]| vec![1e-17; p.len()];
    let report = GradientCheck::new(|_: &[f64]| 0.0, constant)
        .at(AT)
        .exact(true)
        .run()
        .unwrap();
    assert_eq!(report.verdict, Verdict::Disagree, "{report}");
}

#[test]
fn a_zero_gradient_and_one_that_is_no_number_are_wrong() {
    for bad in [0.0, f64::NAN, f64::INFINITY] {
        let report = judge(smooth, &[bad; 6], &AT);
        assert_eq!(along(&report).verdict, Verdict::Disagree, "{bad}");
    }
}

#[test]
fn a_kink_at_the_point_is_undecided_and_one_near_it_no_alarm() {
    let mut gradient: Vec<f64> = AT.iter().map(|v| v.cos()).collect();
    for distance in [0.0, 1e-10, 1e-8, 1e-6, 1e-4] {
        let kinked = |x: &[f64]| {
            3.0 * (x[0] - AT[0] - distance).max(0.0) + x.iter().map(|v| v.sin()).sum::<f64>()
        };
        let report = judge(kinked, &gradient, &AT);
        let of_block = verdicts(&report)[0].1;
        assert_ne!(of_block, Verdict::Disagree, "{distance:e}");
        if distance <= 1e-8 {
            assert_eq!(
                of_block,
                Verdict::Inconclusive(Reason::Kink),
                "{distance:e}"
            );
        }
    }
    // With room below the kink an error shows.
    gradient[1] *= 1.0 + 1e-3;
    let kinked =
        |x: &[f64]| 3.0 * (x[0] - AT[0] - 1e-4).max(0.0) + x.iter().map(|v| v.sin()).sum::<f64>();
    assert_eq!(
        verdicts(&judge(kinked, &gradient, &AT))[0].1,
        Verdict::Disagree
    );
}

/// A kink nearer than any t, and others at wide ones, where the even part hides it by accident.
#[test]
fn kinks_elsewhere_do_not_hide_the_one_at_the_point() {
    let at = [-0.8740, -0.3580, -0.2004, -0.7919, 0.2729, -0.2647, -0.4074];
    for seed in 560..600 {
        for nearest in [1e-8, 1e-9, 1e-10] {
            let report = bent(&at, nearest, seed, 1.0);
            assert_eq!(along(&report).wrong().next(), None, "{seed} {nearest:e}");
        }
    }
}

/// |x₀|, with its pieces.
struct Bent;

impl Objective<f64> for Bent {
    fn dim(&self) -> usize {
        6
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        Ok(3.0 * (x[0] - 0.29).abs() + x.iter().map(|v| v.sin()).sum::<f64>())
    }

    fn piece(&self, x: &[f64]) -> Result<Piece, EvaluationError> {
        let fingerprint = u64::from(x[0] > 0.29) + 2 * u64::from(x[0] < 0.29);
        let on_kink = x[0] == 0.29;
        Ok(Piece::Numbered {
            fingerprint,
            on_kink,
        })
    }
}

#[test]
fn an_objective_that_knows_its_pieces_is_judged_on_that_of_the_point() {
    let mut gradient: Vec<f64> = AT.iter().map(|v| v.cos()).collect();
    gradient[0] += 3.0;
    let run = |gradient: &[f64], at: &[f64]| {
        check(&Bent, gradient, at, &two_blocks(6), &Settings::exact()).unwrap()
    };
    let report = run(&gradient, &AT);
    assert_eq!(report.agreement(), Some(Agreement::BothRight));
    gradient[0] *= 1.0 + 1e-7;
    assert_eq!(verdicts(&run(&gradient, &AT))[0].1, Verdict::Disagree);
    // At the kink no point is on its piece.
    let on_it = [0.29, -0.7, 1.1, 0.2, -0.4, 0.9];
    let report = run(&gradient, &on_it);
    assert_eq!(verdicts(&report)[0].1, Verdict::Inconclusive(Reason::Kink));
}

#[test]
fn what_is_no_number_or_fails_at_a_wide_t_leaves_the_narrow_ones() {
    let gradient = smooth_gradient(&AT);
    let nan = |x: &[f64]| {
        if x[0] > AT[0] + 0.004 {
            f64::NAN
        } else {
            smooth(x)
        }
    };
    let report = judge(nan, &gradient, &AT);
    assert_eq!(
        report.agreement(),
        Some(Agreement::BothRight),
        "{:?}",
        verdicts(&report)
    );

    let failing = try_from_fn(6, |x: &[f64]| {
        if x[0] > AT[0] + 0.004 {
            Err("out of paper")
        } else {
            Ok(smooth(x))
        }
    });
    let report = check(&failing, &gradient, &AT, &two_blocks(6), &Settings::exact()).unwrap();
    assert_eq!(report.agreement(), Some(Agreement::BothRight));
    // Narrower steps have a value.
    assert_eq!(along(&report).directions[0].failure, None);
}

#[test]
fn large_and_tiny_parameters_share_a_block() {
    let at = [1e8, 1e-8, 0.5, -1e8, 1e-8, 2.0];
    // Each varies over its own max(1, |x|).
    let f = |x: &[f64]| {
        x.iter()
            .zip(&at)
            .map(|(x, a)| (x / f64::max(1.0, f64::abs(*a))).sin())
            .sum::<f64>()
    };
    let right: Vec<f64> = at
        .iter()
        .map(|a| (a / f64::max(1.0, f64::abs(*a))).cos() / f64::max(1.0, f64::abs(*a)))
        .collect();
    let report = judge(f, &right, &at);
    assert_eq!(
        along(&report).verdict,
        Verdict::Agree,
        "{:?}",
        verdicts(&report)
    );
    // Rounding is held to the block's scale, here 1, of which 256 ε times the length of 1e8 is allowed.
    for (i, relative) in [1e-3, 1e-4, 1e-4, 1e-3, 1e-6, 1e-6].into_iter().enumerate() {
        let mut wrong = right.clone();
        wrong[i] *= 1.0 + relative;
        assert_eq!(
            along(&judge(f, &wrong, &at)).verdict,
            Verdict::Disagree,
            "{i}"
        );
    }
}

#[test]
fn a_cost_in_single_precision_is_judged_by_its_own_noise() {
    let at = AT.map(|x| x as f32);
    let f = |x: &[f32]| x.iter().map(|v| v.sin() + 0.3 * v * v).sum::<f32>() + x[0] * x[5] + 2.0;
    let gradient = smooth_gradient(&at.map(f64::from));
    let settings = Settings {
        working_epsilon: f64::from(f32::EPSILON),
        ..Settings::exact()
    };
    let run = |g: &[f64]| {
        let j = from_fn(6, f);
        check(&j, g, &at, &two_blocks(6), &settings).unwrap()
    };
    assert_eq!(along(&run(&gradient)).wrong().next(), None);
    let doubled: Vec<f64> = gradient.iter().map(|g| 2.0 * g).collect();
    assert_eq!(along(&run(&doubled)).verdict, Verdict::Disagree);
}

#[test]
fn rounding_of_the_gradient_is_no_error() {
    let at: Vec<f64> = (0..200).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let rounded: Vec<f64> = smooth_gradient(&at)
        .iter()
        .map(|g| f64::from(*g as f32))
        .collect();
    let j = from_fn(200, smooth);
    let run = |working_epsilon: f64| {
        let settings = Settings {
            working_epsilon,
            ..Settings::exact()
        };
        check(&j, &rounded, &at, &two_blocks(200), &settings).unwrap()
    };
    let report = run(f64::from(f32::EPSILON));
    assert_eq!(report.verdict, Verdict::Agree);
    assert_eq!(along(&report).wrong().next(), None);
    // Said to be in double precision, it is wrong.
    assert_eq!(along(&run(f64::EPSILON)).verdict, Verdict::Disagree);
}

#[test]
fn a_cost_that_is_not_differentiable_though_every_partial_derivative_exists_is_undecided() {
    let at = [0.0, 0.0, 1.1, 0.2, -0.4, 0.9];
    // x₀²x₁/(x₀² + x₁²): zero on both axes, and linear on every line through the origin.
    let f = |x: &[f64]| {
        let square = x[0] * x[0] + x[1] * x[1];
        let odd = if square > 0.0 {
            x[0] * x[0] * x[1] / square
        } else {
            0.0
        };
        odd + x.iter().map(|v| v.sin()).sum::<f64>()
    };
    let gradient: Vec<f64> = at.iter().map(|v: &f64| v.cos()).collect();
    let report = judge(f, &gradient, &at);
    assert_eq!(report.counts.agree, 6);
    let only = Agreement::OnlyDirections {
        blocks: vec!["W".to_owned()],
        because: Explanation::NoRoom,
    };
    assert_eq!(report.agreement(), Some(only));
    assert_eq!(report.verdict, Verdict::Inconclusive(Reason::Kink));
}

#[test]
fn errors_that_hide_in_every_bar_add_up_and_the_check_is_undecided() {
    let n = 400;
    let at: Vec<f64> = (0..n).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let n = at.len();
    let layout = ParameterLayout::flat("x", n);
    // Beside a large constant the bars are wide.
    let j = from_fn(n, |x: &[f64]| 1e4 + x.iter().map(|x| x.sin()).sum::<f64>());
    let right: Vec<f64> = at.iter().map(|x| x.cos()).collect();
    let run = |g: &[f64]| check(&j, g, &at, &layout, &Settings::exact()).unwrap();
    let report = run(&right);
    assert_eq!(report.verdict, Verdict::Agree);
    let bar = report.worst[0].comparison.error_bar.unwrap();
    let u = direction_of(0, 0..n, &at, 0);
    let hidden: Vec<f64> = right
        .iter()
        .zip(&u)
        .map(|(g, u)| g + 0.5 * bar * u.signum())
        .collect();
    let report = run(&hidden);
    assert_eq!(
        (report.counts.agree, along(&report).verdict),
        (n, Verdict::Disagree)
    );
    let only = Agreement::OnlyDirections {
        blocks: vec!["x".to_owned()],
        because: Explanation::AddsUp,
    };
    assert_eq!(report.agreement(), Some(only));
    assert_eq!(
        report.verdict,
        Verdict::Inconclusive(Reason::BelowResolution)
    );
}

#[test]
fn an_error_in_what_a_sample_left_out_is_wrong() {
    let at: Vec<f64> = (0..300).map(|i| (f64::from(i) * 0.7).sin()).collect();
    let layout = ParameterLayout::new()
        .with("W", &[29, 10])
        .unwrap()
        .with("b", &[10])
        .unwrap();
    let j = from_fn(300, smooth);
    let selection = Selection::Sample { count: 40, seed: 3 };
    let judged = selection.coordinates(&layout, None);
    let settings = Settings {
        selection,
        ..Settings::exact()
    };
    let right = smooth_gradient(&at);
    let report = check(&j, &right, &at, &layout, &settings).unwrap();
    assert_eq!((report.verdict, report.selected), (Verdict::Agree, 40));
    assert_eq!(report.agreement(), Some(Agreement::BothRight));
    let mut wrong = right;
    let left_out = (0..300).find(|i| !judged.contains(i)).unwrap();
    wrong[left_out] *= 1.0 + 1e-4;
    let report = check(&j, &wrong, &at, &layout, &settings).unwrap();
    let only = Agreement::OnlyDirections {
        blocks: vec!["W".to_owned()],
        because: Explanation::NotJudged,
    };
    assert_eq!(report.agreement(), Some(only));
    assert_eq!(
        (report.verdict, report.counts.agree),
        (Verdict::Disagree, 40)
    );
}

#[test]
fn an_error_orthogonal_to_the_direction_is_missed_and_the_chance_of_it_told() {
    let layout = ParameterLayout::flat("x", 6);
    let u = direction_of(0, 0..6, &AT, 0);
    let mut gradient = smooth_gradient(&AT);
    gradient[0] += 1e-3 * u[1];
    gradient[1] -= 1e-3 * u[0];
    let j = from_fn(6, smooth);
    let run = |seed| {
        let settings = Settings {
            seed,
            ..Settings::exact()
        };
        check(&j, &gradient, &AT, &layout, &settings).unwrap()
    };
    let report = run(0);
    assert_eq!(report.verdict, Verdict::Disagree);
    let Some(Agreement::OnlyComponents { blocks }) = report.agreement() else {
        panic!("{:?}", report.agreement());
    };
    assert_eq!(blocks[0].block, "x");
    assert!(
        blocks[0].chance > 0.0 && blocks[0].chance < 1e-5,
        "{blocks:?}"
    );
    // Another seed sees it.
    assert_eq!(along(&run(1)).verdict, Verdict::Disagree);
}

#[test]
fn it_can_be_switched_off_and_is_counted() {
    let calls = AtomicU64::new(0);
    let j = from_fn(6, |x: &[f64]| {
        calls.fetch_add(1, Ordering::Relaxed);
        smooth(x)
    });
    let run = |directional_test| {
        let settings = Settings {
            directional_test,
            ..Settings::exact()
        };
        check(&j, &smooth_gradient(&AT), &AT, &two_blocks(6), &settings).unwrap()
    };
    let without = run(false);
    assert_eq!(
        (without.directional, without.evaluations),
        (None, calls.swap(0, Ordering::Relaxed))
    );
    let with = run(true);
    assert_eq!(with.evaluations, calls.load(Ordering::Relaxed));
    assert_eq!(
        along(&with).evaluations,
        with.evaluations - without.evaluations
    );
    assert!(along(&with).evaluations <= 3 * 12);
    assert_eq!(
        Report {
            directional: None,
            ..with
        }
        .agreement(),
        None
    );
}

#[test]
fn of_very_many_blocks_some_have_no_direction_of_their_own() {
    let layout = (0..50).fold(ParameterLayout::new(), |layout, i| {
        layout.with(format!("b{i}"), &[2]).unwrap()
    });
    let at = vec![0.5; 100];
    let j = from_fn(100, smooth);
    let mut gradient = smooth_gradient(&at);
    let run = |g: &[f64]| check(&j, g, &at, &layout, &Settings::exact()).unwrap();
    let report = run(&gradient);
    assert_eq!(
        (along(&report).directions.len(), along(&report).left_out),
        (33, 18)
    );
    for i in [1, 37, 98] {
        gradient[i] += 1e-4;
        let report = run(&gradient);
        assert_eq!(
            along(&report).directions[32].reading.verdict,
            Verdict::Disagree
        );
        gradient[i] -= 1e-4;
    }
}

#[test]
fn the_complex_step_has_it_as_a_second_opinion() {
    let j = from_fn(6, |x: &[Complex<f64>]| {
        let sum: Complex<f64> = x.iter().map(|v| v.sin() + v * v * 0.3).sum();
        sum + x[0] * x[5] + 2.0
    });
    let right = smooth_gradient(&AT);
    let run =
        |g: &[f64]| check_by_complex_step(&j, g, &AT, &two_blocks(6), &Settings::exact()).unwrap();
    assert_eq!(run(&right).agreement(), Some(Agreement::BothRight));
    // Conjugation is not analytic: the complex step is wrong, and the directional test is not taken in.
    let folded = from_fn(6, |x: &[Complex<f64>]| {
        let sum: Complex<f64> = x
            .iter()
            .map(|v| v.sin() * Complex::new(v.re, -v.im) / v)
            .sum();
        sum + 2.0
    });
    let derivative: Vec<f64> = AT.iter().map(|v| v.cos()).collect();
    let layout = two_blocks(6);
    let report =
        check_by_complex_step(&folded, &derivative, &AT, &layout, &Settings::exact()).unwrap();
    assert_eq!(report.verdict, Verdict::Disagree);
    assert_eq!(along(&report).verdict, Verdict::Agree);
    assert!(matches!(
        report.agreement(),
        Some(Agreement::OnlyComponents { .. })
    ));
}
