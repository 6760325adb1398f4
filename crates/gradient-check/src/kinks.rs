//! Kinks by name, for the few coordinates at which one matters, as the caller's function reports them.
//!
//! Chooses the coordinates and collects the answers. Invariant: knows nothing of what has a kink, and decides nothing:
//! it is called after the verdict.

use std::collections::HashSet;

use finite_diff::ladder::{Ground, Refined};
use finite_diff::{Estimate, ParameterLayout};

use crate::evidence::{Evidence, Observation};
use crate::report::KinkReport;
use crate::settings::Settings;
use crate::verdict::{self, Comparison, Reason, Verdict};

/// How many coordinates are asked about at most: each question costs its owner some passes over the
/// model, and nobody reads more.
const MOST_COORDINATES: usize = 4;

/// How many kinks are kept for each, the nearest ones.
const MOST_KINKS: usize = 8;

/// Asks about a handful of coordinates: those undecided for a kink, those with two one-sided slopes, those
/// whose first look went across a kink. `ladder_reach` is how far the second look went along each.
pub(crate) fn name_kinks(
    evidence: &Evidence,
    layout: &ParameterLayout,
    settings: &Settings<'_>,
    ladder_reach: impl Fn(usize) -> f64,
) -> Vec<KinkReport> {
    let Some(kinks) = settings.kinks else {
        return Vec::new();
    };
    let mut candidates: Vec<Candidate> = Vec::new();
    let compared = verdict::compare_all(evidence, layout);
    let blocks = evidence.by_block(layout).zip(compared).enumerate();
    for (block, (observations, (_, comparisons))) in blocks {
        for (observation, comparison) in observations.iter().zip(&comparisons) {
            if let Some(interest) = interest(observation, comparison, evidence.constants.safety) {
                candidates.push(Candidate {
                    interest,
                    block,
                    reach: reach(observation, || ladder_reach(observation.coordinate)),
                    coordinate: observation.coordinate,
                });
            }
        }
    }
    candidates.sort_by_key(|candidate| candidate.interest);
    // One of each block, then others: a unit at its kink is that for many coordinates of its block.
    let mut blocks = HashSet::new();
    let (mut chosen, others): (Vec<Candidate>, Vec<Candidate>) = candidates
        .into_iter()
        .partition(|candidate| blocks.insert((candidate.interest, candidate.block)));
    chosen.extend(others);
    chosen.sort_by_key(|candidate| candidate.interest);
    chosen.truncate(MOST_COORDINATES);
    chosen
        .into_iter()
        .filter_map(|candidate| {
            let mut found = kinks(candidate.coordinate, candidate.reach);
            found.sort_by(|a, b| a.distance.abs().total_cmp(&b.distance.abs()));
            found.truncate(MOST_KINKS);
            let coordinate = layout.coordinate(candidate.coordinate)?;
            (!found.is_empty()).then_some(KinkReport {
                coordinate,
                kinks: found,
            })
        })
        .collect()
}

struct Candidate {
    interest: Interest,
    block: usize,
    coordinate: usize,
    reach: f64,
}

/// Why a coordinate's kinks are of interest, what asks most for an explanation first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Interest {
    Undecided,
    WrongAtKink,
    Subgradient,
    Crossed,
}

fn interest(observation: &Observation, comparison: &Comparison, safety: f64) -> Option<Interest> {
    if comparison.verdict == Verdict::Inconclusive(Reason::Kink) {
        return Some(Interest::Undecided);
    }
    if comparison.subgradient {
        return Some(Interest::Subgradient);
    }
    if comparison.one_sided.is_some() {
        return Some(Interest::WrongAtKink);
    }
    // What is wrong on smooth ground is not wrong for a kink.
    let right = comparison.verdict != Verdict::Disagree;
    (right && crossed(observation, safety)).then_some(Interest::Crossed)
}

/// Whether the steps of the first estimate crossed a kink, according to the second one.
fn crossed(observation: &Observation, safety: f64) -> bool {
    let Some(first) = observation.first.estimated() else {
        return false;
    };
    let contradicts = |second: &Estimate| {
        let bars = first.error_bar() + second.error_bar();
        (first.derivative - second.derivative).abs() > safety * bars
    };
    let Some(fine) = fine(observation) else {
        return observation
            .shadow
            .is_some_and(|shadow| contradicts(&shadow.estimate));
    };
    match (fine.ground, fine.other_piece_within) {
        // The kink may be as near as half of that.
        (_, Some(within)) => within <= 2.0 * WIDEST * first.step,
        (Ground::Smooth { known: true, .. }, None) => false,
        // A black box says it by slopes that contradict each other.
        (Ground::Smooth { kink_in_reach, .. }, None) => {
            kink_in_reach || contradicts(&fine.derivative)
        }
        _ => false,
    }
}

/// How far the first look's widest points lie from the point, in steps: those of five-point differences and
/// of their bar.
const WIDEST: f64 = 4.0;

fn fine(observation: &Observation) -> Option<&Refined> {
    observation.fine.as_ref()?.estimated()
}

/// How far to look: as far as the ladder saw another piece or as it went, or as the first look did where
/// there was no ladder.
fn reach(observation: &Observation, ladder: impl Fn() -> f64) -> f64 {
    match fine(observation).map(|fine| (fine.ground, fine.other_piece_within)) {
        // Fenced in: on both sides within the ladder's first three steps.
        Some((Ground::Fenced, Some(within))) => 4.0 * within,
        Some((_, Some(within))) => within,
        Some((_, None)) => ladder(),
        None => {
            let first = observation.first.estimated();
            first.map_or_else(ladder, |first| WIDEST * first.step)
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::sync::Mutex;

    use finite_diff::objective::Piece;
    use finite_diff::{EvaluationError, Objective, ParameterLayout};
    use num_complex::Complex;

    use crate::settings::NamedKink;
    use crate::{Settings, check};

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
}
