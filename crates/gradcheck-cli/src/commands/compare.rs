//! `gradcheck compare`.

use anyhow::Result;
use finite_diff::ParameterLayout;
use gradient_check::course::Stored;
use gradient_check::{Verdict, compare_gradients};

use crate::args::{CompareArgs, Format};
use crate::exit;
use crate::gradient_file::{self, StoredAs};
use crate::network::quoted;
use crate::output::{Sink, json, text};
use crate::source_file::ReadLimit;

pub(crate) fn run(args: &CompareArgs) -> Result<u8> {
    let sink = Sink::open(
        args.output.output.as_deref(),
        &[&args.analytic, &args.numeric],
    )?;
    let limit = args.read_limit.unwrap_or_default();
    let pairs = gradient_file::pair(
        gradient_file::read(&args.analytic, limit)?,
        gradient_file::read(&args.numeric, limit)?,
    )?;
    let mut layout = ParameterLayout::new();
    let (mut analytic, mut numeric, mut stored) = (Vec::new(), Vec::new(), Vec::new());
    for pair in pairs {
        layout = layout.with(pair.name, &pair.shape)?;
        append(&mut analytic, pair.analytic);
        append(&mut numeric, pair.numeric);
        let [of_analytic, of_numeric] = pair.stored.map(type_of);
        stored.push(of_analytic.coarser(of_numeric));
    }
    let report = compare_gradients(&analytic, &numeric, &layout, &stored)?;
    sink.write(&match args.output.format {
        Format::Text => {
            let word = match report.verdict {
                Verdict::Agree => "The two gradients agree.",
                Verdict::Disagree => "The analytic gradient is wrong, or the numeric one is.",
                Verdict::Inconclusive(_) => {
                    "No verdict: without error bars nobody can tell whether the numeric side is off \
                     by that much itself."
                }
            };
            let word = text::styled(text::style_of(report.verdict), word);
            format!("{}\n{word}\n", text::report(&report))
        }
        Format::Json => {
            let file = |path: &std::path::Path| quoted(&path.to_string_lossy());
            let mut command =
                format!("gradcheck compare {} {}", file(&args.analytic), file(&args.numeric));
            if limit != ReadLimit::default() {
                command.push_str(&format!(" --read-limit {}", limit.in_gib()));
            }
            json::render(&json::compared(&report, command))?
        }
    })?;
    Ok(exit::code(report.verdict))
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
