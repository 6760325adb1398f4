//! What the user typed. Knows clap; turns words into the domain's objects and nothing else.

mod again;
pub(crate) mod choice;
mod config;
mod network;
pub(crate) mod numbers;
mod words;

use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgMatches, Args, FromArgMatches, Parser, Subcommand, ValueEnum};
use serde::Serialize;

pub(crate) use again::flags;
#[cfg(test)]
pub(crate) use config::read_config;
pub use config::{ConfigError, ConfigProblem};
pub use network::NetworkOptions;
pub use words::{Column, Seconds, Widths};

use crate::exit;
use crate::remote::ModelOptions;
use crate::source_file::ReadLimit;

/// Checks hand-written gradients against numeric derivatives with error bars, and says where a gradient is
/// wrong and why.
#[derive(Debug, Parser)]
#[command(name = "gradcheck", version, max_term_width = 80, after_help = EXAMPLES)]
pub struct Cli {
    /// When to use colors; NO_COLOR is honored
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        value_enum,
        default_value_t,
        hide_possible_values = true,
        help_heading = "Output"
    )]
    pub color: Color,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What was typed, with the options of a configuration file where it names one.
    ///
    /// # Errors
    /// Where the configuration file can't be used.
    pub(crate) fn from_matches(matches: &ArgMatches) -> Result<Self> {
        let mut cli = Self::from_arg_matches(matches)?;
        if let (Command::Mlp(args), Some(("mlp", given))) = (&mut cli.command, matches.subcommand())
            && let Some(file) = &args.config
        {
            let flags = std::mem::take(&mut args.network);
            args.network = config::layered(&flags, given, file)?;
        }
        Ok(cli)
    }
}

const EXAMPLES: &str = "\
Examples:
  gradcheck compare mine.npz reference.npz
      compare two gradients from files
  gradcheck model --spawn 'python model.py'
      check a model in any language, over UM-Bridge
  gradcheck mlp
      check a network on real data, before and after training
  gradcheck mlp --fault dw2-doubled
      see what a wrong backward pass looks like
  gradcheck course
      run the course's exercise and its published numbers

Exit codes:
  0  every check agrees
  1  a gradient is wrong
  2  the command, a file or a model could not be used
  3  no gradient is wrong, but something is inconclusive";

const EXIT_CODES: &str = "Exit codes:
  0  every check agrees
  1  a gradient is wrong
  2  the command, a file or a model could not be used
  3  no gradient is wrong, but something is inconclusive or inexact (a real
     difference below a millionth), --strict found something untested, or
     --negative-control found that a planted error goes undetected";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Compare two gradients from files (.npy, .npz, .safetensors, .json, .csv)
    #[command(after_help = COMPARE_HELP)]
    Compare(Box<CompareArgs>),
    /// Check the gradient of a model in any language, over the UM-Bridge protocol
    #[command(
        after_help = model_help(),
        override_usage = "gradcheck model [OPTIONS] <URL>...\n       gradcheck model [OPTIONS] --spawn <COMMAND>"
    )]
    Model(Box<ModelArgs>),
    /// Check a network on real data, at initialization and again after training
    #[command(after_help = mlp_help())]
    Mlp(Box<MlpArgs>),
    /// Run the course's exercise: the right gradient, and one with its two planted bugs
    #[command(
        after_help = "Examples:\n  gradcheck course\n  gradcheck course --epsilon 1e-5 --format json"
    )]
    Course(CourseArgs),
    /// Run the course's first check in one dimension: J = θx, dJ/dθ = x
    #[command(
        after_help = "Examples:\n  gradcheck scalar\n  gradcheck scalar --x 3 --theta -1 --epsilon 1e-5"
    )]
    Scalar(ScalarArgs),
    /// List the bugs that `gradcheck mlp --fault` can plant
    #[command(after_help = "Examples:\n  gradcheck faults\n  gradcheck mlp --fault db1-times-4")]
    Faults(OutputArgs),
    /// Print completions for a shell
    #[command(
        after_help = "Example:\n  gradcheck completions bash \\\n      > ~/.local/share/bash-completion/completions/gradcheck"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page, of the command or of one of its subcommands
    #[command(
        after_help = "Examples:\n  gradcheck man | man -l -\n  gradcheck man mlp > gradcheck-mlp.1"
    )]
    Man {
        /// The subcommand
        subcommand: Option<String>,
    },
}

