//! Matrix products: nalgebra's `gemm` where it is fast, loops over contiguous rows where it is not.
//!
//! Invariant: knows nothing of which product belongs to which pass.

use std::any::TypeId;

use nalgebra::{DMatrixView, DMatrixViewMut, Dyn};

use crate::{Matrix, MatrixView, MatrixViewMut, Scalar, ShapeError};

/// A·B: (n×k)·(k×p) → n×p.
///
/// ```
/// use tensor_core::{Matrix, product};
/// let a = Matrix::from_vec(2, 2, vec![1.0, 2.0, 3.0, 4.0])?;
/// let b = Matrix::from_vec(2, 1, vec![10.0, 1.0])?;
/// assert_eq!(product(a.view(), b.view())?.as_slice(), [12.0, 34.0]);
/// # Ok::<(), tensor_core::ShapeError>(())
/// ```
///
/// # Errors
/// [`ShapeError::Product`] with both shapes where they don't fit, [`ShapeError::TooLarge`] if the
/// result can't be allocated.
pub fn product<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
) -> Result<Matrix<T>, ShapeError> {
    let mut out = Matrix::zeros(a.rows(), b.cols())?;
    product_into(a, b, out.view_mut())?;
    Ok(out)
}

/// Aᵀ·B: (k×n)ᵀ·(k×p) → n×p, without forming Aᵀ.
///
/// # Errors
/// As [`product`].
pub fn product_transpose_left<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
) -> Result<Matrix<T>, ShapeError> {
    let mut out = Matrix::zeros(a.cols(), b.cols())?;
    product_transpose_left_into(a, b, out.view_mut())?;
    Ok(out)
}

/// A·Bᵀ: (n×k)·(p×k)ᵀ → n×p, without forming Bᵀ.
///
/// # Errors
/// As [`product`].
pub fn product_transpose_right<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
) -> Result<Matrix<T>, ShapeError> {
    let mut out = Matrix::zeros(a.rows(), b.rows())?;
    product_transpose_right_into(a, b, out.view_mut())?;
    Ok(out)
}

/// Like [`product`], into `out`, without allocating; what `out` held is overwritten.
///
/// # Errors
/// [`ShapeError::Product`], and [`ShapeError::Output`] if `out` doesn't have the shape of the result.
pub fn product_into<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    mut out: MatrixViewMut<'_, T>,
) -> Result<(), ShapeError> {
    let shape = (a.rows(), b.cols());
    check("A·B", a, b, (a.cols(), b.rows()), shape, &out)?;
    if wide_enough::<T>(shape.0, a.cols(), shape.1) {
        gemm(strided_transpose(b), strided_transpose(a), shape, &mut out);
        return Ok(());
    }
    let data = zeroed(&mut out);
    for i in 0..shape.0 {
        let target = &mut data[i * shape.1..(i + 1) * shape.1];
        for (k, &factor) in a.row(i).iter().enumerate() {
            add_multiple(target, factor, b.row(k));
        }
    }
    Ok(())
}

/// Like [`product_transpose_left`], into `out`, without allocating; what `out` held is overwritten.
///
/// # Errors
/// As [`product_into`].
pub fn product_transpose_left_into<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    mut out: MatrixViewMut<'_, T>,
) -> Result<(), ShapeError> {
    let shape = (a.cols(), b.cols());
    check("Aᵀ·B", a, b, (a.rows(), b.rows()), shape, &out)?;
    if wide_enough::<T>(shape.0, a.rows(), shape.1) {
        gemm(strided_transpose(b), strided(a), shape, &mut out);
        return Ok(());
    }
    let data = zeroed(&mut out);
    for k in 0..a.rows() {
        let right = b.row(k);
        for (i, &factor) in a.row(k).iter().enumerate() {
            add_multiple(&mut data[i * shape.1..(i + 1) * shape.1], factor, right);
        }
    }
    Ok(())
}

