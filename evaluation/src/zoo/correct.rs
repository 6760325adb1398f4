//! Correct networks under conditions that cause false alarms.

use anyhow::Result;
use gradient_check::{Reason, Report, Verdict};
use mlp::{Activation, Architecture, Loss};

use serde::Serialize;

use super::judge::By;
use crate::scene::Scene;

/// The results for correct networks.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Correct {
    /// The number of networks.
    pub(crate) nets: usize,
    /// The number of networks called wrong.
    pub(crate) rejected: usize,
    /// The number of their coordinates.
    pub(crate) coordinates: usize,
    /// Of those, the coordinates of networks with a smooth activation.
    pub(crate) smooth_coordinates: usize,
    /// Inconclusive coordinates of smooth networks, except in vacuous or stationary blocks.
    pub(crate) inconclusive_smooth: usize,
    /// Inconclusive coordinates of networks with kinks, except in vacuous or stationary blocks.
    pub(crate) inconclusive_kinked: usize,
    /// Coordinates of blocks in which nothing could be tested, as nothing depends on them.
    pub(crate) vacuous: usize,
    /// Coordinates at which the gradient is zero to rounding, as at a minimum.
    pub(crate) stationary: usize,
    /// The networks that were called wrong, and where.
    pub(crate) rejections: Vec<Rejection>,
    /// Inconclusive coordinates, without vacuous and stationary ones, by condition: inconclusive, all.
    pub(crate) by_condition: std::collections::BTreeMap<String, (usize, usize)>,
}

/// A correct network that was called wrong, at its worst coordinate.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Rejection {
    /// The network, its seed and the condition.
    pub(crate) network: String,
    /// The coordinate.
    pub(crate) coordinate: String,
    /// The analytic derivative g.
    pub(crate) analytic: f64,
    /// The numeric derivative d.
    pub(crate) numeric: Option<f64>,
    /// The error bar of d.
    pub(crate) error_bar: Option<f64>,
    /// The tolerance for |g − d|.
    pub(crate) tolerance: f64,
    /// The one-sided derivatives, at a kink.
    pub(crate) one_sided: Option<[f64; 2]>,
    /// The number of coordinates that disagree.
    pub(crate) disagreeing: usize,
}

impl Correct {
    /// The counts of a report on a correct gradient.
    pub(super) fn of(scene: &Scene, report: &Report) -> Self {
        let rejected = report.verdict == Verdict::Disagree;
        let vacuous = report.counts.with_reason(Reason::Vacuous);
        let stationary = report.counts.with_reason(Reason::Stationary);
        let undecided = report.counts.inconclusive() - vacuous - stationary;
        let smooth = scene.architecture.activation().is_smooth();
        let worst = report.worst.first().filter(|_| rejected);
        let rejection = worst.map(|worst| Rejection {
            network: scene.name.clone(),
            coordinate: worst.coordinate.to_string(),
            analytic: worst.comparison.analytic,
            numeric: worst.comparison.numeric,
            error_bar: worst.comparison.error_bar,
            tolerance: worst.comparison.tolerance,
            one_sided: worst.comparison.one_sided,
            disagreeing: report.counts.disagree,
        });
        let total = report.counts.total();
        let condition = scene
            .name
            .rsplit(", ")
            .next()
            .unwrap_or_default()
            .to_owned();
        Self {
            nets: 1,
            rejected: usize::from(rejected),
            coordinates: total,
            smooth_coordinates: if smooth { total } else { 0 },
            inconclusive_smooth: if smooth { undecided } else { 0 },
            inconclusive_kinked: if smooth { 0 } else { undecided },
            vacuous,
            stationary,
            rejections: rejection.into_iter().collect(),
            by_condition: [(condition, (undecided, total))].into(),
        }
    }

    pub(super) fn add(&mut self, other: Self) {
        self.nets += other.nets;
        self.rejected += other.rejected;
        self.coordinates += other.coordinates;
        self.smooth_coordinates += other.smooth_coordinates;
        self.inconclusive_smooth += other.inconclusive_smooth;
        self.inconclusive_kinked += other.inconclusive_kinked;
        self.vacuous += other.vacuous;
        self.stationary += other.stationary;
        self.rejections.extend(other.rejections);
        for (condition, (undecided, total)) in other.by_condition {
            let sum = self.by_condition.entry(condition).or_default();
            sum.0 += undecided;
            sum.1 += total;
        }
    }

    /// The fraction of inconclusive coordinates, except in vacuous and stationary blocks.
    pub(crate) fn inconclusive_rate(&self) -> f64 {
        let undecided = self.inconclusive_smooth + self.inconclusive_kinked;
        undecided as f64 / self.coordinates as f64
    }
}

/// The number of conditions.
const CONDITIONS: usize = 11;

/// Checks the correct network of this number: every activation with every loss under every condition in turn.
pub(super) fn run(number: usize, by: By) -> Result<Correct> {
    let scene = scene(number)?;
    let check = by.check(&scene);
    let at = check.at(&scene.parameters)?;
    let report = at.check_gradient(&at.gradient()?)?;
    Ok(Correct::of(&scene, &report))
}

fn scene(number: usize) -> Result<Scene> {
    let activation = Activation::ALL[number % Activation::ALL.len()];
    let number_of = number / Activation::ALL.len();
    let loss = Loss::ALL[number_of % Loss::ALL.len()];
    let condition = number_of / Loss::ALL.len() % CONDITIONS;
    let outputs = match loss {
        Loss::SoftmaxCrossEntropy => 3,
        _ => 1 + number % 2,
    };
    let mut widths = match (condition, number % 4) {
        (9, _) => vec![4; 11],
        (_, 0) => vec![6, 8, 5],
        (_, 1) => vec![5, 6, 6],
        (_, 2) => vec![4, 7],
        _ => vec![3, 4, 4, 4],
    };
    widths.push(outputs);
    let lambda = match condition {
        4 => 1e-4,
        _ => [0.0, 0.5, 0.1][number % 3],
    };
    let architecture = Architecture::new(&widths, activation, loss)?.with_l2(lambda)?;
    let plain = Scene::new(architecture, number as u64)?;
    Ok(match condition {
        0 => plain.named("at initialization"),
        1 => plain.trained(3000)?.named("after 3000 steps"),
        2 => plain
            .with_pre_activation_at(3e-8)?
            .named("a pre-activation at 3e-8"),
        3 => plain
            .with_blank_example()?
            .named("zero biases and a blank example"),
        4 => plain.named("λ = 1e-4"),
        5 => plain.with_inputs_times(100.0)?.named("inputs × 100"),
        6 => plain.single().named("f32"),
        7 => plain.masked()?.named("dropout masks"),
        8 => plain.trained(60)?.named("after 60 steps"),
        10 => plain.with_blank_inputs()?.named("blank inputs"),
        _ => plain.named("ten hidden layers"),
    })
}
