//! The least that an engine must do: floating-point operations and cost terms, counted.
//!
//! Notation: layers 1 … L of widths n_l, m examples, P parameters, k evaluations a coordinate. A cost
//! term is one softplus of binary cross-entropy with hard labels. Counted is what no way of taking
//! these evaluations can leave out; not counted are sums over examples, the quotients and their bars,
//! and everything that memory costs. So a floor is never too high; an engine can only be nearer to it
//! than it looks.
//!
//! The networks here have ReLU and one output a class, so that a change of unit i of layer l reaches
//! the cost through the examples alone in which the unit is on. (A unit that a step switches on is left
//! out: few are within a step of it.)

use mlp::{MlpError, forward as forward_pass};

use crate::Problem;

/// Counted work, for all coordinates of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Work {
    /// Floating-point operations of products, sums of bias and ReLU.
    pub flops: f64,
    /// Terms of the cost.
    pub terms: f64,
    /// Backward passes, whose time is measured.
    pub backward_passes: f64,
}

/// What the machine does, as measured in the same run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// Floating-point operations a second in a product that suits the machine.
    pub flops: f64,
    /// Seconds a cost term.
    pub term: f64,
    /// Seconds a backward pass at this size.
    pub backward: f64,
}

impl Work {
    /// flops/rate + terms·(time a term) + (backward passes)·(time of one).
    pub fn seconds(&self, rates: &Rates) -> f64 {
        self.flops / rates.flops + self.terms * rates.term + self.backward_passes * rates.backward
    }

    fn times(self, factor: f64) -> Self {
        Self {
            flops: self.flops * factor,
            terms: self.terms * factor,
            backward_passes: self.backward_passes * factor,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            flops: self.flops + other.flops,
            terms: self.terms + other.terms,
            backward_passes: self.backward_passes + other.backward_passes,
        }
    }
}

/// One forward pass with its cost: Σ_l (2·n_l·n_{l−1} + n_l)·m, and n_l·m for ReLU in hidden layers;
/// n_L·m terms.
pub fn forward(widths: &[usize], examples: usize) -> Work {
    let last = widths.len() - 1;
    let an_example: usize = (1..=last)
        .map(|l| 2 * widths[l] * widths[l - 1] + widths[l] + relu(widths, l))
        .sum();
    Work {
        flops: an_example as f64 * examples as f64,
        terms: (widths[last] * examples) as f64,
        backward_passes: 0.0,
    }
}

/// So many whole forward passes.
pub(crate) fn forwards(problem: &Problem, count: f64) -> Work {
    forward(problem.architecture.widths(), problem.batch.examples()).times(count)
}

/// k·P whole forward passes.
pub(crate) fn forward_each(problem: &Problem, evaluations: u32) -> Work {
    let count = problem.architecture.parameter_count() as f64;
    forwards(problem, f64::from(evaluations) * count)
}

/// k evaluations a coordinate of which each recomputes what the coordinate reaches, and one forward
/// pass.
///
/// W_l\[i,j\] reaches the examples in which unit i is on and A_{l−1}\[j\] is not 0, b_l\[i\] those in which
/// unit i is on; in layer L all units are. For each: 2 operations for z ← z + δ·a (1 for a bias) and 1 for
/// ReLU, then for Z_{l+1} a rank-one term of 2·n_{l+1}, for the layers after it products of 2·n_k·n_{k−1},
/// ReLU, and n_L cost terms; in layer L one term.
///
/// # Errors
/// What [`mlp::forward`] refuses.
pub fn incremental(problem: &Problem, evaluations: u32) -> Result<Work, MlpError> {
    let widths = problem.architecture.widths();
    let mut all = Work::default();
    for (l, reach) in (1..).zip(reaches(problem)?) {
        let on = onward(widths, l);
        let hidden = f64::from(u8::from(l + 1 < widths.len()));
        let (by_weight, by_bias) = (reach.pairs as f64, reach.on as f64);
        let touched = by_weight + by_bias;
        all = all.plus(on.times(touched)).plus(Work {
            flops: 2.0 * by_weight + by_bias + hidden * touched,
            ..Work::default()
        });
    }
    let center = forward(widths, problem.batch.examples());
    Ok(all.times(f64::from(evaluations)).plus(center))
}

