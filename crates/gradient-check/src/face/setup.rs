//! What every builder asks for alike: the point, the names and shapes of its blocks, how to check.

use std::num::NonZeroUsize;

use finite_diff::{Domain, LayoutError, ParameterLayout, Real, Selection};

use crate::{CheckError, Settings};

/// The point, its blocks, and the settings.
pub(super) struct Setup<'a, T> {
    pub(super) point: Vec<T>,
    /// `None` for one block `x`; an error of its parts is kept until the check is run.
    layout: Option<Result<ParameterLayout, LayoutError>>,
    pub(super) settings: Settings<'a>,
    pub(super) bounds: Bounds<T>,
    /// Whether what an agreement leaves open fails.
    pub(super) strict: bool,
    /// Whether the caller said himself how well the gradient can be.
    pub(super) says_epsilon: bool,
    /// How the caller would write it again, apart from the point.
    pub(super) called: Called,
}

/// Where the function may be evaluated, as it was said.
#[derive(Debug, Clone)]
pub(super) struct Bounds<T> {
    pub(super) lower: Option<Vec<T>>,
    pub(super) upper: Option<Vec<T>>,
    /// The names of blocks that nothing moves.
    pub(super) fixed: Vec<String>,
}

/// What every check of a function of many values is handed alike: the point with its blocks, where the function may be
/// evaluated, and how to check.
#[derive(Clone, Copy)]
pub(super) struct Place<'b, T> {
    pub(super) point: &'b [T],
    pub(super) domain: Option<&'b Domain>,
    pub(super) layout: &'b ParameterLayout,
    pub(super) settings: &'b Settings<'b>,
}

/// What was written to call the check.
#[derive(Debug, Clone, Default)]
pub(super) struct Called {
    /// The name of the macro; of the builder, where there was none.
    pub(super) by: Option<&'static str>,
    /// The functions, as they were written.
    pub(super) functions: &'static [&'static str],
    /// The inputs, as they were written.
    pub(super) inputs: Option<&'static str>,
    /// The settings, as they were written: name and value.
    pub(super) settings: &'static [(&'static str, &'static str)],
    /// What the caller wants to have said with a failure.
    pub(super) message: Option<String>,
}

impl<'a, T: Real> Setup<'a, T> {
    pub(super) fn new() -> Self {
        Self {
            point: Vec::new(),
            layout: None,
            settings: Settings::default(),
            bounds: Bounds {
                lower: None,
                upper: None,
                fixed: Vec::new(),
            },
            strict: false,
            says_epsilon: false,
            called: Called::default(),
        }
    }

    pub(super) fn input(&mut self, name: &str, shape: &[usize], values: &[T]) {
        // Else a part of the wrong length would shift all that follow.
        let fits = |layout: ParameterLayout| {
            let layout = layout.with(name, shape)?;
            let expected = layout.block(name).map_or(0, |block| block.len());
            match values.len() == expected {
                true => Ok(layout),
                false => Err(LayoutError::PartLength {
                    block: name.to_owned(),
                    shape: shape.to_vec(),
                    expected,
                    got: values.len(),
                }),
            }
        };
        let before = self
            .layout
            .take()
            .unwrap_or_else(|| Ok(ParameterLayout::new()));
        self.layout = Some(before.and_then(fits));
        self.point.extend_from_slice(values);
    }

    pub(super) fn blocks(&mut self, blocks: &[(&str, &[usize])]) {
        let empty = Ok(ParameterLayout::new());
        self.layout = Some(blocks.iter().fold(empty, |layout, (name, shape)| {
            layout.and_then(|layout| layout.with(*name, shape))
        }));
    }

    pub(super) fn set_layout(&mut self, layout: ParameterLayout) {
        self.layout = Some(Ok(layout));
    }

    pub(super) fn seed(&mut self, seed: u64) {
        self.settings.seed = seed;
        if let Selection::Sample {
            seed: of_sample, ..
        }
        | Selection::SampleEach {
            seed: of_sample, ..
        } = &mut self.settings.selection
        {
            *of_sample = seed;
        }
    }

    pub(super) fn threads(&mut self, threads: usize) {
        self.settings.execution.threads = NonZeroUsize::new(threads);
    }

