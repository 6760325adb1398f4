//! The subject of a check: a cost with its backward pass, as code that can be called and observed.
//!
//! Invariant: knows nothing of how the code works; it may be foreign, and modify its arguments.

use finite_diff::domain::Within;
use finite_diff::{Domain, EvaluationError, Objective, ParameterLayout, Real, from_fn};

/// An array with its name and shape, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedArray<T = f64> {
    /// The name.
    pub name: String,
    /// The extent of each axis; empty for a scalar.
    pub shape: Vec<usize>,
    /// The entries; as many as the product of the shape, if all is well.
    pub values: Vec<T>,
}

impl<T> NamedArray<T> {
    /// An array of these parts, which may contradict each other: that is for a check to say.
    pub fn new(name: impl Into<String>, shape: &[usize], values: Vec<T>) -> Self {
        Self {
            name: name.into(),
            shape: shape.to_vec(),
            values,
        }
    }
}

/// A gradient as the code under test hands it out.
#[derive(Debug, Clone, PartialEq)]
pub enum Gradient {
    /// One flat vector, in the order of the parameters.
    Flat(Vec<f64>),
    /// One array for each block. A block for which the code has none, as frameworks say of what they hold to
    /// be disconnected, is left out. The order is held against that of the parameters; an adapter whose
    /// code keeps them in an unordered map sorts them first.
    Blocks(Vec<NamedArray>),
}

/// The subject's own way between the flat vector and the arrays its code works on.
pub trait Packing<T> {
    /// The arrays, as the code sees them after it was handed `flat`.
    ///
    /// # Errors
    /// Whatever the code under test fails with.
    fn unflatten(&self, flat: &[T]) -> Result<Vec<NamedArray<T>>, EvaluationError>;

    /// The flat vector of `arrays`.
    ///
    /// # Errors
    /// Whatever the code under test fails with.
    fn flatten(&self, arrays: &[NamedArray<T>]) -> Result<Vec<T>, EvaluationError>;
}

/// A cost J: Tⁿ → T and the code that computes its gradient.
///
/// The methods take `&mut [T]`, because the code under test may be foreign and write where it should
/// only read. They are handed copies, never the caller's point, and the copies are looked at afterward.
/// Where a call takes 1 ms or more, several of either pass may be under way at a time.
/// Whatever else the code keeps between two calls it keeps inside `self`: an adapter hands it on as it
/// is, so that gradients that pile up are seen. Several inputs are several blocks of one point.
///
/// Only `value` and `backward` must be written; each of the others, left as it is, skips the checks that
/// need it, and the report says so. [`from_closures`] makes a subject of two closures.
///
/// ```
/// use finite_diff::{EvaluationError, ParameterLayout};
/// use gradient_check::{Settings, Subject, Verdict, check_subject};
/// use gradient_check::structure::Finding;
/// use gradient_check::subject::{Gradient, NamedArray};
///
/// /// J = a·b + c², whose backward pass forgets c.
/// struct Forgetful;
///
/// impl Subject<f64> for Forgetful {
///     fn value(&self, p: &mut [f64]) -> Result<f64, EvaluationError> {
///         Ok(p[0] * p[1] + p[2] * p[2])
///     }
///
///     fn backward(&self, p: &mut [f64], cotangent: f64) -> Result<Gradient, EvaluationError> {
///         Ok(Gradient::Blocks(vec![
///             NamedArray::new("a", &[], vec![cotangent * p[1]]),
///             NamedArray::new("b", &[], vec![cotangent * p[0]]),
///         ]))
///     }
/// }
///
/// let layout = ParameterLayout::new().with("a", &[])?.with("b", &[])?.with("c", &[])?;
/// let report = check_subject(&Forgetful, &[2.0, 3.0, 0.5], &layout, &Settings::default())?;
/// assert_eq!(report.verdict, Verdict::Disagree);
/// let structure = report.structure.unwrap();
/// assert!(structure.findings[0].message().starts_with("no gradient for `c`, though J depends on it"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Subject<T: Real>: Sync {
    /// J at `point`: the forward pass.
    ///
    /// # Errors
    /// Whatever the code under test fails with.
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError>;

    /// cotangent·∂J/∂θ at `point`: the backward pass, with all that it needs to run before it.
    ///
    /// # Errors
    /// Whatever the code under test fails with.
    fn backward(&self, point: &mut [T], cotangent: f64) -> Result<Gradient, EvaluationError>;

    /// Whether [`backward`](Self::backward) uses its cotangent. Where it does not, it is called with 1
    /// alone, and what a cotangent would show is not checked.
    fn takes_cotangent(&self) -> bool {
        true
    }

    /// A hash of everything the code reads and should not change beside its point: the data, the masks,
    /// running statistics.
    fn inputs_fingerprint(&self) -> Option<u64> {
        None
    }

    /// The way between the flat vector and the code's own arrays, where the code under test owns it.
    fn packing(&self) -> Option<&dyn Packing<T>> {
        None
    }

    /// J as an objective that is known to leave its point alone. Without one each probe is a call of
    /// [`value`](Self::value) on a fresh copy; with one a model that knows its smooth pieces, or how to recompute only
    /// what a probe touches, can say so.
    fn objective(&self) -> Option<&dyn Objective<T>> {
        None
    }

    /// Where both passes may be called: that of [`objective`](Self::objective), if it has one. A check calls
    /// neither of them anywhere else.
    fn domain(&self) -> Option<&Domain> {
        self.objective().and_then(Objective::domain)
    }
}

