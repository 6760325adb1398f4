//! All derivatives: measures the units, takes the products, writes the entries.
//!
//! Invariant: knows nothing of how each step is done.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use finite_diff::execution::Progress;
use finite_diff::objective::Shortcut;
use finite_diff::parallel::share_out;
use finite_diff::{Derivatives, DifferenceError, Execution, Scheme, differentiate};

use super::Layerwise;
use super::above::Above;
use super::entries::{Entries, Found};
use super::layer::{Group, Layer, Unit};
use super::products::{Part, Powers, corners, part};
use super::setup::Setup;
use super::unit::Scratch;
use crate::MlpError;
use crate::engine::base::Base;
use crate::place::Place;

impl Shortcut<f64> for Layerwise<'_> {
    fn differentiate(
        &self,
        point: &[f64],
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        let base = self.independent_base(point).map_err(failed)?;
        let mut layers = layers(&base, coordinates).map_err(failed)?;
        measure(&base, &mut layers, coordinates.len(), scheme, execution)?;
        let corners = corners(&base, &layers);
        let parts = share_out(
            execution.threads,
            corners.len(),
            Powers::default,
            |powers, at| part(&base, &layers, corners[at], powers),
        )?;
        let parts: Result<Vec<Part>, MlpError> = parts.into_iter().collect();
        let parts = parts.map_err(failed)?;
        let found = Found::new(&base, scheme, &layers, &parts);
        let Entries { mut entries, alone } = found.entries(coordinates).map_err(failed)?;
        let units = layers.iter().flat_map(|layer| &layer.units);
        let probes: u64 = units
            .map(|unit| match unit {
                Unit::Moved { taken, .. } => taken.probes,
                _ => 0,
            })
            .sum();
        let mut evaluations = 1 + probes;
        // If a unit could not be perturbed as a whole, one coordinate at a time.
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
                    // Canceled before this one.
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

/// Each layer, with the units that the coordinates belong to.
fn layers(base: &Base<'_, f64>, coordinates: &[usize]) -> Result<Vec<Layer>, MlpError> {
    let mut counts: Vec<Vec<usize>> = (1..=base.depth())
        .map(|layer| vec![0; base.z(layer).rows()])
        .collect();
    let mut rest = coordinates;
    while let Some(&first) = rest.first() {
        let place = Place::of(base.architecture, first)?;
        let room = place
            .col
            .map_or(1, |col| base.a(place.layer - 1).rows() - col);
        let row = first..first + room;
        let own = rest
            .iter()
            .take_while(|coordinate| row.contains(coordinate))
            .count();
        counts[place.layer - 1][place.row] += own;
        rest = &rest[own..];
    }
    let layers = counts.iter().zip(1..);
    let layers = layers.map(|(counts, layer)| Layer::new(layer, counts, base.examples()));
    Ok(layers.collect())
}

/// Measures all units.
fn measure(
    base: &Base<'_, f64>,
    layers: &mut [Layer],
    total: usize,
    scheme: &Scheme,
    execution: &Execution<'_>,
) -> Result<(), DifferenceError> {
    let setup = Setup::new(base, scheme).map_err(failed)?;
    let above: Vec<Above<'_>> = (1..=base.depth())
        .map(|layer| Above::new(base, layer))
        .collect();
    let groups: Vec<Mutex<Group<'_>>> = layers
        .iter_mut()
        .flat_map(|layer| layer.groups(base.examples()))
        .collect();
    let finished = AtomicUsize::new(0);
    let cancelled = || {
        execution
            .cancel
            .is_some_and(|flag| flag.load(Ordering::Relaxed))
    };
    let task = |scratch: &mut Scratch, number: usize| {
        if cancelled() {
            return Ok(());
        }
        // Each group is taken once.
        let mut group = groups[number]
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let above = &above[group.layer - 1];
        group.measure(base, above, &setup, scratch)?;
        if let Some(progress) = execution.progress {
            let before = finished.fetch_add(group.coordinates(), Ordering::Relaxed);
            progress(Progress {
                done: before + group.coordinates(),
                total,
            });
        }
        Ok(())
    };
    share_out(execution.threads, groups.len(), Scratch::new, task)?
        .into_iter()
        .collect::<Result<(), MlpError>>()
        .map_err(failed)
}
