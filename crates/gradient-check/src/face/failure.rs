//! The error of a check without agreement: the report, and how to reproduce it.

use std::error::Error;
use std::fmt;
use std::panic::Location;

use finite_diff::Real;

use super::setup::{Called, Setup};
use crate::{CheckError, Reason, Report, Verdict};

/// The number of entries of a point that are written out.
const ENTRIES: usize = 12;

/// The number of characters up to which a function is quoted.
const QUOTED: usize = 48;

/// The error of a check that did not end with agreement; its text is the complete report.
///
/// In a test of proptest `?` is all it takes: the failing case is shrunk, and the text is that of the smallest.
#[derive(Debug)]
#[non_exhaustive]
pub enum GradientError<R = Report> {
    /// The gradient is wrong.
    Wrong(Box<Failure<R>>),
    /// The gradient is inconclusive: nothing is known to be wrong, but not everything could be decided, so it is no pass.
    Undecided(Box<Failure<R>>),
    /// The gradient could not be checked.
    Check {
        /// The caller's message.
        message: Option<String>,
        /// The reason why it could not be checked.
        source: CheckError,
    },
}

/// A check that did not agree, and how to reproduce it.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure<R = Report> {
    /// The report of the check.
    pub report: R,
    /// The caller's message.
    pub message: Option<String>,
    /// The seed of all random choices.
    pub seed: u64,
    /// The call that repeats this check, as far as it can be written on one line.
    pub again: String,
    /// The place of the call, where a panic does not show it.
    pub location: Option<&'static Location<'static>>,
    /// The first line of the text: `the gradient is wrong`.
    pub headline: &'static str,
    /// Whether the check only failed to reach the required resolution.
    pub(crate) is_blunt: bool,
}

/// The headlines of a builder.
pub(super) struct Headlines {
    pub(super) wrong: &'static str,
    pub(super) undecided: &'static str,
    /// Whether the caller can set a looser resolution.
    pub(super) takes_resolution: bool,
}

impl<R> GradientError<R> {
    /// The report, if all agrees, and this error otherwise.
    pub(super) fn unless_agreed<T: Real>(
        verdict: Verdict,
        report: R,
        setup: &Setup<'_, T>,
        headlines: &Headlines,
    ) -> Result<R, Self> {
        if verdict == Verdict::Agree {
            return Ok(report);
        }
        let seed = setup.settings.seed;
        let wrong = verdict == Verdict::Disagree;
        let failure = Box::new(Failure {
            report,
            message: setup.called.message.clone(),
            seed,
            again: again(&setup.called, &setup.point, seed),
            location: None,
            is_blunt: headlines.takes_resolution
                && verdict == Verdict::Inconclusive(Reason::BelowResolution)
                && setup.settings.claim.resolution.is_none(),
            headline: match wrong {
                true => headlines.wrong,
                false => headlines.undecided,
            },
        });
        Err(match wrong {
            true => Self::Wrong(failure),
            false => Self::Undecided(failure),
        })
    }

    pub(super) fn unchecked(source: CheckError, called: &Called) -> Self {
        Self::Check {
            message: called.message.clone(),
            source,
        }
    }

    /// This error with the place from which the check was called.
    pub(super) fn at(mut self, location: &'static Location<'static>) -> Self {
        match &mut self {
            Self::Wrong(failure) | Self::Undecided(failure) => failure.location = Some(location),
            Self::Check { .. } => {}
        }
        self
    }
}

impl<R: fmt::Debug + fmt::Display> Error for GradientError<R> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Check { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// `assert_gradient!(cost, gradient, at = [1.5, 0.3], seed = 0)`.
fn again<T: Real>(called: &Called, point: &[T], seed: u64) -> String {
    let mut parts: Vec<String> = called.functions.iter().map(|f| quoted(f)).collect();
    parts.push(match called.inputs {
        Some(inputs) => format!("inputs = {}", quoted(inputs)),
        None => format!("at = {}", written_out(point)),
    });
    let mut says_seed = false;
    for (name, value) in called.settings {
        says_seed |= *name == "seed";
        // By its value: what stands there may be a variable.
        let value = match *name {
            "seed" => seed.to_string(),
            _ => quoted(value),
        };
        parts.push(format!("{name} = {value}"));
    }
    if !says_seed {
        parts.push(format!("seed = {seed}"));
    }
    match called.by {
        Some(by) => format!("{by}!({})", parts.join(", ")),
        None => parts.join(", "),
    }
}

/// Source code as it was written, or its beginning if it is long.
fn quoted(source: &str) -> String {
    let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= QUOTED {
        return line;
    }
    let beginning: String = line.chars().take(QUOTED).collect();
    format!("{}…", beginning.trim_end())
}

/// The entries of a point, each with as many digits as reproduce its bits.
fn written_out<T: Real>(point: &[T]) -> String {
    let entries = point.iter().take(ENTRIES);
    let shown: Vec<String> = entries.map(|x| format!("{x:?}")).collect();
    match point.len().saturating_sub(ENTRIES) {
        0 => format!("[{}]", shown.join(", ")),
        more => format!("[{}, … {more} more]", shown.join(", ")),
    }
}
