//! The settings that every builder has: the point, the names and shapes of its blocks, how to check.

use std::num::NonZeroUsize;

use finite_diff::layout::LayoutError;
use finite_diff::{Domain, ParameterLayout, Real, Selection};

use crate::{CheckError, Settings};

/// The point, its blocks, and the settings.
pub(super) struct Setup<'a, T> {
    pub(super) point: Vec<T>,
    /// `None` for one block `x`; an error of its parts is kept until the check is run.
    layout: Option<Result<ParameterLayout, LayoutError>>,
    pub(super) settings: Settings<'a>,
    pub(super) bounds: Bounds<T>,
    /// Whether the check fails for what an agreement leaves open.
    pub(super) strict: bool,
    /// Whether the caller set the machine epsilon of the gradient.
    pub(super) says_epsilon: bool,
    /// How the caller would write it again, apart from the point.
    pub(super) called: Called,
}

/// The bounds as the caller set them.
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

    /// The domain in which the function may be evaluated; `None` without bounds.
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
