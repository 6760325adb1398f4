//! One array as NumPy saves it.
//!
//! Knows the bytes of a `.npy` file, wherever they come from.

use crate::gradient_file::npy_header::{self, Header};
use crate::gradient_file::{GradientError, GradientProblem, NamedBlock};
use crate::input_error::Place;

/// The array in `bytes` as the block `name`, row-major whatever its order in the file.
pub(super) fn block(bytes: &[u8], name: &str, place: &Place) -> Result<NamedBlock, GradientError> {
    read(bytes, name).map_err(|problem| place.clone().error(problem))
}

fn read(bytes: &[u8], name: &str) -> Result<NamedBlock, GradientProblem> {
    let (header, data) = npy_header::split(bytes).map_err(|detail| GradientProblem::Corrupt {
        format: "npy",
        detail: detail.to_owned(),
    })?;
    let Some((element, big_endian)) = header.element() else {
        return Err(GradientProblem::UnsupportedType(header.descr));
    };
    let Header {
        fortran_order,
        shape,
        ..
    } = header;
    let claimed = element.bytes_of(&shape);
    if claimed != Some(data.len()) {
        return Err(GradientProblem::WrongSize {
            claimed: claimed.map_or_else(|| "more than 2^64".to_owned(), |bytes| bytes.to_string()),
            found: data.len() as u64,
        });
    }
    let stored = element.values(data, big_endian);
    let values = if fortran_order {
        row_major(&stored, &shape)
    } else {
        stored
    };
    Ok(NamedBlock {
        name: name.to_owned(),
        shape,
        values,
    })
}

/// Values whose first index runs fastest, in the order in which the last index does.
///
/// With dimensions d₁ … dₖ, the value at (i₁, …, iₖ) is stored at Σⱼ iⱼ·d₁⋯dⱼ₋₁.
fn row_major(stored: &[f64], shape: &[usize]) -> Vec<f64> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1, |product, &size| {
            let stride = *product;
            *product *= size;
            Some(stride)
        })
        .collect();
    let mut index = vec![0; shape.len()];
    let mut at = 0;
    let mut values = Vec::with_capacity(stored.len());
    for _ in stored {
        values.push(stored[at]);
        // Counts up like an odometer, the last wheel first.
        for wheel in (0..shape.len()).rev() {
            index[wheel] += 1;
            at += strides[wheel];
            if index[wheel] < shape[wheel] {
                break;
            }
            at -= strides[wheel] * shape[wheel];
            index[wheel] = 0;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::row_major;

    #[test]
    fn fortran_order_is_turned() {
        // np.arange(24).reshape(2, 3, 4) in Fortran order is stored as 0 12 4 16 8 20 1 …
        let mut stored = Vec::new();
        for k in 0..4 {
            for j in 0..3 {
                for i in 0..2 {
                    stored.push(f64::from(i * 12 + j * 4 + k));
                }
            }
        }
        let expected: Vec<f64> = (0..24).map(f64::from).collect();
        assert_eq!(row_major(&stored, &[2, 3, 4]), expected);
        assert_eq!(row_major(&[5.0], &[]), [5.0]);
        assert_eq!(row_major(&[1.0, 2.0], &[2]), [1.0, 2.0]);
        assert!(row_major(&[], &[3, 0]).is_empty());
    }
}
