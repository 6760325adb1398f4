//! Products, sums and shapes against loops that can't be wrong.

use num_complex::Complex;
use proptest::prelude::*;
use tensor_core::{
    Matrix, MatrixView, MatrixViewMut, Scalar, ShapeError, add_to_rows, compensated_sum, product,
    product_into, product_transpose_left, product_transpose_right, row_sums, row_sums_into,
};

use crate::distance;

/// Empty, thin and wide: 5 and 6 are where the kernel changes.
fn extent() -> impl Strategy<Value = usize> {
    prop_oneof![0usize..=7, 8usize..=20]
}

fn naive<T: Scalar>(
    (n, k, p): (usize, usize, usize),
    a: impl Fn(usize, usize) -> T,
    b: impl Fn(usize, usize) -> T,
) -> Vec<T> {
    let entry = |i, j| (0..k).fold(T::zero(), |sum, l| sum + a(i, l) * b(l, j));
    (0..n)
        .flat_map(|i| (0..p).map(move |j| (i, j)))
        .map(|(i, j)| entry(i, j))
        .collect()
}

fn matrix(rows: usize, cols: usize, salt: f64) -> Matrix<f64> {
    Matrix::from_fn(rows, cols, |i, j| ((i * 31 + j * 17) as f64 * salt).sin()).unwrap()
}

fn check<T: Scalar>((n, k, p): (usize, usize, usize), tolerance: f64, from: impl Fn(f64) -> T) {
    let (a, b) = (matrix(n, k, 0.7).map(&from), matrix(k, p, 1.3).map(&from));
    let transposed = |m: &Matrix<T>| Matrix::from_fn(m.cols(), m.rows(), |i, j| m[(j, i)]).unwrap();
    let (a_transposed, b_transposed) = (transposed(&a), transposed(&b));
    let expected = naive((n, k, p), |i, l| a[(i, l)], |l, j| b[(l, j)]);
    let close = |got: Matrix<T>| {
        assert_eq!(got.shape(), (n, p));
        for (&got, &expected) in got.as_slice().iter().zip(&expected) {
            let apart = tensor_core::RealScalar::to_f64((got - expected).real_part());
            assert!(
                apart.abs() <= tolerance,
                "{n}×{k}·{k}×{p}: {got:?} against {expected:?}"
            );
        }
    };
    close(product(a.view(), b.view()).unwrap());
    close(product_transpose_left(a_transposed.view(), b.view()).unwrap());
    close(product_transpose_right(a.view(), b_transposed.view()).unwrap());
}

proptest! {
    #[test]
    fn products_are_the_triple_loop(n in extent(), k in extent(), p in extent()) {
        check((n, k, p), 1e-13, |x| x);
        check((n, k, p), 1e-4, |x| x as f32);
        check((n, k, p), 1e-13, |x| Complex::new(x, 0.5 * x));
    }

    #[test]
    fn products_that_do_not_fit_name_both_shapes(n in extent(), k in extent(), p in extent()) {
        let (a, b) = (matrix(n, k, 1.0), matrix(k + 1, p, 1.0));
        let error = product(a.view(), b.view()).unwrap_err();
        let is_product = matches!(error, ShapeError::Product { .. });
        prop_assert!(is_product);
        for shape in [format!("{n}×{k}"), format!("{}×{p}", k + 1)] {
            prop_assert!(error.to_string().contains(&shape));
        }
    }

    #[test]
    fn sums_agree(rows in extent(), cols in extent()) {
        let a = matrix(rows, cols, 0.3);
        let sums = row_sums(a.view());
        for (i, &sum) in sums.iter().enumerate() {
            prop_assert!(distance(sum, a.row(i).iter().sum()) < 1e-14);
        }
        let mut shifted = a.clone();
        add_to_rows(&mut shifted, &sums).unwrap();
        for i in 0..rows {
            for j in 0..cols {
                prop_assert_eq!(shifted[(i, j)], a[(i, j)] + sums[i]);
            }
        }
        let total = compensated_sum(a.as_slice().iter().copied());
        prop_assert!(distance(total, sums.iter().sum()) < 1e-13);
    }

    #[test]
    fn nalgebra_and_back(rows in extent(), cols in extent()) {
        let a = matrix(rows, cols, 0.9);
        prop_assert_eq!(Matrix::from_nalgebra(&a.to_nalgebra()).unwrap(), a);
    }
}

#[test]
fn a_product_keeps_nan_where_a_factor_is_zero() {
    let a = Matrix::from_vec(1, 2, vec![0.0, 1.0]).unwrap();
    let b = Matrix::from_vec(2, 1, vec![f64::NAN, 1.0]).unwrap();
    assert!(product(a.view(), b.view()).unwrap()[(0, 0)].is_nan());
}

#[test]
fn a_place_of_the_wrong_shape_is_refused() {
    let a = matrix(2, 3, 1.0);
    let b = matrix(3, 4, 1.0);
    let mut place = Matrix::zeros(4, 2).unwrap();
    let error = product_into(a.view(), b.view(), place.view_mut()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the result of A·B is 2×4, but the output matrix is 4×2"
    );
    let mut flat = [0.0; 3];
    assert!(MatrixViewMut::from_slice(2, 2, &mut flat).is_err());
    assert!(row_sums_into(a.view(), &mut flat).is_err());
    assert!(add_to_rows(&mut place, &[1.0]).is_err());
}

#[test]
fn sizes_that_cannot_be_had_say_how_many_bytes() {
    let error = Matrix::<f64>::zeros(1 << 40, 1 << 40).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("9671406556917033397649408 bytes"),
        "{error}"
    );
    let addressable = Matrix::<f64>::zeros(1 << 30, 1 << 29).unwrap_err();
    assert!(matches!(addressable, ShapeError::TooLarge { .. }));
    let length = Matrix::from_vec(2, 2, vec![1.0]).unwrap_err();
    assert!(matches!(
        length,
        ShapeError::Length {
            expected: 4,
            got: 1,
            ..
        }
    ));
}

#[test]
fn entries_outside_are_none() {
    let a = matrix(2, 3, 1.0);
    assert_eq!(a.get(1, 2), Some(&a[(1, 2)]));
    assert_eq!((a.get(0, 3), a.get(2, 0)), (None, None));
    assert_eq!(
        a.view().column(1).collect::<Vec<_>>(),
        [a[(0, 1)], a[(1, 1)]]
    );
    assert_eq!(a.view().column(3).count(), 0);
    assert_eq!(MatrixView::<f64>::default().column(0).count(), 0);
}
