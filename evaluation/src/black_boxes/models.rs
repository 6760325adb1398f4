//! Models that several families share, in either precision.

use std::sync::Arc;

use finite_diff::Real;

use crate::black_boxes::draw::Draw;
use crate::black_boxes::problem::Problem;

/// A cost and its gradient, generic over the precision.
pub(crate) trait Model: Send + Sync + 'static {
    fn cost<T: Real>(&self, p: &[T]) -> T;
    fn gradient<T: Real>(&self, p: &[T]) -> Vec<T>;
}

/// A model in double precision.
pub(crate) fn double(model: impl Model, point: Vec<f64>) -> Problem {
    let (model, same) = shared(model);
    Problem::new(point, move |p| model.cost(p), move |p| same.gradient(p))
}

/// A model in single precision.
pub(crate) fn single(model: impl Model, point: Vec<f64>) -> Problem {
    let (model, same) = shared(model);
    let reference = Arc::clone(&same);
    Problem::single(point, move |p| model.cost(p), move |p| same.gradient(p))
        .reference(move |p| reference.cost(p))
}

/// A cost in single precision behind a function in double precision; the gradient in double precision.
pub(crate) fn behind(model: impl Model, point: Vec<f64>) -> Problem {
    let (model, same) = shared(model);
    let reference = Arc::clone(&same);
    let cost = move |p: &[f64]| f64::from(model.cost(&cast(p)));
    Problem::new(point, cost, move |p| same.gradient(p)).reference(move |p| reference.cost(p))
}

/// Cost and gradient in single precision behind functions in double precision.
pub(crate) fn both_behind(model: impl Model, point: Vec<f64>) -> Problem {
    let (model, same) = shared(model);
    let reference = Arc::clone(&same);
    let cost = move |p: &[f64]| f64::from(model.cost(&cast(p)));
    let gradient = move |p: &[f64]| -> Vec<f64> {
        let gradient = same.gradient(&cast(p));
        gradient.into_iter().map(f64::from).collect()
    };
    Problem::new(point, cost, gradient)
        .reference(move |p| reference.cost(p))
        .right_to(1e-5)
}

fn shared<M>(model: M) -> (Arc<M>, Arc<M>) {
    let model = Arc::new(model);
    (Arc::clone(&model), model)
}

fn cast(p: &[f64]) -> Vec<f32> {
    p.iter().map(|p| *p as f32).collect()
}

/// ln(1 + eᶻ), as it should be computed.
pub(crate) fn softplus<T: Real>(z: T) -> T {
    z.max(T::zero()) + (-z.abs()).exp().ln_1p()
}

/// The derivative of [`softplus`].
pub(crate) fn sigmoid<T: Real>(z: T) -> T {
    T::one() / (T::one() + (-z).exp())
}

/// Σ aᵢbᵢ, with b from the data.
fn dot<T: Real>(a: &[T], b: &[f64]) -> T {
    a.iter()
        .zip(b)
        .fold(T::zero(), |sum, (a, b)| sum + *a * T::narrow(*b))
}

/// Logistic regression: the mean of ln(1 + eᶻ) − yz, z = x·p.
pub(crate) struct Logistic {
    rows: Vec<Vec<f64>>,
    labels: Vec<f64>,
}

impl Logistic {
    pub(crate) fn draw(draw: &mut Draw, examples: usize, features: usize) -> Self {
        let rows: Vec<Vec<f64>> = (0..examples).map(|_| draw.normal(features)).collect();
        let noise = draw.normal(examples);
        let label = |(row, noise): (&Vec<f64>, f64)| f64::from(row[0] + noise > 0.0);
        let labels = rows.iter().zip(noise).map(label).collect();
        Self { rows, labels }
    }

    pub(crate) fn examples(&self) -> usize {
        self.rows.len()
    }

    /// The loss of one example, times its weight.
    pub(crate) fn term<T: Real>(&self, p: &[T], example: usize) -> T {
        let z = dot(p, &self.rows[example]);
        (softplus(z) - T::narrow(self.labels[example]) * z) / T::narrow(self.rows.len() as f64)
    }
}

impl Model for Logistic {
    fn cost<T: Real>(&self, p: &[T]) -> T {
        (0..self.rows.len()).fold(T::zero(), |sum, i| sum + self.term(p, i))
    }

    fn gradient<T: Real>(&self, p: &[T]) -> Vec<T> {
        let mut gradient = vec![T::zero(); p.len()];
        for (row, label) in self.rows.iter().zip(&self.labels) {
            let error = sigmoid(dot(p, row)) - T::narrow(*label);
            for (entry, x) in gradient.iter_mut().zip(row) {
                *entry = *entry + error * T::narrow(*x / self.rows.len() as f64);
            }
        }
        gradient
    }
}

