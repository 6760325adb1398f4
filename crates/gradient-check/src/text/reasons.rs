//! Why something is inconclusive and what to do about it, and how the course reads its number.

use crate::Reason;
use crate::course::Band;

impl Reason {
    /// The meaning of the reason and its remedy, as sentences, the first in lower case and the last without a full stop.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::BelowResolution => {
                "the error bar of the numeric derivative, or the rounding error of the gradient itself, is too large to \
                 confirm the gradient to the required resolution (a millionth of the block's scale unless set \
                 otherwise). Compute the cost more accurately (in f64, on fewer examples, without a large constant \
                 term), or check at another point: this one may be a minimum, next to a jump, or on a plateau of a \
                 step function"
            }
            Self::Kink => {
                "the cost has a kink (ReLU, max, |x|) within reach of every step size, or varies faster than the step \
                 sizes resolve. Check at another point, use a smooth activation, or rescale or shift the parameter"
            }
            Self::NonFinite => {
                "the cost is NaN or infinite at the point or near it. If its domain ends there, set the bounds; \
                 otherwise fix the forward pass first"
            }
            Self::StepNotRepresentable => {
                "the step size is lost to rounding when it is added to the parameter. Use a step size relative to the \
                 parameter's value"
            }
            Self::NotDeterministic => {
                "two evaluations of the cost at the same point differ. If dropout is on, turn it off or freeze its masks; \
                 fix every random seed"
            }
            Self::Vacuous => {
                "neither the cost nor the gradient changes with any parameter of the block, so nothing was tested: it \
                 may be a dead unit or an unused parameter. Check at another point"
            }
            Self::Stationary => {
                "the gradient and the derivative are both zero to rounding: this is a stationary point (a minimum or a \
                 saddle), where terms cancel. A missing term would have been detected, a wrong factor would not. \
                 Check at another point as well"
            }
            Self::Interrupted => "the check was interrupted before it was complete. Run it again",
            Self::Inexact => {
                "the gradient and the numeric derivative differ by more than the error bars, but by less than a \
                 millionth of the block's scale, which is smaller than most mistakes in formulas. A tolerance or \
                 single precision on either side would explain it. Set `accuracy` to accept the difference, or \
                 `exact` to reject it if both sides are computed to rounding"
            }
        }
    }
}

impl Band {
    /// The band in the course's words.
    pub fn words(self) -> &'static str {
        match self {
            Self::LikelyRight => "likely right",
            Self::LookAgain => "look again",
            Self::Bug => "a bug",
        }
    }
}
