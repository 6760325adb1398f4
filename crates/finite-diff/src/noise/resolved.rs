//! Which rows of values are narrow enough for J: on those that are not, what J does passes for noise.
//!
//! A pure function of the rows, the widest first. On a smooth J every row moves by one straight line, or bends; seen
//! from there, a wider row on which J moves by less has passed over a turn, and one on which it moves by more in
//! steps shows a staircase, whose steps are noise indeed (docs/theory/derivatives.md, section 3).

use super::tables::{Tables, noise_of, range};
use crate::Real;

/// By how many times J moves more, or less, on two rows than by one straight line, if it is more than bent.
const BENDS: f64 = 2.0;

/// The range of nine normal values is less than so many σ once in fifty times.
const LEAST_RANGE: f64 = 1.5;

/// What a row says of a J of one value.
pub(super) struct Movement {
    /// How far J moves on the row.
    range: f64,
    /// How far J moves on the row for each unit of the row's spacing.
    per_spacing: f64,
    /// σ, where the row's differences stop dying out.
    scatter: Option<f64>,
}

impl Movement {
    pub(super) fn of<T: Real>(rows: &[Tables], spacings: &[f64]) -> Vec<Self> {
        let seen = |(tables, spacing): (&Tables, &f64)| {
            let row = tables.first()?;
            Some(Self {
                range: range(row),
                per_spacing: range(row) / T::EPSILON.powf(*spacing),
                scatter: noise_of(row),
            })
        };
        rows.iter().zip(spacings).filter_map(seen).collect()
    }

    /// Whether J moves by less on this row than it would as a straight line through a narrower one: it has turned back,
    /// or what moves it there is noise.
    pub(super) fn turns_back(&self, narrower: &Self) -> bool {
        self.per_spacing * BENDS < narrower.per_spacing
    }

    /// Whether J moves by more, and not as a curve does: this row is as wide as the steps of a staircase.
    fn has_steps(&self, narrower: &Self) -> bool {
        self.scatter.is_some() && self.per_spacing > BENDS * narrower.per_spacing
    }

    /// Whether this row scatters by more than there is room for on the `narrowest`, where noise would be the same, and
    /// the next `narrower` one has no noise to tell of: J is a curve whose differences die out slowly.
    fn is_a_curve(&self, narrower: &Self, narrowest: &Self) -> bool {
        let too_much = self
            .scatter
            .is_some_and(|scatter| LEAST_RANGE * scatter > narrowest.range);
        too_much && narrower.scatter.is_none()
    }
}

/// How many of the widest rows pass over what J does: up to where it turns back, or scatters as no noise can, seen
/// from the narrow rows on which it is smooth. None where it is smooth on no two, as noise is, and none above a
/// staircase, whose steps are noise.
pub(super) fn too_wide(rows: &[Movement]) -> usize {
    let Some(narrowest) = rows.last() else {
        return 0;
    };
    let mut smooth = false;
    for (at, pair) in rows.windows(2).enumerate().rev() {
        let [wide, narrow] = pair else { break };
        let back = wide.turns_back(narrow);
        if smooth && back || wide.is_a_curve(narrow, narrowest) {
            return at + 1;
        }
        if back || wide.has_steps(narrow) {
            return 0;
        }
        smooth = true;
    }
    0
}
