//! One direction: what g is wrong by along it, with a bar, and the word on it.
//!
//! Evaluates by the engine's own schemes, on J along the direction; refuses to know what is done with the word.

use std::cell::Cell;
use std::num::NonZeroUsize;
use std::ops::Range;

use finite_diff::{
    Along, Derivatives, DifferenceError, Domain, Entry, Estimate, Execution, Ground, Noise,
    Objective, Outcome, Piece, Real, Refined, Scheme, Stencil, StepSize, StreamedDirection,
    WorkingCopy, differentiate, differentiate_finely, ladder_reach,
};

use super::report::DirectionReading;
use crate::constants::Constants;
use crate::error::CheckError;
use crate::verdict::{Reason, Verdict};

/// How much shorter the second step is, where it pays: a factor 32 takes 32⁴ off the truncation of a
/// five-point formula, and multiplies its noise by 32.
const SHORTER: f64 = 32.0;

/// How many times the gap of the one-sided derivatives an error must be, where there is a kink at θ: several
/// kinks may cancel in the gap and not in g·u, which happens to one direction in a thousand then
/// (docs/theory/slope.md, §5).
const GAPS: f64 = 800.0;

/// What all looks share.
pub(super) struct Bench<'a, T, O: ?Sized> {
    pub(super) copy: WorkingCopy<'a, T, O>,
    /// Where J may be evaluated.
    pub(super) domain: Option<&'a Domain>,
    pub(super) analytic: &'a [f64],
    pub(super) cost: T,
    /// The smooth piece of θ.
    pub(super) piece: Piece,
    pub(super) noise: Noise,
    pub(super) constants: Constants,
    pub(super) working_epsilon: f64,
    pub(super) seed: u64,
    pub(super) execution: Execution<'a>,
    /// The number of the next direction.
    pub(super) next: Cell<u64>,
}

/// What is measured against, over one range.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ruler {
    /// √Σ(g_i·s_i)².
    pub(super) size: f64,
    /// How far g·u may be off by the rounding of g.
    rounding: f64,
    /// How far beyond that a gradient in single precision is undecided.
    doubt: f64,
}

/// What one look saw.
pub(super) struct Seen {
    pub(super) reading: DirectionReading,
    /// Whether J moved at all.
    pub(super) moved: bool,
    /// Whether the short look said the same as the ladder, where both were had.
    pub(super) calm: bool,
}

