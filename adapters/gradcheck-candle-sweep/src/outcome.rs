//! One case checked, and the word on it.
//!
//! Sorts what the judge says; refuses to judge.

use std::panic::{AssertUnwindSafe, catch_unwind};

use candle_core::DType;
use gradcheck_candle::{CandleCheck, CandleError};
use gradient_check::report::BlockReport;
use gradient_check::structure::Finding;
use gradient_check::{Reason, Report, Verdict};
use serde::Serialize;

use crate::book::Case;

/// What came out of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Word {
    /// The gradient is right.
    Agree,
    /// It is right, and at some entries there is no derivative: the gradient is one of those that a kink or a tie
    /// leaves to choose from.
    Convention,
    /// The function is flat here, and the gradient zero: right, as far as that goes.
    Flat,
    /// It could not be decided.
    Undecided,
    /// The gradient is as exact as single precision, computed in double.
    SinglePrecision,
    /// The gradient is wrong.
    Wrong,
    /// The forward pass gives other numbers for a layout than for a copy of the same inputs, so that there is no
    /// function to speak of.
    Forward,
    /// There is no gradient, no error either, and the output depends on the variable.
    Missing,
    /// The backward pass fails with an error that does not say that there is none.
    Fails,
    /// The backward pass panics.
    Panics,
    /// candle says that it has no backward pass.
    NoBackward,
    /// The forward pass does not take this type or layout, and says so.
    Refused,
}

impl Word {
    /// Every word, in the order of a table.
    pub const ALL: [Self; 12] = [
        Self::Agree,
        Self::Convention,
        Self::Flat,
        Self::Undecided,
        Self::SinglePrecision,
        Self::Wrong,
        Self::Forward,
        Self::Missing,
        Self::Fails,
        Self::Panics,
        Self::NoBackward,
        Self::Refused,
    ];

    /// As in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Agree => "agree",
            Self::Convention => "convention",
            Self::Flat => "flat",
            Self::Undecided => "undecided",
            Self::SinglePrecision => "single-precision",
            Self::Wrong => "wrong",
            Self::Forward => "forward",
            Self::Missing => "missing",
            Self::Fails => "fails",
            Self::Panics => "panics",
            Self::NoBackward => "no-backward",
            Self::Refused => "refused",
        }
    }

    /// Whether the outcome is an error of candle's.
    pub fn is_finding(self) -> bool {
        matches!(
            self,
            Self::SinglePrecision
                | Self::Wrong
                | Self::Forward
                | Self::Missing
                | Self::Fails
                | Self::Panics
        )
    }
}

/// A case with what came out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// The function's own name.
    pub op: &'static str,
    /// What is special about the case.
    pub case: String,
    /// The inputs in short.
    pub input: String,
    /// The word on it.
    pub verdict: Word,
    /// ‖g − d‖ / (‖g‖ + ‖d‖), where there are both.
    pub difference: Option<f64>,
    /// What is known of it; empty where all is well.
    pub diagnosis: String,
}

/// Checks a case. Deterministic: all that is random hangs on the names of the case.
pub fn examine(case: &Case) -> Outcome {
    if forward_depends_on_layout(case) {
        let words = "the forward pass gives other numbers for this layout than for a copy of it";
        return Outcome {
            op: case.op,
            case: case.case.clone(),
            input: case.input.clone(),
            verdict: Word::Forward,
            difference: None,
            diagnosis: words.to_owned(),
        };
    }
    let (mut verdict, mut difference, mut diagnosis) = checked(case, case.dtype);
    let mut name = case.case.clone();
    if verdict == Word::Wrong && case.dtype == DType::F64 {
        let (single, ..) = checked(case, DType::F32);
        if matches!(single, Word::Agree | Word::Convention | Word::Undecided) {
            verdict = Word::SinglePrecision;
            diagnosis = format!("not told from right in f32: {diagnosis}");
        }
    }
    if verdict == Word::Refused && case.dtype == DType::F64 && !case.is_tiny() {
        // There are operations that know f32 only.
        let single = checked(case, DType::F32);
        if single.0 != Word::Refused {
            (verdict, difference, diagnosis) = single;
            name = format!("{name}, f32 as f64 is refused");
        }
    }
    Outcome {
        op: case.op,
        case: name,
        input: case.input.clone(),
        verdict,
        difference: difference.filter(|d| d.is_finite()),
        diagnosis,
    }
}

fn forward_depends_on_layout(case: &Case) -> bool {
    let compare = || case.forward_depends_on_layout(case.dtype).unwrap_or(false);
    catch_unwind(AssertUnwindSafe(compare)).unwrap_or(false)
}

