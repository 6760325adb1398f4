//! A model as a scalar function of one flat vector, for a finite-difference engine and a judge.
//!
//! Invariant: knows nothing of steps and tolerances.

use finite_diff::layout::LayoutError;
use finite_diff::sum::compensated_sum;
use finite_diff::{EvaluationError, Objective, ParameterLayout};
use thiserror::Error;

use crate::excerpt::{list, name};
use crate::{Call, Error, Model};

/// J(θ) = Σ_o s_oᵀ·F_o(θ): all outputs of a model contracted with fixed cotangents s, over its inputs in a
/// row.
///
/// ∂J/∂θ_i = Σ_o s_oᵀ·∂F_o/∂θ_i is what `/Gradient` gives for sens = s_o, summed over the outputs. Sums are
/// compensated, so that they add no noise to J.
#[derive(Debug)]
pub struct ModelObjective<'a> {
    model: &'a Model,
    cotangents: Vec<Vec<f64>>,
    layout: ParameterLayout,
}

/// Why a model can't be made an objective in this way.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// The cotangents don't have the lengths of the outputs.
    #[error(
        "the cotangents have lengths {}, but the outputs of `{}` have {}",
        list(got),
        name(model),
        list(expected)
    )]
    Cotangents {
        /// The model.
        model: String,
        /// Its output sizes.
        expected: Vec<usize>,
        /// The lengths that came.
        got: Vec<usize>,
    },
    /// The blocks don't have the lengths of the inputs.
    #[error(
        "the blocks {layout} have lengths {}, but the inputs of `{}` have {}",
        list(got),
        name(model),
        list(expected)
    )]
    Blocks {
        /// The model.
        model: String,
        /// The layout that was given.
        layout: String,
        /// Its input sizes.
        expected: Vec<usize>,
        /// The lengths that came.
        got: Vec<usize>,
    },
    /// The total size of the inputs overflows.
    #[error(transparent)]
    Layout(#[from] LayoutError),
}

impl<'a> ModelObjective<'a> {
    /// The objective of `model` with one cotangent for each output. The blocks are named `input0`, `input1`,
    /// and so on, each a vector.
    ///
    /// # Errors
    /// [`ObjectiveError::Cotangents`] if they don't fit the outputs.
    pub fn new(model: &'a Model, cotangents: Vec<Vec<f64>>) -> Result<Self, ObjectiveError> {
        let got: Vec<usize> = cotangents.iter().map(Vec::len).collect();
        if got != model.output_sizes() {
            return Err(ObjectiveError::Cotangents {
                model: model.name().to_owned(),
                expected: model.output_sizes().to_vec(),
                got,
            });
        }
        let mut layout = ParameterLayout::new();
        for (number, &size) in model.input_sizes().iter().enumerate() {
            layout = layout.with(format!("input{number}"), &[size])?;
        }
        Ok(Self {
            model,
            cotangents,
            layout,
        })
    }

    /// This objective with names and shapes for the inputs: one block for each, in their order.
    ///
    /// # Errors
    /// [`ObjectiveError::Blocks`] if they don't fit the inputs.
    pub fn with_layout(self, layout: ParameterLayout) -> Result<Self, ObjectiveError> {
        let got: Vec<usize> = layout
            .blocks()
            .iter()
            .map(finite_diff::Block::len)
            .collect();
        if got != self.model.input_sizes() {
            return Err(ObjectiveError::Blocks {
                model: self.model.name().to_owned(),
                layout: layout.to_string(),
                expected: self.model.input_sizes().to_vec(),
                got,
            });
        }
        Ok(Self { layout, ..self })
    }

    /// The model.
    pub fn model(&self) -> &'a Model {
        self.model
    }

    /// The blocks of θ: one for each input.
    pub fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    /// The cotangents, one for each output.
    pub fn cotangents(&self) -> &[Vec<f64>] {
        &self.cotangents
    }

    /// The gradient of J as the model computes it: `/Gradient` for each pair of an output and an input that has
    /// entries, summed over the outputs. As long as θ.
    ///
    /// # Errors
    /// [`Error::Unsupported`], [`Error::Argument`] for a θ of another length, [`Error::Call`].
    pub fn gradient(&self, point: &[f64]) -> Result<Vec<f64>, Error> {
        let inputs = self.split(Call::Gradient, point)?;
        let parts = self.model.vector_jacobian(&inputs, &self.cotangents)?;
        Ok(parts.concat())
    }

    /// The derivative of J along `direction` as the model computes it by `/ApplyJacobian`:
    /// Σ_o s_oᵀ·Σ_i ∂F_o/∂θ_i·v_i. By the adjoint identity it is the gradient's inner product with v.
    ///
    /// # Errors
    /// As [`gradient`](Self::gradient).
    pub fn derivative_along(&self, point: &[f64], direction: &[f64]) -> Result<f64, Error> {
        let inputs = self.split(Call::ApplyJacobian, point)?;
        let parts = self.split(Call::ApplyJacobian, direction)?;
        Ok(self.contracted(&self.model.jacobian_vector(&inputs, &parts)?))
    }

    /// Σ_o s_oᵀ·y_o.
    fn contracted(&self, outputs: &[Vec<f64>]) -> f64 {
        let pairs = self.cotangents.iter().zip(outputs);
        compensated_sum(pairs.flat_map(|(s, y)| s.iter().zip(y).map(|(s, y)| s * y)))
    }

    /// θ, or a direction, cut into inputs.
    fn split<'p>(&self, call: Call, point: &'p [f64]) -> Result<Vec<&'p [f64]>, Error> {
        self.layout
            .unflatten(point)
            .map_err(|error| self.model.argument(call, error.to_string()))
    }
}

impl Objective<f64> for ModelObjective<'_> {
    fn dim(&self) -> usize {
        self.layout.len()
    }

    fn value(&self, point: &[f64]) -> Result<f64, EvaluationError> {
        let outputs = self.model.evaluate(&self.split(Call::Evaluate, point)?)?;
        Ok(self.contracted(&outputs))
    }
}