/// k probes a unit, Σ n_l·k in all, of which each moves a whole row of Z_l and recomputes what the
/// unit reaches: 1 operation for z + δ, 1 for ReLU, then as in [`incremental`]; one forward pass; and
/// two backward passes, for the products dW = dZ·Aᵀ of the derivatives and of their bars.
///
/// # Errors
/// What [`mlp::forward`] refuses.
pub fn layer_wise(problem: &Problem, probes: u32) -> Result<Work, MlpError> {
    let widths = problem.architecture.widths();
    let mut all = Work::default();
    for (l, reach) in (1..).zip(reaches(problem)?) {
        let hidden = f64::from(u8::from(l + 1 < widths.len()));
        let touched = reach.on as f64;
        all = all.plus(onward(widths, l).times(touched)).plus(Work {
            flops: (1.0 + hidden) * touched,
            ..Work::default()
        });
    }
    let rest = Work {
        backward_passes: 2.0,
        ..forward(widths, problem.batch.examples())
    };
    Ok(all.times(f64::from(probes)).plus(rest))
}

/// The products of one backward pass: Σ_l 2·n_l·n_{l−1}·m for dW_l, and as much for dA_{l−1} from layer 2
/// on.
pub fn backward_flops(widths: &[usize], examples: usize) -> f64 {
    let an_example: usize = (1..widths.len())
        .map(|l| 2 * widths[l] * widths[l - 1] * if l > 1 { 2 } else { 1 })
        .sum();
    an_example as f64 * examples as f64
}

/// What follows for one example once the activation of one unit of layer l has changed: a rank-one
/// term for Z_{l+1}, 2·n_{l+1}; whole products from l+2 on, 2·n_k·n_{k−1}; ReLU in hidden layers; n_L cost
/// terms, or 1 where l = L, since an output has a term of its own.
fn onward(widths: &[usize], l: usize) -> Work {
    let last = widths.len() - 1;
    let flops: usize = (l + 1..=last)
        .map(|k| {
            let inputs = if k == l + 1 { 1 } else { widths[k - 1] };
            2 * widths[k] * inputs + relu(widths, k)
        })
        .sum();
    Work {
        flops: flops as f64,
        terms: if l == last { 1 } else { widths[last] } as f64,
        backward_passes: 0.0,
    }
}

/// n_l in a hidden layer, 0 in the last one.
fn relu(widths: &[usize], l: usize) -> usize {
    if l + 1 < widths.len() { widths[l] } else { 0 }
}

/// How many examples the parameters of one layer reach.
struct Reach {
    /// Σ over units: examples in which the unit is on.
    on: usize,
    /// Σ over units and inputs: examples in which the unit is on and the input is not 0.
    pairs: usize,
}

/// One [`Reach`] a layer, from the forward pass.
fn reaches(problem: &Problem) -> Result<Vec<Reach>, MlpError> {
    let pass = forward_pass(
        &problem.architecture,
        &problem.parameters,
        &problem.batch,
        None,
    )?;
    let (depth, m) = (problem.architecture.depth(), problem.batch.examples());
    let layers = (1..).zip(&pass.layers).map(|(l, cache)| {
        let (z, a_prev) = (cache.z(), cache.a_prev());
        let count = |example: usize| {
            let on = (0..z.rows())
                .filter(|&i| l == depth || z.row(i)[example] > 0.0)
                .count();
            let inputs = (0..a_prev.rows())
                .filter(|&j| a_prev.row(j)[example] != 0.0)
                .count();
            (on, on * inputs)
        };
        (0..m)
            .map(count)
            .fold(Reach { on: 0, pairs: 0 }, |sum, (on, pairs)| Reach {
                on: sum.on + on,
                pairs: sum.pairs + pairs,
            })
    });
    Ok(layers.collect())
}

