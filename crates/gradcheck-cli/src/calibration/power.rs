//! Whether the stated power is true: errors just above and just below it, planted in right gradients.
//!
//! Plants and counts. Refuses to say how often an error must be caught.

use anyhow::Result;
use finite_diff::Progress;
use gradient_check::evidence::Evidence;
use gradient_check::verdict::{self, Comparison};
use gradient_check::{Constants, Power, Verdict, check, gather, gather_by_complex_step};
use mlp::{Activation, Loss};

use super::place::{FACTORS, Place, Situation};
use super::{Options, over_places};

/// The errors planted, in units of the power: well below it, just below and above, well above.
pub const SIZES: [f64; 6] = [1.0 / 3.0, 0.5, 0.99, 1.01, 2.0, 3.0];

/// An error of one coordinate, of its block's scale, that central differences should see.
pub const CENTRAL_TARGET: f64 = 1e-8;

/// The same for the complex step.
pub const COMPLEX_TARGET: f64 = 1e-12;

/// What became of planted errors.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fate {
    /// Called wrong.
    pub rejected: usize,
    /// Undecided, so not passed either.
    pub undecided: usize,
    /// Passed.
    pub passed: usize,
}

impl Fate {
    fn of(verdict: Verdict) -> Self {
        let mut fate = Self::default();
        match verdict {
            Verdict::Disagree => fate.rejected = 1,
            Verdict::Inconclusive(_) => fate.undecided = 1,
            Verdict::Agree => fate.passed = 1,
        }
        fate
    }

    fn add(&mut self, other: Self) {
        self.rejected += other.rejected;
        self.undecided += other.undecided;
        self.passed += other.passed;
    }

    /// How many were planted.
    pub fn planted(&self) -> usize {
        self.rejected + self.undecided + self.passed
    }

    /// The share called wrong.
    pub fn rejection(&self) -> f64 {
        self.rejected as f64 / self.planted() as f64
    }
}

/// Errors of every size of [`SIZES`], of either sign.
pub type Fates = [Fate; SIZES.len()];

/// What became of errors of one size, and why those that were not rejected were not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Target {
    /// How they came out.
    pub fate: Fate,
    /// Of those not rejected: where the numeric derivative is not known so well.
    pub numeric: usize,
    /// Of those not rejected: where the gradient itself may carry more rounding than that.
    pub rounding: usize,
    /// Of those not rejected: where the check of the right gradient said that it would see them.
    pub unsaid: usize,
}

impl Target {
    /// An error of size `error` in a coordinate whose check came out as `wrong`; without it, as `right`.
    fn of(error: f64, right: &Comparison, wrong: &Comparison) -> Self {
        let mut target = Self {
            fate: Fate::of(wrong.verdict),
            ..Self::default()
        };
        if wrong.verdict == Verdict::Disagree {
            return target;
        }
        let bars = right
            .error_bar
            .map_or(f64::INFINITY, |bar| Constants::default().safety * bar);
        if told(right) && visible(right) < error {
            target.unsaid = 1;
        } else if 2.0 * bars >= right.tolerance {
            target.numeric = 1;
        } else {
            target.rounding = 1;
        }
        target
    }

    fn add(&mut self, other: &Self) {
        self.fate.add(other.fate);
        self.numeric += other.numeric;
        self.rounding += other.rounding;
        self.unsaid += other.unsaid;
    }
}

/// What was found at one place, or at many.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Errors of one coordinate at the one that determines the stated power.
    pub weakest_coordinate: Fates,
    /// The same at each coordinate that the check of the right gradient decided, in units of the power
    /// stated for its block.
    pub every_coordinate: Fates,
    /// Relative errors of the whole block that determines the stated power.
    pub weakest_block: Fates,
    /// The same of each block, in units of its own power.
    pub every_block: Fates,
    /// Errors of [`CENTRAL_TARGET`] at each coordinate.
    pub central: Target,
    /// Errors of [`COMPLEX_TARGET`] at each coordinate, by the complex step.
    pub complex: Target,
}

impl Found {
    fn add(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.weakest_coordinate, other.weakest_coordinate),
            (&mut self.every_coordinate, other.every_coordinate),
            (&mut self.weakest_block, other.weakest_block),
            (&mut self.every_block, other.every_block),
        ] {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                mine.add(theirs);
            }
        }
        self.central.add(&other.central);
        self.complex.add(&other.complex);
    }
}

/// All that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Powers {
    places: Vec<(Activation, Loss, Situation, Found)>,
}

impl Powers {
    /// Everything together.
    pub fn overall(&self) -> Found {
        self.sum(|_| true)
    }

