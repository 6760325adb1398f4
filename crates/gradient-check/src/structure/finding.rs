//! What can be wrong with a backward pass before a single number is compared: each finding with its
//! evidence. Its sentence and its remedy stand in `text`.
//!
//! Invariant: knows nothing of how a finding was made.

use finite_diff::Coordinate;
use finite_diff::error::Side;

use super::layout::LayoutFault;
use crate::verdict::{Reason, Verdict};

/// Which pass it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// J at the point.
    Forward,
    /// The gradient at the point.
    Backward,
    /// J next to the point.
    Probe,
}

impl Pass {
    /// The name as written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Probe => "probe",
        }
    }
}

/// Which arrays do not have the layout of the parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arrays {
    /// The gradient's.
    Gradient,
    /// The parameters', as the subject's own code unpacks them.
    Parameters,
}

/// Whether J depends on a block that has no gradient, as a few probes tell that move the whole block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Dependence {
    /// J depends on the block: it moved by more than twice its noise.
    Depends {
        /// The largest |J(θ + t·u) − J(θ)| found.
        moved: f64,
        /// ε_f, the noise of J.
        noise: f64,
    },
    /// J kept every bit: it does not depend on the block, at least near the point.
    Unmoved,
    /// J moved, but no more than twice its noise.
    WithinNoise {
        /// The largest |J(θ + t·u) − J(θ)|.
        moved: f64,
        /// ε_f, the noise of J.
        noise: f64,
    },
    /// J moved by jumps only: where it is a staircase its derivative is 0 all the same.
    Jumps {
        /// The largest |J(θ + t·u) − J(θ)|.
        moved: f64,
    },
    /// Whether J depends on the block could not be found out.
    Unknown {
        /// The reason why it is unknown.
        reason: Reason,
    },
}

/// The scalars of the subject's own arrays that entry i of the flat vector changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// Nowhere: J can't depend on it.
    None,
    /// The entry changes more than one scalar.
    Several {
        /// The number of scalars.
        times: usize,
    },
    /// The entry changes one scalar, which is another coordinate's.
    Other {
        /// The coordinate whose place it is.
        place: Coordinate,
    },
}

/// Something wrong with the structure of a backward pass, or of the forward pass with it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Finding {
    /// J differs from call to call at the same point.
    ForwardNotDeterministic {
        /// The first value.
        first: f64,
        /// The second value.
        second: f64,
    },
    /// J is another one after a backward pass, though the same before.
    BackwardChangesCost {
        /// J before the backward pass.
        before: f64,
        /// J after the backward pass.
        after: f64,
    },
    /// The gradient differs from call to call at the same point.
    BackwardNotDeterministic {
        /// The blocks in which it does.
        blocks: Vec<String>,
        /// The coordinate with the largest change.
        at: Coordinate,
        /// The entry at the first call.
        first: f64,
        /// The entry at the second.
        second: f64,
    },
    /// Each call adds the gradient to what the last one left.
    Accumulates {
        /// The blocks in which it does.
        blocks: Vec<String>,
        /// The coordinate with the largest change.
        at: Coordinate,
        /// The entry at the first call.
        first: f64,
        /// The entry at the second.
        second: f64,
    },
    /// A pass writes into the parameters.
    MutatesPoint {
        /// The pass.
        pass: Pass,
        /// The first coordinate it changes.
        at: Coordinate,
        /// The value of that coordinate before.
        before: f64,
        /// The value of that coordinate after.
        after: f64,
        /// The number of parameters that it changes.
        count: usize,
    },
    /// A pass changes what it reads beside the parameters.
    MutatesInputs {
        /// The pass.
        pass: Pass,
    },
    /// A zero cotangent does not give a zero gradient.
    NonZeroAtZeroCotangent {
        /// The blocks.
        blocks: Vec<String>,
        /// The entry furthest from zero.
        at: Coordinate,
        /// The value of that entry.
        value: f64,
    },
    /// The gradient is not proportional to the cotangent.
    NotLinear {
        /// The blocks.
        blocks: Vec<String>,
        /// The entry furthest off.
        at: Coordinate,
        /// The value of that entry at the cotangent 1.
        once: f64,
        /// The value of that entry at the cotangent −2.
        scaled: f64,
    },
    /// Arrays that do not have the layout of the parameters.
    Layout {
        /// Whose arrays.
        of: Arrays,
        /// The departure from the layout.
        fault: LayoutFault,
    },
    /// There is no gradient for a block.
    Missing {
        /// The block.
        block: String,
        /// Whether J depends on the block.
        dependence: Dependence,
    },
    /// A number that is none. Of the gradient only where J itself is finite.
    NonFinite {
        /// The pass that made it.
        pass: Pass,
        /// The first coordinate; `None` where it is J at the point.
        at: Option<Coordinate>,
        /// The value.
        value: f64,
        /// The number of such entries.
        count: usize,
        /// The position of the probe.
        side: Option<Side>,
    },
    /// Flattening what was unflattened does not give the same vector back.
    RoundTrip {
        /// The first coordinate that differs.
        at: Coordinate,
        /// The value of that coordinate before.
        before: f64,
        /// The value of that coordinate after.
        after: f64,
    },
    /// The flattened vector has another length.
    RoundTripLength {
        /// The number of parameters.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A coordinate that does not perturb exactly one scalar, its own.
    Reaches {
        /// The first of them.
        at: Coordinate,
        /// The scalars that it changes.
        reach: Reach,
        /// The number of such entries.
        count: usize,
    },
}

