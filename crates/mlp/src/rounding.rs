//! The rounding errors of a correct backward pass, estimated by running it with random roundings.
//!
//! Estimates the effect of the arithmetic, not of the code: no gradient under test is used. Invariant: knows nothing of
//! its callers, and of how many standard deviations they allow.

use tensor_core::{
    Matrix, MatrixView, add_to_rows, product, product_transpose_left, product_transpose_right,
    row_sums,
};

use crate::{
    Activation, Architecture, Batch, DropoutMasks, Gradient, Loss, MlpError, Parameters, backward,
    forward, output_delta,
};

/// The arithmetic that a backward pass is computed in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Arithmetic {
    /// The unit roundoff u, the largest relative error of an operation; half of ε.
    pub unit_roundoff: f64,
    /// The smallest normal number, below which numbers lose digits.
    pub smallest: f64,
}

impl Arithmetic {
    /// The arithmetic of `f32`.
    pub const SINGLE: Self = Self {
        unit_roundoff: f32::EPSILON as f64 / 2.0,
        smallest: f32::MIN_POSITIVE as f64,
    };
    /// The arithmetic of `f64`.
    pub const DOUBLE: Self = Self {
        unit_roundoff: f64::EPSILON / 2.0,
        smallest: f64::MIN_POSITIVE,
    };
}

/// The number of passes: enough that none of a thousand estimates is below half of the true σ. (The
/// sum of 32 squares is below a quarter of its mean once in 10⁶.)
const PASSES: usize = 32;

/// σ of each entry of the gradient: the standard deviation of its rounding error in `arithmetic`,
/// for any implementation by a forward pass and backpropagation.
///
/// Monte Carlo arithmetic (docs/theory/verdict.md, equations 21 to 23; Parker 1997, "Monte Carlo arithmetic:
/// exploiting randomness in floating-point arithmetic", section 3): both passes are run 32 times in `f64`, each intermediate
/// result x replaced by x + ξ·u·ρ with ξ uniform in [−1, 1], and σ² is the mean square of what
/// that does to an entry. ξ is a hash of the pass, the operation and x to all but two of the bits of the
/// arithmetic: values that hardly differ are rounded alike, so that the roundings of examples that are nearly
/// the same don't average out. The propagation of each rounding error along all
/// paths is then included automatically. With u the unit roundoff, ρ is
///
/// - |x| for a single operation, combined with the smallest normal number;
/// - √((1 + n/6)·Σt² + n/3·x²) for a sum x of n products t: the products, and partial sums as those of a
///   random order of the terms;
/// - 2|φ(z)| for the curved activations, with |z| more for GELU, whose ½(1 + erf) cancels below zero; and
///   2 for their φ′, so that formulas such as 1 − a² for tanh′, which cancel where a unit saturates,
///   count as right too.
///
/// ```
/// use mlp::{Activation, Architecture, Arithmetic, Batch, Loss, Parameters, rounding_noise};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let parameters = Parameters::from_flat(&net, vec![1.0, 0.0])?;
/// let nearly = 1.0 - 1e-9;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![1.0])?, Matrix::from_vec(1, 1, vec![nearly])?)?;
/// // The gradient is 1e-9, and what A − Y lost is the rounding of 1.
/// let sigma = rounding_noise(&net, &parameters, &batch, None, Arithmetic::DOUBLE, 0)?;
/// assert!((1e-17..1e-15).contains(&sigma.db(1)[0]));
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// As [`forward`] and [`backward`].
pub fn rounding_noise(
    architecture: &Architecture,
    parameters: &Parameters<f64>,
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    arithmetic: Arithmetic,
    seed: u64,
) -> Result<Gradient<f64>, MlpError> {
    let pass = forward(architecture, parameters, batch, masks)?;
    let exact = backward(architecture, &pass, batch)?;
    let mut noisy = NoisyPass::new(architecture, parameters, batch, masks, arithmetic, seed)?;
    let mut sigma: Gradient<f64> = Gradient::zeros(architecture)?;
    for _ in 0..PASSES {
        let gradient = noisy.run()?;
        let entries = sigma.as_flat_mut().iter_mut();
        for ((sum, noisy), exact) in entries.zip(gradient.as_flat()).zip(exact.as_flat()) {
            // The square of a tiny number would underflow, and the noise with it.
            *sum = length(*sum, noisy - exact);
        }
    }
    for entry in sigma.as_flat_mut() {
        *entry /= (PASSES as f64).sqrt();
    }
    Ok(sigma)
}

