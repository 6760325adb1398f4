//! The sentence and the remedy of each finding.
//!
//! Invariant: knows nothing but the finding.

use super::numbers::{counted, plural};
use crate::structure::{Arrays, Dependence, Finding, LayoutFault, Pass, Reach};

impl Finding {
    /// The finding as one sentence without its full stop.
    pub fn message(&self) -> String {
        match self {
            Self::ForwardNotDeterministic { first, second } => {
                format!("two forward passes at the same point return {first:?} and {second:?}")
            }
            Self::BackwardChangesCost { before, after } => format!(
                "the cost at the same point is {before:?} before a backward pass and {after:?} after it"
            ),
            Self::BackwardNotDeterministic {
                blocks,
                at,
                first,
                second,
            } => format!(
                "two backward passes at the same point differ in {}: at {at} they return {first:?} and {second:?}",
                list(blocks)
            ),
            Self::Accumulates {
                blocks,
                at,
                first,
                second,
            } => format!(
                "each backward pass adds its gradient to that of the previous one in {}: at {at} the first call returns \
                 {first:?}, the second {second:?}",
                list(blocks)
            ),
            Self::MutatesPoint {
                pass,
                at,
                before,
                after,
                count,
            } => format!(
                "the {} pass modifies the parameters: {at} was {before:?} and is now {after:?}{}",
                pass.name(),
                and_others(*count)
            ),
            Self::MutatesInputs { pass } => {
                format!(
                    "the {} pass modifies its inputs: their fingerprint has changed",
                    pass.name()
                )
            }
            Self::NonZeroAtZeroCotangent { blocks, at, value } => format!(
                "the gradient in {} is not zero for a zero cotangent: at {at} it is {value:?}",
                list(blocks)
            ),
            Self::NotLinear {
                blocks,
                at,
                once,
                scaled,
            } => format!(
                "the gradient in {} is not linear in its cotangent: at {at} it is {once:?} for the cotangent 1 and {scaled:?} \
                 for -2",
                list(blocks)
            ),
            Self::Layout { of, fault } => layout_message(*of, fault),
            Self::Missing { block, dependence } => match dependence {
                Dependence::Depends { moved, noise } => format!(
                    "no gradient for `{block}`, though J depends on it: perturbing it changes J by {moved:.1e}, where \
                     the noise of J is {noise:.1e}"
                ),
                Dependence::Unmoved => format!(
                    "no gradient for `{block}`, and J does not depend on it: perturbing it changes no bit of J"
                ),
                Dependence::WithinNoise { moved, noise } => format!(
                    "no gradient for `{block}`, and it is not clear whether J depends on it: perturbing it changes J by \
                     {moved:.1e}, where the noise of J is {noise:.1e}"
                ),
                Dependence::Jumps { moved } => format!(
                    "no gradient for `{block}`, and J changes with it in jumps only, of {moved:.1e}: between the jumps its \
                     derivative is 0"
                ),
                Dependence::Unknown { .. } => format!(
                    "no gradient for `{block}`, and it is not clear whether J depends on it, since J differs from call to \
                     call or is NaN or infinite"
                ),
            },
            Self::NonFinite {
                pass,
                at,
                value,
                count,
                side,
            } => {
                let place = at
                    .as_ref()
                    .map_or_else(String::new, |at| format!(" at {at}"));
                match pass {
                    Pass::Forward => {
                        format!("the forward pass returns {value} at the point itself")
                    }
                    Pass::Backward => format!(
                        "the backward pass returns {value}{place}{}, although the cost is finite",
                        and_others(*count)
                    ),
                    Pass::Probe => {
                        let side = side.map_or_else(String::new, |side| format!(", {side}"));
                        format!(
                            "the cost is {value} next to the point{place}{side}{}",
                            and_others(*count)
                        )
                    }
                }
            }
            Self::RoundTrip { at, before, after } => format!(
                "unflattening the parameters and flattening them again changes {at} from {before:?} to {after:?}"
            ),
            Self::RoundTripLength { expected, got } => format!(
                "unflattening the {expected} parameters and flattening them again gives {got}"
            ),
            Self::Reaches { at, reach, count } => {
                let reached = match reach {
                    Reach::None => "perturbs no entry of the arrays".to_owned(),
                    Reach::Several { times } => format!("perturbs {times} entries of the arrays"),
                    Reach::Other { place } => format!("perturbs {place}"),
                };
                format!(
                    "each coordinate must perturb exactly one scalar, its own, but {at} {reached}{}",
                    and_others(*count)
                )
            }
        }
    }

