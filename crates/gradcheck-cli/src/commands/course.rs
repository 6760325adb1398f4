//! `gradcheck course`: the exercise of the course, with its published numbers.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use finite_diff::{EvaluationError, Objective, Scheme, course};
use gradient_check::course::difference;
use gradient_check::{Report, Settings, Verdict, check, verdict};
use mlp::{Activation, Architecture, Batch, Loss, NetworkObjective, Parameters, backward, forward};
use serde::Deserialize;
use tensor_core::Matrix;

use super::{Forms, emit};
use crate::args::CourseArgs;
use crate::exit;
use crate::output::text::Detail;
use crate::output::{Sink, json, text};

/// The exercise's parameters and data, with what the course publishes for it; see data/README.md.
const EXERCISE: &str = include_str!("../../data/course-exercise.json");

#[derive(Deserialize)]
struct Exercise {
    layers: Vec<usize>,
    examples: usize,
    theta: Vec<f64>,
    x_row_major: Vec<f64>,
    y: Vec<f64>,
    published_difference: f64,
    published_difference_with_both_bugs: f64,
}

/// The cost as the notebook computes it, −1/m Σ y·ln A + (1−y)·ln(1−A), from the activations. Here,
/// because its rounding is what the published number shows; everywhere else the cost comes from the
/// logits.
struct NotebookCost<'a> {
    architecture: &'a Architecture,
    batch: &'a Batch<f64>,
}

impl Objective<f64> for NotebookCost<'_> {
    fn dim(&self) -> usize {
        self.architecture.parameter_count()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        let parameters = Parameters::from_flat(self.architecture, point.to_vec())?;
        let pass = forward(self.architecture, &parameters, self.batch, None)?;
        let logits = pass.logits();
        let a = logits.as_slice().iter().map(|z| 1.0 / (1.0 + (-z).exp()));
        let sum: f64 = a
            .zip(self.batch.y().as_slice())
            .map(|(a, y)| -a.ln() * y + -(1.0 - a).ln() * (1.0 - y))
            .sum();
        Ok(sum / self.batch.examples() as f64)
    }
}

/// The course's ε.
pub(super) const COURSE_EPSILON: f64 = 1e-7;

/// One gradient of the exercise, judged both ways.
struct Judged {
    name: &'static str,
    notebook: f64,
    published: f64,
    report: Report,
}

pub(crate) fn run(args: &CourseArgs) -> Result<u8> {
    let sink = Sink::open(args.output.output.as_deref(), &[])?;
    let exercise: Exercise = serde_json::from_str(EXERCISE).context("the embedded exercise")?;
    let architecture =
        Architecture::new(&exercise.layers, Activation::Relu, Loss::BinaryCrossEntropy)?;
    let x = Matrix::from_vec(exercise.layers[0], exercise.examples, exercise.x_row_major)?;
    let y = Matrix::from_vec(1, exercise.examples, exercise.y)?;
    let batch = Batch::new(x, y)?;
    let parameters = Parameters::from_flat(&architecture, exercise.theta)?;
    let theta = parameters.as_flat();

    let pass = forward(&architecture, &parameters, &batch, None)?;
    let right = backward(&architecture, &pass, &batch)?;
    let both_bugs = mlp_faults::find("course")
        .context("the course's fault is missing from the table")?
        .gradient(&architecture, &parameters, &batch, None)?;

    let notebook_cost = NotebookCost {
        architecture: &architecture,
        batch: &batch,
    };
    let gradapprox = course::gradient(&notebook_cost, theta, args.epsilon)?;
    let objective = NetworkObjective::new(&architecture, &batch, None)?;
    let layout = mlp::layout(&architecture);
    let from_logits = difference(
        right.as_flat(),
        &course::gradient(&objective, theta, args.epsilon)?,
    );
    let judge = |name, gradient: &[f64], published| -> Result<Judged> {
        let settings = Settings {
            scheme: Scheme::CENTRAL,
            ..Settings::exact()
        };
        let report = check(&objective, gradient, theta, &layout, &settings)?;
        Ok(Judged {
            name,
            notebook: difference(gradient, &gradapprox),
            published,
            report,
        })
    };
    let judged = [
        judge(
            "right gradient",
            right.as_flat(),
            exercise.published_difference,
        )?,
        judge(
            "with both bugs",
            both_bugs.as_flat(),
            exercise.published_difference_with_both_bugs,
        )?,
    ];

    emit(
        &args.output,
        sink,
        &Forms {
            text: &|detail| render(&judged, from_logits, args.epsilon, detail),
            short: &|| {
                let line =
                    |j: &Judged| format!("{}: {}", sentence(j.name), text::short_report(&j.report));
                judged.iter().map(line).collect()
            },
            json: &|| json::NamedChecks {
                schema: json::SCHEMA,
                checks: judged.iter().map(|j| to_json(j, args.epsilon)).collect(),
            },
        },
    )?;
    // The exercise is known: it comes out well when the right one agrees and the wrong one does not.
    let expected = verdict::overall([
        judged[0].report.verdict,
        match judged[1].report.verdict {
            Verdict::Disagree => Verdict::Agree,
            Verdict::Agree => Verdict::Disagree,
            undecided => undecided,
        },
    ]);
    Ok(args.output.code(exit::code(expected)))
}

