//! Random numbers for points and data, and the hash behind noise that changes from call to call.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// The random numbers of one point of one family, independent of what else is run.
pub(crate) struct Draw {
    /// The number of the point.
    pub(crate) index: usize,
    random: ChaCha8Rng,
}

impl Draw {
    pub(crate) fn new(family: &str, index: usize) -> Self {
        let stream = family
            .bytes()
            .fold(0, |sum, byte| mix(sum ^ u64::from(byte)));
        let mut random = ChaCha8Rng::seed_from_u64(index as u64);
        random.set_stream(stream);
        Self { index, random }
    }

    /// One number of the range.
    pub(crate) fn within(&mut self, from: f64, to: f64) -> f64 {
        self.random.random_range(from..to)
    }

    /// Several numbers of the range.
    pub(crate) fn many(&mut self, count: usize, from: f64, to: f64) -> Vec<f64> {
        (0..count).map(|_| self.within(from, to)).collect()
    }

    /// Several numbers, normally distributed, and exact in single precision.
    pub(crate) fn normal(&mut self, count: usize) -> Vec<f64> {
        let one = |_| {
            let normal: f32 = StandardNormal.sample(&mut self.random);
            f64::from(normal)
        };
        (0..count).map(one).collect()
    }

    /// 1 or −1.
    pub(crate) fn sign(&mut self) -> f64 {
        if self.random.random::<bool>() {
            1.0
        } else {
            -1.0
        }
    }

    /// A phase at which neither the sine nor the cosine is small.
    pub(crate) fn phase(&mut self) -> f64 {
        loop {
            let phase = self.within(-3.0, 3.0);
            if phase.cos().abs() > 0.15 && phase.sin().abs() > 0.15 {
                return phase;
            }
        }
    }

    /// A random index below `count`.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }
}

/// A number with well mixed bits (splitmix64).
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Like [`mix`], as a number between −1 and 1.
pub(crate) fn swing(number: u64) -> f64 {
    (mix(number) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}
