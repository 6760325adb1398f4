//! The measurements of a check, gathered once in two passes: every coordinate cheaply, suspects carefully.
//!
//! Plain data: [`check`](crate::check()) gathers it, and the verdict is a pure function of it, in
//! [`verdict`](crate::verdict).

use finite_diff::ladder::{Ground, Refined};
use finite_diff::{Estimate, Outcome, ParameterLayout};

use crate::constants::Constants;
use crate::seen::First;
use crate::settings::{Claim, Settings};

/// The measurements of one coordinate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Observation {
    /// The flat index.
    pub coordinate: usize,
    /// g, the analytic gradient's entry.
    pub analytic: f64,
    /// The length that the parameter is measured in: |x|, or 1 where it is 0.
    pub unit: f64,
    /// The error bar that a first estimate needs, relative to the scale, where a pilot showed what noise allows; else 0.
    pub enough: f64,
    /// The measured noise σ of g, where it was measured.
    pub analytic_noise: Option<f64>,
    /// σ of the rounding of g, where it was estimated.
    pub analytic_rounding: Option<f64>,
    /// The estimate of the first pass.
    pub first: Outcome<Estimate>,
    /// The estimate by a formula with a tighter error bar, where the first one agreed but not tightly enough.
    pub sharper: Option<Outcome<Estimate>>,
    /// The estimate by the complex step, where there is a complex-step counterpart that is reliable here, for
    /// those that did not agree before.
    pub shadow: Option<Shadow>,
    /// The estimate by the step sequence, for coordinates that did not agree.
    pub fine: Option<Outcome<Refined>>,
}

impl Observation {
    /// The most careful estimate there is: the ladder's, whose bar was held against other steps, or that
    /// on complex numbers, which has no step to speak of, or the sharper of the others.
    pub fn best(&self) -> Option<Estimate> {
        let fine = self.refined().map(|refined| refined.derivative);
        fine.or_else(|| self.shadow.map(|shadow| shadow.estimate))
            .or_else(|| self.before_the_ladder())
    }

    /// The size of the derivative: |d|, at a kink the larger one of both sides.
    pub fn size(&self) -> Option<f64> {
        let sides = |refined: &Refined| {
            matches!(refined.ground, Ground::Kink { .. }).then(|| {
                let [left, right] = [refined.left, refined.right].map(|side| side.derivative.abs());
                left.max(right)
            })
        };
        let d = self.best()?.derivative.abs();
        Some(self.refined().and_then(sides).unwrap_or(d))
    }

    /// The estimate by the step sequence.
    pub fn refined(&self) -> Option<&Refined> {
        self.fine.as_ref()?.estimated()
    }

    /// The sharper of the finite differences before the ladder.
    pub fn before_the_ladder(&self) -> Option<Estimate> {
        let first = self.first.estimated().copied();
        let sharper = self
            .sharper
            .and_then(|outcome| outcome.estimated().copied());
        match (first, sharper) {
            (Some(first), Some(sharper)) if sharper.error_bar() < first.error_bar() => {
                Some(sharper)
            }
            (first, _) => first,
        }
    }

    /// Whether J does not change with the coordinate at all, and the gradient is zero there.
    pub fn is_flat(&self) -> bool {
        self.analytic == 0.0 && self.first.estimated().is_some_and(|d| d.flat)
    }
}

/// A derivative from the same function on complex numbers, at a point of which J said that it lies on no kink:
/// then it is the derivative, whatever finite differences say.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// The derivative, with its bar.
    pub estimate: Estimate,
}

/// The comparison of a fast engine's numbers with plain evaluations of J.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recheck {
    /// The engine.
    pub engine: &'static str,
    /// The number of coordinates that were drawn at random and evaluated plainly.
    pub drawn: usize,
    /// The number of wrong coordinates that were evaluated plainly; some may be among those drawn.
    pub rejected: usize,
    /// The number of coordinates that came out wrong.
    pub rejected_in_all: usize,
    /// The number of both that could not be compared: J has a kink within reach of one or the other.
    pub undecided: usize,
    /// The number of evaluations of J for the comparison.
    pub evaluations: u64,
}

