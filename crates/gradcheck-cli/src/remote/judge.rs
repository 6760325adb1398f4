//! Checks the derivatives that a model offers against differences of its values.
//!
//! Invariant: knows nothing of servers and flags, except through its arguments.

use std::ops::Range;
use std::sync::atomic::Ordering;

use finite_diff::{EvaluationError, Execution, Selection};
use gradient_check::control::ControlReport;
use gradient_check::directional::{DirectionalReport, DirectionalSettings};
use gradient_check::face::AdjointReport;
use gradient_check::report::{Counts, LeftOpen, Power};
use gradient_check::verdict::overall;
use gradient_check::{
    CheckError, Claim, GradientCheck, Reason, Report, Settings, VectorCheck, Verdict,
};
use mlp_check::Precision;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use super::blame::{Blamed, blame, blamed, rows};
use super::bounds::Limits;
use super::products::Products;
use super::recall::Recall;
use super::scales::scales;
use super::{ModelError, ModelOptions};

/// Up to this many outputs are checked one by one; more of them by a random combination.
const FEW: usize = 16;

/// The results of the checks of a model's derivatives.
#[derive(Debug, Default)]
pub struct Derivatives {
    /// The gradients of single outputs: in one report if the outputs are alike in size, otherwise in one for each.
    /// Empty if there is a single output, or more than 16.
    pub each: Vec<OfOutputs>,
    /// Jᵀv for a random v, all outputs at once: at every selected coordinate, or at a few if `each` has them all.
    pub together: Option<Report>,
    /// J·u for random u, if the model offers it.
    pub jacobian: Option<Report>,
    /// The adjoint identity between Jᵀv and J·u.
    pub adjoint: Option<AdjointReport>,
    /// H·u for random u, if the model offers it.
    pub hessian: Option<Report>,
    /// Whether the model offers H·u, but it was not checked because the gradient that it is compared with is wrong.
    pub hessian_unchecked: bool,
    /// Jᵀv for a random v along random directions, in place of each and together.
    pub directional: Option<DirectionalReport>,
    /// What became of errors planted into Jᵀv, where that was asked for.
    pub control: Option<ControlReport>,
    /// The outputs whose gradient is wrong, as far as that is known.
    pub blamed: Vec<Blamed>,
    /// Whether the outputs differ so much in size that each was checked on its own scale.
    pub scaled: bool,
    /// How often the model was evaluated.
    pub evaluations: u64,
    /// Whether the check stopped before it was complete.
    pub interrupted: bool,
    /// The error of a part that could not be started.
    pub failure: Option<String>,
}

/// The gradients of some outputs, each checked by itself.
#[derive(Debug)]
pub struct OfOutputs {
    /// The name of the output; `None` if all outputs are in this report, one row for each.
    pub output: Option<String>,
    /// The result.
    pub report: Report,
}

impl Derivatives {
    /// The verdict on the gradient alone.
    pub fn gradient(&self) -> Verdict {
        let together = self.together.as_ref().map(|report| report.verdict);
        let directional = self.directional.as_ref().map(|report| report.verdict);
        overall(
            std::iter::once(self.of_each())
                .chain(together)
                .chain(directional),
        )
    }

    /// Whether a planted error went undetected, so that agreement means little.
    pub fn failed_control(&self) -> bool {
        let control = self.control.as_ref();
        control.is_some_and(|control| control.failures().next().is_some())
    }

