//! Looks along one coordinate at a time: the ladder, or one rung of it by the coordinate's own size.

use super::{Derivatives, Entry, check, inside, interval, sweep};
use crate::error::DifferenceError;
use crate::estimate::{Noise, Outcome};
use crate::ladder::{Refined, glance, has_own_size, refine, rungs};
use crate::line::{Line, ProbeFailure};
use crate::{Execution, Objective, Real};

/// Derivatives on a ladder of steps, with one-sided derivatives: sharper, several times the price, for
/// coordinates that look wrong. See [`Refined`].
///
/// # Errors
/// As [`differentiate`](crate::differentiate).
pub fn differentiate_finely<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    finely_once(&objective, point, coordinates, noise, execution)
}

crate::compiled_once! {
    fn finely_once<'a, T>(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        coordinates: &'a [usize],
        noise: Noise,
        execution: &'a Execution<'a>,
    ) -> Result<Derivatives<Refined>, DifferenceError> = finely
}

fn finely<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    coordinates: &[usize],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    let climb = |line: &mut Line<'_, T>| refine(line, noise);
    look_along(objective, point, coordinates, &climb, rungs, execution)
}

/// One rung of the ladder by steps of each coordinate's own size, |x|, where that is far below 1, for six
/// evaluations: whether J does something there that steps for parameters of size 1 pass over. Other coordinates have
/// no entry. See [`Refined`].
///
/// # Errors
/// As [`differentiate`](crate::differentiate).
pub fn differentiate_closely<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    coordinates: &[usize],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    closely_once(&objective, point, coordinates, noise, execution)
}

crate::compiled_once! {
    fn closely_once<'a, T>(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        coordinates: &'a [usize],
        noise: Noise,
        execution: &'a Execution<'a>,
    ) -> Result<Derivatives<Refined>, DifferenceError> = closely
}

fn closely<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    coordinates: &[usize],
    noise: Noise,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    check(objective.dim(), point.len(), coordinates)?;
    let small = |i: &usize| has_own_size(point[*i]);
    let small: Vec<usize> = coordinates.iter().copied().filter(small).collect();
    let closely = |line: &mut Line<'_, T>| glance(line, noise);
    let foreseen = |_| std::iter::empty();
    look_along(objective, point, &small, &closely, foreseen, execution)
}

/// What is made of the line along one coordinate.
type Look<'a, T> = dyn Fn(&mut Line<'_, T>) -> Result<Outcome<Refined>, ProbeFailure> + Sync + 'a;

/// One look along each coordinate, of which the points that are `foreseen` may be evaluated together.
fn look_along<T: Real, P: Iterator<Item = T>>(
    objective: &dyn Objective<T>,
    point: &[T],
    coordinates: &[usize],
    look: &Look<'_, T>,
    foreseen: impl Fn(T) -> P + Sync,
    execution: &Execution<'_>,
) -> Result<Derivatives<Refined>, DifferenceError> {
    check(objective.dim(), point.len(), coordinates)?;
    let domain = objective.domain();
    inside(domain, point)?;
    sweep(
        objective,
        point,
        coordinates,
        1,
        execution,
        |numbered, coordinate, probes| {
            // Between kinks, or next to a bound, it depends on what is seen which rungs are wanted.
            let x = point[coordinate];
            let interval = interval(domain, coordinate);
            let is_inside = |x: &T| interval.as_ref().is_none_or(|interval| interval.admits(*x));
            if !numbered && foreseen(x).all(|x| is_inside(&x)) {
                probes.extend(foreseen(x));
            }
        },
        |near, center, group, scratch, entries| {
            for &coordinate in group {
                let x = point[coordinate];
                scratch.seen.clear();
                scratch.seen.push((x, center.widen()));
                let interval = interval(domain, coordinate);
                let mut line = Line::new(near, coordinate, x, interval, &mut scratch.seen);
                let outcome = look(&mut line).map_err(|f| (coordinate, f))?;
                let mut evaluations = line.evaluations;
                let passed_over = line.passed_over.take();
                if let Some(failure) = passed_over.filter(|_| execution.failure.is_some()) {
                    // Whether J has no value that far away, or none anywhere any more.
                    evaluations += 1;
                    if objective.value(point).is_err() {
                        return Err((coordinate, failure));
                    }
                }
                entries.push(Entry {
                    coordinate,
                    outcome,
                    evaluations,
                });
            }
            Ok(())
        },
    )
    .map(|derivatives| derivatives.map_center(Real::widen))
}