    /// By activation, loss and situation, one after the other.
    pub fn groups(&self) -> Vec<(String, Found)> {
        let mut groups = Vec::new();
        for a in Activation::ALL {
            groups.push((a.to_string(), self.sum(|place| place.0 == *a)));
        }
        for l in Loss::ALL {
            groups.push((l.to_string(), self.sum(|place| place.1 == *l)));
        }
        for s in Situation::ALL {
            groups.push((s.to_string(), self.sum(|place| place.2 == s)));
        }
        groups
    }

    fn sum(&self, wanted: impl Fn(&(Activation, Loss, Situation, Found)) -> bool) -> Found {
        let mut sum = Found::default();
        for place in self.places.iter().filter(|place| wanted(place)) {
            sum.add(&place.3);
        }
        sum
    }
}

/// Measures it; the same options give the same outcome. `options.coordinates` counts every scale of
/// the cost, of which each place gets one here.
///
/// # Errors
/// Where a network can't be built or evaluated, which would be a bug.
pub fn power(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Powers> {
    let places = over_places(options, progress, |number, place| {
        let factor = FACTORS[number % FACTORS.len()];
        let found = Trial::new(place, factor)?.run()?;
        Ok(vec![(place.activation, place.loss, place.situation, found)])
    })?;
    Ok(Powers { places })
}

/// One right gradient, and what its check says.
struct Trial<'a> {
    place: &'a Place,
    factor: f64,
    gradient: Vec<f64>,
    rounding: Vec<f64>,
    /// The scale of each block, its power, and the comparison of each of its coordinates.
    blocks: Vec<(f64, Option<Power>, Vec<Comparison>)>,
}

impl<'a> Trial<'a> {
    fn new(place: &'a Place, factor: f64) -> Result<Self> {
        let gradient = place
            .gradient(factor, place.point())
            .map_err(|error| anyhow::anyhow!(error))?;
        let mut trial = Self {
            place,
            factor,
            gradient,
            rounding: place.rounding(factor),
            blocks: Vec::new(),
        };
        let objective = place.objective(factor, true)?;
        let shadow = place.complex_objective(factor)?;
        let settings = place.settings(&trial.rounding, &shadow);
        let (g, layout) = (&trial.gradient, place.layout());
        let report = check(&objective, g, place.point(), layout, &settings)?;
        let evidence = trial.gather(g)?;
        trial.blocks = report
            .blocks
            .iter()
            .zip(compared(&evidence, place))
            .map(|(block, comparisons)| (block.scale, block.power, comparisons))
            .collect();
        Ok(trial)
    }

    fn gather(&self, gradient: &[f64]) -> Result<Evidence> {
        let objective = self.place.objective(self.factor, true)?;
        let shadow = self.place.complex_objective(self.factor)?;
        let settings = self.place.settings(&self.rounding, &shadow);
        let (point, layout) = (self.place.point(), self.place.layout());
        Ok(gather(&objective, gradient, point, layout, &settings)?)
    }

    /// The comparisons of each block with what `change` makes of each entry: block, comparison of the
    /// right gradient, sign.
    fn planted(
        &self,
        sign: f64,
        change: impl Fn(usize, &Comparison, f64) -> f64,
    ) -> Result<Vec<Vec<Comparison>>> {
        let changed = self.changed(sign, change);
        Ok(compared(&self.gather(&changed)?, self.place))
    }

    fn changed(&self, sign: f64, change: impl Fn(usize, &Comparison, f64) -> f64) -> Vec<f64> {
        let mut changed = self.gradient.clone();
        for (number, (_, _, comparisons)) in self.blocks.iter().enumerate() {
            for comparison in comparisons {
                changed[comparison.coordinate] += change(number, comparison, sign);
            }
        }
        changed
    }

    fn run(&self) -> Result<Found> {
        let mut found = Found::default();
        for sign in [-1.0, 1.0] {
            for (which, size) in SIZES.into_iter().enumerate() {
                self.plant_everywhere(size, sign, &mut found.every_coordinate[which])?;
                self.plant_at_weakest(size, sign, &mut found.weakest_coordinate[which])?;
                self.plant_in_blocks(
                    size,
                    sign,
                    &mut found.every_block[which],
                    &mut found.weakest_block[which],
                )?;
            }
            self.plant_targets(sign, &mut found)?;
        }
        Ok(found)
    }

    /// In all coordinates at once: each is judged by itself, so that this is as good as one by one.
    fn plant_everywhere(&self, size: f64, sign: f64, fate: &mut Fate) -> Result<()> {
        let error = |block: usize, _: &Comparison, sign: f64| {
            let (scale, power, _) = &self.blocks[block];
            sign * size * scale * power.map_or(0.0, |power| power.single_coordinate)
        };
        let planted = self.planted(sign, error)?;
        for ((_, power, right), wrong) in self.blocks.iter().zip(planted) {
            for (right, wrong) in right.iter().zip(wrong) {
                if told(right) && power.is_some() {
                    fate.add(Fate::of(wrong.verdict));
                }
            }
        }
        Ok(())
    }

