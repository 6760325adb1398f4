//! Whether named arrays have the layout of the parameters, block by block, and what of them can still be
//! compared where they don't. Pure functions of names, shapes and lengths.
//!
//! Invariant: knows nothing of whether the numbers are right.

use finite_diff::{ParameterLayout, Real};

use crate::subject::{Gradient, NamedArray};

/// A departure of arrays from a layout.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LayoutFault {
    /// One flat vector of another length: it is not clear which entry belongs to which block.
    FlatLength {
        /// The number of parameters.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A block with another number of entries.
    Length {
        /// The block.
        block: String,
        /// The shape of the block in the layout.
        shape: Vec<usize>,
        /// The shape that came with the entries.
        stated: Vec<usize>,
        /// The number of entries that were returned.
        got: usize,
    },
    /// A block with as many entries in another shape; the entries are compared in the order they came.
    Shape {
        /// The block.
        block: String,
        /// The shape of the block in the layout.
        expected: Vec<usize>,
        /// The shape that came.
        got: Vec<usize>,
    },
    /// A name that no parameter has.
    Unknown {
        /// The name.
        block: String,
    },
    /// A name that came more than once; the first of them is compared.
    Duplicate {
        /// The block.
        block: String,
        /// The number of times the block was returned.
        times: usize,
    },
    /// The blocks come in another order than the parameters.
    Order {
        /// The first block that is not where it should be.
        block: String,
        /// The one that comes before it, which in the layout it precedes.
        after: String,
    },
}

impl LayoutFault {
    /// The block it is about; `None` where it is about all.
    pub fn block(&self) -> Option<&str> {
        match self {
            Self::FlatLength { .. } => None,
            Self::Length { block, .. }
            | Self::Shape { block, .. }
            | Self::Unknown { block }
            | Self::Duplicate { block, .. }
            | Self::Order { block, .. } => Some(block),
        }
    }
}

/// Arrays, as far as they fit into a layout.
pub(crate) struct Fitted<T> {
    /// The entries in the order of the layout; blocks without an array, and those that can't be placed, hold zeros.
    pub(crate) flat: Vec<T>,
    /// For each block of the layout, whether `flat` holds its entries or a gradient that is missing.
    pub(crate) placed: Vec<bool>,
    /// The blocks of the layout, by position, for which there is no array.
    pub(crate) missing: Vec<usize>,
    /// What does not fit.
    pub(crate) faults: Vec<LayoutFault>,
}

/// A gradient, as far as it fits.
pub(crate) fn fit_gradient(gradient: Gradient, layout: &ParameterLayout) -> Fitted<f64> {
    let blocks = layout.blocks().len();
    match gradient {
        Gradient::Blocks(arrays) => fit_arrays(&arrays, layout),
        Gradient::Flat(flat) if flat.len() == layout.len() => Fitted {
            flat,
            placed: vec![true; blocks],
            missing: Vec::new(),
            faults: Vec::new(),
        },
        Gradient::Flat(flat) => Fitted {
            flat: vec![0.0; layout.len()],
            placed: vec![false; blocks],
            missing: Vec::new(),
            faults: vec![LayoutFault::FlatLength {
                expected: layout.len(),
                got: flat.len(),
            }],
        },
    }
}

/// Named arrays, as far as they fit. A block without an array counts as placed: what is missing is zero
/// to whoever takes a step with it.
pub(crate) fn fit_arrays<T: Real>(arrays: &[NamedArray<T>], layout: &ParameterLayout) -> Fitted<T> {
    let mut fitted = Fitted {
        flat: vec![T::narrow(0.0); layout.len()],
        placed: vec![true; layout.blocks().len()],
        missing: Vec::new(),
        faults: Vec::new(),
    };
    for (position, block) in layout.blocks().iter().enumerate() {
        let mut named = arrays.iter().filter(|array| array.name == block.name());
        let Some(array) = named.next() else {
            if !block.is_empty() {
                fitted.missing.push(position);
            }
            continue;
        };
        let times = 1 + named.count();
        let name = || block.name().to_owned();
        if times > 1 {
            let block = name();
            fitted.faults.push(LayoutFault::Duplicate { block, times });
        }
        let stated = (array.shape.iter()).try_fold(1usize, |len, &extent| len.checked_mul(extent));
        if array.values.len() != block.len() || stated != Some(block.len()) {
            fitted.placed[position] = false;
            fitted.faults.push(LayoutFault::Length {
                block: name(),
                shape: block.shape().to_vec(),
                stated: array.shape.clone(),
                got: array.values.len(),
            });
            continue;
        }
        if array.shape != block.shape() {
            fitted.faults.push(LayoutFault::Shape {
                block: name(),
                expected: block.shape().to_vec(),
                got: array.shape.clone(),
            });
        }
        fitted.flat[block.range()].copy_from_slice(&array.values);
    }
    let mut known: Vec<(usize, &str)> = Vec::new();
    for array in arrays {
        let place = layout.blocks().iter().position(|b| b.name() == array.name);
        match place {
            None => fitted.faults.push(LayoutFault::Unknown {
                block: array.name.clone(),
            }),
            // A second one of a name has been said.
            Some(place) if known.iter().all(|(other, _)| *other != place) => {
                known.push((place, &array.name));
            }
            Some(_) => {}
        }
    }
    if let Some(pair) = known.windows(2).find(|pair| pair[1].0 < pair[0].0) {
        fitted.faults.push(LayoutFault::Order {
            block: pair[1].1.to_owned(),
            after: pair[0].1.to_owned(),
        });
    }
    fitted
}