/// Like [`product_transpose_right`], into `out`, without allocating; what `out` held is overwritten.
///
/// # Errors
/// As [`product_into`].
pub fn product_transpose_right_into<T: Scalar>(
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    mut out: MatrixViewMut<'_, T>,
) -> Result<(), ShapeError> {
    let shape = (a.rows(), b.rows());
    check("A·Bᵀ", a, b, (a.cols(), b.cols()), shape, &out)?;
    if wide_enough::<T>(shape.0, a.cols(), shape.1) {
        gemm(strided(b), strided_transpose(a), shape, &mut out);
        return Ok(());
    }
    let data = out.as_mut_slice();
    for i in 0..shape.0 {
        for j in 0..shape.1 {
            data[i * shape.1 + j] = dot(a.row(i), b.row(j));
        }
    }
    Ok(())
}

fn check<T>(
    operation: &'static str,
    a: MatrixView<'_, T>,
    b: MatrixView<'_, T>,
    (shared_left, shared_right): (usize, usize),
    expected: (usize, usize),
    out: &MatrixViewMut<'_, T>,
) -> Result<(), ShapeError> {
    let (left, right) = (a.shape(), b.shape());
    if shared_left != shared_right {
        return Err(ShapeError::Product {
            operation,
            left,
            right,
            shared_left,
            shared_right,
        });
    }
    if out.shape() != expected {
        return Err(ShapeError::Output {
            operation,
            expected,
            got: out.shape(),
        });
    }
    Ok(())
}

/// Whether nalgebra uses its fast kernel for a product: only for f32 and f64, and only from six rows and
/// columns on. Below, and for complex numbers, the loops here are one and a half to five times as fast as its
/// own.
fn wide_enough<T: Scalar>(n: usize, k: usize, p: usize) -> bool {
    let kernel =
        TypeId::of::<T>() == TypeId::of::<f64>() || TypeId::of::<T>() == TypeId::of::<f32>();
    kernel && n.min(k).min(p) > 5
}

type Strided<'a, T> = DMatrixView<'a, T, Dyn, Dyn>;

/// The matrix itself.
fn strided<T: Scalar>(a: MatrixView<'_, T>) -> Strided<'_, T> {
    DMatrixView::from_slice_with_strides(a.as_slice(), a.rows(), a.cols(), a.cols(), 1)
}

/// The transpose of the matrix: row-major data read as column-major.
fn strided_transpose<T: Scalar>(a: MatrixView<'_, T>) -> Strided<'_, T> {
    DMatrixView::from_slice_with_strides(a.as_slice(), a.cols(), a.rows(), 1, a.cols())
}

/// outᵀ = left·right, where out is rows×cols: a row-major C = A·B is a column-major Cᵀ = Bᵀ·Aᵀ.
fn gemm<T: Scalar>(
    left: Strided<'_, T>,
    right: Strided<'_, T>,
    (rows, cols): (usize, usize),
    out: &mut MatrixViewMut<'_, T>,
) {
    DMatrixViewMut::from_slice(out.as_mut_slice(), cols, rows).gemm(
        T::one(),
        &left,
        &right,
        T::zero(),
    );
}

fn zeroed<'a, T: Scalar>(out: &'a mut MatrixViewMut<'_, T>) -> &'a mut [T] {
    let data = out.as_mut_slice();
    data.fill(T::zero());
    data
}

/// target ← target + factor·source.
fn add_multiple<T: Scalar>(target: &mut [T], factor: T, source: &[T]) {
    for (place, &value) in target.iter_mut().zip(source) {
        *place += factor * value;
    }
}

/// a·b on eight running sums: one alone can't be vectorized, since addition is not associative.
fn dot<T: Scalar>(a: &[T], b: &[T]) -> T {
    const LANES: usize = 8;
    let mut sums = [T::zero(); LANES];
    let (a_chunks, b_chunks) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest = a_chunks.remainder().iter().zip(b_chunks.remainder());
    let rest = rest.fold(T::zero(), |sum, (&x, &y)| sum + x * y);
    for (x, y) in a_chunks.zip(b_chunks) {
        for lane in 0..LANES {
            sums[lane] += x[lane] * y[lane];
        }
    }
    sums.iter().fold(rest, |sum, &lane| sum + lane)
}
