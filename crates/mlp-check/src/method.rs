//! The numeric derivative that a gradient is compared with.

use std::fmt;

use finite_diff::{Scheme, Stencil, StepSize};
use mlp::Engine;

/// A method of numeric differentiation, with the formula of its first estimate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// (J(θ+h) − J(θ−h))/2h at the step that balances truncation and rounding error.
    #[default]
    Central,
    /// (J(θ+h) − J(θ))/h.
    Forward,
    /// The five-point formula of order 4.
    FivePoint,
    /// Im J(θ+ih)/h with h = 1e-30 (Squire and Trapp 1998), free of cancellation.
    ComplexStep,
    /// The central difference at an absolute step of 1e-7, as in the course's notebook.
    Course,
}

/// The course's ε.
const COURSE_STEP: f64 = 1e-7;

impl Method {
    /// All methods, the default first.
    pub const ALL: &[Self] = &[
        Self::Central,
        Self::Forward,
        Self::FivePoint,
        Self::ComplexStep,
        Self::Course,
    ];

    /// The name in kebab-case, such as `five-point`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Forward => "forward",
            Self::FivePoint => "five-point",
            Self::ComplexStep => "complex-step",
            Self::Course => "course",
        }
    }

    /// Finite differences with the absolute step `epsilon` if given, otherwise with the method's own;
    /// `None` for the complex step.
    pub(crate) fn finite_differences(self, epsilon: Option<f64>) -> Option<Scheme> {
        let stencil = match self {
            Self::Forward => Stencil::FORWARD,
            Self::Central => Stencil::CENTRAL,
            Self::FivePoint => Stencil::FIVE_POINT,
            Self::Course => return Some(Scheme::course(epsilon.unwrap_or(COURSE_STEP))),
            Self::ComplexStep => return None,
        };
        let scheme = Scheme::optimal(stencil);
        Some(match epsilon {
            Some(epsilon) => Scheme {
                step: StepSize::Absolute(epsilon),
                ..scheme
            },
            None => scheme,
        })
    }

    /// The fastest engine that can take this method's steps.
    pub fn fastest_engine(self, epsilon: Option<f64>) -> Engine {
        match self.why_not_layerwise(epsilon) {
            None => Engine::Layerwise,
            Some(_) => Engine::Incremental,
        }
    }

    /// Why the layer-wise engine, which perturbs whole rows of pre-activations, can't take this method's steps.
    pub fn why_not_layerwise(self, epsilon: Option<f64>) -> Option<&'static str> {
        match (self, epsilon) {
            (Self::ComplexStep, _) => Some("it uses finite differences, not complex steps"),
            (Self::Course, _) => {
                Some("it steps in pre-activations, but the course's step is in each parameter")
            }
            (_, Some(_)) => {
                Some("it steps in pre-activations, but the given step is in each parameter")
            }
            (_, None) => None,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