fn to_json(judged: &Judged, epsilon: f64) -> json::NamedCheck {
    json::NamedCheck {
        name: judged.name,
        difference: judged.notebook,
        published_difference: (epsilon == COURSE_EPSILON).then_some(judged.published),
        verdict: judged.report.verdict.to_string(),
        wrong_blocks: wrong_blocks(&judged.report),
    }
}

fn wrong_blocks(report: &Report) -> Vec<String> {
    report
        .blocks
        .iter()
        .filter(|block| block.verdict == Verdict::Disagree)
        .map(|block| block.name.clone())
        .collect()
}

fn render(judged: &[Judged; 2], from_logits: f64, epsilon: f64, detail: Detail) -> String {
    let mut out = format!(
        "{}\n\n",
        text::styled(
            text::STRONG,
            "The course's exercise: 4-5-3-1, three examples, 47 parameters"
        )
    );
    let rows = judged
        .iter()
        .map(|j| {
            let published = match epsilon == COURSE_EPSILON {
                true if j.published < 1e-3 => text::scientific(j.published, 11),
                true => j.published.to_string(),
                false => "-".to_owned(),
            };
            let digits = match j.notebook < 1e-3 {
                true => text::scientific(j.notebook, 2),
                false => format!("{:.12}", j.notebook),
            };
            let wrong = wrong_blocks(&j.report);
            vec![
                j.name.to_owned(),
                digits,
                published,
                text::short(j.report.difference),
                text::verdict(j.report.verdict),
                if wrong.is_empty() {
                    "-".to_owned()
                } else {
                    wrong.join(", ")
                },
            ]
        })
        .collect();
    let notebook = format!("at ε = {epsilon:e}");
    let head = [
        "difference",
        &notebook,
        "published",
        "best step",
        "verdict",
        "wrong",
    ];
    out.push_str(&text::table(&head, rows, 6));
    out.push_str(&match epsilon == COURSE_EPSILON {
        true => why_above(&judged[0], from_logits),
        false => format!(
            "\nThe published numbers are for ε = {COURSE_EPSILON:e}. With another ε the number measures ε\nas \
             well as the gradient; the verdict rests on step sizes that the check chooses.\n\n"
        ),
    });
    for j in judged {
        let _ = writeln!(
            out,
            "{}: {}",
            text::styled(text::STRONG, sentence(j.name)),
            text::verdict(j.report.verdict)
        );
        out.push_str(&text::report(&j.report, detail));
        out.push('\n');
    }
    out
}

/// Why the right gradient's difference lies above the course's own limit.
fn why_above(right: &Judged, from_logits: f64) -> String {
    let why = format!(
        "The published difference of the right gradient, {}, is above the 1e-07 that the course calls fine, \
         although the gradient is correct: at so small a step size the numeric derivative is mostly \
         rounding error, and that is what the number measures. The notebook computes the cost from ln A and \
         ln(1 - A), which round more than the logits do: from the logits the same loop gives {}, and \
         central differences at the best step size give {}.",
        text::scientific(right.published, 2),
        text::scientific(from_logits, 1),
        text::short(right.report.difference),
    );
    format!("\n{}\n\n", textwrap::fill(&why, 80))
}

fn sentence(name: &str) -> &str {
    match name {
        "right gradient" => "The right gradient",
        "with both bugs" => "With both bugs (dW2 doubled, db1 times 4)",
        other => other,
    }
}