/// √(a² + b²); calls `hypot` only if the squares over- or underflow.
fn length(a: f64, b: f64) -> f64 {
    let squares = a * a + b * b;
    match squares > f64::MIN_POSITIVE / f64::EPSILON && squares.is_finite() {
        true => squares.sqrt(),
        false => a.hypot(b),
    }
}

struct NoisyPass<'a> {
    architecture: &'a Architecture,
    parameters: &'a Parameters<f64>,
    batch: &'a Batch<f64>,
    masks: Option<&'a DropoutMasks<f64>>,
    arithmetic: Arithmetic,
    /// The number of bits of a result on which its draw depends: all but the last two of the arithmetic.
    kept: u32,
    pass: u64,
    operation: u64,
    /// W₁·X, which is the same in every pass.
    first: Matrix<f64>,
    /// ρ of the entries of each matrix of sums, in the order in which a pass computes them; 0 if all terms are 0. The
    /// effect of earlier roundings on it is of second order, so that it is computed once, in a pass without any.
    sums: Vec<Vec<f64>>,
    /// How many of these matrices the pass has reached.
    reached: usize,
}

/// What the backward pass needs of one layer.
struct NoisyLayer {
    z: Matrix<f64>,
    a: Matrix<f64>,
}

impl<'a> NoisyPass<'a> {
    fn new(
        architecture: &'a Architecture,
        parameters: &'a Parameters<f64>,
        batch: &'a Batch<f64>,
        masks: Option<&'a DropoutMasks<f64>>,
        arithmetic: Arithmetic,
        seed: u64,
    ) -> Result<Self, MlpError> {
        let exact = Arithmetic {
            unit_roundoff: 0.0,
            smallest: 0.0,
        };
        let mut pass = Self {
            architecture,
            parameters,
            batch,
            masks,
            arithmetic: exact,
            kept: (-arithmetic.unit_roundoff.log2()) as u32 - 3,
            pass: 0,
            operation: 0,
            first: product(parameters.weights(1), batch.x().view())?,
            sums: Vec::new(),
            reached: 0,
        };
        pass.run()?;
        Ok(Self {
            arithmetic,
            pass: seed,
            ..pass
        })
    }

    /// The gradient by one noisy forward and backward pass.
    fn run(&mut self) -> Result<Gradient<f64>, MlpError> {
        self.pass = self.pass.wrapping_add(1);
        self.operation = 0;
        self.reached = 0;
        let layers = self.forward()?;
        let mut gradient = Gradient::zeros(self.architecture)?;
        let mut dz = self.delta(&layers)?;
        let examples = self.batch.examples() as f64;
        let decay = self.architecture.l2() / examples;
        for layer in (1..=self.architecture.depth()).rev() {
            let a_prev = match layer {
                1 => self.batch.x().view(),
                _ => layers[layer - 2].a.view(),
            };
            let weights = self.parameters.weights(layer);
            let mut dw = product_transpose_right(dz.view(), a_prev)?;
            self.round_sums(&mut dw, examples, || {
                let (left, right) = (Squares::of(dz.view())?, Squares::of(a_prev)?);
                let squares = product_transpose_right(left.of_one.view(), right.of_one.view())?;
                Ok((squares, left.unit * right.unit))
            })?;
            for (entry, weight) in dw.as_mut_slice().iter_mut().zip(weights.as_slice()) {
                let data = self.rounded(*entry / examples);
                let term = self.rounded(decay * weight);
                *entry = if decay == 0.0 {
                    data
                } else {
                    self.rounded(data + term)
                };
            }
            let mut db = Matrix::from_vec(dz.rows(), 1, row_sums(dz.view()))?;
            self.round_sums(&mut db, examples, || {
                let left = Squares::of(dz.view())?;
                let squares = Matrix::from_vec(dz.rows(), 1, row_sums(left.of_one.view()))?;
                Ok((squares, left.unit))
            })?;
            let db = db.map(|entry| self.rounded(entry / examples));
            gradient.set_layer(layer, dw.view(), db.as_slice())?;
            if layer > 1 {
                let mut da = product_transpose_left(weights, dz.view())?;
                self.round_sums(&mut da, dz.rows() as f64, || {
                    let (left, right) = (Squares::of(weights)?, Squares::of(dz.view())?);
                    let squares = product_transpose_left(left.of_one.view(), right.of_one.view())?;
                    Ok((squares, left.unit * right.unit))
                })?;
                dz = self.through_activation(layer - 1, da, layers[layer - 2].z.view());
            }
        }
        Ok(gradient)
    }

