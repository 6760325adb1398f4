//! Whether the loss of an example depends on no other, as perturbing all examples at once requires.
//!
//! Invariant: knows nothing of the network; it is given the losses of a batch.

use crate::{Batch, MlpError};

/// The number of examples, enough to detect a dependence between them.
const FEW: usize = 8;

/// Fails if the first example has another loss among copies of itself than among the first few of its
/// batch. `losses` computes those of a batch of the examples with these indices.
///
/// Both batches have the same shape, so that no bit may differ: no tolerance is needed.
pub(super) fn check_independent(
    batch: &Batch<f64>,
    losses: impl Fn(&Batch<f64>, &[usize]) -> Result<Vec<f64>, MlpError>,
) -> Result<(), MlpError> {
    let few: Vec<usize> = (0..batch.examples().min(FEW)).collect();
    let copies = vec![0; few.len()];
    let together = losses(&batch.select(&few)?, &few)?;
    // With the masks of the few examples: a copy with another mask is a different example, except for the first.
    let among_copies = losses(&batch.select(&copies)?, &few)?;
    match (together.first(), among_copies.first()) {
        (Some(together), Some(copies)) if together.to_bits() != copies.to_bits() => {
            Err(MlpError::ExamplesCoupled {
                together: *together,
                copies: *copies,
            })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use tensor_core::Matrix;

    use super::*;

    fn batch() -> Batch<f64> {
        let x = Matrix::from_vec(1, 3, vec![1.0, 2.0, 6.0]).unwrap();
        let y = Matrix::from_vec(1, 3, vec![0.0; 3]).unwrap();
        Batch::new(x, y).unwrap()
    }

    /// Each example by itself, or with the mean of the batch taken off, as batch normalization does.
    fn losses(batch: &Batch<f64>, centered: bool) -> Vec<f64> {
        let x = batch.x().as_slice();
        let mean = x.iter().sum::<f64>() / x.len() as f64;
        x.iter()
            .map(|x| (x - if centered { mean } else { 0.0 }).powi(2))
            .collect()
    }

    #[test]
    fn examples_that_know_nothing_of_each_other_pass() {
        check_independent(&batch(), |batch, _| Ok(losses(batch, false))).unwrap();
    }

    #[test]
    fn a_batch_that_is_centred_is_refused_with_the_reason() {
        let refused = check_independent(&batch(), |batch, _| Ok(losses(batch, true)));
        assert_eq!(
            refused.unwrap_err().to_string(),
            "the loss of example[0] is 4 in its batch but 0 among copies of itself: the examples depend on one \
             another, so that they can't be perturbed together. Use the engine `incremental`"
        );
    }
}
