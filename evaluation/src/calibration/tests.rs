//! Small versions of `cargo xtask coverage` and `cargo xtask power`.

#![allow(clippy::unwrap_used, reason = "a failure is a failed test")]

use finite_diff::{Execution, Scheme, differentiate, from_fn};

use super::Options;
use super::coverage::block_error;
use super::coverage::coverage;
use super::fate::SIZES;
use super::look::Look;
use super::power::power;

fn options(coordinates: usize) -> Options {
    Options {
        coordinates,
        seed: 1,
        threads: None,
    }
}

#[test]
fn what_is_reported_covers_the_truth() {
    let coverage = coverage(&options(4000), &|_| {}).unwrap();
    for look in Look::ALL.into_iter().filter(|look| look.is_final()) {
        let row = coverage.overall(look);
        assert!(row.bars > 3000, "{row:?}");
        assert!(row.coverage() >= 0.999, "{row:?} {:?}", coverage.outside);
        assert_eq!(row.nothing, 0, "{row:?}");
    }
    // Near a minimum too, where the noise of J is next to none and grows away from it.
    for look in [Look::Ladder, Look::BlackBoxLadder] {
        for row in coverage.by_situation(look) {
            assert!(row.bars == 0 || row.coverage() >= 0.999, "{row:?}");
        }
    }
}

#[test]
fn the_stated_power_is_true_within_a_factor_of_three() {
    let found = power(&options(2000), &|_| {}).unwrap().overall();
    let at = |size: f64| SIZES.iter().position(|s| *s == size).unwrap();
    for fates in [
        found.weakest_coordinate,
        found.every_coordinate,
        found.weakest_block,
        found.every_block,
    ] {
        let three_times = fates[at(3.0)];
        assert!(three_times.planted() >= 10, "{fates:?}");
        assert_eq!(three_times.rejected, three_times.planted(), "{fates:?}");
    }
    // Where it is determined, a third of it is not seen, but for where the second look is sharper.
    assert!(found.weakest_coordinate[0].rejection() < 0.1, "{found:?}");
    for target in [found.central, found.complex] {
        let rejected = target.fate.rejection();
        assert!(rejected > 0.8, "{target:?}");
    }
}

#[test]
fn the_errors_of_a_right_gradient_can_all_point_the_same_way() {
    // J = Σ e^(30x): every derivative is too large by the same share, a third of its bar.
    let count = 64;
    let j = from_fn(count, |x: &[f64]| x.iter().map(|x| (30.0 * x).exp()).sum());
    let point: Vec<f64> = (0..count).map(|i| 0.002 * i as f64).collect();
    let all: Vec<usize> = (0..count).collect();
    let run = differentiate(&j, &point, &all, &Scheme::CENTRAL, &Execution::default()).unwrap();
    let entries = run.entries.iter().zip(&point).map(|(entry, x)| {
        let right = 30.0 * (30.0 * x).exp();
        let estimate = entry.outcome.estimated().unwrap();
        (right, estimate.derivative - right, estimate.error_bar())
    });
    let error = block_error(Look::Central, &entries.collect::<Vec<_>>()).unwrap();
    assert!(error.root_mean_square <= 1.0, "{error:?}");
    assert!(error.projection > 0.3 * (count as f64).sqrt(), "{error:?}");
}
