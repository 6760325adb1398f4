//! From ∂ℓ_e/∂z_ie to the derivatives with respect to a row of W_l, with their error bars: products with A_{l−1}.
//!
//! Invariant: knows nothing of how ∂ℓ_e/∂z_ie was measured.

use tensor_core::{Matrix, MatrixView, product_transpose_right, vectorized};

use super::kernels::{Means, Sizes};
use super::layer::{Layer, Unit};
use crate::MlpError;
use crate::engine::base::Base;

/// The number of units, and of inputs, that one product handles: enough for its fast kernel; with some
/// hundred examples the operands stay in the second-level cache, and the allocator serves their memory without
/// a system call.
pub(super) const UNITS: usize = 32;
pub(super) const INPUTS: usize = 256;

/// Means over the examples for some of the units and some of the inputs, one row per unit.
pub(super) struct Part {
    /// 1/m Σ_e D_ie·a_je.
    pub(super) derivatives: Matrix<f64>,
    /// 1/m Σ_e (t_ie + √m·ε·|D_ie|)·|a_je|.
    pub(super) truncations: Matrix<f64>,
    /// 1/m √(Σ_e ν_ie²·a_je²).
    pub(super) noises: Matrix<f64>,
}

/// Where a part begins: the index of its layer, of its first unit among those of the layer, and of its first input.
#[derive(Debug, Clone, Copy)]
pub(super) struct Corner {
    pub(super) layer: usize,
    pub(super) unit: usize,
    pub(super) input: usize,
}

/// The corners of all parts, those of the same units side by side.
pub(super) fn corners(base: &Base<'_, f64>, layers: &[Layer]) -> Vec<Corner> {
    let mut corners = Vec::new();
    for (at, layer) in layers.iter().enumerate() {
        let inputs = base.a(layer.layer - 1).rows();
        for unit in (0..layer.rows.len()).step_by(UNITS) {
            corners.extend((0..inputs).step_by(INPUTS).map(|input| Corner {
                layer: at,
                unit,
                input,
            }));
        }
    }
    corners
}

/// Buffers that a thread reuses: |A| and A².
#[derive(Default)]
pub(super) struct Powers {
    sizes: Vec<f64>,
    squares: Vec<f64>,
}

/// Computes one part.
pub(super) fn part(
    base: &Base<'_, f64>,
    layers: &[Layer],
    corner: Corner,
    powers: &mut Powers,
) -> Result<Part, MlpError> {
    let examples = base.examples();
    let layer = &layers[corner.layer];
    let inputs = base.a(layer.layer - 1);
    let last = (corner.input + INPUTS).min(inputs.rows());
    let inputs = &inputs.as_slice()[corner.input * examples..last * examples];
    let end = (corner.unit + UNITS).min(layer.rows.len());
    let units = corner.unit..end;
    if !layer.units[units.clone()]
        .iter()
        .any(|unit| matches!(unit, Unit::Moved { .. }))
    {
        // Canceled, or no unit can be perturbed: the part is not used.
        let none = || Matrix::zeros(units.len(), inputs.len() / examples);
        return Ok(Part {
            derivatives: none()?,
            truncations: none()?,
            noises: none()?,
        });
    }
    powers.sizes.resize(inputs.len(), 0.0);
    powers.squares.resize(inputs.len(), 0.0);
    vectorized(Sizes {
        inputs,
        sizes: &mut powers.sizes,
        squares: &mut powers.squares,
    });
    let product = |rows: &[f64], inputs: &[f64]| {
        let rows = &rows[units.start * examples..units.end * examples];
        let units = MatrixView::from_slice(units.len(), examples, rows)?;
        let inputs = MatrixView::from_slice(inputs.len() / examples, examples, inputs)?;
        product_transpose_right(units, inputs)
    };
    let [derivatives, truncations, variances] = layer.numbers();
    let mut part = Part {
        derivatives: product(derivatives, inputs)?,
        truncations: product(truncations, &powers.sizes)?,
        noises: product(variances, &powers.squares)?,
    };
    vectorized(Means {
        derivatives: part.derivatives.as_mut_slice(),
        truncations: part.truncations.as_mut_slice(),
        variances: part.noises.as_mut_slice(),
        m: examples as f64,
    });
    Ok(part)
}