    /// In the one coordinate that an error is hardest to see in.
    fn plant_at_weakest(&self, size: f64, sign: f64, fate: &mut Fate) -> Result<()> {
        let blocks = self
            .blocks
            .iter()
            .filter_map(|(scale, power, comparisons)| {
                let power = power.as_ref()?.single_coordinate;
                Some((scale, power, comparisons))
            });
        let Some((scale, power, comparisons)) = blocks.max_by(|a, b| a.1.total_cmp(&b.1)) else {
            return Ok(());
        };
        let agreeing = comparisons.iter().filter(|c| told(c));
        let Some(weakest) = agreeing.max_by(|a, b| visible(a).total_cmp(&visible(b))) else {
            return Ok(());
        };
        let planted = self.planted(sign, |_, comparison, sign| {
            match comparison.coordinate == weakest.coordinate {
                true => sign * size * power * scale,
                false => 0.0,
            }
        })?;
        let wrong = planted.iter().flatten();
        for wrong in wrong.filter(|c| c.coordinate == weakest.coordinate) {
            fate.add(Fate::of(wrong.verdict));
        }
        Ok(())
    }

    /// In whole blocks, each by its own power.
    fn plant_in_blocks(
        &self,
        size: f64,
        sign: f64,
        every: &mut Fate,
        weakest: &mut Fate,
    ) -> Result<()> {
        let power = |block: usize| {
            let power = self.blocks[block].1.map(|power| power.block);
            power.filter(|power| power.is_finite())
        };
        let error = |block: usize, comparison: &Comparison, sign: f64| {
            sign * size * comparison.analytic * power(block).unwrap_or(0.0)
        };
        let planted = self.planted(sign, error)?;
        let numbers = 0..self.blocks.len();
        let most = numbers
            .filter_map(|block| Some((block, power(block)?)))
            .max_by(|a, b| a.1.total_cmp(&b.1));
        for (block, wrong) in planted.iter().enumerate() {
            if power(block).is_none() {
                continue;
            }
            let fate = Fate::of(verdict::overall(wrong.iter().map(|c| c.verdict)));
            every.add(fate);
            if most.is_some_and(|(number, _)| number == block) {
                weakest.add(fate);
            }
        }
        Ok(())
    }

    /// Errors of a fixed size everywhere.
    fn plant_targets(&self, sign: f64, found: &mut Found) -> Result<()> {
        let target =
            |size: f64| move |block: usize, _: &Comparison, s: f64| s * size * self.blocks[block].0;
        let testable = |c: &Comparison| c.one_sided.is_none() && !c.subgradient;
        let planted = self.planted(sign, target(CENTRAL_TARGET))?;

        let changed = self.changed(sign, target(COMPLEX_TARGET));
        let by_complex = self.by_complex_step(&changed)?;
        let right_by_complex = self.by_complex_step(&self.gradient)?;

        for (number, (scale, _, right)) in self.blocks.iter().enumerate() {
            // In a block that nothing depends on there is no scale to take a part of.
            if *scale == 0.0 {
                continue;
            }
            for (i, right) in right.iter().enumerate().filter(|(_, c)| testable(c)) {
                let wrong = &planted[number][i];
                found
                    .central
                    .add(&Target::of(CENTRAL_TARGET * scale, right, wrong));
                let (right, wrong) = (&right_by_complex[number][i], &by_complex[number][i]);
                found
                    .complex
                    .add(&Target::of(COMPLEX_TARGET * scale, right, wrong));
            }
        }
        Ok(())
    }

    fn by_complex_step(&self, gradient: &[f64]) -> Result<Vec<Vec<Comparison>>> {
        let complex = self.place.complex_objective(self.factor)?;
        let settings = self.place.settings(&self.rounding, &complex);
        let (point, layout) = (self.place.point(), self.place.layout());
        let evidence = gather_by_complex_step(&complex, gradient, point, layout, &settings)?;
        Ok(compared(&evidence, self.place))
    }
}

/// The smallest error in a coordinate that is seen whatever its sign: what the tolerance leaves room for,
/// and what it takes to get past d.
fn visible(right: &Comparison) -> f64 {
    let apart = right.numeric.map_or(0.0, |d| (right.analytic - d).abs());
    right.tolerance + right.doubt + apart
}

/// Whether the stated power speaks of a coordinate.
fn told(right: &Comparison) -> bool {
    right.verdict == Verdict::Agree && !right.subgradient
}

/// The comparisons of each block.
fn compared(evidence: &Evidence, place: &Place) -> Vec<Vec<Comparison>> {
    let blocks = evidence.by_block(place.layout());
    blocks
        .map(|block| verdict::compare_block(evidence, block))
        .collect()
}
