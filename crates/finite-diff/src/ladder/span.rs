//! Which steps are looked at: runs of powers of two, as far as x, its bounds and its size have room for them.
//!
//! Invariant: evaluates nothing.

use super::{ENOUGH_FOR_ORDER, ENOUGH_QUOTIENTS, exponents, power_above};
use crate::Real;
use crate::line::{Line, point};

/// The steps unit·2ᵏ for k = from, …, to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Span {
    pub(super) unit: f64,
    pub(super) from: i32,
    pub(super) to: i32,
}

impl Span {
    pub(super) fn step(&self, k: i32) -> f64 {
        self.unit * 2f64.powi(k)
    }

    /// The power of two, in units, of what the steps are relative to: 0, or that of a smaller x if they are all
    /// narrower than the first ones.
    pub(super) fn size<T: Real>(&self, x: T) -> i32 {
        let (_, widest) = exponents::<T>();
        let size = x.widen().abs();
        if self.to >= -widest || size == 0.0 {
            return 0;
        }
        (power_above(size) / self.unit).log2().round().min(0.0) as i32
    }

    pub(super) fn len(&self) -> i32 {
        self.to - self.from + 1
    }

    /// Whether the narrowest step is not lost to rounding.
    pub(super) fn is_representable<T: Real>(&self, x: T) -> bool {
        is_representable(x, self.step(self.from))
    }

    /// How many rungs from the narrowest on lie where J may be evaluated, below and above.
    pub(super) fn room<T: Real>(&self, line: &Line<'_, T>) -> [i32; 2] {
        if !line.is_bounded() {
            return [self.len(); 2];
        }
        [-1, 1].map(|side| {
            let fits = |k: &i32| line.admits(side, self.step(*k));
            (self.from..=self.to).take_while(fits).count() as i32
        })
    }

    /// Narrower steps where a bound is near: J may be singular there, and the distance to it a length of its own. The
    /// widest lies just inside the nearer bound. `None` where enough rungs fit on both sides and noise, not truncation,
    /// makes the bar, and where a side has no room at all.
    pub(super) fn near_a_bound<T: Real>(&self, line: &Line<'_, T>, is_blunt: bool) -> Option<Self> {
        let room = self.room(line);
        if room == [self.len(); 2] {
            return None;
        }
        let enough = room.iter().all(|rungs| *rungs >= ENOUGH_QUOTIENTS as i32);
        if enough && !is_blunt {
            return None;
        }
        let mut span = Self {
            to: self.from,
            ..*self
        };
        while ![-1, 1]
            .iter()
            .all(|&side| line.admits(side, span.step(span.to)))
        {
            span.to -= 1;
            if !is_representable(line.x(), span.step(span.to)) {
                return None;
            }
        }
        span.from = span.to;
        while span.len() < self.len() && is_representable(line.x(), span.step(span.from - 1)) {
            span.from -= 1;
        }
        (span.from < self.from
            && span
                .room(line)
                .iter()
                .all(|rungs| *rungs >= ENOUGH_FOR_ORDER))
        .then_some(span)
    }

    /// As many steps by the size of x itself, where these are narrower by more than a rung or two: a length in meters
    /// may be one that J varies by in nanometers.
    pub(super) fn of_own_size<T: Real>(&self, line: &Line<'_, T>) -> Option<Self> {
        if line.is_bounded() && self.room(line) != [self.len(); 2] {
            return None;
        }
        self.own_size(line.x())
    }

    pub(super) fn own_size<T: Real>(&self, x: T) -> Option<Self> {
        let size = x.widen().abs();
        if size == 0.0 {
            return None;
        }
        let (narrowest, _) = exponents::<T>();
        let own = power_above(size) * 2f64.powi(-narrowest);
        let mut from = self.from;
        while self.step(from) > own && is_representable(x, self.step(from - 1)) {
            from -= 1;
        }
        let to = (from + self.len() - 1).min(self.from + ENOUGH_QUOTIENTS as i32 - 1);
        (self.from - from >= ENOUGH_QUOTIENTS as i32).then_some(Self { from, to, ..*self })
    }

    /// The three steps of one rung amid them.
    pub(super) fn amid(&self) -> Self {
        let from = self.from + self.len() / 2;
        Self {
            from,
            to: from + ENOUGH_QUOTIENTS as i32 - 1,
            ..*self
        }
    }

    /// As many narrower steps, which overlap with these by one rung; `None` where they round away.
    pub(super) fn below<T: Real>(&self, x: T) -> Option<Self> {
        let mut from = self.from;
        while self.from - from < self.len() && is_representable(x, self.step(from - 1)) {
            from -= 1;
        }
        let to = self.from + ENOUGH_QUOTIENTS as i32 - 1;
        (from < self.from).then_some(Self { from, to, ..*self })
    }
}

/// Whether x ± h are two numbers beside x.
fn is_representable<T: Real>(x: T, h: f64) -> bool {
    h > 0.0 && [1, -1].iter().all(|&o| point(x, o, h).is_some())
}
