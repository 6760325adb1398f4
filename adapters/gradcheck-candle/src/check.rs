//! The builder.

use std::num::NonZeroUsize;
use std::panic::Location;
use std::sync::{Mutex, PoisonError};

use candle_core::{DType, Tensor, Var};
use finite_diff::{Noise, Real, Selection, Stencil};
use gradient_check::{CheckError, Report, Settings, Verdict, check_subject};

use crate::error::{CandleError, Failure};
use crate::subject::{Contracted, Forward};
use crate::variables::{Held, Number, Variables, failed};

/// A check of the gradients that candle computes for a function of its variables.
///
/// The function reads the variables where they are, gives a tensor of any shape, and is called many times with other
/// values in them. Its output is contracted with a random cotangent v, so that what is checked is
/// `v·∂F/∂θ`, the product that a backward pass computes. The blocks of the report are the variables.
///
/// Where all is in `f64` differences are taken in `f64`; where a variable or the output is in `f32`, in `f32`, with
/// steps that single precision can tell apart and the noise that it really has. A variable in `f64` is then rounded to
/// `f32` for the time of the check. The report's cost is v·(F − F₀) with F₀ the output at the point, and so 0.
///
/// Afterwards every variable has the bits that it had before, also where the check failed or the function panicked.
///
/// ```
/// use candle_core::{Device, Tensor, Var};
/// use gradcheck_candle::CandleCheck;
///
/// let x = Tensor::new(&[[0.3, -1.2, 0.7], [2.0, 0.1, -0.4]], &Device::Cpu)?;
/// let w = Var::new(&[[0.5], [-0.3], [0.8]], &Device::Cpu)?;
/// let report = CandleCheck::new(&[("w", w.clone())], || x.matmul(&w)?.tanh()).verify()?;
/// assert_eq!(report.blocks[0].name, "w");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct CandleCheck<'a> {
    variables: Vec<(String, Var)>,
    fixed: Vec<String>,
    function: Mutex<Box<dyn FnMut() -> candle_core::Result<Tensor> + Send + 'a>>,
    settings: Settings<'a>,
    single: bool,
    message: Option<String>,
}

impl<'a> CandleCheck<'a> {
    /// Of `function` with respect to `variables`: a [`VarMap`](candle_nn::VarMap), or names with variables.
    pub fn new<V: Variables + ?Sized>(
        variables: &V,
        function: impl FnMut() -> candle_core::Result<Tensor> + Send + 'a,
    ) -> Self {
        Self {
            variables: variables.named(),
            fixed: Vec::new(),
            function: Mutex::new(Box::new(function)),
            settings: Settings::exact(),
            single: false,
            message: None,
        }
    }

