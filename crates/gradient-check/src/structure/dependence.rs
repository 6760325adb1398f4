//! Whether J depends on a block, as a few evaluations tell that move the whole of it.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use finite_diff::directions::StreamedDirection;
use finite_diff::noise::measure_noise;
use finite_diff::parallel::evaluate_each;
use finite_diff::{DifferenceError, Domain, EvaluationError, Objective, Real};

use super::finding::Dependence;
use crate::error::CheckError;
use crate::settings::Settings;
use crate::verdict::Reason;

/// Two random directions u over the block, each with two steps t, on both sides: the step of central
/// differences, ε^⅓, and its square root, so that neither a dead unit nor a flat spot hides the rest.
const DIRECTIONS: u64 = 2;
/// The number of the first of them: none that a block has, nor coordinates at kinks.
const FIRST: u64 = u64::MAX << 31;
const POWERS: [f64; 2] = [1.0 / 3.0, 1.0 / 6.0];

/// How often the way to a move of J is halved, and by what part of the move J must still differ then for it to be a jump:
/// where J is continuous it differs by some 2⁻¹⁶ of it.
const HALVINGS: usize = 16;
const OF_A_JUMP: f64 = 1e-3;

/// Whether |J(θ + t·u) − J(θ)| > K·ε_f (S4) for a random direction u over the block, which moves every entry of it, and
/// how often J was evaluated for the answer. A jump away from θ is no such move: the derivative of a
/// staircase is 0 all the same.
pub(super) fn dependence<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    block: &Range<usize>,
    cost: f64,
    settings: &Settings<'_>,
) -> Result<(Dependence, u64), CheckError> {
    let execution = &settings.execution;
    let interrupted = Dependence::Unknown {
        reason: Reason::Interrupted,
    };
    let measured = measure_noise(objective, point, settings.seed, execution)
        .map_err(CheckError::Difference)?;
    let noise = measured.epsilon_f::<T>(cost.abs());
    let mut evaluations = measured.evaluations;
    if execution.is_stopped() {
        return Ok((interrupted, evaluations));
    }
    let probes: Vec<(u64, f64)> = (0..DIRECTIONS)
        .flat_map(|direction| {
            POWERS.into_iter().flat_map(move |power| {
                [1.0, -1.0].map(|side| (direction, side * T::EPSILON.powf(power)))
            })
        })
        .collect();
    let is_beyond = |moved: f64| moved > settings.constants.safety * noise;
    // By how much J moves at a share of the way.
    let moves_by = |(direction, step): (u64, f64), share: f64| {
        let mut probe = point.to_vec();
        let number = FIRST + direction;
        let direction = StreamedDirection::new(settings.seed, number, block.clone());
        for (i, u) in block.clone().zip(direction.entries(point)) {
            let x = point[i].widen();
            let turned = |domain: &Domain| step * domain.turned(i, point[i], u, step);
            let far = objective.domain().map_or(step * u, turned);
            probe[i] = T::narrow(x + share * far);
        }
        // A cost that is no number any more has moved as well.
        objective.value(&probe).map(|value| {
            let moved = (value.widen() - cost).abs();
            if moved.is_nan() { f64::INFINITY } else { moved }
        })
    };
    // One that is seen to move J, or fails, leaves nothing to be asked.
    let decided = AtomicBool::new(false);
    let further = AtomicU64::new(0);
    let jumped = AtomicU64::new(0);
    let seen = evaluate_each(execution, probes.len(), |number| {
        if decided.load(Ordering::Relaxed) {
            return None;
        }
        let mut moved = moves_by(probes[number], 1.0);
        if let Ok(by) = moved
            && is_beyond(by)
            && by.is_finite()
        {
            let ask = |share| {
                further.fetch_add(1, Ordering::Relaxed);
                moves_by(probes[number], share)
            };
            moved = is_jump(by, ask, is_beyond).map(|jump| {
                if jump {
                    // Not negative, so that the largest is found by comparing bits.
                    jumped.fetch_max(by.to_bits(), Ordering::Relaxed);
                    0.0
                } else {
                    by
                }
            });
        }
        if !matches!(moved, Ok(moved) if !is_beyond(moved)) {
            decided.store(true, Ordering::Relaxed);
        }
        Some(moved)
    })
    .map_err(CheckError::Difference)?;
    evaluations += further.into_inner();
    let mut largest = 0.0f64;
    for moved in seen {
        match moved {
            None => return Ok((interrupted, evaluations)),
            Some(Err(source)) => {
                let kept = execution.keep(DifferenceError::Near { source });
                kept.map_err(CheckError::Difference)?;
                return Ok((interrupted, evaluations));
            }
            Some(Ok(moved)) => largest = largest.max(moved),
        }
        evaluations += 1;
        if is_beyond(largest) {
            let moved = largest;
            return Ok((Dependence::Depends { moved, noise }, evaluations));
        }
    }
    let jumped = f64::from_bits(jumped.into_inner());
    let dependence = if jumped > 0.0 {
        Dependence::Jumps { moved: jumped }
    } else if largest == 0.0 {
        Dependence::Unmoved
    } else {
        let moved = largest;
        Dependence::WithinNoise { moved, noise }
    };
    Ok((dependence, evaluations))
}

/// Whether J, which has moved by `moved` at the end of a way, first moves by a jump on it: halved over and over toward the
/// first move, what is left of it does not shrink as where J is continuous. A move at θ itself is none.
fn is_jump(
    moved: f64,
    ask: impl Fn(f64) -> Result<f64, EvaluationError>,
    is_beyond: impl Fn(f64) -> bool,
) -> Result<bool, EvaluationError> {
    let (mut still, mut beyond, mut least) = (0.0, 1.0, moved);
    for _ in 0..HALVINGS {
        let middle = 0.5 * (still + beyond);
        let by = ask(middle)?;
        if is_beyond(by) {
            (beyond, least) = (middle, by);
        } else {
            still = middle;
        }
    }
    Ok(still > 0.0 && least > OF_A_JUMP * moved)
}
