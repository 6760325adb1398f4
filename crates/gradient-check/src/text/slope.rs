//! The slope test: one line when all is well, a few where it and the components disagree.
//!
//! Reads nothing but the report.

use crate::{
    Agreement, Explanation, Missed, Report, SlopeReason, SlopeResult, SlopeTest, SlopeVerdict,
};

use super::numbers::{plural, short, thousands};
use super::style::{BAD, UNSURE, styled};

/// As wide as a line may be, its indent left out.
const WIDTH: usize = 78;

/// What the slope test says, or nothing where there was none.
pub(super) fn slope(report: &Report) -> String {
    let (Some(test), Some(agreement)) = (&report.slope, report.agreement()) else {
        return String::new();
    };
    let judged_all = report.selected + report.fixed == report.parameters;
    let mut said = match &agreement {
        Agreement::BothRight | Agreement::Undecided => well(test),
        Agreement::OnlyComponents { blocks } => format!("{}. {}", well(test), unseen(blocks)),
        Agreement::BothWrong {
            only_slope,
            only_components,
        } => {
            let (along, how) = wrong(test);
            let mut said = format!("wrong too, along {along} ({how})");
            if !only_slope.is_empty() {
                said += &format!(
                    "; in {} it sees what the coordinates do not show",
                    only_slope.join(", ")
                );
            }
            if !only_components.is_empty() {
                said += &format!(". {}", unseen(only_components));
            }
            said
        }
        Agreement::OnlySlope { because, .. } => {
            format!("{}. {}", wrong_alone(test), why(*because, test, judged_all))
        }
    };
    if !judged_all && !matches!(agreement, Agreement::OnlySlope { .. }) {
        let unjudged = report.parameters - report.fixed - report.counts.total();
        said += &match test.uncovered {
            0 => "; it covers those not judged too".to_owned(),
            all if all >= unjudged => "; it covers none of those not judged".to_owned(),
            some => format!(
                "; of those not judged it covers all but {}, which it hardly moves, on or near a bound",
                thousands(some as u64)
            ),
        };
    }
    if test.left_out > 0 {
        said += &format!(
            "; {} no direction alone, there are too many",
            match test.left_out {
                1 => "1 block has".to_owned(),
                count => format!("{} have", plural(count, "block")),
            }
        );
    }
    let lead = match &agreement {
        Agreement::BothRight | Agreement::Undecided => "slope test:".to_owned(),
        Agreement::BothWrong { .. } => styled(BAD, "slope test:"),
        _ => styled(UNSURE, "slope test:"),
    };
    let plain = format!("slope test: {said}");
    // Numbers such as 1e-8 are not to be broken.
    let options = textwrap::Options::new(WIDTH)
        .subsequent_indent("  ")
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation);
    let lines = textwrap::wrap(&plain, options);
    let text: String = lines.iter().map(|line| format!("  {line}\n")).collect();
    text.replacen("slope test:", &lead, 1)
}

/// `right along 7 directions (E(t) like t^3.00), would have seen 3.0e-11 of g·u`: what is right, exact and
/// undecided. The power is relative to a typical |g·u| of each direction.
fn well(test: &SlopeTest) -> String {
    let of = |wanted: fn(&SlopeVerdict) -> bool| {
        let all = test.directions.iter();
        all.filter(|d| wanted(&d.verdict)).collect::<Vec<_>>()
    };
    let right = of(|verdict| *verdict == SlopeVerdict::Right);
    let exact = of(|verdict| matches!(verdict, SlopeVerdict::Exact { .. }));
    let within = exact
        .iter()
        .filter_map(|d| match d.verdict {
            SlopeVerdict::Exact { within } => Some(within / d.size),
            _ => None,
        })
        .fold(0.0, f64::max);
    let (slowest, within) = (format!("like t^{:.2}", slowest(&right)), short(within));
    let how = match (right.len(), exact.len()) {
        (_, 0) => format!("E(t) {slowest}"),
        (0, _) => format!("exact to {within}"),
        (1, more) => format!("1 {slowest}, {more} exact to {within}"),
        (some, more) => format!("{some} {slowest}, {more} exact to {within}"),
    };
    let mut parts = Vec::new();
    let count = right.len() + exact.len();
    if count > 0 {
        let power = test.power().map_or_else(String::new, |p| {
            format!(", would have seen {} of g·u", short(p))
        });
        let along = plural(count, "direction");
        parts.push(format!("right along {along} ({how}){power}"));
    }
    let mut reasons: Vec<(SlopeReason, usize)> = Vec::new();
    for direction in &test.directions {
        if let SlopeVerdict::Undecided(reason) = direction.verdict {
            match reasons.iter_mut().find(|(known, _)| *known == reason) {
                Some((_, count)) => *count += 1,
                None => reasons.push((reason, 1)),
            }
        }
    }
    for (reason, count) in reasons {
        parts.push(format!("undecided along {count} ({})", reason.words()));
    }
    parts.join("; ")
}

