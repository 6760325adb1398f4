//! Two layers at once, where the second has one unit.
//!
//! Invariant: knows nothing of what the sums are for.

use tensor_core::{Kernel, Scalar, vectorized};

use super::{LANES, Lines, Phi};

/// Two layers at once, where the second has one unit: Σ_k w_k·φ(Z_k + c_k·da), Z with one row per entry of c
/// and of w. Nothing of the first layer is stored.
#[derive(Clone, Copy)]
pub(crate) struct Through<'k, T> {
    /// Z, n×e, row by row.
    pub(crate) z: &'k [T],
    /// c, n entries.
    pub(crate) c: &'k [T],
    /// w, n entries.
    pub(crate) w: &'k [T],
}

impl<T: Scalar> Through<'_, T> {
    /// Computes the sum for each of the e entries of `da`, into `out`.
    pub(crate) fn run(self, lines: Lines<T>, da: &[T], out: &mut [T]) {
        let layers = self;
        match lines {
            Lines::CutOff(bent) => vectorized(Bending {
                bent,
                layers,
                da,
                out,
            }),
            Lines::Sloped(bent) => vectorized(Bending {
                bent,
                layers,
                da,
                out,
            }),
        }
    }

    /// Computes `TILE` examples from `start` on, whose sums are held in registers. The order of operations is the same
    /// for every tile size, so that the value of an example does not depend on its position.
    #[inline(always)]
    pub(crate) fn tile<const TILE: usize>(
        &self,
        bent: impl Phi<T>,
        start: usize,
        da: &[T; TILE],
    ) -> [T; TILE] {
        let e = self.z.len() / self.c.len().max(1);
        let mut sums = [T::zero(); TILE];
        for (row, (&c, &w)) in self.z.chunks_exact(e).zip(self.c.iter().zip(self.w)) {
            let z = &row[start..][..TILE];
            for lane in 0..TILE {
                sums[lane] += w * bent.of(z[lane] + c * da[lane]);
            }
        }
        sums
    }
}

struct Bending<'k, T, B> {
    bent: B,
    layers: Through<'k, T>,
    da: &'k [T],
    out: &'k mut [T],
}

impl<T: Scalar, B: Phi<T>> Bending<'_, T, B> {
    #[inline(always)]
    fn tile<const TILE: usize>(&mut self, start: usize) {
        if let (Some(da), Some(out)) = (
            self.da[start..].first_chunk::<TILE>(),
            self.out[start..].first_chunk_mut::<TILE>(),
        ) {
            *out = self.layers.tile(self.bent, start, da);
        }
    }
}

impl<T: Scalar, B: Phi<T>> Kernel for Bending<'_, T, B> {
    type Output = ();

    #[inline(always)]
    fn run(mut self) {
        let (e, mut start) = (self.da.len(), 0);
        while start + 32 <= e {
            self.tile::<32>(start);
            start += 32;
        }
        while start + LANES <= e {
            self.tile::<LANES>(start);
            start += LANES;
        }
        while start < e {
            self.tile::<1>(start);
            start += 1;
        }
    }
}
