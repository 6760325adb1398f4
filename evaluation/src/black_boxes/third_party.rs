//! Third-party derivatives: the crate argmin_testfunctions, and the problems of Moré, Garbow and
//! Hillstrom with errors planted into their gradients.

mod argmin;
mod mgh;

use gradient_check::{CheckError, VectorCheck, Verdict};

use crate::black_boxes::problem::{Mode, Problem, run};
use crate::black_boxes::tally::{Answer, Count, said};
use mgh::Error;

/// Prints all tables; returns whether no correct gradient of ours is called wrong and no planted error passes.
pub(crate) fn third_party(points: usize, near: usize, part: &str, verbose: bool) -> bool {
    let asked = Asked { part, verbose };
    functions(points, asked);
    println!();
    problems(near, asked)
}

/// What to show.
#[derive(Clone, Copy)]
struct Asked<'a> {
    /// A part of the names.
    part: &'a str,
    /// Whether to print a line for each run with an unexpected result.
    verbose: bool,
}

/// One row: the results of the runs of one kind, and a line for each unexpected one.
#[derive(Default)]
struct Row {
    count: Count,
    lines: Vec<String>,
}

impl Row {
    /// Counts an answer, and keeps a line of it unless it is the expected one.
    fn add(&mut self, answer: &Answer, expected: Verdict, place: &str) {
        self.count.add(answer);
        let verdict = answer.as_ref().map(|report| report.verdict);
        if verdict.is_ok_and(|verdict| verdict == expected) {
            return;
        }
        let said = match answer {
            Ok(report) => said(report),
            Err(error) => format!("error: {error}"),
        };
        self.lines.push(format!("{place}: {said}"));
    }

    fn print(&self, name: &str, asked: Asked) {
        println!("{}", counted(name, &self.count));
        if asked.verbose {
            self.lines.iter().for_each(|line| println!("      {line}"));
        }
    }
}

/// Gradients and Hessians of argmin_testfunctions.
fn functions(points: usize, asked: Asked) {
    println!(
        "argmin_testfunctions: {points} random points of each, the minima, and two special places"
    );
    println!("{}", header("function"));
    let mut functions = argmin::functions();
    functions.retain(|function| function.name.contains(asked.part));
    let [mut gradients, mut hessians] = [Count::default(), Count::default()];
    for function in &functions {
        let [mut gradient, mut hessian] = [Row::default(), Row::default()];
        for point in function.points(points) {
            let place = format!("at {point:?}");
            let problem = Problem::new(point.clone(), function.cost, function.gradient);
            gradient.add(&run(&problem, None, Mode::Default), Verdict::Agree, &place);
            hessian.add(&hessian_answer(function, &point), Verdict::Agree, &place);
        }
        gradient.print(&format!("{}: gradient", function.name), asked);
        hessian.print(&format!("{}: Hessian", function.name), asked);
        gradients.merge(&gradient.count);
        hessians.merge(&hessian.count);
    }
    println!("{}", counted("all gradients", &gradients));
    println!("{}", counted("all Hessians", &hessians));
    gradients.merge(&hessians);
    println!("{}", counted("all", &gradients));
}

/// The Hessian, as the Jacobian of the gradient.
fn hessian_answer(function: &argmin::Function, point: &[f64]) -> Answer {
    let report = VectorCheck::new(function.gradient)
        .jacobian(function.hessian)
        .at(point)
        .run()?;
    report.jacobian.ok_or(CheckError::NothingToCheck)
}

/// Checks the problems' own gradients and those with errors; returns whether no own one is called wrong and no error
/// passes.
fn problems(near: usize, asked: Asked) -> bool {
    println!("Moré, Garbow and Hillstrom: the starting point and {near} near it");
    println!("{}  | planted: wrong/undecided/agree", header("problem"));
    let mut problems = mgh::problems();
    problems.retain(|problem| problem.title().contains(asked.part));
    let mut own = Count::default();
    let mut planted = Error::ALL.map(|_| Count::default());
    for problem in &problems {
        let mut right = Row::default();
        let mut wrong = Row::default();
        for index in 0..=near {
            let judged = problem.problem(index);
            let place = format!("at {:?}", judged.point);
            right.add(&run(&judged, None, Mode::Default), Verdict::Agree, &place);
            for (kind, count) in Error::ALL.into_iter().zip(&mut planted) {
                let Some(error) = problem.plant(index, kind, &judged) else {
                    continue;
                };
                let answer = run(&judged, Some(error), Mode::Default);
                let place = format!("{} in x[{}] {place}", kind.name(), error.entry);
                wrong.add(&answer, Verdict::Disagree, &place);
                count.add(&answer);
            }
        }
        let reasons = counted(&problem.title(), &right.count);
        println!("{reasons:<72}  | {}", three(&wrong.count));
        if asked.verbose {
            let lines = right.lines.iter().chain(&wrong.lines);
            lines.for_each(|line| println!("      {line}"));
        }
        own.merge(&right.count);
    }
    println!("{}", counted("all gradients as they are", &own));
    let mut all = Count::default();
    for (kind, count) in Error::ALL.into_iter().zip(&planted) {
        println!("{}", counted(&format!("planted: {}", kind.name()), count));
        all.merge(count);
    }
    println!("{}", counted("all planted", &all));
    own.wrong + own.error + all.agree == 0
}

/// The names of the columns.
fn header(what: &str) -> String {
    format!(
        "{what:<40} {:>5} {:>5} {:>5} {:>5} {:>5}",
        "n", "agree", "und.", "wrong", "error"
    )
}

/// A row: the counts, and the inconclusive ones by reason.
fn counted(name: &str, count: &Count) -> String {
    let reasons: Vec<String> = count
        .reasons
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"))
        .collect();
    format!(
        "{name:<40} {:>5} {:>5} {:>5} {:>5} {:>5}  {}",
        count.total(),
        count.agree,
        count.undecided,
        count.wrong,
        count.error,
        reasons.join(", ")
    )
    .trim_end()
    .to_owned()
}

/// The counts of wrong, inconclusive and agreeing; an error counts as inconclusive.
fn three(count: &Count) -> String {
    let undecided = count.undecided + count.error;
    format!("{}/{undecided}/{}", count.wrong, count.agree)
}
