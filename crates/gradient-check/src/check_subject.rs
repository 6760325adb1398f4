//! One call for everything: the structure of a subject, the noise of its gradient, the comparison.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use finite_diff::{Domain, ParameterLayout, Real, Selection};

use crate::check::{judge, measure_gradient_noise};
use crate::error::{CheckError, keep, nothing_to_check};
use crate::evidence::Evidence;
use crate::measure::{Measured, measure};
use crate::report::Report;
use crate::settings::Settings;
use crate::structure::{Inspected, fit_gradient, inspect};
use crate::subject::{Copied, Subject, objective_of};
use crate::verdict::Verdict;

/// Checks a subject's backward pass at `point`: looks at its structure ([`examine`](crate::structure::examine)),
/// measures the noise of its gradient, and compares the gradient with finite differences
/// ([`check`](crate::check())).
///
/// The report has what was found before the comparison in `structure`; see
/// [`Report::with_structure`] for what that makes of the verdict. Where the layout is wrong, the blocks
/// that fit are compared all the same; a block without a gradient is compared as zero, which is how an
/// optimizer takes it. The noise of the gradient is measured (27 more backward passes) where the settings
/// bring none, a call does not depend on the calls before, and the gradient is in `f64`. Where the subject has
/// a [`domain`](Subject::domain) neither pass is called outside it, and nothing is said of parameters that are fixed.
///
/// # Errors
/// [`CheckError`], where the pieces don't fit together or a pass fails. A gradient of the wrong shape is
/// no error but a finding.
pub fn check_subject<T: Real, S: Subject<T> + ?Sized>(
    subject: &S,
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    once(&subject, point, layout, settings)
}

finite_diff::compiled_once! {
    fn once<'a, T>(
        subject: &'a dyn Subject<T>,
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<Report, CheckError> = check_of
}

fn check_of<T: Real>(
    subject: &dyn Subject<T>,
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Report, CheckError> {
    let begun = Instant::now();
    let inspected = inspect(subject, point, layout, settings)?;
    let Inspected {
        mut structure,
        cost,
        deterministic,
        gradient,
        placed,
    } = inspected;
    let domain = subject.domain();
    let wanted = settings.selection.coordinates(layout, domain);
    let comparable = |i: &usize| {
        // What does not exist is for the check to refuse.
        layout.block_index(*i).is_none_or(|block| placed[block])
    };
    let coordinates: Vec<usize> = wanted.iter().copied().filter(comparable).collect();
    if wanted.is_empty() {
        return Err(nothing_to_check(layout, settings));
    }

    let measurable = settings.analytic_noise.is_none()
        && settings.analytic_rounding.is_none()
        && settings.working_epsilon <= f64::EPSILON
        && structure.gradient_repeats()
        && deterministic
        && cost.is_finite()
        && !coordinates.is_empty();
    let noise = if measurable {
        let passes = AtomicU64::new(0);
        let field = |point: &[T]| {
            passes.fetch_add(1, Ordering::Relaxed);
            let handed = subject.backward(&mut point.to_vec(), 1.0)?;
            Ok(fit_gradient(handed, layout).flat)
        };
        let execution = &settings.execution;
        let noise = measure_gradient_noise(field, point, domain, settings.seed, execution)?;
        structure.backward_passes += passes.into_inner();
        Some(noise)
    } else {
        None
    };
    let settings = Settings {
        selection: Selection::Some(coordinates.clone()),
        analytic_noise: noise.as_deref().or(settings.analytic_noise),
        ..settings.clone()
    };

    let copied = Copied { subject, layout };
    let objective = objective_of(subject, &copied);
    let nothing = || {
        let evidence = Evidence {
            cost,
            ..Evidence::beside(&[], &gradient, &settings)
        };
        Measured::given(evidence, &gradient, settings.scheme.stencil.name())
    };
    let mut measured = if coordinates.is_empty() {
        // No block can be compared.
        nothing()
    } else {
        match measure(objective.as_ref(), &gradient, point, layout, &settings) {
            // What was found before stays found.
            Err(error) if structure.verdict() == Verdict::Disagree => {
                keep(error, &settings.execution)?;
                let mut nothing = nothing();
                nothing.evidence.interrupted = true;
                nothing
            }
            measured => measured?.1,
        }
    };
    measured.evidence.deterministic &= deterministic;
    measured.evidence.selected = wanted.len();
    measured.facts.fixed = domain.map_or(0, Domain::fixed);
    measured.facts.begun = begun;
    structure.heed_probes(&measured.evidence, layout);

    let theta: Vec<f64> = point.iter().map(|x| x.widen()).collect();
    let mut report = judge(&measured, layout, &theta, &settings);
    if coordinates.is_empty() {
        report.difference = f64::NAN;
    }
    Ok(report.with_structure(structure))
}
