//! What the gradient of a network would be under common mistakes in a backward pass:
//! hypotheses for the diagnosis, computed only when a gradient is wrong.
//!
//! Invariant: knows nothing of the faults that are planted, and decides nothing; it replaces steps of a backward pass.

mod fitted;
mod listed;
mod variant;

use gradient_check::diagnosis::{Alternative, Family, Mistakes};

use crate::model::Model;

/// The mistakes that can be tried in `model`'s backward pass at `theta`.
pub(crate) struct NetworkMistakes<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) theta: &'a [f64],
    /// The gradient under test.
    pub(crate) analytic: &'a [f64],
    /// The factor of the cost, and with it of every gradient.
    pub(crate) factor: f64,
}

impl Mistakes for NetworkMistakes<'_> {
    fn alternatives(&self) -> Vec<Alternative> {
        let mut all = listed::alternatives(self.model, self.theta);
        for entry in all.iter_mut().flat_map(|a| &mut a.gradient) {
            *entry *= self.factor;
        }
        all
    }

    fn families(&self) -> Vec<Family<'_>> {
        fitted::families(self.model, self.theta, self.analytic, self.factor)
            .into_iter()
            .map(|family| {
                let inner = family.gradient;
                Family {
                    gradient: Box::new(move |c| {
                        let gradient = inner(c)?;
                        Some(gradient.into_iter().map(|g| self.factor * g).collect())
                    }),
                    ..family
                }
            })
            .collect()
    }
}