impl<T: Real, O: Objective<T> + ?Sized> Bench<'_, T, O> {
    pub(super) fn is_cancelled(&self) -> bool {
        self.execution.is_stopped()
    }

    /// Whether anything moves this coordinate.
    pub(super) fn is_free(&self, coordinate: usize) -> bool {
        self.domain
            .is_none_or(|domain| !domain.is_fixed(coordinate))
    }

    /// A direction over `range` that nobody has used yet.
    pub(super) fn fresh(&self, range: Range<usize>) -> StreamedDirection {
        let number = self.next.get();
        self.next.set(number + 1);
        StreamedDirection::new(self.seed, number, range)
    }

    /// u of the one coordinate that `direction` moves.
    pub(super) fn entry(&self, direction: &StreamedDirection) -> f64 {
        self.copy.entries(direction).next().unwrap_or(f64::NAN)
    }

    /// `entry` is the root mean square of g over the whole block: no entry is known better than to some ε of
    /// it ((D4) of docs/theory/directions.md).
    pub(super) fn ruler(&self, range: Range<usize>, entry: f64) -> Ruler {
        let size = self.copy.size(range, self.analytic);
        let unit = self.constants.rounding * self.working_epsilon;
        let rounding = self.constants.deviations * unit * size.along.hypot(entry * size.steps);
        let single = self.working_epsilon > f64::EPSILON;
        Ruler {
            size: size.along,
            rounding: if rounding.is_finite() { rounding } else { 0.0 },
            doubt: if single {
                self.constants.doubt * rounding
            } else {
                0.0
            },
        }
    }

    /// Five-point differences, and once more on a shorter step where that pays ((D3) of
    /// docs/theory/directions.md). *Disagree* is a suspicion.
    pub(super) fn short(
        &self,
        direction: &StreamedDirection,
        ruler: &Ruler,
        block: &str,
    ) -> Result<Seen, CheckError> {
        let line = self.line(direction)?;
        let mut estimates = Vec::new();
        let mut obstacle = Reason::Kink;
        if let Some(step) = self.step_on_the_piece(&line, block)? {
            for step in [step, step / SHORTER] {
                match self.five_point(&line, step, block)? {
                    Outcome::Estimated(estimate) if !estimate.derivative.is_finite() => {
                        // Two finite values whose difference is not.
                        obstacle = Reason::NonFinite;
                    }
                    Outcome::Estimated(estimate) => {
                        estimates.push(estimate);
                        let sharp = self.tolerance(estimate.error_bar(), ruler)
                            <= self.constants.resolution * ruler.size;
                        if sharp || estimate.truncation <= estimate.noise {
                            break;
                        }
                    }
                    Outcome::NonFinite { .. } => obstacle = Reason::NonFinite,
                    Outcome::StepNotRepresentable { .. } => {
                        obstacle = Reason::StepNotRepresentable;
                    }
                }
                if !line.has_moved() && ruler.size == 0.0 {
                    break;
                }
            }
        }
        let sharpest = estimates
            .iter()
            .min_by(|a, b| a.error_bar().total_cmp(&b.error_bar()));
        let reading = match sharpest {
            None => without_estimate(obstacle, &line),
            Some(sharpest) => {
                let mut reading = self.reading(sharpest, &line, ruler);
                let contradicted = estimates.iter().any(|estimate| {
                    estimate.derivative.abs() > self.tolerance(estimate.error_bar(), ruler)
                });
                reading.verdict = if !line.has_moved() && ruler.size == 0.0 {
                    Verdict::Inconclusive(Reason::Vacuous)
                } else if sharpest.derivative.abs() > reading.tolerance {
                    Verdict::Disagree
                } else if !contradicted && self.is_sharp(reading.tolerance, ruler) {
                    Verdict::Agree
                } else {
                    Verdict::Inconclusive(Reason::BelowResolution)
                };
                reading
            }
        };
        Ok(Seen {
            reading,
            moved: line.has_moved(),
            calm: false,
        })
    }

    /// The short look, and the ladder where that does not settle it ((D5) of docs/theory/directions.md).
    pub(super) fn look(
        &self,
        direction: &StreamedDirection,
        ruler: &Ruler,
        block: &str,
    ) -> Result<Seen, CheckError> {
        let short = self.short(direction, ruler, block)?;
        let settled = [Verdict::Agree, Verdict::Inconclusive(Reason::Vacuous)];
        if settled.contains(&short.reading.verdict) {
            return Ok(short);
        }
        let line = self.line(direction)?;
        let run = differentiate_finely(&line, &[T::zero()], &[0], self.noise, &ONE_THREAD);
        let reading = match outcome(run, block)? {
            Outcome::Estimated(refined) if !refined.derivative.derivative.is_finite() => {
                without_estimate(Reason::NonFinite, &line)
            }
            Outcome::Estimated(refined) => self.judge(&refined, &line, &short.reading, ruler),
            Outcome::NonFinite { .. } => without_estimate(Reason::NonFinite, &line),
            Outcome::StepNotRepresentable { .. } => match short.reading.verdict {
                // The pieces around θ are too narrow for any step.
                Verdict::Inconclusive(reason) => without_estimate(reason, &line),
                _ => without_estimate(Reason::Kink, &line),
            },
        };
        let calm = short
            .reading
            .error
            .zip(reading.error)
            .is_some_and(|(a, b)| (a - b).abs() <= short.reading.tolerance + reading.tolerance);
        Ok(Seen {
            reading,
            moved: short.moved || line.has_moved(),
            calm,
        })
    }

    /// The word of the ladder.
    fn judge(
        &self,
        refined: &Refined,
        line: &Along<'_, T, O>,
        short: &DirectionReading,
        ruler: &Ruler,
    ) -> DirectionReading {
        let mut reading = self.reading(&refined.derivative, line, ruler);
        reading.on_the_ladder = true;
        let error = refined.derivative.derivative;
        if let Ground::Kink { .. } | Ground::Fenced = refined.ground {
            let (left, right) = (refined.left.derivative, refined.right.derivative);
            let bar = refined.left.error_bar().max(refined.right.error_bar());
            let (gap, tolerance) = ((right - left).abs(), self.tolerance(bar, ruler));
            // ψ′ on either side; a g that is right lies between.
            let outside = left.min(right).max(-left.max(right));
            reading.tolerance = tolerance + gap;
            reading.verdict = if outside <= tolerance && self.is_sharp(reading.tolerance, ruler) {
                Verdict::Agree
            } else if outside > tolerance + GAPS * (gap + bar) + ruler.doubt {
                Verdict::Disagree
            } else {
                Verdict::Inconclusive(Reason::Kink)
            };
            return reading;
        }
        let Ground::Smooth {
            kink_in_reach,
            known,
        } = refined.ground
        else {
            return reading;
        };
        // The ladder is the more careful look and not always the sharper one: what only its wider bar lets
        // pass is not confirmed.
        let let_pass = !known
            && short.error.is_some_and(|e| e.abs() > short.tolerance)
            && short.tolerance < reading.tolerance;
        reading.verdict = if error.abs() > reading.tolerance + ruler.doubt {
            Verdict::Disagree
        } else if error.abs() > reading.tolerance || let_pass {
            Verdict::Inconclusive(Reason::BelowResolution)
        } else if self.is_sharp(reading.tolerance, ruler) {
            Verdict::Agree
        } else if kink_in_reach {
            Verdict::Inconclusive(Reason::Kink)
        } else {
            Verdict::Inconclusive(Reason::BelowResolution)
        };
        reading
    }

    fn line(&self, direction: &StreamedDirection) -> Result<Along<'_, T, O>, CheckError> {
        self.copy
            .against(direction.clone(), self.analytic, self.cost)
            .map_err(CheckError::Difference)
    }

    /// The widest step at which every point lies on the smooth piece of θ; `None` where there is none, or θ
    /// lies on a border.
    fn step_on_the_piece(
        &self,
        line: &Along<'_, T, O>,
        block: &str,
    ) -> Result<Option<f64>, CheckError> {
        let mut step = StepSize::Optimal.at(T::zero(), &Stencil::FIVE_POINT);
        match self.piece {
            Piece::Unknown | Piece::Everywhere => return Ok(Some(step)),
            Piece::Numbered { on_kink: true, .. } => return Ok(None),
            Piece::Numbered { .. } => {}
        }
        let narrowest = T::EPSILON.sqrt();
        let offsets: &[f64] = if line.is_one_sided() {
            step = (ladder_reach(T::zero()) / 16.0).min(step);
            &[16.0, 12.0, 8.0, 6.0, 4.0, 3.0, 2.0, 1.0]
        } else {
            &[4.0, -4.0, 2.0, -2.0, 1.0, -1.0]
        };
        while step >= narrowest {
            let mut inside = true;
            for offset in offsets {
                let t = offset * step;
                let piece = line
                    .piece(&[T::narrow(t)])
                    .map_err(|source| along(block, t, source))?;
                if piece != self.piece {
                    inside = false;
                    break;
                }
            }
            if inside {
                return Ok(Some(step));
            }
            step /= 2.0;
        }
        Ok(None)
    }

    fn five_point(
        &self,
        line: &Along<'_, T, O>,
        step: f64,
        block: &str,
    ) -> Result<Outcome, CheckError> {
        let scheme = Scheme {
            stencil: Stencil::FIVE_POINT,
            step: StepSize::Absolute(step),
            noise: self.noise,
        };
        outcome(
            differentiate(line, &[T::zero()], &[0], &scheme, &ONE_THREAD),
            block,
        )
    }

    fn reading(
        &self,
        estimate: &Estimate,
        line: &Along<'_, T, O>,
        ruler: &Ruler,
    ) -> DirectionReading {
        DirectionReading {
            // ψ′ is (∇J − g)·u.
            error: Some(-estimate.derivative),
            error_bar: Some(estimate.error_bar()),
            tolerance: self.tolerance(estimate.error_bar(), ruler),
            doubt: ruler.doubt,
            step: Some(estimate.step),
            on_the_ladder: false,
            one_sided: line.is_one_sided(),
            verdict: Verdict::Inconclusive(Reason::BelowResolution),
        }
    }

    /// K·B + r ((D4) of docs/theory/directions.md).
    fn tolerance(&self, bar: f64, ruler: &Ruler) -> f64 {
        self.constants.safety * bar + ruler.rounding
    }

    /// Whether an error of a thousandth of the gradient's own size would show.
    fn is_sharp(&self, tolerance: f64, ruler: &Ruler) -> bool {
        ruler.size > 0.0 && tolerance <= self.constants.coarsest * ruler.size
    }
}

