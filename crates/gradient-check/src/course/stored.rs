//! In what type a gradient's numbers were stored, and so how well they are known.

/// The type that numbers are stored in, by how far apart two neighbors are: ε·|x| at most, and nowhere less than the
/// smallest number above 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stored {
    /// ε, one unit in the last place of 1.
    pub epsilon: f64,
    /// The smallest number above 0.
    pub smallest: f64,
}

impl Stored {
    /// IEEE 754 with 64 bits, and what is written in decimal digits.
    pub const F64: Self = Self {
        epsilon: f64::EPSILON,
        smallest: 5e-324,
    };
    /// IEEE 754 with 32 bits.
    pub const F32: Self = Self {
        epsilon: f32::EPSILON as f64,
        smallest: 1.401_298_464_324_817e-45,
    };
    /// IEEE 754 with 16 bits.
    pub const F16: Self = Self {
        epsilon: 9.765_625e-4,
        smallest: 5.960_464_477_539_063e-8,
    };
    /// The upper half of an `f32`.
    pub const BF16: Self = Self {
        epsilon: 7.812_5e-3,
        smallest: 9.183_549_615_799_121e-41,
    };

    /// The one of both whose numbers lie further apart.
    #[must_use]
    pub fn coarser(self, other: Self) -> Self {
        Self {
            epsilon: self.epsilon.max(other.epsilon),
            smallest: self.smallest.max(other.smallest),
        }
    }

    /// How far a number of this size may be from the one that was stored, however it was rounded: one unit in the last
    /// place.
    pub(crate) fn unit(self, size: f64) -> f64 {
        (self.epsilon * size).max(self.smallest)
    }
}
