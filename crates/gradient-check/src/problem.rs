//! The problem: J at a point, with the names of the coordinates.

use finite_diff::{DifferenceError, Domain, Objective, ParameterLayout, Real};

use crate::error::{CheckError, inside, name_coordinate, nothing_to_check, working_epsilon};
use crate::settings::Settings;

/// J, θ and the layout of θ, which fit together.
#[derive(Clone, Copy)]
pub(crate) struct Problem<'a, T> {
    pub(crate) objective: &'a dyn Objective<T>,
    pub(crate) point: &'a [T],
    pub(crate) layout: &'a ParameterLayout,
}

impl<'a, T: Real> Problem<'a, T> {
    /// Fails where the lengths differ, or the point lies where J may not be evaluated.
    pub(crate) fn new(
        objective: &'a dyn Objective<T>,
        point: &'a [T],
        layout: &'a ParameterLayout,
    ) -> Result<Self, CheckError> {
        if objective.dim() != layout.len() {
            return Err(CheckError::Layout {
                objective: objective.dim(),
                layout: layout.to_string(),
                len: layout.len(),
            });
        }
        layout.check_len(point.len()).map_err(CheckError::Point)?;
        inside(objective.domain(), point, layout)?;
        Ok(Self {
            objective,
            point,
            layout,
        })
    }

    /// The coordinates that are meant, in ascending order: none that is fixed. Fails where `analytic` or the settings
    /// don't fit.
    pub(crate) fn selected(
        &self,
        analytic: &[f64],
        settings: &Settings<'_>,
    ) -> Result<Vec<usize>, CheckError> {
        let Self { layout, .. } = self;
        layout
            .check_len(analytic.len())
            .map_err(CheckError::Gradient)?;
        working_epsilon(settings.working_epsilon)?;
        let mut coordinates = settings.selection.coordinates(layout, self.domain());
        coordinates.sort_unstable();
        coordinates.dedup();
        let dim = layout.len();
        if let Some(&coordinate) = coordinates.iter().find(|&&coordinate| coordinate >= dim) {
            let source = DifferenceError::NoSuchCoordinate { coordinate, dim };
            return Err(CheckError::Difference(source));
        }
        if coordinates.is_empty() {
            return Err(nothing_to_check(layout, settings));
        }
        Ok(coordinates)
    }

    pub(crate) fn domain(&self) -> Option<&'a Domain> {
        self.objective.domain()
    }

    /// θ in double precision.
    pub(crate) fn theta(&self) -> Vec<f64> {
        self.point.iter().map(|x| x.widen()).collect()
    }

    /// The error, with the name of the coordinate in it.
    pub(crate) fn named(&self, source: DifferenceError) -> CheckError {
        name_coordinate(source, self.layout)
    }
}
