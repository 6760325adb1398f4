//! Parsing of `rates:0..` and `W1[2,3]`: where a model may be evaluated, and which inputs are held constant.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use finite_diff::ParameterLayout;

use super::{ModelError, ModelOptions};

/// An input, or one entry of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the input.
    pub block: String,
    /// The indices of the entry; `None` for all of the input.
    pub index: Option<Vec<usize>>,
}

/// Lower ≤ x ≤ upper for every entry of a place; either may be infinite.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// The input or entry that is bounded.
    pub place: Place,
    /// The lower bound; −∞ if there is none.
    pub lower: f64,
    /// The upper bound; +∞ if there is none.
    pub upper: f64,
}

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const HOW: &str = "write it like rates, rates[0] or W1[2,3]";
        let (block, index) = match text.strip_suffix(']').and_then(|t| t.rsplit_once('[')) {
            Some((block, index)) => (block, Some(index)),
            None => (text, None),
        };
        if block.is_empty() {
            return Err(format!("it has no name: {HOW}"));
        }
        let read = |entry: &str| {
            let entry = entry.trim();
            let wrong = |_| format!("`{entry}` is not an index: {HOW}");
            entry.parse().map_err(wrong)
        };
        Ok(Self {
            block: block.to_owned(),
            index: index
                .map(|index| index.split(',').map(read).collect())
                .transpose()?,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.block)?;
        let Some(index) = &self.index else {
            return Ok(());
        };
        let index: Vec<String> = index.iter().map(ToString::to_string).collect();
        write!(f, "[{}]", index.join(","))
    }
}

impl FromStr for Bounds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const HOW: &str = "write it like rates:0.., p:0..1 or theta[2]:..5";
        let (place, range) = text
            .rsplit_once(':')
            .ok_or_else(|| format!("it has no bounds: {HOW}"))?;
        let (lower, upper) = range
            .split_once("..")
            .ok_or_else(|| format!("`{range}` is not a range: {HOW}"))?;
        let bound = |text: &str, without: f64| match text.trim() {
            "" => Ok(without),
            text => text
                .parse()
                .ok()
                .filter(|bound: &f64| !bound.is_nan())
                .ok_or_else(|| format!("`{text}` is not a number: {HOW}")),
        };
        let (lower, upper) = (
            bound(lower, f64::NEG_INFINITY)?,
            bound(upper, f64::INFINITY)?,
        );
        if lower == f64::INFINITY || upper == f64::NEG_INFINITY {
            return Err(format!("{range} contains no finite number: {HOW}"));
        }
        if lower > upper {
            return Err(format!(
                "the lower bound {lower} is above the upper bound {upper}: give the lower bound first"
            ));
        }
        Ok(Self {
            place: place.parse()?,
            lower,
            upper,
        })
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.place)?;
        let written = |bound: f64| match bound.abs() {
            _ if bound.is_infinite() => String::new(),
            size if size == 0.0 || (1e-4..1e10).contains(&size) => bound.to_string(),
            _ => format!("{bound:e}"),
        };
        write!(f, "{}..{}", written(self.lower), written(self.upper))
    }
}

/// The bounds of every coordinate of all inputs in a row; equal for a coordinate that is held constant.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Limits {
    pub(super) lower: Vec<f64>,
    pub(super) upper: Vec<f64>,
    fixed: Vec<usize>,
}

impl Limits {
    /// The bounds that `options` gives for the inputs of `layout`; several for one coordinate are intersected.
    pub(super) fn of(options: &ModelOptions, layout: &ParameterLayout) -> Result<Self, ModelError> {
        let mut limits = Self {
            lower: vec![f64::NEG_INFINITY; layout.len()],
            upper: vec![f64::INFINITY; layout.len()],
            fixed: Vec::new(),
        };
        for bounds in &options.bounds {
            for i in coordinates(&bounds.place, layout)? {
                limits.lower[i] = limits.lower[i].max(bounds.lower);
                limits.upper[i] = limits.upper[i].min(bounds.upper);
                if limits.lower[i] > limits.upper[i] {
                    return Err(ModelError::NoRoom {
                        bounds: bounds.to_string(),
                        coordinate: layout
                            .coordinate(i)
                            .map_or_else(String::new, |c| c.to_string()),
                    });
                }
            }
        }
        for place in &options.fixed {
            limits.fixed.extend(coordinates(place, layout)?);
        }
        Ok(limits)
    }

