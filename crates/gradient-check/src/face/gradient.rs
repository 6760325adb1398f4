//! The builder for a gradient.

use finite_diff::Real;
use num_complex::Complex;

use super::closures::{AnyThread, Closures, OneThread, called};
use super::directional::DirectionalCheck;
use super::failure::{GradientError, Headlines};
use super::function::{self, Counterpart, OnComplex, Placed};
use super::returned::{ReturnedPair, ReturnedValue, ReturnedVector};
use super::settings::{judgment, place, verdicts};
use super::setup::Setup;
use crate::control::ControlReport;
use crate::{CheckError, Reason, Report, Settings, Verdict, check_subject, negative_control};

/// A check of the gradient of J: Tⁿ → T, from closures, where T is `f64` or `f32`.
///
/// [`new`](Self::new) takes the two, [`fused`](Self::fused) one that gives both, [`of_inputs`](Self::of_inputs)
/// functions of several arrays; [`single_threaded`](Self::single_threaded) and its like take closures that are `FnMut` or
/// can't leave their thread. Each may return a plain value or a `Result`. What it does is
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
pub struct GradientCheck<'a, T = f64, C = AnyThread<'a, T>> {
    closures: C,
    /// ε of the type that the gradient comes in.
    epsilon: f64,
    on_complex: Option<OnComplex<'a>>,
    setup: Setup<'a, T>,
}

impl<'a, T: Real> GradientCheck<'a, T> {
    /// A check of a value and a gradient, both functions of one flat vector.
    ///
    /// The closures are called on several threads. Those that are `FnMut`, or hold what can't leave its thread, go to
    /// [`single_threaded`](Self::single_threaded).
    pub fn new<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl Fn(&[T]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[T]) -> V + Send + Sync + 'a,
    ) -> Self {
        Self::of(function::flat(value, gradient), V::EPSILON)
    }

    /// A check of one function that returns the value and the gradient.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let both = |p: &[f64]| (p[0].exp(), [p[0].exp()]);
    /// GradientCheck::fused(both).at([0.5]).verify()?;
    /// # Ok::<(), gradient_check::GradientError>(())
    /// ```
    pub fn fused<P: ReturnedPair<T>>(both: impl Fn(&[T]) -> P + Send + Sync + 'a) -> Self {
        Self::of(function::fused(both), P::EPSILON)
    }

    /// A check of functions of several arrays, given by [`input`](Self::input). The gradient is one vector an input, in
    /// their order, or as arrays with their names.
    pub fn of_inputs<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl Fn(&[&[T]]) -> S + Send + Sync + 'a,
        gradient: impl Fn(&[&[T]]) -> V + Send + Sync + 'a,
    ) -> Self {
        Self::of(function::of_inputs(value, gradient), V::EPSILON)
    }
}

