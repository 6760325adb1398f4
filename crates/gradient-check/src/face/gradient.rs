//! The builder for a gradient.

use finite_diff::Real;

use super::failure::{GradientError, Headlines};
use super::function::{Function, Placed};
use super::returned::{ReturnedPair, ReturnedValue, ReturnedVector};
use super::setup::{Setup, settings, verdicts};
use crate::{CheckError, Reason, Report, Verdict, check_subject};

/// A check of the gradient of J: Tⁿ → T, from closures, where T is `f64` or `f32`.
///
/// [`new`](Self::new) takes the two, [`fused`](Self::fused) one that gives both, [`of_inputs`](Self::of_inputs)
/// functions of several arrays. Each may return a plain value or a `Result`. What it does is
/// [`check_subject`]: a look at the structure first (the same bits twice, shapes, piling up), the noise of both
/// sides, every coordinate by central differences with error bars, suspects again on a ladder of steps,
/// and the directional test along random directions.
///
/// ```
/// use gradient_check::{GradientCheck, Verdict};
///
/// let report = GradientCheck::new(
///     |p: &[f64]| p[0] * p[1].sin(),
///     |p: &[f64]| vec![p[1].sin(), p[0] * p[1].cos()],
/// )
/// .at([2.0, 0.5])
/// .run()?;
/// assert_eq!(report.verdict, Verdict::Agree);
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
///
/// A function that can fail, of several arrays with names:
///
/// ```
/// use gradient_check::{CheckError, GradientCheck, GradientError, Verdict};
///
/// #[derive(Debug, thiserror::Error)]
/// #[error("no data")]
/// struct NoData;
///
/// // J = Σ_i (w·x_i + b)², with w and b apart.
/// let data = [[1.0, 2.0], [0.5, -1.0]];
/// let residuals = |p: &[&[f64]]| -> Result<Vec<f64>, NoData> {
///     let (w, b) = (p[0], p[1][0]);
///     Ok(data.iter().map(|x| w[0] * x[0] + w[1] * x[1] + b).collect())
/// };
/// let cost = |p: &[&[f64]]| Ok::<_, NoData>(residuals(p)?.iter().map(|r| r * r).sum::<f64>());
/// let gradient = |p: &[&[f64]]| -> Result<Vec<Vec<f64>>, NoData> {
///     let r = residuals(p)?;
///     let along = |k: usize| (0..2).map(|i| 2.0 * r[i] * data[i][k]).sum::<f64>();
///     Ok(vec![vec![along(0), along(1)], vec![r[0] + r[1]]]) // 2· forgotten in b
/// };
/// let wrong = GradientCheck::of_inputs(cost, gradient)
///     .input("encoder.weight", &[2], [0.3, -0.7])
///     .input("encoder.bias", &[], [0.1])
///     .verify()
///     .unwrap_err();
/// let GradientError::Wrong(failure) = wrong else { panic!() };
/// assert_eq!(failure.report.worst[0].coordinate.to_string(), "encoder.bias");
///
/// // The caller's own error comes back.
/// let failing = GradientCheck::new(|_: &[f64]| Err::<f64, _>(NoData), |_: &[f64]| [1.0]).at([1.0]);
/// assert!(failing.run().unwrap_err().caused_by::<NoData>().is_some());
/// ```
pub struct GradientCheck<'a, T = f64> {
    function: Function<'a, T>,
    setup: Setup<'a, T>,
}

impl<'a, T: Real> GradientCheck<'a, T> {
    /// Of a value and a gradient, both functions of one flat vector.
    pub fn new<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl Fn(&[T]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[T]) -> V + Send + Sync + 'a,
    ) -> Self {
        Self::of(Function::flat(value, gradient))
    }

    /// Of one function that gives the value and the gradient.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let both = |p: &[f64]| (p[0].exp(), [p[0].exp()]);
    /// GradientCheck::fused(both).at([0.5]).verify()?;
    /// # Ok::<(), gradient_check::GradientError>(())
    /// ```
    pub fn fused<P: ReturnedPair<T>>(both: impl Fn(&[T]) -> P + Send + Sync + 'a) -> Self {
        Self::of(Function::fused(both))
    }

    /// Of functions of several arrays, given by [`input`](Self::input). The gradient comes as one vector an input, in
    /// their order, or as arrays with their names.
    pub fn of_inputs<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl Fn(&[&[T]]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[&[T]]) -> V + Send + Sync + 'a,
    ) -> Self {
        Self::of(Function::of_inputs(value, gradient))
    }

    fn of(function: Function<'a, T>) -> Self {
        Self {
            function,
            setup: Setup::new(),
        }
    }

    settings!();

    /// Switches the directional test off or on: it is on unless said.
    #[must_use]
    pub fn directional_test(mut self, on: bool) -> Self {
        self.setup.settings.directional_test = on;
        self
    }

    /// Checks, and reports whatever came out.
    ///
    /// # Errors
    /// [`CheckError`], where the pieces don't fit together or the function fails. A wrong gradient is no error but a
    /// verdict.
    pub fn run(&self) -> Result<Report, CheckError> {
        let layout = self.setup.layout()?;
        let mut settings = self.setup.settings()?;
        if !self.setup.says_epsilon {
            settings.working_epsilon = self.function.epsilon;
        }
        let domain = self.setup.domain(&layout)?;
        let placed = Placed {
            function: &self.function,
            layout: &layout,
            domain: domain.as_ref(),
        };
        check_subject(&placed, &self.setup.point, &layout, &settings)
    }

    verdicts!(Report);

    fn verified(&self) -> Result<Report, GradientError> {
        let unchecked = |error| GradientError::unchecked(error, &self.setup.called);
        let report = self.run().map_err(unchecked)?;
        let mut headlines = Headlines {
            wrong: "the gradient is wrong",
            undecided: "the gradient could not be confirmed",
        };
        let verdict = match report.verdict {
            // What an agreement leaves open was not tested.
            Verdict::Agree if self.setup.strict && report.left_open().total() > 0 => {
                headlines.undecided = "the gradient agrees where it was tested; `strict` demands all of it, and more was left open";
                Verdict::Inconclusive(Reason::Vacuous)
            }
            verdict => verdict,
        };
        GradientError::unless_agreed(verdict, report, &self.setup, &headlines)
    }
}
