//! Both passes, called a few times each and watched: the same bits, nothing written that should only be
//! read, a gradient that is linear in its cotangent.
//!
//! Invariant: knows nothing of the shape of the function.

use finite_diff::{Block, Coordinate, ParameterLayout, Real};

use super::finding::{Finding, Pass};
use super::layout::{Fitted, fit_gradient};
use super::outcome::{Skipped, StructuralCheck, Structure};
use crate::error::CheckError;
use crate::root_mean_square::root_mean_square;
use crate::settings::{Claim, Settings};
use crate::subject::{Gradient, Subject};

/// A subject at a point, and what its passes did beside what they were asked for.
pub(super) struct Passes<'a, T> {
    subject: &'a dyn Subject<T>,
    point: &'a [T],
    layout: &'a ParameterLayout,
    /// The relative difference that rounding may cause between two results that should be equal.
    rounding: f64,
    /// The relative difference that the comparison would not call wrong either: what the caller grants, and unless both sides
    /// are exact a millionth, as a backward pass may be solved to a tolerance.
    granted: f64,
    /// The relative variation of J that counts as noise.
    noise: f64,
    /// The relative variation of a gradient that counts as noise, which is measured.
    gradient_noise: f64,
    /// Whether J varies by no more than that.
    varies: bool,
    fingerprint: Option<u64>,
    /// The first writing of each pass into its point.
    mutated: Vec<Finding>,
    /// The passes that changed the inputs.
    meddled: Vec<Finding>,
}

impl<'a, T: Real> Passes<'a, T> {
    pub(super) fn new(
        subject: &'a dyn Subject<T>,
        point: &'a [T],
        layout: &'a ParameterLayout,
        settings: &Settings<'_>,
    ) -> Self {
        Self {
            subject,
            point,
            layout,
            rounding: settings.constants.rounding * settings.working_epsilon,
            granted: match settings.claim {
                Claim {
                    accuracy,
                    exact: true,
                    ..
                } => accuracy,
                Claim { accuracy, .. } => accuracy.max(settings.constants.resolution),
            },
            noise: settings.constants.coarsest,
            gradient_noise: settings.constants.most_rounding * settings.working_epsilon,
            varies: false,
            fingerprint: subject.inputs_fingerprint(),
            mutated: Vec::new(),
            meddled: Vec::new(),
        }
    }

    /// J at the point, and whether a second pass gives the same bits.
    pub(super) fn forward_twice(
        &mut self,
        structure: &mut Structure,
    ) -> Result<(f64, bool), CheckError> {
        let first = self.forward(structure)?;
        let second = self.forward(structure)?;
        // A thousandth is more than rounding in any order; dropout is more than that.
        let deterministic = same(first, second)
            || (second - first).abs() <= self.noise * first.abs().max(second.abs());
        if !deterministic {
            let finding = Finding::ForwardNotDeterministic { first, second };
            structure.findings.push(finding);
        }
        self.varies = !same(first, second);
        if !first.is_finite() {
            structure.findings.push(Finding::NonFinite {
                pass: Pass::Forward,
                at: None,
                value: first,
                count: 1,
                side: None,
            });
        }
        Ok((first, deterministic))
    }

    /// The gradient, and whether a second pass gives the same bits and J is what it was.
    pub(super) fn backward_twice(
        &mut self,
        cost: f64,
        deterministic: bool,
        structure: &mut Structure,
    ) -> Result<Fitted<f64>, CheckError> {
        let handed = self.backward(1.0, "the first backward pass", structure)?;
        let named = matches!(handed, Gradient::Blocks(_));
        let first = fit_gradient(handed, self.layout);
        if !named {
            structure.skipped.push(Skipped {
                check: StructuralCheck::Blocks,
                reason: "the gradient is one flat vector, without names and shapes",
            });
        }
        if deterministic {
            let after = self.forward(structure)?;
            let share = if self.varies {
                self.noise
            } else {
                self.rounding
            };
            let is_noise = (after - cost).abs() <= share * cost.abs();
            if !same(cost, after) && !is_noise {
                let before = cost;
                structure
                    .findings
                    .push(Finding::BackwardChangesCost { before, after });
            }
        }
        let again = self.backward(1.0, "the second backward pass at the same point", structure)?;
        let second = fit_gradient(again, self.layout);
        self.compare_calls(&first, &second, structure)?;
        if cost.is_finite() {
            let domain = self.subject.domain();
            let bad: Vec<usize> = (0..first.flat.len())
                .filter(|&i| !first.flat[i].is_finite())
                .filter(|&i| domain.is_none_or(|domain| !domain.is_fixed(i)))
                .collect();
            // NaN is no derivative of anything; an infinity may be one.
            let nan = bad.iter().find(|&&i| first.flat[i].is_nan());
            if let Some(&i) = nan.or(bad.first()) {
                structure.findings.push(Finding::NonFinite {
                    pass: Pass::Backward,
                    at: self.layout.coordinate(i),
                    value: first.flat[i],
                    count: bad.len(),
                    side: None,
                });
            }
        }
        Ok(first)
    }

