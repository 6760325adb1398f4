//! The first half of a check: everything that is measured, look after look, before a word is said.
//!
//! Evaluates; refuses to judge.

mod complex;

use std::time::Instant;

use finite_diff::estimate::Unit;
use finite_diff::objective::Piece;
use finite_diff::{DifferenceError, Domain, Noise, Objective, ParameterLayout, Real, Scheme};

use crate::directions::{self, Sides};
use crate::error::{
    CheckError, inside, name_coordinate, nothing_to_check, unless_failed, working_epsilon,
};
use crate::evidence::Evidence;
use crate::passes::{
    collect, look_again, look_from_the_complex_plane, noise_on_complex_numbers, sharpen, suspects,
    unmeasured,
};
use crate::recheck::recheck;
use crate::settings::Settings;
use crate::start::Looker;
use crate::subgradient::look_along_kinks;

use complex::SameDomain;
pub(crate) use complex::measure_by_complex_step;

/// The evidence, and how it was gathered.
pub(crate) struct Measured {
    pub(crate) evidence: Evidence,
    /// The noise of J; NaN where no difference was taken.
    pub(crate) noise: Noise,
    /// Whether J is smooth at the point, where that was asked for and J knows it.
    pub(crate) smooth: Option<bool>,
    /// What was seen along random directions.
    pub(crate) lines: Option<directions::Lines>,
    /// Whether J gives numbers in double precision.
    pub(crate) in_double: bool,
    /// How many parameters nothing moves.
    pub(crate) fixed: usize,
    /// The gradient that the evidence was held against.
    pub(crate) analytic: Vec<f64>,
    pub(crate) begun: Instant,
    /// The name of what gave the derivatives.
    pub(crate) scheme: &'static str,
}

impl Measured {
    /// Nothing measured yet.
    pub(crate) fn begin(analytic: &[f64], settings: &Settings<'_>) -> Self {
        Self {
            evidence: Evidence {
                cost: f64::NAN,
                deterministic: true,
                spread: 0.0,
                claim: settings.claim,
                observations: Vec::new(),
                along_kinks: Vec::new(),
                selected: 0,
                reexamined: 0,
                evaluations: 0,
                interrupted: false,
                working_epsilon: settings.working_epsilon,
                noise: 0.0,
                complex_noise: 0.0,
                constants: settings.constants,
                recheck: None,
            },
            noise: Noise::Absolute(f64::NAN),
            smooth: None,
            lines: None,
            in_double: true,
            fixed: 0,
            analytic: analytic.to_vec(),
            begun: Instant::now(),
            scheme: settings.scheme.stencil.name(),
        }
    }

    /// J at the point, and how far evaluations of it vary where a second one gives other bits. Up to a thousandth of J
    /// that is noise like any other.
    fn evaluate_twice<T: Copy + Send + Sync, O: Objective<T> + ?Sized>(
        &mut self,
        objective: &O,
        point: &[T],
        widen: impl Fn(T) -> f64,
    ) -> Result<f64, CheckError> {
        let evaluate = || match objective.value(point) {
            Ok(value) => Ok(widen(value)),
            Err(source) => Err(CheckError::Difference(DifferenceError::Center { source })),
        };
        let (first, second) = (evaluate()?, evaluate()?);
        self.evidence.cost = first;
        self.evidence.evaluations = 2;
        // A NaN twice is reported as not finite, whatever its payload.
        if first.to_bits() == second.to_bits() || (first.is_nan() && second.is_nan()) {
            return Ok(first);
        }
        let mut values = vec![first, second];
        for _ in values.len()..REPEATS {
            values.push(evaluate()?);
            self.evidence.evaluations += 1;
        }
        let spread = Spread::of(&values);
        self.evidence.spread = spread.deviations;
        self.evidence.deterministic =
            spread.range <= self.evidence.constants.coarsest * spread.largest;
        Ok(first)
    }
}

/// How often J is evaluated at the point where two evaluations differ.
const REPEATS: usize = 8;

/// How far evaluations at one point are apart.
struct Spread {
    /// 3σ, as everywhere the noise of one evaluation.
    deviations: f64,
    range: f64,
    largest: f64,
}

impl Spread {
    fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let most = values.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b));
        let least = values.iter().fold(f64::INFINITY, |a, b| a.min(*b));
        Self {
            deviations: 3.0 * (squares / (count - 1.0)).sqrt(),
            range: most - least,
            largest: most.abs().max(least.abs()),
        }
    }
}

/// Whether there is anything to measure: with a cost that is not a number, or not the same twice, no
/// difference means anything, and nothing is all that is collected.
fn begin(
    evidence: &mut Evidence,
    coordinates: &[usize],
    analytic: &[f64],
    settings: &Settings<'_>,
) -> bool {
    evidence.selected = coordinates.len();
    let sound = evidence.deterministic && evidence.cost.is_finite();
    if !sound {
        let nothing = unmeasured(evidence.cost, coordinates);
        collect(evidence, nothing, analytic, settings, &|_| 1.0);
    }
    sound
}

finite_diff::compiled_once! {
    pub(crate) fn measure_once<'a, T>(
        objective: &'a dyn Objective<T>,
        analytic: &'a [f64],
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<Measured, CheckError> = measure
}

