//! The slope test: a second opinion beside the component-wise check, free of any step size.
//!
//! Along a direction u, with J's own points,
//!
//! ```text
//! E(t) = |J(θ + tu) − J(θ − tu) − 2t g·u| = |2t (∇J − g)·u + t³ J‴[u,u,u]/3 + …|
//! ```
//!
//! falls like t³ (or t⁵) where g is right and like t where it is not. Evidence is gathered in
//! `evidence`, once; the word on it is a pure function of it, in `line`. Knows no block's meaning and
//! no scheme. docs/theory/slope.md has the equations, (L1) to (L11).

mod evidence;
mod fit;
mod line;
#[cfg(test)]
mod tests;

pub(crate) use evidence::{Lines, Obstacle, gather, judge};

use std::fmt;

/// At most so many blocks get a direction of their own: a direction costs up to 44 evaluations of J, so
/// that these are under 1500, as many as a network of some 350 parameters takes for its first pass.
pub(crate) const MOST_BLOCKS: usize = 32;

/// What E(t) says of the gradient along one direction, or along all of them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum SlopeVerdict {
    /// E falls faster than t²: there is no linear term, as far as the stated power goes.
    Right,
    /// E does not rise above the noise over a decade of t: nothing falls, as where J is linear or
    /// quadratic along u. No pass by default: it says how far it is one.
    Exact {
        /// The directional error (∇J − g)·u is smaller than this.
        within: f64,
    },
    /// E falls like t over a decade: g is wrong, or rounded by more than it may be.
    Wrong,
    /// Neither right nor wrong can be said.
    Undecided(SlopeReason),
}

/// Why a direction could not be decided. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SlopeReason {
    /// J is not smooth, or may not be, within reach.
    Kink,
    /// E is above the noise, and behaves like noise.
    Noise,
    /// A linear term is there that rounding in a single-precision gradient may have made.
    Rounding,
    /// A linear term is there that coordinates which agree may add up to: granted as an accuracy, or below a millionth.
    Inexact,
    /// Neither slope: a linear and a cubic term share the decade.
    Mixed,
    /// There are too few t above the noise for a slope, and too few below it for a bound.
    TooFewPoints,
    /// J was NaN or infinite even at the narrowest t.
    NonFinite,
    /// The points round to θ.
    StepNotRepresentable,
    /// J failed even at the narrowest t.
    Failed,
    /// Not even an error as large as the gradient itself would have been seen.
    Blunt,
    /// J does not move along u, and g is zero: nothing was tested.
    Vacuous,
    /// The check was stopped before it came to this direction.
    Interrupted,
}

impl SlopeReason {
    /// As written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kink => "kink",
            Self::Noise => "noise",
            Self::Rounding => "rounding",
            Self::Inexact => "inexact",
            Self::Mixed => "mixed",
            Self::TooFewPoints => "too_few_points",
            Self::NonFinite => "non_finite",
            Self::StepNotRepresentable => "step_not_representable",
            Self::Failed => "failed",
            Self::Blunt => "blunt",
            Self::Vacuous => "vacuous",
            Self::Interrupted => "interrupted",
        }
    }
}

impl fmt::Display for SlopeVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Right => "right",
            Self::Exact { .. } => "exact",
            Self::Wrong => "wrong",
            Self::Undecided(_) => "undecided",
        })
    }
}

