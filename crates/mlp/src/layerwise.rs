//! All derivatives from whole rows of Z_l at a time.
//!
//! The loss of an example depends on no other example, and Z_l is affine in W_l and b_l. So one probe moves
//! unit i of layer l by a step of its own in every example at once, the numeric ∂ℓ_e/∂z_ie of all of them
//! follow from a handful of probes, and
//!
//! dJ/dW_l[i,j] = 1/m Σ_e ∂ℓ_e/∂z_ie·a_je + penalty,   dJ/db_l[i] = 1/m Σ_e ∂ℓ_e/∂z_ie
//!
//! is one product: Σ n_l probes a stencil point in place of P. Error bars go through the same product.
//! docs/theory/speed.md, equations (V8) to (V12).
//!
//! Refuses to know any analytic gradient.

mod row;
mod unit;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use finite_diff::{
    Derivatives, DifferenceError, Entry, Estimate, EvaluationError, Execution, Neighborhood,
    Objective, Piece, Progress, Scheme, Shortcut, differentiate, share_out,
};

use self::row::{Powers, Row, rows_of};
use self::unit::{Noisy, UnitDelta};
use crate::incremental::{Base, Incremental, Work};
use crate::place::Place;
use crate::{MlpError, NetworkObjective};

/// The cost of a network whose derivatives are taken from whole rows of Z_l; around a point it is
/// [`incremental`](NetworkObjective::incremental).
///
/// In `f64`, since its steps and bars are.
#[derive(Debug, Clone, Copy)]
pub struct Layerwise<'a>(pub(crate) NetworkObjective<'a, f64>);

impl<'a> Layerwise<'a> {
    /// dZ_l of layer `layer` at `point`, by finite differences: m·∂J/∂Z_l as the backward pass has it, n_l×m, row
    /// by row, each entry with its bar.
    ///
    /// ```
    /// use finite_diff::Scheme;
    /// use mlp::{Activation, Architecture, Batch, Loss, NetworkObjective};
    ///     /// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
    /// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
    /// let objective = NetworkObjective::new(&net, &batch, None)?.layerwise();
    /// let dz = &objective.delta(&[0.0, 0.0], 1, &Scheme::CENTRAL)?[0];
    /// // A − Y = ½ − 1.
    /// assert!((dz.derivative + 0.5).abs() <= dz.error_bar());
    /// # Ok::<(), mlp::MlpError>(())
    /// ```
    ///
    /// # Errors
    /// [`MlpError::NoSuchLayer`]; as [`cost_at`](crate::cost_at); [`MlpError::NotFiniteDelta`] where the losses
    /// near the point are not finite.
    pub fn delta(
        &self,
        point: &[f64],
        layer: usize,
        scheme: &Scheme,
    ) -> Result<Vec<Estimate>, MlpError> {
        let base = self.base(point)?;
        let depth = base.depth();
        if layer == 0 || layer > depth {
            return Err(MlpError::NoSuchLayer { layer, depth });
        }
        let noisy = Noisy::new(&base, scheme)?;
        let mut work = Work::new();
        let mut estimates = Vec::new();
        for unit in 0..base.z(layer).rows() {
            let found = UnitDelta::measure(&base, layer, unit, scheme, &noisy, &mut work)?;
            let found = found.ok_or(MlpError::NotFiniteDelta { layer, unit })?;
            estimates.extend((0..base.examples()).map(|example| Estimate {
                derivative: found.derivative[example],
                truncation: found.truncation[example],
                noise: found.noise[example],
                step: found.step,
                flat: !found.moved[example],
            }));
        }
        Ok(estimates)
    }

    fn base<'p>(&'p self, point: &'p [f64]) -> Result<Base<'p, f64>, MlpError> {
        Base::at(self.0.architecture(), point, self.0.batch(), self.0.masks())
    }
}

impl Objective<f64> for Layerwise<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        self.0.value(point)
    }

    fn piece(&self, point: &[f64]) -> Result<Piece, EvaluationError> {
        self.0.piece(point)
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [f64],
    ) -> Result<Box<dyn Neighborhood<f64> + 'a>, EvaluationError> {
        let base = self.base(point)?;
        Ok(Box::new(Incremental::new(Arc::new(base))))
    }

    fn shortcut(&self) -> Option<&dyn Shortcut<f64>> {
        Some(self)
    }

    fn engine(&self) -> Option<&'static str> {
        Some("layerwise")
    }
}

