//! `cargo xtask check-all`: a matrix of networks on real data, each checked at random
//! initialization and again after training, as a table that shows at a glance whether all gradients agree.

use std::fmt::Write as _;
use std::num::NonZeroUsize;
use std::sync::atomic::Ordering;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Args;
use finite_diff::Execution;
use gradcheck_cli::NetworkOptions;
use gradcheck_cli::network::{Prepared, prepare};
use gradcheck_cli::output::text::{
    BAD, FAINT, GOOD, STRONG, UNSURE, scientific, short, style_of, styled, thousands,
};
use gradcheck_cli::progress::Bar;
use gradcheck_cli::{interrupt, output::text};
use gradient_check::{Reason, Verdict, verdict};
use mlp_check::{Checked, Outcome, Stage};

use crate::networks::{Entry, matrix};

/// Options of `check-all`.
#[derive(Args)]
pub(crate) struct Arguments {
    /// Training steps before the second check of each network
    #[arg(long, default_value_t = 50, value_name = "N")]
    steps: usize,
    /// Check only one network of each kind
    #[arg(long)]
    quick: bool,
    /// Random seed
    #[arg(long, default_value_t = 0, value_name = "N")]
    seed: u64,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Check only networks whose line contains TEXT
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
}

/// The totals of the whole run.
#[derive(Default)]
struct Totals {
    networks: usize,
    checks: usize,
    judged: usize,
    inconclusive: usize,
    flat: usize,
    subgradients: usize,
    evaluations: u64,
    worst_difference: f64,
    verdicts: Vec<Verdict>,
}

/// Runs the matrix and prints the table as it grows. The verdict is that of the worst network.
pub(crate) fn run(arguments: &Arguments) -> Result<Verdict> {
    let begun = Instant::now();
    let entries = selected(arguments);
    anyhow::ensure!(
        !entries.is_empty(),
        "no network matches --only {}: try `--only tanh`",
        arguments.only.as_deref().unwrap_or_default()
    );
    let cancel = interrupt::listen();
    let width = entries
        .iter()
        .map(|entry| entry.name.chars().count())
        .max()
        .unwrap_or(0);
    let bar = Bar::new(false);
    print_head(arguments, width);

    let mut totals = Totals::default();
    let mut details = String::new();
    let mut group = "";
    for (number, entry) in entries.iter().enumerate() {
        if cancel.load(Ordering::Relaxed) {
            break;
        }
        let (prepared, outcome, seconds) = check(entry, number, entries.len(), &bar)
            .with_context(|| format!("{}: {}", entry.group, entry.name))?;
        totals.add(&outcome);
        let mut line = String::new();
        if entry.group != group {
            group = entry.group;
            let _ = writeln!(line, "{}", styled(STRONG, group));
        }
        line.push_str(&row(entry, &prepared, &outcome, seconds, width));
        bar.suspend(|| anstream::println!("{line}"));
        if outcome.verdict(false) != Verdict::Agree {
            let _ = writeln!(
                details,
                "\n{}",
                text::network(&prepared, &outcome, text::Detail::Full)
            );
        }
    }
    bar.finish();
    let interrupted = cancel.load(Ordering::Relaxed);
    anstream::print!("{details}");
    anstream::print!(
        "{}",
        totals.summary(interrupted, begun.elapsed().as_secs_f64())
    );
    let mut word = verdict::overall(totals.verdicts.iter().copied());
    if word == Verdict::Agree && interrupted {
        word = Verdict::Inconclusive(Reason::Interrupted);
    }
    Ok(word)
}

fn selected(arguments: &Arguments) -> Vec<Entry> {
    matrix(arguments.quick)
        .into_iter()
        .map(|mut entry| {
            entry.spec = NetworkOptions {
                steps: arguments.steps,
                seed: arguments.seed,
                threads: arguments.threads,
                ..entry.spec
            };
            entry
        })
        .filter(|entry| {
            arguments
                .only
                .as_ref()
                .is_none_or(|only| entry.name.contains(only) || entry.group.contains(only))
        })
        .collect()
}

fn check(entry: &Entry, number: usize, of: usize, bar: &Bar) -> Result<(Prepared, Outcome, f64)> {
    let begun = Instant::now();
    let prepared = prepare(&entry.spec)?;
    let progress = |stage: Stage, p| {
        bar.show(&format!("{}/{of} {} {stage}", number + 1, entry.name), p);
    };
    let execution = Execution {
        cancel: Some(interrupt::listen()),
        ..Execution::default()
    };
    let outcome = prepared.trained_check(execution).run(&progress)?;
    Ok((prepared, outcome, begun.elapsed().as_secs_f64()))
}

