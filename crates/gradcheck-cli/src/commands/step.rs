//! The step ε of the course's difference, where a command takes one.

use anyhow::{Result, bail};

/// The course's step.
pub(super) const COURSE_EPSILON: f64 = 1e-7;

/// Refuses what is no step.
pub(super) fn check(epsilon: f64) -> Result<()> {
    if epsilon.is_finite() && epsilon > 0.0 {
        return Ok(());
    }
    bail!("--epsilon {epsilon} is no step size: give a finite number above 0, such as 1e-7")
}
