//! The check of a network's gradient at one set of parameters: the only place where a network is passed to
//! the checker.
//!
//! Invariant: knows nothing of training.

use std::borrow::Cow;

use finite_diff::{Execution, Objective, ParameterLayout, Selection};
use gradient_check::check::check_by_complex_step;
use gradient_check::constants::Constants;
use gradient_check::control::{ControlReport, negative_control_by_complex_step};
use gradient_check::settings::Claim;
use gradient_check::structure::examine;
use gradient_check::{Report, Settings, check, negative_control};
use mlp::{Architecture, Batch, DropoutMasks, Engine, MlpError, NetworkObjective, Parameters};
use mlp_faults::Fault;
use num_complex::Complex;

use crate::context::context;
use crate::delta::{Delta, delta};
use crate::kinks::named_kinks;
use crate::mistakes::NetworkMistakes;
use crate::model::Model;
use crate::scaled::Scaled;
use crate::subject::NetworkSubject;
use crate::{Method, NetworkCheckError, Precision};

/// A network on a batch whose backward pass is to be checked, and how. [`NetworkCheck::new`] checks every
/// coordinate of mlp's own backward pass in `f64`.
///
/// ```
/// use gradient_check::Verdict;
/// use mlp::{Activation, Architecture, Batch, Initialization, Loss};
/// use mlp_check::NetworkCheck;
/// use tensor_core::Matrix;
///
/// let net = Architecture::new(&[2, 3, 1], Activation::Tanh, Loss::BinaryCrossEntropy)?;
/// let x = Matrix::from_vec(2, 4, vec![0., 0., 1., 1., 0., 1., 0., 1.])?;
/// let batch = Batch::new(x, Matrix::from_vec(1, 4, vec![0., 1., 1., 0.])?)?;
/// let parameters = mlp::initialize(&net, Initialization::Xavier, 1)?;
///
/// let checked = NetworkCheck::new(&net, &batch).check(&parameters)?;
/// assert_eq!(checked.report.verdict, Verdict::Agree);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct NetworkCheck<'a> {
    /// The network.
    pub architecture: &'a Architecture,
    /// The examples that the cost is a mean over.
    pub batch: &'a Batch<f64>,
    /// Dropout masks, the same for the gradient and for every evaluation of the cost.
    pub masks: Option<&'a DropoutMasks<f64>>,
    /// The wrong backward pass to check instead of mlp's own.
    pub fault: Option<&'static Fault>,
    /// The precision of the backward pass.
    pub precision: Precision,
    /// The numeric derivative.
    pub method: Method,
    /// An absolute step size instead of the method's own.
    pub epsilon: Option<f64>,
    /// How the cost is evaluated around a point; `None` for the fastest that applies.
    pub engine: Option<Engine>,
    /// Which parameters are checked.
    pub selection: Selection,
    /// The factor c: the gradient of c·J is checked, as under loss scaling.
    pub loss_scale: f64,
    /// The claim about cost and gradient: both are computed to rounding, unless a looser accuracy is granted.
    pub claim: Claim,
    /// The checker's constants; change them only to study their influence.
    pub constants: Constants,
    /// Whether to plant errors into the gradient after the check, and to verify that each is rejected.
    pub negative_control: bool,
    /// The seed of random directions and of the random roundings by which the rounding error is measured.
    pub seed: u64,
    /// Threads, progress, cancellation.
    pub execution: Execution<'a>,
}

/// The result of a check of a network at one set of parameters.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Checked {
    /// The checker's report.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub report: Report,
    /// How J was evaluated.
    #[cfg_attr(feature = "serde", serde(serialize_with = "by_name"))]
    pub engine: Engine,
    /// dZ of the first wrong layer, compared with the numeric one; `None` if nothing is wrong, or if the
    /// backward pass under test does not give its dZ.
    #[cfg_attr(feature = "serde", serde(skip_serializing_if = "Option::is_none"))]
    pub delta: Option<Delta>,
    /// The result of the negative control, if it was requested.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "negative_control", skip_serializing_if = "Option::is_none")
    )]
    pub control: Option<ControlReport>,
    /// The blocks that the planted fault changed, by comparing bits; `None` if none was planted.
    #[cfg_attr(
        feature = "serde",
        serde(rename = "planted_in", skip_serializing_if = "Option::is_none")
    )]
    pub planted: Option<Vec<String>>,
}

