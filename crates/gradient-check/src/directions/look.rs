//! One direction: the error of g along it, with an error bar, and the verdict on it.
//!
//! Evaluates by the engine's own schemes, on J along the direction. Invariant: knows nothing of what the verdict is used for.

use std::cell::Cell;
use std::ops::Range;

use finite_diff::directions::{Along, Size, StreamedDirection, WorkingCopy};
use finite_diff::ladder::ladder_reach;
use finite_diff::noise::measure_noise;
use finite_diff::objective::Piece;
use finite_diff::{
    Derivatives, DifferenceError, Domain, Entry, Execution, Noise, Objective, Outcome, Real,
    Scheme, Stencil, StepSize, differentiate, differentiate_finely,
};

use super::reading::DirectionReading;
use crate::error::CheckError;
use crate::evidence::Observation;
use crate::verdict::{Allowance, Comparison, Reason, Rule, Verdict, hold_against};

/// How much shorter the second step is, where it pays: a factor 32 takes 32⁴ off the truncation of a
/// five-point formula, and multiplies its noise by 32.
const SHORTER: f64 = 32.0;

/// What all looks share.
pub(crate) struct Bench<'a, T, O: ?Sized> {
    pub(crate) copy: WorkingCopy<'a, T, O>,
    /// The domain, in which J may be evaluated.
    pub(crate) domain: Option<&'a Domain>,
    pub(crate) analytic: &'a [f64],
    pub(crate) cost: T,
    /// The smooth piece of θ.
    pub(crate) piece: Piece,
    pub(crate) noise: Noise,
    /// The rule by which directions are judged; a required resolution holds for coordinates.
    pub(crate) rule: Rule,
    pub(crate) seed: u64,
    pub(crate) execution: Execution<'a>,
    /// The number of the next direction.
    pub(crate) next: Cell<u64>,
}

/// What one look saw.
pub(crate) struct Looked {
    pub(crate) reading: DirectionReading,
    /// Whether J moved at all.
    pub(crate) moved: bool,
    /// Whether the estimate by few steps agreed with the step sequence, where both were taken.
    pub(crate) calm: bool,
}

impl Looked {
    fn nothing(verdict: Verdict) -> Self {
        Self {
            reading: DirectionReading::unseen(verdict),
            moved: false,
            calm: false,
        }
    }
}

