//! A small data set with two overlapping classes, for tests.

use mlp::Batch;
use tensor_core::Matrix;

/// The number of features.
pub(crate) const FEATURES: usize = 6;

/// 64 examples: features between -1 and 1 by a formula, class 1 if their weighted sum is large enough.
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
pub(crate) fn batch() -> Batch<f64> {
    const EXAMPLES: usize = 64;
    let x = |feature: usize, example: usize| {
        ((1 + feature) as f64 * (1.7 * example as f64 + 0.3)).sin()
    };
    let class = |example: usize| {
        let score: f64 = (0..FEATURES).map(|f| x(f, example) / (1 + f) as f64).sum();
        f64::from(score + 0.3 * (2.9 * example as f64).cos() > 0.1)
    };
    let features = (0..FEATURES).flat_map(|f| (0..EXAMPLES).map(move |e| x(f, e)));
    let x = Matrix::from_vec(FEATURES, EXAMPLES, features.collect()).unwrap();
    let y = Matrix::from_vec(1, EXAMPLES, (0..EXAMPLES).map(class).collect()).unwrap();
    Batch::new(x, y).unwrap()
}
