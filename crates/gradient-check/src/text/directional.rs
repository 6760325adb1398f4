//! A check along directions in words.
//!
//! Reads nothing but the report.

use std::fmt;

use super::foreign::shown_directional;
use super::numbers::thousands;
use crate::Verdict;
use crate::directional::{DirectionalBlock, DirectionalReport, WrongRange};

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
            "{}: {} parameters in {} blocks, {} random direction{} each, {} evaluations{}",
            self.verdict,
            thousands(self.parameters as u64),
            self.blocks.len(),
            self.directions,
            if self.directions == 1 { "" } else { "s" },
            thousands(self.evaluations),
            match self.search_evaluations {
                0 => String::new(),
                n => format!(", {} of them to find the place", thousands(n)),
            }
        )?;
        for block in self.wrong() {
            say_wrong(f, block)?;
        }
        for block in self.undecided() {
            if let Verdict::Inconclusive(reason) = block.verdict {
                let name = reason.name().replace('_', " ");
                writeln!(f, "  {}: undecided, {name}", block.name)?;
            }
        }
        if self.interrupted {
            writeln!(f, "  it was stopped before it was done")?;
        }
        let agreeing = self.blocks.iter().filter(|b| b.verdict == Verdict::Agree);
        let agreeing = agreeing.count();
        let Some((bluntest, relative)) = self.bluntest() else {
            return writeln!(f, "  no block is known to be right");
        };
        writeln!(
            f,
            "  {agreeing} block{} agree{}; an error e there passes with a chance of at most 1 % if ‖e‖ is below",
            if agreeing == 1 { "" } else { "s" },
            if agreeing == 1 { "s" } else { "" },
        )?;
        writeln!(
            f,
            "  {:.1e}, {relative:.1e} of the block's gradient, in the bluntest of them, {}",
            bluntest.smallest_visible().unwrap_or(f64::NAN),
            bluntest.name
        )
    }
}

fn say_wrong(f: &mut fmt::Formatter<'_>, block: &DirectionalBlock) -> fmt::Result {
    writeln!(f, "  {}: wrong", block.name)?;
    for range in &block.wrong {
        writeln!(f, "    {}", place(range))?;
        for coordinate in range.examined.iter().take(3) {
            if let (Some(d), Some(bar)) = (coordinate.numeric, coordinate.error_bar) {
                writeln!(
                    f,
                    "      {}: analytic {:+.5e}, numeric {d:+.5e} ± {bar:.1e}{}",
                    coordinate.coordinate,
                    coordinate.analytic,
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
                "      {:.5}× the numeric gradient (± {:.1e}) along {} directions",
                factor.factor, factor.bar, factor.directions
            )?;
        }
    }
    if let Some(first) = block.undecided.first() {
        writeln!(
            f,
            "    {} range{} could be neither seen wrong nor excluded, the first of {} coordinates from {} on",
            block.undecided.len(),
            if block.undecided.len() == 1 { "" } else { "s" },
            thousands(first.len() as u64),
            first.start - block.range.start,
        )?;
    }
    if block.cut {
        writeln!(f, "    the search was cut at its limit: there may be more")?;
    }
    Ok(())
}

/// `W3[17,4]`, or `W3[17,4] … W3[21,3] (1,000 coordinates)`, and what is wrong with it.
fn place(range: &WrongRange) -> String {
    let n = range.range.len();
    let mut said = range.first.to_string();
    if n > 1 {
        said = format!(
            "{said} … {} ({} coordinates)",
            range.last,
            thousands(n as u64)
        );
    }
    if range.error.is_nan() {
        return format!("{said}: the gradient is not a number");
    }
    said = format!(
        "{said}: off by {:.2e} along a direction, where {:.1e} is allowed",
        range.error, range.tolerance
    );
    if !range.narrowed {
        said.push_str("; no smaller part could be told to hold it");
    }
    said
}
