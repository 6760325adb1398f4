//! The backward pass as a set of rules, each of which can be replaced alone.
//!
//! Without a replacement it gives the bits of [`mlp::backward`]. Invariant: knows nothing of which replacement is
//! a fault.

use mlp::{Architecture, Batch, ForwardPass, Gradient, MlpError};
use tensor_core::{Matrix, MatrixView};

/// What each rule may use besides its arguments.
#[derive(Debug, Clone, Copy)]
pub struct Network<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// The forward pass, with every layer's cache.
    pub pass: &'a ForwardPass<'a, f64>,
    /// The examples.
    pub batch: &'a Batch<f64>,
}

/// The steps of the backward pass; those not overridden are mlp's own. Layers are counted from 1.
///
/// ```
/// use mlp_faults::{BackwardRules, Network};
/// use tensor_core::MatrixView;
///
/// /// The bias gradient is forgotten.
/// struct NoBias;
///
/// impl BackwardRules for NoBias {
///     fn bias_gradient(
///         &self,
///         _: &Network<'_>,
///         _: usize,
///         dz: MatrixView<'_, f64>,
///     ) -> Result<Vec<f64>, mlp::MlpError> {
///         Ok(vec![0.0; dz.rows()])
///     }
/// }
/// ```
pub trait BackwardRules {
    /// dZ_L from A_L and Y, n_L×m, without 1/m.
    ///
    /// # Errors
    /// As [`mlp::output_delta`].
    fn output_delta(
        &self,
        network: &Network<'_>,
        output: MatrixView<'_, f64>,
        y: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::output_delta(network.architecture.loss(), output, y)
    }

    /// dW_l without the L2 term, from dZ_l and A_{l−1}.
    ///
    /// # Errors
    /// As [`mlp::weight_gradient`].
    fn weight_gradient(
        &self,
        _network: &Network<'_>,
        _layer: usize,
        dz: MatrixView<'_, f64>,
        a_prev: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::weight_gradient(dz, a_prev)
    }

    /// Adds the L2 term to dW_l.
    ///
    /// # Errors
    /// As [`mlp::add_weight_decay`].
    fn weight_decay(
        &self,
        network: &Network<'_>,
        dw: &mut Matrix<f64>,
        weights: MatrixView<'_, f64>,
    ) -> Result<(), MlpError> {
        mlp::add_weight_decay(
            dw,
            weights,
            network.architecture.l2(),
            network.batch.examples(),
        )
    }

    /// db_l from dZ_l.
    ///
    /// # Errors
    /// None by itself; a replacement may fail.
    fn bias_gradient(
        &self,
        _network: &Network<'_>,
        _layer: usize,
        dz: MatrixView<'_, f64>,
    ) -> Result<Vec<f64>, MlpError> {
        Ok(mlp::bias_gradient(dz))
    }

    /// dA_{l−1} from W_l and dZ_l.
    ///
    /// # Errors
    /// As [`mlp::input_gradient`].
    fn input_gradient(
        &self,
        _network: &Network<'_>,
        _layer: usize,
        weights: MatrixView<'_, f64>,
        dz: MatrixView<'_, f64>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::input_gradient(weights, dz)
    }

    /// dZ_l of hidden layer l from dA_l, Z_l and its dropout mask.
    ///
    /// # Errors
    /// As [`mlp::activation_backward`].
    fn activation_backward(
        &self,
        network: &Network<'_>,
        _layer: usize,
        da: Matrix<f64>,
        z: MatrixView<'_, f64>,
        mask: Option<MatrixView<'_, f64>>,
    ) -> Result<Matrix<f64>, MlpError> {
        mlp::activation_backward(network.architecture.activation(), da, z, mask)
    }

    /// Called last, with the whole gradient.
    ///
    /// # Errors
    /// None by itself; a replacement may fail.
    fn finish(
        &self,
        _network: &Network<'_>,
        _gradient: &mut Gradient<f64>,
    ) -> Result<(), MlpError> {
        Ok(())
    }
}

/// dJ/dθ by these rules; `observe` is called with dZ_l of each layer l, the last layer first.
///
/// Without a replacement it gives the bits of [`mlp::backward`]; to observe nothing, pass
/// `&mut |_, _| {}`.
///
/// # Errors
/// As [`mlp::backward`], and whatever a rule fails with.
pub fn backward_with(
    rules: &dyn BackwardRules,
    network: &Network<'_>,
    observe: &mut dyn FnMut(usize, MatrixView<'_, f64>),
) -> Result<Gradient<f64>, MlpError> {
    let Network {
        architecture,
        pass,
        batch,
    } = *network;
    let mut gradient = Gradient::zeros(architecture)?;
    let mut dz = rules.output_delta(network, pass.output.view(), batch.y().view())?;
    for layer in (1..=architecture.depth()).rev() {
        observe(layer, dz.view());
        let cache = pass.layer(layer)?;
        let mut dw = rules.weight_gradient(network, layer, dz.view(), cache.a_prev())?;
        rules.weight_decay(network, &mut dw, cache.weights())?;
        let db = rules.bias_gradient(network, layer, dz.view())?;
        gradient.set_layer(layer, dw.view(), &db)?;
        if layer > 1 {
            let below = pass.layer(layer - 1)?;
            let da = rules.input_gradient(network, layer, cache.weights(), dz.view())?;
            dz = rules.activation_backward(network, layer - 1, da, below.z(), below.mask())?;
        }
    }
    rules.finish(network, &mut gradient)?;
    Ok(gradient)
}
