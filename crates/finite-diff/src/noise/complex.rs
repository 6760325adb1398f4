//! The noise of derivatives by the complex step.
//!
//! Invariant: knows nothing of the noise of J itself.

use num_complex::Complex;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::tables::{Row, VALUES, draw_direction, noise_of, strictly};
use super::{Growth, LINES, MeasuredNoise, SPACINGS, begin};
use crate::estimate::Unit;
use crate::sweep::COMPLEX_STEP;
use crate::{DifferenceError, Execution, Objective};

/// The noise of derivatives by the complex step around `point`: σ of Im J(x + ihu)/h, a derivative along
/// a random direction u with entries of size ½ to 1, by [`measure_noise`](crate::noise::measure_noise)'s tables on three
/// lines, of which the largest is taken.
///
/// A single derivative is hardly noisier than that along all coordinates at once, in which the noise
/// of each has its part. 27 evaluations. See docs/theory/error-bars.md, equation E4.
///
/// # Errors
/// [`DifferenceError`], where the point doesn't fit or J fails at it; with a slot for failures
/// ([`Execution::failure`]) J that fails is none.
pub fn measure_complex_step_noise<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    point: &[f64],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    noise_of_complex_step(&objective, point, seed, execution)
}

fn noise_of_complex_step(
    objective: &dyn Objective<Complex<f64>>,
    point: &[f64],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    let domain = begin(objective, point)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sigma: Option<f64> = None;
    let mut evaluations = 0;
    for _ in 0..LINES {
        let along = draw_direction(&vec![0.0; point.len()], Unit::One, &mut rng);
        let derivative = |probe: &[f64]| {
            let stepped: Vec<Complex<f64>> = probe
                .iter()
                .zip(&along)
                .map(|(&x, u)| Complex::new(x, COMPLEX_STEP * u))
                .collect();
            Ok(vec![objective.value(&stepped)?.im / COMPLEX_STEP])
        };
        let line = draw_direction(point, Unit::One, &mut rng);
        let spacing = f64::EPSILON.powf(SPACINGS[1]);
        let row = Row::new(point.to_vec(), &line, domain, spacing);
        evaluations += VALUES as u64;
        let Some(tables) = strictly(derivative, &[row], execution)? else {
            sigma = None;
            break;
        };
        let here = tables.first().and_then(|tables| noise_of(tables.first()?));
        if let Some(here) = here {
            sigma = Some(here.max(sigma.unwrap_or(0.0)));
        }
    }
    Ok(MeasuredNoise {
        sigma,
        growth: Growth::NONE,
        unit: Unit::One,
        evaluations,
    })
}
