//! The check of a model, from its URL to the report.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use finite_diff::domain::Within;
use finite_diff::execution::{Failed, Progress};
use finite_diff::{Domain, Execution, ParameterLayout};
use gradient_check::{CheckError, Reason, Verdict};
use um_bridge::{Client, Model, ModelObjective, Server, SpawnSettings, Support, Url};

use super::bounds::Limits;
use super::error::failed_words;
use super::forward::{Forward, examine};
use super::interruptible::Interruptible;
use super::judge::{Derivatives, judge};
use super::products::Products;
use super::{ModelError, ModelOptions, config, point};

/// The outcome of a model check.
#[derive(Debug)]
pub struct ModelOutcome {
    /// The name of the model.
    pub model: String,
    /// The URLs that were used, without passwords; none for a spawned server.
    pub urls: Vec<String>,
    /// The model's inputs.
    pub layout: ParameterLayout,
    /// The lengths of the model's outputs.
    pub outputs: Vec<usize>,
    /// The results for what the model offers.
    pub offered: Offered,
    /// The servers that failed in between, one line each.
    pub troubles: Vec<String>,
    /// The error with which the model failed during the check; what was measured before is in the report.
    pub failure: Option<String>,
    /// The number of concurrent evaluations.
    pub jobs: usize,
    /// The duration of the check, without the start of a server.
    pub elapsed: Duration,
}

/// The results for what a model offers.
#[derive(Debug)]
pub enum Offered {
    /// The model offers a gradient, which was checked with the other derivatives that it offers.
    Gradient(Box<Derivatives>),
    /// The model offers no gradient: only its values could be examined.
    Forward(Forward),
}

impl ModelOutcome {
    /// The verdict on all derivatives, if there are any; with `strict`, an agreement that leaves something open does
    /// not count.
    pub fn verdict(&self, strict: bool) -> Option<Verdict> {
        let Offered::Gradient(found) = &self.offered else {
            return None;
        };
        Some(match found.verdict() {
            Verdict::Agree if found.failed_control() => {
                Verdict::Inconclusive(Reason::BelowResolution)
            }
            Verdict::Agree if strict && found.left_open().total() > 0 => {
                Verdict::Inconclusive(Reason::Vacuous)
            }
            verdict => verdict,
        })
    }
}

