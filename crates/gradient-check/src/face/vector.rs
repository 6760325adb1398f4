//! The builder for functions of many values.

use finite_diff::{DifferenceError, EvaluationError, ParameterLayout, Real};
use thiserror::Error;

use super::adjoint::{AdjointReport, check_adjoint};
use super::closures::{AnyThread, Calls, Closures, OneThread, Output, Part, called};
use super::failure::{GradientError, Headlines};
use super::function::many;
use super::jacobian::check_rows;
use super::products::{check_jvp, check_vjp, flat};
use super::returned::{Returned, ReturnedVector};
use super::settings::{judgment, place, verdicts};
use super::setup::{Place, Setup};
use crate::error::{CheckError, keep, name_coordinate};
use crate::verdict::overall;
use crate::{Reason, Report, Verdict};

/// A check of the derivatives that a caller wrote for F: Tⁿ → Tᵐ: the whole Jacobian J_ij = ∂y_i/∂x_j, the
/// vector-Jacobian product Jᵀv that reverse mode computes, the Jacobian-vector product J·u of forward mode, or several
/// of them; with both products also the identity vᵀ(Ju) = (Jᵀv)ᵀu between them.
///
/// - [`jacobian`](Self::jacobian): every entry, row by row, each row like a gradient with its own noise. A probe
///   is evaluated once for all rows, so that it costs what a gradient costs.
/// - [`vjp`](Self::vjp): for one random v, Jᵀv as the gradient of vᵀF, in every coordinate, with all that
///   [`check_subject`](crate::check_subject) looks at; among it that Jᵀv is linear in v.
/// - [`jvp`](Self::jvp): for a random u that moves one block, for each of them, and one that moves all: J·u as the
///   derivative of t ↦ F(x + t·u), in every output.
///
/// v has entries of either sign and of size ½ to 1, from the seed, and never ones, with which a pass that ignores v
/// is right.
///
/// ```
/// use gradient_check::{VectorCheck, Verdict};
///
/// // y = (x₀x₁, sin x₁), with the second row of the Jacobian's sign wrong.
/// let report = VectorCheck::new(|x: &[f64]| [x[0] * x[1], x[1].sin()])
///     .jacobian(|x: &[f64]| [x[1], x[0], 0.0, -x[1].cos()])
///     .at([2.0, 0.5])
///     .run()?;
/// assert_eq!(report.verdict(), Verdict::Disagree);
/// assert_eq!(report.jacobian.unwrap().worst[0].coordinate.to_string(), "dy/dx[1,1]");
///
/// // Both products, right.
/// VectorCheck::new(|x: &[f64]| [x[0] * x[1], x[1].sin()])
///     .vjp(|x: &[f64], v: &[f64]| [v[0] * x[1], v[0] * x[0] + v[1] * x[1].cos()])
///     .jvp(|x: &[f64], u: &[f64]| [u[0] * x[1] + x[0] * u[1], x[1].cos() * u[1]])
///     .at([2.0, 0.5])
///     .verify()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct VectorCheck<'a, T = f64, C = AnyThread<'a, T>> {
    closures: C,
    output: Option<(String, Vec<usize>)>,
    /// ε of the coarsest type that a derivative comes in.
    epsilon: f64,
    setup: Setup<'a, T>,
}

impl<'a, T: Real> VectorCheck<'a, T> {
    /// A check of the function F. The other methods, at least one of them, set which derivatives of it to check.
    pub fn new<V: ReturnedVector>(function: impl Fn(&[T]) -> V + Send + Sync + 'a) -> Self {
        let mut closures = AnyThread::new();
        closures.set(Part::Value, move |_, x, _| many(function(x)));
        Self::of(closures)
    }