/// Closures that only this thread may call: `FnMut`, or such as hold an `Rc`, a `RefCell`, a handle to a library or an
/// interpreter.
///
/// The check runs on a thread of its own and sends each evaluation over to the thread that called
/// [`run`](GradientCheck::run), one at a time, so that [`threads`](GradientCheck::threads) has no effect. The report is
/// that of [`new`](GradientCheck::new), to the last bit. A panic in a closure comes out of `run`.
impl<'a, T: Real> GradientCheck<'a, T, OneThread<'a, T>> {
    /// Like [`new`](GradientCheck::new), for closures that are called on this thread only.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let mut evaluations = 0;
    /// let cost = |p: &[f64]| {
    ///     evaluations += 1;
    ///     p[0].exp()
    /// };
    /// GradientCheck::single_threaded(cost, |p: &[f64]| [p[0].exp()]).at([0.5]).assert();
    /// assert!(evaluations > 0);
    /// ```
    pub fn single_threaded<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl FnMut(&[T]) -> S + 'a,
        gradient: impl FnMut(&[T]) -> V + 'a,
    ) -> Self {
        Self::of(function::local_flat(value, gradient), V::EPSILON)
    }

    /// Like [`fused`](GradientCheck::fused), for a closure that is called on this thread only; the way in for a value and
    /// a gradient that change the same thing.
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    /// let mut scratch = vec![0.0];
    /// let both = |p: &[f64]| {
    ///     scratch[0] = p[0].exp();
    ///     (scratch[0], scratch.clone())
    /// };
    /// GradientCheck::single_threaded_fused(both).at([0.5]).assert();
    /// ```
    pub fn single_threaded_fused<P: ReturnedPair<T>>(both: impl FnMut(&[T]) -> P + 'a) -> Self {
        Self::of(function::local_fused(both), P::EPSILON)
    }

    /// Like [`of_inputs`](GradientCheck::of_inputs), for closures that are called on this thread only.
    pub fn single_threaded_of_inputs<S: ReturnedValue<T>, V: ReturnedVector>(
        value: impl FnMut(&[&[T]]) -> S + 'a,
        gradient: impl FnMut(&[&[T]]) -> V + 'a,
    ) -> Self {
        Self::of(function::local_of_inputs(value, gradient), V::EPSILON)
    }
}

impl<'a, T: Real, C: Closures<T>> GradientCheck<'a, T, C> {
    fn of(closures: C, epsilon: f64) -> Self {
        Self {
            closures,
            epsilon,
            on_complex: None,
            setup: Setup::new(),
        }
    }

    place!();

    judgment!();

    /// Switches the directional test off or on: it is on unless said.
    #[must_use]
    pub fn directional_test(mut self, on: bool) -> Self {
        self.setup.settings.directional_test = on;
        self
    }

    /// Adds the cost on complex numbers, as a function of the whole point, flat, so that the complex step applies.
    ///
    /// Coordinates that do not agree at first are looked at again by the complex step, whose derivatives have no rounding
    /// error to speak of: a cost too noisy for sharp differences is checked to its last digits all the same. The cost has to
    /// be analytic: without kinks, such as of ReLU, max or |·|, in either form, and on complex numbers without comparisons,
    /// `norm` or `conj`. Where the two are different functions at the point, this one is not believed. It may be
    /// called on any thread, also where the other closures stay on theirs.
    ///
    /// ```
    /// use gradient_check::{Complex, assert_gradient};
    ///
    /// let cost = |p: &[f64]| p[0] * p[1].sin();
    /// let on_complex = |z: &[Complex<f64>]| z[0] * z[1].sin();
    /// let gradient = |p: &[f64]| [p[1].sin(), p[0] * p[1].cos()];
    /// assert_gradient!(cost, gradient, at = [2.0, 0.5], complex_step = on_complex);
    /// ```
    #[must_use]
    pub fn complex_step<S: ReturnedValue<Complex<f64>>>(
        mut self,
        on_complex: impl Fn(&[Complex<f64>]) -> S + Send + Sync + 'a,
    ) -> Self {
        self.on_complex = Some(Box::new(move |point| on_complex(point).into_value()));
        self
    }

