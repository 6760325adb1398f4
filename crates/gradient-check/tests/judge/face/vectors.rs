//! Points, gradients and Jacobians as vectors and matrices of nalgebra and ndarray.

use gradient_check::{CheckError, GradientCheck, VectorCheck, Verdict, assert_gradient, of_vector};

/// J = Σ_ij (i + 1)·sin((j + 1)·W_ij) of a 2×3 matrix, flat and by rows.
fn cost(w: &[f64]) -> f64 {
    let term = |k: usize| (k / 3 + 1) as f64 * ((k % 3 + 1) as f64 * w[k]).sin();
    (0..6).map(term).sum()
}

fn slope(w: f64, i: usize, j: usize) -> f64 {
    let j = (j + 1) as f64;
    (i + 1) as f64 * j * (j * w).cos()
}

const W: [f64; 6] = [0.3, -0.2, 0.5, 0.7, 0.1, -0.4];
const MATRIX: &[(&str, &[usize])] = &[("W", &[2, 3])];

/// F: ℝ³ → ℝ².
fn f(x: &[f64]) -> [f64; 2] {
    [x[0] * x[1], x[1].sin() * x[2]]
}

fn row_major(x: &[f64]) -> [f64; 6] {
    [x[1], x[0], 0.0, 0.0, x[1].cos() * x[2], x[1].sin()]
}

const X: [f64; 3] = [2.0, 0.5, -1.5];

#[test]
fn a_function_of_a_vector() {
    let cost = |x: &Vec<f32>| x.iter().map(|x| x * x).sum::<f32>();
    let gradient = |x: &Vec<f32>| x.iter().map(|x| 2.0 * x).collect::<Vec<_>>();
    assert_gradient!(of_vector(cost), of_vector(gradient), at = [0.5, -1.5]);
}

mod of_nalgebra {
    use nalgebra::{DMatrix, DVector, Matrix2x3, OMatrix, RowDVector, SVector, U2, U3};

    use super::*;

    #[test]
    fn vectors() {
        let cost = |x: &DVector<f64>| x.norm_squared();
        let gradient = |x: &DVector<f64>| 2.0 * x;
        let at = DVector::from_vec(X.to_vec());
        assert_gradient!(of_vector(cost), of_vector(gradient), at = at);
        assert_gradient!(of_vector(cost), of_vector(gradient), at = at.rows(1, 2));
        let wrong = |x: &DVector<f64>| -2.0 * x;
        let report = GradientCheck::new(of_vector(cost), of_vector(wrong))
            .at(&at)
            .run();
        assert_eq!(report.unwrap().verdict, Verdict::Disagree);

        let cost = |x: &[f32]| SVector::<f32, 3>::from_column_slice(x).norm_squared();
        let gradient = |x: &[f32]| 2.0 * SVector::<f32, 3>::from_column_slice(x);
        let report = assert_gradient!(cost, gradient, at = SVector::from([2.0, 0.5, -1.5]));
        // What a gradient in single precision agrees to.
        assert!(report.power.unwrap().single_coordinate > 1e-6);

        let cost = |x: &RowDVector<f64>| x.norm_squared();
        let gradient = |x: &RowDVector<f64>| Ok::<_, String>(2.0 * x);
        let at = RowDVector::from_vec(X.to_vec());
        let bounds = DVector::from_element(3, -2.0);
        assert_gradient!(
            of_vector(cost),
            of_vector(gradient),
            at = at,
            lower = bounds
        );
    }

    fn by_rows(w: &[f64]) -> DMatrix<f64> {
        DMatrix::from_fn(2, 3, |i, j| slope(w[3 * i + j], i, j))
    }

    #[test]
    fn a_gradient_with_respect_to_a_matrix_keeps_its_rows() {
        let w = DMatrix::from_row_slice(2, 3, &W);
        // Its memory is by columns.
        assert_ne!(w.as_slice(), W);
        assert_gradient!(cost, by_rows, at = w, blocks = MATRIX);
        assert_gradient!(cost, by_rows, at = W);
        let fixed = |w: &[f64]| Matrix2x3::from_fn(|i, j| slope(w[3 * i + j], i, j));
        assert_gradient!(
            cost,
            fixed,
            at = Matrix2x3::from_row_slice(&W),
            blocks = MATRIX
        );

        // Whoever reads the point by columns has another function.
        let by_columns = |w: &[f64]| DMatrix::from_fn(2, 3, |i, j| slope(w[2 * j + i], i, j));
        let check = GradientCheck::new(cost, by_columns).at(&w).blocks(MATRIX);
        assert_eq!(check.run().unwrap().verdict, Verdict::Disagree);
        let transposed = |w: &[f64]| by_rows(w).transpose();
        let check = GradientCheck::new(cost, transposed).at(&w).blocks(MATRIX);
        let report = check.run().unwrap();
        assert_eq!(report.verdict, Verdict::Disagree);
        let findings = report.structure.unwrap().findings;
        assert!(findings[0].message().ends_with("transposed"));
    }

