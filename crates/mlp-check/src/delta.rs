//! Where in a layer the backward pass goes wrong: in dZ, or in what it computes from dZ.
//!
//! Invariant: makes no comparison of its own; knows only that dW and db are products of dZ.

use finite_diff::{ParameterLayout, Scheme};
use gradient_check::check::check_estimates;
use gradient_check::diagnosis::Context;
use gradient_check::{CheckError, Report, Settings};
use mlp::{NetworkObjective, Parameters};
use mlp_faults::{Fault, Network};

use crate::NetworkCheckError;
use crate::model::Model;

/// dZ_l of the backward pass under test, compared with the numeric one.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    /// The layer l.
    pub layer: usize,
    /// The report on one block, with one row per unit and one column per example.
    pub report: Report,
}

/// Serializes as an object with `layer`, `verdict`, `difference` and `counts`.
#[cfg(feature = "serde")]
impl serde::Serialize for Delta {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut object = serializer.serialize_struct("Delta", 4)?;
        object.serialize_field("layer", &self.layer)?;
        object.serialize_field("verdict", &self.report.verdict.to_string())?;
        object.serialize_field("difference", &self.report.difference)?;
        object.serialize_field("counts", &self.report.counts)?;
        object.end()
    }
}

/// Compares dZ of one layer with finite differences in it; `None` if the fault does not replace a single rule.
pub(crate) fn delta(
    model: &Model<'_>,
    fault: &Fault,
    objective: NetworkObjective<'_, f64>,
    theta: &[f64],
    layer: usize,
    settings: &Settings<'_>,
) -> Result<Option<Delta>, NetworkCheckError> {
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
    let layout = ParameterLayout::new()
        .with(format!("dZ{layer}"), &[units, examples])
        .map_err(CheckError::Gradient)?;
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use gradient_check::Verdict;
    use mlp::{Activation, Architecture, Initialization, Loss};
    use mlp_faults::BackwardRules;

    use super::*;
    use crate::Precision;
    use crate::fixture::{FEATURES, batch};

    /// No rule is replaced.
    struct Unharmed;
    impl BackwardRules for Unharmed {}

    /// A dZ that is right to the bit is never called wrong, and one that is off is never called right.
    #[test]
    fn every_fault_is_found_on_the_right_side_of_dz() {
        let (mut right, mut wrong) = (0, 0);
        let batch = &batch();
        for activation in [Activation::Relu, Activation::Tanh] {
            let widths = [FEATURES, 8, 5, 1];
            let architecture = Architecture::new(&widths, activation, Loss::BinaryCrossEntropy);
            let architecture = &architecture.unwrap().with_l2(0.5).unwrap();
            let model = Model {
                architecture,
                batch,
                masks: None,
                precision: Precision::F64,
            };
            let mut parameters = mlp::initialize(architecture, Initialization::He, 0).unwrap();
            for (i, entry) in parameters.as_flat_mut().iter_mut().enumerate() {
                *entry += 0.05 * (i as f64).cos();
            }
            let theta = parameters.as_flat();
            let pass = mlp::forward(architecture, &parameters, batch, None).unwrap();
            let network = Network {
                architecture,
                pass: &pass,
                batch,
            };
            let objective = NetworkObjective::new(architecture, batch, None).unwrap();
            let applying = mlp_faults::all().iter();
            for fault in applying.filter(|fault| fault.applies_to(architecture).is_ok()) {
                for layer in 1..=architecture.depth() {
                    let settings = Settings::exact();
                    let found = delta(&model, fault, objective, theta, layer, &settings).unwrap();
                    let Some(found) = found else { continue };
                    let mut own = Vec::new();
                    mlp_faults::backward_with(&Unharmed, &network, &mut |of, dz| {
                        if of == layer {
                            own = dz.as_slice().to_vec();
                        }
                    })
                    .unwrap();
                    let planted = fault.delta(&network, layer).unwrap().unwrap();
                    let largest = own.iter().fold(0.0, |m: f64, d| m.max(d.abs()));
                    let pairs = own.iter().zip(planted.as_slice());
                    let off = pairs.fold(0.0, |m: f64, (a, b)| m.max((a - b).abs()));
                    let verdict = found.report.verdict;
                    if off == 0.0 {
                        assert_ne!(verdict, Verdict::Disagree, "{} {layer}", fault.name());
                        right += 1;
                    } else if off > 1e-6 * largest || off.is_nan() {
                        assert_eq!(verdict, Verdict::Disagree, "{} {layer}", fault.name());
                        wrong += 1;
                    }
                }
            }
        }
        assert!(right > 50 && wrong > 50, "{right} {wrong}");
    }
}