impl Finding {
    /// The name of the finding in kebab-case, as written in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Self::ForwardNotDeterministic { .. } => "forward-not-deterministic",
            Self::BackwardChangesCost { .. } => "backward-changes-cost",
            Self::BackwardNotDeterministic { .. } => "backward-not-deterministic",
            Self::Accumulates { .. } => "accumulates",
            Self::MutatesPoint { .. } => "mutates-point",
            Self::MutatesInputs { .. } => "mutates-inputs",
            Self::NonZeroAtZeroCotangent { .. } => "non-zero-at-zero-cotangent",
            Self::NotLinear { .. } => "not-linear",
            Self::Layout { fault, .. } => match fault {
                LayoutFault::FlatLength { .. } | LayoutFault::Length { .. } => "wrong-length",
                LayoutFault::Shape { .. } => "wrong-shape",
                LayoutFault::Unknown { .. } => "unknown-block",
                LayoutFault::Duplicate { .. } => "duplicate-block",
                LayoutFault::Order { .. } => "wrong-order",
            },
            Self::Missing { dependence, .. } => match dependence {
                Dependence::Unmoved => "unused-block",
                _ => "missing-block",
            },
            Self::NonFinite { .. } => "non-finite",
            Self::RoundTrip { .. } | Self::RoundTripLength { .. } => "round-trip",
            Self::Reaches { .. } => "not-one-scalar",
        }
    }

    /// The effect of the finding on the verdict: [`Verdict::Disagree`] where the gradient is wrong whatever its
    /// numbers are; inconclusive where nothing can be said; `None` where it changes nothing.
    pub fn word(&self) -> Option<Verdict> {
        Some(match self {
            Self::ForwardNotDeterministic { .. } | Self::BackwardNotDeterministic { .. } => {
                Verdict::Inconclusive(Reason::NotDeterministic)
            }
            Self::Missing { dependence, .. } => match dependence {
                Dependence::Depends { .. } => Verdict::Disagree,
                Dependence::Unmoved => return None,
                Dependence::WithinNoise { .. } | Dependence::Jumps { .. } => {
                    Verdict::Inconclusive(Reason::BelowResolution)
                }
                Dependence::Unknown { reason } => Verdict::Inconclusive(*reason),
            },
            Self::NonFinite { pass, value, .. } => match pass {
                // The derivative may be infinite there: the comparison tells.
                Pass::Backward if value.is_infinite() => Verdict::Inconclusive(Reason::NonFinite),
                Pass::Forward => Verdict::Inconclusive(Reason::NonFinite),
                Pass::Backward => Verdict::Disagree,
                // The coordinate is inconclusive already, unless another step could decide it.
                Pass::Probe => return None,
            },
            _ => Verdict::Disagree,
        })
    }

    /// The blocks it is about; none where it is about all.
    pub fn blocks(&self) -> Vec<&str> {
        match self {
            Self::BackwardNotDeterministic { blocks, .. }
            | Self::Accumulates { blocks, .. }
            | Self::NonZeroAtZeroCotangent { blocks, .. }
            | Self::NotLinear { blocks, .. } => blocks.iter().map(String::as_str).collect(),
            Self::Layout { fault, .. } => fault.block().into_iter().collect(),
            Self::Missing { block, .. } => vec![block],
            _ => self
                .coordinate()
                .map(|at| at.block.as_str())
                .into_iter()
                .collect(),
        }
    }

    /// The coordinate that shows it.
    pub fn coordinate(&self) -> Option<&Coordinate> {
        match self {
            Self::BackwardNotDeterministic { at, .. }
            | Self::Accumulates { at, .. }
            | Self::MutatesPoint { at, .. }
            | Self::NonZeroAtZeroCotangent { at, .. }
            | Self::NotLinear { at, .. }
            | Self::RoundTrip { at, .. }
            | Self::Reaches { at, .. } => Some(at),
            Self::NonFinite { at, .. } => at.as_ref(),
            Self::ForwardNotDeterministic { .. }
            | Self::BackwardChangesCost { .. }
            | Self::MutatesInputs { .. }
            | Self::Layout { .. }
            | Self::Missing { .. }
            | Self::RoundTripLength { .. } => None,
        }
    }
}
