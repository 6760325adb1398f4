//! Measures how often error bars cover the true error, with dual numbers of 32 digits as the truth.
//!
//! Invariant: knows nothing of how often is often enough; it knows each estimate that a check makes of a coordinate.

use anyhow::Result;
use finite_diff::execution::Progress;
use finite_diff::ladder::{Ground, Refined};
use finite_diff::noise::measure_noise;
use finite_diff::{
    Derivatives, Estimate, Execution, Outcome, ParameterLayout, Scheme, Stencil, differentiate,
    differentiate_finely,
};
use gradient_check::check::{gather, gather_by_complex_step};
use gradient_check::evidence::Evidence;
use gradient_check::verdict::{self, Comparison};
use gradient_check::{Reason, Verdict};
use mlp::{Activation, Loss};

use super::look::Look;
use super::place::{BlackBox, FACTORS, Place, Situation};
use super::{Options, over_places};

/// The result of one estimate of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Seen {
    /// A derivative with its error bar.
    Bar {
        /// |d − truth|/B.
        ratio: f64,
        /// B relative to the block's scale.
        width: f64,
    },
    /// J has a kink at the point, so that there is no derivative to cover.
    Kink,
    /// The estimate gave no number.
    Nothing,
}

/// One coordinate at one scale of the cost.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Sample {
    activation: Activation,
    loss: Loss,
    situation: Situation,
    factor: f64,
    /// J doesn't change with the coordinate and its derivative is exactly 0: covered by any error bar.
    flat: bool,
    seen: [Seen; Look::ALL.len()],
}

/// A coordinate whose true derivative lies outside a reported error bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outside {
    /// The network, its seed and the situation.
    pub(crate) place: String,
    /// The name of the coordinate.
    pub(crate) coordinate: String,
    /// The factor of the cost.
    pub(crate) factor: f64,
    /// The kind of report.
    pub(crate) look: Look,
    /// The numeric derivative d.
    pub(crate) numeric: f64,
    /// The true derivative.
    pub(crate) truth: f64,
    /// The error bar B.
    pub(crate) error_bar: f64,
}

/// The results of one estimate on a group of coordinates.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Row {
    /// What the coordinates have in common.
    pub(crate) group: String,
    /// The estimate.
    pub(crate) look: Look,
    /// The number of error bars.
    pub(crate) bars: usize,
    /// The number of them that cover the truth within B.
    pub(crate) covered: usize,
    /// The number that cover it within 2B, the checker's tolerance.
    pub(crate) covered_twice: usize,
    /// The number of coordinates with a kink at the point.
    pub(crate) kinks: usize,
    /// The number of coordinates without a result.
    pub(crate) nothing: usize,
    /// The number of coordinates on which J does not depend, counted nowhere else.
    pub(crate) flat: usize,
    /// The median of |d − truth|/B.
    pub(crate) median_ratio: f64,
    /// The 99.9th percentile of |d − truth|/B.
    pub(crate) high_ratio: f64,
    /// The median of B relative to its block's scale.
    pub(crate) median_width: f64,
}

impl Row {
    /// The fraction of the error bars that cover the truth.
    pub(crate) fn coverage(&self) -> f64 {
        self.covered as f64 / self.bars as f64
    }

    /// The fraction that covers it at twice the width.
    pub(crate) fn coverage_twice(&self) -> f64 {
        self.covered_twice as f64 / self.bars as f64
    }
}

/// The combined errors of one estimate over one block, on which a test of whole blocks would be based.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BlockError {
    /// The estimate.
    pub(crate) look: Look,
    /// The number of coordinates, without those that have no derivative or no result.
    pub(crate) coordinates: usize,
    /// Z = Σ g·e/t² / √(Σ g²/t²), with e = d − g and t = B + 3σ, σ the rounding error of g: of variance
    /// σ_e²/t² for any number of coordinates, if the errors were independent.
    pub(crate) projection: f64,
    /// √(mean e²/t²).
    pub(crate) root_mean_square: f64,
    /// The factor by which the smallest relative error of the whole block that |Z| > 2 detects would be smaller than
    /// the one that the most accurate single coordinate detects: min t/|g| · √(Σ g²/t²).
    pub(crate) gain: f64,
}

/// All measurements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Coverage {
    /// The errors of whole blocks.
    pub(crate) blocks: Vec<BlockError>,
    samples: Vec<Sample>,
    /// The reported error bars that don't cover the truth.
    pub(crate) outside: Vec<Outside>,
}

impl Coverage {
    /// The number of coordinates measured, counted once for each scale of the cost.
    pub(crate) fn coordinates(&self) -> usize {
        self.samples.len()
    }

    /// All coordinates in one row.
    pub(crate) fn overall(&self, look: Look) -> Row {
        self.row("all".to_owned(), look, |_| true)
    }

    /// One row per activation.
    pub(crate) fn by_activation(&self, look: Look) -> Vec<Row> {
        let one = |a: &Activation| self.row(a.to_string(), look, |s| s.activation == *a);
        Activation::ALL.iter().map(one).collect()
    }