    /// The seed of all that is random: cotangent, samples, directions. 0 unless said.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        if let Selection::SampleEach {
            seed: of_sample, ..
        } = &mut self.settings.selection
        {
            *of_sample = seed;
        }
        self
    }

    /// Judges `count` entries of each variable, or all of one that has no more.
    #[must_use]
    pub fn sample_per_block(mut self, count: usize) -> Self {
        let seed = self.settings.seed;
        self.settings.selection = Selection::SampleEach { count, seed };
        self
    }

    /// Holds this variable at its value, whatever the function writes into it, and does not judge it: running
    /// statistics, integers, what is not trained.
    #[must_use]
    pub fn fixed(mut self, name: impl Into<String>) -> Self {
        self.fixed.push(name.into());
        self
    }

    /// Says that the function rounds to `f32` inside, though its variables and its output are in `f64`.
    #[must_use]
    pub fn single_precision(mut self) -> Self {
        self.single = true;
        self
    }

    /// Switches the directional test off or on: it is on unless said.
    #[must_use]
    pub fn directional_test(mut self, on: bool) -> Self {
        self.settings.directional_test = on;
        self
    }

    /// Everything that a check can be told. The working epsilon is that of the type, and there is one thread, since
    /// there is one set of variables.
    #[must_use]
    pub fn settings(mut self, settings: Settings<'a>) -> Self {
        self.settings = settings;
        self
    }

    /// What to say with a failure.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }

    /// Checks, and reports whatever came out.
    ///
    /// # Errors
    /// [`CandleError`], where the pieces don't fit together, a pass fails, or candle has no backward pass. A wrong
    /// gradient, or a missing one, is no error but a verdict.
    pub fn run(&self) -> Result<Report, CandleError> {
        let held = Held::new(&self.variables, &self.fixed)?;
        let mut function = self.function.lock().unwrap_or_else(PoisonError::into_inner);
        let report = self.of(&held, &mut **function);
        held.put_back().map_err(failed("put the variables back"))?;
        report
    }

    fn of(&self, held: &Held, forward: Forward<'_>) -> Result<Report, CandleError> {
        let output = forward().map_err(|source| {
            let source = Box::new(source);
            CheckError::Difference(finite_diff::DifferenceError::Center { source })
        })?;
        match output.dtype() {
            DType::F32 | DType::F64 => {}
            dtype if dtype.is_int() => return Err(CandleError::OutputNotFloat { dtype }),
            dtype => {
                let what = "the output".to_owned();
                return Err(CandleError::TooCoarse { what, dtype });
            }
        }
        if output.elem_count() == 0 {
            return Err(CandleError::NoOutput {
                shape: output.dims().to_vec(),
            });
        }
        match self.single || held.any_single() || output.dtype() == DType::F32 {
            true => self.judged::<f32>(held, forward, &output),
            false => self.judged::<f64>(held, forward, &output),
        }
    }

    fn judged<T: Number>(
        &self,
        held: &Held,
        forward: Forward<'_>,
        output: &Tensor,
    ) -> Result<Report, CandleError> {
        // The first call may have written into them.
        held.put_back().map_err(failed("put the variables back"))?;
        let point: Vec<T> = held.read().map_err(failed("read the variables"))?;
        let subject = Contracted::new(held, forward, output, self.settings.seed)
            .map_err(failed("make a cotangent"))?;
        let mut settings = self.settings.clone();
        let epsilon = <T as Real>::EPSILON;
        settings.working_epsilon = epsilon;
        if epsilon > f64::EPSILON {
            settings.scheme.stencil = Stencil::FIVE_POINT;
        }
        settings.scheme.noise = Noise::Absolute(subject.rounding(epsilon));
        settings.execution.threads = Some(NonZeroUsize::MIN);
        Ok(check_subject(&subject, &point, &held.layout, &settings)?)
    }

    /// Checks, and fails where anything is wrong or could not be decided.
    ///
    /// # Errors
    /// [`CandleError`], whose text is complete: what is wrong, where and why.
    #[track_caller]
    pub fn verify(&self) -> Result<Report, CandleError> {
        let location = Location::caller();
        self.verified(Some(location))
    }

    /// Checks, and panics with the text of [`verify`](Self::verify)'s error.
    ///
    /// # Panics
    /// Where anything is wrong, could not be decided, or could not be checked.
    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion is there to")]
    pub fn assert(&self) -> Report {
        match self.verified(None) {
            Ok(report) => report,
            Err(error) => panic!("{error}"),
        }
    }

    fn verified(
        &self,
        location: Option<&'static Location<'static>>,
    ) -> Result<Report, CandleError> {
        let report = self.run()?;
        let failure = |report, headline| {
            let seed = self.settings.seed;
            Box::new(Failure {
                report,
                message: self.message.clone(),
                seed,
                location,
                headline,
            })
        };
        match report.verdict {
            Verdict::Agree => Ok(report),
            Verdict::Disagree => {
                let headline = "the gradient is wrong";
                Err(CandleError::Wrong(failure(report, headline)))
            }
            Verdict::Inconclusive(_) => {
                let headline = "the gradient could not be confirmed";
                Err(CandleError::Undecided(failure(report, headline)))
            }
        }
    }
}
