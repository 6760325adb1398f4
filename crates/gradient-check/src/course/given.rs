//! Two gradients that were computed elsewhere, compared with each other. Without error bars there is
//! only the course's rule to go by, and the rounding of the type they were stored in.

use finite_diff::ParameterLayout;
use finite_diff::layout::LayoutError;

use super::bands::{BUG_FROM, Band, WARN_ABOVE};
use super::difference::difference_of_pairs;
use super::rule::{CompareRule, CompareSettings};
use super::stored::Stored;
use crate::constants::Constants;
use crate::root_mean_square::root_mean_square;
use crate::verdict::{Comparison, Comparisons, NonFinite, Reason, Verdict};

/// The comparisons of each block, in the order of the layout, with the scale of the block.
pub(crate) fn compare<'a>(
    analytic: &'a [f64],
    numeric: &'a [f64],
    layout: &ParameterLayout,
    settings: &CompareSettings<'_>,
) -> Result<Vec<(f64, Given<'a>)>, LayoutError> {
    let pairs = layout
        .unflatten(analytic)?
        .into_iter()
        .zip(layout.unflatten(numeric)?);
    let whole = root_mean_square(numeric.iter().map(finite));
    let baseline = match settings.rule {
        CompareRule::Baseline { gradient, .. } => Some(layout.unflatten(gradient)?),
        _ => None,
    };
    Ok(layout
        .blocks()
        .iter()
        .zip(pairs)
        .enumerate()
        .map(|(index, (block, (g, d)))| {
            let stored = settings.stored.get(index).copied().unwrap_or(Stored::F64);
            let rule = match (settings.rule, &baseline) {
                (CompareRule::Baseline { times, .. }, Some(blocks)) => CompareRule::Baseline {
                    gradient: blocks.get(index).copied().unwrap_or_default(),
                    times,
                },
                (rule, _) => rule,
            };
            Given::new(block.range().start, g, d, (stored, rule), whole)
        })
        .collect())
}

/// What is no number counts as zero where a size is asked for.
fn finite(d: &f64) -> f64 {
    if d.is_finite() { *d } else { 0.0 }
}

/// One block of both gradients, and by what its entries are judged.
pub(crate) struct Given<'a> {
    /// The flat index of the first coordinate.
    offset: usize,
    analytic: &'a [f64],
    numeric: &'a [f64],
    stored: Stored,
    rule: Rule,
}

/// By what the entries of a block are judged.
#[derive(Clone, Copy)]
enum Rule {
    /// All of them are 0, and so is every other block.
    Vacuous,
    /// None is more than this, which is rounding beside the other blocks.
    Zero(f64),
    /// By how far apart they are beyond what the type rounds away.
    Apart {
        /// From here on an entry is wrong.
        wrong_from: f64,
        /// Up to here it is right by itself.
        right_to: f64,
        /// Whether all that are not wrong are likely right together.
        together: bool,
    },
    /// By tolerances of their own: wrong or right, nothing between.
    Close { rtol: f64, atol: f64 },
}