fn mlp_help() -> String {
    format!(
        "\
Examples:
  gradcheck mlp
  gradcheck mlp --layers 30,16,8,1 --activation tanh --optimizer adam
  gradcheck mlp --data digits --scheme complex-step --activation gelu
  gradcheck mlp --data my.csv --label 3 --loss mse --layers 7,10,1
  gradcheck mlp --config net.toml --seed 7
  gradcheck mlp --keep-prob 0.8 --frozen-masks
  gradcheck mlp --negative-control

The file for --config is TOML with the names of the flags as keys:
  layers = [30, 16, 8, 1]
  activation = \"tanh\"
  learning-rate = 0.05
Flags win over the file.

{EXIT_CODES}"
    )
}

fn model_help() -> String {
    format!(
        "\
Examples:
  gradcheck model http://localhost:4242
  gradcheck model --spawn 'python model.py' --block W1:5x4 --block b1:5
  gradcheck model http://localhost:4242 --at point.json
  gradcheck model http://a:4242 http://b:4242 --jobs 8
  gradcheck model http://localhost:4242 --accuracy 1e-6

A point is a JSON list with one list of numbers for each input:
[[0.5, -1.0], [2.0]]. If a model offers no gradient, only its forward pass is
examined, and the exit code is 2.

{EXIT_CODES}"
    )
}

const COMPARE_HELP: &str = "\
Examples:
  gradcheck compare mine.npy reference.npy
  gradcheck compare grads.safetensors reference.npz
  gradcheck compare mine.npz reference.npz --rtol 1e-5 --atol 1e-8
  gradcheck compare float16.npz float32.npz float64.npz

Blocks are matched by name. Files carry no error bars: without --rtol or --atol
a block agrees if its relative error is at most 2e-7, or at most the rounding of
its storage type where that is larger, and an entry is wrong if it is off by a
thousandth of its block's RMS or more. With a third file, the reference, the first file is wrong where it is
farther from the reference than --times the second file is.

Exit codes:
  0  the gradients agree
  1  they disagree: one of them is wrong
  2  the command or a file could not be used
  3  nothing is wrong, but something is inconclusive, or --strict found
     something untested";

/// When to use colors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// Where the output is a terminal that has them
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The form of the result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Text for people
    #[default]
    Text,
    /// One line per block
    Short,
    /// JSON for scripts, schema 1
    Json,
}

/// Where the result goes and in what form.
#[derive(Debug, Clone, Args)]
pub struct OutputArgs {
    /// Form of the result
    #[arg(
        long,
        value_enum,
        default_value_t,
        value_name = "FORMAT",
        help_heading = "Output"
    )]
    pub format: Format,
    /// Write the result to FILE instead of standard output
    #[arg(long, short, value_name = "FILE", help_heading = "Output")]
    pub output: Option<PathBuf>,
    /// Print nothing on standard output, and no progress: the exit code says it all
    #[arg(long, short, conflicts_with = "verbose", help_heading = "Output")]
    pub quiet: bool,
    /// Print every detail, including those of blocks that agree
    #[arg(long, short, help_heading = "Output")]
    pub verbose: bool,
    /// Exit with 0 whatever the verdict is; still 2 if the check could not be made
    #[arg(long, help_heading = "Output")]
    pub exit_zero: bool,
}

