//! Two gradients that somebody else computed, held against each other. Without error bars there is
//! only the course's rule to go by.

use std::time::Duration;

use finite_diff::{LayoutError, ParameterLayout};

use crate::assemble::{Frame, assemble};
use crate::diagnosis::Context;
use crate::difference::{BUG_FROM, Band, difference};
use crate::report::Report;
use crate::root_mean_square::root_mean_square;
use crate::verdict::{Comparison, NonFinite, Reason, Verdict};

/// Compares `analytic` with `numeric`, block by block, by the course's bands.
///
/// A coordinate is wrong when |g − d| is [`BUG_FROM`] of its block's scale (the root mean square of d)
/// or more, so that one bad entry can't drown in a large block; the others agree where the block's
/// difference is likely right, and are inconclusive where it says "look again": without error bars
/// nobody can tell how far the numeric side is off by itself. A block that is zero on both sides is
/// vacuous. A number that is not finite never agrees: wrong on the analytic side, inconclusive on
/// the numeric one.
///
/// ```
/// use finite_diff::ParameterLayout;
/// use gradient_check::{Verdict, compare_gradients};
/// let layout = ParameterLayout::new().with("W", &[2])?;
/// let report = compare_gradients(&[1.0, 2.0], &[1.0, 2.0 + 1e-9], &layout)?;
/// assert_eq!(report.verdict, Verdict::Agree);
/// assert_eq!(compare_gradients(&[1.0, 4.0], &[1.0, 2.0], &layout)?.verdict, Verdict::Disagree);
/// # Ok::<(), finite_diff::LayoutError>(())
/// ```
///
/// # Errors
/// [`LayoutError::Length`] where a gradient is not as long as the layout.
pub fn compare_gradients(
    analytic: &[f64],
    numeric: &[f64],
    layout: &ParameterLayout,
) -> Result<Report, LayoutError> {
    let pairs = layout
        .unflatten(analytic)?
        .into_iter()
        .zip(layout.unflatten(numeric)?);
    let compared = layout
        .blocks()
        .iter()
        .zip(pairs)
        .map(|(block, (g, d))| compare_block(block.range().start, g, d))
        .collect();
    // Nothing is known of the parameters, and a decay that is proportional to zeros fits nothing.
    let theta = vec![0.0; layout.len()];
    let context = Context::default();
    let frame = Frame {
        theta: &theta,
        working_epsilon: f64::EPSILON,
        context: &context,
        mistakes: None,
        cost: f64::NAN,
        selected: layout.len(),
        fixed: 0,
        reexamined: 0,
        evaluations: 0,
        elapsed: Duration::ZERO,
        scheme: "given".to_owned(),
        interrupted: false,
        slope: None,
        recheck: None,
    };
    Ok(assemble(layout, compared, frame))
}

fn compare_block(offset: usize, analytic: &[f64], numeric: &[f64]) -> (f64, Vec<Comparison>) {
    // What is no number counts as zero.
    let finite = |d: &f64| if d.is_finite() { *d } else { 0.0 };
    let scale = match root_mean_square(numeric.iter().map(finite)) {
        // As it was always written out.
        0.0 => -0.0,
        scale => scale,
    };
    // Of what can be compared; the rest has its own word below.
    let (g, d): (Vec<f64>, Vec<f64>) = analytic
        .iter()
        .zip(numeric)
        .filter(|(g, d)| g.is_finite() && d.is_finite())
        .unzip();
    let band = Band::of(difference(&g, &d));
    let zero = analytic.iter().chain(numeric).all(|v| *v == 0.0);
    let comparisons = analytic
        .iter()
        .zip(numeric)
        .enumerate()
        .map(|(i, (&g, &d))| {
            let tolerance = BUG_FROM * scale;
            let verdict = if zero {
                Verdict::Inconclusive(Reason::Vacuous)
            } else if !g.is_finite() {
                Verdict::Disagree
            } else if !d.is_finite() {
                Verdict::Inconclusive(Reason::NonFinite)
            } else if (g - d).abs() >= tolerance && g != d {
                Verdict::Disagree
            } else if band == Band::LikelyRight {
                Verdict::Agree
            } else {
                Verdict::Inconclusive(Reason::BelowResolution)
            };
            Comparison {
                coordinate: offset + i,
                analytic: g,
                numeric: Some(d),
                error_bar: None,
                tolerance,
                doubt: 0.0,
                verdict,
                non_finite: if !g.is_finite() {
                    Some(NonFinite::Backward)
                } else if !d.is_finite() {
                    Some(NonFinite::Difference)
                } else {
                    None
                },
                one_sided: None,
                subgradient: false,
                flat: g == 0.0 && d == 0.0,
                settled: true,
            }
        })
        .collect();
    (scale, comparisons)
}