/// The probes of one direction share the working copy.
const ONE_THREAD: Execution<'static> = Execution {
    threads: NonZeroUsize::new(1),
    progress: None,
    cancel: None,
    failure: None,
};

fn without_estimate<T: Real, O: Objective<T> + ?Sized>(
    reason: Reason,
    line: &Along<'_, T, O>,
) -> DirectionReading {
    DirectionReading {
        error: None,
        error_bar: None,
        tolerance: f64::INFINITY,
        doubt: 0.0,
        step: None,
        on_the_ladder: false,
        one_sided: line.is_one_sided(),
        verdict: Verdict::Inconclusive(reason),
    }
}

/// The one outcome of a run along a direction, its failures with the block and t.
fn outcome<E: Copy>(
    run: Result<Derivatives<E>, DifferenceError>,
    block: &str,
) -> Result<Outcome<E>, CheckError> {
    match run {
        Ok(run) => Ok(run.entries.first().map_or(
            Outcome::StepNotRepresentable { step: 0.0 },
            |entry: &Entry<E>| entry.outcome,
        )),
        Err(DifferenceError::Probe { side, source, .. }) => {
            Err(along(block, side.replacement, source))
        }
        Err(error) => Err(CheckError::Difference(error)),
    }
}

fn along(block: &str, t: f64, source: finite_diff::EvaluationError) -> CheckError {
    CheckError::Difference(DifferenceError::Along {
        block: Some(block.to_owned()),
        t,
        source,
    })
}
