//! Which model to check, where, and how: one struct for the flags and for the command line that repeats the check.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use mlp_check::Precision;
use serde::Serialize;
use um_bridge::Url;

use super::{BlockShape, Bounds, Place};
use crate::args::{Seconds, choice, flags, numbers};
use crate::shell_words::quoted;
use crate::source_file::ReadLimit;

/// A model and how to check it.
#[derive(Debug, Clone, PartialEq, Args, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ModelOptions {
    /// URLs of servers of the model; several share the work
    #[arg(
        value_name = "URL",
        required_unless_present = "spawn",
        conflicts_with = "spawn"
    )]
    #[serde(skip)]
    pub urls: Vec<String>,

    /// Start this server with its port in PORT or {port}, and end it afterwards
    #[arg(long, value_name = "COMMAND", help_heading = "Model")]
    pub spawn: Option<String>,
    /// Seconds to wait for the spawned server to become ready
    #[arg(long, value_name = "SECONDS", default_value = "60", requires = "spawn", allow_hyphen_values = true, value_parser = numbers::seconds, help_heading = "Model")]
    pub wait: Seconds,
    /// Name of the model, if the server has several
    #[arg(long, value_name = "NAME", help_heading = "Model")]
    pub model: Option<String>,
    /// The model's own configuration: a JSON object, or a file with one
    #[arg(long, value_name = "JSON|FILE", help_heading = "Model")]
    pub config: Option<String>,
    /// Seconds to wait for the answer to one call
    #[arg(long, value_name = "SECONDS", default_value = "60", allow_hyphen_values = true, value_parser = numbers::seconds, help_heading = "Model")]
    pub timeout: Seconds,
    /// Retries after a transient failure
    #[arg(long, value_name = "N", default_value_t = 3, allow_hyphen_values = true, value_parser = numbers::small_count, help_heading = "Model")]
    pub retries: u32,
    /// Refuse a model whose inputs or outputs hold more than N numbers in total; each vector counts as at least 1000
    #[arg(long, value_name = "N", default_value_t = um_bridge::Settings::SIZE_LIMIT, allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Model")]
    pub max_size: usize,

    /// File with the point: a JSON list with one list for each input, or named blocks in .npz, .safetensors or .json
    /// [default: a random point]
    #[arg(long, value_name = "FILE", help_heading = "Point")]
    pub at: Option<PathBuf>,
    /// Name and shape of an input, such as W1:5x4 or b1:5; once per input, in order
    #[arg(long = "block", value_name = "NAME:SHAPE", help_heading = "Point")]
    #[serde(rename = "block", serialize_with = "shown")]
    pub blocks: Vec<BlockShape>,
    /// Bounds of an input or of one entry; repeatable
    #[arg(
        help = "Bounds of an input or of one entry, such as rates:0.., p:0..1 or theta[2]:..5; repeatable",
        long,
        value_name = "NAME:LOW..HIGH",
        help_heading = "Point"
    )]
    #[serde(serialize_with = "shown")]
    pub bounds: Vec<Bounds>,
    /// Hold an input, or one entry of it, constant and skip it; repeatable
    #[arg(long, value_name = "NAME", help_heading = "Point")]
    #[serde(serialize_with = "shown")]
    pub fixed: Vec<Place>,
    /// Seed of the random point, cotangent and directions
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true, value_parser = numbers::seed, help_heading = "Point")]
    pub seed: u64,

    /// Check along random directions only, for inputs too large to check entry by entry
    #[arg(long, conflicts_with_all = ["sample", "resolution"], help_heading = "Check")]
    pub directional: bool,
    /// Self-test: afterwards, plant errors into the gradient and verify that each is detected
    #[arg(long, conflicts_with = "directional", help_heading = "Check")]
    pub negative_control: bool,
    /// Check only N random coordinates, spread over all inputs
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count, help_heading = "Check")]
    pub sample: Option<usize>,
    /// Type that the model computes its gradient in
    #[arg(long, value_name = "TYPE", default_value_t, value_parser = choice::parser::<Precision>(), help_heading = "Check")]
    #[serde(with = "choice::by_name")]
    pub precision: Precision,
    /// Loosest tolerance, relative to the block's RMS, that still counts as agreement
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::part, help_heading = "Check")]
    pub resolution: Option<f64>,
    /// Accept differences up to this part of the gradient, such as the tolerance of an iterative solver
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::part, help_heading = "Check")]
    pub accuracy: Option<f64>,
    /// Every difference beyond the error bars is wrong: cost and gradient are computed to rounding
    #[arg(long, conflicts_with = "accuracy", help_heading = "Check")]
    pub exact: bool,
    /// Fail if an agreement leaves anything untested: zero blocks, entries too small to tell from 0, subgradients
    #[arg(long, help_heading = "Check")]
    pub strict: bool,
    /// Number of evaluations at a time [default: 1 per URL]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::jobs, help_heading = "Check")]
    pub jobs: Option<NonZeroUsize>,
    /// Read and keep at most this much of a file, in GiB
    #[arg(long, value_name = "GIB", default_value = "1", allow_hyphen_values = true, value_parser = numbers::read_limit, help_heading = "Check")]
    pub read_limit: ReadLimit,
}

impl Default for ModelOptions {
    /// The options of `gradcheck model` without a flag, and without a model.
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            spawn: None,
            wait: Seconds::MINUTE,
            model: None,
            config: None,
            timeout: Seconds::MINUTE,
            retries: 3,
            max_size: um_bridge::Settings::SIZE_LIMIT,
            at: None,
            blocks: Vec::new(),
            bounds: Vec::new(),
            fixed: Vec::new(),
            seed: 0,
            directional: false,
            negative_control: false,
            sample: None,
            precision: Precision::F64,
            resolution: None,
            accuracy: None,
            exact: false,
            strict: false,
            jobs: None,
            read_limit: ReadLimit::default(),
        }
    }
}

impl ModelOptions {
    /// The parsed URLs. They are not parsed with the flags, whose errors would show them with passwords.
    ///
    /// # Errors
    /// [`um_bridge::Error`], with the password masked.
    pub fn parsed_urls(&self) -> Result<Vec<Url>, um_bridge::Error> {
        self.urls.iter().map(|url| Url::parse(url)).collect()
    }

    /// The command line that repeats this check, with URLs without their passwords. It always contains the seed, since
    /// a random point depends on it.
    pub fn command_line(&self) -> String {
        let mut words = vec!["gradcheck model".to_owned()];
        words.extend(self.urls.iter().map(|url| match Url::parse(url) {
            Ok(url) => quoted(&url.to_string()),
            // Not the text itself: it may contain a password.
            Err(_) => "URL".to_owned(),
        }));
        words.extend(flags(self, &Self::default(), &["seed"]));
        words.push(format!("--seed {}", self.seed));
        words.join(" ")
    }
}

/// Serializes a list as it is typed.
fn shown<T: ToString, S: serde::Serializer>(items: &[T], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(items.iter().map(ToString::to_string))
}
