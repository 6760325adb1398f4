//! The evidence of the directional test, gathered once: a derivative along one direction for each block, and one over all.
//!
//! Evaluates; Invariant: judges nothing beyond the single direction.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::ops::Range;

use finite_diff::directions::WorkingCopy;
use finite_diff::ladder::is_below_ladder;
use finite_diff::objective::Piece;
use finite_diff::parallel::evaluate_each;
use finite_diff::{
    DifferenceError, Domain, EvaluationError, Execution, Noise, Objective, Outcome,
    ParameterLayout, Real,
};

use super::{Bench, DirectionReading, Draft, drafts};
use crate::error::{CheckError, keep};
use crate::evidence::{Evidence, Observation};
use crate::problem::Problem;
use crate::settings::{Claim, Settings};
use crate::verdict::{Allowance, Reason, Rule, Scales, Verdict};

/// At most so many blocks get a direction of their own: a direction costs 6 to 50 evaluations of J, so that these are
/// about as many as a network of some 350 parameters takes for its first pass.
const MOST_BLOCKS: usize = 32;

/// A direction that is looked along, and what of it the verdict needs.
pub(crate) struct Line {
    pub(super) block: Option<String>,
    pub(super) range: Range<usize>,
    pub(super) entries: Vec<f64>,
    /// What an entry is measured in, s_i where no bound left less of it.
    pub(super) lengths: Vec<f64>,
    /// s_i = max(1, |θ_i|).
    pub(super) scales: Vec<f64>,
    pub(super) reading: DirectionReading,
    pub(super) failure: Option<String>,
}

/// The lines, how many blocks have none of their own, how often J was evaluated, and whether it was
/// cancelled.
pub(crate) struct Lines {
    pub(super) lines: Vec<Line>,
    pub(super) left_out: usize,
    /// Which coordinates are fixed; empty where none is.
    pub(super) fixed: Vec<bool>,
    pub(super) safety: f64,
    pub(crate) evaluations: u64,
    pub(crate) interrupted: bool,
}

impl Lines {
    pub(crate) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }
}

/// Looks along every direction, of what `evidence` says about g.
pub(crate) fn gather<T: Real>(
    problem: Problem<'_, T>,
    noise: Noise,
    evidence: &Evidence,
    analytic: &[f64],
    settings: &Settings<'_>,
) -> Result<Lines, CheckError> {
    let Problem {
        objective,
        point,
        layout,
    } = problem;
    let domain = objective.domain();
    let (drafts, left_out) = drafts(layout, settings.seed, MOST_BLOCKS);
    let short = short_coordinates(evidence, point);
    let mut gathered = Lines {
        lines: Vec::new(),
        left_out,
        fixed: domain.map_or_else(Vec::new, |domain| {
            (0..point.len()).map(|i| domain.is_fixed(i)).collect()
        }),
        safety: evidence.constants.safety,
        evaluations: 0,
        interrupted: false,
    };
    let execution = &settings.execution;
    let piece = match objective.piece(point) {
        Ok(piece) => piece,
        Err(source) => {
            execution
                .keep(DifferenceError::Center { source })
                .map_err(CheckError::Difference)?;
            gathered.interrupted = true;
            return Ok(gathered);
        }
    };
    gathered.evaluations += u64::from(matches!(piece, Piece::Numbered { .. }));
    let allowances = Allowances::of(analytic, layout, evidence, settings);
    let site = Site {
        objective,
        analytic,
        point,
        cost: T::narrow(evidence.cost),
        piece,
        noise,
        rule: Rule {
            claim: Claim {
                resolution: None,
                ..evidence.claim
            },
            ..Rule::of(evidence)
        },
        seed: settings.seed,
        execution: Execution {
            progress: None,
            ..*execution
        },
        short: &short,
        allowances: &allowances,
    };
    let seen = evaluate_each(execution, drafts.len(), |i| Some(site.look(&drafts[i])))
        .map_err(CheckError::Difference)?;
    gathered.interrupted |= execution.is_stopped();
    for seen in seen {
        let Some(seen) = seen else {
            gathered.interrupted = true;
            continue;
        };
        let (line, evaluations) = seen?;
        gathered.evaluations += evaluations;
        gathered.lines.extend(line);
    }
    Ok(gathered)
}

/// What all directions share.
struct Site<'a, T> {
    objective: &'a dyn Objective<T>,
    analytic: &'a [f64],
    point: &'a [T],
    cost: T,
    piece: Piece,
    noise: Noise,
    rule: Rule,
    seed: u64,
    execution: Execution<'a>,
    short: &'a BTreeSet<usize>,
    allowances: &'a Allowances,
}

