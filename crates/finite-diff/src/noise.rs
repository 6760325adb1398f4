//! How noisy the evaluations of J are: rounding, measured instead of guessed.

mod complex;
mod grain;
mod resolved;
mod tables;

use std::borrow::Cow;

use num_traits::Float;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

pub use crate::growth::Growth;
pub use complex::measure_complex_step_noise;

use crate::estimate::Unit;
use crate::line::COARSEST;
use crate::sweep::inside;
use crate::{DifferenceError, Domain, EvaluationError, Execution, Noise, Objective, Real};
use grain::grain;
use resolved::{Movement, too_wide};
use tables::{
    Row, Tables, VALUES, draw_direction, is_too_narrow, kept_inside, noise_of, spaced, strictly,
    tables_of,
};

/// The noise of J around a point.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredNoise {
    /// σ at the point, the standard deviation of one evaluation; `None` where no spacing gave a
    /// stable answer.
    pub sigma: Option<f64>,
    /// The growth of σ with the distance t from the point, in units of `unit`.
    pub growth: Growth,
    /// The unit of distances: where J is quiet on steps of the parameters' own size and noisy on those for
    /// parameters of size 1, the latter have passed over what J does.
    pub unit: Unit,
    /// The number of evaluations of J.
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

    /// This noise with its growth, in the form that schemes use, and no less at the point than `at_least`.
    pub fn noise<T: Real>(&self, magnitude: f64, at_least: Noise) -> Noise {
        let at_least = at_least.at::<T>(magnitude);
        Noise::Growing {
            at_point: self.epsilon_f::<T>(magnitude).max(at_least),
            growth: self.growth.times(3.0),
            unit: self.unit,
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
/// widest does not pass for noise. A J that varies by a length far below a spacing does, on all three perhaps: where it
/// turns back between the narrower two, three more are tried, and rows wider than that on which it is smooth don't
/// count.
///
/// Where J is the same at all of them, or its values repeat on the widest, its grain is looked for on wider spacings: 3σ is
/// no less than the smallest step that it takes there.
///
/// The measurement is repeated, with one spacing, on three lines that begin ε^0.15 away, where the widest steps
/// end: what the largest of their σ exceeds the first by is the growth. Noise grows where the terms
/// that cancel at the point do so there only: a J = r²/2 with r rounded to ±δ has the noise |r|δ, next
/// to none at its minimum, and the difference quotients the error δ·|r′| for every step
/// (docs/theory/error-bars.md, equation E2). Where a straight line through that says more than the noise at the
/// point for the steps of a first look, it is measured nearer too, up to twice, until the line is straight.
///
/// In a [`Domain`] each line turns, or is shortened, where it would leave it ((B9) of docs/theory/bounds.md).
///
/// The evaluations are made beside each other where each takes long, on the threads of `execution`. Where the run is
/// stopped before its end nothing is known of the noise.
///
/// # Errors
/// [`DifferenceError`], where the point doesn't fit or J fails there; with a slot for failures
/// ([`Execution::failure`]) J that fails is none.
pub fn measure_noise<T: Real, O: Objective<T> + ?Sized>(
    objective: &O,
    point: &[T],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    noise_once(&objective, point, seed, execution)
}

crate::compiled_once! {
    fn noise_once<'a, T>(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        seed: u64,
        execution: &'a Execution<'a>,
    ) -> Result<MeasuredNoise, DifferenceError> = noise_of_cost
}

fn noise_of_cost<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    seed: u64,
    execution: &Execution<'_>,
) -> Result<MeasuredNoise, DifferenceError> {
    let domain = begin(objective, point)?;
    let place = Place {
        objective,
        point,
        domain,
        seed,
        execution,
    };
    let nothing = |evaluations: u64| MeasuredNoise {
        sigma: None,
        growth: Growth::NONE,
        unit: Unit::One,
        evaluations,
    };
    let mut evaluations = 0;
    let Some(one) = place.measure(Unit::One, &mut evaluations)? else {
        return Ok(nothing(evaluations));
    };
    let small = point.iter().any(|x| is_small(*x));
    if !small || one.is_rounding::<T>() {
        return Ok(one.finish(Unit::One, evaluations));
    }
    // So much noise may be what steps for parameters of size 1 make of a J that varies on smaller lengths.
    if !one.is_beyond_noise() {
        return Ok(one.finish(Unit::One, evaluations));
    }
    let Some(own) = place.measure(Unit::Own, &mut evaluations)? else {
        return Ok(nothing(evaluations));
    };
    Ok(match own.is_quiet_beside(&one) {
        true => own.finish(Unit::Own, evaluations),
        false => one.finish(Unit::One, evaluations),
    })
}

