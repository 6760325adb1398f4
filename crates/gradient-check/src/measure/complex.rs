//! What is measured of a function of complex numbers: derivatives by the complex step, and the directional test on real
//! ones.
//!
//! Evaluates; refuses to judge.

use finite_diff::estimate::Unit;
use finite_diff::objective::{Neighborhood, Piece};
use finite_diff::{Domain, EvaluationError, Noise, Objective, Outcome, ParameterLayout};
use num_complex::Complex;

use super::{Measured, begin, fit, look_along_directions, unless_nothing};
use crate::directions::{self, Sides};
use crate::error::{CheckError, name_coordinate, unless_failed};
use crate::evidence::Evidence;
use crate::passes::{collect, noise_on_complex_numbers, with_rounding};
use crate::recheck::recheck_on_complex_numbers;
use crate::settings::Settings;
use crate::verdict::Rule;

/// The evidence of [`check_by_complex_step`], and how it was gathered.
pub(crate) fn measure_by_complex_step(
    objective: &dyn Objective<Complex<f64>>,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Measured, CheckError> {
    let domain = objective.domain();
    let coordinates = fit(objective.dim(), domain, analytic, point, layout, settings)?;
    let mut measured = Measured {
        fixed: domain.map_or(0, Domain::fixed),
        scheme: "complex-step",
        ..Measured::begin(analytic, settings)
    };
    unless_failed(settings)?;
    let complex = OnRealNumbers::at(point);
    measured.evaluate_twice(objective, &complex, |j| j.re)?;
    let evidence = &mut measured.evidence;
    if !begin(evidence, &coordinates, analytic, settings) {
        return Ok(measured);
    }
    let named = |source| name_coordinate(source, layout);
    // First, since without it nothing can be said of a derivative.
    noise_on_complex_numbers(evidence, objective, point, settings).map_err(named)?;
    let first = finite_diff::complex_step(objective, point, &coordinates, &settings.execution)
        .map_err(named)?;
    collect(evidence, first, analytic, settings, &|i| {
        Unit::Own.at(point[i])
    });
    unless_nothing(evidence, layout, settings)?;
    let rule = Rule::of(evidence);
    for observation in &mut evidence.observations {
        if let Outcome::Estimated(estimate) = &observation.first {
            let estimate = with_rounding(estimate, observation, &rule);
            observation.first = Outcome::Estimated(estimate);
        }
    }
    recheck_on_complex_numbers(evidence, objective, point, layout, settings)?;
    measured.lines =
        look_along_real_directions(evidence, objective, analytic, point, layout, settings)?;
    Ok(measured)
}

/// Like [`look_along_directions`], for a function of complex numbers, on real ones.
fn look_along_real_directions(
    evidence: &mut Evidence,
    objective: &dyn Objective<Complex<f64>>,
    analytic: &[f64],
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Option<directions::Lines>, CheckError> {
    if !settings.directional_test || evidence.interrupted {
        return Ok(None);
    }
    let real = OnRealNumbers(objective);
    let measured =
        finite_diff::noise::measure_noise_with(&real, point, settings.seed, &settings.execution)
            .map_err(CheckError::Difference)?;
    evidence.evaluations += measured.evaluations;
    evidence.interrupted |= settings.execution.is_stopped();
    let noise = measured.noise::<f64>(evidence.cost.abs(), Noise::default());
    let sides = Sides {
        objective: &real,
        analytic,
        point,
        layout,
        noise,
        settings,
    };
    look_along_directions(evidence, &sides)
}

/// A function of complex numbers on real ones.
struct OnRealNumbers<'a>(&'a dyn Objective<Complex<f64>>);

impl OnRealNumbers<'_> {
    fn at(point: &[f64]) -> Vec<Complex<f64>> {
        point.iter().map(|&x| Complex::new(x, 0.0)).collect()
    }
}

impl Objective<f64> for OnRealNumbers<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        Ok(self.0.value(&Self::at(point))?.re)
    }

    fn piece(&self, point: &[f64]) -> Result<Piece, EvaluationError> {
        self.0.piece(&Self::at(point))
    }

    fn domain(&self) -> Option<&Domain> {
        self.0.domain()
    }
}

/// J on complex numbers, whose real parts are kept in the domain of J.
pub(super) struct SameDomain<'a> {
    pub(super) shadow: &'a dyn Objective<Complex<f64>>,
    pub(super) domain: Option<&'a Domain>,
}

impl Objective<Complex<f64>> for SameDomain<'_> {
    fn dim(&self) -> usize {
        self.shadow.dim()
    }

    fn value(&self, point: &[Complex<f64>]) -> Result<Complex<f64>, EvaluationError> {
        self.shadow.value(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [Complex<f64>],
    ) -> Result<Box<dyn Neighborhood<Complex<f64>> + 'a>, EvaluationError> {
        self.shadow.neighborhood(point)
    }

    fn domain(&self) -> Option<&Domain> {
        self.domain.or(self.shadow.domain())
    }
}