/// The smallest slope.
fn slowest(directions: &[&SlopeResult]) -> f64 {
    let slopes = directions.iter().filter_map(|d| d.slope);
    slopes.fold(f64::INFINITY, f64::min)
}

/// `W1, b1 and over all`, and `E(t) like t^1.00`.
fn wrong(test: &SlopeTest) -> (String, String) {
    let directions: Vec<&SlopeResult> = test.wrong().collect();
    let mut names: Vec<&str> = directions
        .iter()
        .map(|d| d.block.as_deref().unwrap_or("over all"))
        .collect();
    let last = names.pop().unwrap_or_default();
    let along = match names.is_empty() {
        true if last == "over all" => "the direction over all".to_owned(),
        true => last.to_owned(),
        false => format!("{} and {last}", names.join(", ")),
    };
    // Of the one that is furthest off: the others may be near the noise.
    let share = |d: &SlopeResult| d.directional_error.map_or(0.0, |e| e.abs() / d.size);
    let furthest = directions
        .iter()
        .max_by(|a, b| share(a).total_cmp(&share(b)));
    let how = match furthest.and_then(|d| d.slope) {
        Some(slope) => format!("E(t) like t^{slope:.2}"),
        None => "the gradient is no number".to_owned(),
    };
    (along, how)
}

/// The same with the size of the error, where only the slope test sees it.
fn wrong_alone(test: &SlopeTest) -> String {
    let largest = test
        .wrong()
        .filter_map(|d| Some((d.directional_error?, d.bar?, d.size)))
        .max_by(|a, b| (a.0.abs() / a.2).total_cmp(&(b.0.abs() / b.2)));
    let size = largest.map_or_else(String::new, |(error, bar, size)| {
        format!(
            ", off by {} ± {} where a typical slope is {}",
            short(error.abs()),
            short(bar),
            short(size)
        )
    });
    let (along, how) = wrong(test);
    format!("wrong along {along} ({how}, as where a gradient is wrong){size}")
}

/// What it means that only the slope test sees an error.
fn why(because: Explanation, test: &SlopeTest, judged_all: bool) -> String {
    match because {
        Explanation::AddsUp => {
            "Each coordinate agrees within its bar, and errors within the bars add up to as much: \
             sharper bars would tell (a smaller cost, fewer examples, the complex step)"
                .to_owned()
        }
        Explanation::NotJudged if judged_all => {
            "No coordinate is seen to be wrong: one that is undecided is, or the cost varies faster than the \
             steps of either test"
                .to_owned()
        }
        Explanation::NotJudged => {
            "No coordinate that was judged is wrong, so that one that was not judged must be: judge all"
                .to_owned()
        }
        Explanation::NoRoom => {
            let room = test
                .wrong()
                .filter_map(|d| d.room)
                .fold(f64::INFINITY, f64::min);
            format!(
                "Every coordinate was judged and agrees, and their bars leave room for {} only: the cost is \
                 not smooth along the direction, or a bar is too small; check at another point",
                short(room)
            )
        }
    }
}