    /// The Jacobian at x: flat and row-major, m·n entries, or as a `Vec` of rows.
    #[must_use]
    pub fn jacobian<V: ReturnedVector>(
        mut self,
        jacobian: impl Fn(&[T]) -> V + Send + Sync + 'a,
    ) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], _: &[T]| many(jacobian(x));
        self.closures.set(Part::Derivative, call);
        self.at_best(V::EPSILON)
    }

    /// Jᵀv of x and v: n entries, or a `Vec` of one vector a block.
    #[must_use]
    pub fn vjp<V: ReturnedVector>(
        mut self,
        vjp: impl Fn(&[T], &[T]) -> V + Send + Sync + 'a,
    ) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], v: &[T]| many(vjp(x, v));
        self.closures.set(Part::Vjp, call);
        self.at_best(V::EPSILON)
    }

    /// J·u of x and u: m entries.
    #[must_use]
    pub fn jvp<V: ReturnedVector>(
        mut self,
        jvp: impl Fn(&[T], &[T]) -> V + Send + Sync + 'a,
    ) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], u: &[T]| many(jvp(x, u));
        self.closures.set(Part::Jvp, call);
        self.at_best(V::EPSILON)
    }
}

/// Closures that only this thread may call; see
/// [`GradientCheck::single_threaded`](crate::GradientCheck::single_threaded).
impl<'a, T: Real> VectorCheck<'a, T, OneThread<'a, T>> {
    /// Like [`new`](VectorCheck::new), for functions that are called on this thread only: `FnMut`, or such as hold what
    /// can't leave their thread.
    ///
    /// ```
    /// use std::cell::RefCell;
    /// use std::rc::Rc;
    /// use gradient_check::VectorCheck;
    /// let calls = Rc::new(RefCell::new(0));
    /// let counted = calls.clone();
    /// VectorCheck::single_threaded(move |x: &[f64]| {
    ///     *counted.borrow_mut() += 1;
    ///     [x[0] * x[1], x[1].sin()]
    /// })
    /// .jacobian(|x: &[f64]| [x[1], x[0], 0.0, x[1].cos()])
    /// .at([2.0, 0.5])
    /// .assert();
    /// assert!(*calls.borrow() > 0);
    /// ```
    pub fn single_threaded<V: ReturnedVector>(mut function: impl FnMut(&[T]) -> V + 'a) -> Self {
        let mut closures = OneThread::new();
        closures.set(Part::Value, move |_, x, _| many(function(x)));
        Self::of(closures)
    }

    /// The Jacobian at x: flat and row-major, m·n entries, or as a `Vec` of rows.
    #[must_use]
    pub fn jacobian<V: ReturnedVector>(mut self, mut jacobian: impl FnMut(&[T]) -> V + 'a) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], _: &[T]| many(jacobian(x));
        self.closures.set(Part::Derivative, call);
        self.at_best(V::EPSILON)
    }

    /// Jᵀv of x and v: n entries, or a `Vec` of one vector a block.
    #[must_use]
    pub fn vjp<V: ReturnedVector>(mut self, mut vjp: impl FnMut(&[T], &[T]) -> V + 'a) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], v: &[T]| many(vjp(x, v));
        self.closures.set(Part::Vjp, call);
        self.at_best(V::EPSILON)
    }

    /// J·u of x and u: m entries.
    #[must_use]
    pub fn jvp<V: ReturnedVector>(mut self, mut jvp: impl FnMut(&[T], &[T]) -> V + 'a) -> Self {
        let call = move |_: &ParameterLayout, x: &[T], u: &[T]| many(jvp(x, u));
        self.closures.set(Part::Jvp, call);
        self.at_best(V::EPSILON)
    }
}

impl<'a, T: Real, C: Closures<T>> VectorCheck<'a, T, C> {
    fn of(closures: C) -> Self {
        Self {
            closures,
            output: None,
            epsilon: f64::EPSILON,
            setup: Setup::new(),
        }
    }

    /// This check with one more derivative, computed in a type of this machine epsilon.
    fn at_best(mut self, epsilon: f64) -> Self {
        self.epsilon = self.epsilon.max(epsilon);
        self
    }

    /// The name and shape of the output. Without it, it is `y`, a vector.
    #[must_use]
    pub fn output(mut self, name: &str, shape: &[usize]) -> Self {
        self.output = Some((name.to_owned(), shape.to_vec()));
        self
    }