    /// The remedy for the finding, as sentences, the first in lower case and the last without a full stop.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::ForwardNotDeterministic { .. } => {
                "if dropout is on, turn it off or freeze its masks; fix every random seed"
            }
            Self::BackwardChangesCost { .. } => {
                "keep the optimizer step, running statistics and caches out of the backward pass"
            }
            Self::BackwardNotDeterministic { .. } => {
                "if dropout is on, reuse the masks of the forward pass; sum in a fixed order"
            }
            Self::Accumulates { .. } => "zero the gradients before each backward pass",
            Self::MutatesPoint { .. } => {
                "work on a copy: only the optimizer may change the parameters"
            }
            Self::MutatesInputs { .. } => {
                "work on a copy of the data, and freeze running statistics"
            }
            Self::NonZeroAtZeroCotangent { .. } => {
                "look for a term that is added without the cotangent as a factor, such as weight decay"
            }
            Self::NotLinear { .. } => {
                "look for a clip, a normalization, or a branch on the cotangent"
            }
            Self::Layout { fault, .. } => match fault {
                LayoutFault::FlatLength { .. } => {
                    "return one entry for each parameter, in the order of the layout"
                }
                LayoutFault::Length { .. } => {
                    "return one entry for each parameter of the block; it may have been summed over the wrong axis"
                }
                LayoutFault::Shape { .. } => {
                    "return the block in the shape of its parameter; it may be transposed, or have one axis too many or \
                     too few"
                }
                LayoutFault::Unknown { .. } => "give each block the name of its parameter",
                LayoutFault::Duplicate { .. } => {
                    "add up the parts of a block before returning them"
                }
                LayoutFault::Order { .. } => "return the blocks in the order of the parameters",
            },
            Self::Missing { dependence, .. } => match dependence {
                Dependence::Depends { .. } => {
                    "it may be detached, missing from the list of parameters, or overwritten before the backward pass"
                }
                Dependence::Unmoved => {
                    "use it in the forward pass, or remove it from the parameters"
                }
                Dependence::WithinNoise { .. } => {
                    "check at another point, or compute the cost more accurately"
                }
                Dependence::Jumps { .. } => {
                    "avoid rounding to steps inside the cost, or remove the block from the parameters"
                }
                Dependence::Unknown { .. } => "fix the forward pass first",
            },
            Self::NonFinite { pass, .. } => match pass {
                Pass::Forward => "fix the forward pass first: look for log 0, 0/0 and overflow",
                Pass::Backward => {
                    "look for 0/0 and log 0 in the derivative, for example of a square root or a norm at 0"
                }
                Pass::Probe => {
                    "set the bounds of the cost's domain, or check at a point further inside it"
                }
            },
            Self::RoundTrip { .. } | Self::RoundTripLength { .. } => {
                "fix flatten or unflatten: each must be the inverse of the other"
            }
            Self::Reaches { .. } => {
                "fix unflatten: each entry of the flat vector belongs to one scalar, in row-major order"
            }
        }
    }
}

fn layout_message(of: Arrays, fault: &LayoutFault) -> String {
    let arrays = match of {
        Arrays::Gradient => "the gradient",
        Arrays::Parameters => "the result of unflatten",
    };
    match fault {
        LayoutFault::FlatLength { expected, got } => {
            format!(
                "{arrays} has {} for {}",
                counted(*got, "entry", "entries"),
                plural(*expected, "parameter")
            )
        }
        LayoutFault::Length {
            block,
            shape,
            stated,
            got,
        } if shape == stated => {
            let got = counted(*got, "entry", "entries");
            format!("{arrays} has {got} for `{block}`, whose shape is {shape:?}")
        }
        LayoutFault::Length {
            block,
            shape,
            stated,
            got,
        } => format!(
            "{arrays} has the shape {stated:?} with {got} entries for `{block}`, whose shape is {shape:?}"
        ),
        LayoutFault::Shape {
            block,
            expected,
            got,
        } => {
            let reversed: Vec<usize> = got.iter().rev().copied().collect();
            let how = if reversed == *expected {
                ": transposed"
            } else {
                ""
            };
            format!(
                "{arrays} has the shape {got:?} for `{block}`, whose shape is {expected:?}{how}"
            )
        }
        LayoutFault::Unknown { block } => {
            format!("{arrays} has a block `{block}`, but no parameter has that name")
        }
        LayoutFault::Duplicate { block, times } => {
            format!("{arrays} has the block `{block}` {times} times")
        }
        LayoutFault::Order { block, after } => format!(
            "{arrays} has its blocks in a different order from the parameters: `{block}` comes after `{after}`"
        ),
    }
}

/// A few names, then how many more.
pub(super) fn list(blocks: &[String]) -> String {
    list_up_to(4, blocks)
}

/// The first `shown` of them, and how many more there are.
pub(super) fn list_up_to(shown: usize, blocks: &[String]) -> String {
    match blocks.len().checked_sub(shown) {
        Some(more @ 1..) => {
            let plural = if more == 1 { "" } else { "s" };
            format!(
                "{} and {more} more block{plural}",
                blocks[..shown].join(", ")
            )
        }
        _ => blocks.join(", "),
    }
}

fn and_others(count: usize) -> String {
    match count {
        0 | 1 => String::new(),
        2 => " (and 1 other)".to_owned(),
        count => format!(" (and {} others)", count - 1),
    }
}
