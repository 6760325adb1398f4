//! Whether the subject's own way between the flat vector and its arrays goes there and back, and hands
//! each coordinate to one scalar.

use finite_diff::{DifferenceError, EvaluationError, ParameterLayout, Real};

use super::finding::{Arrays, Finding, Reach};
use super::layout::fit_arrays;
use super::outcome::{Skipped, StructuralCheck, Structure};
use crate::error::CheckError;
use crate::subject::{Packing, Subject};

pub(super) fn examine_packing<T: Real>(
    subject: &dyn Subject<T>,
    point: &[T],
    layout: &ParameterLayout,
    structure: &mut Structure,
) -> Result<(), CheckError> {
    let Some(packing) = subject.packing() else {
        structure.skipped.push(Skipped {
            check: StructuralCheck::RoundTrip,
            reason: "the subject has no flatten and unflatten of its own",
        });
        return Ok(());
    };
    let failed =
        |source: EvaluationError| CheckError::Difference(DifferenceError::Center { source });
    let arrays = packing.unflatten(point).map_err(failed)?;
    let fitted = fit_arrays(&arrays, layout);
    let faults = fitted.faults.into_iter().map(|fault| Finding::Layout {
        of: Arrays::Parameters,
        fault,
    });
    structure.findings.extend(faults);
    let flat = packing.flatten(&arrays).map_err(failed)?;
    structure.findings.extend(round_trip(point, &flat, layout));
    // Beyond this the type can't tell two whole numbers apart.
    if layout.len() as f64 > (T::MANTISSA_BITS as f64 + 1.0).exp2() {
        structure.skipped.push(Skipped {
            check: StructuralCheck::RoundTrip,
            reason: "there are more parameters than the type can number, so that it was not looked at \
                     which scalar each of them reaches",
        });
        return Ok(());
    }
    structure
        .findings
        .extend(reaches(packing, layout).map_err(failed)?);
    Ok(())
}

fn round_trip<T: Real>(point: &[T], flat: &[T], layout: &ParameterLayout) -> Option<Finding> {
    if flat.len() != point.len() {
        return Some(Finding::RoundTripLength {
            expected: point.len(),
            got: flat.len(),
        });
    }
    let bits = |x: &T| x.widen().to_bits();
    let i = (0..flat.len()).find(|&i| bits(&flat[i]) != bits(&point[i]))?;
    Some(Finding::RoundTrip {
        at: layout.coordinate(i)?,
        before: point[i].widen(),
        after: flat[i].widen(),
    })
}

/// Each coordinate gets a number of its own, 1, 2, 3, …, and one call of unflatten shows where each of
/// them turns up (S5): for one that copies its entries that is every perturbation of one coordinate at
/// once.
fn reaches<T: Real>(
    packing: &dyn Packing<T>,
    layout: &ParameterLayout,
) -> Result<Option<Finding>, EvaluationError> {
    let labels: Vec<T> = (1..=layout.len()).map(|i| T::narrow(i as f64)).collect();
    // How often each turns up, and where last; `None` in an array that is not in the layout.
    let mut found: Vec<(usize, Option<usize>)> = vec![(0, None); layout.len()];
    for array in &packing.unflatten(&labels)? {
        let start = layout
            .block(&array.name)
            .filter(|block| block.len() == array.values.len())
            .map(|block| block.range().start);
        for (within, value) in array.values.iter().enumerate() {
            let label = value.widen();
            // No label is cut off to another one, nor negative.
            if label.fract() == 0.0
                && label >= 1.0
                && let Some(entry) = found.get_mut(label as usize - 1)
            {
                *entry = (entry.0 + 1, start.map(|start| start + within));
            }
        }
    }
    let off: Vec<(usize, Reach)> = found
        .into_iter()
        .enumerate()
        .filter_map(|(i, entry)| match entry {
            (0, _) => Some((i, Reach::None)),
            (1, place) => {
                let place = layout.coordinate(place.filter(|&place| place != i)?)?;
                Some((i, Reach::Other { place }))
            }
            (times, _) => Some((i, Reach::Several { times })),
        })
        .collect();
    let count = off.len();
    Ok(off.into_iter().next().and_then(|(i, reach)| {
        let at = layout.coordinate(i)?;
        Some(Finding::Reaches { at, reach, count })
    }))
}