/// The place at which the noise of a cost is measured.
struct Place<'a, T> {
    objective: &'a dyn Objective<T>,
    point: &'a [T],
    domain: Option<&'a Domain>,
    seed: u64,
    execution: &'a Execution<'a>,
}

/// What was measured on steps in one unit.
struct Seen {
    sigma: Option<f64>,
    /// (t, by how much σ is larger there), the furthest first.
    away: Vec<(f64, f64)>,
    /// The largest |J| near the point.
    largest: f64,
}

impl Seen {
    /// The largest σ, at the point or away from it.
    fn most(&self) -> Option<f64> {
        let away = self.away.first().map_or(0.0, |(_, excess)| *excess);
        self.sigma.map(|sigma| sigma + away)
    }

    /// Whether rounding may explain all of this noise.
    fn is_rounding<T: Real>(&self) -> bool {
        let explained = NOISY * T::EPSILON * self.largest;
        self.most().is_some_and(|most| most <= explained)
    }

    /// Whether J scatters by more than noise can.
    fn is_beyond_noise(&self) -> bool {
        let most = self.most();
        most.is_none_or(|most| is_beyond_noise(most, self.largest))
    }

    /// Whether this noise is less than the other by more than tables of nine values differ by. Where J does not move at all
    /// nothing is known of its noise.
    fn is_quiet_beside(&self, other: &Self) -> bool {
        let own = self.most().filter(|_| self.sigma != Some(0.0));
        own.is_some_and(|own| other.most().is_none_or(|other| other > QUIET * own))
    }

    fn finish(self, unit: Unit, evaluations: u64) -> MeasuredNoise {
        MeasuredNoise {
            sigma: self.sigma,
            growth: Growth::through(&self.away),
            unit,
            evaluations,
        }
    }
}