    /// The verdict on the gradients of single outputs.
    pub fn of_each(&self) -> Verdict {
        overall(self.each.iter().map(|part| part.report.verdict))
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

    /// The reports with their stages, as JSON names them, and their outputs where they are of one among several.
    pub fn reports(&self) -> impl Iterator<Item = (&'static str, Option<&str>, &Report)> {
        let together = match self.each.is_empty() {
            true => "gradient",
            false => "gradient of all outputs together",
        };
        let each = self.each.iter();
        let each = each.map(|part| ("gradient", part.output.as_deref(), &part.report));
        let others = [
            (together, &self.together),
            ("apply jacobian", &self.jacobian),
            ("apply hessian", &self.hessian),
        ];
        let others = others.into_iter();
        each.chain(others.filter_map(|(stage, report)| Some((stage, None, report.as_ref()?))))
    }

    /// What an agreement leaves open.
    pub fn left_open(&self) -> LeftOpen {
        let each = self.each.iter().map(|part| &part.report);
        // The few coordinates that are checked for all outputs together have been counted with each output.
        let together = self.together.iter().filter(|_| self.each.is_empty());
        let reports = each
            .chain(together)
            .chain(&self.jacobian)
            .chain(&self.hessian);
        let open = reports.map(Report::left_open);
        open.fold(LeftOpen::default(), LeftOpen::and)
    }
}

/// The inputs that every part of the check shares.
struct Bench<'b> {
    options: &'b ModelOptions,
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
/// [`ModelError`] if the first part can't be started; what fails later is in the slot of `execution`.
pub(super) fn judge(
    options: &ModelOptions,
    products: &Products<'_>,
    point: &[f64],
    limits: &Limits,
    execution: Execution<'_>,
) -> Result<Derivatives, ModelError> {
    let scales = scales(products, point, limits, options.seed)?;
    let bench = Bench {
        settings: settings(options, execution),
        options,
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
    if options.directional {
        bench.directional(&mut found)?;
    } else {
        if (2..=FEW).contains(&outputs) {
            bench.each(&mut found)?;
        }
        bench.together(&mut found)?;
    }
    let wrong = found.gradient() == Verdict::Disagree;
    if let Some(report) = found.together.as_ref().filter(|_| wrong && outputs > FEW) {
        found.blamed = blame(products, point, limits, report, &bench.scales)
            .into_iter()
            .collect();
    }
    if options.negative_control && !bench.stopped() {
        bench.control(&mut found);
    }
    if products.model.support().apply_hessian && !options.directional {
        match wrong {
            true => found.hessian_unchecked = true,
            false => bench.hessian(&mut found),
        }
    }
    found.interrupted |= bench.stopped();
    found.evaluations = products.evaluations.load(Ordering::Relaxed);
    Ok(found)
}

fn settings<'b>(options: &ModelOptions, execution: Execution<'b>) -> Settings<'b> {
    let mut settings = Settings {
        seed: options.seed,
        claim: Claim {
            accuracy: options.accuracy.unwrap_or(0.0),
            exact: options.exact,
            resolution: options.resolution,
        },
        execution,
        ..Settings::default()
    };
    if let Some(count) = options.sample {
        settings.selection = Selection::Sample {
            count,
            seed: options.seed,
        };
    }
    if options.precision == Precision::F32 {
        settings.working_epsilon = f64::from(f32::EPSILON);
    }
    settings
}

impl<'b> Bench<'b> {
    /// Whether to stop: no further request may be sent.
    fn stopped(&self) -> bool {
        self.products.cancel.load(Ordering::Relaxed) || self.settings.execution.has_failed()
    }

