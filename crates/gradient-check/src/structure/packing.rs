//! Whether the subject's own way between the flat vector and its arrays goes there and back, and hands
//! each coordinate to one scalar.

use std::collections::HashMap;

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
    structure
        .findings
        .extend(there_and_back(packing, point, layout).map_err(failed)?);
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

/// What is wrong with the arrays of the point, and with what they are flattened to.
fn there_and_back<T: Real>(
    packing: &dyn Packing<T>,
    point: &[T],
    layout: &ParameterLayout,
) -> Result<Vec<Finding>, EvaluationError> {
    let arrays = packing.unflatten(point)?;
    let faults = fit_arrays(&arrays, layout).faults.into_iter();
    let mut findings: Vec<Finding> = faults
        .map(|fault| Finding::Layout {
            of: Arrays::Parameters,
            fault,
        })
        .collect();
    let flat = packing.flatten(&arrays)?;
    findings.extend(round_trip(point, &flat, layout));
    Ok(findings)
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
    let arrays = packing.unflatten(&labels)?;
    drop(labels);
    // How often each turns up, and of those that turn up elsewhere where last; `None` in an array that is not in the
    // layout.
    let mut found: Vec<u32> = vec![0; layout.len()];
    let mut strayed: HashMap<usize, Option<usize>> = HashMap::new();
    for array in &arrays {
        let start = layout
            .block(&array.name)
            .filter(|block| block.len() == array.values.len())
            .map(|block| block.range().start);
        for (within, value) in array.values.iter().enumerate() {
            let label = value.widen();
            // No label is cut off to another one, nor negative.
            if label.fract() == 0.0
                && label >= 1.0
                && let Some(times) = found.get_mut(label as usize - 1)
            {
                let (own, place) = (label as usize - 1, start.map(|start| start + within));
                *times += 1;
                if place != Some(own) {
                    strayed.insert(own, place);
                }
            }
        }
    }
    let off: Vec<(usize, Reach)> = found
        .into_iter()
        .enumerate()
        .filter_map(|(i, times)| match times {
            0 => Some((i, Reach::None)),
            1 => {
                let place = layout.coordinate((*strayed.get(&i)?)?)?;
                Some((i, Reach::Other { place }))
            }
            times => Some((
                i,
                Reach::Several {
                    times: times as usize,
                },
            )),
        })
        .collect();
    let count = off.len();
    Ok(off.into_iter().next().and_then(|(i, reach)| {
        let at = layout.coordinate(i)?;
        Some(Finding::Reaches { at, reach, count })
    }))
}
