//! The scale of errors: the size of the derivatives of a block, and of the whole gradient.
//!
//! A pure function of the measurements of J.

use crate::evidence::{Evidence, Observation};
use crate::root_mean_square::root_mean_square;
use finite_diff::ladder::Ground;
use finite_diff::{Estimate, ParameterLayout};

/// A root mean square over up to a million entries can be a thousand times that of one of them. So much larger than by
/// its own unit the scale of an entry may be, and it is that of its block.
const UNLIKE: f64 = 1e3;

/// The size of the derivatives in one block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// A typical |d|: the root mean square of the numeric derivatives.
    pub typical: f64,
    /// A typical |d|·|x|, what the cost changes by if a parameter doubles: the root mean square.
    in_units: f64,
    /// Whether any entry is known beyond its error bar. Where none is, the block is zero to within its error bars and has
    /// no scale of its own.
    pub is_known: bool,
}

/// The scales of all blocks, and of the whole gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Scales {
    /// The scale of each block, in the order of the layout.
    pub blocks: Vec<Scale>,
    /// The root mean square over all blocks that have a scale; 0 where none has.
    pub whole: f64,
}

impl Scale {
    /// The scale of the observations of one block; the sizes of those that have one are added to `sizes`.
    fn of(observations: &[Observation], safety: f64, sizes: &mut Vec<f64>) -> Self {
        let is_beyond = |d: &Estimate| d.derivative.abs() > safety * d.error_bar();
        let beyond = |o: &Observation| match o.refined() {
            Some(refined) if matches!(refined.ground, Ground::Kink { .. }) => {
                [refined.left, refined.right].iter().any(is_beyond)
            }
            _ => o.best().as_ref().is_some_and(is_beyond),
        };
        let own = sizes.len();
        let mut in_units = Vec::with_capacity(observations.len());
        for o in observations {
            if let Some(size) = o.size().filter(|size| size.is_finite()) {
                sizes.push(size);
                in_units.push(size * o.unit);
            }
        }
        Self {
            typical: root_mean_square(sizes[own..].iter().copied()),
            in_units: root_mean_square(in_units.iter().copied()),
            is_known: observations.iter().any(beyond),
        }
    }

    /// The scale of an entry whose parameter is measured in `unit`: a typical |d| of the block, but where the
    /// parameters of the block have units as different as nanometers and miles, what is typical in its own.
    pub fn at(&self, unit: f64) -> f64 {
        self.typical.min(UNLIKE * self.in_units / unit)
    }
}

impl Scales {
    /// The scales of all measurements.
    pub fn of(evidence: &Evidence, layout: &ParameterLayout) -> Self {
        let safety = evidence.constants.safety;
        let mut known = Vec::with_capacity(evidence.observations.len());
        let blocks = evidence
            .by_block(layout)
            .map(|observations| {
                let before = known.len();
                let scale = Scale::of(observations, safety, &mut known);
                if !scale.is_known {
                    known.truncate(before);
                }
                scale
            })
            .collect();
        Self {
            whole: root_mean_square(known.iter().copied()),
            blocks,
        }
    }

    /// The scale of one block: its own, or that of the whole gradient where it is zero to within its bars.
    pub fn of_block(&self, block: usize) -> f64 {
        self.blocks.get(block).map_or(self.whole, |scale| {
            if scale.is_known {
                scale.typical
            } else {
                self.whole
            }
        })
    }
}
