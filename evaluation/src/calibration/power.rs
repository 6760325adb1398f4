//! Tests the reported detection limit: errors just above and just below it, planted in correct gradients.
//!
//! Invariant: plants and counts; knows nothing of how often an error must be detected.

use anyhow::Result;
use finite_diff::execution::Progress;
use gradient_check::check;
use gradient_check::check::{gather, gather_by_complex_step};
use gradient_check::evidence::Evidence;
use gradient_check::report::Power;
use gradient_check::verdict::{self, Comparison};
use mlp::{Activation, Loss};
use mlp_check::AtPoint;

use super::fate::{CENTRAL_TARGET, COMPLEX_TARGET, Fate, Found, SIZES, Target};
use super::place::{FACTORS, Place, Situation};
use super::{Options, over_places};

/// All outcomes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Powers {
    places: Vec<(Activation, Loss, Situation, Found)>,
}

impl Powers {
    /// All outcomes together.
    pub(crate) fn overall(&self) -> Found {
        self.sum(|_| true)
    }

    /// The outcomes by activation, loss and situation, in this order.
    pub(crate) fn groups(&self) -> Vec<(String, Found)> {
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

/// Measures the detection limits; the same options give the same outcome. `options.coordinates` counts every scale of
/// the cost, of which each place gets one here.
///
/// # Errors
/// If a network can't be built or evaluated, which would be a bug.
pub(crate) fn power(options: &Options, progress: &(dyn Fn(Progress) + Sync)) -> Result<Powers> {
    let places = over_places(options, progress, |number, place| {
        let factor = FACTORS[number % FACTORS.len()];
        let check = place.check(factor);
        let found = Trial::new(place, &place.at(&check)?)?.run()?;
        Ok(vec![(place.activation, place.loss, place.situation, found)])
    })?;
    Ok(Powers { places })
}

/// One correct gradient, and the result of its check.
struct Trial<'a> {
    place: &'a Place,
    at: &'a AtPoint<'a>,
    gradient: Vec<f64>,
    /// The scale of each block, its detection limit, and the comparison of each of its coordinates.
    blocks: Vec<(f64, Option<Power>, Vec<Comparison>)>,
}

impl<'a> Trial<'a> {
    fn new(place: &'a Place, at: &'a AtPoint<'a>) -> Result<Self> {
        let mut trial = Self {
            place,
            at,
            gradient: at.gradient()?,
            blocks: Vec::new(),
        };
        let (objective, shadow) = (at.objective()?, at.complex_objective()?);
        let settings = place.settings(at, &*shadow);
        let (g, layout) = (&trial.gradient, at.layout());
        let report = check(&*objective, g, at.theta(), layout, &settings)?;
        let evidence = trial.gather(g)?;
        trial.blocks = report
            .blocks
            .iter()
            .zip(trial.compared(&evidence))
            .map(|(block, comparisons)| (block.scale, block.power, comparisons))
            .collect();
        Ok(trial)
    }

    fn gather(&self, gradient: &[f64]) -> Result<Evidence> {
        let at = self.at;
        let (objective, shadow) = (at.objective()?, at.complex_objective()?);
        let settings = self.place.settings(at, &*shadow);
        Ok(gather(
            &*objective,
            gradient,
            at.theta(),
            at.layout(),
            &settings,
        )?)
    }

    /// The comparisons of each block.
    fn compared(&self, evidence: &Evidence) -> Vec<Vec<Comparison>> {
        verdict::compare_all(evidence, self.at.layout())
            .into_iter()
            .map(|(_, block)| block)
            .collect()
    }

    /// The comparisons of each block after `change` was applied to each entry: block, comparison of the
    /// correct gradient, sign.
    fn planted(
        &self,
        sign: f64,
        change: impl Fn(usize, &Comparison, f64) -> f64,
    ) -> Result<Vec<Vec<Comparison>>> {
        let changed = self.changed(sign, change);
        Ok(self.compared(&self.gather(&changed)?))
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

    /// Plants an error in all coordinates at once: each is compared by itself, so that this equals one by one.
    fn plant_everywhere(&self, size: f64, sign: f64, fate: &mut Fate) -> Result<()> {
        let error = |block: usize, _: &Comparison, sign: f64| {
            let (scale, power, _) = &self.blocks[block];
            sign * size * scale * power.map_or(0.0, |power| power.single_coordinate)
        };
        let planted = self.planted(sign, error)?;
        for ((_, power, right), wrong) in self.blocks.iter().zip(planted) {
            for (right, wrong) in right.iter().zip(wrong) {
                if right.smallest_visible().is_some() && power.is_some() {
                    fate.add(Fate::of(wrong.verdict));
                }
            }
        }
        Ok(())
    }

    /// Plants an error in the one coordinate in which it is hardest to detect.
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
        let agreeing = comparisons
            .iter()
            .filter_map(|c| Some((c, c.smallest_visible()?)));
        let Some((weakest, _)) = agreeing.max_by(|a, b| a.1.total_cmp(&b.1)) else {
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

    /// Plants errors in whole blocks, each relative to its own detection limit.
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

    /// Plants errors of a fixed size everywhere.
    fn plant_targets(&self, sign: f64, found: &mut Found) -> Result<()> {
        let target =
            |size: f64| move |block: usize, _: &Comparison, s: f64| s * size * self.blocks[block].0;
        let testable = |c: &Comparison| c.one_sided.is_none() && !c.subgradient;
        let planted = self.planted(sign, target(CENTRAL_TARGET))?;

        let changed = self.changed(sign, target(COMPLEX_TARGET));
        let by_complex = self.by_complex_step(&changed)?;
        let right_by_complex = self.by_complex_step(&self.gradient)?;

        for (number, (scale, _, right)) in self.blocks.iter().enumerate() {
            // A block on which nothing depends has no scale.
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
        let complex = self.at.complex_objective()?;
        let settings = self.place.settings(self.at, &*complex);
        let (point, layout) = (self.at.theta(), self.at.layout());
        let evidence = gather_by_complex_step(&*complex, gradient, point, layout, &settings)?;
        Ok(self.compared(&evidence))
    }
}
