//! `cargo xtask zoo`: evaluates the checker on planted faults and on correct networks.

use std::fmt::Write as _;
use std::num::NonZeroUsize;

use anyhow::{Context, Result, bail};
use finite_diff::execution::Progress;
use gradcheck_cli::output::text::{BAD, FAINT, GOOD, STRONG, scientific, styled, table, thousands};
use gradcheck_cli::progress::Bar;
use gradcheck_cli::suggest::nearest;
use gradient_check::Verdict;
use gradient_check::constants::Constants;
use mlp::Engine;

use super::{FaultTally, Options, Outcome, json, run};

/// Options of `zoo`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Number of seeds with which each fault is planted
    #[arg(long, default_value_t = 20, value_name = "N")]
    seeds: u64,
    /// Number of correct networks to check
    #[arg(long, default_value_t = 1000, value_name = "N")]
    correct: usize,
    /// Number of threads [default: one per core]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Plant only the fault of this name
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Engine that evaluates costs around a point: full, incremental, layerwise
    #[arg(long, value_name = "NAME", default_value = "layerwise")]
    engine: String,
    /// Multiply one of the checker's constants (sensitivity analysis)
    #[arg(long, value_name = "NAME=FACTOR")]
    constant: Vec<String>,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// More threads than this gain nothing.
const MOST_THREADS: usize = 1024;
/// The number of misses that are listed for each fault.
const MOST_MISSES: usize = 3;

/// Runs the zoo and prints the result. Returns the exit code.
pub(crate) fn command(args: &Arguments) -> Result<crate::Outcome> {
    if args.seeds == 0 {
        bail!("--seeds 0 leaves nothing to plant: give at least 1");
    }
    if let Some(threads) = args.threads.filter(|threads| threads.get() > MOST_THREADS) {
        bail!("--threads {threads} is too many: give at most {MOST_THREADS}, or leave it out");
    }
    let bar = Bar::new(false);
    let progress = |p: Progress| bar.show("networks", p);
    let options = Options {
        seeds: args.seeds,
        correct: args.correct,
        only: args.only.clone(),
        constants: constants(&args.constant)?,
        engine: engine(&args.engine)?,
        threads: args.threads,
    };
    let outcome = run(&options, &progress)?;
    bar.finish();
    match args.format.as_str() {
        "json" => println!("{}", serde_json::to_string_pretty(&json::zoo(&outcome))?),
        _ => anstream::print!("{}", render(&outcome)),
    }
    Ok(outcome.is_good().into())
}

fn engine(word: &str) -> Result<Engine> {
    let known = Engine::ALL.into_iter().find(|engine| engine.name() == word);
    known.with_context(|| {
        let names = Engine::ALL.map(Engine::name);
        let hint =
            nearest(word, names).map_or_else(String::new, |s| format!(", did you mean `{s}`?"));
        format!(
            "--engine: `{word}` is unknown{hint}; choose from {}",
            names.join(", ")
        )
    })
}

/// The checker's constants, multiplied by the factors in `words`.
fn constants(words: &[String]) -> Result<Constants> {
    words.iter().try_fold(Constants::default(), |all, word| {
        let (name, factor) = word.split_once('=').unwrap_or((word.as_str(), ""));
        let factor = match factor.trim().parse::<f64>() {
            Ok(factor) if factor.is_finite() && factor > 0.0 => factor,
            _ => bail!(
                "--constant {word} is not NAME=FACTOR with a factor above 0, such as safety=0.5"
            ),
        };
        all.scaled(name, factor).with_context(|| {
            let hint = nearest(name, Constants::NAMES.iter().copied())
                .map_or_else(String::new, |s| format!(", did you mean `{s}`?"));
            let known = Constants::NAMES.join(", ");
            format!("--constant: `{name}` is unknown{hint}; choose from {known}")
        })
    })
}

fn render(outcome: &Outcome) -> String {
    let head = [
        "fault",
        "runs",
        "rejected",
        "localised",
        "diagnosed",
        "below power",
        "equivalent",
        "missed",
    ];
    let mut rows: Vec<_> = outcome.faults.iter().map(|f| row(f, f.name)).collect();
    rows.push(row(&outcome.totals(), "all"));
    let mut said = table(&head, rows, 1);
    said.push_str(&styled(FAINT, LEGEND));
    said.push('\n');
    for fault in &outcome.faults {
        for miss in fault.misses.iter().take(MOST_MISSES) {
            let what = match miss.verdict {
                Verdict::Disagree => "other blocks blamed".to_owned(),
                verdict => format!("missed ({verdict})"),
            };
            let changed: Vec<_> = miss
                .changed
                .iter()
                .map(|(name, change)| format!("{name} by {}", scientific(*change, 1)))
                .collect();
            let power = miss
                .power
                .map_or_else(|| "none".to_owned(), |p| scientific(p, 1));
            let _ = writeln!(
                said,
                "{} {what}: {}; changed {} (power {power}), blamed {}",
                styled(STRONG, fault.name),
                miss.network,
                changed.join(", "),
                if miss.blamed.is_empty() {
                    "nothing".to_owned()
                } else {
                    miss.blamed.join(" ")
                },
            );
        }
        if fault.misses.len() > MOST_MISSES {
            let _ = writeln!(
                said,
                "  and {} more of it",
                fault.misses.len() - MOST_MISSES
            );
        }
    }
    let correct = &outcome.correct;
    let style = if correct.rejected == 0 { GOOD } else { BAD };
    let _ = writeln!(
        said,
        "\n{} right networks, {}; of {} coordinates {} undecided ({} smooth, {} with kinks), {} in \
         blocks that nothing\ndepends on, {} at which the gradient is zero to rounding",
        thousands(correct.nets as u64),
        styled(style, format_args!("{} called wrong", correct.rejected)),
        thousands(correct.coordinates as u64),
        correct.inconclusive_smooth + correct.inconclusive_kinked,
        correct.inconclusive_smooth,
        correct.inconclusive_kinked,
        correct.vacuous,
        correct.stationary,
    );
    for (condition, (undecided, total)) in &correct.by_condition {
        if *undecided > 0 {
            let _ = writeln!(said, "  {condition}: {undecided} of {total} undecided");
        }
    }
    for wrong in &correct.rejections {
        let number =
            |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |v| format!("{v:e}"));
        let _ = writeln!(
            said,
            "  {}: {} is {:e}, numeric {}, bar {}, tolerance {:e}, one-sided {:?}; {} wrong",
            wrong.network,
            wrong.coordinate,
            wrong.analytic,
            number(wrong.numeric),
            number(wrong.error_bar),
            wrong.tolerance,
            wrong.one_sided,
            wrong.disagreeing,
        );
    }
    said
}

const LEGEND: &str = "rejected: of the runs that changed a bit; localised, diagnosed: of those rejected; \
below power: no\nchange as large as the check says it would catch; missed: larger, and not rejected";

fn row(fault: &FaultTally, name: &str) -> Vec<String> {
    let percent = |rate: f64| match rate.is_nan() {
        true => "-".to_owned(),
        // Rounded down, so that 100 % means all of them.
        false => format!("{:.1} %", (rate * 1000.0).floor() / 10.0),
    };
    vec![
        name.to_owned(),
        fault.runs.to_string(),
        percent(fault.rejection_rate()),
        percent(fault.localisation_rate()),
        percent(fault.diagnosis_rate()),
        fault.below_power.to_string(),
        fault.equivalent.to_string(),
        fault.missed.to_string(),
    ]
}
