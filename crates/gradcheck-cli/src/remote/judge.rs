//! What a model offers of its derivatives, held against differences of its values.
//!
//! Knows no server and no flag but through what it is handed.

use std::sync::atomic::Ordering;

use finite_diff::{EvaluationError, Execution, Selection};
use gradient_check::verdict::overall;
use gradient_check::{
    AdjointReport, CheckError, Claim, Counts, LeftOpen, Reason, Report, Settings, VectorCheck,
    Verdict,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::blame::{Blamed, blame, rows};
use super::bounds::Limits;
use super::products::Products;
use super::scales::scales;
use super::{ModelError, ModelSpec};

/// Up to so many outputs are judged one by one, more of them by a random combination.
const FEW: usize = 16;

/// What was found of a model's derivatives.
#[derive(Debug, Default)]
pub struct Derivatives {
    /// The gradient of each output by itself, one row an output; `None` where there is a single one, or more than 16.
    pub each: Option<Report>,
    /// Jᵀv for a random v, all outputs at once: by every coordinate that was selected, or where `each` has them by a few.
    pub together: Option<Report>,
    /// J·u for random u, where the model offers it.
    pub jacobian: Option<Report>,
    /// The identity between the two.
    pub adjoint: Option<AdjointReport>,
    /// H·u for random u, where the model offers it.
    pub hessian: Option<Report>,
    /// Whether the model offers H·u and it was not looked at, since the gradient that it is held against is wrong.
    pub hessian_unchecked: bool,
    /// The outputs whose gradient is wrong, as far as that is known.
    pub blamed: Vec<Blamed>,
    /// Whether the outputs are so different in size that each was measured by its own.
    pub scaled: bool,
    /// How often the model was evaluated.
    pub evaluations: u64,
    /// Whether the check stopped before it came to all of this.
    pub interrupted: bool,
}

impl Derivatives {
    /// The verdict on the gradient alone.
    pub fn gradient(&self) -> Verdict {
        let reports = [&self.each, &self.together];
        overall(reports.into_iter().flatten().map(|report| report.verdict))
    }

    /// The verdict on everything.
    pub fn verdict(&self) -> Verdict {
        let others = [&self.jacobian, &self.hessian];
        let others = others.into_iter().flatten().map(|report| report.verdict);
        let adjoint = self.adjoint.as_ref().map(AdjointReport::verdict);
        let all = std::iter::once(self.gradient())
            .chain(others)
            .chain(adjoint);
        match overall(all) {
            Verdict::Agree if self.interrupted => Verdict::Inconclusive(Reason::Interrupted),
            verdict => verdict,
        }
    }

    /// The reports with their stages, as JSON names them, in the order in which they are said.
    pub fn reports(&self) -> impl Iterator<Item = (&'static str, &Report)> {
        let together = match self.each {
            Some(_) => "gradient of all outputs together",
            None => "gradient",
        };
        let reports = [
            ("gradient", &self.each),
            (together, &self.together),
            ("apply jacobian", &self.jacobian),
            ("apply hessian", &self.hessian),
        ];
        let stages = reports.into_iter();
        stages.filter_map(|(stage, report)| Some((stage, report.as_ref()?)))
    }

    /// What an agreement leaves open.
    pub fn left_open(&self) -> LeftOpen {
        // The few coordinates that are judged of all outputs together have been counted.
        let gradient = self.each.as_ref().or(self.together.as_ref());
        let reports = [gradient, self.jacobian.as_ref(), self.hessian.as_ref()];
        let open = reports.into_iter().flatten().map(Report::left_open);
        open.fold(LeftOpen::default(), LeftOpen::and)
    }
}

/// What every part of the check is handed.
struct Bench<'b> {
    spec: &'b ModelSpec,
    products: &'b Products<'b>,
    point: &'b [f64],
    limits: &'b Limits,
    settings: Settings<'b>,
    /// One power of two for each output.
    scales: Vec<f64>,
}

