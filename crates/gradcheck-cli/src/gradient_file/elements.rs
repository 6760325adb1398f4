//! Bytes to numbers.
//!
//! Knows how one number is stored, neither headers nor shapes. Integers beyond 2⁵³ are rounded.

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
    /// Two's complement of so many bytes, 1 to 8.
    Signed(usize),
    /// So many bytes, 1 to 8.
    Unsigned(usize),
}

impl Element {
    /// Bytes one number takes.
    pub(super) fn size(self) -> usize {
        match self {
            Self::Float16 | Self::BFloat16 => 2,
            Self::Float32 => 4,
            Self::Float64 => 8,
            Self::Signed(size) | Self::Unsigned(size) => size,
        }
    }

    /// The bytes that numbers of this shape take, if that can be counted at all.
    pub(super) fn bytes_of(self, shape: &[usize]) -> Option<usize> {
        shape
            .iter()
            .try_fold(self.size(), |bytes, &size| bytes.checked_mul(size))
    }

    /// The numbers in `bytes`; what is left over at the end is dropped.
    pub(super) fn values(self, bytes: &[u8], big_endian: bool) -> Vec<f64> {
        let number = |chunk: &[u8]| {
            let mut word = [0; 8];
            for (index, slot) in word.iter_mut().take(chunk.len()).enumerate() {
                let from = if big_endian {
                    chunk.len() - 1 - index
                } else {
                    index
                };
                *slot = chunk[from];
            }
            self.value(u64::from_le_bytes(word))
        };
        bytes.chunks_exact(self.size()).map(number).collect()
    }

    /// The number whose bits are the lowest of `bits`, the others being zero.
    fn value(self, bits: u64) -> f64 {
        match self {
            Self::Float16 => half(bits),
            Self::BFloat16 => f32::from_bits((bits as u32) << 16).into(),
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

/// IEEE 754 half precision: 1 bit of sign, 5 of exponent with bias 15, 10 of fraction.
fn half(bits: u64) -> f64 {
    let fraction = (bits & 0x3ff) as f64;
    let magnitude = match (bits >> 10) & 0x1f {
        0 => fraction * 2_f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1.0 + fraction / 1024.0) * 2_f64.powi(exponent as i32 - 15),
    };
    if bits & 0x8000 == 0 {
        magnitude
    } else {
        -magnitude
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
        assert_eq!(
            Element::Signed(1).values(&[0xff, 0x7f], false),
            [-1.0, 127.0]
        );
        assert_eq!(Element::Unsigned(1).values(&[0xff], false), [255.0]);
        assert_eq!(
            Element::Signed(4).values(&(-70_000_i32).to_be_bytes(), true),
            [-70_000.0]
        );
        assert_eq!(
            Element::Signed(8).values(&i64::MIN.to_le_bytes(), false),
            [-(2_f64.powi(63))]
        );
        assert_eq!(Element::Float64.values(&1.5_f64.to_be_bytes(), true), [1.5]);
    }

    #[test]
    fn shapes_beyond_counting_are_told() {
        assert_eq!(Element::Float64.bytes_of(&[usize::MAX, 2]), None);
        assert_eq!(Element::Float64.bytes_of(&[0, usize::MAX]), Some(0));
        assert_eq!(Element::Float32.bytes_of(&[]), Some(4));
    }
}
