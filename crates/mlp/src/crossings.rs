//! Where along one parameter the network's kinks lie: which unit passes its kink for which example, and
//! at what distance.
//!
//! Invariant: knows nothing of its callers, and of steps and differences.

use tensor_core::{Matrix, product};

use crate::place::Place;
use crate::{Activation, Architecture, Batch, DropoutMasks, MlpError, linear};

/// The largest number of crossings that a walk in one direction reports, the nearest ones.
const MOST_CROSSINGS: usize = 16;

/// A hidden unit that passes its kink.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// The layer, counted from 1.
    pub layer: usize,
    /// The unit's index in its layer, counted from 0: a row of W_l.
    pub unit: usize,
    /// The example's index in the batch, counted from 0.
    pub example: usize,
    /// The distance from the parameter's value, negative below it; 0 if the unit is at its kink there.
    pub distance: f64,
}

/// The units whose pre-activation passes 0 while the one parameter `coordinate` moves by up to `reach`
/// either way, the nearest first; at most sixteen on either side. None if the activation is smooth.
///
/// With the sides of all kinks held fixed, each pre-activation is an affine function of a single
/// parameter, z(t) = z + t·ż, so that it reaches 0 at
///
/// t = −z/ż,                                                                           (K1)
///
/// exact up to the rounding of z and ż. (K1) holds until the first unit in a lower layer passes its own
/// kink; from there on the walk continues with that unit on its other side (K2). A unit that is at 0 and that the
/// parameter moves is at its kink: distance 0. One that the parameter does not move is not reported, and
/// neither is one that a dropout mask leaves out. See docs/theory/kinks.md.
///
/// ```
/// use mlp::{Activation, Architecture, Batch, Loss, crossings};
/// use tensor_core::Matrix;
/// let net = Architecture::new(&[1, 1, 1], Activation::Relu, Loss::MeanSquaredError)?;
/// let batch = Batch::new(Matrix::from_vec(1, 1, vec![2.0])?, Matrix::from_vec(1, 1, vec![1.0])?)?;
/// // z = 2·w + b = 0.5 at w = 0.25, b = 0: the weight has to fall by a quarter.
/// let found = crossings(&net, &[0.25, 0.0, 1.0, 0.0], &batch, None, 0, 1.0)?;
/// assert_eq!((found[0].layer, found[0].unit, found[0].example), (1, 0, 0));
/// assert_eq!(found[0].distance, -0.25);
/// # Ok::<(), mlp::MlpError>(())
/// ```
///
/// # Errors
/// [`MlpError::NoSuchParameter`]; as [`cost_at`](crate::cost_at) if the arguments don't fit together.
pub fn crossings(
    architecture: &Architecture,
    parameters: &[f64],
    batch: &Batch<f64>,
    masks: Option<&DropoutMasks<f64>>,
    coordinate: usize,
    reach: f64,
) -> Result<Vec<Crossing>, MlpError> {
    architecture.check_length(parameters.len())?;
    batch.check(architecture)?;
    if let Some(masks) = masks {
        masks.check(architecture, batch.examples())?;
    }
    let place = Place::of(architecture, coordinate)?;
    if architecture.activation().is_smooth() || place.layer == architecture.depth() {
        return Ok(Vec::new());
    }
    let along = Along {
        architecture,
        parameters,
        batch,
        masks,
        place,
    };
    let mut found = along.walk(-1.0, reach)?;
    for crossing in along.walk(1.0, reach)? {
        // At the point itself both walks report the same crossings.
        if !found.contains(&crossing) {
            found.push(crossing);
        }
    }
    let place = |c: &Crossing| (c.layer, c.unit, c.example);
    found.sort_by(|a, b| {
        let (near, far) = (a.distance.abs(), b.distance.abs());
        near.total_cmp(&far).then(place(a).cmp(&place(b)))
    });
    Ok(found)
}

/// The network as a function of one parameter.
struct Along<'a> {
    architecture: &'a Architecture,
    parameters: &'a [f64],
    batch: &'a Batch<f64>,
    masks: Option<&'a DropoutMasks<f64>>,
    place: Place,
}

/// One hidden layer while the sides of all kinks are fixed: z + t·ż, and whether each unit is above its kink.
struct Line {
    z: Matrix<f64>,
    slope: Matrix<f64>,
    above: Vec<bool>,
}

