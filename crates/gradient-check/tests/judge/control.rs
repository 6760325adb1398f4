//! Errors planted into gradients that agree: each rejected in its place, none planted that is no error.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use finite_diff::execution::Progress;
use finite_diff::objective::Piece;
use finite_diff::{EvaluationError, Execution, Objective, ParameterLayout, Selection, from_fn};
use gradient_check::control::{
    ControlReport, PlantedError, Planting, PlantingOutcome, negative_control_by_complex_step,
};
use gradient_check::{Reason, Settings, Verdict, check, negative_control};
use num_complex::Complex;
use proptest::prelude::*;

fn layout() -> ParameterLayout {
    ParameterLayout::new()
        .with("W", &[3, 3])
        .and_then(|layout| layout.with("V", &[2, 3]))
        .and_then(|layout| layout.with("b", &[2]))
        .and_then(|layout| layout.with("s", &[]))
        .unwrap()
}

/// Every entry with a weight of its own, so that no two derivatives are the same.
fn cost(x: &[f64]) -> f64 {
    let sum = |(i, x): (usize, &f64)| (1.0 + i as f64).sqrt() * x.sin() + 0.3 * x * x;
    x.iter().enumerate().map(sum).sum::<f64>() + x[0] * x[x.len() - 1]
}

fn gradient(x: &[f64]) -> Vec<f64> {
    let d = |(i, x): (usize, &f64)| (1.0 + i as f64).sqrt() * x.cos() + 0.6 * x;
    let mut g: Vec<f64> = x.iter().enumerate().map(d).collect();
    let last = x.len() - 1;
    g[0] += x[last];
    g[last] += x[0];
    g
}

const AT: [f64; 18] = [
    0.3, -0.7, 1.1, 0.2, -0.4, 0.9, 0.5, -1.2, 0.8, -0.1, 0.6, 1.4, -0.9, 0.1, 0.4, -0.3, 1.7, 0.7,
];

fn control_of(f: impl Fn(&[f64]) -> f64 + Sync, g: &[f64]) -> ControlReport {
    let j = from_fn(AT.len(), f);
    negative_control(&j, g, &AT, &layout(), &Settings::exact()).unwrap()
}

