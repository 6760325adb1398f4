//! dW flattened column by column into a vector that is read row by row.

use mlp::{Architecture, Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct FlattenedByColumns;

impl Fault for FlattenedByColumns {
    fn name(&self) -> &'static str {
        "flattened-by-columns"
    }

    fn description(&self) -> &'static str {
        "every dW is flattened by columns, while the parameters are flattened by rows"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["transposed"]
    }

    fn applies_to(&self, architecture: &Architecture) -> Result<(), String> {
        if architecture
            .widths()
            .windows(2)
            .any(|pair| pair[0].min(pair[1]) > 1)
        {
            return Ok(());
        }
        Err("it needs a weight matrix with more than one row and column".into())
    }
}

impl BackwardRules for FlattenedByColumns {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        for layer in 1..=network.architecture.depth() {
            let dw = gradient.dw(layer);
            let by_columns: Vec<_> = (0..dw.cols()).flat_map(|j| dw.column(j)).collect();
            gradient.dw_mut(layer).copy_from_slice(&by_columns);
        }
        Ok(())
    }
}
