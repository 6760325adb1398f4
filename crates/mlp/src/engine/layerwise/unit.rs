//! The numeric ∂ℓ_e/∂z_ie of one unit, for every example e.
//!
//! Invariant: knows nothing of the unit's inputs.

use tensor_core::vectorized;

use super::above::{self, Above};
use super::kernels::{AddQuotient, Bars, MarkMoved, displace, nearest, smallest_of, steps};
use super::rising::Rising;
use super::setup::Setup;
use crate::MlpError;
use crate::engine::base::Base;
use crate::engine::columns::{pick, pick_where};
use crate::engine::kernels::{By, mark_crossings};
use crate::engine::unit_row::{PickedRow, UnitRow};

/// The output buffers for ∂ℓ_e/∂z_ie and its error bars: one entry per example, 0 where the unit does not act.
pub(super) struct UnitDelta<'d> {
    pub(super) derivative: &'d mut [f64],
    pub(super) truncation: &'d mut [f64],
    pub(super) noise: &'d mut [f64],
    /// Whether the loss of the example changed at all.
    pub(super) moved: &'d mut [bool],
}

/// How a derivative was obtained.
#[derive(Debug, Clone, Copy)]
pub(super) struct Taken {
    /// The smallest step.
    pub(super) step: f64,
    /// The number of probes.
    pub(super) probes: u64,
}

/// Buffers that a thread reuses from unit to unit, so that no probe allocates.
pub(super) struct Scratch {
    above: above::Scratch,
    /// For every example, h and whether a kink is passed.
    steps: Vec<f64>,
    crossed: Vec<bool>,
    /// The examples that are probed, filled up to whole vectors.
    picked: Vec<usize>,
    columns: Columns,
}

/// One entry for each example that is probed.
struct Columns {
    own: PickedRow<f64>,
    steps: Vec<f64>,
    dz: Vec<f64>,
    /// One row per probe, like `changes`.
    rises: Vec<f64>,
    changes: Vec<f64>,
    passed: Vec<bool>,
    moved: Vec<bool>,
    derivatives: Vec<f64>,
    /// D(2h), later the truncation error.
    doubled: Vec<f64>,
    noise: Vec<f64>,
    still: Vec<f64>,
}

impl Scratch {
    pub(super) fn new() -> Self {
        Self {
            above: above::Scratch::new(),
            steps: Vec::new(),
            crossed: Vec::new(),
            picked: Vec::new(),
            columns: Columns {
                own: PickedRow::new(),
                steps: Vec::new(),
                dz: Vec::new(),
                rises: Vec::new(),
                changes: Vec::new(),
                passed: Vec::new(),
                moved: Vec::new(),
                derivatives: Vec::new(),
                doubled: Vec::new(),
                noise: Vec::new(),
                still: Vec::new(),
            },
        }
    }
}

/// The factor by which a step that passes a kink is reduced, and how often at most: down to 1e-5 of the step,
/// where the noise is 1e5 times as large; an example nearer to a kink than that counts as being at it.
const NARROWER: f64 = 1.0 / 16.0;
const NARROWED: usize = 4;

/// Measures one unit into `delta`, which is 0; `None` if a step can't be taken or a loss is not finite.
pub(super) fn measure(
    base: &Base<'_, f64>,
    above: &Above<'_>,
    (layer, unit): (usize, usize),
    setup: &Setup,
    delta: &mut UnitDelta<'_>,
    scratch: &mut Scratch,
) -> Result<Option<Taken>, MlpError> {
    let mut probing = Probing {
        above,
        unit,
        own: UnitRow::of(base, layer, unit),
        setup,
        // A unit of the output has no kink, and none above it.
        bends: layer < base.depth() && !base.activation().is_smooth(),
        narrowing: 1.0,
        taken: Taken {
            step: f64::INFINITY,
            probes: 0,
        },
    };
    scratch.steps.resize(base.examples(), 0.0);
    steps(setup.rule, probing.own.row.z, &mut scratch.steps);
    probing.mark_own_crossings(scratch);
    pick_where(base.examples(), &mut scratch.picked, |example| {
        probing.own.acts(example)
    });
    if !probing.probe(delta, scratch)? {
        return Ok(None);
    }
    for _ in 0..NARROWED {
        if !scratch.crossed.contains(&true) {
            return Ok(Some(probing.taken));
        }
        probing.narrowing *= NARROWER;
        probing.pick_crossed(scratch);
        if !probing.probe(delta, scratch)? {
            return Ok(None);
        }
    }
    if scratch.crossed.contains(&true) {
        probing.narrowing = 1.0;
        probing.pick_crossed(scratch);
        if !probing.probe_kinks(delta, scratch)? {
            return Ok(None);
        }
    }
    Ok(Some(probing.taken))
}

