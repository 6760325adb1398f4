//! How the course reads its one number for a whole gradient.

/// Above it the notebook prints its warning.
pub const WARN_ABOVE: f64 = 2e-7;
/// The difference from which the course calls the gradient a bug.
pub const BUG_FROM: f64 = 1e-3;

/// The course's reading of a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Band {
    /// The difference is at most 2e-7: likely right.
    LikelyRight,
    /// Between: look again.
    LookAgain,
    /// The difference is at least 1e-3, or NaN: a bug.
    Bug,
}

impl Band {
    /// The band of a difference.
    ///
    /// ```
    /// use gradient_check::course::Band;
    /// assert_eq!(Band::of(1.19e-7), Band::LikelyRight);
    /// assert_eq!(Band::of(1e-5), Band::LookAgain);
    /// assert_eq!(Band::of(f64::NAN), Band::Bug);
    /// ```
    pub fn of(difference: f64) -> Self {
        if difference <= WARN_ABOVE {
            Self::LikelyRight
        } else if difference < BUG_FROM {
            Self::LookAgain
        } else {
            Self::Bug
        }
    }
}
