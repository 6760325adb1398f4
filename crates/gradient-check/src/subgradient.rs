//! Whether entries that each lie between their one-sided slopes are one subgradient together.
//!
//! At a tie of max(p₀, p₁) each entry of (1, 1) lies between 0 and 1, and along (1, 1) the slope is 1 and not 2.
//! A subgradient has D⁻ ≤ g·u ≤ D⁺ along every direction u (Clarke 1983), so a few random ones are tried among the
//! entries at kinks. Evaluates along them; the verdict on what was seen is the judge's.

use finite_diff::estimate::Unit;
use finite_diff::ladder::Support;
use finite_diff::{
    Domain, EvaluationError, Execution, Noise, Objective, ParameterLayout, Real,
    differentiate_finely,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::CheckError;
use crate::evidence::{AlongKinks, Evidence};
use crate::settings::Settings;
use crate::verdict::{self, Comparison, Rule, Tie, Verdict};

/// How many directions are tried: one of positive entries, and others of random signs.
const DIRECTIONS: usize = 4;

/// At how many points next to θ the slope along a direction is looked at, where g·u does not lie between those at θ.
const BESIDE: usize = 8;

/// Fewer entries than these have no direction but their own.
const ENOUGH_ENTRIES: usize = 2;

/// J along a direction: t ↦ J(θ + t·u).
struct Along<'a, T> {
    objective: &'a dyn Objective<T>,
    point: &'a [T],
    /// (i, u_i).
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

/// Looks along random directions among the entries that agree as subgradients. Nothing is looked at where J knows its
/// smooth pieces, whose owner says what a unit does at its kink, nor next to a bound.
pub(crate) fn look_along_kinks<T: Real>(
    evidence: &mut Evidence,
    objective: &dyn Objective<T>,
    point: &[T],
    layout: &ParameterLayout,
    noise: Noise,
    settings: &Settings<'_>,
) -> Result<(), CheckError> {
    let at_kinks: Vec<Comparison> = verdict::compare_all(evidence, layout)
        .into_iter()
        .flat_map(|(_, comparisons)| comparisons)
        .filter(|c| c.verdict == Verdict::Agree && c.subgradient)
        .collect();
    let bounded = |c: &Comparison| {
        objective
            .domain()
            .is_some_and(|d| is_bounded(d, c.coordinate))
    };
    let known = || {
        !matches!(
            objective.piece(point),
            Ok(finite_diff::objective::Piece::Unknown)
        )
    };
    if at_kinks.len() < ENOUGH_ENTRIES
        || evidence.interrupted
        || at_kinks.iter().any(bounded)
        || known()
    {
        return Ok(());
    }
    let rule = Rule::of(evidence);
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    let execution = Execution {
        progress: None,
        ..settings.execution
    };
    for number in 0..DIRECTIONS {
        let direction: Vec<(usize, f64)> = at_kinks
            .iter()
            .map(|c| {
                let unit = Unit::One.at(point[c.coordinate]);
                let size = random.random_range(0.5..1.0) * unit;
                let negative = random.random::<bool>() && number > 0;
                (c.coordinate, if negative { -size } else { size })
            })
            .collect();
        let line = Along {
            objective,
            point,
            direction: &direction,
        };
        let run = differentiate_finely(&line, &[T::zero()], &[0], noise, &execution)
            .map_err(CheckError::Difference)?;
        evidence.evaluations += run.evaluations;
        evidence.interrupted |= run.interrupted;
        let entry = run.entries.first();
        let Some(seen) = entry.and_then(|entry| entry.outcome.estimated()) else {
            continue;
        };
        if seen.support == Support::Unresolved {
            continue;
        }
        let pairs = || at_kinks.iter().zip(&direction);
        let size: f64 = pairs().map(|(c, (_, u))| (c.analytic * u).abs()).sum();
        let rounding = rule.constants.rounding * rule.working_epsilon + rule.claim.accuracy;
        let [left, right] = [seen.left.derivative, seen.right.derivative];
        let mut along = AlongKinks {
            left,
            right,
            error_bar: seen.left.error_bar().max(seen.right.error_bar()),
            beside: [left.min(right), left.max(right)],
            analytic: pairs().map(|(c, (_, u))| c.analytic * u).sum(),
            rounding: rounding * size,
        };
        if verdict::tie(&along, rule.constants.safety) != Tie::Together {
            evidence.evaluations += look_beside(&mut along, &line, noise, &mut random);
        }
        evidence.along_kinks.push(along);
    }
    Ok(())
}

/// Adds the slopes along u at points next to θ, off it along the entries at kinks; gives how often J was evaluated. What
/// fails there says nothing.
fn look_beside<T: Real>(
    seen: &mut AlongKinks,
    line: &Along<'_, T>,
    noise: Noise,
    random: &mut ChaCha8Rng,
) -> u64 {
    // Far enough off to be on one piece, and near enough for it to be one that touches θ.
    let off = T::EPSILON.powf(0.25);
    let t = off / 64.0;
    for _ in 0..BESIDE {
        let mut point = line.point.to_vec();
        for (i, _) in line.direction {
            let by = random.random_range(-1.0..1.0) * off * Unit::One.at(point[*i]);
            point[*i] = T::narrow(point[*i].widen() + by);
        }
        let at = Along {
            point: &point,
            ..*line
        };
        let value = |t: f64| at.value(&[T::narrow(t)]).map(|value| value.widen());
        if let (Ok(above), Ok(below)) = (value(t), value(-t)) {
            let slope = (above - below) / (2.0 * t);
            let noise = noise.at::<T>(above.abs().max(below.abs())) / t;
            let [lowest, highest] = &mut seen.beside;
            *lowest = lowest.min(slope + noise);
            *highest = highest.max(slope - noise);
        }
    }
    2 * BESIDE as u64
}

fn is_bounded(domain: &Domain, coordinate: usize) -> bool {
    let (lower, upper) = domain.bounds(coordinate);
    lower.is_finite() || upper.is_finite()
}