#[cfg(feature = "serde")]
fn by_name<S: serde::Serializer>(engine: &Engine, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(engine.name())
}

impl<'a> NetworkCheck<'a> {
    /// A check of every parameter in `f64`, by central differences, with the fastest engine.
    pub fn new(architecture: &'a Architecture, batch: &'a Batch<f64>) -> Self {
        Self {
            architecture,
            batch,
            masks: None,
            fault: None,
            precision: Precision::F64,
            method: Method::Central,
            epsilon: None,
            engine: None,
            selection: Selection::All,
            loss_scale: 1.0,
            claim: Claim::EXACT,
            constants: Constants::default(),
            negative_control: false,
            seed: 0,
            execution: Execution::default(),
        }
    }

    /// The engine that is used: the requested one, else the layer-wise one if it can take the method's
    /// steps, else the incremental one.
    pub fn engine(&self) -> Engine {
        self.engine
            .unwrap_or_else(|| self.method.fastest_engine(self.epsilon))
    }

    /// Everything that a check at these parameters needs besides the gradient.
    ///
    /// # Errors
    /// [`NetworkCheckError`] if network, batch and parameters do not fit together, or the engine does not
    /// fit the method.
    pub fn at<'p>(
        &'p self,
        parameters: &'p Parameters<f64>,
    ) -> Result<AtPoint<'p>, NetworkCheckError> {
        let engine = self.engine();
        if let (Engine::Layerwise, Some(reason)) =
            (engine, self.method.why_not_layerwise(self.epsilon))
        {
            let engine = engine.name();
            return Err(NetworkCheckError::Engine { engine, reason });
        }
        // In single precision both sides differentiate the same function at the same point.
        let (parameters, batch, masks) = match self.precision {
            Precision::F64 => (
                Cow::Borrowed(parameters),
                Cow::Borrowed(self.batch),
                self.masks.map(Cow::Borrowed),
            ),
            Precision::F32 => (
                Cow::Owned(parameters.cast::<f32>().cast()),
                Cow::Owned(self.batch.cast::<f32>().cast()),
                self.masks
                    .map(|masks| Cow::Owned(masks.cast::<f32>().cast())),
            ),
        };
        let mut point = AtPoint {
            check: self,
            engine,
            parameters,
            complex_batch: batch.cast(),
            complex_masks: masks.as_deref().map(DropoutMasks::cast),
            batch,
            masks,
            layout: mlp::layout(self.architecture),
            rounding: Vec::new(),
        };
        point.rounding = point.model().rounding(point.theta(), self.seed)?;
        for sigma in &mut point.rounding {
            *sigma *= self.loss_scale.abs();
        }
        Ok(point)
    }

    /// The gradient of c·J by the backward pass under test.
    ///
    /// # Errors
    /// [`NetworkCheckError`] if the pass fails.
    pub fn gradient(&self, parameters: &Parameters<f64>) -> Result<Vec<f64>, NetworkCheckError> {
        let model = Model {
            architecture: self.architecture,
            batch: self.batch,
            masks: self.masks,
            precision: self.precision,
        };
        Ok(self.gradient_by(&model, parameters.as_flat())?)
    }

    fn gradient_by(&self, model: &Model<'_>, theta: &[f64]) -> Result<Vec<f64>, MlpError> {
        let gradient = match self.fault {
            Some(fault) => model.faulty(fault, theta)?,
            None => model.gradient(theta)?,
        };
        let scale = self.loss_scale;
        Ok(gradient
            .into_flat()
            .into_iter()
            .map(|g| scale * g)
            .collect())
    }

    /// Checks the backward pass at these parameters.
    ///
    /// # Errors
    /// [`NetworkCheckError`] if a pass fails or the check can't be made.
    pub fn check(&self, parameters: &Parameters<f64>) -> Result<Checked, NetworkCheckError> {
        let point = self.at(parameters)?;
        let right = point.model().gradient(point.theta())?;
        let wrong = self
            .fault
            .map(|fault| point.model().faulty(fault, point.theta()))
            .transpose()?;
        let planted = wrong
            .as_ref()
            .map(|wrong| mlp_faults::changed_blocks(self.architecture, &right, wrong));
        let mut analytic = wrong.unwrap_or(right).into_flat();
        for entry in &mut analytic {
            *entry *= self.loss_scale;
        }
        point.judge(&analytic, |judge| {
            let structure = examine(
                &point.subject()?,
                point.theta(),
                &point.layout,
                &judge.settings,
            )?;
            let report = judge.report()?.with_structure(structure);
            let control = match self.negative_control && !self.execution.is_cancelled() {
                true => Some(judge.negative_control()?),
                false => None,
            };
            let delta = match (report.first_wrong_stage, self.fault) {
                (Some(layer), Some(fault)) => point.delta(fault, layer, &judge.settings)?,
                _ => None,
            };
            Ok(Checked {
                report,
                engine: point.engine,
                delta,
                control,
                planted,
            })
        })
    }

    /// Checks these coordinates and nothing else: no structure, no causes, no control.
    pub(crate) fn check_coordinates(
        &self,
        parameters: &Parameters<f64>,
        coordinates: &[usize],
    ) -> Result<Report, NetworkCheckError> {
        let point = self.at(parameters)?;
        let analytic = point.gradient()?;
        point.judge(&analytic, |judge| {
            judge.settings.selection = Selection::Some(coordinates.to_vec());
            judge.settings.mistakes = None;
            judge.report()
        })
    }
}

