//! The preliminary checks before the comparison: whether the code under test is a function at all, leaves its
//! point unmodified, and returns something that has the shape of a gradient. A handful of passes.
//!
//! Invariant: knows nothing of whether the numbers of the gradient are right; the comparison decides that.

mod dependence;
mod finding;
mod layout;
mod outcome;
mod packing;
mod passes;

use finite_diff::{Outcome, ParameterLayout, Real};

use crate::error::{CheckError, inside, unless_failed};
use crate::evidence::Evidence;
use crate::settings::Settings;
use crate::subject::{Copied, Subject, objective_of};
use crate::verdict::Reason;
use dependence::dependence;
use packing::examine_packing;
use passes::Passes;

pub use finding::{Arrays, Dependence, Finding, Pass, Reach};
pub use layout::LayoutFault;
pub(crate) use layout::fit_gradient;
pub use outcome::{Skipped, StructuralCheck, Structure};

impl Structure {
    /// Adds the first probe at which J was no number, among the coordinates that this left inconclusive.
    pub(crate) fn heed_probes(&mut self, evidence: &Evidence, layout: &ParameterLayout) {
        if !evidence.cost.is_finite() || !evidence.deterministic {
            return;
        }
        let mut found = evidence.observations.iter().filter_map(|o| {
            let (side, value) = match (o.first, o.fine) {
                (_, Some(Outcome::NonFinite { side, value }))
                | (Outcome::NonFinite { side, value }, None) => (side, value),
                _ => return None,
            };
            Some((o.coordinate, side, value))
        });
        if let Some((coordinate, side, value)) = found.next() {
            self.findings.push(Finding::NonFinite {
                pass: Pass::Probe,
                at: layout.coordinate(coordinate),
                value,
                count: 1 + found.count(),
                side: Some(side),
            });
        }
    }
}

/// Looks at the structure of a subject around `point`: whether both passes give the same bits twice,
/// leave the parameters and the inputs alone and do not add up from call to call; whether the gradient
/// is zero for a zero cotangent and doubles with it; whether it has the blocks of `layout`, with numbers
/// in them, and whether J depends on those that are missing; whether the subject's own way between the
/// flat vector and its arrays goes there and back. Of `settings` only the seed and the working epsilon
/// are used.
///
/// ```
/// use finite_diff::{EvaluationError, ParameterLayout};
/// use gradient_check::{Settings, Subject};
/// use gradient_check::structure::{Finding, examine};
/// use gradient_check::subject::Gradient;
///
/// /// J = Σx², with a decay term that was added to the gradient instead of the cost.
/// struct Decayed;
///
/// impl Subject<f64> for Decayed {
///     fn value(&self, x: &mut [f64]) -> Result<f64, EvaluationError> {
///         Ok(x.iter().map(|x| x * x).sum())
///     }
///
///     fn backward(&self, x: &mut [f64], cotangent: f64) -> Result<Gradient, EvaluationError> {
///         Ok(Gradient::Flat(x.iter().map(|x| cotangent * 2.0 * x + 0.01 * x).collect()))
///     }
/// }
///
/// let layout = ParameterLayout::flat("x", 3);
/// let structure = examine(&Decayed, &[1.0, -2.0, 0.5], &layout, &Settings::default())?;
/// let names: Vec<&str> = structure.findings.iter().map(Finding::name).collect();
/// assert_eq!(names, ["non-zero-at-zero-cotangent"]);
/// # Ok::<(), gradient_check::CheckError>(())
/// ```
///
/// # Errors
/// [`CheckError`], where the point does not fit the layout or a pass fails.
pub fn examine<T: Real, S: Subject<T> + ?Sized>(
    subject: &S,
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Structure, CheckError> {
    once(&subject, point, layout, settings)
}

finite_diff::compiled_once! {
    fn once<'a, T>(
        subject: &'a dyn Subject<T>,
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &'a Settings<'a>,
    ) -> Result<Structure, CheckError> = examine_of
}

fn examine_of<T: Real>(
    subject: &dyn Subject<T>,
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Structure, CheckError> {
    inspect(subject, point, layout, settings).map(|inspected| inspected.structure)
}

/// What [`examine`] found, with what the comparison goes on from.
pub(crate) struct Inspected {
    pub(crate) structure: Structure,
    /// J at the point, of the first call.
    pub(crate) cost: f64,
    /// Whether J was the same at the second call.
    pub(crate) deterministic: bool,
    /// The gradient of the first call as far as it fits, flat; zero where it is missing.
    pub(crate) gradient: Vec<f64>,
    /// For each block whether there is something to compare.
    pub(crate) placed: Vec<bool>,
}

pub(crate) fn inspect<T: Real>(
    subject: &dyn Subject<T>,
    point: &[T],
    layout: &ParameterLayout,
    settings: &Settings<'_>,
) -> Result<Inspected, CheckError> {
    layout.check_len(point.len()).map_err(CheckError::Point)?;
    if layout.is_empty() {
        return Err(CheckError::Empty);
    }
    unless_failed(settings)?;
    let domain = subject.domain();
    inside(domain, point, layout)?;
    let mut structure = Structure::default();
    let mut passes = Passes::new(subject, point, layout, settings);
    let (cost, deterministic) = passes.forward_twice(&mut structure)?;
    let fitted = passes.backward_twice(cost, deterministic, &mut structure)?;
    passes.cotangents(&fitted, &mut structure)?;
    passes.leaves_alone(&mut structure);

    let faults = fitted.faults.into_iter().map(|fault| Finding::Layout {
        of: Arrays::Gradient,
        fault,
    });
    structure.findings.extend(faults);
    let copied = Copied { subject, layout };
    let objective = objective_of(subject, &copied);
    for &position in &fitted.missing {
        let block = &layout.blocks()[position];
        if domain.is_some_and(|domain| block.range().all(|i| domain.is_fixed(i))) {
            // Nobody wants a gradient of it.
            continue;
        }
        let known = if !deterministic {
            Err(Reason::NotDeterministic)
        } else if !cost.is_finite() {
            Err(Reason::NonFinite)
        } else {
            Ok(cost)
        };
        let (dependence, evaluations) = match known {
            Ok(cost) => dependence(objective.as_ref(), point, &block.range(), cost, settings)?,
            Err(reason) => (Dependence::Unknown { reason }, 0),
        };
        structure.forward_passes += evaluations;
        structure.findings.push(Finding::Missing {
            block: block.name().to_owned(),
            dependence,
        });
    }
    examine_packing(subject, point, layout, &mut structure)?;
    Ok(Inspected {
        structure,
        cost,
        deterministic,
        gradient: fitted.flat,
        placed: fitted.placed,
    })
}
