//! The point at which a model is checked: from a file, or drawn.

use std::path::Path;

use finite_diff::ParameterLayout;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::ModelError;
use super::bounds::Limits;
use crate::gradient_file::{self, Content, GradientProblem, NamedBlock};
use crate::source_file::ReadLimit;

/// Standard normal numbers for every input, brought between its bounds.
pub(super) fn drawn(layout: &ParameterLayout, limits: &Limits, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..layout.len())
        .map(|i| limits.within(i, StandardNormal.sample(&mut rng)))
        .collect()
}

/// The point in a file: a JSON list with one list of numbers for each input, or arrays by the names of the blocks.
pub(super) fn read(
    path: &Path,
    layout: &ParameterLayout,
    limit: ReadLimit,
) -> Result<Vec<f64>, ModelError> {
    let content =
        gradient_file::read_content(path, limit).map_err(|error| match error.problem {
            GradientProblem::Json(what) => ModelError::PointJson {
                place: error.place,
                what,
            },
            _ => error.into(),
        })?;
    let parts = match content {
        Content::Lists(lists) => in_order(path, lists, layout)?,
        Content::Blocks(blocks) => by_name(path, blocks, layout)?,
    };
    let point = parts.concat();
    match point.iter().position(|x| !x.is_finite()) {
        None => Ok(point),
        Some(at) => Err(ModelError::PointNotFinite {
            path: path.to_owned(),
            coordinate: layout
                .coordinate(at)
                .map_or_else(String::new, |c| c.to_string()),
            value: point[at],
        }),
    }
}

/// One list for each input.
fn in_order(
    path: &Path,
    lists: Vec<Vec<f64>>,
    layout: &ParameterLayout,
) -> Result<Vec<Vec<f64>>, ModelError> {
    let blocks = layout.blocks();
    if lists.len() != blocks.len() {
        return Err(ModelError::PointCount {
            path: path.to_owned(),
            expected: layout.to_string(),
            inputs: blocks.len(),
            got: lists.len(),
        });
    }
    for (block, list) in blocks.iter().zip(&lists) {
        if block.len() != list.len() {
            return Err(length(path, block.name(), block.len(), list.len()));
        }
    }
    Ok(lists)
}

fn by_name(
    path: &Path,
    mut named: Vec<NamedBlock>,
    layout: &ParameterLayout,
) -> Result<Vec<Vec<f64>>, ModelError> {
    if let ([block], [only]) = (layout.blocks(), &mut named[..])
        && only.name == gradient_file::UNNAMED
    {
        only.name = block.name().to_owned();
    }
    let mut parts = Vec::new();
    for block in layout.blocks() {
        let Some(found) = named.iter().find(|found| found.name == block.name()) else {
            return Err(ModelError::PointBlock {
                path: path.to_owned(),
                block: block.name().to_owned(),
                holds: named.iter().map(|found| found.name.clone()).collect(),
            });
        };
        if found.values.len() != block.len() {
            return Err(length(path, block.name(), block.len(), found.values.len()));
        }
        parts.push(found.values.clone());
    }
    Ok(parts)
}

fn length(path: &Path, block: &str, expected: usize, got: usize) -> ModelError {
    ModelError::PointLength {
        path: path.to_owned(),
        block: block.to_owned(),
        expected,
        got,
    }
}
