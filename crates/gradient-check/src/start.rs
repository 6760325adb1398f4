//! With which steps the first look at a block begins: those that suit a cost of size 1, or longer ones where noise is
//! larger than these can bear, as two pilots of the block find out.
//!
//! Evaluates; judges nothing. A step that does not suit an entry costs it a second look and no verdict.

use std::ops::Range;

use finite_diff::execution::Progress;
use finite_diff::{
    Derivatives, DifferenceError, Estimate, Execution, Real, Scheme, Stencil, StepSize,
    differentiate,
};

use crate::constants::Constants;
use crate::problem::Problem;
use crate::root_mean_square::root_mean_square;
use crate::settings::Claim;

/// How many coordinates of a block are pilots, spread over it.
const PILOTS: usize = 2;

/// A block with fewer coordinates than this sends no pilots: second looks at all of them cost less.
const WORTH_IT: usize = 32;

/// The longest step is 2⁻³ of a parameter: where truncation is the larger part, a second look extrapolates.
const LONGEST: f64 = 0.125;

/// A pilot's entry may be unlike others: what was reached for it is enough for them up to this factor.
const SLACK: f64 = 2.0;

/// A first look at some coordinates.
struct Start {
    coordinates: Vec<usize>,
    scheme: Scheme,
    /// How sharp it has to be, relative to the scale; 0 where the usual is.
    enough: f64,
}

/// Derivatives by a first look, with what is enough for each entry, in the order of the coordinates.
pub(crate) struct FirstLook {
    pub(crate) derivatives: Derivatives,
    /// How sharp each entry has to be.
    pub(crate) enough: Vec<f64>,
}

/// What a first look is taken with.
pub(crate) struct Looker<'a, T> {
    pub(crate) problem: Problem<'a, T>,
    pub(crate) scheme: Scheme,
    pub(crate) claim: Claim,
    pub(crate) constants: Constants,
    pub(crate) execution: Execution<'a>,
}