    fn forward(&mut self) -> Result<Vec<NoisyLayer>, MlpError> {
        let depth = self.architecture.depth();
        let activation = self.architecture.activation();
        let mut layers: Vec<NoisyLayer> = Vec::with_capacity(depth);
        for layer in 1..=depth {
            let a_prev = match layers.last() {
                Some(below) => below.a.view(),
                None => self.batch.x().view(),
            };
            let weights = self.parameters.weights(layer);
            let mut z = match layer {
                1 => self.first.clone(),
                _ => product(weights, a_prev)?,
            };
            self.round_sums(&mut z, weights.cols() as f64, || {
                let (left, right) = (Squares::of(weights)?, Squares::of(a_prev)?);
                let squares = product(left.of_one.view(), right.of_one.view())?;
                Ok((squares, left.unit * right.unit))
            })?;
            add_to_rows(&mut z, self.parameters.bias(layer))?;
            self.operation += 1;
            let z = z.map(|entry| self.rounded(entry));
            self.operation += 1;
            let a = if layer < depth {
                let mask = self.masks.and_then(|masks| masks.mask(layer));
                let mut a = z.map(|z| self.applied(activation, z));
                if let Some(mask) = mask {
                    for (a, kept) in a.as_mut_slice().iter_mut().zip(mask.as_slice()) {
                        *a = self.rounded(*a * kept);
                    }
                }
                a
            } else {
                self.output(z.view())?
            };
            layers.push(NoisyLayer { z, a });
        }
        Ok(layers)
    }

    fn output(&mut self, z: MatrixView<'_, f64>) -> Result<Matrix<f64>, MlpError> {
        let loss = self.architecture.loss();
        let mut a = loss.output(z)?;
        let (outputs, examples) = a.shape();
        for (i, entry) in a.as_mut_slice().iter_mut().enumerate() {
            let roundings = match loss {
                Loss::MeanSquaredError => 0.0,
                Loss::BinaryCrossEntropy => 2.0,
                // The exponent, its exponential, the sum of them, the quotient.
                Loss::SoftmaxCrossEntropy => {
                    let largest = z.column(i % examples).fold(f64::NEG_INFINITY, f64::max);
                    3.0 + (outputs as f64).sqrt() + (z.as_slice()[i] - largest).abs()
                }
            };
            *entry += self.rounding(roundings * *entry);
        }
        Ok(a)
    }

    /// dZ_L.
    fn delta(&mut self, layers: &[NoisyLayer]) -> Result<Matrix<f64>, MlpError> {
        self.operation += 1;
        let loss = self.architecture.loss();
        let output = layers.last().map(|last| last.a.view()).unwrap_or_default();
        let dz = output_delta(loss, output, self.batch.y().view())?;
        Ok(dz.map(|entry| self.rounded(entry)))
    }

