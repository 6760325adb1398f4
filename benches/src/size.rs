//! The networks that the benchmarks run on, from the course's exercise to one of 52,353 parameters.
//!
//! Invariant: knows nothing of how derivatives are taken.

use mlp::{Activation, Architecture, Batch, Initialization, Loss, MlpError, Parameters};
use tensor_core::Matrix;

/// One size of network, with its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// A short name, for the command line.
    pub name: &'static str,
    /// The widths n₀ … n_L.
    pub widths: &'static [usize],
    /// The number of examples m.
    pub examples: usize,
    /// The number of coordinates that are measured for an engine with [`Extent::Sample`], evenly spaced
    /// over the flat vector, so that each block has its share; `None` for all. For sizes at which all
    /// would take minutes.
    pub sample: Option<usize>,
}

/// The coordinates on which an engine is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A sample, if the size has one; each coordinate costs the same.
    Sample,
    /// All: they are cheap, or taken together.
    All,
}

const fn size(
    name: &'static str,
    widths: &'static [usize],
    examples: usize,
    sample: Option<usize>,
) -> Size {
    Size {
        name,
        widths,
        examples,
        sample,
    }
}

/// 17 times the number of coordinates that a thread takes at a time, 64. The first 64 are done before other threads
/// are woken, so that two threads can take such a sample 17/9 = 1.9 times as fast as one.
const SAMPLE: Option<usize> = Some(17 * 64);

/// From small to large.
pub const SIZES: [Size; 4] = [
    size("S1", &[4, 5, 3, 1], 5, None),
    size("S2", &[20, 16, 8, 1], 64, None),
    size("S3", &[30, 64, 32, 1], 569, SAMPLE),
    size("S4", &[784, 64, 32, 1], 128, SAMPLE),
];

/// A size at which all coordinates and also a sample of them are measured: the two must agree, or
/// the results for the larger sizes are wrong.
pub const SAMPLING: Size = size("S2", SIZES[1].widths, SIZES[1].examples, Some(128));

/// Sizes that grow in one respect.
#[derive(Debug, Clone, Copy)]
pub struct Series {
    /// `P` or `m`.
    pub name: &'static str,
    /// The quantity that grows, as text.
    pub axis: &'static str,
    /// From small to large.
    pub sizes: &'static [Size],
    /// The number that grows.
    pub along: fn(&Size) -> usize,
}

/// The growth in P, by the width of the data, and the growth in m.
pub const GROWTH: [Series; 2] = [
    Series {
        name: "P",
        axis: "parameters P of n-64-32-1, m = 128",
        sizes: &[
            size("n16", &[16, 64, 32, 1], 128, Some(16)),
            size("n64", &[64, 64, 32, 1], 128, Some(16)),
            size("n256", &[256, 64, 32, 1], 128, Some(16)),
            size("n1024", &[1024, 64, 32, 1], 128, Some(16)),
        ],
        along: Size::parameters,
    },
    Series {
        name: "m",
        axis: "examples m of 30-64-32-1",
        sizes: &[
            size("m16", &[30, 64, 32, 1], 16, Some(16)),
            size("m64", &[30, 64, 32, 1], 64, Some(16)),
            size("m256", &[30, 64, 32, 1], 256, Some(16)),
            size("m1024", &[30, 64, 32, 1], 1024, Some(16)),
            size("m2048", &[30, 64, 32, 1], 2048, Some(16)),
        ],
        along: |size| size.examples,
    },
];

/// A network, its data, a point, and the coordinates of differentiation.
#[derive(Debug, Clone)]
pub struct Problem {
    /// ReLU, binary cross-entropy, no L2 term.
    pub architecture: Architecture,
    /// Numbers between −1 and 1, labels in turn 0 and 1.
    pub batch: Batch<f64>,
    /// He's initialization.
    pub parameters: Parameters<f64>,
    /// The coordinates, in ascending order.
    pub coordinates: Vec<usize>,
}

impl Size {
    /// P = Σ n_l·n_{l−1} + n_l.
    pub fn parameters(&self) -> usize {
        self.widths
            .windows(2)
            .map(|pair| pair[1] * pair[0] + pair[1])
            .sum()
    }

    /// The number of coordinates that are measured.
    pub fn measured(&self, extent: Extent) -> usize {
        let all = self.parameters();
        match extent {
            Extent::Sample => self.sample.unwrap_or(all),
            Extent::All => all,
        }
    }

    /// The shape, such as `784-64-32-1 m=128`.
    pub fn shape(&self) -> String {
        let widths: Vec<String> = self.widths.iter().map(usize::to_string).collect();
        format!("{} m={}", widths.join("-"), self.examples)
    }

    /// A label for the name of a benchmark, such as `S4 784-64-32-1 m=128, 1088 of 52353 coordinates`.
    pub fn label(&self, extent: Extent) -> String {
        let (name, shape) = (self.name, self.shape());
        let (count, dim) = (self.measured(extent), self.parameters());
        if count == dim {
            format!("{name} {shape}")
        } else {
            format!("{name} {shape}, {count} of {dim} coordinates")
        }
    }

    /// The problem of this size, the same at every call.
    ///
    /// # Errors
    /// None for the sizes of the lists here, unless memory runs out.
    pub fn problem(&self, extent: Extent) -> Result<Problem, MlpError> {
        let architecture =
            Architecture::new(self.widths, Activation::Relu, Loss::BinaryCrossEntropy)?;
        let m = self.examples;
        // Any numbers will do, as long as none of them is slow or special.
        let x = Matrix::from_fn(self.widths[0], m, |i, j| ((i * m + j) as f64).sin())?;
        let y = Matrix::from_fn(1, m, |_, j| (j % 2) as f64)?;
        let batch = Batch::new(x, y)?;
        let parameters = mlp::initialize(&architecture, Initialization::He, 0)?;
        let (count, dim) = (self.measured(extent), self.parameters());
        let coordinates = (0..count).map(|k| k * dim / count).collect();
        Ok(Problem {
            architecture,
            batch,
            parameters,
            coordinates,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_their_names_say() {
        let found = SIZES.map(|size| size.label(Extent::Sample));
        let expected = [
            "S1 4-5-3-1 m=5",
            "S2 20-16-8-1 m=64",
            "S3 30-64-32-1 m=569, 1088 of 4097 coordinates",
            "S4 784-64-32-1 m=128, 1088 of 52353 coordinates",
        ];
        assert_eq!(found, expected);
        assert_eq!(SIZES[3].label(Extent::All), "S4 784-64-32-1 m=128");
    }

    #[test]
    fn coordinates_ascend_and_exist() {
        let grown = GROWTH.iter().flat_map(|series| series.sizes);
        for size in SIZES.iter().chain([&SAMPLING]).chain(grown) {
            for extent in [Extent::Sample, Extent::All] {
                let problem = size.problem(extent).unwrap();
                let coordinates = &problem.coordinates;
                assert!(coordinates.windows(2).all(|pair| pair[0] < pair[1]));
                assert!(coordinates.last() < Some(&size.parameters()));
                assert_eq!(coordinates.len(), size.measured(extent));
                assert_eq!(problem.architecture.parameter_count(), size.parameters());
            }
        }
    }

    #[test]
    fn series_grow() {
        for series in GROWTH {
            let grown: Vec<usize> = series.sizes.iter().map(series.along).collect();
            assert!(grown.windows(2).all(|pair| pair[0] < pair[1]), "{grown:?}");
        }
    }
}