/// The measurement along a direction u among entries at kinks, each of which is a subgradient by itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AlongKinks {
    /// D⁻, from the side of θ − t·u.
    pub left: f64,
    /// D⁺, from the side of θ + t·u.
    pub right: f64,
    /// The larger error bar of the two.
    pub error_bar: f64,
    /// The lowest and the highest slope along u next to θ, less what noise may make of them; D⁻ and D⁺ where none was
    /// looked at.
    pub beside: [f64; 2],
    /// g·u.
    pub analytic: f64,
    /// The rounding error that g contributes to it.
    pub rounding: f64,
}

/// The measurements of a whole check.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// J at the point.
    pub cost: f64,
    /// Whether evaluating J again at the same point gave the same value, but for what can be noise: a thousandth of it.
    pub deterministic: bool,
    /// 3σ of repeated evaluations at the point; 0 where the first two gave the same bits.
    pub spread: f64,
    /// One observation for each coordinate, in ascending order.
    pub observations: Vec<Observation>,
    /// The measurements along directions among entries at kinks; empty where there are fewer than two.
    pub along_kinks: Vec<AlongKinks>,
    /// The number of coordinates that were selected to be measured.
    pub selected: usize,
    /// The number of coordinates with a second estimate, by the complex step or by the step sequence.
    pub reexamined: usize,
    /// The number of evaluations of J.
    pub evaluations: u64,
    /// Whether the run was cancelled before every coordinate was measured.
    pub interrupted: bool,
    /// ε of the type the analytic gradient was computed in.
    pub working_epsilon: f64,
    /// ε_f, the noise of one evaluation of J at the point; 0 where it was not measured.
    pub noise: f64,
    /// The rounding error of a derivative by the complex step, where none was supplied; 0
    /// where somebody did, or where there is none.
    pub complex_noise: f64,
    /// The claims about cost and gradient.
    pub claim: Claim,
    /// The constants that the evidence is to be judged by.
    pub constants: Constants,
    /// The comparison of a fast engine with plain evaluations; `None` where all were plain.
    pub recheck: Option<Recheck>,
}

impl Evidence {
    /// `analytic` beside first looks at some coordinates, which were taken already.
    pub(crate) fn beside(first: &[First], analytic: &[f64], settings: &Settings<'_>) -> Self {
        let of_gradient = |first: &First| {
            let at = first.coordinate;
            let noise = settings.analytic_noise;
            let rounding = settings.analytic_rounding;
            Observation {
                coordinate: at,
                analytic: analytic[at],
                unit: first.unit,
                enough: first.enough,
                analytic_noise: noise.and_then(|noise| noise.get(at).copied().flatten()),
                analytic_rounding: rounding.and_then(|rounding| rounding.get(at).copied()),
                first: first.outcome,
                sharper: None,
                shadow: None,
                fine: None,
            }
        };
        Self {
            cost: f64::NAN,
            deterministic: true,
            spread: 0.0,
            claim: settings.claim,
            observations: first.iter().map(of_gradient).collect(),
            along_kinks: Vec::new(),
            selected: first.len(),
            reexamined: 0,
            evaluations: 0,
            interrupted: false,
            working_epsilon: settings.working_epsilon,
            noise: 0.0,
            complex_noise: 0.0,
            constants: settings.constants,
            recheck: None,
        }
    }

    /// The observation of this coordinate, if there is one.
    pub(crate) fn at(&self, coordinate: usize) -> Option<&Observation> {
        self.place(coordinate)
            .map(|place| &self.observations[place])
    }

    /// Like [`at`](Self::at), to add to it.
    pub(crate) fn at_mut(&mut self, coordinate: usize) -> Option<&mut Observation> {
        let place = self.place(coordinate)?;
        Some(&mut self.observations[place])
    }

    fn place(&self, coordinate: usize) -> Option<usize> {
        let key = |observation: &Observation| observation.coordinate;
        self.observations
            .binary_search_by_key(&coordinate, key)
            .ok()
    }

    /// The observations of each block of `layout`, in its order.
    pub fn by_block<'a>(
        &'a self,
        layout: &'a ParameterLayout,
    ) -> impl Iterator<Item = &'a [Observation]> {
        layout.blocks().iter().map(|block| {
            let at = |flat: usize| self.observations.partition_point(|o| o.coordinate < flat);
            &self.observations[at(block.range().start)..at(block.range().end)]
        })
    }
}
