//! What the user typed. Knows clap; turns words into the domain's objects and nothing else.

mod again;
mod choice;
mod config;
mod model;
mod network;
mod numbers;
mod words;

use std::path::PathBuf;

use anyhow::Result;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

pub use config::{ConfigError, ConfigProblem};
pub(crate) use model::ModelArgs;
pub use network::NetworkOptions;
pub use words::{Column, Widths};

use crate::source_file::ReadLimit;

/// Checks hand-written gradients: at random initialization and again after training, with a verdict
/// that rests on error bars, and says where they are wrong.
#[derive(Debug, Parser)]
#[command(name = "gradcheck", version, max_term_width = 100, after_help = EXAMPLES)]
pub struct Cli {
    /// When to use colors; NO_COLOR is honoured
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t)]
    pub color: Color,

    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// What was typed, with the options of a configuration file where it names one; clap itself prints
    /// help and what is wrong with a flag, and exits.
    ///
    /// # Errors
    /// Where the configuration file can't be used.
    pub fn from_environment() -> Result<Self> {
        Self::from_matches(&Self::command().get_matches())
    }

    fn from_matches(matches: &ArgMatches) -> Result<Self> {
        let mut cli = Self::from_arg_matches(matches).unwrap_or_else(|error| error.exit());
        if let (Command::Mlp(args), Some(("mlp", given))) = (&mut cli.command, matches.subcommand())
            && let Some(file) = &args.config
        {
            args.network = config::layered(args.network.clone(), given, file)?;
        }
        Ok(cli)
    }
}

const EXAMPLES: &str = "\
Examples:
  gradcheck mlp                                      a network on real data, before and after training
  gradcheck mlp --data digits --activation tanh      ten classes, another activation
  gradcheck mlp --fault dw2-doubled                  what a wrong backward pass looks like
  gradcheck mlp --data my.csv --label price --loss mse --layers 12,8,1
  gradcheck course                                   the course's exercise and its published numbers
  gradcheck model --spawn 'python model.py'          a model in any language, by the UM-Bridge protocol
  gradcheck compare mine.npz numeric.npz             two gradients from anywhere

Exit codes: 0 every check agrees, 1 a gradient is wrong, 2 something could not be used,
3 no gradient is wrong but something could not be decided or is inexact: a real difference below a
millionth; or --strict found something left open, or --negative-control let an error pass.";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// The 1-D check of the course: J = θx, dJ/dθ = x
    #[command(
        after_help = "Examples:\n  gradcheck scalar\n  gradcheck scalar --x 3 --theta -1 --epsilon 1e-5"
    )]
    Scalar(ScalarArgs),
    /// The course's own exercise, right and with its two planted bugs, the published numbers beside ours
    #[command(
        after_help = "Examples:\n  gradcheck course\n  gradcheck course --epsilon 1e-5 --format json"
    )]
    Course(CourseArgs),
    /// A network on real data, at initialization and again after training
    #[command(after_help = MLP_EXAMPLES)]
    Mlp(Box<MlpArgs>),
    /// A model in any language behind the UM-Bridge protocol, with the gradient it offers
    #[command(
        after_help = MODEL_EXAMPLES,
        override_usage = "gradcheck model [OPTIONS] <URL>...\n       gradcheck model [OPTIONS] --spawn <COMMAND>"
    )]
    Model(Box<ModelArgs>),
    /// Two gradients from files (.npy, .npz, .safetensors, .json, .csv)
    #[command(after_help = COMPARE_EXAMPLES)]
    Compare(CompareArgs),
    /// The list of planted faults
    #[command(after_help = "Example:\n  gradcheck faults\n  gradcheck mlp --fault db1-times-4")]
    Faults(OutputArgs),
    /// Completions for a shell, on standard output
    #[command(
        after_help = "Example:\n  gradcheck completions bash > ~/.local/share/bash-completion/completions/gradcheck"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

const MLP_EXAMPLES: &str = "\
Examples:
  gradcheck mlp
  gradcheck mlp --layers 30,16,8,1 --activation tanh --l2 0.1 --steps 200 --optimizer adam
  gradcheck mlp --data digits --scheme complex-step --activation gelu
  gradcheck mlp --data my.csv --label 3 --loss mse --layers 7,10,1 --rows 100
  gradcheck mlp --config net.toml --seed 7           flags win over the file
  gradcheck mlp --keep-prob 0.8 --frozen-masks       dropout with the same masks on both sides
  gradcheck mlp --negative-control                   is the judge awake? Errors planted, each to be rejected

The file for --config is TOML with the names of the flags as keys, for example:
  layers = [30, 16, 8, 1]
  activation = \"tanh\"
  learning-rate = 0.05";

const MODEL_EXAMPLES: &str = "\
Examples:
  gradcheck model http://localhost:4242
  gradcheck model --spawn 'python model.py' --block W1:5x4 --block b1:5
  gradcheck model http://localhost:4242 --at point.json --config '{\"fidelity\": 2}'
  gradcheck model http://a:4242 http://b:4242 --jobs 8        two servers share the work
  gradcheck model http://localhost:4242 --accuracy 1e-6       a solver inside stops at a tolerance

A point is a JSON list with one list of numbers for each input: [[0.5, -1.0], [2.0]].
A model without a gradient has its forward side looked at, and exit code 2.";

const COMPARE_EXAMPLES: &str = "\
Examples:
  gradcheck compare analytic.npy numeric.npy
  gradcheck compare grads.safetensors numeric.npz    blocks are matched by name

There are no error bars here, so the course's bands decide: a block agrees up to a difference of
2e-7, and a coordinate is wrong from a thousandth of its block's scale on.";

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

/// How to say the result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Text,
    /// For scripts, schema 1
    Json,
}

/// Where the result goes and in what form.
#[derive(Debug, Args)]
pub struct OutputArgs {
    /// The form of the result
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Write the result to a file instead of standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl OutputArgs {
    /// Whether somebody reads it as it comes.
    pub(crate) fn is_text_on_stdout(&self) -> bool {
        self.format == Format::Text && self.output.is_none()
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
    /// The step of the difference
    #[arg(
        long,
        default_value_t = 1e-7,
        allow_hyphen_values = true,
        value_parser = numbers::real,
        value_name = "NUMBER"
    )]
    pub epsilon: f64,
    /// The form of the result
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck course`.
#[derive(Debug, Args)]
pub struct CourseArgs {
    /// The step of the difference
    #[arg(
        long,
        default_value_t = 1e-7,
        allow_hyphen_values = true,
        value_parser = numbers::real,
        value_name = "NUMBER"
    )]
    pub epsilon: f64,
    /// The form of the result
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
    /// The form of the result
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `gradcheck compare`.
#[derive(Debug, Args)]
pub struct CompareArgs {
    /// The gradient to be judged
    pub analytic: PathBuf,
    /// The one to judge it by
    pub numeric: PathBuf,
    /// Read and keep at most this much of a file, in GiB [default: 1]
    #[arg(long, value_name = "GIB", allow_hyphen_values = true, value_parser = numbers::read_limit)]
    pub read_limit: Option<ReadLimit>,
    /// The form of the result
    #[command(flatten)]
    pub output: OutputArgs,
}