fn checked(case: &Case, dtype: DType) -> (Word, Option<f64>, String) {
    let run = || {
        let made = match case.make(dtype) {
            Ok(made) => made,
            Err(error) => return (Word::Refused, None, line(&error)),
        };
        let mut check = CandleCheck::new(&made.variables, made.function);
        for name in &made.held {
            check = check.fixed(*name);
        }
        match check.run() {
            Ok(report) => judged(&report),
            Err(error) => failed(&error),
        }
    };
    // The adapter catches what panics in a backward pass; this is for the forward.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let said = payload.downcast_ref::<String>().cloned();
        let said = said.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
        let said = said.unwrap_or_default();
        (
            Word::Refused,
            None,
            format!("the forward pass panics: {}", line(&said)),
        )
    })
}

fn failed(error: &CandleError) -> (Word, Option<f64>, String) {
    match error {
        CandleError::NoBackward { reason } => (Word::NoBackward, None, line(reason)),
        CandleError::Panicked(panicked) => (Word::Panics, None, line(panicked)),
        CandleError::Check(gradient_check::CheckError::Backward { source, .. }) => {
            (Word::Fails, None, line(source))
        }
        error => (Word::Refused, None, line(error)),
    }
}

fn judged(report: &Report) -> (Word, Option<f64>, String) {
    let difference = Some(report.difference);
    let findings = report.structure.iter().flat_map(|s| &s.findings);
    let missing: Vec<&Finding> = findings
        .clone()
        .filter(|finding| matches!(finding, Finding::Missing { .. }))
        .filter(|finding| finding.word() == Some(Verdict::Disagree))
        .collect();
    match report.verdict {
        Verdict::Agree if report.counts.subgradients > 0 => {
            let at = report.counts.subgradients;
            let words = format!("no derivative at {at} of {} entries", report.parameters);
            (Word::Convention, difference, words)
        }
        Verdict::Agree => (Word::Agree, difference, String::new()),
        Verdict::Disagree => {
            let others = findings
                .filter(|f| f.word() == Some(Verdict::Disagree))
                .count();
            let is_missing = |block: &BlockReport| {
                missing
                    .iter()
                    .any(|finding| finding.blocks().contains(&block.name.as_str()))
            };
            let others_wrong = others > missing.len()
                || report
                    .blocks
                    .iter()
                    .any(|b| b.counts.disagree > 0 && !is_missing(b));
            // A step is moved along by nobody, and has the derivative 0 on either side.
            let steps = report.counts.disagree == 0;
            match (missing.is_empty() || others_wrong, steps) {
                (true, _) => (Word::Wrong, difference, reason(report)),
                (false, false) => {
                    let names: Vec<String> = missing
                        .iter()
                        .flat_map(|m| m.blocks())
                        .map(str::to_owned)
                        .collect();
                    let words = format!(
                        "no gradient for {}, on which the output depends",
                        names.join(", ")
                    );
                    (Word::Missing, None, words)
                }
                (false, true) => {
                    let words =
                        "no gradient, and every derivative that there is is 0: a step function";
                    (Word::Convention, difference, words.to_owned())
                }
            }
        }
        Verdict::Inconclusive(Reason::Vacuous) => {
            (Word::Flat, difference, "nothing moves with it".to_owned())
        }
        Verdict::Inconclusive(reason) => {
            let undecided = report.counts.inconclusive();
            let words = format!(
                "{undecided} of {} entries: {}",
                report.parameters,
                reason.name()
            );
            (Word::Undecided, difference, words)
        }
    }
}

/// What is known of a wrong gradient, in one line.
fn reason(report: &Report) -> String {
    let findings = report.structure.iter().flat_map(|s| &s.findings);
    let mut parts: Vec<String> = findings
        .filter(|finding| finding.word() == Some(Verdict::Disagree))
        .map(|finding| line(&finding.message()))
        .collect();
    if let Some(worst) = report.worst.first()
        && worst.comparison.verdict == Verdict::Disagree
    {
        let c = &worst.comparison;
        let numeric = match (c.one_sided, c.numeric) {
            (Some([left, right]), _) => format!("{left:.6e} from below, {right:.6e} from above"),
            (None, Some(d)) => format!("{d:.6e}"),
            (None, None) => "none".to_owned(),
        };
        parts.push(format!(
            "{} is {:.6e}, should be {numeric}; wrong in {} of {}",
            worst.coordinate, c.analytic, report.counts.disagree, report.parameters
        ));
    }
    let mut causes: Vec<String> = Vec::new();
    for block in &report.blocks {
        if let Some(diagnosis) = &block.diagnosis {
            let cause = format!("{}: {}", block.name, line(&diagnosis.message));
            if !causes.contains(&cause) {
                causes.push(cause);
            }
        }
    }
    parts.extend(causes);
    if parts.is_empty() {
        parts.push(
            "every entry agrees along its axis, and along a direction it does not".to_owned(),
        );
    }
    parts.join("; ")
}

/// The first line of a text.
fn line(text: &impl ToString) -> String {
    text.to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .to_owned()
}
