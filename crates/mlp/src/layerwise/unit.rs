//! The numeric ∂ℓ_e/∂z_ie of one unit, for every example e.
//!
//! Refuses to know what the unit is fed with.

use finite_diff::{Scheme, Stencil};

use crate::MlpError;
use crate::cost::example_losses;
use crate::incremental::{Base, Beyond, Work, idle, mark_crossings, rise};

/// ε_f of the loss of each example.
pub(super) struct Noisy {
    epsilon_f: Vec<f64>,
}

impl Noisy {
    /// From what `scheme` says of the noise of J, the mean of m losses whose roundings are independent:
    /// ε_f√m for a loss of average size, more for larger ones (V11).
    pub(super) fn new(base: &Base<'_, f64>, scheme: &Scheme) -> Result<Self, MlpError> {
        let loss = base.architecture.loss();
        let losses = example_losses(loss, base.z(base.depth()), base.batch.y().view())?;
        let m = losses.len() as f64;
        let mean = losses.iter().sum::<f64>() / m;
        // As far as a step in z can reach: noise that grows with the distance grows that far.
        let reach = scheme.stencil.reach() * scheme.step.at(1.0, &scheme.stencil);
        let epsilon_f = scheme.noise.within::<f64>(base.cost.abs(), reach) * m.sqrt();
        let size = |loss: &f64| {
            if mean > 0.0 {
                (loss / mean).max(1.0)
            } else {
                1.0
            }
        };
        Ok(Self {
            epsilon_f: losses.iter().map(|loss| epsilon_f * size(loss)).collect(),
        })
    }
}

/// ∂ℓ_e/∂z_ie for each example, with what it may be off by.
pub(super) struct UnitDelta {
    pub(super) derivative: Vec<f64>,
    pub(super) truncation: Vec<f64>,
    pub(super) noise: Vec<f64>,
    /// Whether the loss of the example moved at all.
    pub(super) moved: Vec<bool>,
    /// The narrowest step taken.
    pub(super) step: f64,
    /// How many probes it took.
    pub(super) probes: u64,
}

/// By so much a step is narrowed at a time where it passes a kink, and so often at most: down to 1e-5 of it,
/// where the noise is 1e5 times as large; whatever is nearer to a kink than that counts as being at it.
const NARROWER: f64 = 1.0 / 16.0;
const NARROWED: usize = 4;

impl UnitDelta {
    /// Measures it; `None` where a step can't be taken or a loss is not finite.
    pub(super) fn measure(
        base: &Base<'_, f64>,
        layer: usize,
        unit: usize,
        scheme: &Scheme,
        noisy: &Noisy,
        work: &mut Work<f64>,
    ) -> Result<Option<Self>, MlpError> {
        let examples = base.examples();
        let z = base.z(layer);
        let z = z.row(unit);
        let mut delta = Self {
            derivative: vec![0.0; examples],
            truncation: vec![0.0; examples],
            noise: vec![0.0; examples],
            moved: vec![false; examples],
            step: f64::INFINITY,
            probes: 0,
        };
        let rule = scheme.step.under::<f64>(&scheme.stencil);
        let mut probing = Probing {
            base,
            layer,
            unit,
            z,
            stencil: scheme.stencil,
            offsets: scheme.stencil.offsets(),
            steps: z.iter().map(|&z| rule.at(z)).collect(),
            // A unit of the output has no kink, and none beyond it.
            bends: layer < base.depth() && !base.activation().is_smooth(),
            noisy,
        };
        let acting = idle(base, layer, unit);
        let mut crossed = probing.own_crossings();
        if !probing.probe(acting, &mut delta, &mut crossed, work)? {
            return Ok(None);
        }
        let wide = probing.steps.clone();
        for _ in 0..NARROWED {
            if !crossed.contains(&true) {
                return Ok(Some(delta));
            }
            let left_out = crossed.iter().map(|crossed| !crossed).collect();
            for (step, &crossed) in probing.steps.iter_mut().zip(&crossed) {
                *step *= if crossed { NARROWER } else { 1.0 };
            }
            let before = crossed;
            crossed = probing.own_crossings();
            for (crossed, before) in crossed.iter_mut().zip(before) {
                *crossed &= before;
            }
            if !probing.probe(left_out, &mut delta, &mut crossed, work)? {
                return Ok(None);
            }
        }
        if crossed.contains(&true) {
            probing.steps = wide;
            let left_out = crossed.iter().map(|crossed| !crossed).collect();
            if !probing.probe_kinks(left_out, &mut delta, work)? {
                return Ok(None);
            }
        }
        Ok(Some(delta))
    }
}

