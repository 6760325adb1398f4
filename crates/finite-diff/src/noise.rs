//! How noisy the evaluations of J are: rounding, measured instead of guessed.

use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};

use num_complex::Complex;
use num_traits::Float;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::parallel::evaluate_each;
use crate::sweep::{COMPLEX_STEP, inside};
use crate::{DifferenceError, Domain, EvaluationError, Execution, Noise, Objective, Real};

/// The values in one difference table; Moré & Wild use 7 to 9.
const VALUES: usize = 9;

/// The noise of J around a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredNoise {
    /// σ at the point, the standard deviation of one evaluation; `None` where no spacing gave a
    /// stable answer.
    pub sigma: Option<f64>,
    /// How fast σ grows with the distance t·max(1, |x|) from the point, per t; 0 where it doesn't.
    pub growth: f64,
    /// How often J was evaluated.
    pub evaluations: u64,
}

impl MeasuredNoise {
    /// ε_f at the point for error bars: 3σ, and never less than the 2ε|J| that rounding of the last
    /// operation alone may cost (docs/theory/derivatives.md, equation 7). `magnitude` is |J|.
    pub fn epsilon_f<T: Real>(&self, magnitude: f64) -> f64 {
        let rounding = 2.0 * T::EPSILON * magnitude;
        self.sigma
            .map_or(rounding, |sigma| rounding.max(3.0 * sigma))
    }

    /// The same with its growth, as a scheme takes it, and at the point no less than `at_least` says.
    pub fn noise<T: Real>(&self, magnitude: f64, at_least: Noise) -> Noise {
        let at_least = at_least.at::<T>(magnitude);
        Noise::Growing {
            at_point: self.epsilon_f::<T>(magnitude).max(at_least),
            growth: 3.0 * self.growth,
        }
    }
}

/// Measures the noise of J at `point` by ECNoise (Moré & Wild 2011, "Estimating computational noise",
/// SIAM J. Sci. Comput. 33(3), section 3): nine equally spaced values on a line, their difference
/// table, σ_k² = γ_k·mean(T_k²) with γ_k = (k!)²/(2k)!, and the first k whose differences have both
/// signs and from which three successive σ agree within a factor 4.
///
/// The line moves every coordinate at once, in a random direction scaled by max(1, |x_i|). Three
/// spacings are tried, the widest about √ε, and the median taken, so that a kink in reach of the
/// widest does not pass for noise.
///
/// Where J is the same at all of them, its grain is looked for on wider spacings, and 3σ is that.
///
/// The same is done, with one spacing, on three lines that begin ε^0.15 away, where the widest steps
/// end: what the largest of their σ exceeds the first by is the growth. Noise grows where the terms
/// that cancel at the point do so there only: a J = r²/2 with r rounded to ±δ has the noise |r|δ, next
/// to none at its minimum, and the difference quotients the error δ·|r′| for every step
/// (docs/theory/error-bars.md, equation E2).
///
/// In a [`Domain`] each line turns, or is shortened, where it would leave it ((B9) of docs/theory/bounds.md).
///
/// One evaluation after the other; [`measure_noise_with`] takes threads.
///
/// # Errors
/// [`DifferenceError`], where the point doesn't fit or J fails there.
pub fn measure_noise<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    seed: u64,
) -> Result<MeasuredNoise, DifferenceError> {
    measure_noise_with(objective, point, seed, &ONE_THREAD)
}

