//! The complex step: one evaluation a coordinate, and nothing subtracted.
//!
//! Invariant: knows nothing of whether J is analytic.

use num_complex::Complex;

use super::{Derivatives, Entry, Scratch, check, inside, sweep};
use crate::error::{DifferenceError, Side};
use crate::estimate::Outcome;
use crate::objective::Probe;
use crate::{Estimate, Execution, Objective};

/// The imaginary step of [`complex_step`]: nothing is subtracted, so that it can be as small as one
/// likes, and its square vanishes beside 1.
pub(crate) const COMPLEX_STEP: f64 = 1e-30;

/// h²·J‴/6, with room for J‴ up to 6e20: nothing beside a derivative, but not nothing beside one that is 0.
const COMPLEX_TRUNCATION: f64 = 1e-40;

/// Differentiates J by the complex step, d = Im J(x + ih)/h with h = 1e-30: one evaluation a coordinate, no
/// cancellation, an error of a few ε (Squire & Trapp 1998; Martins, Sturdza & Alonso 2003).
///
/// J must be written with analytic operations only: no absolute value, no conjugate, and branches on
/// the real part alone. What is taken as the noise is 8ε|d|; where d is a small sum of large terms it is
/// more, which [`measure_complex_step_noise`](crate::noise::measure_complex_step_noise) tells.
///
/// ```
/// use finite_diff::{Execution, complex_step, from_fn};
/// use num_complex::Complex;
/// let j = from_fn(1, |x: &[Complex<f64>]| x[0].exp() * x[0]);
/// let run = complex_step(&j, &[1.0], &[0], &Execution::default())?;
/// let d = run.entries[0].outcome.estimated().unwrap();
/// assert!((d.derivative - 2.0 * 1f64.exp()).abs() <= d.error_bar());
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// As [`differentiate`](crate::differentiate).
pub fn complex_step<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    point: &[f64],
    coordinates: &[usize],
    execution: &Execution<'_>,
) -> Result<Derivatives, DifferenceError> {
    imaginary_step(&objective, point, coordinates, execution)
}

fn imaginary_step(
    objective: &dyn Objective<Complex<f64>>,
    point: &[f64],
    coordinates: &[usize],
    execution: &Execution<'_>,
) -> Result<Derivatives, DifferenceError> {
    inside(objective.domain(), point)?;
    let point: Vec<Complex<f64>> = point.iter().map(|&x| Complex::new(x, 0.0)).collect();
    check(objective.dim(), point.len(), coordinates)?;
    sweep(
        objective,
        &point,
        coordinates,
        1,
        execution,
        |_, _, _| {},
        |near, _, group, scratch, entries| {
            let Scratch { probes, values, .. } = scratch;
            probes.clear();
            values.clear();
            probes.extend(group.iter().map(|&coordinate| Probe {
                coordinate,
                replacement: Complex::new(point[coordinate].re, COMPLEX_STEP),
            }));
            let side = |coordinate: usize| Side {
                offset: 1,
                replacement: point[coordinate].re,
            };
            near.values_with(probes, values).map_err(|source| {
                let failed = group.get(values.len()).copied().unwrap_or_default();
                (failed, (side(failed), source))
            })?;
            for (&coordinate, value) in group.iter().zip(values) {
                entries.push(Entry {
                    coordinate,
                    outcome: imaginary_part(*value, side(coordinate)),
                    evaluations: 1,
                });
            }
            Ok(())
        },
    )
    .map(|derivatives| derivatives.map_center(|center| center.re))
}

/// d = Im J/h with its bar.
fn imaginary_part(value: Complex<f64>, side: Side) -> Outcome {
    let derivative = value.im / COMPLEX_STEP;
    if !value.re.is_finite() || !derivative.is_finite() {
        let value = value.re + value.im;
        return Outcome::NonFinite { side, value };
    }
    Outcome::Estimated(Estimate {
        derivative,
        truncation: COMPLEX_TRUNCATION,
        // What is below the smallest number beside the step is gone.
        noise: 8.0 * f64::EPSILON * derivative.abs() + f64::MIN_POSITIVE / COMPLEX_STEP,
        step: COMPLEX_STEP,
        // Nothing else is seen of J.
        flat: derivative == 0.0,
        kink: false,
    })
}
