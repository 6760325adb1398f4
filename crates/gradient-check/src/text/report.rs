//! One report: whether the gradient is wrong, where, why, and what to do; the blocks in a table; what the check could not see.
//!
//! Reads nothing but the report.

use std::fmt;

use crate::agreement::Agreement;
use crate::constants::Constants;
use crate::course::Band;
use crate::report::BlockReport;
use crate::verdict::Comparison;
use crate::{Report, Verdict};

use super::blocks::blocks;
use super::footnotes::footnotes;
use super::foreign::shown;
use super::inconclusive::{inconclusive, interrupted};
use super::numbers::{plural, short, thousands};
use super::second_opinion::second_opinion;
use super::structure::{decisive, remarks};
use super::style::{BAD, GOOD, UNSURE, hanging, plain, styled, wrapped};
use super::wrong::wrong;

/// Prints whether the gradient is wrong, where, why, and what to do next; the blocks in a table; and what the check could
/// not see. Lines are at most 80 columns wide. Without the feature `text` it is a few lines: the verdict, what is wrong, and
/// what is inconclusive.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, check};
/// let j = from_fn(2, |x: &[f64]| x[0] * x[1].sin());
/// let layout = ParameterLayout::flat("x", 2);
/// let report = check(&j, &[0.5f64.sin(), 2.0 * 0.5f64.sin()], &[2.0, 0.5], &layout, &Settings::default())?;
/// let text = report.to_string();
/// assert!(text.starts_with("  x is wrong in 1 of 2 entries, by up to 8.0e-01 at x[1]\n"));
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&styled_report(self)))
    }
}

/// One report, styled: the verdict and what it rests on, the blocks, and what the check could not see.
pub fn styled_report(report: &Report) -> String {
    render(report, true)
}

/// One report, styled, without the table of its blocks where all of them agree.
pub fn styled_summary(report: &Report) -> String {
    render(report, report.verdict != Verdict::Agree)
}

fn render(report: &Report, with_blocks: bool) -> String {
    let report = &shown(report);
    let by_directions = matches!(report.agreement(), Some(Agreement::OnlyDirections { .. }));
    let mut text = decisive(report);
    if by_directions {
        text.push_str(&second_opinion(report));
    }
    match report.verdict {
        Verdict::Agree => text.push_str(&agree(report)),
        Verdict::Disagree => text.push_str(&wrong(report)),
        // What is surely off may have a cause.
        Verdict::Inconclusive(_) => text.push_str(&(inconclusive(report) + &wrong(report))),
    }
    text.push_str(&interrupted(report));
    if with_blocks {
        text.push_str(&blocks(report));
    }
    if report.verdict != Verdict::Agree && report.counts.total() > 0 {
        let which = match report.counts.unmeasured {
            some if 0 < some && some < report.counts.total() => "where a numeric derivative exists",
            _ if report.counts.total() < report.parameters => "over the coordinates checked",
            _ => "over all coordinates",
        };
        text.push_str(&wrapped("", &relative_error(report, which)));
    }
    if !matches!(report.verdict, Verdict::Inconclusive(_)) {
        text.push_str(&inconclusive(report));
    }
    text.push_str(&footnotes(report, !by_directions));
    text.push_str(&remarks(report));
    text
}

/// That all agrees, and to what, where that is more than the usual millionth.
fn agree(report: &Report) -> String {
    let checked = report.counts.total();
    let which = match checked == report.parameters {
        true if checked == 1 => "1 coordinate".to_owned(),
        true => format!("all {}", plural(checked, "coordinate")),
        false => format!(
            "{} of {}",
            thousands(checked as u64),
            plural(report.parameters, "coordinate")
        ),
    };
    let only = coarse(report)
        .map(|(reached, why)| {
            format!(
                ", but only to {} of the block's scale: {why}",
                short(reached)
            )
        })
        .unwrap_or_default();
    let line = format!("{which}{only}; {}", relative_error(report, ""));
    hanging(GOOD, "agree:", &line)
}

/// What an agreement is to, where that is more than the usual millionth, and why it is no tighter.
fn coarse(report: &Report) -> Option<(f64, String)> {
    /// Up to so many times the usual resolution the detection limit says it.
    const COARSE: f64 = 4.0;
    let usual = Constants::default().resolution;
    let reached = report
        .agrees_to()
        .filter(|reached| *reached > COARSE * usual)?;
    let noise = match bluntest_part(report) {
        Part::Accuracy => {
            let why = format!("`accuracy` is set to {}", short(report.accuracy));
            return Some((reached, why));
        }
        Part::Rounding => {
            let why = "the gradient itself has rounding errors of about this size".to_owned();
            return Some((reached, why));
        }
        Part::ErrorBars => report.noise?,
    };
    let why = if noise.spread > 0.0 {
        format!(
            "evaluations of the cost at the same point differ by up to {}",
            short(noise.spread)
        )
    } else if noise.is_single {
        "the cost is computed in single precision".to_owned()
    } else {
        format!(
            "one evaluation of the cost may be off by {}",
            short(noise.of_one_evaluation)
        )
    };
    Some((reached, why))
}

/// The parts of a tolerance (docs/theory/verdict.md, equation 13).
enum Part {
    /// K·B, of the derivatives.
    ErrorBars,
    /// r, of the gradient.
    Rounding,
    /// What was granted.
    Accuracy,
}

/// The largest part of the tolerance in the block with the highest detection limit.
fn bluntest_part(report: &Report) -> Part {
    let bluntness = |block: &&BlockReport| block.power.map_or(0.0, |power| power.single_coordinate);
    let bluntest = report
        .blocks
        .iter()
        .max_by(|a, b| bluntness(a).total_cmp(&bluntness(b)));
    let Some((block, worst)) = bluntest.and_then(|block| Some((block, block.worst.as_ref()?)))
    else {
        return Part::ErrorBars;
    };
    let Comparison {
        numeric,
        error_bar,
        tolerance,
        ..
    } = worst.comparison;
    let bars = Constants::default().safety * error_bar.unwrap_or(0.0);
    let granted = report.accuracy * block.scale.max(numeric.unwrap_or(0.0).abs());
    let rounding = tolerance - bars - granted;
    if granted >= bars.max(rounding) {
        Part::Accuracy
    } else if rounding > bars {
        Part::Rounding
    } else {
        Part::ErrorBars
    }
}

/// `relative error 2.4e-10 (course: "likely right")`: the course's difference, in the color of its band.
fn relative_error(report: &Report, over: &str) -> String {
    let band = report.band();
    let style = match band {
        Band::LikelyRight => GOOD,
        Band::LookAgain => UNSURE,
        Band::Bug => BAD,
    };
    let reading = match report.difference.is_nan() {
        true => "undefined".to_owned(),
        false => styled(style, format_args!("\"{}\"", band.words())),
    };
    let space = if over.is_empty() { "" } else { " " };
    format!(
        "relative error {}{space}{over} (course: {reading})",
        short(report.difference)
    )
}