/// The same, the evaluations made beside each other where each takes long. Where the run is stopped
/// before its end nothing is known of the noise.
///
/// # Errors
/// As [`measure_noise`]; with a slot for failures ([`Execution::failure`]) J that fails is none.
pub fn measure_noise_with<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    let dim = objective.dim();
    if point.len() != dim {
        return Err(DifferenceError::PointLength {
            expected: dim,
            got: point.len(),
        });
    }
    let domain = objective.domain();
    inside(domain, point)?;
    let value = |probe: &[T]| Ok(vec![objective.value(probe)?.widen()]);
    let nothing = |evaluations: u64| MeasuredNoise {
        sigma: None,
        growth: 0.0,
        evaluations,
    };
    let rows = spaced(point, domain, seed, &SPACINGS);
    let mut evaluations = (SPACINGS.len() * VALUES) as u64;
    let Some(tables) = strictly(value, &rows, execution)? else {
        return Ok(nothing(evaluations));
    };
    let mut sigma = medians(&tables).first().copied().flatten();
    if sigma == Some(0.0) {
        let (grain, more) = grain(value, point, domain, seed, execution)?;
        sigma = Some(grain / 3.0);
        evaluations += more;
    }

    // Further draws of the same generator, so that no line repeats the first.
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    draw_direction(point, &mut rng);
    let distance = T::EPSILON.powf(AWAY);
    // How far away that is, where bounds leave less room.
    let mut share = 1.0;
    let lines: Vec<Row<T>> = (0..LINES)
        .map(|_| {
            let drawn = draw_direction(point, &mut rng);
            let direction = kept_inside(domain, point, &drawn, |domain, i, x, u| {
                domain.turned(i, x, u, distance)
            });
            if let Cow::Owned(kept) = &direction {
                share = (size(kept) / size(&drawn)).min(share);
            }
            let away = |x: &T, u: &f64| T::narrow(x.widen() + distance * u);
            let pairs = point.iter().zip(direction.iter());
            let from = pairs.map(|(x, u)| away(x, u)).collect();
            Row::new(from, &drawn, domain, T::EPSILON.powf(SPACINGS[1]))
        })
        .collect();
    evaluations += (LINES * VALUES) as u64;
    let mut largest: Option<f64> = None;
    let mut failure = None;
    for tables in tables_of(value, &lines, false, execution)? {
        match tables {
            Some(Ok(tables)) => {
                if let Some(there) = tables.first().and_then(noise_of) {
                    largest = Some(there.max(largest.unwrap_or(0.0)));
                }
            }
            // J may have no value so far away: then nothing is known of its noise there.
            Some(Err(source)) => failure = failure.or(Some(source)),
            None => {}
        }
    }
    if let Some(source) = failure.filter(|_| execution.failure.is_some()) {
        evaluations += 1;
        if objective.value(point).is_err() {
            // It has none anywhere any more.
            execution.keep(DifferenceError::Center { source })?;
        }
    }
    if execution.is_stopped() {
        return Ok(nothing(evaluations));
    }
    let growth = match (sigma, largest) {
        (Some(here), Some(there)) if share > 0.0 => (there - here).max(0.0) / (share * distance),
        _ => 0.0,
    };
    Ok(MeasuredNoise {
        sigma,
        growth,
        evaluations,
    })
}

/// The noise of derivatives by the complex step around `point`: σ of Im J(x + ihu)/h, a derivative along
/// a random direction u with entries of size ½ to 1, by [`measure_noise`]'s tables on three lines, of
/// which the largest is taken.
///
/// A single derivative is hardly noisier than that along all coordinates at once, in which the noise
/// of each has its part. 27 evaluations. See docs/theory/error-bars.md, equation E4.
///
/// # Errors
/// [`DifferenceError`], where the point doesn't fit or J fails at it.
pub fn measure_complex_step_noise<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    point: &[f64],
    seed: u64,
) -> Result<MeasuredNoise, DifferenceError> {
    measure_complex_step_noise_with(objective, point, seed, &ONE_THREAD)
}