/// The activation of a hidden unit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Activation {
    Tanh,
    Relu,
}

/// A network of one hidden layer and one output, half its mean squared error: W₁, b₁, w₂, b₂.
pub(crate) struct Net {
    inputs: usize,
    hidden: usize,
    activation: Activation,
    rows: Vec<Vec<f64>>,
    targets: Vec<f64>,
}

impl Net {
    pub(crate) fn draw(
        draw: &mut Draw,
        [inputs, hidden, examples]: [usize; 3],
        activation: Activation,
    ) -> Self {
        Self {
            inputs,
            hidden,
            activation,
            rows: (0..examples).map(|_| draw.normal(inputs)).collect(),
            targets: draw.normal(examples),
        }
    }

    /// Random parameters.
    pub(crate) fn point(&self, draw: &mut Draw) -> Vec<f64> {
        let count = self.hidden * (self.inputs + 2) + 1;
        let spread = 1.0 / (self.inputs as f64).sqrt();
        draw.normal(count).iter().map(|p| p * spread).collect()
    }

    fn output<T: Real>(&self, p: &[T], row: &[f64]) -> (Vec<T>, T) {
        let (weights, rest) = p.split_at(self.hidden * self.inputs);
        let (biases, out) = rest.split_at(self.hidden);
        let unit = |(w, b): (&[T], &T)| {
            let z = dot(w, row) + *b;
            match self.activation {
                Activation::Tanh => z.tanh(),
                Activation::Relu => z.max(T::zero()),
            }
        };
        let units: Vec<T> = weights.chunks(self.inputs).zip(biases).map(unit).collect();
        let output = units
            .iter()
            .zip(out)
            .fold(out[self.hidden], |sum, (a, w)| sum + *a * *w);
        (units, output)
    }
}

impl Model for Net {
    fn cost<T: Real>(&self, p: &[T]) -> T {
        let half = T::narrow(0.5 / self.rows.len() as f64);
        let examples = self.rows.iter().zip(&self.targets);
        examples.fold(T::zero(), |sum, (row, target)| {
            let error = self.output(p, row).1 - T::narrow(*target);
            sum + half * error * error
        })
    }

    fn gradient<T: Real>(&self, p: &[T]) -> Vec<T> {
        let (first, second) = (self.hidden * self.inputs, self.hidden * (self.inputs + 1));
        let mut gradient = vec![T::zero(); p.len()];
        for (row, target) in self.rows.iter().zip(&self.targets) {
            let (units, output) = self.output(p, row);
            let error = (output - T::narrow(*target)) / T::narrow(self.rows.len() as f64);
            for (j, a) in units.iter().enumerate() {
                let slope = match self.activation {
                    Activation::Tanh => T::one() - *a * *a,
                    Activation::Relu if *a > T::zero() => T::one(),
                    Activation::Relu => T::zero(),
                };
                let delta = error * p[second + j] * slope;
                for (i, x) in row.iter().enumerate() {
                    let entry = &mut gradient[j * self.inputs + i];
                    *entry = *entry + delta * T::narrow(*x);
                }
                gradient[first + j] = gradient[first + j] + delta;
                gradient[second + j] = gradient[second + j] + error * *a;
            }
            let last = &mut gradient[second + self.hidden];
            *last = *last + error;
        }
        gradient
    }
}

/// Σ k·ln(1 + exp pₖ).
pub(crate) struct Softplus;

impl Model for Softplus {
    fn cost<T: Real>(&self, p: &[T]) -> T {
        let terms = p.iter().enumerate();
        terms.fold(T::zero(), |sum, (k, p)| {
            sum + T::narrow(k as f64 + 1.0) * softplus(*p)
        })
    }

    fn gradient<T: Real>(&self, p: &[T]) -> Vec<T> {
        let entry = |(k, p): (usize, &T)| T::narrow(k as f64 + 1.0) * sigmoid(*p);
        p.iter().enumerate().map(entry).collect()
    }
}

/// Σ x².
pub(crate) struct Squares;

impl Model for Squares {
    fn cost<T: Real>(&self, p: &[T]) -> T {
        p.iter().fold(T::zero(), |sum, x| sum + *x * *x)
    }

    fn gradient<T: Real>(&self, p: &[T]) -> Vec<T> {
        p.iter().map(|x| *x + *x).collect()
    }
}