    /// Compares two calls that differ: each may add its gradient to that of the last.
    ///
    /// A third call tells: g₃ − g₂ = g₂ − g₁ ≠ 0 throughout a block, up to rounding (S1).
    fn compare_calls(
        &mut self,
        first: &Fitted<f64>,
        second: &Fitted<f64>,
        structure: &mut Structure,
    ) -> Result<(), CheckError> {
        let scales: Vec<f64> = self
            .layout
            .blocks()
            .iter()
            .map(|block| typical(&first.flat[block.range()]))
            .collect();
        let is_noise = |i: usize| {
            let scale = self
                .layout
                .block_index(i)
                .map_or(0.0, |block| scales[block]);
            let size = first.flat[i].abs().max(second.flat[i].abs()).max(scale);
            (second.flat[i] - first.flat[i]).abs() <= self.gradient_noise * size
        };
        let differing = self.blocks_with(first, second, |i| {
            !same(first.flat[i], second.flat[i]) && !is_noise(i)
        });
        if (0..first.flat.len()).any(|i| !same(first.flat[i], second.flat[i])) {
            // What is noise here is noise below.
            self.rounding = self.rounding.max(self.gradient_noise);
        }
        if differing.is_empty() {
            return Ok(());
        }
        let again = self.backward(1.0, "the third backward pass at the same point", structure)?;
        let third = fit_gradient(again, self.layout);
        let (g1, g2, g3) = (&first.flat, &second.flat, &third.flat);
        let adds_up = |&block: &usize| {
            let range = self.layout.blocks()[block].range();
            let scale = typical(&g2[range.clone()]);
            let rounding = |i: usize| {
                let size = g1[i].abs().max(g2[i].abs()).max(g3[i].abs()).max(scale);
                self.rounding * size
            };
            let mut moved = false;
            let even = range.into_iter().all(|i| {
                moved |= (g2[i] - g1[i]).abs() > rounding(i);
                ((g3[i] - g2[i]) - (g2[i] - g1[i])).abs() <= rounding(i)
            });
            even && moved
        };
        let (accumulating, erratic): (Vec<usize>, Vec<usize>) =
            differing.into_iter().partition(adds_up);
        let off = |i: usize| (g2[i] - g1[i]).abs();
        if let Some((blocks, at)) = self.worst(&accumulating, off) {
            let (first, second) = (g1[at.flat], g2[at.flat]);
            structure.findings.push(Finding::Accumulates {
                blocks,
                at,
                first,
                second,
            });
        }
        if let Some((blocks, at)) = self.worst(&erratic, off) {
            let (first, second) = (g1[at.flat], g2[at.flat]);
            structure.findings.push(Finding::BackwardNotDeterministic {
                blocks,
                at,
                first,
                second,
            });
        }
        Ok(())
    }

    /// A zero cotangent gives zeros (S2), and −2 times the cotangent −2 times the gradient (S3).
    pub(super) fn cotangents(
        &mut self,
        once: &Fitted<f64>,
        structure: &mut Structure,
    ) -> Result<(), CheckError> {
        let reason = if !self.subject.takes_cotangent() {
            Some("the backward pass takes no cotangent")
        } else if !structure.gradient_repeats() {
            Some("the gradient differs from call to call")
        } else {
            None
        };
        if let Some(reason) = reason {
            for check in [StructuralCheck::ZeroCotangent, StructuralCheck::Linearity] {
                structure.skipped.push(Skipped { check, reason });
            }
            return Ok(());
        }
        let handed = self.backward(0.0, "the backward pass with a zero cotangent", structure)?;
        let none = fit_gradient(handed, self.layout);
        // What is no number at the cotangent 1 has been said.
        let left = |i: usize| match once.flat[i].is_finite() {
            true => none.flat[i],
            false => 0.0,
        };
        let live = self.blocks_with(once, &none, |i| left(i) != 0.0);
        if let Some((blocks, at)) = self.worst(&live, |i| left(i).abs()) {
            let value = none.flat[at.flat];
            structure
                .findings
                .push(Finding::NonZeroAtZeroCotangent { blocks, at, value });
        }

        // Negative, so that |v| in place of v shows too.
        let handed = self.backward(-2.0, "the backward pass with the cotangent -2", structure)?;
        let scaled = fit_gradient(handed, self.layout);
        // What is there without a cotangent is taken off; it has been said. Where the product is too large
        // a number, or g is none, nothing can be said.
        let off = |i: usize| {
            let expected = 3.0 * left(i) - 2.0 * once.flat[i];
            if expected.is_finite() {
                (scaled.flat[i] - expected).abs()
            } else {
                0.0
            }
        };
        let blocks = self.layout.blocks();
        let scale = |block: &Block| typical(&once.flat[block.range()]);
        let scales: Vec<f64> = blocks.iter().map(scale).collect();
        let allowed = |i: usize| {
            let scale = self
                .layout
                .block_index(i)
                .map_or(0.0, |block| scales[block]);
            (self.rounding + self.granted) * 2.0 * once.flat[i].abs().max(scale)
        };
        let crooked = self.blocks_with(once, &scaled, |i| {
            let off = off(i);
            off.is_nan() || off > allowed(i)
        });
        if let Some((blocks, at)) = self.worst(&crooked, off) {
            let (once, scaled) = (once.flat[at.flat], scaled.flat[at.flat]);
            structure.findings.push(Finding::NotLinear {
                blocks,
                at,
                once,
                scaled,
            });
        }
        Ok(())
    }

