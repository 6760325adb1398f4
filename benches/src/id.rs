//! What each benchmark is called, once for those who measure and those who read.

use std::fmt;
use std::num::NonZeroUsize;

use crate::{Engine, ONE, Series, Size};

/// Group, function and value of a benchmark, as criterion calls them; prints as `group/function/value`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The engine, or the kind of measurement.
    pub group: String,
    /// The size, or the engine.
    pub function: String,
    /// The rest.
    pub value: String,
}

/// What the floors are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// A product that suits the machine.
    Product,
    /// So many of them on each of two threads at once: what a second thread is worth here and now.
    ProductsOnTwoThreads,
    /// Terms of the cost, by this function.
    Terms(&'static str),
    /// J once.
    Forward(Size),
    /// The forward pass with its caches, and the backward pass.
    ForwardAndBackward(Size),
    /// The backward pass alone.
    Backward(Size),
    /// A copy of θ.
    Copy(Size),
}

impl Floor {
    /// (128×784)·(784×256), the shape that is stated for nalgebra in the design.
    pub const PRODUCT: [usize; 3] = [128, 784, 256];
    /// How many of them a thread, so that starting it is nothing beside them.
    pub const PRODUCTS: usize = 8;
    /// How many terms at a time.
    pub const TERMS: usize = 4096;

    /// Its benchmark.
    pub fn id(&self) -> Id {
        let sized = |what: &str, size: &Size| (what.to_owned(), sized(size));
        let shape = Self::PRODUCT.map(|n| n.to_string()).join("x");
        let (function, value) = match self {
            Self::Product => ("product".to_owned(), shape),
            Self::ProductsOnTwoThreads => ("product on two threads".to_owned(), shape),
            Self::Terms(by) => ("terms".to_owned(), format!("{} by {by}", Self::TERMS)),
            Self::Forward(size) => sized("forward", size),
            Self::ForwardAndBackward(size) => sized("forward and backward", size),
            Self::Backward(size) => sized("backward", size),
            Self::Copy(size) => sized("copy of θ", size),
        };
        Id {
            group: "floor".to_owned(),
            function,
            value,
        }
    }
}

fn sized(size: &Size) -> String {
    format!("{} {}", size.name, size.shape())
}

impl Id {
    /// `engine/size/threads`.
    pub fn engine(engine: &Engine, size: &Size, threads: NonZeroUsize) -> Self {
        let unit = if threads == ONE { "thread" } else { "threads" };
        Self {
            group: engine.name.to_owned(),
            function: size.label(engine.extent),
            value: format!("{threads} {unit}"),
        }
    }

    /// `growth in P/engine/size`.
    pub fn growth(series: &Series, engine: &Engine, size: &Size) -> Self {
        Self {
            group: format!("growth in {}", series.name),
            function: engine.name.to_owned(),
            value: size.label(engine.extent),
        }
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.group, self.function, self.value)
    }
}
