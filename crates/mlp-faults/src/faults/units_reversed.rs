//! The rows of dW1 and the entries of db1 from the last unit to the first.

use mlp::{Architecture, Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct UnitsReversed;

impl Fault for UnitsReversed {
    fn name(&self) -> &'static str {
        "units-reversed"
    }

    fn description(&self) -> &'static str {
        "dW1 and db1 have the units of the layer in reverse order"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["permuted"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        if architecture.widths()[1] > 1 {
            return Ok(());
        }
        Err("it needs more than one unit in the first layer".into())
    }
}

impl BackwardRules for UnitsReversed {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        let dw = gradient.dw(1);
        let rows = dw.as_slice().chunks(dw.cols());
        let reversed: Vec<f64> = rows.rev().flatten().copied().collect();
        gradient.dw_mut(1).copy_from_slice(&reversed);
        gradient.db_mut(1).reverse();
        Ok(())
    }
}