/// A network at its parameters, rounded to its precision, with what the checker needs besides the gradient.
pub struct AtPoint<'a> {
    check: &'a NetworkCheck<'a>,
    engine: Engine,
    parameters: Cow<'a, Parameters<f64>>,
    batch: Cow<'a, Batch<f64>>,
    masks: Option<Cow<'a, DropoutMasks<f64>>>,
    complex_batch: Batch<Complex<f64>>,
    complex_masks: Option<DropoutMasks<Complex<f64>>>,
    layout: ParameterLayout,
    rounding: Vec<f64>,
}

impl AtPoint<'_> {
    /// The parameters, rounded to the precision of the check.
    pub fn parameters(&self) -> &Parameters<f64> {
        &self.parameters
    }

    /// The parameters as one flat vector θ, rounded to the precision of the check.
    pub fn theta(&self) -> &[f64] {
        self.parameters.as_flat()
    }

    /// The blocks of θ: W1, b1, W2, b2, …
    pub fn layout(&self) -> &ParameterLayout {
        &self.layout
    }

    /// σ of the rounding error of each entry of a correct gradient of c·J.
    pub fn rounding(&self) -> &[f64] {
        &self.rounding
    }

    /// The gradient of c·J by the backward pass under test.
    ///
    /// # Errors
    /// [`MlpError`] if the pass fails.
    pub fn gradient(&self) -> Result<Vec<f64>, MlpError> {
        self.check.gradient_by(&self.model(), self.theta())
    }

    /// c·J in `f64`, by the engine of the check.
    ///
    /// # Errors
    /// [`MlpError`] if the batch does not fit the network.
    pub fn objective(&self) -> Result<Box<dyn Objective<f64> + '_>, MlpError> {
        Ok(self.scaled(self.plain()?.by(self.engine)))
    }

    /// c·J on complex numbers, for the complex step.
    ///
    /// # Errors
    /// [`MlpError`] if the batch does not fit the network.
    pub fn complex_objective(&self) -> Result<Box<dyn Objective<Complex<f64>> + '_>, MlpError> {
        let plain = NetworkObjective::new(
            self.check.architecture,
            &self.complex_batch,
            self.complex_masks.as_ref(),
        )?;
        Ok(self.scaled(match self.engine {
            Engine::Full => Box::new(plain),
            Engine::Incremental | Engine::Layerwise => Box::new(plain.incremental()),
        }))
    }

    /// The report on this gradient of c·J, with the causes that can be tested on a network's backward pass.
    ///
    /// # Errors
    /// [`NetworkCheckError`] if a pass fails or the check can't be made.
    pub fn check_gradient(&self, analytic: &[f64]) -> Result<Report, NetworkCheckError> {
        self.judge(analytic, |judge| judge.report())
    }

    /// Passes the network to the checker: the only place that decides what the checker knows of it.
    fn judge<R>(
        &self,
        analytic: &[f64],
        with: impl FnOnce(&mut Judge<'_>) -> Result<R, NetworkCheckError>,
    ) -> Result<R, NetworkCheckError> {
        let check = self.check;
        let (model, theta) = (self.model(), self.theta());
        let mistakes = NetworkMistakes {
            model: &model,
            theta,
            analytic,
            factor: check.loss_scale,
        };
        let kinks = |coordinate: usize, reach: f64| named_kinks(&model, theta, coordinate, reach);
        let shadow = self.complex_objective()?;
        let settings = Settings {
            selection: check.selection.clone(),
            working_epsilon: check.precision.epsilon(),
            analytic_rounding: Some(&self.rounding),
            shadow: Some(&*shadow),
            claim: check.claim,
            constants: check.constants,
            context: context(&model, check.loss_scale),
            mistakes: Some(&mistakes),
            kinks: Some(&kinks),
            seed: check.seed,
            execution: check.execution,
            ..Settings::default()
        };
        with(&mut Judge {
            point: self,
            objective: &*self.objective()?,
            complex: &*shadow,
            analytic,
            settings,
        })
    }

    fn delta(
        &self,
        fault: &Fault,
        layer: usize,
        settings: &Settings<'_>,
    ) -> Result<Option<Delta>, NetworkCheckError> {
        // The numeric dZ is of J itself.
        if self.check.loss_scale != 1.0 {
            return Ok(None);
        }
        delta(
            &self.model(),
            fault,
            self.plain()?,
            self.theta(),
            layer,
            settings,
        )
    }

    fn subject(&self) -> Result<NetworkSubject<'_>, MlpError> {
        Ok(NetworkSubject {
            model: self.model(),
            fault: self.check.fault,
            objective: self.plain()?,
            loss_scale: self.check.loss_scale,
        })
    }

    fn plain(&self) -> Result<NetworkObjective<'_, f64>, MlpError> {
        NetworkObjective::new(self.check.architecture, &self.batch, self.masks.as_deref())
    }

    fn model(&self) -> Model<'_> {
        Model {
            architecture: self.check.architecture,
            batch: &self.batch,
            masks: self.masks.as_deref(),
            precision: self.check.precision,
        }
    }

    /// c·J from J; if c is 1, J itself, whose engine may do more than evaluate.
    fn scaled<'o, T: tensor_core::Scalar>(
        &self,
        objective: Box<dyn Objective<T> + 'o>,
    ) -> Box<dyn Objective<T> + 'o> {
        match self.check.loss_scale {
            1.0 => objective,
            factor => Box::new(Scaled {
                inner: objective,
                factor,
            }),
        }
    }
}

