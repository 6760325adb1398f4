//! How the noise of J grows with the distance from the point.
//!
//! Plain numbers; refuses to know how they were measured.

/// The excess of the noise at a distance over that at the point: known at up to three distances, and linear in
/// between, from 0 at the point and in proportion beyond the last.
///
/// Noise grows like the distance to first order (docs/theory/error-bars.md, equation E2), and one distance is
/// enough. Where J grows by orders on the way, as where a parameter's unit is a large one for it, what was seen far
/// away says nothing of what is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Growth {
    /// (t, excess), the nearest first; with fewer than three the furthest is repeated.
    knots: [(f64, f64); Growth::MOST],
}

impl Growth {
    /// At so many distances it may be known.
    pub(crate) const MOST: usize = 3;

    /// Noise that doesn't grow.
    pub const NONE: Self = Self::linear(0.0);

    /// Noise that grows by so much per t.
    pub const fn linear(per_t: f64) -> Self {
        Self {
            knots: [(1.0, per_t); Self::MOST],
        }
    }

    /// From (t, excess) at up to three distances, the furthest first, each of them finite; what is nearer is taken to
    /// be no larger than what is further.
    pub(crate) fn through(seen: &[(f64, f64)]) -> Self {
        let Some(&furthest) = seen.first() else {
            return Self::NONE;
        };
        let mut knots = [furthest; Self::MOST];
        let nearest_last = &seen[..seen.len().min(Self::MOST)];
        let mut most = f64::INFINITY;
        for ((t, excess), knot) in nearest_last
            .iter()
            .zip(knots[..nearest_last.len()].iter_mut().rev())
        {
            most = excess.min(most);
            *knot = (*t, most);
        }
        Self { knots }
    }

    /// The excess at the distance t.
    #[inline]
    pub fn at(&self, t: f64) -> f64 {
        let mut from = (0.0, 0.0);
        for to in self.knots {
            if t <= to.0 {
                return from.1 + (to.1 - from.1) * ((t - from.0) / (to.0 - from.0));
            }
            from = to;
        }
        from.1 * (t / from.0)
    }

    /// The growth of a noise that is `factor` times as large.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Self {
            knots: self.knots.map(|(t, excess)| (t, factor * excess)),
        }
    }
}