/// Units that are done together, by one product: enough of them for its fast kernel, few enough to share out.
const GROUP: usize = 32;

/// Some units of one layer.
struct Group {
    layer: usize,
    units: Vec<usize>,
    /// How many derivatives by their parameters are asked for.
    coordinates: usize,
}

impl Shortcut<f64> for Layerwise<'_> {
    fn differentiate(
        &self,
        point: &[f64],
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        let base = self.base(point).map_err(failed)?;
        let noisy = Noisy::new(&base, scheme).map_err(failed)?;
        let places: Vec<Place> = coordinates
            .iter()
            .map(|&coordinate| Place::of(base.architecture, coordinate))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let groups = groups(&base, &places);
        let powers = Powers::of(&base, &groups).map_err(failed)?;
        let finished = AtomicUsize::new(0);
        let cancelled = || {
            execution
                .cancel
                .is_some_and(|flag| flag.load(Ordering::Relaxed))
        };
        let task = |work: &mut Work<f64>, number: usize| {
            let group = &groups[number];
            if cancelled() {
                return Ok(Vec::new());
            }
            let rows = rows_of(&base, group, scheme, &noisy, &powers, work);
            if let Some(progress) = execution.progress {
                let before = finished.fetch_add(group.coordinates, Ordering::Relaxed);
                progress(Progress {
                    done: before + group.coordinates,
                    total: coordinates.len(),
                });
            }
            rows
        };
        let mut table: Vec<Vec<Option<Row>>> = Vec::new();
        for layer in 1..=base.depth() {
            table.push((0..base.z(layer).rows()).map(|_| None).collect());
        }
        let done = share_out(execution.threads, groups.len(), Work::new, task)?;
        for (group, rows) in groups.iter().zip(done) {
            for (&unit, row) in group.units.iter().zip(rows.map_err(failed)?) {
                table[group.layer - 1][unit] = Some(row);
            }
        }
        let probes = table
            .iter()
            .flatten()
            .flatten()
            .map(Row::probes)
            .sum::<u64>();

        // Where a row could not be moved as a whole, one coordinate at a time.
        let row_of = |place: &Place| table[place.layer - 1][place.row].as_ref();
        let alone: Vec<usize> = coordinates
            .iter()
            .zip(&places)
            .filter(|(_, place)| matches!(row_of(place), Some(Row::Immovable)))
            .map(|(&coordinate, _)| coordinate)
            .collect();
        let incremental = self.0.incremental();
        let quiet = Execution {
            progress: None,
            ..*execution
        };
        let alone = match alone.is_empty() {
            true => None,
            false => Some(differentiate(&incremental, point, &alone, scheme, &quiet)?),
        };
        let mut entries_alone = alone.iter().flat_map(|run| &run.entries).peekable();
        let mut entries = Vec::with_capacity(coordinates.len());
        for (&coordinate, place) in coordinates.iter().zip(&places) {
            match row_of(place) {
                Some(Row::Moved(row)) => entries.push(Entry {
                    coordinate,
                    outcome: row.outcome(&base, coordinate, *place, scheme),
                    evaluations: 0,
                }),
                Some(Row::Immovable) => {
                    entries.extend(entries_alone.next_if(|entry| entry.coordinate == coordinate));
                }
                None => {}
            }
        }
        Ok(Derivatives {
            center: base.cost,
            interrupted: entries.len() < coordinates.len(),
            entries,
            evaluations: 1 + probes + alone.map_or(0, |run| run.evaluations),
        })
    }
}

fn failed(source: MlpError) -> DifferenceError {
    DifferenceError::Center {
        source: source.into(),
    }
}

/// The units that the parameters belong to, some of one layer at a time.
fn groups(base: &Base<'_, f64>, places: &[Place]) -> Vec<Group> {
    let mut counts: Vec<Vec<usize>> = (1..=base.depth())
        .map(|layer| vec![0; base.z(layer).rows()])
        .collect();
    for place in places {
        counts[place.layer - 1][place.row] += 1;
    }
    let mut groups = Vec::new();
    for (counts, layer) in counts.iter().zip(1..) {
        let wanted: Vec<usize> = (0..counts.len()).filter(|&unit| counts[unit] > 0).collect();
        for units in wanted.chunks(GROUP) {
            groups.push(Group {
                layer,
                units: units.to_vec(),
                coordinates: units.iter().map(|&unit| counts[unit]).sum(),
            });
        }
    }
    groups
}
