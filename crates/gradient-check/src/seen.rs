//! The estimates of J's derivatives around a point, pass by pass, and how to add more.
//!
//! Invariant: knows no gradient; gradients are compared with these estimates elsewhere ([`passes`](crate::passes)), and
//! several gradients with the same ones. No estimate is made twice.

mod along;
mod complex;
mod point;

use std::collections::HashMap;
use std::time::Instant;

use finite_diff::estimate::Unit;
use finite_diff::ladder::{Refined, differentiate_closely, has_own_size};
use finite_diff::objective::Piece;
use finite_diff::{
    Derivatives, DifferenceError, Domain, Entry, Execution, Noise, Outcome, Real, Scheme, Stencil,
    differentiate, differentiate_finely,
};

use crate::constants::Constants;
use crate::error::{CheckError, unless_failed};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::start::Looker;

pub(crate) use along::Slopes;
pub(crate) use complex::OnRealNumbers;
use complex::SameDomain;

/// What was seen of some coordinates, by one kind of look.
type Memory<E> = HashMap<usize, Outcome<E>>;

/// The first look at one coordinate.
#[derive(Debug, Clone, Copy)]
pub(crate) struct First {
    pub(crate) coordinate: usize,
    /// The length that the parameter is measured in.
    pub(crate) unit: f64,
    /// How sharp it has to be, relative to the scale, where a pilot showed what noise allows; else 0.
    pub(crate) enough: f64,
    pub(crate) outcome: Outcome,
}

/// The method of the first estimate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Method {
    Differences(Scheme),
    /// The complex step; no other estimate is made then.
    ComplexStep,
}

/// How J was looked at, whatever was seen.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Facts {
    /// The noise of J; NaN where no difference was taken.
    pub(crate) noise: Noise,
    /// Whether J returns numbers in double precision.
    pub(crate) in_double: bool,
    /// How many parameters nothing moves.
    pub(crate) fixed: usize,
    pub(crate) begun: Instant,
    /// The name of what gave the derivatives.
    pub(crate) scheme: &'static str,
}

/// J at a point as far as it was looked at.
pub(crate) struct Seen<'a, T> {
    pub(crate) problem: Problem<'a, T>,
    /// J on complex numbers, where there is one.
    complex: Option<SameDomain<'a>>,
    pub(crate) method: Method,
    pub(crate) execution: Execution<'a>,
    constants: Constants,
    seed: u64,
    pub(crate) begun: Instant,
    /// J at the point.
    pub(crate) cost: f64,
    /// Whether a second evaluation of J gave the same value, up to noise.
    pub(crate) deterministic: bool,
    /// 3σ of repeated evaluations at the point; 0 where the first two gave the same bits.
    pub(crate) spread: f64,
    /// The noise of J next to the point; NaN where no difference was taken.
    pub(crate) noise: Noise,
    /// How many coordinates were meant to be looked at.
    pub(crate) selected: usize,
    /// The first estimates, in ascending order of the coordinates.
    pub(crate) first: Vec<First>,
    sharper: Memory<finite_diff::Estimate>,
    stepped: Memory<finite_diff::Estimate>,
    close: Memory<Refined>,
    ladder: Memory<Refined>,
    along: HashMap<(Vec<usize>, u64), Option<Slopes>>,
    beside: HashMap<(Vec<usize>, u64), [f64; 2]>,
    /// The smooth piece of the point, once it was asked for.
    piece: Option<Piece>,
    black_box: Option<bool>,
    /// How far a derivative by the complex step may be off by rounding, once that was measured.
    complex_noise: Option<f64>,
    /// J at the point on complex numbers, once it was evaluated.
    complex_cost: f64,
    /// How often J was evaluated.
    pub(crate) evaluations: u64,
    /// Whether the run was stopped before all estimates had been made.
    pub(crate) interrupted: bool,
}

