//! The checker's verdicts on one family: every run of every point, counted.

use std::collections::BTreeMap;
use std::time::Instant;

use gradient_check::{CheckError, Report, Verdict};

use crate::black_boxes::draw::Draw;
use crate::black_boxes::families::Family;
use crate::black_boxes::problem::{Expected, Mode, Planted, Problem, Word, run};

/// The number of runs by result.
#[derive(Debug, Clone, Default)]
pub(crate) struct Count {
    pub(crate) agree: usize,
    pub(crate) undecided: usize,
    pub(crate) wrong: usize,
    pub(crate) error: usize,
    /// The inconclusive ones, by reason.
    pub(crate) reasons: BTreeMap<&'static str, usize>,
}

impl Count {
    pub(crate) fn total(&self) -> usize {
        self.agree + self.undecided + self.wrong + self.error
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.agree += other.agree;
        self.undecided += other.undecided;
        self.wrong += other.wrong;
        self.error += other.error;
        for (reason, count) in &other.reasons {
            *self.reasons.entry(reason).or_default() += count;
        }
    }

    pub(crate) fn add(&mut self, answer: &Answer) {
        match answer.as_ref().map(|report| report.verdict) {
            Ok(Verdict::Agree) => self.agree += 1,
            Ok(Verdict::Disagree) => self.wrong += 1,
            Ok(Verdict::Inconclusive(reason)) => {
                self.undecided += 1;
                *self.reasons.entry(reason.name()).or_default() += 1;
            }
            Err(_) => self.error += 1,
        }
    }
}

/// The checker's answer to one run.
pub(crate) type Answer = Result<Report, CheckError>;

/// The results of a family's runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// The problem's own gradient, with the default claim.
    pub(crate) right: Count,
    /// Of those called wrong: the number that may be.
    pub(crate) may_be_wrong: usize,
    /// The problem's own gradient with a granted accuracy, if the family has one.
    pub(crate) accurate: Count,
    /// An error of 1 % with that accuracy.
    pub(crate) accurate_planted: Count,
    /// The problem's own gradient with the claim that cost and gradient are exact, if the family has an accuracy.
    pub(crate) exact: Count,
    /// An error of 1 %.
    pub(crate) percent: Count,
    /// An error of three times the reported detection limit.
    pub(crate) at_limit: Count,
    pub(crate) evaluations: Vec<f64>,
    pub(crate) limits: Vec<f64>,
    pub(crate) seconds: Vec<f64>,
    /// A line for each run with an unexpected result.
    pub(crate) failures: Vec<String>,
}

/// Runs a family. `mode` applies to all runs without a granted accuracy.
pub(crate) fn tally(family: &Family, points: usize, mode: Mode) -> Tally {
    let mut tally = Tally::default();
    for index in 0..points.min(family.at_most) {
        tally.point(family, index, mode);
    }
    tally
}

impl Tally {
    fn point(&mut self, family: &Family, index: usize, mode: Mode) {
        let problem = family.problem(index);
        let started = Instant::now();
        let answer = run(&problem, None, mode);
        self.seconds.push(started.elapsed().as_secs_f64());
        self.right.add(&answer);
        if let Ok(report) = &answer {
            self.evaluations
                .push(report.evaluations as f64 / problem.point.len() as f64);
            self.limits
                .extend(report.power.map(|power| power.single_coordinate));
        }
        if !meets(family.expected, &answer) {
            self.fail(index, "as it is", None, &answer);
        }
        if may_be_wrong(family.expected) && verdict(&answer) == Some(Verdict::Disagree) {
            self.may_be_wrong += 1;
        }

        let percent = plant_percent(family, index, &problem);
        if let Expected::AgreeWithAccuracy { accuracy, .. } = family.expected {
            let granted = Mode::Accuracy(accuracy);
            let answer = run(&problem, None, granted);
            self.accurate.add(&answer);
            if verdict(&answer) != Some(Verdict::Agree) {
                self.fail(index, "with accuracy", None, &answer);
            }
            self.exact.add(&run(&problem, None, Mode::Exact));
            if let Some(planted) = percent {
                let answer = run(&problem, Some(planted), granted);
                self.accurate_planted.add(&answer);
                self.expect_wrong(index, "1 % with accuracy", planted, &answer);
            }
        }
        if matches!(family.expected, Expected::NotAgree | Expected::Undecided) {
            return;
        }
        if let Some(planted) = percent {
            let answer = run(&problem, Some(planted), mode);
            self.percent.add(&answer);
            self.expect_wrong(index, "1 % planted", planted, &answer);
        }
        let report = answer
            .ok()
            .filter(|report| report.verdict == Verdict::Agree);
        if let Some(planted) = report.and_then(|r| plant_at_limit(family, index, &problem, &r)) {
            let answer = run(&problem, Some(planted), mode);
            self.at_limit.add(&answer);
            self.expect_wrong(index, "3× limit planted", planted, &answer);
        }
    }

