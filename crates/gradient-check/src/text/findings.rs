//! The sentence and the remedy of each finding.
//!
//! Refuses to know anything but the finding.

use super::numbers::plural;
use crate::structure::{Arrays, Dependence, Finding, LayoutFault, Pass, Reach};

impl Finding {
    /// What was found, as one sentence without its full stop.
    pub fn message(&self) -> String {
        match self {
            Self::ForwardNotDeterministic { first, second } => {
                format!("two forward passes at the same point give {first:?} and {second:?}")
            }
            Self::BackwardChangesCost { before, after } => format!(
                "the cost is {before:?} before a backward pass and {after:?} after it, at the same point"
            ),
            Self::BackwardNotDeterministic {
                blocks,
                at,
                first,
                second,
            } => format!(
                "two backward passes at the same point differ in {}; at {at} they give {first:?} and \
                 {second:?}",
                list(blocks)
            ),
            Self::Accumulates {
                blocks,
                at,
                first,
                second,
            } => format!(
                "each backward pass adds its gradient to the last one's in {}; at {at} the first call \
                 gives {first:?}, the second {second:?}",
                list(blocks)
            ),
            Self::MutatesPoint {
                pass,
                at,
                before,
                after,
                count,
            } => format!(
                "the {} pass writes into the parameters: {at} was {before:?} and is {after:?}{}",
                pass.name(),
                and_others(*count)
            ),
            Self::MutatesInputs { pass } => {
                format!(
                    "the {} pass changes its inputs: their fingerprint is another one after it",
                    pass.name()
                )
            }
            Self::NonZeroAtZeroCotangent { blocks, at, value } => format!(
                "a zero cotangent must give a zero gradient and does not in {}; at {at} it gives {value:?}",
                list(blocks)
            ),
            Self::NotLinear {
                blocks,
                at,
                once,
                twice,
            } => format!(
                "the gradient is not linear in its cotangent in {}; at {at} it is {once:?} for the cotangent \
                 1 and {twice:?} for 2",
                list(blocks)
            ),
            Self::Layout { of, fault } => layout_message(*of, fault),
            Self::Missing { block, dependence } => match dependence {
                Dependence::Depends { moved, noise } => format!(
                    "no gradient for `{block}`, though J depends on it: moving it changes J by {moved:.1e}, \
                     whose noise is {noise:.1e}"
                ),
                Dependence::Unmoved => format!(
                    "no gradient for `{block}`, and J does not depend on it: moving it leaves every bit of J"
                ),
                Dependence::WithinNoise { moved, noise } => format!(
                    "no gradient for `{block}`, and whether J depends on it can't be told: moving it changes J \
                     by {moved:.1e}, whose noise is {noise:.1e}"
                ),
                Dependence::Jumps { moved } => format!(
                    "no gradient for `{block}`, on which J depends by jumps only, of {moved:.1e}: between them its \
                     derivative is 0"
                ),
                Dependence::Unknown { .. } => format!(
                    "no gradient for `{block}`, and whether J depends on it can't be told, since J itself is \
                     not the same twice or no number"
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
                    Pass::Forward => format!("the forward pass gives {value} at the point itself"),
                    Pass::Backward => format!(
                        "the backward pass gives {value}{place}{}, though the cost is finite",
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
                "unflattening the parameters and flattening them again turns {at} from {before:?} into {after:?}"
            ),
            Self::RoundTripLength { expected, got } => format!(
                "unflattening the {expected} parameters and flattening them again gives {got}"
            ),
            Self::Reaches { at, reach, count } => {
                let reached = match reach {
                    Reach::None => "reaches none of the arrays' entries".to_owned(),
                    Reach::Several { times } => format!("reaches {times} of the arrays' entries"),
                    Reach::Other { place } => format!("ends up in the place of {place}"),
                };
                format!(
                    "a coordinate must perturb one scalar, its own, but {at} {reached}{}",
                    and_others(*count)
                )
            }
        }
    }

    /// What to do about it, as the end of a sentence.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::ForwardNotDeterministic { .. } => {
                "is dropout on? Set keep_prob = 1 or freeze the masks, and fix every seed"
            }
            Self::BackwardChangesCost { .. } => {
                "keep the optimizer's step, running statistics and caches out of the backward pass"
            }
            Self::BackwardNotDeterministic { .. } => {
                "is dropout on, with masks drawn anew? Reuse the forward pass's masks, and add up in a fixed \
                 order"
            }
            Self::Accumulates { .. } => "zero the gradients before each backward",
            Self::MutatesPoint { .. } => "work on a copy; only the optimizer may write there",
            Self::MutatesInputs { .. } => {
                "work on a copy of the data, and freeze running statistics"
            }
            Self::NonZeroAtZeroCotangent { .. } => {
                "look for a term that is added without the cotangent as a factor, such as a decay term"
            }
            Self::NotLinear { .. } => {
                "look for a clip, a normalization, or a branch on the cotangent"
            }
            Self::Layout { fault, .. } => match fault {
                LayoutFault::FlatLength { .. } => {
                    "concatenate one entry for each parameter, in the order of the layout"
                }
                LayoutFault::Length { .. } => {
                    "return one entry for each parameter of the block; was it summed over the wrong axis?"
                }
                LayoutFault::Shape { .. } => {
                    "return the block in the shape of its parameter; is it transposed, or an axis too many \
                     or too few?"
                }
                LayoutFault::Unknown { .. } => "name each block as its parameter is named",
                LayoutFault::Duplicate { .. } => {
                    "add up the parts of a block before they are returned"
                }
                LayoutFault::Order { .. } => "return the blocks in the order of the parameters",
            },
            Self::Missing { dependence, .. } => match dependence {
                Dependence::Depends { .. } => {
                    "is it detached, left out of the list, or overwritten before the backward pass?"
                }
                Dependence::Unmoved => {
                    "use it in the forward pass, or take it out of the parameters"
                }
                Dependence::WithinNoise { .. } => {
                    "check at another point, or compute the cost more exactly"
                }
                Dependence::Jumps { .. } => {
                    "round nothing on the way to the cost, or take the block out of the parameters"
                }
                Dependence::Unknown { .. } => "mend the forward pass first",
            },
            Self::NonFinite { pass, .. } => match pass {
                Pass::Forward => "mend the forward pass first: look for log 0, 0/0 and overflow",
                Pass::Backward => {
                    "look for 0/0 and log 0 in the derivative, as of a square root or a norm at 0"
                }
                Pass::Probe => {
                    "state the bounds of the cost's domain, or check at a point further inside it"
                }
            },
            Self::RoundTrip { .. } | Self::RoundTripLength { .. } => {
                "mend flatten or unflatten: each must undo the other"
            }
            Self::Reaches { .. } => {
                "mend unflatten: each entry of the flat vector belongs to one scalar, in row-major order"
            }
        }
    }
}

