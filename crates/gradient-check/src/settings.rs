//! How to check: everything that a caller can set, with its defaults.
//!
//! Invariant: knows nothing of what the settings are used for.

use finite_diff::{Execution, Objective, Scheme, Selection};
use num_complex::Complex;

use crate::constants::Constants;
use crate::diagnosis::{Context, Mistakes};

/// The settings of a check. [`Settings::default`] is central differences at the best step, every coordinate,
/// a gradient computed in `f64`.
#[derive(Clone)]
pub struct Settings<'a> {
    /// The finite differences of the first pass. Its noise is a lower bound: the noise of J is
    /// measured too, and the larger one taken.
    pub scheme: Scheme,
    /// Which coordinates are checked.
    pub selection: Selection,
    /// ε of the type that the analytic gradient was computed in: `f64::EPSILON`, or
    /// `f32::EPSILON` for a single-precision backward pass whose forward is evaluated in `f64`.
    pub working_epsilon: f64,
    /// The noise σ of each entry of the analytic gradient, where it was measured; see
    /// [`measure_gradient_noise`](crate::check::measure_gradient_noise). Without it the gradient is held to some 256 ε of
    /// its block.
    pub analytic_noise: Option<&'a [Option<f64>]>,
    /// The noise σ that rounding leaves in each entry of a right gradient, where it was estimated
    /// from the arithmetic, such as `mlp::rounding_noise`. It is taken at its word, and no other noise of
    /// the gradient is looked at.
    pub analytic_rounding: Option<&'a [f64]>,
    /// The complex-step counterpart of J, where there is one: the same function on complex numbers, with analytic
    /// operations only. A second method for coordinates that do not agree at first, sharper and cheaper than a ladder of
    /// steps.
    pub shadow: Option<&'a dyn Objective<Complex<f64>>>,
    /// The claims about cost and gradient, and how tight an agreement has to be.
    pub claim: Claim,
    /// The constants of the verdict; change them only to see how much depends on them.
    pub constants: Constants,
    /// The caller's knowledge of the function, by which causes are named.
    pub context: Context,
    /// The gradients under common mistakes in such a function; called only when
    /// it is wrong.
    pub mistakes: Option<&'a dyn Mistakes>,
    /// The kinks of J along a coordinate, within a distance of the point: called after the verdict, for a
    /// handful of coordinates that a kink matters for.
    pub kinks: Option<&'a (dyn Fn(usize, f64) -> Vec<NamedKink> + Sync)>,
    /// Seed of the direction along which the noise of J is measured, and of those of the directional test.
    pub seed: u64,
    /// Whether to make the directional test too: a second opinion along one random direction for each block and one over
    /// all: 6 to 12 evaluations of J each, and some 40 more where these do not settle it. It moves every parameter,
    /// whatever the selection.
    pub directional_test: bool,
    /// Whether the report keeps the comparison of every coordinate ([`Report::comparisons`](crate::Report::comparisons)), some
    /// 150 bytes each.
    pub keep_comparisons: bool,
    /// Threads, progress, cancellation. With a slot for failures ([`Execution::failure`]) a check that J fails in
    /// ends as a cancelled one does: what was found wrong stays wrong, and what agreed is
    /// [`Reason::Interrupted`](crate::Reason::Interrupted). Where nothing had been compared yet it is the error that is
    /// returned, and the slot empty.
    pub execution: Execution<'a>,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Self {
            scheme: Scheme::CENTRAL,
            selection: Selection::All,
            working_epsilon: f64::EPSILON,
            analytic_noise: None,
            analytic_rounding: None,
            shadow: None,
            claim: Claim::default(),
            constants: Constants::default(),
            context: Context::default(),
            mistakes: None,
            kinks: None,
            seed: 0,
            directional_test: true,
            keep_comparisons: false,
            execution: Execution::default(),
        }
    }
}

/// The claims about cost and gradient. [`Claim::default`] claims nothing: both may be right to about a millionth only,
/// as where a solver stops at a tolerance.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Claim {
    /// a: cost and gradient are right to this part of themselves, as an iterative solver's tolerance has it. What lies
    /// within agrees, to a.
    pub accuracy: f64,
    /// Whether both are computed to rounding: every difference beyond the error bars, and beyond what `accuracy` grants, is
    /// wrong, however small it is. Otherwise one below a millionth of the scale is
    /// [`Reason::Inexact`](crate::Reason::Inexact), since a tolerance explains it as well as a mistake.
    pub exact: bool,
    /// The resolution: how tight an agreement has to be, relative to the scale. `None`: a millionth where noise allows it,
    /// else what noise allows, up to a thousandth; the report says which.
    pub resolution: Option<f64>,
}

impl Claim {
    /// Cost and gradient are both computed to rounding.
    pub const EXACT: Self = Self {
        accuracy: 0.0,
        exact: true,
        resolution: None,
    };
}

impl Settings<'_> {
    /// The settings of [`Settings::default`], for a cost and a gradient that are both computed to rounding: every
    /// difference beyond the error bars is wrong.
    pub fn exact() -> Self {
        Self {
            claim: Claim::EXACT,
            ..Self::default()
        }
    }
}

/// A kink of J along one coordinate, by the name its owner gives it.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedKink {
    /// The name of what has the kink, such as `unit[17] of layer 2 for example[3]`.
    pub name: String,
    /// The distance from the coordinate's value, negative below it; 0 where it is at the point.
    pub distance: f64,
}