/// Blocks that are wrong, and right along their direction.
fn unseen(blocks: &[Missed]) -> String {
    let names: Vec<&str> = blocks.iter().map(|missed| missed.block.as_str()).collect();
    let chance = blocks.iter().fold(0.0f64, |most, b| most.max(b.chance));
    let unmoved = blocks.iter().all(|b| b.unmoved);
    let reason = match chance < 0.5 {
        true => format!(
            "a random direction misses such an error with a chance of {}",
            short(chance)
        ),
        false if unmoved => "it does not move what is wrong, on a bound".to_owned(),
        false => "so small an error is below what it sees, as far as it moves".to_owned(),
    };
    format!(
        "Of {}, wrong coordinate by coordinate, it sees nothing: {reason}",
        names.join(", ")
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use crate::{Settings, check};
    use finite_diff::{ParameterLayout, Selection, directions, from_fn};

    use super::*;

    const AT: [f64; 6] = [0.25, -0.75, 1.125, 0.5, -0.375, 0.875];

    fn told(f: impl Fn(&[f64]) -> f64 + Sync, gradient: &[f64], settings: &Settings<'_>) -> String {
        let layout = ParameterLayout::new().with("W", &[2, 2]).unwrap();
        let layout = layout.with("b", &[2]).unwrap();
        let report = check(&from_fn(6, f), gradient, &AT, &layout, settings).unwrap();
        // Digits are the processor's.
        let text = anstream::adapter::strip_str(&slope(&report)).to_string();
        let hidden = |word: &str| {
            let number = word.trim_start_matches("t^");
            match number.trim_end_matches([',', ';', ':', '.', ')']) {
                digits if digits.contains('.') && digits.parse::<f64>().is_ok() => {
                    word.replace(digits, "#")
                }
                _ => word.to_owned(),
            }
        };
        let line = |line: &str| line.split(' ').map(hidden).collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().map(line).collect();
        lines.join("\n").trim_start().to_owned()
    }

    fn cubes(x: &[f64]) -> f64 {
        x.iter().map(|x| x * x * x).sum()
    }

    fn of_cubes() -> Vec<f64> {
        AT.iter().map(|x| 3.0 * x * x).collect()
    }

    #[test]
    fn one_line_where_all_is_well() {
        let all = Settings::exact();
        insta::assert_snapshot!(told(cubes, &of_cubes(), &all), @r"
        slope test: right along 3 directions (E(t) like t^#), would have seen
            # of g·u
        ");
        let linear = |x: &[f64]| x.iter().sum::<f64>();
        insta::assert_snapshot!(told(linear, &[1.0; 6], &all), @r"
        slope test: right along 3 directions (exact to #), would have seen
            # of g·u
        ");
        insta::assert_snapshot!(told(|_| 1.0, &[0.0; 6], &all), @"slope test: undecided along 3 (cost and gradient are flat)");
        let some = Settings {
            selection: Selection::Some(vec![0, 5]),
            ..Settings::exact()
        };
        insta::assert_snapshot!(told(cubes, &of_cubes(), &some), @r"
        slope test: right along 3 directions (E(t) like t^#), would have seen
            # of g·u; it covers those not judged too
        ");
        let off = Settings {
            slope_test: false,
            ..Settings::exact()
        };
        assert_eq!(told(cubes, &of_cubes(), &off), "");
    }

    #[test]
    fn where_both_see_it_where() {
        let mut gradient = of_cubes();
        gradient[4] += 0.01;
        insta::assert_snapshot!(told(cubes, &gradient, &Settings::exact()), @"slope test: wrong too, along b and over all (E(t) like t^#)");
        gradient[4] = f64::NAN;
        insta::assert_snapshot!(told(cubes, &gradient, &Settings::exact()), @"slope test: wrong too, along b and over all (the gradient is no number)");
    }

    #[test]
    fn where_they_disagree_what_that_means() {
        // In a coordinate that was not judged.
        let mut gradient = of_cubes();
        gradient[4] += 0.01;
        let some = Settings {
            selection: Selection::Some(vec![0, 1, 2, 3, 5]),
            ..Settings::exact()
        };
        insta::assert_snapshot!(told(cubes, &gradient, &some), @r"
        slope test: wrong along b and over all (E(t) like t^#, as where a gradient
            is wrong), off by # ± # where a typical slope is #. No
            coordinate that was judged is wrong, so that one that was not judged must
            be: judge all
        ");
        // Orthogonal to the direction.
        let flat = ParameterLayout::flat("x", 6);
        let u = directions(&flat, &AT, 0, 32).unwrap().directions.remove(0);
        let mut gradient = of_cubes();
        gradient[0] += 1e-3 * u.entries()[1];
        gradient[1] -= 1e-3 * u.entries()[0];
        let j = from_fn(6, cubes);
        let report = check(&j, &gradient, &AT, &flat, &Settings::exact()).unwrap();
        let said = slope(&report);
        let words: Vec<&str> = said.split_whitespace().collect();
        let why = "it sees nothing: a random direction misses such an error with a chance of";
        assert!(words.join(" ").contains(why), "{said}");
        // In no coordinate.
        let bent = |x: &[f64]| {
            let (a, b) = (x[0] - AT[0], x[1] - AT[1]);
            let square = a * a + b * b;
            cubes(x)
                + if square > 0.0 {
                    a * a * b / square
                } else {
                    0.0
                }
        };
        insta::assert_snapshot!(told(bent, &of_cubes(), &Settings::exact()), @r"
        slope test: wrong along W and over all (E(t) like t^#, as where a gradient
            is wrong), off by # ± # where a typical slope is #. Every
            coordinate was judged and agrees, and their bars leave room for #
            only: the cost is not smooth along the direction, or a bar is too small;
            check at another point
        ");
    }
}
