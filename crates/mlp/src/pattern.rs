//! The branch pattern: which side of its kink each hidden unit is on, for each example.
//!
//! Refuses to know who asks. Two parameter vectors with the same pattern lie on the same smooth piece
//! of the cost.

use std::hash::{DefaultHasher, Hasher};

use tensor_core::{RealScalar, Scalar};

use crate::forward::propagate;
use crate::{Architecture, Batch, DropoutMasks, MlpError};

/// The branch pattern of a network with kinks at one parameter vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchPattern {
    /// A hash of the signs (−, 0, +) of all hidden pre-activations that are not dropped out, in the
    /// order of layers, units and examples.
    pub fingerprint: u64,
    /// Whether one of them is exactly 0.
    pub on_kink: bool,
}

/// The branch pattern at a flat parameter vector; `None` where the activation has no kink.
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, branch_pattern_at};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![2.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
/// let at = |w: f64| branch_pattern_at(&net, &[w, 0.0, 1.0, 0.0], &batch, None);
/// assert_eq!(at(0.5)?, at(0.7)?);
/// assert_ne!(at(0.5)?, at(-0.5)?);
/// assert!(at(0.0)?.is_some_and(|pattern| pattern.on_kink));
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// As [`cost_at`](crate::cost_at).
pub fn branch_pattern_at<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<Option<BranchPattern>, MlpError> {
    if architecture.activation().is_smooth() {
        return Ok(None);
    }
    let mut hasher = DefaultHasher::new();
    let mut on_kink = false;
    propagate(architecture, parameters, batch, masks, |cache| {
        let kept = cache.mask();
        for (i, z) in cache.z().as_slice().iter().enumerate() {
            let dropped = kept
                .as_ref()
                .is_some_and(|mask| mask.as_slice()[i].real_part().to_f64() == 0.0);
            if dropped {
                continue;
            }
            let z = z.real_part().to_f64();
            on_kink |= z == 0.0;
            hasher.write_u8(if z > 0.0 { 2 } else { u8::from(z == 0.0) });
        }
    })?;
    Ok(Some(BranchPattern {
        fingerprint: hasher.finish(),
        on_kink,
    }))
}
