//! Conversion of bytes to numbers. Integers beyond 2⁵³ are rounded.
//!
//! Invariant: knows nothing of headers.

use half::{bf16, f16};

/// The type of one stored number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Element {
    /// IEEE 754 with 16 bits.
    Float16,
    /// The upper half of a [`Element::Float32`].
    BFloat16,
    /// IEEE 754 with 32 bits.
    Float32,
    /// IEEE 754 with 64 bits.
    Float64,
    /// Two's complement integer of this many bytes, 1 to 8.
    Signed(usize),
    /// Unsigned integer of this many bytes, 1 to 8.
    Unsigned(usize),
}

/// The precision in which numbers are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredAs {
    /// 64-bit floats, integers, and text.
    F64,
    /// 32-bit floats.
    F32,
    /// IEEE 754 half precision.
    F16,
    /// The upper halves of 32-bit floats.
    BF16,
}

impl Element {
    /// The size of one number in bytes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Float16 | Self::BFloat16 => 2,
            Self::Float32 => 4,
            Self::Float64 => 8,
            Self::Signed(size) | Self::Unsigned(size) => size,
        }
    }

    /// The precision of a number of this type.
    pub(super) fn stored_as(self) -> StoredAs {
        match self {
            Self::Float16 => StoredAs::F16,
            Self::BFloat16 => StoredAs::BF16,
            Self::Float32 => StoredAs::F32,
            Self::Float64 | Self::Signed(_) | Self::Unsigned(_) => StoredAs::F64,
        }
    }

    /// The number of numbers of this shape and their size in bytes; `None` on overflow.
    pub(super) fn extent(self, shape: &[usize]) -> Option<(usize, u64)> {
        let count = shape
            .iter()
            .try_fold(1_usize, |count, &size| count.checked_mul(size))?;
        let bytes = shape.iter().try_fold(self.size() as u64, |bytes, &size| {
            bytes.checked_mul(u64::try_from(size).ok()?)
        })?;
        Some((count, bytes))
    }

    /// Appends the numbers in `bytes`; what is left over at the end is dropped.
    pub(super) fn append(self, bytes: &[u8], big_endian: bool, values: &mut Vec<f64>) {
        let number = |chunk: &[u8]| {
            let mut word = [0; 8];
            for (slot, byte) in word.iter_mut().zip(chunk) {
                *slot = *byte;
            }
            if big_endian {
                word.reverse();
                self.value(u64::from_le_bytes(word) >> (64 - 8 * self.size()))
            } else {
                self.value(u64::from_le_bytes(word))
            }
        };
        values.extend(bytes.chunks_exact(self.size()).map(number));
    }

    /// The number whose bits are the lowest of `bits`, the others being zero.
    fn value(self, bits: u64) -> f64 {
        match self {
            Self::Float16 => f16::from_bits(bits as u16).to_f64(),
            Self::BFloat16 => bf16::from_bits(bits as u16).to_f64(),
            Self::Float32 => f32::from_bits(bits as u32).into(),
            Self::Float64 => f64::from_bits(bits),
            Self::Unsigned(_) => bits as f64,
            Self::Signed(size) => {
                let unused = 64 - 8 * size;
                ((bits << unused) as i64 >> unused) as f64
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_are_read_as_the_standard_says() {
        for (bits, value) in [
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 2_f64.powi(-24)),
            (0x0400, 2_f64.powi(-14)),
            (0x3555, 0.333_251_953_125),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(Element::Float16.value(bits), value);
        }
        assert!(Element::Float16.value(0x7e00).is_nan());
        assert_eq!(Element::BFloat16.value(0xbf80), -1.0);
    }

    #[test]
    fn integers_keep_their_sign_and_byte_order() {
        let check = |element: Element, bytes: &[u8], big_endian, expected: &[f64]| {
            let mut values = Vec::new();
            element.append(bytes, big_endian, &mut values);
            assert_eq!(values, expected);
        };
        check(Element::Signed(1), &[0xff, 0x7f], false, &[-1.0, 127.0]);
        check(Element::Unsigned(1), &[0xff], false, &[255.0]);
        let big = (-70_000_i32).to_be_bytes();
        check(Element::Signed(4), &big, true, &[-70_000.0]);
        let least = i64::MIN.to_le_bytes();
        check(Element::Signed(8), &least, false, &[-(2_f64.powi(63))]);
        check(Element::Float64, &1.5_f64.to_be_bytes(), true, &[1.5]);
    }

    #[test]
    fn shapes_beyond_counting_are_told() {
        assert_eq!(Element::Float64.extent(&[usize::MAX, 2]), None);
        assert_eq!(Element::Float64.extent(&[0, usize::MAX]), Some((0, 0)));
        assert_eq!(Element::Float32.extent(&[]), Some((1, 4)));
    }
}