impl<'a, T: Real> Seen<'a, T> {
    /// Looks at `coordinates`, in ascending order, by finite differences.
    pub(crate) fn by_differences(
        problem: Problem<'a, T>,
        coordinates: &[usize],
        settings: &Settings<'a>,
    ) -> Result<Self, CheckError> {
        let method = Method::Differences(settings.scheme);
        let mut seen = Self::at_the_point(problem, settings.shadow, method, coordinates, settings)?;
        if !seen.is_sound() {
            return Ok(seen);
        }
        let at_least = settings.scheme.noise.at::<T>(seen.cost.abs());
        seen.noise = seen.measure_noise(Noise::Absolute(at_least.max(seen.spread)))?;
        let scheme = Scheme {
            noise: seen.noise,
            ..settings.scheme
        };
        seen.method = Method::Differences(scheme);
        let looker = Looker {
            problem,
            scheme,
            claim: settings.claim,
            constants: settings.constants,
            execution: settings.execution,
        };
        let looked = looker.look(coordinates).map_err(|e| problem.named(e))?;
        seen.begin(looked.derivatives, &looked.enough, settings)?;
        Ok(seen)
    }

    /// Whether there is anything to measure: with a cost that is not a number, or not the same twice, no difference means
    /// anything.
    pub(crate) fn is_sound(&self) -> bool {
        self.deterministic && self.cost.is_finite()
    }

    /// The noise of J near the point, no less than `at_least`.
    pub(crate) fn measure_noise(&mut self, at_least: Noise) -> Result<Noise, CheckError> {
        let Problem {
            objective, point, ..
        } = self.problem;
        let measured =
            finite_diff::noise::measure_noise(objective, point, self.seed, &self.execution)
                .map_err(|source| self.problem.named(source))?;
        self.evaluations += measured.evaluations;
        Ok(measured.noise::<T>(self.cost.abs(), at_least))
    }

    /// Keeps the first look.
    fn begin(
        &mut self,
        looked: Derivatives,
        enough: &[f64],
        settings: &Settings<'_>,
    ) -> Result<(), CheckError> {
        self.count(&looked);
        let point = self.problem.point;
        let first = |(number, entry): (usize, Entry)| First {
            coordinate: entry.coordinate,
            unit: Unit::Own.at(point[entry.coordinate]),
            enough: enough.get(number).copied().unwrap_or(0.0),
            outcome: entry.outcome,
        };
        self.first = looked.entries.into_iter().enumerate().map(first).collect();
        if self.first.is_empty() {
            // Nothing was measured before an evaluation failed: that is the verdict.
            unless_failed(settings).map_err(|error| match error {
                CheckError::Difference(source) => self.problem.named(source),
                other => other,
            })?;
        }
        Ok(())
    }

    fn count<E>(&mut self, looked: &Derivatives<E>) {
        self.evaluations += looked.evaluations;
        self.interrupted |= looked.interrupted;
    }

    /// Whether this coordinate has no second estimate, neither by the step sequence nor by the complex step.
    pub(crate) fn is_new(&self, coordinate: usize) -> bool {
        !self.ladder.contains_key(&coordinate) && !self.stepped.contains_key(&coordinate)
    }

    /// One kind of look at `wanted`: those that it was not taken at before are looked at now. Those that a run was stopped
    /// before are left out.
    fn look<E: Copy>(
        &mut self,
        memory: fn(&mut Self) -> &mut Memory<E>,
        wanted: &[usize],
        look: impl FnOnce(&Self, &[usize]) -> Result<Derivatives<E>, DifferenceError>,
    ) -> Result<Vec<(usize, Outcome<E>)>, CheckError> {
        let known = memory(self);
        let new = wanted.iter().copied();
        let new: Vec<usize> = new.filter(|i| !known.contains_key(i)).collect();
        if !new.is_empty() {
            let run = look(self, &new).map_err(|source| self.problem.named(source))?;
            self.count(&run);
            let entries = run.entries.into_iter();
            memory(self).extend(entries.map(|entry| (entry.coordinate, entry.outcome)));
        }
        let known = memory(self);
        let seen = wanted
            .iter()
            .map(|&i| known.get(&i).map(|outcome| (i, *outcome)));
        Ok(seen.flatten().collect())
    }

