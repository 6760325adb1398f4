//! The initial parameters, drawn from a seed.
//!
//! Invariant: the seed is the only source of randomness; it gives the same bits in every version of this
//! crate.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::name::named;
use crate::{Architecture, MlpError, Parameters};

/// The standard deviation of [`Initialization::Normal`].
pub const NORMAL_DEVIATION: f64 = 0.01;

/// How weights are drawn; biases start at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Initialization {
    /// N(0, 2/n_{l−1}), for ReLU (He et al. 2015, eq. 10).
    He,
    /// N(0, 2/(n_{l−1} + n_l)), for tanh and sigmoid (Glorot & Bengio 2010, eq. 12).
    Xavier,
    /// N(0, 0.01²), the course's first choice: see [`NORMAL_DEVIATION`].
    Normal,
    /// All zero: every hidden unit gets the same gradient, forever.
    Zeros,
}

impl Initialization {
    /// All initializations.
    pub const ALL: &[Self] = &[Self::He, Self::Xavier, Self::Normal, Self::Zeros];

    /// The name as users type it.
    pub fn name(self) -> &'static str {
        match self {
            Self::He => "he",
            Self::Xavier => "xavier",
            Self::Normal => "normal",
            Self::Zeros => "zeros",
        }
    }

    /// The standard deviation of the weights of a layer from `inputs` to `outputs` units.
    pub fn deviation(self, inputs: usize, outputs: usize) -> f64 {
        match self {
            Self::He => (2.0 / inputs as f64).sqrt(),
            Self::Xavier => (2.0 / (inputs as f64 + outputs as f64)).sqrt(),
            Self::Normal => NORMAL_DEVIATION,
            Self::Zeros => 0.0,
        }
    }
}

named!(Initialization, "initialization");

/// Weights in flat order from one ChaCha8 stream, biases zero.
///
/// ```
/// use mlp::{Activation, Architecture, Initialization, Loss, initialize};
/// let net = Architecture::new(&[2, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let parameters = initialize(&net, Initialization::He, 1)?;
/// assert_eq!(parameters, initialize(&net, Initialization::He, 1)?);
/// assert_eq!(parameters.bias(1), [0.0]);
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// [`MlpError::Shape`] if the parameters can't be allocated.
pub fn initialize(
    architecture: &Architecture,
    initialization: Initialization,
    seed: u64,
) -> Result<Parameters<f64>, MlpError> {
    let zeros = crate::Gradient::<f64>::zeros(architecture)?.into_flat();
    let mut parameters = Parameters::from_flat(architecture, zeros)?;
    if initialization == Initialization::Zeros {
        return Ok(parameters);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for (layer, widths) in (1..).zip(architecture.widths().windows(2)) {
        let deviation = initialization.deviation(widths[0], widths[1]);
        for weight in parameters.weights_mut(layer) {
            let normal: f64 = StandardNormal.sample(&mut random);
            *weight = deviation * normal;
        }
    }
    Ok(parameters)
}
