//! Random directions u, and the points θ ± t·u as they are formed.
//!
//! Refuses to know J.

use std::ops::Range;

use rand::seq::index::sample;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::walk::ladder;
use crate::{Block, Domain, LayoutError, ParameterLayout, Real};

/// What is added to the size of every normal deviate, so that no coordinate is all but left out:
/// after scaling to unit root mean square, √(1 + √(2/π) + ¼) = 1.43 on average, the smallest entry
/// is about 0.35. A larger lift makes the entries alike, and errors of opposite sign in two coordinates
/// could then cancel.
pub(crate) const LIFT: f64 = 0.5;

/// A direction u that moves the coordinates of one block, or all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    pub(crate) block: Option<String>,
    range: Range<usize>,
    entries: Vec<f64>,
    /// What is left of each entry that was drawn, after bounds and own lengths; empty where all of each is.
    left: Vec<f64>,
}

/// Directions of a layout at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Directions {
    /// One direction for each block, in the order of the layout, and one over all.
    pub directions: Vec<Direction>,
    /// How many blocks got no direction of their own, because there are too many.
    pub left_out: usize,
}

/// One random direction for each block of `layout` that has entries, and one over all, if there is
/// more than one block. Of more than `most` blocks, as many are drawn.
///
/// ```text
/// u_i = ±(|z_i| + ½)/ρ · max(1, |x_i|),   z_i standard normal, ρ the root mean square of |z_i| + ½,
/// ```
///
/// so that t is a relative step where |x_i| > 1 and an absolute one elsewhere, as h is, and either sign
/// is as likely ((L3) of docs/theory/slope.md). Each block draws from its own stream of `seed`.
///
/// ```
/// use finite_diff::{ParameterLayout, directions};
/// let layout = ParameterLayout::new().with("W", &[3, 2])?.with("b", &[3])?;
/// let drawn = directions(&layout, &[0.5; 9], 0, 32)?;
/// let blocks: Vec<_> = drawn.directions.iter().map(|u| u.block()).collect();
/// assert_eq!(blocks, [Some("W"), Some("b"), None]);
/// let square: f64 = drawn.directions[1].entries().iter().map(|u| u * u).sum();
/// assert!((square / 3.0 - 1.0).abs() < 1e-12);
/// # Ok::<(), finite_diff::LayoutError>(())
/// ```
///
/// # Errors
/// [`LayoutError::Length`] where the point does not fit the layout.
pub fn directions<T: Real>(
    layout: &ParameterLayout,
    point: &[T],
    seed: u64,
    most: usize,
) -> Result<Directions, LayoutError> {
    directions_within(layout, point, None, seed, most)
}

/// Like [`directions`], kept inside a domain: an entry that would leave it on either side, at the widest t of a
/// [`walk`](crate::walk()), goes half the way to the nearer bound, 0 on a bound or where a coordinate is fixed ((B10)
/// of docs/theory/bounds.md). A block of which nothing is left has no direction.
///
/// # Errors
/// As [`directions`].
pub fn directions_within<T: Real>(
    layout: &ParameterLayout,
    point: &[T],
    domain: Option<&Domain>,
    seed: u64,
    most: usize,
) -> Result<Directions, LayoutError> {
    layout.check_len(point.len())?;
    let stream = |number: usize| {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        random.set_stream(number as u64);
        random
    };
    let blocks: Vec<(usize, &Block)> = layout
        .blocks()
        .iter()
        .enumerate()
        .filter(|(_, block)| !block.is_empty())
        .collect();
    let drawn: Vec<usize> = if blocks.len() > most {
        let mut drawn =
            sample(&mut stream(layout.blocks().len() + 1), blocks.len(), most).into_vec();
        drawn.sort_unstable();
        drawn
    } else {
        (0..blocks.len()).collect()
    };
    let left_out = blocks.len() - drawn.len();
    let direction = |block: Option<&Block>, range: Range<usize>, number: usize| {
        let point = &point[range.clone()];
        Direction {
            block: block.map(|block| block.name().to_owned()),
            entries: entries(point, &mut stream(number)),
            left: Vec::new(),
            range,
        }
        .kept_inside(point, domain)
    };
    let mut directions: Vec<Direction> = drawn
        .into_iter()
        .filter_map(|at| blocks.get(at))
        .filter_map(|(number, block)| direction(Some(block), block.range(), *number))
        .collect();
    if blocks.len() > 1 {
        directions.extend(direction(None, 0..point.len(), layout.blocks().len()));
    }
    Ok(Directions {
        directions,
        left_out,
    })
}

fn entries<T: Real>(point: &[T], random: &mut ChaCha8Rng) -> Vec<f64> {
    let lifted: Vec<f64> = point
        .iter()
        .map(|_| {
            let z = normal(random);
            (z.abs() + LIFT).copysign(z)
        })
        .collect();
    let square: f64 = lifted.iter().map(|z| z * z).sum();
    let rms = (square / lifted.len() as f64).sqrt();
    lifted
        .iter()
        .zip(point)
        .map(|(z, x)| z / rms * scale(*x))
        .collect()
}