    /// Whether the passes so far wrote into what they should only read.
    pub(super) fn leaves_alone(&mut self, structure: &mut Structure) {
        structure.findings.append(&mut self.mutated);
        structure.findings.append(&mut self.meddled);
        if self.fingerprint.is_none() {
            structure.skipped.push(Skipped {
                check: StructuralCheck::Inputs,
                reason: "the subject provides no fingerprint of its inputs",
            });
        }
    }

    fn forward(&mut self, structure: &mut Structure) -> Result<f64, CheckError> {
        let mut copy = self.point.to_vec();
        structure.forward_passes += 1;
        let value = self.subject.value(&mut copy).map_err(|source| {
            CheckError::Difference(finite_diff::DifferenceError::Center { source })
        })?;
        self.look_after(Pass::Forward, &copy);
        Ok(value.widen())
    }

    fn backward(
        &mut self,
        cotangent: f64,
        call: &'static str,
        structure: &mut Structure,
    ) -> Result<Gradient, CheckError> {
        let mut copy = self.point.to_vec();
        structure.backward_passes += 1;
        let gradient = self
            .subject
            .backward(&mut copy, cotangent)
            .map_err(|source| CheckError::Backward { call, source })?;
        self.look_after(Pass::Backward, &copy);
        Ok(gradient)
    }

    /// The first time that a pass changes something is kept.
    fn look_after(&mut self, pass: Pass, copy: &[T]) {
        let changed = |i: &usize| !same(copy[*i].widen(), self.point[*i].widen());
        let first = (0..copy.len()).find(changed);
        let known =
            |found: &Finding| matches!(found, Finding::MutatesPoint { pass: p, .. } if *p == pass);
        if let Some(i) = first
            && !self.mutated.iter().any(known)
            && let Some(at) = self.layout.coordinate(i)
        {
            let finding = Finding::MutatesPoint {
                pass,
                at,
                before: self.point[i].widen(),
                after: copy[i].widen(),
                count: (0..copy.len()).filter(changed).count(),
            };
            self.mutated.push(finding);
        }
        let fingerprint = self.subject.inputs_fingerprint();
        let finding = Finding::MutatesInputs { pass };
        if fingerprint != self.fingerprint {
            if !self.meddled.contains(&finding) {
                self.meddled.push(finding);
            }
            // So that the other pass is not blamed for it.
            self.fingerprint = fingerprint;
        }
    }

    /// The blocks that hold an entry `with` something, among those that both calls have.
    fn blocks_with(
        &self,
        a: &Fitted<f64>,
        b: &Fitted<f64>,
        with: impl Fn(usize) -> bool,
    ) -> Vec<usize> {
        let blocks = self.layout.blocks();
        (0..blocks.len())
            .filter(|&block| a.placed[block] && b.placed[block])
            .filter(|&block| blocks[block].range().any(&with))
            .collect()
    }

    /// The names of `blocks`, and the coordinate in them that is furthest `off`; what is not a number is
    /// furthest of all. `None` where there are no blocks.
    fn worst(
        &self,
        blocks: &[usize],
        off: impl Fn(usize) -> f64,
    ) -> Option<(Vec<String>, Coordinate)> {
        let all = self.layout.blocks();
        let size = |i: usize| {
            let off = off(i);
            if off.is_nan() { f64::INFINITY } else { off }
        };
        let worst = blocks
            .iter()
            .flat_map(|&block| all[block].range())
            .reduce(|a, b| if size(b) > size(a) { b } else { a })?;
        let names = blocks.iter().map(|&block| all[block].name().to_owned());
        Some((names.collect(), self.layout.coordinate(worst)?))
    }
}

/// Whether two numbers have the same bits, or are both NaN.
fn same(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan())
}

/// The root mean square of those that are numbers.
fn typical(values: &[f64]) -> f64 {
    root_mean_square(values.iter().copied().filter(|v| v.is_finite()))
}