    /// The settings, if they can be met: for a derivative that comes in a type of this ε, and on so many threads where
    /// that is not for the caller to say.
    pub(super) fn settings(
        &self,
        epsilon: f64,
        threads: Option<NonZeroUsize>,
    ) -> Result<Settings<'a>, CheckError> {
        if let Selection::Sample { count: 0, .. } | Selection::SampleEach { count: 0, .. } =
            self.settings.selection
        {
            return Err(CheckError::EmptySample);
        }
        let is_share = |value: &f64| *value > 0.0 && *value < 1.0;
        let claim = &self.settings.claim;
        if let Some(value) = claim.resolution.filter(|value| !is_share(value)) {
            return Err(CheckError::Resolution { value });
        }
        let accuracy = claim.accuracy;
        if accuracy != 0.0 && !is_share(&accuracy) {
            return Err(CheckError::Accuracy { value: accuracy });
        }
        let mut settings = self.settings.clone();
        if !self.says_epsilon {
            settings.working_epsilon = epsilon;
        }
        settings.execution.threads = threads.or(settings.execution.threads);
        Ok(settings)
    }

    /// Where the function may be evaluated; `None` where nothing was said.
    pub(super) fn domain(&self, layout: &ParameterLayout) -> Result<Option<Domain>, CheckError> {
        let Bounds {
            lower,
            upper,
            fixed,
        } = &self.bounds;
        if lower.is_none() && upper.is_none() && fixed.is_empty() {
            return Ok(None);
        }
        let all = |bounds: &Option<Vec<T>>, infinite: T| match bounds.as_deref() {
            None => vec![infinite; layout.len()],
            // One for all.
            Some([one]) => vec![*one; layout.len()],
            Some(each) => each.to_vec(),
        };
        let (lower, upper) = (all(lower, T::neg_infinity()), all(upper, T::infinity()));
        let mut coordinates = Vec::new();
        for name in fixed {
            let block = layout.block(name).ok_or_else(|| CheckError::NoSuchBlock {
                name: name.clone(),
                layout: layout.to_string(),
            })?;
            coordinates.extend(block.range());
        }
        Ok(Some(Domain::new(&lower, &upper)?.fix(coordinates)?))
    }

    /// The layout of the point.
    pub(super) fn layout(&self) -> Result<ParameterLayout, CheckError> {
        let layout = match &self.layout {
            None => ParameterLayout::flat("x", self.point.len()),
            Some(Ok(layout)) => layout.clone(),
            Some(Err(wrong)) => return Err(CheckError::Point(wrong.clone())),
        };
        if self.point.is_empty() {
            return Err(CheckError::NoPoint);
        }
        let unusable = self.point.iter().position(|x| !x.is_finite());
        match unusable.and_then(|i| Some((layout.coordinate(i)?, self.point[i]))) {
            Some((coordinate, value)) => Err(CheckError::PointNotFinite {
                name: coordinate.to_string(),
                value: value.widen(),
            }),
            None => Ok(layout),
        }
    }
}