impl<T: Real, O: Objective<T> + ?Sized> Bench<'_, T, O> {
    pub(crate) fn is_cancelled(&self) -> bool {
        self.execution.is_stopped()
    }

    /// Whether anything moves this coordinate.
    pub(crate) fn is_free(&self, coordinate: usize) -> bool {
        self.domain
            .is_none_or(|domain| !domain.is_fixed(coordinate))
    }

    /// A direction over `range` that has not been used yet.
    pub(crate) fn fresh(&self, range: Range<usize>) -> StreamedDirection {
        let number = self.next.get();
        self.next.set(number + 1);
        StreamedDirection::new(self.seed, number, range)
    }

    /// u of the one coordinate that `direction` moves.
    pub(crate) fn entry(&self, direction: &StreamedDirection) -> f64 {
        self.copy.entries(direction).next().unwrap_or(f64::NAN)
    }

    /// The root mean square of an entry of g over `range`.
    pub(crate) fn typical_entry(&self, range: Range<usize>) -> f64 {
        self.size(range).entry
    }

    fn size(&self, range: Range<usize>) -> Size {
        // Whichever direction: its range and lengths matter.
        let any = StreamedDirection::new(self.seed, 0, range);
        self.copy.size(&any, self.analytic)
    }

    /// What g·u may be off by over `range`. `entry` is the root mean square of g over the whole block: no entry is known
    /// better than to some ε of it ((D4) of docs/theory/directions.md).
    pub(crate) fn allowance(&self, range: Range<usize>, entry: f64) -> Allowance {
        let size = self.size(range);
        let constants = self.rule.constants;
        let unit = constants.deviations * constants.rounding * self.rule.working_epsilon;
        let rounding = unit * size.along.hypot(entry * size.steps);
        let rounding = if rounding.is_finite() { rounding } else { 0.0 };
        Allowance::of_direction(size.along, rounding, size.along, false, &self.rule)
    }

    /// Five-point differences, and once more on a shorter step where that pays ((D3) of
    /// docs/theory/directions.md). *Disagree* is a suspicion.
    pub(crate) fn short(
        &self,
        direction: &StreamedDirection,
        allowance: &Allowance,
        block: Option<&str>,
    ) -> Result<Looked, CheckError> {
        let line = self.line(direction)?;
        Ok(self.short_along(&line, allowance, self.noise, block)?.0)
    }

    fn short_along(
        &self,
        line: &Along<'_, T, O>,
        allowance: &Allowance,
        noise: Noise,
        block: Option<&str>,
    ) -> Result<(Looked, Observation), CheckError> {
        let mut looks = Vec::new();
        if let Some(step) = self.step_on_the_piece(line, block)? {
            for step in [step, step / SHORTER] {
                let look = self.five_point(line, step, noise, block)?;
                looks.push(look);
                if let Outcome::Estimated(estimate) = look {
                    let tolerance = allowance.tolerance(estimate.error_bar(), &self.rule);
                    let sharp = tolerance <= self.rule.constants.resolution * allowance.size;
                    if sharp || estimate.truncation <= estimate.noise {
                        break;
                    }
                }
                if !line.has_moved() && allowance.size == 0.0 {
                    break;
                }
            }
        }
        let mut looks = looks.into_iter();
        // Without a step the pieces around θ are too narrow for any.
        let first = looks.next();
        let observation = Observation {
            first: first.unwrap_or(Outcome::StepNotRepresentable { step: 0.0 }),
            sharper: looks.next(),
            ..nothing_observed()
        };
        let mut comparison = self.judge(&observation, allowance);
        let contradicted = [Some(observation.first), observation.sharper]
            .iter()
            .flatten()
            .filter_map(Outcome::estimated)
            .any(|e| e.derivative.abs() > allowance.tolerance(e.error_bar(), &self.rule));
        if comparison.verdict == Verdict::Agree && contradicted {
            comparison.verdict = Verdict::Inconclusive(Reason::BelowResolution);
        }
        if first.is_none() {
            comparison.verdict = Verdict::Inconclusive(Reason::Kink);
        } else if !line.has_moved() && self.is_zero_to_rounding(&comparison, allowance) {
            comparison.verdict = Verdict::Inconclusive(Reason::Vacuous);
        }
        let step = observation.best().map(|best| best.step);
        let seen = Looked {
            reading: reading(&comparison, step, line),
            moved: line.has_moved(),
            calm: false,
        };
        Ok((seen, observation))
    }

    /// The short look, and the ladder where that does not settle it ((D5) of docs/theory/directions.md). What is wrong
    /// then, along a direction that moves small parameters of a black box, is looked at in their own lengths too: an error
    /// of a gradient does not depend on the steps.
    pub(crate) fn look(
        &self,
        direction: &StreamedDirection,
        allowance: &Allowance,
        block: Option<&str>,
    ) -> Result<Looked, CheckError> {
        let seen = self.look_by(direction, allowance, self.noise, block)?;
        let point = &self.copy.point()[direction.range()];
        let sizes = || point.iter().map(|x| x.widen().abs()).filter(|x| *x > 0.0);
        // The step of the first look is wider than the parameter.
        let is_small = |x: f64| x < StepSize::Optimal.at(T::zero(), &Stencil::FIVE_POINT);
        if seen.reading.verdict != Verdict::Disagree
            || self.piece != Piece::Unknown
            || !sizes().any(is_small)
        {
            return Ok(seen);
        }
        let own = direction.clone().in_own_lengths();
        let size = self.copy.size(&own, self.analytic).along;
        // Steps for parameters of size 1 may have taken for noise what J does on theirs.
        let noise = self.noise_along(&own)?;
        let closer = self.look_by(&own, &allowance.scaled_to(size), noise, block)?;
        // In whichever coordinate the error is, it would have shown there too.
        let expected = seen.reading.error.map_or(0.0, f64::abs) * sizes().fold(1.0, f64::min);
        let visible = closer.reading.would_have_seen();
        let room = closer.reading.tolerance + closer.reading.doubt;
        Ok(match closer.reading.verdict {
            Verdict::Agree if visible.is_some_and(|visible| visible < expected) => closer,
            // It would have shown, and what there is instead says nothing: not every scale contradicts g.
            Verdict::Inconclusive(reason) if room < expected => {
                let mut seen = seen;
                seen.reading.verdict = Verdict::Inconclusive(reason);
                seen
            }
            _ => seen,
        })
    }

    /// One look, in the lengths of the direction.
    fn look_by(
        &self,
        direction: &StreamedDirection,
        allowance: &Allowance,
        noise: Noise,
        block: Option<&str>,
    ) -> Result<Looked, CheckError> {
        let line = self.line(direction)?;
        let short = self.short_along(&line, allowance, noise, block);
        let settled = [Verdict::Agree, Verdict::Inconclusive(Reason::Vacuous)];
        let is_settled = |seen: &Looked| settled.contains(&seen.reading.verdict);
        let short = match short {
            Ok((seen, _)) if is_settled(&seen) => return Ok(seen),
            Ok((mut seen, _)) if self.is_cancelled() => {
                // What is wrong by this look alone is a suspicion.
                if seen.reading.verdict == Verdict::Disagree {
                    seen.reading.verdict = Verdict::Inconclusive(Reason::Interrupted);
                }
                return Ok(seen);
            }
            short => short,
        };
        let line = self.line(direction)?;
        let run = differentiate_finely(&line, &[T::zero()], &[0], noise, &Execution::ONE_THREAD);
        let fine = outcome(run, block)?;
        if line.has_failed() && self.execution.failure.is_some() {
            // Whether J has no value that far away, or none anywhere any more.
            let gone = self.copy.value();
            gone.map_err(|source| DifferenceError::Center { source })
                .map_err(CheckError::Difference)?;
        }
        let (short, mut observation) = match short {
            Ok(short) => short,
            // J may have no value so far away, and one on narrower steps.
            Err(_) if fine.estimated().is_some() => {
                let nothing = Verdict::Inconclusive(Reason::NonFinite);
                (Looked::nothing(nothing), nothing_observed())
            }
            Err(error) => return Err(error),
        };
        observation.fine = Some(fine);
        let mut comparison = self.judge(&observation, allowance);
        if let (Outcome::StepNotRepresentable { .. }, Verdict::Inconclusive(_)) =
            (fine, short.reading.verdict)
        {
            // The pieces around θ are too narrow for any step.
            comparison.verdict = short.reading.verdict;
        }
        let step = observation.best().map(|best| best.step);
        let reading = DirectionReading {
            on_the_ladder: fine.estimated().is_some(),
            ..reading(&comparison, step, &line)
        };
        let calm = short
            .reading
            .error
            .zip(reading.error)
            .is_some_and(|(a, b)| (a - b).abs() <= short.reading.tolerance + reading.tolerance);
        Ok(Looked {
            reading,
            moved: short.moved || line.has_moved(),
            calm,
        })
    }

    /// The word where g·u is no number: wrong, if J has a slope along u, and else J has no value there.
    pub(crate) fn word_on_no_number(
        &self,
        direction: &StreamedDirection,
        block: Option<&str>,
    ) -> Result<Verdict, CheckError> {
        let line = self
            .copy
            .along(direction.clone())
            .map_err(CheckError::Difference)?;
        let narrow = T::EPSILON.sqrt();
        let sides: &[f64] = if line.is_one_sided() {
            &[narrow]
        } else {
            &[narrow, -narrow]
        };
        for t in sides {
            let value = line.value(&[T::narrow(*t)]);
            if !value
                .map_err(|source| along(block, *t, source))?
                .is_finite()
            {
                return Ok(Verdict::Inconclusive(Reason::NonFinite));
            }
        }
        Ok(Verdict::Disagree)
    }

    /// Whether g·u is what the terms of a gradient may round to, by the size of J, as where they cancel.
    fn is_zero_to_rounding(&self, comparison: &Comparison, allowance: &Allowance) -> bool {
        let terms = self.cost.widen().abs();
        let rounding = self.rule.constants.rounding * self.rule.working_epsilon * terms;
        allowance.size == 0.0 || comparison.numeric.is_some_and(|d| d.abs() <= rounding)
    }

    /// The verdict on ψ′, which is 0 where g is right: by the judge that judges coordinates, with the size of the range
    /// as scale.
    fn judge(&self, observation: &Observation, allowance: &Allowance) -> Comparison {
        hold_against(observation, &self.rule, |_| *allowance)
    }

    /// The noise of J along a direction, in its lengths.
    fn noise_along(&self, direction: &StreamedDirection) -> Result<Noise, CheckError> {
        let line = self
            .copy
            .along(direction.clone())
            .map_err(CheckError::Difference)?;
        let measured = measure_noise(&line, &[T::zero()], self.seed, &Execution::ONE_THREAD)
            .map_err(CheckError::Difference)?;
        Ok(measured.noise::<T>(self.cost.widen().abs(), Noise::default()))
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
        block: Option<&str>,
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
        noise: Noise,
        block: Option<&str>,
    ) -> Result<Outcome, CheckError> {
        let scheme = Scheme {
            stencil: Stencil::FIVE_POINT,
            step: StepSize::Absolute(step),
            noise,
        };
        outcome(
            differentiate(line, &[T::zero()], &[0], &scheme, &Execution::ONE_THREAD),
            block,
        )
    }
}

