//! Where in a layer the backward pass goes wrong: in dZ, or in what it makes of it.
//!
//! Knows the two and that dW and db are products of dZ; refuses to judge by itself.

use anyhow::Result;
use finite_diff::{ParameterLayout, Scheme};
use gradient_check::{Context, Report, Settings, check_estimates};
use mlp::{NetworkObjective, Parameters};
use mlp_faults::{Fault, Network};

use super::model::Model;

/// dZ_l of the backward pass under test, held against the numeric one.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    /// l.
    pub layer: usize,
    /// What came out: one block, of a unit a row and an example a column.
    pub report: Report,
}

/// Holds dZ of one layer against finite differences in it; `None` where the fault is none of a single rule.
pub(super) fn delta(
    model: &Model<'_>,
    fault: &dyn Fault,
    objective: NetworkObjective<'_, f64>,
    theta: &[f64],
    layer: usize,
    settings: &Settings<'_>,
) -> Result<Option<Delta>> {
    let parameters = Parameters::from_flat(model.architecture, theta.to_vec())?;
    let pass = mlp::forward(model.architecture, &parameters, model.batch, model.masks)?;
    let network = Network {
        architecture: model.architecture,
        pass: &pass,
        batch: model.batch,
    };
    let Some(analytic) = fault.delta(&network, layer)? else {
        return Ok(None);
    };
    let numeric = objective
        .layerwise()
        .delta(theta, layer, &Scheme::CENTRAL)?;
    let (units, examples) = analytic.shape();
    let layout = ParameterLayout::new().with(format!("dZ{layer}"), &[units, examples])?;
    let settings = Settings {
        analytic_rounding: None,
        analytic_noise: None,
        context: Context {
            axes: Some(["unit".to_owned(), "example".to_owned()]),
            ..Context::default()
        },
        mistakes: None,
        ..settings.clone()
    };
    let report = check_estimates(analytic.as_slice(), &numeric, &layout, &settings)?;
    Ok(Some(Delta { layer, report }))
}
