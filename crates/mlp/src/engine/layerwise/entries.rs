//! From means over the examples to an entry for each requested coordinate.
//!
//! Invariant: knows nothing of how units are measured.

use finite_diff::{Entry, Estimate, Outcome, Scheme};

use super::layer::{Layer, Sums, Unit};
use super::products::{INPUTS, Part, UNITS};
use crate::MlpError;
use crate::engine::base::Base;
use crate::engine::kernels::any_at;
use crate::place::Place;

/// The measured layers.
pub(super) struct Found<'f> {
    pub(super) base: &'f Base<'f, f64>,
    pub(super) scheme: &'f Scheme,
    /// Layer l at l − 1.
    pub(super) layers: &'f [Layer],
    pub(super) parts: &'f [Part],
    /// λ/(2m), of the penalty.
    half: f64,
    /// The number of parts side by side in each layer, and of the parts before it.
    grid: Vec<(usize, usize)>,
}

/// Entries, and those without a number: their index among the entries and the coordinate.
#[derive(Default)]
pub(super) struct Entries {
    pub(super) entries: Vec<Entry>,
    pub(super) alone: Vec<(usize, usize)>,
}

impl<'f> Found<'f> {
    pub(super) fn new(
        base: &'f Base<'f, f64>,
        scheme: &'f Scheme,
        layers: &'f [Layer],
        parts: &'f [Part],
    ) -> Self {
        let mut before = 0;
        let grid = layers.iter().map(|layer| {
            let wide = base.a(layer.layer - 1).rows().div_ceil(INPUTS);
            let own = (wide, before);
            before += wide * layer.rows.len().div_ceil(UNITS);
            own
        });
        Self {
            base,
            scheme,
            layers,
            parts,
            half: base.architecture.l2() / (2.0 * base.examples() as f64),
            grid: grid.collect(),
        }
    }

    /// One entry per coordinate, in order, except for those whose units were not measured.
    pub(super) fn entries(&self, coordinates: &[usize]) -> Result<Entries, MlpError> {
        let mut found = Entries::default();
        found.entries.reserve(coordinates.len());
        let mut rest = coordinates;
        while let Some(&first) = rest.first() {
            let place = Place::of(self.base.architecture, first)?;
            // As many as are side by side in one row of one part.
            let room = place.col.map_or(1, |col| {
                let inputs = self.base.a(place.layer - 1).rows();
                (col - col % INPUTS + INPUTS).min(inputs) - col
            });
            let side_by_side = rest.iter().zip(first..first + room);
            let count = side_by_side
                .take_while(|(asked, next)| *asked == next)
                .count();
            let (run, later) = rest.split_at(count);
            self.append(place, run, &mut found);
            rest = later;
        }
        Ok(found)
    }

    /// The entries of coordinates from `place` on, side by side in one row of one part.
    fn append(&self, place: Place, run: &[usize], found: &mut Entries) {
        let layer = &self.layers[place.layer - 1];
        let Ok(at) = layer.rows.binary_search(&place.row) else {
            return;
        };
        let entry = |coordinate: usize, outcome: Outcome| Entry {
            coordinate,
            outcome,
            // A probe serves all parameters of a unit.
            evaluations: 0,
        };
        let (taken, bias) = match layer.units[at] {
            Unit::Unknown => return,
            Unit::Immovable => {
                let places = found.entries.len()..;
                found.alone.extend(places.zip(run.iter().copied()));
                let missing = Outcome::StepNotRepresentable { step: 0.0 };
                found
                    .entries
                    .extend(run.iter().map(|&coordinate| entry(coordinate, missing)));
                return;
            }
            Unit::Moved { taken, bias } => (taken, bias),
        };
        let outcome = |coordinate: usize, place: Place, means: [f64; 3]| {
            let [data, truncation, noise] = means;
            let (penalty, off) = match place.col {
                Some(_) => self.penalty(self.base.theta[coordinate]),
                None => (0.0, 0.0),
            };
            let derivative = data + penalty;
            if !derivative.is_finite() {
                // Sums of finite numbers overflowed: there is nothing to compare with a gradient.
                return Outcome::StepNotRepresentable { step: taken.step };
            }
            let rounding = f64::EPSILON * (data.abs() + penalty.abs());
            Outcome::Estimated(Estimate {
                derivative,
                truncation: truncation + off,
                noise: noise + rounding,
                step: taken.step,
                flat: derivative == 0.0 && self.is_flat(layer, at, place),
                // The smooth pieces are known here, and they report an exact kink.
                kink: false,
            })
        };
        let Some(first) = place.col else {
            let m = self.base.examples() as f64;
            let Sums {
                derivative,
                truncation,
                variance,
            } = bias;
            let means = [derivative / m, truncation / m, variance.sqrt() / m];
            let own = run
                .iter()
                .map(|&coordinate| entry(coordinate, outcome(coordinate, place, means)));
            found.entries.extend(own);
            return;
        };
        let (wide, before) = self.grid[place.layer - 1];
        let part = &self.parts[before + at / UNITS * wide + first / INPUTS];
        let own = first % INPUTS..first % INPUTS + run.len();
        let row = at % UNITS;
        let means = part.derivatives.row(row)[own.clone()]
            .iter()
            .zip(&part.truncations.row(row)[own.clone()])
            .zip(&part.noises.row(row)[own]);
        let columns = run.iter().zip(first..).zip(means);
        found
            .entries
            .extend(columns.map(|((&coordinate, col), ((&d, &t), &n))| {
                let place = Place {
                    col: Some(col),
                    ..place
                };
                entry(coordinate, outcome(coordinate, place, [d, t, n]))
            }));
    }

    /// Whether the loss changed in no example in which the parameter enters Z.
    fn is_flat(&self, layer: &Layer, at: usize, place: Place) -> bool {
        let examples = self.base.examples();
        let moved = &layer.moved[at * examples..(at + 1) * examples];
        match place.col {
            Some(col) => !any_at(moved, self.base.a(place.layer - 1).row(col)),
            None => !moved.contains(&true),
        }
    }

    /// The numeric derivative of λ/(2m)·w² at w, and its truncation error bar.
    fn penalty(&self, w: f64) -> (f64, f64) {
        if self.half == 0.0 {
            return (0.0, 0.0);
        }
        let Scheme { stencil, step, .. } = self.scheme;
        let h = step.at(w, stencil);
        stencil.estimate(|offset| {
            let x = w + f64::from(offset) * h;
            // As a difference from w, so that the size of w costs no digits.
            (x, self.half * (x - w) * (x + w))
        })
    }
}
