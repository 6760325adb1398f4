//! The report of a check along directions, as plain data, and its detection limit.

use std::ops::Range;
use std::time::Duration;

use finite_diff::Coordinate;

use crate::Verdict;
use crate::directions::DirectionReading;

/// The chance of missing an error that the power is stated for: 1 %.
pub(crate) const CHANCE: f64 = 0.01;

/// The report of a check along random directions.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionalReport {
    /// Wrong if a block is, else undecided if one is, else right down to the stated detection limit.
    pub verdict: Verdict,
    /// J at the point.
    pub cost: f64,
    /// ε_f, the noise of one evaluation of J at the point.
    pub noise: f64,
    /// The number of parameters.
    pub parameters: usize,
    /// The number of fixed parameters: nothing perturbed these, and a block of nothing else is left out.
    pub fixed: usize,
    /// k, how many directions each block was asked along.
    pub directions: usize,
    /// The blocks in the order of the layout, without those that have no entry.
    pub blocks: Vec<DirectionalBlock>,
    /// The number of evaluations of J, pieces included.
    pub evaluations: u64,
    /// The number of these evaluations that located the wrong coordinates.
    pub search_evaluations: u64,
    /// The duration of the check.
    pub elapsed: Duration,
    /// Whether the check was interrupted before it was complete.
    pub interrupted: bool,
}

/// The result of a directional check for one block.
#[derive(Debug, Clone, PartialEq)]
pub struct DirectionalBlock {
    /// The name of the block.
    pub name: String,
    /// The flat indices of the block.
    pub range: Range<usize>,
    /// The verdict on the block.
    pub verdict: Verdict,
    /// √Σ(g_i·max(1, |θ_i|))² over the block: a typical |g·u|.
    pub size: f64,
    /// The results along each direction; fewer than requested where one of them was wrong.
    pub readings: Vec<DirectionReading>,
    /// The wrong ranges of the block: the smallest to which bisection led. Not empty if the block is wrong.
    pub wrong: Vec<WrongRange>,
    /// Ranges in which an error could be neither seen nor excluded during the search.
    pub undecided: Vec<Range<usize>>,
    /// Whether the search was cut at its limit of ranges or evaluations: there may be more wrong ranges.
    pub cut: bool,
}

/// A range of coordinates that contains an error.
#[derive(Debug, Clone, PartialEq)]
pub struct WrongRange {
    /// The flat indices of the range.
    pub range: Range<usize>,
    /// The first coordinate in the range.
    pub first: Coordinate,
    /// The last coordinate in the range.
    pub last: Coordinate,
    /// |e_u| along the direction that it was seen to be wrong along: about √Σ(e_i·max(1, |θ_i|))². NaN
    /// where g is not a number.
    pub error: f64,
    /// The tolerance that the error had to exceed.
    pub tolerance: f64,
    /// Whether the range could be narrowed down: its first and its last coordinate are each wrong by themselves.
    pub narrowed: bool,
    /// Some of its coordinates, each looked at by itself, the worst first.
    pub examined: Vec<ExaminedCoordinate>,
    /// The factor that the whole range is off by, if one explains it to the noise.
    pub factor: Option<CommonFactor>,
}

/// One coordinate, looked at by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct ExaminedCoordinate {
    /// The coordinate by name.
    pub coordinate: Coordinate,
    /// g.
    pub analytic: f64,
    /// d, the numeric derivative.
    pub numeric: Option<f64>,
    /// The error bar of d.
    pub error_bar: Option<f64>,
    /// Whether g is wrong at this coordinate by more than the error bars allow.
    pub wrong: bool,
}

/// g = m·d over a range, to the noise.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommonFactor {
    /// m.
    pub factor: f64,
    /// The error bar of the factor m.
    pub bar: f64,
    /// The number of directions that the factor explains.
    pub directions: usize,
}

impl DirectionalBlock {
    /// The chance that an error e with √Σ(e_i·max(1, |θ_i|))² = `error` somewhere in the block passed
    /// all its directions unseen: the product of (9/8)·τ/‖e‖ over them ((D6) of docs/theory/directions.md;
    /// for an error spread over many coordinates 0.8 stands for 9/8). 1 where the block does not agree.
    ///
    /// ```
    /// use finite_diff::{ParameterLayout, from_fn};
    /// use gradient_check::check_directional;
    /// use gradient_check::directional::DirectionalSettings;
    /// let j = from_fn(100, |x: &[f64]| x.iter().map(|x| x.sin()).sum::<f64>());
    /// let at = [0.3; 100];
    /// let g: Vec<f64> = at.iter().map(|x: &f64| x.cos()).collect();
    /// let layout = ParameterLayout::flat("x", 100);
    /// let report = check_directional(&j, &g, &at, &layout, &DirectionalSettings::exact())?;
    /// // One coordinate off by a thousandth would have been seen.
    /// assert!(report.blocks[0].chance_to_miss(1e-3) < 1e-6);
    /// assert!(report.blocks[0].smallest_visible().unwrap() < 1e-6);
    /// # Ok::<(), gradient_check::CheckError>(())
    /// ```
    pub fn chance_to_miss(&self, error: f64) -> f64 {
        if self.verdict != Verdict::Agree || error.is_nan() || error <= 0.0 {
            return 1.0;
        }
        self.readings
            .iter()
            .map(|reading| reading.chance_to_miss(error))
            .product()
    }

    /// The smallest √Σ(e_i·max(1, |θ_i|))² of an error in the block that passes with a chance of at most
    /// 1 %; `None` where the block does not agree.
    pub fn smallest_visible(&self) -> Option<f64> {
        (self.verdict == Verdict::Agree)
            .then(|| smallest_visible(&self.readings))
            .flatten()
    }

    /// [`smallest_visible`](Self::smallest_visible) relative to the block's [`size`](Self::size): so many
    /// times the gradient itself.
    pub fn relative_power(&self) -> Option<f64> {
        Some(self.smallest_visible()? / self.size).filter(|power| power.is_finite())
    }
}

/// Where the chance to miss all of these falls to 1 %. A factor above 1 counts as 1, so that the chance is
/// the smallest product over those of the m sharpest, and the answer the smallest over m of
/// (100·∏ c·v_j)^(1/m) ((D7) of docs/theory/directions.md).
pub(crate) fn smallest_visible(readings: &[DirectionReading]) -> Option<f64> {
    let mut seen: Vec<f64> = readings
        .iter()
        .filter_map(DirectionReading::missed_below)
        .collect();
    seen.sort_by(f64::total_cmp);
    let mut logarithm = -CHANCE.ln();
    let mut least: Option<f64> = None;
    for (m, seen) in seen.iter().enumerate() {
        logarithm += seen.ln();
        let here = (logarithm / (m + 1) as f64).exp();
        least = Some(least.map_or(here, |least| least.min(here)));
    }
    least
}

impl DirectionalReport {
    /// The blocks that are wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &DirectionalBlock> {
        self.blocks
            .iter()
            .filter(|block| block.verdict == Verdict::Disagree)
    }

    /// The blocks that could not be decided.
    pub fn undecided(&self) -> impl Iterator<Item = &DirectionalBlock> {
        self.blocks
            .iter()
            .filter(|block| matches!(block.verdict, Verdict::Inconclusive(_)))
    }

    /// The agreeing block with the bluntest [`relative_power`](DirectionalBlock::relative_power).
    pub fn bluntest(&self) -> Option<(&DirectionalBlock, f64)> {
        self.blocks
            .iter()
            .filter_map(|block| Some((block, block.relative_power()?)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }
}
