//! All derivatives from whole rows of Z_l at a time.
//!
//! The loss of an example depends on no other example, and Z_l is affine in W_l and b_l. So one probe moves
//! unit i of layer l by a step of its own in every example at once, the numeric ∂ℓ_e/∂z_ie of all of them
//! follow from a handful of probes, and
//!
//! ```text
//! dJ/dW_l[i,j] = 1/m Σ_e ∂ℓ_e/∂z_ie·a_je + penalty,   dJ/db_l[i] = 1/m Σ_e ∂ℓ_e/∂z_ie
//! ```
//!
//! is one product: Σ n_l probes a stencil point in place of P. Error bars go through the same product.
//! docs/theory/speed.md, equations (V8) to (V12).
//!
//! Refuses to know any analytic gradient.

mod independent;
mod row;
mod unit;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use finite_diff::{
    Derivatives, DifferenceError, Entry, Estimate, EvaluationError, Execution, Neighborhood,
    Objective, Outcome, Piece, Progress, Scheme, Shortcut, differentiate, share_out,
};

use self::independent::check_independent;
use self::row::{Rows, rows_of};
use self::unit::{Noisy, UnitDelta};
use crate::cost::example_losses;
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
    /// use tensor_core::Matrix;
    /// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
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
        let base = self.independent_base(point)?;
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
        let network = &self.0;
        Base::at(
            network.architecture(),
            point,
            network.batch(),
            network.masks(),
        )
    }

    /// The same, where examples can be moved all at once.
    fn independent_base<'p>(&'p self, point: &'p [f64]) -> Result<Base<'p, f64>, MlpError> {
        let (architecture, masks) = (self.0.architecture(), self.0.masks());
        check_independent(self.0.batch(), |batch, chosen| {
            let masks = masks.map(|masks| masks.select(chosen)).transpose()?;
            let base = Base::at(architecture, point, batch, masks.as_ref())?;
            let logits = base.z(base.depth());
            example_losses(architecture.loss(), logits, batch.y().view())
        })?;
        self.base(point)
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
        let base = self.independent_base(point).map_err(failed)?;
        let noisy = Noisy::new(&base, scheme).map_err(failed)?;
        // Found anew each time: kept for all of them they would be more memory than the derivatives.
        let place_of = |coordinate: usize| Place::of(base.architecture, coordinate);
        let groups = groups(&base, coordinates).map_err(failed)?;
        let finished = AtomicUsize::new(0);
        let cancelled = || {
            execution
                .cancel
                .is_some_and(|flag| flag.load(Ordering::Relaxed))
        };
        let task = |work: &mut Work<f64>, number: usize| {
            let group = &groups[number];
            if cancelled() {
                return Ok(None);
            }
            let rows = rows_of(&base, group, scheme, &noisy, work);
            if let Some(progress) = execution.progress {
                let before = finished.fetch_add(group.coordinates, Ordering::Relaxed);
                progress(Progress {
                    done: before + group.coordinates,
                    total: coordinates.len(),
                });
            }
            rows.map(Some)
        };
        let done = share_out(execution.threads, groups.len(), Work::new, task)?;
        let done: Vec<Option<Rows>> = done.into_iter().collect::<Result<_, _>>().map_err(failed)?;
        // For each unit, its group and its position there.
        let mut table: Vec<Vec<(usize, usize)>> = Vec::new();
        for layer in 1..=base.depth() {
            table.push(vec![(0, 0); base.z(layer).rows()]);
        }
        for (number, group) in groups.iter().enumerate() {
            for (at, &unit) in group.units.iter().enumerate() {
                table[group.layer - 1][unit] = (number, at);
            }
        }
        let probes: u64 = done.iter().flatten().map(Rows::probes).sum();
        let mut entries = Vec::with_capacity(coordinates.len());
        // Where a unit could not be moved as a whole, one coordinate at a time.
        let mut alone = Vec::new();
        for &coordinate in coordinates {
            let place = place_of(coordinate).map_err(failed)?;
            let (number, at) = table[place.layer - 1][place.row];
            let Some(rows) = &done[number] else { continue };
            let outcome = rows.outcome(at, &base, coordinate, place, scheme);
            if outcome.is_none() {
                alone.push((entries.len(), coordinate));
            }
            entries.push(Entry {
                coordinate,
                outcome: outcome.unwrap_or(Outcome::StepNotRepresentable { step: 0.0 }),
                evaluations: 0,
            });
        }
        let mut evaluations = 1 + probes;
        if !alone.is_empty() {
            let quiet = Execution {
                progress: None,
                ..*execution
            };
            let wanted: Vec<usize> = alone.iter().map(|(_, coordinate)| *coordinate).collect();
            let run = differentiate(&self.0.incremental(), point, &wanted, scheme, &quiet)?;
            evaluations += run.evaluations;
            let mut run = run.entries.into_iter().peekable();
            let mut missing = Vec::new();
            for (at, coordinate) in alone {
                match run.next_if(|entry| entry.coordinate == coordinate) {
                    Some(entry) => entries[at] = entry,
                    // Cancelled before it came to this one.
                    None => missing.push(at),
                }
            }
            for at in missing.into_iter().rev() {
                entries.remove(at);
            }
        }
        Ok(Derivatives {
            center: base.cost,
            interrupted: entries.len() < coordinates.len(),
            entries,
            evaluations,
        })
    }
}

fn failed(source: MlpError) -> DifferenceError {
    DifferenceError::Center {
        source: source.into(),
    }
}

/// The units that the parameters belong to, some of one layer at a time.
fn groups(base: &Base<'_, f64>, coordinates: &[usize]) -> Result<Vec<Group>, MlpError> {
    let mut counts: Vec<Vec<usize>> = (1..=base.depth())
        .map(|layer| vec![0; base.z(layer).rows()])
        .collect();
    for &coordinate in coordinates {
        let place = Place::of(base.architecture, coordinate)?;
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
    Ok(groups)
}