/// The same, as [`measure_noise_with`] is to [`measure_noise`].
///
/// # Errors
/// As [`measure_complex_step_noise`]; with a slot for failures ([`Execution::failure`]) J that fails is none.
pub fn measure_complex_step_noise_with<O: Objective<Complex<f64>> + ?Sized>(
    objective: &O,
    point: &[f64],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    let dim = objective.dim();
    if point.len() != dim {
        return Err(DifferenceError::PointLength {
            expected: dim,
            got: point.len(),
        });
    }
    let domain = objective.domain();
    inside(domain, point)?;
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sigma: Option<f64> = None;
    let mut evaluations = 0;
    for _ in 0..LINES {
        let along = draw_direction(&vec![0.0; dim], &mut rng);
        let derivative = |probe: &[f64]| {
            let stepped: Vec<Complex<f64>> = probe
                .iter()
                .zip(&along)
                .map(|(&x, u)| Complex::new(x, COMPLEX_STEP * u))
                .collect();
            Ok(vec![objective.value(&stepped)?.im / COMPLEX_STEP])
        };
        let line = draw_direction(point, &mut rng);
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
        growth: 0.0,
        evaluations,
    })
}

/// Nobody said how many threads there may be.
const ONE_THREAD: Execution<'static> = Execution {
    threads: Some(NonZeroUsize::MIN),
    progress: None,
    cancel: None,
    failure: None,
};

/// The spacings of the tables, as powers of ε.
const SPACINGS: [f64; 3] = [0.5, 0.6, 0.7];

/// How far away the noise is measured again, as a power of ε: the widest step of the ladder.
const AWAY: f64 = 0.15;

/// On how many lines noise that varies with the direction is measured. How much of it one line sees
/// depends on how it lies; of three, all see less than a tenth once in some thousand times.
const LINES: usize = 3;

/// A random direction scaled by max(1, |x_i|), each entry at least half of that.
fn draw_direction<T: Real>(point: &[T], rng: &mut ChaCha8Rng) -> Vec<f64> {
    point
        .iter()
        .map(|x| x.widen().abs().max(1.0) * rng.random_range(0.5..1.0) * sign(rng))
        .collect()
}

/// Wider spacings, for a J that is constant on all of [`SPACINGS`].
const WIDE_SPACINGS: [f64; 4] = [0.4, 0.3, 0.2, 0.1];

/// The grain of a J that stays the same from one nearby point to the next: the smallest step it takes once
/// it moves, 0 where it never does; and what that cost. A J that was printed with six digits, or computed
/// in a coarser type, looks like a constant to narrow steps, and like a slope of its own to wide ones.
fn grain<T: Real>(
    value: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<(f64, u64), DifferenceError> {
    let mut evaluations = 0;
    for fraction in WIDE_SPACINGS {
        let rows = spaced(point, domain, seed, &[fraction]);
        evaluations += VALUES as u64;
        let Some(tables) = strictly(&value, &rows, execution)? else {
            break;
        };
        let steps = tables.iter().flatten().flat_map(|table| table.windows(2));
        let smallest = steps
            .map(|pair| (pair[1] - pair[0]).abs())
            .filter(|step| *step > 0.0 && Float::is_finite(*step))
            .fold(f64::INFINITY, f64::min);
        if Float::is_finite(smallest) {
            return Ok((smallest, evaluations));
        }
    }
    Ok((0.0, evaluations))
}

/// Nine points, equally spaced from next to `from` on: at the point itself a gradient may jump, where that lies on a
/// kink, and no ray from it crosses that kink again.
struct Row<T> {
    from: Vec<T>,
    direction: Vec<f64>,
    spacing: f64,
}

impl<T: Real> Row<T> {
    fn new(from: Vec<T>, direction: &[f64], domain: Option<&Domain>, spacing: f64) -> Self {
        let t = VALUES as f64 * spacing;
        let direction = kept_inside(domain, &from, direction, |domain, i, x, u| {
            domain.shortened(i, x, u, t)
        });
        Self {
            direction: direction.into_owned(),
            from,
            spacing,
        }
    }

    fn point(&self, i: usize) -> Vec<T> {
        let distance = (i + 1) as f64 * self.spacing;
        let moved = |(x, u): (&T, &f64)| T::narrow(x.widen() + distance * u);
        self.from.iter().zip(&self.direction).map(moved).collect()
    }
}

/// The rows from the point along its first direction, one a spacing.
fn spaced<T: Real>(
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    fractions: &[f64],
) -> Vec<Row<T>> {
    let direction = draw_direction(point, &mut ChaCha8Rng::seed_from_u64(seed));
    let row = |fraction: &f64| {
        let spacing = T::EPSILON.powf(*fraction);
        Row::new(point.to_vec(), &direction, domain, spacing)
    };
    fractions.iter().map(row).collect()
}

/// The tables of one row: nine values of each entry of a field.
type Tables = Vec<[f64; VALUES]>;

/// The tables of each row; `None` where the run was stopped first.
///
/// # Errors
/// The first failure of the field, where there is no slot for it.
fn strictly<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    rows: &[Row<T>],
    execution: &Execution<'_>,
) -> Result<Option<Vec<Tables>>, DifferenceError> {
    let tables: Option<Result<Vec<Tables>, EvaluationError>> =
        tables_of(field, rows, true, execution)?
            .into_iter()
            .collect();
    match tables {
        None => Ok(None),
        Some(Ok(tables)) => Ok(Some(tables)),
        Some(Err(source)) => {
            execution.keep(DifferenceError::Center { source })?;
            Ok(None)
        }
    }
}

