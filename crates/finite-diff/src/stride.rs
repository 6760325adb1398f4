//! How far, and to which side, a coordinate is moved along a direction.
//!
//! Invariant: knows nothing of J.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::Real;
use crate::domain::{Domain, Interval};
use crate::ladder::ladder_reach;
use crate::real::either_side;

/// The largest entry of a streamed direction before it is scaled.
pub(crate) const LARGEST: f64 = 2.44;

/// The side to which an entry may point.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    Either,
    Above,
    Below,
}

/// What the entry of one coordinate is scaled by, and to which side it points.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stride {
    /// max(1, |x|), or what bounds leave of it; 0 where it is not to be moved.
    pub(crate) length: f64,
    side: Side,
}

impl Stride {
    /// u_i of the entry `z`.
    #[inline]
    pub(crate) fn of(self, z: f64) -> f64 {
        self.length
            * match self.side {
                Side::Either => z,
                Side::Above => z.abs(),
                Side::Below => -z.abs(),
            }
    }
}

/// The length on which the cost varies with each parameter, and the domain.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Strides<'a> {
    pub(crate) domain: Option<&'a Domain>,
    /// The coordinates that are measured in |x| where max(1, |x|) is longer.
    pub(crate) short: &'a BTreeSet<usize>,
    /// Whether all coordinates are measured in their own lengths.
    pub(crate) own: bool,
}

impl<'a> Strides<'a> {
    /// The strides of `point`, which is θ from coordinate `first` on.
    pub(crate) fn along<T: Real>(
        self,
        first: usize,
        point: &[T],
    ) -> impl Iterator<Item = Stride> + use<'_, 'a, T> {
        let numbered = point.iter().enumerate();
        numbered.map(move |(i, x)| self.of(first + i, *x))
    }

    /// The stride of `coordinate` at `x`: to both sides, as far as there is room; to the side with more of it where that
    /// leaves less than √ε, on a bound that is ((B10) of docs/theory/bounds.md).
    ///
    /// Inside, a step that is short beside the distance to the bound is worth more than one that is sharp: J may be
    /// singular there, and one direction moves coordinates of every distance.
    #[inline]
    pub(crate) fn of<T: Real>(&self, coordinate: usize, x: T) -> Stride {
        let is_short = !self.short.is_empty() && self.short.contains(&coordinate);
        let length = length(x, self.own || is_short);
        match self.domain.and_then(|domain| domain.interval(coordinate)) {
            None => Stride {
                length,
                side: Side::Either,
            },
            Some(interval) => bounded(length, &interval, x),
        }
    }
}

/// max(1, |x|).
#[inline]
pub(crate) fn scale<T: Real>(x: T) -> f64 {
    x.widen().abs().max(1.0)
}

/// The length relative to which t is measured at the value x: max(1, |x|), or |x| where that is its `own` length and not 0.
#[inline]
pub(crate) fn length<T: Real>(x: T, own: bool) -> f64 {
    match own && x.widen() != 0.0 {
        true => x.widen().abs(),
        false => scale(x),
    }
}

/// What an interval leaves of a stride of this length.
fn bounded<T: Real>(free: f64, interval: &Interval, x: T) -> Stride {
    let furthest = LARGEST * ladder_reach(T::zero());
    let [below, above] = interval.room(x);
    let fit = |room: f64, side: Side| {
        let inside = |length: &f64| {
            let (plus, minus) = either_side(x, furthest * length);
            (side == Side::Below || interval.admits(plus))
                && (side == Side::Above || interval.admits(minus))
        };
        let length = free.min(room / furthest);
        // It may round to the bound.
        let length = [length, 0.5 * length].into_iter().find(inside);
        Stride {
            length: length.unwrap_or(0.0),
            side,
        }
    };
    let both = fit(below.min(above), Side::Either);
    let one = if above >= below {
        fit(above, Side::Above)
    } else {
        fit(below, Side::Below)
    };
    if both.length >= T::EPSILON.sqrt() * one.length {
        both
    } else {
        one
    }
}

/// The t for which θ + t·u lies in the domain, for a direction that moves `range`: `None` where no bound is
/// within reach of anything that is done along a direction.
pub(crate) fn reach<T: Real>(
    strides: Strides<'_>,
    point: &[T],
    range: &Range<usize>,
) -> Option<Interval> {
    let domain = strides.domain?;
    // As far as a table of the noise goes, on its widest spacing, that begins where the ladder ends.
    let widest = LARGEST * (T::EPSILON.powf(0.15) + 9.0 * T::EPSILON.powf(0.1));
    let mut near = false;
    let mut one_sided = false;
    for (i, x) in range
        .clone()
        .zip(point.get(range.clone()).unwrap_or_default())
    {
        if let Some(interval) = domain.interval(i) {
            let (plus, minus) = either_side(*x, widest * scale(*x));
            near |= !(interval.admits(plus) && interval.admits(minus));
            one_sided |= strides.of(i, *x).side != Side::Either;
        }
    }
    // The bounds themselves are not evaluated, the widest step of the ladder is.
    let furthest = ladder_reach(T::zero()) * (1.0 + T::EPSILON);
    let lower = if one_sided { 0.0 } else { -furthest };
    near.then(|| Interval::new(lower, furthest))
}
