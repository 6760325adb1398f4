//! Inverted dropout with explicit masks.
//!
//! A mask is data, drawn once and given to the forward pass, so that the cost remains a function, and its
//! gradient can be checked with dropout on. Invariant: draws nothing unless asked to.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use tensor_core::{Matrix, MatrixView, RealScalar, Scalar};

use crate::{Architecture, MlpError};

/// One n_l×m matrix of 0 and 1/keep_prob per hidden layer (Srivastava et al. 2014, §10; inverted, so
/// that evaluation needs no factor).
///
/// ```
/// use mlp::{Activation, Architecture, DropoutMasks, Loss};
/// let net = Architecture::new(&[2, 3, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let masks = DropoutMasks::<f64>::draw(&net, 4, 0.5, 7)?;
/// assert!(masks.mask(1).is_some_and(|mask| mask.as_slice().iter().all(|&d| d == 0.0 || d == 2.0)));
/// assert!(masks.mask(2).is_none());
/// # Ok::<(), mlp::MlpError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DropoutMasks<T> {
    masks: Vec<Matrix<T>>,
    keep_prob: f64,
}

impl<T: Scalar> DropoutMasks<T> {
    /// Draws masks in which each unit of each example is kept with probability `keep_prob`; the same seed
    /// gives the same masks.
    ///
    /// # Errors
    /// [`MlpError::KeepProbability`] outside (0, 1], [`MlpError::NoExamples`], [`MlpError::Shape`]
    /// if they can't be allocated.
    pub fn draw(
        architecture: &Architecture,
        examples: usize,
        keep_prob: f64,
        seed: u64,
    ) -> Result<Self, MlpError> {
        check_keep_prob(keep_prob)?;
        if examples == 0 {
            return Err(MlpError::NoExamples);
        }
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let kept = T::from_f64(1.0 / keep_prob);
        let mut draw = |_, _| {
            if random.random::<f64>() < keep_prob {
                kept
            } else {
                T::zero()
            }
        };
        let hidden = &architecture.widths()[1..architecture.depth()];
        let masks = hidden
            .iter()
            .map(|&width| Matrix::from_fn(width, examples, &mut draw));
        Ok(Self {
            masks: masks.collect::<Result<_, _>>()?,
            keep_prob,
        })
    }

    /// Masks from the caller's matrices, one per hidden layer; entries are used unchanged.
    ///
    /// # Errors
    /// [`MlpError::KeepProbability`]; the shapes are checked by [`check`](Self::check).
    pub fn from_matrices(masks: Vec<Matrix<T>>, keep_prob: f64) -> Result<Self, MlpError> {
        check_keep_prob(keep_prob)?;
        Ok(Self { masks, keep_prob })
    }

    /// The mask of hidden layer l, counted from 1; `None` if there is none.
    pub fn mask(&self, layer: usize) -> Option<MatrixView<'_, T>> {
        self.masks.get(layer.checked_sub(1)?).map(Matrix::view)
    }

    /// The masks of the examples `indices`, in that order, counted from 0.
    ///
    /// # Errors
    /// [`MlpError::NoSuchExample`], [`MlpError::Shape`] if they can't be allocated.
    pub fn select(&self, indices: &[usize]) -> Result<Self, MlpError> {
        let masks = self.masks.iter().map(|mask| {
            let examples = mask.cols();
            if let Some(&index) = indices.iter().find(|&&index| index >= examples) {
                return Err(MlpError::NoSuchExample { index, examples });
            }
            let columns = |i, j: usize| mask[(i, indices[j])];
            Ok(Matrix::from_fn(mask.rows(), indices.len(), columns)?)
        });
        Ok(Self {
            masks: masks.collect::<Result<_, _>>()?,
            keep_prob: self.keep_prob,
        })
    }

    /// The probability with which a unit was kept.
    pub fn keep_prob(&self) -> f64 {
        self.keep_prob
    }

    /// Fails if the masks don't fit the network and the number of examples.
    ///
    /// # Errors
    /// [`MlpError::MaskCount`], [`MlpError::MaskShape`].
    pub fn check(&self, architecture: &Architecture, examples: usize) -> Result<(), MlpError> {
        let hidden = &architecture.widths()[1..architecture.depth()];
        if self.masks.len() != hidden.len() {
            return Err(MlpError::MaskCount {
                expected: hidden.len(),
                got: self.masks.len(),
            });
        }
        for ((layer, mask), &width) in (1..).zip(&self.masks).zip(hidden) {
            let (expected, got) = ((width, examples), mask.shape());
            if got != expected {
                return Err(MlpError::MaskShape {
                    layer,
                    expected,
                    got,
                });
            }
        }
        Ok(())
    }
}

impl<T: RealScalar> DropoutMasks<T> {
    /// These masks in another scalar type.
    pub fn cast<U: Scalar>(&self) -> DropoutMasks<U> {
        let cast = |mask: &Matrix<T>| mask.map(|value| U::from_f64(value.to_f64()));
        DropoutMasks {
            masks: self.masks.iter().map(cast).collect(),
            keep_prob: self.keep_prob,
        }
    }
}

pub(crate) fn check_keep_prob(value: f64) -> Result<(), MlpError> {
    // Written so that a NaN fails.
    if value > 0.0 && value <= 1.0 {
        Ok(())
    } else {
        Err(MlpError::KeepProbability { value })
    }
}