/// The tables of each row, or with what the field failed first in it; `None` where the run was stopped before,
/// or, where no row may fail, where another one had.
fn tables_of<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    rows: &[Row<T>],
    none_may_fail: bool,
    execution: &Execution<'_>,
) -> Result<Vec<Option<Result<Tables, EvaluationError>>>, DifferenceError> {
    let unfailed = |_: &Row<T>| AtomicUsize::new(usize::MAX);
    let failed: Vec<AtomicUsize> = rows.iter().map(unfailed).collect();
    let had_failed = |row: usize, i: usize| failed[row].load(Ordering::Relaxed) < i;
    let values = evaluate_each(execution, rows.len() * VALUES, |number| {
        let (row, i) = (number / VALUES, number % VALUES);
        if had_failed(row, i) || none_may_fail && (0..row).any(|row| had_failed(row, VALUES)) {
            return None;
        }
        let value = field(&rows[row].point(i));
        if value.is_err() {
            failed[row].fetch_min(i, Ordering::Relaxed);
        }
        Some(value)
    })?;
    let mut values = values.into_iter();
    let mut of_row = || -> Option<Result<Tables, EvaluationError>> {
        // All of them, whatever is found among them.
        let row: Vec<_> = values.by_ref().take(VALUES).collect();
        let mut tables: Tables = Vec::new();
        for (i, values) in row.into_iter().enumerate() {
            match values? {
                Ok(values) => {
                    tables.resize(values.len(), [0.0; VALUES]);
                    for (table, value) in tables.iter_mut().zip(values) {
                        table[i] = value;
                    }
                }
                Err(failure) => return Some(Err(failure)),
            }
        }
        Some(Ok(tables))
    };
    Ok(rows.iter().map(|_| of_row()).collect())
}

/// A direction that stays in the domain, as `keep` has each component; that given, where it does by itself.
fn kept_inside<'u, T: Real>(
    domain: Option<&Domain>,
    from: &[T],
    direction: &'u [f64],
    keep: impl Fn(&Domain, usize, T, f64) -> f64,
) -> Cow<'u, [f64]> {
    let Some(domain) = domain else {
        return Cow::Borrowed(direction);
    };
    let components = from.iter().zip(direction).enumerate();
    let kept: Vec<f64> = components
        .map(|(i, (x, u))| keep(domain, i, *x, *u))
        .collect();
    if kept == direction {
        Cow::Borrowed(direction)
    } else {
        Cow::Owned(kept)
    }
}

