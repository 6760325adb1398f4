//! In which examples rounding decides the side of a kink: there a pre-activation is 0 as far as any order of
//! summation can tell.

use mlp::{Architecture, Batch, DropoutMasks, Parameters, linear};
use tensor_core::{Matrix, MatrixView};

/// The examples, each with whether a hidden pre-activation of the network at `point` is 0 to rounding, however it was
/// summed up: directly, or as the one at `theta` and what it rises by from there to `point`.
///
/// A sum of n products is off by at most (n+1)·u·Σ|w·a| in whatever order (Higham 2002, §3.1), and passes on what its
/// inputs are off by, e ← (n+1)·u·M + |W|·e. M holds the sizes at both points, since what is added to the sum at
/// `theta` may cancel it. Where nothing but zeros is added up, e = 0: nothing is rounded there.
pub(crate) fn undecided(
    net: &Architecture,
    (theta, point): (&[f64], &[f64]),
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
) -> Vec<bool> {
    let mut undecided = vec![false; batch.examples()];
    let at = |flat: &[f64]| Parameters::from_flat(net, flat.to_vec()).unwrap();
    let ends = [at(theta), at(point)];
    let mut a = [batch.x().clone(), batch.x().clone()];
    let mut off = batch.x().map(|_| 0.0);
    for layer in 1..net.depth() {
        let weights = ends.each_ref().map(|end| absolute(end.weights(layer)));
        let larger = Matrix::from_fn(weights[0].rows(), weights[0].cols(), |i, j| {
            weights[0][(i, j)].max(weights[1][(i, j)])
        });
        let larger = larger.unwrap();
        let inherited = linear(larger.view(), &vec![0.0; larger.rows()], off.view()).unwrap();
        let size = |end: usize| {
            let bias: Vec<f64> = ends[end].bias(layer).iter().map(|b| b.abs()).collect();
            linear(larger.view(), &bias, absolute(a[end].view()).view()).unwrap()
        };
        let (size, other) = (size(0), size(1));
        // n + 1 terms at one point, as many of the rise, the sum of both, and the sum that they are held against.
        let roundings = 6.0 * (larger.cols() + 2) as f64 * f64::EPSILON;
        off = Matrix::from_fn(size.rows(), size.cols(), |i, j| {
            roundings * (size[(i, j)] + other[(i, j)]) + inherited[(i, j)]
        })
        .unwrap();
        let mask = masks.and_then(|masks| masks.mask(layer));
        let z = [0, 1].map(|end| {
            let end: usize = end;
            linear(
                ends[end].weights(layer),
                ends[end].bias(layer),
                a[end].view(),
            )
            .unwrap()
        });
        let kept = |i: usize, j: usize| mask.map_or(1.0, |mask| mask[(i, j)]);
        for (example, undecided) in undecided.iter_mut().enumerate() {
            *undecided |= (0..off.rows()).any(|unit| {
                let (z, off) = (z[1][(unit, example)], off[(unit, example)]);
                kept(unit, example) != 0.0 && off > 0.0 && off.is_finite() && z.abs() <= off
            });
        }
        a = z.map(|z| {
            let activated = |i, j| net.activation().apply(z[(i, j)]) * kept(i, j);
            Matrix::from_fn(z.rows(), z.cols(), activated).unwrap()
        });
        off = Matrix::from_fn(off.rows(), off.cols(), |i, j| off[(i, j)] * kept(i, j)).unwrap();
    }
    undecided
}

fn absolute(matrix: MatrixView<'_, f64>) -> Matrix<f64> {
    Matrix::from_view(matrix).unwrap().map(f64::abs)
}