impl<T: Real> Place<'_, T> {
    /// σ at the point and away from it on steps in `unit`; `None` where the run was stopped before its end.
    fn measure(&self, unit: Unit, evaluations: &mut u64) -> Result<Option<Seen>, DifferenceError> {
        let Self {
            objective,
            point,
            domain,
            seed,
            execution,
        } = *self;
        let value = |probe: &[T]| Ok(vec![objective.value(probe)?.widen()]);
        let mut strictly = |fractions: &[f64]| {
            let rows = spaced(point, unit, domain, seed, fractions);
            *evaluations += (rows.len() * VALUES) as u64;
            strictly(value, &rows, execution)
        };
        let Some(mut tables) = strictly(&SPACINGS[..WIDE])? else {
            return Ok(None);
        };
        if let [.., wide, narrow] = Movement::of::<T>(&tables, &SPACINGS).as_slice()
            && wide.turns_back(narrow)
        {
            let Some(narrower) = strictly(&SPACINGS[WIDE..])? else {
                return Ok(None);
            };
            tables.extend(narrower);
        }
        // Wide rows may be far from what J is at the point.
        let largest = tables.last().into_iter().flatten().flatten();
        let largest = largest.fold(0.0, |most: f64, value| most.max(value.abs()));
        let passed_over = too_wide(&Movement::of::<T>(&tables, &SPACINGS));
        let scatter = medians(&tables[..passed_over]).first().copied().flatten();
        if scatter.is_none_or(|sigma| is_beyond_noise(sigma, largest)) {
            tables.drain(..passed_over);
        }
        let mut sigma = medians(&tables).first().copied().flatten();
        // What the widest row is too narrow for is no better seen by narrower ones.
        let too_narrow = |row: &Tables| row.first().is_some_and(is_too_narrow);
        let mut wide_enough = None;
        if sigma == Some(0.0) || tables.first().is_some_and(too_narrow) {
            let grain = grain(value, point, unit, domain, seed, &tables, execution)?;
            *evaluations += grain.evaluations;
            if execution.is_stopped() {
                return Ok(None);
            }
            sigma = Some((grain.noise / 3.0).max(sigma.unwrap_or(0.0)));
            wide_enough = grain.spacing;
        }

        // Further draws of the same generator, so that no line repeats the first.
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        draw_direction(point, unit, &mut rng);
        let mut away: Vec<(f64, f64)> = Vec::new();
        for (distance, spacing) in AWAY {
            let distance = T::EPSILON.powf(distance);
            // Not narrower than what the grain of J at the point asks for, and no row longer than its distance.
            let spacing = T::EPSILON.powf(wide_enough.unwrap_or(spacing));
            if VALUES as f64 * spacing > distance {
                continue;
            }
            let (lines, share) = lines_away(point, unit, domain, [distance, spacing], &mut rng);
            *evaluations += (LINES * VALUES) as u64;
            let mut loudest: Option<f64> = None;
            let mut failure = None;
            for tables in tables_of(value, &lines, false, execution)? {
                match tables {
                    Some(Ok(tables)) => {
                        // Values that overflow tell nothing of what is nearer.
                        let there = tables.first().and_then(noise_of);
                        if let Some(there) = there.filter(|sigma| Float::is_finite(*sigma)) {
                            loudest = Some(there.max(loudest.unwrap_or(0.0)));
                        }
                    }
                    // J may have no value so far away: then nothing is known of its noise there.
                    Some(Err(source)) => failure = failure.or(Some(source)),
                    None => {}
                }
            }
            if let Some(source) = failure.filter(|_| execution.failure.is_some()) {
                *evaluations += 1;
                if objective.value(point).is_err() {
                    // It has none anywhere any more.
                    execution.keep(DifferenceError::Near { source })?;
                }
            }
            if execution.is_stopped() {
                return Ok(None);
            }
            let Some(here) = sigma.filter(|_| share > 0.0) else {
                break;
            };
            let Some(there) = loudest else { continue };
            // By less than tables differ by it does not grow: wide steps would make much of it.
            let excess = if there > BENT * here {
                there - here
            } else {
                0.0
            };
            let t = share * distance;
            let line = away.last().map(|(t, excess)| excess / t);
            away.push((t, excess));
            let is_straight = line.is_some_and(|per_t| excess > per_t * t / BENT);
            if is_straight || excess / t * T::EPSILON.powf(FIRST_LOOK) <= here {
                break;
            }
        }
        Ok(Some(Seen {
            sigma,
            away,
            largest,
        }))
    }
}

/// Whether this σ is no noise of a J as large as `largest`: every cost is known to a thousandth. What is less may be what J
/// does on a short length, and may as well be rounding that stands still on narrow steps, as that of 1 − cos x.
fn is_beyond_noise(sigma: f64, largest: f64) -> bool {
    3.0 * sigma > COARSEST * largest
}

/// Three lines that begin at a distance from the point, and how much of that bounds leave of it.
fn lines_away<T: Real>(
    point: &[T],
    unit: Unit,
    domain: Option<&Domain>,
    [distance, spacing]: [f64; 2],
    rng: &mut ChaCha8Rng,
) -> (Vec<Row<T>>, f64) {
    let mut share = 1.0;
    let lines = (0..LINES)
        .map(|_| {
            let drawn = draw_direction(point, unit, rng);
            let direction = kept_inside(domain, point, &drawn, |domain, i, x, u| {
                domain.turned(i, x, u, distance)
            });
            if let Cow::Owned(kept) = &direction {
                share = (size(kept) / size(&drawn)).min(share);
            }
            let away = |x: &T, u: &f64| T::narrow(x.widen() + distance * u);
            let pairs = point.iter().zip(direction.iter());
            let from = pairs.map(|(x, u)| away(x, u)).collect();
            Row::new(from, &drawn, domain, spacing)
        })
        .collect();
    (lines, share)
}