/// A gradient with the settings of its check.
struct Judge<'a> {
    point: &'a AtPoint<'a>,
    objective: &'a dyn Objective<f64>,
    complex: &'a dyn Objective<Complex<f64>>,
    analytic: &'a [f64],
    settings: Settings<'a>,
}

impl Judge<'_> {
    fn report(&mut self) -> Result<Report, NetworkCheckError> {
        let (theta, layout) = (self.point.theta(), &self.point.layout);
        let NetworkCheck {
            method, epsilon, ..
        } = *self.point.check;
        let mut report = match method.finite_differences(epsilon) {
            Some(scheme) => {
                self.settings.scheme = scheme;
                check(self.objective, self.analytic, theta, layout, &self.settings)?
            }
            None => {
                check_by_complex_step(self.complex, self.analytic, theta, layout, &self.settings)?
            }
        };
        report.scheme = method.name().to_owned();
        Ok(report)
    }

    /// Runs the negative control, after [`report`](Self::report), whose settings it takes.
    fn negative_control(&self) -> Result<ControlReport, NetworkCheckError> {
        let (theta, layout) = (self.point.theta(), &self.point.layout);
        let (analytic, settings) = (self.analytic, &self.settings);
        Ok(match self.point.check.method {
            Method::ComplexStep => {
                negative_control_by_complex_step(self.complex, analytic, theta, layout, settings)?
            }
            _ => negative_control(self.objective, analytic, theta, layout, settings)?,
        })
    }
}
