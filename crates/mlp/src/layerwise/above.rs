//! What lies above one layer, kept once for all of its units.
//!
//! Refuses to know what moves them.

use std::ops::Range;

use super::kernels::{add_scaled, subtract};
use super::narrow::{self, Narrow};
use crate::incremental::{Base, Beyond, Buffers, Lines, Work, losses};
use crate::{Loss, MlpError};

/// The network above layer l.
pub(super) struct Above<'b> {
    base: &'b Base<'b, f64>,
    layer: usize,
    kind: Kind,
    /// The loss of each example at θ; empty where only a unit's own output moves, which has its own.
    losses: Vec<f64>,
}

/// How far the losses are.
enum Kind {
    /// The output alone is above, or nothing.
    Output,
    /// One hidden layer of straight lines without dropout, and one output.
    Narrow(Narrow),
    /// Something else.
    Deep,
}

/// What is reused from unit to unit.
pub(super) struct Scratch {
    work: Work<f64>,
    buffers: Buffers<f64>,
    narrow: narrow::Scratch,
    logits: Vec<f64>,
    z: Vec<f64>,
    y: Vec<f64>,
    before: Vec<f64>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            work: Work::new(),
            buffers: Buffers::default(),
            narrow: narrow::Scratch::default(),
            logits: Vec::new(),
            z: Vec::new(),
            y: Vec::new(),
            before: Vec::new(),
        }
    }
}

/// A unit that rises in some of the examples.
pub(super) struct Rising<'k> {
    pub(super) unit: usize,
    /// The examples, in ascending order; to whole vectors the last one again and again.
    pub(super) picked: &'k [usize],
    /// How far it rises, one row of the picked examples a probe.
    pub(super) rises: &'k [f64],
    /// The widest of them.
    pub(super) ends: &'k [usize],
}

impl Rising<'_> {
    pub(super) fn row(&self, number: usize) -> &[f64] {
        let columns = self.picked.len();
        &self.rises[number * columns..(number + 1) * columns]
    }
}

impl<'b> Above<'b> {
    pub(super) fn new(base: &'b Base<'b, f64>, layer: usize) -> Self {
        let last = base.depth();
        let outputs = base.z(last).rows();
        let lines = Lines::of(base.activation());
        let kind = match lines {
            _ if layer + 1 >= last => Kind::Output,
            Some(lines) if layer + 2 == last && outputs == 1 && base.mask(layer + 1).is_none() => {
                Kind::Narrow(Narrow::new(base, layer, lines))
            }
            _ => Kind::Deep,
        };
        let mut above = Self {
            base,
            layer,
            kind,
            losses: Vec::new(),
        };
        if !matches!(above.kind, Kind::Deep) && above.rows(0).len() == outputs {
            above.losses = vec![0.0; base.examples()];
            let mut logits = base.z(last).as_slice().to_vec();
            let (loss, y) = (base.architecture.loss(), base.batch.y().as_slice());
            let mut buffers = Buffers::default();
            losses(
                loss,
                &mut logits,
                y,
                outputs,
                &mut buffers,
                &mut above.losses,
            );
        }
        above
    }

    /// The rows of Z_L that move with a unit. The losses of the outputs add up, so that of layer L it is the
    /// unit's own row alone; but for softmax, which mixes them.
    fn rows(&self, unit: usize) -> Range<usize> {
        let softmax = self.base.architecture.loss() == Loss::SoftmaxCrossEntropy;
        if self.layer == self.base.depth() && !softmax {
            unit..unit + 1
        } else {
            0..self.base.z(self.base.depth()).rows()
        }
    }

    /// How far the loss of each picked example rises at each probe, one row each, and marks in `passed` the
    /// columns in which a hidden layer passes a kink. False where one of them is not finite.
    pub(super) fn follow(
        &self,
        rising: &Rising<'_>,
        scratch: &mut Scratch,
        changes: &mut Vec<f64>,
        passed: &mut [bool],
    ) -> Result<bool, MlpError> {
        // Each entry is written over.
        changes.resize(rising.rises.len(), 0.0);
        let last = self.base.depth();
        match &self.kind {
            Kind::Deep => return self.follow_deep(rising, &mut scratch.work, changes, passed),
            Kind::Narrow(narrow) => {
                let Scratch {
                    narrow: own,
                    logits,
                    ..
                } = scratch;
                narrow.follow(self.base, rising, own, logits, passed);
            }
            Kind::Output => {
                let rows = self.rows(rising.unit);
                scratch.logits.resize(rows.len() * rising.rises.len(), 0.0);
                let parts = scratch.logits.chunks_exact_mut(rising.rises.len());
                for (row, logits) in rows.zip(parts) {
                    let c = match self.layer < last {
                        true => self.base.weights(last).row(row)[rising.unit],
                        false => f64::from(u8::from(row == rising.unit)),
                    };
                    pick(self.base.z(last).row(row), rising.picked, &mut scratch.z);
                    let columns = rising.picked.len();
                    let rises = rising.rises.chunks_exact(columns);
                    for (rises, logits) in rises.zip(logits.chunks_exact_mut(columns)) {
                        add_scaled(&scratch.z, c, rises, logits);
                    }
                }
            }
        }
        let rows = self.rows(rising.unit);
        let loss = self.base.architecture.loss();
        scratch.y.clear();
        for row in rows.clone() {
            let labels = self.base.batch.y().row(row);
            scratch
                .y
                .extend(rising.picked.iter().map(|&example| labels[example]));
        }
        let Scratch {
            buffers,
            logits,
            y,
            before,
            z,
            ..
        } = scratch;
        let logits = &mut logits[..rows.len() * rising.rises.len()];
        losses(loss, logits, y, rows.len(), buffers, changes);
        if self.losses.is_empty() {
            // One row, whose logits at θ are still there.
            before.resize(rising.picked.len(), 0.0);
            losses(loss, z, y, rows.len(), buffers, before);
        } else {
            pick(&self.losses, rising.picked, before);
        }
        let rows = changes.chunks_exact_mut(rising.picked.len());
        Ok(rows.fold(true, |finite, row| subtract(row, before) & finite))
    }

    fn follow_deep(
        &self,
        rising: &Rising<'_>,
        work: &mut Work<f64>,
        changes: &mut [f64],
        passed: &mut [bool],
    ) -> Result<bool, MlpError> {
        let base = self.base;
        let mut left_out = vec![true; base.examples()];
        for &example in rising.picked {
            left_out[example] = false;
        }
        let beyond = Beyond::new(base, self.layer, rising.unit, left_out, work)?;
        beyond.follow(base, rising.rises, work)?;
        changes.copy_from_slice(&work.changes);
        for &end in rising.ends {
            beyond.mark_crossings(base, rising.row(end), work, passed)?;
        }
        Ok(changes.iter().all(|change| change.is_finite()))
    }
}

/// The entries of a row that belong to the picked examples.
pub(super) fn pick(row: &[f64], picked: &[usize], out: &mut Vec<f64>) {
    out.clear();
    out.extend(picked.iter().map(|&example| row[example]));
}
