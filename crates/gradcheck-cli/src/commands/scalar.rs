//! `gradcheck scalar`: the course's first check, J = θx.

use anyhow::Result;
use finite_diff::{ParameterLayout, Scheme, course, from_fn};
use gradient_check::course::{Band, difference};
use gradient_check::{Settings, Verdict, check};

use super::course::COURSE_EPSILON;
use super::{Forms, emit};
use crate::args::ScalarArgs;
use crate::exit;
use crate::output::{Sink, json, text};
use crate::shell_words::number;

/// What the course prints for x = 2, θ = 4, ε = 1e-7.
const PUBLISHED: f64 = 2.919335883291695e-10;

pub(crate) fn run(args: &ScalarArgs) -> Result<u8> {
    let sink = Sink::open(args.output.output.as_deref(), &[])?;
    let (x, theta) = (args.x, args.theta);
    let j = from_fn(1, |theta: &[f64]| theta[0] * x);
    let grad = [x];
    let gradapprox = course::gradient(&j, &[theta], args.epsilon)?;
    let notebook = difference(&grad, &gradapprox);

    let layout = ParameterLayout::new().with("theta", &[])?;
    let settings = Settings {
        scheme: Scheme::course(args.epsilon),
        ..Settings::exact()
    };
    let report = check(&j, &grad, &[theta], &layout, &settings)?;

    let as_published = (x, theta, args.epsilon) == (2.0, 4.0, COURSE_EPSILON);
    emit(
        &args.output,
        sink,
        &Forms {
            text: &|_| {
                format!(
                    "J = θ·x at x = {}, θ = {}: J = {}, dJ/dθ = {}\n\
                     gradapprox = (J(θ+ε) − J(θ−ε))/2ε = {} with ε = {:e}\n\
                     difference = {notebook:?}{}\n{}{}",
                    number(x),
                    number(theta),
                    number(theta * x),
                    number(x),
                    number(gradapprox[0]),
                    args.epsilon,
                    match as_published {
                        true => ", as the course publishes it",
                        false => "",
                    },
                    verdict(report.verdict),
                    why_apart(report.verdict, notebook),
                )
            },
            short: &|| text::short_report(&report),
            json: &|| json::NamedChecks {
                schema: json::SCHEMA,
                checks: vec![json::NamedCheck {
                    name: "scalar",
                    difference: notebook,
                    published_difference: as_published.then_some(PUBLISHED),
                    verdict: report.verdict.to_string(),
                    wrong_blocks: Vec::new(),
                }],
            },
        },
    )?;
    Ok(args.output.code(exit::code(report.verdict)))
}

/// Why the verdict is not what the difference suggests, where it isn't.
fn why_apart(verdict: Verdict, difference: f64) -> &'static str {
    match verdict {
        Verdict::Agree if Band::of(difference) != Band::LikelyRight => {
            "The difference measures ε here, not the gradient: this ε is too small or too large\nfor these \
             x and θ. The verdict rests on better step sizes, with error bars.\n"
        }
        _ => "",
    }
}

/// The course's message, green or yellow. It rests on the error bar: the difference means nothing where the
/// numeric derivative is not known well.
fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Agree => format!("{}\n", text::styled(text::GOOD, "The gradient is correct!")),
        Verdict::Disagree => format!("{}\n", text::styled(text::UNSURE, "The gradient is wrong!")),
        Verdict::Inconclusive(reason) => {
            const LEAD: &str = "Inconclusive:";
            let line = format!("{LEAD} {}.", reason.remedy());
            let lead = text::styled(text::UNSURE, LEAD);
            textwrap::fill(&line, 80).replacen(LEAD, &lead, 1) + "\n"
        }
    }
}
