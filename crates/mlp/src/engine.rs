//! Three ways to the derivatives of a network's cost, and why there are three.
//!
//! | engine | recomputes for one evaluation | serves |
//! |---|---|---|
//! | full | the whole forward pass | any scalar, any probe: the reference for the other two |
//! | [`incremental`] | a row of Z_l, a rank-one term, full products from layer l+2 on | any scalar, any probe of one parameter |
//! | [`layerwise`] | like `incremental`, for a whole row of Z_l, once for all parameters of the unit | `f64`, finite differences with their own steps |
//!
//! Each is needed where the next one can't be used. The layer-wise engine steps in pre-activations: whatever needs a
//! step of the parameter itself (a step sequence, a second estimate, the course's fixed ε) or complex numbers uses the
//! incremental one, and the check of these two uses the full one, which shares no loop with them
//! (docs/decisions/0016-fast-engines.md). All P derivatives by central differences with error bars took, on one thread
//! (docs/benchmarks.md):
//!
//! | network | P | full | incremental | layer-wise |
//! |---|---:|---:|---:|---:|
//! | 20-16-8-1, 64 examples | 481 | 14.2 ms | 0.36 ms | 0.08 ms |
//! | 30-64-32-1, 569 examples | 4,097 | 4.06 s | 22.3 ms | 2.18 ms |
//! | 784-64-32-1, 128 examples | 52,353 | 64.6 s | 99.9 ms | 2.24 ms |
//!
//! Without the incremental engine, a second estimate for the last network would take a minute instead of a
//! tenth of a second; without the layer-wise one, a whole check would take 0.47 s instead of 0.20 s (docs/benchmarks-notes.md).
//! docs/theory/speed.md has the equations.
//!
//! Both fast engines propagate changes relative to one stored forward pass ([`base`]): of a unit itself
//! ([`unit_row`]), of what lies beyond it ([`beyond`]), of the losses ([`losses`]), by loops over picked examples
//! ([`columns`], [`kernels`]). Invariant: knows nothing of steps, stencils and gradients, except for the layer-wise
//! engine, which takes the differences itself.

pub(crate) mod base;
mod beyond;
pub(crate) mod choice;
mod columns;
pub(crate) mod incremental;
mod kernels;
pub(crate) mod layerwise;
mod losses;
pub(crate) mod piece;
mod unit_row;

use finite_diff::Objective;

pub use choice::Engine;
pub use layerwise::Layerwise;

use crate::objective::NetworkObjective;

impl<'a> NetworkObjective<'a, f64> {
    /// This objective, with its derivatives taken from whole rows of Z_l.
    pub fn layerwise(self) -> Layerwise<'a> {
        Layerwise(self)
    }

    /// This objective, evaluated by the given engine.
    ///
    /// ```
    /// use finite_diff::{Execution, Objective, Scheme, differentiate};
    /// use mlp::{Activation, Architecture, Batch, Engine, Loss, NetworkObjective};
    /// use tensor_core::Matrix;
    /// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::BinaryCrossEntropy)?;
    /// let batch = Batch::new(Matrix::from_vec(1, 1, vec![3.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
    /// let objective = NetworkObjective::new(&net, &batch, None)?;
    /// for engine in Engine::ALL {
    ///     let by = objective.by(engine);
    ///     let run = differentiate(&*by, &[0.0, 0.0], &[0, 1], &Scheme::CENTRAL, &Execution::default())?;
    ///     let d = run.entries[0].outcome.estimated().unwrap();
    ///     assert!((d.derivative + 1.5).abs() <= d.error_bar());
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn by(self, engine: Engine) -> Box<dyn Objective<f64> + 'a> {
        match engine {
            Engine::Full => Box::new(self.full()),
            Engine::Incremental => Box::new(self.incremental()),
            Engine::Layerwise => Box::new(self.layerwise()),
        }
    }
}
