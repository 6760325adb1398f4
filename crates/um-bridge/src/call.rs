//! The eight calls of the protocol by name and path.
//!
//! Invariant: knows nothing of what goes in or comes out.

use std::fmt;

/// A call of the UM-Bridge protocol 1.0 that this client makes. All are safe to repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// `GET /Info`: protocol version and names of the models.
    Info,
    /// `POST /ModelInfo`: which calls a model supports.
    ModelInfo,
    /// `POST /InputSizes`: the length of each input vector.
    InputSizes,
    /// `POST /OutputSizes`: the length of each output vector.
    OutputSizes,
    /// `POST /Evaluate`: F(θ).
    Evaluate,
    /// `POST /Gradient`: sensᵀ·∂F_out/∂θ_in.
    Gradient,
    /// `POST /ApplyJacobian`: ∂F_out/∂θ_in·vec.
    ApplyJacobian,
    /// `POST /ApplyHessian`: ∂(sensᵀ·∂F_out/∂θ_in1)/∂θ_in2·vec.
    ApplyHessian,
}

impl Call {
    /// The path after the server's URL, such as `/Evaluate`.
    pub fn path(self) -> &'static str {
        match self {
            Self::Info => "/Info",
            Self::ModelInfo => "/ModelInfo",
            Self::InputSizes => "/InputSizes",
            Self::OutputSizes => "/OutputSizes",
            Self::Evaluate => "/Evaluate",
            Self::Gradient => "/Gradient",
            Self::ApplyJacobian => "/ApplyJacobian",
            Self::ApplyHessian => "/ApplyHessian",
        }
    }

    /// `GET` or `POST`.
    pub fn method(self) -> &'static str {
        match self {
            Self::Info => "GET",
            _ => "POST",
        }
    }

    /// The name, which is also the key under `support` in the answer to `/ModelInfo`.
    pub fn name(self) -> &'static str {
        &self.path()[1..]
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
