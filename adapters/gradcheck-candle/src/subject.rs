//! A function of candle's variables, contracted with a cotangent, as a subject of the judge.
//!
//! Refuses to know what the function computes.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError};

use candle_core::{DType, Tensor};
use finite_diff::EvaluationError;
use finite_diff::sum::compensated_sum;
use gradient_check::Subject;
use gradient_check::subject::{Gradient, NamedArray};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use thiserror::Error;

use crate::error::Panicked;
use crate::variables::{Held, Number};

/// The function under test; it reads the variables where they are.
pub(crate) type Forward<'f> = &'f mut (dyn FnMut() -> candle_core::Result<Tensor> + Send);

/// The function gave another shape than at the point itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "the function gave a tensor of shape {got:?} where it had given {expected:?} at the point itself"
)]
struct OtherShape {
    expected: Vec<usize>,
    got: Vec<usize>,
}

/// v·(F(θ) − F₀) for a cotangent v, F₀ being the output at the point itself.
///
/// The constant changes no derivative. Without it J would be a sum of as many outputs as there are, all of which round
/// and few of which move.
pub(crate) struct Contracted<'f> {
    held: &'f Held,
    /// The variables are shared, so that one call is made at a time.
    forward: Mutex<Forward<'f>>,
    cotangent: Tensor,
    weights: Vec<f64>,
    at_point: Vec<f64>,
}

impl<'f> Contracted<'f> {
    /// Of a function whose output at the point is `output`.
    pub(crate) fn new(
        held: &'f Held,
        forward: Forward<'f>,
        output: &Tensor,
        seed: u64,
    ) -> candle_core::Result<Self> {
        let drawn = cotangent(output.elem_count(), seed);
        let cotangent = Tensor::from_vec(drawn, output.dims(), output.device())?;
        // As the output's type rounds them, so that both passes have the same.
        let cotangent = cotangent.to_dtype(output.dtype())?;
        Ok(Self {
            held,
            forward: Mutex::new(forward),
            weights: wide(&cotangent)?,
            at_point: wide(output)?,
            cotangent,
        })
    }

    /// The least noise of J, as √Σ(v_i·F₀_i)² times ε of the type: each output is off by at most half a unit in its
    /// last place, σ ≤ ε|F₀_i|/√12, independently of the others, and a bar takes 3σ.
    pub(crate) fn rounding(&self, epsilon: f64) -> f64 {
        let terms = self.weights.iter().zip(&self.at_point);
        let size = terms.fold(0.0f64, |size, (v, y)| size.hypot(v * y));
        match size.is_finite() {
            true => epsilon * size,
            false => 0.0,
        }
    }

    fn output(&self, forward: &mut MutexGuard<'_, Forward<'f>>) -> Result<Tensor, EvaluationError> {
        let output = (forward)()?;
        match output.dims() == self.cotangent.dims() {
            true => Ok(output),
            false => Err(Box::new(OtherShape {
                expected: self.cotangent.dims().to_vec(),
                got: output.dims().to_vec(),
            })),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Forward<'f>> {
        self.forward.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Number> Subject<T> for Contracted<'_> {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        let mut forward = self.lock();
        self.held.write(point)?;
        let outputs = wide(&self.output(&mut forward)?)?;
        // So that a pass that writes into them is found out.
        point.copy_from_slice(&self.held.read()?);
        let moved = outputs.iter().zip(&self.at_point).map(|(y, y0)| y - y0);
        let terms = self.weights.iter().zip(moved).map(|(v, moved)| v * moved);
        Ok(T::narrow(compensated_sum(terms)))
    }

    fn backward(&self, point: &mut [T], cotangent: f64) -> Result<Gradient, EvaluationError> {
        let mut forward = self.lock();
        self.held.write(point)?;
        let output = self.output(&mut forward)?;
        let contracted = (output * self.cotangent.affine(cotangent, 0.0)?)?.sum_all()?;
        let gradients =
            catch_unwind(AssertUnwindSafe(|| contracted.backward())).map_err(|payload| {
                Panicked {
                    message: said(payload.as_ref()),
                }
            })??;
        point.copy_from_slice(&self.held.read()?);
        let mut blocks = Vec::new();
        for (name, variable) in self.held.moved() {
            // A variable that is not in the store is left out, which is for the judge to make something of.
            if let Some(gradient) = gradients.get(variable) {
                blocks.push(NamedArray::new(name, gradient.dims(), wide(gradient)?));
            }
        }
        Ok(Gradient::Blocks(blocks))
    }
}

/// v for so many outputs: entries of either sign and of size ½ to 1. Never ones, with which the derivative of a
/// softmax is zero, and the outputs can be mixed up unseen.
fn cotangent(outputs: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut entry = || {
        let size = rng.random_range(0.5..1.0);
        if rng.random::<bool>() { size } else { -size }
    };
    (0..outputs).map(|_| entry()).collect()
}

fn wide(tensor: &Tensor) -> candle_core::Result<Vec<f64>> {
    let flat = tensor.detach().flatten_all()?;
    flat.to_dtype(DType::F64)?.to_vec1()
}

/// What a panic said.
fn said(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|s| (*s).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
