//! The network's neighborhood of a point.
//!
//! Refuses to know how the probes were chosen.

use std::sync::Arc;

use finite_diff::{EvaluationError, Neighborhood, Piece, Probe};
use tensor_core::Scalar;

use super::base::Base;
use super::beyond::{Beyond, Work, idle};
use super::kernels::{any_at, rise, scaled, sum};
use crate::cost::count;
use crate::pattern::{Side, words};
use crate::place::Place;
use crate::{BranchPattern, MlpError, cost_at};

/// J around one θ; see [`incremental`](super).
pub(crate) struct Incremental<'a, T> {
    base: Arc<Base<'a, T>>,
    beyond: Around<T>,
    work: Work<T>,
    /// How far Z of the unit rises, and its activations: one row of all examples a probe.
    dz: Vec<T>,
    rises: Vec<T>,
    /// The rises of those examples that are followed.
    followed: Vec<T>,
}

/// What lies beyond the unit that was asked for last: for the examples on which it acts, and for all.
struct Around<T> {
    acting: Option<Beyond<T>>,
    all: Option<Beyond<T>>,
}

impl<'a, T: Scalar> Incremental<'a, T> {
    /// Shares what is kept of the forward pass.
    pub(crate) fn new(base: Arc<Base<'a, T>>) -> Self {
        Self {
            base,
            beyond: Around {
                acting: None,
                all: None,
            },
            work: Work::new(),
            dz: Vec::new(),
            rises: Vec::new(),
            followed: Vec::new(),
        }
    }

    fn place(&self, coordinate: usize) -> Result<Place, MlpError> {
        Place::of(self.base.architecture, coordinate)
    }

    /// J at probes that all move the same unit, appended to `values`.
    fn values_of_unit(
        &mut self,
        unit: (usize, usize),
        probes: &[(Place, Probe<T>)],
        values: &mut Vec<T>,
    ) -> Result<(), MlpError> {
        let base = Arc::clone(&self.base);
        let mut rest = probes;
        while !rest.is_empty() {
            let acting = self.beyond.of(&base, unit, false, &mut self.work)?;
            let group = &rest[..acting.probes().min(rest.len())];
            self.raise(&base, group);
            let taken = self.follow(&base, unit, group.len())?;
            let followed = self.work.changes.len() / taken;
            for (k, (place, probe)) in group[..taken].iter().enumerate() {
                let changes = &self.work.changes[k * followed..(k + 1) * followed];
                let data = sum(changes) / count(base.examples());
                let value = base.cost + (data + penalty_rise(&base, *place, probe));
                values.push(finite_or_plain(&base, probe, value)?);
            }
            rest = &rest[taken..];
        }
        Ok(())
    }

    /// How far Z and the activations of their unit rise under each probe.
    fn raise(&mut self, base: &Base<'_, T>, probes: &[(Place, Probe<T>)]) {
        let examples = base.examples();
        self.dz.resize(probes.len() * examples, T::zero());
        self.rises.resize(probes.len() * examples, T::zero());
        let rows = self.dz.chunks_exact_mut(examples);
        let rows = rows.zip(self.rises.chunks_exact_mut(examples));
        for ((place, probe), (dz, rises)) in probes.iter().zip(rows) {
            let Place { layer, row, col } = *place;
            let delta = probe.replacement - base.theta[probe.coordinate];
            let before = base.a(layer - 1);
            scaled(delta, col.map(|col| before.row(col)), dz);
            if layer == base.depth() {
                rises.copy_from_slice(dz);
            } else {
                let mask = base.mask(layer);
                let mask = mask.as_ref().map_or(&[][..], |mask| mask.row(row));
                let (z, a) = (base.z(layer), base.a(layer));
                rise(base.activation(), (z.row(row), dz), mask, a.row(row), rises);
            }
        }
    }

    /// Follows the first of `probes` raised probes to the losses, as many as go together, and says how many:
    /// up to the first one that wakes an example on which the unit does not act at θ. That one goes alone,
    /// with all examples.
    fn follow(
        &mut self,
        base: &Base<'_, T>,
        unit: (usize, usize),
        probes: usize,
    ) -> Result<usize, MlpError> {
        let examples = base.examples();
        let work = &mut self.work;
        let acting = self.beyond.of(base, unit, false, work)?;
        let rows = self.rises.chunks_exact(examples).take(probes);
        let sound = rows
            .clone()
            .position(|rises| any_at(&acting.idle, rises))
            .unwrap_or(probes);
        let by = match sound {
            0 => self.beyond.of(base, unit, true, work)?,
            _ => acting,
        };
        let taken = sound.max(1);
        self.followed.clear();
        for rises in rows.take(taken) {
            by.choose(rises, &mut self.followed);
        }
        by.follow(base, &self.followed, work)?;
        Ok(taken)
    }

