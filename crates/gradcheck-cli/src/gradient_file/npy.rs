//! One array as NumPy saves it.
//!
//! The bytes of a `.npy` file are read once, from front to back, and only the numbers are kept.
//! Invariant: knows nothing of where the bytes come from.

use std::io::{self, Read};

use crate::gradient_file::npy_header::{self, Header};
use crate::gradient_file::{GradientProblem, NamedBlock};
use crate::source_file::Room;

/// The longest accepted header, in bytes; NumPy itself accepts no more than 10,000.
const LONGEST_HEADER: u64 = 1 << 24;

/// Why there is no array: the bytes can't be read, or are not a valid array.
#[derive(Debug)]
pub(super) enum Broken {
    Off(io::Error),
    Wrong(GradientProblem),
}

impl From<io::Error> for Broken {
    fn from(error: io::Error) -> Self {
        Self::Off(error)
    }
}

impl<P: Into<GradientProblem>> From<P> for Broken {
    fn from(problem: P) -> Self {
        Self::Wrong(problem.into())
    }
}

/// The array that `bytes` begin with and end with, as the block `name`, row-major whatever its order in the file.
pub(super) fn block(
    mut bytes: impl Read,
    name: &str,
    room: &mut Room,
) -> Result<NamedBlock, Broken> {
    let Header {
        descr,
        fortran_order,
        shape,
    } = header(&mut bytes)?;
    let Some((element, big_endian)) = npy_header::element(&descr) else {
        return Err(npy_header::unsupported(descr).into());
    };
    let extent = element.extent(&shape);
    // If the numbers would not fit into the room, the bytes that follow are only counted.
    let is_turned = fortran_order && shape.iter().filter(|&&size| size > 1).count() > 1;
    let kept = match extent {
        Some((count, _)) => room.take::<f64>(count.saturating_mul(1 + usize::from(is_turned))),
        None => Ok(()),
    };
    let claimed = extent.map(|(_, bytes)| bytes);
    let (mut values, mut found) = (Vec::new(), 0_u64);
    // A buffer whose size is a multiple of every element size.
    let mut buffer = [0; 1 << 16];
    loop {
        let filled = fill(&mut bytes, &mut buffer)?;
        found += filled.len() as u64;
        if kept.is_ok() && claimed.is_some_and(|claimed| found <= claimed) {
            element.append(filled, big_endian, &mut values);
        }
        if filled.len() < buffer.len() {
            break;
        }
    }
    if claimed != Some(found) {
        let claimed =
            claimed.map_or_else(|| "more than 2^64".to_owned(), |bytes| bytes.to_string());
        return Err(GradientProblem::WrongSize { claimed, found }.into());
    }
    kept?;
    Ok(NamedBlock {
        name: name.to_owned(),
        values: match is_turned {
            true => row_major(&values, &shape),
            false => values,
        },
        shape,
        stored: element.stored_as(),
    })
}

/// Reads the header; `bytes` are left at its end.
fn header(bytes: &mut impl Read) -> Result<Header, Broken> {
    let corrupt = |detail: &str| GradientProblem::corrupt("npy", detail);
    let mut start = [0; 8];
    let start = fill(bytes, &mut start)?;
    let version = start
        .strip_prefix(b"\x93NUMPY")
        .ok_or_else(|| corrupt("it doesn't start with \\x93NUMPY"))?;
    let (mut short, mut long) = ([0; 2], [0; 4]);
    let length = match version {
        [1, _] => fill(bytes, &mut short)?,
        [2 | 3, _] => fill(bytes, &mut long)?,
        [_, _] => return Err(corrupt("its version is not 1, 2 or 3").into()),
        _ => return Err(corrupt("it ends in the version").into()),
    };
    let length = match *length {
        [a, b] => u64::from(u16::from_le_bytes([a, b])),
        [a, b, c, d] => u64::from(u32::from_le_bytes([a, b, c, d])),
        _ => return Err(corrupt("it ends in the header").into()),
    };
    let mut text = Vec::new();
    bytes
        .take(length.min(LONGEST_HEADER))
        .read_to_end(&mut text)?;
    if (text.len() as u64) < length {
        return Err(corrupt(match text.len() as u64 {
            LONGEST_HEADER => "its header is longer than that of any valid array",
            _ => "it ends in the header",
        })
        .into());
    }
    let text = std::str::from_utf8(&text).map_err(|_| corrupt("its header is not text"))?;
    Ok(npy_header::parse(text)?)
}

/// Fills the buffer as far as there are bytes.
fn fill<'a>(bytes: &mut impl Read, buffer: &'a mut [u8]) -> io::Result<&'a [u8]> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match bytes.read(rest) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(buffer.get(..filled).unwrap_or_default())
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