    /// Estimates by the five-point formula, with a longer step and so less noise; nothing where that was the first one.
    pub(crate) fn look_sharper(
        &mut self,
        wanted: &[usize],
    ) -> Result<Vec<(usize, Outcome)>, CheckError> {
        match self.method {
            Method::Differences(scheme) if scheme.stencil != Stencil::FIVE_POINT => {}
            _ => return Ok(Vec::new()),
        }
        self.look(
            |seen| &mut seen.sharper,
            wanted,
            |seen, new| {
                let scheme = Scheme {
                    noise: seen.noise,
                    ..Scheme::optimal(Stencil::FIVE_POINT)
                };
                let Problem {
                    objective, point, ..
                } = seen.problem;
                differentiate(objective, point, new, &scheme, &seen.quietly())
            },
        )
    }

    /// Estimates with steps of the parameters' own size, where that is far below 1.
    pub(crate) fn look_close(
        &mut self,
        wanted: &[usize],
    ) -> Result<Vec<(usize, Outcome<Refined>)>, CheckError> {
        let point = self.problem.point;
        let small = wanted.iter().copied();
        let small: Vec<usize> = small.filter(|i| has_own_size(point[*i])).collect();
        self.look(
            |seen| &mut seen.close,
            &small,
            |seen, new| {
                let Problem {
                    objective, point, ..
                } = seen.problem;
                differentiate_closely(objective, point, new, seen.noise, &seen.quietly())
            },
        )
    }

    /// Estimates by the step sequence, on `execution`.
    pub(crate) fn climb(
        &mut self,
        wanted: &[usize],
        execution: &Execution<'_>,
    ) -> Result<Vec<(usize, Outcome<Refined>)>, CheckError> {
        self.look(
            |seen| &mut seen.ladder,
            wanted,
            |seen, new| {
                let Problem {
                    objective, point, ..
                } = seen.problem;
                differentiate_finely(objective, point, new, seen.noise, execution)
            },
        )
    }

    fn quietly(&self) -> Execution<'a> {
        Execution {
            progress: None,
            ..self.execution
        }
    }

    /// Whether J does not know its smooth pieces.
    pub(crate) fn is_black_box(&mut self) -> bool {
        let Problem {
            objective, point, ..
        } = self.problem;
        let piece = self.piece;
        *self.black_box.get_or_insert_with(|| {
            match piece.map_or_else(|| objective.piece(point), Ok) {
                Ok(piece) => piece == Piece::Unknown,
                Err(_) => false,
            }
        })
    }

    /// The smooth piece of the point; unknown where the run was stopped.
    pub(crate) fn piece(&mut self) -> Result<Piece, CheckError> {
        if let Some(piece) = self.piece {
            return Ok(piece);
        }
        if self.execution.has_failed() {
            return Ok(Piece::Unknown);
        }
        let piece = match self.problem.objective.piece(self.problem.point) {
            Ok(piece) => piece,
            Err(source) => {
                let kept = self.execution.keep(DifferenceError::Center { source });
                kept.map_err(CheckError::Difference)?;
                self.interrupted = true;
                Piece::Unknown
            }
        };
        self.evaluations += u64::from(matches!(piece, Piece::Numbered { .. }));
        self.piece = Some(piece);
        Ok(piece)
    }

    /// How J was looked at.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            noise: self.noise,
            in_double: T::EPSILON <= f64::EPSILON,
            fixed: self.problem.domain().map_or(0, Domain::fixed),
            begun: self.begun,
            scheme: match self.method {
                Method::Differences(scheme) => scheme.stencil.name(),
                Method::ComplexStep => "complex-step",
            },
        }
    }
}