    place!();

    judgment!();

    /// Checks, and reports whatever came out.
    ///
    /// # Errors
    /// [`CheckError`], where the pieces don't fit together, a function fails, or nothing is to be checked.
    pub fn run(&self) -> Result<VectorReport, CheckError> {
        let layout = self.setup.layout()?;
        let point = &self.setup.point;
        layout.check_len(point.len()).map_err(CheckError::Point)?;
        if layout.is_empty() {
            return Err(CheckError::Empty);
        }
        let settings = self.setup.settings(self.epsilon, C::THREADS)?;
        let domain = self.setup.domain(&layout)?;
        let domain = domain.as_ref();
        if let Some(domain) = domain {
            let outside = |wrong| name_coordinate(DifferenceError::Domain(wrong), &layout);
            domain.check(point).map_err(outside)?;
        }
        let place = Place {
            point,
            domain,
            layout: &layout,
            settings: &settings,
        };
        let has = |part| self.closures.has(part);
        let has = [has(Part::Derivative), has(Part::Vjp), has(Part::Jvp)];
        let output = self.output.as_ref();
        called(&self.closures, &layout, |calls| {
            check_parts(calls, has, output, place)
        })
    }

    verdicts!(VectorReport);

    fn verified(&self) -> Result<VectorReport, GradientError<VectorReport>> {
        let unchecked = |error| GradientError::unchecked(error, &self.setup.called);
        let report = self.run().map_err(unchecked)?;
        let headlines = Headlines {
            wrong: "the derivative is wrong",
            undecided: "the derivative could not be confirmed",
            takes_resolution: true,
        };
        GradientError::unless_agreed(report.verdict(), report, &self.setup, &headlines)
    }
}

/// Checks each derivative that there is: the Jacobian, the vector-Jacobian product, the Jacobian-vector product.
fn check_parts<T: Real>(
    calls: &Calls<'_, T>,
    [has_jacobian, has_vjp, has_jvp]: [bool; 3],
    output: Option<&(String, Vec<usize>)>,
    place: Place<'_, T>,
) -> Result<VectorReport, CheckError> {
    let Place {
        point,
        layout,
        settings,
        ..
    } = place;
    let call = |part, x: &[T], with: &[T]| calls(part, x, with).map(Output::many);
    let values = |x: &[T]| call(Part::Value, x, &[]).map(flat);
    let vjp = |x: &[T], v: &[T]| call(Part::Vjp, x, v);
    let jvp = |x: &[T], u: &[T]| call(Part::Jvp, x, u);
    let output = named_output(output, values(point).map_err(forward_failed)?.len())?;
    let outputs = output.1.iter().product();

    let mut report = VectorReport::default();
    if has_jacobian {
        let named = named_jacobian(&output, layout)?;
        let rows = rows(call(Part::Derivative, point, &[]), outputs, &named)?;
        let checked = check_rows(&values, &rows, &named, place)?;
        report.jacobian = Some(checked);
    }
    let execution = &settings.execution;
    // What is measured is kept, where a failure is; the first part that could not be begun fails as a whole.
    let kept = |checked: Result<Report, CheckError>, is_first: bool| match checked {
        Ok(report) => Ok(Some(report)),
        Err(error) if is_first => Err(error),
        Err(error) => keep(error, execution).map(|()| None),
    };
    if has_vjp && !execution.has_failed() {
        let checked = check_vjp(&values, &vjp, outputs, place);
        report.vjp = kept(checked, report.jacobian.is_none())?;
    }
    if has_jvp && !execution.has_failed() {
        let is_first = report.verdicts().next().is_none();
        let checked = check_jvp(&values, &jvp, &output, place);
        report.jvp = kept(checked, is_first)?;
    }
    if has_jvp && has_vjp && !execution.has_failed() {
        let checked = check_adjoint(&jvp, &vjp, outputs, place)?;
        report.adjoint = Some(checked);
    }
    report.interrupted = execution.has_failed();
    if report.verdicts().next().is_none() {
        return Err(CheckError::NothingToCheck);
    }
    Ok(report)
}

