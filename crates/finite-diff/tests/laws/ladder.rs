//! The bars of the ladder, where nothing but noise is in them.

use finite_diff::objective::Piece;
use finite_diff::{Estimate, EvaluationError, Execution, Noise, Objective, differentiate_finely};

/// ε_f: so much that wide steps are asked for.
const NOISE: f64 = 1e-3;

/// xᵖ for an even p: exact on steps that are powers of two, and with no derivative but 0.
struct Even {
    power: i32,
    piece: Piece,
}

impl Objective<f64> for Even {
    fn dim(&self) -> usize {
        1
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        Ok(x[0].powi(self.power))
    }

    fn piece(&self, _: &[f64]) -> Result<Piece, EvaluationError> {
        Ok(self.piece)
    }
}

fn at_zero(power: i32, piece: Piece) -> Estimate {
    let noise = Noise::Absolute(NOISE);
    let j = Even { power, piece };
    let run = differentiate_finely(&j, &[0.0], &[0], noise, &Execution::default()).unwrap();
    run.entries[0].outcome.estimated().unwrap().derivative
}

/// What noise may hide of a kink, by the weights of the values of J themselves: (4, −1 and −6) / 2h after the ratio 2, and
/// so on. The power says after which ratios nothing else is left: 2 for x², 2 and 8 for x⁴.
#[test]
fn the_noise_that_may_hide_a_kink_is_that_of_the_weights() {
    let of = |sides: &[f64], center: f64| {
        let sides: f64 = sides.iter().map(|weight| 2.0 * weight * weight).sum();
        (sides + center * center).sqrt()
    };
    let close = |power: i32, expected: f64| {
        let in_units = |estimate: Estimate| {
            assert_eq!((estimate.derivative, estimate.truncation), (0.0, 0.0));
            estimate.noise * estimate.step / NOISE
        };
        // Where J says that it is smooth there is no kink to hide.
        let own = in_units(at_zero(power, Piece::Everywhere));
        // Half of two standard deviations, ε_f being three, on the next wider step.
        let noise = 6.0 * (in_units(at_zero(power, Piece::Unknown)) - own);
        assert!((noise - expected).abs() < 1e-12, "{noise} and {expected}");
    };
    close(2, of(&[2.0, -0.5], 3.0));
    close(4, of(&[16.0 / 7.0, -5.0 / 7.0, 0.25 / 7.0], 22.5 / 7.0));
}
