//! The first half of a check: all measurements, pass after pass, before any verdict.
//!
//! Evaluates. Invariant: judges nothing.

use std::time::Instant;

use finite_diff::{Noise, Objective, ParameterLayout, Real};

use crate::directions;
use crate::error::CheckError;
use crate::evidence::Evidence;
use crate::passes;
use crate::problem::Problem;
use crate::recheck::{recheck, recheck_on_complex_numbers};
use crate::seen::{Facts, Method, OnRealNumbers, Seen};
use crate::settings::Settings;

/// The evidence, and how it was gathered.
pub(crate) struct Measured {
    pub(crate) evidence: Evidence,
    pub(crate) facts: Facts,
    /// What was seen along random directions.
    pub(crate) lines: Option<directions::Lines>,
    /// The gradient that the evidence was held against.
    pub(crate) analytic: Vec<f64>,
}

impl Measured {
    /// Evidence that the caller already has, or none.
    pub(crate) fn given(evidence: Evidence, analytic: &[f64], scheme: &'static str) -> Self {
        Self {
            evidence,
            facts: Facts {
                noise: Noise::Absolute(f64::NAN),
                in_double: true,
                fixed: 0,
                begun: Instant::now(),
                scheme,
            },
            lines: None,
            analytic: analytic.to_vec(),
        }
    }
}

/// What [`check`](crate::check()) measures: what was seen of J, and what that says of `analytic`.
pub(crate) fn measure<'a, T: Real>(
    objective: &'a dyn Objective<T>,
    analytic: &[f64],
    point: &'a [T],
    layout: &'a ParameterLayout,
    settings: &Settings<'a>,
) -> Result<(Seen<'a, T>, Measured), CheckError> {
    let problem = Problem::new(objective, point, layout)?;
    let coordinates = problem.selected(analytic, settings)?;
    let mut seen = Seen::by_differences(problem, &coordinates, settings)?;
    let mut evidence = passes::gather(&mut seen, analytic, settings, None)?;
    if let (Method::Differences(scheme), true) = (&seen.method, seen.is_sound()) {
        recheck(&mut evidence, problem, scheme, settings)?;
    }
    let noise = seen.noise;
    let measured = finish(&seen, noise, evidence, analytic, settings)?;
    Ok((seen, measured))
}

/// Like [`measure`], by the complex step. `real` is J on real numbers.
pub(crate) fn measure_by_complex_step<'a>(
    real: &'a OnRealNumbers<'a>,
    analytic: &[f64],
    point: &'a [f64],
    layout: &'a ParameterLayout,
    settings: &Settings<'a>,
) -> Result<(Seen<'a, f64>, Measured), CheckError> {
    let OnRealNumbers(objective) = *real;
    let problem = Problem::new(real, point, layout)?;
    let coordinates = problem.selected(analytic, settings)?;
    let mut seen = Seen::by_complex_step(problem, objective, &coordinates, settings)?;
    let mut evidence = passes::gather(&mut seen, analytic, settings, None)?;
    let mut noise = seen.noise;
    if seen.is_sound() {
        recheck_on_complex_numbers(&mut evidence, objective, point, layout, settings)?;
        if settings.directional_test && !evidence.interrupted {
            let before = seen.evaluations;
            noise = seen.measure_noise(Noise::default())?;
            evidence.evaluations += seen.evaluations - before;
            evidence.interrupted |= settings.execution.is_stopped();
        }
    }
    let measured = finish(&seen, noise, evidence, analytic, settings)?;
    Ok((seen, measured))
}

/// The directional test, if it is wanted and there was no interruption before it.
fn finish<T: Real>(
    seen: &Seen<'_, T>,
    noise: Noise,
    mut evidence: Evidence,
    analytic: &[f64],
    settings: &Settings<'_>,
) -> Result<Measured, CheckError> {
    let mut lines = None;
    if settings.directional_test && !evidence.interrupted && seen.is_sound() {
        let along = directions::gather(seen.problem, noise, &evidence, analytic, settings)?;
        evidence.evaluations += along.evaluations;
        evidence.interrupted |= along.interrupted;
        // Every parameter may be on a bound.
        lines = (!along.is_empty()).then_some(along);
    }
    Ok(Measured {
        evidence,
        facts: seen.facts(),
        lines,
        analytic: analytic.to_vec(),
    })
}
