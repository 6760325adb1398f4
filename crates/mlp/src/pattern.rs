//! The branch pattern: which side of its kink each hidden unit is on, for each example.
//!
//! Invariant: knows nothing of its callers. Two parameter vectors with the same pattern lie on the same smooth piece
//! of the cost.

use tensor_core::{MatrixView, Scalar};

use crate::forward::propagate;
use crate::{Architecture, Batch, DropoutMasks, MlpError};

/// The branch pattern of a network with kinks at one parameter vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BranchPattern {
    /// The exclusive or of one random word for the sign (−, 0, +) of each hidden pre-activation that is not
    /// dropped out, so that it can be updated from point to point, one unit at a time (Zobrist 1970).
    pub fingerprint: u64,
    /// Whether one of these pre-activations is exactly 0.
    pub on_kink: bool,
}

/// The branch pattern at a flat parameter vector; `None` if the activation has no kink.
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, branch_pattern_at};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![2.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
/// let at = |w: f64| branch_pattern_at(&net, &[w, 0.0, 1.0, 0.0], &batch, None);
/// assert_eq!(at(0.5)?, at(0.7)?);
/// assert_ne!(at(0.5)?, at(-0.5)?);
/// assert!(at(0.0)?.is_some_and(|pattern| pattern.on_kink));
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// As [`cost_at`](crate::cost_at).
pub fn branch_pattern_at<T: Scalar>(
    architecture: &Architecture,
    parameters: &[T],
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<Option<BranchPattern>, MlpError> {
    if architecture.activation().is_smooth() {
        return Ok(None);
    }
    let (mut sides, mut layer) = (Sides::default(), 0);
    propagate(architecture, parameters, batch, masks, |cache| {
        layer += 1;
        sides.add_layer(layer, cache.z().as_slice(), cache.mask());
    })?;
    Ok(Some(sides.into()))
}

/// A branch pattern that is being computed or updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Sides {
    fingerprint: u64,
    /// The number of pre-activations that are 0.
    zeros: usize,
}

impl Sides {
    /// Adds all of Z_l, n_l×m, except what the mask drops.
    pub(crate) fn add_layer<T: Scalar>(
        &mut self,
        layer: usize,
        z: &[T],
        mask: Option<MatrixView<'_, T>>,
    ) {
        let word = words(layer);
        let mask = mask.map(|mask| mask.as_slice());
        for (entry, z) in z.iter().enumerate() {
            if mask.is_none_or(|mask| mask[entry] != T::zero()) {
                self.add(word, entry, *z);
            }
        }
    }

    /// The pre-activation at `entry` of its layer, whose [`words`] these are, had the value `from` and now
    /// has `to`.
    #[cfg(feature = "objective")]
    pub(crate) fn change<T: Scalar>(&mut self, word: u64, entry: usize, from: T, to: T) {
        let side = Side::of(from);
        self.fingerprint ^= side.word(word, entry);
        self.zeros -= usize::from(side == Side::Zero);
        self.add(word, entry, to);
    }

    #[inline]
    fn add<T: Scalar>(&mut self, word: u64, entry: usize, z: T) {
        let side = Side::of(z);
        self.fingerprint ^= side.word(word, entry);
        self.zeros += usize::from(side == Side::Zero);
    }
}

impl From<Sides> for BranchPattern {
    fn from(sides: Sides) -> Self {
        Self {
            fingerprint: sides.fingerprint,
            on_kink: sides.zeros > 0,
        }
    }
}

/// The start of the random words of layer l.
pub(crate) fn words(layer: usize) -> u64 {
    mix(layer as u64)
}

/// The side of its kink that a pre-activation is on; a NaN counts as below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Below,
    Zero,
    Above,
}

impl Side {
    #[inline]
    pub(crate) fn of<T: Scalar>(z: T) -> Self {
        let (z, zero) = (z.real_part(), T::Real::from_f64(0.0));
        if z > zero {
            Self::Above
        } else if z == zero {
            Self::Zero
        } else {
            Self::Below
        }
    }

    #[inline]
    fn word(self, layer: u64, entry: usize) -> u64 {
        mix(layer ^ (3 * entry as u64 + self as u64))
    }
}

/// Whether the two numbers are on different sides, computed without a branch.
#[cfg(feature = "objective")]
#[inline(always)]
pub(crate) fn changes_side<T: Scalar>(before: T, after: T) -> bool {
    let zero = T::Real::from_f64(0.0);
    let (before, after) = (before.real_part(), after.real_part());
    ((before > zero) != (after > zero)) | ((before == zero) != (after == zero))
}

/// A pseudorandom word, a different one for each number (Steele, Lea & Flood 2014, "Fast splittable
/// pseudorandom number generators", figure 14).
#[inline]
fn mix(number: u64) -> u64 {
    let z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