#[cfg(test)]
mod tests {
    use mlp::{Activation, Architecture, Batch, Loss, Parameters};
    use tensor_core::Matrix;

    use super::*;
    use crate::{Extent, SIZES};

    /// 2-2-1, three examples. Unit 1 of layer 1 is x₁, unit 2 is −x₁: on in examples 1, 3 and 2.
    fn small() -> Problem {
        let architecture =
            Architecture::new(&[2, 2, 1], Activation::Relu, Loss::BinaryCrossEntropy).unwrap();
        let theta = vec![1.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 0.0];
        let parameters = Parameters::from_flat(&architecture, theta).unwrap();
        // The second input is blank in examples 1 and 2.
        let x = Matrix::from_vec(2, 3, vec![1.0, -1.0, 2.0, 0.0, 0.0, 1.0]).unwrap();
        let y = Matrix::from_vec(1, 3, vec![0.0, 1.0, 0.0]).unwrap();
        let batch = Batch::new(x, y).unwrap();
        Problem {
            coordinates: (0..9).collect(),
            architecture,
            batch,
            parameters,
        }
    }

    #[test]
    fn a_forward_pass_by_hand() {
        // An example: 2·2·2 + 2 + 2 in layer 1, 2·2 + 1 in layer 2.
        let expected = Work {
            flops: 17.0 * 3.0,
            terms: 3.0,
            backward_passes: 0.0,
        };
        assert_eq!(forward(&[2, 2, 1], 3), expected);
        assert_eq!(forward_each(&small(), 2), expected.times(18.0));
    }

    #[test]
    fn incremental_by_hand() {
        // Layer 1: on in 2 + 1 examples; of the inputs to them, 2 + 2 are not blank. Each of the 4 + 3
        // goes on with a rank-one term of 2 operations and one term. Layer 2: all 3 examples; in each one
        // of two inputs is on.
        let layer_1 = 4.0 * (2.0 + 1.0 + 2.0) + 3.0 * (1.0 + 1.0 + 2.0);
        let layer_2 = 3.0 * 2.0 + 3.0 * 1.0;
        let found = incremental(&small(), 4).unwrap();
        assert_eq!(found.flops, 4.0 * (layer_1 + layer_2) + 51.0);
        assert_eq!(found.terms, 4.0 * (7.0 + 6.0) + 3.0);
    }

    #[test]
    fn layer_wise_by_hand() {
        let found = layer_wise(&small(), 4).unwrap();
        assert_eq!(found.flops, 4.0 * (3.0 * (2.0 + 2.0) + 3.0) + 51.0);
        assert_eq!(found.terms, 4.0 * (3.0 + 3.0) + 3.0);
        assert_eq!(found.backward_passes, 2.0);
    }

    #[test]
    fn backward_by_hand() {
        // dW1 2·2·2, dW2 2·1·2, dA1 2·1·2, for three examples.
        assert_eq!(backward_flops(&[2, 2, 1], 3), 48.0);
    }

    #[test]
    fn less_is_left_with_every_step_down() {
        for size in SIZES {
            let problem = size.problem(Extent::All).unwrap();
            let floors = [
                forward_each(&problem, 4),
                incremental(&problem, 4).unwrap(),
                layer_wise(&problem, 4).unwrap(),
            ];
            assert!(floors.windows(2).all(|pair| pair[1].flops < pair[0].flops));
            assert!(floors.windows(2).all(|pair| pair[1].terms < pair[0].terms));
        }
    }

    #[test]
    fn time_adds_up() {
        let work = Work {
            flops: 6.0,
            terms: 5.0,
            backward_passes: 2.0,
        };
        let rates = Rates {
            flops: 3.0,
            term: 2.0,
            backward: 0.5,
        };
        assert_eq!(work.seconds(&rates), 2.0 + 10.0 + 1.0);
    }
}