    /// dZ = dA∘D∘φ′(Z).
    fn through_activation(
        &mut self,
        layer: usize,
        mut da: Matrix<f64>,
        z: MatrixView<'_, f64>,
    ) -> Matrix<f64> {
        let activation = self.architecture.activation();
        let mask = self.masks.and_then(|masks| masks.mask(layer));
        self.operation += 1;
        for (i, entry) in da.as_mut_slice().iter_mut().enumerate() {
            let kept = mask.map_or(1.0, |mask| mask.as_slice()[i]);
            let slope = activation.derivative(z.as_slice()[i]);
            let slope = match activation {
                Activation::Relu | Activation::LeakyRelu | Activation::Identity => slope,
                // By the result, and as large as 2u whatever it is.
                _ => slope + self.draw(slope) * self.arithmetic.unit_roundoff * 2.0,
            };
            *entry = self.rounded(*entry * kept * slope);
        }
        da
    }

    fn applied(&mut self, activation: Activation, z: f64) -> f64 {
        let a = activation.apply(z);
        match activation {
            Activation::Relu | Activation::LeakyRelu | Activation::Identity => a,
            Activation::Gelu => a + self.rounding(2.0 * a.abs() + z.abs()),
            Activation::Tanh | Activation::Sigmoid | Activation::Softplus => {
                a + self.rounding(2.0 * a)
            }
        }
    }

    /// x with the rounding error of one operation; a zero is exact and stays, since a kink may be there.
    fn rounded(&mut self, x: f64) -> f64 {
        if x == 0.0 {
            return x;
        }
        let draw = self.draw(x);
        x + draw * (self.arithmetic.unit_roundoff * x.abs() + self.arithmetic.smallest)
    }

    /// ξ·u·size, the rounding error of an operation whose result is of this size.
    fn rounding(&mut self, size: f64) -> f64 {
        self.draw(size) * self.arithmetic.unit_roundoff * size
    }

    /// Rounds entries that are sums of `terms` terms; `squares` gives the sums of their squares, in units of the square
    /// of its second number.
    fn round_sums(
        &mut self,
        sums: &mut Matrix<f64>,
        terms: f64,
        squares: impl FnOnce() -> Result<(Matrix<f64>, f64), MlpError>,
    ) -> Result<(), MlpError> {
        self.operation += 1;
        self.reached += 1;
        let Some(known) = self.sums.get(self.reached - 1) else {
            let (squares, unit) = squares()?;
            let pairs = sums.as_slice().iter().zip(squares.as_slice());
            let size = |(sum, squares): (&f64, &f64)| {
                let products = unit * ((1.0 + terms / 6.0) * squares).sqrt();
                length(products, (terms / 3.0).sqrt() * *sum)
            };
            self.sums.push(pairs.map(size).collect());
            return Ok(());
        };
        let Arithmetic {
            unit_roundoff,
            smallest,
        } = self.arithmetic;
        for (sum, size) in sums.as_mut_slice().iter_mut().zip(known) {
            if *size != 0.0 {
                *sum += self.draw(*sum) * (unit_roundoff * size + terms * smallest);
            }
        }
        Ok(())
    }

    /// ξ for a result: a hash of the pass, the operation and the result.
    fn draw(&self, result: f64) -> f64 {
        let coarse = result.to_bits() >> (52 - self.kept.min(52));
        let key = coarse ^ self.operation.rotate_left(48) ^ self.pass.rotate_left(24);
        (mix(key) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014).
fn mix(key: u64) -> u64 {
    let mut z = key.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The squares of a matrix in units of its largest entry, so that none that matters over- or underflows.
struct Squares {
    of_one: Matrix<f64>,
    unit: f64,
}

impl Squares {
    fn of(matrix: MatrixView<'_, f64>) -> Result<Self, MlpError> {
        let entries = matrix.as_slice().iter();
        let unit = entries.fold(0.0, |largest: f64, entry| largest.max(entry.abs()));
        let unit = if unit > 0.0 && unit.is_finite() {
            unit
        } else {
            1.0
        };
        Ok(Self {
            of_one: Matrix::from_view(matrix)?.map(|entry| (entry / unit).powi(2)),
            unit,
        })
    }
}