    /// One row per loss.
    pub(crate) fn by_loss(&self, look: Look) -> Vec<Row> {
        let one = |l: &Loss| self.row(l.to_string(), look, |s| s.loss == *l);
        Loss::ALL.iter().map(one).collect()
    }

    /// One row per scale of the cost.
    pub(crate) fn by_factor(&self, look: Look) -> Vec<Row> {
        let one = |f: &f64| self.row(format!("J × {f:e}"), look, |s| s.factor == *f);
        FACTORS.iter().map(one).collect()
    }

    /// One row per situation.
    pub(crate) fn by_situation(&self, look: Look) -> Vec<Row> {
        let one = |w: &Situation| self.row(w.to_string(), look, |s| s.situation == *w);
        Situation::ALL.iter().map(one).collect()
    }

    fn row(&self, group: String, look: Look, wanted: impl Fn(&Sample) -> bool) -> Row {
        let mut row = Row {
            group,
            look,
            bars: 0,
            covered: 0,
            covered_twice: 0,
            kinks: 0,
            nothing: 0,
            flat: 0,
            median_ratio: f64::NAN,
            high_ratio: f64::NAN,
            median_width: f64::NAN,
        };
        let (mut ratios, mut widths) = (Vec::new(), Vec::new());
        for sample in self.samples.iter().filter(|sample| wanted(sample)) {
            if sample.flat {
                row.flat += 1;
                continue;
            }
            match sample.seen[look as usize] {
                Seen::Kink => row.kinks += 1,
                Seen::Nothing => row.nothing += 1,
                Seen::Bar { ratio, width } => {
                    row.bars += 1;
                    row.covered += usize::from(ratio <= 1.0);
                    row.covered_twice += usize::from(ratio <= 2.0);
                    ratios.push(ratio);
                    widths.push(width);
                }
            }
        }
        row.median_ratio = quantile(&mut ratios, 0.5);
        row.high_ratio = quantile(&mut ratios, 0.999);
        row.median_width = quantile(&mut widths, 0.5);
        row
    }
}

/// The smallest value with a fraction `q` of all at or below it; NaN if there are none.
pub(crate) fn quantile(values: &mut [f64], q: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (q * values.len() as f64).ceil() as usize;
    values
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or(f64::NAN)
}