/// Checks everything that the model offers.
///
/// # Errors
/// [`ModelError`], where the first part can't be begun; what fails later is in the slot of `execution`.
pub(super) fn judge(
    spec: &ModelSpec,
    products: &Products<'_>,
    point: &[f64],
    limits: &Limits,
    execution: Execution<'_>,
) -> Result<Derivatives, ModelError> {
    let scales = scales(products, point, limits, spec.seed)?;
    let bench = Bench {
        settings: settings(spec, execution),
        spec,
        products,
        point,
        limits,
        scales,
    };
    let outputs = bench.scales.len();
    let mut found = Derivatives {
        scaled: bench.scales.iter().any(|scale| *scale != 1.0),
        ..Derivatives::default()
    };
    if (2..=FEW).contains(&outputs) {
        let each = bench.each()?;
        found.blamed = rows(&each, products.model);
        found.each = Some(each);
    }
    bench.together(&mut found)?;
    let wrong = found.gradient() == Verdict::Disagree;
    if let Some(report) = found.together.as_ref().filter(|_| wrong && outputs > FEW) {
        found.blamed = blame(products, point, limits, report, &bench.scales)
            .into_iter()
            .collect();
    }
    if products.model.support().apply_hessian {
        match wrong {
            true => found.hessian_unchecked = true,
            false => bench.hessian(&mut found)?,
        }
    }
    found.interrupted |= bench.stopped();
    found.evaluations = products.evaluations.load(Ordering::Relaxed);
    Ok(found)
}

fn settings<'b>(spec: &ModelSpec, execution: Execution<'b>) -> Settings<'b> {
    let mut settings = Settings {
        seed: spec.seed,
        claim: Claim {
            accuracy: spec.accuracy.unwrap_or(0.0),
            exact: spec.exact,
            resolution: spec.resolution,
        },
        execution,
        ..Settings::default()
    };
    if let Some(count) = spec.sample {
        settings.selection = Selection::Sample {
            count,
            seed: spec.seed,
        };
    }
    if spec.single {
        settings.working_epsilon = f64::from(f32::EPSILON);
    }
    settings
}

impl<'b> Bench<'b> {
    /// Whether nothing more is to be asked.
    fn stopped(&self) -> bool {
        self.products.cancel.load(Ordering::Relaxed) || self.settings.execution.has_failed()
    }

    /// The outputs, each by its scale.
    fn outputs(&self, x: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        Ok(scaled(self.products.outputs(x)?, &self.scales))
    }

    fn transposed(&self, x: &[f64], v: &[f64]) -> Result<Vec<Vec<f64>>, EvaluationError> {
        self.products
            .transposed(x, &scaled(v.to_vec(), &self.scales))
    }

    fn along(&self, x: &[f64], u: &[f64]) -> Result<Vec<f64>, EvaluationError> {
        Ok(scaled(self.products.along(x, u)?, &self.scales))
    }

