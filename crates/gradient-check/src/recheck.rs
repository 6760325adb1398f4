//! Tests of fast engines: some of their numbers are compared with plain evaluations of J.
//!
//! A fast engine is code too, and may be wrong. Then a verdict would reject a right gradient for it, or pass a wrong
//! one. Invariant: knows nothing of how the engine works.

use std::collections::BTreeSet;

use finite_diff::ladder::{Ground, Refined};
use finite_diff::objective::Plain;
use finite_diff::{
    Entry, Estimate, Execution, Objective, ParameterLayout, Real, Scheme, Selection, Stencil,
    differentiate, differentiate_finely,
};
use num_complex::Complex;

use crate::error::{CheckError, name_coordinate};
use crate::evidence::{Evidence, Recheck};
use crate::problem::Problem;
use crate::settings::Settings;
use crate::verdict::{self, Verdict};

/// How many coordinates are drawn, at least one of each block: an engine that is wrong in a layer's formula does not
/// escape them. Where it errs in a few coordinates, a right gradient comes out wrong there, and those are held against
/// the plain evaluation too; and the directional test holds the whole gradient against nothing else.
const DRAWN: usize = 4;

/// At most so many of those that came out wrong are held against the plain evaluation, the ones furthest off
/// first, of each block in turn. A thousand is every one of a small network; where a matrix of a large one is
/// wrong throughout, the rest would take as long as a check without a fast engine.
const REJECTED: usize = 1000;

/// A number of an engine that the plain evaluation contradicts.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Contradiction {
    coordinate: usize,
    fast: f64,
    plain: f64,
    allowed: f64,
}

/// Holds coordinates drawn at random, and those that came out wrong, against the plain evaluation.
///
/// Where the engine replaces evaluations it takes the steps of the plain one, and only noise may set them
/// apart. Where it replaces derivatives, and for second looks, the bars of both may: a coordinate that is further
/// off by those is looked at on a ladder of steps before the engine is blamed.
pub(crate) fn recheck<T: Real>(
    evidence: &mut Evidence,
    problem: Problem<'_, T>,
    scheme: &Scheme,
    settings: &Settings<'_>,
) -> Result<(), CheckError> {
    let Problem {
        objective,
        point,
        layout,
    } = problem;
    let Some(chosen) = Chosen::of(evidence, objective.engine(), layout, settings.seed) else {
        return Ok(());
    };
    let plain = Plain(objective);
    let execution = Execution {
        progress: None,
        cancel: None,
        ..settings.execution
    };
    let named = |source| problem.named(source);
    let run =
        differentiate(&plain, point, &chosen.coordinates, scheme, &execution).map_err(named)?;
    let (mut evaluations, mut interrupted) = (run.evaluations, run.interrupted);
    let mut undecided = 0;
    let mut suspects = Vec::new();
    let same_steps = objective.shortcut().is_none();
    for entry in &run.entries {
        match at_first_sight(evidence, entry, same_steps) {
            Compared::Same => {}
            Compared::Unknown => suspects.push(entry.coordinate),
            Compared::Apart(contradiction) => {
                return Err(blame(chosen.recheck.engine, contradiction, layout));
            }
        }
    }
    if !suspects.is_empty() {
        let fine = differentiate_finely(&plain, point, &suspects, scheme.noise, &execution)
            .map_err(named)?;
        evaluations += fine.evaluations;
        interrupted |= fine.interrupted;
        for entry in &fine.entries {
            let found = entry.outcome.estimated();
            match on_the_ladder(
                evidence,
                entry.coordinate,
                found,
                (same_steps, &scheme.stencil),
            ) {
                Compared::Same => {}
                Compared::Unknown => undecided += 1,
                Compared::Apart(contradiction) => {
                    return Err(blame(chosen.recheck.engine, contradiction, layout));
                }
            }
        }
    }
    evidence.evaluations += evaluations;
    evidence.interrupted |= interrupted;
    if interrupted {
        // It has not said of all of them that they are right.
        return Ok(());
    }
    evidence.recheck = Some(Recheck {
        undecided,
        evaluations,
        ..chosen.recheck
    });
    Ok(())
}

