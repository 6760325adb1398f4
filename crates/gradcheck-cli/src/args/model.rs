//! The flags of `gradcheck model`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::{OutputArgs, numbers};
use crate::remote::{BlockShape, Bounds, ModelSpec, Place};

/// `gradcheck model`.
#[derive(Debug, Args)]
pub struct ModelArgs {
    /// The URLs of servers of the model: one, or several that share the work
    #[arg(
        value_name = "URL",
        required_unless_present = "spawn",
        conflicts_with = "spawn"
    )]
    pub urls: Vec<String>,
    /// Start this server, which is told its port by PORT or {port}, and end it afterwards
    #[arg(long, value_name = "COMMAND")]
    pub spawn: Option<String>,
    /// How long the server that is started may take until it answers, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, requires = "spawn", allow_hyphen_values = true, value_parser = numbers::real)]
    pub wait: f64,
    /// Which of the server's models, where it has several
    #[arg(long, value_name = "NAME")]
    pub model: Option<String>,
    /// The point: .json with a list of lists, one an input; or .npz, .safetensors or .json by name [default: random]
    #[arg(long, value_name = "FILE")]
    pub at: Option<PathBuf>,
    /// The name and shape of an input, such as W1:5x4 or b1:5; once for each, in their order
    #[arg(long = "block", value_name = "NAME:SHAPE")]
    pub blocks: Vec<BlockShape>,
    /// Where an input, or one entry of it, may be evaluated: rates:0.., p:0..1, theta[2]:..5; may be given several times
    #[arg(long, value_name = "NAME:LOW..HIGH")]
    pub bounds: Vec<Bounds>,
    /// An input, or one entry of it, that stays as it is and is not judged; may be given several times
    #[arg(long, value_name = "NAME")]
    pub fixed: Vec<Place>,
    /// The model's own configuration: a JSON object, or a file with one
    #[arg(long, value_name = "JSON|FILE")]
    pub config: Option<String>,
    /// How many evaluations at a time [default: 1 a URL]
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::jobs)]
    pub jobs: Option<NonZeroUsize>,
    /// Judge so many coordinates, of every input some, instead of all
    #[arg(long, value_name = "N", allow_hyphen_values = true, value_parser = numbers::count)]
    pub sample: Option<usize>,
    /// The seed of the point, the cotangent and all else that is random
    #[arg(long, value_name = "N", default_value_t = 0, allow_hyphen_values = true, value_parser = numbers::seed)]
    pub seed: u64,
    /// What the model's gradient is computed in
    #[arg(long, value_name = "TYPE", default_value = "f64", value_parser = ["f64", "f32"])]
    pub precision: String,
    /// How sharp a comparison must be to count as agreement, relative to its block's scale
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub resolution: Option<f64>,
    /// Accept differences up to this part of the gradient: the tolerance of an iterative solver
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true, value_parser = numbers::real)]
    pub accuracy: Option<f64>,
    /// Call every difference beyond the error bars wrong: cost and gradient are computed to rounding
    #[arg(long)]
    pub exact: bool,
    /// Fail where an agreement leaves something open: zero blocks, entries too small to tell from 0, subgradients
    #[arg(long)]
    pub strict: bool,
    /// How long one call may take, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60.0, allow_hyphen_values = true, value_parser = numbers::real)]
    pub timeout: f64,
    /// How often a call that may succeed another time is tried again
    #[arg(long, value_name = "N", default_value_t = 3, allow_hyphen_values = true, value_parser = numbers::count)]
    pub retries: usize,
    /// Most numbers that the inputs, or the outputs, may have together; a vector counts as 1000 at least
    #[arg(long, value_name = "N", default_value_t = um_bridge::Settings::SIZE_LIMIT, allow_hyphen_values = true, value_parser = numbers::count)]
    pub max_size: usize,
    /// The form of the result
    #[command(flatten)]
    pub output: OutputArgs,
}

/// What of the flags makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum ModelUsage {
    /// A URL that is none.
    #[error(transparent)]
    Url(#[from] um_bridge::Error),
    /// No time, or no end.
    #[error("{flag} {value} is no time to wait: give some seconds, such as 60")]
    Timeout {
        /// Which.
        flag: &'static str,
        /// As given.
        value: f64,
    },
    /// So many that starting them is all that would happen.
    #[error("--jobs {value} is too many: give at most {most}")]
    Jobs {
        /// As given.
        value: usize,
        /// The most.
        most: usize,
    },
    /// Not between 0 and 1.
    #[error(
        "--resolution {value} is no share of a scale: give a number between 0 and 1, such as 1e-3"
    )]
    Resolution {
        /// As given.
        value: f64,
    },
    /// Not between 0 and 1.
    #[error(
        "--accuracy {value} is no part of a gradient: give a number between 0 and 1, such as 1e-6"
    )]
    Accuracy {
        /// As given.
        value: f64,
    },
}

/// More evaluations at a time run into the limits of the system.
const MOST_JOBS: usize = 1024;

impl ModelArgs {
    /// The model meant.
    ///
    /// # Errors
    /// [`ModelUsage`].
    pub fn spec(&self) -> Result<ModelSpec, ModelUsage> {
        let timeout = seconds("--timeout", self.timeout)?;
        let wait = seconds("--wait", self.wait)?;
        if let Some(jobs) = self.jobs.filter(|jobs| jobs.get() > MOST_JOBS) {
            return Err(ModelUsage::Jobs {
                value: jobs.get(),
                most: MOST_JOBS,
            });
        }
        let is_no_share = |value: &f64| !(*value > 0.0 && *value < 1.0);
        if let Some(value) = self.resolution.filter(is_no_share) {
            return Err(ModelUsage::Resolution { value });
        }
        if let Some(value) = self.accuracy.filter(is_no_share) {
            return Err(ModelUsage::Accuracy { value });
        }
        let urls = self.urls.iter().map(|url| um_bridge::Url::parse(url));
        Ok(ModelSpec {
            urls: urls.collect::<Result<_, _>>()?,
            spawn: self.spawn.clone(),
            model: self.model.clone(),
            at: self.at.clone(),
            blocks: self.blocks.clone(),
            bounds: self.bounds.clone(),
            fixed: self.fixed.clone(),
            config: self.config.clone(),
            jobs: self.jobs,
            sample: self.sample,
            seed: self.seed,
            single: self.precision == "f32",
            resolution: self.resolution,
            accuracy: self.accuracy,
            exact: self.exact,
            strict: self.strict,
            wait,
            timeout,
            retries: u32::try_from(self.retries).unwrap_or(u32::MAX),
            max_size: self.max_size,
        })
    }
}

fn seconds(flag: &'static str, value: f64) -> Result<Duration, ModelUsage> {
    let longest = Duration::from_secs(365 * 24 * 3600);
    Duration::try_from_secs_f64(value)
        .ok()
        .filter(|time| !time.is_zero() && *time <= longest)
        .ok_or(ModelUsage::Timeout { flag, value })
}