/// The output as it is named, if it has `len` entries.
fn named_output(
    named: Option<&(String, Vec<usize>)>,
    len: usize,
) -> Result<(String, Vec<usize>), CheckError> {
    let (name, shape) = match named {
        Some(named) => named.clone(),
        None => ("y".to_owned(), vec![len]),
    };
    let expected = shape.iter().product();
    match len {
        0 => Err(CheckError::NoValues),
        len if len == expected => Ok((name, shape)),
        got => Err(CheckError::Output {
            name,
            shape,
            expected,
            got,
        }),
    }
}

fn forward_failed(source: EvaluationError) -> CheckError {
    CheckError::Difference(finite_diff::DifferenceError::Center { source })
}

/// `dy/dW` with the shape of y before that of W, for each block W.
fn named_jacobian(
    output: &(String, Vec<usize>),
    layout: &ParameterLayout,
) -> Result<ParameterLayout, CheckError> {
    let mut named = ParameterLayout::new();
    for block in layout.blocks() {
        let shape = [&output.1[..], block.shape()].concat();
        let name = format!("d{}/d{}", output.0, block.name());
        named = named.with(name, &shape).map_err(CheckError::Point)?;
    }
    Ok(named)
}

/// A Jacobian that came as a matrix of another shape.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "it is a {rows}×{columns} matrix, but the function has {outputs} values and {parameters} parameters: a row for each \
     value and a column for each parameter are expected"
)]
struct Misshapen {
    rows: usize,
    columns: usize,
    outputs: usize,
    parameters: usize,
}

/// The Jacobian by rows, however it came.
fn rows(
    returned: Result<Returned, EvaluationError>,
    outputs: usize,
    named: &ParameterLayout,
) -> Result<Vec<Vec<f64>>, CheckError> {
    let failed = |source| CheckError::Backward {
        call: "the Jacobian",
        source,
    };
    let returned = returned.map_err(failed)?;
    let parameters = named.len() / outputs;
    match returned {
        // Of a transposed matrix the whole has the right length too.
        Returned::Matrix { rows, columns, .. } if (rows, columns) != (outputs, parameters) => {
            return Err(failed(Box::new(Misshapen {
                rows,
                columns,
                outputs,
                parameters,
            })));
        }
        _ => {}
    }
    let flat = flat(returned);
    named.check_len(flat.len()).map_err(CheckError::Gradient)?;
    Ok(flat.chunks(parameters).map(<[f64]>::to_vec).collect())
}

/// The result of a [`VectorCheck`]: a report for each derivative that it was given.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct VectorReport {
    /// The Jacobian; its blocks are `dy/dW` with the shape of y before that of W.
    pub jacobian: Option<Report>,
    /// The vector-Jacobian product, as a gradient.
    pub vjp: Option<Report>,
    /// The Jacobian-vector product; its blocks are `dy/dW·u`, the derivative of y along a direction in W.
    pub jvp: Option<Report>,
    /// The identity between the two.
    pub adjoint: Option<AdjointReport>,
    /// Whether an evaluation failed and left its error in the slot ([`finite_diff::Execution::failure`]), so that what
    /// is missing was not checked.
    pub interrupted: bool,
}

impl VectorReport {
    /// The verdict on the whole.
    pub fn verdict(&self) -> Verdict {
        match overall(self.verdicts()) {
            Verdict::Agree if self.interrupted => Verdict::Inconclusive(Reason::Interrupted),
            verdict => verdict,
        }
    }

    fn verdicts(&self) -> impl Iterator<Item = Verdict> {
        let reports = [&self.jacobian, &self.vjp, &self.jvp];
        let adjoint = self.adjoint.as_ref().map(AdjointReport::verdict);
        let reports = reports.into_iter().flatten().map(|report| report.verdict);
        reports.chain(adjoint)
    }
}
