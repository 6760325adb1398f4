//! Names, shapes and offsets of a flat parameter vector, and the way there and back.
//!
//! Row-major, blocks one after the other, as NumPy and PyTorch flatten. Invariant: knows nothing
//! of what a block is for.

use std::fmt;

use thiserror::Error;

use crate::printable::printable;

/// One named array inside a flat vector.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    name: String,
    shape: Vec<usize>,
    offset: usize,
    len: usize,
    stage: Option<usize>,
}

impl Block {
    /// The name, unique in its layout.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The extent of each axis; empty for a scalar.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The place of the block in the evaluation order, counted from the input; for a network, its
    /// layer. `None` where there is no such order.
    pub fn stage(&self) -> Option<usize> {
        self.stage
    }

    /// The flat indices of the block.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.len
    }

    /// The number of entries: the product of the shape.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the block has no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The index along each axis of entry `within`, counted inside the block in row-major order.
    pub fn index_of(&self, within: usize) -> Vec<usize> {
        let mut rest = within;
        let mut index = vec![0; self.shape.len()];
        for (axis, &extent) in self.shape.iter().enumerate().rev() {
            index[axis] = rest % extent;
            rest /= extent;
        }
        index
    }
}

/// One entry of a block. Prints as `W2[3,1]`, the name [`printable`]; an entry of a scalar block prints as the name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coordinate {
    /// The name of the block.
    pub block: String,
    /// The index along each axis.
    pub index: Vec<usize>,
    /// The index in the flat vector.
    pub flat: usize,
}

impl fmt::Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", printable(&self.block))?;
        if self.index.is_empty() {
            return Ok(());
        }
        f.write_str("[")?;
        for (axis, i) in self.index.iter().enumerate() {
            if axis > 0 {
                f.write_str(",")?;
            }
            write!(f, "{i}")?;
        }
        f.write_str("]")
    }
}

/// An error in a layout, or in data that does not fit it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LayoutError {
    /// Two blocks have the same name.
    #[error(
        "two blocks are named `{}`: give each block a different name",
        printable(name)
    )]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// The number of entries is larger than an index can count.
    #[error(
        "block `{}` of shape {shape:?} has more entries than an index can count",
        printable(name)
    )]
    TooLarge {
        /// The block.
        name: String,
        /// The shape of the block.
        shape: Vec<usize>,
    },
    /// A flat vector has the wrong length.
    #[error("the flat vector has {got} entries, but the layout {layout} has {expected}")]
    Length {
        /// The layout in short form.
        layout: String,
        /// The length of the layout.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// The number of parts is not the number of blocks.
    #[error("there are {got} parts for the {expected} blocks of the layout {layout}")]
    PartCount {
        /// The layout in short form.
        layout: String,
        /// The number of blocks.
        expected: usize,
        /// The number of parts that came.
        got: usize,
    },
    /// A part has the wrong length.
    #[error(
        "the part for block `{}` has {got} entries, but its shape {shape:?} has {expected}",
        printable(block)
    )]
    PartLength {
        /// The block.
        block: String,
        /// The shape of the block.
        shape: Vec<usize>,
        /// The number of entries of the block.
        expected: usize,
        /// The length that came.
        got: usize,
    },
}

/// The blocks of a flat parameter vector, in order.
///
/// ```
/// use finite_diff::ParameterLayout;
/// let layout = ParameterLayout::new().with("W1", &[2, 3])?.with("b1", &[2])?;
/// assert_eq!(layout.len(), 8);
/// assert_eq!(layout.coordinate(4).unwrap().to_string(), "W1[1,1]");
///
/// let flat = layout.flatten(&[&[1., 2., 3., 4., 5., 6.], &[7., 8.]])?;
/// assert_eq!(layout.unflatten(&flat)?[1], &[7., 8.]);
/// # Ok::<(), finite_diff::layout::LayoutError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ParameterLayout {
    blocks: Vec<Block>,
    len: usize,
}

impl ParameterLayout {
    /// A layout without blocks.
    pub fn new() -> Self {
        Self::default()
    }

    /// A layout of one block of rank 1, for a vector that has no structure.
    pub fn flat(name: &str, len: usize) -> Self {
        Self {
            blocks: vec![Block {
                name: name.into(),
                shape: vec![len],
                offset: 0,
                len,
                stage: None,
            }],
            len,
        }
    }

