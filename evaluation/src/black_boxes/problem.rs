//! One problem for the checker: a cost, its correct gradient, a point, and the expected verdict; and the only call of
//! the checker.

use finite_diff::Real;
use gradient_check::face::{ReturnedValue, ReturnedVector};
use gradient_check::{CheckError, GradientCheck, Report};

/// The expected verdict on the gradient of a problem.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Expected {
    /// It agrees.
    Agree,
    /// It agrees once an accuracy is granted.
    AgreeWithAccuracy {
        /// The accuracy to grant.
        accuracy: f64,
        /// The acceptable verdicts without it.
        default_may: &'static [Word],
    },
    /// It is inconclusive, and does not pass.
    Undecided,
    /// It is not called wrong.
    NotWrong,
    /// It is wrong, and called wrong.
    NotAgree,
}

/// An acceptable verdict or reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    Agree,
    /// Inconclusive, because the difference is real but small.
    Inexact,
    Wrong,
}

/// The claim about the cost and the gradient.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// No claim.
    Default,
    /// Both are accurate to this relative error.
    Accuracy(f64),
    /// Both are computed to rounding.
    Exact,
}

type Cost<T> = Box<dyn Fn(&[T]) -> T + Send + Sync>;
type Gradient<T> = Box<dyn Fn(&[T]) -> Vec<T> + Send + Sync>;

enum Functions {
    Double(Cost<f64>, Gradient<f64>),
    Single(Cost<f32>, Gradient<f32>),
}

/// An error added to one entry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Planted {
    pub(crate) entry: usize,
    pub(crate) error: f64,
}

/// One problem.
pub(crate) struct Problem {
    functions: Functions,
    /// The point; exact in single precision if the functions take that.
    pub(crate) point: Vec<f64>,
    blocks: Vec<(&'static str, Vec<usize>)>,
    lower: Option<Vec<f64>>,
    /// The entries in which a planted error need not be detected: at kinks, saturated, zero.
    untold: Vec<usize>,
    /// The cost to rounding, if that in `functions` has noise or constants.
    reference: Option<Cost<f64>>,
    /// The length on which the cost varies with each parameter, if that is not the parameter's size.
    units: Option<Vec<f64>>,
    /// The accuracy of the gradient that is taken to be correct.
    pub(crate) right_to: f64,
}

impl Problem {
    /// A problem with functions in double precision.
    pub(crate) fn new(
        point: Vec<f64>,
        cost: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
        gradient: impl Fn(&[f64]) -> Vec<f64> + Send + Sync + 'static,
    ) -> Self {
        let functions = Functions::Double(Box::new(cost), Box::new(gradient));
        Self::of(point, functions)
    }

    /// A problem with functions in single precision.
    pub(crate) fn single(
        point: Vec<f64>,
        cost: impl Fn(&[f32]) -> f32 + Send + Sync + 'static,
        gradient: impl Fn(&[f32]) -> Vec<f32> + Send + Sync + 'static,
    ) -> Self {
        let functions = Functions::Single(Box::new(cost), Box::new(gradient));
        let point = point.iter().map(|x| f64::from(*x as f32)).collect();
        Self::of(point, functions).right_to(1e-5)
    }

    fn of(point: Vec<f64>, functions: Functions) -> Self {
        Self {
            functions,
            point,
            blocks: Vec::new(),
            lower: None,
            untold: Vec::new(),
            reference: None,
            units: None,
            right_to: 1e-7,
        }
    }

