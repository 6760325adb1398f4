//! The forward pass: with caches, or for its cost alone.
//!
//! Both use one function, [`propagate`], so that they give the same bits. Invariant: knows nothing of derivatives.

use tensor_core::{Matrix, MatrixView, Scalar};

use crate::cost::total_cost;
use crate::layer::Incoming;
use crate::{
    Architecture, Batch, DropoutMasks, LayerCache, MlpError, Parameters, activate, linear,
};

/// Everything that the backward pass needs, and the cost.
#[derive(Debug, Clone)]
pub struct ForwardPass<'a, T> {
    /// One cache per layer, layer 1 first.
    pub layers: Vec<LayerCache<'a, T>>,
    /// A_L, n_L×m.
    pub output: Matrix<T>,
    /// J, with the L2 term.
    pub cost: T,
}

impl<'a, T> ForwardPass<'a, T> {
    /// The cache of layer l, counted from 1.
    ///
    /// # Errors
    /// [`MlpError::NoSuchLayer`].
    pub fn layer(&self, layer: usize) -> Result<&LayerCache<'a, T>, MlpError> {
        let depth = self.layers.len();
        let position = layer.checked_sub(1);
        position
            .and_then(|position| self.layers.get(position))
            .ok_or(MlpError::NoSuchLayer { layer, depth })
    }

    /// Z_L, n_L×m; empty if there are no layers.
    pub fn logits(&self) -> MatrixView<'_, T> {
        self.layers.last().map(LayerCache::z).unwrap_or_default()
    }
}

/// LINEAR → φ (→ dropout) for layers 1 … L−1, LINEAR → output activation for layer L, and the cost.
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, Parameters, forward};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
/// let parameters = Parameters::from_flat(&net, vec![0.0, 0.0])?;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
/// let pass = forward(&net, &parameters, &batch, None)?;
/// assert_eq!(pass.output.as_slice(), [0.5]);
/// assert_eq!(pass.cost, std::f64::consts::LN_2);
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// [`MlpError::OtherNetwork`] if the parameters belong to another network; the errors of [`Batch::check`] and
/// [`DropoutMasks::check`]; [`MlpError::Shape`] if memory runs out.
pub fn forward<'a, T: Scalar>(
    architecture: &'a Architecture,
    parameters: &'a Parameters<T>,
    batch: &'a Batch<T>,
    masks: Option<&'a DropoutMasks<T>>,
) -> Result<ForwardPass<'a, T>, MlpError> {
    architecture.check_same("parameters", parameters.layers())?;
    let parameters = parameters.as_flat();
    let mut layers = Vec::with_capacity(architecture.depth());
    let last = propagate(architecture, parameters, batch, masks, |cache| {
        layers.push(cache)
    })?;
    let output = architecture.loss().output(last.z())?;
    let cost = total_cost(architecture, parameters, last.z(), batch.y().view())?;
    layers.push(last);
    Ok(ForwardPass {
        layers,
        output,
        cost,
    })
}

/// The cost alone, with the same bits as that of [`forward`].
///
/// # Errors
/// As [`forward`].
pub fn cost<T: Scalar>(
    architecture: &Architecture,
    parameters: &Parameters<T>,
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<T, MlpError> {
    architecture.check_same("parameters", parameters.layers())?;
    cost_at(architecture, parameters.as_flat(), batch, masks)
}

/// Like [`cost`], at a flat vector, for callers that keep one.
///
/// # Errors
/// [`MlpError::ParameterCount`] if its length is not the number of parameters; otherwise as [`forward`].
pub fn cost_at<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<T, MlpError> {
    let last = propagate(architecture, parameters, batch, masks, drop)?;
    total_cost(architecture, parameters, last.z(), batch.y().view())
}

/// Runs the layers in order; hands each hidden layer's cache to `keep` and returns the last one's.
pub(crate) fn propagate<'a, T: Scalar>(
    architecture: &'a Architecture,
    parameters: &'a [T],
    batch: &'a Batch<T>,
    masks: Option<&'a DropoutMasks<T>>,
    mut keep: impl FnMut(LayerCache<'a, T>),
) -> Result<LayerCache<'a, T>, MlpError> {
    architecture.check_length(parameters.len())?;
    batch.check(architecture)?;
    if let Some(masks) = masks {
        masks.check(architecture, batch.examples())?;
    }
    let layers = architecture.layers();
    let mut a_prev = Incoming::Data(batch.x().view());
    for layer in 1..architecture.depth() {
        let (weights, bias) = (
            layers.weights(parameters, layer),
            layers.bias(parameters, layer),
        );
        let mask = masks.and_then(|masks| masks.mask(layer));
        let z = linear(weights, bias, a_prev.view())?;
        let a = activate(architecture.activation(), z.view(), mask)?;
        let a_prev = std::mem::replace(&mut a_prev, Incoming::Computed(a));
        keep(LayerCache {
            a_prev,
            weights,
            bias,
            z,
            mask,
        });
    }
    let last = architecture.depth();
    let (weights, bias) = (
        layers.weights(parameters, last),
        layers.bias(parameters, last),
    );
    let z = linear(weights, bias, a_prev.view())?;
    Ok(LayerCache {
        a_prev,
        weights,
        bias,
        z,
        mask: None,
    })
}
