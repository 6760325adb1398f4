//! The builder for a gradient with too many entries to check each.

use finite_diff::Real;

use super::closures::{AnyThread, Closures, called};
use super::failure::{GradientError, Headlines};
use super::function::Placed;
use super::settings::{place, verdicts};
use super::setup::Setup;
use crate::directional::{DirectionalReport, DirectionalSettings};
use crate::{CheckError, check_directional};

/// A check of a gradient along a few random directions for each block; a block that fails is bisected down to the wrong
/// coordinates.
///
/// Made by [`GradientCheck::directional`](crate::GradientCheck::directional), for closures of every kind. It takes some
/// 20 evaluations of the cost for each block, and one of the gradient; what it does is
/// [`check_directional`](crate::check_directional()).
///
/// ```
/// use gradient_check::{GradientCheck, Verdict};
///
/// let cost = |p: &[f64]| p.iter().map(|x| x.sin()).sum::<f64>();
/// let gradient = |p: &[f64]| {
///     let mut gradient: Vec<f64> = p.iter().map(|x| x.cos()).collect();
///     gradient[7 * 40 + 3] *= 1.01; // W[7,3]
///     gradient
/// };
/// let report = GradientCheck::new(cost, gradient)
///     .directional()
///     .at(vec![0.4; 2000])
///     .blocks(&[("W", &[40, 40]), ("b", &[400])])
///     .run()?;
/// assert_eq!(report.verdict, Verdict::Disagree);
/// assert_eq!(report.blocks[0].wrong[0].first.to_string(), "W[7,3]");
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
pub struct DirectionalCheck<'a, T = f64, C = AnyThread<'a, T>> {
    closures: C,
    /// ε of the type that the gradient comes in.
    epsilon: f64,
    settings: DirectionalSettings<'a>,
    setup: Setup<'a, T>,
}

impl<'a, T: Real, C: Closures<T>> DirectionalCheck<'a, T, C> {
    pub(super) fn of(closures: C, epsilon: f64, setup: Setup<'a, T>) -> Self {
        Self {
            closures,
            epsilon,
            settings: DirectionalSettings::default(),
            setup,
        }
    }

    place!();

    /// Sets the number of directions for each block: 3 by default. What passes with a chance of 1 % is 5.2 times the bar
    /// then.
    #[must_use]
    pub fn directions(mut self, directions: usize) -> Self {
        self.settings.directions = directions;
        self
    }

    /// Everything that a check along directions can be told. Replaces what was set before, but for the point and its blocks.
    #[must_use]
    pub fn settings(mut self, settings: DirectionalSettings<'a>) -> Self {
        self.setup.says_epsilon = true;
        self.setup.settings.seed = settings.seed;
        self.setup.settings.working_epsilon = settings.working_epsilon;
        self.setup.settings.claim = settings.claim;
        self.setup.settings.execution = settings.execution;
        self.settings = settings;
        self
    }

    /// Checks, and reports whatever came out.
    ///
    /// # Errors
    /// [`CheckError`], where the pieces don't fit together, the gradient does not fit the parameters, or a function fails. A
    /// wrong gradient is no error but a verdict.
    pub fn run(&self) -> Result<DirectionalReport, CheckError> {
        let layout = self.setup.layout()?;
        let shared = self.setup.settings(self.epsilon, C::THREADS)?;
        let settings = DirectionalSettings {
            seed: shared.seed,
            working_epsilon: shared.working_epsilon,
            claim: shared.claim,
            execution: shared.execution,
            ..self.settings.clone()
        };
        let domain = self.setup.domain(&layout)?;
        let point = &self.setup.point;
        called(&self.closures, &layout, |calls| {
            let placed = Placed {
                calls,
                layout: &layout,
                domain: domain.as_ref(),
                smooth: false,
            };
            // Before anything is asked of the functions.
            layout.check_len(point.len()).map_err(CheckError::Point)?;
            let gradient = placed.gradient(point)?;
            check_directional(&placed, &gradient, point, &layout, &settings)
        })
    }

    verdicts!(DirectionalReport);

    fn verified(&self) -> Result<DirectionalReport, GradientError<DirectionalReport>> {
        let unchecked = |error| GradientError::unchecked(error, &self.setup.called);
        let report = self.run().map_err(unchecked)?;
        let headlines = Headlines {
            wrong: "the gradient is wrong",
            undecided: "the gradient could not be confirmed",
            takes_resolution: false,
        };
        GradientError::unless_agreed(report.verdict, report, &self.setup, &headlines)
    }
}