    /// Appends a block with the extents `shape`; an empty shape is a scalar.
    ///
    /// # Errors
    /// [`LayoutError::DuplicateName`], and [`LayoutError::TooLarge`] where the number of entries
    /// overflows.
    pub fn with(self, name: impl Into<String>, shape: &[usize]) -> Result<Self, LayoutError> {
        self.push(name.into(), shape, None)
    }

    /// Appends a block that is used at `stage` of the evaluation; see [`Block::stage`].
    ///
    /// # Errors
    /// As [`with`](Self::with).
    pub fn with_stage(
        self,
        name: impl Into<String>,
        shape: &[usize],
        stage: usize,
    ) -> Result<Self, LayoutError> {
        self.push(name.into(), shape, Some(stage))
    }

    fn push(
        mut self,
        name: String,
        shape: &[usize],
        stage: Option<usize>,
    ) -> Result<Self, LayoutError> {
        if self.block(&name).is_some() {
            return Err(LayoutError::DuplicateName { name });
        }
        let end = shape
            .iter()
            .try_fold(1usize, |product, &extent| product.checked_mul(extent))
            .and_then(|len| Some((len, self.len.checked_add(len)?)));
        let Some((len, total)) = end else {
            return Err(LayoutError::TooLarge {
                name,
                shape: shape.to_vec(),
            });
        };
        self.blocks.push(Block {
            name,
            shape: shape.to_vec(),
            offset: self.len,
            len,
            stage,
        });
        self.len = total;
        Ok(self)
    }

    /// The number of parameters: the sum of all blocks' entries.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether the layout has no parameter.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The blocks in order.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The block named `name`.
    pub fn block(&self, name: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.name == name)
    }

    /// The position among [`blocks`](Self::blocks) of the block that holds flat index `flat`.
    pub fn block_index(&self, flat: usize) -> Option<usize> {
        if flat >= self.len {
            return None;
        }
        // The last block that starts at or before it; empty blocks before it start there too.
        Some(self.blocks.partition_point(|block| block.offset <= flat) - 1)
    }

    /// The name and index of flat index `flat`; `None` past the end.
    pub fn coordinate(&self, flat: usize) -> Option<Coordinate> {
        let block = &self.blocks[self.block_index(flat)?];
        Some(Coordinate {
            block: block.name.clone(),
            index: block.index_of(flat - block.offset),
            flat,
        })
    }

    /// One flat vector from one row-major slice a block.
    ///
    /// # Errors
    /// [`LayoutError::PartCount`] and [`LayoutError::PartLength`] where the parts don't fit.
    pub fn flatten<T: Copy>(&self, parts: &[&[T]]) -> Result<Vec<T>, LayoutError> {
        if parts.len() != self.blocks.len() {
            return Err(LayoutError::PartCount {
                layout: self.to_string(),
                expected: self.blocks.len(),
                got: parts.len(),
            });
        }
        for (block, part) in self.blocks.iter().zip(parts) {
            if part.len() != block.len {
                return Err(LayoutError::PartLength {
                    block: block.name.clone(),
                    shape: block.shape.clone(),
                    expected: block.len,
                    got: part.len(),
                });
            }
        }
        Ok(parts.concat())
    }

    /// One row-major slice a block, borrowed from the flat vector.
    ///
    /// # Errors
    /// [`LayoutError::Length`] where the vector is not as long as the layout.
    pub fn unflatten<'a, T>(&self, flat: &'a [T]) -> Result<Vec<&'a [T]>, LayoutError> {
        self.check_len(flat.len())?;
        Ok(self
            .blocks
            .iter()
            .map(|block| &flat[block.range()])
            .collect())
    }

    /// Checks that a flat vector of length `got` fits the layout.
    ///
    /// # Errors
    /// [`LayoutError::Length`].
    pub fn check_len(&self, got: usize) -> Result<(), LayoutError> {
        if got == self.len {
            return Ok(());
        }
        Err(LayoutError::Length {
            layout: self.to_string(),
            expected: self.len,
            got,
        })
    }
}

/// `W1[2,3] b1[2]`: the blocks with their extents.
impl fmt::Display for ParameterLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.blocks.is_empty() {
            return f.write_str("(no blocks)");
        }
        for (i, block) in self.blocks.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            let extents: Vec<_> = block.shape.iter().map(ToString::to_string).collect();
            write!(f, "{}[{}]", printable(&block.name), extents.join(","))?;
        }
        Ok(())
    }
}