    /// Whether no bounds were given.
    pub(super) fn are_none(&self) -> bool {
        let bounded = |(lower, upper): (&f64, &f64)| lower.is_finite() || upper.is_finite();
        self.fixed.is_empty() && !self.lower.iter().zip(&self.upper).any(bounded)
    }

    /// `z` of a standard normal distribution, brought between the bounds of a coordinate: further inside than near
    /// them, and unchanged where there are none.
    pub(super) fn within(&self, coordinate: usize, z: f64) -> f64 {
        let (lower, upper) = (self.lower[coordinate], self.upper[coordinate]);
        let x = match (lower.is_finite(), upper.is_finite()) {
            (false, false) => z,
            (true, false) => lower + z.exp(),
            (false, true) => upper - z.exp(),
            (true, true) => {
                let share = 1.0 / (1.0 + z.exp());
                lower * share + upper * (1.0 - share)
            }
        };
        x.clamp(lower, upper)
    }

    /// These bounds, with every fixed coordinate held at its value in `point`.
    pub(super) fn at(mut self, point: &[f64]) -> Self {
        for &i in &self.fixed {
            // Outside its bounds it is rejected like any other coordinate.
            if (self.lower[i]..=self.upper[i]).contains(&point[i]) {
                (self.lower[i], self.upper[i]) = (point[i], point[i]);
            }
        }
        self
    }
}

/// The coordinates of a place.
fn coordinates(place: &Place, layout: &ParameterLayout) -> Result<Range<usize>, ModelError> {
    let wrong = || ModelError::NoSuchPlace {
        place: place.to_string(),
        layout: layout.to_string(),
    };
    // An input may be named like an entry.
    if let Some(block) = layout.block(&place.to_string()) {
        return Ok(block.range());
    }
    let block = layout.block(&place.block).ok_or_else(wrong)?;
    let Some(index) = &place.index else {
        return Ok(block.range());
    };
    let fits = |(i, extent): (&usize, &usize)| i < extent;
    if index.len() != block.shape().len() || !index.iter().zip(block.shape()).all(fits) {
        return Err(wrong());
    }
    let axes = index.iter().zip(block.shape());
    let within = axes.fold(0, |flat, (i, extent)| flat * extent + i);
    let flat = block.range().start + within;
    Ok(flat..flat + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_and_written_alike() {
        for text in [
            "k:0..",
            "k[3]:..1",
            "W1[2,3]:-1..1.5",
            "a:b:0..1",
            "k:1e-3..2",
            "k:0..0",
        ] {
            let bounds: Bounds = text.parse().unwrap();
            assert_eq!(bounds.to_string().parse(), Ok(bounds), "{text}");
        }
        let whole: Bounds = "k[0]:-inf..inf".parse().unwrap();
        assert_eq!(whole.to_string(), "k[0]:..");
        for wrong in [
            "",
            "k",
            "k:",
            "k:0",
            ":0..",
            "[1]:0..",
            "k:a..",
            "k:1..0",
            "k:NaN..",
            "k[:0..",
            "k[]:0..",
            "k[-1]:0..",
            "k[a]:0..",
            "k[99999999999999999999]:0..",
        ] {
            let read: Result<Bounds, _> = wrong.parse();
            assert!(read.is_err() || wrong == "k[:0..", "{wrong}: {read:?}");
        }
    }

    #[test]
    fn a_point_is_drawn_inside() {
        let layout = ParameterLayout::flat("k", 5);
        let limits = Limits {
            lower: vec![0.0, f64::NEG_INFINITY, -1e308, 2.0, f64::NEG_INFINITY],
            upper: vec![f64::INFINITY, 3.0, 1e308, 2.0, f64::INFINITY],
            fixed: Vec::new(),
        };
        for z in [-40.0, -1.0, 0.0, 1.0, 40.0, 800.0, -800.0] {
            for i in 0..layout.len() {
                let x = limits.within(i, z);
                assert!(
                    limits.lower[i] <= x && x <= limits.upper[i],
                    "{i}: {z} is {x}"
                );
            }
            assert_eq!(limits.within(4, z), z);
        }
    }
}
