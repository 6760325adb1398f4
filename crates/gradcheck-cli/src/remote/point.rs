//! The point at which a model is checked: from a file, or drawn.

use std::path::Path;

use finite_diff::ParameterLayout;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::ModelError;
use super::bounds::Limits;
use crate::gradient_file::{self, NamedBlock};

/// Standard normal numbers for every input, brought between its bounds.
pub(super) fn drawn(layout: &ParameterLayout, limits: &Limits, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..layout.len())
        .map(|i| limits.within(i, StandardNormal.sample(&mut rng)))
        .collect()
}

/// The point in a file: a JSON list with one list of numbers for each input, or arrays by the names of the blocks.
pub(super) fn read(path: &Path, layout: &ParameterLayout) -> Result<Vec<f64>, ModelError> {
    let is_json = path.extension().is_some_and(|ending| ending == "json");
    // What can't be read, and what is no list, is for the reader of gradients to read or to refuse.
    let text = match is_json {
        true => std::fs::read_to_string(path).ok(),
        false => None,
    };
    let parts = match text.filter(|text| text.trim_start().starts_with('[')) {
        Some(text) => in_order(path, lists(path, &text, layout)?, layout)?,
        None => by_name(path, gradient_file::read(path)?, layout)?,
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

/// One list for each input; where there is a single one, its numbers alone will do.
fn lists(path: &Path, text: &str, layout: &ParameterLayout) -> Result<Vec<Vec<f64>>, ModelError> {
    if let [_] = layout.blocks()
        && let Ok(list) = serde_json::from_str(text)
    {
        return Ok(vec![list]);
    }
    serde_json::from_str(text).map_err(|source| ModelError::PointJson {
        path: path.to_owned(),
        source,
    })
}

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
