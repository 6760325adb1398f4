//! J less g along random directions: ψ(t) = (J(θ + t·u) − J(θ)) − g·Δ(t), whose derivative at 0 is 0 where g is right.
//!
//! One estimate along one direction, for the directional test of a whole check and for the check along directions only. It
//! uses the engine and the judge that coordinates use. docs/theory/directions.md.

mod gather;
mod look;
mod reading;
mod test;

use std::ops::Range;

use finite_diff::directions::StreamedDirection;
use finite_diff::{Block, ParameterLayout, Real};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::index::sample;

pub(crate) use gather::{Lines, gather};
pub(crate) use look::{Bench, Looked};
pub use reading::DirectionReading;
pub(crate) use test::judge;
pub use test::{DirectionResult, DirectionalTest};

/// The first number of a block's directions: each block has 2³² of its own, whatever other blocks there are. Those from
/// 2³²·(2³² − 1) on belong to none: [`seen`](crate::seen) has them, and [`structure`](crate::structure).
pub(crate) fn first_number(block: usize) -> u64 {
    (block as u64) << 32
}

/// What is looked along: a block or all, and the number of its direction.
pub(crate) struct Draft {
    pub(crate) block: Option<String>,
    pub(crate) range: Range<usize>,
    number: u64,
}

impl Draft {
    pub(crate) fn direction(&self, seed: u64) -> StreamedDirection {
        StreamedDirection::new(seed, self.number, self.range.clone())
    }

    /// u for all of `point`, 0 where it does not move.
    pub(crate) fn whole<T: Real>(&self, seed: u64, point: &[T]) -> Vec<f64> {
        let mut whole = vec![0.0; point.len()];
        let direction = self.direction(seed);
        let places = whole.iter_mut().skip(self.range.start);
        for (place, u) in places.zip(direction.entries(point)) {
            *place = u;
        }
        whole
    }
}

/// One direction for each block of `layout` that has entries, and one over all, if there is more than one block; how
/// many blocks have none. Of more than `most` blocks so many are drawn.
pub(crate) fn drafts(layout: &ParameterLayout, seed: u64, most: usize) -> (Vec<Draft>, usize) {
    let blocks: Vec<(usize, &Block)> = layout
        .blocks()
        .iter()
        .enumerate()
        .filter(|(_, block)| !block.is_empty())
        .collect();
    let mut drawn: Vec<usize> = (0..blocks.len()).collect();
    if blocks.len() > most {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(u64::MAX);
        drawn = sample(&mut random, blocks.len(), most).into_vec();
        drawn.sort_unstable();
    }
    let left_out = blocks.len() - drawn.len();
    let mut drafts: Vec<Draft> = drawn
        .into_iter()
        .map(|at| {
            let (number, block) = blocks[at];
            Draft {
                block: Some(block.name().to_owned()),
                range: block.range(),
                number: first_number(number),
            }
        })
        .collect();
    if blocks.len() > 1 {
        drafts.push(Draft {
            block: None,
            range: 0..layout.len(),
            number: first_number(layout.blocks().len()),
        });
    }
    (drafts, left_out)
}
