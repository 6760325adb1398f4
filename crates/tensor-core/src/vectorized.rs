//! Loops compiled for the widest vector instructions that this processor has.
//!
//! The rest of a program is compiled for the oldest processor of its kind by default.
//! Invariant: knows nothing of what the loops compute.

/// A loop, with what it runs over.
///
/// Everything that [`run`](Self::run) calls has to be inlined into it (`#[inline(always)]`), and so does `run`
/// itself: only then is it compiled for each kind of processor.
pub trait Kernel {
    /// The result of the loop.
    type Output;

    /// Runs the loop.
    fn run(self) -> Self::Output;
}

/// Runs `kernel` as compiled for this processor.
///
/// It computes the same on all processors: nothing is reordered and no two operations are fused into one,
/// so that the bits are those of plain code.
///
/// ```
/// use tensor_core::{Kernel, vectorized};
/// struct Double<'a>(&'a mut [f64]);
/// impl Kernel for Double<'_> {
///     type Output = ();
///     #[inline(always)]
///     fn run(self) {
///         for x in self.0 {
///             *x += *x;
///         }
///     }
/// }
/// let mut x = [1.0, 2.0, 3.0];
/// vectorized(Double(&mut x));
/// assert_eq!(x, [2.0, 4.0, 6.0]);
/// ```
pub fn vectorized<K: Kernel>(kernel: K) -> K::Output {
    pulp::Arch::new().dispatch(Dispatched(kernel))
}

struct Dispatched<K>(K);

impl<K: Kernel> pulp::WithSimd for Dispatched<K> {
    type Output = K::Output;

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> K::Output {
        self.0.run()
    }
}
