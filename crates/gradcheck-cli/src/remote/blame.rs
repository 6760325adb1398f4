//! Which outputs of a model have a wrong gradient, by the names that the protocol gives them.

use std::collections::BTreeSet;

use gradient_check::pattern::Confined;
use gradient_check::{Report, Verdict};
use um_bridge::Model;

use super::bounds::Limits;
use super::products::Products;

/// The relative step size of a difference that only has to distinguish a wrong entry from a right one.
const STEP: f64 = 1e-5;

/// An output with a wrong gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Blamed {
    /// Its name: `output[1]`, or `output0[1]` where there are several output vectors.
    pub name: String,
    /// Its index among all outputs in a row.
    pub row: usize,
}

/// The outputs whose rows of a checked Jacobian are wrong; if there are many, those with the largest errors.
pub(super) fn rows(report: &Report, model: &Model) -> Vec<Blamed> {
    let mut rows = BTreeSet::new();
    let mut start = 0;
    for block in &report.blocks {
        let len: usize = block.shape.iter().product();
        let width = len / block.shape.first().copied().unwrap_or(1).max(1);
        let within = block.wrong.iter().map(|flat| (flat - start) / width.max(1));
        rows.extend(within);
        start += len;
        match block.pattern.as_ref().map(|p| (&p.confined, &p.rows)) {
            Some((Some(Confined::Rows(confined)), _)) => rows.extend(confined.iter().copied()),
            Some((_, hot)) => {
                rows.extend(
                    hot.iter()
                        .filter(|line| line.wrong > 0)
                        .map(|line| line.index),
                );
            }
            None => {}
        }
    }
    rows.into_iter().map(|row| blamed(row, model)).collect()
}

/// The output that causes the worst wrong entry of Jᵀv, found by bisection: the half of the outputs with the larger
/// error is halved again and again. Costs two evaluations of the model, and one Jᵀv for each halving.
pub(super) fn blame(
    products: &Products<'_>,
    point: &[f64],
    limits: &Limits,
    report: &Report,
    scales: &[f64],
) -> Option<Blamed> {
    let wrong =
        |comparison: &gradient_check::verdict::Comparison| comparison.verdict == Verdict::Disagree;
    let worst = report.worst.iter().find(|entry| wrong(&entry.comparison))?;
    let moved = worst.coordinate.flat;
    let column = column(products, point, limits, moved)?;
    let off = |from: usize, to: usize| -> Option<f64> {
        let mut v = vec![0.0; scales.len()];
        v[from..to].copy_from_slice(&scales[from..to]);
        let product = products.transposed(point, &v).ok()?.concat();
        let numeric = v.iter().zip(&column).map(|(v, d)| v * d);
        Some(product.get(moved)? - numeric.sum::<f64>())
    };
    let (mut from, mut to) = (0, scales.len());
    let mut all = off(from, to)?;
    while to - from > 1 {
        let middle = from.midpoint(to);
        let first = off(from, middle)?;
        let second = all - first;
        if first.abs() >= second.abs() {
            (to, all) = (middle, first);
        } else {
            (from, all) = (middle, second);
        }
    }
    // A remainder that the differences' own error explains accuses no output.
    let size = (column[from] * scales[from]).abs();
    (all.abs() > 1e-3 * size).then(|| blamed(from, products.model))
}

/// ∂F/∂x_i by a difference within the bounds.
fn column(
    products: &Products<'_>,
    point: &[f64],
    limits: &Limits,
    coordinate: usize,
) -> Option<Vec<f64>> {
    let x = point[coordinate];
    let step = STEP * if x == 0.0 { 1.0 } else { x.abs() };
    let at = |x: f64| {
        let x = x.clamp(limits.lower[coordinate], limits.upper[coordinate]);
        let mut moved = point.to_vec();
        moved[coordinate] = x;
        Some((x, products.outputs(&moved).ok()?))
    };
    let ((above, high), (below, low)) = (at(x + step)?, at(x - step)?);
    let apart = above - below;
    let pairs = high.iter().zip(&low);
    (apart > 0.0).then(|| pairs.map(|(high, low)| (high - low) / apart).collect())
}

/// The name of the output with this index among all.
pub(super) fn blamed(row: usize, model: &Model) -> Blamed {
    Blamed {
        name: name(row, model.output_sizes()),
        row,
    }
}

fn name(row: usize, sizes: &[usize]) -> String {
    if let [_] = sizes {
        return format!("output[{row}]");
    }
    let mut within = row;
    for (number, size) in sizes.iter().enumerate() {
        if within < *size {
            return format!("output{number}[{within}]");
        }
        within -= size;
    }
    format!("output[{row}]")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outputs_are_named_as_the_protocol_counts_them() {
        for (row, sizes, expected) in [
            (1, &[2][..], "output[1]"),
            (0, &[3, 1], "output0[0]"),
            (3, &[3, 0, 1], "output2[0]"),
        ] {
            assert_eq!(name(row, sizes), expected);
        }
    }
}
