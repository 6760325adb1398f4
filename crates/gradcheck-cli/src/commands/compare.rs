//! `gradcheck compare`.

use std::path::Path;

use anyhow::{Context, Result, bail};
use finite_diff::ParameterLayout;
use gradient_check::course::{CompareRule, CompareSettings, Stored};
use gradient_check::{Reason, Verdict, compare_gradients};

use super::{Forms, emit};
use crate::args::{CompareArgs, CompareOptions};
use crate::exit;
use crate::gradient_file::{self, NamedBlock, StoredAs};
use crate::output::{Sink, json, text};
use crate::shell_words::quoted;

/// The default of `--times`, how many times as far from the reference as the baseline a candidate may be: the
/// multiplier with which `torch._dynamo.utils.same` compares with a reference in double precision, for every type but
/// bfloat16.
const DEFAULT_TIMES: f64 = 2.0;

pub(crate) fn run(args: &CompareArgs) -> Result<u8> {
    let files: Vec<&Path> = [&args.candidate, &args.baseline]
        .into_iter()
        .chain(&args.reference)
        .map(std::path::PathBuf::as_path)
        .collect();
    let sink = Sink::open(args.output.output.as_deref(), &files)?;
    let options = &args.options;
    let read = |path: &Path| gradient_file::read(path, options.read_limit);
    let candidate = read(&args.candidate)?;
    let baseline = read(&args.baseline)?;
    let report = match &args.reference {
        None => {
            let pair = Flat::of(candidate, baseline)
                .with_context(|| sides(&args.candidate, &args.baseline))?;
            let settings = CompareSettings {
                stored: pair.stored,
                rule: rule(options),
            };
            compare_gradients(&pair.left, &pair.right, &pair.layout, &settings)?
        }
        Some(path) => {
            let reference = read(path)?;
            refuse_non_finite(&args.baseline, &baseline, "baseline")?;
            refuse_non_finite(path, &reference, "reference")?;
            let pair = Flat::of(candidate, reference.clone())
                .with_context(|| sides(&args.candidate, path))?;
            let other =
                Flat::of(baseline, reference).with_context(|| sides(&args.baseline, path))?;
            if other.layout != pair.layout {
                bail!(
                    "{}, {}: the blocks are not the same: {} and {}",
                    quoted(&args.candidate.to_string_lossy()),
                    quoted(&args.baseline.to_string_lossy()),
                    pair.layout,
                    other.layout
                );
            }
            let settings = CompareSettings {
                stored: pair.stored,
                rule: CompareRule::Baseline {
                    gradient: &other.left,
                    times: options.times.unwrap_or(DEFAULT_TIMES),
                },
            };
            compare_gradients(&pair.left, &pair.right, &pair.layout, &settings)?
        }
    };
    let numeric = args.reference.as_ref().unwrap_or(&args.baseline);
    let open = options.strict && report.verdict == Verdict::Agree && report.left_open().total() > 0;
    emit(
        &args.output,
        sink,
        &Forms {
            text: &|detail| {
                let (style, conclusion) = match (report.verdict, &args.reference) {
                    _ if open => (
                        text::UNSURE,
                        "The gradients agree, but --strict fails: not all of it was tested.",
                    ),
                    (Verdict::Agree, None) => (text::GOOD, "The gradients agree."),
                    (Verdict::Disagree, None) => {
                        (text::BAD, "The gradients disagree: one of them is wrong.")
                    }
                    (Verdict::Agree, Some(_)) => (
                        text::GOOD,
                        "The candidate is as close to the reference as the baseline.",
                    ),
                    (Verdict::Disagree, Some(_)) => (
                        text::BAD,
                        "The candidate is farther from the reference than the baseline allows.",
                    ),
                    (Verdict::Inconclusive(Reason::NonFinite), None) => (
                        text::UNSURE,
                        "Inconclusive: the second file has entries that are NaN or infinite.",
                    ),
                    (Verdict::Inconclusive(_), None) => (
                        text::UNSURE,
                        "Inconclusive: files carry no error bars. Give a tolerance with --rtol or --atol.",
                    ),
                    (Verdict::Inconclusive(_), Some(_)) => (
                        text::UNSURE,
                        "Inconclusive: nothing is known to be wrong, but not everything could be compared.",
                    ),
                };
                let conclusion = text::styled(style, conclusion);
                format!(
                    "{}\n{}\n{conclusion}\n",
                    text::heading(&roles(&args.candidate, numeric)),
                    text::report(&report, detail)
                )
            },
            short: &|| text::short_report(&report),
            json: &|| {
                let verdict = match open {
                    true => Verdict::Inconclusive(Reason::Vacuous),
                    false => report.verdict,
                };
                json::compared(&report, verdict, command_line(args, &files))
            },
        },
    )?;
    let code = match open {
        true => exit::UNDECIDED,
        false => exit::code(report.verdict),
    };
    Ok(args.output.code(code))
}

