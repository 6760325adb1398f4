//! The text of a check along directions.
//!
//! Reads nothing but the report.

use std::fmt;

#[cfg(not(feature = "text"))]
use super::brief::paragraph;
use super::foreign::shown_directional;
use super::numbers::{counted, derivative, plural, short, thousands};
#[cfg(feature = "text")]
use super::style::paragraph;
use crate::Verdict;
use crate::directional::{DirectionalBlock, DirectionalReport, WrongRange};

/// Prints the verdict, what is wrong and where, what is inconclusive, and the detection limit.
impl fmt::Display for DirectionalReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = shown_directional(self);
        shown.say(f)
    }
}

impl DirectionalReport {
    fn say(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{}: {} in {}, {} each",
            self.verdict,
            plural(self.parameters, "parameter"),
            plural(self.blocks.len(), "block"),
            plural(self.directions, "random direction"),
        )?;
        for block in self.wrong() {
            write_wrong(f, block)?;
        }
        for block in self.undecided() {
            if let Verdict::Inconclusive(reason) = block.verdict {
                let name = reason.name().replace('_', " ");
                writeln!(f, "  {} is inconclusive ({name})", block.name)?;
            }
        }
        if self.interrupted {
            writeln!(f, "  the check was interrupted before it was complete")?;
        }
        let agreeing = self.blocks.iter().filter(|b| b.verdict == Verdict::Agree);
        let limit = match (agreeing.count(), self.bluntest()) {
            (agreeing, Some((block, relative))) => format!(
                "{} {}; detection limit (99 % probability): an error of norm {}, {} of the gradient's, in {}{}",
                plural(agreeing, "block"),
                if agreeing == 1 { "agrees" } else { "agree" },
                short(block.smallest_visible().unwrap_or(f64::NAN)),
                short(relative),
                block.name,
                if agreeing == 1 {
                    ""
                } else {
                    ", the least sensitive block"
                },
            ),
            _ => "no block is known to be right".to_owned(),
        };
        f.write_str(&paragraph(&limit))?;
        let search = match self.search_evaluations {
            0 => String::new(),
            n => format!(", {} of them to locate the errors", thousands(n)),
        };
        let evaluations = thousands(self.evaluations);
        writeln!(f, "  {evaluations} evaluations of the cost{search}")
    }
}

fn write_wrong(f: &mut fmt::Formatter<'_>, block: &DirectionalBlock) -> fmt::Result {
    writeln!(f, "  {} is wrong", block.name)?;
    for range in &block.wrong {
        writeln!(f, "    {}", place(range))?;
        for coordinate in range.examined.iter().take(3) {
            if let (Some(d), Some(bar)) = (coordinate.numeric, coordinate.error_bar) {
                writeln!(
                    f,
                    "      {}: analytic {}, numeric {} ± {}{}",
                    coordinate.coordinate,
                    derivative(coordinate.analytic),
                    derivative(d),
                    short(bar),
                    if coordinate.wrong {
                        ""
                    } else {
                        ", not wrong by itself"
                    },
                )?;
            }
        }
        if let Some(factor) = range.factor {
            writeln!(
                f,
                "      {:.5}× the numeric gradient (± {}) along {} directions",
                factor.factor,
                short(factor.bar),
                factor.directions
            )?;
        }
    }
    if let Some(first) = block.undecided.first() {
        let ranges = counted(block.undecided.len(), "range is", "ranges are");
        let line = format!(
            "  {ranges} inconclusive; the first has {} and starts at offset {}",
            plural(first.len(), "coordinate"),
            first.start - block.range.start,
        );
        writeln!(f, "  {line}")?;
    }
    if block.cut {
        writeln!(
            f,
            "    the search stopped at its limit: there may be more errors"
        )?;
    }
    Ok(())
}

/// `W3[17,4]`, or `W3[17,4] … W3[21,3] (1,000 coordinates)`, and what is wrong with it.
fn place(range: &WrongRange) -> String {
    let n = range.range.len();
    let which = match n > 1 {
        true => format!(
            "{} … {} ({})",
            range.first,
            range.last,
            plural(n, "coordinate")
        ),
        false => range.first.to_string(),
    };
    if range.error.is_nan() {
        return format!("{which}: the gradient is NaN");
    }
    let narrowed = match range.narrowed {
        true => "",
        false => ", not located more precisely",
    };
    format!(
        "{which}: error {} (tolerance {}){narrowed}",
        short(range.error.abs()),
        short(range.tolerance)
    )
}
