//! Which analytic block belongs to which numeric one.
//!
//! Invariant: depends on names and shapes alone, never on a value.

use std::collections::{HashMap, HashSet};

use crate::gradient_file::{GradientError, GradientProblem, NamedBlock, StoredAs, UNNAMED};
use crate::input_error::{Place, excerpt};

/// A block of both gradients.
#[derive(Debug, Clone, PartialEq)]
pub struct PairedBlock {
    /// The parameter's name.
    pub name: String,
    /// Its dimensions.
    pub shape: Vec<usize>,
    /// The analytic derivatives, row-major.
    pub analytic: Vec<f64>,
    /// The numeric derivatives, of the same length.
    pub numeric: Vec<f64>,
    /// The precisions in which the analytic and the numeric derivatives are stored.
    pub stored: [StoredAs; 2],
}

/// Pairs the blocks of two gradients, in the order of the analytic one.
///
/// Blocks belong together by name. If each side has just one block and at least one of them has no
/// name ([`UNNAMED`]), these two belong together.
///
/// Shapes must agree apart from dimensions of size 1, which don't change the order of the values: a
/// bias `[5]` is `[5, 1]`. A pair of single blocks, one of them unnamed, need only be equally long:
/// the values `[6]` are the matrix `[2, 3]` row by row. The pair takes the shape of more dimensions.
///
/// # Errors
/// When one side has no block, a block has no counterpart (the error lists both sides' lengths), or their
/// shapes don't agree.
pub fn pair(
    analytic: Vec<NamedBlock>,
    numeric: Vec<NamedBlock>,
) -> Result<Vec<PairedBlock>, GradientError> {
    for (side, blocks) in [("analytic", &analytic), ("numeric", &numeric)] {
        if blocks.is_empty() {
            return Err(Place::default().error(GradientProblem::NoBlocks(side)));
        }
        let mut names: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Place::default()
                .block(twice[0])
                .error(GradientProblem::Duplicate));
        }
    }
    if let ([left], [right]) = (analytic.as_slice(), numeric.as_slice())
        && (left.name == UNNAMED || right.name == UNNAMED)
    {
        let name = if left.name == UNNAMED {
            &right.name
        } else {
            &left.name
        }
        .clone();
        let joined = analytic.into_iter().zip(numeric);
        return joined
            .map(|(left, right)| join(name.clone(), left, right, true))
            .collect();
    }

    if let Some(block) = without_counterpart(&numeric, &analytic) {
        return Err(missing(block, &analytic, "numeric", "analytic"));
    }
    if let Some(block) = without_counterpart(&analytic, &numeric) {
        return Err(missing(block, &numeric, "analytic", "numeric"));
    }
    let mut counterparts: HashMap<String, NamedBlock> = numeric
        .into_iter()
        .map(|block| (block.name.clone(), block))
        .collect();
    analytic
        .into_iter()
        .filter_map(|left| counterparts.remove(&left.name).map(|right| (left, right)))
        .map(|(left, right)| join(left.name.clone(), left, right, false))
        .collect()
}

/// Joins two blocks into a pair; with `by_length`, their shapes need not agree.
fn join(
    name: String,
    analytic: NamedBlock,
    numeric: NamedBlock,
    by_length: bool,
) -> Result<PairedBlock, GradientError> {
    let long = |block: &NamedBlock| -> Vec<usize> {
        block
            .shape
            .iter()
            .copied()
            .filter(|&size| size != 1)
            .collect()
    };
    let same_length = analytic.values.len() == numeric.values.len();
    if !same_length || !(by_length || long(&analytic) == long(&numeric)) {
        return Err(Place::default()
            .block(name)
            .error(GradientProblem::ShapeMismatch {
                analytic: analytic.shape,
                numeric: numeric.shape,
            }));
    }
    let shape = if numeric.shape.len() > analytic.shape.len() {
        numeric.shape
    } else {
        analytic.shape
    };
    Ok(PairedBlock {
        name,
        shape,
        stored: [analytic.stored, numeric.stored],
        analytic: analytic.values,
        numeric: numeric.values,
    })
}

fn without_counterpart<'a>(
    blocks: &'a [NamedBlock],
    others: &[NamedBlock],
) -> Option<&'a NamedBlock> {
    let names: HashSet<&str> = others.iter().map(|block| block.name.as_str()).collect();
    blocks
        .iter()
        .find(|block| !names.contains(block.name.as_str()))
}

fn missing(
    block: &NamedBlock,
    others: &[NamedBlock],
    has: &'static str,
    lacks: &'static str,
) -> GradientError {
    const SHOWN: usize = 8;
    let mut known: Vec<String> = others
        .iter()
        .take(SHOWN)
        .map(|block| {
            format!(
                "\"{}\" of length {}",
                excerpt(&block.name),
                block.values.len()
            )
        })
        .collect();
    if others.len() > SHOWN {
        known.push(format!("… ({} in all)", others.len()));
    }
    Place::default().error(GradientProblem::MissingBlock {
        name: block.name.clone(),
        length: block.values.len(),
        has,
        lacks,
        known: known.join(", "),
    })
}
