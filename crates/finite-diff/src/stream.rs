//! A random direction that is never stored: each entry follows from a seed, the number of the direction and
//! the coordinate's index.
//!
//! Invariant: knows nothing of J, nor of why only a part of the direction is wanted.

use std::ops::Range;

use rand::rngs::ChaCha8Rng;
use rand::{Rng, SeedableRng};

use crate::Real;
use crate::stride::{LARGEST, length};

/// A direction u over a range of coordinates, of which nothing is kept but how to make it.
///
/// ```text
/// u_i = ±(|z_i| + ½)/ρ · max(1, |x_i|),   z_i = 2(a + b + c − 3/2),   ρ = √33/4,
/// ```
///
/// a, b, c uniform in [0, 1), so that z_i has mean 0, variance 1 and nearly the shape of a normal deviate, and
/// ρ is the root mean square of |z_i| + ½; either sign is as likely. It is scaled by its expected and not by its own
/// root mean square, so that a part of it has the very entries of the whole ((D1) of docs/theory/directions.md).
///
/// The entry of coordinate i is the i-th pair of words of the stream `number` of ChaCha8: it costs the same
/// wherever one begins, and has the same bits for every number of threads and on every machine.
///
/// ```
/// use finite_diff::directions::StreamedDirection;
/// let point = vec![0.5; 1000];
/// let whole: Vec<f64> = StreamedDirection::new(7, 0, 0..1000).entries(&point).collect();
/// let part: Vec<f64> = StreamedDirection::new(7, 0, 400..600).entries(&point).collect();
/// assert_eq!(part, whole[400..600]);
/// assert!(whole.iter().all(|u| u.abs() > 0.34));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamedDirection {
    seed: u64,
    number: u64,
    range: Range<usize>,
    own_lengths: bool,
}

/// c = 9/8: P(|e·u| < τ) ≤ c·τ/‖e‖, ‖e‖² = Σ(e_i·max(1, |x_i|))², for a [`StreamedDirection`] u and any e
/// ((D6) of docs/theory/directions.md). Two equal entries are the worst, with 1.12; where e is spread over
/// many, e·u is about normal, and it is √(2/π) = 0.80.
pub const MISSED_PER_BAR: f64 = 1.125;

/// c = 5/2: like [`MISSED_PER_BAR`], where bounds turn entries of the direction round. The largest that was measured is
/// 2.13, for two entries of opposite sign; entries of one sign can cancel no other way ((B11) of docs/theory/bounds.md).
pub const MISSED_PER_TURNED_BAR: f64 = 2.5;

/// What is added to the size of every deviate, so that no coordinate is all but left out: the smallest entry is then
/// about 0.35. A larger lift makes the entries alike, and errors of opposite sign in two coordinates could then cancel.
const LIFT: f64 = 0.5;

/// Words of the generator that one entry takes.
const WORDS: u128 = 2;

/// Bits of each of the three uniform numbers; with one for the sign they are a word pair's 64.
const BITS: u32 = 21;

impl StreamedDirection {
    /// The largest entry of a direction relative to max(1, |x_i|): |z| < 3, and (3 + ½)/ρ = 2.437.
    pub const LARGEST: f64 = LARGEST;

    /// Direction `number` of `seed`, over the coordinates of `range`.
    pub const fn new(seed: u64, number: u64, range: Range<usize>) -> Self {
        Self {
            seed,
            number,
            range,
            own_lengths: false,
        }
    }

    /// This direction with the entry of every coordinate that is not 0 measured in |x_i| instead of max(1, |x_i|): for
    /// parameters in a unit that is large beside them.
    #[must_use]
    pub const fn in_own_lengths(mut self) -> Self {
        self.own_lengths = true;
        self
    }

    pub(crate) fn has_own_lengths(&self) -> bool {
        self.own_lengths
    }

    /// The coordinates it moves.
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// u at `point`, for the coordinates of [`range`](Self::range) that the point has, in order.
    pub fn entries<T: Real>(&self, point: &[T]) -> impl Iterator<Item = f64> {
        let end = self.range.end.min(point.len());
        let moved = point.get(self.range.start..end).unwrap_or_default();
        self.from(self.range.start)
            .zip(moved)
            .map(|(z, x)| z * length(*x, self.own_lengths))
    }

    /// u_i/max(1, |x_i|) for i from `first` on, without an end.
    pub(crate) fn from(&self, first: usize) -> impl Iterator<Item = f64> + use<> {
        let mut random = ChaCha8Rng::seed_from_u64(self.seed);
        random.set_stream(self.number);
        random.set_word_pos(WORDS * first as u128);
        std::iter::repeat_with(move || entry(random.next_u64()))
    }
}

/// An entry before it is scaled by the coordinate, from 64 random bits.
#[inline]
fn entry(bits: u64) -> f64 {
    let unit = f64::from(1u32 << BITS);
    let uniform = |k: u32| ((bits >> (k * BITS)) & ((1 << BITS) - 1)) as f64 + 0.5;
    let z = 2.0 * ((uniform(0) + uniform(1) + uniform(2)) / unit - 1.5);
    // E|z| = 13/16 for the sum of three, so that the mean of (|z| + ½)² is 1 + 13/16 + ¼ = 33/16.
    let size = (z.abs() + LIFT) / (33f64.sqrt() / 4.0);
    if bits >> 63 == 0 { size } else { -size }
}