/// Measures the coverage; the same options give the same outcome.
///
/// The truth is computed with dual numbers of 32 digits through a forward pass of their own, so that it needs no
/// error bar: near a minimum that of the complex step in `f64` would be wider than those under test.
///
/// # Errors
/// If a network can't be built or evaluated, which would be a bug.
pub(crate) fn coverage(
    options: &Options,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Coverage> {
    let measured = over_places(options, progress, |_, place| {
        let truth = place.truth();
        let at = |factor: &f64| {
            let scaled = truth.iter().map(|d| (*d * (*factor).into()).to_f64());
            measure(place, *factor, &scaled.collect::<Vec<_>>())
        };
        FACTORS.iter().map(at).collect()
    })?;
    let mut coverage = Coverage {
        blocks: Vec::new(),
        samples: Vec::new(),
        outside: Vec::new(),
    };
    for mut measured in measured {
        coverage.blocks.append(&mut measured.blocks);
        coverage.samples.append(&mut measured.samples);
        coverage.outside.append(&mut measured.outside);
    }
    Ok(coverage)
}

/// An estimate's result for a coordinate: d and B, or why there is no number.
type Word = Result<(f64, f64), Seen>;

fn measure(place: &Place, factor: f64, truth: &[f64]) -> Result<Coverage> {
    let check = place.check(factor);
    let at = place.at(&check)?;
    let (point, layout) = (at.theta(), at.layout());
    let all: Vec<usize> = (0..point.len()).collect();
    let gradient = at.gradient()?;
    let complex = at.complex_objective()?;
    let rounding = at.rounding();
    let settings = place.settings(&at, &*complex);
    let plain = place.plain_settings();
    let by_complex_step =
        |settings| gather_by_complex_step(&*complex, &gradient, point, layout, settings);

    let known = at.objective()?;
    let known = &*known;
    let black_box = BlackBox(known);
    let cost = known.value(point).map_err(|error| anyhow::anyhow!(error))?;
    let noise = measure_noise(known, point, settings.seed, &Execution::ONE_THREAD)?
        .noise::<f64>(cost.abs(), settings.scheme.noise);
    let by_stencil = |stencil| -> Result<(Vec<Word>, Vec<bool>)> {
        let scheme = Scheme {
            noise,
            ..Scheme::optimal(stencil)
        };
        let run = differentiate(known, point, &all, &scheme, &Execution::ONE_THREAD)?;
        let flat = |e: &Estimate| e.flat;
        let flats = run
            .entries
            .iter()
            .map(|entry| entry.outcome.estimated().is_some_and(flat));
        Ok((estimates(&run), flats.collect()))
    };
    let (central, flats) = by_stencil(Stencil::CENTRAL)?;
    let words: [Vec<Word>; Look::ALL.len()] = [
        by_stencil(Stencil::FORWARD)?.0,
        central,
        by_stencil(Stencil::FIVE_POINT)?.0,
        refined(&differentiate_finely(
            known,
            point,
            &all,
            noise,
            &Execution::ONE_THREAD,
        )?),
        refined(&differentiate_finely(
            &black_box,
            point,
            &all,
            noise,
            &Execution::ONE_THREAD,
        )?),
        reported(&gather(known, &gradient, point, layout, &settings)?, layout),
        reported(
            &gather(&black_box, &gradient, point, layout, &plain)?,
            layout,
        ),
        reported(&by_complex_step(&settings)?, layout),
        reported(&by_complex_step(&plain)?, layout),
    ];

    let mut samples = Vec::new();
    let mut outside = Vec::new();
    for block in layout.blocks() {
        let squares = truth[block.range()].iter().map(|d| d * d).sum::<f64>();
        let scale = (squares / block.range().len() as f64).sqrt();
        for i in block.range() {
            let seen = Look::ALL.map(|look| {
                // If the model itself reports that x is on a kink, there is no derivative to cover.
                if matches!(words[Look::Ladder as usize][i], Err(Seen::Kink)) {
                    return Seen::Kink;
                }
                let (derivative, error_bar) = match words[look as usize][i] {
                    Ok(word) => word,
                    Err(seen) => return seen,
                };
                let ratio = (derivative - truth[i]).abs() / error_bar;
                if look.is_final() && ratio > 1.0 {
                    let name = layout.coordinate(i).map(|c| c.to_string());
                    outside.push(Outside {
                        place: place.name(),
                        coordinate: name.unwrap_or_default(),
                        factor,
                        look,
                        numeric: derivative,
                        truth: truth[i],
                        error_bar,
                    });
                }
                Seen::Bar {
                    ratio,
                    width: error_bar / scale,
                }
            });
            samples.push(Sample {
                activation: place.activation,
                loss: place.loss,
                situation: place.situation,
                factor,
                flat: flats[i] && truth[i] == 0.0,
                seen,
            });
        }
    }
    let blocks = layout.blocks().iter().flat_map(|block| {
        let (words, gradient, rounding) = (&words, &gradient, rounding);
        Look::ALL.into_iter().filter_map(move |look| {
            let entries = block.range().filter_map(|i| {
                let (derivative, error_bar) = words[look as usize][i].ok()?;
                Some((
                    gradient[i],
                    derivative - gradient[i],
                    error_bar + 3.0 * rounding[i],
                ))
            });
            block_error(look, &entries.collect::<Vec<_>>())
        })
    });
    Ok(Coverage {
        blocks: blocks.collect(),
        samples,
        outside,
    })
}

/// The errors of a block from g, e and t of each coordinate; `None` if nothing depends on the block.
pub(super) fn block_error(look: Look, entries: &[(f64, f64, f64)]) -> Option<BlockError> {
    let weight = entries
        .iter()
        .map(|(g, _, t)| (g / t).powi(2))
        .sum::<f64>()
        .sqrt();
    if entries.is_empty() || weight == 0.0 || !weight.is_finite() {
        return None;
    }
    let count = entries.len() as f64;
    let squares = entries.iter().map(|(_, e, t)| (e / t).powi(2)).sum::<f64>();
    let sharpest = entries
        .iter()
        .map(|(g, _, t)| t / g.abs())
        .fold(f64::INFINITY, f64::min);
    Some(BlockError {
        look,
        coordinates: entries.len(),
        projection: entries.iter().map(|(g, e, t)| g / t * (e / t)).sum::<f64>() / weight,
        root_mean_square: (squares / count).sqrt(),
        gain: sharpest * weight,
    })
}

fn estimates(run: &Derivatives) -> Vec<Word> {
    let word = |outcome: &Outcome| match outcome.estimated() {
        Some(estimate) => Ok((estimate.derivative, estimate.error_bar())),
        None => Err(Seen::Nothing),
    };
    run.entries
        .iter()
        .map(|entry| word(&entry.outcome))
        .collect()
}

fn refined(run: &Derivatives<Refined>) -> Vec<Word> {
    let word = |outcome: &Outcome<Refined>| match outcome.estimated() {
        Some(refined) => match refined.ground {
            Ground::Smooth { .. } => Ok((
                refined.derivative.derivative,
                refined.derivative.error_bar(),
            )),
            Ground::Kink { .. } | Ground::Fenced => Err(Seen::Kink),
        },
        None => Err(Seen::Nothing),
    };
    run.entries
        .iter()
        .map(|entry| word(&entry.outcome))
        .collect()
}

fn reported(evidence: &Evidence, layout: &ParameterLayout) -> Vec<Word> {
    let word = |comparison: Comparison| {
        let at_kink = comparison.one_sided.is_some()
            || comparison.subgradient
            || comparison.verdict == Verdict::Inconclusive(Reason::Kink);
        match (comparison.numeric, comparison.error_bar) {
            _ if at_kink => Err(Seen::Kink),
            (Some(derivative), Some(error_bar)) => Ok((derivative, error_bar)),
            _ => Err(Seen::Nothing),
        }
    };
    verdict::compare_all(evidence, layout)
        .into_iter()
        .flat_map(|(_, block)| block)
        .map(word)
        .collect()
}
