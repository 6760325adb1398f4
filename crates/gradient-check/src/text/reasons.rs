//! Why something is undecided, and what to do about it; and how the course reads its number.

use crate::Reason;
use crate::course::Band;

impl Reason {
    /// What it means and what to do.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::BelowResolution => {
                "the numeric derivative, or the rounding of the gradient itself, is too uncertain to \
                 confirm the gradient as sharply as is asked for, to a millionth of its block's scale unless another \
                 resolution is set; evaluate the cost more exactly (in \
                 f64, on fewer examples, without a large constant), or check at another point (this one may be \
                 a minimum, beside a jump, or on a plateau of a cost that moves in steps)"
            }
            Self::Kink => {
                "the cost has a kink (ReLU, max, |x|) within reach of every step, or varies faster than they \
                 resolve; check at another point, with a smooth activation, or with the parameter in \
                 another unit or from another origin"
            }
            Self::NonFinite => {
                "the cost was NaN or infinite at the point or near it; where its domain ends there, state \
                 the bounds, else mend the forward pass first"
            }
            Self::StepNotRepresentable => {
                "the step vanishes beside the parameter's value; use a step relative to it"
            }
            Self::NotDeterministic => {
                "two evaluations at the same point differ; is dropout on? Set keep_prob = 1 or \
                 freeze the masks, and fix every seed"
            }
            Self::Vacuous => {
                "gradient and cost are flat throughout the block, so nothing was tested: a dead \
                 unit or an unused parameter; check at another point"
            }
            Self::Stationary => {
                "gradient and derivative are zero to rounding: the point is a minimum or a saddle, where \
                 terms cancel. A term that is missing would have shown, a factor would not; check at \
                 another point too"
            }
            Self::Interrupted => "the check was stopped before it was done; run it again",
            Self::Inexact => {
                "gradient and derivative differ by more than their error bars, but by less than a millionth of the \
                 scale: smaller than errors in formulas usually are. A tolerance or single precision on either side? \
                 Set `accuracy` to accept it, or `exact` if both are computed to rounding: then it is wrong"
            }
        }
    }
}

impl Band {
    /// In the course's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LikelyRight => "likely right",
            Self::LookAgain => "look again",
            Self::Bug => "a bug",
        }
    }
}
