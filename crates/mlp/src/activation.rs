//! The hidden layers' activation functions φ and their derivatives.
//!
//! `apply` is analytic, so that it runs on complex numbers; `derivative` is written by hand for
//! the backward pass. Invariant: knows nothing of layers.

use tensor_core::{RealScalar, Scalar, sigmoid, softplus};

use crate::name::named;

/// The slope of [`Activation::LeakyRelu`] below zero.
pub const LEAKY_SLOPE: f64 = 0.01;

/// An activation function φ, applied to each entry of Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Activation {
    /// max(z, 0); φ′(0) = 0, as in the course.
    Relu,
    /// z above zero, [`LEAKY_SLOPE`]·z at zero and below.
    LeakyRelu,
    /// tanh z.
    Tanh,
    /// 1/(1 + e^(−z)).
    Sigmoid,
    /// ln(1 + e^z).
    Softplus,
    /// z·Φ(z) = z·½(1 + erf(z/√2)), exact, not the tanh approximation (Hendrycks & Gimpel 2016).
    Gelu,
    /// z.
    Identity,
}

impl Activation {
    /// All activation functions.
    pub const ALL: &[Self] = &[
        Self::Relu,
        Self::LeakyRelu,
        Self::Tanh,
        Self::Sigmoid,
        Self::Softplus,
        Self::Gelu,
        Self::Identity,
    ];

    /// The name as users type it, such as `leaky-relu`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::LeakyRelu => "leaky-relu",
            Self::Tanh => "tanh",
            Self::Sigmoid => "sigmoid",
            Self::Softplus => "softplus",
            Self::Gelu => "gelu",
            Self::Identity => "identity",
        }
    }

    /// φ(z).
    ///
    /// ```
    /// use mlp::Activation;
    /// assert_eq!(Activation::Relu.apply(-3.0), 0.0);
    /// assert_eq!("gelu".parse::<Activation>()?.apply(0.0), 0.0);
    /// # Ok::<(), mlp::MlpError>(())
    /// ```
    pub fn apply<T: Scalar>(self, z: T) -> T {
        match self {
            // Compared in this order, a NaN stays a NaN.
            Self::Relu if at_or_below_zero(z) => T::zero(),
            Self::LeakyRelu if at_or_below_zero(z) => T::from_f64(LEAKY_SLOPE) * z,
            Self::Relu | Self::LeakyRelu | Self::Identity => z,
            Self::Tanh => z.tanh(),
            Self::Sigmoid => sigmoid(z),
            Self::Softplus => softplus(z),
            Self::Gelu => z * normal_distribution(z),
        }
    }

    /// φ′(z); at a kink the derivative from the left.
    ///
    /// ```
    /// use mlp::Activation;
    /// assert_eq!(Activation::Relu.derivative(0.0), 0.0);
    /// assert_eq!(Activation::Tanh.derivative(0.0), 1.0);
    /// ```
    pub fn derivative<T: RealScalar>(self, z: T) -> T {
        match self {
            Self::Relu if at_or_below_zero(z) => T::zero(),
            Self::LeakyRelu if at_or_below_zero(z) => T::from_f64(LEAKY_SLOPE),
            Self::Relu | Self::LeakyRelu | Self::Identity => T::one(),
            // 1 − tanh²z would cancel if the unit saturates: tanh′(z) = 4σ′(2z).
            Self::Tanh => T::from_f64(4.0) * sigmoid_derivative(z + z),
            Self::Sigmoid => sigmoid_derivative(z),
            Self::Softplus => sigmoid(z),
            Self::Gelu => normal_distribution(z) + z * normal_density(z),
        }
    }

    /// Whether φ has a derivative everywhere. If not, a step across the kink at 0 invalidates a
    /// finite difference.
    pub fn is_smooth(self) -> bool {
        !matches!(self, Self::Relu | Self::LeakyRelu)
    }
}

named!(Activation, "activation");

fn at_or_below_zero<T: Scalar>(z: T) -> bool {
    z.real_part() <= T::Real::from_f64(0.0)
}

/// σ′(z) = σ(z)(1 − σ(z)) as e/(1+e)² with e = e^(−|z|), which doesn't cancel.
fn sigmoid_derivative<T: RealScalar>(z: T) -> T {
    let e = (-z.abs()).exp();
    let sum = T::one() + e;
    e / (sum * sum)
}

/// Φ(z) = ½(1 + erf(z/√2)).
fn normal_distribution<T: Scalar>(z: T) -> T {
    let scaled = z * T::from_f64(std::f64::consts::FRAC_1_SQRT_2);
    T::from_f64(0.5) * (T::one() + scaled.erf())
}

/// Φ′(z) = e^(−z²/2)/√(2π).
fn normal_density<T: RealScalar>(z: T) -> T {
    const ONE_OVER_ROOT_TWO_PI: f64 = 0.398_942_280_401_432_7;
    T::from_f64(ONE_OVER_ROOT_TWO_PI) * (-z * z * T::from_f64(0.5)).exp()
}
