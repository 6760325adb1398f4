//! Examples with their labels, one a column.
//!
//! Invariant: knows nothing of the network; [`forward`](crate::forward) checks that the two fit.

use tensor_core::{Matrix, RealScalar, Scalar};

use crate::error::display_widths;
use crate::{Architecture, MlpError};

/// Inputs X (n₀×m) and labels Y (n_L×m), one example a column, as in the course.
///
/// ```
/// use mlp::Batch;
/// use tensor_core::Matrix;
/// let x = Matrix::from_vec(2, 3, vec![0.0, 1.0, 2.0, 5.0, 6.0, 7.0])?;
/// let y = Matrix::from_vec(1, 3, vec![0.0, 1.0, 1.0])?;
/// assert_eq!(Batch::new(x, y)?.examples(), 3);
/// # Ok::<(), mlp::MlpError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Batch<T> {
    x: Matrix<T>,
    y: Matrix<T>,
}

impl<T: Scalar> Batch<T> {
    /// A batch of `x` and `y`.
    ///
    /// # Errors
    /// [`MlpError::ExamplesDiffer`], [`MlpError::NoExamples`], and [`MlpError::NotFiniteData`] with
    /// the first entry that is infinite or NaN.
    pub fn new(x: Matrix<T>, y: Matrix<T>) -> Result<Self, MlpError> {
        if x.cols() != y.cols() {
            return Err(MlpError::ExamplesDiffer {
                x: x.shape(),
                y: y.shape(),
            });
        }
        if x.cols() == 0 {
            return Err(MlpError::NoExamples);
        }
        check_finite("X", &x)?;
        check_finite("Y", &y)?;
        Ok(Self { x, y })
    }

    /// X, n₀×m.
    pub fn x(&self) -> &Matrix<T> {
        &self.x
    }

    /// Y, n_L×m.
    pub fn y(&self) -> &Matrix<T> {
        &self.y
    }

    /// m.
    pub fn examples(&self) -> usize {
        self.x.cols()
    }

    /// The batch of the examples `indices`, in that order, counted from 0.
    ///
    /// # Errors
    /// [`MlpError::NoSuchExample`], [`MlpError::NoExamples`] if there are no indices.
    pub fn select(&self, indices: &[usize]) -> Result<Self, MlpError> {
        let examples = self.examples();
        if let Some(&index) = indices.iter().find(|&&index| index >= examples) {
            return Err(MlpError::NoSuchExample { index, examples });
        }
        if indices.is_empty() {
            return Err(MlpError::NoExamples);
        }
        let columns = |matrix: &Matrix<T>| {
            Matrix::from_fn(matrix.rows(), indices.len(), |i, j| matrix[(i, indices[j])])
        };
        Ok(Self {
            x: columns(&self.x)?,
            y: columns(&self.y)?,
        })
    }

    /// Fails if the data doesn't fit the network.
    ///
    /// # Errors
    /// [`MlpError::DataShape`], [`MlpError::Label`], [`MlpError::LabelSum`].
    pub fn check(&self, architecture: &Architecture) -> Result<(), MlpError> {
        let widths = architecture.widths();
        let needs = [
            ("X", &self.x, widths[0]),
            ("Y", &self.y, widths[widths.len() - 1]),
        ];
        for (what, matrix, expected) in needs {
            if matrix.rows() != expected {
                let (widths, got) = (display_widths(widths), matrix.shape());
                return Err(MlpError::DataShape {
                    what,
                    widths,
                    expected,
                    got,
                });
            }
        }
        architecture.loss().check_labels(self.y.view())
    }
}

impl<T: RealScalar> Batch<T> {
    /// This batch in another scalar type, for `f32` or complex evaluations.
    pub fn cast<U: Scalar>(&self) -> Batch<U> {
        let cast = |matrix: &Matrix<T>| matrix.map(|value| U::from_f64(value.to_f64()));
        Batch {
            x: cast(&self.x),
            y: cast(&self.y),
        }
    }
}

fn check_finite<T: Scalar>(what: &'static str, matrix: &Matrix<T>) -> Result<(), MlpError> {
    let Some(at) = matrix
        .as_slice()
        .iter()
        .position(|value| !value.is_finite())
    else {
        return Ok(());
    };
    Err(MlpError::NotFiniteData {
        what,
        row: at / matrix.cols(),
        col: at % matrix.cols(),
        value: matrix.as_slice()[at].real_part().to_f64(),
    })
}