/// One unit that is perturbed by a different step in every example.
struct Probing<'p> {
    above: &'p Above<'p>,
    unit: usize,
    own: UnitRow<'p, f64>,
    setup: &'p Setup,
    bends: bool,
    /// The factor by which the steps are multiplied.
    narrowing: f64,
    taken: Taken,
}

impl Probing<'_> {
    /// Marks the examples in which the unit itself passes its kink, on its first steps.
    fn mark_own_crossings(&self, scratch: &mut Scratch) {
        let Scratch {
            steps,
            crossed,
            columns,
            ..
        } = scratch;
        crossed.clear();
        crossed.resize(steps.len(), false);
        let z = self.own.row.z;
        if !self.bends || nearest(z, steps, f64::from(self.setup.reach)) > 0.0 {
            return;
        }
        for &end in &self.setup.ends {
            columns.dz.resize(z.len(), 0.0);
            displace(z, steps, self.setup.offsets[end], &mut columns.dz);
            mark_crossings(z, &columns.dz, self.own.row.mask, crossed);
        }
    }

    /// Picks the examples in which a kink was passed.
    fn pick_crossed(&self, scratch: &mut Scratch) {
        let crossed = &scratch.crossed;
        pick_where(crossed.len(), &mut scratch.picked, |example| {
            crossed[example]
        });
    }

    /// Computes the changes of the losses of the picked examples at each of `offsets`, and marks the columns in which a
    /// kink is passed above the unit; false if a step vanishes or a loss is not finite.
    fn rise(
        &self,
        offsets: &[i32],
        ends: &[usize],
        scratch: &mut Scratch,
    ) -> Result<bool, MlpError> {
        let Scratch {
            picked, columns, ..
        } = scratch;
        let count = picked.len();
        columns.own.pick(self.own.row, picked);
        pick(&scratch.steps, picked, &mut columns.steps);
        for step in &mut columns.steps {
            *step *= self.narrowing;
        }
        columns.dz.resize(count, 0.0);
        columns.rises.resize(offsets.len() * count, 0.0);
        let dz = &mut columns.dz[..count];
        let own = UnitRow {
            row: columns.own.row(),
            ..self.own
        };
        for (&offset, rises) in offsets.iter().zip(columns.rises.chunks_exact_mut(count)) {
            if !displace(own.row.z, &columns.steps, offset, dz) {
                return Ok(false);
            }
            own.raise(By::Each(dz), rises);
        }
        columns.passed.clear();
        columns.passed.resize(count, false);
        let rising = Rising {
            unit: self.unit,
            picked,
            rises: &columns.rises,
            ends,
        };
        let (changes, passed) = (&mut columns.changes, &mut columns.passed);
        self.above
            .follow(&rising, &mut scratch.above, changes, passed)
    }

    /// Probes the picked examples, writes the results into `delta` for those in which no kink is passed, and
    /// leaves the others marked.
    fn probe(
        &mut self,
        delta: &mut UnitDelta<'_>,
        scratch: &mut Scratch,
    ) -> Result<bool, MlpError> {
        let count = scratch.picked.len();
        if count == 0 {
            return Ok(true);
        }
        if !self.rise(&self.setup.offsets, &self.setup.ends, scratch)? {
            return Ok(false);
        }
        self.taken.probes += self.setup.offsets.len() as u64;
        let Scratch {
            crossed,
            picked,
            columns,
            ..
        } = scratch;
        let own = columns.own.row();
        if self.bends && self.narrowing < 1.0 {
            // The steps differ from those that were examined first.
            for &end in &self.setup.ends {
                let dz = &mut columns.dz[..count];
                displace(own.z, &columns.steps, self.setup.offsets[end], dz);
                mark_crossings(own.z, dz, own.mask, &mut columns.passed);
            }
            for &example in &*picked {
                crossed[example] = false;
            }
        }
        let any = self.bends && {
            let mut any = crossed.contains(&true);
            for (&example, &passed) in picked.iter().zip(&columns.passed) {
                crossed[example] |= passed;
                any |= passed;
            }
            any
        };
        self.quotients(columns, count, 1);
        self.quotients(columns, count, 2);
        pick(&self.setup.epsilon_f, picked, &mut columns.noise);
        vectorized(Bars {
            derivatives: &columns.derivatives,
            doubled: &mut columns.doubled,
            truncation: self.setup.truncation,
            steps: &columns.steps,
            noise: &mut columns.noise,
            amplification: self.setup.amplification,
        });
        let found = [
            (&columns.derivatives, &mut *delta.derivative),
            (&columns.doubled, &mut *delta.truncation),
            (&columns.noise, &mut *delta.noise),
        ];
        if any {
            // Examples that passed a kink leave only their marks.
            for (step, &example) in columns.steps.iter_mut().zip(&*picked) {
                *step = if crossed[example] {
                    f64::INFINITY
                } else {
                    *step
                };
            }
            for (found, all) in found {
                for (&found, &example) in found.iter().zip(&*picked) {
                    all[example] = if crossed[example] {
                        all[example]
                    } else {
                        found
                    };
                }
            }
        } else {
            for (found, all) in found {
                for (&found, &example) in found.iter().zip(&*picked) {
                    all[example] = found;
                }
            }
        }
        self.taken.step = self.taken.step.min(smallest_of(&columns.steps));
        columns.moved.clear();
        columns.moved.resize(count, false);
        let moved = &mut columns.moved[..];
        for changes in columns.changes.chunks_exact(count) {
            vectorized(MarkMoved { changes, moved });
        }
        for (&example, &moved) in picked.iter().zip(&*moved) {
            delta.moved[example] |= moved & !crossed[example];
        }
        Ok(true)
    }

    /// Computes D(stretch·h) of each column, from the change of its loss at each offset.
    fn quotients(&self, columns: &mut Columns, count: usize, stretch: i32) {
        let sums = match stretch {
            1 => &mut columns.derivatives,
            _ => &mut columns.doubled,
        };
        sums.clear();
        sums.resize(count, 0.0);
        columns.still.resize(count, 0.0);
        let row = |offset: i32| {
            let row = self.setup.offsets.iter().position(|&known| known == offset);
            row.map_or(&columns.still[..count], |row| {
                &columns.changes[row * count..(row + 1) * count]
            })
        };
        for quotient in self.setup.stencil.quotients() {
            let (from, to) = (quotient.from * stretch, quotient.to * stretch);
            vectorized(AddQuotient {
                z: columns.own.row().z,
                steps: &columns.steps,
                from: (from, row(from)),
                to: (to, row(to)),
                weight: quotient.weight,
                sums,
            });
        }
    }

    /// Handles the examples at a kink: the mean of the one-sided derivatives, and an error bar that covers both.
    fn probe_kinks(
        &mut self,
        delta: &mut UnitDelta<'_>,
        scratch: &mut Scratch,
    ) -> Result<bool, MlpError> {
        if !self.rise(&[-1, 1], &[], scratch)? {
            return Ok(false);
        }
        self.taken.probes += 2;
        let columns = &scratch.columns;
        let (below, above) = columns.changes.split_at(scratch.picked.len());
        for (column, &example) in scratch.picked.iter().enumerate() {
            let (z, h) = (columns.own.row().z[column], columns.steps[column]);
            let (below, above) = (below[column], above[column]);
            let left = -below / (z - (z - h));
            let right = above / ((z + h) - z);
            self.taken.step = self.taken.step.min(h);
            delta.derivative[example] = f64::midpoint(left, right);
            delta.truncation[example] = (right - left).abs();
            let amplified = self.setup.amplification * self.setup.epsilon_f[example];
            delta.noise[example] = amplified / h;
            delta.moved[example] = below != 0.0 || above != 0.0;
        }
        Ok(true)
    }
}