/// Whether steps for parameters of size 1 are far from those of the size of `x`.
fn is_small<T: Real>(x: T) -> bool {
    let size = x.widen().abs();
    0.0 < size && size < SMALL
}

/// A parameter below this may have a length of its own.
const SMALL: f64 = 1.0 / 1024.0;

/// A noise of so many ε of J may be what steps for parameters of size 1 make of a J that varies on smaller lengths.
const NOISY: f64 = 16.0;

/// σ of nine values is known to a third: two tables of the same noise differ by less than this.
const QUIET: f64 = 16.0;

/// The spacings of the tables, as powers of ε, the widest first.
const SPACINGS: [f64; 6] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85];

/// The number of spacings that are tried first; the rest follow where J turns back between these.
const WIDE: usize = 3;

/// How far away the noise is measured again, and with which spacing, as powers of ε: first where the widest steps
/// of the ladder end.
const AWAY: [(f64, f64); Growth::MOST] = [(0.15, 0.6), (0.3, 0.7), (0.45, 0.8)];

/// The step of a first look by central differences, as a power of ε.
const FIRST_LOOK: f64 = 1.0 / 3.0;

/// Noise nearer by may be this much less than a straight line says, and it is one, and that far away this much more than
/// at the point, and it does not grow: σ of nine values is known to a third, and the largest of three such was taken.
const BENT: f64 = 4.0;

/// On how many lines noise that varies with the direction is measured. How much of it one line sees
/// depends on how it lies; of three, all see less than a tenth once in some thousand times.
const LINES: usize = 3;

/// The dimension of J and whether the point lies where it may be evaluated; its domain.
fn begin<'a, T: Real, N: Copy + Send + Sync, O: Objective<N> + ?Sized>(
    objective: &'a O,
    point: &[T],
) -> Result<Option<&'a Domain>, DifferenceError> {
    let dim = objective.dim();
    if point.len() != dim {
        return Err(DifferenceError::PointLength {
            expected: dim,
            got: point.len(),
        });
    }
    let domain = objective.domain();
    inside(domain, point)?;
    Ok(domain)
}

/// How far a direction goes, all components together.
fn size(direction: &[f64]) -> f64 {
    direction.iter().map(|u| u.abs()).sum()
}

/// Measures the noise σ of each value of a function of many values, such as a gradient: `None`
/// where no spacing gave a stable answer. It costs 27 evaluations of the function, in `domain` only. Empty where the
/// run was stopped before its end.
///
/// # Errors
/// [`DifferenceError::Near`], where the function fails, which with a slot for failures ([`Execution::failure`]) is no
/// error, and [`DifferenceError::Domain`] where the point does not lie in the domain.
pub fn measure_field_noise<T: Real>(
    field: impl Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<Vec<Option<f64>>, DifferenceError> {
    field_noise_once(&field, point, domain, seed, execution)
}

/// A function of many values.
type Field<'a, T> = dyn Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync + 'a;

crate::compiled_once! {
    fn field_noise_once<'a, T>(
        field: &'a Field<'a, T>,
        point: &'a [T],
        domain: Option<&'a Domain>,
        seed: u64,
        execution: &'a Execution<'a>,
    ) -> Result<Vec<Option<f64>>, DifferenceError> = noise_of_field
}

fn noise_of_field<T: Real>(
    field: &Field<'_, T>,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    execution: &Execution<'_>,
) -> Result<Vec<Option<f64>>, DifferenceError> {
    inside(domain, point)?;
    let rows = spaced(point, Unit::One, domain, seed, &SPACINGS[..WIDE]);
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
