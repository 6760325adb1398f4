//! J around one θ, recomputing only what one parameter affects.
//!
//! A parameter of layer l changes one row of Z_l (one unit, m examples), that row changes Z_{l+1} by a
//! rank-one term, and full products are needed only from layer l+2 on. The other rows are kept
//! from one forward pass. docs/theory/speed.md has the equations and the cost.
//!
//! Invariant: knows nothing of steps, stencils and gradients, and of how the probes were chosen.

mod mover;

use std::sync::Arc;

use finite_diff::EvaluationError;
use finite_diff::objective::{Neighborhood, Piece, Probe};
use tensor_core::Scalar;

use self::mover::{Mover, Rises};
use super::base::Base;
use super::beyond::Work;
use super::piece::{piece, piece_at};
use super::unit_row::UnitRow;
use crate::cost::count;
use crate::pattern::{changes_side, words};
use crate::place::Place;
use crate::{MlpError, cost_at};

/// J around one θ; see [the module](self).
pub(crate) struct Incremental<'a, T> {
    base: Arc<Base<'a, T>>,
    /// The last unit that was requested, for the examples on which it acts, and one for all examples.
    acting: Mover<T>,
    all: Mover<T>,
    rises: Rises<T>,
    work: Work<T>,
    /// One 1 per example: the input of a bias.
    ones: Vec<T>,
    deltas: Vec<T>,
    sums: Vec<T>,
    waiting: Waiting<T>,
}

/// Probes of the unit in `acting` that are evaluated together.
struct Waiting<T> {
    probes: Vec<(Place, Probe<T>)>,
    /// One row per probe.
    rises: Vec<T>,
}

impl<'a, T: Scalar> Incremental<'a, T> {
    /// Shares the stored forward pass.
    pub(crate) fn new(base: Arc<Base<'a, T>>) -> Self {
        Self {
            ones: vec![T::one(); base.examples()],
            base,
            acting: Mover::new(),
            all: Mover::new(),
            work: Work::new(),
            rises: Rises::new(),
            deltas: Vec::new(),
            sums: Vec::new(),
            waiting: Waiting {
                probes: Vec::new(),
                rises: Vec::new(),
            },
        }
    }

    fn place(&self, coordinate: usize) -> Result<Place, MlpError> {
        Place::of(self.base.architecture, coordinate)
    }

    /// J at probes of the parameter at `place`, appended to `values`, or left `waiting`.
    fn along(
        &mut self,
        base: &Base<'_, T>,
        place: Place,
        probes: &[Probe<T>],
        values: &mut Vec<T>,
    ) -> Result<(), MlpError> {
        let unit = (place.layer, place.row);
        if !self.acting.beyond.is(place.layer, place.row) {
            self.let_go(base, values)?;
            self.acting.turn_to(base, unit, false, &mut self.work);
        }
        self.deltas.clear();
        let theta = base.theta;
        let deltas = probes.iter().map(|p| p.replacement - theta[p.coordinate]);
        self.deltas.extend(deltas);
        let before = base.a(place.layer - 1);
        let x = place.col.map_or(&self.ones[..], |col| before.row(col));
        let acting = &self.acting;
        let tame = self.deltas.iter().all(|delta| delta.is_finite());
        if !tame || acting.wakes(&self.deltas, x) {
            self.let_go(base, values)?;
            // Each probe is handled by what it does itself, so that its value does not depend on its batch.
            for probe in probes {
                values.push(self.alone(base, place, probe)?);
            }
            return Ok(());
        }
        acting.raise(&self.deltas, x, &mut self.rises);
        let suits = acting.beyond.suits();
        if suits == 1 {
            let rises = (&self.rises.rows[..], probes.len());
            let (among, sums) = (self.rises.among(), &mut self.sums);
            sums.clear();
            acting
                .beyond
                .totals(base, rises, among, &mut self.work, sums)?;
            for (probe, &sum) in probes.iter().zip(&self.sums) {
                values.push(value(base, place, probe, sum)?);
            }
            return Ok(());
        }
        if self.waiting.probes.len() + probes.len() > suits {
            self.let_go(base, values)?;
        }
        let Waiting {
            probes: queue,
            rises,
        } = &mut self.waiting;
        queue.extend(probes.iter().map(|probe| (place, *probe)));
        let columns = self.acting.beyond.chosen().len();
        rises.extend_from_slice(&self.rises.rows[..probes.len() * columns]);
        Ok(())
    }

    /// Evaluates the probes that are `waiting`.
    fn let_go(&mut self, base: &Base<'_, T>, values: &mut Vec<T>) -> Result<(), MlpError> {
        let Waiting { probes, rises } = &mut self.waiting;
        if probes.is_empty() {
            return Ok(());
        }
        self.sums.clear();
        let (beyond, rows) = (&self.acting.beyond, (&rises[..], probes.len()));
        beyond.totals(base, rows, None, &mut self.work, &mut self.sums)?;
        rises.clear();
        for ((place, probe), &sum) in probes.drain(..).zip(&self.sums) {
            values.push(value(base, place, &probe, sum)?);
        }
        Ok(())
    }