/// `doubled W: rejected`, one a line.
fn listed(control: &ControlReport) -> String {
    let line = |p: &Planting| {
        // Which coordinate is the bluntest is a matter of rounding.
        let place = p.block.as_deref().unwrap_or("all");
        let became = format!("{:?}", p.outcome).to_lowercase();
        format!("{} {place}: {became}", p.error.name())
    };
    let lines: Vec<String> = control.plantings.iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn every_error_is_rejected_where_it_was_planted() {
    let control = control_of(cost, &gradient(&AT));
    insta::assert_snapshot!(listed(&control), @r"
    doubled W: rejected
    sign W: rejected
    zeroed W: rejected
    one-coordinate W: rejected
    whole-block W: rejected
    rows-swapped W: rejected
    transposed W: rejected
    nan W: rejected
    doubled V: rejected
    sign V: rejected
    zeroed V: rejected
    one-coordinate V: rejected
    whole-block V: rejected
    rows-swapped V: rejected
    nan V: rejected
    doubled b: rejected
    sign b: rejected
    zeroed b: rejected
    one-coordinate b: rejected
    whole-block b: rejected
    rows-swapped b: rejected
    nan b: rejected
    doubled s: rejected
    sign s: rejected
    zeroed s: rejected
    one-coordinate s: rejected
    whole-block s: rejected
    nan s: rejected
    half-missing all: rejected
    entry-missing W: rejected
    entry-missing V: rejected
    entry-missing b: rejected
    entry-missing s: rejected
    entry-missing all: rejected
    ");
    assert!(control.passed() && control.speaks());
    assert_eq!(
        (control.planted(), control.skipped()),
        (control.rejected(), 0)
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn none_passes_at_any_point_and_scale(
        at in prop::collection::vec(-3.0..3.0f64, 18), exponent in -8i32..9,
    ) {
        let scale = 10f64.powi(exponent);
        let j = from_fn(18, |x: &[f64]| scale * cost(x));
        let g: Vec<f64> = gradient(&at).iter().map(|g| scale * g).collect();
        let control = negative_control(&j, &g, &at, &layout(), &Settings::exact()).unwrap();
        prop_assert!(control.passed(), "{}", listed(&control));
        // What is barely above the power may be left undecided, where the second look is the blunter one.
        for planting in &control.plantings {
            let barely = matches!(planting.error, PlantedError::OneCoordinate | PlantedError::WholeBlock);
            let rejected = planting.outcome == PlantingOutcome::Rejected;
            prop_assert!(rejected || barely, "{:?}", planting);
        }
    }

    /// What the control says of a planted gradient is what a check says of it.
    #[test]
    fn a_check_of_the_planted_gradient_comes_to_the_same_word(
        at in prop::collection::vec(-3.0..3.0f64, 18), noise in prop::sample::select(vec![0.0, 1e-12, 1e-9]),
    ) {
        let hash = |x: &[f64]| {
            let bits = x.iter().fold(7u64, |h, v| (h ^ v.to_bits()).wrapping_mul(0x9E37_79B9_7F4A_7C15));
            (bits >> 11) as f64 / (1u64 << 53) as f64 - 0.5
        };
        let j = from_fn(18, |x: &[f64]| cost(x) + noise * hash(x));
        let (g, layout, settings) = (gradient(&at), layout(), Settings::exact());
        let unplanted = check(&j, &g, &at, &layout, &settings).unwrap();
        let control = negative_control(&j, &g, &at, &layout, &settings).unwrap();
        prop_assert!(control.failures().next().is_none(), "{}", listed(&control));
        for planting in &control.plantings {
            let mut planted = g.clone();
            let block = planting.block.as_ref().map(|name| layout.block(name).unwrap());
            let range = block.map_or(0..18, |block| block.range());
            let power = unplanted.power.unwrap();
            match (planting.error, &planting.coordinate) {
                (PlantedError::Doubled | PlantedError::HalfMissing, _) =>
                    planted[range].iter_mut().for_each(|g| *g *= 2.0),
                (PlantedError::Sign, _) => planted[range].iter_mut().for_each(|g| *g = -*g),
                (PlantedError::Zeroed, _) => planted[range].fill(0.0),
                (PlantedError::WholeBlock, _) =>
                    planted[range].iter_mut().for_each(|g| *g *= 1.0 + 3.0 * power.block),
                (PlantedError::OneCoordinate, Some(at)) => {
                    let block = layout.block_index(at.flat).unwrap();
                    planted[at.flat] += 3.0 * power.single_coordinate * unplanted.blocks[block].scale;
                }
                _ => continue,
            }
            // With noise some coordinates do not agree, and nothing is planted there.
            if unplanted.verdict != Verdict::Agree {
                continue;
            }
            let report = check(&j, &planted, &at, &layout, &settings).unwrap();
            match planting.outcome {
                PlantingOutcome::Rejected => {
                    prop_assert_eq!(report.verdict, Verdict::Disagree, "{:?}", planting);
                    for (block, of) in layout.blocks().iter().zip(&report.blocks) {
                        let here = planting.block.as_deref().is_none_or(|name| name == block.name());
                        prop_assert!(here || of.verdict == Verdict::Agree, "{:?}", planting);
                    }
                }
                PlantingOutcome::Undecided { .. } => {
                    prop_assert!(report.verdict != Verdict::Agree, "{:?}", planting);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn it_cannot_speak_of_a_gradient_that_is_wrong() {
    let mut g = gradient(&AT);
    g[3] *= 1.5;
    let control = control_of(cost, &g);
    assert_eq!(control.unplanted, Verdict::Disagree);
    assert!(!control.speaks() && !control.passed());
    assert_eq!(control.planted() + control.skipped(), 0);
    let control = control_of(|_| f64::NAN, &g);
    assert_eq!(control.unplanted, Verdict::Inconclusive(Reason::NonFinite));
    assert!(!control.speaks());
}

#[test]
fn only_what_agreed_counts_and_what_changes_nothing_is_said() {
    // Nothing depends on W, so that it is undecided.
    let f = |x: &[f64]| x[9..].iter().map(|x| x * x).sum::<f64>();
    let mut g: Vec<f64> = AT.iter().map(|x| 2.0 * x).collect();
    g[..9].fill(0.0);
    let control = control_of(f, &g);
    assert_eq!(control.unplanted, Verdict::Inconclusive(Reason::Vacuous));
    assert_eq!(control.agreeing, 9);
    insta::assert_snapshot!(listed(&control), @r"
    doubled W: changesnothing
    sign W: changesnothing
    zeroed W: changesnothing
    one-coordinate W: changesnothing
    whole-block W: changesnothing
    rows-swapped W: changesnothing
    transposed W: changesnothing
    nan W: changesnothing
    doubled V: rejected
    sign V: rejected
    zeroed V: rejected
    one-coordinate V: rejected
    whole-block V: rejected
    rows-swapped V: rejected
    nan V: rejected
    doubled b: rejected
    sign b: rejected
    zeroed b: rejected
    one-coordinate b: rejected
    whole-block b: rejected
    rows-swapped b: rejected
    nan b: rejected
    doubled s: rejected
    sign s: rejected
    zeroed s: rejected
    one-coordinate s: rejected
    whole-block s: rejected
    nan s: rejected
    half-missing all: rejected
    entry-missing W: rejected
    entry-missing V: rejected
    entry-missing b: rejected
    entry-missing s: rejected
    entry-missing all: rejected
    ");
    assert!(control.passed());
}

/// At a kink any number between the slopes is right, and no error is planted there.
#[test]
fn subgradients_are_left_alone() {
    let kinked = |x: &[f64]| cost(x) + 2.0 * (x[15] - AT[15]).max(0.0);
    let mut g = gradient(&AT);
    for inside in [0.0, 0.5, 1.0, 2.0] {
        g[15] = gradient(&AT)[15] + inside;
        let control = control_of(kinked, &g);
        assert!(control.passed(), "{inside}: {}", listed(&control));
        assert_eq!(control.unplanted, Verdict::Agree);
    }
}

#[test]
fn the_complex_step_is_held_to_its_own_power() {
    let j = from_fn(18, |x: &[Complex<f64>]| {
        let sum = |(i, x): (usize, &Complex<f64>)| x.sin() * (1.0 + i as f64).sqrt() + x * x * 0.3;
        x.iter().enumerate().map(sum).sum::<Complex<f64>>() + x[0] * x[17]
    });
    let g = gradient(&AT);
    let control =
        negative_control_by_complex_step(&j, &g, &AT, &layout(), &Settings::exact()).unwrap();
    assert!(control.passed(), "{}", listed(&control));
    assert_eq!(control.rejected(), control.planted());
    assert!(control.power.unwrap().single_coordinate < 1e-12);
}

#[test]
fn a_sample_and_a_cancelled_run_say_no_more_than_they_saw() {
    let j = from_fn(18, cost);
    let g = gradient(&AT);
    let settings = Settings {
        selection: Selection::Some(vec![1, 4, 10, 15]),
        ..Settings::exact()
    };
    let control = negative_control(&j, &g, &AT, &layout(), &settings).unwrap();
    assert!(control.passed(), "{}", listed(&control));
    assert_eq!(control.agreeing, 4);
    // The block of which nothing was judged.
    let s = control
        .plantings
        .iter()
        .filter(|p| p.block.as_deref() == Some("s"));
    let planted: Vec<PlantedError> = s
        .filter(|p| p.outcome != PlantingOutcome::ChangesNothing)
        .map(|p| p.error)
        .collect();
    assert_eq!(planted, [PlantedError::EntryMissing]);

    let cancel = AtomicBool::new(false);
    let progress = |_: Progress| cancel.store(true, Relaxed);
    let settings = Settings {
        execution: Execution {
            threads: std::num::NonZeroUsize::new(1),
            progress: Some(&progress),
            cancel: Some(&cancel),
            failure: None,
        },
        ..Settings::exact()
    };
    let control = negative_control(&j, &g, &AT, &layout(), &settings).unwrap();
    assert!(!control.speaks());
}

/// A run that is cancelled amid the control says of no error that it passed, and evaluates next to nothing more.
#[test]
fn a_stop_amid_the_control_lets_nothing_pass() {
    let g = gradient(&AT);
    let evaluations = AtomicU64::new(0);
    let alone = check(&from_fn(18, cost), &g, &AT, &layout(), &Settings::exact()).unwrap();
    for after in [0, 1, 10, 50, 100, 200] {
        evaluations.store(0, Relaxed);
        let cancel = AtomicBool::new(false);
        let until = alone.evaluations + after;
        let j = from_fn(18, |x: &[f64]| {
            if evaluations.fetch_add(1, Relaxed) >= until {
                cancel.store(true, Relaxed);
            }
            cost(x)
        });
        let settings = Settings {
            execution: Execution {
                cancel: Some(&cancel),
                ..Execution::ONE_THREAD
            },
            ..Settings::exact()
        };
        let control = negative_control(&j, &g, &AT, &layout(), &settings).unwrap();
        assert_eq!(
            control.failures().count(),
            0,
            "{after}: {}",
            listed(&control)
        );
        // One coordinate to its end, and the four that are looked at after a stop.
        assert!(evaluations.load(Relaxed) <= until + 6 * 100, "{after}");
    }
}

/// What was seen of J is kept: whatever the size of the block, a few coordinates of each planted error are looked at on
/// the ladder, and no coordinate gets a sharper look twice.
#[test]
fn its_price_does_not_grow_with_the_number_of_errors() {
    let n = 400;
    let at: Vec<f64> = (0..n).map(|i| 0.3 + (i as f64 * 0.37).sin()).collect();
    let layout = ParameterLayout::new().with("W", &[20, 20]).unwrap();
    let j = from_fn(n, cost);
    let g = gradient(&at);
    let alone = check(&j, &g, &at, &layout, &Settings::exact()).unwrap();
    let control = negative_control(&j, &g, &at, &layout, &Settings::exact()).unwrap();
    assert!(control.passed(), "{}", listed(&control));
    // Four of each of nine kinds, 39 evaluations each, and four for a sharper look.
    let most = 9 * 4 * 39 + 4 * n as u64 + 1;
    let more = control.evaluations - alone.evaluations;
    assert!(more <= most, "{more} of {most}");
}

/// With the same function on complex numbers the second look is a sharper one, and settles more.
#[test]
fn a_second_method_is_asked_as_in_a_check() {
    fn complex_cost(x: &[Complex<f64>]) -> Complex<f64> {
        let sum = |(i, x): (usize, &Complex<f64>)| x.sin() * (1.0 + i as f64).sqrt() + x * x * 0.3;
        x.iter().enumerate().map(sum).sum::<Complex<f64>>() + x[0] * x[17]
    }
    /// The cost, which says that it is smooth: only then the complex plane is asked.
    struct Smooth;
    impl Objective<f64> for Smooth {
        fn dim(&self) -> usize {
            18
        }
        fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
            Ok(cost(x))
        }
        fn piece(&self, _: &[f64]) -> Result<Piece, EvaluationError> {
            Ok(Piece::Everywhere)
        }
    }
    let j = Smooth;
    let shadow = from_fn(18, complex_cost);
    let another = from_fn(18, |x: &[Complex<f64>]| complex_cost(x) + 1.0);
    let g = gradient(&AT);
    let with = |shadow| {
        let settings = Settings {
            shadow: Some(shadow),
            ..Settings::exact()
        };
        negative_control(&j, &g, &AT, &layout(), &settings).unwrap()
    };
    let control = with(&shadow);
    assert!(control.passed(), "{}", listed(&control));
    assert_eq!(control.rejected(), control.planted());
    assert!(control.evaluations < control_of(cost, &g).evaluations);
    // One that is another function is not believed, and the ladder asked.
    let control = with(&another);
    assert_eq!(listed(&control), listed(&control_of(cost, &g)));
}

/// A gradient of which the control plants what J has become by then is not wrong, and that it passes is said. So small an
/// error is planted as the check states that it sees, and no larger one.
#[test]
fn an_error_that_is_none_passes_and_is_found_out() {
    let layout = ParameterLayout::new()
        .with("a", &[3])
        .and_then(|layout| layout.with("b", &[]))
        .unwrap();
    let at: [f64; 4] = [0.3, -0.7, 1.1, 0.2];
    let g = at.map(f64::cos);
    let settings = Settings {
        directional_test: false,
        ..Settings::exact()
    };
    let sines = |x: &[f64]| x.iter().map(|x| x.sin()).sum::<f64>();
    let alone = check(&from_fn(4, sines), &g, &at, &layout, &settings).unwrap();
    let power = alone.power.unwrap();
    let evaluations = AtomicU64::new(0);
    // The errors that pass once the gradient of J is another one by this much.
    let failures = |slope: [f64; 4], but_for: &[PlantedError]| {
        evaluations.store(0, Relaxed);
        let j = from_fn(4, |x: &[f64]| {
            let checked = evaluations.fetch_add(1, Relaxed) >= alone.evaluations;
            let parts = slope.iter().zip(x).zip(&at);
            let drift: f64 = parts.map(|((slope, x), at)| slope * (x - at)).sum();
            sines(x) + if checked { drift } else { 0.0 }
        });
        let control = negative_control(&j, &g, &at, &layout, &settings).unwrap();
        control
            .failures()
            .filter(|p| !but_for.contains(&p.error))
            .map(|p| (p.error, p.block.clone().unwrap(), p.outcome.clone()))
            .collect::<Vec<_>>()
    };
    let passed = |error, block: &str| (error, block.to_owned(), PlantingOutcome::Passed);
    let scales = [0, 0, 0, 1].map(|block: usize| alone.blocks[block].scale);
    assert_eq!(failures([0.0; 4], &[]), []);
    assert_eq!(
        failures(
            scales.map(|scale| 3.0 * power.single_coordinate * scale),
            &[]
        ),
        [
            passed(PlantedError::OneCoordinate, "a"),
            passed(PlantedError::OneCoordinate, "b"),
        ]
    );
    // An error in one coordinate is about as large, and may pass as well.
    assert_eq!(
        failures(
            g.map(|g| 3.0 * power.block * g),
            &[PlantedError::OneCoordinate]
        ),
        [
            passed(PlantedError::WholeBlock, "a"),
            passed(PlantedError::WholeBlock, "b"),
        ]
    );
}

#[test]
fn what_was_not_detected_is_listed() {
    let planting = |error, block: &str, outcome| Planting {
        error,
        block: Some(block.to_owned()),
        coordinate: None,
        outcome,
    };
    let blamed = vec!["b1".to_owned()];
    let report = ControlReport {
        unplanted: Verdict::Agree,
        agreeing: 9,
        power: None,
        plantings: vec![
            planting(PlantedError::Doubled, "W1", PlantingOutcome::Passed),
            planting(
                PlantedError::Sign,
                "W1",
                PlantingOutcome::Misplaced { blamed },
            ),
            planting(PlantedError::Zeroed, "W1", PlantingOutcome::Rejected),
            planting(
                PlantedError::Transposed,
                "W1",
                PlantingOutcome::ChangesNothing,
            ),
        ],
        evaluations: 0,
        elapsed: Duration::ZERO,
    };
    insta::assert_snapshot!(report, @r"
    negative control: 1 of 3 planted errors were detected; 1 skipped (below the
      detection limit, or without effect)
      W1 doubled: not detected
      W1 with its sign flipped: detected in b1 instead
      The checker misses these errors here, so its agreement is not reliable.
      Please report this as a bug.
    ");
}