impl Along<'_> {
    /// The crossings in one direction, +1 or −1, in the order in which they are met.
    fn walk(&self, direction: f64, reach: f64) -> Result<Vec<Crossing>, MlpError> {
        let mut lines = self.lines(&[], direction)?;
        let mut found = self.at_the_point(&lines);
        let mut at = 0.0;
        while found.len() < MOST_CROSSINGS {
            let Some((layer, entry, distance)) = self.next(&lines, direction, at) else {
                break;
            };
            if reach.is_nan() || distance > reach {
                break;
            }
            let examples = self.batch.examples();
            found.push(Crossing {
                layer: layer + 1,
                unit: entry / examples,
                example: entry % examples,
                distance: direction * distance,
            });
            let mut sides: Vec<Vec<bool>> = lines.into_iter().map(|line| line.above).collect();
            sides[layer][entry] = !sides[layer][entry];
            lines = self.lines(&sides, direction)?;
            at = distance;
        }
        Ok(found)
    }

    /// Every hidden layer as an affine function of the parameter, with these sides of the kinks. If
    /// there are none yet, they are those just beside the point in `direction`.
    fn lines(&self, sides: &[Vec<bool>], direction: f64) -> Result<Vec<Line>, MlpError> {
        let (layers, examples) = (self.architecture.layers(), self.batch.examples());
        let activation = self.architecture.activation();
        let (mut a, mut a_slope) = (Matrix::from_view(self.batch.x().view())?, None);
        let mut lines: Vec<Line> = Vec::with_capacity(self.architecture.depth());
        for layer in 1..self.architecture.depth() {
            let weights = layers.weights(self.parameters, layer);
            let z = linear(weights, layers.bias(self.parameters, layer), a.view())?;
            let mut slope = match &a_slope {
                Some(before) => product(weights, Matrix::view(before))?,
                None => Matrix::zeros(z.rows(), examples)?,
            };
            if layer == self.place.layer {
                let row = slope
                    .as_mut_slice()
                    .chunks_mut(examples)
                    .nth(self.place.row);
                for (example, entry) in row.into_iter().flatten().enumerate() {
                    *entry = self.place.col.map_or(1.0, |col| a[(col, example)]);
                }
            }
            let pairs = z.as_slice().iter().zip(slope.as_slice());
            let above = match sides.get(layer - 1) {
                Some(sides) => sides.clone(),
                None => pairs
                    .map(|(&z, &slope)| z > 0.0 || (z == 0.0 && direction * slope > 0.0))
                    .collect(),
            };
            let mask = self.masks.and_then(|masks| masks.mask(layer));
            let through = |entry: usize, value: f64| {
                let kept = mask.as_ref().map_or(1.0, |mask| mask.as_slice()[entry]);
                kept * side_slope(activation, above[entry]) * value
            };
            let (mut next, mut next_slope) = (
                Matrix::from_view(z.view())?,
                Matrix::from_view(slope.view())?,
            );
            for matrix in [&mut next, &mut next_slope] {
                for (entry, value) in matrix.as_mut_slice().iter_mut().enumerate() {
                    *value = through(entry, *value);
                }
            }
            (a, a_slope) = (next, Some(next_slope));
            lines.push(Line { z, slope, above });
        }
        Ok(lines)
    }

    /// The units that are at their kinks and that the parameter moves.
    fn at_the_point(&self, lines: &[Line]) -> Vec<Crossing> {
        let examples = self.batch.examples();
        self.entries(lines)
            .filter(|(_, _, z, slope, _)| *z == 0.0 && *slope != 0.0)
            .take(MOST_CROSSINGS)
            .map(|(layer, entry, ..)| Crossing {
                layer: layer + 1,
                unit: entry / examples,
                example: entry % examples,
                distance: 0.0,
            })
            .collect()
    }

    /// The unit that leaves its side next, and where: a layer's position, the entry of its Z, (K1).
    fn next(&self, lines: &[Line], direction: f64, at: f64) -> Option<(usize, usize, f64)> {
        let leaving = self.entries(lines).filter(|(_, _, _, slope, above)| {
            let moves = direction * slope;
            if *above { moves < 0.0 } else { moves > 0.0 }
        });
        leaving
            .map(|(layer, entry, z, slope, _)| (layer, entry, -z / slope * direction))
            .filter(|(.., distance)| distance.is_finite())
            // Rounding may place the next crossing slightly behind the current position.
            .map(|(layer, entry, distance)| (layer, entry, distance.max(at)))
            .min_by(|a, b| a.2.total_cmp(&b.2))
    }

    /// Every hidden unit and example that no mask leaves out: the layer's position, the entry, z, ż and
    /// the side.
    fn entries<'l>(
        &'l self,
        lines: &'l [Line],
    ) -> impl Iterator<Item = (usize, usize, f64, f64, bool)> + 'l {
        lines.iter().enumerate().flat_map(move |(position, line)| {
            let mask = self.masks.and_then(|masks| masks.mask(position + 1));
            let values = line.z.as_slice().iter().zip(line.slope.as_slice());
            values
                .zip(&line.above)
                .enumerate()
                .filter(move |(entry, _)| {
                    mask.as_ref()
                        .is_none_or(|mask| mask.as_slice()[*entry] != 0.0)
                })
                .map(move |(entry, ((&z, &slope), &above))| (position, entry, z, slope, above))
        })
    }
}

/// φ′ on one side of the kink.
fn side_slope(activation: Activation, above: bool) -> f64 {
    activation.derivative(if above { 1.0 } else { -1.0 })
}