    /// The branch pattern with one parameter replaced.
    fn pattern(&mut self, probe: Probe<T>) -> Result<Piece, MlpError> {
        let base = Arc::clone(&self.base);
        let Some(mut sides) = base.sides() else {
            return Ok(Piece::Everywhere);
        };
        let place = self.place(probe.coordinate)?;
        let Place { layer, row, .. } = place;
        if layer < base.depth() {
            self.raise(&base, &[(place, probe)]);
            let examples = base.examples();
            let mask = base.mask(layer);
            let (z, word) = (base.z(layer), words(layer));
            for (example, (&z, &dz)) in z.row(row).iter().zip(&self.dz).enumerate() {
                let kept = mask.is_none_or(|mask| mask.row(row)[example] != T::zero());
                if kept && Side::of(z) != Side::of(z + dz) {
                    sides.change(word, row * examples + example, z, z + dz);
                }
            }
            let work = &mut self.work;
            let acting = self.beyond.of(&base, (layer, row), false, work)?;
            let by = match any_at(&acting.idle, &self.rises[..examples]) {
                true => self.beyond.of(&base, (layer, row), true, work)?,
                false => acting,
            };
            self.followed.clear();
            by.choose(&self.rises[..examples], &mut self.followed);
            by.watch(&base, &self.followed, work, |layer, entry, z, moved| {
                if Side::of(z) != Side::of(moved) {
                    sides.change(words(layer), entry, z, moved);
                }
            })?;
        }
        let BranchPattern {
            fingerprint,
            on_kink,
        } = sides.into();
        Ok(Piece::Numbered {
            fingerprint,
            on_kink,
        })
    }
}

impl<T: Scalar> Around<T> {
    /// What lies beyond this unit.
    fn of(
        &mut self,
        base: &Base<'_, T>,
        (layer, unit): (usize, usize),
        all: bool,
        work: &mut Work<T>,
    ) -> Result<&Beyond<T>, MlpError> {
        let place = if all { &mut self.all } else { &mut self.acting };
        Ok(match place.take() {
            Some(beyond) if beyond.is(layer, unit) => place.insert(beyond),
            _ => {
                let idle = match all {
                    true => vec![false; base.examples()],
                    false => idle(base, layer, unit),
                };
                place.insert(Beyond::new(base, layer, unit, idle, work)?)
            }
        })
    }
}

/// How far λ/(2m)·Σ‖W‖² rises: λ/(2m)·(w′² − w²), of a weight.
fn penalty_rise<T: Scalar>(base: &Base<'_, T>, place: Place, probe: &Probe<T>) -> T {
    let lambda = base.architecture.l2();
    if lambda == 0.0 || place.col.is_none() {
        return T::zero();
    }
    let (before, after) = (base.theta[probe.coordinate], probe.replacement);
    let squares = (after - before) * (after + before);
    squares * T::from_f64(lambda) / (T::from_f64(2.0) * count(base.examples()))
}

/// The value, or where it is no number what the whole forward pass says there: infinities that meet on the
/// way may not be the same ones.
fn finite_or_plain<T: Scalar>(
    base: &Base<'_, T>,
    probe: &Probe<T>,
    value: T,
) -> Result<T, MlpError> {
    if value.is_finite() {
        return Ok(value);
    }
    let mut point = base.theta.to_vec();
    point[probe.coordinate] = probe.replacement;
    cost_at(base.architecture, &point, base.batch, base.masks)
}

impl<T: Scalar> Neighborhood<T> for Incremental<'_, T> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<T> + '_>, EvaluationError> {
        Ok(Box::new(Incremental::new(Arc::clone(&self.base))))
    }

    fn center(&mut self) -> Result<T, EvaluationError> {
        Ok(self.base.cost)
    }

    fn value_with(&mut self, coordinate: usize, replacement: T) -> Result<T, EvaluationError> {
        let probe = Probe {
            coordinate,
            replacement,
        };
        let mut value = Vec::with_capacity(1);
        self.values_with(&[probe], &mut value)?;
        value.pop().ok_or_else(|| "a probe without a value".into())
    }

    fn values_with(
        &mut self,
        probes: &[Probe<T>],
        values: &mut Vec<T>,
    ) -> Result<(), EvaluationError> {
        let mut placed = Vec::with_capacity(probes.len());
        for probe in probes {
            placed.push((self.place(probe.coordinate)?, *probe));
        }
        for group in placed.chunk_by(|a, b| (a.0.layer, a.0.row) == (b.0.layer, b.0.row)) {
            self.values_of_unit((group[0].0.layer, group[0].0.row), group, values)?;
        }
        Ok(())
    }

    fn batch(&self) -> usize {
        BATCH
    }

    fn piece_with(&mut self, coordinate: usize, replacement: T) -> Result<Piece, EvaluationError> {
        let probe = Probe {
            coordinate,
            replacement,
        };
        let piece = self.pattern(probe)?;
        Ok(piece)
    }
}

/// Probes that suit it at a time: those of one chunk of coordinates by central differences.
const BATCH: usize = 256;