    fn expect_wrong(&mut self, index: usize, what: &str, planted: Planted, answer: &Answer) {
        if verdict(answer) != Some(Verdict::Disagree) {
            self.fail(index, what, Some(planted), answer);
        }
    }

    fn fail(&mut self, index: usize, what: &str, planted: Option<Planted>, answer: &Answer) {
        let planted = planted.map_or(String::new(), |Planted { entry, error }| {
            format!(" ({error:+.1e} in entry {entry})")
        });
        let said = match answer {
            Err(error) => format!("error: {error}"),
            Ok(report) => said(report),
        };
        self.failures
            .push(format!("{index:>3} {what}{planted}: {said}"));
    }
}

/// The verdict and the coordinate that determines it.
pub(crate) fn said(report: &Report) -> String {
    let word = match report.verdict {
        Verdict::Inconclusive(reason) => reason.name().to_owned(),
        verdict => verdict.to_string(),
    };
    let Some(worst) = report.worst.first() else {
        return word;
    };
    let comparison = &worst.comparison;
    let number =
        |value: Option<f64>| value.map_or("–".to_owned(), |value| format!("{value:.5e}"));
    let own = match comparison.verdict {
        Verdict::Inconclusive(reason) => reason.name(),
        Verdict::Agree => "agree",
        Verdict::Disagree => "disagree",
    };
    let scale = report
        .blocks
        .iter()
        .map(|block| block.scale)
        .fold(0.0, f64::max);
    format!(
        "{word}; {} g {:.5e} d {} off {} ± {} ({own}), scale {scale:.1e}, J {:.3e}, {} evaluations",
        worst.coordinate,
        comparison.analytic,
        number(comparison.numeric),
        number(comparison.numeric.map(|d| comparison.analytic - d)),
        number(comparison.error_bar),
        report.cost,
        report.evaluations,
    )
}

fn verdict(answer: &Answer) -> Option<Verdict> {
    answer.as_ref().ok().map(|report| report.verdict)
}

fn may_be_wrong(expected: Expected) -> bool {
    matches!(expected, Expected::AgreeWithAccuracy { default_may, .. } if default_may.contains(&Word::Wrong))
}

/// Whether the verdict on the family's own gradient is as expected.
fn meets(expected: Expected, answer: &Answer) -> bool {
    let Some(verdict) = verdict(answer) else {
        return false;
    };
    match expected {
        Expected::Agree => verdict == Verdict::Agree,
        Expected::Undecided => matches!(verdict, Verdict::Inconclusive(_)),
        Expected::NotWrong => verdict != Verdict::Disagree,
        Expected::NotAgree => verdict == Verdict::Disagree,
        Expected::AgreeWithAccuracy { default_may, .. } => match verdict {
            Verdict::Agree => default_may.contains(&Word::Agree),
            Verdict::Disagree => default_may.contains(&Word::Wrong),
            Verdict::Inconclusive(reason) => {
                reason.name() == "inexact" && default_may.contains(&Word::Inexact)
            }
        },
    }
}

/// The entries in which a planted error should be detected: those of blocks with a scale, except for kinks and such.
fn seen(problem: &Problem) -> impl Iterator<Item = (usize, f64, f64)> {
    let gradient = problem.gradient();
    (0..gradient.len())
        .filter(|entry| problem.tells(*entry))
        .filter_map(move |entry| {
            let block = &gradient[problem.block_of(entry).1];
            let largest = block.iter().fold(0.0f64, |most, g| most.max(g.abs()));
            let square: f64 = block.iter().map(|g| (g / largest).powi(2)).sum();
            let scale = largest * (square / block.len() as f64).sqrt();
            (scale > 0.0).then_some((entry, gradient[entry], scale))
        })
}

/// An error of 1 % of the entry or its block's scale, whichever is larger.
fn plant_percent(family: &Family, index: usize, problem: &Problem) -> Option<Planted> {
    let mut draw = Draw::new(&format!("1 % in {}", family.name), index);
    let entries: Vec<_> = seen(problem).collect();
    let (entry, own, scale) = *entries.get(draw.below(entries.len().max(1)))?;
    let error = 0.01 * own.abs().max(scale) * draw.sign();
    Some(Planted { entry, error })
}

/// An error of three times the detection limit of the report.
fn plant_at_limit(
    family: &Family,
    index: usize,
    problem: &Problem,
    report: &Report,
) -> Option<Planted> {
    let limit = report.power?.single_coordinate;
    let mut draw = Draw::new(&format!("limit in {}", family.name), index);
    let error = |entry| limit * report.blocks[problem.block_of(entry).0].scale;
    let entries: Vec<_> = seen(problem)
        .filter(|(entry, own, _)| error(*entry) > 0.0 && own.abs() > error(*entry))
        .collect();
    let (entry, ..) = *entries.get(draw.below(entries.len().max(1)))?;
    Some(Planted {
        entry,
        error: 3.0 * error(entry) * draw.sign(),
    })
}
