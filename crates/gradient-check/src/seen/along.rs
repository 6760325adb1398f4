//! J along a direction that moves a few coordinates, such as those at kinks.

use finite_diff::directions::StreamedDirection;
use finite_diff::ladder::Support;
use finite_diff::{EvaluationError, Objective, Real, differentiate_finely};

use super::Seen;
use crate::error::CheckError;

/// The number of the first of these directions: none that a block has.
const FIRST: u64 = u64::MAX << 32;

/// At how many points next to θ the slope along a direction is looked at.
const BESIDE: u64 = 8;

/// The slopes of J along a direction at θ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Slopes {
    /// D⁻, from the side of θ − t·u.
    pub(crate) left: f64,
    /// D⁺, from the side of θ + t·u.
    pub(crate) right: f64,
    /// The larger error bar of the two.
    pub(crate) error_bar: f64,
}

impl<T: Real> Seen<'_, T> {
    /// The slopes at θ along direction `number` among `coordinates`; `None` where they can't be told.
    pub(crate) fn slopes_along(
        &mut self,
        coordinates: &[usize],
        number: u64,
    ) -> Result<Option<Slopes>, CheckError> {
        let key = (coordinates.to_vec(), number);
        if let Some(known) = self.along.get(&key) {
            return Ok(*known);
        }
        let line = Along {
            objective: self.problem.objective,
            point: self.problem.point,
            direction: &self.direction(coordinates, number),
        };
        let quietly = self.quietly();
        let run = differentiate_finely(&line, &[T::zero()], &[0], self.noise, &quietly)
            .map_err(CheckError::Difference)?;
        self.count(&run);
        let entry = run.entries.first();
        let slopes = entry
            .and_then(|entry| entry.outcome.estimated())
            .filter(|seen| seen.support != Support::Unresolved)
            .map(|seen| Slopes {
                left: seen.left.derivative,
                right: seen.right.derivative,
                error_bar: seen.left.error_bar().max(seen.right.error_bar()),
            });
        self.along.insert(key, slopes);
        Ok(slopes)
    }

    /// The lowest and the highest slope along direction `number` among `coordinates` at points next to θ, off it along
    /// the same coordinates, less what noise may make of them; +∞ and −∞ where there is none. What fails there says nothing.
    pub(crate) fn slopes_beside(&mut self, coordinates: &[usize], number: u64) -> [f64; 2] {
        let key = (coordinates.to_vec(), number);
        if let Some(known) = self.beside.get(&key) {
            return *known;
        }
        let direction = self.direction(coordinates, number);
        // Far enough off to be on one piece, and near enough for it to be one that touches θ.
        let off = T::EPSILON.powf(0.25);
        let t = off / 64.0;
        let [mut lowest, mut highest] = [f64::INFINITY, f64::NEG_INFINITY];
        for step in 0..BESIDE {
            let away = self.direction(coordinates, BESIDE * (number + 1) + step);
            let mut point = self.problem.point.to_vec();
            for (i, by) in away {
                point[i] = T::narrow(point[i].widen() + off / StreamedDirection::LARGEST * by);
            }
            let at = Along {
                objective: self.problem.objective,
                point: &point,
                direction: &direction,
            };
            let value = |t: f64| at.value(&[T::narrow(t)]).map(|value| value.widen());
            if let (Ok(above), Ok(below)) = (value(t), value(-t)) {
                let slope = (above - below) / (2.0 * t);
                let noise = self.noise.at::<T>(above.abs().max(below.abs())) / t;
                lowest = lowest.min(slope + noise);
                highest = highest.max(slope - noise);
            }
        }
        self.evaluations += 2 * BESIDE;
        self.beside.insert(key, [lowest, highest]);
        [lowest, highest]
    }

    /// Direction `number` among `coordinates`, (i, u_i); all entries of the first are positive.
    pub(crate) fn direction(&self, coordinates: &[usize], number: u64) -> Vec<(usize, f64)> {
        let point = self.problem.point;
        let entry = |&i: &usize| {
            let one = StreamedDirection::new(self.seed, FIRST + number, i..i + 1);
            let u = one.entries(point).next().unwrap_or(0.0);
            (i, if number == 0 { u.abs() } else { u })
        };
        coordinates.iter().map(entry).collect()
    }
}

/// J along a direction: t ↦ J(θ + t·u).
struct Along<'a, T> {
    objective: &'a dyn Objective<T>,
    point: &'a [T],
    direction: &'a [(usize, f64)],
}

impl<T: Real> Objective<T> for Along<'_, T> {
    fn dim(&self) -> usize {
        1
    }

    fn value(&self, t: &[T]) -> Result<T, EvaluationError> {
        let mut moved = self.point.to_vec();
        let t = t.first().map_or(0.0, |t| t.widen());
        for (i, u) in self.direction {
            moved[*i] = T::narrow(moved[*i].widen() + t * u);
        }
        self.objective.value(&moved)
    }
}