/// The evidence of [`check`], and how it was gathered.
pub(crate) fn measure<T: Real>(
    objective: &dyn Objective<T>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Measured, CheckError> {
    let domain = objective.domain();
    let coordinates = fit(objective.dim(), domain, analytic, point, layout, settings)?;
    let mut measured = Measured::begin(analytic, settings);
    measured.fixed = domain.map_or(0, Domain::fixed);
    measured.in_double = T::EPSILON <= f64::EPSILON;
    unless_failed(settings)?;
    let cost = measured.evaluate_twice(objective, point, T::widen)?;
    let evidence = &mut measured.evidence;
    if !begin(evidence, &coordinates, analytic, settings) {
        return Ok(measured);
    }
    let named = |source| name_coordinate(source, layout);
    let execution = &settings.execution;
    let seen = finite_diff::noise::measure_noise_with(objective, point, settings.seed, execution)
        .map_err(named)?;
    evidence.evaluations += seen.evaluations;
    let at_least = settings.scheme.noise.at::<T>(cost.abs());
    let noise = seen.noise::<T>(cost.abs(), Noise::Absolute(at_least.max(evidence.spread)));
    measured.noise = noise;
    evidence.noise = noise.at::<T>(cost.abs());
    let scheme = Scheme {
        noise,
        ..settings.scheme
    };
    let unit = |i: usize| Unit::Own.at(point[i]);
    let looker = Looker {
        objective,
        point,
        scheme,
        claim: settings.claim,
        constants: settings.constants,
        execution: *execution,
    };
    let first = looker.look(&coordinates, layout).map_err(named)?;
    collect(evidence, first.derivatives, analytic, settings, &unit);
    for (observation, enough) in evidence.observations.iter_mut().zip(first.enough) {
        observation.enough = enough;
    }
    unless_nothing(evidence, layout, settings)?;
    sharpen(evidence, objective, point, layout, &scheme, execution).map_err(named)?;
    let mut open = suspects(evidence, layout);
    if let Some(shadow) = settings.shadow {
        let shadow = &SameDomain { shadow, domain };
        measured.smooth = smooth_at(objective, point, evidence, settings)?;
        // At a kink it knows one side only, and a word that no other look could confirm is no word.
        if measured.smooth == Some(true) {
            let widened: Vec<f64> = point.iter().map(|x| x.widen()).collect();
            noise_on_complex_numbers(evidence, shadow, &widened, settings).map_err(named)?;
            let is_everywhere = matches!(objective.piece(point), Ok(Piece::Everywhere));
            look_from_the_complex_plane::<T>(
                evidence,
                shadow,
                &widened,
                open,
                is_everywhere,
                settings,
            )
            .map_err(named)?;
            open = suspects(evidence, layout);
        }
    }
    look_again(evidence, objective, point, layout, open, noise, execution).map_err(named)?;
    look_along_kinks(evidence, objective, point, layout, noise, settings)?;
    recheck(evidence, objective, point, layout, &scheme, settings)?;
    let sides = Sides {
        objective,
        analytic,
        point,
        layout,
        noise,
        settings,
    };
    measured.lines = look_along_directions(evidence, &sides)?;
    Ok(measured)
}

/// Whether everything has the same length and the point lies where J may be evaluated, and which coordinates
/// are meant, in ascending order: none that is fixed.
fn fit<T: Real>(
    dim: usize,
    domain: Option<&Domain>,
    analytic: &[f64],
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Vec<usize>, CheckError> {
    if dim != layout.len() {
        let layout_text = layout.to_string();
        return Err(CheckError::Layout {
            objective: dim,
            layout: layout_text,
            len: layout.len(),
        });
    }
    layout.check_len(point.len()).map_err(CheckError::Point)?;
    layout
        .check_len(analytic.len())
        .map_err(CheckError::Gradient)?;
    inside(domain, point, layout)?;
    working_epsilon(settings.working_epsilon)?;
    let mut coordinates = settings.selection.coordinates_within(layout, domain);
    coordinates.sort_unstable();
    coordinates.dedup();
    if let Some(&coordinate) = coordinates.iter().find(|&&coordinate| coordinate >= dim) {
        let source = DifferenceError::NoSuchCoordinate { coordinate, dim };
        return Err(CheckError::Difference(source));
    }
    if coordinates.is_empty() {
        return Err(nothing_to_check(layout, settings));
    }
    Ok(coordinates)
}

/// Whether J is smooth at the point, as far as it knows.
fn smooth_at<T: Real>(
    objective: &dyn Objective<T>,
    point: &[T],
    evidence: &mut Evidence,
    settings: &Settings<'_>,
) -> Result<Option<bool>, CheckError> {
    if settings.execution.has_failed() {
        return Ok(None);
    }
    let piece = match objective.piece(point) {
        Ok(piece) => piece,
        Err(source) => {
            let kept = settings.execution.keep(DifferenceError::Center { source });
            kept.map_err(CheckError::Difference)?;
            evidence.interrupted = true;
            Piece::Unknown
        }
    };
    Ok(match piece {
        Piece::Everywhere => Some(true),
        Piece::Numbered { on_kink, .. } => {
            evidence.evaluations += 1;
            Some(!on_kink)
        }
        Piece::Unknown => None,
    })
}

/// Fails with what is in the slot for failures, where nothing was measured before it.
fn unless_nothing(
    evidence: &Evidence,
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<(), CheckError> {
    match evidence.observations.is_empty() {
        true => unless_failed(settings).map_err(|error| match error {
            CheckError::Difference(source) => name_coordinate(source, layout),
            other => other,
        }),
        false => Ok(()),
    }
}

/// The evidence of the directional test, if it is wanted and there was no interruption before it.
fn look_along_directions<T: Real>(
    evidence: &mut Evidence,
    sides: &Sides<'_, T>,
) -> Result<Option<directions::Lines>, CheckError> {
    if !sides.settings.directional_test || evidence.interrupted {
        return Ok(None);
    }
    let lines = directions::gather(sides, evidence)?;
    evidence.evaluations += lines.evaluations;
    evidence.interrupted |= lines.interrupted;
    // Every parameter may be on a bound.
    Ok((!lines.is_empty()).then_some(lines))
}