impl OutputArgs {
    /// Whether the result is text on standard output.
    pub(crate) fn is_text_on_stdout(&self) -> bool {
        self.format == Format::Text && self.output.is_none() && !self.quiet
    }

    /// The exit code for a verdict's.
    pub(crate) fn code(&self, code: u8) -> u8 {
        match self.exit_zero && code != exit::UNUSABLE {
            true => exit::AGREE,
            false => code,
        }
    }
}

/// `gradcheck scalar`.
#[derive(Debug, Args)]
pub struct ScalarArgs {
    /// The input x
    #[arg(
        long,
        default_value_t = 2.0,
        allow_hyphen_values = true,
        value_parser = numbers::real,
        value_name = "NUMBER"
    )]
    pub x: f64,
    /// The parameter θ
    #[arg(
        long,
        default_value_t = 4.0,
        allow_hyphen_values = true,
        value_parser = numbers::real,
        value_name = "NUMBER"
    )]
    pub theta: f64,
    /// Step size of the central difference
    #[arg(
        long,
        default_value = "1e-7",
        allow_hyphen_values = true,
        value_parser = numbers::positive,
        value_name = "NUMBER"
    )]
    pub epsilon: f64,
    /// Where the result goes
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck course`.
#[derive(Debug, Args)]
pub struct CourseArgs {
    /// Step size of the central difference
    #[arg(
        long,
        default_value = "1e-7",
        allow_hyphen_values = true,
        value_parser = numbers::positive,
        value_name = "NUMBER"
    )]
    pub epsilon: f64,
    /// Where the result goes
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck mlp`.
#[derive(Debug, Args)]
pub struct MlpArgs {
    /// A TOML file with any of the options below; flags win over it
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// The network and how to check it
    #[command(flatten)]
    pub network: NetworkOptions,
    /// Every difference beyond the error bars is wrong, which is how a network is always checked
    #[arg(long, hide = true, conflicts_with = "accuracy")]
    pub exact: bool,
    /// Where the result goes
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck model`.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// The model and how to check it
    #[command(flatten)]
    pub options: ModelOptions,
    /// Where the result goes
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The gradient to be checked
    pub candidate: PathBuf,
    /// The gradient to compare it with; with a third file, a baseline whose error is acceptable
    pub baseline: PathBuf,
    /// The reference that both are compared with
    #[arg(conflicts_with_all = ["rtol", "atol", "accuracy", "exact"])]
    pub reference: Option<PathBuf>,
    /// How the two are compared
    #[command(flatten)]
    pub options: CompareOptions,
    /// Where the result goes
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How two gradients are compared.
#[derive(Debug, Clone, Default, PartialEq, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CompareOptions {
    /// Relative tolerance: an entry agrees if |candidate − baseline| ≤ atol + rtol·|baseline|
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::tolerance, help_heading = "Check")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtol: Option<f64>,
    /// Absolute tolerance
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::tolerance, help_heading = "Check")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub atol: Option<f64>,
    /// With three files: how many times as far from the reference as the baseline the candidate may be [default: 2]
    #[arg(long, value_name = "NUMBER", requires = "reference", allow_hyphen_values = true, value_parser = numbers::positive, help_heading = "Check")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
    /// Accept differences up to this fraction of a block's RMS
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["rtol", "atol"], allow_hyphen_values = true, value_parser = numbers::part, help_heading = "Check")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Every difference beyond the rounding of the storage types is wrong
    #[arg(long, conflicts_with_all = ["rtol", "atol", "accuracy"], help_heading = "Check")]
    pub exact: bool,
    /// Fail if an agreement leaves anything untested, such as a block of zeros
    #[arg(long, help_heading = "Check")]
    pub strict: bool,
    /// Read and keep at most this much of a file, in GiB
    #[arg(long, value_name = "GIB", default_value = "1", allow_hyphen_values = true, value_parser = numbers::read_limit, help_heading = "Check")]
    pub read_limit: ReadLimit,
}
