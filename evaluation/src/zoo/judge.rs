//! The gradient of a scene and the report on it.

use anyhow::Result;
use gradient_check::constants::Constants;
use mlp::Engine;
use mlp_check::{AtPoint, NetworkCheck, Precision};
use mlp_faults::Fault;

use crate::scene::Scene;

/// The settings of the checks.
#[derive(Debug, Clone, Copy)]
pub(super) struct By {
    pub(super) constants: Constants,
    pub(super) engine: Engine,
}

impl By {
    /// The check of a scene with these settings.
    pub(super) fn check(self, scene: &Scene) -> NetworkCheck<'_> {
        NetworkCheck {
            constants: self.constants,
            engine: Some(self.engine),
            ..scene.check()
        }
    }
}

/// The gradient by a fault's backward pass, or by the correct one in the same precision: faults work in
/// double precision, and for a model in single precision their gradient is rounded at the end.
pub(super) fn in_double(
    scene: &Scene,
    fault: Option<&'static Fault>,
    at: &AtPoint<'_>,
) -> Result<Vec<f64>> {
    let check = NetworkCheck {
        precision: Precision::F64,
        fault,
        ..scene.check()
    };
    // At the parameters of the check, which are rounded already.
    let gradient = check.gradient(at.parameters())?;
    Ok(match scene.precision {
        Precision::F64 => gradient,
        Precision::F32 => gradient.into_iter().map(|g| f64::from(g as f32)).collect(),
    })
}
