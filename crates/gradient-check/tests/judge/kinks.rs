//! Kinks by name: for the few coordinates at which one matters, and for no others.

use std::sync::Mutex;

use finite_diff::objective::Piece;
use finite_diff::{EvaluationError, Objective, ParameterLayout};
use gradient_check::settings::NamedKink;
use gradient_check::{Settings, check};
use num_complex::Complex;

/// Σ max(x_i − kink_i, 0) + sin x_i, which knows its pieces or not.
struct Hinges {
    kinks: Vec<f64>,
    knows: bool,
}

impl Objective<f64> for Hinges {
    fn dim(&self) -> usize {
        self.kinks.len()
    }

    fn value(&self, x: &[f64]) -> Result<f64, EvaluationError> {
        let hinges = x.iter().zip(&self.kinks);
        Ok(hinges.map(|(x, kink)| (x - kink).max(0.0) + x.sin()).sum())
    }

    fn piece(&self, x: &[f64]) -> Result<Piece, EvaluationError> {
        let hinges = x.iter().zip(&self.kinks);
        let side = |(x, kink): (&f64, &f64)| u64::from(x > kink) + 2 * u64::from(x == kink);
        Ok(match self.knows {
            true => Piece::Numbered {
                fingerprint: hinges.clone().map(side).fold(0, |all, side| 3 * all + side),
                on_kink: hinges.map(side).any(|side| side == 2),
            },
            false => Piece::Unknown,
        })
    }
}

/// The hinges on complex numbers, by the real part.
impl Objective<Complex<f64>> for Hinges {
    fn dim(&self) -> usize {
        self.kinks.len()
    }

    fn value(&self, x: &[Complex<f64>]) -> Result<Complex<f64>, EvaluationError> {
        let hinge = |(x, kink): (&Complex<f64>, &f64)| match x.re > *kink {
            true => x - kink + x.sin(),
            false => x.sin(),
        };
        Ok(x.iter().zip(&self.kinks).map(hinge).sum())
    }
}

/// Coordinates by name with the distance of the first kink of each, and by index with the reach.
type Named = (Vec<(String, f64)>, Vec<(usize, f64)>);

/// The coordinates named and those asked about. The
/// kinks are `away` above zero, the point is zero, the gradient is off by `error` in the first entry.
fn named(away: &[f64], knows: bool, error: f64) -> Named {
    named_with(away, knows, error, false)
}

/// Like [`named`], with the function on complex numbers for a second look or without.
fn named_with(away: &[f64], knows: bool, error: f64, complex: bool) -> Named {
    let hinges = Hinges {
        kinks: away.to_vec(),
        knows,
    };
    let at = vec![0.0; away.len()];
    // 0 + cos 0 below the kink; at it the left slope.
    let mut gradient = vec![1.0; away.len()];
    gradient[0] += error;
    let asked = Mutex::new(Vec::new());
    let kinks = |coordinate: usize, reach: f64| {
        asked.lock().unwrap().push((coordinate, reach));
        let near = |distance: f64| NamedKink {
            name: format!("hinge {coordinate}"),
            distance,
        };
        let mut found = vec![near(away[coordinate])];
        found.retain(|kink| kink.distance <= reach);
        found
    };
    let settings = Settings {
        kinks: Some(&kinks),
        shadow: complex.then_some(&hinges as &dyn Objective<Complex<f64>>),
        ..Settings::default()
    };
    let half = away.len() / 2;
    let layout = ParameterLayout::new()
        .with("a", &[half])
        .and_then(|layout| layout.with("b", &[away.len() - half]))
        .unwrap();
    let report = check(&hinges, &gradient, &at, &layout, &settings).unwrap();
    let named = report
        .kinks
        .iter()
        .map(|report| (report.coordinate.to_string(), report.kinks[0].distance))
        .collect();
    (named, asked.into_inner().unwrap())
}

fn names(found: &[(String, f64)]) -> Vec<&str> {
    found.iter().map(|(name, _)| name.as_str()).collect()
}

#[test]
fn kinks_far_away_are_nobodys_business() {
    let (found, asked) = named(&[0.5, 0.1, 0.3, 0.2], true, 0.0);
    assert_eq!((found.len(), asked.len()), (0, 0));
}

#[test]
fn a_kink_that_the_first_look_crossed_is_named() {
    for (away, knows) in [(3e-8, true), (1e-6, true), (1e-6, false)] {
        let (found, asked) = named(&[0.5, 0.1, away, 0.2], knows, 0.0);
        assert_eq!(names(&found), ["b[0]"], "{away:e}, {knows}");
        assert_eq!(found[0].1, away);
        assert_eq!(asked.len(), 1);
    }
}

#[test]
fn so_is_one_that_a_second_look_on_complex_numbers_spoke_against() {
    let (found, asked) = named_with(&[0.5, 0.1, 3e-8, 0.2], true, 0.0, true);
    assert_eq!(names(&found), ["b[0]"]);
    assert_eq!((found[0].1, asked.len()), (3e-8, 1));
    let (found, asked) = named_with(&[0.5, 0.1, 0.2, 0.2], true, 0.0, true);
    assert_eq!((found.len(), asked.len()), (0, 0));
    // An exact one goes to the ladder.
    let (found, _) = named_with(&[0.5, 0.1, 0.0, 0.2], true, 0.0, true);
    assert_eq!((names(&found), found[0].1), (vec!["b[0]"], 0.0));
}

#[test]
fn exact_kinks_are_named_whether_or_not_the_slope_is_one() {
    for error in [0.0, 0.25, 7.0] {
        let (found, _) = named(&[0.0, 0.1, 0.4, 0.2], false, error);
        assert_eq!(names(&found), ["a[0]"], "{error}");
        assert_eq!(found[0].1, 0.0);
    }
}

#[test]
fn a_wrong_entry_on_smooth_ground_is_not_wrong_for_a_kink() {
    let (found, asked) = named(&[3e-8, 0.1, 0.4, 0.2], true, 7.0);
    assert_eq!((found.len(), asked.len()), (0, 0));
}

#[test]
fn a_handful_at_most_and_of_every_block() {
    let (found, asked) = named(&[3e-8; 40], true, 0.0);
    assert_eq!(names(&found), ["a[0]", "b[0]", "a[1]", "a[2]"]);
    assert_eq!(asked.len(), 4);
}