    /// The outputs, each multiplied by its scale.
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
    fn at<'c>(&self, check: VectorCheck<'c>, output: &str, shape: &[usize]) -> VectorCheck<'c>
    where
        'b: 'c,
    {
        let check = check
            .at(self.point)
            .layout(self.products.layout.clone())
            .output(output, shape)
            .settings(self.settings.clone());
        match self.limits.are_none() {
            true => check,
            false => check.lower(&self.limits.lower).upper(&self.limits.upper),
        }
    }

    /// The gradient of each output by itself: as one Jacobian, row by row, if the outputs are alike in size, otherwise
    /// each row by itself, so that what is relative to a block is relative to that output.
    fn each(&self, found: &mut Derivatives) -> Result<(), ModelError> {
        let outputs = self.scales.len();
        let recall = Recall::default();
        if !found.scaled {
            let report = self.rows_of(0..outputs, "output", &[outputs], &recall)?;
            found.blamed = rows(&report, self.products.model);
            found.each.push(OfOutputs {
                output: None,
                report,
            });
            return Ok(());
        }
        for row in 0..outputs {
            if self.stopped() {
                found.interrupted = true;
                break;
            }
            match self.rows_of(row..row + 1, &format!("output[{row}]"), &[], &recall) {
                Ok(report) => found.each.push(OfOutputs {
                    output: Some(blamed(row, self.products.model).name),
                    report,
                }),
                Err(error) if row == 0 => return Err(error.into()),
                Err(error) => {
                    self.keep(error, found);
                    break;
                }
            }
        }
        independent(&mut found.each);
        let wrong = found.each.iter().enumerate();
        let wrong = wrong.filter(|(_, part)| part.report.verdict == Verdict::Disagree);
        found.blamed = wrong
            .map(|(row, _)| blamed(row, self.products.model))
            .collect();
        Ok(())
    }

    /// The gradients of some outputs in their own units, each as a row of a Jacobian.
    fn rows_of(
        &self,
        rows: Range<usize>,
        name: &str,
        shape: &[usize],
        recall: &Recall,
    ) -> Result<Report, CheckError> {
        let asker = recall.asker();
        let outputs = |x: &[f64]| -> Result<Vec<f64>, EvaluationError> {
            let all = asker.ask(x, || self.products.outputs(x))?;
            Ok(all.get(rows.clone()).unwrap_or_default().to_vec())
        };
        let row = |x: &[f64], row: usize| -> Result<Vec<f64>, EvaluationError> {
            let mut v = vec![0.0; self.scales.len()];
            v[row] = 1.0;
            Ok(self.products.transposed(x, &v)?.concat())
        };
        let jacobian = |x: &[f64]| -> Result<Vec<Vec<f64>>, EvaluationError> {
            rows.clone().map(|number| row(x, number)).collect()
        };
        let check = VectorCheck::new(outputs).jacobian(jacobian);
        let report = self.at(check, name, shape).run()?.jacobian;
        report.ok_or(CheckError::NothingToCheck)
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
        let mut check = self.at(check, "output", &[outputs]);
        if !found.each.is_empty() {
            let blocks = self.products.layout.blocks().len();
            check = check.sample(blocks.min(self.options.sample.unwrap_or(blocks)));
        }
        let report = match check.run() {
            Ok(report) => report,
            Err(error) if found.each.is_empty() => return Err(error.into()),
            Err(error) => {
                self.keep(error, found);
                return Ok(());
            }
        };
        found.interrupted |= report.interrupted;
        found.together = report.vjp;
        found.adjoint = report.adjoint;
        found.jacobian = report.jvp;
        if found.scaled && found.jacobian.is_some() && !self.stopped() {
            self.own_units(found);
        }
        Ok(())
    }

    /// vᵀF for a random v, a function of one value, with its gradient Jᵀv.
    fn weighted<'c>(&'c self, v: &'c [f64]) -> GradientCheck<'c> {
        let cost = move |x: &[f64]| -> Result<f64, EvaluationError> {
            let outputs = self.products.outputs(x)?;
            Ok(outputs.iter().zip(v).map(|(f, v)| f * v).sum())
        };
        let gradient = move |x: &[f64]| -> Result<Vec<f64>, EvaluationError> {
            Ok(self.products.transposed(x, v)?.concat())
        };
        GradientCheck::new(cost, gradient)
            .at(self.point)
            .layout(self.products.layout.clone())
    }

    fn weights(&self) -> Vec<f64> {
        scaled(
            cotangent(self.scales.len(), self.options.seed),
            &self.scales,
        )
    }

    /// Jᵀv along random directions, whatever the number of inputs.
    fn directional(&self, found: &mut Derivatives) -> Result<(), ModelError> {
        let v = self.weights();
        let check = self
            .weighted(&v)
            .directional()
            .settings(DirectionalSettings {
                seed: self.settings.seed,
                working_epsilon: self.settings.working_epsilon,
                claim: self.settings.claim,
                execution: self.settings.execution,
                ..DirectionalSettings::default()
            });
        let check = match self.limits.are_none() {
            true => check,
            false => check.lower(&self.limits.lower).upper(&self.limits.upper),
        };
        found.directional = Some(check.run()?);
        Ok(())
    }

    /// Errors planted into Jᵀv, which the check must reject.
    fn control(&self, found: &mut Derivatives) {
        let v = self.weights();
        let check = self.weighted(&v).settings(self.settings.clone());
        let check = match self.limits.are_none() {
            true => check,
            false => check.lower(&self.limits.lower).upper(&self.limits.upper),
        };
        match check.negative_control() {
            Ok(control) => found.control = Some(control),
            Err(error) => self.keep(error, found),
        }
    }

    /// J·u once more, in the units of the outputs.
    fn own_units(&self, found: &mut Derivatives) {
        let check = VectorCheck::new(|x: &[f64]| self.products.outputs(x))
            .jvp(|x: &[f64], u: &[f64]| self.products.along(x, u));
        match self.at(check, "output", &[self.scales.len()]).run() {
            Ok(report) => {
                found.interrupted |= report.interrupted;
                found.jacobian = report.jvp;
            }
            Err(error) => self.keep(error, found),
        }
    }

    /// H·u as the derivative of the gradient of vᵀF along u, for a random v.
    fn hessian(&self, found: &mut Derivatives) {
        if self.stopped() {
            return;
        }
        let v = self.weights();
        let check = VectorCheck::new(|x: &[f64]| self.products.transposed(x, &v))
            .jvp(|x: &[f64], u: &[f64]| self.products.curved(x, &v, u));
        let check = self.at(check, "g", &[self.point.len()]);
        let report = match check.run() {
            Ok(report) => report,
            Err(error) => return self.keep(error, found),
        };
        found.interrupted |= report.interrupted;
        found.hessian = report.jvp.map(without_curvature);
    }

    /// Records the error of a part that could not be started; the results so far stay.
    fn keep(&self, error: CheckError, found: &mut Derivatives) {
        found.interrupted = true;
        // An interrupted call is not a failure of the model.
        if !self.stopped() {
            let error = ModelError::from(error).in_words(self.products.layout, self.options);
            found.failure = Some(error.to_string());
        }
    }
}