/// One unit that is moved by a step of its own in every example.
struct Probing<'p> {
    base: &'p Base<'p, f64>,
    layer: usize,
    unit: usize,
    /// Z_l[i, ·].
    z: &'p [f64],
    stencil: Stencil,
    offsets: Vec<i32>,
    steps: Vec<f64>,
    bends: bool,
    noisy: &'p Noisy,
}

impl Probing<'_> {
    fn at(&self, example: usize, offset: i32) -> f64 {
        self.z[example] + f64::from(offset) * self.steps[example]
    }

    /// The widest points: between them everything is affine, if no kink is passed at either.
    fn ends(&self) -> Vec<i32> {
        let low = self.offsets.iter().copied().min().filter(|&end| end < 0);
        let high = self.offsets.iter().copied().max().filter(|&end| end > 0);
        low.into_iter().chain(high).collect()
    }

    /// The examples in which the unit itself passes its kink.
    fn own_crossings(&self) -> Vec<bool> {
        let mut crossed = vec![false; self.steps.len()];
        if self.bends {
            let z = self.base.z(self.layer);
            let mask = self.base.mask(self.layer);
            let mask = mask.as_ref().map_or(&[][..], |mask| mask.row(self.unit));
            for end in self.ends() {
                let dz: Vec<f64> = (0..crossed.len())
                    .map(|example| self.at(example, end) - self.z[example])
                    .collect();
                mark_crossings(z.row(self.unit), &dz, mask, &mut crossed);
            }
        }
        crossed
    }

    /// How far the losses rise at each of `offsets`, one row of the columns of `beyond` each; `false` where a
    /// step vanishes or a loss is not finite.
    fn rises(
        &self,
        beyond: &Beyond<f64>,
        offsets: &[i32],
        work: &mut Work<f64>,
    ) -> Result<Option<Vec<f64>>, MlpError> {
        let (base, columns) = (self.base, beyond.chosen().len());
        let mut rises = vec![0.0; offsets.len() * columns];
        let take = |row: &[f64]| {
            beyond
                .chosen()
                .iter()
                .map(|&e| row[e])
                .collect::<Vec<f64>>()
        };
        let (z_all, mask) = (base.z(self.layer), base.mask(self.layer));
        let z = take(z_all.row(self.unit));
        let a = match self.layer < base.depth() {
            true => take(base.a(self.layer).row(self.unit)),
            false => Vec::new(),
        };
        let mask = mask.map_or_else(Vec::new, |mask| take(mask.row(self.unit)));
        let mut dz = vec![0.0; columns];
        for (&offset, rises) in offsets.iter().zip(rises.chunks_exact_mut(columns.max(1))) {
            for (column, (dz, &example)) in dz.iter_mut().zip(beyond.chosen()).enumerate() {
                *dz = 0.0;
                if column < beyond.examples {
                    *dz = self.at(example, offset) - z[column];
                    if *dz == 0.0 || !dz.is_finite() {
                        return Ok(None);
                    }
                }
            }
            if self.layer == base.depth() {
                rises.copy_from_slice(&dz);
            } else {
                rise(base.activation(), (&z, &dz), &mask, &a, rises);
            }
        }
        beyond.follow(base, &rises, work)?;
        let finite = work.changes.iter().all(|change| change.is_finite());
        Ok(finite.then_some(rises))
    }

    /// Probes the examples that are not `left_out`, writes what was found into `delta` for those in which no
    /// kink is passed, and marks the others in `crossed`.
    fn probe(
        &self,
        left_out: Vec<bool>,
        delta: &mut UnitDelta,
        crossed: &mut [bool],
        work: &mut Work<f64>,
    ) -> Result<bool, MlpError> {
        let beyond = Beyond::new(self.base, self.layer, self.unit, left_out, work)?;
        let columns = beyond.chosen().len();
        if columns == 0 {
            return Ok(true);
        }
        let Some(rises) = self.rises(&beyond, &self.offsets, work)? else {
            return Ok(false);
        };
        delta.probes += self.offsets.len() as u64;
        let changes = work.changes.clone();
        if self.bends {
            let mut passed = vec![false; columns];
            for end in self.ends() {
                let row = self.offsets.iter().position(|&offset| offset == end);
                let own = row.map_or(0..0, |row| row * columns..(row + 1) * columns);
                beyond.mark_crossings(self.base, &rises[own], work, &mut passed)?;
            }
            for (&example, passed) in beyond.chosen().iter().zip(passed) {
                crossed[example] |= passed;
            }
        }
        let chosen = &beyond.chosen()[..beyond.examples];
        let derivatives = self.quotients(chosen, &changes, columns, 1);
        let doubled = self.quotients(chosen, &changes, columns, 2);
        for (column, &example) in chosen.iter().enumerate() {
            if crossed[example] {
                continue;
            }
            let derivative = derivatives[column];
            let truncation = self.stencil.truncation(derivative, doubled[column]);
            self.write(delta, example, derivative, truncation);
            let mut changes = changes[column..].iter().step_by(columns);
            delta.moved[example] = changes.any(|&change| change != 0.0);
        }
        Ok(true)
    }

    /// D(stretch·h) of each chosen example, from how far its loss rises at each offset.
    fn quotients(
        &self,
        chosen: &[usize],
        changes: &[f64],
        columns: usize,
        stretch: i32,
    ) -> Vec<f64> {
        let mut sums = vec![0.0; chosen.len()];
        let still = vec![0.0; columns];
        let row = |offset: i32| {
            let row = self.offsets.iter().position(|&known| known == offset);
            row.map_or(&still[..], |row| {
                &changes[row * columns..(row + 1) * columns]
            })
        };
        for quotient in self.stencil.quotients() {
            let (from, to) = (quotient.from * stretch, quotient.to * stretch);
            let values = sums.iter_mut().zip(row(from)).zip(row(to));
            for (((sum, j_from), j_to), &example) in values.zip(chosen) {
                let distance = self.at(example, to) - self.at(example, from);
                *sum += quotient.weight * ((j_to - j_from) / distance);
            }
        }
        sums
    }

    /// Those that are at a kink: the mean of the derivatives from both sides, and a bar that holds both.
    fn probe_kinks(
        &self,
        left_out: Vec<bool>,
        delta: &mut UnitDelta,
        work: &mut Work<f64>,
    ) -> Result<bool, MlpError> {
        let beyond = Beyond::new(self.base, self.layer, self.unit, left_out, work)?;
        let columns = beyond.chosen().len();
        if self.rises(&beyond, &[-1, 1], work)?.is_none() {
            return Ok(false);
        }
        delta.probes += 2;
        for (column, &example) in beyond.chosen()[..beyond.examples].iter().enumerate() {
            let z = self.z[example];
            let (below, above) = (work.changes[column], work.changes[columns + column]);
            let left = -below / (z - self.at(example, -1));
            let right = above / (self.at(example, 1) - z);
            let middle = f64::midpoint(left, right);
            self.write(delta, example, middle, (right - left).abs());
            delta.moved[example] = below != 0.0 || above != 0.0;
        }
        Ok(true)
    }

    fn write(&self, delta: &mut UnitDelta, example: usize, derivative: f64, truncation: f64) {
        let step = self.steps[example];
        delta.step = delta.step.min(step);
        delta.derivative[example] = derivative;
        delta.truncation[example] = truncation;
        let amplified = self.stencil.noise_amplification() * self.noisy.epsilon_f[example];
        delta.noise[example] = amplified / step;
    }
}
