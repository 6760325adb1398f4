//! The course's second planted bug: db1 is four times too large.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Db1Times4;

impl Fault for Db1Times4 {
    fn name(&self) -> &'static str {
        "db1-times-4"
    }

    fn description(&self) -> &'static str {
        "db1 is four times too large (the course's second planted bug)"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for Db1Times4 {
    fn finish(&self, _: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        quadruple_db1(gradient);
        Ok(())
    }
}

pub(super) fn quadruple_db1(gradient: &mut Gradient<f64>) {
    for entry in gradient.db_mut(1) {
        *entry *= 4.0;
    }
}
