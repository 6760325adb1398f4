//! The networks that the benchmarks run on, from the course's exercise to one of 52,353 parameters.
//!
//! Refuses to know how derivatives are taken, and measures nothing itself.

use mlp::{Activation, Architecture, Batch, Initialization, Loss, MlpError, Parameters};
use tensor_core::Matrix;

/// One size of network, with its data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Short, for the command line.
    pub name: &'static str,
    /// n₀ … n_L.
    pub widths: &'static [usize],
    /// m.
    pub examples: usize,
    /// How many coordinates are measured, evenly spaced over the flat vector, so that each block has
    /// its share; `None` for all. For sizes at which all would take minutes.
    pub sample: Option<usize>,
}

/// From small to large. Samples are a multiple of the coordinates that the engine hands to a thread
/// at a time, so that two threads have as much to do each.
pub const SIZES: [Size; 4] = [
    Size {
        name: "S1",
        widths: &[4, 5, 3, 1],
        examples: 5,
        sample: None,
    },
    Size {
        name: "S2",
        widths: &[20, 16, 8, 1],
        examples: 64,
        sample: None,
    },
    Size {
        name: "S3",
        widths: &[30, 64, 32, 1],
        examples: 569,
        sample: Some(256),
    },
    Size {
        name: "S4",
        widths: &[784, 64, 32, 1],
        examples: 128,
        sample: Some(128),
    },
];

/// A network, its data, a point, and the coordinates to differentiate by.
#[derive(Debug, Clone)]
pub struct Problem {
    /// ReLU, binary cross-entropy, no L2 term.
    pub architecture: Architecture,
    /// Numbers between −1 and 1, labels in turn 0 and 1.
    pub batch: Batch<f64>,
    /// He's initialisation.
    pub parameters: Parameters<f64>,
    /// In ascending order.
    pub coordinates: Vec<usize>,
}

impl Size {
    /// The same problem every time.
    ///
    /// # Errors
    /// None for the sizes of [`SIZES`], unless memory runs out.
    pub fn problem(&self) -> Result<Problem, MlpError> {
        let architecture =
            Architecture::new(self.widths, Activation::Relu, Loss::BinaryCrossEntropy)?;
        let m = self.examples;
        // Any numbers do, as long as none of them is slow or special.
        let x = Matrix::from_fn(self.widths[0], m, |i, j| ((i * m + j) as f64).sin())?;
        let y = Matrix::from_fn(1, m, |_, j| (j % 2) as f64)?;
        let batch = Batch::new(x, y)?;
        let parameters = mlp::initialize(&architecture, Initialization::He, 0)?;
        let dim = architecture.parameter_count();
        let count = self.sample.unwrap_or(dim);
        let coordinates = (0..count).map(|k| k * dim / count).collect();
        Ok(Problem {
            architecture,
            batch,
            parameters,
            coordinates,
        })
    }
}

impl Problem {
    /// For the name of a benchmark: `784-64-32-1 m=128, 128 of 52353 coordinates`.
    pub fn describe(&self) -> String {
        let widths: Vec<String> = self
            .architecture
            .widths()
            .iter()
            .map(usize::to_string)
            .collect();
        let (widths, m) = (widths.join("-"), self.batch.examples());
        let (count, dim) = (self.coordinates.len(), self.architecture.parameter_count());
        if count == dim {
            format!("{widths} m={m}")
        } else {
            format!("{widths} m={m}, {count} of {dim} coordinates")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_what_their_names_say() {
        let found: Vec<String> = SIZES
            .iter()
            .map(|size| format!("{} {}", size.name, size.problem().unwrap().describe()))
            .collect();
        let expected = [
            "S1 4-5-3-1 m=5",
            "S2 20-16-8-1 m=64",
            "S3 30-64-32-1 m=569, 256 of 4097 coordinates",
            "S4 784-64-32-1 m=128, 128 of 52353 coordinates",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn coordinates_ascend_and_exist() {
        for size in SIZES {
            let problem = size.problem().unwrap();
            let coordinates = &problem.coordinates;
            assert!(coordinates.windows(2).all(|pair| pair[0] < pair[1]));
            assert!(coordinates.last() < Some(&problem.architecture.parameter_count()));
        }
    }
}