    /// A check at the point, within its bounds.
    fn at<'c>(&self, check: VectorCheck<'c>, output: &str, len: usize) -> VectorCheck<'c>
    where
        'b: 'c,
    {
        let check = check
            .at(self.point)
            .layout(self.products.layout.clone())
            .output(output, &[len])
            .settings(self.settings.clone());
        match self.limits.are_none() {
            true => check,
            false => check.lower(&self.limits.lower).upper(&self.limits.upper),
        }
    }

    /// The gradient of each output by itself, as a Jacobian row by row.
    fn each(&self) -> Result<Report, ModelError> {
        let outputs = self.scales.len();
        let row = |x: &[f64], row: usize| -> Result<Vec<f64>, EvaluationError> {
            let mut v = vec![0.0; outputs];
            v[row] = 1.0;
            Ok(self.transposed(x, &v)?.concat())
        };
        let jacobian = |x: &[f64]| -> Result<Vec<Vec<f64>>, EvaluationError> {
            (0..outputs).map(|number| row(x, number)).collect()
        };
        let check = VectorCheck::new(|x: &[f64]| self.outputs(x)).jacobian(jacobian);
        let report = self.at(check, "F", outputs).run()?.jacobian;
        let mut report = report.ok_or(CheckError::NothingToCheck)?;
        unscale(&mut report, &self.scales);
        Ok(report)
    }

    /// Jᵀv of all outputs together, with it J·u and the identity between them.
    fn together(&self, found: &mut Derivatives) -> Result<(), ModelError> {
        if self.stopped() {
            return Ok(());
        }
        let outputs = self.scales.len();
        let mut check = VectorCheck::new(|x: &[f64]| self.outputs(x))
            .vjp(|x: &[f64], v: &[f64]| self.transposed(x, v));
        if self.products.model.support().apply_jacobian {
            check = check.jvp(|x: &[f64], u: &[f64]| self.along(x, u));
        }
        let mut check = self.at(check, "F", outputs);
        if found.each.is_some() {
            let blocks = self.products.layout.blocks().len();
            check = check.sample(blocks.min(self.spec.sample.unwrap_or(blocks)));
        }
        let report = match check.run() {
            Ok(report) => report,
            // That Jᵀv could not be begun takes nothing from what was found before.
            Err(_) if found.each.is_some() && self.stopped() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        found.interrupted |= report.interrupted;
        found.together = report.vjp;
        found.adjoint = report.adjoint;
        found.jacobian = report.jvp;
        if let Some(report) = &mut found.jacobian {
            unscale(report, &self.scales);
        }
        Ok(())
    }

    /// H·u as the derivative of the gradient of vᵀF along u, for a random v.
    fn hessian(&self, found: &mut Derivatives) -> Result<(), ModelError> {
        if self.stopped() {
            return Ok(());
        }
        let v = scaled(cotangent(self.scales.len(), self.spec.seed), &self.scales);
        let check = VectorCheck::new(|x: &[f64]| self.products.transposed(x, &v))
            .jvp(|x: &[f64], u: &[f64]| self.products.curved(x, &v, u));
        let check = self.at(check, "g", self.point.len());
        let report = match check.run() {
            Ok(report) => report,
            Err(_) if self.stopped() => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        found.interrupted |= report.interrupted;
        found.hessian = report.jvp.map(without_curvature);
        Ok(())
    }
}

/// A Hessian that is zero along a block, as its differences are, is right: the function is linear there. It is left open.
fn without_curvature(mut report: Report) -> Report {
    let vacuous = Reason::Vacuous as usize;
    let count = |counts: &mut Counts| {
        let linear = std::mem::take(&mut counts.reasons[vacuous]);
        counts.agree += linear;
        counts.flat += linear;
    };
    count(&mut report.counts);
    for block in &mut report.blocks {
        count(&mut block.counts);
        if block.verdict == Verdict::Inconclusive(Reason::Vacuous) {
            block.verdict = Verdict::Agree;
        }
    }
    if matches!(report.verdict, Verdict::Inconclusive(_)) && !report.interrupted {
        report.verdict = overall(report.blocks.iter().map(|block| block.verdict));
    }
    report
}

/// Entries of either sign and of size ½ to 1.
fn cotangent(outputs: usize, seed: u64) -> Vec<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut entry = || {
        let size = rng.random_range(0.5..1.0);
        if rng.random::<bool>() { size } else { -size }
    };
    (0..outputs).map(|_| entry()).collect()
}

/// Each number times its scale, without an error: scales are powers of two.
fn scaled(mut values: Vec<f64>, scales: &[f64]) -> Vec<f64> {
    // Of another length they are refused by the check.
    for (value, scale) in values.iter_mut().zip(scales) {
        *value *= scale;
    }
    values
}

/// The numbers of single entries in the units of their outputs, which are the rows of every block.
fn unscale(report: &mut Report, scales: &[f64]) {
    let blocks = report.blocks.iter_mut();
    let of_blocks = blocks.flat_map(|block| block.worst.iter_mut().chain(&mut block.non_finite));
    for entry in of_blocks.chain(&mut report.worst) {
        let row = entry.coordinate.index.first();
        let scale = row.and_then(|row| scales.get(*row)).copied().unwrap_or(1.0);
        let c = &mut entry.comparison;
        c.analytic /= scale;
        c.tolerance /= scale;
        c.least /= scale;
        c.doubt /= scale;
        c.numeric = c.numeric.map(|d| d / scale);
        c.error_bar = c.error_bar.map(|bar| bar / scale);
        c.one_sided = c.one_sided.map(|slopes| slopes.map(|slope| slope / scale));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_cotangent_has_both_signs_and_is_no_row_of_ones() {
        let v = cotangent(40, 3);
        assert!(v.iter().all(|v| (0.5..1.0).contains(&v.abs())));
        assert!(v.iter().any(|v| *v > 0.0) && v.iter().any(|v| *v < 0.0));
        assert_ne!(v, cotangent(40, 4));
    }
}
