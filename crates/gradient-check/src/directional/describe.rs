//! The description of a wrong range: single coordinates that are wrong, and a common factor.
//!
//! Invariant: knows nothing of how the range was found.

use std::ops::Range;

use finite_diff::{Block, Coordinate, Objective, ParameterLayout, Real};

use super::report::{CommonFactor, ExaminedCoordinate, WrongRange};
use crate::directions::Bench;
use crate::error::CheckError;
use crate::verdict::Verdict;

/// How many coordinates of a range are looked at one by one.
const EXAMINED: usize = 8;

/// A block that is searched.
pub(super) struct Site<'s, 'a, T, O: ?Sized> {
    pub(super) bench: &'s Bench<'a, T, O>,
    pub(super) layout: &'s ParameterLayout,
    pub(super) block: &'s Block,
    /// Whether estimates by few steps are reliable enough to guide the search.
    pub(super) calm: bool,
    /// k.
    pub(super) directions: usize,
    /// The root mean square of g over the block.
    pub(super) entry: f64,
}

impl<T: Real, O: Objective<T> + ?Sized> Site<'_, '_, T, O> {
    pub(super) fn describe(
        &self,
        range: &Range<usize>,
        error: f64,
        tolerance: f64,
        narrowed: bool,
    ) -> Result<WrongRange, CheckError> {
        let mut examined = Vec::new();
        let n = range.len();
        let many = if self.bench.is_cancelled() {
            0
        } else {
            n.min(EXAMINED)
        };
        for k in 0..many {
            // Both ends, and what lies evenly between.
            let at = range.start + k * (n - 1) / (many - 1).max(1);
            if self.bench.is_free(at) {
                examined.push(self.examine(at)?);
            }
        }
        let off = |e: &ExaminedCoordinate| e.numeric.map_or(0.0, |d| (e.analytic - d).abs());
        examined.sort_by(|a, b| off(b).total_cmp(&off(a)));
        Ok(WrongRange {
            first: self.coordinate(range.start),
            last: self.coordinate(n.saturating_sub(1) + range.start),
            factor: self.factor(range)?,
            range: range.clone(),
            error,
            tolerance,
            narrowed,
            examined,
        })
    }

    /// Looks at one coordinate by itself.
    fn examine(&self, at: usize) -> Result<ExaminedCoordinate, CheckError> {
        let allowance = self.bench.allowance(at..at + 1, self.entry);
        let direction = self.bench.fresh(at..at + 1);
        let seen = if self.calm {
            self.bench
                .short(&direction, &allowance, Some(self.block.name()))?
        } else {
            self.bench
                .look(&direction, &allowance, Some(self.block.name()))?
        };
        let unit = self.bench.entry(&direction);
        let analytic = self.bench.analytic.get(at).copied().unwrap_or(f64::NAN);
        Ok(ExaminedCoordinate {
            coordinate: self.coordinate(at),
            analytic,
            numeric: seen.reading.error.map(|e| analytic - e / unit),
            error_bar: seen.reading.error_bar.map(|bar| bar / unit.abs()),
            wrong: seen.reading.verdict == Verdict::Disagree,
        })
    }

    /// m of g·u = m·D_u over a handful of directions, if it leaves nothing but noise
    /// ((D8) of docs/theory/directions.md).
    fn factor(&self, range: &Range<usize>) -> Result<Option<CommonFactor>, CheckError> {
        if range.len() < 2 || self.bench.is_cancelled() {
            return Ok(None);
        }
        let allowance = self.bench.allowance(range.clone(), self.entry);
        // One for the factor and, as everywhere, k that it has to explain.
        let directions = self.directions + 1;
        let mut seen = Vec::new();
        for _ in 0..directions {
            let direction = self.bench.fresh(range.clone());
            let reading = self
                .bench
                .short(&direction, &allowance, Some(self.block.name()))?
                .reading;
            let Some(error) = reading.error else {
                return Ok(None);
            };
            let along = self.bench.copy.contract(&direction, self.bench.analytic);
            seen.push((along, along - error, reading.tolerance));
        }
        let (mut cross, mut square) = (0.0, 0.0);
        for (g, d, tolerance) in &seen {
            cross += (g / tolerance) * (d / tolerance);
            square += (d / tolerance) * (d / tolerance);
        }
        let factor = cross / square;
        let bar = square.sqrt().recip() * (1.0 + factor.abs());
        let explained = seen
            .iter()
            .all(|(g, d, tolerance)| (g - factor * d).abs() <= (1.0 + factor.abs()) * tolerance);
        let apart = (factor - 1.0).abs() > bar;
        Ok(
            (explained && apart && factor.is_finite()).then_some(CommonFactor {
                factor,
                bar,
                directions,
            }),
        )
    }

    fn coordinate(&self, at: usize) -> Coordinate {
        self.layout.coordinate(at).unwrap_or(Coordinate {
            block: self.block.name().to_owned(),
            index: vec![at],
            flat: at,
        })
    }
}
