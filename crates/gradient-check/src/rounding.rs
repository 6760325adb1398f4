//! The rounding of a right gradient, worked out where a verdict hangs on it and once.

use std::cell::OnceCell;

use crate::error::CheckError;
use crate::evidence::Evidence;
use crate::settings::{Settings, WorkedOut};

/// σ of each entry, and who works it out.
pub(crate) struct Rounding<'a> {
    ask: Option<&'a WorkedOut<'a>>,
    known: OnceCell<Vec<f64>>,
}

impl<'a> Rounding<'a> {
    pub(crate) fn of(settings: &Settings<'a>) -> Self {
        Self {
            ask: settings.analytic_rounding,
            known: OnceCell::new(),
        }
    }

    /// What is known so far.
    pub(crate) fn known(&self) -> Option<&[f64]> {
        self.known.get().map(Vec::as_slice)
    }

    /// Whether somebody can work it out, and nobody has.
    pub(crate) fn is_open(&self) -> bool {
        self.ask.is_some() && self.known.get().is_none()
    }

    /// Has it worked out, and every observation told.
    pub(crate) fn work_out(&self, evidence: &mut Evidence) -> Result<(), CheckError> {
        let Some(ask) = self.ask else {
            return Ok(());
        };
        if self.known.get().is_none() {
            let sigmas = ask().map_err(|source| CheckError::Backward {
                call: "the rounding of the gradient",
                source,
            })?;
            let _ = self.known.set(sigmas);
        }
        for observation in &mut evidence.observations {
            let sigma = self.known().and_then(|all| all.get(observation.coordinate));
            observation.analytic_rounding = sigma.copied();
        }
        Ok(())
    }
}
