//! Verifies the gradients that are taken to be correct, by differences of sixth order of the costs to rounding.

use crate::black_boxes::families::Family;
use crate::black_boxes::problem::{Expected, Problem};

/// The number of entries of a problem that are examined.
const ENTRIES: usize = 12;

/// The largest error of the gradient of a family.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Off {
    /// The error beyond the accuracy of the differences, relative to the entry or its block's scale.
    pub(crate) share: f64,
    /// The accuracy of the differences, in the same unit.
    pub(crate) sharpness: f64,
    /// Whether any error is larger than the family allows.
    pub(crate) fails: bool,
}

/// Verifies the gradients at a family's first points; `None` for a family that is meant to be wrong.
pub(crate) fn verify(family: &Family, points: usize) -> Option<Off> {
    if matches!(family.expected, Expected::NotAgree) {
        return None;
    }
    let problems = (0..points).map(|index| family.problem(index));
    Some(problems.fold(Off::default(), |worst, problem| {
        let off = off(&problem);
        Off {
            share: worst.share.max(off.share),
            sharpness: worst.sharpness.max(off.sharpness),
            fails: worst.fails || off.share.is_nan() || off.share > problem.right_to,
        }
    }))
}

fn off(problem: &Problem) -> Off {
    let gradient = problem.gradient();
    let stride = gradient.len().div_ceil(ENTRIES);
    let told = (0..gradient.len())
        .step_by(stride)
        .filter(|entry| problem.has_slope(*entry));
    told.fold(Off::default(), |worst, entry| {
        let (derivative, bar) = derivative(problem, entry);
        let own = gradient[entry];
        let size = own.abs().max(derivative.abs()).max(f64::MIN_POSITIVE);
        // A derivative of zero has no relative accuracy.
        let sharpness = if own.abs() > bar { bar / size } else { 0.0 };
        let beyond = ((own - derivative).abs() - bar).max(0.0);
        Off {
            share: worst.share.max(beyond / size),
            sharpness: worst.sharpness.max(sharpness),
            fails: false,
        }
    })
}

/// The derivative of the smooth cost, and its error bar.
pub(crate) fn derivative(problem: &Problem, entry: usize) -> (f64, f64) {
    let quotient = |step: f64| {
        let mut size = 0.0f64;
        let mut slope = 0.0;
        for (times, weight) in [(1.0, 45.0), (2.0, -9.0), (3.0, 1.0)] {
            let mut side = |sign: f64| {
                let mut x = problem.point.clone();
                x[entry] += sign * times * step;
                let cost = problem.smooth_cost(&x);
                size = size.max(cost.abs());
                (cost, x[entry])
            };
            let ((above, right), (below, left)) = (side(1.0), side(-1.0));
            slope += weight * times * (above - below) / (right - left) / 30.0;
        }
        (slope, 16.0 * f64::EPSILON * size / step)
    };
    let steps = (4..14).map(|k| quotient(problem.unit(entry) * 0.5f64.powi(k)));
    let mut best = (f64::NAN, f64::INFINITY);
    let mut before = f64::NAN;
    for (slope, noise) in steps {
        let bar = 2.0 * (slope - before).abs() + noise;
        if bar < best.1 {
            best = (slope, bar);
        }
        before = slope;
    }
    best
}

#[cfg(test)]
mod tests {
    use super::verify;
    use crate::black_boxes::families;

    #[test]
    fn right_gradients_are_right() {
        for family in families::all() {
            let off = verify(&family, 2);
            assert!(off.is_none_or(|off| !off.fails), "{}: {off:?}", family.name);
        }
    }
}