impl<T: Real, S: Subject<T> + ?Sized> Subject<T> for &S {
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        (**self).value(point)
    }

    fn backward(&self, point: &mut [T], cotangent: f64) -> Result<Gradient, EvaluationError> {
        (**self).backward(point, cotangent)
    }

    fn takes_cotangent(&self) -> bool {
        (**self).takes_cotangent()
    }

    fn inputs_fingerprint(&self) -> Option<u64> {
        (**self).inputs_fingerprint()
    }

    fn packing(&self) -> Option<&dyn Packing<T>> {
        (**self).packing()
    }

    fn objective(&self) -> Option<&dyn Objective<T>> {
        (**self).objective()
    }

    fn domain(&self) -> Option<&Domain> {
        (**self).domain()
    }
}

/// A subject made of an objective and a closure that gives its gradient as one flat vector.
#[derive(Debug, Clone)]
pub struct Plain<O, G> {
    objective: O,
    gradient: G,
}

/// A subject made of two closures: J, and its gradient as one flat vector.
///
/// ```
/// use gradient_check::{Settings, Verdict, check_subject};
/// use gradient_check::subject::from_closures;
/// use finite_diff::ParameterLayout;
///
/// let subject = from_closures(2, |p: &[f64]| p[0] * p[1].sin(), |p| vec![p[1].sin(), p[0] * p[1].cos()]);
/// let layout = ParameterLayout::flat("p", 2);
/// let report = check_subject(&subject, &[2.0, 0.5], &layout, &Settings::default())?;
/// assert_eq!(report.verdict, Verdict::Agree);
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
pub fn from_closures<T, F, G>(dim: usize, value: F, gradient: G) -> impl Subject<T>
where
    T: Real,
    F: Fn(&[T]) -> T + Sync,
    G: Fn(&[T]) -> Vec<f64> + Sync,
{
    from_objective(from_fn(dim, value), move |point: &[T]| Ok(gradient(point)))
}

/// A subject made of an objective and a closure that can fail.
pub fn from_objective<T, O, G>(objective: O, gradient: G) -> Plain<O, G>
where
    T: Real,
    O: Objective<T>,
    G: Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
{
    Plain {
        objective,
        gradient,
    }
}

impl<T, O, G> Subject<T> for Plain<O, G>
where
    T: Real,
    O: Objective<T>,
    G: Fn(&[T]) -> Result<Vec<f64>, EvaluationError> + Sync,
{
    fn value(&self, point: &mut [T]) -> Result<T, EvaluationError> {
        self.objective.value(point)
    }

    fn backward(&self, point: &mut [T], _: f64) -> Result<Gradient, EvaluationError> {
        (self.gradient)(point).map(Gradient::Flat)
    }

    fn takes_cotangent(&self) -> bool {
        false
    }

    fn objective(&self) -> Option<&dyn Objective<T>> {
        Some(&self.objective)
    }
}

/// A subject's J as an objective: every evaluation gets a copy of the point for itself.
pub(crate) struct Copied<'a, T> {
    pub(crate) subject: &'a dyn Subject<T>,
    pub(crate) layout: &'a ParameterLayout,
}

impl<T: Real> Objective<T> for Copied<'_, T> {
    fn dim(&self) -> usize {
        self.layout.len()
    }

    fn value(&self, point: &[T]) -> Result<T, EvaluationError> {
        self.subject.value(&mut point.to_vec())
    }

    fn domain(&self) -> Option<&Domain> {
        self.subject.domain()
    }
}

/// The objective of a subject, `copied` where it has none, kept in its domain.
pub(crate) fn objective_of<'a, T: Real>(
    subject: &'a dyn Subject<T>,
    copied: &'a Copied<'a, T>,
) -> Box<dyn Objective<T> + 'a> {
    let objective: &dyn Objective<T> = subject.objective().unwrap_or(copied);
    match subject.domain() {
        Some(domain) if objective.domain().is_none() => Box::new(Within::new(objective, domain)),
        _ => Box::new(objective),
    }
}
