//! The outcomes of planted errors, as counts.
//!
//! Invariant: knows nothing of where they are planted.

use gradient_check::Verdict;
use gradient_check::constants::Constants;
use gradient_check::verdict::Comparison;

/// The sizes of the planted errors, in units of the detection limit: well below it, just below and above, well above.
pub(crate) const SIZES: [f64; 6] = [1.0 / 3.0, 0.5, 0.99, 1.01, 2.0, 3.0];

/// An error of one coordinate, relative to its block's scale, that central differences should detect.
pub(crate) const CENTRAL_TARGET: f64 = 1e-8;

/// An error of one coordinate, relative to its block's scale, that the complex step should detect.
pub(crate) const COMPLEX_TARGET: f64 = 1e-12;

/// The outcomes of planted errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// The number called wrong.
    pub(crate) rejected: usize,
    /// The number of inconclusive ones, which did not pass either.
    pub(crate) undecided: usize,
    /// The number that passed.
    pub(crate) passed: usize,
}

impl Fate {
    pub(super) fn of(verdict: Verdict) -> Self {
        let mut fate = Self::default();
        match verdict {
            Verdict::Disagree => fate.rejected = 1,
            Verdict::Inconclusive(_) => fate.undecided = 1,
            Verdict::Agree => fate.passed = 1,
        }
        fate
    }

    pub(super) fn add(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.undecided += other.undecided;
        self.passed += other.passed;
    }

    /// The number of planted errors.
    pub(crate) fn planted(&self) -> usize {
        self.rejected + self.undecided + self.passed
    }

    /// The fraction called wrong.
    pub(crate) fn rejection(&self) -> f64 {
        self.rejected as f64 / self.planted() as f64
    }
}

/// Errors of every size of [`SIZES`], of either sign.
pub(crate) type Fates = [Fate; SIZES.len()];

/// The outcomes of errors of one size, and why some were not rejected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// The outcomes.
    pub(crate) fate: Fate,
    /// Of those not rejected: the numeric derivative is not accurate enough.
    pub(crate) numeric: usize,
    /// Of those not rejected: the rounding error of the gradient itself may be larger.
    pub(crate) rounding: usize,
    /// Of those not rejected: the check of the correct gradient reported a detection limit below them.
    pub(crate) unsaid: usize,
}

impl Target {
    /// Counts an error of size `error` in a coordinate with the comparison `wrong`; without the error, `right`.
    pub(super) fn of(error: f64, right: &Comparison, wrong: &Comparison) -> Self {
        let mut target = Self {
            fate: Fate::of(wrong.verdict),
            ..Self::default()
        };
        if wrong.verdict == Verdict::Disagree {
            return target;
        }
        let bars = right
            .error_bar
            .map_or(f64::INFINITY, |bar| Constants::default().safety * bar);
        if right
            .smallest_visible()
            .is_some_and(|visible| visible < error)
        {
            target.unsaid = 1;
        } else if 2.0 * bars >= right.tolerance {
            target.numeric = 1;
        } else {
            target.rounding = 1;
        }
        target
    }

    pub(super) fn add(&mut self, other: &Self) {
        self.fate.add(other.fate);
        self.numeric += other.numeric;
        self.rounding += other.rounding;
        self.unsaid += other.unsaid;
    }
}

/// The outcomes at one place, or at many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Errors of the one coordinate that determines the reported detection limit.
    pub(crate) weakest_coordinate: Fates,
    /// Errors of each coordinate that the check of the correct gradient decided, in units of the detection
    /// limit reported for its block.
    pub(crate) every_coordinate: Fates,
    /// Relative errors of the whole block that determines the reported detection limit.
    pub(crate) weakest_block: Fates,
    /// Relative errors of each whole block, in units of its own detection limit.
    pub(crate) every_block: Fates,
    /// Errors of [`CENTRAL_TARGET`] at each coordinate.
    pub(crate) central: Target,
    /// Errors of [`COMPLEX_TARGET`] at each coordinate, by the complex step.
    pub(crate) complex: Target,
}

impl Found {
    pub(super) fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.weakest_coordinate, other.weakest_coordinate),
            (&mut self.every_coordinate, other.every_coordinate),
            (&mut self.weakest_block, other.weakest_block),
            (&mut self.every_block, other.every_block),
        ] {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.add(theirs);
            }
        }
        self.central.add(&other.central);
        self.complex.add(&other.complex);
    }
}