/// The length that t is relative to at the value x: max(1, |x|).
pub(crate) fn scale<T: Real>(x: T) -> f64 {
    x.widen().abs().max(1.0)
}

/// A standard normal deviate (Box & Muller 1958).
fn normal(random: &mut ChaCha8Rng) -> f64 {
    let mut uniform = || (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
    let (radius, angle) = (1.0 - uniform(), uniform());
    (-2.0 * radius.ln()).sqrt() * (std::f64::consts::TAU * angle).cos()
}

impl Direction {
    /// The name of the block it moves; `None` where it moves all.
    pub fn block(&self) -> Option<&str> {
        self.block.as_deref()
    }

    /// The coordinates it moves.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// u, for the coordinates of [`range`](Self::range).
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// What s_i = max(1, |x_i|) is for the coordinates of [`range`](Self::range), in the same measure as
    /// [`entries`](Self::entries): less where a bound or a length of its own left less of the entry, and 0 where
    /// nothing moves.
    pub fn lengths<T: Real>(&self, point: &[T]) -> impl Iterator<Item = f64> {
        let left = self.left.iter().copied().chain(std::iter::repeat(1.0));
        let moved = point.get(self.range()).unwrap_or_default();
        moved.iter().zip(left).map(|(x, left)| scale(*x) * left)
    }

    /// With the entries of some coordinates measured in |x_i| where s_i = max(1, |x_i|) is longer: of those of which
    /// it is known that J varies by lengths far below 1.
    pub fn measured_in_own_lengths<T: Real>(
        mut self,
        point: &[T],
        is_short: impl Fn(usize) -> bool,
    ) -> Self {
        for (at, i) in self.range().enumerate() {
            let Some(x) = point.get(i).filter(|_| is_short(i)) else {
                continue;
            };
            let share = x.widen().abs() / scale(*x);
            self.left.resize(self.entries.len(), 1.0);
            self.left[at] *= share;
            self.entries[at] *= share;
        }
        self
    }

    /// The direction with what bounds leave of each entry at the widest t; `None` where they leave nothing.
    fn kept_inside<T: Real>(mut self, point: &[T], domain: Option<&Domain>) -> Option<Self> {
        let (Some(domain), Some(t)) = (domain, ladder::<T>().last()) else {
            return Some(self);
        };
        let kept: Vec<f64> = self
            .range()
            .zip(point)
            .zip(&self.entries)
            .map(|((i, x), u)| domain.both_ways(i, *x, *u, t))
            .collect();
        if kept != self.entries {
            // No entry that was drawn is 0.
            let left = kept.iter().zip(&self.entries).map(|(kept, u)| kept / u);
            self.left = left.collect();
            self.entries = kept;
        }
        self.entries.iter().any(|u| *u != 0.0).then_some(self)
    }

    /// Whether every coordinate that the direction moved lies in the domain.
    pub(crate) fn is_inside<T: Real>(
        &self,
        domain: Option<&Domain>,
        point: &[T],
        moved: [&[T]; 2],
    ) -> bool {
        domain.is_none_or(|domain| {
            self.range().all(|i| {
                moved
                    .iter()
                    .all(|moved| moved[i] == point[i] || domain.admits(i, moved[i]))
            })
        })
    }

    /// x⁺ − x⁻ at t for each coordinate of [`range`](Self::range): the step really taken, about
    /// 2t·u_i. What is held against J(x⁺) − J(x⁻) must be contracted with it and not with 2t·u,
    /// which is another one by up to a unit in the last place of x.
    pub fn displacement<T: Real>(&self, point: &[T], t: f64) -> impl Iterator<Item = f64> {
        let moved = point.get(self.range()).unwrap_or_default();
        moved.iter().zip(&self.entries).map(move |(x, u)| {
            let (plus, minus) = either_side(*x, t * u);
            plus.widen() - minus.widen()
        })
    }

    /// Sets `plus` and `minus`, which are θ elsewhere, to θ ± t·u. False where nothing moves, or past
    /// the largest number.
    pub(crate) fn step<T: Real>(
        &self,
        point: &[T],
        t: f64,
        plus: &mut [T],
        minus: &mut [T],
    ) -> bool {
        let mut moved = false;
        for (i, u) in self.range().zip(&self.entries) {
            (plus[i], minus[i]) = either_side(point[i], t * u);
            if !plus[i].is_finite() || !minus[i].is_finite() {
                return false;
            }
            moved |= plus[i] != minus[i];
        }
        moved
    }
}

/// x ± step in the working type, as far on one side as on the other: the step is first rounded to what
/// x + step really adds. Where x lies next to a power of two the far side may still round, by half a
/// unit in the last place.
pub(crate) fn either_side<T: Real>(x: T, step: f64) -> (T, T) {
    let plus = T::narrow(x.widen() + step);
    let taken = plus.widen() - x.widen();
    (plus, T::narrow(x.widen() - taken))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests;