/// How far a direction goes, all components together.
fn size(direction: &[f64]) -> f64 {
    direction.iter().map(|u| u.abs()).sum()
}

/// The same for a function of many values, such as a gradient: the noise σ of each of them, `None`
/// where no spacing gave a stable answer. It costs 27 evaluations of the function, one after the other.
///
/// # Errors
/// [`DifferenceError::Center`], where the function fails.
pub fn measure_field_noise<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    seed: u64,
) -> Result<Vec<Option<f64>>, DifferenceError> {
    measure_field_noise_within(field, point, None, seed, &ONE_THREAD)
}

/// The same, evaluated in a domain only, and beside each other where one evaluation takes long. Empty where the
/// run was stopped before its end.
///
/// # Errors
/// As [`measure_field_noise`], and [`DifferenceError::Domain`] where the point does not lie in it. With a slot for
/// failures ([`Execution::failure`]) a function that fails is no error.
pub fn measure_field_noise_within<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<Vec<Option<f64>>, DifferenceError> {
    inside(domain, point)?;
    let rows = spaced(point, domain, seed, &SPACINGS);
    let tables = strictly(field, &rows, execution)?;
    Ok(tables.map_or_else(Vec::new, |tables| medians(&tables)))
}

/// σ of each entry: the median of what its tables in all rows say.
fn medians(rows: &[Tables]) -> Vec<Option<f64>> {
    let mut candidates: Vec<Vec<f64>> = Vec::new();
    for tables in rows {
        candidates.resize(tables.len(), Vec::new());
        for (candidates, table) in candidates.iter_mut().zip(tables) {
            candidates.extend(noise_of(table));
        }
    }
    let median = |mut sigmas: Vec<f64>| {
        // A spacing on which nothing changes tells nothing, where another one does.
        if sigmas.iter().any(|sigma| *sigma > 0.0) {
            sigmas.retain(|sigma| *sigma > 0.0);
        }
        sigmas.sort_by(f64::total_cmp);
        sigmas.get(sigmas.len() / 2).copied()
    };
    candidates.into_iter().map(median).collect()
}

fn sign(rng: &mut ChaCha8Rng) -> f64 {
    if rng.random::<bool>() { 1.0 } else { -1.0 }
}

