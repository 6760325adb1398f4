//! Reports for scripts, behind the feature `serde`: types of the wire, apart from those of the
//! domain, so that one can change without the other.
//!
//! The keys are those of `checks[…]` in the command's JSON, schema 1. What is not a finite number has no form
//! in JSON, and its writers make null of it.

mod control;
mod directional;
mod report;
mod structure;

use serde::{Serialize, Serializer};

use crate::Report;
use crate::control::ControlReport;
use crate::directional::DirectionalReport;
use crate::report::Counts;

/// Serializes a report as an object with the keys of one check in the command's JSON: `verdict`, `difference`, `power`,
/// `counts`, `blocks` with their `worst` and `diagnosis`, and more.
///
/// ```
/// use finite_diff::{ParameterLayout, from_fn};
/// use gradient_check::{Settings, check};
/// let j = from_fn(1, |x: &[f64]| x[0] * x[0]);
/// let report = check(&j, &[3.0], &[1.0], &ParameterLayout::flat("x", 1), &Settings::default())?;
/// let json = serde_json::to_value(&report).unwrap();
/// assert_eq!(json["verdict"], "disagree");
/// assert_eq!(json["blocks"][0]["name"], "x");
/// assert_eq!(json["blocks"][0]["worst"]["analytic"], 3.0);
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report::report(self).serialize(serializer)
    }
}

/// Serializes a negative control as an object: how many errors were planted and rejected, and those that passed.
impl Serialize for ControlReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        control::control(self).serialize(serializer)
    }
}

/// As an object: the verdict, what was asked, and of each block its verdict and the ranges that are wrong.
impl Serialize for DirectionalReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        directional::alone(self).serialize(serializer)
    }
}

/// Serializes counts as an object: `agree`, `disagree`, `inconclusive`, and of those that agree `flat`, `subgradients` and
/// `near_zero`.
impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        report::counts(self).serialize(serializer)
    }
}