    #[test]
    fn one_part_an_input() {
        let cost = |p: &[&[f64]]| super::cost(p[0]) * p[1][0];
        let gradient = |p: &[&[f64]]| {
            let scale = DMatrix::from_element(1, 1, super::cost(p[0]));
            vec![p[1][0] * by_rows(p[0]), scale]
        };
        let w = Matrix2x3::from_row_slice(&W);
        assert_gradient!(
            cost,
            gradient,
            inputs = [("W", [2, 3], w), ("scale", [], [0.5])]
        );
    }

    #[test]
    fn a_jacobian_has_a_row_for_each_value() {
        let jacobian = |x: &[f64]| DMatrix::from_row_slice(2, 3, &row_major(x));
        VectorCheck::new(f).jacobian(jacobian).at(X).assert();
        let fixed = |x: &[f64]| OMatrix::<f64, U2, U3>::from_row_slice(&row_major(x));
        VectorCheck::new(f)
            .jacobian(fixed)
            .at(SVector::from(X))
            .assert();

        let transposed = move |x: &[f64]| jacobian(x).transpose();
        let error = VectorCheck::new(f)
            .jacobian(transposed)
            .at(X)
            .run()
            .unwrap_err();
        assert!(matches!(
            error,
            CheckError::Backward {
                call: "the Jacobian",
                ..
            }
        ));
        insta::assert_snapshot!(error, @"the Jacobian failed: it is a 3×2 matrix, but the function has 2 values and 3 parameters: a row for each value and a column for each parameter are expected");

        // A square one has the right shape, and wrong entries.
        let square = |x: &[f64]| SVector::from([x[0] * x[1], x[1]]);
        let right = |x: &[f64]| DMatrix::from_row_slice(2, 2, &[x[1], x[0], 0.0, 1.0]);
        VectorCheck::new(square)
            .jacobian(right)
            .at([2.0, 0.5])
            .assert();
        let check = VectorCheck::new(square).jacobian(|x: &[f64]| right(x).transpose());
        let report = check.at([2.0, 0.5]).run().unwrap();
        assert_eq!(report.verdict(), Verdict::Disagree);

        // Of one value it is a row, of one parameter a column.
        let one = |x: &[f64]| [x[0] * x[1]];
        let row = |x: &[f64]| DMatrix::from_row_slice(1, 2, &[x[1], x[0]]);
        VectorCheck::new(one).jacobian(row).at([2.0, 0.5]).assert();
        let column = |x: &[f64]| DVector::from_vec(vec![2.0 * x[0], 1.0]);
        let two = |x: &[f64]| [x[0] * x[0], x[0]];
        VectorCheck::new(two).jacobian(column).at([2.0]).assert();
    }
}

mod of_ndarray {
    use ndarray::{Array1, Array2, ArrayView1, ArrayView2, ShapeBuilder, array};

    use super::*;

    #[test]
    fn vectors() {
        let cost = |x: &Array1<f64>| x.dot(x);
        let gradient = |x: &Array1<f64>| 2.0 * x;
        let at = Array1::from(X.to_vec());
        assert_gradient!(of_vector(cost), of_vector(gradient), at = at);
        assert_gradient!(of_vector(cost), of_vector(gradient), at = at.view());

        let of_view = |x: ArrayView1<f32>| x.dot(&x);
        let gradient = |x: ArrayView1<f32>| 2.0 * &x;
        let report = assert_gradient!(
            |x: &[f32]| of_view(x.into()),
            |x: &[f32]| gradient(x.into()),
            at = array![2.0, 0.5, -1.5]
        );
        assert!(report.power.unwrap().single_coordinate > 1e-6);
    }

    #[test]
    fn a_gradient_with_respect_to_a_matrix_keeps_its_rows_whatever_its_memory() {
        let w = ArrayView2::from_shape((2, 3), &W).unwrap();
        let entry = |w: &[f64], i: usize, j: usize| slope(w[3 * i + j], i, j);
        let by_rows = |w: &[f64]| Array2::from_shape_fn((2, 3), |(i, j)| entry(w, i, j));
        let in_columns = |w: &[f64]| Array2::from_shape_fn((2, 3).f(), |(i, j)| entry(w, i, j));
        assert_gradient!(cost, by_rows, at = w, blocks = MATRIX);
        assert_gradient!(cost, in_columns, at = w, blocks = MATRIX);
        let turned = |w: &[f64]| in_columns(w).reversed_axes();
        let check = GradientCheck::new(cost, turned).at(w).blocks(MATRIX);
        assert_eq!(check.run().unwrap().verdict, Verdict::Disagree);
    }

    #[test]
    fn a_jacobian_has_a_row_for_each_value() {
        let jacobian = |x: &[f64]| Array2::from_shape_vec((2, 3), row_major(x).to_vec()).unwrap();
        let vjp = |x: &[f64], v: &[f64]| ArrayView1::from(v).dot(&jacobian(x));
        let jvp = |x: &[f64], u: &[f64]| jacobian(x).dot(&ArrayView1::from(u));
        let check = VectorCheck::new(|x: &[f64]| Array1::from_iter(f(x)));
        let check = check.jacobian(jacobian).vjp(vjp).jvp(jvp);
        check.at(X).assert();
        let turned = |x: &[f64]| jacobian(x).reversed_axes();
        let error = VectorCheck::new(f)
            .jacobian(turned)
            .at(X)
            .run()
            .unwrap_err();
        assert!(error.to_string().contains("a 3×2 matrix"), "{error}");
    }
}