/// Like [`recheck`], where the first look was from the complex plane: one plain evaluation a coordinate, and the bars
/// of both.
pub(crate) fn recheck_on_complex_numbers(
    evidence: &mut Evidence,
    objective: &dyn Objective<Complex<f64>>,
    point: &[f64],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<(), CheckError> {
    let Some(chosen) = Chosen::of(evidence, objective.engine(), layout, settings.seed) else {
        return Ok(());
    };
    let execution = Execution {
        progress: None,
        cancel: None,
        ..settings.execution
    };
    let named = |source| name_coordinate(source, layout);
    let run = finite_diff::complex_step(&Plain(objective), point, &chosen.coordinates, &execution)
        .map_err(named)?;
    for entry in &run.entries {
        let fast = first(evidence, entry.coordinate);
        if let (Some(fast), Some(plain)) = (fast, entry.outcome.estimated()) {
            // The bar of the fast one holds what rounding may do to either.
            let allowed = evidence.constants.safety * (2.0 * fast.error_bar() + plain.error_bar());
            if (fast.derivative - plain.derivative).abs() > allowed {
                let contradiction = Contradiction {
                    coordinate: entry.coordinate,
                    fast: fast.derivative,
                    plain: plain.derivative,
                    allowed,
                };
                return Err(blame(chosen.recheck.engine, contradiction, layout));
            }
        }
    }
    evidence.evaluations += run.evaluations;
    evidence.interrupted |= run.interrupted;
    if run.interrupted {
        return Ok(());
    }
    evidence.recheck = Some(Recheck {
        evaluations: run.evaluations,
        ..chosen.recheck
    });
    Ok(())
}

/// What is held against the plain evaluation.
struct Chosen {
    /// The coordinates drawn at random, then those that came out wrong and were not drawn.
    coordinates: Vec<usize>,
    /// How many coordinates are held against it; nothing is evaluated yet.
    recheck: Recheck,
}

impl Chosen {
    /// `None` where all is plain already, or the run was cancelled.
    fn of(
        evidence: &Evidence,
        engine: Option<&'static str>,
        layout: &ParameterLayout,
        seed: u64,
    ) -> Option<Self> {
        let engine = engine.filter(|_| !evidence.interrupted)?;
        let drawn = draw(evidence, layout, seed);
        // Of each block, the furthest off last, to be taken first.
        let mut wrong: Vec<Vec<(f64, usize)>> = verdict::compare_all(evidence, layout)
            .into_iter()
            .map(|(_, comparisons)| {
                let mut wrong: Vec<(f64, usize)> = comparisons
                    .into_iter()
                    .filter(|comparison| comparison.verdict == Verdict::Disagree)
                    .filter_map(|c| {
                        Some(((c.analytic - c.numeric?).abs() / c.tolerance, c.coordinate))
                    })
                    .collect();
                wrong.sort_by(|a, b| a.0.total_cmp(&b.0));
                wrong
            })
            .collect();
        let rejected_in_all = wrong.iter().map(Vec::len).sum();
        let mut rejected = Vec::new();
        while rejected.len() < REJECTED && wrong.iter().any(|of_block| !of_block.is_empty()) {
            for of_block in &mut wrong {
                rejected.extend(of_block.pop().map(|(_, coordinate)| coordinate));
            }
        }
        rejected.truncate(REJECTED);
        let mut coordinates: Vec<usize> = drawn.iter().copied().collect();
        coordinates.extend(
            rejected
                .iter()
                .filter(|coordinate| !drawn.contains(coordinate)),
        );
        let recheck = Recheck {
            engine,
            drawn: drawn.len(),
            rejected: rejected.len(),
            rejected_in_all,
            undecided: 0,
            evaluations: 0,
        };
        Some(Self {
            coordinates,
            recheck,
        })
    }
}

/// Coordinates drawn at random of those that were measured, of every block some.
fn draw(evidence: &Evidence, layout: &ParameterLayout, seed: u64) -> BTreeSet<usize> {
    let observations = &evidence.observations;
    let count = DRAWN.min(observations.len());
    let mut drawn: BTreeSet<usize> = Selection::Sample { count, seed }
        .coordinates(layout, None)
        .into_iter()
        .filter(|&coordinate| first(evidence, coordinate).is_some())
        .collect();
    // Where a few were selected the draw may have met none of them.
    if drawn.len() < count {
        let spaced = (0..count).map(|k| observations[k * observations.len() / count].coordinate);
        drawn.extend(spaced);
    }
    drawn
}

fn first(evidence: &Evidence, coordinate: usize) -> Option<&Estimate> {
    evidence.at(coordinate)?.first.estimated()
}

enum Compared {
    Same,
    /// The two cannot be distinguished without another estimate.
    Unknown,
    Apart(Contradiction),
}

/// A fast derivative beside the plain one by the same scheme.
///
/// By the same steps both have the same truncation, whatever it is, and nothing but noise may set them apart. By
/// other steps, and for what the verdict on the coordinate rests on, bars decide, which may be too narrow: so that is
/// to be looked at again.
fn at_first_sight(evidence: &Evidence, entry: &Entry, same_steps: bool) -> Compared {
    let safety = evidence.constants.safety;
    let coordinate = entry.coordinate;
    let fast = first(evidence, coordinate);
    let (Some(fast), Some(plain)) = (fast, entry.outcome.estimated()) else {
        // Only one of them has a number, or none.
        return match fast.is_some() == entry.outcome.estimated().is_some() {
            true => Compared::Same,
            false => Compared::Unknown,
        };
    };
    let off = (fast.derivative - plain.derivative).abs();
    // Near a bound the bars choose the step, and it may be another one.
    if same_steps && fast.step == plain.step {
        // With steps so wide that J is far from straight its values are far larger than at the point, and so is
        // their rounding, which that of the point says nothing of. What is finer than any comparison here is
        // aimed at makes no engine guilty.
        let size = plain.derivative.abs() + plain.truncation;
        let allowed = safety * (fast.noise + plain.noise) + evidence.constants.target * size;
        if off > allowed {
            return Compared::Apart(Contradiction {
                coordinate,
                fast: fast.derivative,
                plain: plain.derivative,
                allowed,
            });
        }
    } else if off > safety * (fast.error_bar() + plain.error_bar()) {
        return Compared::Unknown;
    }
    let later = later_look(evidence, coordinate);
    let far = later.is_some_and(|later| {
        let bars = later.error_bar() + plain.error_bar();
        (later.derivative - plain.derivative).abs() > safety * bars
    });
    if far {
        Compared::Unknown
    } else {
        Compared::Same
    }
}

/// What a second look through the engine gave, on complex numbers or on the ladder.
fn later_look(evidence: &Evidence, coordinate: usize) -> Option<Estimate> {
    let observation = evidence.at(coordinate)?;
    match observation.fine.is_some() || observation.shadow.is_some() {
        true => observation.best(),
        false => None,
    }
}

/// The fast derivatives beside the plain one on a ladder of steps.
fn on_the_ladder(
    evidence: &Evidence,
    coordinate: usize,
    plain: Option<&Refined>,
    (same_steps, stencil): (bool, &Stencil),
) -> Compared {
    let Some(plain) = plain else {
        return Compared::Unknown;
    };
    let Ground::Smooth { .. } = plain.ground else {
        return Compared::Unknown;
    };
    // By the same steps the first look has been compared, and its truncation is its own.
    let fast = first(evidence, coordinate).filter(|_| !same_steps).copied();
    let found = &plain.derivative;
    let mut word = Compared::Same;
    for fast in [fast, later_look(evidence, coordinate)]
        .into_iter()
        .flatten()
    {
        let allowed = evidence.constants.safety * (fast.error_bar() + found.error_bar());
        if (fast.derivative - found.derivative).abs() <= allowed {
            continue;
        }
        // A kink within the steps of the first look, and not within the narrower ones of the ladder: D(2h) goes
        // twice as far as D(h), and the kink may be as near as half of what the ladder says.
        let widest = 2.0 * stencil.reach() * fast.step;
        if plain
            .other_piece_within
            .is_some_and(|step| step <= 2.0 * widest)
        {
            word = Compared::Unknown;
            continue;
        }
        return Compared::Apart(Contradiction {
            coordinate,
            fast: fast.derivative,
            plain: found.derivative,
            allowed,
        });
    }
    word
}

fn blame(engine: &'static str, at: Contradiction, layout: &ParameterLayout) -> CheckError {
    CheckError::Engine {
        engine,
        name: layout
            .coordinate(at.coordinate)
            .map_or_else(|| at.coordinate.to_string(), |c| c.to_string()),
        fast: at.fast,
        plain: at.plain,
        allowed: at.allowed,
    }
}