fn print_head(arguments: &Arguments, width: usize) {
    let after = match arguments.steps {
        0 => "(no training)".to_owned(),
        1 => "after 1 step".to_owned(),
        steps => format!("after {steps} steps"),
    };
    let first = format!("  {:width$}  {:<27}{after}", "", "at initialization");
    let second = format!(
        "  {:width$}  {:<13} {:>8}     {:<13} {:>8}     {:>6}  {:>7}",
        "network", "verdict", "rel. err", "verdict", "rel. err", "params", "seconds"
    );
    anstream::println!("{}\n{}", styled(FAINT, first), styled(FAINT, second));
}

fn row(
    entry: &Entry,
    prepared: &Prepared,
    outcome: &Outcome,
    seconds: f64,
    width: usize,
) -> String {
    let mut line = format!("  {:width$}", entry.name);
    let at = |wanted: fn(Stage) -> bool| {
        let found = outcome.checks.iter().find(|(stage, _)| wanted(*stage));
        found.map(|(_, checked)| checked)
    };
    for checked in [
        at(|stage| stage == Stage::Initialization),
        at(|stage| matches!(stage, Stage::AfterTraining { .. })),
    ] {
        let _ = write!(line, "  {}", cell(checked));
    }
    let _ = write!(
        line,
        "   {:>6}  {seconds:>7.2}",
        thousands(prepared.architecture.parameter_count() as u64)
    );
    if let Some(error) = &outcome.training_failed {
        let _ = write!(line, "  {}", styled(BAD, error));
    }
    line
}

fn cell(checked: Option<&Checked>) -> String {
    let Some(Checked { report, .. }) = checked else {
        return format!("{:<13} {:>8}  ", "-", "-");
    };
    let mark = match report.verdict {
        Verdict::Agree => "✓ agree",
        Verdict::Disagree => "✗ disagree",
        Verdict::Inconclusive(_) => "? inconclusive",
    };
    let mark = styled(style_of(report.verdict), format_args!("{mark:<13}"));
    let kink = if report.counts.subgradients > 0 {
        '*'
    } else {
        ' '
    };
    format!("{mark} {:>8}{kink} ", short(report.difference))
}

impl Totals {
    fn add(&mut self, outcome: &Outcome) {
        self.networks += 1;
        // A training that fails in the matrix makes the result inconclusive.
        if outcome.training_failed.is_some() {
            self.verdicts.push(Verdict::Inconclusive(Reason::NonFinite));
        }
        for (_, Checked { report, .. }) in &outcome.checks {
            self.checks += 1;
            self.judged += report.counts.total();
            self.inconclusive += report.counts.inconclusive();
            self.flat += report.counts.flat;
            self.subgradients += report.counts.subgradients;
            self.evaluations += report.evaluations;
            self.worst_difference = self.worst_difference.max(report.difference);
            self.verdicts.push(report.verdict);
        }
    }

    fn summary(&self, interrupted: bool, seconds: f64) -> String {
        let count =
            |wanted: fn(&Verdict) -> bool| self.verdicts.iter().filter(|v| wanted(v)).count();
        let agree = count(|v| *v == Verdict::Agree);
        let wrong = count(|v| *v == Verdict::Disagree);
        let undecided = count(|v| matches!(v, Verdict::Inconclusive(_)));
        let mut words = vec![styled(GOOD, format_args!("{agree} agree"))];
        if wrong > 0 {
            words.push(styled(BAD, format_args!("{wrong} disagree")));
        }
        if undecided > 0 {
            words.push(styled(UNSURE, format_args!("{undecided} inconclusive")));
        }
        let kinks = match self.subgradients {
            0 => String::new(),
            count => format!(
                "* {count} parameters are at a kink of the cost. The one-sided derivatives differ there, so the\n  \
                 relative error is large, but the gradient is a valid subgradient.\n"
            ),
        };
        format!(
            "{kinks}\n{}{} networks, {} checks: {}\n{} derivatives checked, {} inconclusive, {} with zero derivative\n\
             largest relative error {}; {} evaluations of a cost in {seconds:.1} s\n",
            if interrupted {
                styled(UNSURE, "Interrupted. ")
            } else {
                String::new()
            },
            self.networks,
            self.checks,
            words.join(", "),
            thousands(self.judged as u64),
            thousands(self.inconclusive as u64),
            thousands(self.flat as u64),
            scientific(self.worst_difference, 1),
            thousands(self.evaluations),
        )
    }
}