/// Accepts a Hessian that is zero along a block, as its differences are: the function is linear there. It is left open.
fn without_curvature(mut report: Report) -> Report {
    for number in 0..report.blocks.len() {
        let linear = settle(&mut report, number);
        report.blocks[number].counts.flat += linear;
        report.counts.flat += linear;
    }
    report
}

/// Accepts an input on which one output does not depend, if another one does: the input is not unused.
fn independent(each: &mut [OfOutputs]) {
    let blocks = each.iter().map(|part| part.report.blocks.len()).min();
    for number in 0..blocks.unwrap_or(0) {
        let is_used = |part: &OfOutputs| !is_vacuous(&part.report, number);
        if each.iter().any(is_used) {
            for part in each.iter_mut() {
                settle(&mut part.report, number);
                let flat = std::mem::take(&mut part.report.blocks[number].counts.flat);
                part.report.counts.flat -= flat;
            }
        }
    }
    for OfOutputs { report, .. } in each {
        report.power = power(report);
    }
}

/// The detection limit over all blocks that have one; nothing is relative to a block of zeros.
fn power(report: &Report) -> Option<Power> {
    let known = report.blocks.iter().filter_map(|block| block.power);
    known.reduce(|all, one| Power {
        single_coordinate: all.single_coordinate.max(one.single_coordinate),
        block: all.block.max(one.block),
    })
}

fn is_vacuous(report: &Report, number: usize) -> bool {
    report.blocks[number].verdict == Verdict::Inconclusive(Reason::Vacuous)
}

/// Marks a block that is zero throughout as agreeing; returns how many entries that are.
fn settle(report: &mut Report, number: usize) -> usize {
    if !is_vacuous(report, number) {
        return 0;
    }
    let agree = |counts: &mut Counts, settled: usize| {
        counts.agree += settled;
        counts.reasons[Reason::Vacuous as usize] -= settled;
    };
    let block = &mut report.blocks[number];
    let settled = block.counts.with_reason(Reason::Vacuous);
    agree(&mut block.counts, settled);
    block.verdict = Verdict::Agree;
    block.power = None;
    agree(&mut report.counts, settled);
    if report.verdict == Verdict::Inconclusive(Reason::Vacuous) {
        report.verdict = overall(report.blocks.iter().map(|block| block.verdict));
    }
    settled
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
    // The check rejects values of another length.
    for (value, scale) in values.iter_mut().zip(scales) {
        *value *= scale;
    }
    values
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
