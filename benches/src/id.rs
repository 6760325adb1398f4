//! The names of the benchmarks, shared by the code that measures and the code that reads.

use std::fmt;
use std::num::NonZeroUsize;

use crate::{Engine, ONE, Series, Size};

/// Group, function and value of a benchmark, as criterion names them; displays as `group/function/value`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// The engine, or the kind of measurement.
    pub group: String,
    /// The size, or the engine.
    pub function: String,
    /// The rest.
    pub value: String,
}

/// The measurements that give lower bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Floor {
    /// A matrix product of a shape that runs fast.
    Product,
    /// Several products on each of two threads at once: the gain by a second thread at the time.
    ProductsOnTwoThreads,
    /// Terms of the cost, by this function.
    Terms(&'static str),
    /// One evaluation of J.
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
    /// The number of products per thread, so many that the start of the thread is negligible.
    pub const PRODUCTS: usize = 8;
    /// The number of terms at a time.
    pub const TERMS: usize = 4096;

    /// The id of its benchmark.
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
    /// The id of an engine's benchmark, `engine/size/threads`.
    pub fn engine(engine: &Engine, size: &Size, threads: NonZeroUsize) -> Self {
        let unit = if threads == ONE { "thread" } else { "threads" };
        Self {
            group: engine.name.to_owned(),
            function: size.label(engine.extent),
            value: format!("{threads} {unit}"),
        }
    }

    /// The id of a benchmark of growth, `growth in P/engine/size`.
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