impl<T: Real> Looker<'_, T> {
    /// Looks at `coordinates`, which are in ascending order, block by block where blocks want other steps.
    pub(crate) fn look(&self, coordinates: &[usize]) -> Result<FirstLook, DifferenceError> {
        let mut evaluations = 0;
        let mut usual = Vec::new();
        let mut others = Vec::new();
        for block in self.problem.layout.blocks() {
            let of_block = within(coordinates, &block.range());
            let (start, more) = self.start(of_block)?;
            evaluations += more;
            match start {
                Some(start) => others.push(start),
                None => usual.extend_from_slice(of_block),
            }
        }
        let mut starts = vec![Start {
            coordinates: usual,
            scheme: self.scheme,
            enough: 0.0,
        }];
        starts.extend(others);
        let mut looked_at = 0;
        let mut found: Option<Derivatives> = None;
        let mut enough = Vec::with_capacity(coordinates.len());
        for start in starts.iter().filter(|start| !start.coordinates.is_empty()) {
            let before = looked_at;
            let onward = |p: Progress| {
                if let Some(progress) = self.execution.progress {
                    progress(Progress {
                        done: before + p.done,
                        total: coordinates.len(),
                    });
                }
            };
            let execution = Execution {
                progress: Some(&onward),
                ..self.execution
            };
            let run = self.differences(&start.coordinates, &start.scheme, &execution)?;
            looked_at += start.coordinates.len();
            enough.extend(
                run.entries
                    .iter()
                    .map(|entry| (entry.coordinate, start.enough)),
            );
            let interrupted = run.interrupted;
            found = Some(match found {
                None => run,
                Some(mut sum) => {
                    sum.entries.extend(run.entries);
                    sum.evaluations += run.evaluations;
                    sum.interrupted |= run.interrupted;
                    sum
                }
            });
            if interrupted {
                break;
            }
        }
        let mut derivatives = match found {
            Some(found) => found,
            None => self.differences(&[], &self.scheme, &self.execution)?,
        };
        derivatives.evaluations += evaluations;
        derivatives.interrupted |= derivatives.entries.len() < coordinates.len();
        derivatives.entries.sort_by_key(|entry| entry.coordinate);
        enough.sort_by_key(|(coordinate, _)| *coordinate);
        Ok(FirstLook {
            derivatives,
            enough: enough.into_iter().map(|(_, enough)| enough).collect(),
        })
    }

    /// Other steps than the usual for these coordinates of one block, if noise asks for them, and what it cost to know.
    fn start(&self, coordinates: &[usize]) -> Result<(Option<Start>, u64), DifferenceError> {
        let usual =
            self.scheme.stencil == Stencil::CENTRAL && self.scheme.step == StepSize::Optimal;
        let objective = self.problem.objective;
        let engine = objective.engine().is_some() || objective.shortcut().is_some();
        if coordinates.len() < WORTH_IT || !usual || engine {
            return Ok((None, 0));
        }
        let pilots: Vec<usize> = (0..PILOTS)
            .map(|k| coordinates[(2 * k + 1) * coordinates.len() / (2 * PILOTS)])
            .collect();
        let mut evaluations = 0;
        let mut fly = |doublings: i32| -> Result<Option<Flight>, DifferenceError> {
            let scheme = self.longer(doublings);
            let quietly = Execution {
                progress: None,
                ..self.execution
            };
            let run = self.differences(&pilots, &scheme, &quietly)?;
            evaluations += run.evaluations;
            Ok(Flight::of(&run))
        };
        let safety = self.constants.safety;
        let wanted = self.claim.resolution.unwrap_or(self.constants.resolution);
        let Some(first) = fly(0)? else {
            return Ok((None, evaluations));
        };
        let blunt = safety * first.noise > 0.5 * wanted * first.scale;
        if first.scale == 0.0 || !blunt || first.noise <= first.truncation {
            return Ok((None, evaluations));
        }
        // Noise falls with the step and truncation grows with its square.
        let relative = self.steps(0);
        let most = (LONGEST / relative).log2().floor() as i32;
        let doublings = (4.0 * safety * first.noise / (wanted * first.scale))
            .log2()
            .ceil() as i32;
        let mut doublings = doublings.clamp(1, most);
        let Some(mut reached) = fly(doublings)? else {
            return Ok((None, evaluations));
        };
        if reached.truncation > reached.noise && safety * reached.bar() > wanted * reached.scale {
            let back = ((reached.truncation / reached.noise).log2() / 3.0).round() as i32;
            doublings = (doublings - back).max(0);
            match fly(doublings)? {
                Some(again) => reached = again,
                None => return Ok((None, evaluations)),
            }
        }
        let enough = SLACK * safety * reached.bar() / reached.scale;
        // What is blunter than the coarsest agreement is for the ladder to say.
        let start = (enough <= self.constants.coarsest).then(|| Start {
            coordinates: coordinates.to_vec(),
            scheme: self.longer(doublings),
            enough: if self.claim.resolution.is_some() {
                0.0
            } else {
                enough
            },
        });
        Ok((start, evaluations))
    }

    /// The usual step relative to max(1, |x|), doubled so many times.
    fn steps(&self, doublings: i32) -> f64 {
        let order = f64::from(self.scheme.stencil.order() + 1);
        T::EPSILON.powf(1.0 / order) * 2f64.powi(doublings)
    }

    fn longer(&self, doublings: i32) -> Scheme {
        let step = match doublings {
            0 => self.scheme.step,
            _ => StepSize::Relative(self.steps(doublings)),
        };
        Scheme {
            step,
            ..self.scheme
        }
    }

    fn differences(
        &self,
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        let Problem {
            objective, point, ..
        } = self.problem;
        differentiate(objective, point, coordinates, scheme, execution)
    }
}

/// The part of ascending `coordinates` that lies in the range.
fn within<'a>(coordinates: &'a [usize], range: &Range<usize>) -> &'a [usize] {
    let at = |end: usize| coordinates.partition_point(|i| *i < end);
    &coordinates[at(range.start)..at(range.end)]
}

/// What the pilots of a block saw with one step.
struct Flight {
    /// A typical |d|.
    scale: f64,
    /// The largest of either part of their bars.
    noise: f64,
    truncation: f64,
}

impl Flight {
    /// `None` where one of them has no derivative, or there is a kink at its point.
    fn of(run: &Derivatives) -> Option<Self> {
        let seen = run
            .entries
            .iter()
            .map(|entry| entry.outcome.estimated().copied());
        let seen: Vec<Estimate> = seen.collect::<Option<_>>()?;
        let largest = |of: fn(&Estimate) -> f64| seen.iter().map(of).fold(0.0, f64::max);
        let usable = seen.iter().all(|e| !e.kink && e.error_bar().is_finite());
        (usable && !seen.is_empty()).then(|| Self {
            scale: root_mean_square(seen.iter().map(|e| e.derivative)),
            noise: largest(|e| e.noise),
            truncation: largest(|e| e.truncation),
        })
    }

    fn bar(&self) -> f64 {
        self.noise + self.truncation
    }
}
