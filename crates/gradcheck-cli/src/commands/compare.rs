//! `gradcheck compare`.

use anyhow::Result;
use finite_diff::ParameterLayout;
use gradient_check::{Verdict, compare_gradients};

use crate::args::{CompareArgs, Format};
use crate::exit;
use crate::gradient_file;
use crate::output::{Sink, json, text};
use crate::shell_words::quoted;

pub(crate) fn run(args: &CompareArgs) -> Result<u8> {
    let sink = Sink::open(
        args.output.output.as_deref(),
        &[&args.analytic, &args.numeric],
    )?;
    let pairs = gradient_file::pair(
        gradient_file::read(&args.analytic)?,
        gradient_file::read(&args.numeric)?,
    )?;
    let mut layout = ParameterLayout::new();
    let (mut analytic, mut numeric) = (Vec::new(), Vec::new());
    for (name, shape, g, d) in pairs {
        layout = layout.with(name, &shape)?;
        analytic.extend(g);
        numeric.extend(d);
    }
    let report = compare_gradients(&analytic, &numeric, &layout)?;
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
            let command =
                format!("gradcheck compare {} {}", file(&args.analytic), file(&args.numeric));
            json::render(&json::compared(&report, command))?
        }
    })?;
    Ok(exit::code(report.verdict))
}
