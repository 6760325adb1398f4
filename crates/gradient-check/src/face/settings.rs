//! The methods that builders share, as macros: a list of them is what the assertions take by name.

/// Where to check and what to say, by a field `setup`: the methods of every builder.
macro_rules! place {
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

        /// ε of the type that the derivative by hand is computed in, where its numbers come in a wider one:
        /// `f32::EPSILON.into()` for a single-precision backward pass that is handed out as `f64`.
        #[must_use]
        pub fn working_epsilon(mut self, epsilon: f64) -> Self {
            self.setup.settings.working_epsilon = epsilon;
            self.setup.says_epsilon = true;
            self
        }

        /// Cost and derivative are right to this part of themselves, such as 1e-6 where a solver inside stops at a tolerance
        /// of 1e-8: what lies within it agrees.
        #[must_use]
        pub fn accuracy(mut self, accuracy: f64) -> Self {
            self.setup.settings.claim.accuracy = accuracy;
            self
        }

        /// Cost and derivative are both computed to rounding: every difference beyond the error bars, and beyond what
        /// [`accuracy`](Self::accuracy) grants, is wrong, however small it is. Without it one below a millionth of the
        /// scale is inconclusive, since a tolerance on either side explains it as well.
        #[must_use]
        pub fn exact(mut self, exact: bool) -> Self {
            self.setup.settings.claim.exact = exact;
            self
        }

        /// Sets the number of threads that evaluate the function; 0 leaves it to rayon.
        #[must_use]
        pub fn threads(mut self, threads: usize) -> Self {
            self.setup.threads(threads);
            self
        }

        /// Sets a message that is printed with a failure.
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

/// What to check and how to judge it, by a field `setup`: the methods of the builders that compare entry by entry.
macro_rules! judgment {
    () => {
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

        /// Sets how tight a comparison must be to count as agreement, relative to the scale. Without it that is a millionth
        /// where the noise of the function allows it, else what noise allows, up to a thousandth; the report says what was
        /// reached.
        #[must_use]
        pub fn resolution(mut self, resolution: f64) -> Self {
            self.setup.settings.claim.resolution = Some(resolution);
            self
        }

        /// Sets whether the check fails for what an agreement leaves open: entries too small to distinguish from 0, blocks
        /// that are zero to within their bars, and entries at a kink that were not held together along directions.
        #[must_use]
        pub fn strict(mut self, strict: bool) -> Self {
            self.setup.strict = strict;
            self
        }

        /// Everything that a check can be told. Replaces what was set before, but for the point and its blocks.
        #[must_use]
        pub fn settings(mut self, settings: $crate::Settings<'a>) -> Self {
            self.setup.says_epsilon = true;
            self.setup.settings = settings;
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
        /// [`GradientError`], whose text is complete: what is wrong, where and why, and how to reproduce it.
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

pub(super) use {judgment, place, verdicts};
