//! Sums of many terms: compensated, shared among threads, with the same bits for every number of them.
//!
//! Invariant: knows nothing of what is added.

use std::ops::Range;

use crate::parallel::in_order;

/// Coordinates that one task fills or adds up. The sums of the pieces are added in their order, so that
/// the number of threads changes no bit.
pub(crate) const CHUNK: usize = 1 << 14;

/// Adds `part` over the chunks of 0..len, in their order.
pub(crate) fn summed(len: usize, part: impl Fn(Range<usize>) -> Sum + Sync) -> f64 {
    if len <= CHUNK {
        return part(0..len).total();
    }
    let chunk = |(): &mut (), start| Some(part(start..len.min(start + CHUNK)));
    let parts = in_order((0..len).step_by(CHUNK), || (), chunk);
    let mut sum = Sum::default();
    for (_, part) in parts {
        sum.add(part.sum);
        sum.lost += part.lost;
    }
    sum.total()
}

/// Σ of `terms`, compensated (Neumaier 1974): its own rounding is a few ε of the result, however many there
/// are.
///
/// ```
/// assert_eq!(finite_diff::sum::compensated_sum([1.0, 1e100, 1.0, -1e100]), 2.0);
/// ```
pub fn compensated_sum(terms: impl IntoIterator<Item = f64>) -> f64 {
    let mut sum = Sum::default();
    for term in terms {
        sum.add(term);
    }
    sum.total()
}

/// A compensated sum (Neumaier 1974): its own rounding is a few ε of the result, however many terms.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    #[inline]
    pub(crate) fn add(&mut self, term: f64) {
        let next = self.sum + term;
        self.lost += if self.sum.abs() >= term.abs() {
            (self.sum - next) + term
        } else {
            (term - next) + self.sum
        };
        self.sum = next;
    }

    pub(crate) fn total(self) -> f64 {
        // Past the largest number nothing is left to correct.
        if self.sum.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}
