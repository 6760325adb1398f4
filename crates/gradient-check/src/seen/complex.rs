//! J on complex numbers: a second method beside differences, or the only one.

use finite_diff::objective::{Neighborhood, Piece};
use finite_diff::{
    Derivatives, DifferenceError, Domain, Estimate, EvaluationError, Execution, Objective, Outcome,
    Real, complex_step,
};
use num_complex::Complex;

use super::{Method, Problem, Seen};
use crate::error::CheckError;
use crate::settings::Settings;

impl<'a> Seen<'a, f64> {
    /// Looks at `coordinates`, in ascending order, by the complex step. `problem` is about J on real numbers.
    pub(crate) fn by_complex_step(
        problem: Problem<'a, f64>,
        objective: &'a dyn Objective<Complex<f64>>,
        coordinates: &[usize],
        settings: &Settings<'a>,
    ) -> Result<Self, CheckError> {
        let mut seen = Self::at_the_point(
            problem,
            Some(objective),
            Method::ComplexStep,
            coordinates,
            settings,
        )?;
        if !seen.is_sound() {
            return Ok(seen);
        }
        // First, since without it nothing can be said of a derivative.
        if settings.analytic_rounding.is_none() {
            seen.noise_on_complex_numbers()?;
        }
        let run = seen.step_into_the_plane(coordinates, &seen.execution);
        let run = run.map_err(|source| problem.named(source))?;
        seen.begin(run, &[], settings)?;
        Ok(seen)
    }
}

impl<'a, T: Real> Seen<'a, T> {
    /// J on complex numbers itself.
    pub(crate) fn on_complex_numbers(&self) -> Option<&'a dyn Objective<Complex<f64>>> {
        self.complex.as_ref().map(|complex| complex.shadow)
    }

    /// Estimates by the complex step, where J has a counterpart on complex numbers that is the same function as far as its
    /// value at the point tells.
    pub(crate) fn look_by_complex_step(
        &mut self,
        wanted: &[usize],
    ) -> Result<Vec<(usize, Outcome<Estimate>)>, CheckError> {
        if self.complex.is_none() {
            return Ok(Vec::new());
        }
        let mut center = None;
        let seen = self.look(
            |seen| &mut seen.stepped,
            wanted,
            |seen, new| {
                let run = seen.step_into_the_plane(new, &seen.quietly())?;
                center = Some(run.center);
                Ok(run)
            },
        )?;
        // A run that was stopped may not have come to the point itself.
        if let Some(center) = center.filter(|center| !center.is_nan() || !self.interrupted) {
            self.complex_cost = center;
        }
        Ok(match self.is_same_function() {
            true => seen,
            false => Vec::new(),
        })
    }

    /// How far a derivative by the complex step may be off by rounding, as the values of J next to the point tell.
    pub(crate) fn noise_on_complex_numbers(&mut self) -> Result<f64, CheckError> {
        let (Some(complex), None) = (&self.complex, self.complex_noise) else {
            return Ok(self.known_complex_noise());
        };
        let measured = finite_diff::noise::measure_complex_step_noise(
            complex,
            &self.problem.theta(),
            self.seed,
            &self.execution,
        )
        .map_err(|source| self.problem.named(source))?;
        self.interrupted |= self.execution.is_stopped();
        self.evaluations += measured.evaluations;
        let noise = measured.epsilon_f::<f64>(0.0);
        self.complex_noise = Some(noise);
        Ok(noise)
    }

    /// The noise of J on complex numbers; 0 where it was not measured.
    pub(crate) fn known_complex_noise(&self) -> f64 {
        self.complex_noise.unwrap_or(0.0)
    }

    fn step_into_the_plane(
        &self,
        coordinates: &[usize],
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        match &self.complex {
            Some(complex) => complex_step(complex, &self.problem.theta(), coordinates, execution),
            None => Ok(Derivatives {
                center: f64::NAN,
                entries: Vec::new(),
                evaluations: 0,
                interrupted: false,
            }),
        }
    }

    /// Whether J on complex numbers is the same function, as far as its value at the point tells
    /// (docs/theory/derivatives.md, equation 19).
    fn is_same_function(&self) -> bool {
        let rounding = self.constants.rounding * T::EPSILON * self.cost.abs();
        // Where J is what is left of larger terms, it is another rounding of these.
        let noise = self.constants.safety * self.noise.at::<T>(self.cost.abs());
        (self.complex_cost - self.cost).abs() <= rounding.max(noise)
    }
}

/// A function of complex numbers on real ones.
pub(crate) struct OnRealNumbers<'a>(pub(crate) &'a dyn Objective<Complex<f64>>);

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
