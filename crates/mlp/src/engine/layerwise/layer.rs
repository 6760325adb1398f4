//! One layer's ∂ℓ_e/∂z_ie, for the units whose derivatives are requested.
//!
//! Invariant: knows nothing of how they are measured.

use std::sync::Mutex;

use super::above::Above;
use super::kernels::Summands;
use super::setup::Setup;
use super::unit::{Scratch, Taken, UnitDelta, measure};
use crate::MlpError;
use crate::engine::base::Base;
use crate::engine::kernels::sum;
use tensor_core::vectorized;

/// The number of units that are measured together: enough to keep a thread busy, few enough to distribute.
const GROUP: usize = 8;

/// Sums over the examples for one parameter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    pub(super) derivative: f64,
    pub(super) truncation: f64,
    pub(super) variance: f64,
}

/// The result for one unit besides its row.
#[derive(Debug, Clone, Copy)]
pub(super) enum Unit {
    /// Not measured: the run was canceled.
    Unknown,
    /// The unit can't be perturbed as a whole: a step vanishes, or a loss is not finite.
    Immovable,
    Moved {
        taken: Taken,
        /// Σ_e of its rows: the sums for the bias.
        bias: Sums,
    },
}

/// One layer, with one row of m entries per unit.
pub(super) struct Layer {
    /// l.
    pub(super) layer: usize,
    /// The indices of the units, in ascending order.
    pub(super) rows: Vec<usize>,
    /// For each unit, the number of requested derivatives with respect to its parameters.
    pub(super) coordinates: Vec<usize>,
    pub(super) units: Vec<Unit>,
    /// D_ie, then t_ie + √m·ε·|D_ie|, then ν_ie²; together, so that memory is allocated once.
    numbers: Vec<f64>,
    /// Whether the loss of the example changed.
    pub(super) moved: Vec<bool>,
}

/// Some units of a layer, to be measured by one thread.
pub(super) struct Group<'l> {
    pub(super) layer: usize,
    rows: &'l [usize],
    coordinates: &'l [usize],
    units: &'l mut [Unit],
    derivatives: &'l mut [f64],
    truncations: &'l mut [f64],
    variances: &'l mut [f64],
    moved: &'l mut [bool],
}

impl Layer {
    pub(super) fn new(layer: usize, counts: &[usize], examples: usize) -> Self {
        let rows: Vec<usize> = (0..counts.len()).filter(|&row| counts[row] > 0).collect();
        let entries = rows.len() * examples;
        Self {
            layer,
            coordinates: rows.iter().map(|&row| counts[row]).collect(),
            units: vec![Unit::Unknown; rows.len()],
            rows,
            numbers: vec![0.0; 3 * entries],
            moved: vec![false; entries],
        }
    }

    /// D_ie, t_ie + √m·ε·|D_ie| and ν_ie², of all units.
    pub(super) fn numbers(&self) -> [&[f64]; 3] {
        let (derivatives, bars) = self.numbers.split_at(self.numbers.len() / 3);
        let (truncations, variances) = bars.split_at(bars.len() / 2);
        [derivatives, truncations, variances]
    }

    /// The layer in groups, each behind an uncontended lock of its own.
    pub(super) fn groups(&mut self, examples: usize) -> Vec<Mutex<Group<'_>>> {
        let layer = self.layer;
        let entries = GROUP * examples;
        let third = self.numbers.len() / 3;
        let (derivatives, bars) = self.numbers.split_at_mut(third);
        let (truncations, variances) = bars.split_at_mut(third);
        let rows = derivatives.chunks_mut(entries);
        let rows = rows.zip(truncations.chunks_mut(entries));
        let rows = rows.zip(variances.chunks_mut(entries));
        let rows = rows.zip(self.moved.chunks_mut(entries));
        let units = self.rows.chunks(GROUP).zip(self.coordinates.chunks(GROUP));
        let units = units.zip(self.units.chunks_mut(GROUP));
        let group =
            |(((rows, coordinates), units), (((derivatives, truncations), variances), moved))| {
                Mutex::new(Group {
                    layer,
                    rows,
                    coordinates,
                    units,
                    derivatives,
                    truncations,
                    variances,
                    moved,
                })
            };
        units.zip(rows).map(group).collect()
    }
}

impl Group<'_> {
    /// The number of requested derivatives with respect to the parameters of the units.
    pub(super) fn coordinates(&self) -> usize {
        self.coordinates.iter().sum()
    }

    pub(super) fn measure(
        &mut self,
        base: &Base<'_, f64>,
        above: &Above<'_>,
        setup: &Setup,
        scratch: &mut Scratch,
    ) -> Result<(), MlpError> {
        let examples = base.examples();
        // The rounding error of a sum of m terms, in units of ε (Higham & Mary 2019).
        let adding = (examples as f64).sqrt() * f64::EPSILON;
        for (at, (&row, unit)) in self.rows.iter().zip(&mut *self.units).enumerate() {
            let own = at * examples..(at + 1) * examples;
            let mut delta = UnitDelta {
                derivative: &mut self.derivatives[own.clone()],
                truncation: &mut self.truncations[own.clone()],
                noise: &mut self.variances[own.clone()],
                moved: &mut self.moved[own],
            };
            let taken = measure(base, above, (self.layer, row), setup, &mut delta, scratch)?;
            let Some(taken) = taken else {
                *unit = Unit::Immovable;
                continue;
            };
            vectorized(Summands {
                derivatives: delta.derivative,
                truncations: delta.truncation,
                noises: delta.noise,
                c: adding,
            });
            let bias = Sums {
                derivative: sum(delta.derivative),
                truncation: sum(delta.truncation),
                variance: sum(delta.noise),
            };
            *unit = Unit::Moved { taken, bias };
        }
        Ok(())
    }
}