fn layout_message(of: Arrays, fault: &LayoutFault) -> String {
    let arrays = match of {
        Arrays::Gradient => "the gradient",
        Arrays::Parameters => "what unflatten gives",
    };
    match fault {
        LayoutFault::FlatLength { expected, got } => {
            let entries = if *got == 1 { "entry" } else { "entries" };
            format!(
                "{arrays} has {got} {entries} for {}",
                plural(*expected, "parameter")
            )
        }
        LayoutFault::Length {
            block,
            shape,
            stated,
            got,
        } if shape == stated => {
            format!("{arrays} has {got} entries for `{block}`, whose shape is {shape:?}")
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
            format!("{arrays} has a block `{block}`, which is no parameter")
        }
        LayoutFault::Duplicate { block, times } => {
            format!("{arrays} has the block `{block}` {times} times")
        }
        LayoutFault::Order { block, after } => format!(
            "{arrays} has its blocks in another order than the parameters: `{block}` comes after `{after}`"
        ),
    }
}

/// A few names, then how many more.
pub(super) fn list(blocks: &[String]) -> String {
    const SHOWN: usize = 4;
    match blocks.len().checked_sub(SHOWN) {
        Some(more @ 1..) => {
            let plural = if more == 1 { "" } else { "s" };
            format!(
                "{} and {more} more block{plural}",
                blocks[..SHOWN].join(", ")
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
