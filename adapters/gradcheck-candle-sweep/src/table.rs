//! The sweep as people read it.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::book::LeftOut;
use crate::outcome::{Outcome, Word};

/// How many of what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// Operations.
    pub operations: usize,
    /// Cases.
    pub cases: usize,
    /// Cases by word.
    pub words: BTreeMap<Word, usize>,
}

impl Summary {
    /// Of these.
    pub fn of(outcomes: &[Outcome]) -> Self {
        let mut summary = Self {
            cases: outcomes.len(),
            ..Self::default()
        };
        let mut seen: Vec<&str> = Vec::new();
        for outcome in outcomes {
            *summary.words.entry(outcome.verdict).or_default() += 1;
            if !seen.contains(&outcome.op) {
                seen.push(outcome.op);
            }
        }
        summary.operations = seen.len();
        summary
    }

    /// One line.
    pub fn line(&self) -> String {
        let counts: Vec<String> = Word::ALL
            .iter()
            .filter_map(|word| Some(format!("{} {}", self.words.get(word)?, word.name())))
            .collect();
        let (operations, cases) = (self.operations, self.cases);
        format!(
            "{operations} operations, {cases} cases: {}",
            counts.join(", ")
        )
    }
}

/// Each operation with a finding, and the words that there are: `max_pool2d: wrong`.
pub fn findings(outcomes: &[Outcome]) -> Vec<String> {
    let mut by_op: Vec<(&str, BTreeMap<Word, usize>)> = Vec::new();
    for outcome in outcomes.iter().filter(|o| o.verdict.is_finding()) {
        let at = by_op.iter().position(|(op, _)| *op == outcome.op);
        let at = at.unwrap_or_else(|| {
            by_op.push((outcome.op, BTreeMap::new()));
            by_op.len() - 1
        });
        *by_op[at].1.entry(outcome.verdict).or_default() += 1;
    }
    let line = |(op, words): (&str, BTreeMap<Word, usize>)| {
        let words: Vec<String> = words
            .iter()
            .map(|(w, n)| format!("{} ×{n}", w.name()))
            .collect();
        format!("{op}: {}", words.join(", "))
    };
    by_op.into_iter().map(line).collect()
}

/// One line an operation, what was found below it, and a summary.
pub fn table(outcomes: &[Outcome], left_out: &[LeftOut]) -> String {
    let heads = [
        "cases",
        "agree",
        "convent.",
        "flat",
        "undecid.",
        "f32-only",
        "wrong",
        "forward",
        "missing",
        "fails",
        "panics",
        "no backw.",
        "refused",
    ];
    let mut text = format!("{:<28}", "operation");
    for head in heads {
        let _ = write!(text, "{head:>10}");
    }
    text.push('\n');
    let mut ops: Vec<&str> = Vec::new();
    for outcome in outcomes {
        if !ops.contains(&outcome.op) {
            ops.push(outcome.op);
        }
    }
    for op in ops {
        let of_op = || outcomes.iter().filter(move |outcome| outcome.op == op);
        let _ = write!(text, "{op:<28}{:>10}", of_op().count());
        for word in Word::ALL {
            match of_op().filter(|outcome| outcome.verdict == word).count() {
                0 => text.push_str("         ·"),
                count => {
                    let _ = write!(text, "{count:>10}");
                }
            }
        }
        text.push('\n');
    }
    text.push_str("\nFindings\n");
    for outcome in outcomes.iter().filter(|o| o.verdict.is_finding()) {
        let Outcome {
            op,
            case,
            input,
            verdict,
            diagnosis,
            ..
        } = outcome;
        let difference = outcome
            .difference
            .map_or_else(String::new, |d| format!(" {d:.1e}"));
        let _ = writeln!(text, "  {op} · {case} · {input}");
        let _ = writeln!(text, "    {}{difference}: {diagnosis}", verdict.name());
    }
    if !left_out.is_empty() {
        text.push_str("\nNot checked\n");
        for LeftOut { op, why } in left_out {
            let _ = writeln!(text, "  {op}: {why}");
        }
    }
    let _ = writeln!(text, "\n{}", Summary::of(outcomes).line());
    text
}