impl<'a> Given<'a> {
    fn new(
        offset: usize,
        analytic: &'a [f64],
        numeric: &'a [f64],
        (stored, by): (Stored, CompareRule<'_>),
        whole: f64,
    ) -> (f64, Self) {
        let constants = Constants::default();
        let scale = match root_mean_square(numeric.iter().map(finite)) {
            // The sum of nothing is −0, and the reports have always shown it.
            0.0 => -0.0,
            scale => scale,
        };
        let mut given = Self {
            offset,
            analytic,
            numeric,
            stored,
            rule: Rule::Vacuous,
        };
        let both = || analytic.iter().chain(numeric);
        // Beside another block a zero has a scale, and of a tolerance the caller has said what it is.
        if whole == 0.0 && by == CompareRule::Bands && both().all(|v| *v == 0.0) {
            return (scale, given);
        }
        if let CompareRule::Close { rtol, atol } = by {
            given.rule = Rule::Close { rtol, atol };
            return (scale, given);
        }
        // Sums are not made in half precision, whatever they are stored in.
        let epsilon = stored.epsilon.min(Stored::F32.epsilon);
        let zero = constants.rounding * epsilon * whole;
        if both().all(|v| v.abs() <= zero) {
            given.rule = Rule::Zero(zero);
            return (whole, given);
        }
        // What was computed in a coarse type, and not only stored in it, may be off by more than its last place.
        let of_type = constants.doubt * stored.epsilon / 2.0;
        let bug = BUG_FROM.max(of_type) * scale;
        let (wrong_from, granted) = match by {
            CompareRule::Bands | CompareRule::Close { .. } => (bug, 0.0),
            CompareRule::Accuracy(part) => (bug.max(part * scale), part * scale),
            CompareRule::Exact => {
                let rounding = constants.rounding * epsilon.min(stored.epsilon) * scale;
                (rounding, rounding)
            }
            CompareRule::Baseline { gradient, times } => {
                let limit = given.limit_by(gradient, times, bug);
                (limit, limit)
            }
        };
        let likely = || {
            let pairs = analytic.iter().zip(numeric).map(|(&g, &d)| (g, d));
            pairs.filter(|&(g, d)| {
                g.is_finite() && d.is_finite() && !is_wrong(given.beyond(g, d), wrong_from)
            })
        };
        let band = Band::of(difference_of_pairs(likely, |g, d, shrink| {
            shrink * given.beyond(g, d)
        }));
        let of_g = root_mean_square(analytic.iter().map(finite));
        given.rule = Rule::Apart {
            wrong_from,
            right_to: granted.max(WARN_ABOVE * (of_g + scale)).min(wrong_from),
            together: band == Band::LikelyRight,
        };
        (scale, given)
    }

    /// From where on an entry is wrong beside a baseline: where the block is farther from the reference than `times` times
    /// the baseline, from the root mean square of that on, so that one of its entries at least is; else from `times` times
    /// the baseline's farthest entry on, if that is a bug by the course's bands.
    fn limit_by(&self, baseline: &[f64], times: f64, bug: f64) -> f64 {
        let off = |gradient: &[f64]| {
            let pairs = gradient.iter().zip(self.numeric);
            pairs
                .map(|(g, d)| self.beyond(*g, *d))
                .collect::<Vec<f64>>()
        };
        let (candidate, baseline) = (off(self.analytic), off(baseline));
        let of_baseline = times * root_mean_square(baseline.iter().map(finite));
        match root_mean_square(candidate.iter().map(finite)) > of_baseline {
            true => of_baseline.max(f64::MIN_POSITIVE),
            false => (times * baseline.iter().copied().fold(0.0, f64::max)).max(bug),
        }
    }

    /// How far apart two numbers are beyond what their type rounds away.
    fn beyond(&self, g: f64, d: f64) -> f64 {
        let rounded = self.stored.unit(g.abs().max(d.abs()));
        ((g - d).abs() - rounded).max(0.0)
    }
}

fn is_wrong(beyond: f64, wrong_from: f64) -> bool {
    beyond > 0.0 && beyond >= wrong_from
}

impl Comparisons for Given<'_> {
    fn count(&self) -> usize {
        self.analytic.len()
    }

    fn get(&self, index: usize) -> Option<Comparison> {
        let (&g, &d) = self.analytic.get(index).zip(self.numeric.get(index))?;
        let beyond = self.beyond(g, d);
        let flat = g == 0.0 && d == 0.0;
        let verdict = match self.rule {
            Rule::Vacuous => Verdict::Inconclusive(Reason::Vacuous),
            Rule::Zero(_) => Verdict::Agree,
            _ if !g.is_finite() => Verdict::Disagree,
            _ if !d.is_finite() => Verdict::Inconclusive(Reason::NonFinite),
            Rule::Close { rtol, atol } if (g - d).abs() > atol + rtol * d.abs() => {
                Verdict::Disagree
            }
            Rule::Close { .. } => Verdict::Agree,
            Rule::Apart { wrong_from, .. } if is_wrong(beyond, wrong_from) => Verdict::Disagree,
            Rule::Apart {
                right_to, together, ..
            } if together || beyond <= right_to => Verdict::Agree,
            Rule::Apart { .. } => Verdict::Inconclusive(Reason::BelowResolution),
        };
        let tolerance = match self.rule {
            Rule::Vacuous => 0.0,
            Rule::Zero(zero) => zero,
            Rule::Close { rtol, atol } => atol + rtol * d.abs(),
            Rule::Apart { wrong_from, .. } => wrong_from + self.stored.unit(d.abs()),
        };
        Some(Comparison {
            coordinate: self.offset + index,
            analytic: g,
            numeric: Some(d),
            error_bar: None,
            tolerance,
            doubt: 0.0,
            least: 0.0,
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
            flat,
            zero: !flat && matches!(self.rule, Rule::Zero(_)),
            settled: true,
        })
    }
}
