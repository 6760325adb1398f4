//! The losses, each with the output activation that belongs to it.
//!
//! Invariant: knows nothing of layers; it sees logits Z_L and labels Y.

use tensor_core::{Matrix, MatrixView, Scalar, sigmoid, softmax_columns};

use crate::MlpError;
use crate::name::named;

/// A loss with its output activation, a pair whose derivative with respect to the logits is A_L − Y.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Loss {
    /// Sigmoid outputs, −y ln a − (1−y) ln(1−a) summed over the outputs; labels in [0, 1].
    BinaryCrossEntropy,
    /// Softmax outputs, −Σ y ln a; one probability per output, which add up to 1.
    SoftmaxCrossEntropy,
    /// Identity outputs, ½‖a − y‖²; any real labels.
    MeanSquaredError,
}

impl Loss {
    /// All losses.
    pub const ALL: &[Self] = &[
        Self::BinaryCrossEntropy,
        Self::SoftmaxCrossEntropy,
        Self::MeanSquaredError,
    ];

    /// The name as users type it: `bce`, `softmax` or `mse`.
    pub fn name(self) -> &'static str {
        match self {
            Self::BinaryCrossEntropy => "bce",
            Self::SoftmaxCrossEntropy => "softmax",
            Self::MeanSquaredError => "mse",
        }
    }

    /// The least number of outputs for which the loss makes sense: the softmax of one output is always 1.
    pub fn min_outputs(self) -> usize {
        if self == Self::SoftmaxCrossEntropy {
            2
        } else {
            1
        }
    }

    /// A_L from Z_L: sigmoid of each entry, softmax of each column, or Z_L itself.
    ///
    /// ```
    /// use mlp::Loss;
    /// use tensor_core::Matrix;
    /// let logits = Matrix::from_vec(2, 1, vec![1.5, 1.5])?;
    /// let output = Loss::SoftmaxCrossEntropy.output(logits.view())?;
    /// assert_eq!(output.as_slice(), [0.5, 0.5]);
    /// # Ok::<(), mlp::MlpError>(())
    /// ```
    ///
    /// # Errors
    /// [`MlpError::Shape`] if the result can't be allocated.
    pub fn output<T: Scalar>(self, logits: MatrixView<'_, T>) -> Result<Matrix<T>, MlpError> {
        Ok(match self {
            Self::BinaryCrossEntropy => {
                let mut output = Matrix::from_view(logits)?;
                for a in output.as_mut_slice() {
                    *a = sigmoid(*a);
                }
                output
            }
            Self::SoftmaxCrossEntropy => softmax_columns(logits)?,
            Self::MeanSquaredError => Matrix::from_view(logits)?,
        })
    }

    /// Fails if a label is outside the range of the loss.
    ///
    /// # Errors
    /// [`MlpError::Label`] with the first such entry, [`MlpError::LabelSum`] with the first example
    /// whose probabilities don't add up.
    pub fn check_labels<T: Scalar>(self, y: MatrixView<'_, T>) -> Result<(), MlpError> {
        if self == Self::MeanSquaredError {
            return Ok(());
        }
        let probability = T::Real::from_f64(0.0)..=T::Real::from_f64(1.0);
        let bad = y
            .as_slice()
            .iter()
            .position(|label| !probability.contains(&label.real_part()));
        if let Some(at) = bad {
            return Err(MlpError::Label {
                loss: self.name(),
                range: "labels from 0 to 1",
                row: at / y.cols(),
                col: at % y.cols(),
                value: to_f64(y.as_slice()[at]),
            });
        }
        if self == Self::SoftmaxCrossEntropy {
            for col in 0..y.cols() {
                let sum: f64 = y.column(col).map(to_f64).sum();
                // Loose, because labels may have been rounded to single precision or printed; it
                // only has to catch labels of another kind.
                if (sum - 1.0).abs() > 1e-3 {
                    return Err(MlpError::LabelSum {
                        loss: self.name(),
                        col,
                        sum,
                    });
                }
            }
        }
        Ok(())
    }
}

named!(Loss, "loss");

fn to_f64<T: Scalar>(value: T) -> f64 {
    tensor_core::RealScalar::to_f64(value.real_part())
}
