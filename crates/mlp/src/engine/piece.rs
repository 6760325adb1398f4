//! The smooth pieces of the cost: one per branch pattern.
//!
//! Invariant: knows nothing of how a pattern is computed.

use finite_diff::objective::Piece;
use tensor_core::Scalar;

use crate::{Architecture, Batch, BranchPattern, DropoutMasks, MlpError, branch_pattern_at};

/// The piece of a branch pattern; `None` is that of an activation without a kink.
pub(crate) fn piece(pattern: Option<BranchPattern>) -> Piece {
    pattern.map_or(Piece::Everywhere, |pattern| Piece::Numbered {
        fingerprint: pattern.fingerprint,
        on_kink: pattern.on_kink,
    })
}

/// The piece of J on which `point` lies, from a whole forward pass.
pub(crate) fn piece_at<T: Scalar>(
    architecture: &Architecture,
    point: &[T],
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<Piece, MlpError> {
    branch_pattern_at(architecture, point, batch, masks).map(piece)
}