/// Which file a report calls analytic and which numeric.
fn roles(analytic: &Path, numeric: &Path) -> [String; 2] {
    [(analytic, "analytic"), (numeric, "numeric")]
        .map(|(path, role)| format!("{} ({role})", quoted(&path.to_string_lossy())))
}

/// Both files with their roles, for an error.
fn sides(analytic: &Path, numeric: &Path) -> String {
    roles(analytic, numeric).join(" and ")
}

/// A distance to or from something that is not finite measures nothing.
fn refuse_non_finite(path: &Path, blocks: &[NamedBlock], role: &str) -> Result<()> {
    for block in blocks {
        if let Some((index, value)) = block
            .values
            .iter()
            .enumerate()
            .find(|(_, v)| !v.is_finite())
        {
            bail!(
                "{}: entry {index} of block {:?} is {value}: a {role} must be finite everywhere",
                quoted(&path.to_string_lossy()),
                block.name,
            );
        }
    }
    Ok(())
}

fn rule(options: &CompareOptions) -> CompareRule<'static> {
    match options {
        CompareOptions { exact: true, .. } => CompareRule::Exact,
        CompareOptions {
            accuracy: Some(part),
            ..
        } => CompareRule::Accuracy(*part),
        CompareOptions {
            rtol: None,
            atol: None,
            ..
        } => CompareRule::Bands,
        CompareOptions { rtol, atol, .. } => CompareRule::Close {
            rtol: rtol.unwrap_or(0.0),
            atol: atol.unwrap_or(0.0),
        },
    }
}

fn command_line(args: &CompareArgs, files: &[&Path]) -> String {
    let mut words = vec!["gradcheck compare".to_owned()];
    words.extend(files.iter().map(|path| {
        let name = path.to_string_lossy();
        match name.starts_with('-') {
            true => quoted(&format!("./{name}")),
            false => quoted(&name),
        }
    }));
    words.extend(crate::args::flags(
        &args.options,
        &CompareOptions::default(),
        &[],
    ));
    words.join(" ")
}

/// Two gradients with the same blocks, each as one vector.
struct Flat {
    layout: ParameterLayout,
    left: Vec<f64>,
    right: Vec<f64>,
    /// The coarser type of both sides, for each block.
    stored: Vec<Stored>,
}

impl Flat {
    fn of(left: Vec<NamedBlock>, right: Vec<NamedBlock>) -> Result<Self> {
        let mut flat = Self {
            layout: ParameterLayout::new(),
            left: Vec::new(),
            right: Vec::new(),
            stored: Vec::new(),
        };
        for pair in gradient_file::pair(left, right)? {
            flat.layout = flat.layout.with(pair.name, &pair.shape)?;
            append(&mut flat.left, pair.analytic);
            append(&mut flat.right, pair.numeric);
            let [of_left, of_right] = pair.stored.map(type_of);
            flat.stored.push(of_left.coarser(of_right));
        }
        Ok(flat)
    }
}

fn type_of(stored: StoredAs) -> Stored {
    match stored {
        StoredAs::F64 => Stored::F64,
        StoredAs::F32 => Stored::F32,
        StoredAs::F16 => Stored::F16,
        StoredAs::BF16 => Stored::BF16,
    }
}

/// Appends `more` to `all`, without a copy where it is the first.
fn append(all: &mut Vec<f64>, more: Vec<f64>) {
    match all.is_empty() {
        true => *all = more,
        false => all.extend(more),
    }
}