/// ψ, of which no derivative is known yet, beside the 0 that it should have.
fn nothing_observed() -> Observation {
    Observation {
        coordinate: 0,
        analytic: 0.0,
        unit: 1.0,
        enough: 0.0,
        analytic_noise: None,
        analytic_rounding: None,
        first: Outcome::StepNotRepresentable { step: 0.0 },
        sharper: None,
        shadow: None,
        fine: None,
    }
}

/// What was seen along a direction, in terms of e_u = −ψ′.
fn reading<T: Real, O: Objective<T> + ?Sized>(
    comparison: &Comparison,
    step: Option<f64>,
    line: &Along<'_, T, O>,
) -> DirectionReading {
    let gap = comparison.one_sided.map_or(0.0, |[l, r]| (r - l).abs());
    let known = comparison.numeric.is_some();
    DirectionReading {
        error: comparison.numeric.map(|d| -d),
        error_bar: comparison.error_bar,
        tolerance: comparison.tolerance + gap,
        least: comparison.least,
        doubt: comparison.doubt,
        step: step.filter(|_| known),
        on_the_ladder: false,
        one_sided: line.is_one_sided(),
        verdict: comparison.verdict,
    }
}

/// The one outcome of a run along a direction, its failures with the block and t.
fn outcome<E: Copy>(
    run: Result<Derivatives<E>, DifferenceError>,
    block: Option<&str>,
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

fn along(block: Option<&str>, t: f64, source: finite_diff::EvaluationError) -> CheckError {
    CheckError::Difference(DifferenceError::Along {
        block: block.map(str::to_owned),
        t,
        source,
    })
}
