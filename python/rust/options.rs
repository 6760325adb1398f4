//! What a check is told, as the Python side hands it over.

use finite_diff::layout::LayoutError;
use finite_diff::{ParameterLayout, Scheme, Selection};
use gradient_check::Claim;
use pyo3::prelude::*;

/// The point and its blocks, where the function may be evaluated, and how to check.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub(crate) struct Options {
    /// Names and shapes.
    pub(crate) blocks: Vec<(String, Vec<usize>)>,
    /// One lower bound for each parameter, or none at all.
    pub(crate) lower: Option<Vec<f64>>,
    pub(crate) upper: Option<Vec<f64>>,
    pub(crate) seed: u64,
    pub(crate) sample: Option<usize>,
    pub(crate) accuracy: f64,
    pub(crate) exact: bool,
    pub(crate) resolution: Option<f64>,
    /// A step for all coordinates alike, in place of one for each.
    pub(crate) step: Option<f64>,
    /// ε of the type that the derivative comes in.
    pub(crate) working_epsilon: f64,
    pub(crate) directional_test: bool,
    pub(crate) directions: usize,
    /// Evaluations at a time.
    pub(crate) threads: usize,
    /// Whether the functions may be called on other threads than this.
    pub(crate) anywhere: bool,
    /// How many points the function takes at a time; 1 where it takes one.
    pub(crate) batch: usize,
    /// Name and shape of the output of a function of many values.
    pub(crate) output: Option<(String, Vec<usize>)>,
    /// Which derivatives of it there are.
    pub(crate) parts: Vec<String>,
    /// Called now and then with how many of how many coordinates are done.
    pub(crate) progress: Option<Py<PyAny>>,
}

impl Options {
    pub(crate) fn layout(&self) -> Result<ParameterLayout, LayoutError> {
        let empty = ParameterLayout::new();
        self.blocks
            .iter()
            .try_fold(empty, |layout, (name, shape)| layout.with(name, shape))
    }

    pub(crate) fn claim(&self) -> Claim {
        Claim {
            accuracy: self.accuracy,
            exact: self.exact,
            resolution: self.resolution,
        }
    }

    pub(crate) fn selection(&self) -> Selection {
        let seed = self.seed;
        self.sample
            .map_or(Selection::All, |count| Selection::Sample { count, seed })
    }

    pub(crate) fn scheme(&self) -> Scheme {
        self.step.map_or(Scheme::CENTRAL, Scheme::course)
    }
}