    /// Sets the names and shapes of the blocks; one block by default.
    pub(crate) fn blocks(mut self, blocks: &[(&'static str, &[usize])]) -> Self {
        self.blocks = blocks
            .iter()
            .map(|(name, shape)| (*name, shape.to_vec()))
            .collect();
        self
    }

    /// Sets the lower bounds.
    pub(crate) fn lower(mut self, bounds: Vec<f64>) -> Self {
        self.lower = Some(bounds);
        self
    }

    /// Excludes entries from planted errors.
    pub(crate) fn untold(mut self, entries: impl IntoIterator<Item = usize>) -> Self {
        self.untold.extend(entries);
        self
    }

    /// Sets the cost to rounding, by which the gradient is verified.
    pub(crate) fn reference(
        mut self,
        cost: impl Fn(&[f64]) -> f64 + Send + Sync + 'static,
    ) -> Self {
        self.reference = Some(Box::new(cost));
        self
    }

    /// Sets the length on which the cost varies with each parameter, by which the gradient is verified.
    pub(crate) fn units(mut self, units: Vec<f64>) -> Self {
        self.units = Some(units);
        self
    }

    /// Sets the accuracy of the gradient, if it is not about 1e-7.
    pub(crate) fn right_to(mut self, share: f64) -> Self {
        self.right_to = share;
        self
    }

    /// The gradient at the point.
    pub(crate) fn gradient(&self) -> Vec<f64> {
        match &self.functions {
            Functions::Double(_, gradient) => gradient(&self.point),
            Functions::Single(_, gradient) => widened(&gradient(&narrowed(&self.point))),
        }
    }

    /// The cost to rounding.
    pub(crate) fn smooth_cost(&self, x: &[f64]) -> f64 {
        match (&self.reference, &self.functions) {
            (Some(cost), _) | (None, Functions::Double(cost, _)) => cost(x),
            (None, Functions::Single(cost, _)) => f64::from(cost(&narrowed(x))),
        }
    }

    /// The length on which the cost varies with this parameter.
    pub(crate) fn unit(&self, entry: usize) -> f64 {
        match (&self.units, self.point[entry]) {
            (Some(units), _) => units[entry],
            (None, 0.0) => 1.0,
            (None, x) => x.abs(),
        }
    }

    /// Whether an error of this entry should be detected.
    pub(crate) fn tells(&self, entry: usize) -> bool {
        !self.untold.contains(&entry)
    }

    /// Whether the smooth cost has this entry's derivative: kinks at the point have none.
    pub(crate) fn has_slope(&self, entry: usize) -> bool {
        self.tells(entry) || self.reference.is_some()
    }

    /// The block of an entry: its number and its range.
    pub(crate) fn block_of(&self, entry: usize) -> (usize, std::ops::Range<usize>) {
        let mut start = 0;
        for (number, (_, shape)) in self.blocks.iter().enumerate() {
            let end = start + shape.iter().product::<usize>();
            if entry < end {
                return (number, start..end);
            }
            start = end;
        }
        (0, 0..self.point.len())
    }
}

/// Checks the problem's gradient, or one with a planted error. The only place that calls the checker.
pub(crate) fn run(
    problem: &Problem,
    planted: Option<Planted>,
    mode: Mode,
) -> Result<Report, CheckError> {
    match &problem.functions {
        Functions::Double(cost, gradient) => judged(cost, gradient, problem, planted, mode),
        Functions::Single(cost, gradient) => judged(cost, gradient, problem, planted, mode),
    }
}

fn judged<T>(
    cost: &Cost<T>,
    gradient: &Gradient<T>,
    problem: &Problem,
    planted: Option<Planted>,
    mode: Mode,
) -> Result<Report, CheckError>
where
    T: Real + ReturnedValue<T>,
    Vec<T>: ReturnedVector,
{
    let gradient = |x: &[T]| {
        let mut gradient = gradient(x);
        if let Some(Planted { entry, error }) = planted {
            gradient[entry] = T::narrow(gradient[entry].widen() + error);
        }
        gradient
    };
    let mut check = GradientCheck::new(cost, gradient).at(narrowed::<T>(&problem.point));
    if !problem.blocks.is_empty() {
        let blocks: Vec<_> = problem
            .blocks
            .iter()
            .map(|(n, s)| (*n, s.as_slice()))
            .collect();
        check = check.blocks(&blocks);
    }
    if let Some(lower) = &problem.lower {
        check = check.lower(narrowed::<T>(lower));
    }
    let check = match mode {
        Mode::Default => check,
        Mode::Accuracy(accuracy) => check.accuracy(accuracy),
        Mode::Exact => check.exact(true),
    };
    check.run()
}

fn narrowed<T: Real>(values: &[f64]) -> Vec<T> {
    values.iter().map(|value| T::narrow(*value)).collect()
}

fn widened<T: Real>(values: &[T]) -> Vec<f64> {
    values.iter().map(|value| value.widen()).collect()
}
