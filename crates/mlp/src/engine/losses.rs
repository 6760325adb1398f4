//! The losses of many columns of logits, column by column.
//!
//! The numbers of [`example_losses`](crate::example_losses) to rounding, by formulas without branches
//! over contiguous columns. Invariant: knows nothing of what changed the logits.

use tensor_core::{Kernel, Scalar, vectorized};

use crate::Loss;

/// Buffers that [`losses`] reuses, so that it does not allocate.
#[derive(Default)]
pub(crate) struct Buffers<T> {
    first: Vec<T>,
    second: Vec<T>,
    third: Vec<T>,
}

/// Computes the loss of each column of `z`, into `out`, which has one entry per column. `z` and the labels `y` have
/// the same rows; `y` has fewer columns, and is repeated.
///
/// With l = ln(1 + e^(−|z|)), for one column:
///
/// | loss | |
/// |---|---|
/// | bce | Σ l + y·max(−z, 0) + (1−y)·max(z, 0) |
/// | softmax | Σ_k y_k·(M − z_k) + (Σ_k y_k)·ln Σ_j e^(z_j − M), M the largest z |
/// | mse | ½ Σ (z − y)² |
pub(crate) fn losses<T: Scalar>(
    loss: Loss,
    z: &mut [T],
    y: &[T],
    rows: usize,
    buffers: &mut Buffers<T>,
    out: &mut [T],
) {
    let columns = out.len();
    let examples = y.len() / rows.max(1);
    out.fill(T::zero());
    if columns == 0 || examples == 0 {
        return;
    }
    let labels = y.chunks_exact(examples);
    match loss {
        Loss::BinaryCrossEntropy => {
            for (z, y) in z.chunks_exact(columns).zip(labels) {
                vectorized(Add {
                    term: Logistic,
                    z,
                    y,
                    out,
                });
            }
        }
        Loss::SoftmaxCrossEntropy => {
            let largest = resized(&mut buffers.first, columns);
            largest.copy_from_slice(&z[..columns]);
            for z in z.chunks_exact(columns).skip(1) {
                vectorized(Largest { z, largest });
            }
            let others = resized(&mut buffers.second, columns);
            let ties = resized(&mut buffers.third, columns);
            others.fill(T::zero());
            ties.fill(T::zero());
            for (z, y) in z.chunks_exact_mut(columns).zip(labels.clone()) {
                vectorized(Fall { z, largest, y, out });
                T::exp_nonpositive_each(z);
                vectorized(Share { z, others, ties });
            }
            // `largest` is no longer needed and is reused for Σ y of each example.
            largest[..examples].fill(T::zero());
            for y in labels {
                for (sum, &y) in largest.iter_mut().zip(y) {
                    *sum += y;
                }
            }
            for (column, out) in out.iter_mut().enumerate() {
                // The largest itself is one of the ties, with e⁰ = 1.
                let beside = others[column] + (ties[column] - T::one());
                *out += largest[column % examples] * beside.ln_1p();
            }
        }
        Loss::MeanSquaredError => {
            for (z, y) in z.chunks_exact(columns).zip(labels) {
                vectorized(Add {
                    term: Squared,
                    z,
                    y,
                    out,
                });
            }
        }
    }
}

/// The first `len` entries of a buffer, whose values are unspecified.
pub(crate) fn resized<T: Scalar>(buffer: &mut Vec<T>, len: usize) -> &mut [T] {
    if buffer.len() < len {
        buffer.resize(len, T::zero());
    }
    &mut buffer[..len]
}

#[inline(always)]
fn above_zero<T: Scalar>(z: T) -> bool {
    z.real_part() > T::Real::from_f64(0.0)
}

/// What one output of an example contributes to its loss, if outputs do not mix.
pub(crate) trait Term<T>: Copy {
    /// The term of the logit `z` and the label `y`.
    fn of(self, z: T, y: T) -> T;
}

/// l + y·max(−z, 0) + (1−y)·max(z, 0).
#[derive(Clone, Copy)]
pub(crate) struct Logistic;

impl<T: Scalar> Term<T> for Logistic {
    #[inline(always)]
    fn of(self, z: T, y: T) -> T {
        // Signs and sizes are taken from the real part.
        let (below, above, mirrored) = if above_zero(z) {
            (T::zero(), z, -z)
        } else {
            (-z, T::zero(), z)
        };
        mirrored.softplus_of_nonpositive() + (y * below + (T::one() - y) * above)
    }
}

/// ½(z − y)².
#[derive(Clone, Copy)]
pub(crate) struct Squared;

impl<T: Scalar> Term<T> for Squared {
    #[inline(always)]
    fn of(self, z: T, y: T) -> T {
        T::from_f64(0.5) * ((z - y) * (z - y))
    }
}

/// out ← out + the term of each z; `y` is repeated.
struct Add<'k, T, F> {
    term: F,
    z: &'k [T],
    y: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar, F: Term<T>> Kernel for Add<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let examples = self.y.len();
        let parts = self.z.chunks_exact(examples);
        for (z, out) in parts.zip(self.out.chunks_exact_mut(examples)) {
            for ((out, &z), &y) in out.iter_mut().zip(z).zip(self.y) {
                *out += self.term.of(z, y);
            }
        }
    }
}

/// The larger of the two, by the real part; a NaN stays.
struct Largest<'k, T> {
    z: &'k [T],
    largest: &'k mut [T],
}

impl<T: Scalar> Kernel for Largest<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (largest, &z) in self.largest.iter_mut().zip(self.z) {
            *largest = if z.real_part() > largest.real_part() {
                z
            } else {
                *largest
            };
        }
    }
}

/// z ← z − M, and out ← out + y·(M − z).
struct Fall<'k, T> {
    z: &'k mut [T],
    largest: &'k [T],
    y: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar> Kernel for Fall<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let examples = self.y.len();
        let parts = self
            .z
            .chunks_exact_mut(examples)
            .zip(self.largest.chunks_exact(examples));
        for ((z, largest), out) in parts.zip(self.out.chunks_exact_mut(examples)) {
            for (((out, z), &largest), &y) in out.iter_mut().zip(z).zip(largest).zip(self.y) {
                let fall = *z - largest;
                *out -= y * fall;
                *z = fall;
            }
        }
    }
}

/// Adds e^(z − M) to the sum of those that tie with the largest, or of the others.
struct Share<'k, T> {
    z: &'k [T],
    others: &'k mut [T],
    ties: &'k mut [T],
}

impl<T: Scalar> Kernel for Share<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let one = T::Real::from_f64(1.0);
        let sums = self.others.iter_mut().zip(self.ties.iter_mut());
        for ((others, ties), &share) in sums.zip(self.z) {
            // e^x is 1 for the largest, and for those too near to it to be distinguished.
            let ties_with_it = share.real_part() >= one;
            *ties += if ties_with_it { share } else { T::zero() };
            *others += if ties_with_it { T::zero() } else { share };
        }
    }
}
