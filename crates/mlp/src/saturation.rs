//! Which units hardly pass a gradient back: saturated, dead, or certain of their answer.
//!
//! A pure function of a network, its parameters and a batch. Invariant: knows nothing of whether a gradient is right.

use tensor_core::RealScalar;

use crate::{Activation, Architecture, Batch, DropoutMasks, Loss, MlpError, Parameters, forward};

/// A unit is flat on an example where |φ′(z)| is below this fraction of its maximum, (T3): it passes back less
/// than a tenth of what it could. |z| above 1.82 for tanh, above 3.64 for the sigmoid, z ≤ 0 for ReLU. A
/// decision, not a measurement.
pub const FLAT_BELOW: f64 = 0.1;

/// An output counts as certain if it is nearer than this to 0 or 1: the ε of single precision,
/// in which 1 − a then has no correct digits.
pub const SURE_WITHIN: f64 = f32::EPSILON as f64;

/// The saturation of a hidden unit on a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnitSaturation {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit's index in its layer, counted from 0.
    pub unit: usize,
    /// The number of examples on which it is flat; see [`FLAT_BELOW`].
    pub flat: usize,
    /// The number of examples on which a dropout mask does not leave it out.
    pub examples: usize,
}

/// The state of a unit with a kink on a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnitState {
    /// z ≤ 0 on all examples: dead, for ReLU.
    Off,
    /// z > 0 on all examples: linear.
    On,
    /// z ≤ 0 on some examples and z > 0 on others.
    Mixed,
}

impl UnitSaturation {
    /// The state of a unit with a kink. Without an example it is mixed.
    pub fn state(&self) -> UnitState {
        match self.flat {
            _ if self.examples == 0 => UnitState::Mixed,
            0 => UnitState::On,
            all if all == self.examples => UnitState::Off,
            _ => UnitState::Mixed,
        }
    }
}

/// The most extreme entry of a matrix, and its place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extreme {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit's index, counted from 0.
    pub unit: usize,
    /// The example's index, counted from 0.
    pub example: usize,
    /// The value of the entry.
    pub value: f64,
}

/// The saturation of a network on a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct Saturation {
    /// m, the number of examples.
    pub examples: usize,
    /// Each hidden unit, layer by layer.
    pub units: Vec<UnitSaturation>,
    /// The indices of the examples of whose answer the network is certain: a probability nearer than
    /// [`SURE_WITHIN`] to 1, or, for sigmoid outputs, to 0. None for the squared error.
    pub sure: Vec<usize>,
    /// The largest |z| of the hidden units, with z's sign.
    pub largest_z: Option<Extreme>,
    /// The output nearest to 0 or 1 (to 1, for softmax); `None` for the squared error.
    pub surest_output: Option<Extreme>,
    /// The entry of A_L − Y that is the largest in size, with its sign.
    pub largest_error: Option<Extreme>,
}

/// The saturation of `architecture` at `parameters` on `batch`, with the dropout masks, if any.
///
/// Counted for each hidden unit are the examples with |φ′(z)| < [`FLAT_BELOW`]·max|φ′|, of those on which
/// it is not dropped out.
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, Parameters, saturation};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1, 1], Activation::Tanh, Loss::BinaryCrossEntropy)?;
/// let parameters = Parameters::from_flat(&net, vec![1.0, 0.0, 1.0, 0.0])?;
/// let x = Matrix::from_vec(1, 3, vec![0.5, -2.5, 3.0])?;
/// let batch = Batch::new(x, Matrix::from_vec(1, 3, vec![1.0, 0.0, 1.0])?)?;
/// let found = saturation(&net, &parameters, &batch, None)?;
/// assert_eq!((found.units[0].flat, found.units[0].examples), (2, 3));
/// assert_eq!(found.largest_z.map(|z| (z.example, z.value)), Some((2, 3.0)));
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// As [`forward`].
pub fn saturation<T: RealScalar>(
    architecture: &Architecture,
    parameters: &Parameters<T>,
    batch: &Batch<T>,
    masks: Option<&DropoutMasks<T>>,
) -> Result<Saturation, MlpError> {
    let pass = forward(architecture, parameters, batch, masks)?;
    let (activation, examples) = (architecture.activation(), batch.examples());
    let limit = FLAT_BELOW * steepest(activation);
    let depth = architecture.depth();

    let mut units = Vec::new();
    let mut largest_z = Largest::default();
    for (layer, cache) in (1..depth).zip(&pass.layers) {
        let (z, mask) = (cache.z(), cache.mask());
        for (unit, row) in z.as_slice().chunks(examples).enumerate() {
            let mut found = UnitSaturation {
                layer,
                unit,
                flat: 0,
                examples: 0,
            };
            for (example, z) in row.iter().enumerate() {
                let dropped = mask
                    .as_ref()
                    .is_some_and(|mask| mask[(unit, example)] == T::zero());
                if dropped {
                    continue;
                }
                found.examples += 1;
                found.flat += usize::from(activation.derivative(*z).to_f64().abs() < limit);
                let value = z.to_f64();
                largest_z.offer(
                    value.abs(),
                    Extreme {
                        layer,
                        unit,
                        example,
                        value,
                    },
                );
            }
            units.push(found);
        }
    }

    let (mut sure, mut surest, mut error) = (Vec::new(), Largest::default(), Largest::default());
    for example in 0..examples {
        let mut is_sure = false;
        for unit in 0..pass.output.rows() {
            let a = pass.output[(unit, example)].to_f64();
            let place = |value| Extreme {
                layer: depth,
                unit,
                example,
                value,
            };
            let off = a - batch.y()[(unit, example)].to_f64();
            error.offer(off.abs(), place(off));
            let doubt = match architecture.loss() {
                Loss::BinaryCrossEntropy => a.min(1.0 - a),
                Loss::SoftmaxCrossEntropy => 1.0 - a,
                Loss::MeanSquaredError => continue,
            };
            is_sure |= doubt < SURE_WITHIN;
            surest.offer(-doubt, place(a));
        }
        if is_sure {
            sure.push(example);
        }
    }
    Ok(Saturation {
        examples,
        units,
        sure,
        largest_z: largest_z.extreme,
        surest_output: surest.extreme,
        largest_error: error.extreme,
    })
}

/// max |φ′|.
fn steepest(activation: Activation) -> f64 {
    let at = match activation {
        Activation::Tanh | Activation::Sigmoid => 0.0,
        // φ″ = 2φ₀ − z²φ₀ with the normal density φ₀.
        Activation::Gelu => std::f64::consts::SQRT_2,
        // σ(z), which tends to 1.
        Activation::Softplus | Activation::Relu | Activation::LeakyRelu | Activation::Identity => {
            return 1.0;
        }
    };
    activation.derivative(at)
}

/// The most extreme entry so far; the first of equal ones.
#[derive(Default)]
struct Largest {
    size: Option<f64>,
    extreme: Option<Extreme>,
}

impl Largest {
    fn offer(&mut self, size: f64, extreme: Extreme) {
        if self.size.is_none_or(|largest| size > largest) {
            self.size = Some(size);
            self.extreme = Some(extreme);
        }
    }
}
