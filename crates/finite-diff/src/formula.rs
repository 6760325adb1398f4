//! Which formula, and which step, where a bound is near: the one asked for where it fits, else the least noisy
//! of those that do.
//!
//! Knows no function.

use crate::domain::{Domain, Interval};
use crate::line::point;
use crate::step::StepRule;
use crate::{Estimate, Real, Scheme, Stencil};

/// A formula with the points of all its steps.
pub(crate) struct Formula {
    pub(crate) stencil: Stencil,
    /// The offsets of the points from x, in steps h, without x itself.
    pub(crate) offsets: Vec<i32>,
    /// Whether the formula is taken because of a bound. It then takes three steps and not two, because J may be less
    /// smooth at its bound than a formula counts on.
    pub(crate) inward: bool,
}

/// A formula and the step that it is taken with.
#[derive(Clone, Copy)]
pub(crate) struct Choice<'f> {
    pub(crate) formula: &'f Formula,
    pub(crate) step: f64,
}

/// What a scheme can do in a domain.
pub(crate) struct Formulas<'d> {
    own: Formula,
    /// Above x and below it.
    inward: Vec<Formula>,
    rule: StepRule,
    domain: Option<&'d Domain>,
}

impl Formula {
    fn own(stencil: Stencil) -> Self {
        Self {
            offsets: stencil.offsets(),
            stencil,
            inward: false,
        }
    }

    fn inward(stencil: Stencil) -> Self {
        Self {
            offsets: stencil.offsets_of(&[1, 2, 4]),
            stencil,
            inward: true,
        }
    }

    /// The widest of h, h/2, h/4, … at which every point lies strictly between the bounds; `None` where one
    /// of them falls on x before that ((B1) and (B4) of docs/theory/bounds.md).
    fn fitted<T: Real>(&self, interval: &Interval, x: T, mut h: f64) -> Option<f64> {
        loop {
            let mut inside = true;
            for &offset in &self.offsets {
                inside &= interval.admits(point(x, offset, h)?);
            }
            if inside {
                return Some(h);
            }
            h /= 2.0;
        }
    }
}

impl<'d> Formulas<'d> {
    pub(crate) fn new<T: Real>(scheme: &Scheme, domain: Option<&'d Domain>) -> Self {
        let inward = scheme.stencil.one_sided().map(Formula::inward);
        Self {
            own: Formula::own(scheme.stencil),
            inward: domain.map_or(Vec::new(), |_| inward.into()),
            rule: scheme.step.under::<T>(&scheme.stencil),
            domain,
        }
    }

    /// How many points the formula asked for has.
    pub(crate) fn points(&self) -> usize {
        self.own.offsets.len()
    }

    /// h by the rule, whatever the bounds.
    pub(crate) fn step<T: Real>(&self, x: T) -> f64 {
        self.rule.at(x)
    }

    /// The formula for `coordinate` at `x`: the one asked for where all its points are inside, else that of
    /// the smallest noise c/h among those that fit on a shorter step or on one side; `None` where none
    /// does ((B4) of docs/theory/bounds.md).
    pub(crate) fn choose<T: Real>(&self, coordinate: usize, x: T) -> Option<Choice<'_>> {
        let step = self.rule.at(x);
        let formula = &self.own;
        let Some(interval) = self.domain.and_then(|domain| domain.interval(coordinate)) else {
            return Some(Choice { formula, step });
        };
        let noise =
            |choice: &Choice<'_>| choice.formula.stencil.noise_amplification() / choice.step;
        // One that is one-sided itself is no other than those, and near a bound takes three steps as they do.
        let is_free = |formula: &Formula| formula.fitted(&interval, x, step) == Some(step);
        let own = formula.stencil.order() > 1 || self.inward.iter().all(is_free);
        own.then_some(formula)
            .into_iter()
            .chain(&self.inward)
            .filter_map(|formula| {
                let step = formula.fitted(&interval, x, step)?;
                Some(Choice { formula, step })
            })
            .min_by(|a, b| noise(a).total_cmp(&noise(b)))
    }

    /// A formula of shorter reach, where the one-sided `than` is off by truncation more than by noise: J may
    /// be singular at the bound, and the distance to it a length of its own.
    pub(crate) fn closer<T: Real>(
        &self,
        coordinate: usize,
        x: T,
        than: &Choice<'_>,
        seen: &Estimate,
    ) -> Option<Choice<'_>> {
        let one_sided = self.own.stencil.order() == 1;
        if one_sided || !than.formula.inward || seen.truncation <= seen.noise {
            return None;
        }
        let interval = self.domain?.interval(coordinate)?;
        let step = self.own.fitted(&interval, x, self.rule.at(x))?;
        Some(Choice {
            formula: &self.own,
            step,
        })
    }
}
