//! The table: one row per family, and the totals.

use std::fmt;

use crate::black_boxes::families::Family;
use crate::black_boxes::problem::Expected;
use crate::black_boxes::tally::{Count, Tally};

/// The names of the columns. w/u/a: wrong, undecided (inconclusive), agree.
pub(crate) fn header() -> String {
    let right = format!("{:>5} {:>5} {:>5} {:>5}", "agree", "und.", "wrong", "error");
    format!(
        "{:<44} {:<9} {:>3} | {right} | {:>14} {:>8} | {:>8} | {:>8} | {:>7} {:>7} {:>8} | undecided by reason\n\
         {:<44} {:<9} {:>3} | {:<23} | {:>14} {:>8} | {:>8} | {:>8} |",
        "family",
        "expected",
        "n",
        "accuracy",
        "exact",
        "1 %",
        "3×limit",
        "evals/P",
        "limit",
        "seconds",
        "",
        "",
        "",
        "its own gradient",
        "agree, 1 % w",
        "w/u/a",
        "w/u/a",
        "w/u/a",
    )
}

/// A family's row.
pub(crate) fn row(family: &Family, tally: &Tally) -> String {
    let Count {
        agree,
        undecided,
        wrong,
        error,
        ..
    } = tally.right;
    let right = format!("{agree:>5} {undecided:>5} {wrong:>5} {error:>5}");
    let accurate = match tally.accurate.total() {
        0 => String::new(),
        total => format!(
            "{}/{total}, {}/{}",
            tally.accurate.agree,
            tally.accurate_planted.wrong,
            tally.accurate_planted.total()
        ),
    };
    let reasons: Vec<String> = tally
        .right
        .reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    format!(
        "{:<44} {:<9} {:>3} | {right} | {accurate:>14} {:>8} | {:>8} | {:>8} | {:>7} {:>7} {:>8} | {}",
        family.name,
        word(family.expected),
        tally.right.total(),
        three(&tally.exact),
        three(&tally.percent),
        three(&tally.at_limit),
        median(&tally.evaluations).map_or("–".to_owned(), |n| format!("{n:.1}")),
        median(&tally.limits).map_or("–".to_owned(), |limit| format!("{limit:.0e}")),
        median(&tally.seconds).map_or("–".to_owned(), |seconds| format!("{seconds:.5}")),
        reasons.join(", "),
    )
}

fn word(expected: Expected) -> String {
    match expected {
        Expected::Agree => "agree".to_owned(),
        Expected::AgreeWithAccuracy { accuracy, .. } => format!("to {accuracy:.0e}"),
        Expected::Undecided => "undecided".to_owned(),
        Expected::NotWrong => "not wrong".to_owned(),
        Expected::NotAgree => "wrong".to_owned(),
    }
}

/// The counts of wrong, inconclusive and agreeing; an error counts as inconclusive.
fn three(count: &Count) -> String {
    match count.total() {
        0 => String::new(),
        _ => format!(
            "{}/{}/{}",
            count.wrong,
            count.undecided + count.error,
            count.agree
        ),
    }
}

fn median(values: &[f64]) -> Option<f64> {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// All families together.
#[derive(Debug, Default)]
pub(crate) struct Totals {
    /// Correct gradients, which must not be called wrong.
    right: Count,
    may_be_wrong: usize,
    /// Runs in which agreement is expected.
    expected: Count,
    /// Gradients that are wrong on purpose.
    wrong: Count,
    percent: Count,
    at_limit: Count,
}

impl Totals {
    pub(crate) fn add(&mut self, family: &Family, tally: &Tally) {
        match family.expected {
            Expected::NotAgree => self.wrong.merge(&tally.right),
            _ => self.right.merge(&tally.right),
        }
        match family.expected {
            Expected::Agree => self.expected.merge(&tally.right),
            Expected::AgreeWithAccuracy { .. } => self.expected.merge(&tally.accurate),
            _ => {}
        }
        self.may_be_wrong += tally.may_be_wrong;
        self.percent.merge(&tally.percent);
        self.percent.merge(&tally.accurate_planted);
        self.at_limit.merge(&tally.at_limit);
    }

    /// Whether no correct gradient is called wrong, and no wrong one passes.
    pub(crate) fn holds(&self) -> bool {
        let passed = self.percent.agree + self.at_limit.agree + self.wrong.agree;
        self.right.wrong == self.may_be_wrong && passed == 0
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let share = |part: usize, count: &Count| {
            let total = count.total();
            format!(
                "{part} of {total} ({:.1} %)",
                100.0 * part as f64 / total.max(1) as f64
            )
        };
        let caught =
            |count: &Count| format!("wrong {}, agree {}", share(count.wrong, count), count.agree);
        writeln!(
            f,
            "right ones called wrong: {} of {} (and {} where a coarse solver may be)",
            self.right.wrong - self.may_be_wrong,
            self.right.total(),
            self.may_be_wrong,
        )?;
        writeln!(
            f,
            "agree where agreement is expected: {}",
            share(self.expected.agree, &self.expected)
        )?;
        writeln!(f, "1 % planted: {}", caught(&self.percent))?;
        writeln!(f, "3 × limit planted: {}", caught(&self.at_limit))?;
        write!(f, "wrong on purpose: {}", caught(&self.wrong))
    }
}