/// σ of one table, or `None` where the orders don't agree (docs/theory/derivatives.md, equation 6).
fn noise_of(values: &[f64; VALUES]) -> Option<f64> {
    if values.iter().any(|value| !Float::is_finite(*value)) {
        return None;
    }
    let mut table = values.to_vec();
    let mut gamma = 1.0;
    let mut sigmas = Vec::new();
    let mut changes_sign = Vec::new();
    for k in 1..VALUES {
        table = table.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // (k!)²/(2k)! from its predecessor.
        gamma *= 0.5 * k as f64 / (2.0 * k as f64 - 1.0);
        let mean = table.iter().map(|t| t * t).sum::<f64>() / table.len() as f64;
        sigmas.push((gamma * mean).sqrt());
        changes_sign.push(table.iter().any(|t| *t > 0.0) && table.iter().any(|t| *t < 0.0));
    }
    if sigmas.iter().all(|sigma| *sigma == 0.0) {
        return Some(0.0);
    }
    sigmas
        .windows(3)
        .zip(&changes_sign)
        .find_map(|(three, changes)| {
            let largest = three.iter().fold(0.0, |a: f64, b| a.max(*b));
            let smallest = three.iter().fold(f64::INFINITY, |a, b| a.min(*b));
            (*changes && largest <= 4.0 * smallest).then_some(three[0])
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::from_fn;

    #[test]
    fn a_known_noise_is_measured() {
        // Rounding to a grid of 2⁻³⁰ is a noise of grid/√12.
        let grid = 2f64.powi(-30);
        let j = from_fn(3, |x: &[f64]| {
            let smooth = x[0].sin() + x[1] * x[2].exp();
            // The widest spacing must cross many cells of the grid to see it as noise.
            (smooth * 1e4 / grid).round() * grid
        });
        let sigma = measure_noise(&j, &[0.3, 0.7, -0.2], 0)
            .unwrap()
            .sigma
            .unwrap();
        let expected = grid / 12f64.sqrt();
        assert!(
            (0.3..3.0).contains(&(sigma / expected)),
            "{sigma:e} against {expected:e}"
        );
    }

    #[test]
    fn cancellation_inside_j_is_seen_though_the_value_is_small() {
        let j = from_fn(1, |x: &[f64]| {
            (x[0] + 1e6).sin() * 1e6 - (1e6f64).sin() * 1e6
        });
        let measured = measure_noise(&j, &[1e-9], 0).unwrap();
        assert!(measured.epsilon_f::<f64>(1e-3) > 1e-11, "{measured:?}");
    }

    #[test]
    fn noise_that_vanishes_at_a_minimum_grows_away_from_it() {
        // r = x₀ + x₁ is rounded to the spacing of 1, δ = ε/√12, and J = r²/2 has the noise |r|δ.
        let r = |x: &[f64]| (1.0 + x[0] + x[1]) - 1.0;
        let j = from_fn(2, move |x: &[f64]| 0.5 * r(x) * r(x));
        let measured = measure_noise(&j, &[0.0, 0.0], 0).unwrap();
        let delta = f64::EPSILON / 12f64.sqrt();
        let away = f64::EPSILON.powf(AWAY);
        assert!(
            measured.sigma.unwrap() < 0.01 * delta * away,
            "{measured:?}"
        );
        assert!(
            (0.1..10.0).contains(&(measured.growth / delta)),
            "{measured:?}"
        );

        let far = measure_noise(&j, &[0.5, 0.5], 0).unwrap();
        // Where it doesn't grow, no more than what the largest of three differs by by chance.
        let noise = far.noise::<f64>(0.5, Noise::default());
        assert!(
            noise.within::<f64>(0.5, away) < 3.0 * noise.at::<f64>(0.5),
            "{far:?}"
        );
    }

    #[test]
    fn the_complex_step_is_as_noisy_as_the_terms_that_cancel_in_it() {
        let j = from_fn(1, |x: &[Complex<f64>]| {
            let r = (x[0] * 3.0 + 1.0) - 1.0;
            r * r * 0.5
        });
        // r is 3e-9 and known to ε only, and the derivative is 3r.
        let measured = measure_complex_step_noise(&j, &[1e-9], 0).unwrap();
        let sigma = measured.sigma.unwrap();
        assert!((1e-17..1e-15).contains(&sigma), "{measured:?}");
        assert_eq!(measured.evaluations, 27);
    }

    #[test]
    fn a_jump_at_the_point_itself_is_no_noise() {
        let step = |x: &[f64]| Ok(vec![if x[0] == 0.0 { 1.0 } else { 0.0 }]);
        assert_eq!(measure_field_noise(step, &[0.0], 0).unwrap(), [Some(0.0)]);
    }

    #[test]
    fn a_cost_with_few_digits_has_the_noise_of_its_grain() {
        for digits in [1e3, 1e5, 1e7, 1e9] {
            let j = from_fn(2, |x: &[f64]| {
                ((x[0] * x[0] + x[1]) * digits).round() / digits
            });
            let measured = measure_noise(&j, &[0.3, 2.0], 0).unwrap();
            let epsilon_f = measured.epsilon_f::<f64>(2.0);
            assert!(
                (0.4..60.0).contains(&(epsilon_f * digits)),
                "{digits:e}: {measured:?}"
            );
        }
    }

    #[test]
    fn a_constant_has_no_noise() {
        let j = from_fn(2, |_: &[f64]| 3.0);
        assert_eq!(measure_noise(&j, &[1.0, 2.0], 0).unwrap().sigma, Some(0.0));
    }
}
