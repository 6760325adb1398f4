//! The loop of the course notebook, to the letter.
//!
//! Kept for comparison and for its published numbers; [`differentiate`](crate::differentiate) is the
//! one to use.

use crate::error::{DifferenceError, Side};
use crate::sweep::inside;
use crate::{Objective, Real};

/// gradapprox_i = (J(θ + ε·e_i) − J(θ − ε·e_i)) / 2ε for every i, by two full evaluations each.
///
/// It divides by the nominal 2ε and not by the step really taken, as the notebook does, and gives no
/// error bar. The notebook's ε is 1e-7.
///
/// ```
/// let j = finite_diff::from_fn(1, |theta: &[f64]| theta[0] * 2.0);
/// let gradapprox = finite_diff::course::gradient(&j, &[4.0], 1e-7)?;
/// assert!((gradapprox[0] - 2.0).abs() < 1e-8);
/// # Ok::<(), finite_diff::DifferenceError>(())
/// ```
///
/// # Errors
/// [`DifferenceError`]: a point that doesn't fit, an invalid step size ε, an evaluation that failed.
pub fn gradient<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    theta: &[T],
    epsilon: f64,
) -> Result<Vec<f64>, DifferenceError> {
    let step = crate::StepSize::Absolute(epsilon);
    if !step.is_valid() {
        return Err(DifferenceError::InvalidStep { step });
    }
    if theta.len() != objective.dim() {
        return Err(DifferenceError::PointLength {
            expected: objective.dim(),
            got: theta.len(),
        });
    }
    let domain = objective.domain();
    inside(domain, theta)?;
    let mut gradapprox = Vec::with_capacity(theta.len());
    let mut probe = theta.to_vec();
    for (i, &original) in theta.iter().enumerate() {
        let mut j = |offset: i32| {
            probe[i] = T::narrow(original.widen() + f64::from(offset) * epsilon);
            // The notebook knows no bounds: it stops there.
            let value = domain
                .map_or(Ok(()), |domain| domain.check(&probe))
                .map_err(Into::into)
                .and_then(|()| objective.value(&probe))
                .map_err(|source| DifferenceError::Probe {
                    coordinate: i,
                    side: Side {
                        offset,
                        replacement: probe[i].widen(),
                    },
                    source,
                });
            probe[i] = original;
            value
        };
        let (plus, minus) = (j(1)?, j(-1)?);
        gradapprox.push((plus.widen() - minus.widen()) / (2.0 * epsilon));
    }
    Ok(gradapprox)
}
