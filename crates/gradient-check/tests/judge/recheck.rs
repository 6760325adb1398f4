//! Fast engines that are right, and ones that lie.

use finite_diff::objective::{Neighborhood, Piece, Plain, Shortcut};
use finite_diff::{
    Derivatives, DifferenceError, EvaluationError, Execution, Objective, Outcome, ParameterLayout,
    Scheme, Selection, differentiate,
};
use gradient_check::evidence::Recheck;
use gradient_check::{CheckError, Settings, Verdict, check};

/// Σ sin(x_i)·x_{i+1} and |x_0 − kink|, around which an engine evaluates one entry in so many wrongly, by a
/// relative error.
#[derive(Clone, Copy)]
struct Engine {
    lie: f64,
    every: usize,
    by_rows: bool,
    kink: Option<f64>,
}

const N: usize = 120;

impl Engine {
    const HONEST: Self = Self {
        lie: 0.0,
        every: 1,
        by_rows: false,
        kink: None,
    };

    fn gradient(&self, x: &[f64]) -> Vec<f64> {
        (0..N)
            .map(|i| {
                let own = if i + 1 < N {
                    x[i].cos() * x[i + 1]
                } else {
                    0.0
                };
                let before = if i > 0 { x[i - 1].sin() } else { 0.0 };
                let kink = self.kink.filter(|_| i == 0);
                own + before + kink.map_or(0.0, |kink| (x[0] - kink).signum())
            })
            .collect()
    }
}

impl Objective<f64> for Engine {
    fn dim(&self) -> usize {
        N
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        let smooth: f64 = x.windows(2).map(|pair| pair[0].sin() * pair[1]).sum();
        Ok(smooth + self.kink.map_or(0.0, |kink| (x[0] - kink).abs()))
    }

    fn piece(&self, x: &[f64]) -> Result<Piece, EvaluationError> {
        Ok(match self.kink {
            None => Piece::Everywhere,
            Some(kink) => Piece::Numbered {
                fingerprint: u64::from(x[0] > kink),
                on_kink: x[0] == kink,
            },
        })
    }

    fn neighborhood<'a>(
        &'a self,
        point: &'a [f64],
    ) -> Result<Box<dyn Neighborhood<f64> + 'a>, EvaluationError> {
        Ok(Box::new(Around {
            engine: self,
            point: point.to_vec(),
        }))
    }

    fn shortcut(&self) -> Option<&dyn Shortcut<f64>> {
        self.by_rows.then_some(self as _)
    }

    fn engine(&self) -> Option<&'static str> {
        Some("test")
    }
}

impl Shortcut<f64> for Engine {
    fn differentiate(
        &self,
        point: &[f64],
        coordinates: &[usize],
        scheme: &Scheme,
        execution: &Execution<'_>,
    ) -> Result<Derivatives, DifferenceError> {
        let mut run = differentiate(&Plain(self), point, coordinates, scheme, execution)?;
        for entry in &mut run.entries {
            if let (true, Outcome::Estimated(estimate)) =
                (entry.coordinate % self.every == 0, &mut entry.outcome)
            {
                estimate.derivative *= 1.0 + self.lie;
            }
        }
        Ok(run)
    }
}

struct Around<'a> {
    engine: &'a Engine,
    point: Vec<f64>,
}

impl Neighborhood<f64> for Around<'_> {
    fn fork(&self) -> Result<Box<dyn Neighborhood<f64> + '_>, EvaluationError> {
        Ok(Box::new(Around {
            engine: self.engine,
            point: self.point.clone(),
        }))
    }

    fn center(&mut self) -> Result<f64, EvaluationError> {
        self.engine.value(&self.point)
    }

    fn value_with(&mut self, i: usize, replacement: f64) -> Result<f64, EvaluationError> {
        let before = self.point[i];
        let center = self.center()?;
        self.point[i] = replacement;
        let value = self.engine.value(&self.point);
        self.point[i] = before;
        let lie = if i.is_multiple_of(self.engine.every) {
            self.engine.lie
        } else {
            0.0
        };
        Ok(center + (value? - center) * (1.0 + lie))
    }

    fn piece_with(&mut self, i: usize, replacement: f64) -> Result<Piece, EvaluationError> {
        let before = std::mem::replace(&mut self.point[i], replacement);
        let piece = self.engine.piece(&self.point);
        self.point[i] = before;
        piece
    }
}

