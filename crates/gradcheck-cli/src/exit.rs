//! The exit codes, which scripts rely on.

use gradient_check::Verdict;

/// Every check agrees.
pub const AGREE: u8 = 0;
/// A gradient is wrong.
pub const WRONG: u8 = 1;
/// The command, a file or a model could not be used.
pub const UNUSABLE: u8 = 2;
/// No gradient is wrong, but something could not be decided or is inexact, is left open under `--strict`, or the
/// negative control let an error pass.
pub const UNDECIDED: u8 = 3;

/// The exit code of a verdict.
pub fn code(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Agree => AGREE,
        Verdict::Disagree => WRONG,
        Verdict::Inconclusive(_) => UNDECIDED,
    }
}