/// The methods that every builder has, by a field `setup` of theirs.
macro_rules! settings {
    () => {
        /// The point. Without [`blocks`](Self::blocks) it is one block, `x`.
        #[must_use]
        pub fn at(mut self, point: impl $crate::Point<T>) -> Self {
            self.setup.point = point.numbers();
            self
        }

        /// One more input, by name, shape and value (row-major; an empty shape is a scalar): the point is all of
        /// them one after the other.
        #[must_use]
        pub fn input(mut self, name: &str, shape: &[usize], values: impl $crate::Point<T>) -> Self {
            self.setup.input(name, shape, &values.numbers());
            self
        }

        /// The names and shapes of the blocks of the point, in their order: `&[("W", &[3, 2]), ("b", &[3])]`. A
        /// report then says `W[2,1]`.
        #[must_use]
        pub fn blocks(mut self, blocks: &[(&str, &[usize])]) -> Self {
            self.setup.blocks(blocks);
            self
        }

        /// The blocks of the point as a layout, which can also say in which order they are used.
        #[must_use]
        pub fn layout(mut self, layout: ::finite_diff::ParameterLayout) -> Self {
            self.setup.set_layout(layout);
            self
        }

        /// The seed of all that is random: samples, directions, cotangents. 0 unless said.
        #[must_use]
        pub fn seed(mut self, seed: u64) -> Self {
            self.setup.seed(seed);
            self
        }

        /// The lower bounds of the parameters, one for each or one for all: nothing is evaluated below them. Where a step
        /// has no room, derivatives are taken from one side, and the bars say how sharp that is.
        #[must_use]
        pub fn lower(mut self, bounds: impl $crate::Point<T>) -> Self {
            self.setup.bounds.lower = Some(bounds.numbers());
            self
        }

        /// The upper bounds likewise.
        #[must_use]
        pub fn upper(mut self, bounds: impl $crate::Point<T>) -> Self {
            self.setup.bounds.upper = Some(bounds.numbers());
            self
        }

        /// Blocks that nothing moves and of which no derivative is taken, by name. A single parameter is fixed by a lower
        /// bound that is its upper one.
        #[must_use]
        pub fn fixed(mut self, blocks: &[&str]) -> Self {
            let names = blocks.iter().map(|name| (*name).to_owned());
            self.setup.bounds.fixed.extend(names);
            self
        }

        /// Judges `count` coordinates, dealt to the blocks in turn, in place of all.
        #[must_use]
        pub fn sample(mut self, count: usize) -> Self {
            let seed = self.setup.settings.seed;
            self.setup.settings.selection = ::finite_diff::Selection::Sample { count, seed };
            self
        }

        /// Judges `count` coordinates of each block, or all of a block that has no more.
        #[must_use]
        pub fn sample_per_block(mut self, count: usize) -> Self {
            let seed = self.setup.settings.seed;
            self.setup.settings.selection = ::finite_diff::Selection::SampleEach { count, seed };
            self
        }

        /// The step h of central differences, for all coordinates alike. Without it each coordinate has the step at
        /// which truncation and rounding balance.
        #[must_use]
        pub fn epsilon(mut self, step: f64) -> Self {
            self.setup.settings.scheme = ::finite_diff::Scheme::course(step);
            self
        }

        /// ε of the type that the derivative by hand is computed in, where its numbers come in a wider one:
        /// `f32::EPSILON.into()` for a single-precision backward pass that is handed out as `f64`.
        #[must_use]
        pub fn working_epsilon(mut self, epsilon: f64) -> Self {
            self.setup.settings.working_epsilon = epsilon;
            self.setup.says_epsilon = true;
            self
        }

        /// How sharp a comparison must be to count as agreement, relative to the scale. Without it that is a millionth where
        /// the noise of the function allows it, else what noise allows, up to a thousandth; the report says what was reached.
        #[must_use]
        pub fn resolution(mut self, resolution: f64) -> Self {
            self.setup.settings.claim.resolution = Some(resolution);
            self
        }

        /// Cost and derivative are right to this part of themselves, such as 1e-6 where a solver inside stops at a tolerance
        /// of 1e-8: what lies within it agrees.
        #[must_use]
        pub fn accuracy(mut self, accuracy: f64) -> Self {
            self.setup.settings.claim.accuracy = accuracy;
            self
        }

        /// Cost and derivative are both computed to rounding: every difference beyond the error bars is wrong, however small
        /// it is. Without it one below a millionth of the scale is inconclusive, since a tolerance on either side explains it
        /// as well.
        #[must_use]
        pub fn exact(mut self, exact: bool) -> Self {
            self.setup.settings.claim.exact = exact;
            self
        }

        /// Whether what an agreement leaves open fails: entries too small to be told from 0, blocks that are zero to within
        /// their bars, and entries at a kink.
        #[must_use]
        pub fn strict(mut self, strict: bool) -> Self {
            self.setup.strict = strict;
            self
        }

        /// How many threads evaluate the function; 0 leaves it to rayon.
        #[must_use]
        pub fn threads(mut self, threads: usize) -> Self {
            self.setup.threads(threads);
            self
        }

        /// Everything that a check can be told. Replaces what was set before, but for the point and its blocks.
        #[must_use]
        pub fn settings(mut self, settings: $crate::Settings<'a>) -> Self {
            self.setup.says_epsilon = true;
            self.setup.settings = settings;
            self
        }

        /// What to say with a failure.
        #[must_use]
        pub fn message(mut self, message: impl Into<String>) -> Self {
            self.setup.called.message = Some(message.into());
            self
        }

        /// For the macros.
        #[doc(hidden)]
        #[must_use]
        pub fn called(
            mut self,
            by: &'static str,
            functions: &'static [&'static str],
            inputs: Option<&'static str>,
            settings: &'static [(&'static str, &'static str)],
        ) -> Self {
            let message = self.setup.called.message.take();
            self.setup.called = $crate::face::setup::Called {
                by: Some(by),
                functions,
                inputs,
                settings,
                message,
            };
            self
        }
    };
}

/// `verify` and `assert`, by a method `verified` and a report of this type.
macro_rules! verdicts {
    ($report:ty) => {
        /// Checks, and fails where anything is wrong or could not be decided.
        ///
        /// # Errors
        /// [`GradientError`], whose text is complete: what is wrong, where and why, and how to see it again.
        #[track_caller]
        pub fn verify(&self) -> Result<$report, GradientError<$report>> {
            let location = std::panic::Location::caller();
            self.verified().map_err(|error| error.at(location))
        }

        /// Checks, and panics with the text of [`verify`](Self::verify)'s error.
        ///
        /// # Panics
        /// Where anything is wrong, could not be decided, or could not be checked.
        #[track_caller]
        #[allow(clippy::panic, reason = "an assertion is there to")]
        pub fn assert(&self) -> $report {
            match self.verified() {
                Ok(report) => report,
                Err(error) => panic!("{error}"),
            }
        }
    };
}

pub(super) use {settings, verdicts};