    /// J at one probe, which may activate the unit on examples on which it does not act at θ; then by all examples.
    fn alone(&mut self, base: &Base<'_, T>, place: Place, probe: &Probe<T>) -> Result<T, MlpError> {
        let delta = probe.replacement - base.theta[probe.coordinate];
        if !delta.is_finite() {
            return plain(base, probe);
        }
        let mover = match self.raise_alone(base, place, delta) {
            true => &self.all,
            false => &self.acting,
        };
        let (rows, among) = ((&self.rises.rows[..], 1), self.rises.among());
        self.sums.clear();
        mover
            .beyond
            .totals(base, rows, among, &mut self.work, &mut self.sums)?;
        let sum = self.sums.first().copied().unwrap_or_default();
        value(base, place, probe, sum)
    }

    /// Raises the unit of `place` by one probe, for all examples if it activates one; returns whether it does.
    fn raise_alone(&mut self, base: &Base<'_, T>, place: Place, delta: T) -> bool {
        let unit = (place.layer, place.row);
        let before = base.a(place.layer - 1);
        let x = place.col.map_or(&self.ones[..], |col| before.row(col));
        self.acting.turn_to(base, unit, false, &mut self.work);
        let wakes = self.acting.wakes(&[delta], x);
        let mover = if wakes {
            self.all.turn_to(base, unit, true, &mut self.work);
            &self.all
        } else {
            &self.acting
        };
        mover.raise(&[delta], x, &mut self.rises);
        wakes
    }

    /// The branch pattern with one parameter replaced, from the change of each pre-activation: one that is 0 to
    /// rounding may be on another side than in the whole forward pass.
    fn pattern(&mut self, probe: Probe<T>) -> Result<Piece, MlpError> {
        let base = Arc::clone(&self.base);
        let Some(mut sides) = base.sides() else {
            return Ok(piece(None));
        };
        let place = self.place(probe.coordinate)?;
        let Place { layer, row, col } = place;
        if layer < base.depth() {
            let delta = probe.replacement - base.theta[probe.coordinate];
            if !delta.is_finite() {
                let Base {
                    architecture,
                    batch,
                    masks,
                    ..
                } = *base;
                return piece_at(architecture, &point(&base, &probe), batch, masks);
            }
            let examples = base.examples();
            let before = base.a(layer - 1);
            let x = col.map_or(&self.ones[..], |col| before.row(col));
            let (own, word) = (UnitRow::of(&base, layer, row), words(layer));
            for (example, (&z, &x)) in own.row.z.iter().zip(x).enumerate() {
                let moved = z + delta * x;
                if own.is_kept(example) && changes_side(z, moved) {
                    sides.change(word, row * examples + example, z, moved);
                }
            }
            let mover = match self.raise_alone(&base, place, delta) {
                true => &self.all,
                false => &self.acting,
            };
            // If only some columns rise, no hidden layer lies beyond.
            if self.rises.among().is_none() {
                let rows = &self.rises.rows[..mover.beyond.chosen().len()];
                let work = &mut self.work;
                mover
                    .beyond
                    .watch(&base, rows, work, |layer, entry, z, moved| {
                        if changes_side(z, moved) {
                            sides.change(words(layer), entry, z, moved);
                        }
                    })?;
            }
        }
        Ok(piece(Some(sides.into())))
    }
}

/// J at `probe`, under which the losses rise by `sum` in all.
fn value<T: Scalar>(
    base: &Base<'_, T>,
    place: Place,
    probe: &Probe<T>,
    sum: T,
) -> Result<T, MlpError> {
    let data = sum / count(base.examples());
    let value = base.cost + (data + penalty_rise(base, place, probe));
    // Infinities may cancel differently than in the whole forward pass.
    if value.is_finite() {
        Ok(value)
    } else {
        plain(base, probe)
    }
}

/// The change of λ/(2m)·Σ‖W‖²: λ/(2m)·(w′² − w²) for a weight.
fn penalty_rise<T: Scalar>(base: &Base<'_, T>, place: Place, probe: &Probe<T>) -> T {
    let lambda = base.architecture.l2();
    if lambda == 0.0 || place.col.is_none() {
        return T::zero();
    }
    let (before, after) = (base.theta[probe.coordinate], probe.replacement);
    let squares = (after - before) * (after + before);
    squares * T::from_f64(lambda) / (T::from_f64(2.0) * count(base.examples()))
}

/// J at a probe, by the whole forward pass.
fn plain<T: Scalar>(base: &Base<'_, T>, probe: &Probe<T>) -> Result<T, MlpError> {
    cost_at(
        base.architecture,
        &point(base, probe),
        base.batch,
        base.masks,
    )
}

fn point<T: Scalar>(base: &Base<'_, T>, probe: &Probe<T>) -> Vec<T> {
    let mut point = base.theta.to_vec();
    point[probe.coordinate] = probe.replacement;
    point
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
        let base = Arc::clone(&self.base);
        // After a failure probes may be left over.
        self.waiting.probes.clear();
        self.waiting.rises.clear();
        let mut taken = Ok(());
        for probes in probes.chunk_by(|a, b| a.coordinate == b.coordinate) {
            taken = self
                .place(probes[0].coordinate)
                .and_then(|place| self.along(&base, place, probes, values));
            if taken.is_err() {
                break;
            }
        }
        self.let_go(&base, values)?;
        Ok(taken?)
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

/// The preferred number of probes at a time: those of one chunk of coordinates by central differences.
const BATCH: usize = 256;
