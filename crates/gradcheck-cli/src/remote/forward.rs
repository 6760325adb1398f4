//! The checks of a model without a gradient: whether it is deterministic, how noisy it is, where it has kinks.

use finite_diff::ladder::Ground;
use finite_diff::{Coordinate, Execution, Noise, Objective, ParameterLayout, Selection};
use gradient_check::Reason;

use super::{ModelError, ModelOptions};

/// How many kinks are listed.
const LISTED: usize = 8;

/// The forward side of a model at one point.
#[derive(Debug, Clone, PartialEq)]
pub struct Forward {
    /// The outputs contracted with the cotangent.
    pub value: f64,
    /// Whether a second evaluation gave the same bits.
    pub deterministic: bool,
    /// The noise σ of one evaluation, if it could be measured.
    pub noise: Option<f64>,
    /// The number of coordinates that were examined.
    pub looked_at: usize,
    /// At most eight of the examined coordinates that have a kink at the point or within the steps.
    pub kinked: Vec<Kinked>,
    /// The number of such coordinates in all.
    pub kinks: usize,
    /// The number of coordinates on which nothing depends.
    pub flat: usize,
    /// How often the model was evaluated.
    pub evaluations: u64,
    /// True if the examination was stopped before it was complete.
    pub interrupted: bool,
}

/// A coordinate along which the model is not smooth.
#[derive(Debug, Clone, PartialEq)]
pub struct Kinked {
    /// The coordinate and its name.
    pub coordinate: Coordinate,
    /// The one-sided derivatives from below and from above.
    pub slopes: [f64; 2],
    /// Whether the kink is at the point itself.
    pub at_the_point: bool,
}

impl Forward {
    /// Why a gradient could not be checked here either, if one were offered.
    pub fn obstacle(&self) -> Option<Reason> {
        if !self.value.is_finite() {
            Some(Reason::NonFinite)
        } else if !self.deterministic {
            Some(Reason::NotDeterministic)
        } else {
            None
        }
    }
}

/// Examines the forward side along the coordinates that `options` selects.
pub(super) fn examine(
    objective: &impl Objective<f64>,
    layout: &ParameterLayout,
    point: &[f64],
    options: &ModelOptions,
    execution: &Execution<'_>,
) -> Result<Forward, ModelError> {
    let check = |source| gradient_check::CheckError::Difference(source);
    let at_point = || {
        let value = objective.value(point);
        value.map_err(|source| check(finite_diff::DifferenceError::Center { source }))
    };
    let (value, again) = (at_point()?, at_point()?);
    let mut forward = Forward {
        value,
        deterministic: value.to_bits() == again.to_bits() || (value.is_nan() && again.is_nan()),
        noise: None,
        looked_at: 0,
        kinked: Vec::new(),
        kinks: 0,
        flat: 0,
        evaluations: 2,
        interrupted: false,
    };
    if forward.obstacle().is_some() {
        return Ok(forward);
    }
    let noise = finite_diff::noise::measure_noise(objective, point, options.seed, execution);
    let noise = noise.map_err(check)?;
    if execution.is_stopped() {
        forward.interrupted = true;
        return Ok(forward);
    }
    forward.noise = noise.sigma;
    forward.evaluations += noise.evaluations;
    let selection = match options.sample {
        Some(count) => Selection::Sample {
            count,
            seed: options.seed,
        },
        None => Selection::All,
    };
    let coordinates = selection.coordinates(layout, objective.domain());
    let noise = noise.noise::<f64>(value.abs(), Noise::Relative(2.0));
    let fine = finite_diff::differentiate_finely(objective, point, &coordinates, noise, execution)
        .map_err(check)?;
    forward.looked_at = fine.entries.len();
    forward.evaluations += fine.evaluations;
    forward.interrupted = fine.interrupted;
    for entry in &fine.entries {
        let Some(refined) = entry.outcome.estimated() else {
            continue;
        };
        forward.flat += usize::from(refined.derivative.derivative == 0.0);
        let at_the_point = match refined.ground {
            Ground::Kink { resolved } => resolved,
            Ground::Smooth {
                kink_in_reach: true,
                ..
            } => false,
            _ => continue,
        };
        forward.kinks += 1;
        if let Some(coordinate) = layout.coordinate(entry.coordinate)
            && forward.kinked.len() < LISTED
        {
            forward.kinked.push(Kinked {
                coordinate,
                slopes: [refined.left.derivative, refined.right.derivative],
                at_the_point,
            });
        }
    }
    Ok(forward)
}
