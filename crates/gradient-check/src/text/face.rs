//! The text of a check by a builder: of the products of a Jacobian, of a function of many values, and of a failure.

use std::fmt;

#[cfg(not(feature = "text"))]
use super::brief::paragraph;
use super::numbers::{derivative, short};
#[cfg(feature = "text")]
use super::style::paragraph;
use crate::GradientError;
use crate::face::{AdjointReport, Failure, VectorReport};

impl<R: fmt::Display> fmt::Display for GradientError<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Wrong(failure) | Self::Undecided(failure) => failure.fmt(f),
            Self::Check { message, source } => {
                let message = message
                    .as_deref()
                    .map_or_else(String::new, |m| format!("{m}: "));
                write!(f, "{message}the derivative could not be checked: {source}")
            }
        }
    }
}

impl<R: fmt::Display> fmt::Display for Failure<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.headline)?;
        if let Some(message) = &self.message {
            write!(f, ": {message}")?;
        }
        write!(f, "\n{}", self.report)?;
        if self.is_blunt {
            f.write_str("  to accept a looser tolerance, set `resolution = 1e-2`, for example\n")?;
        }
        write!(f, "to reproduce: {}", self.again)?;
        match self.location {
            Some(location) => write!(f, "\ncalled at {location}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for VectorReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("the Jacobian", &self.jacobian),
            ("the vector-Jacobian product, for a random v", &self.vjp),
            ("the Jacobian-vector product, for random u", &self.jvp),
        ];
        for (title, report) in parts {
            if let Some(report) = report {
                write!(f, "{title}: {}\n{report}", report.verdict)?;
            }
        }
        match &self.adjoint {
            Some(adjoint) => write!(f, "the adjoint identity: {}\n{adjoint}", adjoint.verdict()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for AdjointReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for pairing in &self.pairings {
            let along = pairing.block.as_deref().unwrap_or("all blocks together");
            let line = format!(
                "along {along}: {}; v·(Ju) = {} and (Jᵀv)·u = {} differ by {} (rounding allows {})",
                pairing.verdict,
                derivative(pairing.forward),
                derivative(pairing.reverse),
                short((pairing.forward - pairing.reverse).abs()),
                short(pairing.tolerance),
            );
            f.write_str(&paragraph(&line))?;
        }
        Ok(())
    }
}
