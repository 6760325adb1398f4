//! A network's cost times a constant, as under loss scaling.

use finite_diff::objective::{Neighborhood, Piece, Probe, Shortcut};
use finite_diff::{
    Derivatives, DifferenceError, EvaluationError, Execution, Noise, Objective, Outcome, Scheme,
};
use tensor_core::Scalar;

/// The objective c·J.
pub(crate) struct Scaled<'a, T> {
    pub(crate) inner: Box<dyn Objective<T> + 'a>,
    /// The factor c.
    pub(crate) factor: f64,
}

impl<T: Scalar> Objective<T> for Scaled<'_, T> {
    fn dim(&self) -> usize {
        self.inner.dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        Ok(T::from_f64(self.factor) * self.inner.value(point)?)
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        self.inner.piece(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [T],
    ) -> Result<Box<dyn Neighborhood<T> + 'a>, EvaluationError> {
        Ok(Box::new(ScaledAround {
            inner: self.inner.neighborhood(point)?,
            factor: self.factor,
        }))
    }

    fn shortcut(&self) -> Option<&dyn Shortcut<T>> {
        self.inner.shortcut().map(|_| self as &dyn Shortcut<T>)
    }

    fn engine(&self) -> Option<&'static str> {
        self.inner.engine()
    }
}

impl<T: Scalar> Shortcut<T> for Scaled<'_, T> {
    fn differentiate(
        &self,
        point: &[T],
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        let Some(shortcut) = self.inner.shortcut() else {
            let source = "the scaled cost has no shortcut".into();
            return Err(DifferenceError::Center { source });
        };
        let size = self.factor.abs();
        let scheme = Scheme {
            noise: match scheme.noise {
                Noise::Absolute(noise) => Noise::Absolute(noise / size),
                Noise::Growing {
                    at_point,
                    growth,
                    unit,
                } => Noise::Growing {
                    unit,
                    at_point: at_point / size,
                    growth: growth.times(1.0 / size),
                },
                relative => relative,
            },
            ..*scheme
        };
        let mut run = shortcut.differentiate(point, coordinates, &scheme, execution)?;
        run.center *= self.factor;
        for entry in &mut run.entries {
            if let Outcome::Estimated(estimate) = &mut entry.outcome {
                estimate.derivative *= self.factor;
                estimate.truncation *= size;
                estimate.noise *= size;
            }
        }
        Ok(run)
    }
}

struct ScaledAround<'a, T> {
    inner: Box<dyn Neighborhood<T> + 'a>,
    factor: f64,
}

impl<T: Scalar> Neighborhood<T> for ScaledAround<'_, T> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError> {
        Ok(Box::new(ScaledAround {
            inner: self.inner.fork()?,
            ..*self
        }))
    }

    fn center(&mut self) -> Result<T, EvaluationError> {
        Ok(T::from_f64(self.factor) * self.inner.center()?)
    }

    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError> {
        Ok(T::from_f64(self.factor) * self.inner.value_with(coordinate, replacement)?)
    }

    fn values_with(
        &mut self,
        probes: &[Probe<T>],
        values: &mut Vec<T>,
    ) -> Result<(), EvaluationError> {
        let before = values.len();
        let outcome = self.inner.values_with(probes, values);
        for value in &mut values[before..] {
            *value *= T::from_f64(self.factor);
        }
        outcome
    }

    fn batch(&self) -> usize {
        self.inner.batch()
    }

    fn piece_with(&mut self, coordinate: usize, replacement: T) -> Result<Piece, EvaluationError> {
        self.inner.piece_with(coordinate, replacement)
    }
}