    /// Checks along random directions in place of every coordinate, for points with too many of those.
    ///
    /// ```
    /// use gradient_check::{GradientCheck, Verdict};
    ///
    /// let cost = |p: &[f64]| p.iter().map(|x| x.sin()).sum::<f64>();
    /// let gradient = |p: &[f64]| p.iter().map(|x| x.cos()).collect::<Vec<f64>>();
    /// let check = GradientCheck::new(cost, gradient).at(vec![0.4; 10_000]);
    /// let report = check.directional().directions(4).run()?;
    /// assert_eq!(report.verdict, Verdict::Agree);
    /// assert!(report.evaluations < 100);
    /// # Ok::<(), gradient_check::CheckError>(())
    /// ```
    ///
    /// Of the settings so far it keeps the point with its blocks, bounds and fixed blocks, the seed, the threads and the
    /// message; a sample, a resolution, an accuracy or a complex step mean nothing to it.
    #[must_use]
    pub fn directional(self) -> DirectionalCheck<'a, T, C> {
        DirectionalCheck::of(self.closures, self.epsilon, self.setup)
    }

    /// Checks, and reports whatever came out.
    ///
    /// # Errors
    /// [`CheckError`], where the pieces don't fit together or the function fails. A wrong gradient is no error but a
    /// verdict.
    pub fn run(&self) -> Result<Report, CheckError> {
        self.placed(|placed, point, settings| check_subject(placed, point, placed.layout, settings))
    }

    /// Plants errors into the gradient, one after the other, and tells whether the check rejects each: whether agreement
    /// means anything on this function, at this point. See [`negative_control`](crate::negative_control()).
    ///
    /// ```
    /// use gradient_check::GradientCheck;
    ///
    /// let cost = |p: &[f64]| p[0] * p[1].sin();
    /// let gradient = |p: &[f64]| [p[1].sin(), p[0] * p[1].cos()];
    /// let control = GradientCheck::new(cost, gradient).at([2.0, 0.5]).negative_control()?;
    /// assert!(control.passed());
    /// assert_eq!(control.rejected(), control.planted());
    /// # Ok::<(), gradient_check::CheckError>(())
    /// ```
    ///
    /// # Errors
    /// [`CheckError`], as [`run`](Self::run), and where the gradient does not fit the parameters.
    pub fn negative_control(&self) -> Result<ControlReport, CheckError> {
        self.placed(|placed, point, settings| {
            let gradient = placed.gradient(point)?;
            let is_told = settings.analytic_noise.is_some() || settings.analytic_rounding.is_some();
            let noise = match is_told || settings.working_epsilon > f64::EPSILON {
                true => None,
                false => Some(placed.noise(point, settings)?),
            };
            let settings = Settings {
                analytic_noise: noise.as_deref().or(settings.analytic_noise),
                ..settings.clone()
            };
            negative_control(placed, &gradient, point, placed.layout, &settings)
        })
    }

    /// What `work` makes of the functions, the point and the settings.
    fn placed<R: Send>(
        &self,
        mut work: impl FnMut(&Placed<'_, T>, &[T], &Settings<'_>) -> Result<R, CheckError> + Send,
    ) -> Result<R, CheckError> {
        let layout = self.setup.layout()?;
        let mut settings: Settings<'_> = self.setup.settings(self.epsilon, C::THREADS)?;
        let domain = self.setup.domain(&layout)?;
        let counterpart = self.on_complex.as_ref().map(|function| Counterpart {
            function,
            dim: layout.len(),
        });
        if let Some(counterpart) = &counterpart {
            settings.shadow = Some(counterpart);
        }
        // An analytic function has no kinks.
        let smooth = counterpart.is_some();
        let point = &self.setup.point;
        called(&self.closures, &layout, |calls| {
            let placed = Placed {
                calls,
                layout: &layout,
                domain: domain.as_ref(),
                smooth,
            };
            work(&placed, point, &settings)
        })
    }

    verdicts!(Report);

    fn verified(&self) -> Result<Report, GradientError> {
        let unchecked = |error| GradientError::unchecked(error, &self.setup.called);
        let report = self.run().map_err(unchecked)?;
        let mut headlines = Headlines {
            wrong: "the gradient is wrong",
            undecided: "the gradient could not be confirmed",
            takes_resolution: true,
        };
        let verdict = match report.verdict {
            // What an agreement leaves open was not tested.
            Verdict::Agree if self.setup.strict && report.left_open().total() > 0 => {
                headlines.undecided = "the gradient agrees where it was tested, but `strict` also rejects what was left open";
                Verdict::Inconclusive(Reason::Vacuous)
            }
            verdict => verdict,
        };
        GradientError::unless_agreed(verdict, report, &self.setup, &headlines)
    }
}
