//! J at the point itself, before it is evaluated next to it.

use std::collections::HashMap;
use std::time::Instant;

use finite_diff::error::Side;
use finite_diff::{DifferenceError, Noise, Objective, Outcome, Real};
use num_complex::Complex;

use super::complex::SameDomain;
use super::{First, Memory, Method, Seen};
use crate::error::{CheckError, unless_failed};
use crate::problem::Problem;
use crate::settings::Settings;

impl<'a, T: Real> Seen<'a, T> {
    /// J at the point, twice or more often where it varies.
    pub(super) fn at_the_point(
        problem: Problem<'a, T>,
        shadow: Option<&'a dyn Objective<Complex<f64>>>,
        method: Method,
        coordinates: &[usize],
        settings: &Settings<'a>,
    ) -> Result<Self, CheckError> {
        unless_failed(settings)?;
        let mut seen = Self {
            problem,
            complex: shadow.map(|shadow| SameDomain {
                shadow,
                domain: problem.domain(),
            }),
            method,
            execution: settings.execution,
            constants: settings.constants,
            seed: settings.seed,
            begun: Instant::now(),
            cost: f64::NAN,
            deterministic: true,
            spread: 0.0,
            noise: Noise::Absolute(f64::NAN),
            selected: coordinates.len(),
            first: Vec::new(),
            sharper: Memory::new(),
            stepped: Memory::new(),
            close: Memory::new(),
            ladder: Memory::new(),
            along: HashMap::new(),
            beside: HashMap::new(),
            piece: None,
            black_box: None,
            complex_noise: None,
            complex_cost: f64::NAN,
            evaluations: 0,
            interrupted: false,
        };
        let (first, second) = (seen.evaluate()?, seen.evaluate()?);
        seen.cost = first;
        // A NaN twice is reported as not finite, whatever its payload.
        if first.to_bits() != second.to_bits() && !(first.is_nan() && second.is_nan()) {
            let mut values = vec![first, second];
            for _ in values.len()..REPEATS {
                values.push(seen.evaluate()?);
            }
            let spread = Spread::of(&values);
            seen.spread = spread.deviations;
            // Up to a thousandth of J that is noise like any other.
            seen.deterministic = spread.range <= seen.constants.coarsest * spread.largest;
        }
        if !seen.is_sound() {
            seen.first = unmeasured(first, coordinates);
        }
        Ok(seen)
    }

    fn evaluate(&mut self) -> Result<f64, CheckError> {
        self.evaluations += 1;
        match self.problem.objective.value(self.problem.point) {
            Ok(value) => Ok(value.widen()),
            Err(source) => Err(CheckError::Difference(DifferenceError::Center { source })),
        }
    }
}

/// The estimates where J itself is NaN or infinite, or differs from call to call: none is worth an evaluation.
fn unmeasured(cost: f64, coordinates: &[usize]) -> Vec<First> {
    let side = Side {
        offset: 0,
        replacement: f64::NAN,
    };
    let first = |&coordinate| First {
        coordinate,
        unit: 1.0,
        enough: 0.0,
        outcome: Outcome::NonFinite { side, value: cost },
    };
    coordinates.iter().map(first).collect()
}

/// How often J is evaluated at the point where two evaluations differ.
const REPEATS: usize = 8;

/// How far evaluations at one point are apart.
struct Spread {
    /// 3σ, as everywhere the noise of one evaluation.
    deviations: f64,
    range: f64,
    largest: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let most = values.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let least = values.iter().fold(f64::INFINITY, |a, b| a.min(*b));
        Self {
            deviations: 3.0 * (squares / (count - 1.0)).sqrt(),
            range: most - least,
            largest: most.abs().max(least.abs()),
        }
    }
}
