//! Both of the course's planted bugs at once, as in its exercise.

use mlp::{Gradient, MlpError};

use crate::{BackwardRules, Fault, Network};

pub(crate) struct Course;

impl Fault for Course {
    fn name(&self) -> &'static str {
        "course"
    }

    fn description(&self) -> &'static str {
        "dW2 is doubled and db1 four times too large: the course's exercise"
    }

    fn cause(&self) -> &'static [&'static str] {
        &["scale"]
    }
}

impl BackwardRules for Course {
    fn finish(&self, network: &Network<'_>, gradient: &mut Gradient<f64>) -> Result<(), MlpError> {
        super::dw2_doubled::double_dw2(network, gradient);
        super::db1_times_4::quadruple_db1(gradient);
        Ok(())
    }
}