/// Finds the model, starts its server if requested, and checks its gradient at one point.
///
/// # Errors
/// [`ModelError`] if the model can't be found, used or evaluated; its server is ended in any case.
pub fn check(
    options: &ModelOptions,
    cancel: &'static AtomicBool,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<ModelOutcome, ModelError> {
    let config = config::read(options.config.as_deref(), options.read_limit)?;
    let given = options.parsed_urls()?;
    // The server is ended when it is dropped, whatever happens from here on.
    let mut server = match &options.spawn {
        Some(command) => Some(Server::spawn(
            command,
            &SpawnSettings {
                wait: options.wait.0,
                // An interrupted run must end within a second, whatever the server does.
                grace: Duration::from_millis(500),
                cancel: Some(cancel),
            },
        )?),
        None => None,
    };
    let urls = match &server {
        Some(server) => vec![Url::parse(server.url())?],
        None => given.clone(),
    };
    let count = NonZeroUsize::new(urls.len());
    let begun = Instant::now();
    let settings = um_bridge::Settings {
        timeout: options.timeout.0,
        retries: options.retries,
        size_limit: options.max_size,
        ..um_bridge::Settings::default()
    };
    let client = Client::of(urls, settings)?.until(cancel);
    let model = Model::open(client, options.model.as_deref(), config)?;
    let Support {
        evaluate, gradient, ..
    } = model.support();
    if !evaluate {
        return Err(ModelError::NoEvaluate {
            model: model.name().to_owned(),
        });
    }
    let layout = layout(options, &model)?;
    let limits = Limits::of(options, &layout)?;
    let point = match &options.at {
        Some(path) => point::read(path, &layout, options.read_limit)?,
        None => point::drawn(&layout, &limits, options.seed),
    };
    let limits = limits.at(&point);
    let jobs = options.jobs.or(count);
    let failed = Failed::new();
    let execution = Execution {
        threads: jobs,
        progress: Some(progress),
        cancel: Some(cancel),
        failure: Some(&failed),
    };
    let offered = match gradient {
        true => {
            let products = Products {
                model: &model,
                layout: &layout,
                cancel,
                evaluations: AtomicU64::new(0),
            };
            let found = judge(options, &products, &point, &limits, execution).map_err(|error| {
                let error = error.unless_interrupted(cancel).in_words(&layout, options);
                error.after(&end_of(server.as_mut()))
            })?;
            Offered::Gradient(Box::new(found))
        }
        false => {
            let ones = model.output_sizes().iter().map(|size| vec![1.0; *size]);
            let objective = ModelObjective::new(&model, ones.collect())
                .and_then(|objective| objective.with_layout(layout.clone()))
                .map_err(|error| ModelError::Shape(error.to_string()))?;
            let objective = Interruptible {
                objective: &objective,
                cancel,
            };
            let domain = Domain::new(&limits.lower, &limits.upper).map_err(CheckError::from)?;
            let objective = Within::new(objective, domain);
            let found = examine(&objective, &layout, &point, options, &execution);
            let in_words = |error: ModelError| {
                let error = error.unless_interrupted(cancel).in_words(&layout, options);
                error.after(&end_of(server.as_mut()))
            };
            Offered::Forward(found.map_err(in_words)?)
        }
    };
    let part_failed = match &offered {
        Offered::Gradient(found) => found.failure.clone(),
        Offered::Forward(_) => None,
    };
    let troubles = model.client().troubles();
    // An interrupted call is not a failure of the model.
    let failure = failed.take().filter(|_| !cancel.load(Ordering::Relaxed));
    Ok(ModelOutcome {
        model: model.name().to_owned(),
        urls: given.iter().map(ToString::to_string).collect(),
        outputs: model.output_sizes().to_vec(),
        failure: failure
            .map(|error| failed_words(&error, &layout, options))
            .or(part_failed)
            .map(|words| words + &end_of(server.as_mut())),
        layout,
        offered,
        troubles: troubles.iter().map(ToString::to_string).collect(),
        jobs: jobs.map_or(1, NonZeroUsize::get),
        elapsed: begun.elapsed(),
    })
}

/// What the spawned server wrote last, such as a traceback, and how it ended if it did, as text to follow a failure.
fn end_of(server: Option<&mut Server>) -> String {
    let Some(server) = server else {
        return String::new();
    };
    let end = server.ended();
    let lines = server.last_lines().join(" | ");
    match (end, lines.is_empty()) {
        (None, true) => String::new(),
        (None, false) => format!("; the last lines that the spawned server wrote: {lines}"),
        (Some(end), true) => format!("; the spawned server has ended ({end}); it wrote nothing"),
        (Some(end), false) => {
            format!("; the spawned server has ended ({end}); the last lines it wrote: {lines}")
        }
    }
}

/// The inputs by name, if they have any and any outputs depend on them.
fn layout(options: &ModelOptions, model: &Model) -> Result<ParameterLayout, ModelError> {
    let sizes = model.input_sizes();
    let nothing = |what| ModelError::Nothing {
        model: model.name().to_owned(),
        what,
    };
    if sizes.iter().sum::<usize>() == 0 {
        return Err(nothing("no inputs"));
    }
    if model.output_sizes().iter().sum::<usize>() == 0 {
        return Err(nothing("no outputs"));
    }
    let mut layout = ParameterLayout::new();
    if options.blocks.is_empty() {
        for (number, size) in sizes.iter().enumerate() {
            layout = layout.with(format!("input{number}"), &[*size])?;
        }
        return Ok(layout);
    }
    for block in &options.blocks {
        layout = layout.with(&block.name, &block.shape)?;
    }
    let lengths: Vec<usize> = layout.blocks().iter().map(|block| block.len()).collect();
    if lengths != sizes {
        let listed = |lengths: &[usize]| {
            let words: Vec<String> = lengths.iter().map(ToString::to_string).collect();
            words.join(" and ")
        };
        return Err(ModelError::Blocks {
            model: model.name().to_owned(),
            blocks: layout.to_string(),
            got: listed(&lengths),
            expected: listed(sizes),
        });
    }
    Ok(layout)
}