/// What the slope test saw along one direction.
#[derive(Debug, Clone, PartialEq)]
pub struct SlopeResult {
    /// The block that the direction moves; `None` for all.
    pub block: Option<String>,
    /// The slope of ln E against ln t over the narrowest decade above the noise; `None` where there is
    /// no decade.
    pub slope: Option<f64>,
    /// The standard error of the slope.
    pub standard_error: Option<f64>,
    /// (t, E(t)), the narrowest first. t is relative to max(1, |θ_i|); u has unit root mean square.
    pub points: Vec<(f64, f64)>,
    /// (∇J − g)·u, from the linear term of E; `None` where no decade allows to tell it.
    pub directional_error: Option<f64>,
    /// How far that may be off: noise of J, rounding of g, and what the fit leaves.
    pub bar: Option<f64>,
    /// The verdict on the direction.
    pub verdict: SlopeVerdict,
    /// A typical |g·u|, over all the directions that could have been drawn: √Σ(g_i·max(1, |θ_i|))².
    pub size: f64,
    /// The smallest |(∇J − g)·u| from which on every larger one would have been called wrong, found by
    /// planting it in these very points; `None` where not even one as large as `size` would have been.
    pub would_have_seen: Option<f64>,
    /// The smallest |u_i| of those that it moves: an error of `would_have_seen` over this, in any one coordinate, can't hide.
    pub smallest_entry: f64,
    /// How many coordinates it moves: not those that are fixed or on a bound.
    pub coordinates: usize,
    /// How many of those the component-wise check judged.
    pub judged: usize,
    /// The most that (∇J − g)·u can be if every coordinate it moves is as right as the component-wise
    /// check says, those not judged as right as those of their block that were; `None` where it did not
    /// confirm all that it judged, or judged none of some block. (L11)
    pub room: Option<f64>,
    /// √Σ(e_i·max(1, |θ_i|))² over the coordinates that it moves and the component-wise check calls
    /// wrong, e = g − d.
    pub error_elsewhere: f64,
    /// What J failed with at a wider t, if it did.
    pub failure: Option<String>,
}

impl SlopeResult {
    /// The chance that this test does not see an error of norm `error`, √Σ(e_i·max(1, |θ_i|))², spread over
    /// many coordinates: e·u is about normal with that deviation, so that |e·u| < τ with probability
    /// √(2/π)·τ/‖e‖ ≈ 0.8 τ/‖e‖, τ what would have been seen (L10). 1 where nothing would have been.
    pub fn chance_to_miss(&self, error: f64) -> f64 {
        let density = std::f64::consts::FRAC_2_PI.sqrt();
        match self.would_have_seen {
            Some(tau) if error > 0.0 => (density * tau / error).min(1.0),
            _ => 1.0,
        }
    }
}

/// The slope test of a whole gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct SlopeTest {
    /// The word on it: wrong if any direction is, else undecided if any is, else right, or exact within
    /// the widest bound if all are.
    pub verdict: SlopeVerdict,
    /// One direction for each block, and one over all of them.
    pub directions: Vec<SlopeResult>,
    /// How many blocks got no direction of their own because there are too many; the one over all moves
    /// them too.
    pub left_out: usize,
    /// How many coordinates were neither judged, nor are fixed, nor are moved far enough by any direction that has power:
    /// on a bound or next to it, mostly. Nothing speaks for them.
    pub uncovered: usize,
    /// How often J was evaluated for it.
    pub evaluations: u64,
}

impl SlopeTest {
    /// The directions that came out wrong.
    pub fn wrong(&self) -> impl Iterator<Item = &SlopeResult> {
        self.directions
            .iter()
            .filter(|direction| direction.verdict == SlopeVerdict::Wrong)
    }

    /// The largest [`would_have_seen`](SlopeResult::would_have_seen) of the directions that are right or
    /// exact, relative to each one's `size`; `None` where one of them has no power, or there is none.
    pub fn power(&self) -> Option<f64> {
        self.directions
            .iter()
            .filter(|d| matches!(d.verdict, SlopeVerdict::Right | SlopeVerdict::Exact { .. }))
            .map(|d| Some(d.would_have_seen? / d.size))
            .reduce(|a, b| Some(a?.max(b?)))
            .flatten()
    }
}

/// The word on all directions together.
fn overall(directions: &[SlopeResult]) -> SlopeVerdict {
    let mut word = None;
    for direction in directions {
        word = Some(match (word, direction.verdict) {
            (_, SlopeVerdict::Wrong) => return SlopeVerdict::Wrong,
            (None, verdict) => verdict,
            (Some(undecided @ SlopeVerdict::Undecided(_)), _)
            | (_, undecided @ SlopeVerdict::Undecided(_)) => undecided,
            (Some(SlopeVerdict::Exact { within }), SlopeVerdict::Exact { within: other }) => {
                SlopeVerdict::Exact {
                    within: within.max(other),
                }
            }
            _ => SlopeVerdict::Right,
        });
    }
    word.unwrap_or(SlopeVerdict::Undecided(SlopeReason::TooFewPoints))
}