fn judged(engine: Engine, wrong: &[usize]) -> Result<(Verdict, Option<Recheck>), CheckError> {
    let at: Vec<f64> = (0..N).map(|i| 0.3 + (i as f64).sin()).collect();
    let mut gradient = engine.gradient(&at);
    for &i in wrong {
        gradient[i] *= 2.0;
    }
    let layout = ParameterLayout::new()
        .with("a", &[40, 2])
        .and_then(|layout| layout.with("b", &[40]))
        .unwrap();
    let report = check(&engine, &gradient, &at, &layout, &Settings::exact())?;
    Ok((report.verdict, report.recheck))
}

#[test]
fn an_honest_engine_is_believed_and_the_gradient_judged() {
    for by_rows in [false, true] {
        // Kinks far off, near, and within the steps of the first look.
        for kink in [
            None,
            Some(5.0),
            Some(0.3 + 1e-4),
            Some(0.3 + 3e-6),
            Some(0.3),
        ] {
            let engine = Engine {
                by_rows,
                kink,
                ..Engine::HONEST
            };
            let (verdict, recheck) = judged(engine, &[]).unwrap();
            assert_ne!(verdict, Verdict::Disagree, "{kink:?}");
            let recheck = recheck.unwrap();
            assert_eq!((recheck.engine, recheck.drawn), ("test", 4));
            assert_eq!(recheck.rejected_in_all, 0);

            let wrong: Vec<usize> = (3..103).collect();
            let (verdict, recheck) = judged(engine, &wrong).unwrap();
            assert_eq!(verdict, Verdict::Disagree);
            let recheck = recheck.unwrap();
            assert_eq!((recheck.rejected, recheck.rejected_in_all), (100, 100));
        }
    }
}

#[test]
fn an_engine_that_lies_is_blamed_and_not_the_gradient() {
    for by_rows in [false, true] {
        for (lie, every) in [(1.0, 1), (1e-3, 1), (1e-6, 1), (-1e-7, 1), (1e-3, 7)] {
            let engine = Engine {
                lie,
                every,
                by_rows,
                kink: None,
            };
            for wrong in [&[][..], &[5, 90]] {
                let error = judged(engine, wrong).unwrap_err();
                assert!(
                    matches!(error, CheckError::Engine { engine: "test", .. }),
                    "{by_rows} {lie} {every}: {error}"
                );
            }
        }
    }
}

#[test]
fn the_message_blames_the_engine() {
    let engine = Engine {
        lie: 0.5,
        every: N,
        ..Engine::HONEST
    };
    // Wrong at a[0,0] alone, and found out because that comes out wrong.
    let message = judged(engine, &[]).unwrap_err().to_string();
    let (start, _) = message.split_once("returns the derivative").unwrap();
    assert_eq!(
        start,
        "the engine `test` is wrong, not the gradient: at a[0,0] it "
    );
    assert!(
        message.ends_with(
            "There is no verdict. Check with the engine `full`, and report this as a bug"
        )
    );
}

#[test]
fn of_a_selection_some_are_rechecked_too() {
    let at = [0.7; N];
    let gradient = Engine::HONEST.gradient(&at);
    let layout = ParameterLayout::flat("x", N);
    let settings = Settings {
        selection: Selection::Some(vec![17, 18, 19]),
        ..Settings::exact()
    };
    let report = check(&Engine::HONEST, &gradient, &at, &layout, &settings).unwrap();
    assert_eq!(report.recheck.unwrap().drawn, 3);
}