impl<T: Real> Site<'_, T> {
    /// Looks along one direction, on a copy of θ of its own; `None` where nothing can be moved.
    fn look(&self, draft: &Draft) -> Result<(Option<Line>, u64), CheckError> {
        let stoppable = Stoppable {
            objective: self.objective,
            execution: &self.execution,
        };
        let copy = WorkingCopy::new(&stoppable, self.point, None)
            .map_err(CheckError::Difference)?
            .with_short(self.short.iter().copied());
        let range = draft.range.clone();
        let direction = draft.direction(self.seed);
        let entries: Vec<f64> = copy.entries(&direction).collect();
        if entries.iter().all(|u| *u == 0.0) {
            return Ok((None, 0));
        }
        let lengths: Vec<f64> = copy.lengths(&direction).collect();
        let size = copy.size(&direction, self.analytic).along;
        let allowance = self
            .allowances
            .along(range.clone(), &entries, size, &self.rule);
        let bench = Bench {
            copy,
            domain: self.objective.domain(),
            analytic: self.analytic,
            cost: self.cost,
            piece: self.piece,
            noise: self.noise,
            rule: self.rule,
            seed: self.seed,
            execution: self.execution,
            next: Cell::new(0),
        };
        let name = draft.block.as_deref();
        let no_number = moved(&self.analytic[range.clone()], &entries).any(|(g, _)| !g.is_finite());
        let mut failure = None;
        let mut evaluations = 0;
        let reading = if no_number {
            DirectionReading::unseen(bench.word_on_no_number(&direction, name)?)
        } else {
            match bench.look(&direction, &allowance, name) {
                Ok(seen) => seen.reading,
                Err(_) if self.execution.is_cancelled() => {
                    DirectionReading::unseen(Verdict::Inconclusive(Reason::Interrupted))
                }
                Err(error) => {
                    // Whether J has no value there, or none anywhere any more.
                    if self.execution.failure.is_some() {
                        evaluations += 1;
                        if self.objective.value(self.point).is_err() {
                            keep(error, &self.execution)?;
                            return Ok((None, evaluations + bench.copy.evaluations()));
                        }
                    }
                    failure = Some(error.to_string());
                    DirectionReading::unseen(Verdict::Inconclusive(Reason::NonFinite))
                }
            }
        };
        evaluations += bench.copy.evaluations();
        if self.execution.is_cancelled() {
            return Ok((None, evaluations));
        }
        let line = Line {
            block: draft.block.clone(),
            entries,
            lengths,
            scales: scales(&self.point[range.clone()]),
            range,
            reading,
            failure,
        };
        Ok((Some(line), evaluations))
    }
}

/// J, which is asked nothing more once the run is cancelled: a direction takes up to fifty evaluations.
struct Stoppable<'a, T> {
    objective: &'a dyn Objective<T>,
    execution: &'a Execution<'a>,
}

impl<T: Real> Objective<T> for Stoppable<'_, T> {
    fn dim(&self) -> usize {
        self.objective.dim()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        match self.execution.is_cancelled() {
            true => Err("interrupted".into()),
            false => self.objective.value(point),
        }
    }

    fn piece(&self, point: &[T]) -> Result<Piece, EvaluationError> {
        match self.execution.is_cancelled() {
            true => Err("interrupted".into()),
            false => self.objective.piece(point),
        }
    }

    fn domain(&self) -> Option<&Domain> {
        self.objective.domain()
    }
}

/// s_i of these coordinates.
fn scales<T: Real>(point: &[T]) -> Vec<f64> {
    point.iter().map(|x| x.widen().abs().max(1.0)).collect()
}

/// The coordinates of which the ladder found J to vary by a length far below 1.
fn short_coordinates<T: Real>(evidence: &Evidence, point: &[T]) -> BTreeSet<usize> {
    let is_short = |observation: &&Observation| {
        let found = observation.fine.as_ref().and_then(Outcome::estimated);
        found.is_some_and(|refined| {
            is_below_ladder(refined.derivative.step, point[observation.coordinate])
        })
    };
    let short = evidence.observations.iter().filter(is_short);
    short.map(|observation| observation.coordinate).collect()
}

/// The entries of g that are moved, each with by how much: what a bound leaves no room for has no part in
/// it, whatever g is there.
pub(super) fn moved<'a>(
    g: &'a [f64],
    by: &'a [f64],
) -> impl Iterator<Item = (f64, f64)> + Clone + 'a {
    let pairs = g.iter().copied().zip(by.iter().copied());
    pairs.filter(|(_, by)| *by != 0.0)
}

/// What each entry of g may be off by and be right.
struct Allowances {
    /// r, as the judge has it for those it compares. One whose own noise could not be told has the median of its
    /// block's.
    rounding: Vec<f64>,
    /// What an accuracy of 1 would grant: max(scale, |g|).
    sizes: Vec<f64>,
    /// Whether the rounding error was estimated for each entry.
    is_worked_out: bool,
}

impl Allowances {
    fn of(
        analytic: &[f64],
        layout: &ParameterLayout,
        evidence: &Evidence,
        settings: &Settings<'_>,
    ) -> Self {
        let rule = Rule::of(evidence);
        let scales = Scales::of(evidence, layout);
        let (mut rounding, mut sizes) = (vec![0.0; analytic.len()], vec![0.0; analytic.len()]);
        for (position, block) in layout.blocks().iter().enumerate() {
            let scale = scales.of_block(position);
            let worked_out = settings.analytic_rounding;
            let measured = |i: usize| settings.analytic_noise?.get(i).copied().flatten();
            let mut known: Vec<f64> = block.range().filter_map(measured).collect();
            known.sort_by(f64::total_cmp);
            let typical = known.get(known.len() / 2).copied();
            for i in block.range() {
                let worked_out = worked_out.and_then(|all| all.get(i).copied());
                // The median steadies it, as for a comparison.
                let noise = measured(i).map_or(typical, |sigma| Some(sigma.max(typical?)));
                rounding[i] = rule.rounding(analytic[i], worked_out, noise, scale);
                sizes[i] = scale.max(analytic[i].abs());
            }
        }
        Self {
            rounding,
            sizes,
            is_worked_out: settings.analytic_rounding.is_some(),
        }
    }

    /// What g·u may be off by though every entry is right: all of them of the worst sign.
    fn along(&self, range: Range<usize>, entries: &[f64], size: f64, rule: &Rule) -> Allowance {
        let sum = |of: &[f64]| -> f64 {
            let pairs = of[range.clone()].iter().zip(entries);
            pairs.map(|(off, u)| off * u.abs()).sum()
        };
        let (rounding, sizes) = (sum(&self.rounding), sum(&self.sizes));
        Allowance::of_direction(size, rounding, sizes, self.is_worked_out, rule)
    }
}
