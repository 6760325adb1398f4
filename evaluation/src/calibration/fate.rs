//! What becomes of planted errors, as counts.
//!
//! Refuses to know where they are planted.

use gradient_check::Verdict;
use gradient_check::constants::Constants;
use gradient_check::verdict::Comparison;

/// The errors planted, in units of the power: well below it, just below and above, well above.
pub(crate) const SIZES: [f64; 6] = [1.0 / 3.0, 0.5, 0.99, 1.01, 2.0, 3.0];

/// An error of one coordinate, of its block's scale, that central differences should see.
pub(crate) const CENTRAL_TARGET: f64 = 1e-8;

/// The same for the complex step.
pub(crate) const COMPLEX_TARGET: f64 = 1e-12;

/// What became of planted errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    /// Called wrong.
    pub(crate) rejected: usize,
    /// Undecided, so not passed either.
    pub(crate) undecided: usize,
    /// Passed.
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

    /// How many were planted.
    pub(crate) fn planted(&self) -> usize {
        self.rejected + self.undecided + self.passed
    }

    /// The share called wrong.
    pub(crate) fn rejection(&self) -> f64 {
        self.rejected as f64 / self.planted() as f64
    }
}

/// Errors of every size of [`SIZES`], of either sign.
pub(crate) type Fates = [Fate; SIZES.len()];

/// What became of errors of one size, and why those that were not rejected were not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// How they came out.
    pub(crate) fate: Fate,
    /// Of those not rejected: where the numeric derivative is not known so well.
    pub(crate) numeric: usize,
    /// Of those not rejected: where the gradient itself may carry more rounding than that.
    pub(crate) rounding: usize,
    /// Of those not rejected: where the check of the right gradient said that it would see them.
    pub(crate) unsaid: usize,
}

impl Target {
    /// An error of size `error` in a coordinate whose check came out as `wrong`; without it, as `right`.
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

/// What was found at one place, or at many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Errors of one coordinate at the one that determines the stated power.
    pub(crate) weakest_coordinate: Fates,
    /// The same at each coordinate that the check of the right gradient decided, in units of the power
    /// stated for its block.
    pub(crate) every_coordinate: Fates,
    /// Relative errors of the whole block that determines the stated power.
    pub(crate) weakest_block: Fates,
    /// The same of each block, in units of its own power.
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
